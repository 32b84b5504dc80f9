"""Traces: loss, gradient norm and other columns of a run against steps or time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from saddlescape.errors import unknown
from saddlescape.plots import naming, style, words
from saddlescape.plots.paths import as_runs
from saddlescape.results import Run

Array = np.ndarray[Any, np.dtype[np.float64]]
#: what can be traced, and how its axis is called
QUANTITIES = {"loss": "loss f", "grad_norm": "‖∇f‖"}
DASHES = ("-", "--", ":", "-.")


@dataclass(frozen=True)
class Traces:
    """What ``traces`` drew: one list of lines per quantity."""

    axes: Axes
    lines: dict[str, list[Line2D]]


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
    axis is linear.
    """
    runs = as_runs(result)
    for name in set(quantities) - set(QUANTITIES):
        raise unknown("quantity", name, QUANTITIES)
    ax = ax or style.new_axes()
    colours = style.run_colours(runs, colours, baseline)
    label, times = ticks(runs)
    drawn: dict[str, list[Line2D]] = {name: [] for name in quantities}
    dense = max(run.x.shape[1] for run in runs) > 2000  # a hovering path must stay a line, not a band
    thick = float(matplotlib.rcParams["lines.linewidth"]) * (0.5 if dense else 1.0)
    positive = True
    for q, name in enumerate(quantities):
        for i, run in enumerate(runs):
            values = np.asarray(getattr(run, name), dtype=float)[words.shown(run)]
            positive = positive and bool(np.nanmin(values, initial=np.inf) >= 0)
            t = np.broadcast_to(times[i], run.x.shape[:2])[words.shown(run)]
            alpha = 1.0 if len(values) == 1 else max(0.15, 0.8 / len(values) ** 0.5)
            look: dict[str, Any] = {"color": colours[i], "linewidth": thick, "alpha": alpha}
            for row, at in zip(values, t, strict=True):
                drawn[name] += ax.plot(at, row, DASHES[q % 4], zorder=2 if baseline == i else 3, **look)
    if positive:
        ax.set_yscale("log", nonpositive="mask")
    ax.set_xlabel(label)
    dashes = [""] if len(quantities) == 1 else [" —", " – –", " ···", " – ·"]
    ax.set_ylabel(", ".join(f"{QUANTITIES[n]}{dashes[q % 4]}" for q, n in enumerate(quantities)))
    ax.margins(x=0.02)
    return Traces(ax, drawn)
