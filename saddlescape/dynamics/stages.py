"""Stages of a tick: where a formula is cut so that each part is a short loop over the lanes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from saddlescape.symbols import Term, Vector

LEAVES = ("variable", "number", "constant", "fixed")
#: f's derivatives; the first operand is where they are taken
JETS = ("gradient", "bend", "third", "fourth")


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
        names = [f"at{number}{_letters(i)}" for i in range(len(frontier))]
        found.append(Stage(f"look{number}", dict(zip(names, frontier.values(), strict=True))))
    return [*found, Stage("step", dict(formulas))]


def _letters(i: int) -> str:
    """Return "", b, c … z, then _26, _27 …"""
    return "" if i == 0 else chr(97 + i) if i < 26 else f"_{i}"


def _level(term: Any, levels: dict[int, int]) -> int:
    """How many gradients are nested in the places at which ``term`` takes gradients."""
    if not isinstance(term, Term):
        return 0
    if id(term) not in levels:
        inside = [_level(a, levels) for a in term.args]
        if term.op in JETS:
            inside[0] += 1
        levels[id(term)] = max(inside, default=0)
    return levels[id(term)]


def _frontier(term: Term, level: int, levels: dict[int, int]) -> list[Term]:
    """What is known after ``level`` gradients, not before the first, and needed by what comes later."""
    if levels[id(term)] == 0:
        return []
    if levels[id(term)] <= level:
        return [term]
    return [t for a in term.args if isinstance(a, Term) for t in _frontier(a, level, levels)]
