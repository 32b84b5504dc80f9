"""The vocabulary in which methods are written: vectors and scalars with + − ×, norm, unit, dot, sign.

A formula such as ``grad(x + rho * unit(grad(x)))`` is an ordinary Python expression over these terms. Calling it builds
a small tree; what the tree means is decided by whoever folds it: the linker prints it as code (dynamics/link.py),
the captions as LaTeX (dynamics/words.py), the multipliers evaluate it with its derivative (dynamics/multipliers.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, overload


@dataclass(frozen=True, eq=False)
class Term:
    """One operation of a formula. ``op`` names it, ``args`` are terms (or a name or number for leaves)."""

    op: str
    args: tuple[Any, ...]


class Scalar(Term):
    """A number: ``a + b, a - b, a * b, a / b, -a``, with other scalars and plain numbers; ``a * v`` scales a vector."""

    def __add__(self, other: Number) -> Scalar:
        return Scalar("add", (self, scalar(other)))

    def __radd__(self, other: float) -> Scalar:
        return scalar(other) + self

    def __sub__(self, other: Number) -> Scalar:
        return Scalar("sub", (self, scalar(other)))

    def __rsub__(self, other: float) -> Scalar:
        return scalar(other) - self

    @overload
    def __mul__(self, other: Vector) -> Vector: ...
    @overload
    def __mul__(self, other: Number) -> Scalar: ...
    def __mul__(self, other: Number | Vector) -> Scalar | Vector:
        if isinstance(other, Vector):
            return other * self
        return Scalar("mul", (self, scalar(other)))

    def __rmul__(self, other: float) -> Scalar:
        return Scalar("mul", (scalar(other), self))

    def __truediv__(self, other: Number) -> Scalar:
        return Scalar("div", (self, scalar(other)))

    def __rtruediv__(self, other: float) -> Scalar:
        return scalar(other) / self

    def __neg__(self) -> Scalar:
        return Scalar("neg", (self,))


class Vector(Term):
    """A vector of the landscape's dimension: ``u + v, u - v, a * u, -u`` and the elementwise product ``u * v``."""

    def __add__(self, other: Vector) -> Vector:
        return Vector("plus", (self, other))

    def __sub__(self, other: Vector) -> Vector:
        return Vector("minus", (self, other))

    def __mul__(self, other: Number | Vector) -> Vector:
        """Scale, or multiply elementwise. Scalars gather first: a·(b·v) is (a·b)·v, one multiplication a coordinate."""
        if isinstance(other, Vector):
            return Vector("hadamard", (self, other))
        factor = scalar(other)
        if self.op == "times":
            return Vector("times", (factor * self.args[0], self.args[1]))
        return Vector("times", (factor, self))

    def __rmul__(self, other: Number) -> Vector:
        return self * other

    def __truediv__(self, other: Number) -> Vector:
        return self * (1.0 / scalar(other))

    def __neg__(self) -> Vector:
        return Vector("negative", (self,))


Number: TypeAlias = float | Scalar


def scalar(value: Number) -> Scalar:
    """Return ``value`` as a term; a plain number becomes a constant."""
    return value if isinstance(value, Scalar) else Scalar("constant", (float(value),))


def variable(name: str) -> Vector:
    """Return the vector called ``name`` (a position, a gradient, a momentum buffer)."""
    return Vector("variable", (name,))


def number(name: str) -> Scalar:
    """Return the scalar called ``name`` (eta, rho, beta …), given at run time."""
    return Scalar("number", (name,))


#: whose derivatives are meant: "" the whole loss, a number one sample's, a name the batch weighted by that draw
Source = str | int


def gradient(point: Vector, source: Source = "") -> Vector:
    """Return the gradient at ``point``: the oracle methods are composed over."""
    return Vector("gradient", (point, source))


def bend(point: Vector, u: Vector, source: Source = "") -> Vector:
    """Return H u, the derivative of the gradient at ``point`` along ``u``."""
    return Vector("bend", (point, u, source))


def third(point: Vector, u: Vector, v: Vector, source: Source = "") -> Vector:
    """Return D³f[u, v] at ``point``, the second derivative of the gradient along ``u`` and ``v``."""
    return Vector("third", (point, u, v, source))


