"""Quadratics: what is known in closed form where a loss is ½ xᵀHx, and a guess near any critical point.

λ is an eigenvalue of H, a the curvature that a method steps against along its eigenvector: λ for gradient descent,
λ(1 + rho λ) for un-normalised SAM. A step attracts along it iff 0 < eta·a < K with K of ``most``; a flow iff a > 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.dynamics.method import Method
from saddlescape.dynamics.momentum import Nesterov
from saddlescape.dynamics.radius import CAPTURE
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: an eigenvalue below this part of the largest counts as 0
FLAT = 1e-9
NEVER = (np.nan, np.nan)
#: points at which a quadratic is told by its Hessian
PROBES = 16


def is_quadratic(landscape: Landscape) -> bool:
    """Return whether the Hessian is the same, to rounding, at points spread over the domain."""
    if landscape.functions:
        return False
    lo, hi = np.array(landscape.domain).T
    x = lo + (hi - lo) * np.random.default_rng(0).random((PROBES, landscape.dim))
    with np.errstate(all="ignore"):
        hessian = landscape.hessian(x)
    return bool(np.ptp(hessian, axis=0).max() <= 1e-12 * np.abs(hessian).max())


def factor(method: Method) -> float | None:
    """Return k of the curvature a = λ(1 + k·rho·λ) that the method's mean step has at a critical point, None where it
    has none: a normalised direction, or noise that the ascent sees. 0 for gradient descent, 1 for USAM (Kim et al.
    2023, Theorem 1; re-derived), 1/smooth for smoothed SAM, whose displacement is (rho/smooth)∇f near a zero of ∇f."""
    if method.name == "gd" or method.numbers.get("rho") == 0.0:
        return 0.0
    if method.noise.random or not method.perturbation.is_smooth:
        return None
    return {"usam": 1.0, "sam": 1.0 / (getattr(method.perturbation, "smooth", 0.0) or 1.0)}.get(method.name)


def most(beta: Any, nesterov: bool = False) -> Any:
    """Return K: a step attracts along an eigenvector iff 0 < eta·a < K = 2(1 + beta) with heavy ball (Polyak 1964), or
    2(1 + beta)/(1 + 2 beta) with Nesterov's momentum. Both follow from Jury's criterion for the map of (x, v)."""
    return 2.0 * (1.0 + beta) / (1.0 + 2.0 * beta if nesterov else 1.0)


def most_of(method: Method) -> float:
    """Return K of a method with one value per number."""
    beta = method.numbers.get("beta") or 0.0
    return float(most(beta, isinstance(method.momentum, Nesterov)))


def edge(eta: Any, rho: Any, K: Any = 2.0) -> Any:
    """Return λ_c, the curvature at which λ(1 + rho λ) = K/eta: beyond it no step of USAM stays (Agarwala & Dauphin
    2023; re-derived). It is K/eta at rho = 0. Of normalised SAM where ‖∇f‖ > 0, rho is rho/‖∇f‖ (Long & Bartlett 2024).
    """
    rho = np.asarray(rho, dtype=float)
    return 2.0 * K / (eta * (1.0 + np.sqrt(1.0 + 4.0 * rho * K / eta)))  # the root without cancellation


def across(point: CriticalPoint) -> Array:
    """Return the eigenvalues that decide at a critical point: of a curve of minima those across it."""
    values = point.eigenvalues
    if point.samples is None:
        return values
    return np.asarray(values[np.abs(values) > 1e-6 * np.max(np.abs(values), initial=0.0)])


def condition(method: Method) -> str:
    """Return in words what ``limits`` solves."""
    curvature = "λ(1 + rho λ)" if factor(method) else "λ"
    if method.clock.name != "steps":
        return f"0 < {curvature}"
    if "beta" not in method.numbers:
        return f"0 < eta·{curvature} < 2"
    nesterov = "/(1 + 2 beta)" if isinstance(method.momentum, Nesterov) else ""
    return f"0 < eta·{curvature} < 2(1 + beta){nesterov}"


def limits(method: Method, key: str, eigenvalues: Array) -> tuple[float, float] | None:
    """Return the values (low, high) of ``key`` between which the method attracts, NaN where none does.

    ``key`` is eta, rho or beta, all other numbers as they are; ``eigenvalues`` (d,) are those of the Hessian. Exact at
    every critical point with this Hessian: it is about the linear part alone. None where no formula is known: normalised
    directions, noise that the ascent sees, flat directions, backward-error drifts. Of flows and SDEs it is that of the
    equation, whatever dt (USAM: Kim et al. 2023, Theorem 1; upper ends Dai et al. 2023, Agarwala & Dauphin 2023).
    """
    k, size = factor(method), np.abs(eigenvalues)
    flat = not size.size or size.min() <= FLAT * size.max()
    modified = getattr(method.clock, "drift", "plain") == "mod"
    if (
        k is None
        or flat
        or modified
        or key not in ("eta", "rho", "beta")
        or key not in (*method.numbers, "beta")
    ):
        return None
    discrete = method.clock.name == "steps"
    eta, rho = (float(method.numbers.get(name) or 0.0) for name in ("eta", "rho"))  # type: ignore[arg-type]
    if key == "rho":
        return _of_rho(k, eigenvalues, most_of(method) / eta if discrete else np.inf) if k else None
    a = eigenvalues * (1.0 + k * rho * eigenvalues)
    if a.min() <= 0.0:
        return NEVER
    if key == "eta":
        return (0.0, most_of(method) / float(a.max()) if discrete else np.inf)
    return _of_beta(eta * float(a.max()), isinstance(method.momentum, Nesterov)) if discrete else (0.0, 1.0)


def _of_rho(k: float, eigenvalues: Array, steepest: float) -> tuple[float, float]:
    """0 < λ(1 + k rho λ) < steepest for all λ: rho > 1/(k mu) for negative λ = −mu, rho < (steepest/λ² − 1/λ)/k."""
    low = max(0.0, float(np.max(-1.0 / (k * eigenvalues))))
    high = float(np.min((steepest / eigenvalues**2 - 1.0 / eigenvalues) / k))
    return (low, high) if high > low else NEVER


def _of_beta(step: float, nesterov: bool) -> tuple[float, float]:
    """eta·a < K solved for beta: momentum widens what heavy ball takes, and narrows what Nesterov's does."""
    if not nesterov:
        return (max(0.0, step / 2.0 - 1.0), 1.0) if step < 4.0 else NEVER
    high = 1.0 if step <= 1.0 else min(1.0, (2.0 - step) / (2.0 * step - 2.0))
    return (0.0, high) if high > 0 else NEVER


