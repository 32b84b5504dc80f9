"""Bowls: bounded sublevel components that hold one minimum and no other critical point.

A descent method that is inside such a component can end nowhere but at its minimum. The components are found on a
grid over the domain by flooding from each minimum, and are taken a little too small rather than too large.
"""

from __future__ import annotations

import base64
import heapq
import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from saddlescape.landscapes.base import Array, Landscape

GRID = {1: 4001, 2: 401}
#: a bowl ends this many cells from another critical point
NEAR = 2.5
LEVELS = 64


@dataclass(frozen=True)
class Bowl:
    """The component around minimum ``point``: all of it lies below ``level``. ``curvature[k]`` bounds the largest
    Hessian eigenvalue where f ≤ ``levels[k]`` inside it."""

    point: int
    level: float
    levels: Array
    curvature: Array


@dataclass(frozen=True)
class Bowls:
    """All bowls of a landscape, and which grid vertex belongs to which (-1: to none)."""

    bowls: tuple[Bowl, ...]
    labels: np.ndarray[Any, np.dtype[np.int16]]
    domain: tuple[tuple[float, float], ...]

    def find(self, x: Array, loss: Array) -> tuple[Array, Array]:
        """Return for ``x`` (n, d) the id of the minimum whose bowl holds it (-1: none), and the curvature bound below."""
        ids, curvature = np.full(len(x), -1), np.full(len(x), np.inf)
        around = self.around(x)
        for place, bowl in enumerate(self.bowls):
            here = np.flatnonzero((around == place) & (loss < bowl.level))
            ids[here] = bowl.point
            curvature[here] = bowl.curvature[
                np.minimum(np.searchsorted(bowl.levels, loss[here]), len(bowl.levels) - 1)
            ]
        return ids, curvature

    def around(self, x: Array) -> Any:
        """Return for ``x`` (n, d) the place in ``bowls`` of the one that holds all corners of its cell (−1: none)."""
        return self.cells[tuple(self._cells(x[:, c], c) for c in range(x.shape[1]))]

    @cached_property
    def cells(self) -> np.ndarray[Any, np.dtype[np.int16]]:
        """The place in ``bowls`` of the one that holds all corners of a cell, −1 where there is none."""
        size = len(self.labels) - 1
        corners = [
            self.labels[tuple(slice(s, s + size) for s in shift)]
            for shift in np.ndindex(*(2,) * self.labels.ndim)
        ]
        same = np.all([c == corners[0] for c in corners], axis=0)
        return np.where(same, corners[0], -1).astype(np.int16)

    def _cells(self, values: Array, c: int) -> Any:
        lo, hi = self.domain[c]
        size = self.labels.shape[c]
        return np.clip(((values - lo) / (hi - lo) * (size - 1)).astype(int), 0, size - 2)


@lru_cache(maxsize=64)
def bowls(landscape: Landscape) -> Bowls | None:
    """Return the bowls of a landscape of one or two dimensions (remembered on disk), None for more."""
    if landscape.dim not in GRID:
        return None
    data = landscape.remember("bowls", ("landscapes/sublevel.py",), lambda: _find(landscape))
    shape = (GRID[landscape.dim],) * landscape.dim
    labels = np.frombuffer(zlib.decompress(base64.b64decode(data["labels"])), dtype=np.int16).reshape(shape)
    found = [
        Bowl(b["point"], b["level"], np.array(b["levels"]), np.array(b["curvature"])) for b in data["bowls"]
    ]
    return Bowls(tuple(found), labels, landscape.domain)


def _find(landscape: Landscape) -> dict[str, Any]:
    size = GRID[landscape.dim]
    axes = [np.linspace(lo, hi, size) for lo, hi in landscape.domain]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    loss = landscape.loss(grid)
    with np.errstate(all="ignore"):
        top = np.linalg.eigvalsh(
            np.nan_to_num(landscape.hessian(grid), nan=np.inf, posinf=1e300, neginf=-1e300)
        )[..., -1]
    top = _widened(top)
    points = landscape.critical_points
    places = [_place(p.x, axes) for p in points]
    labels = np.full(loss.shape, -1, dtype=np.int16)
    found: list[dict[str, Any]] = []
    for p in points:
        if p.kind != "minimum":
            continue
        others = [(places[q.id], q.loss) for q in points if q.id != p.id]
        others += [(_place(s, axes), q.loss) for q in points if q.samples is not None for s in q.samples]
        level = _level(loss, places[p.id], others)
        inside = _component(loss, places[p.id], level)
        if inside is None:
            continue
        labels[inside] = len(found)
        order = np.argsort(loss[inside])
        values, curvature = loss[inside][order], np.maximum.accumulate(top[inside][order])
        pick = np.unique(np.linspace(0, len(order) - 1, LEVELS).astype(int))
        found.append(
            {
                "point": p.id,
                "level": level,
                "levels": values[pick].tolist(),
                "curvature": curvature[pick].tolist(),
            }
        )
    return {"bowls": found, "labels": base64.b64encode(zlib.compress(labels.tobytes())).decode()}


def _place(x: Array, axes: list[Array]) -> tuple[float, ...]:
    return tuple(float((v - a[0]) / (a[-1] - a[0]) * (len(a) - 1)) for v, a in zip(x, axes, strict=True))


def _widened(values: Array) -> Array:
    """Largest value among each vertex and its neighbours, so that what lies between vertices is covered too."""
    for axis in range(values.ndim):
        rolled = np.moveaxis(values, axis, 0)
        padded = np.concatenate([rolled[:1], rolled, rolled[-1:]])
        values = np.moveaxis(np.maximum(np.maximum(padded[:-2], padded[2:]), rolled), 0, axis)
    return values


def _neighbours(vertex: tuple[int, ...], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    around = [
        tuple(v + s - 1 for v, s in zip(vertex, shift, strict=True))
        for shift in np.ndindex(*(3,) * len(shape))
    ]
    return [a for a in around if a != vertex and all(0 <= v < n for v, n in zip(a, shape, strict=True))]


def _level(loss: Array, start: tuple[float, ...], others: list[tuple[tuple[float, ...], float]]) -> float:
    """Flood upwards from ``start``; return the level at which the water meets the border or another critical point."""
    first = tuple(round(v) for v in start)
    heap, seen = [(float(loss[first]), first)], {first}
    level = -np.inf
    spots = np.array([place for place, _ in others]).reshape(-1, loss.ndim)
    heights = np.array([height for _, height in others])
    while heap:
        height, vertex = heapq.heappop(heap)
        level = max(level, height)
        if any(v in (0, n - 1) for v, n in zip(vertex, loss.shape, strict=True)):
            return level
        close = (
            np.all(np.abs(spots - np.array(vertex)) <= NEAR, axis=1)
            if len(spots)
            else np.zeros(0, dtype=bool)
        )
        if close.any():
            return float(min(level, heights[close].min()))
        for near in _neighbours(vertex, loss.shape):
            if near not in seen:
                seen.add(near)
                heapq.heappush(heap, (float(loss[near]), near))
    return level


def _component(loss: Array, start: tuple[float, ...], level: float) -> Any:
    """Return the mask of the vertices below ``level`` connected to ``start``, None if there are none."""
    first = tuple(round(v) for v in start)
    if not loss[first] < level:
        return None
    inside = np.zeros(loss.shape, dtype=bool)
    inside[first] = True
    queue = [first]
    while queue:
        for near in _neighbours(queue.pop(), loss.shape):
            if not inside[near] and loss[near] < level:
                inside[near] = True
                queue.append(near)
    return inside
