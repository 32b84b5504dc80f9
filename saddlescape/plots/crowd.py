"""A run of many trajectories: thin lines of some, the start of every one, coloured by where it ends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgba_array
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from saddlescape.plots import style, words
from saddlescape.plots.words import spread
from saddlescape.results import Run

Array = np.ndarray[Any, np.dtype[np.float64]]
Box = tuple[float, float, float, float]
#: most points on each line of a crowd
POINTS = 200
#: from so many starts on they are drawn without gaps
MANY = 5000
#: least part of the starts on a lattice for it to be drawn as an image
MOSTLY = 0.9


def crowd(
    ax: Axes, low: Array, width: Array, run: Run, own: Collection[int] | None = None
) -> tuple[LineCollection, list[PathCollection | AxesImage], Line2D]:
    """Draw many trajectories: thin lines of some, the start of every one, coloured by where it ends.

    ``own`` are the ids of the critical points with a colour of their own, None for those that are ``named``.
    """
    colours = end_colours(run, own)
    chosen, records = words.shown(run), spread(run.x.shape[1], POINTS)
    # what runs far off must not strain the painter
    near = np.clip(run.x[np.ix_(chosen, records)], low - 3 * width, low + 4 * width)
    lines = bundle(ax, near, colours[chosen])
    starts = _starts(ax, run.x[:, 0], colours)
    dots = finals(ax, run.final)
    for drawn in (*starts, dots):
        drawn.set_rasterized(True)
    return lines, starts, dots


def on_curve(ax: Axes, run: Run, own: Collection[int]) -> tuple[PathCollection, Line2D]:
    """Draw the starts of a run of one coordinate on the curve of the loss, coloured by where they end, and
    the ends.
    """
    start, end = (np.stack([run.x[:, k, 0], run.loss[:, k]], axis=1) for k in (0, -1))
    box = ax.get_window_extent()
    side = float(np.clip(0.5 * 72 / ax.figure.dpi * box.width / len(start), 3, 5.5))
    look: dict[str, Any] = {"linewidths": 0, "marker": "s", "zorder": 2.8, "snap": False}
    starts = ax.scatter(start[:, 0], start[:, 1], s=side**2, c=end_colours(run, own), **look)
    dots = finals(ax, end)
    for drawn in (starts, dots):
        drawn.set_rasterized(True)
    return starts, dots


def in_time(ax: Axes, run: Run, t: Array, view: tuple[float, float], own: Collection[int]) -> LineCollection:
    """Draw some trajectories of one coordinate against the times ``t`` (n, records), coloured by where they
    end.
    """
    chosen, width = words.shown(run), view[1] - view[0]
    near = np.clip(run.x[chosen, :, 0], view[0] - 3 * width, view[1] + 3 * width)
    return bundle(ax, np.stack([near, t[chosen]], axis=2), end_colours(run, own)[chosen])


def named(runs: Sequence[Run]) -> frozenset[int]:
    """Return the ids of the critical points a legend names: of those with one colour, the one with the largest
    share in any run.
    """
    hues = style.end_colours(runs[0].background.points)
    shares: dict[int, float] = {}
    for run in runs:
        for _, k, part in words.destinations(run)[0]:
            if k is not None:
                shares[k] = max(part, shares.get(k, 0.0))
    rising = sorted(shares, key=lambda k: (shares[k], -k))
    return frozenset({hues[k]: k for k in rising if k in hues}.values())


def end_colours(run: Run, own: Collection[int] | None = None) -> Array:
    """Return the colour (n, 4) of every trajectory: of where it ends. ``own`` as in ``crowd``."""
    found, which = words.destinations(run, named([run]) if own is None else own)
    hues = style.end_colours(run.background.points)
    return np.asarray(to_rgba_array([style.end_colour(text, i, hues) for text, i, _ in found])[which])


def bundle(ax: Axes, paths: Array, colours: Array) -> LineCollection:
    """Draw ``paths`` (m, records, 2) as thin lines, fainter the more they are."""
    alpha = float(np.clip(60 / len(paths), 0.1, 0.5))
    lines = LineCollection(list(paths), colors=colours, linewidths=0.45, alpha=alpha, zorder=2.5)
    lines.set_rasterized(True)
    ax.add_collection(lines, autolim=False)
    return lines


def finals(ax: Axes, at: Array) -> Line2D:
    """Draw the ends ``at`` (n, 2) as small dots, fainter and smaller the more they are."""
    ends = at[np.all(np.isfinite(at), axis=1)]
    few = float(np.clip((100 / max(len(at), 1)) ** 0.5, 0.1, 1.0))
    look: dict[str, Any] = {"markersize": 0.8 + 1.6 * few, "alpha": 0.05 + 0.75 * few}
    (dots,) = ax.plot(*ends.T, "o", color=style.ink(), markeredgewidth=0, zorder=3.2, **look)
    return dots


def _starts(ax: Axes, at: Array, colours: Array) -> list[PathCollection | AxesImage]:
    """Draw the starts ``at`` (n, 2) as squares; as the pixels of an image where they are many and fill a
    lattice, with squares for those beside it.
    """
    lattice = _lattice(at, colours) if len(at) >= MANY else None
    if lattice is None:
        return [_squares(ax, at, colours, len(at))]
    pixels, extent, on = lattice
    drawn = AxesImage(ax, extent=extent, origin="lower", interpolation="nearest", alpha=0.8, zorder=3)
    drawn.set_data(pixels)
    ax.add_image(drawn)
    drawn.set_clip_path(ax.patch)
    return [drawn] if on.all() else [drawn, _squares(ax, at[~on], colours[~on], len(at))]


def _squares(ax: Axes, at: Array, colours: Array, n: int) -> PathCollection:
    """Draw starts as squares, as large as ``n`` of them in the view may be."""
    box = ax.get_window_extent()
    side = (
        72 / ax.figure.dpi * float(np.sqrt(box.width * box.height / n))
    )  # between starts that fill the view
    area = float(np.clip((0.45 if n < MANY else 0.75) * side, 0.3, 3)) ** 2
    look: dict[str, Any] = {"linewidths": 0, "marker": "s", "alpha": 0.9, "zorder": 3, "snap": False}
    return ax.scatter(at[:, 0], at[:, 1], s=area, c=colours, **look)


def _lattice(at: Array, colours: Array) -> tuple[Array, Box, np.ndarray[Any, np.dtype[np.bool_]]] | None:
    """Return an image with a pixel for every place of an even lattice, the box it fills, and which starts
    are on it; None where fewer than ``MOSTLY`` are, or a place of it is empty.

    Starts that share a place (repeated with other noise) share its pixel: their colours are averaged.
    """
    lines, on = [], np.ones(len(at), dtype=bool)
    for column in at.T:
        values, counts = np.unique(column, return_counts=True)
        lines.append(values[2 * counts >= np.median(counts[counts > 1])] if counts.max() > 1 else values)
        on &= np.isin(column, lines[-1])
    xs, ys = lines
    if on.mean() < MOSTLY or min(len(xs), len(ys)) < 2 or len(xs) * len(ys) > on.sum():
        return None
    steps = [(line[-1] - line[0]) / (len(line) - 1) for line in lines]
    even = all(np.allclose(np.diff(line), step, rtol=1e-6) for line, step in zip(lines, steps, strict=True))
    where = np.searchsorted(ys, at[on, 1]), np.searchsorted(xs, at[on, 0])
    pixels, times = np.zeros((len(ys), len(xs), 4)), np.zeros((len(ys), len(xs), 1))
    np.add.at(pixels, where, colours[on])
    np.add.at(times, where, 1)
    if not even or not times.all():
        return None
    (a, b), (c, d) = (
        (line[0] - step / 2, line[-1] + step / 2) for line, step in zip(lines, steps, strict=True)
    )
    return pixels / times, (float(a), float(b), float(c), float(d)), on
