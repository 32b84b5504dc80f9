"""The legend of basins: every end with its shades, share and interval, and what lightness says of the time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.legend_handler import HandlerBase
from matplotlib.patches import Rectangle

from saddlescape.answers.basins import Basins
from saddlescape.plots import style, words
from saddlescape.plots.basin_ends import End, said, waiting
from saddlescape.plots.basin_shades import ramp

#: pieces a sample is cut into, from soon to late
PIECES = 9


class Swatch(Rectangle):
    """A sample of an end, as a legend handle: ``colours`` from left to right, ``hatch`` over all."""

    def __init__(self, colours: Sequence[Any], label: str, hatch: str = "", lines: str = "#000000") -> None:
        super().__init__((0, 0), 1, 1, label=label)
        self.colours, self.over, self.lines = list(colours), hatch, lines


class SwatchHandler(HandlerBase):
    """Draws a Swatch: its colours side by side, and the hatching."""

    def create_artists(
        self, legend: Legend, orig_handle: Any, xdescent: float, ydescent: float, width: float, height: float,
        fontsize: float, trans: Any,
    ) -> list[Any]:  # fmt: skip
        """Return the rectangles of a sample; each reaches to the right end, so that no seams show."""
        n = len(orig_handle.colours)
        pieces = [
            Rectangle(
                (width * k / n - xdescent, -ydescent), width * (1 - k / n), height, facecolor=c, linewidth=0
            )
            for k, c in enumerate(orig_handle.colours)
        ]
        if orig_handle.over:
            over = Rectangle((-xdescent, -ydescent), width, height, facecolor="none", linewidth=0)
            over.set(hatch=orig_handle.over, edgecolor=(*matplotlib.colors.to_rgb(orig_handle.lines), 0.55))
            pieces.append(over)
        for piece in pieces:
            piece.set_transform(trans)
        return pieces


HANDLERS: dict[Any, Any] = {Swatch: SwatchHandler()}


def swatch(end: End, timed: bool) -> Swatch:
    """Return the sample of an end with its share."""
    return sample(end, said(end), timed)


def sample(end: End, text: str, timed: bool) -> Swatch:
    """Return the sample of an end beside any words."""
    shades = ramp(end.colour)
    colours = [shades[k] for k in words.spread(len(shades), PIECES)] if timed and end.timed else [end.colour]
    hatch = "-----" if end.cycling else "/////" if end.text == "diverged" else ""
    return Swatch(colours, text, hatch, "#f4f6f8" if end.text == "diverged" else "#000000")


def clock(times: tuple[float, float], results: Sequence[Basins]) -> Swatch:
    """Return the key of lightness: a grey from the first to the last time, and what of ``results`` that is."""
    low, high = (words.number(t, 2) for t in times)
    shades = ramp(style.NOWHERE)
    return Swatch(
        [shades[k] for k in words.spread(len(shades), 2 * PIECES)],
        f"{waiting(results)}: {low} … {high} (log)",
    )


def below(ax: Axes, found: Sequence[End], times: tuple[float, float] | None, of: Basins | None) -> Legend:
    """Put the legend of all ends below an axis, with the key of lightness in the map ``of`` if there are ``times``."""
    handles = [swatch(end, times is not None) for end in found]
    return place(ax, handles if times is None or of is None else [*handles, clock(times, [of])])


def place(ax: Axes, handles: Sequence[Swatch]) -> Legend:
    """Put a legend of samples below an axis."""
    made = ax.legend(
        handles=list(handles), loc="upper left", bbox_to_anchor=(0, -0.13), handler_map=HANDLERS,
        borderaxespad=0, borderpad=0, handletextpad=0.5, labelspacing=0.32, handlelength=1.9, handleheight=0.75,
        fontsize="small",
    )  # fmt: skip
    return made
