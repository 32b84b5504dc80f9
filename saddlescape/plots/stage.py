"""The page of an animation: what stands still is drawn once and kept as an image, then what moves, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from saddlescape.plots import critical, layouts, words
from saddlescape.plots import style as sheets
from saddlescape.plots.actors import Actor
from saddlescape.plots.background import contours
from saddlescape.plots.curve import window
from saddlescape.plots.movie import Frame, Movie, stacked
from saddlescape.results import Run

#: width of a page in inches and its dots per inch; a page of two panels
WIDTH, WIDE, DPI = 5.0, 7.0, 110
#: height of a line of a key, in units of the page
KEY = 0.185
#: milliseconds: of the first frame, of each, of the last
HELD = (800, 50, 2000)


@dataclass
class Stage:
    """A figure with what stands still on it, and the actors that move."""

    figure: Figure
    counter: Text
    colours: tuple[str, ...]
    actors: list[Actor] = field(default_factory=list)

    def film(self, rows: Sequence[Sequence[int]], told: Sequence[str]) -> Movie:
        """Return the frames: in each, every actor at its record."""
        canvas: Any = self.figure.canvas
        moving: list[Artist] = [self.counter, *(a for actor in self.actors for a in actor.artists)]
        for artist in moving:
            artist.set_animated(True)
        canvas.draw()
        still = canvas.copy_from_bbox(self.figure.bbox)
        shots: list[Frame] = []
        for k, (row, text) in enumerate(zip(rows, told, strict=True)):
            canvas.restore_region(still)
            self.counter.set_text(text)
            past = np.array(rows[: k + 1])
            for actor in self.actors:
                actor.move(row[actor.run], past[:, actor.run])
            for artist in sorted(moving, key=lambda each: each.get_zorder()):
                artist.draw(canvas.get_renderer())
            shots.append(np.array(canvas.buffer_rgba())[..., :3].copy())
        exact = (*self.colours, sheets.ink(), sheets.baseline_colour())
        return Movie(tuple(shots), stacked(*HELD, len(shots)), tuple(dict.fromkeys(exact)), sheets.paper())


def panels(runs: tuple[Run, ...], columns: int, rows: int = 1) -> tuple[layouts.Sheet, list[Axes]]:
    """Return a page with one axis, or one per run in ``columns``, the landscape on each; room for a key of so many
    ``rows`` below."""
    background = runs[0].background
    sheet, axes = page(background.view, 1 if columns == 1 else len(runs), columns, rows)
    for ax in axes:
        if len(background.view) == 2:
            contours(background, ax, labels=False)
            continue
        ax.plot(background.axes[0], background.loss, "-", color=sheets.ink(), linewidth=1.2, zorder=1)
        ax.set(xlim=background.view[0], ylim=window(runs), ylabel="loss f")
        ax.set_xlabel(words.coordinate(background.coordinates[0]), fontstyle="italic", labelpad=2)
        for point in critical.inside(background.points, background.view):
            ax.plot(point.x, [point.loss], linestyle="none", zorder=5, **critical.look(point.kind, 6.5))
    return sheet, axes


def page(
    view: Sequence[tuple[float, float]], count: int, columns: int, rows: int
) -> tuple[layouts.Sheet, list[Axes]]:
    """Return a page with ``count`` empty axes of this view, room for a key of so many ``rows`` below each."""
    size = float(matplotlib.rcParams["font.size"]) / 9.5
    width = (WIDTH if columns == 1 else WIDE) * size
    figure = Figure(figsize=(width, width), dpi=DPI)
    FigureCanvasAgg(figure)
    sheet = layouts.Sheet((), [], [], None, figure, width, size, [])
    left, gap, head = 0.56 * size, 0.2 * size, (0.36 if columns == 1 else 0.6) * size
    wide = (width - left - columns * gap) / columns
    wide, tall = (wide, 0.62 * wide) if len(view) == 1 else layouts.fitting(view, wide, 0.9 * width)
    pitch = tall + (0.72 + KEY * rows) * size
    axes = [
        sheet.axes(left + (k % columns) * (wide + gap), head + (k // columns) * pitch, wide, tall)
        for k in range(count)
    ]
    sheet.cut(sheet.boxes[-1][2] + pitch)
    return sheet, axes


def dressed(
    sheet: layouts.Sheet, axes: list[Axes], title: str, keys: Sequence[Sequence[Any]], rows: int,
    names: Sequence[str] = (), **look: Any,
) -> Stage:  # fmt: skip
    """Write the title, a list of ``keys`` below each panel, their ``names`` above, and the counter, and cut the page to
    ``rows`` of keys."""
    u, size, figure = sheet.unit, float(matplotlib.rcParams["font.size"]), sheet.figure
    height = sheet.boxes[-1][2] + sheet.boxes[-1][4] + (0.49 + KEY * rows) * u
    sheet.cut(height)
    place: dict[str, Any] = {
        "borderaxespad": 0,
        "borderpad": 0,
        "handletextpad": 0.4,
        "labelspacing": 0.3,
        **look,
    }
    for k, (box, own) in enumerate(zip(sheet.boxes, keys, strict=True)):
        anchor = (box[1] / sheet.width, 1 - (box[2] + box[4] + 0.41 * u) / height)
        figure.legend(handles=list(own), loc="upper left", bbox_to_anchor=anchor, **place)
        if k and box[1] > sheet.boxes[0][1]:
            axes[k].set_ylabel("")
            axes[k].tick_params(labelleft=False)
    for ax, text in zip(axes, names, strict=False):
        ax.set_title(text, loc="left", fontsize="medium", pad=3)
    top: dict[str, Any] = {"y": 1 - 0.19 * u / height, "va": "center_baseline", "parse_math": False}
    figure.text(sheet.boxes[0][1] / sheet.width, s=title, fontsize=size + 1, weight="bold", **top)
    right = max(box[1] + box[3] for box in sheet.boxes) / sheet.width
    counter = figure.text(right, s="", ha="right", fontsize=size, zorder=9, **top)
    return Stage(figure, counter, ())
