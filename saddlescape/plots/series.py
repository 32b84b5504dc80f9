"""Traces: loss, gradient norm and other columns of a run against steps or time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D

from saddlescape.errors import unknown
from saddlescape.plots import naming, style, words
from saddlescape.plots.paths import as_runs
from saddlescape.results import Run

Array = np.ndarray[Any, np.dtype[np.float64]]
#: what can be traced, and how its axis is called
QUANTITIES = {"loss": "loss f", "grad_norm": "‖∇f‖"}
DASHES = ("-", "--", ":", "-.")
#: more records than this are drawn as so many medians, in a band from the least to the largest
DENSE, BINS = 2000, 400


@dataclass(frozen=True)
class Traces:
    """What ``traces`` drew: one list of lines per quantity, and the bands of those with too many records."""

    axes: Axes
    lines: dict[str, list[Line2D]]
    bands: dict[str, list[PolyCollection]] = field(default_factory=dict)


def ticks(runs: Sequence[Run]) -> tuple[str, list[Array]]:
    """Return the label and the values of the axis of time: steps if all runs are maps of one eta each, else
    t.
    """
    etas = [naming.eta(run.method) for run in runs]
    if all(words.is_map(run) and value and run.t.ndim == 1 for run, value in zip(runs, etas, strict=True)):
        return "step", [run.t / value for run, value in zip(runs, etas, strict=True) if value]
    return "time t", [run.t for run in runs]


def traces(
    result: Run | Sequence[Run],
    quantities: Sequence[str] = ("loss", "grad_norm"),
    ax: Axes | None = None,
    *,
    baseline: int | None = None,
    colours: Sequence[str] | None = None,
) -> Traces:
    """Draw ``quantities`` (loss, grad_norm) of one or several runs on a logarithmic axis against steps or
    time.

    Quantities differ by dash, methods by colour. Losses at or below 0 leave a gap unless all are, then the
    axis is linear. Of more than 2000 records medians of 400 stretches are drawn in the band of all, so that what
    bounces stays readable. The lines have the names of the methods, for ``ax.legend()``.
    """
    runs = as_runs(result)
    for name in set(quantities) - set(QUANTITIES):
        raise unknown("quantity", name, QUANTITIES)
    ax = ax or style.new_axes()
    colours = style.run_colours(runs, colours, baseline)
    label, times = ticks(runs)
    drawn = Traces(ax, {name: [] for name in quantities}, {name: [] for name in quantities})
    thick, names = float(matplotlib.rcParams["lines.linewidth"]), naming.labels([run.method for run in runs])
    positive = True
    for q, name in enumerate(quantities):
        for i, run in enumerate(runs):
            values = np.asarray(getattr(run, name), dtype=float)[words.shown(run)]
            positive = positive and bool(np.nanmin(values, initial=np.inf) >= 0)
            t = np.broadcast_to(times[i], run.x.shape[:2])[words.shown(run)]
            alpha = 1.0 if len(values) == 1 else max(0.15, 0.8 / len(values) ** 0.5)
            look: dict[str, Any] = {"color": colours[i], "linewidth": thick, "alpha": alpha}
            level = 2 if baseline == i else 3
            for k, (row, at) in enumerate(zip(values, t, strict=True)):
                at, low, row, high = stretches(at, row)
                if low is not row:
                    band: dict[str, Any] = {"color": colours[i], "alpha": 0.22 * alpha, "linewidth": 0}
                    drawn.bands[name].append(ax.fill_between(at, low, high, zorder=level - 0.5, **band))
                called = names[i] if q == k == 0 else None
                drawn.lines[name] += ax.plot(at, row, DASHES[q % 4], zorder=level, label=called, **look)
    if positive:
        ax.set_yscale("log", nonpositive="mask")
    ax.set_xlabel(label)
    dashes = [""] if len(quantities) == 1 else [" —", " – –", " ···", " – ·"]
    ax.set_ylabel(", ".join(f"{QUANTITIES[n]}{dashes[q % 4]}" for q, n in enumerate(quantities)))
    ax.margins(x=0.02)
    return drawn


def stretches(t: Array, values: Array) -> tuple[Array, Array, Array, Array]:
    """Return times, least, median and largest values of ``BINS`` stretches; all records where they are few."""
    if len(t) <= DENSE:
        return t, values, values, values
    edges = np.linspace(0, len(t), BINS + 1).astype(int)
    parts = [np.sort(values[a:b][np.isfinite(values[a:b])]) for a, b in pairwise(edges)]
    rows = np.array([[p[0], p[len(p) // 2], p[-1]] if len(p) else [np.nan] * 3 for p in parts])
    # the first record stays what it is: the fall from it is often the steepest
    at = np.append(t[0], 0.5 * (t[edges[:-1]] + t[edges[1:] - 1]))
    low, middle, high = np.vstack([[values[0]] * 3, rows]).T
    return at, low, middle, high
