"""Perturbations: where a method looks before it steps. One dataclass each, whose one method is its formula.

Most methods give ``displace``: the direction is then the gradient at the displaced point. One that is not a
displacement overrides ``direction``. The keyword-only names of a formula are the fields: rho is written once here
and travels under that name to the command line, the number table and the printed kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from saddlescape.symbols import Scalar, Vector, unit

Oracle = Callable[[Vector], Vector]


@dataclass(frozen=True)
class Perturbation:
    """Base of all perturbations. ``name`` is the method's name, ``smooth`` whether its map is smooth where ∇f = 0."""

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    smooth: ClassVar[bool] = True
    gradient_calls: ClassVar[int] = 2

    #: (g, *, rho, …) -> the displacement s made from the gradient g seen at x; the keyword-only names are the fields
    displace: ClassVar[Callable[..., Vector]]

    def direction(self, x: Vector, grad: Oracle, **numbers: Scalar) -> Vector:
        """Return the direction G = ∇f(x + s(∇f(x))) that the step goes against."""
        return grad(x + self.displace(grad(x), **numbers))


@dataclass(frozen=True)
class Plain(Perturbation):
    """No perturbation: G = ∇f(x), gradient descent."""

    name = "gd"
    title = "gradient descent"
    source = "cauchy1847"
    gradient_calls = 1

    def direction(self, x: Vector, grad: Oracle, **numbers: Scalar) -> Vector:
        """Return G = ∇f(x)."""
        return grad(x)


@dataclass(frozen=True)
class Sam(Perturbation):
    """Sharpness-aware minimisation: s = rho ∇f/‖∇f‖, and 0 where ∇f = 0 (Foret et al. 2021, Alg. 1, eq. 2).

    ``rho`` is a radius in units of x, rho ≥ 0. Codes that add 1e-12 to the norm agree wherever ∇f ≠ 0.
    """

    name = "sam"
    title = "sharpness-aware minimisation, normalised"
    source = "foret2021"
    smooth = False
    rho: float | None = None

    def displace(self, g: Vector, *, rho: Scalar) -> Vector:
        """Return s = rho · unit(g)."""
        return rho * unit(g)


@dataclass(frozen=True)
class Usam(Perturbation):
    """Un-normalised SAM: s = rho ∇f (Andriushchenko & Flammarion 2022, eq. 3).

    ``rho`` is a factor in units of 1/curvature, rho ≥ 0: never comparable with SAM's radius.
    """

    name = "usam"
    title = "sharpness-aware minimisation, un-normalised"
    source = "andriushchenko2022"
    rho: float | None = None

    def displace(self, g: Vector, *, rho: Scalar) -> Vector:
        """Return s = rho · g."""
        return rho * g


PERTURBATIONS: tuple[type[Perturbation], ...] = (Plain, Sam, Usam)
