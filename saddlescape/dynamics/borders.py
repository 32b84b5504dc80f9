"""Borders: when and where a flow leaves the domain, found inside the step it leaves in.

An adaptive kernel takes no step that would end outside (adaptive.py) and hands over where it would have begun and ended;
with a fixed dt a look (stopping.py) finds a trajectory outside, and its ticks since the look before are made again until
the one that ends there. A run of the same kernel from where that step begins, over a shorter time, is the flow itself, to
the accuracy of its scheme. How far it is beyond the border then is a function of that time, below 0 at one end and above
at the other: its zero is found by the Illinois method, which keeps both signs (Dowell & Jarratt 1971), with a bisection
in every sixth place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from saddlescape.dynamics.kernels import Kernel
from saddlescape.dynamics.link import adaptive
from saddlescape.dynamics.plan import Plan, in_blocks, nowhere
from saddlescape.landscapes.base import Array

#: tries at most; some ten are made
TRIES = 60
#: what counts as the border, and a time too short to be halved, as parts of the domain's size and of the step
ROUNDING, SLIVER = 4 * np.finfo(float).eps, 2.0**-50

#: (places of trajectories, times) → their states then, (n, state)
After = Callable[[Any, Array], Array]


def borders(
    plan: Plan, kernel: Kernel, buffer: Array, boxes: Array, n: int, halt: Array
) -> tuple[Any, Array, Array]:
    """Return which of ``n`` trajectories left, after how many ticks (a part of one, too), and their states (n, state)
    at the border: the first found that reads as outside. ``buffer`` and ``boxes`` are what the kernel left behind."""
    d, state = plan.landscape.dim, plan.state
    flat, early, late = (
        np.moveaxis(rows, 1, 0).reshape(rows.shape[1], -1)[:, :n]
        for rows in (buffer, boxes[:, 0], boxes[:, 1])
    )
    left = np.flatnonzero(early[3 * d] >= 0.0)
    given, (time, tick), length = flat[:, left], early[:2, left], early[3 * d, left]
    dt = given[_place_of_dt(plan)]
    after, (beyond, near) = _flow(plan, kernel, given, buffer.shape[2], halt), _border(plan)
    reached, at = _crossed(after, beyond, given[:state].T, late[:state, left].T, length, near)
    # rounding does not carry it past the tick it was on the way to: that one is at the border
    return left, np.minimum((time + reached) / dt, tick), at


def crossings(
    plan: Plan, kernel: Kernel, given: Array, lanes: int, halt: Array, most: int
) -> tuple[Array, Array]:
    """Return after how many ticks (n,) the trajectories with states and numbers ``given`` (rows, n) left, and their
    states (n, state) at the border. Each leaves within ``most`` ticks of fixed length, or is there when it starts."""
    dt, state = given[_place_of_dt(plan)], plan.state
    beyond, near = _border(plan)
    here, there, count = given[:state].T.copy(), given[:state].T.copy(), np.zeros(len(dt))
    inside = beyond(there) <= 0.0
    for _ in range(most):
        if not inside.any():
            break
        live = np.flatnonzero(inside)
        here[live] = there[live]
        moved = given.copy()
        moved[:state] = here.T
        there[live] = _flow(plan, kernel, moved, lanes, halt)(live, dt[live])
        inside = beyond(there) <= 0.0
        count[inside] += 1
    began = given.copy()
    began[:state] = here.T
    reached, at = _crossed(_flow(plan, kernel, began, lanes, halt), beyond, here, there, dt, near)
    started_out = beyond(given[:state].T) > 0.0
    return np.where(started_out, 0.0, count + reached / dt), np.where(
        started_out[:, None], given[:state].T, at
    )


def _border(plan: Plan) -> tuple[Callable[[Array], Array], float]:
    """Return how far states (n, state) are beyond the border of the domain, below 0 inside, and what counts as on it."""
    low, high = np.array(plan.landscape.domain).T
    d = plan.landscape.dim

    def beyond(states: Array) -> Array:
        found: Array = np.maximum(low - states[:, :d], states[:, :d] - high).max(axis=1)
        return found

    return beyond, float(ROUNDING * max(np.abs(low).max(), np.abs(high).max()))


def _place_of_dt(plan: Plan) -> int:
    return plan.state + list(plan.method.numbers).index("dt")


def _flow(plan: Plan, kernel: Kernel, given: Array, lanes: int, halt: Array) -> After:
    """Return the flow from the states in the columns of ``given``, over one tick as long as is asked."""
    d, state = plan.landscape.dim, plan.state

    def after(which: Any, times: Array) -> Array:
        part = given[:, which]
        part[_place_of_dt(plan)] = times
        if adaptive(plan.method):
            part[-2 * d :] = nowhere(d)[:, None]
        blocks = in_blocks(part, lanes)
        boxes, record = np.zeros((len(blocks), 2, 3 * d + 2, lanes)), np.empty((len(times), 2, d))
        kernel(blocks, boxes, record, halt, 0, 1, 1, 1, 0, 0, 0)
        return np.moveaxis(blocks[:, :state], 1, -1).reshape(-1, state)[: len(times)]

    return after


def _crossed(
    after: After, beyond: Callable[[Array], Array], inside: Array, outside: Array, length: Array, near: float
) -> tuple[Array, Array]:
    """Return the times (n,) up to ``length`` from which on states are ``beyond`` the border, and the states there."""
    low, high, at = np.zeros(len(length)), length.copy(), outside.copy()
    aim = 0.5 * near  # not 0: on the border is inside, and what is found should read as outside
    minus, plus = beyond(inside) - aim, beyond(outside) - aim
    side = np.zeros(len(length))  # which end was moved last: what the other one counts for is halved then
    for k in range(TRIES):
        live = np.flatnonzero((high - low > SLIVER * length) & (beyond(at) > near))
        if not live.size:
            break
        a, b = low[live], high[live]
        middle = 0.5 * (a + b)
        guess = a - minus[live] * (b - a) / (plus[live] - minus[live])
        tried = np.where((k % 6 < 5) & (guess > a) & (guess < b), guess, middle)
        states = after(live, tried)
        found = beyond(states)
        out = found > 0.0
        minus[live] = np.where(out, np.where(side[live] > 0, 0.5 * minus[live], minus[live]), found - aim)
        plus[live] = np.where(out, found - aim, np.where(side[live] < 0, 0.5 * plus[live], plus[live]))
        low[live], high[live] = np.where(out, a, tried), np.where(out, tried, b)
        at[live[out]], side[live] = states[out], np.where(out, 1.0, -1.0)
    return high, at
