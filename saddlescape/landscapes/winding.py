"""Winding numbers: how often the gradient turns while a point walks around a loop.

The number around a box is the sum of the numbers around the critical points inside (Poincaré–Hopf), whatever
they are; a minimum or maximum of the plane has +1, a saddle −1. It tells when a critical point was missed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from saddlescape.landscapes import roots, walking
from saddlescape.landscapes.roots import Array, Box
from saddlescape.results import CriticalPoint

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Landscape

Field = Callable[[Any], Array]

STEP = np.pi / 4
FINEST = 2.0**-44


def of_loop(field: Field, loop: Callable[[Array], Array], first: int = 801) -> int | None:
    """Return the winding number of ``field`` along ``loop``; None if it vanishes or is not finite there.

    ``loop`` maps parameters (n,) in [0, 1] to points (n, 2). It is sampled so finely that no turn between
    neighbours exceeds π/4.
    """
    at = np.linspace(0, 1, first)
    v = field(loop(at))
    while True:
        size = np.linalg.norm(v, axis=-1)
        if not np.isfinite(v).all() or size.min() <= 1e-13 * np.median(size):
            return None
        angle = np.arctan2(v[:, 1], v[:, 0])
        turn = (np.diff(angle) + np.pi) % (2 * np.pi) - np.pi
        wide = np.flatnonzero(np.abs(turn) > STEP)
        if not len(wide):
            return round(float(turn.sum()) / (2 * np.pi))
        if np.min(at[wide + 1] - at[wide]) < FINEST or len(at) > 400_000:
            return None
        between = (at[wide] + at[wide + 1]) / 2
        at, v = np.insert(at, wide + 1, between), np.insert(v, wide + 1, field(loop(between)), axis=0)


def around_box(field: Field, lo: Array, hi: Array) -> int | None:
    """Return the winding number around the box's boundary, counter-clockwise."""
    corners = np.array([[lo[0], lo[1]], [hi[0], lo[1]], [hi[0], hi[1]], [lo[0], hi[1]]])
    return of_loop(field, polygon(corners))


def around_point(field: Field, x: Array, radii: Array) -> int | None:
    """Return the winding number around ``x`` on the ellipse with half-axes ``radii`` (2,)."""

    def ellipse(s: Array) -> Array:
        points: Array = x + radii * np.stack([np.cos(2 * np.pi * s), np.sin(2 * np.pi * s)], axis=-1)
        return points

    return of_loop(field, ellipse, first=129)


def around_curve(field: Field, samples: Array, offset: float) -> int | None:
    """Return the index of a closed curve of zeros: the number just outside less that inside.

    ``samples`` (m, 2) run once around, the first repeated at the end; the loops run ``offset`` beside it, or nearer
    where the samples are dense, as they are in bends and on small curves.
    """
    path = samples[:-1]
    x, y = path.T
    if np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) < 0:
        path = path[::-1]
    tangent = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=-1)
    between = np.linalg.norm(path - np.roll(path, 1, axis=0), axis=-1)
    beside = np.minimum(offset, np.minimum(between, np.roll(between, -1)) / 2)[:, None]
    normal *= beside / np.linalg.norm(normal, axis=-1, keepdims=True)
    outer, inner = (of_loop(field, polygon(path + side * normal)) for side in (1, -1))
    return None if outer is None or inner is None else outer - inner


def polygon(corners: Array) -> Callable[[Array], Array]:
    """Return the loop through ``corners`` (m, 2) and back to the first, as a map from [0, 1]."""
    closed = np.concatenate([corners, corners[:1]])
    knots = np.linspace(0, 1, len(closed))
    return lambda s: np.stack([np.interp(s, knots, c) for c in closed.T], axis=-1)


def check(landscape: Landscape, box: Box, points: list[CriticalPoint], complete: bool) -> dict[str, Any]:
    """Return the winding number of ∇f around the domain beside the sum of the points' own (for d ≤ 2)."""
    if landscape.dim == 1:
        ends = np.sign(landscape.grad(np.stack([box.lo, box.hi]))[:, 0])
        around = None if not np.isfinite(ends).all() or 0 in ends else int(ends[1] - ends[0]) // 2
    else:
        around = around_box(landscape.grad, box.lo, box.hi)
    with_index = [of_point(landscape, box, p, points) for p in points]
    total = None if None in with_index or not complete else int(sum(i for i in with_index if i is not None))
    if around is None or total is None or not np.isfinite(landscape.loss(roots.starts(box))).all():
        status = "undefined"
    else:
        status = "agrees" if around == total else "differs"
    return {"status": status, "boundary": around, "sum": total}


def of_point(landscape: Landscape, box: Box, point: CriticalPoint, points: list[CriticalPoint]) -> int | None:
    """Return the winding number of ∇f around one critical point (for d = 1 its change of sign: −1, 0, 1); None where
    it is undefined, as where ∇f is not finite on one side of it."""
    if not box.inside(point.x, -1e-9):
        return None
    if point.kind in ("minimum", "saddle", "maximum"):
        return int(np.sign(np.prod(point.eigenvalues)))
    if point.samples is not None:
        closed = np.array_equal(point.samples[0], point.samples[-1])
        offset = float(box.width.min()) * walking.STEP / 4
        return around_curve(landscape.grad, point.samples, offset) if closed else None
    apart = min((float(box.size(point.x - q.x)) for q in points if q is not point), default=1.0)
    radii = min(1e-3, apart / 3) * box.width
    if landscape.dim == 1:
        left, right = np.sign(landscape.grad(np.stack([point.x - radii, point.x + radii]))[:, 0])
        return int(right - left) // 2 if np.isfinite([left, right]).all() else None
    return around_point(landscape.grad, point.x, radii)
