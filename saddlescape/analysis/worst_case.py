"""The largest and the mean rise of the loss around points: over δ in a ball, and over normal δ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from saddlescape.dynamics.nodes import normals
from saddlescape.landscapes.base import Landscape
from saddlescape.results import Array

#: directions of the first look in the plane, in sectors, and on which parts of the radius
TURNS, SECTORS, SHELLS = 32, 8, (1.0, 2 / 3, 1 / 3)
#: points of the first look on a line; directions per coordinate in more than two
LINE, NORMALS = 65, 32
#: steps of the ascent, and of Newton's method after it
CLIMBS, POLISHES = 40, 8
#: nodes of Gauss and Hermite's rule per coordinate: exact for polynomials of degree 23
NODES = 12
#: draws in more than three coordinates
DRAWS = 1024
#: points times directions looked at in one go
CHUNK = 400_000


@dataclass(frozen=True, eq=False)
class Around:
    """The loss, or Σ w_i f_i over the samples, at x + radius·scale∘e for e in the unit ball: values, slopes and
    curvatures with respect to e. ``x`` and ``scale`` are (N, d), ``e`` is (N, …, d)."""

    landscape: Landscape
    x: Array
    scale: Array
    radius: float
    weights: Array | None = None

    def value(self, e: Array) -> Array:
        """Return f at e, −∞ where it is not defined."""
        at = self._at(e)
        found = (
            self.landscape.loss(at)
            if self.weights is None
            else self.landscape.sample_losses(at) @ self.weights
        )
        return np.where(np.isnan(found), -np.inf, found)

    def slope(self, e: Array) -> Array:
        """Return the derivative by e, 0 where it is not finite."""
        at = self._at(e)
        slope = (
            self.landscape.grad(at)
            if self.weights is None
            else self.landscape.along(at, weights=self.weights)
        )
        found = self._spread(e) * slope
        return np.where(np.isfinite(found), found, 0.0)

    def curvature(self, e: Array) -> Array:
        """Return the second derivatives by e (…, d, d), 0 where they are not finite."""
        at, wide = self._at(e), self._spread(e)
        if self.weights is None:
            hessian = self.landscape.hessian(at)
        else:
            axes = np.eye(at.shape[-1])
            rows = [self.landscape.along(at, axis, weights=self.weights) for axis in axes]
            hessian = np.stack(rows, axis=-2)
        found = wide[..., :, None] * wide[..., None, :] * hessian
        return np.where(np.isfinite(found), found, 0.0)

    def part(self, rows: slice) -> Around:
        """Return the same of some of the points."""
        return Around(self.landscape, self.x[rows], self.scale[rows], self.radius, self.weights)

    def _spread(self, e: Array) -> Array:
        lead = (len(self.scale), *(1,) * (e.ndim - 2), self.scale.shape[1])
        return np.asarray(self.radius * self.scale.reshape(lead))

    def _at(self, e: Array) -> Array:
        return np.asarray(self.x.reshape(self._spread(e).shape) + self._spread(e) * e)


def worst(around: Around) -> Array:
    """Return max over ‖e‖ ≤ 1 of f − f(x), (N,): the worst-case sharpness; NaN where f(x) is not finite.

    A first look (32 directions on three radii in the plane; the gradient's and the leading eigenvectors' directions among
    the starts) chooses the best place of every sector. From each the loss is climbed by projected gradients, and the
    best is polished by Newton's method on ∇f = μ e, ‖e‖ = 1 (on ∇f = 0 inside). The maximum that is found is exact to
    rounding; that it is the largest one rests on the first look, whose directions are 11° apart in the plane.
    """
    step = max(1, CHUNK // len(_looks(around.x.shape[1])[0]))
    return _gathered(around, step, _worst)


def mean_rise(around: Around) -> Array:
    """Return E f(x + radius·scale∘z) − f(x) over standard normals z, (N,): the average-case sharpness.

    Gauss and Hermite's rule with 12 nodes a coordinate in up to three coordinates, which is exact for polynomials of
    degree 23; in more 1024 normals drawn once, antithetic and whitened, which is exact to third order.
    """
    weights, points = rule(around.x.shape[1])

    def mean(own: Around) -> Array:
        start = own.value(np.zeros_like(own.x))
        looks = np.broadcast_to(points, (len(own.x), *points.shape))
        return own.value(looks) @ weights - start

    return _gathered(around, max(1, CHUNK // len(points)), mean)


def rule(dim: int) -> tuple[Array, Array]:
    """Return weights (a,) and points (a, dim) that stand for standard normals."""
    if dim > 3:
        weights, points, _ = normals(dim, DRAWS, np.random.default_rng(0))
        return weights, points
    nodes, shares = np.polynomial.hermite_e.hermegauss(NODES)
    grids = np.meshgrid(*[nodes] * dim, indexing="ij")
    parts = np.meshgrid(*[shares / shares.sum()] * dim, indexing="ij")
    return np.prod(parts, axis=0).ravel(), np.stack(grids, axis=-1).reshape(-1, dim)


def _gathered(around: Around, step: int, of: Callable[[Around], Array]) -> Array:
    found = np.full(len(around.x), np.nan)
    good = np.flatnonzero(np.all(np.isfinite(around.x), axis=1))
    kept = Around(around.landscape, around.x[good], around.scale[good], around.radius, around.weights)
    with np.errstate(all="ignore"):
        for rows in _slices(len(good), step):
            values = of(kept.part(rows))
            found[good[rows]] = np.where(np.isneginf(values), np.nan, values)
    return found


def _slices(count: int, step: int) -> Iterator[slice]:
    return (slice(a, min(a + step, count)) for a in range(0, count, step))


def _worst(around: Around) -> Array:
    n, d = around.x.shape
    nowhere = np.zeros((n, d))
    start = around.value(nowhere)
    e = _climbed(around, _starts(around, nowhere))
    best = np.argmax(around.value(e), axis=1)
    top = _polished(around, e[np.arange(n), best])
    rise: Array = np.maximum(around.value(top), start) - start
    return rise


def _starts(around: Around, nowhere: Array) -> Array:
    """Return where to climb from, (N, S, d): the best of every sector, the gradient's direction, the leading axes."""
    n = len(nowhere)
    points, sector = _looks(nowhere.shape[1])
    values = around.value(np.broadcast_to(points, (n, *points.shape)))
    chosen = [np.zeros((n, nowhere.shape[1]))]
    for k in np.unique(sector):
        own = np.flatnonzero(sector == k)
        chosen.append(points[own[np.argmax(values[:, own], axis=1)]])
    slope = around.slope(nowhere)
    length = np.linalg.norm(slope, axis=1, keepdims=True)
    axis = np.linalg.eigh(around.curvature(nowhere))[1][..., -1]
    return np.stack([*chosen, slope / np.where(length > 0, length, 1.0), axis, -axis], axis=1)


