"""Landscapes of one coordinate: the curve with iterates on it, and the coordinate against time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.lines import Line2D

from saddlescape.plots import critical, ends, style, words
from saddlescape.plots.background import defined, refuse_unless
from saddlescape.plots.crowd import in_time, named, on_curve
from saddlescape.plots.ends import view_of
from saddlescape.plots.paths import FEW, as_runs, thin
from saddlescape.plots.series import ticks
from saddlescape.results import Run

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Lines:
    """What ``lines`` or ``strip`` drew: the curve of the loss (None in a strip), paths, dots, ends; of crowds
    the starts on the curve, coloured by where they end, or some of the paths in a strip.
    """

    axes: Axes
    curve: Line2D | None
    paths: tuple[Line2D, ...]
    dots: tuple[Line2D, ...]
    points: tuple[Line2D, ...]
    thinned: bool = False
    crowds: tuple[PathCollection | LineCollection, ...] = ()


def lines(
    result: Run | Sequence[Run],
    ax: Axes | None = None,
    *,
    baseline: int | None = None,
    colours: Sequence[str] | None = None,
    own: Collection[int] | None = None,
) -> Lines:
    """Draw a loss of one coordinate as its curve, with the iterates on it: start +, end ●.

    Of a run of more than 20 trajectories all starts and ends are drawn instead, the starts coloured by where
    they end; ``own`` as in ``trajectories``.
    """
    runs = as_runs(result)
    background = runs[0].background
    refuse_unless(background, 1, "lines")
    ax = ax or style.new_axes(height=3.2)
    hues, thick = style.run_colours(runs, colours, baseline), float(matplotlib.rcParams["lines.linewidth"])
    (curve,) = ax.plot(
        background.axes[0], background.loss, "-", color=style.ink(), linewidth=1.1 * thick, zorder=2
    )
    ax.set_xlim(background.view[0])
    ax.set_ylim(window(runs))
    low, width = view_of(ax)
    dots: list[Line2D] = []
    crowds: list[PathCollection | LineCollection] = []
    for i, run in enumerate(runs):
        if len(run.x) > FEW:
            starts, black = on_curve(ax, run, _own(runs) if own is None else own)
            crowds.append(starts)
            dots.append(black)
            continue
        for x, loss in zip(run.x[:, :, 0], run.loss, strict=True):
            path = np.stack([x, loss], axis=1)
            kept = thin(path, low, width)
            dots.append(ends.beads(ax, path[kept], hues[i], (4.4 if baseline != i else 3.4) * thick, 3))
            ends.start(ax, path[0], thick)
    points = [
        ax.plot(
            p.x, [p.loss], linestyle="none", zorder=5, gid=f"critical-{p.id}", **critical.look(p.kind, 6.5)
        )[0]
        for p in critical.inside(background.points, background.view)
    ]
    ax.set_ylabel(f"loss f({words.coordinate(background.coordinates[0])})")
    ax.set_xlabel(words.coordinate(background.coordinates[0]), fontstyle="italic")
    return Lines(ax, curve, (), tuple(dots), tuple(points), crowds=tuple(crowds))


def _own(runs: Sequence[Run]) -> frozenset[int]:
    return named([run for run in runs if len(run.x) > FEW])


def window(runs: Sequence[Run]) -> tuple[float, float]:
    """Return the losses to show: the curve, up to a little above whatever happens on it, so that no wall
    dwarfs a well.
    """
    background = runs[0].background
    loss = defined(background)
    low, high = float(loss.min()), float(loss.max())
    places = [p.loss for p in critical.inside(background.points, background.view)]
    lo, hi = background.view[0]
    seen = [run.loss[(run.x[:, :, 0] >= lo) & (run.x[:, :, 0] <= hi)] for run in runs]
    top = max([*places, *(float(np.nanmax(values)) for values in seen if values.size)], default=high)
    top = min(high, top + 0.3 * (top - low)) if top > low else high
    return low - 0.06 * (top - low or 1.0), top + 0.04 * (top - low or 1.0)


def strip(
    result: Run | Sequence[Run],
    ax: Axes,
    *,
    baseline: int | None = None,
    colours: Sequence[str] | None = None,
    own: Collection[int] | None = None,
    beside: Sequence[Run] = (),
) -> Lines:
    """Draw the coordinate (across) against steps or time (downwards), to stand below ``lines`` on the same x.

    ``own`` as in ``lines``; the axis of time is long enough for the runs ``beside`` it.
    """
    runs = as_runs(result)
    hues, thick = style.run_colours(runs, colours, baseline), float(matplotlib.rcParams["lines.linewidth"])
    label, times = ticks([*runs, *beside])
    crowds: list[PathCollection | LineCollection] = []
    paths: list[Line2D] = []
    dots: list[Line2D] = []
    view = runs[0].background.view
    thinned = False
    longest = max(float(np.max(t)) for t in times)
    for i, run in enumerate(runs):
        at = np.broadcast_to(times[i], run.x.shape[:2])
        if len(run.x) > FEW:
            crowds.append(in_time(ax, run, at, view[0], _own(runs) if own is None else own))
            continue
        for x, t in zip(run.x[:, :, 0], at, strict=True):
            paths += ax.plot(x, t, "-", color=hues[i], linewidth=0.7 * thick, alpha=0.8)
            if words.is_map(run):
                path = np.stack([x, t], axis=1)
                kept = thin(
                    path, np.array([view[0][0], 0.0]), np.array([view[0][1] - view[0][0], longest or 1.0])
                )
                thinned = thinned or len(kept) < len(path)
                dots.append(ends.beads(ax, path[kept], hues[i], 2.6 * thick, 3))
    for point in critical.inside(runs[0].background.points, view):
        ax.axvline(point.x[0], color=style.ink(), linewidth=0.6, linestyle=(0, (1, 2)), zorder=1)
    ax.set(xlim=view[0], ylim=(1.03 * (longest or 1.0), -0.03 * (longest or 1.0)), ylabel=label)
    ax.set_xlabel(words.coordinate(runs[0].background.coordinates[0]), fontstyle="italic")
    return Lines(ax, None, tuple(paths), tuple(dots), (), thinned, tuple(crowds))
