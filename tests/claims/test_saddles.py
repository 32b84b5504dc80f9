"""Claims: which methods a quadratic saddle attracts, from where, and from which rho on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import beta as beta_function
from scipy.special import betainc

import saddlescape as ss

DEMO = (-3.0, -0.01)


def usam_matrix(H: np.ndarray, eta: float, rho: float) -> np.ndarray:
    """Return the linear map of one USAM step on ½ x'Hx: I − eta H (I + rho H)."""
    return np.eye(len(H)) - eta * H @ (np.eye(len(H)) + rho * H)


def test_R8_usam_on_the_saddle_decays_exactly_between_two_limits():
    """x² − y², eta 0.01: attracted iff 1/2 < rho < (1/eta − 1)/2 = 49.5."""
    rho = [0.45, 0.55, 1, 10, 49, 49.6]
    r = ss.simulate(
        ss.landscape("saddle"), ss.method("usam", rho=rho, eta=0.01), [[1, 0.5]] * 6, 10000, every=100
    )
    assert r.status.tolist() == ["diverged", "trapped", "trapped", "trapped", "trapped", "diverged"]
    assert np.all(np.linalg.norm(r.final[1:5], axis=1) < 1e-8)  # the slowest factor: 0.998^10000 = 2e-9
    for rho_i, x in zip(rho, r.x[:, 1], strict=True):  # 100 linear steps: exact up to rounding
        step = usam_matrix(np.diag([2.0, -2.0]), 0.01, rho_i)
        np.testing.assert_allclose(x, np.linalg.matrix_power(step, 100) @ [1, 0.5], rtol=1e-9, atol=1e-300)


QUADRATICS = {
    "x^2 - y^2/4": np.diag([2.0, -0.5]),
    "4*x*y": np.array([[0.0, 4.0], [4.0, 0.0]]),
    "x^2 - y^2/2 - 2*z^2": np.diag([2.0, -1.0, -4.0]),
}


@pytest.mark.parametrize("formula", QUADRATICS)
def test_C3_usam_is_attracted_iff_rho_exceeds_one_over_the_weakest_negative_curvature(formula):
    """Also with two negative eigenvalues (−1, −4): rho = 0.9 tames the strong one alone, which is not enough."""
    H = QUADRATICS[formula]
    values = np.linalg.eigvalsh(H)
    threshold = 1 / np.min(np.abs(values[values < 0]))
    rho, eta = [0.9 * threshold, 1.1 * threshold], 0.1 / np.max(np.abs(values))
    start = [1.0, 0.5, 0.25][: len(H)]
    r = ss.simulate(ss.landscape(formula), ss.method("usam", rho=rho, eta=eta), [start] * 2, 10000, every=100)
    for rho_i, x in zip(rho, r.x[:, 1], strict=True):
        # 100 linear steps; atol for directions that have decayed by many orders and carry only rounding
        expected = np.linalg.matrix_power(usam_matrix(H, eta, rho_i), 100) @ start
        np.testing.assert_allclose(x, expected, rtol=1e-10, atol=1e-14)
    # the slowest mode changes by 1 ± 0.1·eta·|λ| = 1 ± 0.0025 a step: by e^±25 in 10 000 steps
    assert not np.linalg.norm(r.final[0]) < 1e9
    assert np.linalg.norm(r.final[1]) < 1e-9
    assert r.status[0] in ("left", "diverged")
    assert r.status[1] == "trapped"


@pytest.mark.parametrize("mu", [1.0, 5.0, 27.75])
def test_R17_on_the_unstable_axis_the_basin_is_rho_whatever_the_curvature(mu):
    """y ← (1 + eta mu) y − eta mu rho sign(y): |y| < rho is caught and bounces within eta·mu·rho, |y| > rho escapes."""
    eta, rho = 1e-3, 0.5
    L = ss.landscape("general_saddle", ly=mu)
    r = ss.simulate(L, ss.method("sam", eta=eta, rho=rho), [[0, 0.499], [0, 0.501]], 20000)
    caught, free = r.x[0], r.x[1]
    assert np.all(caught[:, 0] == 0)
    assert np.max(np.abs(caught[-1000:, 1])) <= eta * mu * rho * (1 + 1e-9)
    # the equilibrium ±rho is repelling: a start at distance 0.001 moves away as (1 + eta mu)^k, on either side
    np.testing.assert_allclose(
        r.x[:, 100, 1] - rho, np.array([-1e-3, 1e-3]) * (1 + eta * mu) ** 100, rtol=1e-9
    )
    assert not np.abs(free[-1, 1]) < 100
    assert r.status[0] == "trapped"
    assert r.status[1] in ("left", "diverged")