# ---- normalised SAM ----------------------------------------------------------------------------------------------------
def cycle_radius(eta: Any, curvature: Any, rho: Any, K: Any = 2.0) -> Any:
    """Return c of the 2-cycle x = ±c along an eigenvector of λ > 0: eta λ rho/(K − eta λ), NaN where eta λ ≥ K.

    Bartlett, Long & Bousquet 2022, with K of ``most`` also under momentum (re-derived)."""
    step = eta * np.asarray(curvature, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((step > 0) & (step < K), step * rho / (K - step), np.nan)


def outgrown(curvature: float, beta: float, K: float) -> float:
    """Return the eta at which the 2-cycle of ``cycle_radius`` is as wide as the capture radius of docs/statuses.md,
    8 eta λ rho (1 + beta)/(1 − beta): where K − eta λ is the inverse of the rest. It is wider beyond, up to K/λ."""
    return (K - (1.0 - beta) / (CAPTURE * (1.0 + beta))) / curvature


def cycle_curvatures(eta: float, eigenvalues: Array, along: int, K: float = 2.0) -> Array:
    """Return the curvatures (d,) that a step on the 2-cycle along eigenvector ``along`` (λ₁) has across it, λ₁ itself
    along it: a_j = λ_j + rho λ_j²/(λ₁ c) = λ_j + (λ_j/λ₁)²(K/eta − λ₁). The cycle is stable iff all eta·a_j < K and > 0;
    without momentum the factor of a step is 1 − eta·a_j."""
    first = eigenvalues[along]
    found = eigenvalues + (eigenvalues / first) ** 2 * (K / eta - first)
    found[along] = first
    return np.asarray(found)


def trap(rho: float, eigenvalues: Array) -> float:
    """Return g such that ‖Hx‖ < g = rho·min mu is kept for ever by the flow of normalised SAM at a saddle or maximum with
    negative eigenvalues −mu: there ‖Hx‖ falls. NaN without a negative one (Compagnoni et al. 2023; re-derived)."""
    down = -eigenvalues[eigenvalues < 0]
    return rho * float(down.min()) if down.size else float("nan")
