"""Layouts of a run's figure by dimension: one map, panels of crowds, a curve with time below, traces beside a
plane.

Each draws on a ``Sheet`` and returns where it ends (inches from the top) and whether dots were left out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from saddlescape.plots import style as sheets
from saddlescape.plots import words
from saddlescape.plots.background import contours
from saddlescape.plots.crowd import named
from saddlescape.plots.curve import lines, strip, window
from saddlescape.plots.paths import trajectories
from saddlescape.plots.projection import plane
from saddlescape.plots.series import traces
from saddlescape.results import Run


@dataclass
class Sheet:
    """A figure being laid out: everything is placed in inches from the top, then the page is cut to length."""

    runs: tuple[Run, ...]
    labels: list[str]
    colours: list[str]
    baseline: int | None
    figure: Figure
    width: float
    unit: float
    boxes: list[tuple[Axes, float, float, float, float]]

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Return an axis whose box is given in inches from the upper left corner of the page."""
        ax: Axes = self.figure.add_axes((0.1, 0.1, 0.5, 0.5))
        self.boxes.append((ax, left, top, width, height))
        return ax

    def cut(self, height: float) -> None:
        """Give the page its height and put the axes in their places."""
        self.figure.set_size_inches(self.width, height)
        for ax, left, top, width, tall in self.boxes:
            ax.set_position((left / self.width, 1 - (top + tall) / height, width / self.width, tall / height))


