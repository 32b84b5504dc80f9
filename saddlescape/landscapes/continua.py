"""Curves of critical points in the plane, followed from end to end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from saddlescape.landscapes.roots import Array, Box, tidy

SAMPLES = 201
STEP = 1 / 125  # of the width
LONGEST = 4000  # steps in each direction
ZERO = 1e-8  # of the steepness that is usual in the box


@dataclass(frozen=True)
class Curve:
    """A curve of zeros of ∇f: ``samples`` (m, d) in order, whether it closes, and its flattest point (d,)."""

    samples: Array
    closed: bool
    flattest: Array


def curves(box: Box, points: Array) -> tuple[list[Curve], Array]:
    """Return the smooth curves that run through ``points`` (n, 2), each followed to the box's edge or around, and those
    points through which there is none: zeros so flat that what is near them passes for zero, too.

    Curves that cross are followed straight through the crossing, each on its own; none is listed twice.
    """
    found: list[Curve] = []
    known, alone = np.empty((0, 2)), []
    left = points[np.lexsort(points.T[::-1])]
    while len(left):
        seed, direction = left[0], tangent(box, left[0], None)
        ahead, closed = follow(box, seed, direction)
        back = np.empty((0, 2)) if closed else follow(box, seed, -direction)[0][:0:-1]
        path = np.concatenate([back, ahead])
        if not closed and not all(_is_zero(box, end) for end in (path[0], path[-1])):
            alone.append(seed)
        elif len(path) > 3 and np.mean(_distance(box, path, known) > 1.5 * STEP) > 0.2:
            found.append(_resampled(box, path, closed))
        known = np.concatenate([known, path])
        left = left[1:][_distance(box, left[1:], path) > 1.5 * STEP]
    return found, np.array(alone).reshape(-1, 2)


def _is_zero(box: Box, x: Array) -> bool:
    """Whether ∇f at ``x`` (2,) is no more than what Gauss–Newton leaves of it on a curve of zeros."""
    return bool(np.linalg.norm(box.grad(x) * box.width) <= ZERO * box.steepness)


def _distance(box: Box, points: Array, known: Array) -> Array:
    """Return the distance (n,) of ``points`` to the nearest of ``known``, in units of the width."""
    from scipy.spatial import cKDTree

    if not len(known):
        return np.full(len(points), np.inf)
    return np.asarray(cKDTree(known / box.width).query(points / box.width, p=np.inf)[0])


def tangent(box: Box, x: Array, before: Array | None) -> Array:
    """Return the unit direction (2,), in units of the width, along which the curve through ``x`` goes on.

    It is the direction of least curvature; where that turns sharply from ``before`` (a crossing) the old one
    is kept.
    """
    scaled = box.hessian(x) * box.width[:, None] * box.width
    if not np.isfinite(scaled).all():
        return np.array([1.0, 0.0]) if before is None else before
    values, vectors = np.linalg.eigh(scaled)
    direction: Array = vectors[:, np.argmin(np.abs(values))]
    if before is None:
        return direction if (direction[0], direction[1]) > (0, 0) else -direction
    turned = float(direction @ before)
    if abs(turned) < 0.9:
        return before
    return direction if turned > 0 else -direction


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
    """Return the points (m, 2) from ``seed`` on along the curve, and whether they came back to it."""
    path = [seed]
    for _ in range(LONGEST):
        x = path[-1]
        new = back_on(box, x + STEP * direction * box.width, direction)
        if not box.inside(new, 0):
            path.append(_edge(box, x, direction))
            break
        if float(box.size(new - x)) < STEP / 20:
            break
        path.append(new)
        if not _is_zero(box, new):
            break
        if len(path) > 4 and float(box.size(new - seed)) < 0.75 * STEP:
            return np.array([*path[:-1], seed]), True
        direction = tangent(box, new, direction)
    return np.array(path), False


def _edge(box: Box, x: Array, direction: Array) -> Array:
    """Return the point where the curve through ``x`` leaves the box, by bisection."""
    short, long = 0.0, STEP
    for _ in range(48):
        middle = (short + long) / 2
        inside = box.inside(back_on(box, x + middle * direction * box.width, direction), 0)
        short, long = (middle, long) if inside else (short, middle)
    return back_on(box, x + short * direction * box.width, direction)


def _resampled(box: Box, path: Array, closed: bool) -> Curve:
    """Return the curve with even samples, from its lexicographically smaller end on."""
    if closed:
        first = int(np.lexsort(path[:-1].T[::-1])[0])
        path = np.concatenate([path[first:-1], path[: first + 1]])
    elif tuple(path[-1]) < tuple(path[0]):
        path = path[::-1]
    steps = np.linalg.norm(np.diff(path / box.width, axis=0), axis=1)
    length = np.concatenate([[0], np.cumsum(steps)])
    where = np.linspace(0, length[-1], SAMPLES)

    def at(s: float) -> Array:
        guess = np.array([np.interp(s, length, c) for c in path.T])
        i = int(np.clip(np.searchsorted(length, s), 1, len(path) - 1))
        along = (path[i] - path[i - 1]) / box.width
        return back_on(box, guess, along / np.linalg.norm(along))

    samples = np.array([path[0], *(at(s) for s in where[1:-1]), path[-1]])
    sharpness = np.abs(np.linalg.eigvalsh(box.hessian(samples))).max(axis=-1)
    if np.ptp(sharpness) <= 1e-9 * sharpness.max():
        return Curve(samples, closed, tidy(box, samples[[0 if closed else SAMPLES // 2]])[0])
    best = int(np.argmin(np.round(sharpness / (sharpness.max() or 1), 9)))
    low, high = where[max(best - 1, 0)], where[min(best + 1, SAMPLES - 1)]
    for _ in range(32):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        sharp = [np.abs(np.linalg.eigvalsh(box.hessian(at(s)))).max() for s in (a, b)]
        low, high = (low, b) if sharp[0] <= sharp[1] else (a, high)
    return Curve(samples, closed, _tidied(box, at((low + high) / 2), samples[best]))


def _tidied(box: Box, x: Array, other: Array) -> Array:
    """Return ``x``, ``other`` or their decimals: the flattest that is on the curve as well as ``x`` is."""
    slack = 1e-14 * float(np.abs(box.hessian(x)).max()) * float(np.abs(box.width).max())
    options = [*(np.round(p, 7) + 0.0 for p in (x, other)), x, other]
    good = [p for p in options if np.abs(box.grad(p)).max() <= np.abs(box.grad(x)).max() + slack]
    sharp = [np.abs(np.linalg.eigvalsh(box.hessian(p))).max() for p in good]
    return good[int(np.argmin(np.round(np.array(sharp) / (max(sharp) or 1), 13)))]
