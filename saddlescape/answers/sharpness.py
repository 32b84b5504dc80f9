"""Sharpness: how curved the loss is along the trajectories of a run, and where they were thrown out of a steep valley."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from saddlescape.answers.base import Answer, part
from saddlescape.answers.faces import Band
from saddlescape.results import Array, Background

#: what is followed, in this order -> how it is written
TRACES = {
    "loss": "loss f",
    "grad_norm": "‖∇f‖",
    "lambda_max": "λmax of ∇²f",
    "trace": "trace of ∇²f",
    "worst": "worst-case sharpness",
    "worst_m": "m-sharpness",
    "average": "average-case sharpness",
    "adaptive": "adaptive worst-case sharpness",
    "adaptive_average": "adaptive average-case sharpness",
    "alignment": "alignment |⟨s, v₁⟩|/‖s‖",
}


@part
@dataclass(frozen=True, eq=False)
class Catapult:
    """An excursion of the loss of trajectory ``trajectory``: from tick ``start``, where it was lower than ever before,
    over tick ``peak``, where it stood ``rise`` times as high, to tick ``end``, where it is as low again (or has fallen by
    the same factor when the record ends); λmax was ``before`` at the start and is ``after``, less, at the end."""

    trajectory: int
    start: int
    peak: int
    end: int
    rise: float
    before: float
    after: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Sharpness(Answer):
    """What was measured along the n trajectories of ``method`` at ``ticks`` (T,), which are the times ``t`` (T,).

    ``values`` has an array (n, T) for each of TRACES that was asked for, NaN where a trajectory has diverged; ``traces``
    the same as bands over the trajectories, Bands of one row (1, T). ``alive`` (T,) counts those that are finite.

    ``edge`` is the λmax from which on plain steps of this eta and beta are unstable on a quadratic: 2/eta, 2(1+beta)/eta
    with heavy ball; None for flows and SDEs. ``threshold`` (1, T) is the same for steps with the method's displacement,
    which depends on ‖∇f‖ along the way (None without a displacement).

    ``radius`` is that of worst-case and average-case sharpness, in units of x; ``relative`` that of the adaptive ones, a
    part of |x_i| per coordinate. ``m`` is the size of the groups of m-sharpness, ``rule`` says how means are taken.
    """

    method: str
    formula: str
    clock: str
    background: Background
    ticks: Array
    t: Array
    radius: float
    relative: float
    m: int | None
    rule: str
    values: Mapping[str, Array]
    traces: Mapping[str, Band]
    alive: Array
    edge: float | None
    threshold: Band | None
    catapults: tuple[Catapult, ...]

    silent = (*Answer.silent, "values")

    @property
    def n(self) -> int:
        """The number of trajectories."""
        return int(next(iter(self.values.values())).shape[0])

    @property
    def over(self) -> float | None:
        """λmax at the end as a part of the edge that holds for the method, in the mean; None for a flow."""
        line = self.edge if self.threshold is None else float(self.threshold.mean[0, -1])
        if line is None or "lambda_max" not in self.traces:
            return None
        return float(self.traces["lambda_max"].mean[0, -1]) / line

    def summary(self) -> str:
        """Return every trace at the start, the largest value and the end, the edges, and what was thrown out."""
        many = f", {self.n} trajectories (means)" if self.n > 1 else ""
        lines = [
            f"{self.method} on {self.background.title}{many}, {self.ticks[-1]:g} ticks, radius {self.radius:g}"
            + (f", m = {self.m}" if self.m else ""),
            f"  {'':<34}{'start':>12}{'largest':>12}{'end':>12}",
        ]
        for name, band in self.traces.items():
            lines.append(f"  {TRACES[name]:<34}{_row(band.mean[0])}")
        if self.edge is not None:
            lines.append(f"  {'edge of stability of plain steps':<34}{self.edge:>12.5g}")
        if self.threshold is not None:
            lines.append(f"  {'that of the method':<34}{_row(self.threshold.mean[0])}")
        return "\n".join([*lines, *self._thrown()])

    def _thrown(self) -> list[str]:
        lines = [
            f"  catapult at tick {c.peak}: loss × {c.rise:.3g}, λmax from {c.before:.5g} to {c.after:.5g}"
            + (f" (trajectory {c.trajectory})" if self.n > 1 else "")
            for c in self.catapults[:5]
        ]
        rest = len(self.catapults) - 5
        return [*lines, *([f"  and {rest} more catapults"] if rest > 0 else [])]


def _row(values: Array) -> str:
    good = values[np.isfinite(values)]
    most = float(good.max()) if len(good) else np.nan
    return f"{values[0]:>12.5g}{most:>12.5g}{values[-1]:>12.5g}"