def fourth(point: Vector, u: Vector, v: Vector, s: Vector, source: Source = "") -> Vector:
    """Return D⁴f[u, v, s] at ``point``, the third derivative of the gradient."""
    return Vector("fourth", (point, u, v, s, source))


def fixed(values: Iterable[float]) -> Vector:
    """Return a vector of constants (a node of a quadrature, a coordinate direction)."""
    return Vector("fixed", (tuple(float(a) for a in values),))


def component(v: Vector, i: int) -> Scalar:
    """Return coordinate ``i`` of ``v``."""
    return Scalar("component", (v, i))


def where(a: Scalar, b: Scalar, yes: Vector, no: Vector) -> Vector:
    """Return ``yes`` where a < b, otherwise ``no``."""
    return Vector("where", (a, b, yes, no))


def root(kind: str, entries: Iterable[Scalar], z: Vector) -> Vector:
    """Return √M z for a symmetric matrix M of one or two dimensions, given by its upper triangle row by row.

    ``kind`` says what is done with its eigenvalues first: "clip" sets negative ones to 0, "abs" takes the modulus.
    """
    return Vector(f"{kind}_root", (*entries, z))


def lower_root(entries: Iterable[Scalar], z: Vector) -> Vector:
    """Return L z with L Lᵀ = M, L lower triangular, for a positive semi-definite M given by its upper triangle.

    What is left of a diagonal entry below 1e-13 of it is rounding and counts as 0, with all below it.
    """
    return Vector("lower_root", (*entries, z))


def square_root(a: Scalar) -> Scalar:
    """Return √a for a ≥ 0."""
    return Scalar("sqrt", (a,))


def larger(a: Scalar, b: Scalar) -> Scalar:
    """Return the larger of two numbers."""
    return Scalar("larger", (a, b))


def above(a: Scalar, b: Scalar) -> Scalar:
    """Return 1 where a > b, otherwise 0."""
    return Scalar("above", (a, b))


def norm(v: Vector) -> Scalar:
    """Return the Euclidean norm ‖v‖."""
    return Scalar("norm", (v,))


def dot(u: Vector, v: Vector) -> Scalar:
    """Return the inner product ⟨u, v⟩."""
    return Scalar("dot", (u, v))


def recip(a: Scalar) -> Scalar:
    """Return 1/a, and 0 where a = 0: what makes unit(0) = 0."""
    return Scalar("recip", (a,))


def unit(v: Vector) -> Vector:
    """Return v/‖v‖, and 0 where v = 0, everywhere the same."""
    return v * recip(norm(v))


def sign(v: Vector) -> Vector:
    """Return the elementwise sign of v, 0 where a coordinate is 0."""
    return Vector("sign", (v,))


def fold(term: Term, rules: Mapping[str, Callable[..., Any]], memo: dict[int, Any] | None = None) -> Any:
    """Evaluate ``term`` bottom-up: ``rules[op]`` gets the folded operands (leaves get their name or number).

    A term that is used twice is folded once. Raises KeyError for an operation the rules do not know.
    """
    memo = {} if memo is None else memo
    if id(term) not in memo:
        operands = [fold(a, rules, memo) if isinstance(a, Term) else a for a in term.args]
        memo[id(term)] = rules[term.op](*operands)
    return memo[id(term)]


def unrolled(terms: Sequence[Term], rules: Mapping[str, Callable[..., Any]]) -> Callable[[], list[Any]]:
    """Return a function that folds ``terms`` again and again, in that order, without walking through them each time."""
    steps: list[tuple[Callable[..., Any], list[tuple[int | None, Any]]]] = []
    places: dict[int, int] = {}

    def place(term: Term) -> int:
        if id(term) not in places:
            operands: list[tuple[int | None, Any]] = [
                (place(a), None) if isinstance(a, Term) else (None, a) for a in term.args
            ]
            steps.append((rules[term.op], operands))
            places[id(term)] = len(steps) - 1
        return places[id(term)]

    ends = [place(term) for term in terms]

    def values() -> list[Any]:
        found: list[Any] = []
        for rule, operands in steps:
            found.append(rule(*[a if k is None else found[k] for k, a in operands]))
        return [found[k] for k in ends]

    return values
