"""Where a field points straight at a point or away from it: what can be told where it has no linear part."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from saddlescape.dynamics.fields import VectorField
from saddlescape.landscapes.base import Array

#: sides of the circle on which such directions are looked for, and how often the place of one is halved
SIDES, HALVINGS = 1440, 50
#: parts of the circle's radius on which a direction out must be seen too
SMALLER = (1.0, 1 / 4, 1 / 16)
#: a speed below this part of the largest on the circle is rounding
ROUNDING = 1e-13


def straight(field: VectorField, x: Array, radius: float) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return the directions n (k, d) in which the field at x + radius·n points straight out or in, its component along n
    (k,), 0 where that is rounding, and whether to both sides of n it turns away from it (k,)."""
    if len(x) == 1:
        n = np.array([[1.0], [-1.0]])
        outwards = np.sum(n * field(x + radius * n), axis=1)
        return n, outwards, np.zeros(2, dtype=bool)

    def across(angle: Array) -> Array:
        n, F = rays(angle), field(x + radius * rays(angle))
        return np.asarray(n[:, 0] * F[:, 1] - n[:, 1] * F[:, 0])

    angle = 2 * np.pi * (np.arange(SIDES + 1) + 0.123) / SIDES
    side = across(angle)
    apart = (side[:-1] < 0) & (side[1:] >= 0)
    k = np.flatnonzero(apart | ((side[:-1] >= 0) & (side[1:] < 0)))
    low, high = angle[k], angle[k + 1]
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        before = (across(middle) < 0) == apart[k]
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    n = rays(0.5 * (low + high))
    outwards = np.sum(n * field(x + radius * n), axis=1)
    least = ROUNDING * np.linalg.norm(field(x + radius * rays(angle)), axis=1).max()
    return n, np.where(np.abs(outwards) > least, outwards, 0.0), apart[k]


def spokes(field: VectorField, x: Array, stable: bool, radius: float) -> Array:
    """Return the points (k, 2) of a circle around ``x`` at which branches of its stable (unstable) manifold set out.

    There the field points straight in (out), and away from there (towards it) to both sides. Where it points straight out
    (in) nowhere, they part nothing: all that comes near arrives.
    """
    n, outwards, apart = straight(field, x, radius)
    inwards = -outwards if stable else outwards
    if not np.any(inwards < 0):
        return np.zeros((0, 2))
    return np.asarray(x + radius * n[(inwards > 0) & (apart if stable else ~apart)])


def leaves(field: VectorField, x: Array, radius: float) -> bool:
    """Whether on a circle around ``x`` and on smaller ones the field points straight out in a direction from which it
    does not turn away to both sides: what lies around leaves, too. Along others single orbits do, as between petals."""
    seen = (straight(field, x, part * radius) for part in SMALLER)
    return all(bool(np.any((outwards > 0) & ~apart)) for _, outwards, apart in seen)


def rays(angle: Any) -> Array:
    """Return the unit vectors (…, 2) at these angles."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)
