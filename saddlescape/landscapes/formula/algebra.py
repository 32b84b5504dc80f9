"""The one step of a formula that needs sympy: from the checked tree to an expression."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy

from saddlescape.errors import FormulaError
from saddlescape.landscapes.formula import tree
from saddlescape.landscapes.formula.check import MAX_BITS, MAX_EXPONENT
from saddlescape.landscapes.formula.tree import Call, Name, Neg, Node, Number, Power, Product, Sum

MAX_ARGUMENT = 10**6
CONSTANTS = {"pi": sympy.pi, "e": sympy.E}
FUNCTIONS: dict[str, Any] = {name: getattr(sympy, name) for name in tree.FUNCTIONS}
# sympy asks whether cosh(u) is real by expanding the imaginary part of u, for ever if u is log(x)^9 or
# x^0.12345; where u is not real for certain, the same function is written with exp.
HYPERBOLIC: dict[str, Callable[[Callable[[Any], Any], Any], Any]] = {
    "sinh": lambda exp, u: (exp(u) - exp(-u)) / 2,
    "cosh": lambda exp, u: (exp(u) + exp(-u)) / 2,
    "tanh": lambda exp, u: 1 - 2 / (exp(2 * u) + 1),
}
SMOOTH = (
    *(sympy.Symbol, sympy.Add, sympy.Mul, sympy.Pow, type(sympy.pi), type(sympy.E)),
    *(f for f in FUNCTIONS.values() if f is not sympy.sqrt),
)


class Lowering:
    """Build the expression of a tree bottom-up, holding every intermediate to the smooth, finite and real."""

    def __init__(self, text: str) -> None:
        self.text = text

    def expression(self, node: Node) -> Any:
        """Return the expression of ``node``; ``FormulaError`` unless it is smooth, finite and real."""
        match node:
            case Number():
                ratio = Fraction(node.value)
                return sympy.Rational(ratio.numerator, ratio.denominator)
            case Name():
                return CONSTANTS.get(node.name) or sympy.Symbol(node.name, real=True)
            case Neg():
                return -self.expression(node.of)
            case Sum():
                terms = [(sign, self.expression(term)) for sign, term in node.terms]
                result = sympy.Add(*(-term if sign == "-" else term for sign, term in terms))
            case Product():
                factors = [(sign, self.expression(term)) for sign, term in node.terms]
                result = sympy.Mul(*(1 / term if sign == "/" else term for sign, term in factors))
            case Power():
                result = self._power(node, self.expression(node.base), self.expression(node.exponent))
            case Call():
                result = self._call(node, self.expression(node.of))
            case _:
                raise TypeError(f"not a node of a formula: {node!r}")
        return self._checked(node, result)

    def _power(self, node: Power, base: Any, exponent: Any) -> Any:
        if base == sympy.E:
            return self._exp(node, exponent)
        if exponent.is_number and abs(exponent) > MAX_EXPONENT:
            raise FormulaError(
                f"exponents go up to {MAX_EXPONENT} in modulus", self.text, node.exponent.position
            )
        return base**exponent

    def _call(self, node: Call, argument: Any) -> Any:
        bounded = node.function in ("log", "ln", "sqrt", "atan")
        if argument.is_number and not bounded and abs(argument) > MAX_ARGUMENT:
            message = f"the argument of {node.function} is a constant above {MAX_ARGUMENT:g} in modulus"
            raise FormulaError(message, self.text, node.of.position)
        if node.function == "exp":
            return self._exp(node, argument)
        if node.function in HYPERBOLIC and not argument.is_extended_real:
            return HYPERBOLIC[node.function](lambda u: self._exp(node, u), argument)
        result = FUNCTIONS[node.function](argument)
        return result.replace(sympy.cot, lambda u: 1 / sympy.tan(u)) if node.function == "tan" else result

    def _exp(self, node: Node, argument: Any) -> Any:
        """Return exp(argument), unless it hides a large power: sympy turns exp(n*log(u)) into u^n."""
        for part in sympy.preorder_traversal(argument):
            logarithm = part.is_Mul and any(isinstance(factor, sympy.log) for factor in part.args)
            if logarithm and abs(part.as_coeff_Mul()[0]) > MAX_EXPONENT:
                message = (
                    f"exp({MAX_EXPONENT + 1}*log(x)) is a power above {MAX_EXPONENT}, and those are not taken"
                )
                raise FormulaError(message, self.text, node.position)
        return sympy.exp(argument)

    def _checked(self, node: Node, result: Any) -> Any:
        for part in sympy.preorder_traversal(result):
            if isinstance(part, sympy.Number):
                self._check_number(node, part)
            elif not isinstance(part, SMOOTH):
                raise FormulaError(_reason(part), self.text, node.position)
        return result

    def _check_number(self, node: Node, number: Any) -> None:
        if not isinstance(number, sympy.Rational):
            raise FormulaError(_reason(number), self.text, node.position)
        ratio = Fraction(int(number.p), int(number.q))
        bits = max(ratio.numerator.bit_length(), ratio.denominator.bit_length())
        size = abs(ratio)
        if bits > MAX_BITS or (size and not Fraction(1, 2**1075) < size < 2**1024):
            message = "multiplied out, this holds a number too large, too small or too long for the computer"
            raise FormulaError(message, self.text, node.position)


def _reason(part: Any) -> str:
    if part.has(sympy.Abs, sympy.sign):
        return "this is an absolute value, which has a kink: write sqrt(x^2 + s^2) with a small parameter s"
    if part.has(sympy.I, sympy.arg, sympy.re, sympy.im):
        return "this is not real: the root or logarithm of something that is never positive"
    return (
        "this is not finite: it divides by something that is zero everywhere, or takes the logarithm of zero"
    )
