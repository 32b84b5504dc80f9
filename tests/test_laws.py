"""The law of Gaussian noise that a perturbation sees: nodes against closed forms."""

from __future__ import annotations

from math import gamma, pi, sqrt

import numpy as np
import pytest
from scipy.special import hyp1f1

import saddlescape as ss
from saddlescape.dynamics.laws import rings
from saddlescape.dynamics.noise import Noise


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


def test_noise_frees_SAM_from_the_saddle_below_the_critical_radius_in_map_and_SDE() -> None:
    """The critical rho is sigma √(2/pi) = 0.0798: below it the mean drift leads away, map and SDE alike."""
    L = ss.landscape("saddle")
    for text in ("sam:sigma=0.1,rho=0.03,eta=0.01", "sam@sde2:sigma=0.1,rho=0.03,eta=0.01,dt=0.01"):
        runs = ss.simulate(L, text, np.zeros((64, 2)), 400, every=400)
        assert np.mean(np.abs(runs.final[:, 1]) > 0.05) > 0.8, text
        assert "trapped" not in runs.status


def test_a_law_says_how_it_was_made() -> None:
    assert ss.method("sam:sigma=1").parts(2).law.rule == "4 rings of 9 nodes"
    assert ss.method("sam:batch=2").parts(2, 3).law.rule == "3 batches, exact"
    assert Noise(sigma=1.0).random
