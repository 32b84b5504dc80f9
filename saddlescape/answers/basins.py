"""Basins: where every start of a window ends, with what decided it and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from saddlescape.answers.base import Answer
from saddlescape.answers.intervals import wilson
from saddlescape.results import STATUSES, Array, Background

#: what a fate was decided by: nothing, the trajectory's own arrival, a sublevel component of the loss, a ball that the
#: method's map was checked to keep (docs/statuses.md)
RULES = ("none", "arrived", "bowl", "ball")
#: statuses that name a critical point in a label
NAMED = ("converged", "trapped", "cycling")


@dataclass(frozen=True, eq=False, kw_only=True)
class Basins(Answer):
    """What becomes of one method from every pixel of a window.

    ``axes`` are the coordinates of the pixels' centres, x (nx,) and y (ny,); all maps have the shape (ny, nx). ``status``
    is the place in STATUSES, ``point`` the id of the critical point it concerns and ``fate`` the id of the one where the
    trajectory certainly ends, both masked where there is none; ``rule`` the place in RULES of what decided the fate.
    ``when`` is the time (steps·eta, or t) at which that was seen, NaN where nothing was decided. ``steps`` ticks were
    allowed, which is ``time``.

    ``plane`` are the two coordinates that vary and ``origin`` (d,) the values of the others, for landscapes of more than
    two. Of a random method ``runs`` trajectories start in every pixel: ``odds`` (K, ny, nx) has the share of those with
    each of the labels ``ends`` (K), and the maps are those of the most frequent one; with one run both are empty.
    """

    method: str
    formula: str
    clock: str
    background: Background
    axes: tuple[Array, Array]
    steps: int
    time: float
    status: np.ndarray[Any, np.dtype[np.int8]]
    point: Any
    fate: Any
    rule: np.ndarray[Any, np.dtype[np.int8]]
    when: Array
    plane: tuple[int, int] = (0, 1)
    origin: Array
    runs: int = 1
    ends: tuple[str, ...] = ()
    odds: Array

    silent = (*Answer.silent, "axes", "status", "point", "fate", "rule", "when", "odds")

    @property
    def shape(self) -> tuple[int, int]:
        """The number of pixels, (ny, nx)."""
        ny, nx = self.status.shape
        return int(ny), int(nx)

    @cached_property
    def labels(self) -> tuple[tuple[str, ...], np.ndarray[Any, np.dtype[np.int16]]]:
        """The labels that occur, as ``label`` writes them, by id and status; and the place among them of every pixel."""
        return labelled(self.status, np.ma.filled(self.point, -1), np.ma.filled(self.fate, -1))

    def counts(self) -> dict[str, int]:
        """Return how many pixels have each label (of a random method: the most frequent end)."""
        words, places = self.labels
        tally = np.bincount(places.ravel(), minlength=len(words))
        return {word: int(n) for word, n in zip(words, tally, strict=True)}

    def fractions(self) -> dict[str, float]:
        """Return the share of each label; of a random method, of all its runs."""
        if self.ends:
            return {word: float(each.mean()) for word, each in zip(self.ends, self.odds, strict=True)}
        return {word: n / self.status.size for word, n in self.counts().items()}

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Return the 95 % interval of each share, the pixels (and their runs) taken as a random sample of the window."""
        total = self.status.size * self.runs
        return {word: wilson(round(share * total), total) for word, share in self.fractions().items()}

    def decided(self) -> dict[str, int]:
        """Return how many pixels each rule decided, by its name in RULES; "none" are those without a fate: they
        left, diverged, cycle or are still moving."""
        tally = np.bincount(self.rule.ravel(), minlength=len(RULES))
        return {word: int(n) for word, n in zip(RULES, tally, strict=True)}

    def summary(self) -> str:
        """Return the shares with their intervals, a line each."""
        ny, nx = self.shape
        spans = self.intervals()
        lines = [
            f"{self.method} on {self.background.title}: {nx} × {ny} starts, {self.steps} ticks (time {self.time:g})"
        ]
        for word, share in sorted(self.fractions().items(), key=lambda pair: -pair[1]):
            low, high = spans[word]
            lines.append(f"  {self.in_words(word):<44} {share:7.2%}  ({low:.2%} to {high:.2%})")
        return "\n".join(lines)

    def in_words(self, word: str) -> str:
        """Return a label as a person says it: converged to minimum (3, 0.5)."""
        status, _, number = word.partition(":")
        if not number:
            return {"moving": "still moving", "left": "left the domain"}.get(status, status)
        point = next(p for p in self.background.points if p.id == int(number))
        at = f"{point.kind} ({', '.join(f'{a:.4g}' for a in point.x + 0.0)})"
        joined = {"converged": "converged to", "trapped": "trapped at", "decided": "in the basin of"}
        return f"{joined.get(status, status + ' near')} {at}"

    def to_json(self) -> dict[str, Any]:
        """Return the entry of schema landscape.basins/1: shares with intervals, and what decided."""
        found: Mapping[str, Any] = super().to_json()
        ny, nx = self.shape
        more = {"fractions": self.fractions(), "intervals": {k: list(v) for k, v in self.intervals().items()}}
        return {**found, **more, "decided": self.decided(), "resolution": [nx, ny]}


def label(status: str, about: int) -> str:
    """Return the label of a status: converged:0, trapped:2, decided:0 (moving with a fate), moving, left, diverged."""
    if about < 0:
        return status
    return f"{'decided' if status == 'moving' else status}:{about}"


def labelled(
    status: Any, point: Any, fate: Any
) -> tuple[tuple[str, ...], np.ndarray[Any, np.dtype[np.int16]]]:
    """Return the labels that occur, by id and status, and the place of each entry among them; ``status`` are places in
    STATUSES, ``point`` and ``fate`` ids or −1, arrays of one shape."""
    moving, named = STATUSES.index("moving"), [STATUSES.index(each) for each in NAMED]
    about = np.where(np.isin(status, named), point, np.where(status == moving, fate, -1)).astype(np.int32)
    codes = (about + 1) * len(STATUSES) + status
    found = np.flatnonzero(np.bincount(codes.ravel()))
    place = np.zeros(int(found.max(initial=0)) + 1, dtype=np.int16)
    place[found] = np.arange(len(found))
    words = [label(STATUSES[int(c) % len(STATUSES)], int(c) // len(STATUSES) - 1) for c in found]
    return tuple(words), place[codes]
