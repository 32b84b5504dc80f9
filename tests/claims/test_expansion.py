"""Claims: the series in rho and eta that flows and SDEs are cut from, against plain NumPy written from the formulas."""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement
from math import factorial, prod

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import saddlescape as ss
from saddlescape.dynamics.evaluate import covariance, drift

W = np.array([0.4, 1.3])
C = (1.5, 2.25, 2.625)


def sample_gradients(w):
    """Return the gradients of Beale's three samples f_i = 3 (c_i − x + x yⁱ)², shape (3, 2)."""
    x, y = w
    found = []
    for i, c in enumerate(C, start=1):
        r = c - x + x * y**i
        found.append(6 * r * np.array([y**i - 1, i * x * y ** (i - 1)]))
    return np.array(found)


def full_gradient(w):
    """Return Beale's gradient."""
    return sample_gradients(w).mean(axis=0)


def sam(gradient, w, rho):
    """Return the gradient at w + rho g/‖g‖."""
    g = gradient(w)
    return gradient(w + rho * g / np.linalg.norm(g))


def beale_drift(text):
    """Return the drift of a method on Beale's function."""
    return drift(ss.landscape("beale"), ss.method(text))


# ---- one point -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sam", "usam"])
@pytest.mark.parametrize("w", [(1.0, 2.0), (-0.3, 0.7)])
def test_R1_residuals_of_the_series_fall_by_4_and_by_8_as_rho_is_halved(method, w):
    """3 %: the next term is smaller by order rho. USAM moves ‖g‖ times farther: its rho is divided by ‖g‖."""
    w = np.array(w)
    g = full_gradient(w)
    scale = 1.0 if method == "sam" else 1.0 / np.linalg.norm(g)
    left = {2: [], 3: []}
    for rho in (0.01, 0.005, 0.0025):
        n = g / np.linalg.norm(g) if method == "sam" else g
        exact = full_gradient(w + rho * scale * n)
        for order, residuals in left.items():
            cut = -beale_drift(f"{method}@flow{order}:rho={rho * scale}")(w)
            residuals.append(np.linalg.norm(cut - exact))
        np.testing.assert_allclose(-beale_drift(f"{method}@flow:rho={rho * scale}")(w), exact, rtol=1e-12)
    for order, ratio in ((2, 4.0), (3, 8.0)):
        e = np.array(left[order])
        np.testing.assert_allclose(e[:-1] / e[1:], ratio, rtol=0.03)


GRADIENTS = {
    "beale": [(1.0, 2.0), (-0.3, 0.7), (0.4, 1.3), (2.0, -0.5)],
    "exp(x/4)*sin(y) + x^2/2 + log(1 + y^2)": [(0.5, 1.0), (-2.0, -1.5)],
    "(x1*x2*x3 - 1)^2/2": [(1.5, 0.3, 0.2), (-0.7, 1.1, 0.4)],
}


@pytest.mark.parametrize("name", GRADIENTS)
@pytest.mark.parametrize(("method", "power"), [("sam", 1), ("usam", 2)])
def test_R2_the_flow_of_order_2_descends_f_plus_rho_times_the_gradient_norm(name, method, power):
    """USAM: f + (rho/2)‖∇f‖². Central differences of 1e-5, so 1e-6 of the size of the drift."""
    L, rho, h = ss.landscape(name), 0.1, 1e-5
    flow = drift(L, ss.method(f"{method}@flow2:rho={rho}"))

    def potential(w):
        return L.loss(w) + rho / power * np.linalg.norm(L.grad(w)) ** power

    for w in np.array(GRADIENTS[name]):
        slopes = [(potential(w + h * e) - potential(w - h * e)) / (2 * h) for e in np.eye(len(w))]
        np.testing.assert_allclose(-flow(w), slopes, rtol=1e-6, atol=1e-6 * np.linalg.norm(slopes))


def test_R2_the_term_of_order_3_is_no_gradient():
    """The Jacobian of −(G cut at rho²) is symmetric without the rho² term and is not with it."""
    h = 1e-5
    for order, symmetric in ((2, True), (3, False)):
        flow = beale_drift(f"sam@flow{order}:rho=0.1")
        J = np.stack([(flow(W + h * e) - flow(W - h * e)) / (2 * h) for e in np.eye(2)], axis=1)
        assert (abs(J[0, 1] - J[1, 0]) < 1e-6 * np.abs(J).max()) == symmetric


# ---- over a time ---------------------------------------------------------------------------------------------------

T = 0.004
"""Beale from (1, 2): 126 to 6 in loss, far from every zero of the gradient."""


def reference(rho):
    """Return where dw/dt = −∇f(w + rho n) is at T, by SciPy's DOP853 on plain NumPy."""
    made = solve_ivp(
        lambda t, w: -sam(full_gradient, w, rho), (0, T), [1.0, 2.0], "DOP853", rtol=1e-12, atol=1e-13
    )
    return made.y[:, -1]


def end(text, ticks):
    """Return where a method on Beale is after ``ticks`` ticks from (1, 2)."""
    return ss.simulate(ss.landscape("beale"), text, [1.0, 2.0], ticks, every=ticks, engine="plain").final[0]


