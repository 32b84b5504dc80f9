"""Algebraically equal forms of an expression, from which the cheapest to compute is chosen (calculus.cheapest).

Common factors are taken out of sums, and nothing else: multiplying out would add cancellation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sympy

#: a whole number that was taken out of a sum is held as a symbol of this name, for SymPy multiplies 2·(a + b) out again
HELD = "_whole"


def forms(expressions: Sequence[sympy.Expr], x: Sequence[sympy.Symbol]) -> Iterator[list[sympy.Expr]]:
    """Yield ``expressions`` as they are, then with factors taken out of their sums in several ways."""
    import sympy

    yield list(expressions)
    for order in (list(x), list(reversed(x))):
        yield [sympy.factor_terms(_gather(e, order, "none"), clear=False) for e in expressions]
        for numbers in ("whole", "all"):
            yield [_gather(e, order, numbers) for e in expressions]


def _gather(expression: sympy.Expr, order: list[sympy.Symbol], numbers: str) -> sympy.Expr:
    """Take common ``numbers`` (none, whole or all), then powers of each coordinate out of every sum, innermost first."""
    import sympy

    def tidy(node: sympy.Expr) -> sympy.Expr:
        if not node.is_Add:
            return node
        held = sympy.S.One
        if numbers == "all":
            node = sympy.factor_terms(node, clear=False)
        elif numbers == "whole":
            held, node = _whole(node)
        for symbol in order:
            if node.is_Add:
                node = _pull(node, symbol)
        return held * node

    return sympy.bottom_up(expression, tidy)


def _whole(node: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Return the largest whole number that divides every term of a sum, held, and the sum without it."""
    import sympy

    counts, rests = [], []
    for term in node.args:
        number, rest = term.as_coeff_Mul()
        for factor in sympy.Mul.make_args(rest):
            if factor.is_Symbol and factor.name.startswith(HELD):
                number, rest = number * int(factor.name.removeprefix(HELD)), rest / factor
        counts.append(number)
        rests.append(rest)
    if not all(count.is_Integer for count in counts) or (shared := sympy.igcd(*counts)) == 1:
        return sympy.S.One, node
    left = sympy.Add(*(count / shared * rest for count, rest in zip(counts, rests, strict=True)))
    return sympy.Symbol(f"{HELD}{shared}", real=True), left


def _pull(node: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """Take the power of ``symbol`` that all terms share out of a sum; where they share none, collect by powers."""
    import sympy

    powers = [term.as_powers_dict().get(symbol, 0) for term in node.args]
    if all(power.is_Integer and power > 0 for power in map(sympy.sympify, powers)):
        shared = symbol ** min(powers)
        return sympy.Mul(shared, sympy.Add(*(term / shared for term in node.args)), evaluate=False)
    return sympy.collect(node, symbol)
