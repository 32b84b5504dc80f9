"""Claims: how far noise spreads a method, exactly by moments and by simulation with its standard error."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import solve_discrete_lyapunov

import saddlescape as ss
from saddlescape.dynamics.evaluate import covariance, drift


def linear(L, text):
    """Return a and C of a linear direction with constant noise, E[G] = a (x − x*) and Cov(G) = C, in one dimension."""
    m = ss.method(text)
    at = np.array([[0.25], [1.25]])
    a = -np.diff(drift(L, m)(at)[:, 0])[0]
    C = covariance(L, m)(at)[:, 0, 0]
    assert C[0] == pytest.approx(C[1], rel=1e-12)
    return a, C[0]


def stationary(L, text, eta, discrete):
    """Return P of P = (1 − ηa)² P + η²C, or of 2aP = ηC for an SDE."""
    a, C = linear(L, text)
    return eta**2 * C / (1 - (1 - eta * a) ** 2) if discrete else eta * C / (2 * a)


# ---- parabola ------------------------------------------------------------------------------------------------------

PARABOLA = {
    "usam:batch=1,rho=0.3": (0.100317, True),
    "usam:batch=1,rho=0.3,ascent=full": (0.0391865, True),
    "usam@sde2:batch=1,rho=0.3": (0.0842667, False),
    "usam@sde2:batch=1,rho=0.3,ascent=full": (0.0329167, False),
}


@pytest.mark.parametrize("text", PARABOLA)
def test_R23_stationary_variances_of_same_and_full_ascent(text):
    """h = 2, b = (−1, 0.3, 0.7), eta 0.1, rho 0.3, B = 1: printed to six figures."""
    wanted, discrete = PARABOLA[text]
    variance = stationary(ss.landscape("shifted_parabola"), text, 0.1, discrete)
    assert variance == pytest.approx(wanted, rel=5e-6)
    h, eta, rho, C = 2.0, 0.1, 0.3, 4 * 79 / 150
    a, same = h * (1 + rho * h), "full" not in text
    forms = {
        (True, True): eta * C * (1 + rho * h) / (h * (2 - eta * a)),
        (False, True): eta * C / (a * (2 - eta * a)),
        (True, False): eta * C * (1 + rho * h) / (2 * h),
        (False, False): eta * C / (2 * a),
    }
    assert variance == pytest.approx(forms[same, discrete], rel=1e-12)


def spread(x):
    """Return the mean over trajectories of the second moment in time of records x (n, k), and its standard error."""
    each = np.mean(x**2, axis=1)
    return each.mean(), each.std(ddof=1) / np.sqrt(len(each))


@pytest.mark.parametrize("text", ["usam:batch=1,rho=0.3", "usam:batch=1,rho=0.3,ascent=full"])
def test_R23_by_simulation(text):
    """40 trajectories of 600 steps in plain Python: within 4 standard errors (some 2 %)."""
    r = ss.simulate(
        ss.landscape("shifted_parabola"), text + ",eta=0.1", np.zeros((40, 1)), 600, seed=1, engine="plain"
    )
    mean, error = spread(r.x[:, 50:, 0])
    assert error < 0.025 * PARABOLA[text][0]
    assert abs(mean - PARABOLA[text][0]) < 4 * error


@pytest.mark.slow
@pytest.mark.parametrize("text", PARABOLA)
def test_R23_by_long_simulation(text):
    """2 % of the table and 4 standard errors; the SDE in steps of eta/20 is off by 2 % of itself by Euler's bias
    a·dt/2 = 0.8 %."""
    wanted, discrete = PARABOLA[text]
    more = ",eta=0.1" + ("" if discrete else ",dt=0.005")
    ticks = 2000 if discrete else 20000
    r = ss.simulate(
        ss.landscape("shifted_parabola"), text + more, np.zeros((2000, 1)), ticks, every=ticks // 100, seed=2
    )
    mean, error = spread(r.x[:, 10:, 0])
    bias = 0.0 if discrete else wanted * 0.0025 * 3.2
    assert error < 0.005 * wanted
    assert abs(mean - wanted - bias) < 4 * error
    assert mean == pytest.approx(wanted, rel=0.02)


def test_R24_heavy_ball_variance():
    """eta 0.1, λ 1.5, beta 0.9, C = 2: P = A P Aᵀ + η²C (1, …)(1, …)ᵀ of state (x, v); printed to six figures."""
    L, m = ss.landscape("3/4*x^2"), ss.method("gd:eta=0.1,beta=0.9", sigma=np.sqrt(2.0))
    A = ss.jacobian(L, m, [0.3], [0.1])
    tick = ss.step(L, m)
    kick = np.array(tick([0.3], [0.1], z=np.ones(1))) - np.array(tick([0.3], [0.1], z=np.zeros(1)))
    variance = solve_discrete_lyapunov(A, kick @ kick.T)[0, 0]
    assert variance == pytest.approx(0.694064, rel=1e-6)
    closed = 0.1 * 2 * 1.9 / (0.1 * 1.5 * (2 * 1.9 - 0.15))
    assert variance == pytest.approx(closed, rel=1e-10)


# ---- normalised SAM ------------------------------------------------------------------------------------------------

SPREAD = {0.1: (0.01100, 0.01095), 0.5: (0.01469, 0.01485), 1.0: (0.02031, 0.02037)}


def second_moment(eta, rho):
    """Return E x² of x ← x − η (x + z + rho sign(x + z)) from its stationary density, by quadrature on a fine grid."""
    x = np.linspace(-1.2, 1.2, 1201)
    # x' = (1 − η) x − η z − η rho sign(x + z): a density in z either side of z = −x
    to, at = np.meshgrid(x, x, indexing="ij")
    kernel = np.zeros_like(to)
    for s in (-1.0, 1.0):
        z = ((1 - eta) * at - eta * rho * s - to) / eta
        kernel += np.where(np.sign(at + z) == s, np.exp(-(z**2) / 2), 0.0)
    kernel /= kernel.sum(axis=0)
    density = np.ones_like(x)
    for _ in range(10):
        kernel = kernel @ kernel
    density = kernel @ density
    return float(density @ x**2 / density.sum())


def test_R25_sam_on_noisy_gradients_spreads_as_printed():
    """h = s = 1, eta 0.02: 1000 trajectories of 1500 steps of the formula; 3 % of the printed simulations (each with an
    error of its own) and 4 standard errors from the stationary density."""
    rng = np.random.default_rng(3)
    L = ss.landscape("x^2/2")
    for rho, (printed, formula) in SPREAD.items():
        tick = ss.step(L, ss.method(f"sam:eta=0.02,rho={rho},sigma=1"))
        x, kept = np.zeros((1000, 1)), []
        for k in range(1500):
            x = tick(x, z=rng.standard_normal(x.shape))
            if k >= 200:
                kept.append(x[:, 0])
        mean, error = spread(np.stack(kept, axis=1))
        assert error < 0.01 * printed
        assert mean == pytest.approx(printed, rel=0.03)
        assert mean == pytest.approx(formula, rel=0.03)
        assert abs(mean - second_moment(0.02, rho)) < 4 * error


@pytest.mark.slow
def test_R25_by_the_kernel():
    r = ss.simulate(
        ss.landscape("x^2/2"), ss.method("sam", eta=0.02, sigma=1.0, rho=np.repeat(list(SPREAD), 2000)),
        np.zeros((6000, 1)), 4000, every=40, seed=4,
    )  # fmt: skip
    for k, (rho, (printed, _)) in enumerate(SPREAD.items()):
        mean, error = spread(r.x[2000 * k : 2000 * (k + 1), 10:, 0])
        assert error < 0.005 * printed
        assert mean == pytest.approx(printed, rel=0.03)
        assert abs(mean - second_moment(0.02, rho)) < 4 * error


# ---- away from a saddle --------------------------------------------------------------------------------------------

AWAY = {
    "gd:": (1.10585e-4, 1.0, 0.0),
    "usam:rho=0.1,ascent=full,": (1.09462e-4, 1.0, 0.1),
    "usam:rho=0.1,": (8.8664e-5, 0.9, 0.1),
}


def away(text):
    """Return E x² from 0 after 100 steps of eta 1e-3, λ = −1 and noise of covariance |H|, by the moments of a step."""
    L, m = ss.landscape("-x^2/2"), ss.method(f"{text}eta=1e-3,sigma=1,noise=hessian")
    tick = ss.step(L, m)
    growth = tick([1.0], z=np.zeros(1))[0]
    kick = tick([0.0], z=np.ones(1))[0]
    P = 0.0
    for _ in range(100):
        P = growth**2 * P + kick**2
    return P


@pytest.mark.parametrize("text", AWAY)
def test_R26_mean_square_displacement_near_a_saddle(text):
    """λ = −1, C = |λ|, eta 1e-3, t = 0.1: η²C (qᵏ − 1)/(q − 1), five or six printed figures."""
    wanted, factor, rho = AWAY[text]
    q = (1 - 1e-3 * -(1 - rho)) ** 2
    assert away(text) == pytest.approx(wanted, rel=6e-6)
    assert away(text) == pytest.approx((1e-3 * factor) ** 2 * (q**100 - 1) / (q - 1), rel=1e-10)


def test_R26_the_published_formula_is_that_of_another_update():
    """(1 + rho λ)² in the exponent belongs to the gradient of f(x + rho ∇f): it says 1.08556e-4, and a gap to SGD that is
    twice as large as the update's, for which ½·2·η t² |λ|³ rho = 1.0e-6 to leading order in t."""
    lam, rho, eta, t = -1.0, 0.1, 1e-3, 0.1
    a = lam * (1 + rho * lam) ** 2
    published = eta * abs(lam) / (2 * a) * (1 - np.exp(-2 * a * t))
    assert published == pytest.approx(1.08556e-4, rel=5e-6)
    gap = away("gd:") - away("usam:rho=0.1,ascent=full,")
    assert gap == pytest.approx(1.123e-6, rel=1e-3)
    assert eta * t**2 * rho < gap < 1.25 * eta * t**2 * rho
    assert away("usam:rho=0.1,ascent=full,") / published > 1.008


