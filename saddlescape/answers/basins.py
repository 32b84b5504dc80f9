"""Basins: where every start of a window ends, with what decided it and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from saddlescape.answers.base import Answer
from saddlescape.answers.intervals import clustered, wilson
from saddlescape.results import STATUSES, Array, Background

#: what a fate was decided by: nothing, the trajectory's own arrival, a sublevel component of the loss, a ball that the
#: method's map was checked to keep (docs/statuses.md)
RULES = ("none", "arrived", "bowl", "ball")
#: statuses that name a critical point in a label
NAMED = ("converged", "trapped", "cycling")


@dataclass(frozen=True)
class Share:
    """An end in words, the ``part`` of all starts (or runs) that it has, and the 95 % interval of that."""

    said: str
    part: float
    low: float
    high: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Basins(Answer):
    """What becomes of one method from every pixel of a window.

    ``axes`` are the coordinates of the pixels' centres, x (nx,) and y (ny,); all maps have the shape (ny, nx). ``status``
    is the place in STATUSES, ``point`` the id of the critical point it concerns and ``fate`` the id of the one where the
    trajectory certainly ends, both masked where there is none; ``rule`` the place in RULES of what decided the fate.
    ``when`` is the time (steps·eta, or t) at which that was seen, NaN where nothing was decided; ``distance`` how far the
    end was from ``point``, NaN where there is none or the start was let go early. ``steps`` ticks were allowed, which is
    ``time``.

    ``plane`` are the two coordinates that vary and ``origin`` (d,) the values of the others, for landscapes of more than
    two. Of a random method ``runs`` trajectories start in every pixel: ``odds`` (K, ny, nx) has the share of those with
    each of the labels ``ends`` (K), the maps are those of the most frequent one, and ``rules`` says how many of all runs
    each of RULES decided; with one run all three are empty.
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
    distance: np.ndarray[Any, np.dtype[np.float32]]
    plane: tuple[int, int] = (0, 1)
    origin: Array
    runs: int = 1
    ends: tuple[str, ...] = ()
    odds: Array
    rules: tuple[int, ...] = ()

    silent = (*Answer.silent, "axes", "status", "point", "fate", "rule", "when", "distance", "odds", "rules")

    @property
    def shape(self) -> tuple[int, int]:
        """The number of pixels, (ny, nx)."""
        ny, nx = self.status.shape
        return int(ny), int(nx)

    @cached_property
    def labels(self) -> tuple[tuple[str, ...], np.ndarray[Any, np.dtype[np.int16]]]:
        """The labels that occur, as ``label`` writes them, by id and status; and the place among them of every pixel."""
        return labelled(self.status, np.ma.filled(self.point, -1), np.ma.filled(self.fate, -1))

    @property
    def ahead(self) -> bool:
        """Whether starts were let go before they were there, so that ``when`` is the time until the end is certain; if
        not, it is the time to get there."""
        sure = np.isin(self.rule, (RULES.index("bowl"), RULES.index("ball")))
        return bool(self.spec.get("early", True) and sure.any())

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

    def together(self, words: Collection[str]) -> tuple[float, float, float]:
        """Return the share of the labels ``words`` as one end, and its 95 % interval, the pixels taken as a random sample
        of the window: several runs of one are alike, and no sample of their own."""
        if self.ends:
            parts = self.odds[[word in words for word in self.ends]].sum(axis=0)
            return float(parts.mean()), *clustered(parts, self.runs)
        count = sum(n for word, n in self.counts().items() if word in words)
        return count / self.status.size, *wilson(count, self.status.size)

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Return the 95 % interval of each share, as ``together`` has it."""
        return {word: self.together((word,))[1:] for word in self.fractions()}

    def decided(self) -> dict[str, int]:
        """Return how many starts (of a random method: runs) each rule decided, by its name in RULES; "none" are those
        without a fate: they left, diverged, cycle or are still moving."""
        tally = self.rules or np.bincount(self.rule.ravel(), minlength=len(RULES))
        return {word: int(n) for word, n in zip(RULES, tally, strict=True)}

    def shares(self) -> list[Share]:
        """Return the share of every end, the largest first: of a fate as one, whether a start has arrived or is decided
        (``fractions`` tells them apart)."""
        alike = dict[str, list[str]]()
        for word in self.fractions():
            alike.setdefault(self.in_words(word), []).append(word)
        found = [Share(said, *self.together(words)) for said, words in alike.items()]
        return sorted(found, key=lambda each: -each.part)

    def deciding(self) -> str:
        """Return in words what the fates were decided by, and that some are unresolved."""
        said = {"arrived": "arrived", "bowl": "decided in a bowl", "ball": "decided in a kept ball"}
        tally = self.decided()
        total = sum(tally.values())
        parts = [f"{tally[key] / total:.2%} {word}" for key, word in said.items() if tally[key]]
        if unresolved := self.fractions().get("moving", 0.0):
            parts.append(f"{unresolved:.2%} unresolved after {self.steps:,} ticks")
        return ", ".join(parts) or "no fate is certain"

    def summary(self) -> str:
        """Return the shares with their intervals, a line each, and what decided them."""
        ny, nx = self.shape
        lines = [
            f"{self.method} on {self.background.title}: {nx} × {ny} starts, {self.steps} ticks (time {self.time:g})"
        ]
        lines += [
            f"  {each.said:<44} {each.part:7.2%}  ({each.low:.2%} to {each.high:.2%})"
            for each in self.shares()
        ]
        return "\n".join([*lines, f"  {self.deciding()}"])

    def in_words(self, word: str) -> str:
        """Return the end of a label as a person says it: in the basin of minimum (3, 0.5), arrived or not."""
        status, _, number = word.partition(":")
        if not number:
            return {"moving": "still moving", "left": "left the domain"}.get(status, status)
        point = next(p for p in self.background.points if p.id == int(number))
        at = f"({', '.join(f'{a:.4g}' for a in point.x + 0.0)})"
        name = f"the {point.gathering} through {at}" if point.gathering else f"{point.kind} {at}"
        return f"{self.cycles(point.id)} {name}" if status == "cycling" else f"in the basin of {name}"

    def cycles(self, point: int) -> str:
        """Return how far from the point with this id those end that cycle nearest to it: "cycling 0.073 from", a median
        that occurs; the least and the largest distance where one is more than twice the other, the largest alone where it
        is more than ten times: what comes so near is anywhere in a band."""
        ids, distances = self._cycling
        away = distances[ids == point]
        away = away[np.isfinite(away)]
        if not away.size:  # of many runs, none of which is the most frequent end of its pixel
            return "cycling near"
        low, high = float(away.min()), float(away.max())
        middle = float(
            np.quantile(away, 0.5, method="lower")
        )  # between the two places of a cycle there is nobody
        if high <= 2 * low:
            return f"cycling {middle:.2g} from"
        return f"cycling {low:.2g}–{high:.2g} from" if high <= 10 * low else f"cycling up to {high:.2g} from"

    @cached_property
    def _cycling(self) -> tuple[Any, Any]:
        """The ids of the points that pixels cycle nearest to, and how far they are from them, a row for each."""
        here = self.status == STATUSES.index("cycling")
        return np.ma.filled(self.point[here], -1), self.distance[here]

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
