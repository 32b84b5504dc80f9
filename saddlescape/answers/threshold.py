"""Threshold: the smallest value of a number at which something changes, by bisection and by formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape.answers.base import Answer
from saddlescape.results import Array


@dataclass(frozen=True, eq=False, kw_only=True)
class Threshold(Answer):
    """Where in ``between`` the verdict at a critical point, or the fate of a start, changes as ``key`` grows.

    ``of`` is stable (``point``, the id) or fate (``start`` (d,), run for ``steps`` ticks). ``value`` is the smallest
    one seen with another label than the lower end of ``between``, NaN where nothing changes; it lies in ``bracket``,
    whose lower end still has the label ``before``, its upper end ``after``. ``grid`` (n,) and ``labels`` are the first
    look; ``changes`` says how often the label changes on it: more than once, and the change need not stay. ``exact`` is
    what a formula says, NaN where none is known, ``source`` what it is and holds for.
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
    exact: float
    source: str

    silent = ("spec",)

    @property
    def changes(self) -> int:
        """How often the label changes from one value of the grid to the next."""
        return sum(a != b for a, b in zip(self.labels, self.labels[1:], strict=False))

    @property
    def difference(self) -> float:
        """By how much the bisection is above the formula, as a part of the formula; NaN where one of them is missing."""
        return self.value / self.exact - 1.0 if self.exact else float("nan")

    def found(self) -> str:
        """Return bisection and formula in words, with their difference."""
        low, high = self.between
        if np.isnan(self.value):
            said = f"no change for {low:g} ≤ {self.key} ≤ {high:g}: {self.before}"
        else:
            said = f"{self.key} = {self.value:.8g} ({self.before} below, {self.after} from there)"
            if self.bracket[1] - self.bracket[0] > 1e-3 * abs(self.value):
                said += f", between {self.bracket[0]:.6g} and {self.bracket[1]:.6g}: what lies there is still moving"
        if np.isfinite(self.exact):
            said += f"; by formula {self.exact:.8g}"
            said += f" ({self.source})"
            said += f", relative difference {self.difference:+.2g}" if np.isfinite(self.difference) else ""
        if self.changes > 1:
            said += f"; not monotone: the label changes {self.changes} times on a grid of {len(self.grid)}"
        return said

    def summary(self) -> str:
        """Return what changes where."""
        after = f" after {self.steps:,} ticks" if self.of == "fate" else ""
        return f"{self.method}, {self.about}{after}: {self.found()}"

    def to_json(self) -> dict[str, Any]:
        """Return all but the specification, and what follows from it."""
        return {**super().to_json(), "changes": self.changes, "difference": self.difference}
