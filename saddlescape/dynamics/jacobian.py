"""The derivative of one tick, from the formulas of the method and the landscape."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.dynamics.clocks import Steps
from saddlescape.dynamics.evaluate import ARRAYS, evaluated, scalars, step
from saddlescape.dynamics.expansion import along
from saddlescape.dynamics.laws import seen
from saddlescape.dynamics.method import Method
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.symbols import fixed, variable


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
    formulas = resolved.formulas(landscape.dim, landscape.n_samples)
    d = landscape.dim
    x = np.asarray(x, dtype=float)
    given = {"x": x, "v": np.zeros_like(x) if v is None else np.asarray(v, dtype=float)}
    memo: dict[int, Any] = {}
    derivatives = [
        [along(f, fixed(np.eye(d)[i]), variable(name)) for f in formulas.values()]
        for name in formulas
        for i in range(d)
    ]  # all are there before the first is evaluated: what is remembered goes by identity
    more = {"norm": lambda a: norm_above(a, zero)}
    made = np.stack(
        [
            np.concatenate(
                [
                    np.zeros_like(x)
                    if f is None
                    else np.broadcast_to(
                        evaluated(landscape, f, given, scalars(resolved), memo, more), x.shape
                    )
                    for f in column
                ],
                axis=-1,
            )
            for column in derivatives
        ],
        axis=-1,
    )
    if d == 1 and _is_rough(random) and seen(random.noise, looks=True):
        made = made + _of_sign(landscape, random, given["x"], len(made))
    return made


def _is_rough(method: Method) -> bool:
    return not method.perturbation.is_smooth and method.numbers["rho"] != 0.0


def _of_sign(landscape: Landscape, method: Method, x: Array, size: int) -> Array:
    """Return what the sign of a noisy gradient on a line adds to the derivative of the mean step, (size, size): its jump
    times the density of a change of sign, which no finite number of draws has."""
    if not isinstance(method.clock, Steps) or method.noise.batch or method.noise.ascent != "same":
        raise NoSlope(
            f"{method.text}: on a line the linear theory of a sign under Gaussian noise is built for the map with sigma "
            "alone and ascent=same"
        )
    sigma = scalars(method)["sigma"]
    turn = -landscape.grad(x) / sigma
    tick = step(landscape, method)
    after, before = (np.concatenate(np.atleast_2d(tick(x, np.zeros(1), z=turn + e))) for e in (1e-9, -1e-9))
    made = np.zeros((size, size))
    density = np.exp(-0.5 * turn[0] ** 2) / np.sqrt(2 * np.pi)
    made[:, 0] = density * landscape.hessian(x)[0, 0] / sigma * (after - before)
    return made


def norm_above(a: Any, zero: float) -> Any:
    """Return ‖a‖ for the rules of ``evaluated``. Raises UsageError where it is ``zero`` or less: no derivative there."""
    n = ARRAYS["norm"](a)
    if np.any(n <= zero):
        raise UsageError("the map is not smooth here: it takes the unit vector of a zero gradient")
    return n
