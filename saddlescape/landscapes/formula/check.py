"""What is known of a formula without any algebra: its constants, and whether its exponents are allowed."""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from dataclasses import dataclass
from fractions import Fraction

from saddlescape.errors import FormulaError
from saddlescape.landscapes.formula.tree import (
    CONSTANTS,
    FUNCTIONS,
    Call,
    Name,
    Neg,
    Node,
    Number,
    Power,
    Product,
    Sum,
    to_text,
)

MAX_EXPONENT = 64
MAX_DENOMINATOR = 1000  # of an exponent: sympy writes 6^0.123456789 with integers of many megabytes
MAX_BITS = 4096
MAX_ROOTS = 8  # sympy doubles its work with each fractional power of a fractional power
OPERATIONS: dict[str, Callable[..., Fraction | float | complex]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What ``Inspector`` finds: the value of a constant, whether a coordinate occurs, how powers multiply.

    ``roots`` counts how deep fractional (or parametric) powers and square roots are nested.
    """

    value: Fraction | float | None = None
    moving: bool = False
    degree: float = 1.0
    roots: int = 0


class Inspector:
    """Fold constants (exactly where they are rational) and hold exponents within their limits.

    Raises ``FormulaError`` at the node that is not a finite real number or whose exponent is not allowed.
    """

    def __init__(self, text: str, coordinates: Container[str]) -> None:
        self.text, self.coordinates = text, coordinates

    def facts(self, node: Node) -> Facts:
        """Return the facts of ``node``; see ``Facts``."""
        match node:
            case Number():
                return Facts(Fraction(node.value))
            case Name():
                return Facts(CONSTANTS.get(node.name), node.name in self.coordinates)
            case Neg():
                inner = self.facts(node.of)
                return Facts(
                    None if inner.value is None else -inner.value, inner.moving, inner.degree, inner.roots
                )
            case Sum() | Product():
                return self._chain(node)
            case Power():
                return self._power(node)
            case Call():
                inner = self.facts(node.of)
                if inner.value is None:
                    roots = self._roots(node, inner.roots + (node.function == "sqrt"))
                    return Facts(None, inner.moving, roots=roots)
                return Facts(self._fold(node, FUNCTIONS[node.function], inner.value))
        raise TypeError(f"not a node of a formula: {node!r}")

    def _chain(self, node: Sum | Product) -> Facts:
        parts = [self.facts(term) for _, term in node.terms]
        for (sign, term), part in zip(node.terms, parts, strict=True):
            if sign == "/" and part.value == 0:
                raise FormulaError("this divides by zero", self.text, term.position)
        moving, degree = any(p.moving for p in parts), max(p.degree for p in parts)
        roots = max(p.roots for p in parts)
        value: Fraction | float = Fraction(isinstance(node, Product))
        for (sign, _), part in zip(node.terms, parts, strict=True):
            if part.value is None:
                return Facts(None, moving, degree, roots)
            value = self._fold(node, OPERATIONS[sign], value, part.value)
        return Facts(value, moving, degree)

    def _power(self, node: Power) -> Facts:
        base, exponent = self.facts(node.base), self.facts(node.exponent)
        natural = node.base == Name("e")
        if exponent.moving and not natural:
            raise FormulaError(_exponential_hint(node), self.text, node.exponent.position)
        moving, value = base.moving or exponent.moving, exponent.value
        if natural:
            known = None if value is None else self._fold(node, math.exp, value)
            return Facts(known, moving, roots=exponent.roots)
        fractional = value is None or not float(value).is_integer()
        roots = self._roots(node, max(base.roots + fractional, exponent.roots))
        if value is None:
            return Facts(None, moving, base.degree, roots)
        size = abs(float(value))
        degree = base.degree * max(1.0, size)
        if degree > MAX_EXPONENT:
            more = "" if size > MAX_EXPONENT else f", and powers of powers multiply to {degree:g}"
            message = f"exponents go up to {MAX_EXPONENT} in modulus{more}"
            raise FormulaError(message, self.text, node.exponent.position)
        if isinstance(value, Fraction) and value.denominator > MAX_DENOMINATOR:
            message = (
                f"a fractional exponent has at most three decimals, or a denominator up to {MAX_DENOMINATOR}"
            )
            raise FormulaError(message, self.text, node.exponent.position)
        if base.value is None:
            return Facts(None, moving, degree, roots)
        return Facts(self._fold(node, OPERATIONS["^"], base.value, value), moving, degree)

    def _roots(self, node: Node, depth: int) -> int:
        if depth > MAX_ROOTS:
            message = f"roots and fractional powers are nested more than {MAX_ROOTS} deep"
            raise FormulaError(message, self.text, node.position)
        return depth

    def _fold(
        self, node: Node, work: Callable[..., Fraction | float | complex], *given: Fraction | float
    ) -> Fraction | float:
        try:
            value = work(*given)
            if isinstance(value, complex) or not math.isfinite(value):
                raise ValueError
            if isinstance(value, Fraction):
                if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
                    raise OverflowError
                if value and not float(value):
                    raise OverflowError
        except ZeroDivisionError:
            raise FormulaError("this divides by zero", self.text, node.position) from None
        except OverflowError:
            message = "this number is too large, too small or too long: numbers lie within 1e-308 … 1e308"
            raise FormulaError(message, self.text, node.position) from None
        except ValueError:
            message = "this is not a finite real number: sqrt needs ≥ 0, log needs > 0, x^(1/2) needs x ≥ 0"
            raise FormulaError(message, self.text, node.position) from None
        return value


def _exponential_hint(node: Power) -> str:
    rewritten = to_text(Call("exp", Product((("*", node.exponent), ("*", Call("log", node.base))))))
    shown = rewritten if len(rewritten) <= 60 else "exp(u*log(b)) for b^u"
    return f"a coordinate in an exponent is not taken: write {shown}, where the base is positive"
