"""Threshold: the smallest value of a number at which something changes, by bisection and by formula."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from saddlescape.answers.base import Answer
from saddlescape.results import Array

#: the label of a trajectory that has no end yet
MOVING = "still moving"
#: digits of a threshold at most; of one that is read off runs, which end and are judged by a radius, fewer
DIGITS, SIMULATED = 8, 5


@dataclass(frozen=True, eq=False, kw_only=True)
class Threshold(Answer):
    """Where in ``between`` the verdict at a critical point, or the fate of a start, changes as ``key`` grows.

    ``of`` is stable (``point``, the id) or fate (``start`` (d,), run for ``steps`` ticks). ``value`` is the smallest
    one seen with another label than the lower end of ``between``, NaN where nothing changes; it lies in ``bracket``,
    whose lower end still has the label ``before``, its upper end ``after``. What is still moving has no end, and is left
    aside: ``before`` is the first label that is known. ``grid`` (n,), ascending, and ``labels`` are all values that were
    looked at; ``changes`` says how often the label changes there: more than once, and the change need not stay; ``again``
    is the largest value with the label ``before``, NaN where none is above ``value``. ``simulated`` says whether labels
    are read off runs. ``exact`` is what a formula says, NaN where none is known, ``source`` what it is and holds for.
    """

    method: str
    key: str
    of: str
    about: str
    point: int | None
    start: Array
    between: tuple[float, float]
    steps: int
    value: float
    bracket: tuple[float, float]
    before: str
    after: str
    grid: Array
    labels: tuple[str, ...]
    simulated: bool
    exact: float
    source: str

    silent = ("spec",)

    @property
    def changes(self) -> int:
        """How often the label changes from one value to the next whose end is known."""
        known = [label for label in self.labels if label != MOVING]
        return sum(a != b for a, b in pairwise(known))

    @property
    def again(self) -> float:
        """The largest value above ``value`` that has the label ``before`` again; NaN where none has."""
        same = self.grid[np.array(self.labels) == self.before]
        return float(same[-1]) if np.any(same > self.value) else float("nan")

    @property
    def difference(self) -> float:
        """By how much the bisection is above the formula, as a part of the formula; NaN where one of them is missing."""
        return self.value / self.exact - 1.0 if self.exact else float("nan")

    def found(self) -> str:
        """Return bisection and formula in words, with their difference."""
        said = self._unchanged() if np.isnan(self.value) else self._changed()
        if np.isfinite(self.exact):
            said += f"; by formula {self.exact:.8g}"
            said += f" ({self.source})"
            said += f", relative difference {self.difference:+.2g}" if np.isfinite(self.difference) else ""
        if self.changes > 1:
            back = np.isfinite(self.again)
            said += "; not monotone" if back else "; not the only change"
            said += f": the label changes {self.changes} times at {len(self.grid)} values"
            said += f", {self.before} is seen up to {self.again:.5g}" if back else ""
        return said

    def _unchanged(self) -> str:
        """Return in words that nothing changes, as far as the ends are known."""
        low, high = self.between
        span = f"for {low:g} ≤ {self.key} ≤ {high:g}"
        if not self._moving.any():
            return f"no change {span}: {self.before}"
        if self._moving.all():
            return f"nothing known {span}: {MOVING}"
        known = self.grid[~self._moving]
        ends = f"{self.before} from {known[0]:.3g} to {known[-1]:.3g}"
        return f"no threshold known {span}: {ends}, elsewhere {MOVING}, of unknown end (more steps may tell)"

    def _changed(self) -> str:
        """Return in words where the label changes: with no more digits than its width and the bracket's justify."""
        (low, high), value = self.bracket, self.value
        most = SIMULATED if self.simulated else DIGITS
        wide = float(np.fmax(high, self.again)) - low
        digits = int(np.clip(1 + np.floor(np.log10(abs(high) / wide)), 2, most)) if wide and high else most
        since = "at it" if np.isfinite(self.again) else "from there"
        said = f"{self.key} = {value:.{digits}g} ({self.before} below, {self.after} {since})"
        between = (self.grid > low) & (self.grid < high)
        if self._moving[between].any():
            said += f", between {low:.6g} and {high:.6g}: what lies there is {MOVING}"
        if self._moving[~between].any():
            said += f"; {MOVING} at other values"
        return said

    @property
    def _moving(self) -> Any:
        """Which of the values have no end yet."""
        return np.array(self.labels) == MOVING

    def summary(self) -> str:
        """Return what changes where."""
        after = f" after {self.steps:,} ticks" if self.of == "fate" else ""
        return f"{self.method}, {self.about}{after}: {self.found()}"

    def to_json(self) -> dict[str, Any]:
        """Return all but the specification, and what follows from it."""
        return {**super().to_json(), "changes": self.changes, "difference": self.difference}
