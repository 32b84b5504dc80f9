"""Critical and rest points on the field of a method, drawn by what the method does there."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from saddlescape.answers.field import Field
from saddlescape.plots import critical, ends, style
from saddlescape.plots.words import MINIMA
from saddlescape.results import Array

#: verdicts of what attracts, and how the others are filled
ATTRACTS = ("attracts", "traps")


def filling(verdict: str) -> dict[str, Any]:
    """Return the colours of a mark: filled where the method attracts, hollow where it repels, grey where undecided."""
    inner = {"repels": style.paper(), "attracts": style.ink(), "traps": style.ink()}.get(
        verdict, style.NOWHERE
    )
    return {
        "markerfacecolor": inner,
        "markeredgecolor": style.paper() if verdict in ATTRACTS else style.ink(),
        "markeredgewidth": 0.8 if verdict in ATTRACTS else 1.1,
    }


def marks(ax: Axes, result: Field, size: float = 7.0) -> list[Line2D]:
    """Mark the critical points in the view (house markers by kind, filled by verdict, ringed where a saddle or maximum
    attracts) and, as circles, rest points that are none, those of a line at height 0; return one line each."""
    background, drawn = result.background, []
    thick = float(matplotlib.rcParams["lines.linewidth"])
    seen = critical.inside(background.points, background.view)
    drawn += critical.mark(ax, [p for p in seen if p.samples is not None], background.view)
    for point in (p for p in seen if p.samples is None):
        verdict, at = result.verdict(point.id), _place(point.x)
        look = {**critical.look(point.kind, size), **filling(verdict)}
        drawn += ax.plot(*at[:, None], linestyle="none", zorder=5, gid=f"critical-{point.id}", **look)
        if verdict in ATTRACTS and point.kind not in MINIMA:
            ends.ring(ax, at, style.CAUGHT[0], thick)
    box = np.array(background.view)
    for each in result.rests:
        if np.all((each.x >= box[:, 0]) & (each.x <= box[:, 1])):
            look = {"marker": "o", "markersize": 0.6 * size, **filling(each.verdict)}
            drawn += ax.plot(*_place(each.x)[:, None], linestyle="none", zorder=4.8, gid="rest", **look)
    return drawn


def _place(x: Array) -> Array:
    return x if len(x) == 2 else np.array([x[0], 0.0])
