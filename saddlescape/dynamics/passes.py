"""Passes: the directions of all atoms of a law, found one after the other by one loop over the lanes.

A small law is written out in the formula of a tick, atom by atom. A larger one would take minutes to compile: its
atoms are terms ("atom", (place, number, order)) whose values a pass puts into rows of the tile before they are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from saddlescape.dynamics.clocks import Parts
from saddlescape.dynamics.flows import total
from saddlescape.dynamics.noise import Draw
from saddlescape.dynamics.printing import Rows, stage_function, tuple_text
from saddlescape.dynamics.series import series
from saddlescape.dynamics.stages import stages
from saddlescape.symbols import Term, Vector, variable


@dataclass
class Pass:
    """The atoms of a law at one place: ``terms`` are the terms of the formulas that mean them."""

    point: Vector
    order: int | None
    terms: list[Term] = field(default_factory=list)


def passes(formulas: Mapping[str, Vector]) -> list[Pass]:
    """Return the passes that ``formulas`` need, each place and order once."""
    found: dict[tuple[int, int | None], Pass] = {}
    done: set[int] = set()

    def visit(term: Any) -> None:
        if not isinstance(term, Term) or id(term) in done:
            return
        done.add(id(term))
        if term.op == "atom":
            point, _, order = term.args
            found.setdefault((id(point), order), Pass(point, order)).terms.append(term)
        for argument in term.args:
            visit(argument)

    for formula in formulas.values():
        visit(formula)
    return list(found.values())


def body(parts: Parts, one: Pass) -> Vector:
    """Return the direction at the place of a pass under the weights q0, q1 …, r0 … and the normals ``node``."""
    draw = parts.law.atoms[0][1]
    same = parts.noise.ascent == "same"
    step = tuple(f"q{k}" if isinstance(s, tuple) else s for k, s in enumerate(draw.step))
    look = step if same else tuple(f"r{k}" if isinstance(s, tuple) else s for k, s in enumerate(draw.look))
    node = None if draw.z_look is None else variable("node")
    exact = parts.direction(one.point, Draw(step, look, node if draw.z is not None else None, node))
    return (
        exact
        if one.order is None
        else total(series(exact, one.order - 1, parts.perturbation.small, one.point))
    )


def names(parts: Parts) -> dict[str, int]:
    """Return what tells an atom from another: names of weights and normals, and how many numbers each has."""
    draw = parts.law.atoms[0][1]
    found = {f"q{k}": parts.samples for k, s in enumerate(draw.step) if isinstance(s, tuple)}
    if parts.noise.ascent == "fresh":
        found |= {f"r{k}": parts.samples for k, s in enumerate(draw.look) if isinstance(s, tuple)}
    return found | ({"node": parts.dim} if draw.z_look is not None else {})


def atom_numbers(parts: Parts) -> list[list[float]]:
    """Return the weights and normals of every atom, in the order of ``names``."""
    rows = []
    for _, draw in parts.law.atoms:
        look = draw.look if parts.noise.ascent == "fresh" else ()
        weights = [w for source in (*draw.step, *look) if isinstance(source, tuple) for w in source]
        rows.append(weights + (list(draw.z_look.args[0]) if draw.z_look is not None else []))
    return rows


def table(parts: Parts) -> str:
    """Return the text of the law: a row of weights and normals per atom."""
    rows = [tuple_text(map(repr, numbers)) for numbers in atom_numbers(parts)]
    return "LAW = (\n" + "".join(f"    {row},\n" for row in rows) + ")"


class _Inside(Rows):
    """The rows of a tile beside the numbers of an atom, which are arguments of the pass."""

    def __init__(self, rows: Rows, given: Mapping[str, int]) -> None:
        self.of = {**rows.of, **{name: (-1, size) for name, size in given.items()}}
        self.top, self.given = rows.top, given

    def place(self, name: str) -> str:
        """Return the text of what ``name`` is in lane i."""
        if name in self.given:
            return tuple_text(f"{name}_{c}" for c in range(self.given[name]))
        return super().place(name)


def printed(
    parts: Parts, one: Pass, k: int, known: dict[int, str], rows: Rows, parameters: list[str]
) -> tuple[list[str], list[str]]:
    """Return the functions of pass ``k`` and the lines of its loop over the atoms; its rows are added to ``rows``."""
    count, d = len(parts.law.atoms), parts.dim
    first = rows.top
    for a in range(count):
        rows.add(f"G{k}_{a}", d)
    for term in one.terms:
        known[id(term)] = f"G{k}_{term.args[1]}"
    given = names(parts)
    inside = _Inside(rows, given)
    seen = dict(known)
    functions, loops = [], []
    for stage in stages({"G": body(parts, one)}, seen):
        stage = type(stage)(f"{stage.name}_{k}", stage.makes)
        text, arguments = stage_function(stage, seen, inside, parameters)
        functions.append(text)
        for name, term in stage.makes.items():
            if name != "G":
                inside.of[f"{name}_{k}"] = (inside.top, d if isinstance(term, Vector) else 0)
                inside.top += d if isinstance(term, Vector) else 1
                seen[id(term)] = f"{name}_{k}"
        loops += _loop(stage.name, [f"{n}_{k}" if n != "G" else n for n in stage.makes], arguments, inside)
    rows.top = inside.top
    numbers = [f"{name}_{c}" for name, size in given.items() for c in range(size)]
    head = [f"@called\ndef atoms_{k}(w, out, {', '.join(numbers)}):", "    widen()", "    apart()"]
    call = ", ".join(f"LAW[a][{j}]" for j in range(len(numbers)))
    lines = [f"        for a in range({count}):", f"            atoms_{k}(w, {first} + {d}*a, {call})"]
    return [*functions, "\n".join([*head, *loops])], lines


def _loop(function: str, made: list[str], arguments: Iterable[str], rows: Rows) -> list[str]:
    result = made[0] if len(made) == 1 else tuple_text(made)
    lines = ["    for i in range(LANES):"]
    lines.append(f"        {result} = {function}({', '.join(rows.place(a) for a in arguments)})")
    for name in made:
        row, size = rows.of.get(name, (None, 0))
        if row is None:  # the direction itself
            lines += [f"        w[out + {c}, i] = G[{c}]" for c in range(rows.of["x"][1])]
        else:
            lines += [f"        w[{row + c}, i] = {name}[{c}]" for c in range(size)] or [
                f"        w[{row}, i] = {name}"
            ]
    return lines
