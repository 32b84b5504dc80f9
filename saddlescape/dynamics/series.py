"""The series of a formula in a small number: G(x; rho) into its terms of order rho⁰, rho¹, rho² (docs/theory.md).

For SAM they are g, rho·H n and ½rho²·D³f[n, n]. The formula is folded with truncated power series in the place of its
values; a rule says how an operation acts on them, and none is typed for a method.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from saddlescape.errors import UsageError
from saddlescape.symbols import (
    Scalar,
    Term,
    Vector,
    above,
    component,
    dot,
    fold,
    larger,
    norm,
    recip,
    scalar,
    sign,
)

Series = tuple[Any, ...]
"""Terms of order 0, 1, 2 …; None where there is none."""

#: a derivative of f along more and more directions
JETS = ("gradient", "bend", "third", "fourth")


def series(formula: Vector, order: int, small: str, x: Vector) -> list[Vector | None]:
    """Return the terms of ``formula``, a function of its term ``x``, of order 0 … ``order`` (≤ 2) in ``small``."""
    found = fold(formula, rules(order, small), {id(x): (x,)})
    return [*found, *[None] * (order + 1 - len(found))]


def rules(order: int, small: str) -> dict[str, Callable[..., Series]]:
    """Return what every operation does to series (``symbols.fold``)."""
    return _Rules(order, small).table()


def added(*terms: Any) -> Any:
    """Return the sum of the terms that are not None; None where there is none."""
    total = None
    for term in terms:
        if term is not None:
            total = term if total is None else total + term
    return total


def times(a: Any, b: Any) -> Any:
    """Return the product, None where a factor is."""
    return None if a is None or b is None else a * b


def _at(a: Series, k: int) -> Any:
    return a[k] if k < len(a) else None


@dataclass(frozen=True)
class _Rules:
    """What every operation does to series in ``small`` that are cut after ``order``."""

    order: int
    small: str

    def table(self) -> dict[str, Callable[..., Series]]:
        """Return the rules of ``symbols.fold``."""
        plus, product, minus = self.bilinear_sum, self.bilinear(lambda p, q: p * q), self.linear(lambda t: -t)
        return {
            "variable": lambda name: (Vector("variable", (name,)),), "fixed": lambda at: (Vector("fixed", (at,)),),
            "number": self.number, "constant": lambda value: (scalar(value),) if value else (),
            "plus": plus, "add": plus,
            "minus": lambda a, b: plus(a, minus(b)), "sub": lambda a, b: plus(a, minus(b)),
            "times": self.bilinear(lambda s, v: v * s), "mul": product, "hadamard": product,
            "negative": minus, "neg": minus, "div": lambda a, b: product(a, self.reciprocal(b)),
            "dot": self.bilinear(dot), "norm": self.length, "recip": self.reciprocal, "sqrt": self.square_root,
            "sign": lambda a: (sign(a[0]),), "larger": lambda a, b: (larger(a[0], b[0]),),
            "above": lambda a, b: (above(a[0], b[0]),),
            "component": lambda a, i: self.linear(lambda t: component(t, i))(a),
            "gradient": lambda p, source: self.jet(p, ((),), source),
            "bend": lambda p, u, source: self.jet(p, tuple(None if t is None else (t,) for t in u), source),
            # what does not depend on rho
            "abs_root": lambda *args: (Vector("abs_root", tuple(a[0] for a in args)),),
            "where": _refused, "third": _refused, "fourth": _refused, "clip_root": _refused, "lower_root": _refused,
        }  # fmt: skip

    def cut(self, terms: Sequence[Any]) -> Series:
        kept = list(terms[: self.order + 1])
        while kept and kept[-1] is None:
            kept.pop()
        return tuple(kept)

    def linear(self, op: Callable[..., Any]) -> Callable[..., Series]:
        return lambda a: self.cut([None if t is None else op(t) for t in a])

    def bilinear_sum(self, a: Series, b: Series) -> Series:
        return self.cut([added(_at(a, k), _at(b, k)) for k in range(self.order + 1)])

    def bilinear(self, op: Callable[[Any, Any], Any]) -> Callable[..., Series]:
        def rule(a: Series, b: Series) -> Series:
            terms = []
            for k in range(self.order + 1):
                pairs = [(_at(a, i), _at(b, k - i)) for i in range(k + 1)]
                terms.append(added(*[op(p, q) for p, q in pairs if p is not None and q is not None]))
            return self.cut(terms)

        return rule

    def number(self, name: str) -> Series:
        value = Scalar("number", (name,))
        return self.cut((None, value)) if name == self.small else (value,)

    def reciprocal(self, a: Series) -> Series:
        if not a or a[0] is None:
            raise UsageError(
                f"the direction has no series in {self.small}: it divides by what vanishes with it"
            )
        r0 = recip(a[0])
        r1 = None if _at(a, 1) is None else -(a[1] * r0 * r0)
        both = added(times(_at(a, 1), r1), times(_at(a, 2), r0))
        return self.cut((r0, r1, None if both is None else -(both * r0)))

    def length(self, a: Series) -> Series:
        return self.rooted(norm(a[0]), self.bilinear(dot)(a, a))

    def square_root(self, a: Series) -> Series:
        return self.rooted(Scalar("sqrt", (a[0],)), a)

    def rooted(self, s0: Scalar, a: Series) -> Series:
        """The square root of ``a``, whose term of order 0 is ``s0``."""
        s1 = None if _at(a, 1) is None else 0.5 * a[1] * recip(s0)
        rest = added(_at(a, 2), None if s1 is None else -(s1 * s1))
        return self.cut((s0, s1, None if rest is None else 0.5 * rest * recip(s0)))

    def jet(self, p: Series, along: Sequence[tuple[Term, ...] | None], source: Any) -> Series:
        """A derivative of f at ``p``, by Taylor's formula; ``along`` are its directions (none, or one) order by order."""
        p1, p2 = _at(p, 1), _at(p, 2)
        shifts: list[list[tuple[float, tuple[Any, ...]]]] = [
            [(1.0, ())],
            [] if p1 is None else [(1.0, (p1,))],
            [*([] if p2 is None else [(1.0, (p2,))]), *([] if p1 is None else [(0.5, (p1, p1))])],
        ]  # by order: factor, and directions more
        terms = []
        for k in range(self.order + 1):
            found = []
            for i in range(k + 1):
                u = _at(tuple(along), k - i)
                for factor, more in shifts[i] if u is not None else []:
                    term = Vector(JETS[len(more) + len(u)], (p[0], *more, *u, source))
                    found.append(term if factor == 1.0 else factor * term)
            terms.append(added(*found))
        return self.cut(terms)


def _refused(*_: Any) -> Series:
    raise UsageError("this direction has no rho-series: it chooses between cases")
