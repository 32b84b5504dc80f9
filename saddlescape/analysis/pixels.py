"""Pixels: the starts of a picture of basins, one in the centre of every pixel of a window or of a plane through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape.dynamics import words
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import Background


@dataclass(frozen=True, eq=False)
class Pixels:
    """``axes`` are the centres x (nx,) and y (ny,) in the coordinates ``plane``, the others stay at ``origin`` (d,)."""

    landscape: Landscape
    view: tuple[tuple[float, float], tuple[float, float]]
    axes: tuple[Array, Array]
    plane: tuple[int, int]
    origin: Array

    @property
    def shape(self) -> tuple[int, int]:
        """The number of pixels, (ny, nx)."""
        return len(self.axes[1]), len(self.axes[0])

    def starts(self) -> Array:
        """Return the centres (ny·nx, d), row by row from the lowest y."""
        i, j = self.plane
        x = np.empty((*self.shape, self.landscape.dim))
        x[:] = self.origin
        x[..., i], x[..., j] = self.axes[0], self.axes[1][:, None]
        return x.reshape(-1, self.landscape.dim)

    def background(self) -> Background:
        """Return the landscape as a picture needs it, with all its coordinates; the window is the one of the pixels."""
        view = list(self.landscape.view)
        for k, pair in zip(self.plane, self.view, strict=True):
            view[k] = pair
        return words.background(self.landscape.with_window(view=tuple(view)))


def pixels(
    landscape: Landscape, resolution: Any, view: Any = None, plane: Any = None, origin: Any = None
) -> Pixels:
    """Return the pixels of ``landscape`` in words that ``basins`` takes. Raises UsageError for what makes no window."""
    d = landscape.dim
    if d < 2:
        raise UsageError(
            f"basins are drawn in a plane, and {landscape.name} has one coordinate: "
            "simulate(L, method, x0) of a row of starts says what becomes of each"
        )
    chosen, where = _plane(landscape, plane), _origin(landscape, origin)
    window = _window(landscape, view, chosen)
    counts = _counts(resolution)
    x, y = (lo + (hi - lo) * (np.arange(n) + 0.5) / n for (lo, hi), n in zip(window, counts, strict=True))
    return Pixels(landscape, window, (x, y), chosen, where)


def _plane(landscape: Landscape, plane: Any) -> tuple[int, int]:
    """Return two different coordinates, given by number or by name."""
    names = list(landscape.coordinates)
    given = (0, 1) if plane is None else tuple(plane)
    found = [names.index(k) if k in names else k for k in given]
    good = len(found) == 2 and all(isinstance(k, int | np.integer) and 0 <= k < landscape.dim for k in found)
    if not good or found[0] == found[1]:
        raise UsageError(
            f"a plane is two different coordinates of {', '.join(names)}, such as {names[0]},{names[-1]}, "
            f"not {plane!r:.40}"
        )
    return int(found[0]), int(found[1])


def _origin(landscape: Landscape, origin: Any) -> Array:
    try:
        point = np.array(landscape.start if origin is None else origin, dtype=float)
    except (TypeError, ValueError):
        point = np.empty(0)
    if point.shape != (landscape.dim,) or not np.isfinite(point).all():
        raise UsageError(
            f"the origin of a plane is a point of {landscape.name}, {landscape.dim} finite numbers, "
            f"not {origin!r:.40}"
        )
    return point


def _window(landscape: Landscape, view: Any, plane: tuple[int, int]) -> Any:
    """Return the two intervals of a view that names those of the plane, or of all coordinates."""
    given: Sequence[Any] = landscape.view if view is None else tuple(view)
    if len(given) == landscape.dim:
        given = [given[k] for k in plane]
    if len(given) != 2:
        raise UsageError(f"a view is two intervals, those of the plane: {len(given)} were given")
    for pair in given:
        lo, hi = (float(a) for a in pair)
        if not (np.isfinite([lo, hi]).all() and lo < hi):
            raise UsageError(f"the view's interval {lo:g}:{hi:g} must run from a smaller to a larger number")
    return tuple((float(lo), float(hi)) for lo, hi in given)


def _counts(resolution: Any) -> tuple[int, int]:
    """Return (nx, ny) of N or (nx, ny)."""
    pair = (resolution, resolution) if isinstance(resolution, int | np.integer) else tuple(resolution)
    good = len(pair) == 2 and all(
        isinstance(n, int | np.integer) and not isinstance(n, bool) and n > 0 for n in pair
    )
    if not good:
        raise UsageError(f"a resolution is pixels along x and y, 256 or (256, 128), not {resolution!r:.40}")
    return int(pair[0]), int(pair[1])
