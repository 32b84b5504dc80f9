"""Disagreement: where two methods that start from the same places end at different ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from saddlescape.answers.base import Answer
from saddlescape.answers.intervals import wilson
from saddlescape.results import Array, Background

#: ends that are no critical point: nobody knows; it left the domain or diverged, which is a matter of how long it ran
UNKNOWN, GONE = -1, -2

Ends = np.ndarray[Any, np.dtype[np.int16]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Disagreement(Answer):
    """Where two methods end from every pixel of one window.

    ``methods``, ``formulas`` and ``clocks`` are those of the two; ``axes``, ``plane`` and ``origin`` as in Basins.
    ``first`` and ``second`` (ny, nx) hold the id of the critical point where each certainly ends, UNKNOWN (−1) where
    nobody knows, GONE (−2) where it left the domain or diverged. With ``cycling`` a trajectory that cycles counts as
    ending near the critical point it is nearest to; without, its end is unknown.
    """

    methods: tuple[str, str]
    formulas: tuple[str, str]
    clocks: tuple[str, str]
    background: Background
    axes: tuple[Array, Array]
    plane: tuple[int, int]
    origin: Array
    first: Ends
    second: Ends
    cycling: bool = False

    silent = (*Answer.silent, "axes", "first", "second")

    @cached_property
    def unknown(self) -> Mask:
        """Where the end of one of the two, or of both, is unknown, (ny, nx)."""
        return np.asarray((self.first == UNKNOWN) | (self.second == UNKNOWN))

    @cached_property
    def differ(self) -> Mask:
        """Where both ends are known, and not the same, (ny, nx)."""
        return np.asarray(~self.unknown & (self.first != self.second))

    @property
    def share(self) -> float:
        """The share of all pixels of which both ends are known, and differ."""
        return float(self.differ.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of ``share``, the pixels taken as a random sample of the window."""
        return wilson(int(self.differ.sum()), self.differ.size)

    def changes(self) -> list[tuple[int, int, int]]:
        """Return (end of the first, end of the second, number of pixels) of all that differ, most common first."""
        pairs = np.stack([self.first[self.differ], self.second[self.differ]], axis=1)
        kinds, counts = np.unique(pairs, axis=0, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return [(int(a), int(b), int(n)) for (a, b), n in zip(kinds[order], counts[order], strict=True)]

    def in_words(self, end: int) -> str:
        """Return an end as a person says it: minimum (3, 0.5)."""
        return end_in_words(self.background, end)

    def summary(self) -> str:
        """Return the share that differs with its interval, what is unknown, and from where to where."""
        low, high = self.interval
        first, second = self.methods
        total = self.unknown.size
        lines = [
            f"{first} and {second} on {self.background.title}, of {total:,} starts:",
            f"  {'different ends':<52} {self.share:7.2%}  ({low:.2%} to {high:.2%})",
            f"  {'the end of one or both unknown':<52} {self.unknown.mean():7.2%}",
        ]
        said = [(f"{self.in_words(a)} → {self.in_words(b)}", n) for a, b, n in self.changes()]
        return "\n".join([*lines, *(f"  {text:<52} {n / total:7.2%}" for text, n in said)])

    def to_json(self) -> dict[str, Any]:
        """Return the share, its interval, what is unknown and every change as plain data."""
        more = {
            "share": self.share, "interval": list(self.interval), "unknown": float(self.unknown.mean()),
            "changes": [{"from": a, "to": b, "pixels": n} for a, b, n in self.changes()],
            "resolution": [self.first.shape[1], self.first.shape[0]],
        }  # fmt: skip
        return {**super().to_json(), **more}


def end_in_words(background: Background, end: int) -> str:
    """Return an end as a person says it: minimum (3, 0.5), left or diverged, unknown."""
    if end < 0:
        return {UNKNOWN: "unknown", GONE: "left or diverged"}[int(end)]
    point = next(p for p in background.points if p.id == end)
    return f"{point.kind} ({', '.join(f'{a:.4g}' for a in point.x + 0.0)})"
