"""From where the flow of normalised SAM is caught at a saddle of equal curvatures, in closed form.

On f = (λ/2)(x² − y²) the flow is ẋ = −λ x (1 + rho/r), ẏ = λ y (1 − rho/r), r = ‖(x, y)‖. In polar coordinates of the
first quadrant tan θ grows as e^{2λt} and ṙ = −λ (r cos 2θ + rho), so that r √(sin 2θ) falls by rho times the
integral of dφ/√(sin 2φ) that θ has run through. λ sets the clock alone: the basin does not depend on it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import beta, betainc

from saddlescape.errors import UsageError
from saddlescape.results import Array

#: B(1/4, 1/2): the whole integral from 0 to π/2 is half of it, the lemniscate constant 2.622…
WHOLE = float(beta(0.25, 0.5))


def quadratic_saddle_boundary(rho: float, theta: Any) -> Array:
    """Return the distance R from the saddle of (λ/2)(x² − y²) up to which sam@flow is caught, at the angles ``theta``.

    R(θ) = rho I(θ)/√(sin 2θ), I(θ) = ∫ dφ/√(sin 2φ) from θ to π/2; ``theta`` (…) in radians from the x axis, in any
    quadrant. It is rho on the y axis, infinite on the x axis. Raises UsageError for rho ≤ 0.
    """
    if not rho > 0:
        raise UsageError(f"rho must be above 0, not {rho:g}: without it nothing is caught at a saddle")
    angle = _first(theta)
    with np.errstate(divide="ignore", invalid="ignore"):
        radius = rho * saddle_integral(angle) / np.sqrt(np.sin(2 * angle))
    return np.asarray(np.where(angle >= np.pi / 2, rho, np.where(angle <= 0, np.inf, radius)))


def quadratic_saddle_tipping(x: Any) -> Array:
    """Return the smallest rho for which sam@flow is caught at the saddle of (λ/2)(x² − y²) from the starts ``x`` (…, 2).

    It is √(2|x y|)/I(θ), θ the angle of the start: 0 on the x axis, |y| on the y axis (caught where rho is larger).
    """
    across, along = np.moveaxis(np.abs(np.asarray(x, dtype=float)), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.sqrt(2 * across * along) / saddle_integral(np.arctan2(along, across))
    return np.asarray(np.where(across == 0, along, value))


def saddle_integral(theta: Any) -> Array:
    """Return I(θ) = ∫ dφ/√(sin 2φ) from θ to π/2, 0 ≤ θ ≤ π/2, by the incomplete beta function I_z(1/4, 1/2)."""
    angle = np.asarray(theta, dtype=float)
    part = WHOLE / 4 * betainc(0.25, 0.5, np.sin(2 * angle) ** 2)
    return np.asarray(np.where(angle > np.pi / 4, part, WHOLE / 2 - part))


def _first(theta: Any) -> Array:
    """Return angles of any quadrant as those of the first that are their mirror images."""
    angle = np.asarray(theta, dtype=float)
    return np.asarray(np.arctan2(np.abs(np.sin(angle)), np.abs(np.cos(angle))))
