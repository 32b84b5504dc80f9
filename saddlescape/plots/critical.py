"""Critical points on a picture: ▼ minimum, ✕ saddle with its stable and unstable directions, ▲ maximum, ◇
degenerate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from saddlescape.plots import style
from saddlescape.results import CriticalPoint


def key(kind: str, size: float = 6.5) -> Line2D:
    """Return the legend entry of a kind of critical point (drawn nowhere)."""
    if kind == "continuum":
        return Line2D([], [], label="curve of minima", **curve())
    return Line2D([], [], linestyle="none", label=kind, **look(kind, size))


def curve() -> dict[str, Any]:
    """Return the look of a curve of minima as keywords of a line."""
    return {"color": style.ink(), "linestyle": (0, (3, 1.5)), "linewidth": 1.2}


def look(kind: str, size: float) -> dict[str, Any]:
    """Return the marker of a kind of critical point as keywords of a line."""
    hollow = kind in ("degenerate", "cone")
    return {
        "marker": style.MARKERS.get(kind, "o"),
        "markersize": size,
        "markerfacecolor": style.paper() if hollow else style.ink(),
        "markeredgecolor": style.ink() if hollow else style.paper(),
        "markeredgewidth": 0.8,
    }


def inside(points: Sequence[CriticalPoint], view: Sequence[tuple[float, float]]) -> list[CriticalPoint]:
    """Return the points that lie in the view, or of which a sample does."""
    box = np.array(view)

    def seen(point: CriticalPoint) -> bool:
        at = point.x[None] if point.samples is None else point.samples
        return bool(np.any(np.all((at >= box[:, 0]) & (at <= box[:, 1]), axis=1)))

    return [point for point in points if seen(point)]


def mark(
    ax: Axes, points: Sequence[CriticalPoint], view: Sequence[tuple[float, float]], size: float | None = None
) -> list[Line2D]:
    """Draw the critical points in the two-dimensional ``view``; return one line (a marker, or a curve) per
    point.
    """
    drawn = []
    arms = []
    size = size or 6.5 / 9.5 * float(matplotlib.rcParams["font.size"])
    for point in inside(points, view):
        if point.kind == "continuum" and point.samples is not None:
            (line,) = ax.plot(*point.samples.T, zorder=5, **curve())
        else:
            (line,) = ax.plot(*point.x[:, None], linestyle="none", zorder=5, **look(point.kind, size))
            arms += _arms(point, view)
        line.set_gid(f"critical-{point.id}")
        drawn.append(line)
    if arms:
        looks = [("-" if stable else (0, (1.5, 1.2))) for stable, _ in arms]
        segments = [segment for _, segment in arms]
        ax.add_collection(
            LineCollection(segments, colors=style.ink(), linestyles=looks, linewidths=0.9, zorder=4.5),
            autolim=False,
        )
    return drawn


def _arms(point: CriticalPoint, view: Sequence[tuple[float, float]]) -> list[tuple[bool, np.ndarray]]:
    """Return the short segments of a saddle: (stable?, its two ends), stable where the eigenvalue is
    positive.
    """
    if point.kind != "saddle" or point.eigenvectors.size == 0:
        return []
    widths = np.array([hi - lo for lo, hi in view])
    arms = []
    for value, vector in zip(point.eigenvalues, point.eigenvectors.T, strict=True):
        reach = 0.065 * vector / np.linalg.norm(vector / widths)
        arms.append((bool(value > 0), np.array([point.x - reach, point.x + reach])))
    return arms
