"""The vector field of a method: dx/dt of its flow, the drift of its SDE, or the mean step of its map divided by eta."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from saddlescape.dynamics.evaluate import evaluated
from saddlescape.dynamics.expansion import along
from saddlescape.dynamics.flows import mean_direction
from saddlescape.dynamics.jacobian import norm_above
from saddlescape.dynamics.method import Method
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.symbols import Vector, fixed, number, variable

#: points whose field is found at once: a law of many atoms keeps all their directions
AT_ONCE = 20_000
#: step of a central difference in parts of the domain's width, where no rule differentiates the formula
DIFFERENCE = 6e-6


@dataclass(frozen=True, eq=False)
class VectorField:
    """The field of ``method``, whose numbers are all known and single, on ``landscape``.

    Calling it with x (…, d) gives (…, d) in units of x over time t = k·eta: −E[G] of a flow, an SDE or a map. With
    momentum it is taken at v = 0: of a map the first step, E[x'] − x over eta; of a flow or SDE the force −E[G].
    """

    landscape: Landscape
    method: Method

    @property
    def is_map(self) -> bool:
        """Whether it is the displacement of a map's step."""
        return self.method.clock.name == "steps"

    @property
    def jumps(self) -> bool:
        """Whether it jumps where the gradient vanishes: a normalised direction, which no noise makes smooth."""
        own = self.method
        return not own.perturbation.is_smooth and own.numbers["rho"] != 0.0 and not own.noise.random

    @property
    def is_gradient(self) -> bool:
        """Whether it is −∇f times a number, so that it vanishes at the critical points of the loss alone."""
        plain = self.method.name == "gd" or self.method.numbers.get("rho") == 0.0
        return plain and getattr(self.method.clock, "drift", "plain") == "plain"

    def __call__(self, x: Array) -> Array:
        """Return the field at ``x`` (…, d); NaN where the loss is not defined."""
        flat = np.asarray(x, dtype=float).reshape(-1, self.landscape.dim)
        pieces = [
            self._evaluated(self._formula, flat[i : i + AT_ONCE], {})
            for i in range(0, max(len(flat), 1), AT_ONCE)
        ]
        found: Array = np.concatenate(pieces).reshape(np.shape(x))
        return found

    def jacobian(self, x: Array) -> Array:
        """Return the derivative (…, d, d) at ``x`` (…, d): exact by the rules of expansion.along, by central differences
        where a derivative of that order is not to be had (own functions, order 3 of drift=mod)."""
        x = np.asarray(x, dtype=float)
        memo: dict[int, Any] = {}
        try:
            made = [
                np.zeros_like(x) if column is None else self._evaluated(column, x, memo)
                for column in self._derivatives
            ]
        except UsageError:
            return self._differences(x)
        found: Array = np.stack([np.broadcast_to(column, x.shape) for column in made], axis=-1)
        return found

    def smooth_at(self, x: Array, zero: float) -> bool:
        """Whether it has a derivative at ``x`` (d,): no unit vector of a gradient of length ``zero`` or less is taken."""
        try:
            self._evaluated(self._formula, x, {}, {"norm": lambda a: norm_above(a, zero)})
        except UsageError:
            return False
        return True

    @cached_property
    def _numbers(self) -> dict[str, float]:
        return {k: float(v) for k, v in self.method.numbers.items() if isinstance(v, int | float)}

    @cached_property
    def _formula(self) -> Vector:
        """The mean direction E[G], times what a first step from rest makes of it."""
        method, x = self.method, variable("x")
        parts = method.parts(self.landscape.dim, self.landscape.n_samples)
        clock = method.clock
        order, kind = getattr(clock, "order", None), getattr(clock, "drift", "plain")
        found = mean_direction(parts, x, order, kind)
        if not self.is_map:
            return -found
        rest = fixed(np.zeros(self.landscape.dim))
        own = {name: number(name) for name in method.momentum.numbers}
        moved, _ = method.momentum.move(rest, rest, found, eta=number("eta"), **own)
        return moved

    @cached_property
    def _derivatives(self) -> list[Vector | None]:
        x = variable("x")
        return [along(self._formula, fixed(row), x) for row in np.eye(self.landscape.dim)]

    def _evaluated(self, formula: Vector, x: Array, memo: dict[int, Any], more: Any = None) -> Array:
        found = evaluated(self.landscape, formula, {"x": x}, self._numbers, memo, more)
        return found / self._numbers["eta"] if self.is_map else found

    def _differences(self, x: Array) -> Array:
        columns = []
        for i, (lo, hi) in enumerate(self.landscape.domain):
            step = DIFFERENCE * (hi - lo) * np.eye(self.landscape.dim)[i]
            columns.append((self(x + step) - self(x - step)) / (2.0 * DIFFERENCE * (hi - lo)))
        return np.stack(columns, axis=-1)
