"""Multipliers of critical points beside the unit circle; of a flow its eigenvalues beside the imaginary axis."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch, Rectangle
from matplotlib.text import Text

from saddlescape.answers.stability import LocalStability, Stability
from saddlescape.plots import style, words

#: size of a marker in units of the type
SIZE = 0.62
#: fill of where a method stays
STAYS = "#009E73"


@dataclass
class Multipliers:
    """What ``multipliers`` drew: where the method stays, per critical point its markers, those of its cycles hollow."""

    axes: Axes
    area: Patch
    points: dict[int, Line2D] = field(default_factory=dict)
    cycles: dict[int, Line2D] = field(default_factory=dict)
    note: Text | None = None


def multipliers(result: Stability, ax: Axes | None = None) -> Multipliers:
    """Draw the multipliers of one method at every critical point; inside the unit circle it stays.

    Outside the circle the distance from 0 is drawn as 1 + log₁₀|m|, so that −1000 has a place on the page. Those of the
    cycles around a point (of the map applied once per period) are hollow. Of a flow or SDE the eigenvalues, their
    distance from 0 logarithmic from below the smallest to the largest, and the half-plane in which it stays.
    """
    ax = ax or style.new_axes(3.2, 3.2)
    flow = result.clock != "steps"
    area: Patch = Rectangle((-2.0, -2.0), 2.0, 4.0) if flow else Circle((0.0, 0.0), 1.0)
    area.set(facecolor=STAYS, alpha=0.13, zorder=0, linewidth=0)
    ax.add_patch(area)
    drawn = Multipliers(ax, area)
    thin: dict[str, Any] = {
        "color": style.ink(),
        "linewidth": 0.6 * float(matplotlib.rcParams["lines.linewidth"]),
    }
    angle = np.linspace(0.0, 2.0 * np.pi, 361)
    ax.plot(*(([0.0, 0.0], [-2.0, 2.0]) if flow else (np.cos(angle), np.sin(angle))), zorder=1, **thin)
    hues = style.end_colours(result.background.points)
    sizes = [abs(v) for p in result.points for v in p.eigenvalues if v] or [1.0]
    reach = 1.0
    for p in result.points:
        for values, kept, hollow in ((_of(p), drawn.points, False), (_of_cycle(p), drawn.cycles, True)):
            if len(values):
                at = _spaced(values, min(sizes), max(sizes)) if flow else _placed(values)
                reach = max(reach, float(np.abs(np.concatenate([at.real, at.imag])).max()))
                (kept[p.id],) = ax.plot(at.real, at.imag, linestyle="none", **look(p, hues[p.id], hollow))
                kept[p.id].set_gid(f"multipliers-{p.id}")
    _frame(ax, reach, max(sizes) if flow else None)
    if not drawn.points and not drawn.cycles and result.points:
        drawn.note = _without(ax, flow)
    return drawn


def _without(ax: Axes, flow: bool) -> Text:
    """Say in a panel with nothing in it why; on paper of its own, so that the axis of a flow does not cross the words."""
    said = "no eigenvalues:\nthe flow jumps" if flow else "no multipliers:\nthe step jumps"
    if flow:
        ax.set_xticks([0.0], ["0"])  # there is no eigenvalue to measure by
        ax.set_yticks([0.0], ["0"])
    return ax.text(
        0.5, 0.5, said, transform=ax.transAxes, ha="center", va="center", fontsize="small", color=style.ink(),
        bbox={"facecolor": style.paper(), "edgecolor": "none", "boxstyle": "round,pad=0.5"} if flow else None,
    )  # fmt: skip


def look(point: LocalStability, hue: str, hollow: bool = False) -> dict[str, Any]:
    """Return the marker of a critical point as keywords of a line."""
    size = SIZE * float(matplotlib.rcParams["font.size"])
    return {
        "marker": style.MARKERS.get(point.kind, "o"),
        "markersize": size,
        "markerfacecolor": "none" if hollow else hue,
        "markeredgecolor": hue if hollow else style.paper(),
        "markeredgewidth": 0.16 * size if hollow else 0.08 * size,
        "zorder": 3.0 if hollow else 4.0 - 0.001 * point.id,
    }


def _of(p: LocalStability) -> Any:
    return p.eigenvalues if len(p.eigenvalues) else p.multipliers


def _of_cycle(p: LocalStability) -> Any:
    """Return the multipliers of the cycle around a point, of its whole period."""
    return p.cycle.multipliers if p.cycle is not None else np.zeros(0, dtype=complex)


def _placed(values: Any) -> Any:
    """Return multipliers where they are drawn: beyond the unit circle at 1 + log₁₀ of the modulus."""
    size = np.maximum(np.abs(values), 1e-300)
    return values * np.where(size > 1.0, (1.0 + np.log10(size)) / size, 1.0)


def _spaced(values: Any, least: float, most: float) -> Any:
    """Return eigenvalues where they are drawn: the largest at distance 1 from 0, logarithmically."""
    size = np.abs(values)
    with np.errstate(invalid="ignore"):
        part = np.log10(1.0 + 3.0 * size / least) / np.log10(1.0 + 3.0 * most / least) / size
    return values * np.where(size > 0, part, 0.0)


def _frame(ax: Axes, reach: float, largest: float | None) -> None:
    """Set limits, ticks and names of the axes; ``largest`` is that of a flow's eigenvalues."""
    most = 1.15 * max(reach, 1.0)
    ax.set(xlim=(-most, most), ylim=(-most, most), aspect="equal")
    if largest is not None:
        name = words.number(largest)
        ax.set_xticks([-1.0, 0.0, 1.0], [f"−{name}", "0", name])
        ax.set_yticks([-1.0, 0.0, 1.0], ["", "0", ""])
        ax.set_xlabel("eigenvalue, real part", labelpad=2)
        ax.set_ylabel("imaginary part", labelpad=6)
        return
    powers = [10**k for k in range(int(most - 1.0) + 1)]
    if len(powers) > 2:  # more would touch
        powers = [1, powers[-1]]
    ticks = [(0.0, "0")] + [
        (sign * (1.0 + np.log10(m)), f"{'−' * (sign < 0)}{m:g}") for m in powers for sign in (-1, 1)
    ]
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks([at for at, _ in ticks], [name for _, name in ticks])
    ax.set_xlabel("multiplier, real part", labelpad=2)
    ax.set_ylabel("imaginary part", labelpad=0)
