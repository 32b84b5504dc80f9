"""The law of Gaussian noise that a perturbation sees: nodes against closed forms."""

from __future__ import annotations

from math import erf, gamma, pi, sqrt
from typing import Any

import numpy as np
import pytest
from scipy.special import hyp1f1

import saddlescape as ss
from saddlescape.dynamics.accuracy import law_said, words
from saddlescape.dynamics.nodes import rings
from saddlescape.dynamics.noise import Noise
from saddlescape.errors import UsageError


def nodes(dim: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    method = ss.method("sam:sigma=1")
    atoms = method.parts(dim).law.atoms
    return np.array([p for p, _ in atoms]), np.array([draw.z.args[0] for _, draw in atoms])  # type: ignore[union-attr]


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_the_nodes_have_mean_0_and_covariance_1_and_none_is_at_0(dim: int) -> None:
    p, z = nodes(dim)
    np.testing.assert_allclose(p.sum(), 1, rtol=1e-13)
    np.testing.assert_allclose(p @ z, 0, atol=1e-13)
    np.testing.assert_allclose(np.einsum("a,ai,aj->ij", p, z, z), np.eye(dim), atol=1e-12)
    assert np.linalg.norm(z, axis=1).min() > 0.02


def test_the_rings_are_exact_for_powers_of_the_radius() -> None:
    r, p = rings(4)
    for k in range(-1, 7):  # E r^k of a standard normal in the plane is 2^(k/2) Γ(1 + k/2)
        np.testing.assert_allclose(p @ r**k, 2 ** (k / 2) * gamma(1 + k / 2), rtol=1e-11)


def test_noise_smooths_the_unit_vector_as_the_closed_form_says() -> None:
    """On x² − y² the drift of order 2 along y is 2y − 2 rho E[u/‖u‖], and with a = |g|/sigma
    E[u/‖u‖] = √(pi/8) a 1F1(1/2; 2; −a²/2)."""
    rho, sigma = 0.05, 0.1
    drift = ss.drift(ss.landscape("saddle"), f"sam@sde2:sigma={sigma},rho={rho},eta=1e-3")
    y = np.array([1e-5, 1e-4, 1e-3, 0.01, 0.03, 0.05, 0.1, 0.2, 0.5])
    a = 2 * y / sigma
    mean = sqrt(pi / 8) * a * hyp1f1(0.5, 2, -a * a / 2)
    found = drift(np.stack([np.zeros_like(y), y], axis=1))[:, 1]
    # near 0 the rule is exact to 2e-3; where a node comes near −g/sigma it is good to 3 % of rho·λ
    np.testing.assert_allclose(found, 2 * y - 2 * rho * mean, atol=0.03 * 2 * rho)
    np.testing.assert_allclose(found[:3], (2 * y - 2 * rho * mean)[:3], rtol=2e-3)


@pytest.mark.slow
def test_noise_frees_SAM_from_the_saddle_below_the_critical_radius_in_map_and_SDE() -> None:
    """The critical rho is sigma √(2/pi) = 0.0798: below it the mean drift leads away, map and SDE alike."""
    L = ss.landscape("saddle")
    for text in ("sam:sigma=0.1,rho=0.03,eta=0.01", "sam@sde2:sigma=0.1,rho=0.03,eta=0.01,dt=0.01"):
        runs = ss.simulate(L, text, np.zeros((64, 2)), 400, every=400)
        assert np.mean(np.abs(runs.final[:, 1]) > 0.05) > 0.8, text
        assert "trapped" not in runs.status


def said(L: ss.Landscape, text: str, x: Any) -> dict[str, Any]:
    found = law_said(L, ss.method(text).on(L), x)
    assert found is not None
    return found


@pytest.mark.parametrize("nodes", [2, 4, 8])
@pytest.mark.parametrize("y", [0.02, 0.06, 0.11])
def test_the_error_that_is_said_is_that_of_the_closed_form(nodes: int, y: float) -> None:
    """On x² − y², E[u/‖u‖] in closed form (1F1, above). Said are two digits (5 %), beside 31 rings, which the closed form
    shows to miss a unit vector by 0.09 % (root mean square over g/sigma) and at most 0.26 %; in the drift 2 rho times."""
    L, rho, sigma = ss.landscape("saddle"), 0.05, 0.1
    text = f"sam@sde2:sigma={sigma},rho={rho},eta=1e-3,nodes={nodes}"
    a = 2 * y / sigma
    exact = 2 * y - 2 * rho * sqrt(pi / 8) * a * hyp1f1(0.5, 2, -a * a / 2)
    found = ss.drift(L, text)(np.array([0.0, y]))
    error = float(np.hypot(found[0], found[1] - exact))
    assert said(L, text, [[0.0, y]])["drift_error"] == pytest.approx(error, rel=0.05, abs=0.0026 * 2 * rho)


def test_more_nodes_are_better() -> None:
    """The root mean square over places where noise and gradient are alike; each doubling of the rings should halve it."""
    L, rho, sigma = ss.landscape("saddle"), 0.05, 0.1
    y = np.linspace(0.001, 0.25, 200)
    a = 2 * y / sigma
    exact = 2 * y - 2 * rho * np.sqrt(pi / 8) * a * hyp1f1(0.5, 2, -a * a / 2)
    off = []
    for nodes in (2, 4, 8):
        drift = ss.drift(L, f"sam@sde2:sigma={sigma},rho={rho},eta=1e-3,nodes={nodes}")
        off.append(np.sqrt(np.mean((drift(np.stack([0 * y, y], axis=1))[:, 1] - exact) ** 2)))
    assert off[1] < off[0] / 2
    assert off[2] < off[1] / 2


@pytest.mark.parametrize("nodes", [10, 40, 160])
def test_on_a_line_the_drift_is_a_staircase_of_steps_that_nodes_sets(nodes: int) -> None:
    """E sign(g + sigma z) = erf(g/(sigma √2)). Steps of height 2/nodes are at best half a step off on either side,
    1/nodes in units of rho·f'', and more since nodes that are scaled to variance 1 move: but less than a whole step."""
    L = ss.landscape("x^2", domain=((-1, 1),))
    rho, sigma = 0.05, 0.1
    x = np.linspace(-0.2, 0.2, 4001)
    drift = ss.drift(L, f"sam@sde2:sigma={sigma},rho={rho},eta=1e-3,nodes={nodes}")
    exact = -2 * x - 2 * rho * np.array([erf(2 * a / sigma / sqrt(2)) for a in x])
    off = np.abs(drift(x[:, None])[:, 0] - exact).max() / (2 * rho)
    assert 0.9 / nodes < off < 2 / nodes


def test_draws_say_how_far_they_are_from_the_noise() -> None:
    """In three dimensions 64 normals: the drift E[∇f(x + rho u/‖u‖)] beside a million draws in plain NumPy. The tolerance
    is the finer law's own error, a ninetieth of the spread of G for its 8192 draws, and two digits."""
    L = ss.landscape("x^4 + y^4 + 2*z^2 - x*y*z")
    rho, sigma = 0.5, 1.0
    at = np.array([0.3, -0.4, 0.2])

    def gradient(p: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        x, y, z = p.T
        return np.stack([4 * x**3 - y * z, 4 * y**3 - x * z, 4 * z - x * y], axis=-1)

    u = gradient(at[None]) + sigma * np.random.default_rng(5).standard_normal((1_000_000, 3))
    pushed = gradient(at + rho * u / np.linalg.norm(u, axis=1, keepdims=True))
    text = f"sam@flow:sigma={sigma},mean=true,rho={rho},eta=1e-3"
    error = float(np.linalg.norm(ss.drift(L, text)(at) + pushed.mean(axis=0)))
    found = said(L, text, at)
    assert found["rule"] == "64 normals, drawn once"
    assert "covariance" not in found  # a flow has none
    spread = float(np.sqrt(pushed.var(axis=0).sum()))
    assert found["drift_error"] == pytest.approx(error, abs=0.05 * error + spread / 90 + 4 * spread / 1000)
    assert found["drift"] == pytest.approx(np.linalg.norm(pushed.mean(axis=0)), rel=0.1)


def test_drawn_batches_say_how_far_they_are_from_all_batches() -> None:
    """USAM on a quadratic finite sum: G = (I + rho A_γ) g_γ, so mean and covariance over batches of 6 of 6 with
    replacement follow from 200 000 batches in plain NumPy. There are 462, more than are listed."""
    L = ss.landscape("linear_regression_2d")
    text = "usam@sde2:batch=6,replace=true,rho=0.2,eta=0.01"
    at = np.array([0.7, -0.3])
    n = L.n_samples
    g = L.sample_grads(at)
    A = np.stack([L.along(np.broadcast_to(at, (2, 2)), np.eye(2), weights=np.eye(n)[i]) for i in range(n)])
    w = np.random.default_rng(6).multinomial(6, [1 / n] * n, 200_000) / 6
    gw, Aw = w @ g, np.einsum("bi,ijk->bjk", w, A)
    G = gw + 0.2 * np.einsum("bjk,bk->bj", Aw, gw)
    found = said(L, text, at)
    spread = float(np.sqrt(G.var(axis=0).sum()))
    error = float(np.linalg.norm(ss.drift(L, text)(at) + G.mean(axis=0)))
    # 8192 other draws and these: 1.1 % and 0.2 % of the spread, twice
    assert found["drift_error"] == pytest.approx(error, abs=0.05 * error + 0.03 * spread)
    C = np.cov(G.T)
    off = float(np.linalg.norm(ss.covariance(L, text)(at) - C))
    assert found["covariance_error"] == pytest.approx(off, abs=0.05 * off + 0.06 * np.linalg.norm(C))
    assert found["rule"] == "64 batches, drawn once"


def test_what_is_exact_has_no_error_and_maps_have_no_law() -> None:
    L = ss.landscape("beale")
    assert said(L, "sam@sde2:batch=1", L.start) == {"rule": "3 batches, exact"}
    for text in ("sam:batch=1", "sam:sigma=1", "gd@sde2:sigma=1", "sam@sde2:sigma=1,ascent=full", "sam@flow"):
        assert law_said(L, ss.method(text).on(L), L.start) is None, text


def test_a_run_remembers_its_law_and_words_say_it() -> None:
    L = ss.landscape("double_well")
    run = ss.simulate(L, "sam@sde2:sigma=1,nodes=3", [[0.1, 0.2], [0.5, 0.1]], 10, engine="plain")
    (law,) = run.spec["laws"].values()
    assert law["rule"] == "3 rings of 7 nodes"
    assert set(law) == {"rule", "drift_error", "drift", "covariance_error", "covariance"}
    assert 0 < law["drift_error"] < law["drift"]
    assert words(law).startswith("3 rings of 7 nodes; at the start they miss the drift by 0.")
    assert "laws" not in ss.simulate(L, "sam:sigma=1", None, 10, engine="plain").spec


def test_nodes_is_written_and_read_and_checked_by_dimension() -> None:
    made = ss.method("sam@sde2:sigma=1,nodes=6")
    assert made.text == "sam@sde2:nodes=6,sigma=1.0"
    assert ss.method(made.text) == made
    assert len(made.parts(2).law.atoms) == 78
    line, cube = ss.landscape("x^2"), ss.landscape("x^2+y^2+z^2")
    for L, nodes, words_ in (
        (line, 5, "even number from 2 to 256"),
        (cube, 4, "even number from 6 to 256"),
        (ss.landscape("saddle"), 12, "2 ≤ k ≤ 11"),
        (ss.landscape("saddle"), 1, "2 ≤ k ≤ 11"),
    ):
        with pytest.raises(UsageError, match=words_):
            ss.simulate(L, f"sam@sde2:sigma=1,eta=0.1,rho=0.1,nodes={nodes}", steps=2)


def test_a_law_says_how_it_was_made() -> None:
    assert ss.method("sam:sigma=1").parts(2).law.rule == "4 rings of 9 nodes"
    assert ss.method("sam:batch=2").parts(2, 3).law.rule == "3 batches, exact"
    assert Noise(sigma=1.0).random


def test_a_start_where_the_loss_is_not_defined_has_no_error_and_hides_none() -> None:
    """x^2.5 has no gradient at x = −1: of such a start nothing is said, of another beside it the same as alone."""
    L = ss.landscape("x^2.5 + y^2")
    method = ss.method("sam@sde3:sigma=0.1").on(L)
    fine = law_said(L, method, [[1.0, 1.0]])
    assert law_said(L, method, [[-1.0, 1.0]]) == {"rule": fine["rule"]}  # type: ignore[index]
    assert law_said(L, method, [[-1.0, 1.0], [1.0, 1.0]]) == fine
    assert np.isnan(ss.covariance(L, method)([-1.0, 1.0])).all()


@pytest.mark.slow
def test_a_kick_in_three_dimensions_has_the_covariance_of_the_law() -> None:
    """Where the ascent sees sigma the law has 64 draws; the covariance of one tick's kick is eta·dt·C of the formula, to
    the standard error of a covariance from 40 000 normals, 0.7 % of √(C_ii C_jj)."""
    deep = ss.landscape("deep_scalar")
    method = ss.method("sam@sde2:sigma=0.3,rho=0.2,eta=0.02,dt=0.02").on(deep)
    x = np.array([1.2, 0.7, 0.9])
    run = ss.simulate(deep, method, np.tile(x, (40_000, 1)), 1)
    wanted = 0.02 * 0.02 * ss.covariance(deep, method)(x)
    scale = np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)))
    np.testing.assert_allclose(np.cov(run.final.T) / scale, wanted / scale, atol=4 * 0.007)
