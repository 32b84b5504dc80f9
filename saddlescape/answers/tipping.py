"""Tipping: the smallest value of a number of a method at which a start ends elsewhere, for every pixel of a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape.answers.base import Answer
from saddlescape.answers.disagreement import Ends, Mask, end_in_words
from saddlescape.answers.intervals import wilson
from saddlescape.results import Array, Background

#: what was found of a pixel: its end stays; it tips, within the tolerance; it tips somewhere in a wider bracket, where
#: ends are unknown; nothing, for the first end is unknown or none that differs is known
KINDS = ("never", "tips", "open", "unknown")


@dataclass(frozen=True, eq=False, kw_only=True)
class Tipping(Answer):
    """From which value of ``key`` on a start ends elsewhere than at the first of ``values`` (m,), ascending.

    ``kind`` (ny, nx) is the place in KINDS. Of a pixel that tips, ``low`` is the largest value found below at which it
    ends as at the first, ``high`` the smallest found at which it ends elsewhere; both NaN for others. They are at most
    ``tolerance`` apart where the kind is "tips". ``before`` and ``after`` (ny, nx) are the ends at the first value and at
    ``high``, as in Disagreement. ``back`` says where the end at a larger one of ``values`` is the first one again: there
    the fate is not monotone. What happens between two values with equal ends is not seen.
    """

    method: str
    formula: str
    clock: str
    background: Background
    axes: tuple[Array, Array]
    plane: tuple[int, int]
    origin: Array
    steps: int
    time: float
    key: str
    values: Array
    tolerance: float
    kind: np.ndarray[Any, np.dtype[np.int8]]
    low: Array
    high: Array
    before: Ends
    after: Ends
    back: Mask
    cycling: bool = False

    silent = (*Answer.silent, "axes", "kind", "low", "high", "before", "after", "back")

    @property
    def value(self) -> Array:
        """The middle of the bracket, (ny, nx); NaN where nothing tips."""
        return np.asarray((self.low + self.high) / 2)

    def counts(self) -> dict[str, int]:
        """Return how many pixels are of each kind, and how many of those that tip do so "back"."""
        tally = np.bincount(self.kind.ravel(), minlength=len(KINDS))
        return {**{word: int(n) for word, n in zip(KINDS, tally, strict=True)}, "back": int(self.back.sum())}

    def summary(self) -> str:
        """Return the shares of all kinds with intervals, and the quartiles of the values."""
        total, found = self.kind.size, self.counts()
        ny, nx = self.kind.shape
        first, last = self.values[[0, -1]]
        lines = [
            f"{self.method} on {self.background.title}: {nx} × {ny} starts, {self.key} from {first:g} to {last:g}",
            *(
                f"  {text:<58} {_share(found[word], total)}"
                for word, text in self._words().items()
                if found[word]
            ),
        ]
        if found["tips"] + found["open"]:
            low, middle, high = np.nanquantile(self.value, (0.25, 0.5, 0.75))
            lines.append(
                f"  {self.key} where they tip: median {middle:.4g}, half of them {low:.4g} to {high:.4g}"
            )
        return "\n".join(lines)

    def _words(self) -> dict[str, str]:
        return {
            "tips": f"end elsewhere from some {self.key} on (± {self.tolerance / 2:.2g})",
            "open": f"end elsewhere, from a {self.key} on that unknown ends leave open",
            "never": "end at the same place at every value",
            "unknown": "not known: unresolved ends",
            "back": "of all: end as at first again at a larger value",
        }

    def changes(self) -> list[tuple[str, str, int]]:
        """Return (end before, end after, number of pixels) of all that tip, most common first, ends in words."""
        tipped = ~np.isnan(self.high)
        pairs = np.stack([self.before[tipped], self.after[tipped]], axis=1)
        kinds, counts = np.unique(pairs, axis=0, return_counts=True)
        said = [end_in_words(self.background, int(k)) for k in kinds.ravel()]
        order = np.argsort(-counts, kind="stable")
        return [(said[2 * i], said[2 * i + 1], int(counts[i])) for i in order]

    def to_json(self) -> dict[str, Any]:
        """Return counts, changes and numbers as plain data."""
        more = {"counts": self.counts(), "changes": [list(each) for each in self.changes()]}
        return {**super().to_json(), **more, "resolution": list(self.kind.shape[::-1])}


def _share(count: int, of: int) -> str:
    low, high = wilson(count, of)
    return f"{count / of:7.2%}  ({low:.2%} to {high:.2%})"
