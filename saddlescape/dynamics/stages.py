"""Stages of a tick: where a formula is cut so that each part is a short loop over the lanes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from saddlescape.symbols import Term, Vector

LEAVES = ("variable", "number", "constant", "fixed")
#: f's derivatives; the first operand is where they are taken
JETS = ("gradient", "bend", "third", "fourth")


@dataclass(frozen=True)
class Stage:
    """A part of a tick that is run over all lanes before the next: what it makes, and the function's name. It knows
    what ``level`` gradients, one nested in the other, find."""

    name: str
    makes: dict[str, Term]
    level: int = 0


def stages(formulas: dict[str, Vector], known: Mapping[int, str] | None = None) -> list[Stage]:
    """Cut a tick before every gradient that is taken at a place found by another gradient, or by a pass (passes.py).

    SAM becomes "look" (where the second gradient is taken, ``at``) and "step". Two short loops over the lanes are a
    fifth faster than one: the processor overlaps the lanes' chains of √ and ÷ (docs/why.md). ``known`` are terms
    whose values are there already.
    """
    levels: dict[int, int] = dict.fromkeys(known or (), 0)
    for formula in formulas.values():
        _level(formula, levels)
    top = max(levels[id(f)] for f in formulas.values())
    found: list[Stage] = []
    stored: set[int] = set()
    for level in range(1, top):
        seen: set[int] = set()
        found_here = [t for f in formulas.values() for t in _frontier(f, level, levels, seen)]
        frontier = {id(t): t for t in found_here if id(t) not in stored}
        stored |= set(frontier)
        number = str(level) if top > 2 else ""
        names = [f"at{number}{_letters(i)}" for i in range(len(frontier))]
        if frontier:
            found.append(Stage(f"look{number}", dict(zip(names, frontier.values(), strict=True)), level))
    return [*found, Stage("step", dict(formulas), top)]


def level_of(term: Vector) -> int:
    """Return how many gradients are nested in ``term``."""
    return _level(term, {})


def _letters(i: int) -> str:
    """Return "", b, c … z, then _26, _27 …"""
    return "" if i == 0 else chr(97 + i) if i < 26 else f"_{i}"


def _level(term: Any, levels: dict[int, int]) -> int:
    """How many gradients are nested in the places at which ``term`` takes gradients."""
    if not isinstance(term, Term):
        return 0
    if id(term) not in levels:
        inside = [_level(a, levels) for a in term.args]
        if term.op in (*JETS, "atom"):
            inside[0] += 1
        levels[id(term)] = max(inside, default=0)
    return levels[id(term)]


def _frontier(term: Term, level: int, levels: dict[int, int], seen: set[int]) -> list[Term]:
    """What is known after ``level`` gradients, not before the first, and needed by what comes later; each term once."""
    if levels[id(term)] == 0 or id(term) in seen:
        return []
    seen.add(id(term))
    if levels[id(term)] <= level:
        return [] if term.op == "atom" else [term]
    return [t for a in term.args if isinstance(a, Term) for t in _frontier(a, level, levels, seen)]
