"""Zeros of a gradient in a box: Newton's method from many starts at once, and which ends are one point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Landscape

Array = np.ndarray[Any, np.dtype[np.float64]]

STARTS_1D, STARTS_2D, STARTS_ND = 2001, 64, 4096
FINE = 3  # the grid on which signs are compared is this much finer than that of the starts
ITERATIONS = 40
FLOOR, HIGH_FLOOR = 1e-8, 1e-3  # smaller eigenvalues, relative to the largest, are not divided by
SETTLED = 1e-6  # an end counts as a zero if its last step is below this part of the width
NEARLY_FLAT = 1e-4  # below it an end may be on its way to a degenerate zero
DOUBT = 1e-4  # of the width: degenerate zeros are known no better
FLAT = 1e-6  # an eigenvalue below this part of the scale is taken as 0


@dataclass(frozen=True)
class Box:
    """A landscape's domain as arrays ``lo`` and ``hi`` (d,), and its gradient and Hessian."""

    lo: Array
    hi: Array
    grad: Callable[[Any], Array]
    hessian: Callable[[Any], Array]

    @classmethod
    def of(cls, landscape: Landscape) -> Box:
        """Return the box of a landscape."""
        lo, hi = np.array(landscape.domain).T
        return cls(lo, hi, landscape.grad, landscape.hessian)

    @property
    def width(self) -> Array:
        """The length of each side (d,)."""
        width: Array = self.hi - self.lo
        return width

    @cached_property
    def steepness(self) -> float:
        """The median over the box of how much f changes across it at the local gradient."""
        with np.errstate(all="ignore"):
            slopes = np.linalg.norm(self.grad(_grid(self, 33, 0.5)) * self.width, axis=-1)
        finite = slopes[np.isfinite(slopes)]
        return float(np.median(finite)) if len(finite) else 0.0

    def inside(self, x: Array, margin: float = 1e-9) -> Any:
        """Return whether points (…, d) lie in the box, give or take ``margin`` of its width."""
        slack = margin * self.width
        return np.all((x >= self.lo - slack) & (x <= self.hi + slack), axis=-1)

    def size(self, x: Array) -> Array:
        """Return lengths (…) of vectors (…, d) in units of the box's width, the largest component."""
        size: Array = np.max(np.abs(x) / self.width, axis=-1)
        return size


def starts(box: Box, more: int = 1) -> Array:
    """Return the starts of the search (n, d): a grid, refined where both components of ∇f change sign.

    ``more`` multiplies the grid's fineness. For d > 2 they are a fixed quasi-random sequence (Roberts' R_d:
    multiples of the powers of the root of g^(d+1) = g + 1).
    """
    d = len(box.lo)
    if d > 2:
        root = 2.0
        for _ in range(60):
            root = (1 + root) ** (1 / (d + 1))
        rank = np.arange(1, more * STARTS_ND + 1)[:, None]
        return box.lo + box.width * ((0.5 + rank * root ** -np.arange(1.0, d + 1)) % 1)
    n = more * (STARTS_1D if d == 1 else STARTS_2D)
    return np.concatenate([_grid(box, n, 0.5), changes(box, FINE * n)])


