"""The whole picture of escapes: who stays, of a sweep also who left against what is swept, and a caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from saddlescape.answers.escape import Escape
from saddlescape.errors import UsageError
from saddlescape.plots import naming, words
from saddlescape.plots import style as sheets
from saddlescape.plots.caption import broken, of_loss, of_methods
from saddlescape.plots.escaping import as_escapes, colours, covered, escape, escape_against, swept
from saddlescape.plots.layouts import Sheet
from saddlescape.plots.typeset import Setter

#: width of a page in inches by style, of one panel and of two
WIDTHS = {"paper": (5.2, 7.0), "notebook": (5.8, 7.6), "slides": (7.8, 10.4), "dark": (5.8, 7.6)}


def escape_figure(
    result: Escape | Sequence[Escape], *, style: str = "paper", caption: str | None = None,
    labels: Sequence[str] | None = None,
) -> Figure:  # fmt: skip
    """Return the figure of the escapes of one or several methods from one ball.

    The curves of those that stay with a line for every method below; where one number takes three values or more, a
    second panel has the share that left against it. ``caption`` replaces the one made from the results (formulas in
    $…$), ``labels`` the names of the methods.
    """
    results = as_escapes(result)
    named = list(labels or naming.labels([each.method for each in results]))
    if len(named) != len(results):
        raise UsageError(f"{len(results)} escape(s) need as many labels, not {len(named)}")
    with sheets.context(style):
        return _compose(results, named, style, caption)


def _compose(results: Sequence[Escape], labels: list[str], style: str, caption: str | None) -> Figure:
    key = swept(results)
    size, width = float(matplotlib.rcParams["font.size"]), WIDTHS[style][key is not None]
    figure = Figure(figsize=(width, width))
    FigureCanvasAgg(figure)
    sheet = Sheet((), labels, colours(results), None, figure, width, size / 9.5, [])
    u = sheet.unit
    left, top, gap = 0.56 * u, 0.38 * u, 0.62 * u
    room = sheet.width - left - 0.14 * u
    wide = room if key is None else 0.58 * (room - gap)
    tall = 0.56 * room if key is None else 0.72 * wide
    ax = sheet.axes(left, top, wide, tall)
    sheet.cut(top + tall + u)
    escape(results, ax)
    if key is not None:
        escape_against(results, key, sheet.axes(left + wide + gap, top, room - wide - gap, tall))
    _write(sheet, results, top + tall + 0.44 * u, caption)
    for each in figure.axes:
        sheets.settle(each)
    return figure


def _write(sheet: Sheet, results: Sequence[Escape], bottom: float, caption: str | None) -> None:
    """Write title, a line for every method and the caption, and cut the page to what they need."""
    u, size = sheet.unit, float(matplotlib.rcParams["font.size"])
    left = min(box[1] for box in sheet.boxes) - 0.4 * u
    setter = Setter(sheet.figure, 0.88 * size, sheet.width - left - 0.14 * u)
    said = [[w for w in caption.split(" ") if w]] if caption else sentences(results)
    rows = [
        (row, (0.25 if any("frac" in piece for _, piece in row) else 0.18) * u) for row in setter.lines(said)
    ]
    step, gap = 0.19 * u, 0.06 * u
    height = bottom + step * len(results) + gap + sum(tall for _, tall in rows) + 0.08 * u
    sheet.cut(height)
    # a page of another size gets another renderer: hand it the formulas already read
    canvas: Any = sheet.figure.canvas
    canvas.get_renderer().mathtext_parser = setter.renderer.mathtext_parser
    title = f"{results[0].background.title}: escape from the {results[0].about.kind} {words.place(results[0].centre)}"
    sheet.figure.text(
        left / sheet.width, 1 - 0.19 * u / height, title, fontsize=size + 1, weight="bold", va="center_baseline",
        parse_math=False,
    )  # fmt: skip
    in_time = any(each.clock != "steps" for each in results)
    _fit(sheet, [
        _entry(sheet, each, k, left, height - bottom - step * (k + 0.5), in_time) for k, each in enumerate(results)
    ])  # fmt: skip
    y = height - bottom - step * len(results) - gap
    for row, tall in rows:
        y -= tall
        setter.write(row, left, y + 0.32 * (tall - 0.1 * u), sheets.ink())


def _entry(sheet: Sheet, each: Escape, k: int, left: float, y: float, in_time: bool) -> Text:
    """Write one line of the key: a sample of the curve, the method, what was found; return the words."""
    width, height = sheet.figure.get_size_inches()
    u, thick = sheet.unit, 1.4 * float(matplotlib.rcParams["lines.linewidth"])
    ends = [left / width, (left + 0.3 * u) / width]
    sheet.figure.add_artist(Line2D(ends, [y / height] * 2, color=sheet.colours[k], linewidth=thick))
    text = f"{sheet.labels[k]}: {_found(each, in_time)}"
    place = (left + 0.4 * u) / width, y / height
    return sheet.figure.text(*place, text, va="center_baseline", parse_math=False)


def _fit(sheet: Sheet, texts: Sequence[Text]) -> None:
    """Give all lines of the key one size in which the longest ends before the margin."""
    canvas: Any = sheet.figure.canvas
    renderer, dpi = canvas.get_renderer(), float(sheet.figure.dpi)
    room = (sheet.width - 0.14 * sheet.unit) * dpi
    for _ in range(5):  # letters are widened to whole pixels: widths do not go quite with the size
        boxes = [text.get_window_extent(renderer) for text in texts]
        fits = min((room - box.x0) / box.width for box in boxes)
        if fits >= 1.0:
            return
        for text in texts:
            text.set_fontsize(0.995 * fits * float(text.get_fontsize()))


def _found(each: Escape, in_time: bool) -> str:
    low, high = each.interval
    text = f"{each.escaped:.1%} left ({low:.1%} to {high:.1%})"
    middle, first, last = each.median if in_time else each.median_steps
    unit = "time" if in_time else "steps"
    if middle is not None:
        span = f"{'…' if first is None else words.number(first)} to {'∞' if last is None else words.number(last)}"
        text += f", median {unit} {words.number(middle)} ({span})"
    if each.rate:
        value, least, most = (words.number(a) for a in (each.rate.value, each.rate.low, each.rate.high))
        text += f", tail rate {value} ({least} to {most})"
    return text


def sentences(results: Sequence[Escape]) -> list[list[str]]:
    """Return the paragraphs of the caption as pieces between which a line may break."""
    methods = of_methods([(each.method, each.formula) for each in results])
    found = [of_loss(results[0].background), methods, broken(_numbers(results)), broken(_reading(results))]
    return [each for each in found if each]


def _numbers(results: Sequence[Escape]) -> str:
    """Return the ball, the starts, how many runs, how long, the seed."""
    one = results[0]
    facts = [same] if (same := naming.same([each.method for each in results])) else []
    facts.append(f"{words.count(one.runs)} run{'s' * (one.runs > 1)} each from {words.place(one.start)}")
    if one.spread:
        facts[-1] += f", spread over a ball of radius {words.number(one.spread)}"
    facts.append(f"out of the ball of radius {words.number(one.radius)}")
    facts.append(f"up to time {words.number(max(each.time for each in results))}")
    facts.append(f"seed {one.spec['seed']}")
    return ", ".join(facts) + "."


def _reading(results: Sequence[Escape]) -> str:
    """Return what curves, bands and marks mean, as far as they occur."""
    text = "Curves: Kaplan–Meier, with 95\u2009% bands; dots: medians; in brackets: 95\u2009% intervals."
    if any(covered(results)):
        text += " Curves that coincide show as rims of the last."
    if any(each.theory is not None for each in results):
        text += " Dashed: the share inside of a Gaussian with the linear theory's covariance, an upper bound."
    edges = {each.threshold for each in results if each.threshold is not None}
    if swept(results) == "rho" and len(edges) == 1:
        text += f" Dotted: ρ* = {words.number(edges.pop())}, from which on the mean drift holds SAM."
    lost = int(np.sum([each.diverged.sum() for each in results]))
    return text + (f" {words.count(lost)} runs left by diverging." if lost else "")
