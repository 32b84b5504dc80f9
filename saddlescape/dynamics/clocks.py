"""Clocks: how a tick is made. ``step`` composes a direction and a momentum into the formula of one tick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import ClassVar

from saddlescape.dynamics.momentum import Momentum
from saddlescape.dynamics.perturbations import Perturbation
from saddlescape.symbols import Scalar, Vector, gradient, variable


@dataclass(frozen=True)
class Clock:
    """Base of all clocks. ``name`` stands behind the @ of a method text; a tick advances t by the number ``tick``."""

    name: ClassVar[str]
    tick: ClassVar[str]

    #: (perturbation, momentum, numbers) -> the next value of every state vector, as formulas over x, v and the numbers
    step: ClassVar[Callable[..., dict[str, Vector]]]


@dataclass(frozen=True)
class Steps(Clock):
    """The discrete map: one tick is one step of the optimiser, and advances t by eta."""

    name = "steps"
    tick = "eta"

    def step(
        self, perturbation: Perturbation, momentum: Momentum, numbers: Mapping[str, Scalar]
    ) -> dict[str, Vector]:
        """Return {"x": …} or {"x": …, "v": …}."""
        x, v = variable("x"), variable("v")
        direction = perturbation.direction(x, gradient, **pick(perturbation, numbers))
        next_x, next_v = momentum.move(x, v, direction, eta=numbers["eta"], **pick(momentum, numbers))
        return {"x": next_x} if next_v is None else {"x": next_x, "v": next_v}


def pick(part: Perturbation | Momentum, numbers: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return those ``numbers`` that are fields of ``part``: the keyword-only names of its formula."""
    return {f.name: numbers[f.name] for f in fields(part)}


CLOCKS: tuple[type[Clock], ...] = (Steps,)
