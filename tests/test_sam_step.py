"""One step of SAM in stages, against Foret et al.'s two lines, and the cartoon of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import saddlescape as ss
from saddlescape import plots
from saddlescape.errors import UsageError

BEALE = ss.landscape("beale")


def test_the_stages_are_those_of_the_algorithm(tmp_path: Path) -> None:
    found = ss.sam_step(BEALE, "sam:rho=0.3,eta=1e-3", (0.6, 1.4))
    x = np.array([0.6, 1.4])
    look = x + 0.3 * BEALE.grad(x) / np.linalg.norm(BEALE.grad(x))
    np.testing.assert_allclose(found.look, look, rtol=1e-14)
    np.testing.assert_allclose(found.after, x - 1e-3 * BEALE.grad(look), rtol=1e-13)
    np.testing.assert_allclose(found.plain, x - 1e-3 * BEALE.grad(x), rtol=1e-14)
    np.testing.assert_array_equal(ss.load(found.save(tmp_path / "a.npz")).after, found.after)  # type: ignore[union-attr]
    assert "3 looks from" in found.summary()


def test_the_cartoon_is_drawn_to_scale() -> None:
    found = ss.sam_step(BEALE, "sam:rho=0.3,eta=1e-4", (0.6, 1.4))
    drawn = plots.sam_step(found)
    tail, head = drawn.arrows["ascent"]
    assert np.linalg.norm(head - tail) == pytest.approx(0.3)
    tail, head = drawn.arrows["step"]
    np.testing.assert_allclose((head - tail) / drawn.stretch, found.after - found.x, rtol=1e-12)
    assert drawn.stretch > 1
    assert [each.get_text() for each in drawn.numbers] == list("12345")


@pytest.mark.parametrize("method", ["gd", "sam@flow", "sam:batch=1", "dnsam"])
def test_what_has_no_such_stages_is_refused(method: Any) -> None:
    with pytest.raises(UsageError, match="taken apart"):
        ss.sam_step(BEALE, method)
