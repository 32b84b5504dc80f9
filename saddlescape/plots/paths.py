"""Trajectories on a landscape of two coordinates: iterates as dots on a thin line, flows and SDEs as smooth
lines.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from saddlescape.errors import UsageError
from saddlescape.plots import ends, style, words
from saddlescape.plots.crowd import crowd, named
from saddlescape.plots.ends import view_of
from saddlescape.results import Run

Array = np.ndarray[Any, np.dtype[np.float64]]

#: more trajectories than this are drawn as one collection, coloured by where they end
FEW = 20
#: most dots on one path, and how far apart they stay, in fractions of the view
DOTS, APART = 150, 0.017


@dataclass
class Trajectories:
    """What ``trajectories`` drew: lines through all records, dots, starts, ends; for a crowd collections
    instead. ``rings`` are the places of rings in fractions of the view.
    """

    axes: Axes
    lines: list[Line2D] = field(default_factory=list)
    dots: list[Line2D] = field(default_factory=list)
    starts: list[Line2D] = field(default_factory=list)
    ends: list[Line2D] = field(default_factory=list)
    crowds: list[LineCollection] = field(default_factory=list)
    places: list[PathCollection | AxesImage] = field(default_factory=list)
    thinned: bool = False
    rings: list[Array] = field(default_factory=list)

    @property
    def artists(self) -> list[Artist]:
        """Everything drawn."""
        return [*self.lines, *self.dots, *self.starts, *self.ends, *self.crowds, *self.places]


def as_runs(result: Run | Sequence[Run]) -> tuple[Run, ...]:
    """Return one run or several as a tuple."""
    return (result,) if isinstance(result, Run) else tuple(result)


def trajectories(
    result: Run | Sequence[Run],
    ax: Axes | None = None,
    *,
    baseline: int | None = None,
    colours: Sequence[str] | None = None,
    own: Collection[int] | None = None,
) -> Trajectories:
    """Draw the trajectories of one or several runs of two coordinates on ``ax``; the window does not change.

    Start +, end by status: ● converged, ring around the critical point trapped (rings
    around each other where several are), ⬡ cycling, ▸ moving, a
    triangle on the border where a path leaves the view, × diverged or left. ``baseline`` is the place of the
    run drawn faintly. A run of more than 20 trajectories becomes thin lines and starts coloured by where they
    end; ``own`` are the ids of the critical points that have a colour of their own there (None: those with
    the largest shares).
    """
    runs = as_runs(result)
    if any(run.x.shape[2] != 2 for run in runs):
        raise UsageError("trajectories on a plane need two coordinates; use lines (1) or plane (more)")
    if ax is None:
        ax = style.new_axes()
        view = runs[0].background.view
        ax.set(xlim=view[0], ylim=view[1])
    ax.autoscale(False)
    colours = style.run_colours(runs, colours, baseline)
    drawn = Trajectories(ax)
    for i, run in enumerate(runs):
        if len(run.x) > FEW:
            own = named([each for each in runs if len(each.x) > FEW]) if own is None else own
            lines, starts, dots = crowd(ax, *view_of(ax), run, own)
            drawn.crowds.append(lines)
            drawn.places += starts
            drawn.ends.append(dots)
            continue
        faint = baseline == i and len(runs) > 1
        for k, path in enumerate(run.x):
            _one(drawn, run, k, path, colours[i], faint)
    return drawn


def thin(
    path: Array, low: Array, width: Array, most: int = DOTS, apart: float = APART
) -> np.ndarray[Any, Any]:
    """Return the records inside the view to draw as dots: each ``apart`` from both dots before it, at most
    ``most``.

    Looking two back keeps both sides of a 2-cycle and lets no hovering path smear. If there are still too
    many, a stride thins them, an odd one, which keeps both sides too.
    """
    unit = (path - low) / width
    inside = np.flatnonzero(np.all((unit >= 0) & (unit <= 1), axis=1))
    kept = [int(k) for k in inside[:1]]
    place, block = 1, 64
    while place < len(inside) and len(kept) < 20 * most:
        near = unit[inside[place : place + block]]
        free = np.ones(len(near), dtype=bool)
        for k in kept[-2:]:
            free &= np.hypot(*(near - unit[k]).T) >= apart
        first = int(np.argmax(free))
        if free[first]:
            kept.append(int(inside[place + first]))
            place, block = place + first + 1, 64
        else:
            place, block = place + block, min(4 * block, 65536)
    stride = -(-len(kept) // most)
    return np.array(kept[:: stride + 1 - stride % 2 if stride else 1], dtype=int)


def _one(drawn: Trajectories, run: Run, k: int, path: Array, colour: str, faint: bool) -> None:
    ax, size = drawn.axes, float(matplotlib.rcParams["lines.linewidth"])
    discrete = words.is_map(run)
    level = 2.5 if faint else 3.0
    thick, alpha = (0.8 * size, 0.75) if discrete else (1.5 * size, 0.95)
    (line,) = ax.plot(*path.T, "-", color=colour, linewidth=thick, alpha=alpha, zorder=level)
    drawn.lines.append(line)
    if discrete:
        kept = thin(path, *view_of(ax))
        drawn.dots.append(ends.beads(ax, path[kept], colour, (2.2 if faint else 2.9) * size, level + 0.2))
        drawn.thinned = drawn.thinned or len(kept) < len(path)
    drawn.starts.append(ends.start(ax, path[0], size))
    drawn.ends += ends.end(ax, path, str(run.status[k]), colour, size, drawn.rings)