def _looks(dim: int) -> tuple[Array, np.ndarray]:
    """Return the points (C, d) of the first look, and the sector of each."""
    if dim == 1:
        line = np.linspace(-1, 1, LINE)[:, None]
        return line, (line[:, 0] > 0).astype(int)
    if dim == 2:
        turns = 2 * np.pi * np.arange(TURNS) / TURNS
        ring = np.stack([np.cos(turns), np.sin(turns)], axis=1)
        sector = np.arange(TURNS) * SECTORS // TURNS
    else:
        ring = np.random.default_rng(0).standard_normal((NORMALS * dim, dim))
        ring /= np.linalg.norm(ring, axis=1, keepdims=True)
        axis = np.argmax(np.abs(ring), axis=1)
        sector = 2 * axis + (ring[np.arange(len(ring)), axis] > 0)
    return np.concatenate([part * ring for part in SHELLS]), np.tile(sector, len(SHELLS))


def _inside(e: Array) -> Array:
    """Return the nearest point of the unit ball."""
    return np.asarray(e / np.maximum(np.linalg.norm(e, axis=-1, keepdims=True), 1.0))


def _climbed(around: Around, e: Array) -> Array:
    """Return where projected gradient ascent comes to, every start with a step of its own that grows while it helps."""
    value, slope = around.value(e), around.slope(e)
    step = 0.5 / np.maximum(np.linalg.norm(slope, axis=-1), 1e-300)
    for _ in range(CLIMBS):
        tried = _inside(e + step[..., None] * slope)
        reached = around.value(tried)
        better = reached > value
        e = np.where(better[..., None], tried, e)
        value = np.where(better, reached, value)
        step = np.where(better, 1.6 * step, 0.3 * step)
        slope = around.slope(e)
    return e


def _polished(around: Around, e: Array) -> Array:
    """Return ``e`` (N, d) after Newton's method on the conditions of a maximum, each step kept where it is no worse."""
    n, d = e.shape
    value = around.value(e)
    for _ in range(POLISHES):
        g, h = around.slope(e), around.curvature(e)
        push = np.sum(g * e, axis=1)
        on = (np.sum(e * e, axis=1) > 1 - 1e-6) & (push > 0)
        matrix, right = np.zeros((n, d + 1, d + 1)), np.zeros((n, d + 1))
        matrix[:, :d, :d] = h - np.where(on, push, 0.0)[:, None, None] * np.eye(d)
        matrix[:, :d, d] = matrix[:, d, :d] = np.where(on[:, None], -e, 0.0)
        matrix[:, d, d] = np.where(on, 0.0, 1.0)
        right[:, :d] = -(g - np.where(on, push, 0.0)[:, None] * e)
        right[:, d] = np.where(on, -0.5 * (1 - np.sum(e * e, axis=1)), 0.0)
        tried = e + np.einsum("nij,nj->ni", np.linalg.pinv(matrix, hermitian=True), right)[:, :d]
        tried = np.where(
            on[:, None], tried / np.maximum(np.linalg.norm(tried, axis=1), 1e-300)[:, None], tried
        )
        tried = _inside(tried)
        reached = around.value(tried)
        better = reached >= value
        e, value = np.where(better[:, None], tried, e), np.where(better, reached, value)
    return e
