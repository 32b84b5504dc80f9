"""Sharpness along runs as small multiples: traces with bands, the edges of stability, catapults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from saddlescape.answers.sharpness import TRACES, Sharpness
from saddlescape.errors import UsageError, unknown
from saddlescape.plots import naming, style, words
from saddlescape.plots.faces_along import scaled

Array = np.ndarray[Any, np.dtype[np.float64]]
#: an edge farther above all curvatures than this is said, not drawn: the curves would be flat below it
FAR = 3.0
#: what is smaller than this part of the largest value is rounding: a logarithmic axis ends there
ROUNDING = 1e-12
#: more catapults than this are not marked one by one
MOST = 12
DASHED, DOTTED = (0, (5, 2.5)), (0, (1, 1.4))


@dataclass
class SharpnessTraces:
    """What ``sharpness`` drew, by trace: one mean and one 10–90 % band per result; ``edges`` are the lines in the panel
    of λmax (of plain steps, and of the methods' own), ``catapults`` the marks at their peaks in the panel of the loss."""

    axes: dict[str, Axes]
    lines: dict[str, list[Line2D]] = field(default_factory=dict)
    bands: dict[str, list[PolyCollection]] = field(default_factory=dict)
    edges: list[Line2D] = field(default_factory=list)
    catapults: list[Line2D] = field(default_factory=list)


def sharpness(
    result: Sharpness | Sequence[Sharpness],
    axes: Mapping[str, Axes] | Sequence[Axes] | None = None,
    *,
    colours: Sequence[str] | None = None,
) -> SharpnessTraces:
    """Draw the traces of one or several results as small multiples, on ``axes`` (one per trace, or by name).

    A line is the mean over the trajectories, its band their 10–90 % range. In the panel of λmax the edge of stability
    of plain steps is dashed, that of a method's own steps dotted in its colour; where an edge is more than three times
    above all that was measured, it is written instead. △ marks the peaks of catapults, where there are few; of one
    result also a span from start to end.
    """
    results = (result,) if isinstance(result, Sharpness) else tuple(result)
    names = shared_traces(results)
    chosen = _chosen(names, axes)
    hues = colours or style.method_colours([naming.read(each.method).name for each in results])
    label, times = clocks(results)
    drawn = SharpnessTraces(chosen)
    for name, ax in chosen.items():
        drawn.lines[name], drawn.bands[name] = [], []
        for each, t, hue in zip(results, times, hues, strict=True):
            _one(drawn, each, name, ax, t, hue)
        if name == "lambda_max":
            _edges(drawn, results, ax, times, hues)
        _spans(drawn, results, name, ax, times, hues)
        values = np.concatenate(
            [np.ravel([b.mean, b.low, b.high]) for r in results for b in [r.traces[name]]]
        )
        scaled(ax, values, name != "alignment")
        if ax.get_yscale() == "log" and np.nanmin(values) < ROUNDING * np.nanmax(values):
            ax.set_ylim(bottom=ROUNDING * float(np.nanmax(values)))
        ax.set_title(TRACES[name], loc="left", fontsize="medium", pad=4)
        ax.set_xlabel(label)
    return drawn


def shared_traces(results: Sequence[Sharpness]) -> list[str]:
    """Return the traces that all results have, in their order."""
    found = [name for name in TRACES if all(name in each.traces for each in results)]
    if not found:
        raise UsageError("these results have no trace in common" if results else "there is nothing to draw")
    for key, about in (
        ("radius", ("worst", "worst_m", "average")),
        ("relative", ("adaptive", "adaptive_average")),
    ):
        sizes = {getattr(each, key) for each in results}
        if len(sizes) > 1 and set(found) & set(about):
            told = " and ".join(f"{size:g}" for size in sorted(sizes))
            raise UsageError(f"sharpness of {key} {told} cannot be compared: measure all with one {key}=…")
    return found


def clocks(results: Sequence[Sharpness]) -> tuple[str, list[Array]]:
    """Return what time is called, and the times: steps where all are maps of one eta, else t."""
    etas = {naming.eta(each.method) for each in results}
    if len(etas) == 1 and all(each.clock == "steps" for each in results):
        return "step", [each.ticks for each in results]
    return "time t", [each.t for each in results]


def _chosen(names: list[str], axes: Mapping[str, Axes] | Sequence[Axes] | None) -> dict[str, Axes]:
    if isinstance(axes, Mapping):
        for name in set(axes) - set(names):
            raise unknown("trace of these results", name, names)
        return dict(axes)
    if axes is None:
        rows = -(-len(names) // 3)
        figure = Figure(figsize=(7.0, 2.1 * rows), layout="constrained")
        FigureCanvasAgg(figure)
        axes = [figure.add_subplot(rows, min(3, len(names)), k + 1) for k in range(len(names))]
    if len(axes) != len(names):
        raise UsageError(f"{len(names)} traces ({', '.join(names)}) need as many axes, not {len(axes)}")
    return dict(zip(names, axes, strict=True))


def _one(drawn: SharpnessTraces, result: Sharpness, name: str, ax: Axes, t: Array, hue: str) -> None:
    band, thick = result.traces[name], float(matplotlib.rcParams["lines.linewidth"])
    if result.n > 1:
        look: dict[str, Any] = {"color": hue, "alpha": 0.18, "linewidth": 0, "zorder": 2}
        drawn.bands[name].append(ax.fill_between(t, band.low[0], band.high[0], **look))
    busy = 0.6 if len(t) > 250 else 1.0  # what bounces must stay a line
    drawn.lines[name] += ax.plot(t, band.mean[0], "-", color=hue, linewidth=busy * thick, zorder=3)


def _edges(
    drawn: SharpnessTraces,
    results: Sequence[Sharpness],
    ax: Axes,
    times: Sequence[Array],
    hues: Sequence[str],
) -> None:
    """Draw the edges of stability, or write where they are if they are far above."""
    thick = float(matplotlib.rcParams["lines.linewidth"])
    top = max(float(np.nanmax(each.traces["lambda_max"].high)) for each in results)
    far = []
    for word, edge in dict.fromkeys(
        (edge_word(each), each.edge) for each in results if each.edge is not None
    ):
        if edge > FAR * top:
            far.append(f"{word} = {words.number(edge)}")
            continue
        drawn.edges.append(
            ax.axhline(edge, color=style.ink(), linestyle=DASHED, linewidth=0.7 * thick, zorder=2.5)
        )
    for each, t, hue in zip(results, times, hues, strict=True):
        if each.threshold is None:
            continue
        line = np.where(each.threshold.mean[0] > FAR * top, np.nan, each.threshold.mean[0])
        # methods follow their own edge closely: it lies on top, darker than they are
        dark = tuple(0.45 * c + (0.5 if style.is_dark() else 0.0) for c in to_rgb(hue))
        look: dict[str, Any] = {"color": dark, "linestyle": DOTTED, "linewidth": 1.1 * thick, "zorder": 4}
        drawn.edges += ax.plot(t, line, **look)
    if far:
        look = {"ha": "right", "va": "top", "fontsize": "small", "transform": ax.transAxes, "zorder": 6}
        ax.text(0.97, 0.95, "↑ " + ", ".join(far), **look)


def edge_word(result: Sharpness) -> str:
    """Return how the edge of plain steps is written."""
    keys = naming.read(result.method).keys
    if "beta" not in keys:
        return "2/η"
    return "2(1+β)/((1+2β)η)" if keys.get("nesterov") == "true" else "2(1+β)/η"


def _spans(
    drawn: SharpnessTraces, results: Sequence[Sharpness], name: str, ax: Axes, times: Sequence[Array],
    hues: Sequence[str],
) -> None:  # fmt: skip
    """Mark catapults: a span in every panel, and a triangle at the peak of the loss."""
    for each, t, hue in zip(results, times, hues, strict=True):
        if len(each.catapults) > MOST:
            continue
        for event in each.catapults:
            start, peak, end = np.interp([event.start, event.peak, event.end], each.ticks, t)
            if len(results) == 1:  # spans of several would mix their colours
                ax.axvspan(start, end, color=hue, alpha=0.1, linewidth=0, zorder=0.5)
            if name == "loss":
                height = float(np.interp(peak, t, each.values["loss"][event.trajectory]))
                size = 4.5 * float(matplotlib.rcParams["lines.linewidth"])
                look: dict[str, Any] = {
                    "color": hue,
                    "ms": size,
                    "mec": style.paper(),
                    "mew": 0.6,
                    "zorder": 5,
                }
                drawn.catapults += ax.plot([peak], [height], "^", **look)
