"""The derivative of one tick, and of the drift of a flow or SDE, from the formulas of the method and the landscape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from saddlescape.dynamics.clocks import Steps
from saddlescape.dynamics.evaluate import ARRAYS, evaluated, scalars, step
from saddlescape.dynamics.expansion import along
from saddlescape.dynamics.flows import mean_direction, slope
from saddlescape.dynamics.laws import seen
from saddlescape.dynamics.method import Method
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.symbols import Vector, fixed, variable


class NoSlope(UsageError):
    """The mean step has a derivative, but it is not built."""


def jacobian(
    landscape: Landscape, method: Method, x: Array, v: Array | None = None, *, zero: float = 0.0
) -> Array:
    """Return the derivative of one tick at (x, v), exact: the formula's own derivative along every coordinate.

    Shape (…, s, s) for ``x`` (…, d), s = d, or 2d with momentum (x first). Of a random method it is that of the mean
    tick. Raises UsageError where the map is not smooth (a unit vector of a gradient of length ``zero`` or less), NoSlope
    for some signs under Gaussian noise (``_of_sign``).
    """
    random = method.on(landscape)
    resolved = random.skeleton()
    d = landscape.dim
    x = np.asarray(x, dtype=float)
    given = {"x": x, "v": np.zeros_like(x) if v is None else np.asarray(v, dtype=float)}
    formulas = resolved.formulas(d, landscape.n_samples)
    made = _derivative(landscape, resolved, formulas, given, lambda a: norm_above(a, zero))
    if _is_sign(random, d):
        made = made + _of_sign(landscape, random, given["x"], made.shape[-1])
    return made


def drift_jacobian(landscape: Landscape, method: Method, x: Array, norm: Any) -> Array:
    """Return the derivative (s, s) at (x, 0) of dx/dt of a flow, or of an SDE's mean, with respect to its state; with
    momentum of (dx/dt, dv/dt). Neither dt nor the scheme is in it.

    ``norm`` is the rule of a vector's length, which may refuse. Raises UsageError as it does, NoSlope as ``jacobian``.
    """
    d, clock = landscape.dim, method.clock
    if _is_sign(method, d):
        raise _no_slope(method)
    parts, order = method.parts(d, landscape.n_samples), getattr(clock, "order", None)
    state = {name: variable(name) for name in ("x", *method.momentum.state)}
    drift = mean_direction(parts, state["x"], order, getattr(clock, "drift", "plain"))
    given = {name: np.asarray(x, dtype=float) if name == "x" else np.zeros(d) for name in state}
    return _derivative(landscape, method, slope(parts, state, drift), given, norm)


def _derivative(
    landscape: Landscape,
    method: Method,
    formulas: Mapping[str, Vector],
    given: Mapping[str, Array],
    norm: Any,
) -> Array:
    """Return the derivative of ``formulas``, one for every vector of the state, with respect to the state, (…, s, s)."""
    d, numbers, x = landscape.dim, scalars(method), given["x"]
    memo: dict[int, Any] = {}
    derivatives = [
        [along(f, fixed(np.eye(d)[i]), variable(name)) for f in formulas.values()]
        for name in formulas
        for i in range(d)
    ]  # all are there before the first is evaluated: what is remembered goes by identity

    def value(f: Vector | None) -> Array:
        if f is None:
            return np.zeros_like(x)
        return np.broadcast_to(evaluated(landscape, f, given, numbers, memo, {"norm": norm}), x.shape)

    return np.stack([np.concatenate([value(f) for f in column], axis=-1) for column in derivatives], axis=-1)


def _is_sign(method: Method, d: int) -> bool:
    """Whether it takes the sign of a noisy gradient on a line, whose mean has a slope that no number of draws has."""
    return d == 1 and _is_rough(method) and seen(method.noise, looks=True)


def _is_rough(method: Method) -> bool:
    return not method.perturbation.is_smooth and method.numbers["rho"] != 0.0


def _of_sign(landscape: Landscape, method: Method, x: Array, size: int) -> Array:
    """Return what the sign of a noisy gradient on a line adds to the derivative of the mean step, (size, size): its jump
    times the density of a change of sign, which no finite number of draws has."""
    if not isinstance(method.clock, Steps) or method.noise.batch or method.noise.ascent != "same":
        raise _no_slope(method)
    sigma = scalars(method)["sigma"]
    turn = -landscape.grad(x) / sigma
    tick = step(landscape, method)
    after, before = (np.concatenate(np.atleast_2d(tick(x, np.zeros(1), z=turn + e))) for e in (1e-9, -1e-9))
    made = np.zeros((size, size))
    density = np.exp(-0.5 * turn[0] ** 2) / np.sqrt(2 * np.pi)
    made[:, 0] = density * landscape.hessian(x)[0, 0] / sigma * (after - before)
    return made


def _no_slope(method: Method) -> NoSlope:
    return NoSlope(
        f"{method.text}: on a line the linear theory of a sign under Gaussian noise is built for the map with sigma "
        "alone and ascent=same"
    )


def norm_above(a: Any, zero: float) -> Any:
    """Return ‖a‖ for the rules of ``evaluated``. Raises UsageError where it is ``zero`` or less: no derivative there."""
    n = ARRAYS["norm"](a)
    if np.any(n <= zero):
        raise UsageError("the map is not smooth here: it takes the unit vector of a zero gradient")
    return n
