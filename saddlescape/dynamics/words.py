"""A method's formula as LaTeX, from the same terms the kernel is printed from, and a landscape as a picture needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from saddlescape.dynamics.flows import Face, total
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.noise import direction, drawn
from saddlescape.dynamics.series import series
from saddlescape.landscapes.base import Landscape
from saddlescape.results import Background
from saddlescape.symbols import Vector, fold, variable

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


def _gradient(at: str, source: Any) -> str:
    return rf"\nabla f{_of(source)}({at})"


def _of(source: Any) -> str:
    """The subscript of a batch: γ, and γ' for a draw of the ascent's own."""
    return "" if source == "" else rf"_{{{source}}}"


RULES: dict[str, Callable[..., str]] = {
    "variable": lambda name: {"az": "z'"}.get(str(name), str(name)),
    "number": lambda name: GREEK.get(str(name), str(name)),
    "constant": lambda value: r"\frac{1}{2}" if value == 0.5 else f"{value:g}",
    "fixed": lambda values: f"({', '.join(f'{a:g}' for a in values)})",
    "gradient": _gradient,
    "bend": lambda at, u, source: rf"\nabla^2 f{_of(source)}({at})\,[{u}]",
    "third": lambda at, u, v, source: rf"\nabla^3 f{_of(source)}({at})\,[{u}, {v}]",
    "fourth": lambda at, u, v, s, source: rf"\nabla^4 f{_of(source)}({at})\,[{u}, {v}, {s}]",
    "norm": lambda a: rf"\|{a}\|",
    "dot": lambda a, b: rf"\langle {a}, {b}\rangle",
    "recip": _Recip,
    "sqrt": lambda a: rf"\sqrt{{{a}}}",
    "larger": lambda a, b: rf"\max({a}, {b})",
    "sign": lambda a: rf"\mathrm{{sign}}({a})",
    "abs_root": lambda *operands: rf"|\nabla^2 f(x)|^{{1/2}}\,{operands[-1]}",
    "component": lambda a, i: rf"[{a}]_{{{i + 1}}}",
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
    """Return one tick of ``method`` as LaTeX, e.g. ``x \\leftarrow x - \\eta\\,\\nabla f(x)``; of a flow or SDE the
    equation it is."""
    if isinstance(method.clock, Face):
        return _equation(method, method.clock)
    parts = method.parts(2)
    direction, prefix = _direction(method, None)
    if prefix:  # the mean over the groups of a batch
        text = prefix + _closed(fold(direction, RULES))
        move = rf"v \leftarrow \beta\,v + {text},\quad x \leftarrow x - \eta\,v"
        return move if method.momentum.state else rf"x \leftarrow x - \eta\,{text}"
    x, v = variable("x"), variable("v")
    own = {name: parts.numbers[name] for name in method.momentum.numbers}
    next_x, next_v = method.momentum.move(x, v, direction, eta=parts.numbers["eta"], **own)
    if next_v is None:
        return rf"x \leftarrow {fold(next_x, RULES)}"
    first = rf"v \leftarrow {fold(next_v, RULES)}"  # the buffer's new value is written once, and read by name
    return first + rf",\quad x \leftarrow {fold(next_x, RULES, {id(next_v): 'v'})}"


def _direction(method: Method, order: int | None) -> tuple[Vector, str]:
    """Return the direction with its batch written as a subscript, and what stands before it where it is a mean."""
    noise, prefix = method.noise, ""
    name = r"\gamma"
    if noise.groups > 1:
        prefix, name = rf"\frac{{1}}{{{noise.groups}}}\sum_{{I \subset \gamma}}\,", "I"
        noise = replace(noise, m=None)
    made = drawn(noise)
    names = {"": "", "w0": name, "aw0": name + "'"}
    draw = replace(made, step=(names[made.step[0]],), look=(names[made.look[0]],))
    x = variable("x")
    numbers = method.parts(2).numbers
    exact = direction(method.perturbation, noise, draw, x, numbers, 2)
    if order is None:
        return exact, prefix
    return total(series(exact, order - 1, method.perturbation.small, x)), prefix


def _equation(method: Method, clock: Face) -> str:
    found, prefix = _direction(method, clock.order)
    G = rf"G = {prefix}{_closed(fold(found, RULES)) if prefix else fold(found, RULES)}"
    random = method.noise.random
    mean = r"E\,G" if random else "G"
    if clock.drift == "mod":
        mean = rf"({mean} + \frac{{\eta}}{{2}}\,D{mean}\,[{mean}])"
    noise = r" + \sqrt{\eta}\,\mathrm{Cov}(G)^{1/2}\,dW" if clock.name.startswith("sde") else ""
    if method.momentum.state:
        return rf"dx = -v\,dt,\quad \eta\,dv = ({mean} - (1 - \beta)\,v)\,dt{noise},\quad {G}"
    return rf"dx = -{mean}\,dt{noise},\quad {G}"


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
