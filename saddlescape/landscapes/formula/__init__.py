"""Typed formulas: from text through a closed grammar to a SymPy expression; nothing is ever evaluated.

``parse`` needs no sympy and finds every fault that shows in the text; ``Formula.sympy`` does the algebra.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from saddlescape.errors import FormulaError, nearest
from saddlescape.landscapes.formula.check import Inspector
from saddlescape.landscapes.formula.grammar import COORDINATE, MAX_LENGTH, Parser
from saddlescape.landscapes.formula.tree import CONSTANTS, FUNCTIONS, Node, names, to_text
from saddlescape.landscapes.formula.words import name_fault

if TYPE_CHECKING:
    import sympy

MAX_COORDINATES = 64
LONE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
__all__ = ["Formula", "looks_like_name", "parse", "to_text"]


@dataclass(frozen=True)
class Formula:
    """A formula that passed the grammar. ``str`` gives its canonical text; equality is that of the trees.

    ``coordinates`` are in order, ``parameters`` in order of first appearance.
    """

    text: str = field(compare=False)
    tree: Node
    coordinates: tuple[str, ...]
    parameters: tuple[str, ...]
    positions: dict[str, int] = field(compare=False, repr=False)

    def __str__(self) -> str:
        return to_text(self.tree)

    @property
    def dim(self) -> int:
        """The number of coordinates, 1 to 64."""
        return len(self.coordinates)

    def require(self, given: Iterable[str]) -> None:
        """Raise ``FormulaError`` unless the names ``given`` are exactly the parameters; names all missing."""
        given = list(given)
        for name in given:
            if name not in self.parameters:
                raise FormulaError(self._stranger(name))
        missing = [name for name in self.parameters if name not in given]
        if missing:
            several = "the parameters" if len(missing) > 1 else "the parameter"
            quoted = ", ".join(f"'{name}'" for name in missing)
            options = " ".join(f"-p {name}=1" for name in missing)
            hints = "".join(_hint(name, self.coordinates) for name in missing)
            message = f"no value for {several} {quoted}: give {options}{hints}"
            raise FormulaError(message, self.text, self.positions[missing[0]])

    def _stranger(self, name: str) -> str:
        if name in CONSTANTS:
            return f"'{name}' is the constant {CONSTANTS[name]:.6g} and no parameter: rename the parameter"
        if name in self.coordinates:
            return f"'{name}' is a coordinate of the formula and takes no value"
        known = ", ".join(self.parameters) or "none"
        return (
            f"the formula has no parameter '{name}'{nearest(name, self.parameters)}. Its parameters: {known}."
        )

    def sympy(self) -> sympy.Expr:
        """Return the SymPy expression, with ``Symbol(name, real=True)`` and exact rational numbers.

        Raises ``FormulaError`` where the algebra shows what the text did not: 1/(x - x), sqrt(-x^2), and
        sqrt(x^2), which is |x|.
        """
        from saddlescape.landscapes.formula.algebra import Lowering

        try:
            return Lowering(self.text).expression(self.tree)
        except FormulaError:
            raise
        except Exception as fault:  # sympy fails in ways of its own, such as PrecisionExhausted
            message = f"the algebra system cannot work with this formula ({type(fault).__name__})"
            raise FormulaError(message, self.text) from fault


def parse(text: str, variables: Sequence[str] | None = None) -> Formula:
    """Return the ``Formula`` of ``text``, or raise ``FormulaError`` with the 0-based position of the fault.

    Coordinates are ``variables`` if given (1 to 64 names, all kept, in that order); otherwise those of x, y
    and z that occur, or x1 … xn up to the highest that occurs. Every other name but pi and e is a parameter.
    At most 2000 characters, blanks not counted, also once products are written out; 100 levels deep;
    exponents up to 64.
    """
    if not isinstance(text, str):
        raise FormulaError(f"a formula is a text such as 'x^2 - y^2', not {type(text).__name__}")
    _check_length(text, text)
    chosen = None if variables is None else _checked(variables)
    tree = Parser(text).tree()
    positions: dict[str, int] = {}
    for name in names(tree):
        if name.name not in CONSTANTS:
            positions.setdefault(name.name, name.position)
    moving = [name for name in positions if (name in chosen if chosen else COORDINATE.fullmatch(name))]
    Inspector(text, moving).facts(tree)
    parameters = tuple(name for name in positions if name not in moving)
    if not moving:
        known = (
            ", ".join(chosen) if chosen else "x, y, z or x1, x2, …, or names of your own given as variables"
        )
        hints = "".join(_hint(name, chosen or ("x", "y", "z")) for name in parameters)
        raise FormulaError(f"a formula needs at least one coordinate ({known}){hints}", text, 0)
    coordinates = chosen or _coordinates(text, moving, positions)
    _check_length(to_text(tree), text)
    return Formula(text, tree, coordinates, parameters, positions)


def looks_like_name(text: str, variables: Iterable[str] = ()) -> bool:
    """Return whether ``text`` is a lone name (letters, digits, _ and -), so that a landscape is meant.

    ``six-hump-camel`` is a name; ``x-y`` is a formula, for a coordinate stands between its hyphens.
    """
    text = text.strip()
    pieces = text.split("-")
    if not LONE.fullmatch(text) or len(pieces) == 1:
        return bool(LONE.fullmatch(text))
    return not any(not p or p.isdigit() or COORDINATE.fullmatch(p) or p in variables for p in pieces)


def _check_length(shown: str, text: str) -> None:
    size = len("".join(shown.split()))
    if size > MAX_LENGTH:
        written = "" if shown is text else " with its products and powers written out"
        message = f"a formula may have at most {MAX_LENGTH} characters; this one has {size}{written}"
        raise FormulaError(message, text, min(MAX_LENGTH, len(text) - 1))


def _checked(variables: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(re.split(r"[,\s]+", variables.strip()) if isinstance(variables, str) else variables)
    if not 1 <= len(chosen) <= MAX_COORDINATES:
        raise FormulaError(f"variables are 1 to {MAX_COORDINATES} names; {len(chosen)} were given")
    for name in chosen:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or name_fault(name):
            raise FormulaError(f"'{name}' cannot be a variable: a letter, then letters, digits and _")
        if name in FUNCTIONS or name in CONSTANTS or chosen.count(name) > 1:
            why = "is given twice" if chosen.count(name) > 1 else "is a function or a constant"
            raise FormulaError(f"'{name}' cannot be a variable: it {why}")
    return chosen


def _coordinates(text: str, moving: list[str], positions: dict[str, int]) -> tuple[str, ...]:
    """Return the coordinates of a formula in the style x, y, z or in the style x1 … xn."""
    numbered = [name for name in moving if len(name) > 1]
    if not numbered:
        return tuple(sorted(moving))
    if len(numbered) < len(moving):
        odd = next(name for name in moving if (len(name) > 1) != (len(moving[0]) > 1))
        message = (
            f"'{moving[0]}' and '{odd}' do not go together: coordinates are x, y, z or x1, x2, …, not both"
        )
        raise FormulaError(message, text, positions[odd])
    for name in numbered:
        if name[1] == "0" or len(name) > 3 or int(name[1:]) > MAX_COORDINATES:
            message = f"'{name}' is no coordinate: they are x1 to x{MAX_COORDINATES}, counted from 1"
            raise FormulaError(message, text, positions[name])
    return tuple(f"x{i}" for i in range(1, 1 + max(int(name[1:]) for name in numbered)))


def _hint(name: str, coordinates: Sequence[str]) -> str:
    """Return what the unknown parameter ``name`` may have been meant to be, or an empty string."""
    if any(COORDINATE.fullmatch(known) for known in coordinates):
        coordinates = (*coordinates, "x", "y", "z")
    function = next((f for f in FUNCTIONS if name.startswith(f) and name[len(f) :] in coordinates), "")
    lower = name.lower().replace("_", "")
    if function:
        meant = f"{function}({name[len(function) :]}) for the function"
    elif len(name) > 1 and (
        set(name) <= set(coordinates) or (len(name) == 2 and set(name) & set(coordinates))
    ):
        meant = f"{'*'.join(name)} for a product"
    elif lower in coordinates:
        meant = f"{lower} for the coordinate"
    else:
        return ""
    return f" (write {meant})"
