"""The numbers of a landscape as NumPy functions: of its printed programs, or of functions of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from saddlescape.errors import UsageError
from saddlescape.landscapes.program import Program, function_text

#: step of the central differences, as a part of the domain's width: error about (1e-5)² of the width's scale
STEP = 1e-5


NUMPY_NAMES: dict[str, Any] = {
    **{
        name: getattr(np, name)
        for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "fabs")
    },
    "atan": np.arctan,
    "_power": np.power,
    "_divide": np.divide,
}


def of_programs(
    derived: Mapping[str, Any], coordinates: Sequence[str], params: Iterable[str]
) -> dict[str, Callable[..., Any]]:
    """Return loss, gradient and hessian (calculus.derive) as functions of d arrays and the parameters."""
    names = [*coordinates, *params]
    return {part: of_program(derived[part], names) for part in ("loss", "gradient", "hessian")}


def of_program(made: Program, inputs: Sequence[str]) -> Callable[..., Any]:
    """Return a program as a function of arrays; it gives an array, or a tuple of arrays if there are several."""
    space: dict[str, Any] = dict(NUMPY_NAMES)
    exec(function_text("made", inputs, made), space)  # our own printed text, never the user's
    function: Callable[..., Any] = space["made"]
    return function


def of_functions(
    loss: Callable[..., Any], gradient: Callable[..., Any], domain: Sequence[tuple[float, float]]
) -> dict[str, Callable[..., Any]]:
    """Return the same for the user's own functions: values point by point, the Hessian by central differences."""
    d = len(domain)
    steps = [STEP * (hi - lo) for lo, hi in domain]

    def slopes(*x: Any) -> tuple[Any, ...]:
        points = np.stack(np.broadcast_arrays(*x), axis=-1)
        made = np.array([_checked(gradient(*map(float, p)), d) for p in points.reshape(-1, d)], dtype=float)
        return tuple(np.moveaxis(made.reshape(points.shape), -1, 0))

    def hessian(*x: Any) -> tuple[Any, ...]:
        columns = []
        for i, h in enumerate(steps):
            ahead = slopes(*(a + h * (j == i) for j, a in enumerate(x)))
            behind = slopes(*(a - h * (j == i) for j, a in enumerate(x)))
            columns.append([(p - m) / (2 * h) for p, m in zip(ahead, behind, strict=True)])
        return tuple(0.5 * (columns[i][j] + columns[j][i]) for i in range(d) for j in range(d))

    value = np.vectorize(lambda *p: float(loss(*map(float, p))), otypes=[float])
    return {"loss": value, "gradient": slopes, "hessian": hessian}


def probe(
    loss: Callable[..., Any], gradient: Callable[..., Any], domain: Sequence[tuple[float, float]]
) -> None:
    """Call both functions once, in the middle of the domain. Raises UsageError that says how they must look."""
    middle = [0.5 * (float(lo) + float(hi)) for lo, hi in domain]
    arguments = ", ".join("xyz"[: len(middle)]) if len(middle) <= 3 else "x1, x2, …"
    try:
        float(loss(*middle))
        _checked(gradient(*middle), len(middle))
    except UsageError:
        raise
    except Exception as error:  # whatever the user's functions raise
        raise UsageError(
            f"your functions must be loss({arguments}) → a float and grad({arguments}) → a tuple of {len(middle)} "
            f"floats, of {len(middle)} floats each; called with {middle} they raised "
            f"{type(error).__name__}: {error!s:.200}"
        ) from None


def _checked(made: Any, d: int) -> tuple[float, ...]:
    result = tuple(float(g) for g in np.atleast_1d(made))
    if len(result) != d:
        raise UsageError(
            f"your gradient function returned {len(result)} numbers; the domain has {d} coordinates"
        )
    return result
