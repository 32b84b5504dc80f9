"""The vocabulary of formulas: parts declare their numbers once, and terms mean what they say."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from saddlescape.dynamics.evaluate import ARRAYS
from saddlescape.dynamics.momentum import MOMENTA
from saddlescape.dynamics.perturbations import PERTURBATIONS, Perturbation
from saddlescape.dynamics.printing import CALLS, INFIX
from saddlescape.dynamics.series import rules
from saddlescape.dynamics.words import RULES
from saddlescape.symbols import (
    Scalar,
    Vector,
    dot,
    fold,
    gradient,
    norm,
    number,
    recip,
    scalar,
    sign,
    unit,
    variable,
)

PARTS: list[tuple[type, Any]] = []
for each in PERTURBATIONS:
    overrides = each.direction is not Perturbation.direction
    PARTS.append((each, each.direction if overrides else each.displace))
PARTS += [(momentum, momentum.move) for momentum in MOMENTA]


@pytest.mark.parametrize(("part", "formula"), PARTS, ids=[p.__name__ for p, _ in PARTS])
def test_the_fields_of_a_part_are_the_keyword_only_names_of_its_formula(part: Any, formula: Any) -> None:
    names = {p.name for p in inspect.signature(formula).parameters.values() if p.kind is p.KEYWORD_ONLY}
    assert {f.name for f in fields(part)} == names - {"eta"}


@pytest.mark.parametrize("part", [*PERTURBATIONS, *MOMENTA], ids=lambda p: p.__name__)
def test_every_part_has_a_name_and_says_its_formula_in_its_first_line(part: Any) -> None:
    assert part.name
    assert any(mark in part.__doc__.splitlines()[0] for mark in ("=", "←"))


@pytest.mark.parametrize("part", PERTURBATIONS, ids=lambda p: p.__name__)
def test_the_source_of_every_perturbation_is_in_the_bibliography(part: Any) -> None:
    assert f"{{{part.source}," in (Path(__file__).parent.parent / "references.bib").read_text(
        encoding="utf-8"
    )


x, y, a = variable("x"), variable("y"), number("a")
VALUES = {"x": np.array([3.0, -4.0]), "y": np.array([1.0, 0.5])}
TERMS: dict[str, tuple[Any, Any]] = {
    "x + y": (x + y, [4, -3.5]),
    "x - y": (x - y, [2, -4.5]),
    "-x": (-x, [-3, 4]),
    "a*x": (a * x, [6, -8]),
    "x*a": (x * a, [6, -8]),
    "2*x": (2 * x, [6, -8]),
    "x/a": (x / a, [1.5, -2]),
    "a*(a*x)": (a * (a * x), [12, -16]),
    "x*y": (x * y, [3, -2]),
    "norm(x)": (norm(x), 5),
    "dot(x, y)": (dot(x, y), 1),
    "unit(x)": (unit(x), [0.6, -0.8]),
    "unit(0)": (unit(x - x), [0, 0]),
    "recip(0)": (recip(norm(x - x)), 0),
    "sign(x)": (sign(x), [1, -1]),
    "sign(0)": (sign(x - x), [0, 0]),
    "1 - a": (1 - a, -1),
    "a - 1": (a - 1, 1),
    "a + 1": (a + 1, 3),
    "1 + a": (1 + a, 3),
    "3*a": (3 * a, 6),
    "a*3": (a * 3, 6),
    "a/4": (a / 4, 0.5),
    "1/a": (1 / a, 0.5),
    "-a": (-a, -2),
}
NUMPY = {**ARRAYS, "variable": VALUES.__getitem__, "number": {"a": 2.0}.__getitem__}


@pytest.mark.parametrize(("term", "value"), TERMS.values(), ids=TERMS)
def test_a_term_means_what_it_says(term: Any, value: Any) -> None:
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(fold(term, NUMPY), value, rtol=1e-15)


def test_scalars_gather_so_that_a_step_takes_one_product_a_coordinate() -> None:
    assert (a * (a * x)).args[1] is x


def test_a_term_that_is_used_twice_is_folded_once() -> None:
    seen: list[Any] = []
    g = gradient(x)
    fold(g + a * g, {**NUMPY, "gradient": lambda at, source: seen.append(at) or at})
    assert len(seen) == 1


def test_an_unknown_operation_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(KeyError, match="rotate"):
        fold(Vector("rotate", (x,)), NUMPY)


@pytest.mark.parametrize("term", [t for t, _ in TERMS.values()], ids=TERMS)
def test_every_face_of_a_formula_knows_every_operation(term: Any) -> None:
    ops: set[str] = set()

    def visit(t: Any) -> None:
        if isinstance(t, Scalar | Vector):
            ops.add(t.op)
            for argument in t.args:
                visit(argument)

    visit(term)
    ops -= {"variable", "number", "constant"}
    assert ops <= ARRAYS.keys()
    assert ops <= rules(2, "rho").keys()
    assert ops <= RULES.keys()
    assert ops <= {*CALLS, *INFIX}


def test_plain_numbers_become_constants() -> None:
    assert scalar(2).args == (2.0,)
    assert scalar(a) is a
