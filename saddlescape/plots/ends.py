"""The end of a trajectory: a marker that says what became of it, or where it leaves the view."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from saddlescape.plots import style

Array = np.ndarray[Any, np.dtype[np.float64]]
#: rings nearer than this, in fractions of the view, are drawn around each other
TOGETHER = 0.02


def view_of(ax: Axes) -> tuple[Array, Array]:
    """Return the lower corner and the widths of what the axis shows."""
    box = np.array([sorted(ax.get_xlim()), sorted(ax.get_ylim())])
    return box[:, 0], box[:, 1] - box[:, 0]


def start(ax: Axes, at: Array, size: float) -> Line2D:
    """Mark a start, ``at`` of shape (2,), with +."""
    (mark,) = ax.plot(
        *at[:, None], "+", color=style.ink(), markersize=7.5 * size, markeredgewidth=1.5 * size, zorder=6
    )
    return mark


def beads(ax: Axes, points: Array, colour: str, size: float, level: float) -> Line2D:
    """Draw ``points`` (m, 2) as dots with a thin rim in the colour of the page, which keeps them distinct."""
    rim = style.paper()
    (dots,) = ax.plot(
        *points.T,
        "o",
        color=colour,
        markersize=size,
        markeredgecolor=rim,
        markeredgewidth=0.15 * size,
        zorder=level,
    )
    return dots


def ring(ax: Axes, at: Array, colour: str, size: float, around: int = 0) -> list[Line2D]:
    """Draw a ring with a rim around a point that is caught, and ``around`` so many rings; what it surrounds
    stays visible.
    """
    wide = (9 + 4.6 * around) * size
    return [
        ax.plot(*at[:, None], "o", mfc="none", mec=hue, ms=wide, mew=width * size, zorder=7)[0]
        for hue, width in ((style.paper(), 2.9), (colour, 1.7))
    ]


def end(ax: Axes, path: Array, status: str, colour: str, size: float, taken: list[Array]) -> list[Line2D]:
    """Mark the end by its status, or the place on the border where the path leaves the view for good.

    ``taken`` are the places of the rings drawn before, in fractions of the view: a ring at one of them goes
    around those that are there. The new one is added.
    """
    low, width = view_of(ax)
    finite = path[np.all(np.isfinite(path), axis=1)]
    unit = (finite - low) / width
    seen = np.flatnonzero(np.all((unit >= 0) & (unit <= 1), axis=1))
    if len(seen) == 0:
        return []
    last, at = int(seen[-1]), finite[-1]
    marker: Any = {"converged": "o", "cycling": "h"}.get(status, "X")
    big = 5.4 * size
    if last < len(finite) - 1:
        place, angle = leaving(unit[last], unit[last + 1], ax)
        at, marker, big = low + width * place, (3, 0, angle), 6 * size
    elif status == "trapped":
        around = sum(bool(np.hypot(*(unit[last] - place)) < TOGETHER) for place in taken)
        taken.append(unit[last])
        return ring(ax, at, colour, size, around)
    elif status == "moving":
        back = unit[max(last - max(len(unit) // 50, 1), 0)]
        marker, big = (3, 0, leaving(back, unit[last] + 1e-12, ax)[1]), 6 * size
    look: dict[str, Any] = {"marker": marker, "ms": big, "mec": style.paper(), "mew": 0.5, "clip_on": False}
    return ax.plot(*at[:, None], color=colour, linestyle="none", zorder=7, **look)


def leaving(inside: Array, outside: Array, ax: Axes) -> tuple[Array, float]:
    """Return where the segment crosses the border of the unit square, and the angle (degrees) a marker △
    turns to follow it.
    """
    step = outside - inside
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.where(step > 0, (1 - inside) / step, np.where(step < 0, -inside / step, np.inf))
    box = ax.get_window_extent()
    angle = float(np.degrees(np.arctan2(step[1] * box.height, step[0] * box.width))) - 90
    return inside + step * min(1.0, float(np.min(reach))), angle
