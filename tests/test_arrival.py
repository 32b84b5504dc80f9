"""Where the flow of a normalised direction stays: at critical points, not in valleys that a step is too long for."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import saddlescape as ss
from saddlescape.errors import StepWarning
from saddlescape.landscapes.base import Landscape


def quietly(*arguments, **more):
    """Return a run and what was warned of."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        run = ss.simulate(*arguments, engine="plain", **more)
    return run, [str(each.message) for each in found if issubclass(each.category, StepWarning)]


def field(gradient, rho):
    """dx/dt = −∇f(x + rho ∇f/‖∇f‖), in NumPy."""

    def slope(_, x):
        g = gradient(x)
        return -gradient(x + rho * g / np.linalg.norm(g))

    return slope


def test_a_step_that_does_not_follow_the_equation_across_a_valley_goes_on_along_it():
    """On λx²/2 + y the slope along the valley is 1 everywhere: y falls as t, whatever x does. What the unit vector
    adds to a step is up to dt·rho·λ² = 5 times the gradient on the floor, too long for an explicit scheme."""
    x0 = np.array([[0.3, 0.0], [0.01, 2.0], [0.0, -1.0], [-1.0, 0.5]])
    run, said = quietly(ss.landscape("50*x^2 + y"), "sam@flow:rho=0.1,dt=5e-3", x0, steps=200)
    np.testing.assert_allclose(run.final[:, 1], x0[:, 1] - 200 * 5e-3, rtol=0, atol=1e-12)
    assert np.all(np.abs(run.final[:, 0]) <= 5e-3 * 0.1 * 100)  # one jump dt·rho·λ
    assert not said


@pytest.mark.parametrize(("a", "b"), [(4, 1), (1, 4), (2, -1), (1, -2), (5, -1), (-1, -3)])
def test_it_arrives_when_and_where_a_fine_integration_does(a, b):
    """a x²/2 + b y²/2 from a start that DOP853 (1e-10) brings to ‖∇f‖ < 1e-7. A scheme with dt leaves the steeper
    coordinate when the other is about dt·rho·max|λ|²/min|λ| away, and may be earlier or later by the time that takes,
    dt·(max|λ|/min|λ|)², up to a factor of 2."""
    L, rho, dt = ss.landscape(f"{a}*x^2/2 + {b}*y^2/2"), 0.5, 1e-3
    curvature = np.array([a, b])
    start = np.array([0.21, 0.3]) if min(a, b) > 0 else np.array([0.2, 0.15])

    def arrival(_, x):
        return float(np.linalg.norm(curvature * x) - 1e-7)

    arrival.terminal = True
    found = solve_ivp(
        field(lambda x: curvature * x, rho), (0, 9), start, "DOP853", rtol=1e-10, atol=1e-12, events=arrival,
        max_step=0.01,
    )  # fmt: skip
    assert found.t_events[0].size
    end, ratio = found.t_events[0][0], np.abs(curvature).max() / np.abs(curvature).min()
    run, said = quietly(L, f"sam@flow:rho={rho},dt={dt}", start, steps=int(end / dt) + 200)
    moved = np.linalg.norm(np.diff(run.x[0], axis=0), axis=1) > 0.2 * dt * rho * np.abs(curvature).min()
    last = len(moved) - np.argmax(moved[::-1])
    assert abs(last * dt - end) <= 2 * dt * max(1.0, ratio**2)
    assert np.linalg.norm(run.final[0]) <= dt * rho * np.abs(curvature).max() * ratio
    assert not said
    middle = int(0.5 * end / dt)
    there = solve_ivp(
        field(lambda x: curvature * x, rho), (0, middle * dt), start, "DOP853", rtol=1e-12, atol=1e-13
    )
    np.testing.assert_allclose(run.x[0, middle], there.y[:, -1], atol=1e-7)  # RK4 far from the point


