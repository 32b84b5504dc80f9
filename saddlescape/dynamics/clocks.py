"""Clocks: how a tick is made. ``step`` composes direction, momentum and noise into the formula of one tick.

The discrete map is here; the flows are in flows.py, the stochastic differential equations in sdes.py. All three compose
the same direction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

from saddlescape.dynamics.laws import Law, law
from saddlescape.dynamics.momentum import Momentum
from saddlescape.dynamics.noise import Draw, Noise, direction, drawn
from saddlescape.dynamics.perturbations import Perturbation
from saddlescape.errors import UsageError
from saddlescape.symbols import Scalar, Vector, variable

#: atoms that are written out at most where a formula needs them so
MOST_WRITTEN = 36


@dataclass(frozen=True)
class Parts:
    """What a clock makes its tick of: the other choices of a method, its numbers, and on what it runs (``dim``
    coordinates, ``samples`` samples, 0 where the loss is no finite sum)."""

    perturbation: Perturbation
    momentum: Momentum
    noise: Noise
    numbers: Mapping[str, Scalar]
    dim: int
    samples: int = 0
    #: whether the atoms of a large law may be left to passes (passes.py), as in a kernel
    passes: bool = False

    def written_out(self, key: str) -> Parts:
        """Return these parts with every atom written out. Raises UsageError where the law is too large for that."""
        count = len(self.law.atoms)
        if self.passes and count > MOST_WRITTEN:
            raise UsageError(
                f"{key} is built for laws of at most {MOST_WRITTEN} atoms, and this noise has {count}: "
                "a smaller batch, fewer nodes, or leave it out"
            )
        return replace(self, passes=False)

    @property
    def looks(self) -> bool:
        """Whether the method has an ascent step."""
        return self.perturbation.gradient_calls > 1

    @cached_property
    def law(self) -> Law:
        """The law of the noise of one tick."""
        return law(self.noise, self.samples, self.dim, self.looks)

    def direction(self, x: Vector, draw: Draw) -> Vector:
        """Return the direction at ``x`` under one draw of the noise."""
        return direction(self.perturbation, self.noise, draw, x, self.numbers, self.dim)


@dataclass(frozen=True)
class Clock(ABC):
    """Base of all clocks. ``name`` stands behind the @ of a method text; a tick advances t by the number ``tick``."""

    tick: ClassVar[str]
    #: Parts -> the next value of every state vector, as formulas over x, v, the numbers and what is drawn
    step: ClassVar[Callable[..., dict[str, Vector]]]

    @property
    @abstractmethod
    def name(self) -> str:
        """The name behind the @."""

    @property
    def numbers(self) -> dict[str, Any]:
        """The clock's own numbers by name."""
        return {}


@dataclass(frozen=True)
class Steps(Clock):
    """The discrete map: one tick is one step of the optimiser, and advances t by eta."""

    tick = "eta"

    @property
    def name(self) -> str:
        """steps."""
        return "steps"

    def step(self, parts: Parts) -> dict[str, Vector]:
        """Return {"x": …} or {"x": …, "v": …}."""
        x = variable("x")
        return moved(parts, x, parts.direction(x, drawn(parts.noise)))


def moved(parts: Parts, x: Vector, direction: Vector) -> dict[str, Vector]:
    """Return the state after a step of a map from ``x`` in ``direction``."""
    own = {name: parts.numbers[name] for name in parts.momentum.numbers}
    next_x, next_v = parts.momentum.move(x, variable("v"), direction, eta=parts.numbers["eta"], **own)
    return {"x": next_x} if next_v is None else {"x": next_x, "v": next_v}
