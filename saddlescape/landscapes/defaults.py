"""What a landscape gets that a person typed and says no more of: a start, a step size, a radius."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from saddlescape.errors import UsageError
from saddlescape.landscapes import roots
from saddlescape.landscapes.roots import Array, Box

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Landscape

GRID = 41  # points per side on which the largest curvature, and a start, are looked for


def of(landscape: Landscape) -> dict[str, Any]:
    """Return start, eta and rho of a landscape that has none of its own. Raises UsageError where the loss has no finite
    value on the domain."""
    eta = gentle_step(landscape)
    rho = short(0.05 * min(hi - lo for lo, hi in landscape.domain))
    return {"start": defined_start(landscape), "eta": eta, "rho": rho}


def defined_start(landscape: Landscape) -> tuple[float, ...]:
    """Return the landscape's start, or another where loss or gradient are not finite there: of the points looked at
    with finite ones, that nearest to a quarter along the diagonal of the box they fill (√x starts near 0.75)."""
    usual = np.array(landscape.start)
    if _defined(landscape, usual[None])[0]:
        return landscape.start
    width = Box.of(landscape).width
    x = points(landscape)
    x = x[_defined(landscape, x)]
    if not len(x):
        return landscape.start
    lo, hi = x.min(axis=0), x.max(axis=0)
    away = np.linalg.norm((x - lo - 0.25 * (hi - lo)) / width, axis=-1)
    best = x[int(np.argmin(away))]
    return tuple(round(float(a), 6 - math.floor(math.log10(w))) for a, w in zip(best, width, strict=True))


def _defined(landscape: Landscape, x: Array) -> Any:
    """Return at which of ``x`` (n, d) loss and gradient are finite."""
    with np.errstate(all="ignore"):
        return np.isfinite(landscape.loss(x)) & np.isfinite(landscape.grad(x)).all(axis=-1)


def points(landscape: Landscape) -> Array:
    """Return points (n, d) all over the domain: a grid with the corners for d ≤ 2, otherwise 4096 quasi-random ones."""
    if landscape.dim > 2:
        return roots.starts(Box.of(landscape))
    axes = [np.linspace(lo, hi, GRID) for lo, hi in landscape.domain]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, landscape.dim)


def gentle_step(landscape: Landscape) -> float:
    """Return 0.1/max|λ| over the domain, a step at which gradient descent is stable (0.1 if all is flat).

    The Hessian's eigenvalues λ are taken at ``points``, where finite.
    """
    x = points(landscape)
    hessian = landscape.hessian(x)
    finite = np.isfinite(hessian).all(axis=(-1, -2)) & np.isfinite(landscape.loss(x))
    if not finite.any():
        raise UsageError(
            f"{landscape.formula} has no finite value on its domain {landscape.domain}: choose another domain"
        )
    largest = float(np.abs(np.linalg.eigvalsh(hessian[finite])).max())
    return short(0.1 / largest) if largest > 1e-300 else 0.1


def short(value: float) -> float:
    """A default a person may read: six significant digits are enough of it."""
    return float(f"{value:.6g}")
