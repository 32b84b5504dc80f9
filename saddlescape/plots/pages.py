"""A page of the gallery: a title and its lesson, rows of panels, a key, a caption. Everything is placed in inches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from saddlescape.plots import basin_legend
from saddlescape.plots import style as sheets
from saddlescape.plots.caption import broken, formula
from saddlescape.plots.layouts import Sheet
from saddlescape.plots.typeset import Setter

#: width in inches by style
WIDTHS = {"paper": 7.0, "notebook": 7.6, "slides": 10.4, "dark": 7.6}
#: margin of all text on the page
MARGIN = 0.16


def paragraph(text: str) -> list[str]:
    """Return text with formulas in $…$ as the pieces between which a line may break."""
    pieces: list[str] = []
    for part in re.split(r"(\$[^$]+\$[.,;:)]?)", text):
        if not part.startswith("$"):
            pieces += [word for word in broken(part.strip(" ")) if word]
            continue
        body, _, after = part[1:].rpartition("$")
        made = formula(body)
        last = made.pop()
        pieces += [*made, f"{last[:-1]}{after}$" if last.startswith("$") else last + after]
    return pieces


@dataclass
class Page:
    """A page that is being composed. Lengths are in units of ``unit`` inches, which follow the size of the type."""

    style: str
    title: str
    lesson: str
    sheet: Sheet
    end: float = 0.0
    #: the caption: paragraphs of words and formulas in $…$
    caption: list[list[str]] = field(default_factory=list)
    keys: list[list[Any]] = field(default_factory=list)

    @property
    def figure(self) -> Figure:
        """The figure drawn on."""
        return self.sheet.figure

    @property
    def unit(self) -> float:
        """What a length of 1 is in inches."""
        return self.sheet.unit

    def row(
        self, count: int = 1, tall: float = 2.2, *, widths: Sequence[float] | None = None, left: float = 0.58,
        right: float = 0.16, gap: float = 0.6, above: float = 0.26, below: float = 0.46, projection: str | None = None,
    ) -> list[Any]:  # fmt: skip
        """Return ``count`` panels side by side below what there is, ``tall`` high, ``widths`` wide in proportion.

        ``above`` is the room for titles, ``below`` that for ticks and label, ``left`` for those of the first panel's y.
        """
        u, parts = self.unit, list(widths or [1.0] * count)
        free = self.sheet.width - (left + right + gap * (count - 1)) * u
        at, top, made = left * u, self.end + above * u, []
        for part in parts:
            wide = free * part / sum(parts)
            made.append(self._axes(at, top, wide, tall * u, projection))
            at += wide + gap * u
        self.end = top + (tall + below) * u
        self.sheet.cut(self.end + 2 * u)  # near enough for what is drawn by angle
        return made

    def maps(
        self, view: Sequence[Sequence[float]], count: int, *, most: float = 3.2, **more: Any
    ) -> list[Any]:
        """Return ``count`` panels for maps of ``view`` side by side, with equal scales where that is not too narrow."""
        left, right, gap = (
            more.get(key, usual) for key, usual in (("left", 0.5), ("right", 0.16), ("gap", 0.22))
        )
        wide = (self.sheet.width / self.unit - left - right - gap * (count - 1)) / count
        ratio = (view[1][1] - view[1][0]) / (view[0][1] - view[0][0])
        tall = wide * (ratio if 0.45 <= ratio <= 2.2 else 0.72)
        spare = count * (wide - wide * most / tall) / 2 if tall > most else 0.0
        sides = {"left": left + spare, "right": right + spare, "gap": gap}
        made = self.row(count, min(tall, most), **{**more, **sides})
        for ax in made:
            ax.set(xlim=view[0], ylim=view[1])
        return made

    def strip(self, ax: Axes, mappable: Any, label: str, ticks: Sequence[float] | None = None) -> Any:
        """Draw the colours of ``mappable`` and their values to the right of a panel."""
        left, top, wide, tall = next(box[1:] for box in self.sheet.boxes if box[0] is ax)
        u = self.unit
        own = self._axes(left + wide + 0.08 * u, top, 0.1 * u, tall, None)
        self.sheet.cut(self.end + 2 * u)
        bar = self.figure.colorbar(mappable, cax=own, label=label, ticks=ticks)
        bar.outline.set_linewidth(float(matplotlib.rcParams["axes.linewidth"]))
        bar.minorticks_off()
        return bar

    def _axes(self, left: float, top: float, wide: float, tall: float, projection: str | None) -> Any:
        if projection is None:
            return self.sheet.axes(left, top, wide, tall)
        ax = self.figure.add_axes((0.1, 0.1, 0.5, 0.5), projection=projection)
        self.sheet.boxes.append((ax, left, top, wide, tall))
        return ax

    def key(self, *handles: Any) -> None:
        """Put labelled artists, or all of an axis, into a line of the key below the panels."""
        made: dict[str, Any] = {}
        for each in handles:
            for one in each.get_legend_handles_labels()[0] if isinstance(each, Axes) else [each]:
                made.setdefault(str(one.get_label()), one)
        self.keys.append(list(made.values()))

    def entry(self, label: str, color: str, **look: Any) -> Line2D:
        """Return an entry of the key that is drawn nowhere: a line, or a marker."""
        plain: dict[str, Any] = {"linestyle": "none"} if "marker" in look else {}
        return Line2D([], [], label=label, color=color, **{**plain, **look})

    def patch(self, label: str, color: str, **look: Any) -> Patch:
        """Return an entry of the key for an area."""
        return Patch(facecolor=color, label=label, linewidth=0, **look)

    def scale(self, low: float, high: float, name: str = "cividis") -> ScalarMappable:
        """Return the colours of values from ``low`` to ``high``: ``.to_rgba(value)``; ``strip`` draws them."""
        return ScalarMappable(Normalize(low, high), name)

    def shades(self, norm: Normalize, colours: Any) -> ScalarMappable:
        """Return the colours of values on any scale, for ``strip``."""
        return ScalarMappable(norm, colours)

    def say(self, text: str) -> None:
        """Add a paragraph to the caption; formulas stand in $…$."""
        self.caption.append(paragraph(text))


@contextmanager
def page(style: str = "paper", title: str = "", lesson: str = "") -> Iterator[Page]:
    """Compose a page in ``style`` (paper, notebook, slides, dark); at the end of the block it is set and cut to length.

    with plots.page("paper", "Saddle", "What it teaches.") as page:
        left, right = page.row(2)
        plots.contours(run, left)
        page.say("A caption, with formulas such as $x^2$.")
    page.figure
    """
    with sheets.context(style):
        width, size = WIDTHS[style], float(matplotlib.rcParams["font.size"])
        figure = Figure(figsize=(width, width))
        FigureCanvasAgg(figure)
        made = Page(style, title, lesson, Sheet((), [], [], None, figure, width, size / 9.5, []))
        top = _lines(made, [lesson.split(" ")], size) if lesson else []
        made.end = (0.34 * bool(title) + 0.18 * len(top)) * made.unit
        yield made
        _set(made, top)
        for ax in figure.axes:
            sheets.settle(ax)


def _setter(made: Page, size: float) -> Setter:
    return Setter(made.figure, size, made.sheet.width - 2 * MARGIN * made.unit)


def _lines(made: Page, paragraphs: Sequence[Sequence[str]], size: float) -> Any:
    return _setter(made, size).lines(paragraphs)


def _set(made: Page, lesson: Any) -> None:
    """Cut the page to length and write title, lesson, key and caption."""
    u, size = made.unit, float(matplotlib.rcParams["font.size"])
    left = MARGIN * u
    setter = _setter(made, 0.88 * size)
    rows = [
        (row, (0.25 if any("frac" in piece or "int_" in piece for _, piece in row) else 0.175) * u)
        for row in setter.lines(made.caption)
    ]
    columns = [_columns(made, line) for line in made.keys]
    tall = sum(0.2 * u * -(-len(line) // n) for line, n in zip(made.keys, columns, strict=True))
    under = made.end + tall + 0.06 * u * bool(made.keys)
    height = under + sum(each for _, each in rows) + 0.12 * u
    made.sheet.cut(height)
    canvas: Any = made.figure.canvas
    canvas.get_renderer().mathtext_parser = setter.renderer.mathtext_parser  # formulas already read
    if made.title:
        made.figure.text(
            left / made.sheet.width, 1 - 0.2 * u / height, made.title, fontsize=size + 1.5, weight="bold",
            va="center_baseline", parse_math=False,
        )  # fmt: skip
    plain = _setter(made, size)
    for k, row in enumerate(lesson):
        plain.write(row, left, height - (0.44 + 0.18 * k) * u, sheets.ink())
    _keys(made, columns, height)
    y = height - under
    for row, each in rows:
        y -= each
        setter.write(row, left, y + 0.32 * (each - 0.1 * u), sheets.ink())


def _columns(made: Page, line: Sequence[Any]) -> int:
    """Return how many entries of a key stand side by side; they go down the columns."""
    setter = _setter(made, 0.88 * float(matplotlib.rcParams["font.size"]))
    wide = [setter.measure(str(each.get_label())) + 0.52 * made.unit for each in line]
    for count in range(len(line), 1, -1):
        deep = -(-len(line) // count)
        columns = [max(wide[k : k + deep]) for k in range(0, len(line), deep)]
        if sum(columns) + 0.18 * made.unit * (len(columns) - 1) <= setter.width:
            return len(columns)
    return 1


def _keys(made: Page, columns: Sequence[int], height: float) -> None:
    size, u = float(matplotlib.rcParams["font.size"]), made.unit
    at = made.end
    for line, count in zip(made.keys, columns, strict=True):
        labels = [str(each.get_label()) for each in line]
        made.figure.legend(
            handles=line, labels=labels, loc="upper left", ncols=count, borderaxespad=0, borderpad=0,
            bbox_to_anchor=(MARGIN * u / made.sheet.width, 1 - at / height), fontsize=0.88 * size, handlelength=1.9,
            handletextpad=0.5, columnspacing=1.3, labelspacing=0.35, handler_map=basin_legend.HANDLERS,
        )  # fmt: skip
        at += 0.2 * u * -(-len(line) // count)