# ---- momentum against trapping -----------------------------------------------------------------------------------


def flow_threshold(x: float, y: float) -> float:
    """Return the rho above which the flow of normalised SAM on x² − y² is caught at 0 from (x, y), |y| ≤ |x|.

    sqrt(2|xy|) = rho·I(θ), θ = atan|y/x|, I(θ) = ∫_θ^{π/2} dφ/sqrt(sin 2φ) = Bt/2 − (Bt/4)·betainc(¼, ½, sin² 2θ).
    """
    theta, Bt = np.arctan(abs(y / x)), beta_function(0.25, 0.5)
    integral = Bt / 2 - Bt / 4 * betainc(0.25, 0.5, np.sin(2 * theta) ** 2)
    return float(np.sqrt(2 * abs(x * y)) / integral)


def smallest_trapping_rho(eta: list[float], beta: list[float], steps: int) -> np.ndarray:
    """Return, per (eta, beta), the smallest rho that traps the demonstration's start: four rounds of 32-section.

    A run has escaped when it leaves |y| < 4.5, caught otherwise; the brackets shrink from [0.01, 2] to 2e-6.
    """
    n, L = len(eta), ss.landscape("saddle")
    low, high = np.full(n, 0.01), np.full(n, 2.0)
    for _ in range(4):
        rho = np.linspace(low, high, 33, axis=1)
        numbers = {"rho": rho.ravel(), "eta": np.repeat(eta, 33), "beta": np.repeat(beta, 33)}
        r = ss.simulate(
            L, ss.method("sam", **numbers), [DEMO] * (33 * n), steps, every=steps, engine="compiled"
        )
        caught = (np.abs(r.final[:, 1]) < 4.5).reshape(n, 33)
        assert not caught[:, 0].any()
        assert caught[:, -1].all()
        first = np.argmax(caught, axis=1)
        low, high = rho[range(n), first - 1], rho[range(n), first]
    return high


def test_R18_momentum_moves_the_smallest_trapping_rho():
    """Without momentum and for small eta it is the closed form of the flow; large momentum raises it strongly.

    The order in beta is stated at eta = 0.01, the step of the demonstration: what matters is eta/(1 − beta), and at
    smaller eta the curve turns up later (at eta = 1e-3 beta = 0.9 still lies below beta = 0).
    """
    assert flow_threshold(*DEMO) == pytest.approx(0.0964, abs=5e-5)
    small = smallest_trapping_rho([1e-3, 2e-3], [0.0, 0.0], 20000)
    assert small == pytest.approx(flow_threshold(*DEMO), rel=0.01)  # the claim; the error is of order eta
    # extrapolated to eta = 0 the error is of order eta² ~ 1e-6 relative to the first order's 1.6e-3
    assert 2 * small[0] - small[1] == pytest.approx(flow_threshold(*DEMO), rel=2e-4)

    none, half, most, nearly = smallest_trapping_rho([0.01] * 4, [0.0, 0.5, 0.9, 0.99], 8000)
    assert 0.8 * none < half < 0.97 * none
    assert most > 1.5 * none
    assert nearly > 5 * none
    assert nearly > 2 * most


# ---- the demonstration on x² − y² --------------------------------------------------------------------------------


