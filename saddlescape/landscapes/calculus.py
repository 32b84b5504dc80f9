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


def derive(expression: sympy.Expr, coordinates: Sequence[str]) -> dict[str, Any]:
    """Return loss, gradient, Hessian and third derivative D³f[u, v] as programs, with LaTeX of loss and gradient.

    ``expression`` is real-valued in the coordinates (and parameters). The third derivative's program reads the
    directions as ``_u0 …`` and ``_v0 …``; its ``out`` is the vector Σ_jk ∂_ijk f u_j v_k.
    """
    import sympy

    x = [sympy.Symbol(name, real=True) for name in coordinates]
    u = [sympy.Symbol(f"_u{i}", real=True) for i in range(len(x))]
    v = [sympy.Symbol(f"_v{i}", real=True) for i in range(len(x))]
    gradient = [sympy.diff(expression, a) for a in x]
    hessian = [[sympy.diff(g, b) for b in x] for g in gradient]
    along_v = [sum((h * c for h, c in zip(row, v, strict=True)), sympy.S.Zero) for row in hessian]
    third = [sum((sympy.diff(a, b) * c for b, c in zip(x, u, strict=True)), sympy.S.Zero) for a in along_v]
    return {
        "loss": cheapest([expression], x),
        "gradient": cheapest(gradient, x),
        "hessian": cheapest([h for row in hessian for h in row], x),
        "third": program(third),
        "latex": sympy.latex(expression),
        "gradient_latex": [sympy.latex(g) for g in gradient],
    }


def cheapest(expressions: Sequence[sympy.Expr], x: Sequence[sympy.Symbol]) -> Program:
    """Return the program with the fewest operations among algebraically equal forms of ``expressions``.

    Of two alike the one with fewer products: a processor doubles by adding, and has as many adders as multipliers.
    """
    made = (program(form) for form in forms(expressions, x))
    return min(made, key=lambda p: (int(p["operations"]), int(p["products"])))
