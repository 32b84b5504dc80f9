"""Exits: when and where a flow leaves the domain, found inside the tick it leaves in.

A look (stopping.py) finds a trajectory outside. From where it was at the look before, the same ticks are made again until
the first that ends outside; within that tick the path is the cubic through both ends with the field's slopes there
(Hermite), whose error is of order dt⁴, as the scheme's own. Its crossing of the border is found by bisection.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.dynamics.evaluate import slope_at, ticks
from saddlescape.dynamics.plan import Plan
from saddlescape.landscapes.base import Array

#: halvings of a tick: to rounding
HALVINGS = 60


def crossings(plan: Plan, members: Any, before: Array, most: int) -> tuple[Array, Array]:
    """Return after how many ticks (n,) the trajectories ``members`` left, counted from ``before`` (n, state), and their
    states (n, state) at the border. Each leaves within ``most`` ticks."""
    d, method = plan.landscape.dim, plan.method
    numbers: dict[str, Any] = {
        k: np.asarray(v)[members] if isinstance(v, tuple) else v for k, v in method.numbers.items()
    }
    tick = ticks(plan.landscape, method, numbers)
    here, there = before.copy(), before.copy()
    count = np.zeros(len(before))
    inside = np.ones(len(before), dtype=bool)
    for _ in range(most):
        made = tick(there[inside, :d], there[inside, d:])
        here[inside] = there[inside]
        there[inside] = np.concatenate(list(made.values()), axis=1)
        left = _outside(plan, there[:, :d])
        count[inside & ~left] += 1
        inside &= ~left
        if not inside.any():
            break
    dt = np.broadcast_to(numbers["dt"], len(before))
    part = _crossing(plan, here, there, numbers, dt)
    return count + part, _between(plan, here, there, numbers, dt, part)


def _outside(plan: Plan, x: Array) -> Any:
    lo, hi = np.array(plan.landscape.domain).T
    return ~np.all((x >= lo) & (x <= hi), axis=1)


def _crossing(plan: Plan, here: Array, there: Array, numbers: Any, dt: Array) -> Array:
    low, high = np.zeros(len(here)), np.ones(len(here))
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        out = _outside(plan, _between(plan, here, there, numbers, dt, middle)[:, : plan.landscape.dim])
        low, high = np.where(out, low, middle), np.where(out, middle, high)
    return high


def _between(plan: Plan, here: Array, there: Array, numbers: Any, dt: Array, part: Array) -> Array:
    """Return the states at ``part`` (0 to 1) of the tick from ``here`` to ``there``; a buffer is taken as a line."""
    d, s = plan.landscape.dim, part[:, None]
    state = here + s * (there - here)
    slopes = [slope_at(plan.landscape, plan.method, numbers, each) * dt[:, None] for each in (here, there)]
    x0, x1 = here[:, :d], there[:, :d]
    state[:, :d] = (1 + 2 * s) * (1 - s) ** 2 * x0 + s**2 * (3 - 2 * s) * x1
    state[:, :d] += s * (1 - s) ** 2 * slopes[0] - s**2 * (1 - s) * slopes[1]
    return state
