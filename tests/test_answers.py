"""Answers save and load themselves; intervals and basins' shares against values from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

import saddlescape as ss
from saddlescape.answers.basins import Basins
from saddlescape.answers.intervals import wilson
from saddlescape.errors import OutputError
from saddlescape.results import STATUSES


@pytest.mark.parametrize(("count", "of"), [(0, 7), (3, 10), (10, 10), (499, 1000), (1, 262_144)])
def test_wilsons_interval_is_scipys(count: int, of: int) -> None:
    known = binomtest(count, of).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(wilson(count, of), (known.low, known.high), rtol=1e-12, atol=1e-15)


def made(**more: Any) -> Basins:
    background = ss.simulate(ss.landscape("beale"), "gd", steps=1).background
    status = np.array([["converged", "moving", "moving"], ["trapped", "left", "diverged"]])
    numbers = np.vectorize(STATUSES.index)(status).astype(np.int8)
    point = np.ma.masked_equal([[0, -1, -1], [2, -1, -1]], -1)
    fate = np.ma.masked_equal([[0, 0, -1], [2, -1, -1]], -1)
    fields: dict[str, Any] = {
        "spec": {"landscape": "beale", "list": [1, {"a": 2}]}, "method": "sam:eta=0.0001,rho=0.5", "formula": "x",
        "clock": "steps", "background": background, "axes": (np.arange(3.0), np.arange(2.0)), "steps": 10,
        "time": 1e-3, "status": numbers, "point": point, "fate": fate,
        "rule": np.array([[1, 2, 0], [1, 0, 0]], dtype=np.int8), "when": np.full((2, 3), np.nan),
        "origin": np.zeros(2), "odds": np.zeros((0, 2, 3)),
    }  # fmt: skip
    return Basins(**(fields | more))


def test_basins_label_and_count_every_pixel() -> None:
    basins = made()
    one = pytest.approx(1 / 6)
    expected = {
        "converged:0": one,
        "decided:0": one,
        "trapped:2": one,
        "moving": one,
        "left": one,
        "diverged": one,
    }
    assert basins.fractions() == expected
    assert basins.decided() == {"none": 3, "arrived": 2, "bowl": 1, "ball": 0}
    words, places = basins.labels
    assert [words[k] for k in places[0]] == ["converged:0", "decided:0", "moving"]
    assert basins.to_json()["resolution"] == [3, 2]
    assert "in the basin of minimum (3, 0.5)" in basins.summary()


def test_odds_of_a_random_method_are_its_shares() -> None:
    odds = np.array([np.full((2, 3), 0.25), np.full((2, 3), 0.75)])
    basins = made(runs=4, ends=("converged:0", "moving"), odds=odds)
    assert basins.fractions() == {"converged:0": 0.25, "moving": 0.75}
    known = binomtest(6, 24).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(basins.intervals()["converged:0"], (known.low, known.high), rtol=1e-12)


def test_an_answer_is_the_same_after_loading(tmp_path: Path) -> None:
    basins = made()
    back = ss.load(basins.save(tmp_path / "basins.npz"))
    assert isinstance(back, Basins)
    assert back.spec == basins.spec
    np.testing.assert_array_equal(np.ma.getmaskarray(back.fate), np.ma.getmaskarray(basins.fate))
    np.testing.assert_array_equal(back.labels[1], basins.labels[1])
    np.testing.assert_array_equal(back.background.loss, basins.background.loss)
    assert back.summary() == basins.summary()
    assert back.plane == (0, 1)


def test_a_damaged_answer_is_refused_in_words(tmp_path: Path) -> None:
    path = made().save(tmp_path / "basins.npz")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(OutputError, match="cannot be read"):
        ss.load(path)
