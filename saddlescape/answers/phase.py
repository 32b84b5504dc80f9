"""PhaseDiagram: what a method does at a point, or where a start ends, over a grid of two of its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape.answers.base import Answer, part
from saddlescape.results import Array, Background


@part
@dataclass(frozen=True, eq=False, kw_only=True)
class TheoryLine:
    """A line of theory over a diagram: ``y`` (m,) at ``x`` (m,), NaN where it has no value; ``label`` says what it is."""

    label: str
    x: Array
    y: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class PhaseDiagram(Answer):
    """What becomes of one method on a grid of two of its numbers.

    ``keys`` are the two numbers (x, y), ``axes`` their values (nx,), (ny,). ``of`` is stable (``point``, the id: does the
    method stay there?) or fate (``start`` (d,): where does it end?). ``labels`` are what occurs, in words, ``points`` the
    id of the critical point each is about (−1: none), ``places`` (ny, nx) the place of every cell among them. ``lines``
    are what theory says.
    """

    method: str
    formula: str
    clock: str
    background: Background
    keys: tuple[str, str]
    axes: tuple[Array, Array]
    of: str
    about: str
    point: int | None
    start: Array
    steps: int
    labels: tuple[str, ...]
    points: tuple[int, ...]
    places: np.ndarray[Any, np.dtype[np.int16]]
    lines: tuple[TheoryLine, ...]

    silent = ("spec", "background")

    def fractions(self) -> dict[str, float]:
        """Return the share of the cells that each label has."""
        tally = np.bincount(self.places.ravel(), minlength=len(self.labels))
        return {label: float(n / self.places.size) for label, n in zip(self.labels, tally, strict=True)}

    def summary(self) -> str:
        """Return the share of each label."""
        ny, nx = self.places.shape
        of = f"{nx} × {ny} values of {self.keys[0]} and {self.keys[1]}"
        lines = [f"{self.method} on {self.background.title}, {self.about}: {of}"]
        for label, share in sorted(self.fractions().items(), key=lambda pair: -pair[1]):
            lines.append(f"  {label:<44} {share:7.2%}")
        return "\n".join([*lines, *(f"  line: {line.label}" for line in self.lines)])
