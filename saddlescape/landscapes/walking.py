"""Walking along a curve of critical points in the plane, in steps that are as short as its bends require."""

from __future__ import annotations

import numpy as np

from saddlescape.landscapes.roots import Array, Box

STEP = 1 / 125  # of the width: the longest step
FINEST = STEP / 1024  # what turns sharply even so is a crossing, or the end
STRAIGHT = np.cos(np.radians(20))  # no longer step turns by more
SHALLOW = np.cos(np.radians(8))  # after a step that turns by less the next one is longer
SLENDER = 0.1  # along a curve of zeros one curvature is below this part of the other
BLUNT = 1e-12  # of the steepness: a Hessian below it has no direction
BESIDE = (1e-5, 1e-4, 1e-3)  # of the width: where it is asked instead
LONGEST = 4000  # steps in each direction
ZERO = 1e-8  # of the steepness that is usual in the box


def is_zero(box: Box, x: Array) -> bool:
    """Whether ∇f at ``x`` (2,) is no more than what Gauss–Newton leaves of it on a curve of zeros."""
    return bool(np.linalg.norm(box.grad(x) * box.width) <= ZERO * box.steepness)


def least(box: Box, x: Array) -> tuple[Array, Array, Array]:
    """Return the least curved directions (n, 2) at points (n, 2), in units of the width, and both curvatures (n,), by
    size."""
    values, vectors = np.linalg.eigh(box.hessian(x) * box.width[:, None] * box.width)
    size = np.abs(values)
    directions = np.take_along_axis(vectors, size.argmin(axis=-1)[:, None, None], axis=-1)[..., 0]
    return directions, size.min(axis=-1), size.max(axis=-1)


def tangent(box: Box, x: Array) -> Array:
    """Return the unit direction (2,), in units of the width, of the curve through ``x``: that of least curvature."""
    if not np.isfinite(box.hessian(x)).all():
        return np.array([1.0, 0.0])
    directions, _, larger = least(box, x[None])
    for (
        away
    ) in BESIDE:  # where ∇f is of higher order every direction is flat; that of the curve is seen beside it
        if larger.max() > BLUNT * box.steepness:
            break
        around = x + away * box.width * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
        around = around[np.isfinite(box.hessian(around)).all(axis=(-1, -2))]
        if len(around):
            directions, lesser, larger = least(box, around)
            larger = np.where(lesser <= SLENDER * larger, larger, 0.0)  # else the point is off the curve
            directions = directions[[larger.argmax()]]
    direction: Array = directions[0]
    return direction if (direction[0], direction[1]) > (0, 0) else -direction


def back_on(box: Box, x: Array, along: Array) -> Array:
    """Return the zero of ∇f next to ``x`` (2,) across the direction ``along``: Gauss–Newton on that line."""
    across = np.array([-along[1], along[0]]) * box.width
    for _ in range(12):
        bend, slope = box.hessian(x) @ across, box.grad(x)
        square = float(bend @ bend)
        if not np.isfinite(square) or square == 0:
            break
        move = -float(bend @ slope) / square
        x = x + np.clip(move, -STEP, STEP) * across
        if abs(move) < 1e-15:
            break
    return x


def follow(box: Box, seed: Array, direction: Array) -> tuple[Array, bool]:
    """Return the points (m, 2) from ``seed`` on along the curve, and whether they came back to it.

    A step is halved while the curve turns too far in it, and the next one is longer again. Where it turns even in
    the finest, curves cross: the direction is kept.
    """
    path, step, first = [seed], STEP, direction
    for _ in range(LONGEST):
        x = path[-1]
        while True:
            new = back_on(box, x + step * direction * box.width, direction)
            ahead = _goes_on(box, x, new, direction, step)
            if ahead is not None or step <= FINEST or not box.inside(new, 0):
                break
            step = step / 2
        if not box.inside(new, 0):
            path.append(_edge(box, x, direction, step))
            break
        if float(box.size(new - x)) < step / 20:
            break
        if len(path) > 3 and _passes(box, seed, first, x, new):
            return np.array([*path, seed]), True
        path.append(new)
        if not is_zero(box, new):
            break
        if ahead is None:
            ahead = direction
        step = min(2 * step, STEP) if float(ahead @ direction) > SHALLOW else step
        direction = ahead
    return np.array(path), False


def _goes_on(box: Box, x: Array, new: Array, direction: Array, step: float) -> Array | None:
    """Return the direction of the curve at ``new``; None if the way from ``x`` to it is not one along a smooth curve.

    The middle of the way is looked at, too: the other end of a bend may have the direction of this one.
    """
    way = (new - x) / box.width
    length = float(np.linalg.norm(way))
    if (
        not step / 2 < length < 2 * step
        or float(way @ direction) < STRAIGHT * length
        or not is_zero(box, new)
    ):
        return None
    look = np.array([new, (x + new) / 2])
    if not np.isfinite(box.hessian(look)).all():
        return direction
    directions, lesser, larger = least(box, look)
    if larger[0] <= BLUNT * box.steepness:
        return direction
    along = directions @ direction
    ahead: Array = directions[0] * np.sign(along[0])
    smooth = abs(along[0]) >= STRAIGHT and lesser[0] <= SLENDER * larger[0]
    return ahead if smooth and abs(along[1]) >= STRAIGHT else None


def _passes(box: Box, seed: Array, first: Array, x: Array, new: Array) -> bool:
    """Whether the step from ``x`` to ``new`` leads by ``seed``, in the direction in which the walk began."""
    way, to_seed = (new - x) / box.width, (seed - x) / box.width
    length = float(np.linalg.norm(way))
    part = float(way @ to_seed) / length**2
    aside = float(np.linalg.norm(to_seed - part * way))
    return 0 < part <= 1.25 and aside < 0.15 * length and float(way @ first) > 0.7 * length


def _edge(box: Box, x: Array, direction: Array, step: float) -> Array:
    """Return the point where the curve through ``x`` leaves the box, by bisection."""
    short, long = 0.0, step
    for _ in range(48):
        middle = (short + long) / 2
        inside = box.inside(back_on(box, x + middle * direction * box.width, direction), 0)
        short, long = (middle, long) if inside else (short, middle)
    return back_on(box, x + short * direction * box.width, direction)
