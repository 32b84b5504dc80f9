"""Pages of stability: the landscape with the multipliers of each method beside it, and diagrams of two numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from saddlescape.answers.phase import PhaseDiagram
from saddlescape.answers.stability import VERDICTS, LocalStability, Stability
from saddlescape.plots import critical, naming, words
from saddlescape.plots import style as sheets
from saddlescape.plots.background import contours
from saddlescape.plots.caption import broken, of_loss, of_methods
from saddlescape.plots.circle import look, multipliers
from saddlescape.plots.diagram import KEEP, phase_diagram
from saddlescape.plots.pages import Page, page
from saddlescape.plots.typeset import Setter
from saddlescape.results import Background

#: panels side by side, their width, and critical points that are listed below one
COLUMNS, PANEL, MOST = 3, 1.78, 10
#: room left of the first panel, between two, and right of the last; of a title beyond its panel
LEFT, GAP, RIGHT, BEYOND = 0.5, 0.52, 0.16, 0.16


def critical_figure(
    results: Stability | Sequence[Stability], background: Background | None = None, style: str = "paper"
) -> Figure:
    """Return the page of one or several methods on one landscape: its critical points, and the multipliers of each
    method at them with what it does there. Without methods the landscape alone, of ``background``."""
    found = (results,) if isinstance(results, Stability) else tuple(results)
    scene = found[0].background if found else background
    assert scene is not None
    with page(style, f"{scene.title}: critical points") as made:
        names = naming.labels([each.method for each in found])
        panels: list[Any] = [None, *zip(found, names, strict=True)]
        for first in range(0, len(panels), COLUMNS):
            _row(made, scene, panels[first : first + COLUMNS])
        made.caption.append(of_loss(scene))
        if found:
            made.caption.append(of_methods([(each.method, each.formula) for each in found]))
            made.say(_meaning(found))
    return made.figure


def _row(made: Page, scene: Background, panels: Sequence[Any]) -> None:
    """Draw a row: None is the landscape, others are a method with its name."""
    listed = min(len(scene.points), MOST + 1)
    room = 0.56 + 0.142 * listed
    names = _broken(made, ["landscape" if each is None else each[1] for each in panels])
    above = 0.26 + 0.17 * max(name.count("\n") for name in names)
    axes = made.row(COLUMNS, PANEL, below=room, gap=GAP, left=LEFT, right=RIGHT, above=above)
    for k, (ax, each) in enumerate(zip(axes, [*panels, *[()] * (COLUMNS - len(panels))], strict=True)):
        if each == ():
            ax.set_axis_off()
        elif each is None and len(scene.view) > 2:
            ax.set_axis_off()
            ax.text(
                0.5,
                0.5,
                f"{len(scene.view)} coordinates:\nno map",
                transform=ax.transAxes,
                ha="center",
                va="center",
                fontsize="small",
                color=sheets.ink(),
            )
            _points(ax, scene)
        elif each is None:
            _landscape(ax, scene)
            ax.set_title(names[k], loc="left", fontsize="medium", pad=3)
        else:
            multipliers(each[0], ax)
            ax.set_title(names[k], loc="left", fontsize="medium", pad=3)
            _verdicts(ax, each[0])
            if k and panels[k - 1] is not None:
                ax.set_ylabel("")  # the panel before says it, and tick labels need the room


def _broken(made: Page, names: Sequence[str]) -> list[str]:
    """Return names of panels in lines that do not reach the next panel."""
    wide = (made.sheet.width / made.unit - LEFT - RIGHT - GAP * (COLUMNS - 1)) / COLUMNS
    size = float(matplotlib.rcParams["font.size"])
    setter = Setter(made.figure, size, (min(wide, PANEL) + BEYOND) * made.unit)
    return [
        "\n".join(" ".join(piece for _, piece in line) for line in setter.lines([broken(name)]))
        for name in names
    ]


def _landscape(ax: Axes, scene: Background) -> None:
    """Draw the loss with the numbers of its critical points, and list them below."""
    if len(scene.view) == 2:
        contours(scene, ax, labels=False)
        for p in critical.inside(scene.points, scene.view):
            at: Any = p.x
            ax.annotate(str(p.id), at, xytext=(4, 3), textcoords="offset points", fontsize="small")
    else:
        thick = 0.8 * float(matplotlib.rcParams["lines.linewidth"])
        ax.plot(scene.axes[0], scene.loss, color=sheets.ink(), linewidth=thick)
        for p in critical.inside(scene.points, scene.view):
            ax.plot(p.x, [p.loss], linestyle="none", zorder=4, **critical.look(p.kind, 6.0))
        ax.set_xlabel(words.coordinate(scene.coordinates[0]), fontstyle="italic", labelpad=2)
    _points(ax, scene)


def _points(ax: Axes, scene: Background) -> None:
    """List below a panel the critical points, with kinds and places."""
    hues = sheets.end_colours(scene.points)
    entries = [(p, f"{p.id}  {p.kind} {words.place(p.x)}") for p in scene.points]
    _list(ax, [(_mark(p, hues[p.id]), text) for p, text in entries])


def _verdicts(ax: Axes, result: Stability) -> None:
    """List below a panel what the method does at each critical point."""
    hues = sheets.end_colours(result.background.points)
    _list(ax, [(_mark(p, hues[p.id]), f"{p.id}  {_said(p)}") for p in result.points])


def _mark(point: Any, hue: str) -> Line2D:
    return Line2D([], [], linestyle="none", **{**look(point, hue), "zorder": 5})


def _said(p: LocalStability) -> str:
    """Return in a few words what a method does at a point."""
    word = VERDICTS[p.verdict].partition(" (")[0]
    if p.cycle is not None and p.verdict in ("repels", "hovers") and p.cycle.stable and len(p.cycle.x):
        return f"{word}; {p.cycle.period}-cycle, r ≤ {words.number(p.cycle.farthest)}"
    return f"{word}, within {words.number(p.radius)}" if p.radius == p.radius else word


def _list(ax: Axes, entries: Sequence[tuple[Line2D, str]]) -> None:
    """Write a list below an axis; of more than ``MOST`` entries the first, and how many more there are."""
    shown = list(entries[:MOST])
    if len(entries) > MOST:
        shown.append((Line2D([], [], linestyle="none"), f"and {len(entries) - MOST} more"))
    for handle, text in shown:
        handle.set_label(text)
    height = ax.get_window_extent().height / ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    size = float(matplotlib.rcParams["font.size"])
    ax.legend(
        handles=[handle for handle, _ in shown], loc="upper left", fontsize="small", borderaxespad=0, borderpad=0,
        bbox_to_anchor=(-0.06, -0.046 * size / max(height, 0.1)), handletextpad=0.3, labelspacing=0.25, handlelength=1.0,
    )  # fmt: skip


def _meaning(found: Sequence[Stability]) -> str:
    """Return what the panels show."""
    text = []
    if any(each.clock == "steps" for each in found):
        text.append(
            "Multipliers: eigenvalues of one step, linearised at the point; inside the unit circle (green) it attracts. "
            "Outside, the distance from 0 is 1 + log₁₀ of the modulus."
        )
    if any(each.clock != "steps" for each in found):
        text.append(
            "Of flows and SDEs: eigenvalues of the drift, distance from 0 logarithmic; left of 0 (green) it attracts."
        )
    if any(p.cycle is not None and len(p.cycle.multipliers) for each in found for p in each.points):
        text.append("Hollow: multipliers of the cycle around the point, once around.")
    if any(p.verdict == "traps" for each in found for p in each.points):
        text.append(
            "Normalised SAM jumps at a critical point; run from all sides it stays within the radius given."
        )
    return " ".join(text)


def phase_figure(results: PhaseDiagram | Sequence[PhaseDiagram], style: str = "paper") -> Figure:
    """Return the page of diagrams of one or several methods on one landscape, two side by side, with one key."""
    found = (results,) if isinstance(results, PhaseDiagram) else tuple(results)
    scene = found[0].background
    with page(style, f"{scene.title}: {found[0].about}") as made:
        for first in range(0, len(found), 2):
            some = found[first : first + 2]
            side = 1.6 if len(some) == 1 else 0.58
            axes = made.row(len(some), 2.5, gap=0.7, left=side, right=max(0.16, side - 0.42))
            for ax, each in zip(axes, some, strict=True):
                drawn = phase_diagram(each, ax)
                ax.set_title(naming.labels([each.method])[0], loc="left", fontsize="medium", pad=3)
                keep = [made.patch(label, hue, alpha=KEEP) for label, hue in drawn.colours.items()]
                made.key(*keep, *drawn.lines.values())
        made.keys = [list({str(each.get_label()): each for line in made.keys for each in line}.values())]
        made.caption.append(of_loss(scene))
        made.caption.append(of_methods([(each.method, each.formula) for each in found]))
        made.say(_diagram_meaning(found[0]))
    return made.figure


def _diagram_meaning(first: PhaseDiagram) -> str:
    ny, nx = first.places.shape
    cells = f"{words.count(nx)} × {words.count(ny)} values"
    lines = " Lines: theory; λ are the eigenvalues of the Hessian, −μ negative ones." if first.lines else ""
    if first.of == "stable":
        return f"Whether the method stays at the point: run from all sides of it for {cells}.{lines}"
    return f"Where the run from {words.place(first.start)} ends, for {cells}.{lines}"
