"""Mean squares and stationary covariances against moments written down by hand, printed values and simulations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

import saddlescape as ss
from saddlescape import plots
from saddlescape.answers.diffusion import Displacement, Stationary
from saddlescape.errors import UsageError

PARABOLA = ss.landscape("shifted_parabola")
SADDLE = ss.landscape("saddle")

# ---- printed values ------------------------------------------------------------------------------------------------

SPREAD = {
    "usam:batch=1,rho=0.3": 0.100317,
    "usam:batch=1,rho=0.3,ascent=full": 0.0391865,
    "usam@sde2:batch=1,rho=0.3": 0.0842667,
    "usam@sde2:batch=1,rho=0.3,ascent=full": 0.0329167,
}


@pytest.mark.parametrize("text", SPREAD)
def test_R23_stationary_variances_of_same_and_full_ascent(text: str) -> None:
    """h = 2, b = (−1, 0.3, 0.7), eta 0.1, rho 0.3, B = 1: printed to six figures."""
    found = ss.stationary_covariance(PARABOLA, text)
    assert found.covariance[0, 0] == pytest.approx(SPREAD[text], rel=5e-6)
    assert found.exact
    assert found.centre == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("more", "closed"), [
    ("", 0.1 * 2 * 1.9 / (0.1 * 1.5 * (2 * 1.9 - 0.15))),
    (",nesterov=true", None),
])  # fmt: skip
def test_R24_momentum(more: str, closed: float | None) -> None:
    """eta 0.1, λ 1.5, beta 0.9, C = 2: heavy ball printed as 0.694064; Nesterov by iterating its moments."""
    found = ss.stationary_covariance(
        ss.landscape("3/4*x^2"), f"gd:eta=0.1,beta=0.9,sigma={np.sqrt(2.0)}{more}"
    )
    if closed is None:
        A = np.array([[1 - 0.1 * 1.5 * 1.9, -0.1 * 0.81], [1.5, 0.9]])  # x − η((1+β)G + β²v), βv + G
        K = np.array([-0.1 * 1.9, 1.0])
        P = np.zeros((2, 2))
        for _ in range(3000):
            P = A @ P @ A.T + 2.0 * np.outer(K, K)
        np.testing.assert_allclose(found.state, P, rtol=1e-9)
    else:
        assert found.covariance[0, 0] == pytest.approx(0.694064, rel=1e-6)
        assert found.covariance[0, 0] == pytest.approx(closed, rel=1e-10)


@pytest.mark.parametrize(("rho", "formula", "printed"), [
    (0.1, 0.01095, 0.01100), (0.5, 0.01485, 0.01469), (1.0, 0.02037, 0.02031),
])  # fmt: skip
def test_R25_sam_made_linear_where_noise_smooths_it(rho: float, formula: float, printed: float) -> None:
    """h = s = 1, eta 0.02: the linear formula, whose V the forty nodes give to half a percent; 3 % of the simulations."""
    found = ss.stationary_covariance(ss.landscape("x^2/2"), f"sam:eta=0.02,rho={rho},sigma=1")
    assert found.covariance[0, 0] == pytest.approx(formula, rel=7e-3)
    assert found.covariance[0, 0] == pytest.approx(printed, rel=0.03)
    assert not found.exact
    assert "made linear" in found.remark


AWAY = {"gd:": 1.10585e-4, "usam:rho=0.1,ascent=full,": 1.09462e-4, "usam:rho=0.1,": 8.8664e-5}


@pytest.mark.parametrize("text", AWAY)
def test_R26_mean_square_displacement_near_a_saddle(text: str) -> None:
    """λ = −1, C = |λ| = 1, eta 1e-3, t = 0.1: printed to five or six figures."""
    found = ss.mean_square_displacement(
        ss.landscape("-x^2/2"), text + "eta=1e-3,sigma=1", 0, [0.05, 0.1], published=["kim2023"]
    )
    assert found.squares[1, 0] == pytest.approx(AWAY[text], rel=6e-6)
    rho = 0.0 if text == "gd:" else 0.1
    factor = 0.9 if text == "usam:rho=0.1," else 1.0
    q = (1 + 1e-3 * (1 - rho)) ** 2
    np.testing.assert_allclose(
        found.squares[:, 0], (1e-3 * factor) ** 2 * (q ** np.array([50, 100]) - 1) / (q - 1), rtol=1e-10
    )
    if rho:  # the published formula is that of another update, and the same for both ascents
        assert found.published["kim2023"][1, 0] == pytest.approx(1.08556e-4, rel=5e-6)


@pytest.mark.parametrize("more", ["", ",beta=0.9", ",beta=0.9,nesterov=true"])
def test_the_mean_step_of_a_random_map_has_its_own_momentum(more: str) -> None:
    """On a quadratic the mean of a noisy step is the step without noise."""
    quiet, noisy = (
        ss.jacobian(SADDLE, ss.method(f"gd:eta=0.1{more}{s}"), np.zeros(2)) for s in ("", ",sigma=1")
    )
    np.testing.assert_allclose(noisy, quiet, rtol=1e-14, atol=1e-15)


def test_momentum_spreads_as_its_two_by_two_recursion() -> None:
    """Theorem 3 of Kim et al. (2023) says 0.0324 at eta 1e-3, λ = −1, beta 0.9, t = 0.1; exact is 0.0200."""
    found = ss.mean_square_displacement(
        ss.landscape("-x^2/2"), "gd:eta=1e-3,beta=0.9,sigma=1", 0, [0.01, 0.1]
    )
    A, P = np.array([[1 + 1e-3, 0.9], [1e-3, 0.9]]), np.zeros((2, 2))
    for _ in range(100):
        P = A @ P @ A.T + 1e-6 * np.ones((2, 2))
    assert found.squares[1, 0] == pytest.approx(P[0, 0], rel=1e-9)
    assert P[0, 0] == pytest.approx(0.0200, rel=5e-3)


# ---- closed forms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ascent", "power"), [("same", 1), ("full", -1)])
def test_the_sde_of_usam_at_a_saddle_spreads_by_its_closed_form(ascent: str, power: int) -> None:
    """(ηs²/2) H⁻¹ (I + ρH)^±1 (I − e^{−2Kt}), K = H(I + ρH): it grows along y. Rings of nodes are exact for squares."""
    eta, sigma, rho, t = 0.01, 0.7, 0.2, np.array([0.1, 1.0, 3.0])
    found = ss.mean_square_displacement(
        SADDLE, f"usam@sde2:eta={eta},sigma={sigma},rho={rho},ascent={ascent}", 0, t
    )
    for k, lam in enumerate(found.eigenvalues):
        K = lam * (1 + rho * lam)
        wanted = eta * sigma**2 / 2 / lam * (1 + rho * lam) ** power * -np.expm1(-2 * K * t)
        np.testing.assert_allclose(found.squares[:, k], wanted, rtol=1e-9)
    assert found.total == pytest.approx(found.squares.sum(axis=1))


def test_growth_from_a_start_beside_a_saddle_is_exponential() -> None:
    """Without noise E y² = e^{2μt} y₀², of the flow of gradient descent on x² − y², μ = 2."""
    t = np.array([0.0, 0.5, 1.5])
    found = ss.mean_square_displacement(SADDLE, "gd@flow", 0, t, start=[0.3, 0.1])
    np.testing.assert_allclose(found.squares[:, 0], 0.01 * np.exp(4 * t), rtol=1e-10)
    np.testing.assert_allclose(found.squares[:, 1], 0.09 * np.exp(-4 * t), rtol=1e-10)


def test_samples_of_unlike_curvature_and_centre_are_exact() -> None:
    """E x² of x ← x − η h_i (x − b_i), every sequence of five draws enumerated: kicks and slopes go together."""
    L, eta, x0 = ss.landscape("two_sample_1d"), 0.1, -1.0
    h, b = np.array([1.0, 4.0]), np.array([-1.0, 1.0])
    rest = float(np.sum(h * b) / np.sum(h))
    x = np.array([x0])
    squares = []
    for _ in range(5):
        x = (x[:, None] - eta * h * (x[:, None] - b)).ravel()
        squares.append(np.mean((x - rest) ** 2))
    found = ss.mean_square_displacement(L, "sgd:eta=0.1", 0, eta * np.arange(1, 6), start=[x0])
    np.testing.assert_allclose(found.squares[:, 0], squares, rtol=1e-12)
    assert found.exact
    P = ss.stationary_covariance(L, "sgd:eta=0.1").covariance[0, 0]
    factor = np.mean((1 - eta * h) ** 2)
    assert pytest.approx(eta**2 * np.mean((h * (rest - b)) ** 2) / (1 - factor), rel=1e-12) == P


def test_R39_unlike_curvatures_have_no_stationary_square_beyond_their_limit() -> None:
    """h ∈ {½, 3/2, 4}, B = 1, rho 0.2, from 2 E[a]/E[a²] on, a = h (1 + rho h), though the mean attracts."""
    h = np.array([0.5, 1.5, 4.0])
    a = h * (1 + 0.2 * h)
    limit = 2 * a.mean() / np.mean(a**2)
    L = ss.landscape("random_curvature")
    eta = 0.97 * limit
    found = ss.stationary_covariance(L, f"usam:batch=1,rho=0.2,sigma=0.1,ascent=full,eta={eta}")
    # a draw's slope under ascent=full is h_i (1 + rho E h)
    slope = h * (1 + 0.2 * h.mean())
    assert found.covariance[0, 0] == pytest.approx(
        0.01 * eta**2 / (1 - np.mean((1 - eta * slope) ** 2)), rel=1e-9
    )
    with pytest.raises(UsageError, match="mean squares grow"):
        ss.stationary_covariance(L, f"usam:batch=1,rho=0.2,eta={1.03 * limit}")


def test_a_mean_that_rests_beside_the_point_is_found() -> None:
    """x* + rho (h₂ − h₁)/(h₁ + h₂) = 0.78 on two samples with rho 0.3."""
    found = ss.stationary_covariance(ss.landscape("two_sample_1d"), "sam:batch=1,rho=0.3")
    assert found.centre[0] == pytest.approx(0.78, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "text", "point", "match"),
    [
        ("saddle", "gd:sigma=1", 0, "does not attract"),
        ("saddle", "gd", 0, "no noise"),
        ("beale", "sam:batch=1", 2, "not smooth"),
        ("x^2/2", "sam@sde2:sigma=1", 0, "on a line"),
        ("-x^2/2", "usam:sigma=1,noise=hessian,rho=0.1", 0, "noise=iso"),
    ],
)
def test_what_has_no_stationary_law_is_refused_in_words(name: str, text: str, point: int, match: str) -> None:
    with pytest.raises(UsageError, match=match):
        ss.stationary_covariance(ss.landscape(name), text, point)


def test_published_formulas_are_named_and_of_their_methods() -> None:
    with pytest.raises(UsageError, match="did you mean 'kim2023'"):
        ss.mean_square_displacement(SADDLE, "gd:sigma=1", 0, [1.0], published=["kim203"])
    with pytest.raises(UsageError, match="without momentum"):
        ss.mean_square_displacement(SADDLE, "gd:sigma=1,beta=0.5", 0, [1.0], published=["kim2023"])
    with pytest.raises(UsageError, match="ascending"):
        ss.mean_square_displacement(SADDLE, "gd:sigma=1", 0, [1.0, 0.5])


# ---- the noise threshold -------------------------------------------------------------------------------------------


def test_the_noise_threshold_is_where_the_mean_step_is_neutral() -> None:
    """sigma √(2/π) on x² − y²; there the mean map has the multiplier 1 (the rings of nodes are exact for 1/r)."""
    rho = ss.noise_threshold(SADDLE, "sam:sigma=0.6")
    assert rho == pytest.approx(0.6 * np.sqrt(2 / np.pi), rel=1e-12)
    values = np.linalg.eigvals(ss.jacobian(SADDLE, ss.method(f"sam:sigma=0.6,rho={rho}"), np.zeros(2)))
    assert np.max(values.real) == pytest.approx(1.0, abs=1e-10)


def test_the_noise_threshold_in_one_and_three_dimensions() -> None:
    """√(π/2) sigma/μ on a line; in space by the slope (2/3) E 1/|z| /sigma of E unit(g + sigma z), from a quadrature."""
    assert ss.noise_threshold(ss.landscape("-3*x^2/2"), "sam:sigma=2", 0) == pytest.approx(
        np.sqrt(np.pi / 2) * 2 / 3, rel=1e-12
    )
    mean = quad(lambda r: r * np.exp(-r * r / 2), 0, np.inf)[0] * np.sqrt(2 / np.pi)  # E 1/|z|
    L = ss.landscape("x^2 - y^2/2 - 3*z^2/2")
    assert ss.noise_threshold(L, "sam:sigma=1") == pytest.approx(1 / (2 / 3 * mean * 1.0), rel=1e-9)


@pytest.mark.parametrize(
    "text", ["usam:sigma=1", "sam:batch=1", "sam:sigma=1,ascent=full", "sam:sigma=1,smooth=0.1"]
)
def test_the_noise_threshold_is_refused_where_it_is_no_formula(text: str) -> None:
    with pytest.raises(UsageError, match="isotropic Gaussian"):
        ss.noise_threshold(SADDLE, text)


def test_noise_frees_sam_below_the_threshold_and_not_above() -> None:
    """sigma 1, threshold 0.798: at 0.6 nearly all of 200 runs leave, at 0.9 nearly none."""
    left = [
        ss.escape(SADDLE, f"sam:sigma=1,rho={rho}", runs=200, steps=1500, engine="compiled").escaped
        for rho in (0.6, 0.9)
    ]
    assert left[0] > 0.95
    assert left[1] < 0.05


# ---- theory beside escapes, and pictures ---------------------------------------------------------------------------


def test_the_linear_theory_bounds_who_stays() -> None:
    """Additive Gaussian noise on x² − y²: who is outside has left, so no more stay than are inside; 4 standard errors. In
    the tail, where nobody comes back, both are the same to 3 standard errors and 0.01."""
    e = ss.escape(SADDLE, "gd:sigma=0.5", runs=8000, steps=500, engine="compiled", seed=7)
    assert e.theory is not None
    share = e.curve.share[np.searchsorted(e.curve.ticks, e.theory.ticks, side="right") - 1]
    error = np.sqrt(share * (1 - share) / e.runs) + 1e-3
    assert np.all(share <= e.theory.inside + 4 * error)
    late = e.theory.ticks > 200
    assert np.all(np.abs(share - e.theory.inside)[late] < 3 * error[late] + 0.01)
    P = 0.25 * 1e-4 * ((1.02**2) ** 300 - 1) / (1.02**2 - 1)
    k = int(np.argmin(np.abs(e.theory.ticks - 300)))
    if e.theory.ticks[k] == 300:  # the stable direction is negligible there
        from math import erf

        assert e.theory.inside[k] == pytest.approx(erf(e.radius / np.sqrt(2 * P)), rel=1e-3)
    assert len(plots.escape(e).theory) == 1
    assert ss.escape(SADDLE, "sam:sigma=1", runs=3, steps=5).theory is None


def test_a_cloud_lies_in_the_ellipses_of_theory() -> None:
    """4000 points of the law itself: 50 and 95 % to 4 standard errors; axes along the eigenvectors."""
    law = ss.stationary_covariance(ss.landscape("beale"), "gd:sigma=2,eta=1e-3")
    x = np.random.default_rng(0).multivariate_normal(law.centre, law.covariance, 4000)
    drawn = plots.cloud(x, law)
    for share, held in zip((0.5, 0.95), drawn.held, strict=True):
        assert abs(held - share) < 4 * np.sqrt(share * (1 - share) / 4000)
    values, vectors = np.linalg.eigh(law.covariance)
    outer = drawn.theory[1]
    assert outer.width == pytest.approx(2 * np.sqrt(5.991465 * values[1]), rel=1e-6)
    assert np.tan(np.radians(outer.angle)) == pytest.approx(vectors[1, 1] / vectors[0, 1], rel=1e-9)
    flat = ss.stationary_covariance(PARABOLA, "sgd")
    line = plots.cloud(np.random.default_rng(1).normal(0, flat.deviations[0], (4000, 1)), flat)
    assert abs(line.held[0] - 0.5) < 0.04
    with pytest.raises(UsageError, match="one or two coordinates"):
        plots.cloud(x, flat)


def test_what_theory_says_is_the_same_after_loading(tmp_path: Path) -> None:
    a = ss.mean_square_displacement(SADDLE, "gd:sigma=1", 0, [0.5, 1.0], published=["kim2023"])
    b = ss.load(a.save(tmp_path / "a.npz"))
    assert isinstance(b, Displacement)
    assert b.summary() == a.summary()
    np.testing.assert_array_equal(b.published["kim2023"], a.published["kim2023"])
    c = ss.stationary_covariance(PARABOLA, "sgd")
    d = ss.load(c.save(tmp_path / "c.npz"))
    assert isinstance(d, Stationary)
    assert d.summary() == c.summary()


def test_what_rounding_left_of_zero_is_printed_as_zero() -> None:
    """By symmetry the mean step rests at the saddle (0, 0); nodes of the noise leave 1e-18 of that."""
    found = ss.stationary_covariance(SADDLE, "usam:eta=0.01,rho=0.6,sigma=0.1", 0)
    assert " about (0, 0): standard deviations 0.0022383 " in found.summary()
    # noise along x alone: the spread along y is none, also where rounding makes its variance negative
    flat = replace(found, covariance=np.array([[5e-5, 0.0], [0.0, -1e-22]]))
    assert sorted(flat.deviations) == [0.0, np.sqrt(5e-5)]
    # a rest that noise has really moved stays as it is
    assert " about (1e-09, 0)" in replace(found, centre=np.array([1e-9, -3e-18])).summary()
