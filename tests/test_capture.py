"""What counts as captured: nothing that belongs to another point, rests elsewhere, or goes on."""

from __future__ import annotations

import numpy as np
import pytest

import saddlescape as ss
from saddlescape.dynamics.capture import distance
from saddlescape.dynamics.multipliers import local_behaviour
from saddlescape.dynamics.neighbourhoods import kept_radius
from saddlescape.dynamics.radius import capture_radius


def test_of_overlapping_reaches_the_nearest_point_has_the_trajectory() -> None:
    """SAM with a coarse step hovers 0.6 around (3, 2); 8·eta·rho·|λ| is 3 there and at the saddles beside it."""
    run = ss.simulate(ss.landscape("himmelblau"), "sam:eta=0.01,rho=0.5", [3.5, 2.5], 3000, engine="plain")
    assert np.linalg.norm(run.x[0, -500:] - [3, 2], axis=1).max() < 0.75
    assert run.status.tolist() == ["converged"]
    points = ss.landscape("himmelblau").critical_points
    np.testing.assert_allclose(points[int(run.fate[0])].x, [3, 2], atol=1e-8)


def test_no_reach_goes_beyond_half_the_way_to_another_point() -> None:
    landscape, method = ss.landscape("himmelblau"), ss.method("sam:eta=0.02,rho=0.5")
    at = np.array([p.x for p in landscape.critical_points])
    for p in landscape.critical_points:
        away = np.sort(np.linalg.norm(at - p.x, axis=1))[1]
        assert capture_radius(landscape, method, p) <= 0.5 * away * (1 + 1e-12)


@pytest.mark.parametrize("dt", [0.01, 0.5])
def test_an_adaptive_flow_is_judged_alike_wherever_it_is_looked_at(dt: float) -> None:
    """At t = 1 from (2, 2) it is 1.2 from the minimum and goes on."""
    landscape = ss.landscape("x^2 + 0.2*y^2")
    method = f"sam@flow:rho=0.5,scheme=dopri5,eta=0.01,dt={dt}"
    run = ss.simulate(landscape, method, [2, 2], round(1 / dt), engine="plain")
    assert 1 < np.linalg.norm(run.final) < 1.5
    assert run.status.tolist() == ["moving"]


@pytest.mark.slow
def test_a_flow_that_bounces_across_a_valley_and_creeps_along_it_is_moving() -> None:
    """Its exact flow slides along x = 0 and is at y = 1.1 e^(−0.4) − 0.1 = 0.637 at t = 20."""
    landscape = ss.landscape("50*x^2 + 0.01*y^2")
    run = ss.simulate(landscape, "sam@flow:rho=0.1,dt=0.01,eta=0.01", [1, 1], 2000, engine="plain")
    assert 0.6 < run.final[0, 1] < 0.7
    assert run.status.tolist() == ["moving"]


def test_a_hallucinated_minimiser_is_never_captured_however_long_the_run() -> None:
    landscape = ss.landscape("cosine")
    for steps in (300, 500):
        run = ss.simulate(landscape, "sam:eta=0.1,rho=4", [0.5], steps, engine="plain")
        x = run.final[0, 0]
        assert abs(np.sin(x)) > 0.7  # the gradient, at rest
        assert np.sin(x - 4 * np.sin(x) / abs(np.sin(x))) == pytest.approx(
            0, abs=1e-6
        )  # the gradient SAM sees
        assert run.status.tolist() == ["cycling"]
        assert run.fate.tolist() == [None]


def _mean_of_sam_on_pairs(x: np.ndarray, rho: float) -> np.ndarray:
    """E G of SAM on Beale with mini-batches of two of its three samples, in plain NumPy."""

    def gradients(at: np.ndarray) -> np.ndarray:
        a, y = at
        r = np.array([1.5, 2.25, 2.625]) - a * (1 - y ** np.arange(1, 4))
        return (
            3
            * 2
            * r[:, None]
            * np.stack([y ** np.arange(1, 4) - 1, a * np.arange(1, 4) * y ** np.arange(3)], axis=1)
        )

    found = np.zeros(2)
    for out in range(3):
        w = np.array([0.5 * (k != out) for k in range(3)])
        g = w @ gradients(x)
        found += w @ gradients(x + rho * g / np.linalg.norm(g)) / 3
    return found


def test_where_noise_leaves_no_rest_point_there_are_no_multipliers() -> None:
    """The mean step of SAM on pairs goes on at Beale's saddle (0.1, −2.6), and has left its capture radius for good."""
    landscape, method = ss.landscape("beale"), ss.method("sam:batch=2,eta=1e-4,rho=0.5")
    saddle = next(p for p in landscape.critical_points if p.x[1] < 0)
    np.testing.assert_allclose(
        ss.drift(landscape, method)(saddle.x), -_mean_of_sam_on_pairs(saddle.x, 0.5), rtol=1e-10
    )
    x = saddle.x.copy()
    for _ in range(4000):
        x -= 1e-4 * _mean_of_sam_on_pairs(x, 0.5)
    assert np.linalg.norm(x - saddle.x) > 1.5 * capture_radius(landscape, method.on(landscape), saddle)
    found = local_behaviour(landscape, method)[saddle.id]
    assert (found["verdict"], found["multipliers"]) == ("drifts", [])
    minimum = local_behaviour(landscape, ss.method("sgd:batch=1,eta=1e-4"))[0]
    assert minimum["verdict"] == "attracts"
    np.testing.assert_allclose(
        np.sort(minimum["multipliers"]),
        1 - 1e-4 * np.sort(landscape.critical_points[0].eigenvalues)[::-1],
        rtol=1e-9,
    )


def test_no_ball_is_run_for_adaptive_flows() -> None:
    landscape = ss.landscape("beale")
    method = ss.method("sam@flow:scheme=dopri5").on(landscape)
    assert kept_radius(landscape, method, landscape.critical_points[0]) == 0.0


def test_the_distance_to_a_set_in_three_dimensions_is_that_of_a_minimisation() -> None:
    """Its samples are few and in no order; a Newton step from beside a saddle would end on that, and be no distance."""
    from scipy.optimize import minimize

    deep = ss.landscape("deep_scalar")
    surface = next(p for p in deep.critical_points if p.nature == "minima")
    x = np.array(
        [[0.05, 0.03, 0.4], [-1.303, 1.303, 1.303], [1.01, 1.0, 1.02], [0.4, 2.0, 1.3], [0.0, 0.0, 1.0]]
    )
    found = distance(deep, surface, x)
    for place, far in zip(x, found, strict=True):
        samples = surface.samples[np.argsort(np.linalg.norm(surface.samples - place, axis=1))[:8]]
        ways = [
            minimize(
                lambda y, place=place: np.sum((y - place) ** 2), each, jac=lambda y, place=place: 2 * (y - place),
                constraints={"type": "eq", "fun": lambda y: np.prod(y) - 1},
                options={"ftol": 1e-14},
            )
            for each in samples
        ]  # fmt: skip
        true = np.sqrt(min(each.fun for each in ways if each.success))
        assert (
            true * (1 - 1e-6) <= far <= 1.2 * true
        )  # a sample, or where the steps end: never nearer than there is
    assert found[2] < 0.02
