"""The tree of a typed formula, its canonical text, and the names with a fixed meaning.

The nodes are plain frozen dataclasses; ``position`` is the 0-based column a node starts at and takes no part
in equality. Sums and products hold all their terms, so a tree is never deeper than its text is nested.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Context, Decimal

CONSTANTS = {"pi": math.pi, "e": math.e}
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "log": math.log,
    "ln": math.log,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "atan": math.atan,
}


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of a formula."""

    position: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A decimal literal, exact."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A coordinate, a parameter, or one of the constants pi and e."""

    name: str


@dataclass(frozen=True, slots=True)
class Neg(Node):
    """Unary minus."""

    of: Node


@dataclass(frozen=True, slots=True)
class Sum(Node):
    """At least two terms, each with its sign ``+`` or ``-``; the first sign is ``+``."""

    terms: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Product(Node):
    """At least two factors, each with ``*`` or ``/`` before it, worked from the left; the first has ``*``."""

    terms: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Power(Node):
    """``base ^ exponent``."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """One of ``FUNCTIONS`` of one argument."""

    function: str
    of: Node


def to_text(node: Node) -> str:
    """Return the canonical text of a tree: it parses back to an equal tree."""
    match node:
        case Number():
            return number_text(node.value)
        case Name():
            return node.name
        case Neg():
            return "-" + _held(node.of, Sum, Product)
        case Sum():
            parts = [f" {sign} {_held(term, Sum)}" for sign, term in node.terms]
            return "".join(parts)[3:]
        case Product():
            return "".join(sign + _held(term, Sum, Product) for sign, term in node.terms)[1:]
        case Power():
            return f"{_held(node.base, Sum, Product, Neg, Power)}^{_held(node.exponent, Sum, Product)}"
        case Call():
            return f"{node.function}({to_text(node.of)})"
    raise TypeError(f"not a node of a formula: {node!r}")


def _held(node: Node, *weak: type[Node]) -> str:
    return f"({to_text(node)})" if isinstance(node, weak) else to_text(node)


def number_text(value: Decimal) -> str:
    """Return the shortest usual text of an exact decimal: 0.25, 120, 1e-30."""
    value = Context(prec=60).normalize(value)
    plain = format(value, "f")
    return plain if len(plain) <= 20 else str(value).replace("E+", "e").replace("E", "e")


def names(node: Node) -> Iterator[Name]:
    """Yield every name of a tree, from left to right."""
    match node:
        case Name():
            yield node
        case Neg() | Call():
            yield from names(node.of)
        case Sum() | Product():
            for _, term in node.terms:
                yield from names(term)
        case Power():
            yield from names(node.base)
            yield from names(node.exponent)
