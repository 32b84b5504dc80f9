"""The rho-series of a direction, and derivatives along a direction: by rules on the formula, none typed by hand.

``series`` turns G(x; rho) into its terms of order rho⁰, rho¹, rho²: for SAM g, rho·H n and ½rho²·D³f[n, n]
(docs/theory.md). ``along`` is the derivative of a formula along a vector field: with u = G it makes DG·G, the backward
error of one Euler step (Hairer, Lubich & Wanner, Geometric Numerical Integration, IX.1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from saddlescape.errors import UsageError
from saddlescape.symbols import (
    Scalar,
    Term,
    Vector,
    above,
    bend,
    component,
    dot,
    fold,
    fourth,
    larger,
    norm,
    recip,
    scalar,
    sign,
    third,
)  # fmt: skip

Series = tuple[Any, ...]
"""Terms of order 0, 1, 2 …; None where there is none."""


def series(formula: Vector, order: int, small: str, x: Vector) -> list[Vector | None]:
    """Return the terms of ``formula``, a function of its term ``x``, of order 0 … ``order`` (≤ 2) in ``small``."""
    found = fold(formula, _rules(order, small), {id(x): (x,)})
    return [*found, *[None] * (order + 1 - len(found))]


def _sum(*terms: Any) -> Any:
    total = None
    for term in terms:
        if term is not None:
            total = term if total is None else total + term
    return total


def _times(a: Any, b: Any) -> Any:
    return None if a is None or b is None else a * b


def _cut(terms: Sequence[Any], order: int) -> Series:
    kept = list(terms[: order + 1])
    while kept and kept[-1] is None:
        kept.pop()
    return tuple(kept)


def _at(a: Series, k: int) -> Any:
    return a[k] if k < len(a) else None


def _rules(order: int, small: str) -> dict[str, Callable[..., Series]]:
    def linear(op: Callable[..., Any]) -> Callable[..., Series]:
        return lambda a: _cut([None if t is None else op(t) for t in a], order)

    def bilinear(op: Callable[[Any, Any], Any]) -> Callable[..., Series]:
        def rule(a: Series, b: Series) -> Series:
            terms = []
            for k in range(order + 1):
                pairs = [(_at(a, i), _at(b, k - i)) for i in range(k + 1)]
                terms.append(_sum(*[op(p, q) for p, q in pairs if p is not None and q is not None]))
            return _cut(terms, order)

        return rule

    def plus(a: Series, b: Series) -> Series:
        return _cut([_sum(_at(a, k), _at(b, k)) for k in range(order + 1)], order)

    negated = linear(lambda t: -t)
    product = bilinear(lambda p, q: p * q)
    inner = bilinear(dot)

    def leaf(op: str, kind: type[Term]) -> Callable[..., Series]:
        return lambda name: (kind(op, (name,)),)

    def number(name: str) -> Series:
        return (
            _cut((None, Scalar("number", (name,))), order) if name == small else (Scalar("number", (name,)),)
        )

    def reciprocal(a: Series) -> Series:
        if not a or a[0] is None:
            raise UsageError(f"the direction has no series in {small}: it divides by what vanishes with it")
        r0 = recip(a[0])
        r1 = None if _at(a, 1) is None else -(a[1] * r0 * r0)
        pieces = [_times(_at(a, 1), r1), _times(_at(a, 2), r0)]
        both = _sum(*pieces)
        return _cut((r0, r1, None if both is None else -(both * r0)), order)

    def length(a: Series) -> Series:
        n0 = norm(a[0])
        squares = inner(a, a)
        n1 = None if _at(squares, 1) is None else 0.5 * _at(squares, 1) * recip(n0)
        rest = _sum(_at(squares, 2), None if n1 is None else -(n1 * n1))
        return _cut((n0, n1, None if rest is None else 0.5 * rest * recip(n0)), order)

    def square_root(a: Series) -> Series:
        s0 = Scalar("sqrt", (a[0],))
        s1 = None if _at(a, 1) is None else 0.5 * a[1] * recip(s0)
        rest = _sum(_at(a, 2), None if s1 is None else -(s1 * s1))
        return _cut((s0, s1, None if rest is None else 0.5 * rest * recip(s0)), order)

    def gradient(p: Series, source: Any) -> Series:
        g = [Vector("gradient", (p[0], source)), None, None]
        p1, p2 = _at(p, 1), _at(p, 2)
        if p1 is not None:
            g[1] = bend(p[0], p1, source)
            g[2] = 0.5 * third(p[0], p1, p1, source)
        if p2 is not None:
            g[2] = _sum(bend(p[0], p2, source), g[2])
        return _cut(g, order)

    def bends(p: Series, u: Series, source: Any) -> Series:
        p1, p2 = _at(p, 1), _at(p, 2)
        terms: list[Any] = [None, None, None]
        for k in range(order + 1):
            if _at(u, k) is not None:
                terms[k] = _sum(terms[k], bend(p[0], u[k], source))
            if p1 is not None and k >= 1 and _at(u, k - 1) is not None:
                terms[k] = _sum(terms[k], third(p[0], p1, u[k - 1], source))
            if p2 is not None and k >= 2 and _at(u, k - 2) is not None:
                terms[k] = _sum(terms[k], third(p[0], p2, u[k - 2], source))
            if p1 is not None and k >= 2 and _at(u, k - 2) is not None:
                terms[k] = _sum(terms[k], 0.5 * fourth(p[0], p1, p1, u[k - 2], source))
        return _cut(terms, order)

    def refused(*_: Any) -> Series:
        raise UsageError("this direction has no rho-series: it chooses between cases")

    return {
        "variable": leaf("variable", Vector), "fixed": leaf("fixed", Vector), "number": number,
        "constant": lambda value: (scalar(value),) if value else (),
        "plus": plus, "add": plus,
        "minus": lambda a, b: plus(a, negated(b)), "sub": lambda a, b: plus(a, negated(b)),
        "times": bilinear(lambda s, v: v * s), "mul": product, "hadamard": product,
        "negative": negated, "neg": negated,
        "div": lambda a, b: product(a, reciprocal(b)),
        "dot": inner, "norm": length, "recip": reciprocal, "sqrt": square_root,
        "sign": lambda a: (sign(a[0]),), "larger": lambda a, b: (larger(a[0], b[0]),),
        "above": lambda a, b: (above(a[0], b[0]),),
        "component": lambda a, i: _cut([None if t is None else component(t, i) for t in a], order),
        "gradient": gradient, "bend": bends,
        "where": refused, "third": refused, "fourth": refused, "abs_root": _kept("abs_root"), "clip_root": refused,
    }  # fmt: skip


def _kept(op: str) -> Callable[..., Series]:
    """The rule of what does not depend on rho."""
    return lambda *args: (Vector(op, tuple(a[0] for a in args)),)


def along(formula: Vector, u: Vector, x: Vector) -> Vector | None:
    """Return the derivative of ``formula`` with respect to its term ``x`` along ``u``; None where it is 0.

    A variable stands for every term of its name.
    """
    memo: dict[int, Any] = {id(x): u}

    def d(term: Any) -> Any:
        if id(term) not in memo:
            same = x.op == "variable" == term.op and term.args == x.args
            memo[id(term)] = u if same else _derivative(term, d)
        return memo[id(term)]

    found: Vector | None = d(formula)
    return found


def _derivative(term: Term, d: Callable[[Any], Any]) -> Any:
    op, args = term.op, term.args
    if op in ("variable", "number", "constant", "fixed", "sign", "above"):
        return None
    if op in ("plus", "add"):
        return _sum(d(args[0]), d(args[1]))
    if op in ("minus", "sub"):
        return _sum(d(args[0]), _minus(d(args[1])))
    if op in ("negative", "neg"):
        return _minus(d(args[0]))
    if op in ("times", "mul", "hadamard"):
        return _sum(_times(d(args[0]), args[1]), _times(args[0], d(args[1])))
    if op == "div":
        return _sum(
            _times(d(args[0]), recip(args[1])), _minus(_times(_times(term, d(args[1])), recip(args[1])))
        )
    if op == "dot":
        pairs = ((d(args[0]), args[1]), (args[0], d(args[1])))
        return _sum(*[dot(a, b) for a, b in pairs if a is not None and b is not None])
    if op in ("norm", "recip", "sqrt"):
        return _of_number(op, term, d(args[0]), args[0])
    if op == "larger":
        a, b = args
        pairs = ((d(a), above(a, b)), (d(b), above(b, a)))
        return _sum(*[slope * here for slope, here in pairs if slope is not None])
    if op == "component":
        return None if d(args[0]) is None else component(d(args[0]), args[1])
    return _of_jet(op, args, d)


def _of_number(op: str, term: Any, inner: Any, of: Any) -> Any:
    """The derivative of ‖a‖, 1/a or √a, from that of a; 0 where ‖a‖ or √a is 0."""
    if inner is None:
        return None
    if op == "recip":
        return -(inner * term * term)
    return dot(of, inner) * recip(term) if op == "norm" else 0.5 * inner * recip(term)


def _minus(term: Any) -> Any:
    return None if term is None else -term


#: a derivative of f along more and more directions
JETS = ("gradient", "bend", "third", "fourth")


def _of_jet(op: str, args: tuple[Any, ...], d: Callable[[Any], Any]) -> Any:
    """D of D^k f(p)[u, v …] is D^(k+1) f(p)[Dp, u, v …] and, for each direction, the same with its derivative."""
    if op not in JETS[:-1]:
        raise UsageError(f"no rule differentiates {op} along a direction: a lower order, or drift=plain")
    point, *directions, source = args
    terms = []
    if d(point) is not None:
        terms.append(Vector(JETS[JETS.index(op) + 1], (point, d(point), *directions, source)))
    for i, direction in enumerate(directions):
        if d(direction) is not None:
            changed = [*directions[:i], d(direction), *directions[i + 1 :]]
            terms.append(Vector(op, (point, *changed, source)))
    return _sum(*terms)
