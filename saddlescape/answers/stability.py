"""Stability: what one method does at every critical point: multipliers, traps, cycles, the numbers it attracts for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape.answers.base import Answer, bare, part
from saddlescape.answers.phase import PhaseDiagram
from saddlescape.answers.threshold import Threshold
from saddlescape.results import Array, Background

Complex = np.ndarray[Any, np.dtype[np.complex128]]

VERDICTS = {
    "attracts": "attracts",
    "repels": "repels",
    "neutral": "undecided (|multiplier| = 1)",
    "traps": "traps",
    "hovers": "hovers farther out",
    "drifts": "is no rest point",
    "unknown": "not known",
}
#: of a flow or SDE, whose eigenvalues are those of its drift
UNDECIDED = "undecided (an eigenvalue's real part is 0)"
#: verdicts of a method that stays at the point
HOLDS = ("attracts", "traps")
#: points that a summary lists
LISTED = 40


@part
@dataclass(frozen=True, eq=False, kw_only=True)
class Cycle:
    """A periodic orbit of a method's map around a critical point.

    ``x`` (period, d) its places on this landscape, found by Newton's method, from ``nearest`` to ``farthest`` away from
    the point; ``multipliers`` those of the map applied ``period`` times, and ``stable`` whether all lie inside the unit
    circle: None where it is neutral, the largest modulus 1 to 1e-9 (analysis/orbits.py). Where none was found ``x`` and
    ``multipliers`` are empty, the distances NaN and ``stable`` None: nothing is known of the landscape.
    ``predicted`` is the radius of the quadratic model, and ``factors`` (d,) what one step of it multiplies a small
    deviation along each eigenvector by (the larger of two with momentum); NaN and empty where there is no formula. On a
    quadratic loss both agree to rounding.
    """

    period: int
    x: Array
    nearest: float
    farthest: float
    multipliers: Complex
    stable: bool | None
    predicted: float
    factors: Complex

    def in_words(self) -> str:
        """Return the cycle as a person says it: its period, radius, and whether it is stable."""
        if not len(self.x):
            return f"no {self.period}-cycle found near it (the quadratic model has one of radius {self.predicted:.4g})"
        held = {True: "stable", False: "unstable", None: "neutral (|multiplier| = 1)"}[self.stable]
        size = f"{self.farthest:.4g}"
        if self.farthest - self.nearest > 1e-3 * self.farthest:
            size = f"{self.nearest:.4g} to {size}"
        off = abs(self.farthest - self.predicted) > 1e-3 * self.farthest
        formula = f" (quadratic model {self.predicted:.4g})" if off else ""
        return f"{self.period}-cycle of radius {size}{formula}, {held}"


@part
@dataclass(frozen=True, eq=False, kw_only=True)
class LocalStability:
    """What a method does at one critical point (``id``, ``kind``, ``x``).

    ``verdict`` is a key of VERDICTS. ``multipliers`` are those of the step map, largest first; empty where the map is
    not smooth. Of a flow or SDE the verdict is that of its equation, by the ``eigenvalues`` of its drift, whatever scheme
    and dt; ``multipliers`` are those of a step of its scheme (empty of an adaptive one), and ``step`` says what that does
    where it is not the same. Where nothing is smooth ``radius`` is how far out runs from a small ball still hovered at
    the end (NaN elsewhere).

    Of normalised SAM at a point with negative eigenvalues −mu: ‖∇f‖ < ``trap`` = rho·min mu is never left by its flow,
    ``ball`` is a ball inside that, and along one of these directions the basin ends at ``axis`` = rho; NaN elsewhere.
    Exact where the loss is quadratic, of the map in the limit eta → 0. ``limits`` has, for eta, rho and beta where a
    formula is known, the interval in which the point attracts (NaN: nowhere). All that is of the mean step of a random
    method; ``noise`` says what runs with their noise did where that is not the same.
    """

    id: int
    kind: str
    x: Array
    verdict: str
    multipliers: Complex
    eigenvalues: Complex
    radius: float
    trap: float
    ball: float
    axis: float
    cycle: Cycle | None
    limits: Mapping[str, tuple[float, float]]
    note: str
    noise: str = ""
    step: str = ""

    @property
    def holds(self) -> bool:
        """Whether the method stays at the point."""
        return self.verdict in HOLDS

    def to_json(self) -> dict[str, Any]:
        """Return the entry of schema landscape.critical/1: a multiplier is a number or [real, imaginary]."""
        ball = {"trap": self.trap, "ball": self.ball, "axis": self.axis}
        return {
            "id": self.id,
            "verdict": self.verdict,
            "multipliers": [plainly(m) for m in self.multipliers],
            "radius": None if np.isnan(self.radius) else self.radius,
            "note": self.note,
            **({"noise": self.noise} if self.noise else {}),
            **({"step": self.step} if self.step else {}),
            **({"eigenvalues": [plainly(m) for m in self.eigenvalues]} if len(self.eigenvalues) else {}),
            **{k: v for k, v in ball.items() if np.isfinite(v)},
            **({} if self.cycle is None else {"cycle": _cycle_json(self.cycle)}),
            "limits": {key: list(span) for key, span in self.limits.items()},
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class Stability(Answer):
    """What one method does at every critical point of a landscape.

    ``quadratic`` says whether the loss is a quadratic form, on which the closed forms are exact; elsewhere they are those
    of the quadratic with the same Hessian. ``edge`` is the curvature beyond which the method leaves every minimum, NaN
    where no formula is known. ``thresholds`` and ``diagram`` are what ``landscape critical`` was asked beside that.
    """

    method: str
    formula: str
    clock: str
    background: Background
    points: tuple[LocalStability, ...]
    quadratic: bool
    edge: float
    thresholds: tuple[Threshold, ...] = ()
    diagram: PhaseDiagram | None = None

    def at(self, identity: int) -> LocalStability:
        """Return the entry of the critical point with this id; KeyError where there is none."""
        for each in self.points:
            if each.id == identity:
                return each
        raise KeyError(f"there is no critical point {identity}")

    def summary(self) -> str:
        """Return a line per critical point, and one for its cycle."""
        lines = [f"{self.method} on {self.background.title}"]
        for p in self.points[:LISTED]:
            lines.append(f"  {p.id}  {p.kind} {place(p.x)} {said(p)}{_seen(p)}")
            lines += [f"       {each}" for each in remarks(p)]
        if len(self.points) > LISTED:
            lines.append(f"  … and {len(self.points) - LISTED} more")
        modelled = [p.cycle.predicted if p.cycle is not None else p.trap for p in self.points]
        if not self.quadratic and np.isfinite(modelled).any():
            lines.append("  quadratic model: the loss replaced by its second derivatives at the point")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return the entry of ``methods`` in schema landscape.critical/1."""
        points = [p.to_json() for p in self.points]
        found = {"method": self.method, "quadratic": self.quadratic, "edge": self.edge, "points": points}
        found |= {"thresholds": [each.to_json() for each in self.thresholds]} if self.thresholds else {}
        return {**found, **({"diagram": self.diagram.to_json()} if self.diagram else {})}


