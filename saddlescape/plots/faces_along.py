"""The faces of one algorithm along the run: six traces of map, flows and SDEs with their bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from saddlescape.answers.faces import Band, FaceComparison
from saddlescape.errors import UsageError, unknown
from saddlescape.plots import style
from saddlescape.plots.faces import NORMAL, ticked

Array = np.ndarray[Any, np.dtype[np.float64]]
#: names of the traces on a figure
TITLES = {
    "loss": "loss f", "test_loss": "test loss", "norm": "‖x‖", "grad_norm": "‖∇f‖",
    "sharpness": "largest eigenvalue of ∇²f", "alignment": "alignment |⟨s, v₁⟩|/‖s‖",
}  # fmt: skip
#: dots on the line of the map
DOTS = 16
#: a trace that is positive and spans more than this factor is drawn on a logarithmic axis
SPAN = 30.0


@dataclass
class FaceTraces:
    """What ``face_traces`` drew per trace: means and bands of the mean (the map first), and quantiles: the map's as one
    filled band, a face's as two dashed lines."""

    axes: dict[str, Axes]
    lines: dict[str, list[Line2D]] = field(default_factory=dict)
    bands: dict[str, list[PolyCollection]] = field(default_factory=dict)
    quantiles: dict[str, list[Any]] = field(default_factory=dict)


def face_traces(
    comparison: FaceComparison, axes: Mapping[str, Axes] | Sequence[Axes] | None = None
) -> FaceTraces:
    """Draw the traces of a comparison as small multiples, on ``axes`` (one per trace, or by name), against time.

    The map is a thin dark line with dots (records, thinned), its 10–90 % range grey; faces are smooth lines in the
    colours of their order, their 10 % and 90 % quantiles dashed. The band about a mean is its 95 % interval.
    """
    names = list(comparison.traces)
    if axes is None:
        axes = _grid(len(names))
    if isinstance(axes, Mapping):
        for name in set(axes) - set(names):
            raise unknown("trace of this comparison", name, names)
        chosen = dict(axes)
    else:
        if len(axes) != len(names):
            raise UsageError(f"{len(names)} traces ({', '.join(names)}) need as many axes, not {len(axes)}")
        chosen = dict(zip(names, axes, strict=True))
    drawn = FaceTraces(chosen)
    for name, ax in chosen.items():
        drawn.lines[name], drawn.bands[name], drawn.quantiles[name] = [], [], []
        _one(drawn, comparison, name, ax)
    return drawn


def _grid(count: int) -> list[Axes]:
    figure = Figure(figsize=(7.0, 2.1 * -(-count // 3)), layout="constrained")
    FigureCanvasAgg(figure)
    return [figure.add_subplot(-(-count // 3), 3, k + 1) for k in range(count)]


def _one(drawn: FaceTraces, comparison: FaceComparison, name: str, ax: Axes) -> None:
    """Draw one trace: the map's range below, faces, then the map's dots on top."""
    band, t = comparison.traces[name], comparison.t
    thick = float(matplotlib.rcParams["lines.linewidth"])
    hues = [style.ink(), *style.face_colours(comparison.faces)]
    lines, bands, ranges = drawn.lines[name], drawn.bands[name], drawn.quantiles[name]
    spread = comparison.runs > 1
    for i, hue in enumerate(hues):
        level = 5.0 if i == 0 else 3.0 + 0.01 * i
        if spread and i == 0:
            ranges.append(
                ax.fill_between(t, band.low[i], band.high[i], color=hue, alpha=0.1, linewidth=0, zorder=1)
            )
        elif spread:
            dash: dict[str, Any] = {"color": hue, "linewidth": 0.55 * thick, "zorder": 2, "alpha": 0.9}
            both = [
                ax.plot(t, row[i], linestyle=(3.5 * i, (4, 3)), **dash)[0] for row in (band.low, band.high)
            ]
            ranges.append(both)
        bands.append(
            ax.fill_between(
                t,
                band.mean[i] - NORMAL * band.se[i],
                band.mean[i] + NORMAL * band.se[i],
                color=hue,
                alpha=0.3,
                linewidth=0,
                zorder=level - 0.5,
            )
        )
        # where faces agree the earlier one shows as a rim of the later
        look: dict[str, Any] = {"linewidth": (1.9 if i < len(hues) - 1 else 0.9) * thick}
        if i == 0:
            look = {
                "linewidth": 0.35 * thick, "marker": "o", "markersize": 1.9 * thick, "markeredgewidth": 0,
                "markevery": max(1, len(t) // DOTS),
            }  # fmt: skip
        lines += ax.plot(t, band.mean[i], "-", color=hue, zorder=level, **look)
    _scale(ax, name, band)


def _scale(ax: Axes, name: str, band: Band) -> None:
    """Choose the axis of a trace and name it."""
    scaled(
        ax, np.concatenate([np.ravel(part) for part in (band.low, band.mean, band.high)]), name != "alignment"
    )
    ax.set_title(TITLES[name], loc="left", fontsize="medium", pad=4)
    ax.set_xlabel("time t")


def scaled(ax: Axes, values: Array, logarithmic: bool = True) -> None:
    """Choose the axis of a trace with these ``values``: logarithmic, if it may be, where they span a large factor."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if logarithmic and low > 0 and high > SPAN * low:
        ax.set_yscale("log")
        ticked(ax.yaxis)
    else:
        ax.yaxis.set_major_locator(MaxNLocator(4))
        if high - low < 1e-9 * max(abs(high), 1e-300):  # a constant: its rounding is no course
            ax.set_ylim(low - 0.1 * (abs(low) or 1.0), high + 0.1 * (abs(high) or 1.0))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.margins(x=0.03)
