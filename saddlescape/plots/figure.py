"""The picture ``landscape run`` writes: the landscape, what each method did on it, and a caption that says
how.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from saddlescape.errors import UsageError
from saddlescape.plots import became, layouts, naming, words
from saddlescape.plots import legend as legends
from saddlescape.plots import style as sheets
from saddlescape.plots.caption import sentences
from saddlescape.plots.layouts import Sheet
from saddlescape.plots.paths import FEW, as_runs
from saddlescape.plots.typeset import Setter
from saddlescape.results import Run

#: width of a figure in inches by style; heights follow from what is drawn
WIDTHS = {"paper": 5.6, "notebook": 6.2, "slides": 8.4, "dark": 6.2}


def run_figure(
    result: Run | Sequence[Run],
    *,
    baseline: int | None = None,
    style: str = "paper",
    caption: str | None = None,
    labels: Sequence[str] | None = None,
) -> Figure:
    """Return the figure of one or several runs on one landscape.

    One coordinate: the curve with its iterates, and time below. Two: contours with trajectories. There a run
    of more than 20 trajectories gets a panel of its own, coloured by where they end. More: loss and gradient,
    and the best-fitting plane. ``baseline`` is the place of the run drawn faintly, ``caption`` replaces the
    one made from the runs (formulas in $…$), ``labels`` the names of the methods.
    """
    runs = as_runs(result)
    if not runs:
        raise UsageError("a figure needs at least one run")
    with sheets.context(style):
        return _compose(runs, baseline, WIDTHS[style], caption, labels)


def _compose(
    runs: tuple[Run, ...],
    baseline: int | None,
    width: float,
    caption: str | None,
    labels: Sequence[str] | None,
) -> Figure:
    size = float(matplotlib.rcParams["font.size"])
    figure = Figure(figsize=(width, width))
    FigureCanvasAgg(figure)
    named = list(labels or naming.labels([run.method for run in runs]))
    if len(named) != len(runs):
        raise UsageError(f"{len(runs)} run(s) need as many labels, not {len(named)}")
    colours = list(sheets.run_colours(runs, None, baseline))
    sheet = Sheet(runs, named, colours, baseline, figure, width, size / 9.5, [])
    dimension = runs[0].x.shape[2]
    crowded = dimension < 3 and any(len(run.x) > FEW for run in runs)
    draw: Callable[[Sheet], tuple[float, bool]] = {
        1: layouts.panels if crowded else layouts.line,
        2: layouts.panels if crowded else layouts.map,
    }.get(dimension, layouts.curves)
    bottom, thinned = draw(sheet)
    _finish(sheet, bottom, caption, thinned, legend=not crowded)
    for ax in figure.axes:
        sheets.settle(ax)
    return figure


def _finish(sheet: Sheet, bottom: float, caption: str | None, thinned: bool, *, legend: bool) -> None:
    """Write title, key, legend and caption, and cut the page to what they need."""
    u, size = sheet.unit, float(matplotlib.rcParams["font.size"])
    left = min(box[1] for box in sheet.boxes)
    setter = Setter(sheet.figure, 0.88 * size, sheet.width - left - 0.14 * u)
    said = [[w for w in caption.split(" ") if w]] if caption else sentences(sheet.runs, sheet.labels, thinned)
    rows = [
        (row, (0.25 if any("frac" in piece for _, piece in row) else 0.18) * u) for row in setter.lines(said)
    ]
    entries = (
        [
            f"{label}: {became.what_became(run)}" if len(run.x) == 1 else f"{label}: {_most(run)}"
            for run, label in zip(sheet.runs, sheet.labels, strict=True)
        ]
        if legend
        else []
    )
    step, gap = 0.205 * u, 0.05 * u
    height = bottom + step * len(entries) + gap + sum(tall for _, tall in rows) + 0.08 * u
    sheet.cut(height)
    # a page of another size gets another renderer: hand it the formulas already read
    canvas: Any = sheet.figure.canvas
    canvas.get_renderer().mathtext_parser = setter.renderer.mathtext_parser
    for k, (run, text) in enumerate(zip(sheet.runs, entries, strict=False)):
        legends.entry(
            sheet.figure, setter, run, sheet.colours[k], text, left, height - bottom - step * (k + 0.5)
        )
    y = height - bottom - step * len(entries) - gap
    for row, tall in rows:
        y -= tall
        setter.write(row, left, y + 0.32 * (tall - 0.1 * u), sheets.ink())
    legends.head(sheet.figure, setter, sheet.runs, left, sheet.width - 0.14 * u, height - 0.19 * u)


def _most(run: Run) -> str:
    found = words.destinations(run)[0]
    return ", ".join(f"{part:.0%} {text}" for text, _, part in found[:3]) + (", …" if len(found) > 3 else "")
