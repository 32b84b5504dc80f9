"""The whole picture of basins: a panel for every method, for two a third where they disagree, and a caption that says
how."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import MaxNLocator

from saddlescape.answers.basins import Basins
from saddlescape.answers.disagreement import Disagreement
from saddlescape.errors import UsageError
from saddlescape.plots import basin_legend, critical, naming
from saddlescape.plots import style as sheets
from saddlescape.plots.basin_ends import named, span
from saddlescape.plots.basin_map import basins, frame, in_plane
from saddlescape.plots.basins_caption import sentences, share
from saddlescape.plots.differing import disagreement as differing
from saddlescape.plots.layouts import Sheet, fitting
from saddlescape.plots.typeset import Setter

#: width of a page in inches by style: one panel, two, three beside each other
WIDTHS = {
    "paper": (4.4, 6.2, 7.0),
    "notebook": (5.0, 6.8, 7.6),
    "slides": (6.8, 9.2, 10.4),
    "dark": (5.0, 6.8, 7.6),
}
#: most panels beside each other
COLUMNS = 3


@dataclass(frozen=True)
class _Page:
    """What is drawn on every panel of a page alike."""

    results: tuple[Basins, ...]
    labels: list[str]
    own: Collection[int]
    times: tuple[float, float] | None
    levels: int

    @property
    def alone(self) -> bool:
        """Whether one panel is all: its legend then holds the key of time, which otherwise stands in the head."""
        return len(self.results) == 1


def basins_figure(
    result: Basins | Sequence[Basins],
    disagreement: Disagreement | None = None,
    *,
    style: str = "paper",
    caption: str | None = None,
    labels: Sequence[str] | None = None,
    levels: int = 10,
) -> Figure:
    """Return the figure of the basins of one or several methods on one landscape, in the same window.

    A panel each, all with the same colours and the same scale of time; a last one for ``disagreement``. ``caption``
    replaces the one made from the results (formulas in $…$), ``labels`` the names of the methods, ``levels`` is the
    number of faint contour lines of the loss.
    """
    results = (result,) if isinstance(result, Basins) else tuple(result)
    if not results:
        raise UsageError("a figure of basins needs the basins of at least one method")
    if len({each.background.title for each in results}) > 1:
        titles = ", ".join(dict.fromkeys(each.background.title for each in results))
        raise UsageError(f"the panels of a figure show one landscape, not {titles}")
    called = list(labels or naming.labels([each.method for each in results]))
    if len(called) != len(results):
        raise UsageError(f"{len(results)} map(s) need as many labels, not {len(called)}")
    plain = [each for each in results if not each.ends]
    with sheets.context(style):
        page = _Page(results, called, named(results), span(plain) if plain else None, levels)
        return _compose(page, disagreement, style, caption)


def _compose(page: _Page, between: Disagreement | None, style: str, caption: str | None) -> Figure:
    count = len(page.results) + (between is not None)
    columns = 2 if count == 4 else min(count, COLUMNS)
    size, width = float(matplotlib.rcParams["font.size"]), WIDTHS[style][columns - 1]
    figure = Figure(figsize=(width, width))
    FigureCanvasAgg(figure)
    sheet = Sheet((), page.labels, [], None, figure, width, size / 9.5, [])
    bottom = _panels(sheet, page, between, columns)
    _write(sheet, page, between, bottom, caption)
    for ax in figure.axes:
        sheets.settle(ax)
    return figure


def panels(
    sheet: Sheet, results: Sequence[Basins], between: Disagreement | None = None, *, top: float = 0.3, levels: int = 10,
    labels: Sequence[str] | None = None,
) -> tuple[float, Any]:  # fmt: skip
    """Draw the panels of ``basins_figure`` on a page from ``top`` units down; return where they end, in inches, and the
    key of time (None where no time is shown)."""
    plain = [each for each in results if not each.ends]
    times = span(plain) if plain else None
    names = list(labels or naming.labels([each.method for each in results]))
    page = _Page(tuple(results), names, named(results), times, levels)
    count = len(results) + (between is not None)
    bottom = _panels(sheet, page, between, 2 if count == 4 else min(count, COLUMNS), top)
    return bottom, basin_legend.clock(times, results) if times and not page.alone else None


def _panels(
    sheet: Sheet, page: _Page, between: Disagreement | None, columns: int, above: float = 0.3
) -> float:
    """Draw all panels with their legends; return where they end (inches from the top)."""
    u, box = sheet.unit, frame(page.results[0].axes)
    left, gap, top, deepest = 0.58 * u, 0.16 * u, above * u, 0.0
    wide = (sheet.width - left - columns * gap + (gap - 0.12 * u)) / columns
    wide, tall = fitting((box[:2], box[2:]), wide, 1.1 * sheet.width)
    sheet.cut(sheet.width)  # near enough for stripes, which are drawn in points
    legends: list[Legend] = []
    titles = [*page.labels, *([f"they differ: {share(between)}"] if between is not None else [])]
    for i, title in enumerate(titles):
        if i and i % columns == 0:
            top, deepest = top + deepest, 0.0
        ax = sheet.axes(left + (i % columns) * (wide + gap), top + 0.24 * u, wide, tall)
        ax.set_position((0.1, 0.1, wide / sheet.width, tall / sheet.width))
        legend = _panel(page, between, i, ax)
        _dress(ax, title, i % columns > 0)
        legend.set_bbox_to_anchor((0, -0.4 * u / tall))
        legends.append(legend)
        deepest = max(deepest, tall + (0.64 + 0.141 * len(legend.get_texts())) * u)
    _shrink(legends, sheet, wide)
    return top + deepest


def _panel(page: _Page, between: Disagreement | None, i: int, ax: Axes) -> Legend:
    """Draw one panel; return its legend."""
    drawn: Any
    if between is not None and i == len(page.results):
        drawn = differing(between, ax, own=page.own, levels=page.levels)
    else:
        look: dict[str, Any] = {
            "own": page.own,
            "times": page.times,
            "levels": page.levels,
            "clock": page.alone,
        }
        drawn = basins(page.results[i], ax, **look)
    legend: Legend = drawn.legend
    return legend


def _shrink(legends: Sequence[Legend], sheet: Sheet, room: float) -> None:
    """Make the words of all legends small enough for their panels (inches), which the sample of a colour begins."""
    texts = [text for legend in legends for text in legend.get_texts()]
    size = float(texts[0].get_fontsize())
    setter = Setter(sheet.figure, size, room)
    widest = max(setter.measure(text.get_text()) for text in texts)
    fits = min(1.0, (room - 2.45 * size / 72) / widest)
    for text in texts:
        text.set_fontsize(size * max(fits, 0.6))


def _dress(ax: Axes, title: str, inner: bool) -> None:
    """Write the title of a panel; inside a row leave out what the first one says."""
    ax.set_title(title, loc="left", fontsize="medium", color=sheets.ink(), pad=3)
    if inner:
        ax.set_ylabel("")
        ax.tick_params(labelleft=False)
    # labels at the ends would touch the neighbour's
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], prune="both"))
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))


def _write(
    sheet: Sheet, page: _Page, between: Disagreement | None, bottom: float, caption: str | None
) -> None:
    """Write title, keys and caption, and cut the page to what they need."""
    u, size = sheet.unit, float(matplotlib.rcParams["font.size"])
    left = min(box[1] for box in sheet.boxes)
    setter = Setter(sheet.figure, 0.88 * size, sheet.width - left - 0.14 * u)
    said = (
        [[w for w in caption.split(" ") if w]]
        if caption
        else sentences(page.results, between, timed=page.times is not None)
    )
    rows = [
        (row, (0.25 if any("frac" in piece for _, piece in row) else 0.18) * u) for row in setter.lines(said)
    ]
    height = bottom + sum(tall for _, tall in rows) + 0.08 * u
    sheet.cut(height)
    # a page of another size gets another renderer: hand it the formulas already read
    canvas: Any = sheet.figure.canvas
    canvas.get_renderer().mathtext_parser = setter.renderer.mathtext_parser
    y = height - bottom
    for row, tall in rows:
        y -= tall
        setter.write(row, left, y + 0.32 * (tall - 0.1 * u), sheets.ink())
    _head(sheet, page, setter, left, height)


def _head(sheet: Sheet, page: _Page, setter: Setter, left: float, height: float) -> None:
    """Write the title at the left, at the right what is marked."""
    size, background = float(matplotlib.rcParams["font.size"]), page.results[0].background
    one = page.results[0]
    box = frame(one.axes)
    seen = [
        p.kind
        for p in critical.inside(in_plane(background.points, one.plane, one.origin), (box[:2], box[2:]))
    ]
    marks: list[Any] = [critical.key(kind, 0.65 * size) for kind in sheets.MARKERS if kind in seen]
    handles = [
        *([basin_legend.clock(page.times, page.results)] if page.times and not page.alone else []),
        *marks,
    ]
    right, top = (sheet.width - 0.14 * sheet.unit) / sheet.width, 1 - 0.19 * sheet.unit / height
    room = sheet.width - left - sum(setter.measure(str(h.get_label())) + 0.3 * sheet.unit for h in handles)
    wide = setter.measure(background.title) * 1.12 * (size + 1) / setter.size
    sheet.figure.legend(
        handles=handles, loc="center right", bbox_to_anchor=(right, top), ncols=max(len(handles), 1), borderaxespad=0,
        borderpad=0, handletextpad=0.35, columnspacing=0.8, handlelength=1.2, handleheight=0.75,
        fontsize=0.85 * size, handler_map=basin_legend.HANDLERS,
    )  # fmt: skip
    sheet.figure.text(
        left / sheet.width, top, background.title, fontsize=(size + 1) * max(0.6, min(1.0, room / wide)), weight="bold",
        va="center_baseline", parse_math=False,
    )  # fmt: skip
