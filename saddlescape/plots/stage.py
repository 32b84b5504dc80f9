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


def panels(runs: tuple[Run, ...], columns: int) -> tuple[layouts.Sheet, list[Axes], float]:
    """Return a page with one axis, or one per run in ``columns``, the landscape on each, and where they end (inches)."""
    size, count = float(matplotlib.rcParams["font.size"]) / 9.5, 1 if columns == 1 else len(runs)
    width = (WIDTH if columns == 1 else WIDE) * size
    figure = Figure(figsize=(width, width), dpi=DPI)
    FigureCanvasAgg(figure)
    sheet = layouts.Sheet(runs, [], [], None, figure, width, size, [])
    background, left, gap, head = runs[0].background, 0.56 * size, 0.2 * size, 0.36 * size
    wide = (width - left - columns * gap) / columns
    flat = len(background.view) == 1
    wide, tall = (wide, 0.62 * wide) if flat else layouts.fitting(background.view, wide, 0.9 * width)
    extra = (0.24 if columns > 1 else 0.0) * size
    axes = []
    for k in range(count):
        row, column = divmod(k, columns)
        top = head + extra + row * (tall + 0.7 * size)
        axes.append(sheet.axes(left + column * (wide + gap), top, wide, tall))
    bottom = head + extra + (-(-count // columns) - 1) * (tall + 0.7 * size) + tall + 0.36 * size
    sheet.cut(bottom + 1.0)
    for k, ax in enumerate(axes):
        if flat:
            ax.plot(background.axes[0], background.loss, "-", color=sheets.ink(), linewidth=1.2, zorder=1)
            ax.set(xlim=background.view[0], ylim=window(runs), ylabel="loss f")
            ax.set_xlabel(words.coordinate(background.coordinates[0]), fontstyle="italic", labelpad=2)
            for point in critical.inside(background.points, background.view):
                ax.plot(point.x, [point.loss], linestyle="none", zorder=5, **critical.look(point.kind, 6.5))
        else:
            contours(background, ax, labels=False)
        if k % columns:
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)
    return sheet, axes, bottom


def dressed(
    sheet: layouts.Sheet, axes: list[Axes], bottom: float, *, keys: Sequence[Any] = (),
    columns: Sequence[Sequence[Any]] = (), titles: Sequence[str] = (), said: str = "",
) -> Stage:  # fmt: skip
    """Write title, keys (one list, or one below each panel) and the counter, and cut the page to what they need."""
    u, size, figure = sheet.unit, float(matplotlib.rcParams["font.size"]), sheet.figure
    per_row = 3 if sheet.width < 6 * u else 4
    deep = max((len(each) for each in columns), default=-(-len(keys) // per_row))
    height = bottom + (0.1 + 0.18 * deep) * u
    sheet.cut(height)
    left = sheet.boxes[0][1]
    place: dict[str, Any] = {"borderaxespad": 0, "borderpad": 0, "handletextpad": 0.4, "labelspacing": 0.3}
    for box, own in zip(sheet.boxes, columns, strict=False):
        anchor = (box[1] / sheet.width, 1 - bottom / height)
        figure.legend(
            handles=list(own), loc="upper left", bbox_to_anchor=anchor, fontsize=0.9 * size, **place
        )
    if keys:
        anchor = (left / sheet.width, 1 - bottom / height)
        figure.legend(
            handles=list(keys), loc="upper left", bbox_to_anchor=anchor, ncols=per_row, columnspacing=1.2,
            fontsize=size, handlelength=1.2, **place,
        )  # fmt: skip
    for ax, text in zip(axes, titles, strict=False):
        ax.set_title(text, loc="left", fontsize="medium", pad=3)
    title = said or sheet.runs[0].background.title
    top: dict[str, Any] = {"y": 1 - 0.19 * u / height, "va": "center_baseline", "parse_math": False}
    figure.text(left / sheet.width, s=title, fontsize=size + 1, weight="bold", **top)
    right = (sheet.boxes[-1][1] + sheet.boxes[-1][3]) / sheet.width
    counter = figure.text(right, s="", ha="right", fontsize=size, zorder=9, **top)
    return Stage(figure, counter, ())