def test_C4_gradient_descent_leaves_the_saddle_exactly_as_powers():
    r = ss.simulate(ss.landscape("saddle"), "gd:eta=0.01", DEMO, 500)
    assert r.final[0, 1] == pytest.approx(-199.5657, abs=5e-5)
    assert r.final[0, 0] == pytest.approx(-1.23e-4, abs=5e-7)
    k = np.arange(501)
    np.testing.assert_allclose(r.x[0], np.stack([-3 * 0.98**k, -0.01 * 1.02**k], axis=1), rtol=1e-12)
    assert r.status[0] == "left"


def plain_sam(
    x: float, y: float, eta: float, rho: float, steps: int, *, accumulate: bool = False
) -> np.ndarray:
    """Return the orbit of SAM on x² − y²; ``accumulate`` adds the first gradient to the step, as code that forgets to
    clear it between the two backward passes does."""
    w, orbit = np.array([x, y]), [np.array([x, y])]
    H = np.array([2.0, -2.0])
    for _ in range(steps):
        g = H * w
        g_p = H * (w + rho * g / np.sqrt(g @ g))
        w = w - eta * (g + g_p if accumulate else g_p)
        orbit.append(w)
    return np.array(orbit)


def test_C5_textbook_sam_is_caught_at_the_saddle():
    r = ss.simulate(ss.landscape("saddle"), "sam:eta=0.01,rho=0.5", DEMO, 500)
    np.testing.assert_allclose(r.x[0], plain_sam(*DEMO, 0.01, 0.5, 500), rtol=1e-9, atol=1e-14)
    assert abs(r.final[0, 1]) == pytest.approx(6.7e-11, abs=0.05e-11)
    assert abs(r.final[0, 0]) == pytest.approx(0.0050505, abs=2e-7)  # 0.98^k of the approach is left
    # the offset from the cycle's ±c shrinks by 1 − 2 eta a step, so with the turn to sign-alternation it is < 1e-4
    assert abs(r.final[0, 0]) == pytest.approx(0.01 * 0.5 / (1 - 0.01), rel=1e-4)
    assert np.all(np.diff(np.sign(r.x[0, -100:, 0])) != 0)
    assert r.status[0] == "trapped"


def test_C6_an_uncleared_gradient_is_sam_with_twice_the_step_and_half_the_radius():
    """g + g_p = 2Hw + rho H u = 2 (Hw + (rho/2) H u) on a quadratic: lr 0.02 and rho 0.25 instead of 0.01 and 0.5."""
    S = ss.landscape("saddle")
    buggy = plain_sam(*DEMO, 0.01, 0.5, 500, accumulate=True)
    r = ss.simulate(S, "sam:eta=0.02,rho=0.25", DEMO, 500)
    np.testing.assert_allclose(r.x[0], buggy, rtol=1e-9, atol=1e-13)
    assert abs(r.final[0, 0]) == pytest.approx(0.0051020, abs=5e-8)
    assert abs(r.final[0, 0]) == pytest.approx(0.01 * 0.5 / (1 - 2 * 0.01), rel=1e-6)
    assert abs(r.final[0, 1]) == pytest.approx(3.5e-19, abs=0.05e-19)
    assert r.status[0] == "trapped"
    # and it is not what textbook SAM does
    assert abs(plain_sam(*DEMO, 0.01, 0.5, 500)[-1, 0]) == pytest.approx(0.0050504, abs=5e-8)


def test_C6_the_uncleared_gradient_halves_the_trap():
    S, starts = ss.landscape("saddle"), [[0, 0.249], [0, 0.251], [0, 0.4]]
    half = ss.simulate(S, "sam:eta=0.02,rho=0.25", starts, 1000)
    full = ss.simulate(S, "sam:eta=0.01,rho=0.5", starts, 1000)
    assert half.status[0] == "trapped"
    assert not set(half.status[1:]) - {"left", "diverged"}
    assert full.status.tolist() == ["trapped", "trapped", "trapped"]
    for (x, y), orbit in zip(
        starts, half.x, strict=True
    ):  # compared while the escaping ones are of size < 1e3
        buggy = plain_sam(x, y, 0.01, 0.5, 200, accumulate=True)
        np.testing.assert_allclose(orbit[:201], buggy, rtol=1e-9, atol=1e-12)
