"""The landscape as a surface in three dimensions, with trajectories on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

from saddlescape.errors import UsageError
from saddlescape.plots import critical, style, words
from saddlescape.plots.background import Height, refuse_unless
from saddlescape.plots.paths import as_runs
from saddlescape.results import Background, Run

Array = np.ndarray[Any, np.dtype[np.float64]]
#: most grid lines of the surface per axis, and most trajectories of one run that are drawn
GRID, MOST = 70, 50


@dataclass(frozen=True)
class Surface:
    """What ``surface`` drew: the surface, and one line per trajectory in the view; ``height`` None means
    plain loss.
    """

    axes: Axes
    surface: Any
    lines: tuple[Any, ...]
    height: Height | None


def surface(
    result: Background | Run | Sequence[Run],
    ax: Any = None,
    *,
    height: str = "log",
    baseline: int | None = None,
    view: tuple[float, float] = (38.0, -120.0),
) -> Surface:
    """Draw the loss of two coordinates as a surface, with the trajectories of the runs on it.

    ``height="log"`` lifts by asinh((f − f_min)/s), ticks in original units; "linear" by the loss. ``view`` is
    the elevation and azimuth of the eye in degrees. Records outside the view are left out.
    """
    runs = () if isinstance(result, Background) else as_runs(result)
    background = result if isinstance(result, Background) else runs[0].background
    refuse_unless(background, 2, "surfaces")
    if height not in ("log", "linear"):
        raise UsageError(f"height is log or linear, not '{height}'")
    ax = ax if ax is not None else style.new_axes(5.2, 4.4, projection="3d")
    shown = Height.of(background)
    lift = shown if height == "log" else np.asarray
    body, z = _body(ax, background, lift, shown)
    colours = style.run_colours(runs, None, baseline)
    bump = 0.012 * float(np.ptp(z))
    lines = [
        line
        for run, colour in zip(runs, colours, strict=True)
        for line in _paths(ax, run, colour, lift, bump, background)
    ]
    _points(ax, background, lift, bump)
    _dress(ax, background, z, shown if height == "log" else None)
    ax.view_init(*view)
    ax.set_box_aspect((1.15, 1.15, 0.85), zoom=0.96)
    return Surface(ax, body, tuple(lines), shown if height == "log" else None)


def _body(ax: Any, background: Background, lift: Any, shown: Height) -> tuple[Any, Array]:
    """Draw the surface on a grid thin enough to turn; return it and its heights."""
    gx, gy = background.axes
    i, j = (slice(None, None, max(1, -(-len(axis) // GRID))) for axis in (gx, gy))
    x, y = np.meshgrid(gx[i], gy[j])
    z = lift(background.loss[j, i])
    ax.computed_zorder = False
    colours = _faces(shown(background.loss[j, i]))
    look = {"rstride": 1, "cstride": 1, "linewidth": 0, "antialiased": False, "shade": True, "zorder": 1}
    return ax.plot_surface(x, y, z, facecolors=colours, **look), z


def _points(ax: Any, background: Background, lift: Any, bump: float) -> None:
    for point in critical.inside(background.points, background.view):
        look = critical.look(point.kind, 6.0)
        ax.plot(*point.x[:, None], [float(lift(point.loss)) + bump], linestyle="none", zorder=5, **look)


def _faces(z: Array) -> Array:
    """Return the colour of every facet: the shade of the picture from above, a little stronger."""
    colours = style.shade(style.is_dark())(z / max(float(np.nanmax(z)), 1e-12))
    colours[..., :3] = np.clip(colours[..., :3] * (1.25 if style.is_dark() else 0.97), 0, 1)
    return np.asarray(colours)


def _paths(ax: Any, run: Run, colour: str, lift: Any, bump: float, background: Background) -> list[Any]:
    low, high = np.array(background.view).T
    thick = float(matplotlib.rcParams["lines.linewidth"])
    drawn = []
    for path, loss in zip(run.x[:MOST], run.loss[:MOST], strict=True):
        inside = np.all((path >= low) & (path <= high), axis=1)
        points = np.where(inside[:, None], np.column_stack([path, lift(loss) + bump]), np.nan)
        drawn += ax.plot(*points.T, "-", color=colour, linewidth=1.4 * thick, zorder=4)
        ax.plot(
            *points[:1].T, "+", color=style.ink(), markersize=7 * thick, markeredgewidth=1.4 * thick, zorder=6
        )
        last = points[inside][-1:]
        ax.plot(
            *last.T,
            "o",
            color=colour,
            markersize=4.5 * thick,
            markeredgecolor=style.paper(),
            markeredgewidth=0.6,
            zorder=6,
        )
    return drawn


def _dress(ax: Any, background: Background, z: Array, height: Height | None) -> None:
    """Label the axes; heights that are not losses get ticks at losses."""
    ax.set(xlim=background.view[0], ylim=background.view[1], zlabel="loss f")
    ax.set_xlabel(words.coordinate(background.coordinates[0]), fontstyle="italic")
    ax.set_ylabel(words.coordinate(background.coordinates[1]), fontstyle="italic")
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.pane.set(facecolor=style.paper(), edgecolor=style.baseline_colour(), alpha=1.0)
        axis._axinfo["grid"].update(color=matplotlib.rcParams["grid.color"], linewidth=0.4)
    if height is not None:
        ax.zaxis.set_major_locator(FixedLocator(np.linspace(0.0, float(np.nanmax(z)), 5).tolist()))
        ax.zaxis.set_major_formatter(
            FuncFormatter(lambda value, _: words.number(float(height.back(value)), 2))
        )
