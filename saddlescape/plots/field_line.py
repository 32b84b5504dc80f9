"""The field of a method on a line: dx/dt over x, with arrows on the axis and the points on it where it rests."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from saddlescape.answers.field import Field
from saddlescape.plots import naming, style, words
from saddlescape.plots.background import defined
from saddlescape.plots.field_marks import marks
from saddlescape.results import Array

#: arrows along the axis
ARROWS = 13


def phase_line(result: Field, ax: Axes | None = None) -> tuple[Line2D, list[Line2D]]:
    """Draw dx/dt over x; return the line and the marks of critical and rest points on the axis."""
    defined(result.background)
    ax = ax or style.new_axes(height=3.2)
    x, v = result.axes[0], result.velocity[:, 0]
    thick = float(matplotlib.rcParams["lines.linewidth"])
    name = words.coordinate(result.background.coordinates[0])
    (hue,) = style.method_colours([naming.read(result.method).name])
    broken = _jumps(v)
    ax.axhline(0.0, color=style.ink(), linewidth=0.6 * thick, zorder=1)
    (line,) = ax.plot(
        np.insert(x, broken + 1, np.nan),
        np.insert(v, broken + 1, np.nan),
        "-",
        color=hue,
        linewidth=1.4 * thick,
        zorder=3,
    )
    ax.set_xlim(result.background.view[0])
    at = np.linspace(0, len(x) - 1, ARROWS + 2).round().astype(int)[1:-1]
    for way, marker in ((1.0, ">"), (-1.0, "<")):
        there = at[np.sign(v[at]) == way]
        ax.plot(x[there], 0 * there, marker, color=hue, markersize=4 * thick, markeredgewidth=0, zorder=2)
    dots = marks(ax, result)
    ax.set_xlabel(name, fontstyle="italic")
    ax.set_ylabel(f"d{name}/dt")
    return line, dots


def _jumps(v: Array) -> np.ndarray[Any, Any]:
    """Return the intervals in which ``v`` jumps through 0: it changes three times as much as a little farther on."""
    change = np.abs(np.diff(v))
    beside = np.maximum(np.roll(change, 2), np.roll(change, -2))
    return np.flatnonzero((change > 3 * beside) & (v[:-1] * v[1:] <= 0))
