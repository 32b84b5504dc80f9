"""Derivatives of a loss, as straight-line programs of Python text.

The one place where formulas are differentiated and printed: the kernels, the NumPy functions of a landscape and the
LaTeX all come from here. A program is ``lines`` (assignments ``t0 = …``) and ``out`` (one expression per component),
written with + − × ÷, ``sqrt`` and friends, so the same text runs on floats, inside numba and on arrays. Powers are
products; equal subexpressions are computed once. sympy is imported only when something has to be derived.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from saddlescape.landscapes.forms import forms
from saddlescape.landscapes.program import Program, program

if TYPE_CHECKING:
    import sympy

#: the directions a jet is contracted with, in this order
DIRECTIONS = ("u", "v", "s")
#: more operations than this, as derived, and the forms of a jet take many seconds to compare for a few per cent
SEARCHED = 800


def derive(expression: sympy.Expr, coordinates: Sequence[str]) -> dict[str, Any]:
    """Return loss, gradient and Hessian as programs, with LaTeX of loss and gradient: what a default run needs.

    ``expression`` is real-valued in the coordinates (and parameters).
    """
    import sympy

    x = [sympy.Symbol(name, real=True) for name in coordinates]
    gradient = [sympy.diff(expression, a) for a in x]
    hessian = [[sympy.diff(g, b) for b in x] for g in gradient]
    return {
        "loss": cheapest([expression], x),
        "gradient": cheapest(gradient, x),
        "hessian": cheapest([h for row in hessian for h in row], x),
        "latex": sympy.latex(expression),
        "gradient_latex": [sympy.latex(g) for g in gradient],
    }


def jet(expression: sympy.Expr, coordinates: Sequence[str], order: int) -> Program:
    """Return the program of the vector D^order f contracted with order − 1 directions; of f itself for order 0.

    Directions are read as ``_u0 …``, ``_v0 …``, ``_s0 …``: order 2 is H u, order 3 D³f[u, v], order 4 D⁴f[u, v, s].
    """
    import sympy

    x = [sympy.Symbol(name, real=True) for name in coordinates]
    made = [sympy.diff(expression, a) for a in x] if order else [expression]
    for name in DIRECTIONS[: max(order - 1, 0)]:
        along = [sympy.Symbol(f"_{name}{i}", real=True) for i in range(len(x))]
        made = [
            sum((sympy.diff(e, a) * b for a, b in zip(x, along, strict=True)), sympy.S.Zero) for e in made
        ]
    return cheapest(made, x) if sympy.count_ops(made) <= SEARCHED else program(made)


def cheapest(expressions: Sequence[sympy.Expr], x: Sequence[sympy.Symbol]) -> Program:
    """Return the program with the fewest operations among algebraically equal forms of ``expressions``.

    Of two alike the one with fewer products: a processor doubles by adding, and has as many adders as multipliers.
    """
    made = (program(form) for form in forms(expressions, x))
    return min(made, key=lambda p: (int(p["operations"]), int(p["products"])))
