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
#: places from which on a tree is sooner than all distances to the samples of a curve
MANY = 500


def captured(landscape: Landscape, method: Method, p: CriticalPoint, box: Array) -> Any:
    """Whether the whole box (n, 2, d) of the last window lies within the capture radius of ``p``."""
    radius = capture_radius(landscape, method, p)
    with np.errstate(all="ignore"):
        if p.samples is not None:
            half = 0.5 * np.linalg.norm(box[:, 1] - box[:, 0], axis=1)
            return distance(landscape, p, 0.5 * (box[:, 0] + box[:, 1])) + half <= radius
        farthest = np.maximum(np.abs(box[:, 0] - p.x), np.abs(box[:, 1] - p.x))
        return length(farthest) <= radius


def length(x: Array) -> Array:
    """Return ‖x‖ of the rows of (n, d): column by column, several times as fast as along the short axis."""
    total = np.zeros(len(x))
    for values in x.T:
        total += values * values
    return np.asarray(np.sqrt(total))


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
    """Distance to a point, or to a curve of minima: from its samples, refined by the step to ∇f = 0 when near."""
    if p.samples is None:
        return length(x - p.x)
    near = _to_samples(p.samples, x)
    spacing = float(np.max(np.linalg.norm(np.diff(p.samples, axis=0), axis=1))) if len(p.samples) > 1 else 0.0
    close = np.flatnonzero(near <= 2 * spacing)
    near[close] = np.fmin(near[close], across(landscape, x[close]))
    return near


def _to_samples(samples: Array, x: Array) -> Array:
    """Return the distance of ``x`` (n, d) to the nearest of ``samples`` (k, d); infinite where x is not finite."""
    if len(x) < MANY:
        return np.asarray(np.min(np.linalg.norm(x[:, None, :] - samples[None], axis=2), axis=1))
    from scipy.spatial import cKDTree

    finite = np.isfinite(x).all(axis=1)
    found = np.full(len(x), np.inf)
    found[finite] = cKDTree(samples).query(x[finite])[0]
    return found


def across(landscape: Landscape, x: Array) -> Array:
    """Return ‖H⁺∇f‖ at ``x`` (n, d), H⁺ without the directions whose curvature is below a thousandth of the largest: how
    far it is to a curve of critical points beside it, to second order in that."""
    if not len(x):
        return np.empty(0)
    hessian, gradient = landscape.hessian(x), landscape.grad(x)
    if landscape.dim != 2:
        values, vectors = np.linalg.eigh(hessian)
        parts, size = np.einsum("nij,ni->nj", vectors, gradient), np.abs(values)
        steep = size > FLAT * np.max(size, axis=1, keepdims=True)
        return length(np.divide(parts, values, where=steep, out=np.zeros_like(parts)))
    # the same in closed form, many times as fast: λ is the larger eigenvalue, μ the smaller
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
