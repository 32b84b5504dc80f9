"""Closed forms of quadratics against plain linear algebra, quadrature and iteration."""

from __future__ import annotations

import numpy as np
import pytest

import saddlescape as ss
from saddlescape.analysis import quadratics


def radius_of(eta: float, a: float, beta: float, nesterov: bool) -> float:
    """Return the spectral radius of one step of (x, v) on ½ a x²."""
    g = np.array([a, 0.0])
    v = np.array([0.0, beta]) + g
    x = np.array([1.0, 0.0]) - eta * (g + beta * v if nesterov else v)
    return float(np.abs(np.linalg.eigvals(np.array([x, v]))).max())


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9, 0.99])
def test_a_step_is_stable_below_K_and_not_above(beta, nesterov):
    K = quadratics.most(beta, nesterov)
    assert radius_of(0.1, 0.999 * K / 0.1, beta, nesterov) < 1
    assert radius_of(0.1, 1.001 * K / 0.1, beta, nesterov) > 1
    assert radius_of(0.1, 1e-3, beta, nesterov) < 1 < radius_of(0.1, -1e-3, beta, nesterov)


LIMITS = [
    ("gd:eta=0.1,beta=0.5", "eta", [1.0, 4.0]),
    ("gd:eta=0.1,beta=0.5,nesterov=true", "eta", [1.0, 4.0]),
    ("gd:eta=0.7,beta=0.5", "beta", [1.0, 4.0]),
    ("gd:eta=0.4,beta=0.1,nesterov=true", "beta", [1.0, 4.0]),
    ("usam:eta=0.1,rho=0.2,beta=0.5", "rho", [-3.0, 1.0, 2.0]),
    ("usam:eta=0.1,rho=2", "eta", [-1.0, 3.0]),
    ("sam:eta=0.1,rho=0.2,smooth=0.5", "rho", [-3.0, 2.0]),
]


@pytest.mark.parametrize(("text", "key", "eigenvalues"), LIMITS)
def test_limits_are_where_the_spectral_radius_passes_1(text, key, eigenvalues):
    method = ss.method(text)
    k = {"gd": 0.0, "usam": 1.0, "sam": 2.0}[method.name]

    def stable(value: float) -> bool:
        n = {**{k: v for k, v in method.numbers.items() if v is not None}, key: value}
        rho, beta = n.get("rho", 0.0), n.get("beta", 0.0)
        return all(
            radius_of(n["eta"], lam * (1 + k * rho * lam), beta, "nesterov" in text) < 1
            for lam in eigenvalues
        )

    low, high = quadratics.limits(method, key, np.array(eigenvalues))
    assert low < high
    inside, outside = [low + 1e-6 * (high - low), high - 1e-6 * (high - low)], []
    outside += [low * (1 - 1e-6)] if low > 0 else []
    outside += [high * (1 + 1e-6)] if key != "beta" or high < 1 else []
    assert outside
    assert all(map(stable, inside))
    assert not any(map(stable, outside))


def test_no_formula_where_none_holds():
    for text in ("sam:eta=0.1,rho=0.2", "usam:eta=0.1,rho=0.2,sigma=1", "gd@flow:eta=0.1,drift=mod"):
        assert quadratics.limits(ss.method(text), "eta", np.array([1.0, 2.0])) is None
    assert quadratics.limits(ss.method("gd:eta=0.1"), "rho", np.array([1.0, 2.0])) is None
    assert quadratics.limits(ss.method("gd:eta=0.1"), "eta", np.array([0.0, 2.0])) is None
    assert np.isnan(quadratics.limits(ss.method("gd:eta=0.1"), "eta", np.array([-1.0, 2.0]))).all()
    assert quadratics.limits(ss.method("usam@flow:eta=0.1,rho=1"), "rho", np.array([-4.0, 2.0])) == (
        0.25,
        np.inf,
    )


@pytest.mark.parametrize("rho", [0.0, 0.05, 0.2])
def test_R32_the_edge_of_stability_solves_its_equation(rho):
    curvature = quadratics.edge(0.1, rho)
    assert curvature == pytest.approx({0.0: 20, 0.05: 12.3607, 0.2: 7.80776}[rho], rel=1e-5)  # as printed
    assert 0.1 * curvature * (1 + rho * curvature) == pytest.approx(2, rel=1e-14)


def test_what_is_quadratic_is_seen():
    assert quadratics.is_quadratic(ss.landscape("saddle"))
    assert quadratics.is_quadratic(ss.landscape("4*x*y + y^2 - x"))
    assert not quadratics.is_quadratic(ss.landscape("beale"))
    assert not quadratics.is_quadratic(ss.landscape("x^2 + 1e-6*y^3"))
