"""The landscape as a surface in three dimensions, with trajectories on it; what lies behind a hill is drawn faintly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from saddlescape.errors import UsageError
from saddlescape.plots import critical, style, words
from saddlescape.plots.background import Height, refuse_unless
from saddlescape.plots.paths import as_runs
from saddlescape.plots.solid import Solid
from saddlescape.results import Background, Run

Array = np.ndarray[Any, np.dtype[np.float64]]
#: most grid lines of the surface per axis, most trajectories of one run that are drawn, most records of all of them
GRID, MOST, RECORDS = 120, 50, 10_000
#: how faint a path is behind a hill
BEHIND = 0.28


@dataclass(frozen=True)
class Surface:
    """What ``surface`` drew: the surface, and one line per trajectory in the view (its parts behind a hill are drawn
    faintly beside it); ``height`` None means plain loss.
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
    ax = ax if ax is not None else style.new_axes(5.2, 4.2, projection="3d")
    shown = Height.of(background)
    lift: Callable[[Any], Array] = shown if height == "log" else np.asarray
    solid = Solid.of(background, lift, view, 0.0 if height == "log" else None)
    body = _body(ax, background, solid, shown)
    colours = style.run_colours(runs, None, baseline)
    lines = [
        line
        for run, colour in zip(runs, colours, strict=True)
        for line in _paths(ax, run, colour, lift, solid)
    ]
    _points(ax, background, lift, solid)
    _dress(ax, background, solid, shown if height == "log" else None)
    ax.set_proj_type("ortho")
    ax.view_init(*view)
    ax.set_box_aspect(Solid.BOX, zoom=1.0)
    return Surface(ax, body, tuple(lines), shown if height == "log" else None)


def _body(ax: Any, background: Background, solid: Solid, shown: Height) -> Any:
    """Draw the surface on a grid thin enough to turn, lit from the side, in the shades of the picture from above."""
    gx, gy = background.axes
    i, j = (np.unique(np.linspace(0, len(axis) - 1, GRID).astype(int)) for axis in (gx, gy))
    x, y = np.meshgrid(gx[i], gy[j])
    z, tone = solid.heights[np.ix_(j, i)], shown(background.loss[np.ix_(j, i)])
    colours = style.shade(style.is_dark())(tone / max(float(np.nanmax(tone)), 1e-12))
    light = solid.light()[np.ix_(j, i)]
    colours[..., :3] = np.clip(colours[..., :3] * (1.45 if style.is_dark() else 1.0) * light[..., None], 0, 1)
    ax.computed_zorder = False
    look = {"rstride": 1, "cstride": 1, "linewidth": 0, "antialiased": False, "shade": False, "zorder": 1}
    return ax.plot_surface(x, y, z, facecolors=colours, **look)


def _points(ax: Any, background: Background, lift: Callable[[Any], Array], solid: Solid) -> None:
    """Mark the critical points, faintly those behind a hill."""
    for point in critical.inside(background.points, background.view):
        place = np.array([*point.x, float(lift(point.loss)) + solid.bump])
        faint = BEHIND if solid.hides(place[None])[0] else 1.0
        ax.plot(*place[:, None], linestyle="none", zorder=5, alpha=faint, **critical.look(point.kind, 6.0))


def _paths(ax: Any, run: Run, colour: str, lift: Callable[[Any], Array], solid: Solid) -> list[Any]:
    thick = float(matplotlib.rcParams["lines.linewidth"])
    drawn = []
    some = words.spread(run.x.shape[1], RECORDS // min(len(run.x), MOST))
    for path, loss in zip(run.x[:MOST, some], run.loss[:MOST, some], strict=True):
        points = np.column_stack([path, lift(loss) + solid.bump])
        points[~solid.holds(path)] = np.nan
        hidden = solid.hides(points)
        seen, rest = points.copy(), points.copy()
        seen[hidden] = np.nan
        rest[~(hidden | np.roll(hidden, 1) | np.roll(hidden, -1))] = np.nan  # joined to what is seen
        ax.plot(*rest.T, "-", color=colour, linewidth=thick, alpha=BEHIND, zorder=3.8)
        drawn += ax.plot(*seen.T, "-", color=colour, linewidth=1.5 * thick, zorder=4)
        _start_and_end(ax, points, hidden, colour, thick)
    return drawn


def _start_and_end(ax: Any, points: Array, hidden: np.ndarray[Any, Any], colour: str, thick: float) -> None:
    cross = {"markersize": 7 * thick, "markeredgewidth": 1.4 * thick, "zorder": 6}
    ax.plot(*points[:1].T, "+", color=style.ink(), alpha=BEHIND if hidden[0] else 1.0, **cross)
    there = np.flatnonzero(np.isfinite(points[:, 2]))[-1:]
    head = {"markersize": 5 * thick, "markeredgecolor": style.paper(), "markeredgewidth": 0.6, "zorder": 6}
    ax.plot(*points[there].T, "o", color=colour, alpha=BEHIND if hidden[there].any() else 1.0, **head)


def _dress(ax: Any, background: Background, solid: Solid, height: Height | None) -> None:
    """Label the axes; heights that are not losses get ticks at losses."""
    (x0, x1), (y0, y1) = background.view
    ax.set(xlim=(x0, x1), ylim=(y0, y1), zlim=(solid.low, solid.high), zlabel="loss f")
    ax.set_xlabel(words.coordinate(background.coordinates[0]), fontstyle="italic")
    ax.set_ylabel(words.coordinate(background.coordinates[1]), fontstyle="italic")
    faint = matplotlib.rcParams["grid.color"]
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.pane.set(facecolor=style.paper(), edgecolor=faint, alpha=1.0, linewidth=0.5)
        axis._axinfo["grid"].update(color=faint, linewidth=0.4)
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    if height is not None:
        ax.zaxis.set_major_locator(FixedLocator(np.linspace(solid.low, solid.high, 5).tolist()))
        ax.zaxis.set_major_formatter(
            FuncFormatter(lambda value, _: words.number(float(height.back(value)), 2))
        )
