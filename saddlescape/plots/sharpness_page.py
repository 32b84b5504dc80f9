"""The page of sharpness along runs: small multiples of all traces, a key, and a caption that says what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from saddlescape.answers.sharpness import Sharpness
from saddlescape.plots import naming, words
from saddlescape.plots import style as sheets
from saddlescape.plots.caption import broken, of_loss, of_methods
from saddlescape.plots.faces_page import PANEL, WIDTHS
from saddlescape.plots.layouts import Sheet
from saddlescape.plots.sharp_traces import (
    DASHED,
    DOTTED,
    SharpnessTraces,
    clocks,
    edge_word,
    shared_traces,
    sharpness,
)
from saddlescape.plots.typeset import Setter


def sharpness_figure(
    result: Sharpness | Sequence[Sharpness],
    style: str = "paper",
    caption: str | None = None,
    labels: Sequence[str] | None = None,
) -> Figure:
    """Return the page of one or several results on one landscape.

    ``caption`` replaces the one made from them (formulas in $…$), ``labels`` the names of the methods.
    """
    results = (result,) if isinstance(result, Sharpness) else tuple(result)
    with sheets.context(style):
        return _compose(results, WIDTHS[style], caption, labels)


def _compose(
    results: tuple[Sharpness, ...], width: float, caption: str | None, labels: Sequence[str] | None
) -> Figure:
    size = float(matplotlib.rcParams["font.size"])
    figure = Figure(figsize=(width, width))
    FigureCanvasAgg(figure)
    sheet = Sheet(
        (),
        list(labels or naming.labels([each.method for each in results])),
        [],
        None,
        figure,
        width,
        size / 9.5,
        [],
    )
    names = shared_traces(results)
    u, left, gap, top = sheet.unit, 0.5 * sheet.unit, 0.56 * sheet.unit, 0.86 * sheet.unit
    wide = (width - left - 0.14 * u - 2 * gap) / 3
    tall = PANEL * wide
    row = tall + 0.52 * u
    axes = {
        name: sheet.axes(left + (k % 3) * (wide + gap), top + (k // 3) * row, wide, tall)
        for k, name in enumerate(names)
    }
    end = top + (-(-len(names) // 3) - 1) * row + tall + 0.4 * u
    sheet.cut(end + 1.0)
    drawn = sharpness(results, axes)
    for ax in list(axes.values())[:-3]:
        ax.set_xlabel("")
    _write(sheet, results, drawn, end, caption)
    for ax in figure.axes:
        sheets.settle(ax)
    return figure


def _write(
    sheet: Sheet, results: tuple[Sharpness, ...], drawn: SharpnessTraces, end: float, caption: str | None
) -> None:
    """Write title, key and caption, and cut the page to what they need."""
    u, size = sheet.unit, float(matplotlib.rcParams["font.size"])
    left = min(box[1] for box in sheet.boxes) - 0.3 * u
    setter = Setter(sheet.figure, 0.88 * size, sheet.width - left - 0.14 * u)
    said = [[w for w in caption.split(" ") if w]] if caption else sentences(results)
    lines = [
        (row, (0.25 if any("frac" in piece for _, piece in row) else 0.18) * u) for row in setter.lines(said)
    ]
    height = end + 0.04 * u + sum(tall for _, tall in lines) + 0.08 * u
    sheet.cut(height)
    # a page of another size gets another renderer: hand it the formulas already read
    canvas: Any = sheet.figure.canvas
    canvas.get_renderer().mathtext_parser = setter.renderer.mathtext_parser
    title = f"{results[0].background.title}: sharpness along the way"
    sheet.figure.text(
        left / sheet.width, 1 - 0.19 * u / height, title, fontsize=size + 1, weight="bold",
        va="center_baseline", parse_math=False,
    )  # fmt: skip
    place: dict[str, Any] = {"loc": "center left", "borderaxespad": 0, "borderpad": 0, "handletextpad": 0.5}
    handles = key(results, sheet.labels, drawn)
    sheet.figure.legend(
        handles=handles, bbox_to_anchor=(left / sheet.width, 1 - 0.44 * u / height), ncols=len(handles),
        columnspacing=1.3, handlelength=1.7, **place,
    )  # fmt: skip
    y = height - end - 0.04 * u
    for row, tall in lines:
        y -= tall
        setter.write(row, left, y + 0.32 * (tall - 0.1 * u), sheets.ink())


def key(results: Sequence[Sharpness], labels: Sequence[str], drawn: SharpnessTraces) -> list[Line2D]:
    """Return the samples of methods, edges and catapults for a legend."""
    thick = float(matplotlib.rcParams["lines.linewidth"])
    hues = sheets.method_colours([naming.read(each.method).name for each in results])
    handles = [
        Line2D([], [], color=h, linewidth=1.3 * thick, label=t) for h, t in zip(hues, labels, strict=True)
    ]
    ink: dict[str, Any] = {"color": sheets.ink(), "linewidth": 0.8 * thick}
    plain = [line for line in drawn.edges if line.get_color() == sheets.ink()]
    if plain:
        told = ", ".join(dict.fromkeys(edge_word(each) for each in results if each.edge is not None))
        handles.append(Line2D([], [], linestyle=DASHED, label=told, **ink))
    if len(drawn.edges) > len(plain):
        handles.append(Line2D([], [], linestyle=DOTTED, label="edge of its own steps", **ink))
    if drawn.catapults:
        mark: dict[str, Any] = {"linestyle": "none", "marker": "^", "color": sheets.ink(), "ms": 4 * thick}
        handles.append(Line2D([], [], label="catapult", **mark))
    return handles


def sentences(results: Sequence[Sharpness]) -> list[list[str]]:
    """Return the paragraphs of the caption as pieces between which a line may break."""
    methods = of_methods([(each.method, each.formula) for each in results])
    return [of_loss(results[0].background), methods, broken(_numbers(results)), broken(_meanings(results))]


def _numbers(results: Sequence[Sharpness]) -> str:
    """Return what the methods share, how long, from where."""
    first = results[0]
    facts = [same] if (same := naming.same([each.method for each in results])) else []
    label, times = clocks(results)
    end = max(float(t[-1]) for t in times)
    facts.append(f"{words.count(round(end))} steps" if label == "step" else f"time {words.number(end)}")
    facts.append(
        f"from {words.place(first.spec['x0'])}" if first.n == 1 else f"{words.count(first.n)} starts"
    )
    if (seed := first.spec.get("seed")) is not None:
        facts.append(f"seed {seed}")
    text = ", ".join(facts) + "."
    return text + (" Lines are means, bands the 10–90 % range of the starts." if first.n > 1 else "")


def _meanings(results: Sequence[Sharpness]) -> str:
    """Return what the traces that there are mean."""
    names, first = shared_traces(results), results[0]
    r = words.number(first.radius)
    parts = []
    if "worst" in names:
        parts.append(f"worst case: max f(x+δ) − f(x) over ‖δ‖ ≤ {r}")
    if "worst_m" in names:
        parts.append(
            f"m-sharpness: the same with the loss of m\u00a0=\u00a0{first.m}, mean over {first.rule}"
        )
    if "average" in names:
        parts.append(f"average case: its mean over δ of standard deviation {r} per coordinate")
    if "adaptive" in names or "adaptive_average" in names:
        parts.append(f"adaptive: δᵢ in units of |xᵢ|, radius {words.number(first.relative)}")
    if "alignment" in names:
        parts.append("s: displacement (of GD: the gradient), v₁: leading eigenvector of ∇²f")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
