"""Verdicts: what methods do at the critical points where trajectories are seen, found when it is asked for."""

from __future__ import annotations

import threading

import numpy as np

from saddlescape.dynamics.method import Method
from saddlescape.dynamics.multipliers import behaviours
from saddlescape.dynamics.traps import TOGETHER, holds_under_noise
from saddlescape.landscapes.base import Landscape
from saddlescape.results import CriticalPoint


class Verdicts:
    """What the methods do at a critical point: found for some of them together, when one of them is asked about."""

    def __init__(self, landscape: Landscape, methods: list[Method]) -> None:
        self.landscape, self.methods = landscape, methods
        self.found: dict[tuple[int, int], tuple[str, float]] = {}
        self.lock = threading.Lock()

    def of(self, place: int, point: CriticalPoint) -> tuple[str, float]:
        """Return the verdict of method number ``place`` at ``point``, and how near one must be for it."""
        with self.lock:  # whoever comes first finds out, the others wait
            if (place, point.id) not in self.found:
                block = range(len(self.methods))[place - place % TOGETHER :][:TOGETHER]
                methods = [self.methods[k] for k in block]
                answers = behaviours(self.landscape, methods, point)
                for k, method, answer in zip(block, methods, answers, strict=True):
                    word = self._noisy(method, point, answer["verdict"])
                    self.found[k, point.id] = word, float(answer.get("within", np.inf))
        return self.found[place, point.id]

    def _noisy(self, method: Method, point: CriticalPoint, mean: str) -> str:
        """Return the verdict with the noise, where what the mean does, ``mean``, does not tell: noise carries away."""
        slow = (
            mean == "unknown" and point.kind == "degenerate"
        )  # as unknown of runs with noise, as long as the check
        if not method.random or mean == "repels" or slow or point.kind == "cone":
            return mean
        return "traps" if holds_under_noise(self.landscape, method, point) else "repels"