def said(p: LocalStability) -> str:
    """Return the verdict in words."""
    return UNDECIDED if p.verdict == "neutral" and len(p.eigenvalues) else VERDICTS[p.verdict]


def remarks(p: LocalStability) -> list[str]:
    """Return what is known of a point beside its verdict, a sentence each."""
    found = [p.step] if p.step else []
    if np.isfinite(p.trap):
        found.append(f"flow never leaves |∇f| < {p.trap:.4g} (ball of radius {p.ball:.4g}, quadratic model)")
    if p.cycle is not None:
        found.append(p.cycle.in_words())
    return found + ([p.noise] if p.noise else [])


def interval(span: tuple[float, float], most: float = np.inf) -> str:
    """Return an interval of a number as a table shows it: < 0.0408, > 0.036, 0.036…25.9, any, none."""
    low, high = span
    if np.isnan(low):
        return "none"
    if high >= most:
        return f"> {low:.4g}" if low > 0 else "any"
    return f"{low:.4g}…{high:.4g}" if low > 0 else f"< {high:.4g}"


def place(x: Array) -> str:
    """Return a point as text: (3, 0.5)."""
    return f"({', '.join(f'{a:.4g}' for a in np.where(np.abs(x) < 1e-12, 0.0, x))})"


def plainly(value: complex) -> Any:
    """Return a number, or [real, imaginary] where it has an imaginary part."""
    value = complex(value) + 0.0  # no −0
    return value.real if _is_real(value) else [value.real, value.imag]


def _is_real(value: complex) -> bool:
    return abs(value.imag) < 1e-12 * max(1.0, abs(value.real))


def _seen(p: LocalStability) -> str:
    values = p.eigenvalues if len(p.eigenvalues) else p.multipliers
    if len(values):
        name = "eigenvalues" if len(p.eigenvalues) else "multipliers"
        return f", {name} {', '.join(written(v) for v in values)}"
    return f", hovers within {p.radius:.3g}" if np.isfinite(p.radius) else f": {p.note}" if p.note else ""


def written(value: complex) -> str:
    """Return a multiplier or eigenvalue as text: 0.99, 0.5+0.2i."""
    value = complex(value) + 0.0
    return f"{value.real:.5g}" if _is_real(value) else f"{value.real:.5g}{value.imag:+.5g}i"


def _cycle_json(cycle: Cycle) -> dict[str, Any]:
    more = {
        "multipliers": [plainly(m) for m in cycle.multipliers],
        "factors": [plainly(m) for m in cycle.factors],
    }
    return {**bare(cycle), **more}