#: distances from the exact flow at rho 0.04, 0.02, 0.01, and by how much they fall
OF_ORDER = {2: ((1.61e-3, 4.11e-4, 1.04e-4), (3.9, 4.0)), 3: ((5.30e-5, 6.80e-6, 8.6e-7), (7.8, 7.9))}


@pytest.mark.parametrize("order", OF_ORDER)
def test_R3_flows_of_order_2_and_3_are_rho_2_and_rho_3_from_the_exact_flow(order):
    """5 % on the ratios, 2 % on the distances (printed to three figures, the last to two)."""
    wanted, (low, high) = OF_ORDER[order]
    found = []
    for rho in (0.04, 0.02, 0.01):
        whole = end(f"sam@flow:rho={rho},dt={T / 80}", 80)
        np.testing.assert_allclose(whole, reference(rho), rtol=1e-6)
        found.append(np.linalg.norm(end(f"sam@flow{order}:rho={rho},dt={T / 80}", 80) - whole))
    np.testing.assert_allclose(found, wanted, rtol=0.02)
    ratios = np.array(found[:-1]) / found[1:]
    assert np.all((0.95 * low < ratios) & (ratios < 1.05 * high))


@pytest.mark.parametrize(("kind", "ratio"), [("plain", 2.0), ("mod", 4.0)])
def test_R4_the_flow_is_eta_from_the_map_and_eta_2_with_the_modified_drift(kind, ratio):
    """rho 0.1, eta 4e-5, 2e-5, 1e-5; 3 % on the ratios."""
    found = []
    for eta in (4e-5, 2e-5, 1e-5):
        steps = round(T / eta)
        flow = end(f"sam@flow:rho=0.1,eta={eta},drift={kind},dt={T / 80}", 80)
        w = np.array([1.0, 2.0])
        for _ in range(steps):
            w = w - eta * sam(full_gradient, w, 0.1)
        np.testing.assert_allclose(end(f"sam:rho=0.1,eta={eta}", steps), w, rtol=1e-12)
        found.append(np.linalg.norm(flow - w))
    np.testing.assert_allclose(np.array(found[:-1]) / found[1:], ratio, rtol=0.03)


@pytest.mark.parametrize("beta", [0.5, 0.9])
def test_R40_momentum_shrinks_a_linear_gradient_as_its_modified_flow_says(beta):
    """log of the slow root = −ηλ/(1−β) − η²λ²(1+β)/(2(1−β)³) + O(η³): what is left falls by 8 as η is halved, to 5 %
    where ηλ is small against (1−β)²."""
    lam = 1.5
    L = ss.landscape("3/4*x^2")
    left = []
    for eta in np.array([4e-3, 2e-3, 1e-3]) * (1 - beta) ** 2:
        J = ss.jacobian(L, ss.method(f"gd:eta={eta},beta={beta}"), [0.3], [0.1])
        slow = np.max(np.linalg.eigvals(J).real)
        two = -eta * lam / (1 - beta) - (eta * lam) ** 2 * (1 + beta) / (2 * (1 - beta) ** 3)
        left.append(np.log(slow) - two)
    np.testing.assert_allclose(np.array(left[:-1]) / left[1:], 8.0, rtol=0.05)


@pytest.mark.parametrize(("method", "rate"), [("sam", -0.232302), ("usam", -0.175994)])
def test_R34_balance_of_a_product_decays_as_in_closed_form(method, rate):
    """L = (xy − 1)²/2 at (2, 0.3), rho 0.1: d(x² − y²)/dt. Six printed figures."""
    x = np.array([2.0, 0.3])
    move = drift(ss.landscape("(x*y - 1)^2/2"), ss.method(f"{method}@flow:rho=0.1"))(x)
    found = 2 * x[0] * move[0] - 2 * x[1] * move[1]
    assert found == pytest.approx(rate, abs=1e-6)
    slope = x[0] * x[1] - 1
    r = np.hypot(*x)
    step = 0.1 * np.sign(slope) / r if method == "sam" else 0.1 * slope
    there = x + step * x[::-1]
    closed = -2 * (there[0] * there[1] - 1) * step * (x[0] ** 2 - x[1] ** 2)
    assert found == pytest.approx(closed, rel=1e-12)


# ---- moments over batches ------------------------------------------------------------------------------------------


def weighted_covariance(p, rows):
    """Return the covariance of rows with probabilities p."""
    centred = rows - p @ rows
    return np.einsum("p,pi,pj->ij", p, centred, centred)


def exact_moments(rho):
    """Return mean and covariance of SAM's direction on one sample of Beale at (0.4, 1.3), by enumeration."""
    rows = np.array([sam(lambda w, i=i: sample_gradients(w)[i], W, rho) for i in range(3)])
    return rows.mean(axis=0), weighted_covariance(np.full(3, 1 / 3), rows)