def _grid(box: Box, n: int, offset: float) -> Array:
    """Return points (n^d, d) of a regular grid, ``offset`` cells away from the lower corner."""
    axes = [lo + (np.arange(n) + offset) * w / n for lo, w in zip(box.lo, box.width, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def changes(box: Box, n: int) -> Array:
    """Return the centres (m, d) of the cells (n per side) at whose corners all of ∇f take both signs."""
    d = len(box.lo)
    axes = [np.linspace(lo, hi, n + 1) for lo, hi in zip(box.lo, box.hi, strict=True)]
    positive = box.grad(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)) > 0
    corners = [positive]
    for axis in range(d):
        low, high = (slice(None),) * axis + (slice(None, -1),), (slice(None),) * axis + (slice(1, None),)
        corners = [c[part] for c in corners for part in (low, high)]
    mixed = np.all(np.any(corners, axis=0) & ~np.all(corners, axis=0), axis=-1)
    centres: Array = _grid(box, n, 0.5)[mixed.reshape(-1)]
    return centres


def newton(box: Box, x: Array, reach: float, floor: float = FLOOR) -> Array:
    """Return the zeros (m, d) that Newton's method finds from ``x`` (n, d).

    No step is longer than ``reach`` of the width. A direction whose eigenvalue is relatively below ``floor``
    is not amplified, so that points run onto a curve of zeros instead of along it. With the usual small floor
    isolated zeros are found, however ill-conditioned; a high one is for sets, whose crossings would otherwise
    draw everything to themselves.
    """
    found = [np.empty((0, len(box.lo)))]
    for last in range(ITERATIONS):
        x, step = _step(box, x, floor)
        size = box.size(step)
        done = (size < 1e-14) | ((size < SETTLED) & (last == ITERATIONS - 1))
        found.append((x + step)[done])
        x, step, size = x[~done], step[~done], size[~done]
        x = x + step * np.minimum(1, reach / size)[:, None]
        x = x[box.inside(x, 0.05)]
        if not len(x):
            break
    points = np.concatenate(found)
    zeros: Array = points[box.inside(points) & np.isfinite(box.hessian(points)).all(axis=(-1, -2))]
    return zeros


def _step(box: Box, x: Array, floor: float = FLOOR) -> tuple[Array, Array]:
    """Return those ``x`` (n, d) where gradient and Hessian are finite, and their Newton steps (n, d)."""
    g, h = box.grad(x), box.hessian(x)
    finite = np.isfinite(g).all(axis=-1) & np.isfinite(h).all(axis=(-1, -2))
    x, g, h = x[finite], g[finite], h[finite]
    scaled = (
        h * box.width[:, None] * box.width
    )  # in units of the width, so that the floor means the same on any box
    eigenvalues, vectors = np.linalg.eigh(scaled)
    largest = np.abs(eigenvalues).max(axis=-1, initial=0)
    least = np.maximum(floor * largest, np.finfo(float).tiny)[:, None]
    divisor = np.where(np.abs(eigenvalues) < least, np.where(eigenvalues < 0, -least, least), eigenvalues)
    along = np.einsum("nij,ni->nj", vectors, g * box.width)
    with np.errstate(over="ignore"):
        step = -np.einsum("nij,nj->ni", vectors, np.clip(along / divisor, -1e6, 1e6)) * box.width
    return x, step


def merge(box: Box, x: Array, near: float = 1e-6) -> Array:
    """Return the best one of every group of points (n, d) linked by distances below ``near`` of the width.

    The best has the smallest gradient, then the smallest coordinates; the order of ``x`` does not matter.
    """
    if not len(x):
        return x
    order = np.lexsort((*x.T[::-1], np.linalg.norm(box.grad(x), axis=-1)))
    labels = linked(x[order] / box.width, near)
    return x[order][np.unique(labels, return_index=True)[1]]


def linked(x: Array, near: float) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return labels (n,) of the groups of points (n, d) that are chained by distances up to ``near``."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    cells, where = np.unique(np.floor(x / (near / 4)), axis=0, return_inverse=True)
    pairs = cKDTree((cells + 0.5) * (near / 4)).query_pairs(near, output_type="ndarray")
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(cells), len(cells)))
    labels = np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)
    return labels[where.reshape(-1)]


def polish(box: Box, x: Array) -> Array:
    """Return points (n, d) after more Newton steps, as long as they lower the gradient, and ``tidy``."""
    for _ in range(60):
        kept, step = _step(box, x, 1e-15)
        if len(kept) < len(x):
            return x
        better = np.linalg.norm(box.grad(x + step), axis=-1) < np.linalg.norm(box.grad(x), axis=-1)
        better &= box.size(step) < 1e-3
        if not better.any():
            break
        x = np.where(better[:, None], x + step, x)
    return tidy(box, _slid(box, x), DOUBT)


def _slid(box: Box, x: Array) -> Array:
    """Return points (n, d), those nearly flat in a direction where Newton's method ends, if ∇f is far smaller there.

    Along a curve on which ∇f is of third order the first step towards a degenerate zero makes the gradient larger,
    and a point beside it passes for a zero of its own.
    """
    size = np.abs(np.linalg.eigvalsh(box.hessian(x)))
    near = np.flatnonzero(size.min(axis=-1) < NEARLY_FLAT * size.max(axis=-1))
    end = x[near]
    for _ in range(60):
        kept, step = _step(box, end, 1e-15)
        if len(kept) < len(end):
            return x
        end = end + np.where((box.size(step) < 1e-3)[:, None], step, 0.0)
    found = x.copy()
    smaller = np.linalg.norm(box.grad(end), axis=-1) < 1e-3 * np.linalg.norm(box.grad(x[near]), axis=-1)
    found[near[smaller]] = end[smaller]
    return found


def tidy(box: Box, x: Array, doubt: float = np.inf) -> Array:
    """Return points (n, d) rounded to as few decimals as leave the gradient no larger, by less than ``doubt`` of the
    width: farther away there may be another zero."""
    given = x
    for digits in range(12, 0, -1):
        short = np.round(x, digits) + 0.0
        as_good = np.linalg.norm(box.grad(short), axis=-1) <= np.linalg.norm(box.grad(x), axis=-1)
        as_good &= box.size(short - given) < doubt
        x = np.where(as_good[:, None], short, x)
    return x
