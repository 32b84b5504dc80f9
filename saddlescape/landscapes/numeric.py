"""The numbers of a landscape as NumPy functions: of its printed programs, or of functions of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from saddlescape.errors import UsageError
from saddlescape.landscapes import jets
from saddlescape.landscapes.calculus import DIRECTIONS
from saddlescape.landscapes.program import Program, function_text

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Landscape

Array = np.ndarray[Any, np.dtype[np.float64]]
#: what is a gradient, and so 0 at a declared cone
SLOPES = ("gradient", "jet 1", "jet 1 weighted")
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


class Numbers:
    """The functions of one landscape, made when they are first asked for, and their values at points."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        own = landscape.functions
        self.functions: dict[str, Callable[..., Any]] = (
            of_functions(*own, landscape.domain)
            if own
            else of_programs(landscape.derived, landscape.coordinates, landscape.params)
        )

    def part(self, part: str, x: Any, more: Mapping[str, Array] | None = None) -> Array:
        """Return the components of a function at ``x`` (…, d), in the last axis; ``more`` are its other inputs (…)."""
        points, own = self.points(x), self.landscape
        columns = [points[..., i] for i in range(own.dim)]
        with np.errstate(all="ignore"):
            values = self.functions[part](*columns, **own.params, **(more or {}))
        values = values if isinstance(values, tuple) else (values,)
        result = np.empty((*points.shape[:-1], len(values)))
        for i, value in enumerate(values):
            result[..., i] = value
        if part in SLOPES:
            for tip in own.cones:
                result[np.all(points == np.array(tip), axis=-1)] = 0.0
        return result

    def jet(self, order: int, x: Any, directions: Sequence[Any], weights: Any) -> Array:
        """Return a jet (Landscape.along) at ``x``, all inputs broadcast; ``weights`` None is for the loss itself."""
        own, weighted = self.landscape, weights is not None
        part = f"jet {order}{' weighted' if weighted else ''}"
        if part not in self.functions:
            inputs = [*own.coordinates, *own.params, *jets.inputs(own, order, weighted)]
            self.functions[part] = of_program(own.jet(order, weighted), inputs)
        given = dict(zip(DIRECTIONS, map(self.points, directions), strict=False))
        if weighted:
            given["w"] = jets.weights(own, weights)
        x = self.points(x)
        lead = np.broadcast_shapes(x.shape[:-1], *(a.shape[:-1] for a in given.values()))
        more = {f"_{name}{i}": a[..., i] for name, a in given.items() for i in range(a.shape[-1])}
        return self.part(part, x if x.shape[:-1] == lead else np.broadcast_to(x, (*lead, own.dim)), more)

    def of_samples(self, order: int, x: Any) -> Array:
        """Return a jet of order 0 or 1 of every sample: the weights are those of one sample each, in a new axis."""
        return self.jet(order, self.points(x)[..., None, :], (), np.eye(self.landscape.n_samples))

    def points(self, x: Any) -> Array:
        """Return ``x`` as an array of shape (…, d); refuses another last axis."""
        points, own = np.asarray(x, dtype=np.float64), self.landscape
        if points.ndim == 0 or points.shape[-1] != own.dim:
            raise UsageError(
                f"{own.name} has {own.dim} coordinate(s) {own.coordinates}: "
                f"an array of shape (…, {own.dim}) is needed, not {points.shape}"
            )
        return points


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
