"""The whole picture of fields: a panel for every method, one scale of speed, and a caption that says how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from saddlescape.answers.field import Field
from saddlescape.errors import UsageError
from saddlescape.plots import critical, naming, words
from saddlescape.plots import style as sheets
from saddlescape.plots.caption import broken, of_loss, of_methods
from saddlescape.plots.field_map import DASHES, colours, flow, nullclines, separatrices, speeds
from saddlescape.plots.field_marks import ATTRACTS
from saddlescape.plots.layouts import Sheet, fitting
from saddlescape.plots.typeset import Setter

#: width of a page in inches by style: one panel, two, three beside each other
WIDTHS = {
    "paper": (4.6, 6.4, 7.2),
    "notebook": (5.2, 7.0, 7.8),
    "slides": (7.0, 9.4, 10.6),
    "dark": (5.2, 7.0, 7.8),
}
COLUMNS = 3


@dataclass(frozen=True)
class _Page:
    """What is drawn on every panel of a page alike."""

    results: tuple[Field, ...]
    labels: list[str]
    kind: str
    cuts: bool
    norm: LogNorm


def flow_figure(
    result: Field | Sequence[Field], *, kind: str = "stream", nullclines: bool = False, style: str = "paper",
    caption: str | None = None, labels: Sequence[str] | None = None,
) -> Figure:  # fmt: skip
    """Return the figure of the fields of one or several methods on one landscape: a panel each, one scale of speed.

    ``kind`` is stream, arrows or lic (see ``flow``), ``nullclines`` adds where each component vanishes; separatrices are
    drawn where there are some. ``caption`` replaces the one made from the results (formulas in $…$), ``labels`` the
    names of the methods.
    """
    results = (result,) if isinstance(result, Field) else tuple(result)
    if not results:
        raise UsageError("a figure of fields needs the field of at least one method")
    if len({(each.background.title, each.background.view) for each in results}) > 1:
        raise UsageError("the panels of a figure show one landscape in one window")
    called = list(labels or naming.labels([each.method for each in results]))
    if len(called) != len(results):
        raise UsageError(f"{len(results)} field(s) need as many labels, not {len(called)}")
    with sheets.context(style):
        page = _Page(results, called, kind, nullclines, speeds(results))
        return _compose(page, style, caption)


def _compose(page: _Page, style: str, caption: str | None) -> Figure:
    columns = 2 if len(page.results) == 4 else min(len(page.results), COLUMNS)
    size, width = float(matplotlib.rcParams["font.size"]), WIDTHS[style][columns - 1]
    figure = Figure(figsize=(width, width))
    FigureCanvasAgg(figure)
    sheet = Sheet((), page.labels, [], None, figure, width, size / 9.5, [])
    bottom, handles = _panels(sheet, page, columns)
    if len(page.results[0].axes) == 2:
        bottom = _scale(sheet, page, bottom, handles)
    _write(sheet, page, bottom, caption)
    for ax in figure.axes:
        sheets.settle(ax)
    return figure


def _panels(sheet: Sheet, page: _Page, columns: int) -> tuple[float, list[Line2D]]:
    """Draw all panels; return where they end (inches from the top) and the entries of the key of lines."""
    u, background, flat = sheet.unit, page.results[0].background, len(page.results[0].axes) == 1
    left, gap, top = (0.72 if flat else 0.58) * u, (0.62 if flat else 0.16) * u, 0.3 * u
    wide = (sheet.width - left - (columns - 1) * gap - 0.14 * u) / columns
    tall = 0.62 * wide if flat else 0.0
    if not flat:
        wide, tall = fitting(background.view, wide, 1.1 * sheet.width)
    handles: list[Line2D] = []
    for i, (result, title) in enumerate(zip(page.results, page.labels, strict=True)):
        if i and i % columns == 0:
            top += tall + (0.8 if flat else 0.72) * u
        ax = sheet.axes(left + (i % columns) * (wide + gap), top + 0.24 * u, wide, tall)
        sheet.cut(sheet.width)
        ax.set_position(
            (0.1, 0.1, wide / sheet.width, tall / sheet.width)
        )  # arrows ask how long its sides are
        flow(result, ax, kind=page.kind, norm=page.norm, density=1.25 if columns == 1 else 1.0)
        if not flat:
            handles = _lines(result, ax, page.cuts, handles)
            ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], prune="both"))
        ax.set_title(title, loc="left", fontsize="medium", color=sheets.ink(), pad=3)
        if i % columns:
            ax.set_ylabel("")
            ax.tick_params(labelleft=flat)
    return top + (0.24 + 0.42) * u + tall, handles


def _lines(result: Field, ax: Any, cuts: bool, handles: list[Line2D]) -> list[Line2D]:
    """Draw nullclines and separatrices; return the entries of all kinds of lines drawn up to now."""
    known = {str(each.get_label()): each for each in handles}
    thick = float(matplotlib.rcParams["lines.linewidth"])
    for stable, name in ((True, "separatrix"), (False, "unstable branch")):
        if any(each.stable == stable for each in result.separatrices):
            known[name] = Line2D(
                [], [], color=sheets.ink(), linewidth=1.7 * thick, linestyle=DASHES[stable], label=name
            )
    separatrices(result, ax)
    if cuts:
        known |= {str(each.get_label()): each for each in nullclines(result, ax).handles}
    return list(known.values())


def _scale(sheet: Sheet, page: _Page, bottom: float, handles: list[Line2D]) -> float:
    """Draw the colours of speed below the panels, and the key of lines; return where they end."""
    u = sheet.unit
    left = min(box[1] for box in sheet.boxes)
    wide = min(2.1 * u, 0.45 * sheet.width)
    ax = sheet.axes(left + 0.62 * u, bottom + 0.1 * u, wide, 0.09 * u)
    shades = ScalarMappable(page.norm, colours(sheets.is_dark()))
    bar = sheet.figure.colorbar(shades, cax=ax, orientation="horizontal", extend="both", extendfrac=0.03)
    bar.outline.set_linewidth(float(matplotlib.rcParams["axes.linewidth"]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_locator(LogLocator(10, numticks=6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value, 2)))
    ax.tick_params(labelsize="small", pad=1.5, length=2)
    ax.set_ylabel("speed", rotation=0, ha="right", va="center", labelpad=8)
    return bottom + 0.42 * u + (_key(sheet, ax, handles, left, left + 0.92 * u + wide) if handles else 0.0)


def _key(sheet: Sheet, ax: Axes, handles: list[Line2D], left: float, beside: float) -> float:
    """Put the key of lines to the right of the scale, from ``beside``, or below it where that is too narrow; return the
    room it takes there (inches).
    """
    u, size = sheet.unit, 0.85 * float(matplotlib.rcParams["font.size"])
    setter = Setter(sheet.figure, size, sheet.width)
    need = sum(setter.measure(str(each.get_label())) + 3.2 * size / 72 for each in handles)
    fits = beside + need <= sheet.width - 0.14 * u
    _, across, _, wide, tall = sheet.boxes[-1]
    place = ((beside if fits else left) - across) / wide, 0.4 if fits else -0.36 * u / tall
    ax.legend(
        handles=handles, loc="center left", bbox_to_anchor=place, ncols=len(handles), borderaxespad=0, borderpad=0,
        handlelength=1.8, columnspacing=1.0, handletextpad=0.4, fontsize=size,
    )  # fmt: skip
    return 0.0 if fits else 0.2 * u


def _write(sheet: Sheet, page: _Page, bottom: float, caption: str | None) -> None:
    """Write title, key and caption, and cut the page to what they need."""
    u, size = sheet.unit, float(matplotlib.rcParams["font.size"])
    left = min(box[1] for box in sheet.boxes)
    setter = Setter(sheet.figure, 0.88 * size, sheet.width - left - 0.14 * u)
    said = [[w for w in caption.split(" ") if w]] if caption else sentences(page.results, page.kind)
    rows = [
        (row, (0.25 if any("frac" in piece for _, piece in row) else 0.18) * u) for row in setter.lines(said)
    ]
    height = bottom + sum(tall for _, tall in rows) + 0.1 * u
    sheet.cut(height)
    # a page of another size gets another renderer: hand it the formulas already read
    canvas: Any = sheet.figure.canvas
    canvas.get_renderer().mathtext_parser = setter.renderer.mathtext_parser
    y = height - bottom
    for row, tall in rows:
        y -= tall
        setter.write(row, left, y + 0.32 * (tall - 0.1 * u), sheets.ink())
    _head(sheet, page.results[0], setter, left, height)


def _head(sheet: Sheet, result: Field, setter: Setter, left: float, height: float) -> None:
    """Write the title at the left, at the right what is marked."""
    size, background = float(matplotlib.rcParams["font.size"]), result.background
    seen = {p.kind for p in critical.inside(background.points, background.view)}
    handles = [critical.key(kind, 0.65 * size) for kind in sheets.MARKERS if kind in seen]
    right, top = (sheet.width - 0.14 * sheet.unit) / sheet.width, 1 - 0.19 * sheet.unit / height
    room = sheet.width - left - sum(setter.measure(str(h.get_label())) + 0.3 * sheet.unit for h in handles)
    wide = setter.measure(background.title) * 1.12 * (size + 1) / setter.size
    sheet.figure.legend(
        handles=handles, loc="center right", bbox_to_anchor=(right, top), ncols=max(len(handles), 1), borderaxespad=0,
        borderpad=0, handletextpad=0.1, columnspacing=0.8, handlelength=1.2, fontsize=0.85 * size,
    )  # fmt: skip
    sheet.figure.text(
        left / sheet.width, top, background.title, fontsize=(size + 1) * max(0.6, min(1.0, room / wide)), weight="bold",
        va="center_baseline", parse_math=False,
    )  # fmt: skip


def sentences(results: Sequence[Field], kind: str) -> list[list[str]]:
    """Return the paragraphs of the caption as pieces between which a line may break."""
    paragraphs = [
        of_loss(results[0].background),
        of_methods([(each.method, each.formula) for each in results]),
        broken(_numbers(results)),
        broken(_reading(results, kind)),
    ]
    return [p for p in paragraphs if p]


def _numbers(results: Sequence[Field]) -> str:
    """Return what all methods share, and what the field of each is."""
    keys = (
        {}
        if all(each.what == "flow" for each in results)
        else naming.shared([each.method for each in results])
    )
    facts = [naming.said(key, value) for key, value in keys.items() if key not in ("scheme", "rtol", "atol")]
    kinds = {each.what for each in results}
    if "displacement" in kinds:
        facts.append(
            "of a map its mean step divided by η" if len(kinds) > 1 else "the mean step divided by η"
        )
    if "drift" in kinds:
        facts.append("of an SDE its drift")
    facts += ["at v = 0"] if any(each.v for each in results) else []
    text = ", ".join(facts)
    return f"{text[:1]}{text[1:]}." if text else ""


def _reading(results: Sequence[Field], kind: str) -> str:
    """Return what lines and marks mean, as far as they occur."""
    said = []
    if len(results[0].axes) == 2:
        what = {
            "stream": "Lines follow the field",
            "arrows": "Arrows point along the field",
            "lic": "The texture follows the field",
        }
        said.append(f"{what[kind]}, colours are its speed")
    circles = {each.verdict for result in results for each in result.rests}
    verdicts = circles | {each["verdict"] for result in results for each in result.verdicts}
    looks = {
        ("filled", "attract"): verdicts & set(ATTRACTS),
        ("hollow", "repel"): verdicts & {"repels"},
        ("grey", "are undecided"): verdicts & {"neutral", "drifts", "unknown"},
    }
    there = [word for word, some in looks.items() if some]
    said.append(", ".join(f"{a} {'ones' if k else 'marks'} {does}" for k, (a, does) in enumerate(there)))
    minima = {p.id for p in results[0].background.points if p.kind in words.MINIMA}
    if any(
        each["verdict"] in ATTRACTS and each["id"] not in minima
        for result in results
        for each in result.verdicts
    ):
        said.append("rings: saddles and maxima that attract")
    if circles:
        also = " or undecided" * ("neutral" in circles)
        grey = f" (grey: saddles of the field{also})" if "saddle" in circles else ""
        said.append(f"circles: rest points where ∇f ≠ 0{grey}")
    text = "; ".join(each for each in said if each)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
