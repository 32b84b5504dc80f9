"""Field: direction and speed of a method on a grid, what it does at each critical point, and its separatrices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape.answers.base import Answer, part
from saddlescape.results import Array, Background

#: how a traced curve ends: at the window's edge, at a critical point, at a rest point that is none, after the longest
#: way that is followed, or where it cannot be followed (the field vanishes or is not defined)
ENDS = ("left", "point", "rest", "long", "lost")


@part
@dataclass(frozen=True, eq=False)
class Rest:
    """A point ``x`` (d,) where a smooth field vanishes and the gradient does not (a minimiser that SAM hallucinates).

    ``rates`` (d, 2) are the eigenvalues of the field's Jacobian, real and imaginary parts; ``verdict`` is attracts,
    repels (all real parts positive), saddle or neutral (one is 0, as far as is known, or none is told from rounding).
    """

    x: Array
    rates: Array
    verdict: str


@part
@dataclass(frozen=True, eq=False)
class Separatrix:
    """One branch of the stable or unstable manifold of a saddle of a field.

    ``point`` is the id of the saddle, −1 where it is no critical point of the loss; ``x`` (m, 2) runs from the saddle
    outwards in equal steps of arc length, the last step excepted; ``rate`` is the eigenvalue of the field's Jacobian
    along it (per unit time; 0 at a degenerate point). ``end`` is one of ENDS, ``at`` the id of the critical point
    it ends at, −1 where there is none.
    """

    point: int
    stable: bool
    x: Array
    rate: float
    end: str
    at: int = -1

    @property
    def length(self) -> float:
        """The length of the branch, in units of x."""
        return float(np.sum(np.linalg.norm(np.diff(self.x, axis=0), axis=1)))


@dataclass(frozen=True, eq=False, kw_only=True)
class Field(Answer):
    """The field of one method in a window: dx/dt of a flow, the drift of an SDE, or the mean displacement of a map.

    ``what`` is flow, drift or displacement; a displacement is divided by eta: all are in units of x over the time
    t = k·eta. ``axes`` are the coordinates of the grid, x (nx,) and y (ny,), ``velocity`` (ny, nx, 2) the field on it,
    NaN where the loss is not defined; in one dimension (nx,) and (nx, 1). ``verdicts`` say of every critical point
    what the method does there: {"id", "verdict", "multipliers", "radius", "note"}, as multipliers.local_behaviour does;
    of a flow or SDE by the "eigenvalues" of its drift, whatever scheme and dt ("multipliers" are empty).
    ``rests`` are rest points of a smooth field that are no critical points, ``separatrices`` the branches that were
    traced, and ``note`` says why there are none. ``v`` says that it was taken at v = 0, for a method with momentum.
    """

    method: str
    formula: str
    clock: str
    what: str
    background: Background
    axes: tuple[Array, ...]
    velocity: Array
    verdicts: tuple[Mapping[str, Any], ...]
    rests: tuple[Rest, ...] = ()
    separatrices: tuple[Separatrix, ...] = ()
    note: str = ""
    v: bool = False

    silent = (*Answer.silent, "axes", "velocity", "separatrices")

    @property
    def speed(self) -> Array:
        """‖dx/dt‖ on the grid, (ny, nx) or (nx,)."""
        return lengths(self.velocity)

    def verdict(self, point: int) -> str:
        """Return what the method does at the critical point ``point``: attracts, repels, traps, neutral, drifts."""
        return str(next(each["verdict"] for each in self.verdicts if each["id"] == point))

    def branches(self, point: int) -> list[Separatrix]:
        """Return the stable branches of a saddle, −1 for those of rest points that are no critical points."""
        return [each for each in self.separatrices if each.stable and each.point == point]

    def summary(self) -> str:
        """Return the range of speeds, and a line for every critical point and rest point."""
        at = " at v = 0" * self.v
        lines = [f"{self.method} on {self.background.title}: {self.what}{at}, {self.speeds_in_words()}"]
        for p in self.background.points:
            ways = self.ways(p.id)
            lines.append(
                f"  {p.kind} {_place(p.x)}: {self.verdict(p.id)}"
                + (f"; separatrices: {ways}" if ways else "")
            )
        lines += [f"  rest point {_place(each.x)}, where ∇f is not 0: {each.verdict}" for each in self.rests]
        return "\n".join([*lines, *([f"  {self.note}"] if self.note else [])])

    def speeds_in_words(self) -> str:
        """Return the slowest and the fastest speed on the grid in words."""
        speed = self.speed[np.isfinite(self.speed)]
        if not speed.size:
            return "defined nowhere in the window"
        return f"speeds from {speed.min():.3g} to {speed.max():.3g}"

    def ways(self, point: int, x: Array | None = None) -> str:
        """Return where the stable branches of a saddle come from, in words; ``x`` says which of the rest points (−1)."""
        own = [each for each in self.branches(point) if x is None or np.array_equal(each.x[0], x)]
        tally = Counter(self.came_from(each) for each in own)
        return ", ".join(f"{where} (both)" if n == 2 == len(own) else where for where, n in tally.items())

    def came_from(self, branch: Separatrix) -> str:
        """Return where a branch ends (backwards in time: comes from), in words."""
        if branch.end == "point":
            p = next(p for p in self.background.points if p.id == branch.at)
            return f"{p.kind} {_place(p.x)}"
        return {
            "left": "the edge of the window",
            "rest": "a rest point",
            "long": "farther than was followed",
            "lost": "where the field vanishes or is not defined",
        }[branch.end]

    def to_json(self) -> dict[str, Any]:
        """Return the entry of schema landscape.flow/1: all but the arrays, speeds and branches in numbers."""
        found = super().to_json()
        speed = self.speed[np.isfinite(self.speed)]
        found["speed"] = [float(f(speed)) if speed.size else None for f in (np.min, np.median, np.max)]
        found["resolution"] = [len(axis) for axis in self.axes]
        found["separatrices"] = [
            {
                "point": each.point, "stable": each.stable, "from": each.x[0].tolist(), "end": each.end,
                "at": None if each.at < 0 else each.at, "length": each.length, "rate": each.rate,
            }
            for each in self.separatrices
        ]  # fmt: skip
        return found


def lengths(vectors: Array) -> Array:
    """Return ‖v‖ of vectors (…, d), also of those whose squares are too large for a double."""
    with np.errstate(over="ignore"):
        found = np.linalg.norm(vectors, axis=-1)
        return np.asarray(np.where(np.isinf(found), np.hypot.reduce(vectors, axis=-1), found))


def _place(x: Array) -> str:
    return f"({', '.join(f'{a:.4g}' for a in np.where(np.abs(x) < 1e-12, 0.0, x))})"
