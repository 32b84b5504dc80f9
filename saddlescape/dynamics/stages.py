"""Stages of a tick: where a formula is cut so that each part is a short loop over the lanes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from saddlescape.symbols import Term, Vector

LEAVES = ("variable", "number", "constant")


@dataclass(frozen=True)
class Stage:
    """A part of a tick that is run over all lanes before the next: what it makes, and the function's name."""

    name: str
    makes: dict[str, Term]


def stages(formulas: dict[str, Vector]) -> list[Stage]:
    """Cut a tick before every gradient that is taken at a place found by another gradient.

    SAM becomes "look" (where the second gradient is taken, ``at``) and "step". Two short loops over the lanes are a
    fifth faster than one: the processor overlaps the lanes' chains of √ and ÷ (docs/why.md).
    """
    levels: dict[int, int] = {}
    for formula in formulas.values():
        _level(formula, levels)
    top = max(levels[id(f)] for f in formulas.values())
    found: list[Stage] = []
    stored: set[int] = set()
    for level in range(1, top):
        frontier = {
            id(t): t for f in formulas.values() for t in _frontier(f, level, levels) if id(t) not in stored
        }
        stored |= set(frontier)
        number = str(level) if top > 2 else ""
        names = [f"at{number}{chr(97 + i) if i else ''}" for i in range(len(frontier))]
        found.append(Stage(f"look{number}", dict(zip(names, frontier.values(), strict=True))))
    return [*found, Stage("step", dict(formulas))]


def _level(term: Any, levels: dict[int, int]) -> int:
    """How many gradients are nested in ``term``."""
    if not isinstance(term, Term):
        return 0
    if id(term) not in levels:
        inside = max((_level(a, levels) for a in term.args), default=0)
        levels[id(term)] = inside + (term.op == "gradient")
    return levels[id(term)]


def _frontier(term: Term, level: int, levels: dict[int, int]) -> list[Term]:
    """What is known after ``level`` gradients, not before the first, and needed by what comes later."""
    if levels[id(term)] == 0:
        return []
    if levels[id(term)] <= level:
        return [term]
    return [t for a in term.args if isinstance(a, Term) for t in _frontier(a, level, levels)]
