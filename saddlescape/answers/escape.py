"""Escape: when many runs first left a ball around a critical point, with the curve of those that stay and its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape.answers.base import Answer, part
from saddlescape.answers.intervals import wilson
from saddlescape.results import Array, Background, CriticalPoint


@part
@dataclass(frozen=True, eq=False)
class Curve:
    """The share of runs that still stay after each of ``ticks`` (K,), from tick 0 on: the Kaplan–Meier estimate, a step
    function, with its 95 % interval ``low`` to ``high`` (Greenwood's variance, log-log), all of shape (K,)."""

    ticks: Array
    share: Array
    low: Array
    high: Array

    def first(self, level: float) -> tuple[float | None, float | None, float | None]:
        """Return the tick from which on no more than ``level`` stay, and its 95 % interval (Brookmeyer and Crowley 1982:
        where the bounds cross ``level``); None where that was not seen."""

        def crossing(values: Array) -> float | None:
            below = np.flatnonzero(values <= level)
            return float(self.ticks[below[0]]) if below.size else None

        return crossing(self.share), crossing(self.low), crossing(self.high)


@part
@dataclass(frozen=True, eq=False)
class Rate:
    """The rate (1/time) at which the last runs leave, with its 95 % interval; ``since`` is the tick it was seen from,
    ``count`` how many left after it. Runs leave so where the time that is still to go is exponential."""

    value: float
    low: float
    high: float
    since: int
    count: int


@part
@dataclass(frozen=True, eq=False)
class Inside:
    """What the linear theory says: the share ``inside`` (T,) of a Gaussian with the exact covariance that lies in the
    ball after ``ticks`` (T,). Whoever is outside has left, so it is an upper bound of those that stay."""

    ticks: Array
    inside: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class Escape(Answer):
    """First exits of ``runs`` trajectories of a method from the ball of ``radius`` around ``centre`` (d,).

    ``about`` is the critical point in its middle. Runs start at ``start`` (d,), or evenly spread over the ball of radius
    ``spread`` around it, and last ``ticks`` ticks of length ``tick`` in time. ``exits`` (runs,) is the tick after which
    one was first outside, NaN where it stayed to the end (censored there); what ``diverged`` (runs,) left by numbers that
    are not finite. ``places`` (runs, d) is where each was then, or at the end. ``curve`` is the share that stays,
    ``rate`` the rate of its tail (None where that is not exponential, or too few left), ``theory`` a bound of the linear
    theory and ``threshold`` the rho from which on noise does not free normalised SAM (None where there is none).
    """

    method: str
    formula: str
    clock: str
    background: Background
    about: CriticalPoint
    centre: Array
    radius: float
    start: Array
    spread: float
    eta: float
    tick: float
    ticks: int
    exits: Array
    diverged: np.ndarray[Any, np.dtype[np.bool_]]
    places: Array
    curve: Curve
    rate: Rate | None
    theory: Inside | None = None
    threshold: float | None = None

    silent = (*Answer.silent, "exits", "diverged", "places", "curve", "theory", "about")

    @property
    def runs(self) -> int:
        """The number of runs."""
        return len(self.exits)

    @property
    def count(self) -> int:
        """How many left."""
        return int(np.sum(np.isfinite(self.exits)))

    @property
    def escaped(self) -> float:
        """The share that left."""
        return self.count / self.runs

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of that share (Wilson)."""
        return wilson(self.count, self.runs)

    @property
    def times(self) -> Array:
        """The times of the exits (runs,), NaN where a run stayed."""
        found: Array = self.exits * self.tick
        return found

    @property
    def time(self) -> float:
        """How long the runs last."""
        return self.ticks * self.tick

    @property
    def median(self) -> tuple[float | None, float | None, float | None]:
        """The median time of the exit with its 95 % interval, None where that was not reached."""
        a, b, c = (None if each is None else each * self.tick for each in self.curve.first(0.5))
        return a, b, c

    @property
    def median_steps(self) -> tuple[float | None, float | None, float | None]:
        """The same in steps of the map."""
        per = self.tick / self.eta
        a, b, c = (None if each is None else each * per for each in self.curve.first(0.5))
        return a, b, c

    def summary(self) -> str:
        """Return the share that left, its median time and the rate of its tail, with their intervals."""
        low, high = self.interval
        lines = [
            f"{self.method} on {self.background.title}: {self.runs} run{'s' * (self.runs > 1)} "
            f"from {self.place}, radius {self.radius:.4g}, {self.ticks} ticks (time {self.time:g})",
            f"  left {self.escaped:.2%} ({low:.2%} to {high:.2%})",
            f"  median time {within(*self.median)}, in steps {within(*self.median_steps)}",
        ]
        if self.rate:
            lines.append(f"  rate of the tail {within(self.rate.value, self.rate.low, self.rate.high)}")
        lost = int(np.sum(self.diverged))
        return "\n".join([*lines, *([f"  {lost} of them diverged"] if lost else [])])

    def cells(self) -> tuple[str, str, str]:
        """Return the share that left, the median in steps and the rate of the tail, each with its 95 % interval in
        brackets: 98.8 % (97.9–99.3), 255 (251–259), 1.45 (1.32–1.58); – where there is no rate."""
        low, high = self.interval
        median, first, last = self.median_steps
        return (
            f"{100 * self.escaped:.1f} % ({100 * low:.1f}–{100 * high:.1f})",
            "not reached" if median is None else f"{median:.4g} ({_end(first)}–{_end(last)})",
            f"{self.rate.value:.3g} ({self.rate.low:.3g}–{self.rate.high:.3g})" if self.rate else "–",
        )

    @property
    def place(self) -> str:
        """What is escaped from, in words: saddle (0, 1)."""
        return f"{self.about.kind} ({', '.join(f'{a:.4g}' for a in self.centre + 0.0)})"

    def to_json(self) -> dict[str, Any]:
        """Return the entry of schema landscape.escape/1."""
        median, low, high = self.median_steps
        return {
            "method": self.method, "clock": self.clock, "from": self.about.id, "runs": self.runs, "escaped": self.escaped,
            "interval": list(self.interval), "median_steps": median, "median_interval": [low, high],
            "median_time": self.median[0],
            "rate": self.rate and {"value": self.rate.value, "interval": [self.rate.low, self.rate.high]},
            "diverged": int(np.sum(self.diverged)), "radius": self.radius, "centre": self.centre.tolist(),
            "start": self.start.tolist(), "spread": self.spread, "steps": round(self.time / self.eta, 9),
            "time": self.time,
        }  # fmt: skip


def within(value: float | None, low: float | None, high: float | None) -> str:
    """Return a number with its interval in words; what was not reached is said so."""
    if value is None:
        return "not reached" if low is None else f"not reached (from {low:.4g})"
    return f"{value:.4g} ({_end(low)} to {_end(high)})"


def _end(value: float | None) -> str:
    """Return an end of an interval: ∞ where the runs were too short to see it."""
    return "∞" if value is None else f"{value:.4g}"
