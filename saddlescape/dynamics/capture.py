"""Capture: whether a trajectory is at a critical point, by where it was in its last window (docs/statuses.md)."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.dynamics.method import Method
from saddlescape.dynamics.radius import capture_radius
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: curvatures below this part of the largest count as those along a curve
FLAT = 1e-3
#: Gauss–Newton steps to a set, and what part of the losses' range is one loss
NEWTON, SAME_LOSS = 12, 1e-6
#: places from which on a tree is sooner than all distances to the samples of a curve
MANY = 500


def captured(
    landscape: Landscape, method: Method, p: CriticalPoint, box: Array, within: float = np.inf
) -> Any:
    """Whether the whole box (n, 2, d) of the last window lies within the capture radius of ``p``, and ``within``."""
    radius = min(capture_radius(landscape, method, p), within)
    with np.errstate(all="ignore"):
        if p.samples is not None:
            half = 0.5 * np.linalg.norm(box[:, 1] - box[:, 0], axis=1)
            return distance(landscape, p, 0.5 * (box[:, 0] + box[:, 1])) + half <= radius
        farthest = np.maximum(np.abs(box[:, 0] - p.x), np.abs(box[:, 1] - p.x))
        return length(farthest) <= radius


def length(x: Array, centre: Array | None = None) -> Array:
    """Return ‖x‖ of the rows of (n, d), or ‖x − centre‖: column by column, several times as fast as along the short
    axis."""
    total = np.zeros(len(x))
    for k, values in enumerate(x.T):
        part = values if centre is None else values - centre[k]
        total += part * part
    return np.asarray(np.sqrt(total, out=total))


def widest(x: Array) -> Array:
    """Return the largest entry of each row of (n, d), NaN if one is."""
    found: Array = x[:, 0]
    for values in x.T[1:]:
        found = np.maximum(found, values)
    return found


def rests(landscape: Landscape, method: Method, end: Array, box: Array) -> Any:
    """Whether a trajectory is at rest where the gradient is not 0 (a hallucinated minimiser): no capture, however near.

    What goes on by the gradient or hovers moves by eta·‖∇f‖ or more; at rest it has moved by less than a thousandth of
    that in the whole window ``box`` (n, 2, d). A rest with ∇f = 0 leaves eta·‖∇f‖ below the rounding of x; a thousand
    roundings tell the two apart. A flow rests where a step would cross a zero of the gradient, and gradient descent
    nowhere else than where it is 0.
    """
    if method.clock.name.startswith("flow") or method.name == "gd":
        return np.zeros(len(end), dtype=bool)
    width = max(hi - lo for lo, hi in landscape.domain)
    with np.errstate(all="ignore"):
        rounding = 1e3 * np.finfo(float).eps * (widest(np.abs(end)) + width)
        due = float(method.numbers[method.clock.tick]) * length(landscape.grad(end))  # type: ignore[arg-type]
        moved = widest(box[:, 1] - box[:, 0])
        return (due > rounding) & (moved <= 1e-3 * due)


def distance(landscape: Landscape, p: CriticalPoint, x: Array) -> Array:
    """Distance of ``x`` (n, d) to a point; to a curve or set from its samples, when near from where ∇f = 0 beside x."""
    if p.samples is None:
        return length(x, p.x)
    near = _to_samples(p.samples, x)
    if landscape.dim > 2:
        return _to_set(landscape, p, x, near)
    spacing = float(np.max(np.linalg.norm(np.diff(p.samples, axis=0), axis=1))) if len(p.samples) > 1 else 0.0
    close = np.flatnonzero(near <= 2 * spacing)
    near[close] = np.fmin(near[close], across(landscape, x[close]))
    return near


def _to_set(landscape: Landscape, p: CriticalPoint, x: Array, near: Array) -> Array:
    """Return the distance to a set, of which the samples, ``near`` (n,) away, are few and in no order: the way to where
    Gauss–Newton steps across it end, if that is nearer than a sample and has the set's loss; another critical point
    would do for the steps."""
    level = max(abs(q.loss - p.loss) for q in landscape.critical_points) or abs(p.loss) or 1.0
    sizes = np.abs(np.linalg.eigvalsh(landscape.hessian(p.samples)))
    steep = np.sum(sizes > FLAT * np.max(sizes, axis=1, keepdims=True), axis=1)
    most = max(1, int(np.median(steep)))  # beside the set its flat directions bend, too
    y, going = x.copy(), np.flatnonzero(np.isfinite(near))
    with np.errstate(all="ignore"):
        for _ in range(NEWTON):
            step = steps_across(landscape, y[going], most)
            y[going] -= step
            way, size = length(y[going] - x[going]), length(step)
            y[going[~(way < near[going])]] = np.nan  # a sample is nearer
            going = going[(way < near[going]) & (size > 1e-12 * (1.0 + way))]
            if not going.size:
                break
        y[going] = np.nan
        there = np.abs(landscape.loss(y) - p.loss) <= SAME_LOSS * level
    return np.where(there, length(y - x), near)


def _to_samples(samples: Array, x: Array) -> Array:
    """Return the distance of ``x`` (n, d) to the nearest of ``samples`` (k, d); infinite where x is not finite."""
    if len(x) < MANY:
        return np.asarray(np.min(np.linalg.norm(x[:, None, :] - samples[None], axis=2), axis=1))
    from scipy.spatial import cKDTree

    finite = np.isfinite(x).all(axis=1)
    found = np.full(len(x), np.inf)
    found[finite] = cKDTree(samples).query(x[finite])[0]
    return found


def steps_across(landscape: Landscape, x: Array, most: int) -> Array:
    """Return H⁺∇f (n, d) at ``x`` (n, d), H⁺ of at most the ``most`` directions of the largest curvatures, and without
    those below a thousandth of the largest: the way back from a set of critical points beside x, to second order."""
    values, vectors = np.linalg.eigh(landscape.hessian(x))
    parts, size = np.einsum("nij,ni->nj", vectors, landscape.grad(x)), np.abs(values)
    steep = size > FLAT * np.max(size, axis=1, keepdims=True)
    steep &= size >= np.sort(size, axis=1)[:, -most, None]
    scaled = np.divide(parts, values, where=steep, out=np.zeros_like(parts))
    return np.asarray(np.einsum("nij,nj->ni", vectors, scaled))


def across(landscape: Landscape, x: Array) -> Array:
    """Return ‖H⁺∇f‖ at ``x`` (n, 2) in the plane, H⁺ without a direction whose curvature is below a thousandth of the
    other: how far it is to a curve of critical points beside it, to second order in that."""
    hessian, gradient = landscape.hessian(x), landscape.grad(x)
    # in closed form, many times as fast: λ is the larger eigenvalue, μ the smaller
    a, b, c = hessian[:, 0, 0], hessian[:, 0, 1], hessian[:, 1, 1]
    g, h = gradient.T
    middle, half = 0.5 * (a + c), np.hypot(0.5 * (a - c), b)
    large, small = middle + np.copysign(half, middle), middle - np.copysign(half, middle)
    square, bent = g * g + h * h, a * g * g + 2 * b * g * h + c * h * h
    with np.errstate(all="ignore"):
        along = np.where(half > 0, (bent - small * square) / (large - small), square)  # (v·∇f)², v that of λ
        flat = np.abs(small) <= FLAT * np.abs(large)
        rest = np.where(flat | (half == 0), 0.0, (square - along) / (small * small))
        found = np.sqrt(np.maximum(along / (large * large) + rest, 0.0))
    return np.where(large == 0, 0.0, found)
