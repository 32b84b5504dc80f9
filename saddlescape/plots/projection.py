"""Trajectories of any dimension on the plane that fits their records best (principal components)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text

from saddlescape.plots import ends, style, words
from saddlescape.plots.paths import as_runs, thin
from saddlescape.results import Run

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Plane:
    """What ``plane`` drew, and the plane: ``centre`` (d,), ``directions`` (2, d), ``share`` of variance (2,),
    ``residual``.
    """

    axes: Axes
    centre: Array
    directions: Array
    share: Array
    residual: float
    paths: tuple[Line2D, ...]
    note: Text


def plane(
    result: Run | Sequence[Run],
    ax: Axes | None = None,
    *,
    baseline: int | None = None,
    colours: Sequence[str] | None = None,
) -> Plane:
    """Draw trajectories of any dimension on the plane that fits all their records best (PCA), equal scale on
    both axes.

    What the plane leaves out is printed above it: the largest distance of a record from it.
    """
    runs = as_runs(result)
    ax = ax or style.new_axes()
    hues, thick = style.run_colours(runs, colours, baseline), float(matplotlib.rcParams["lines.linewidth"])
    centre, directions, share, residual = fit_plane(runs)
    drawn: list[Line2D] = []
    for i, run in enumerate(runs):
        for path in (run.x[words.shown(run)] - centre) @ directions.T:
            width, level = (0.8 if words.is_map(run) else 1.5) * thick, 2 if baseline == i else 3
            drawn += ax.plot(*path.T, "-", color=hues[i], linewidth=width, zorder=level)
            ends.start(ax, path[0], thick)
            finite = path[np.all(np.isfinite(path), axis=1)]
            ends.beads(ax, finite[-1:], hues[i], 4.8 * thick, 4)
            if words.is_map(run):
                widest = max(float(np.ptp(finite, axis=0).max()), 1e-300)
                kept = thin(finite, finite.min(axis=0), np.full(2, widest))
                ends.beads(ax, finite[kept], hues[i], 2.4 * thick, 3.2)
    ax.set_aspect("equal", adjustable="datalim")
    ax.margins(0.08)
    ax.set(xlabel=f"direction 1 ({share[0]:.1%} of variance)", ylabel=f"direction 2 ({share[1]:.1%})")
    text = f"farthest record {words.number(residual, 2)} off this plane"
    note = ax.set_title(text, loc="right", fontsize="small", pad=3)
    return Plane(ax, centre, directions, share, residual, tuple(drawn), note)


def fit_plane(runs: Sequence[Run]) -> tuple[Array, Array, Array, float]:
    """Return centre, two directions, their shares of variance and the largest distance of a record from the
    plane.
    """
    records = np.concatenate([run.x.reshape(-1, run.x.shape[2]) for run in runs])
    records = records[np.all(np.isfinite(records), axis=1)]
    centre = records.mean(axis=0)
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov((records - centre).T, bias=True)))
    directions = vectors[:, ::-1][:, :2].T
    lead = directions[np.arange(2), np.argmax(np.abs(directions), axis=1)]
    directions = directions * np.sign(lead)[:, None]  # an eigenvector has no sign of its own
    share = np.maximum(values[::-1][:2], 0) / max(float(values.sum()), 1e-300)
    off = (records - centre) - (records - centre) @ directions.T @ directions
    return centre, directions, share, float(np.linalg.norm(off, axis=1).max())