@pytest.mark.parametrize("cov", ["psd", "literal"])
@pytest.mark.parametrize(("order", "ratio"), [(2, 4.0), (3, 8.0)])
def test_R5_one_step_moments_of_the_SDEs_err_by_rho_2_and_rho_3(order, ratio, cov):
    """Ratios under halving rho from 0.01, 5 %; published 4.02, 4.01 and 8.03, 8.02 (mean), 4.05, 4.02 and 8.07, 8.03."""
    L = ss.landscape("beale")
    means, covariances = [], []
    for rho in (0.01, 0.005, 0.0025):
        m = ss.method(f"sam@sde{order}:batch=1,rho={rho},cov={cov}")
        mean, C = exact_moments(rho)
        means.append(np.linalg.norm(-drift(L, m)(W) - mean))
        covariances.append(np.linalg.norm(covariance(L, m)(W) - C))
    for errors in (means, covariances):
        e = np.array(errors)
        np.testing.assert_allclose(e[:-1] / e[1:], ratio, rtol=0.05)


@pytest.mark.parametrize("clock", ["", "@sde2", "@sde3"])
def test_R5_the_covariance_of_the_direction_itself_is_exact(clock):
    m = ss.method(f"sam{clock}:batch=1,rho=0.1" + (",cov=exact" if clock else ""))
    mean, C = exact_moments(0.1)
    np.testing.assert_allclose(covariance(ss.landscape("beale"), m)(W), C, rtol=1e-12)
    if not clock:
        np.testing.assert_allclose(-beale_drift("sam:batch=1,rho=0.1")(W), mean, rtol=1e-12)


@pytest.mark.parametrize(("rho", "least"), [(0.01, 0.094), (0.05, 0.028), (0.1, -0.150), (0.3, -1.205)])
def test_R6_the_printed_covariance_is_indefinite(rho, least):
    """Smallest eigenvalue at (0.4, 1.3), 2 % (three printed decimals); that of the cut direction is never negative."""
    L = ss.landscape("beale")
    literal = covariance(L, ss.method(f"sam@sde2:batch=1,rho={rho},cov=literal"), clip=False)(W)
    assert np.linalg.eigvalsh(literal)[0] == pytest.approx(least, rel=0.02)
    for order in (2, 3):
        C = covariance(L, ss.method(f"sam@sde{order}:batch=1,rho={rho}"))(W)
        assert np.linalg.eigvalsh(C)[0] >= -1e-12 * np.linalg.eigvalsh(C)[-1]


def eight():
    """Return a landscape of eight samples without symmetry."""
    samples = [f"{k + 1}*(x - {k}/3)^2/2 + sin({k}*y)*x + y^2/{k + 2}" for k in range(8)]
    return ss.landscape("(" + " + ".join(f"({s})" for s in samples) + ")/8", samples=samples)


SUMS = {
    "beale": (0.4, 1.3),
    "saddle": (0.7, -0.2),
    "linear_regression_2d": (0.3, -0.4),
    "two_sample_valley": (0.3, -0.2, 0.1),
    "eight": (0.5, 0.8),
}


@pytest.mark.parametrize("name", SUMS)
def test_R7_the_covariance_of_a_batch_has_the_finite_population_factor(name):
    """Without replacement Σ₁/B·(n−B)/(n−1), with it Σ₁/B: 1e-8 of the size, and 0 for a batch of all samples."""
    L, w = eight() if name == "eight" else ss.landscape(name), np.array(SUMS[name])
    rows = L.sample_grads(w)
    n = len(rows)
    one = weighted_covariance(np.full(n, 1 / n), rows)
    for B in range(1, n + 1):
        every = np.array([rows[list(s)].mean(axis=0) for s in combinations(range(n), B)])
        by_hand = weighted_covariance(np.full(len(every), 1 / len(every)), every)
        wanted = one / B * (n - B) / (n - 1)
        atol = 1e-12 * np.abs(one).max()
        np.testing.assert_allclose(by_hand, wanted, rtol=1e-8, atol=atol)
        found = covariance(L, ss.method(f"gd:batch={B}"))(w)
        np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=atol)
        if factorial(n + B - 1) / factorial(n - 1) / factorial(B) <= 256:
            again = covariance(L, ss.method(f"gd:batch={B},replace=true"))(w)
            np.testing.assert_allclose(again, one / B, rtol=1e-8, atol=atol)


def test_R7_does_not_hold_for_sam():
    """SAM's direction is no linear function of the batch: its moments are sums over batches, here by hand."""
    L, rho, B = ss.landscape("beale"), 0.1, 2
    rows, p = [], []
    for s in combinations_with_replacement(range(3), B):
        rows.append(sam(lambda w, s=s: sample_gradients(w)[list(s)].mean(axis=0), W, rho))
        p.append(factorial(B) / prod(factorial(s.count(i)) for i in set(s)) / 3**B)
    m = ss.method(f"sam:batch={B},replace=true,rho={rho}")
    wanted = weighted_covariance(np.array(p), np.array(rows))
    np.testing.assert_allclose(covariance(L, m)(W), wanted, rtol=1e-12)
    np.testing.assert_allclose(-drift(L, m)(W), np.array(p) @ rows, rtol=1e-12)
    assert np.abs(wanted / (exact_moments(rho)[1] / B) - 1).max() > 1e-5  # far above rounding
