"""Perturbations: where a method looks before it steps. One dataclass each, whose one method is its formula.

Most methods give ``displace``: the direction is then the gradient at the displaced point. One that is not a
displacement overrides ``direction``. The keyword-only names of a formula are the fields: rho is written once here
and travels under that name to the command line, the number table and the printed kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from saddlescape.symbols import Scalar, Vector, dot, larger, norm, recip, square_root, unit

Oracle = Callable[[Vector], Vector]


@dataclass(frozen=True)
class Gradients:
    """The gradient oracles a direction is composed over (noise.py makes them)."""

    #: the gradient that is stepped against
    step: Oracle
    #: the one the perturbation sees: of the same draw, of all samples, or of a fresh draw
    look: Oracle
    #: without noise
    full: Oracle


@dataclass(frozen=True)
class Perturbation:
    """Base of all perturbations. ``name`` is the method's name; ``normalised`` says that it takes the unit vector of a
    gradient, so that its map jumps where that vanishes; ``small`` is the number its flows and SDEs are expanded in."""

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    normalised: ClassVar[bool] = False
    gradient_calls: ClassVar[int] = 2
    small: ClassVar[str] = "rho"

    #: (g, *, rho, …) -> the displacement s made from the gradient g seen at x; the keyword-only names are the fields
    displace: ClassVar[Callable[..., Vector]]

    def direction(self, x: Vector, grads: Gradients, **numbers: Scalar) -> Vector:
        """Return the direction G = ∇f(x + s(∇f(x))) that the step goes against."""
        return grads.step(x + self.displace(grads.look(x), **numbers))

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of its numbers."""
        return tuple(f.name for f in fields(self))

    @property
    def is_smooth(self) -> bool:
        """Whether the map is smooth where the gradient vanishes."""
        return not self.normalised


@dataclass(frozen=True)
class Plain(Perturbation):
    """No perturbation: G = ∇f(x), gradient descent."""

    name = "gd"
    title = "gradient descent"
    source = "cauchy1847"
    gradient_calls = 1

    def direction(self, x: Vector, grads: Gradients, **numbers: Scalar) -> Vector:
        """Return G = ∇f(x)."""
        return grads.step(x)


@dataclass(frozen=True)
class Sam(Perturbation):
    """Sharpness-aware minimisation: s = rho ∇f/‖∇f‖, and 0 where ∇f = 0 (Foret et al. 2021, Alg. 1, eq. 2).

    ``rho`` is a radius in units of x, rho ≥ 0. Codes that add 1e-12 to the norm agree wherever ∇f ≠ 0. ``smooth`` e > 0
    takes ∇f/√(‖∇f‖² + e²) for the unit vector; the method is then smooth everywhere.
    """

    name = "sam"
    title = "sharpness-aware minimisation, normalised"
    source = "foret2021"
    normalised = True
    rho: Any = None
    smooth: Any = 0.0

    def displace(self, g: Vector, *, rho: Scalar, smooth: Scalar) -> Vector:
        """Return s = rho · unit(g)."""
        if self.is_smooth:
            return rho * (g * recip(square_root(dot(g, g) + smooth * smooth)))
        return rho * unit(g)

    @property
    def is_smooth(self) -> bool:
        """Whether the unit vector is a smooth one."""
        return bool(self.smooth != 0.0)


@dataclass(frozen=True)
class Usam(Perturbation):
    """Un-normalised SAM: s = rho ∇f (Andriushchenko & Flammarion 2022, eq. 3).

    ``rho`` is a factor in units of 1/curvature, rho ≥ 0: never comparable with SAM's radius.
    """

    name = "usam"
    title = "sharpness-aware minimisation, un-normalised"
    source = "andriushchenko2022"
    rho: Any = None

    def displace(self, g: Vector, *, rho: Scalar) -> Vector:
        """Return s = rho · g."""
        return rho * g


@dataclass(frozen=True)
class Dnsam(Perturbation):
    """DNSAM: s = rho g/‖∇f‖ with the noisy gradient above and the noise-free below (Compagnoni et al. 2023, Sec. 3).

    Near a critical point ‖∇f‖ → 0 while g does not: the displacement grows without bound there. Below ``floor`` (units
    of ∇f, floor ≥ 0) the denominator is held at ``floor``; at ∇f = 0 with floor 0 the displacement is 0.
    """

    name = "dnsam"
    title = "SAM with a noise-free normaliser"
    source = "compagnoni2023"
    normalised = True
    gradient_calls = 3
    rho: Any = None
    floor: Any = 0.0

    def direction(  # type: ignore[override]
        self, x: Vector, grads: Gradients, *, rho: Scalar, floor: Scalar
    ) -> Vector:
        """Return G = ∇f(x + rho g/max(‖∇f‖, floor))."""
        n = norm(grads.full(x))
        return grads.step(x + rho * (grads.look(x) * recip(larger(n, floor))))


PERTURBATIONS: tuple[type[Perturbation], ...] = (Plain, Sam, Usam, Dnsam)
