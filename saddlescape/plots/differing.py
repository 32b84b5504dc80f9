"""Where two methods disagree: filled with the hue of where the second ends, striped with that of the first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

from saddlescape.answers.disagreement import GONE, UNKNOWN, Disagreement
from saddlescape.plots import basin_legend, style
from saddlescape.plots.basin_ends import End, end_of, percent, short
from saddlescape.plots.basin_legend import Swatch
from saddlescape.plots.basin_map import frame, lines, mark_points, picture, striped
from saddlescape.plots.basin_shades import Pixels

#: distance of the stripes in points, their width as a part of it, and their slope
STRIPES = (4.6, 0.36, 1.0)
#: part of the hue that is left where both agree
AGREED = {False: 0.16, True: 0.3}  # by whether the page is dark
#: part of the grey of what is unknown
UNSEEN = 0.55
#: most kinds of disagreement that the legend names
MOST = 8
#: least share of those
LEAST = 5e-4


@dataclass(frozen=True)
class Differing:
    """What ``disagreement`` drew: the image, the stripes (None where nothing differs), critical points and legend."""

    axes: Axes
    image: AxesImage
    stripes: AxesImage | None
    points: tuple[Line2D, ...]
    legend: Legend | None


def disagreement(
    result: Disagreement,
    ax: Axes | None = None,
    *,
    own: Collection[int] | None = None,
    levels: int = 10,
    legend: bool = True,
) -> Differing:
    """Draw where two methods end at different places: filled with where the second ends, striped with the first.

    Faint hues are agreement, grey is unknown: the end of one of them, or of both. ``own`` are the ids of critical points
    with a colour of their own (all by default), ``levels`` the number of faint contour lines.
    """
    ax = ax or style.new_axes(4.6, 5.2)
    ids = sorted({int(k) for each in (result.first, result.second) for k in np.unique(each)})
    ends = {k: _end(result, k, own) for k in ids}
    hues = {k: np.array(to_rgb(end.colour)) for k, end in ends.items()}
    box = frame(result.axes)
    image = picture(ax, _filled(result, hues), box)
    stripes = striped(ax, _first(result, hues), box, STRIPES) if result.differ.any() else None
    lines(
        ax,
        result.background,
        result.plane,
        result.origin,
        box,
        levels,
        "#ffffff" if style.is_dark() else "#2f4858",
    )
    points = mark_points(ax, result.background, result.plane, result.origin, box)
    return Differing(ax, image, stripes, points, _legend(ax, result, ends) if legend else None)


def _end(result: Disagreement, k: int, own: Collection[int] | None) -> End:
    end = end_of({UNKNOWN: "moving", GONE: "left"}.get(k, f"converged:{k}"), result.background, own)
    return replace(end, text="left or diverged") if k == GONE else end


def _table(result: Disagreement, hues: dict[int, np.ndarray], which: np.ndarray) -> np.ndarray:
    """Return the hues of a map of ends, (ny, nx, 3)."""
    keys = np.array(sorted(hues))
    colours = np.stack([hues[int(k)] for k in keys]).astype(np.float32)
    return colours[np.searchsorted(keys, which)]


def _filled(result: Disagreement, hues: dict[int, np.ndarray]) -> Pixels:
    """Return the picture (ny, nx, 3) below the stripes."""
    page = np.array(to_rgb(style.paper()), dtype=np.float32)
    agreed = AGREED[style.is_dark()]
    second = _table(result, hues, result.second)
    pixels = np.where(result.differ[..., None], second, page + agreed * (second - page))
    grey = np.array(to_rgb(style.NOWHERE), dtype=np.float32)
    pixels = np.where(result.unknown[..., None], page + UNSEEN * (grey - page), pixels)
    return np.asarray((255 * pixels + 0.5).astype(np.uint8))


def _first(result: Disagreement, hues: dict[int, np.ndarray]) -> Pixels:
    """Return the picture (ny, nx, 4) seen through the stripes: the first method's hues, where the two differ."""
    pixels = np.zeros((*result.first.shape, 4), dtype=np.uint8)
    pixels[..., :3] = 255 * _table(result, hues, result.first) + 0.5
    pixels[..., 3] = np.where(result.differ, 255, 0)
    return pixels


def _legend(ax: Axes, result: Disagreement, ends: dict[int, End]) -> Legend:
    """Put the legend below: from which end to which, what is the same, what is unknown."""
    total, scene = result.unknown.size, result.background
    merged: dict[tuple[End, End], int] = {}
    for a, b, n in result.changes():
        merged[ends[a], ends[b]] = merged.get((ends[a], ends[b]), 0) + n
    rows = sorted(merged.items(), key=lambda row: -row[1])
    shown = [row for row in rows[:MOST] if row[1] >= LEAST * total]
    handles = [
        Swatch(
            [b.colour],
            f"{100 * n / total:.1f}\u2009% {short(a, scene)} → {short(b, scene)}",
            "/////",
            a.colour,
        )
        for (a, b), n in shown
    ]
    if rest := sum(n for _, n in rows[len(shown) :]):
        part, more = 100 * rest / total, len(rows) - len(shown)
        size = f"{part:.1f}" if part >= 0.05 else "< 0.1"
        handles.append(Swatch([style.paper()], f"{size}\u2009% {more} other change{'s' * (more > 1)}"))
    page, agreed = np.array(to_rgb(style.paper())), AGREED[style.is_dark()]
    both = {int(k) for k in np.unique(result.second[~result.unknown & ~result.differ])}
    pale = [page + agreed * (np.array(to_rgb(ends[k].colour)) - page) for k in sorted(both)]
    if same := int(np.sum(~result.unknown & ~result.differ)):
        handles.append(Swatch(pale[:4], f"{percent(same, total)} the same end"))
    if unknown := int(result.unknown.sum()):
        grey = page + UNSEEN * (np.array(to_rgb(style.NOWHERE)) - page)
        handles.append(Swatch([grey], f"{percent(unknown, total)} an end unknown"))
    return basin_legend.place(ax, handles)