# ---- drift along valleys -------------------------------------------------------------------------------------------


def test_R29_bouncing_sam_drifts_to_the_flat_end_of_a_valley():
    """L = (1 + y²) x²/2 at y = 1, eta 0.01, rho 0.05: −2.544e-5 a step in the mean of 200, 2 %; −2ηρ²h'/(2 − ηh)²."""
    eta, rho, h = 0.01, 0.05, 2.0
    c = eta * h * rho / (2 - eta * h)
    L = ss.landscape("(1 + y^2)*x^2/2")
    r = ss.simulate(L, f"sam:eta={eta},rho={rho}", [c, 1.0], 200, engine="plain")
    mean = (r.final[0, 1] - 1) / 200
    assert mean == pytest.approx(-2.544e-5, rel=0.02)
    first = r.x[0, 1, 1] - 1
    assert first == pytest.approx(-2 * eta * rho**2 * 2 / (2 - eta * h) ** 2, rel=1e-4)  # n is along x to c²
    assert first == pytest.approx(-2.55e-5, rel=0.02)


def valley(n, steps, seed):
    """Return the mean step of y of n trajectories at y = 0 and its standard error, after 600 steps to settle in x."""
    tick = ss.step(ss.landscape("two_sample_valley"), ss.method("sam:batch=1,eta=0.01,rho=0.05"))
    rng = np.random.default_rng(seed)
    x, moved = np.zeros((n, 3)), np.zeros(n)
    x[:, :2] = 1e-4
    for k in range(600 + steps):
        x = tick(x, w0=np.eye(2)[rng.integers(0, 2, n)])
        if k >= 600:
            moved += x[:, 2] / steps
        x[:, 2] = 0.0
    return moved.mean(), moved.std() / np.sqrt(n)


