"""Momentum: how a direction becomes a move. A map of (x, v) with the direction G; ``state`` names what is carried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from saddlescape.symbols import Scalar, Vector


@dataclass(frozen=True)
class Momentum:
    """Base of all momenta. ``state`` lists the buffers carried beside x, each a vector that starts at 0."""

    name: ClassVar[str]
    state: ClassVar[tuple[str, ...]] = ()

    #: (x, v, G, *, eta, …) -> (next x, next v or None); the keyword-only names are eta and the fields
    move: ClassVar[Callable[..., tuple[Vector, Vector | None]]]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of its numbers."""
        return tuple(f.name for f in fields(self))


@dataclass(frozen=True)
class NoMomentum(Momentum):
    """x ← x − eta G."""

    name = "none"

    def move(self, x: Vector, v: Vector, G: Vector, *, eta: Scalar) -> tuple[Vector, Vector | None]:
        """Return x − eta G."""
        return x - eta * G, None


@dataclass(frozen=True)
class HeavyBall(Momentum):
    """v ← beta v + G, x ← x − eta v (Polyak 1964, in PyTorch's scaling); 0 ≤ beta < 1."""

    name = "heavy ball"
    state = ("v",)
    beta: Any = 0.0

    def move(
        self, x: Vector, v: Vector, G: Vector, *, eta: Scalar, beta: Scalar
    ) -> tuple[Vector, Vector | None]:
        """Return x − eta v' and v' = beta v + G."""
        v = beta * v + G
        return x - eta * v, v


@dataclass(frozen=True)
class Nesterov(HeavyBall):
    """v ← beta v + G, x ← x − eta (G + beta v) (Nesterov's momentum in PyTorch's form); 0 ≤ beta < 1."""

    name = "Nesterov"

    def move(
        self, x: Vector, v: Vector, G: Vector, *, eta: Scalar, beta: Scalar
    ) -> tuple[Vector, Vector | None]:
        """Return x − eta (G + beta v') and the heavy ball's v'."""
        v = beta * v + G
        return x - eta * (G + beta * v), v


MOMENTA: tuple[type[Momentum], ...] = (NoMomentum, HeavyBall, Nesterov)
