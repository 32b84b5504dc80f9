"""Flatness: directions in which a degenerate point has no curvature, where staying near is not yet being held."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.landscapes.base import Array
from saddlescape.results import CriticalPoint

#: curvatures below this part of the largest are none, as where points are told to be degenerate
FLAT = 1e-6
#: what part of the way of the farthest start counts as far out; how many roundings of a place are no way inwards
FAR_OUT, ROUNDINGS = 0.75, 64.0


def flat(point: CriticalPoint) -> Array:
    """Return the directions (d, m) without curvature at a degenerate point, the flattest if no other; none elsewhere."""
    if point.kind != "degenerate":
        return np.zeros((len(point.x), 0))
    sizes = np.abs(point.eigenvalues)
    return point.eigenvectors[:, sizes <= max(FLAT * sizes.max(), sizes.min())]


def along(offset: Array, directions: Array) -> Array:
    """Return how far (…) offsets (…, d) reach along ``directions`` (d, m)."""
    return np.asarray(np.linalg.norm(offset @ directions, axis=-1))


def lowered(ball: Array, directions: Array) -> Array:
    """Return the starts ``ball`` (n, d), every second turned towards ``directions`` (d, m), what it has across them less
    by ten: or few would be far out along these."""
    if not directions.size:
        return ball
    some = ball[1::2]
    inside = some @ directions @ directions.T
    turned = inside + 0.1 * (some - inside)
    turned *= (np.linalg.norm(some, axis=1) / np.linalg.norm(turned, axis=1))[:, None]
    return np.concatenate([ball[::2], turned])


def lingers(point: CriticalPoint, first: Array, later: Array) -> Any:
    """Whether, of starts that were ``first`` (…, n) out along the flat directions and ``later`` at most that far in the
    second half of a check, one that was far out has not come nearer: what it does there is not known, as (…)."""
    rounding = ROUNDINGS * np.finfo(float).eps * (first + np.max(np.abs(point.x)))
    far_out = first >= FAR_OUT * np.max(first, axis=-1, keepdims=True)
    return np.any(far_out & (later >= first - rounding), axis=-1)
