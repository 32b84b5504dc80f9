"""Phase diagrams: cells coloured by what becomes of a method, lines of theory over them."""

from __future__ import annotations

from dataclasses import dataclass, field

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.lines import Line2D

from saddlescape.answers.phase import PhaseDiagram
from saddlescape.plots import style, words

#: dashes of the lines of theory, in turn
DASHES = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (5, 1.4, 1.2, 1.4)))
#: how much of a colour is kept beside the page, so that lines show
KEEP = 0.62


@dataclass
class Diagram:
    """What ``phase_diagram`` drew: the cells, the colour of each label, the lines."""

    axes: Axes
    cells: QuadMesh
    colours: dict[str, str] = field(default_factory=dict)
    lines: dict[str, Line2D] = field(default_factory=dict)


def phase_diagram(result: PhaseDiagram, ax: Axes | None = None) -> Diagram:
    """Draw what becomes of a method over two of its numbers.

    Where it stays, or what it ends at, has the colour of that critical point in every figure; ``Diagram.colours`` and
    ``Diagram.lines`` are for a key.
    """
    ax = ax or style.new_axes(3.6, 3.2)
    hues = diagram_colours(result)
    page = np.array(to_rgb(style.paper()))
    mixed = [KEEP * np.array(to_rgb(hue)) + (1 - KEEP) * page for hue in hues]
    x, y = result.axes
    cells = ax.pcolormesh(x, y, result.places, cmap=ListedColormap(mixed), vmin=-0.5, vmax=len(hues) - 0.5,
                          shading="nearest", rasterized=True, zorder=0)  # fmt: skip
    drawn = Diagram(ax, cells, dict(zip(result.labels, hues, strict=True)))
    thick = float(matplotlib.rcParams["lines.linewidth"])
    box = ax.get_xlim(), ax.get_ylim()
    for k, line in enumerate(result.lines):
        dashes = DASHES[k % len(DASHES)]
        (drawn.lines[line.label],) = ax.plot(
            line.x,
            line.y,
            color=style.ink(),
            linewidth=1.1 * thick,
            linestyle=dashes,
            zorder=2,
            label=line.label,
        )
    ax.set(xlim=box[0], ylim=box[1])
    for axis, key in ((ax.xaxis, result.keys[0]), (ax.yaxis, result.keys[1])):
        axis.set_label_text(words.GREEK.get(key, key), fontstyle="italic")
    return drawn


def diagram_colours(result: PhaseDiagram) -> list[str]:
    """Return one colour per label: of the critical point it ends at or stays at, or of the way it ends nowhere."""
    points = style.end_colours(result.background.points)
    found = []
    for label, about in zip(result.labels, result.points, strict=True):
        if label == "stays" and result.point is not None:
            found.append(points[result.point])
        elif label.startswith("cycling"):
            found.append(style.ELSEWHERE["cycling"])
        elif label == "leaves":
            found.append(style.ELSEWHERE["left"])
        else:
            found.append(points.get(about, style.NOWHERE))
    return _apart(found)


def _apart(hues: list[str]) -> list[str]:
    """Return the colours with repeated ones drawn towards white, so that every label has its own."""
    seen: dict[str, int] = {}
    out = []
    for hue in hues:
        again = seen.get(hue, 0)
        seen[hue] = again + 1
        keep = 0.6**again
        red, green, blue = (round(255 * (keep * c + 1 - keep)) for c in to_rgb(hue))
        out.append(hue if not again else f"#{red:02x}{green:02x}{blue:02x}")
    return out