def test_a_coarse_step_far_from_every_critical_point_is_made():
    """Beale from (1, 2): ‖∇f‖ = 326 there. DOP853 comes near the saddle (0, 1) at t = 6.6e-3; dt = 5e-4 is coarse, but
    no step before turns the gradient round."""
    B, dt = ss.landscape("beale"), 5e-4
    run, said = quietly(B, f"sam@flow:rho=0.5,dt={dt}", steps=8)
    truth = solve_ivp(field(B.grad, 0.5), (0, 8 * dt), B.start, "DOP853", rtol=1e-11, atol=1e-12).y[:, -1]
    np.testing.assert_allclose(run.final[0], truth, atol=2e-2)  # RK4 with (dt·λ)⁴ of some hundredths
    assert not said


@pytest.mark.parametrize("dt", [1e-4, 5e-4, 2e-3, 8e-3])
def test_whoever_is_held_at_the_start_is_warned_of_and_told_a_dt_that_frees(dt):
    B = ss.landscape("beale")
    x0 = np.random.default_rng(4).uniform([-1, -0.5], [3.5, 2.5], (40, 2))
    held = 0
    for start in x0:
        run, said = quietly(B, f"sam@flow:rho=0.5,dt={dt}", start, steps=2)
        frozen = np.array_equal(run.final[0], start)
        assert frozen == any("the start is held" in words for words in said)
        if frozen:
            held += 1
            enough = float(said[0].split("Take dt = ")[1].split()[0])
            free, _ = quietly(B, f"sam@flow:rho=0.5,dt={enough}", start, steps=2)
            assert not np.array_equal(free.final[0], start)
    assert held or dt < 5e-4
    _, said = quietly(B, f"sam@flow:rho=0.5,dt={dt}", x0, steps=2)
    assert (f"{held} of 40 starts are held" in " ".join(said)) == (held > 0)


def test_whoever_stops_later_where_no_critical_point_is_is_warned_of():
    """Rosenbrock's only critical point is (1, 1); its valley is too steep for this dt."""
    R = ss.landscape("rosenbrock")
    run, said = quietly(
        R, "sam@flow:rho=0.05,dt=8e-4", [[1.4, 1.2], [-1.0, 1.5], [1.2, 0.6], [0.2, 0.5]], steps=400
    )
    still = np.all(run.x[:, -1] == run.x[:, -50], axis=1) & (np.linalg.norm(run.final - 1, axis=1) > 0.1)
    assert still.any()
    assert f"{still.sum()} of 4 trajectories" in said[0]
    assert "no critical point" in said[0]


def test_a_sweep_is_asked_trajectory_by_trajectory():
    run, said = quietly(
        ss.landscape("saddle"), ss.method("sam@flow", rho=[0.1, 0.5], dt=[1e-3, 1e-2]), [[0.004, 0.0]] * 2, 3
    )
    assert [np.array_equal(x[0], x[-1]) for x in run.x] == [False, True]
    assert "1 of 2 starts are held" in said[0]


@pytest.mark.parametrize("scheme", ["rk4", "dopri5"])
def test_functions_of_ones_own_have_the_exact_flow(scheme):
    own = Landscape.from_functions(
        lambda x, y: x * x - y * y, lambda x, y: (2.0 * x, -2.0 * y), ((-4.5, 4.5), (-4.5, 4.5))
    )
    method = f"sam@flow:rho=0.5,eta=0.01,dt=0.005,scheme={scheme}"
    starts = [[1.0, 0.3], [1.0, 0.6], [0.2, 0.1]]
    mine, _ = quietly(own, method, starts, steps=300)
    known, _ = quietly(ss.landscape("saddle"), method, starts, steps=300)
    np.testing.assert_array_equal(mine.x, known.x)  # the same products in the same order
    assert np.all(
        np.linalg.norm(known.final[::2], axis=1) <= 0.005 * 0.5 * 2
    )  # one jump dt·rho·λ from the saddle


def test_gradients_of_the_rule_are_counted():
    """Two a stage, and four of the rule: after a step, where they are shortest, in the direction there, after it."""
    run, _ = quietly(ss.landscape("saddle"), "sam@flow:dt=1e-3", [1.0, 0.1], steps=10)
    assert run.gradient_evaluations.tolist() == [10 * (4 * 2 + 4)]
