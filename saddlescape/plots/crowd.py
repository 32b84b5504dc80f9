"""A run of many trajectories: thin lines of some, the start of every one, coloured by where it ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgba_array
from matplotlib.lines import Line2D

from saddlescape.plots import style, words
from saddlescape.results import Run

Array = np.ndarray[Any, np.dtype[np.float64]]
#: most lines of a crowd that are drawn, and most points on each
CROWD, POINTS = 900, 200


def crowd(ax: Axes, low: Array, width: Array, run: Run) -> tuple[LineCollection, PathCollection, Line2D]:
    """Draw many trajectories: thin lines of some, the start of every one, coloured by where it ends."""
    n = len(run.x)
    found, which = words.destinations(run)
    hues = style.end_colours(run.background.points)
    palette = to_rgba_array([style.end_colour(text, i, hues) for text, i, _ in found])
    chosen = np.unique(np.linspace(0, n - 1, min(n, CROWD)).astype(int))
    records = np.unique(np.linspace(0, run.x.shape[1] - 1, min(run.x.shape[1], POINTS)).astype(int))
    # what runs far off must not strain the painter
    near = np.clip(run.x[np.ix_(chosen, records)], low - 3 * width, low + 4 * width)
    alpha = float(np.clip(60 / len(chosen), 0.1, 0.5))
    lines = LineCollection(
        list(near), colors=palette[which[chosen]], linewidths=0.45, alpha=alpha, zorder=2.5
    )
    ax.add_collection(lines, autolim=False)
    box, (x, y) = ax.get_window_extent(), run.x[:, 0].T
    side = (
        72 / ax.figure.dpi * float(np.sqrt(box.width * box.height / n))
    )  # between starts that fill the view
    area = float(np.clip((0.45 if n < 5000 else 0.75) * side, 0.3, 3)) ** 2
    starts = ax.scatter(
        x, y, s=area, c=palette[which], linewidths=0, marker="s", alpha=0.9, zorder=3, snap=False
    )
    ends = run.final[np.all(np.isfinite(run.final), axis=1)]
    faint = float(np.clip(600 / n, 0.04, 0.6))
    (dots,) = ax.plot(
        *ends.T, "o", color=style.ink(), markersize=1.2, markeredgewidth=0, alpha=faint, zorder=3.2
    )
    for drawn in (lines, starts, dots):
        drawn.set_rasterized(True)
    return lines, starts, dots
