"""A loss that is rounding of 0: told from one that is small by intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from saddlescape.landscapes.roots import Array

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Landscape

#: a loss larger than this is never taken for rounding
MOST = 1e-6


def loss_at(landscape: Landscape, x: Array) -> float:
    """Return the loss at a critical point ``x`` (d,); 0 where it is the rounding of its terms.

    That is where 0 lies in the interval of the formula: x known to its last digit, every operation rounded outwards to
    a double. (x² + y − 11)² is then 0 up to 1e-28, and −20·exp(…) + 20 up to 1e-14. Losses of own functions, and of
    functions that have no intervals here, are as they are.
    """
    found = float(landscape.loss(x)) + 0.0
    if not 0.0 < abs(found) < MOST or landscape.functions:
        return found
    from mpmath import iv

    near = {name: iv.mpf(value) for name, value in landscape.params.items()} | {
        name: iv.mpf([float(np.nextafter(a, -math.inf)), float(np.nextafter(a, math.inf))])
        for name, a in zip(landscape.coordinates, x, strict=True)
    }
    try:
        made = _interval(landscape.expression, near, iv)
    except (ArithmeticError, NotImplementedError, TypeError, ValueError):
        return found
    return 0.0 if 0 in made else found


def _interval(expression: Any, near: dict[str, Any], iv: Any) -> Any:
    """Return the interval of a SymPy expression whose symbols lie in those of ``near``."""
    if expression.is_Symbol:
        return near[expression.name]
    if expression.is_Rational:
        return iv.mpf(int(expression.p)) / iv.mpf(int(expression.q))
    if not expression.args:
        constants = {"Pi": iv.pi, "Exp1": iv.e}
        kind = type(expression).__name__
        return +constants[kind] if kind in constants else iv.mpf(float(expression))
    parts = [_interval(each, near, iv) for each in expression.args]
    if expression.is_Add:
        return sum(parts[1:], parts[0])
    if expression.is_Mul:
        return math.prod(parts[1:], start=parts[0])
    if expression.is_Pow:
        power = expression.exp
        return parts[0] ** int(power) if power.is_Integer else parts[0] ** parts[1]
    function = {"exp": iv.exp, "log": iv.log, "sin": iv.sin, "cos": iv.cos}.get(type(expression).__name__)
    if function is None or len(parts) != 1:
        raise NotImplementedError(str(expression.func))
    return function(parts[0])
