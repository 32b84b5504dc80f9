"""Balls that a method keeps: what is called decided is run on and ends there, and theory says where it cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import saddlescape as ss
from saddlescape.dynamics import neighbourhoods
from saddlescape.dynamics.neighbourhoods import kept_radius, reach
from saddlescape.dynamics.radius import capture_radius, directions
from saddlescape.landscapes.base import Landscape

SADDLE = ss.landscape("saddle")
CONFINED = ss.landscape("confined_saddle")
WELL = ss.landscape("double_well")


def kept(landscape: Landscape, method: str, point: int = 0) -> float:
    """Return the kept radius of a method text."""
    return kept_radius(landscape, ss.method(method), landscape.critical_points[point])


@pytest.mark.parametrize("rho", [0.2, 0.5, 1.0])
def test_sam_keeps_a_quadratic_saddle_no_farther_than_rho(rho: float) -> None:
    """On x² − y² the escape direction moves by 2·eta·y·(1 − rho/r): it shrinks exactly for r < rho."""
    radius = kept(SADDLE, f"sam:eta=0.01,rho={rho}")
    assert 0.5 * rho < radius <= 1.01 * rho


def test_usam_keeps_a_saddle_exactly_above_its_threshold() -> None:
    """The multiplier along y is 1 + 2·eta·(1 − 2·rho), below 1 for rho > 1/2; the map is linear, so all is kept."""
    assert [kept(SADDLE, f"usam:eta=0.01,rho={rho}") for rho in (0.0, 0.3, 0.49, 0.5)] == [0, 0, 0, 0]
    whole = reach(SADDLE, SADDLE.critical_points[0])
    assert whole == 4.5
    assert [kept(SADDLE, f"usam:eta=0.01,rho={rho}") for rho in (0.51, 0.7)] == [whole, whole]


def test_descent_keeps_minima_up_to_half_the_way_and_no_saddle() -> None:
    assert [kept(WELL, "gd:eta=0.1", k) for k in (0, 1, 2)] == [0.5, 0.5, 0.0]
    assert kept(WELL, "gd:eta=0.3") == 0.0, "eta·λ = 2.4: the minimum repels"
    assert kept(WELL, "gd:eta=1e-8") == 0.0, "too slow to be seen to arrive"


def test_who_stays_without_arriving_is_not_kept() -> None:
    """eta·2·400 000 = 4: the slow direction shrinks by e⁴ = 55 in the time there is, and the capture radius is 4e-6."""
    radius = kept(WELL, "gd:eta=5e-6")
    assert 4e-6 <= radius < 55 * 4e-6


@pytest.mark.slow
def test_a_buffer_a_curve_and_a_tip_have_no_ball() -> None:
    assert kept(WELL, "sam:eta=0.01,rho=0.2") == 0.5
    assert kept(WELL, "sam:eta=0.01,rho=0.2,beta=0.5") == 0.0
    for name in ("uv", "ackley"):
        landscape = ss.landscape(name)
        odd = [p for p in landscape.critical_points if p.kind in ("continuum", "cone")]
        assert odd
        assert {kept_radius(landscape, ss.method("gd:eta=0.01"), p) for p in odd} == {0.0}


def test_a_ball_ends_where_another_point_is_nearer_and_at_the_edge() -> None:
    for name in ("himmelblau", "double_well", "beale"):
        landscape = ss.landscape(name)
        lo, hi = np.array(landscape.domain).T
        for p in landscape.critical_points:
            others = [0.5 * np.linalg.norm(q.x - p.x) for q in landscape.critical_points if q.id != p.id]
            assert reach(landscape, p) == pytest.approx(min([*others, *(p.x - lo), *(hi - p.x)]), rel=1e-12)


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_starts_point_to_all_sides(d: int) -> None:
    """Of any direction at all, one of the starts is on its side; in the plane within a twelfth of a turn."""
    found = directions(d, 48)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-12)
    asked = np.random.default_rng(d).normal(size=(2000, d))
    cosine = (asked / np.linalg.norm(asked, axis=1, keepdims=True)) @ found.T
    assert cosine.max(axis=1).min() > {1: 0.999, 2: np.cos(np.pi / 6), 3: 0.7, 5: 0.3}[d]


# ---- fates ----------------------------------------------------------------------------------------------------------


def early(landscape: Landscape, method: Any, x0: Any, steps: int) -> Any:
    """Return a run that is too short to end."""
    return ss.simulate(landscape, method, x0, steps, every=steps)


FATES: dict[str, tuple[Landscape, str, float, int]] = {
    "sam at a saddle": (SADDLE, "sam:eta=0.001,rho=0.5", 0.6, 0),
    "sam at a confined saddle": (CONFINED, "sam:eta=0.001,rho=0.5", 0.7, 2),
    "usam at a minimum": (WELL, "usam:eta=0.001,rho=0.1", 0.6, 1),
    "sam at a minimum": (ss.landscape("himmelblau"), "sam:eta=0.0001,rho=0.1", 1.5, 1),
}


@pytest.mark.parametrize(
    ("landscape", "method", "size", "point"),
    [
        pytest.param(*each, marks=[pytest.mark.slow] * ("confined" in name), id=name)
        for name, each in FATES.items()
    ],
)
def test_what_is_decided_really_ends_there(
    landscape: Landscape, method: str, size: float, point: int
) -> None:
    """Some of a crowd around the point are decided while they move, some are not; those that are end there."""
    rng = np.random.default_rng(4)
    x0 = landscape.critical_points[point].x + size * rng.uniform(-1, 1, (300, landscape.dim))
    run = early(landscape, method, x0, 3)
    here = (run.status == "moving") & (run.fate.filled(-1) == point)
    assert 20 < here.sum() < 300, "nothing, or everything, was decided"
    radius = kept(landscape, method, point)
    away = np.linalg.norm(run.final - landscape.critical_points[point].x, axis=1)
    assert np.array_equal(here, (run.status == "moving") & (away <= radius))
    later = ss.simulate(landscape, method, run.final[here], 60_000, every=60_000)
    assert set(later.status) <= {"converged", "trapped"}
    assert set(later.point.tolist()) == {point}


def test_without_a_ball_there_is_no_fate() -> None:
    for method in ("usam:eta=0.001,rho=0.3", "sam:eta=0.001,rho=0.5,beta=0.5", "sam:eta=0.001,rho=0"):
        run = early(SADDLE, method, [0.1, 0.2], 3)
        assert (run.status.tolist(), run.fate.tolist()) == (["moving"], [None]), method


def test_nothing_is_run_where_nobody_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any) -> float:
        raise AssertionError("a ball was checked")

    monkeypatch.setattr(neighbourhoods, "kept_radius", forbidden)
    gone = early(
        WELL, "sam:eta=1e-5,rho=0.2", [1.5, 1.5], 3
    )  # √(0.5² + 1.5²) from (1, 0), whose reach is 0.5
    assert (gone.status.tolist(), gone.fate.tolist()) == (["moving"], [None])
    assert early(WELL, "gd:eta=0.001", [0.5, 0.1], 3).fate.tolist() == [1], "descent has its bowls"
    trapped = ss.simulate(SADDLE, "sam:eta=0.01,rho=0.5", [-3.0, -0.01], 2000, every=2000)
    assert trapped.status.tolist() == ["trapped"]


@pytest.mark.slow
def test_fates_are_looked_for_with_at_most_sixteen_sets_of_numbers() -> None:
    def fates(count: int) -> list[int | None]:
        method = ss.method("usam", eta=0.001, rho=np.linspace(0.7, 0.9, count))
        return list(early(SADDLE, method, np.full((count, 2), 0.1), 3).fate.tolist())

    assert fates(16) == [0] * 16
    assert fates(17) == [None] * 17
    a = np.linspace(1, 2, 17)
    landscape = ss.landscape("x^2 - a*y^2", params={"a": 1.0})
    for count, wanted in ((3, 0), (17, None)):
        run = ss.simulate(
            landscape, "usam:eta=0.001,rho=0.7", np.full((count, 2), 0.1), 3, params={"a": a[:count]}
        )
        assert run.fate.tolist() == [wanted] * count


def test_a_kept_ball_is_never_smaller_than_what_counts_as_captured() -> None:
    for name, method in (("beale", "sam:eta=1e-4,rho=0.5"), ("himmelblau", "gd:eta=1e-3")):
        landscape = ss.landscape(name)
        for p in landscape.critical_points:
            radius = kept(landscape, method, p.id)
            assert radius == 0.0 or capture_radius(landscape, ss.method(method), p) <= radius
