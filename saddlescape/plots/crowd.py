"""A run of many trajectories: thin lines of some, the start of every one, coloured by where it ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgba_array
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from saddlescape.plots import style, words
from saddlescape.results import Run

Array = np.ndarray[Any, np.dtype[np.float64]]
#: most lines of a crowd that are drawn, and most points on each
CROWD, POINTS = 900, 200
#: from so many starts on they are drawn without gaps
MANY = 5000


def crowd(
    ax: Axes, low: Array, width: Array, run: Run
) -> tuple[LineCollection, PathCollection | AxesImage, Line2D]:
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
    starts = _starts(ax, run.x[:, 0], palette[which])
    ends = run.final[np.all(np.isfinite(run.final), axis=1)]
    faint = float(np.clip(600 / n, 0.04, 0.6))
    (dots,) = ax.plot(
        *ends.T, "o", color=style.ink(), markersize=1.2, markeredgewidth=0, alpha=faint, zorder=3.2
    )
    for drawn in (lines, starts, dots):
        drawn.set_rasterized(True)
    return lines, starts, dots


def _starts(ax: Axes, at: Array, colours: Array) -> PathCollection | AxesImage:
    """Draw the starts ``at`` (n, 2) as squares; as the pixels of an image where they are many and fill a lattice."""
    n = len(at)
    if n >= MANY and (image := _lattice(at, colours)) is not None:
        pixels, extent = image
        drawn = AxesImage(ax, extent=extent, origin="lower", interpolation="nearest", alpha=0.8, zorder=3)
        drawn.set_data(pixels)
        ax.add_image(drawn)
        drawn.set_clip_path(ax.patch)
        return drawn
    box = ax.get_window_extent()
    side = (
        72 / ax.figure.dpi * float(np.sqrt(box.width * box.height / n))
    )  # between starts that fill the view
    area = float(np.clip((0.45 if n < MANY else 0.75) * side, 0.3, 3)) ** 2
    return ax.scatter(
        at[:, 0], at[:, 1], s=area, c=colours, linewidths=0, marker="s", alpha=0.9, zorder=3, snap=False
    )


def _lattice(at: Array, colours: Array) -> tuple[Array, tuple[float, float, float, float]] | None:
    """Return an image with a pixel for every start, and the box it fills; None where they are no even lattice."""
    (xs, i), (ys, j) = (np.unique(column, return_inverse=True) for column in at.T)
    if len(xs) * len(ys) != len(at) or min(len(xs), len(ys)) < 2:
        return None
    steps = [(line[-1] - line[0]) / (len(line) - 1) for line in (xs, ys)]
    even = all(
        np.allclose(np.diff(line), step, rtol=1e-6) for line, step in zip((xs, ys), steps, strict=True)
    )
    pixels = np.full((len(ys), len(xs), 4), np.nan)
    pixels[j, i] = colours
    if not even or np.isnan(pixels).any():
        return None
    (a, b), (c, d) = (
        (line[0] - step / 2, line[-1] + step / 2) for line, step in zip((xs, ys), steps, strict=True)
    )
    return pixels, (float(a), float(b), float(c), float(d))
