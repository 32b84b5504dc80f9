"""A method's formulas on arrays, and with their derivative: for study, multipliers and checks; not for speed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from saddlescape.dynamics.method import Method
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.symbols import fold


def step(landscape: Landscape, method: Method) -> Callable[..., Any]:
    """Return the map of one tick as a function of arrays: x → x', or (x, v) → (x', v') with momentum.

    ``x`` and ``v`` have shape (…, d). It is the formula itself on NumPy arrays, independent of the kernels.
    """
    resolved = method.resolved(landscape.eta, landscape.rho)
    advance = ticks(landscape, resolved, _scalars(resolved))

    def tick(x: Any, v: Any = None) -> Any:
        x = np.asarray(x, dtype=float)
        made = advance(x, np.zeros_like(x) if v is None else np.asarray(v, dtype=float))
        return made["x"] if len(made) == 1 else (made["x"], made["v"])

    return tick


def ticks(
    landscape: Landscape, method: Method, numbers: Mapping[str, Any]
) -> Callable[[Array, Array], dict[str, Array]]:
    """Return (x, v) → {"x": …, "v": …} for numbers that are floats or arrays which broadcast against x[..., 0]."""
    formulas = method.formulas()

    def tick(x: Array, v: Array) -> dict[str, Array]:
        state = {"x": x, "v": v}
        rules = {
            **ARRAYS,
            "variable": state.__getitem__,
            "number": numbers.__getitem__,
            "gradient": landscape.grad,
        }
        memo: dict[int, Any] = {}
        with np.errstate(all="ignore"):
            return {name: fold(formula, rules, memo) for name, formula in formulas.items()}

    return tick


def jacobian(landscape: Landscape, method: Method, x: Array, v: Array | None = None) -> Array:
    """Return the derivative of one tick at (x, v), exact by forward differentiation of the formula.

    Shape (s, s) with s = d, or 2d with momentum (x first). Raises UsageError where the map is not smooth (a unit
    vector of a zero gradient).
    """
    resolved = method.resolved(landscape.eta, landscape.rho)
    formulas = resolved.formulas()
    d, s = landscape.dim, landscape.dim * len(formulas)
    eye = np.eye(s)
    state = {"x": (x, eye[:d]), "v": (np.zeros(d) if v is None else v, eye[d:])}
    numbers = {k: (a, np.zeros(s)) for k, a in _scalars(resolved).items()}

    def gradient(at: Any) -> Any:
        return landscape.grad(at[0]), landscape.hessian(at[0]) @ at[1]

    rules = {**DUALS, "variable": state.__getitem__, "number": numbers.__getitem__, "gradient": gradient}
    rules["constant"] = lambda a: (a, np.zeros(s))
    memo: dict[int, Any] = {}
    return np.concatenate([fold(formula, rules, memo)[1] for formula in formulas.values()])


def _scalars(method: Method) -> Mapping[str, float]:
    for key, value in method.numbers.items():
        if isinstance(value, tuple):
            raise UsageError(f"{key} has {len(value)} values here; one method at a time, please")
    return {k: float(v) for k, v in method.numbers.items() if isinstance(v, (int, float))}


def _recip(a: Any) -> Any:
    a = np.asarray(a)
    return np.where(a == 0.0, 0.0, 1.0 / a)


ARRAYS: dict[str, Callable[..., Any]] = {
    "constant": float,
    "plus": np.add,
    "minus": np.subtract,
    "hadamard": np.multiply,
    "negative": np.negative,
    "sign": np.sign,
    "times": lambda s, a: np.asarray(s)[..., None] * a,
    "dot": lambda a, b: np.sum(a * b, axis=-1),
    "norm": lambda a: np.sqrt(np.sum(a * a, axis=-1)),
    "recip": _recip,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
}


def _dual_norm(a: Any) -> Any:
    n = float(np.sqrt(a[0] @ a[0]))
    if n == 0.0:
        raise UsageError("the map is not smooth here: it takes the unit vector of a zero gradient")
    return n, a[0] @ a[1] / n


DUALS: dict[str, Callable[..., Any]] = {
    "plus": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "minus": lambda a, b: (a[0] - b[0], a[1] - b[1]),
    "hadamard": lambda a, b: (a[0] * b[0], a[0][:, None] * b[1] + b[0][:, None] * a[1]),
    "negative": lambda a: (-a[0], -a[1]),
    "sign": lambda a: (np.sign(a[0]), 0.0 * a[1]),
    "times": lambda s, a: (s[0] * a[0], s[0] * a[1] + np.outer(a[0], s[1])),
    "dot": lambda a, b: (a[0] @ b[0], a[0] @ b[1] + b[0] @ a[1]),
    "norm": _dual_norm,
    "recip": lambda a: (1.0 / a[0], -a[1] / a[0] ** 2),
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "sub": lambda a, b: (a[0] - b[0], a[1] - b[1]),
    "mul": lambda a, b: (a[0] * b[0], a[0] * b[1] + b[0] * a[1]),
    "div": lambda a, b: (a[0] / b[0], (a[1] - a[0] / b[0] * b[1]) / b[0]),
    "neg": lambda a: (-a[0], -a[1]),
}
