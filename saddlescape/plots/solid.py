"""The surface as a body: what it hides from the eye, and how it is lit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from saddlescape.results import Background

Array = np.ndarray[Any, np.dtype[np.float64]]
#: steps of the look from a point to the eye
STEPS = 160
#: what is deeper than this part of the height below the surface is hidden
DEEP = 0.02


@dataclass(frozen=True, eq=False)
class Solid:
    """Heights (ny, nx) over the axes of a landscape, looked at from ``eye`` (degrees up, degrees around), by parallel
    rays. ``low`` and ``high`` are the ends of the z axis."""

    axes: tuple[Array, Array]
    heights: Array
    low: float
    high: float
    eye: tuple[float, float]

    #: sides of the box that is drawn
    BOX: ClassVar[tuple[float, float, float]] = (1.15, 1.15, 0.8)

    @classmethod
    def of(
        cls,
        background: Background,
        lift: Callable[[Any], Array],
        eye: tuple[float, float],
        ground: float | None,
    ) -> Solid:
        """Return the body of a landscape lifted by ``lift``, from ``ground`` on, or from its least height."""
        heights = np.asarray(lift(background.loss), dtype=float)
        gx, gy = background.axes
        low = float(np.nanmin(heights)) if ground is None else ground
        return cls((gx, gy), heights, low, float(np.nanmax(heights)), eye)

    @property
    def bump(self) -> float:
        """How far above the surface lines lie."""
        return 0.008 * self._tall

    @property
    def _tall(self) -> float:
        return (self.high - self.low) or 1.0

    def holds(self, x: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return which places (n, 2) lie over the axes."""
        found = np.ones(len(x), dtype=bool)
        for k, axis in enumerate(self.axes):
            found &= (x[:, k] >= axis[0]) & (x[:, k] <= axis[-1])
        return found

    def hides(self, points: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return which points (n, 3) the surface stands before."""
        up, around = np.radians(self.eye)
        toward = np.array([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)])
        wide = [float(axis[-1] - axis[0]) for axis in self.axes]
        step = toward * np.array([*wide, self._tall]) / np.array(self.BOX)
        s = np.linspace(0, 2.0, STEPS)[1:]
        ray = points[:, None, :] + s[:, None] * step
        found = np.any(self._at(ray[..., 0], ray[..., 1]) > ray[..., 2] + DEEP * self._tall, axis=1)
        return np.asarray(found & np.isfinite(points[:, 2]))

    def _at(self, x: Array, y: Array) -> Array:
        """Return the height over places, by bilinear interpolation; −∞ beside the surface."""
        parts, inside = [], np.ones(x.shape, dtype=bool)
        for value, axis in ((x, self.axes[0]), (y, self.axes[1])):
            place = (value - axis[0]) / (axis[-1] - axis[0]) * (len(axis) - 1)
            inside &= (place >= 0) & (place <= len(axis) - 1)  # NaN is outside
            place = np.where(inside, place, 0.0)
            k = np.minimum(place.astype(int), len(axis) - 2)
            parts.append((k, place - k))
        (i, a), (j, b) = parts
        z = self.heights
        found = (1 - b) * ((1 - a) * z[j, i] + a * z[j, i + 1]) + b * (
            (1 - a) * z[j + 1, i] + a * z[j + 1, i + 1]
        )
        return np.where(inside, found, -np.inf)

    def light(self) -> Array:
        """Return how bright every place is, 0.74 to 1.06, lit from the left of the eye and above."""
        dy, dx = np.gradient(self.heights * (self.BOX[2] / self._tall))
        (gx, gy), (wide, deep, _) = self.axes, self.BOX
        dx, dy = dx * (len(gx) - 1) / wide, dy * (len(gy) - 1) / deep
        up, around = np.radians(52.0), np.radians(self.eye[1] - 55.0)
        lamp = np.array([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)])
        bright = (lamp[2] - lamp[0] * dx - lamp[1] * dy) / np.sqrt(1 + dx * dx + dy * dy)
        return np.asarray(0.74 + 0.32 * np.clip(bright, 0, 1))