def test_R30_on_all_samples_sam_lowers_the_largest_eigenvalue():
    """h = 2, h' = ½, eta 0.01, rho 0.05: −2ηρ²h'/(2 − ηh)² = −6.377e-6 a step, 1 %."""
    L = ss.landscape("two_sample_valley")
    c = 0.01 * 2 * 0.05 / (2 - 0.01 * 2)
    r = ss.simulate(L, "sam:eta=0.01,rho=0.05", [c, 0.0, 0.0], 100, engine="plain")
    assert r.final[0, 2] / 100 == pytest.approx(-6.377e-6, rel=0.01)


def test_R30_on_one_sample_sam_lowers_the_trace():
    """+1.24e-5 a step (theory (ηρ²/2)·(3 − 1)/2 = 1.25e-5 and more), 5 %; 1000 trajectories of 100 steps, 4 standard
    errors of 0.6 %."""
    mean, error = valley(1000, 100, 5)
    assert error < 0.01 * 1.24e-5
    assert mean == pytest.approx(1.24e-5, rel=0.05)


# ---- samples of unlike curvature -----------------------------------------------------------------------------------


def test_R39_mean_square_stability_of_usam_on_unlike_curvatures():
    """h ∈ {½, 3/2, 4}, B = 1, rho 0.2: E(1 − ηG/x)² is 1 at η_c = 2 E[a]/E[a²], a = h (1 + rho h)."""
    h = np.array([0.5, 1.5, 4.0])
    a = h * (1 + 0.2 * h)
    critical = 2 * a.mean() / np.mean(a**2)
    L = ss.landscape("random_curvature")
    for part in (0.97, 1.0, 1.03):
        eta = part * critical
        tick = ss.step(L, ss.method(f"usam:batch=1,rho=0.2,eta={eta}"))
        factor = np.mean(tick(np.ones((3, 1)), w0=np.eye(3)) ** 2)
        m = ss.method(f"usam:batch=1,rho=0.2,eta={eta}")
        by_moments = (1 + eta * drift(L, m)([1.0])[0]) ** 2 + eta**2 * covariance(L, m)([1.0])[0, 0]
        assert factor == pytest.approx(np.mean((1 - eta * a) ** 2), rel=1e-12)
        assert by_moments == pytest.approx(factor, rel=1e-12)
        if part == 1.0:
            assert factor == pytest.approx(1.0, rel=1e-12)
        else:
            assert (factor < 1) == (part < 1)


