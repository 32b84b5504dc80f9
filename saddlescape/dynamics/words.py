"""A method's formula as LaTeX, from the same terms the kernel is printed from, and a landscape as a picture needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from saddlescape.dynamics.method import Method
from saddlescape.landscapes.base import Landscape
from saddlescape.results import Background
from saddlescape.symbols import fold

GREEK = {"eta": r"\eta", "rho": r"\rho", "beta": r"\beta", "sigma": r"\sigma", "alpha": r"\alpha"}


class _Recip(str):
    """LaTeX of 1/a that remembers a, so that b · 1/a is written as a fraction."""

    below: str

    def __new__(cls, below: str) -> _Recip:
        made = super().__new__(cls, rf"\frac{{1}}{{{below}}}")
        made.below = below
        return made


class _Sum(str):
    """LaTeX of a sum, which takes parentheses inside a product."""


def _product(a: str, b: str) -> str:
    if isinstance(b, _Recip):
        return rf"\frac{{{a}}}{{{b.below}}}"
    return rf"{_closed(a)}\,{_closed(b)}"


def _closed(a: str) -> str:
    return f"({a})" if isinstance(a, _Sum) else a


RULES: dict[str, Callable[..., str]] = {
    "variable": str,
    "number": lambda name: GREEK.get(str(name), str(name)),
    "constant": lambda value: f"{value:g}",
    "gradient": lambda at: rf"\nabla f({at})",
    "norm": lambda a: rf"\|{a}\|",
    "dot": lambda a, b: rf"\langle {a}, {b}\rangle",
    "recip": _Recip,
    "sign": lambda a: rf"\mathrm{{sign}}({a})",
    "plus": lambda a, b: _Sum(f"{a} + {b}"),
    "minus": lambda a, b: _Sum(f"{a} - {_closed(b)}"),
    "add": lambda a, b: _Sum(f"{a} + {b}"),
    "sub": lambda a, b: _Sum(f"{a} - {_closed(b)}"),
    "times": _product,
    "mul": _product,
    "hadamard": lambda a, b: rf"{_closed(a)} \odot {_closed(b)}",
    "div": lambda a, b: rf"\frac{{{a}}}{{{b}}}",
    "neg": lambda a: f"-{_closed(a)}",
    "negative": lambda a: f"-{_closed(a)}",
}


def formula(method: Method) -> str:
    """Return one tick of ``method`` as LaTeX, e.g. ``x \\leftarrow x - \\eta\\,\\nabla f(x)``."""
    formulas = method.formulas()
    memo: dict[int, Any] = {}
    parts = [(name, fold(term, RULES, memo)) for name, term in reversed(formulas.items()) if name != "x"]
    if parts:  # the buffer's new value is written once, and read by name
        memo[id(formulas["v"])] = "v"
    x = fold(formulas["x"], RULES, {id(formulas["v"]): "v"} if parts else None)
    return r",\quad ".join(rf"{name} \leftarrow {text}" for name, text in [*parts, ("x", x)])


def background(landscape: Landscape, resolution: int = 257) -> Background:
    """Return the loss on a grid over the view (d ≤ 2) with the critical points, for pictures and saved files."""
    axes = tuple(np.linspace(lo, hi, resolution) for lo, hi in landscape.view) if landscape.dim <= 2 else ()
    if axes:
        grid = np.stack(np.meshgrid(*axes), axis=-1) if landscape.dim == 2 else axes[0][:, None]
        loss = landscape.loss(grid)
    else:
        loss = np.empty(0)
    return Background(
        title=landscape.title,
        latex=landscape.latex(),
        coordinates=landscape.coordinates,
        view=landscape.view,
        axes=axes,
        loss=loss,
        points=landscape.critical_points,
        params=dict(landscape.params),
    )
