"""Tipping maps against ends written down, and the closed form of SAM's flow at a saddle."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import beta, betainc

import saddlescape as ss
from saddlescape import partial, plots
from saddlescape.analysis.tipping import bisect, bracket
from saddlescape.answers.basins import STATUSES
from saddlescape.answers.disagreement import UNKNOWN
from saddlescape.answers.tipping import KINDS, Tipping
from saddlescape.errors import Interrupted, StepWarning, UsageError
from saddlescape.plots import style


def closed_form(x: Any, y: Any) -> Any:
    """Return √(2|xy|)/I(θ): the rho from which on sam@flow is caught at the saddle of x² − y²; I by the beta function."""
    theta = np.arctan2(np.abs(y), np.abs(x))
    whole = beta(0.25, 0.5)
    part = whole / 4 * betainc(0.25, 0.5, np.sin(2 * theta) ** 2)
    return np.sqrt(2 * np.abs(x * y)) / np.where(theta <= np.pi / 4, whole / 2 - part, part)


def test_the_bracket_is_the_first_known_change_and_a_return_is_marked() -> None:
    grid = np.array([1.0, 2.0, 3.0, 4.0])
    u = UNKNOWN
    columns = {
        (0, 0, 0, 0): (np.nan, np.nan, u, False),
        (0, 0, 1, 1): (2, 3, 1, False),
        (0, 1, 0, 1): (1, 2, 1, True),  # not monotone
        (0, u, 2, 1): (1, 3, 2, False),  # unknown in between leaves it wide
        (0, u, u, u): (np.nan, np.nan, u, False),
        (u, 0, 1, 1): (np.nan, np.nan, u, False),  # what it changes from is not known
    }
    low, high, after, back = bracket(grid, np.array(list(columns)).T)
    wanted = np.array(list(columns.values()), dtype=float).T
    np.testing.assert_array_equal(low, wanted[0])
    np.testing.assert_array_equal(high, wanted[1])
    np.testing.assert_array_equal(after, wanted[2])
    np.testing.assert_array_equal(back, wanted[3] == 1)


def test_halving_finds_every_pixels_own_edge_and_stops_at_the_unknown() -> None:
    edges = np.array([0.1234, 0.5, 0.99, 0.7])

    def of(which: Any, values: Any) -> Any:
        ends = np.where(values < edges[which], 0, 3)
        return np.where((which == 3) & (np.abs(values - 0.7) < 0.15), UNKNOWN, ends).astype(np.int16)

    start = np.zeros(4, dtype=np.int16)
    low, high, after = bisect(of, start, np.zeros(4), np.ones(4), np.full(4, 3, dtype=np.int16), 1e-6)
    assert (high[:3] - low[:3] <= 1e-6 * (1 + 1e-9)).all()
    assert ((low[:3] < edges[:3]) & (edges[:3] <= high[:3])).all()
    assert (low[3], high[3]) == (0.5, 1.0)  # 0.5 is still known to be the first end, 0.75 is not known
    assert (after == 3).all()


@pytest.fixture(scope="module")
def found() -> Tipping:
    scene = ss.landscape("saddle", view=((-2, 2), (-1, 1)))
    return ss.tipping(
        scene, "sam:eta=0.01", values="0.05..0.85/2", resolution=(8, 12), tolerance=0.1, engine="plain"
    )


def test_the_map_of_small_steps_tips_where_the_flow_does(found: Tipping) -> None:
    wanted = closed_form(*np.meshgrid(*found.axes))
    tips = found.kind == KINDS.index("tips")
    # half a bracket, and the map's own edge, which differs by the order of eta·λ/2 = 0.01 of its distance
    np.testing.assert_allclose(found.value[tips], wanted[tips], rtol=0.01, atol=0.05)
    np.testing.assert_array_equal(tips, (wanted > 0.05) & (wanted < 0.85))
    assert not found.back.any()
    assert found.changes() == [("left or diverged", "saddle (0, 0)", int(tips.sum()))]
    assert "end elsewhere from some rho on (± 0.05)" in found.summary()


@pytest.mark.slow
def test_the_flow_tips_at_the_closed_form() -> None:
    r = ss.tipping(ss.landscape("saddle"), "sam@flow:dt=0.01", values="0.01..2/5", resolution=32, steps=600)
    wanted = closed_form(*np.meshgrid(*r.axes))
    tips = r.kind == KINDS.index("tips")
    np.testing.assert_array_equal(tips, wanted < 2)
    # half a bracket of 2/256; what dt adds is far less
    np.testing.assert_allclose(r.value[tips], wanted[tips], atol=0.5 * r.tolerance + 1e-4, rtol=0)


def test_a_tipping_map_is_the_same_after_loading_and_is_drawn(found: Tipping, tmp_path: Path) -> None:
    back = ss.load(found.save(tmp_path / "tip.npz"))
    assert isinstance(back, Tipping)
    assert back.summary() == found.summary()
    ax = style.new_axes(3, 4)
    drawn = plots.tipping(back, ax)
    assert drawn.axes is ax
    assert (drawn.scale.vmin, drawn.scale.vmax) == (0.05, 0.85)
    pixels = np.asarray(drawn.image.get_array(), dtype=int)
    tips = found.kind == KINDS.index("tips")
    lightness = pixels[tips].sum(axis=1)[np.argsort(found.value[tips])]
    assert lightness[-1] > lightness[0]  # viridis
    assert drawn.stripes == {}
    assert len({tuple(p) for p in pixels[found.kind == KINDS.index("never")]}) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"key": "sigma"}, "sam has no number 'sigma': it has eta, rho"),
        ({"values": "0.5"}, "at least two, ascending"),
        ({"values": [0.5, 0.1]}, "at least two, ascending"),
        ({"values": "0..x/3"}, "rho must be a number"),
        ({"tolerance": -1}, "tolerance is a number above 0"),
        ({"more": 1.5}, "how often the steps are doubled"),
        ({"method": "sam:rho=0.1|0.2", "key": "eta", "values": "0.1..0.2/2"}, "rho has several values"),
    ],
)
def test_what_makes_no_tipping_map_is_refused(arguments: dict[str, Any], said: str) -> None:
    given = {"method": "sam", **arguments}
    with pytest.raises(UsageError, match=said):
        ss.tipping(ss.landscape("saddle"), given.pop("method"), **given)


def test_an_interrupted_map_goes_on_wherever_it_was_stopped(tmp_path: Path) -> None:
    asked: dict[str, Any] = {
        "values": [0.1, 0.4, 0.9], "resolution": (6, 4), "steps": 150, "tolerance": 0.1, "threads": 1,
        "engine": "compiled",
    }  # fmt: skip
    method = "sam:eta=0.01,batch=1"  # every pixel has its own draws, and some stay unknown for want of time
    scene = ss.landscape("x^2-y^2", samples=["x^2-y^2+0.2*x", "x^2-y^2-0.2*x"])
    calls: list[int] = []
    whole = ss.tipping(scene, method, progress=lambda done, total: calls.append(done), **asked)
    assert len(calls) > 5
    for stop in range(len(calls)):
        seen: list[int] = []

        def pressed(done: int, total: int, stop: int = stop, seen: list[int] = seen) -> None:
            seen.append(done)
            if len(seen) > stop:
                raise KeyboardInterrupt

        with pytest.raises(Interrupted) as caught:
            ss.tipping(scene, method, progress=pressed, **asked)
        rest = partial.load(caught.value.partial.save(tmp_path / "0.rest"))
        assert isinstance(rest, partial.PartialPieces)
        assert 0 < rest.fraction <= 1
        seen.clear()
        again = ss.tipping(
            scene, method, progress=lambda done, total: calls.append(done), resume=rest, **asked
        )
        for name in ("kind", "low", "high", "before", "after", "back"):
            np.testing.assert_array_equal(
                getattr(again, name), getattr(whole, name), err_msg=f"{name} {stop}"
            )
    for other in ({"steps": 151}, {"values": [0.1, 0.5, 0.9]}, {"seed": 1}, {"cycling": True}):
        with pytest.raises(UsageError, match="another answer"):
            ss.tipping(scene, method, resume=rest, **{**asked, **other})


def test_it_is_said_why_ends_are_unknown() -> None:
    scene = ss.landscape("beale")
    asked: dict[str, Any] = {"resolution": (6, 5), "steps": 2000}
    rhos = [0.05, 0.4]
    found = ss.tipping(scene, "sam:eta=1e-3", "rho", rhos, more=1, **asked)
    ends = [ss.basins(scene, f"sam:eta=1e-3,rho={rho}", early=False, more=1, **asked) for rho in rhos]
    status = np.array([np.array(STATUSES)[each.status] for each in ends])
    unknown = (
        np.array([np.ma.getmaskarray(each.fate) for each in ends])
        & (status != "left")
        & (status != "diverged")
    )
    cycles = unknown & (status == "cycling")
    assert 0 < cycles.sum() < unknown.sum() < unknown.size
    assert (found.cycles, found.moving) == (cycles.mean(), (unknown & ~cycles).mean())
    (line,) = found.why_unknown()
    assert line == (
        f"of the runs at the 2 values {cycles.mean():.2%} cycle and {(unknown & ~cycles).mean():.2%} still move after "
        "4,000 ticks"
    )
    assert line in found.summary()
    assert "sam:eta=0.001,rho=0.05|0.4 on Beale" in found.summary()
    assert not ss.tipping(ss.landscape("saddle"), "sam", "rho", [0.1, 0.4], resolution=4).why_unknown()


def test_a_dt_too_long_is_warned_of_once() -> None:
    asked: dict[str, Any] = {"resolution": 4, "steps": 20, "tolerance": 0.3, "engine": "plain"}
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        ss.tipping(ss.landscape("saddle"), "gd@flow:dt=2", "eta", [0.5, 1.0, 3.0], **asked)
    (one,) = found
    assert issubclass(one.category, StepWarning)
    assert "is more than 2/λmax at 100% of the starts" in str(one.message)
