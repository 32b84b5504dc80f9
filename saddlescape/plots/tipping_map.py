"""The tipping map: viridis by the value from which on a start ends elsewhere, hatched where it ends as before again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Normalize, to_rgb
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from saddlescape.answers.tipping import KINDS, Tipping
from saddlescape.plots import basin_legend, style, words
from saddlescape.plots.basin_ends import percent
from saddlescape.plots.basin_legend import Swatch
from saddlescape.plots.basin_map import frame, lines, mark_points, picture, striped
from saddlescape.plots.basin_shades import Pixels

#: distance of stripes in points, their width as a part of it, their slope: where the first end comes back; where unknown
#: ends leave the value open
BACK, OPEN = (4.4, 0.3, 1.0), (4.4, 0.3, -1.0)
#: colours of the stripes
INK = {"back": "#ffffff", "open": "#000000"}
#: part of the grey that is mixed into the page where nothing tips, and where nothing is known
NEVER, UNKNOWN = 0.14, 0.75


@dataclass(frozen=True)
class TippingMap:
    """What ``tipping`` drew: the image, its stripes by what they say ("back", "open"), the scale, points and legend."""

    axes: Axes
    image: AxesImage
    stripes: dict[str, AxesImage]
    points: tuple[Line2D, ...]
    scale: Colorbar
    legend: Legend | None


def tipping(result: Tipping, ax: Axes | None = None, *, levels: int = 10, legend: bool = True) -> TippingMap:
    """Draw from which value of a number on every start ends elsewhere.

    Viridis is the value, pale what never tips up to the largest, grey what is not known. White hatching: the end is the
    first one again at a larger value; black: unknown ends leave a wide bracket, of which the middle is shown. ``levels``
    is the number of faint contour lines of the loss.
    """
    ax = ax or style.new_axes(4.8, 5.0)
    box, colours = frame(result.axes), matplotlib.colormaps["viridis"]
    scale = Normalize(float(result.values[0]), float(result.values[-1]))
    image = picture(ax, _pixels(result, colours, scale), box)
    masks = {"back": result.back, "open": result.kind == KINDS.index("open")}
    looks = {"back": BACK, "open": OPEN}
    stripes = {
        name: striped(ax, _over(mask, INK[name]), box, looks[name])
        for name, mask in masks.items()
        if mask.any()
    }
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
    bar = _bar(ax, colours, scale, result.key)
    return TippingMap(
        ax, image, stripes, points, bar, basin_legend.place(ax, shares(result)) if legend else None
    )


def _mixed(part: float) -> Any:
    page = np.array(to_rgb(style.paper()))
    return page + part * (np.array(to_rgb(style.NOWHERE)) - page)


def _pixels(result: Tipping, colours: Any, scale: Normalize) -> Pixels:
    """Return the picture (ny, nx, 3)."""
    shown = colours(scale(np.nan_to_num(result.value)))[..., :3]
    for kind, part in (("never", NEVER), ("unknown", UNKNOWN)):
        shown = np.where((result.kind == KINDS.index(kind))[..., None], _mixed(part), shown)
    return np.asarray((255 * shown + 0.5).astype(np.uint8))


def _over(mask: Any, colour: str) -> Pixels:
    pixels = np.zeros((*mask.shape, 4), dtype=np.uint8)
    pixels[..., :3] = [round(255 * c) for c in to_rgb(colour)]
    pixels[..., 3] = np.where(mask, 170, 0)
    return pixels


def _bar(ax: Axes, colours: Any, scale: Normalize, key: str) -> Colorbar:
    """Put the scale of values beside the map."""
    beside = ax.inset_axes((1.03, 0.0, 0.045, 1.0))
    mappable = matplotlib.cm.ScalarMappable(scale, colours)
    bar = Colorbar(beside, mappable, ticks=MaxNLocator(6))
    bar.outline.set_linewidth(matplotlib.rcParams["axes.linewidth"])
    bar.set_label(f"{words.GREEK.get(key, key)} from which on it ends elsewhere")
    return bar


def shares(result: Tipping) -> list[Swatch]:
    """Return the entries of a key: what becomes of which share of the starts."""
    found, total, colours = result.counts(), result.kind.size, matplotlib.colormaps["viridis"]
    key = words.GREEK.get(result.key, result.key)
    last = words.number(float(result.values[-1]))
    shades = [colours(part)[:3] for part in np.linspace(0, 1, 18)]
    tips = found["tips"] + found["open"]
    rows = [
        (tips, Swatch(shades, f"{percent(tips, total)} end elsewhere from some {key} on")),
        (found["back"], Swatch([colours(0.4)[:3]], f"{percent(found['back'], total)} as at first again at a larger {key}",
                               "/////", INK["back"])),
        (found["open"], Swatch([colours(0.6)[:3]], f"{percent(found['open'], total)} {key} left open by unknown ends",
                               "\\\\\\\\\\", INK["open"])),
        (found["never"], Swatch([_mixed(NEVER)], f"{percent(found['never'], total)} the same end up to {key} = {last}")),
        (found["unknown"], Swatch([_mixed(UNKNOWN)], f"{percent(found['unknown'], total)} not known")),
    ]  # fmt: skip
    return [swatch for count, swatch in rows if count]
