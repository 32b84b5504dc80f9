"""Basins as a picture: hue says where a start ends, lightness when; stripes what cycles there, hatching what diverged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.path import Path

from saddlescape.answers.basins import Basins
from saddlescape.plots import basin_legend, critical, style, words
from saddlescape.plots.background import Height
from saddlescape.plots.basin_ends import End, ends, span
from saddlescape.plots.basin_shades import Pixels, chance, mixed, shaded
from saddlescape.results import Background, CriticalPoint

Array = np.ndarray[Any, np.dtype[np.float64]]
Box = tuple[float, float, float, float]
#: distance of stripes in points, and their width as a part of it: what cycles, what diverged
CYCLING, DIVERGED = (5.0, 0.18, 0.0), (4.6, 0.3, 1.0)


@dataclass(frozen=True)
class BasinMap:
    """What ``basins`` drew: the image, its stripes, the critical points; ``ends`` in the order of the legend; ``times``
    between which lightness runs, None where it says nothing."""

    axes: Axes
    image: AxesImage
    stripes: tuple[AxesImage, ...]
    points: tuple[Line2D, ...]
    ends: tuple[End, ...]
    times: tuple[float, float] | None
    legend: Legend | None


def basins(
    result: Basins,
    ax: Axes | None = None,
    *,
    own: Collection[int] | None = None,
    times: tuple[float, float] | None = None,
    levels: int = 10,
    legend: bool = True,
    clock: bool = True,
) -> BasinMap:
    """Draw where every start ends: hue which critical point, lightness the logarithm of the time until that is certain.

    What cycles has the hue of the nearest critical point under thin stripes, what diverged is hatched, what still moves
    grey. Several runs per pixel mix their hues by their shares, without time; stripes and hatching are as strong as the
    share of the runs they are of. ``own`` are the ids of the critical points
    with a colour of their own (all by default), ``times`` the times between which lightness runs (the result's own),
    ``levels`` how many faint contour lines of the loss there are. The ``legend``
    below has shares with 95 % intervals, and with ``clock`` the times that lightness stands for.
    """
    ax = ax or style.new_axes(4.6, 5.2)
    found, places = ends(result, own)
    times = None if result.ends else times or span([result])
    box = frame(result.axes)
    pixels = mixed(result, own) if result.ends else shaded(found, places, result.when, times)
    image = picture(ax, pixels, box)
    stripes = _stripes(ax, result, box)
    lines(ax, result.background, result.plane, result.origin, box, levels)
    points = mark_points(ax, result.background, result.plane, result.origin, box)
    key = basin_legend.below(ax, found, times, result if clock else None) if legend else None
    return BasinMap(ax, image, stripes, points, tuple(found), times, key)


def frame(axes: tuple[Array, Array]) -> Box:
    """Return the box that the pixels of these centres fill: x0, x1, y0, y1."""
    (a, b), (c, d) = (_edges(axis) for axis in axes)
    return (a, b, c, d)


def _edges(axis: Array) -> tuple[float, float]:
    half = float(axis[-1] - axis[0]) / (2 * max(len(axis) - 1, 1)) or 0.5
    return float(axis[0]) - half, float(axis[-1]) + half


def picture(ax: Axes, pixels: Pixels, box: Box, zorder: float = 0.5) -> AxesImage:
    """Show an image whose pixels have their starts in the middle."""
    drawn = AxesImage(ax, extent=box, origin="lower", interpolation="antialiased", zorder=zorder)
    drawn.set_data(pixels)
    ax.add_image(drawn)
    drawn.set_clip_path(ax.patch)
    ax.set(xlim=box[:2], ylim=box[2:])
    return drawn


def striped(ax: Axes, pixels: Pixels, box: Box, look: tuple[float, float, float]) -> AxesImage:
    """Show an image through stripes: their distance in points, width as a part of it, and slope."""
    apart, part, slope = look
    window = ax.get_window_extent()
    wide, tall = (72 / ax.figure.dpi * side for side in (window.width, window.height))
    lower = np.arange(-slope * wide, tall + apart, apart)
    corners = np.array([[0, 0], [1, slope * wide], [1, slope * wide + part * apart], [0, part * apart]])
    rows = corners[None] + np.stack([np.zeros_like(lower), lower], axis=1)[:, None]
    rows[..., 1] /= tall
    paths = [Path(row, closed=False) for row in np.concatenate([rows, rows[:, :1]], axis=1)]
    drawn = picture(ax, pixels, box, 0.6)
    drawn.set_clip_path(Path.make_compound_path(*paths), ax.transAxes)
    return drawn


def _stripes(ax: Axes, result: Basins, box: Box) -> tuple[AxesImage, ...]:
    """Draw the stripes of what cycles and of what diverged, as strong as its share of a pixel's runs."""
    drawn = []
    for status, colour, strength, look in (
        ("cycling", "#000000", 85, CYCLING),
        ("diverged", "#f4f6f8", 130, DIVERGED),
    ):
        part = chance(result, status)
        if part.any():
            pixels = np.zeros((*part.shape, 4), dtype=np.uint8)
            pixels[..., :3] = [round(255 * c) for c in to_rgb(colour)]
            pixels[..., 3] = np.rint(strength * part)
            drawn.append(striped(ax, pixels, box, look))
    return tuple(drawn)


def lines(
    ax: Axes,
    background: Background,
    plane: tuple[int, int],
    origin: Array,
    box: Box,
    levels: int,
    colour: str = "#ffffff",
) -> None:
    """Draw faint contour lines of the loss, where it is known on the plane, and name the axes."""
    slice_of_more = len(origin) > len(background.coordinates)  # a slice names its own two coordinates
    names = background.coordinates if slice_of_more else [background.coordinates[k] for k in plane]
    ax.set_xlabel(words.coordinate(names[0]), fontstyle="italic", labelpad=2)
    ax.set_ylabel(words.coordinate(names[1]), fontstyle="italic", labelpad=2)
    if levels > 0 and len(background.axes) == 2 and (slice_of_more or plane == (0, 1)):
        here = tuple(in_plane(background.points, plane, origin))
        z = Height.of(replace(background, points=here))(background.loss)
        spaced = np.linspace(0.0, max(float(np.nanmax(z)), 1e-12), levels + 2)[1:-1]
        look: dict[str, Any] = {"colors": colour, "linewidths": 0.4, "alpha": 0.33, "zorder": 1}
        ax.contour(*background.axes, z, levels=spaced, **look)
    ax.set(xlim=box[:2], ylim=box[2:])


def mark_points(
    ax: Axes, background: Background, plane: tuple[int, int], origin: Array, box: Box
) -> tuple[Line2D, ...]:
    """Mark the critical points that lie in the plane, smaller where they are many."""
    view = (box[:2], box[2:])
    here = critical.inside(in_plane(background.points, plane, origin), view)
    return tuple(critical.mark(ax, here, view, 6.5 * min(1.0, (20 / max(len(here), 1)) ** 0.4)))


def in_plane(points: Sequence[CriticalPoint], plane: tuple[int, int], origin: Array) -> list[CriticalPoint]:
    """Return the critical points that lie in the plane of two coordinates, as points of it; without directions where
    the landscape has more."""
    if len(origin) == 2 and plane == (0, 1):
        return list(points)
    others = [k for k in range(len(origin)) if k not in plane]
    return [
        replace(
            p,
            x=p.x[list(plane)],
            eigenvalues=p.eigenvalues[:0],
            eigenvectors=p.eigenvectors[:0, :0],
            samples=None,
        )
        for p in points
        if p.samples is None and np.allclose(p.x[others], origin[others], rtol=0, atol=1e-9)
    ]
