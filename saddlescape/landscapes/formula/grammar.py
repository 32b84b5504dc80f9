"""The closed grammar of typed formulas: tokens, and a recursive-descent parser with its own depth limit.

    sum     := product (("+" | "-") product)*
    product := unary (("*" | "/" | nothing) unary)*      nothing: after a number or ")", before a name or "("
    unary   := ("-" | "+") unary | power
    power   := atom [("^" | "**") unary | superscript]
    atom    := number | name | function "(" sum ")" | "(" sum ")"

No text is ever evaluated, and sympy is not needed here. Every refusal is a ``FormulaError`` with its column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from saddlescape.errors import FormulaError, nearest
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
)
from saddlescape.landscapes.formula.words import SUBSTITUTES, about_character, name_fault

MAX_LENGTH = 2000
MAX_DEPTH = 100
MAX_DIGITS = 40
PIECES = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<raised>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?P<pi>π)|(?P<op>\*\*|[-+*/^()])|(?P<space>\s+)"
)
SPELLINGS = str.maketrans("−–·⋅×∗÷∕", "--****//")
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
COORDINATE = re.compile(r"[xyz]|x[0-9]+")
EXPECTED = "a number, a coordinate or ( was expected here"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula; ``kind`` is number, name, raised, pi, end, or the operator itself."""

    kind: str
    text: str
    position: int

    def __str__(self) -> str:
        return self.text if len(self.text) <= 20 else self.text[:19] + "…"


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of ``text`` and an end token; raise ``FormulaError`` at a character of no meaning."""
    spelled, at = text.translate(SPELLINGS), 0
    while at < len(text):
        found = PIECES.match(spelled, at)
        if found is None:
            raise FormulaError(about_character(text, at), text, at)
        kind, piece = str(found.lastgroup), found.group()
        if kind == "op":
            kind = piece = piece.replace("**", "^")
        if kind != "space":
            yield Token(kind, piece, at)
        at = found.end()
    yield Token("end", "the end", len(text))


class Parser:
    """One pass over one formula; ``Parser(text).tree()`` is the whole use of it."""

    def __init__(self, text: str) -> None:
        self.text, self.depth, self.stream = text, 0, tokens(text)
        self.before: Token | None = None
        self.now = next(self.stream)

    def tree(self) -> Node:
        """Return the tree of the formula, or raise ``FormulaError``."""
        if self.now.kind == "end":
            self.refuse("the formula is empty: write one such as x^2 - y^2", 0)
        node = self.sum()
        if self.now.kind == ")":
            self.refuse("this ) closes nothing: remove it or open a ( before it")
        return node

    def refuse(self, message: str, position: int | None = None) -> NoReturn:
        """Raise the ``FormulaError`` at ``position``, by default at the current token."""
        raise FormulaError(message, self.text, self.now.position if position is None else position)

    def step(self) -> Token:
        """Pass over the current token and return it."""
        self.before = self.now
        if self.now.kind != "end":
            self.now = next(self.stream)
        return self.before

    def deeper(self, position: int) -> None:
        """Enter one level of nesting."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.refuse(f"nested more than {MAX_DEPTH} levels deep", position)

    def sum(self) -> Node:
        """sum := product (("+" | "-") product)*"""
        terms = [("+", self.product())]
        while self.now.kind in ("+", "-"):
            terms.append((self.step().kind, self.product()))
        return Sum(tuple(terms), position=terms[0][1].position) if len(terms) > 1 else terms[0][1]

    def product(self) -> Node:
        """product := unary (("*" | "/" | nothing) unary)*"""
        terms = [("*", self.unary())]
        while self.now.kind not in ("+", "-", ")", "end"):
            if self.now.kind in ("*", "/"):
                sign = self.step().kind
            else:
                self.allow_juxtaposed(terms[-1][0] == "/")
                sign = "*"
            terms.append((sign, self.unary()))
        return Product(tuple(terms), position=terms[0][1].position) if len(terms) > 1 else terms[0][1]

    def allow_juxtaposed(self, divided: bool) -> None:
        """Refuse all products without a sign but a number or ``)`` followed by a name or ``(``."""
        left, right = self.before, self.now
        assert left is not None
        if left.kind not in ("number", "raised", "pi", ")") or right.kind not in ("name", "pi", "("):
            shown = f"between '{left}' and '{right}'"
            if right.kind in ("^", "raised"):
                self.refuse("one power directly after a superscript: write (x^2)^3 or x^(2^3)")
            if left.kind == right.kind == "number":
                self.refuse(f"two numbers side by side: write {left}*{right} for a product, or one number")
            right_text = "(…)" if right.kind == "(" else str(right)
            left_text = "(…)" if left.kind == ")" else str(left)
            self.refuse(f"an operator is missing {shown}: write {left_text}*{right_text} for a product")
        if divided:
            self.refuse("1/2x can be read in two ways: write 1/(2*x) or (1/2)*x, with the * after a division")

    def unary(self) -> Node:
        """unary := ("-" | "+") unary | power"""
        if self.now.kind not in ("-", "+"):
            return self.power()
        sign = self.step()
        self.deeper(sign.position)
        node = self.unary()
        self.depth -= 1
        return Neg(node, position=sign.position) if sign.kind == "-" else node

    def power(self) -> Node:
        """power := atom [("^" | "**") unary | superscript]"""
        base = self.atom()
        if self.now.kind not in ("^", "raised"):
            return base
        self.deeper(self.now.position)
        exponent = self.unary() if self.step().kind == "^" else self.superscript()
        self.depth -= 1
        return Power(base, exponent, position=base.position)

    def superscript(self) -> Node:
        """Return the exponent written in the superscript just passed."""
        token = self.before
        assert token is not None
        digits = token.text.translate(RAISED)
        node = self.number(Token("number", digits.lstrip("-"), token.position))
        return Neg(node, position=token.position) if digits.startswith("-") else node

    def atom(self) -> Node:
        """atom := number | name | function "(" sum ")" | "(" sum ")" """
        token = self.now
        if token.kind not in ("number", "name", "pi", "("):
            after = f" after '{self.before}'" if self.before else ""
            found = "the formula ends" if token.kind == "end" else f"'{token}' was found"
            self.refuse(f"{EXPECTED}{after}, but {found}")
        self.step()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "(":
            return self.inside(token)
        return self.name(token) if token.kind == "name" else Name("pi", position=token.position)

    def inside(self, opening: Token) -> Node:
        """Return the sum inside the parenthesis just opened, and pass its end."""
        self.deeper(opening.position)
        node = self.sum()
        if self.now.kind != ")":
            self.refuse("this ( is never closed: a ) is missing", opening.position)
        self.step()
        self.depth -= 1
        return node

    def number(self, token: Token) -> Node:
        """Return the exact decimal of a literal of at most 40 digits within 1e-308 … 1e308."""
        mantissa, _, exponent = token.text.lower().partition("e")
        if sum(c.isdigit() for c in mantissa) > MAX_DIGITS:
            self.refuse(f"a number may have at most {MAX_DIGITS} digits", token.position)
        small = len(exponent.lstrip("+-0")) <= 3 and abs(int(exponent or 0)) <= 308
        size = float(token.text) if small else float("inf")
        if size == float("inf") or (size == 0 and mantissa.strip("0.")):
            self.refuse("this number is out of range: numbers lie within 1e-308 … 1e308", token.position)
        return Number(Decimal(token.text), position=token.position)

    def name(self, token: Token) -> Node:
        """Return a function's call, or a coordinate, parameter or constant."""
        name, called = token.text, self.now.kind == "("
        if name in FUNCTIONS:
            if not called:
                power = (
                    " and its power sin(x)^2".replace("sin", name) if self.now.kind in ("^", "raised") else ""
                )
                self.refuse(
                    f"'{name}' is a function and needs parentheses: write {name}(x){power}", token.position
                )
            return Call(name, self.inside(self.step()), position=token.position)
        if called and (name.lower() in SUBSTITUTES):
            self.refuse(SUBSTITUTES[name.lower()], token.position)
        if fault := name_fault(name):
            self.refuse(fault, token.position)
        if called:
            product = f"write {name}*(…) for a product"
            if len(name) == 1 or name in CONSTANTS or COORDINATE.fullmatch(name):
                self.refuse(f"'{name}' is not a function: {product}", token.position)
            known, product = f"Known: {', '.join(FUNCTIONS)}.", product.replace(name, str(token))
            self.refuse(
                f"unknown function '{token}'{nearest(name, FUNCTIONS)}; {product}. {known}", token.position
            )
        return Name(name, position=token.position)