@pytest.mark.parametrize(("rho", "rest"), [(0.1, 0.66), (0.3, 0.78)])
def test_the_rest_point_of_sam_on_one_sample_is_biased_however_small_eta_is(rho, rest):
    """x* + rho (h₂ − h₁)/(h₁ + h₂) with h = (1, 4), b = ∓1, x* = 0.6; simulated for two eta, 4 standard errors."""
    L = ss.landscape("two_sample_1d")
    assert drift(L, ss.method(f"sam:batch=1,rho={rho}"))([rest])[0] == pytest.approx(0.0, abs=1e-14)
    assert drift(L, ss.method(f"sam:rho={rho}"))([0.6])[0] == pytest.approx(0.0, abs=1e-14)
    rng = np.random.default_rng(6)
    for eta in (0.002, 0.001):
        tick = ss.step(L, ss.method(f"sam:batch=1,rho={rho},eta={eta}"))
        x = np.full((4000, 1), rest - 0.05)
        for _ in range(round(3 / eta)):
            x = tick(x, w0=np.eye(2)[rng.integers(0, 2, len(x))])
        # the slope is (h₁ + h₂)/2 = 2.5, so that e^−7.5 of the start is left
        error = x.std() / np.sqrt(len(x))
        assert abs(x.mean() + 0.05 * np.exp(-7.5) - rest) < 4 * error
        assert error < 0.02 * (rest - 0.6)
