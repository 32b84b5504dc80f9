"""Curves of critical points in the plane, each followed from end to end and sampled evenly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape.landscapes.roots import Array, Box, tidy
from saddlescape.landscapes.walking import STEP, back_on, follow, is_zero, tangent

SAMPLES = 201
ASIDE = 0.15  # of the local step: what is so near is on the curve
BENT = 0.4  # a turn between neighbouring samples that is not to be seen as a corner
UNSEEN = 1e-6  # of the width: a way too short to have a direction
SAME = 2e-5  # of the width: and so is what Newton's method leaves there


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
    alone, known = [], np.empty((0, 2, 2))
    left, later = points[np.lexsort(points.T[::-1])], points[:0]
    while len(left) or len(later):
        if not len(left):
            left, later = later[:1], later[1:]
        seed, direction = left[0], tangent(box, left[0])
        ahead, closed = follow(box, seed, direction)
        back = np.empty((0, 2)) if closed else follow(box, seed, -direction)[0][:0:-1]
        path = np.concatenate([back, ahead])
        new = np.mean(~beside(box, path, known)) > 0.2
        whole = closed or all(is_zero(box, end) for end in (path[0], path[-1]))
        if whole and new and len(path) > 3:
            found.append(_resampled(box, path, closed))
        elif new or not whole:
            alone.append(seed)
        pieces = np.stack([path[:-1], path[1:]], axis=1)
        known = np.concatenate([known, pieces])
        left, later = left[1:][~beside(box, left[1:], pieces)], later[~beside(box, later, pieces)]
        # what is near a curve but not on it may belong to no curve where two cross, and is asked last
        near = _distance(box, left, path) < 1.5 * STEP
        left, later = left[~near], np.concatenate([later, left[near]])
        if not (whole and new):  # nor do the others at that crossing
            later = later[_distance(box, later, seed[None]) > 1.5 * STEP]
    return found, np.array(alone).reshape(-1, 2)


def _distance(box: Box, points: Array, known: Array) -> Array:
    """Return the distance (n,) of ``points`` to the nearest of ``known``, in units of the width."""
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(known / box.width).query(points / box.width, p=np.inf)[0])


def beside(box: Box, points: Array, pieces: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which of ``points`` (n, 2) lie on one of ``pieces`` (m, 2, 2), the steps of a walk, as far as they tell."""
    from scipy.spatial import cKDTree

    if not len(points) or not len(pieces):
        return np.zeros(len(points), dtype=bool)
    x, (a, b) = points / box.width, np.moveaxis(pieces / box.width, 1, 0)
    near = cKDTree((a + b) / 2).query(x, k=min(8, len(a)))[1].reshape(len(x), -1)
    way, to_x = (b - a)[near], x[:, None] - a[near]
    square = np.sum(way**2, axis=-1)
    part = np.clip(np.sum(way * to_x, axis=-1) / np.where(square > 0, square, 1), 0, 1)
    aside = np.linalg.norm(to_x - part[..., None] * way, axis=-1)
    on: np.ndarray[Any, np.dtype[np.bool_]] = np.any(aside <= ASIDE * np.sqrt(square) + SAME, axis=-1)
    return on


def _resampled(box: Box, path: Array, closed: bool) -> Curve:
    """Return the curve with even samples, from its lexicographically smaller end on."""
    if closed:
        first = int(np.lexsort(path[:-1].T[::-1])[0])
        path = np.concatenate([path[first:-1], path[: first + 1]])
    elif tuple(path[-1]) < tuple(path[0]):
        path = path[::-1]
    length, where = _places(path / box.width)

    def at(s: float) -> Array:
        guess = np.array([np.interp(s, length, c) for c in path.T])
        i = int(np.clip(np.searchsorted(length, s), 1, len(path) - 1))
        along = (path[i] - path[i - 1]) / box.width
        return back_on(box, guess, along / np.linalg.norm(along))

    samples = np.array([path[0], *(at(s) for s in where[1:-1]), path[-1]])
    sharpness = np.abs(np.linalg.eigvalsh(box.hessian(samples))).max(axis=-1)
    if np.ptp(sharpness) <= 1e-9 * sharpness.max():
        middle = samples[0 if closed else SAMPLES // 2]
        return Curve(samples, closed, tidy(box, middle[None], float(length[-1]) / SAMPLES)[0])
    best = int(np.argmin(np.round(sharpness / (sharpness.max() or 1), 9)))
    low, high = where[max(best - 1, 0)], where[min(best + 1, SAMPLES - 1)]
    for _ in range(32):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        sharp = [np.abs(np.linalg.eigvalsh(box.hessian(at(s)))).max() for s in (a, b)]
        low, high = (low, b) if sharp[0] <= sharp[1] else (a, high)
    return Curve(samples, closed, _tidied(box, at((low + high) / 2), samples[best]))


def _places(path: Array) -> tuple[Array, Array]:
    """Return the lengths (m,) from the start of ``path`` (m, 2) on, in units of the width, and where to take samples.

    They are even in length, but where the curve would turn too much between two, in length and turning alike.
    """
    ways = np.diff(path, axis=0)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(ways, axis=1))])
    seen = np.linalg.norm(ways, axis=1) > UNSEEN
    angle = np.unwrap(np.arctan2(ways[seen, 1], ways[seen, 0]))
    middle = ((length[1:] + length[:-1]) / 2)[seen]
    where = np.linspace(0, length[-1], SAMPLES)
    if np.abs(np.diff(np.interp(where, middle, angle))).max() < BENT:
        return length, where
    turned = np.cumsum(np.abs(np.diff(angle, prepend=angle[0])))
    share = length / length[-1] + np.interp(length, middle, turned / turned[-1])
    return length, np.interp(np.linspace(0, share[-1], SAMPLES), share, length)


def _tidied(box: Box, x: Array, other: Array) -> Array:
    """Return ``x``, ``other`` or their decimals: the flattest that is on the curve as well as ``x`` is."""
    slack = 1e-14 * float(np.abs(box.hessian(x)).max()) * float(np.abs(box.width).max())
    options = [*(np.round(p, 7) + 0.0 for p in (x, other)), x, other]
    good = [p for p in options if np.abs(box.grad(p)).max() <= np.abs(box.grad(x)).max() + slack]
    sharp = [np.abs(np.linalg.eigvalsh(box.hessian(p))).max() for p in good]
    return good[int(np.argmin(np.round(np.array(sharp) / (max(sharp) or 1), 13)))]
