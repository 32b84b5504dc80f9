"""The cartoon of one SAM step: numbered stages on the landscape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from saddlescape.answers.steps import SamStep
from saddlescape.plots import style, words
from saddlescape.plots.background import contours
from saddlescape.results import Array

#: a step shorter than this part of the picture is drawn longer, and its factor said; so long it is then
SHORT, SHOWN = 0.1, 0.22
#: length of the longer of both gradients, in parts of the picture
GRADIENT = 0.34
#: of arrows: SAM climbs along the gradient, which shows as a rim of the ascent
WIDTHS = {"gradient": 4.2, "plain": 1.0}


@dataclass(frozen=True)
class Cartoon:
    """What ``sam_step`` drew: the ``arrows`` by stage, from where to where, the numbers, and by how much the steps were
    made longer."""

    axes: Axes
    arrows: dict[str, tuple[Array, Array]]
    numbers: tuple[Any, ...]
    stretch: float


def sam_step(result: SamStep, ax: Axes | None = None, *, width: float | None = None) -> Cartoon:
    """Draw one step in numbered stages: 1 start, 2 gradient, 3 ascent to x + s, 4 gradient there, 5 the step with it.

    ``width`` is that of the square picture around the start, in units of x. Gradients are drawn on one scale of their
    own; steps true to scale, or made longer by a round factor where they would hardly be seen, which the legend says.
    Gradient descent's step is grey.
    """
    ax = ax or style.new_axes(4.6, 4.6)
    reach = float(np.linalg.norm(result.look - result.x))
    wide = width or 4.2 * max(reach, float(np.linalg.norm(result.after - result.x)))
    middle = result.x + 0.35 * (result.look - result.x)
    contours(result.background, ax, labels=False)
    ax.set(
        xlim=(middle[0] - wide / 2, middle[0] + wide / 2), ylim=(middle[1] - wide / 2, middle[1] + wide / 2)
    )
    ax.set_aspect("equal")
    length = float(np.linalg.norm(result.after - result.x)) / wide
    stretch = 1.0 if length >= SHORT or length == 0 else float(f"{SHOWN / length:.0e}")
    scale = GRADIENT * wide / max(float(np.linalg.norm(each)) for each in (result.gradient, result.there))
    arrows = {
        "gradient": (result.x, result.x + scale * result.gradient),
        "ascent": (result.x, result.look),
        "there": (result.look, result.look - scale * result.there),
        "plain": (result.x, result.x + stretch * (result.plain - result.x)),
        "step": (result.x, result.x + stretch * (result.after - result.x)),
    }
    hues = _hues()
    for name, (tail, head) in arrows.items():
        _arrow(ax, tail, head, hues[name], WIDTHS.get(name, 1.7))
    ax.add_patch(
        Circle(tuple(result.x), reach, fill=False, edgecolor=hues["ascent"], linestyle=":", zorder=3)
    )
    thick = float(matplotlib.rcParams["lines.linewidth"])
    ax.plot(*result.x[:, None], "o", color=style.ink(), markersize=4.5 * thick, zorder=6)
    staged = ("ascent", "gradient", "ascent", "there", "step")
    numbers = tuple(_number(ax, k, *arrows[name], wide) for k, name in enumerate(staged, start=1))
    _legend(ax, hues, stretch)
    return Cartoon(ax, arrows, numbers, stretch)


def _hues() -> dict[str, str]:
    names = {"gradient": "green", "ascent": "vermilion", "there": "blue", "step": "blue"}
    return {**{name: style.HUES[hue] for name, hue in names.items()}, "plain": style.baseline_colour()}


def _arrow(ax: Axes, tail: Array, head: Array, hue: str, thick: float) -> None:
    size = thick * float(matplotlib.rcParams["lines.linewidth"])
    look = {
        "arrowstyle": "-|>",
        "color": hue,
        "linewidth": size,
        "shrinkA": 0,
        "shrinkB": 0,
        "mutation_scale": 9,
    }
    ax.annotate("", tuple(head), tuple(tail), arrowprops=look, zorder=5)


def _number(ax: Axes, k: int, tail: Array, head: Array, wide: float) -> Any:
    """Write the number of a stage in a disk beside the end of its arrow: those of gradients and start across it."""
    along = (head - tail) / (float(np.linalg.norm(head - tail)) or 1.0)
    across = np.array([-along[1], along[0]])
    at = (tail if k == 1 else head) + 0.05 * wide * {1: -across, 2: across, 4: -across}.get(k, along)
    round_one = {
        "boxstyle": "circle,pad=0.18",
        "facecolor": style.paper(),
        "edgecolor": style.ink(),
        "linewidth": 0.7,
    }
    return ax.text(
        float(at[0]),
        float(at[1]),
        str(k),
        ha="center",
        va="center",
        fontsize="small",
        bbox=round_one,
        zorder=8,
        clip_on=True,
    )


def _legend(ax: Axes, hues: dict[str, str], stretch: float) -> None:
    times = f" (× {words.number(stretch)})" if stretch != 1.0 else ""
    thick = float(matplotlib.rcParams["lines.linewidth"])
    said = {
        "gradient": "2  gradient at the start", "ascent": "3  ascent to x + s", "there": "4  downhill from there",
        "step": f"5  that step, from the start{times}", "plain": f"gradient descent's step{times}",
    }  # fmt: skip
    handles = [
        Line2D(
            [],
            [],
            color=hues[name],
            linewidth=WIDTHS.get(name, 1.7) * thick,
            label=label,
        )
        for name, label in said.items()
    ]
    ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, -0.13),
        ncols=2,
        borderaxespad=0,
        borderpad=0,
        fontsize="small",
    )
