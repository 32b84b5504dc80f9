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
#: parts of the pixels that tip, of which the values are told
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False, kw_only=True)
class Tipping(Answer):
    """From which value of ``key`` on a start ends elsewhere than at the first of ``values`` (m,), ascending.

    ``kind`` (ny, nx) is the place in KINDS. Of a pixel that tips, ``low`` is the largest value found below at which it
    ends as at the first, ``high`` the smallest found at which it ends elsewhere; both NaN for others. They are at most
    ``tolerance`` apart where the kind is "tips". ``before`` and ``after`` (ny, nx) are the ends at the first value and at
    ``high``, as in Disagreement. ``back`` says where the end at a larger one of ``values`` is the first one again: there
    the fate is not monotone. What happens between two values with equal ends is not seen. Of all runs at the ``values``
    the parts ``cycles`` and ``moving`` have no known end after ``steps``, doubled ``more`` times: they cycle (and with
    ``cycling`` that would be an end), or still move.
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
    more: int = 0
    cycles: float = 0.0
    moving: float = 0.0

    silent = (*Answer.silent, "axes", "kind", "low", "high", "before", "after", "back")

    @property
    def value(self) -> Array:
        """The middle of the bracket, (ny, nx); NaN where nothing tips."""
        return np.asarray((self.low + self.high) / 2)

    def counts(self) -> dict[str, int]:
        """Return how many pixels are of each kind, and how many of those that tip do so "back"."""
        tally = np.bincount(self.kind.ravel(), minlength=len(KINDS))
        return {**{word: int(n) for word, n in zip(KINDS, tally, strict=True)}, "back": int(self.back.sum())}

    def fractions(self) -> dict[str, float]:
        """Return the shares of ``counts``, of all pixels."""
        return {word: n / self.kind.size for word, n in self.counts().items()}

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Return the 95 % interval of each share, the pixels taken as a random sample of the window."""
        return {word: wilson(n, self.kind.size) for word, n in self.counts().items()}

    def quantiles(self) -> dict[float, float]:
        """Return the value below which a part QUANTILES of the pixels that tip does so; empty where none does."""
        found = self.value[~np.isnan(self.high)]
        return dict(zip(QUANTILES, np.quantile(found, QUANTILES).tolist(), strict=True)) if len(found) else {}

    def summary(self) -> str:
        """Return the shares of all kinds with intervals, and the quantiles of the values."""
        ny, nx = self.kind.shape
        first, last = self.values[[0, -1]]
        spans = self.intervals()
        lines = [
            f"{self.method} on {self.background.title}: {nx} × {ny} starts, {self.key} from {first:g} to {last:g}",
            *(
                f"  {text:<58} {share:7.2%}  ({spans[word][0]:.2%} to {spans[word][1]:.2%})"
                for word, text, share in self.kinds()
            ),
        ]
        return "\n".join([*lines, *(f"  {line}" for line in (*self.typical(), *self.why_unknown()))])

    def kinds(self) -> list[tuple[str, str, float]]:
        """Return (kind, in words, its share) of all kinds that occur; last, of all kinds, what comes back."""
        said = {
            "tips": f"end elsewhere from some {self.key} on (± {self.tolerance / 2:.2g})",
            "open": f"end elsewhere, unknown ends leave open from which {self.key} on",
            "never": "end at the same place at every value",
            "unknown": "not known: unresolved ends",
            "back": "of all: end as at first again at a larger value",
        }
        shares = self.fractions()
        return [(word, text, shares[word]) for word, text in said.items() if shares[word]]

    def typical(self) -> list[str]:
        """Return a line on where pixels tip: the median, and between which values a half and nine tenths do; or none."""
        if not (found := list(self.quantiles().values())):
            return []
        least, low, middle, high, most = (f"{value:.4g}" for value in found)
        half = f"half of them {low} to {high}, nine tenths {least} to {most}"
        return [f"{self.key} where they tip: median {middle}, {half}"]

    def why_unknown(self) -> list[str]:
        """Return a line on the runs whose end is not known, or none where there are none."""
        parts = [(self.cycles, "cycle"), (self.moving, "still move")]
        said = " and ".join(f"{part:.2%} {word}" for part, word in parts if part)
        ticks = self.steps << self.more
        return [f"of the runs at the {len(self.values)} values {said} after {ticks:,} ticks"] if said else []

    def changes(self) -> list[tuple[str, str, int]]:
        """Return (end before, end after, number of pixels) of all that tip, most common first, ends in words."""
        tipped = ~np.isnan(self.high)
        pairs = np.stack([self.before[tipped], self.after[tipped]], axis=1)
        kinds, counts = np.unique(pairs, axis=0, return_counts=True)
        said = [end_in_words(self.background, int(k)) for k in kinds.ravel()]
        order = np.argsort(-counts, kind="stable")
        return [(said[2 * i], said[2 * i + 1], int(counts[i])) for i in order]

    def to_json(self) -> dict[str, Any]:
        """Return the entry of schema landscape.tipping/1: shares with intervals, quantiles, what changes into what."""
        more = {
            "resolution": list(self.kind.shape[::-1]),
            "counts": self.counts(),
            "fractions": self.fractions(),
            "intervals": {word: list(span) for word, span in self.intervals().items()},
            "quantiles": {f"{part:g}": value for part, value in self.quantiles().items()},
            "changes": [list(each) for each in self.changes()],
        }
        return {**super().to_json(), **more}
