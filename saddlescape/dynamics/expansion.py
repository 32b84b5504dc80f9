"""Derivatives of a formula along a direction, by rules on the formula.

With the direction itself, u = G, it makes DG·G, the backward error of one Euler step (Hairer, Lubich & Wanner, Geometric
Numerical Integration, IX.1); along the coordinates, the Jacobian of a tick.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from saddlescape.dynamics.series import JETS, added, times
from saddlescape.errors import UsageError
from saddlescape.symbols import Term, Vector, above, component, dot, recip


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
        return added(d(args[0]), d(args[1]))
    if op in ("minus", "sub"):
        return added(d(args[0]), _minus(d(args[1])))
    if op in ("negative", "neg"):
        return _minus(d(args[0]))
    if op in ("times", "mul", "hadamard"):
        return added(times(d(args[0]), args[1]), times(args[0], d(args[1])))
    if op == "div":
        return added(
            times(d(args[0]), recip(args[1])), _minus(times(times(term, d(args[1])), recip(args[1])))
        )
    if op == "dot":
        pairs = ((d(args[0]), args[1]), (args[0], d(args[1])))
        return added(*[dot(a, b) for a, b in pairs if a is not None and b is not None])
    if op in ("norm", "recip", "sqrt"):
        return _of_number(op, term, d(args[0]), args[0])
    if op == "larger":
        a, b = args
        pairs = ((d(a), above(a, b)), (d(b), above(b, a)))
        return added(*[slope * here for slope, here in pairs if slope is not None])
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
    return added(*terms)