def map(sheet: Sheet) -> tuple[float, bool]:
    """Draw the plane seen from above with all runs on it; return where it ends, and whether dots were left
    out.
    """
    u, background = sheet.unit, sheet.runs[0].background
    left, top, right = 0.56 * u, 0.36 * u, 0.14 * u
    wide, tall = fitting(background.view, sheet.width - left - right, 0.82 * sheet.width)
    ax = sheet.axes(left + (sheet.width - left - right - wide) / 2, top, wide, tall)
    sheet.cut(top + tall + 2 * u)  # near enough for what is drawn by angle
    ax.set(xlim=background.view[0], ylim=background.view[1])
    drawn = trajectories(sheet.runs, ax, baseline=sheet.baseline, colours=sheet.colours)
    avoid = np.concatenate([run.x[:, :: max(1, run.x.shape[1] // 200)].reshape(-1, 2) for run in sheet.runs])
    contours(background, ax, avoid=avoid[np.all(np.isfinite(avoid), axis=1)])
    return top + tall + 0.42 * u, drawn.thinned


def fitting(view: Sequence[tuple[float, float]], wide: float, most: float) -> tuple[float, float]:
    """Return the box of a map: equal scales where the view is no more than about twice as long as wide."""
    ratio = (view[1][1] - view[1][0]) / (view[0][1] - view[0][0])
    tall = wide * ratio if 0.45 <= ratio <= 2.2 else 0.72 * wide
    shrink = min(1.0, most / tall)
    return wide * shrink, tall * shrink


def panels(sheet: Sheet) -> tuple[float, bool]:
    """Draw one map, or curve, per run, trajectories coloured by where they end, the fractions below."""
    u, background = sheet.unit, sheet.runs[0].background
    columns, flat = min(len(sheet.runs), 2), len(background.view) == 1
    left, gap, top, deepest = 0.66 * u, 0.16 * u, 0.3 * u, 0.0
    wide = (sheet.width - left - columns * gap) / columns
    if flat:
        tall = (0.4 if columns == 1 else 0.62) * wide
    else:
        wide, tall = fitting(background.view, wide, 0.8 * sheet.width)
    sheet.cut(sheet.width)
    own = named(sheet.runs)
    for i, (run, label) in enumerate(zip(sheet.runs, sheet.labels, strict=True)):
        if i and i % columns == 0:
            top, deepest = top + deepest, 0.0
        axes = [sheet.axes(left + (i % columns) * (wide + gap), top + 0.24 * u, wide, tall)]
        if flat:
            axes.append(sheet.axes(left + (i % columns) * (wide + gap), top + 0.32 * u + tall, wide, tall))
            _curve_panel(sheet, run, axes, own)
        else:
            contours(background, axes[0], labels=False)
            trajectories(run, axes[0], own=own)
        axes[0].set_title(label, loc="left", fontsize="medium", color=sheets.ink(), pad=3)
        entries = fractions(run, own)
        deepest = max(deepest, len(axes) * (tall + 0.08 * u) + (0.68 + 0.142 * len(entries)) * u)
        look = {
            "borderaxespad": 0,
            "borderpad": 0,
            "handletextpad": 0.2,
            "labelspacing": 0.25,
            "handlelength": 1.4,
        }
        axes[-1].legend(
            handles=entries, loc="upper left", bbox_to_anchor=(0, -0.42 * u / tall), fontsize="small", **look
        )
        for ax in axes:
            if i % columns:
                ax.set_ylabel("")
                ax.tick_params(labelleft=False)
            elif flat:
                ax.yaxis.set_label_coords(-0.44 * u / wide, 0.5)
            # labels at the ends would touch the neighbour's
            ax.xaxis.set_major_locator(MaxNLocator(6, prune="both"))
    return top + deepest, False


def _curve_panel(sheet: Sheet, run: Run, axes: Sequence[Axes], own: Collection[int]) -> None:
    """Draw the curve with a run's starts on it, and time below, with the same axes in all panels."""
    lines(run, axes[0], own=own)
    axes[0].set_ylim(window(sheet.runs))
    axes[0].set_xlabel("")
    axes[0].tick_params(labelbottom=False)
    strip(run, axes[1], own=own, beside=[each for each in sheet.runs if each is not run])


def fractions(run: Run, own: Collection[int]) -> list[Line2D]:
    """Return the legend of a panel: all ends with their colours and fractions, critical points but ``own``
    together.
    """
    hues = sheets.end_colours(run.background.points)
    return [
        Line2D(
            [],
            [],
            linestyle="none",
            marker="s",
            color=sheets.end_colour(text, k, hues),
            label=f"{part:.1%} {text}",
        )
        for text, k, part in words.destinations(run, own)[0]
    ]


def line(sheet: Sheet) -> tuple[float, bool]:
    """Draw the curve with its iterates, and time below on the same x."""
    u = sheet.unit
    left, top, wide = 0.66 * u, 0.36 * u, sheet.width - 0.82 * u
    above, under = 0.44 * wide, 0.36 * wide
    first = sheet.axes(left, top, wide, above)
    second = sheet.axes(left, top + above + 0.1 * u, wide, under)
    lines(sheet.runs, first, baseline=sheet.baseline, colours=sheet.colours)
    first.set_xlabel("")
    first.tick_params(labelbottom=False)
    drawn = strip(sheet.runs, second, baseline=sheet.baseline, colours=sheet.colours)
    for ax in (first, second):
        ax.yaxis.set_label_coords(-0.44 * u / wide, 0.5)
    return top + above + under + 0.5 * u, drawn.thinned


def curves(sheet: Sheet) -> tuple[float, bool]:
    """Draw loss and gradient norm on the left, the best-fitting plane on the right."""
    u = sheet.unit
    left, top, gap = 0.66 * u, 0.36 * u, 0.72 * u
    wide = (sheet.width - left - gap - 0.14 * u) / 2
    half = 0.47 * wide
    for k, name in enumerate(("loss", "grad_norm")):
        ax = sheet.axes(left, top + k * (half + 0.1 * u), wide, half)
        traces(sheet.runs, (name,), ax, baseline=sheet.baseline, colours=sheet.colours)
        ax.yaxis.set_label_coords(-0.46 * u / wide, 0.5)
        if k == 0:
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)
    tall = 2 * half + 0.1 * u
    plane(
        sheet.runs,
        sheet.axes(left + wide + gap, top, wide, tall),
        baseline=sheet.baseline,
        colours=sheet.colours,
    )
    return top + tall + 0.44 * u, True
