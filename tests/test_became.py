"""What became of a trajectory, in words: where its status alone would mislead, they say why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from saddlescape import landscape, simulate
from saddlescape.plots.became import reasons, what_became
from saddlescape.results import Run

Said = tuple[int, str, str]

#: formula, method, start, words
ENDS = {
    "defined nowhere near its start": ("sqrt(x)", "gd", [-1.0], "not defined at its start"),
    "infinite at its start": ("exp(exp(exp(x)))", "gd", [3.0], "not finite at its start"),
    "no gradient at its start": ("sqrt(x)", "gd", [0.0], "not finite at its start"),
    "runs out of where it is defined": ("sqrt(x)", "gd", [0.9], "stopped where the loss is not defined, at x = −"),
    "grows": ("x^3", "gd:eta=1", [-1.0], "diverged"),
    "grows beyond all numbers": ("x^64", "gd:eta=1", [2.0], "diverged"),
    "begins too far away": ("x^2-y^2", "gd:eta=0.1", [0.0, 2e8], "diverged"),
    "eta is far too small": ("exp(exp(exp(x)))", "gd", [-1.5], "too slow to move: η·|∇f| is below the rounding of x"),
    "SAM alike": ("x^64+y^64", "sam", [-1.5, -1.5], "too slow to move: η·|∇f| is below the rounding of x"),
    "its flow alike": ("x^64+y^64", "gd@flow", [-1.5, -1.5], "too slow to move: dt·|∇f| is below the rounding of x"),
    "on a saddle": ("beale", "gd", [0.0, 1.0], "resting, 0 from saddle (0, 1)"),
    "on a slope that SAM does not see": ("cosine", "sam:eta=0.1,rho=4", [4 - np.pi], "resting, 0.86 from maximum x = 0"),
}  # fmt: skip


@pytest.mark.parametrize(("formula", "method", "start", "words"), ENDS.values(), ids=ENDS)
def test_words_say_why(formula: str, method: str, start: list[float], words: str, tmp_path: Path) -> None:
    run = simulate(landscape(formula), method, start, 1000)
    for each in (run, Run.load(run.save(tmp_path / "a.npz"))):
        assert what_became(each).startswith(words)
        assert each.status[0] in ("diverged", "cycling")
        assert bool(reasons(each)[0]) == words.startswith(("not", "stopped", "too slow"))


def test_a_minimum_that_is_not_known_is_no_slowness() -> None:
    run = simulate(landscape("(x-1)^2"), "gd:eta=0.1", [2.0], 2000)
    run.background  # noqa: B018  found while all is known
    run.columns["status"], run.columns["point"] = np.array(["cycling"]), np.ma.array([-1], mask=True)
    run.columns["distance"] = np.array([np.nan])
    run.columns["grad_norm"] = run.grad_norm + 1e-300
    assert not what_became(run).startswith("too slow")


def test_tables_of_one_start_and_of_many_say_it_and_json_has_the_status(say: Callable[..., Said]) -> None:
    code, out, err = say("run", "sqrt(x)", "--x0=-1", "-n", "50", "--no-plot")
    assert code == 0
    assert "not defined at its start" in out
    assert "diverged" not in out
    assert "the loss is not defined, or not finite, at the start x = -1" in err
    out = say("run", "sqrt(x)", "--x0", "grid:21", "--no-plot")[1]
    rows = {line[line.index("%") + 1 : 72].strip(): line.split()[-1] for line in out.splitlines()[2:]}
    assert any("not defined at its start" in row for row in rows)
    assert any("stopped where the loss is not defined" in row for row in rows)
    found = json.loads(say("run", "sqrt(x)", "--x0=-1", "-n", "50", "--no-plot", "--json")[1])
    assert found["runs"][0]["status"] == ["diverged"]
