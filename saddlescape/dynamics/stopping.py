"""Stopping: which trajectories need not go on, and what is then written of them (simulate's ``stop``).

Looks are taken between two calls of the kernel, at ticks that depend on nothing but LOOK; the kernel knows nothing of
it. So a trajectory that goes on has the bits of a run that never looks, and one that stops does so at the same tick
for any number of threads and block size. An adaptive flow, which makes no ticks, ends in its kernel (borders.py).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from saddlescape.dynamics.borders import borders, crossings
from saddlescape.dynamics.flows import Flow
from saddlescape.dynamics.kernels import Kernel
from saddlescape.dynamics.link import CHECK
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.neighbourhoods import KINDS, MOST, is_map_of_place, kept_radius
from saddlescape.dynamics.plan import Plan, sets
from saddlescape.dynamics.radius import capture_radius
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.partial import Partial

#: ticks from one look to the next, a multiple of CHECK: what diverged has then been noticed
LOOK = 4 * CHECK


def cuts(plan: Plan, segment: int) -> Iterator[tuple[int, int]]:
    """Cut the ticks of a run into pieces of at most ``segment``, and at every look if there are any."""
    start = 0
    while start < plan.ticks:
        stop = min(start + segment, plan.ticks)
        if plan.stop:
            stop = min(stop, start - start % LOOK + LOOK)
        yield start, stop
        start = stop


class Rule:
    """What ends a trajectory of one run: it left the domain, or it is where the method is known to keep it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.lock = threading.Lock()
        self.kept: dict[tuple[int, int], bool] = {}
        self.sets: list[tuple[Landscape, Method]] = []
        if plan.stop == "converged" and is_map_of_place(plan.method):
            rows, self.which = sets(plan.method, plan.params, len(plan.x0))
            self.sets = list(_each(plan, rows))

    def ends(self, part: slice, x: Array) -> Any:
        """Return which of the trajectories ``part``, now at ``x``, need not go on."""
        if self.plan.stop == "left":
            lo, hi = np.array(self.plan.landscape.domain).T
            return ~np.all((x >= lo) & (x <= hi), axis=1)
        found = np.zeros(len(x), dtype=bool)
        if self.sets:
            which = self.which[part]
            for k in np.unique(which):
                members = np.flatnonzero(which == k)
                found[members] = self._captured(int(k), x[members])
        return found

    def _captured(self, k: int, x: Array) -> Any:
        """Whether places are within the capture radius of a point that the method keeps with the numbers of set ``k``."""
        landscape, method = self.sets[k]
        found = np.zeros(len(x), dtype=bool)
        for p in landscape.critical_points:
            if p.kind not in KINDS:
                continue
            radius = capture_radius(landscape, method, p)
            near = np.linalg.norm(x - p.x, axis=1) <= radius
            if not near.any():
                continue
            with self.lock:  # whoever comes first runs the check, the others wait for it
                if (k, p.id) not in self.kept:
                    self.kept[k, p.id] = kept_radius(landscape, method, p) >= radius
            found |= near & self.kept[k, p.id]
        return found


def _each(plan: Plan, rows: Array) -> Iterator[tuple[Landscape, Method]]:
    """Yield landscape and method with each row of their varying numbers. Raises UsageError if there are too many."""
    if len(rows) > MOST:
        raise UsageError(
            f"stop='converged' checks for every set of numbers what the method keeps: {len(rows)} different "
            f"ones are more than {MOST}. Run them in parts, or without stop"
        )
    numbers = [key for key, value in plan.method.numbers.items() if isinstance(value, tuple)]
    for row in rows.tolist():
        params = dict(zip(plan.params, row[len(numbers) :], strict=True))
        method = plan.method.with_numbers(**dict(zip(numbers, row, strict=False)))
        yield plan.landscape.with_params(**params), method


class Ended:
    """The trajectories of one piece of work that have ended: by the rule, or because they diverged."""

    def __init__(self, rule: Rule, part: slice, blocks: int, lanes: int) -> None:
        self.rule, self.part, self.n = rule, part, len(rule.plan.x0[part])
        self.shape = blocks, lanes
        self.over = np.zeros(self.n, dtype=bool)
        self.tick = np.full(self.n, float(rule.plan.ticks))
        self.state = np.full((self.n, rule.plan.state), np.nan)
        self.before = np.zeros((self.n, rule.plan.state))
        self.before[:, : rule.plan.landscape.dim] = rule.plan.x0[part]
        if rule.plan.v0 is not None:
            self.before[:, rule.plan.landscape.dim :] = rule.plan.v0[part]

    def look(self, kernel: Kernel, buffer: Array, tick: int, halt: Array) -> bool:
        """See who has ended at ``tick``, where ``kernel`` left ``buffer``; return whether nobody goes on.

        Nobody ends in the last window: it is filling.
        """
        plan = self.rule.plan
        if tick % LOOK or tick > plan.ticks - plan.window:
            return False
        state = np.moveaxis(buffer[:, : plan.state], 1, -1).reshape(-1, plan.state)[: self.n]
        x = state[:, : plan.landscape.dim]
        new = ~self.over & (~np.isfinite(x).all(axis=1) | self.rule.ends(self.part, x))
        self.state[new], self.tick[new] = state[new], tick
        flown = np.flatnonzero(new & np.isfinite(x).all(axis=1))
        if flown.size and isinstance(plan.method.clock, Flow) and plan.stop == "left":
            given = np.moveaxis(buffer, 1, 0).reshape(buffer.shape[1], -1)[:, flown]
            given[: plan.state] = self.before[flown].T
            after, self.state[flown] = crossings(plan, kernel, given, buffer.shape[2], halt, LOOK)
            self.tick[flown] = tick - LOOK + after
        self.over |= new
        self.before = state.copy()
        return bool(self.over.all())

    def cross(self, kernel: Kernel, buffer: Array, boxes: Array, halt: Array) -> None:
        """See who has left of an adaptive flow, of which ``kernel`` has left behind ``buffer`` and ``boxes``."""
        left, tick, state = borders(self.rule.plan, kernel, buffer, boxes, self.n, halt)
        self.over[left], self.tick[left], self.state[left] = True, tick, state

    def living(self) -> Iterator[tuple[int, int]]:
        """Yield the runs of consecutive blocks in which some trajectory goes on: the others are left out."""
        blocks, lanes = self.shape
        alive = np.zeros(blocks * lanes, dtype=bool)
        alive[: self.n] = ~self.over
        edges = np.flatnonzero(np.diff(alive.reshape(blocks, lanes).any(axis=1), prepend=False, append=False))
        yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)

    def write(self, out: Partial) -> None:
        """Write what ended trajectories are from then on: at rest where they stopped, or NaN where they diverged."""
        plan, d = self.rule.plan, self.rule.plan.landscape.dim
        record = out.record[self.part]
        first = np.ceil(self.tick / plan.every).astype(int)
        for slot in np.unique(first[self.over]):
            rows = np.flatnonzero(self.over & (first == slot))
            record[rows, slot:] = self.state[rows, None, :d]
        rows = np.flatnonzero(self.over) + self.part.start
        state = self.state[self.over]
        stopped = np.isfinite(state).all(axis=1)
        out.box[rows] = state[:, None, :d]
        out.recurrent[rows], out.period[rows] = stopped, 0
        out.stopped[rows[stopped]] = self.tick[self.over][stopped]
        if out.v.shape[1]:
            out.v[rows] = state[:, d:]
