"""Deciding: what becomes of many starts, each followed only until its end is certain (analysis/basins.py).

Between two calls of the kernel, at ticks that grow geometrically, a look finds the trajectories whose end is decided:
in a bowl, in a ball that the method keeps (docs/statuses.md). They are left out, and those that go on are packed side
by side. What is not decided by then is judged at the end as any run is; what is still moving may be given more time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from saddlescape import ctrl_c
from saddlescape.answers.basins import RULES
from saddlescape.dynamics.certain import Certain
from saddlescape.dynamics.flock import Flock
from saddlescape.dynamics.kernels import Kernel
from saddlescape.dynamics.link import CHECK, adaptive
from saddlescape.dynamics.plan import Plan, fitting
from saddlescape.dynamics.simulate import kernel_of
from saddlescape.dynamics.status import CODES, Ends, judge
from saddlescape.dynamics.verdicts import Verdicts
from saddlescape.dynamics.work import PIECE, Halt, Progress, work
from saddlescape.partial import PartialFates

#: the first looks, and how many times later each one after them is
FIRST, GROWTH = (16, 32, CHECK), 1.5
#: trajectories in a piece of work, as many as ticks allow (what a Ctrl-C may cost); pieces that a thread gets at least
MOST, COST, PIECES = 1 << 15, 1 << 30, 8
#: ticks of all trajectories between two looks at Ctrl-C, in plain Python
PLAIN_PIECE = 20_000
#: fewer than these ticks do not show rest (status.py)
WATCHED = 20
#: the points that trajectories are at, where none is at any
NOBODY = np.empty(0, dtype=np.int32)


def fates(
    plan: Plan, engine: str = "auto", *, early: bool = True, more: int = 0, threads: int = 1,
    progress: Progress | None = None, resume: PartialFates | None = None,
) -> PartialFates:  # fmt: skip
    """Return what becomes of every start of ``plan``, whose method has one value per number.

    ``early`` lets a trajectory go once its end is decided. What still moves after the plan's ticks without a fate is
    continued to twice as many, ``more`` times. Raises Interrupted on Ctrl-C with what is done, as ``simulate`` does.
    """
    plan = replace(plan, every=plan.ticks, stop=f"decided, early={early}, more={more}")
    n = len(plan.x0)
    with ctrl_c.remembered() as pressed:
        kernel, lanes = kernel_of(plan, engine)
        out = fitting(resume, plan) or _empty(n)
        size = min(max(COST // (plan.ticks << more), 4 * lanes), MOST, -(-n // (PIECES * threads)))
        work(plan, kernel, lanes, out, threads, progress, size, Decider(plan, early, more), pressed, piece)
    return out


def _empty(n: int) -> PartialFates:
    nobody, nothing = np.full(n, -1, dtype=np.int32), np.zeros(n, dtype=np.int8)
    never, nowhere = np.full(n, np.nan), np.full(n, np.nan, dtype=np.float32)
    return PartialFates(
        "", np.zeros(n, dtype=bool), nothing, nobody, nobody.copy(), nothing.copy(), never, nowhere
    )


class Decider:
    """What is known of one method before it runs, and what is asked of it."""

    def __init__(self, plan: Plan, early: bool, more: int) -> None:
        self.early, self.more = early, more
        self.certain = Certain(plan.landscape, plan.method)
        self.verdicts = Verdicts(plan.landscape, [plan.method])
        self.looks = list(looks(plan.ticks << more))


def looks(ticks: int) -> Iterator[int]:
    """Yield the ticks of looks before tick ``ticks``: few, so that they cost little however long the run is."""
    tick = 0
    for first in FIRST:
        tick = first
        if tick < ticks:
            yield tick
    while True:
        tick = -(-int(GROWTH * tick) // CHECK) * CHECK
        if tick >= ticks:
            return
        yield tick


def piece(
    plan: Plan, kernel: Kernel, lanes: int, out: PartialFates, part: slice, halt: Halt,
    advanced: Callable[[int], None], decider: Decider,
) -> None:  # fmt: skip
    """Follow the trajectories of ``part`` to their ends and write their rows of ``out``."""
    flock = Flock(plan, part, lanes)
    watch = Watch(decider, out, part)
    reported = 0
    watch.look(flock, 0)
    for once in range(1 + decider.more):
        first, last = (plan.ticks << once) >> 1 if once else 0, plan.ticks << once
        for start, stop, final in _spans(plan, flock, decider, first, last, lanes):
            if halt.is_set() or not flock.count:
                break
            flock.run(kernel, halt.flag, start, stop, final)
            if stop in decider.looks and not adaptive(plan.method):
                watch.look(flock, stop)
            if not once:
                advanced((stop - start) * watch.n)
                reported = stop
        if halt.is_set():
            return
        watch.end(flock, plan, last, again=once < decider.more)
        if not flock.count:
            break
    advanced((plan.ticks - reported) * watch.n)
    out.done[part] = True


def _spans(
    plan: Plan, flock: Flock, decider: Decider, first: int, last: int, lanes: int
) -> Iterator[tuple[int, int, int]]:
    """Cut the ticks from ``first`` to ``last`` at every look, and so that a part is short, each with the last tick. An
    adaptive flow is never cut, and starts anew: it knows no time."""
    if adaptive(plan.method):
        yield 0, last - first, last - first
        return
    start = first
    while start < last:
        segment = max(1, PIECE // max(1, len(flock.who)) if lanes > 1 else PLAIN_PIECE // max(1, flock.count))
        stop = min(start + segment, last)
        place = bisect_right(decider.looks, start)
        if place < len(decider.looks):
            stop = min(stop, decider.looks[place])
        yield start, stop, last
        start = stop


class Watch:
    """What is seen of the trajectories of one piece: who is decided, and since when each was at a critical point."""

    def __init__(self, decider: Decider, out: PartialFates, part: slice) -> None:
        self.decider, self.certain, self.out = decider, decider.certain, out
        self.n, self.first = part.stop - part.start, part.start
        self.inside = NOBODY
        self.since = np.zeros(self.n)

    def look(self, flock: Flock, tick: int) -> None:
        """Let go who is decided at ``tick``; note who is at a critical point."""
        near = flock.living(self.certain.zone)
        if not near.size:
            self.inside = NOBODY
            return
        rows, x = flock.who[near], flock.places(near)
        if self.decider.early:
            fate, rule = self.certain.decide(x)
            gone = np.flatnonzero(fate >= 0)
            arrived = gone[self.certain.at_point(x[gone]) == fate[gone]]
            rule[arrived] = RULES.index("arrived")
            self._write(rows[gone], self.certain.words(fate[gone], rule[gone]), fate[gone], rule[gone], tick)
            flock.leave(near[gone])
            rows, x = rows[fate < 0], x[fate < 0]
        before = self.inside[rows] if len(self.inside) else np.full(len(rows), -1, dtype=np.int32)
        self._arrivals(rows, self.certain.at(x, before), tick)

    def _arrivals(self, rows: Any, at: Any, tick: int) -> None:
        """Note who is at a critical point ``at``, and since when."""
        there = np.flatnonzero(at >= 0)
        if not there.size:
            self.inside = NOBODY
            return
        before = self.inside if len(self.inside) else np.full(self.n, -1, dtype=np.int32)
        self.inside = np.full(self.n, -1, dtype=np.int32)
        self.inside[rows[there]] = at[there]
        self.since[rows[there[before[rows[there]] != at[there]]]] = tick

    def _write(self, rows: Any, status: Any, fate: Any, rule: Any, when: Any) -> None:
        out, place = self.out, rows + self.first
        out.status[place], out.fate[place], out.rule[place], out.when[place] = status, fate, rule, when
        out.point[place] = np.where(status == CODES["moving"], -1, fate)

    def end(self, flock: Flock, plan: Plan, last: int, again: bool) -> None:
        """Judge at tick ``last`` who is left; if they go on ``again``, keep in the flock who moves without a fate."""
        here = flock.living()
        rows, x = flock.who[here], flock.places(here)
        box, recurrent = flock.windows(here)
        ends = Ends(x, box, recurrent, np.full(len(x), last >= WATCHED))
        found = judge(plan.landscape, plan.method, ends, lambda p: self.decider.verdicts.of(0, p))
        fate, rule, status = found["fate"], found["rule"], found["status"]
        if not self.certain.descends:  # bowls have been asked
            still = np.flatnonzero((status == CODES["moving"]) & (fate < 0))
            fate[still], rule[still] = self.certain.decide(x[still])
        arrived = rule == RULES.index("arrived")
        arrived &= self.inside[rows] == fate if len(self.inside) else False
        when = np.where(fate >= 0, np.where(arrived, self.since[rows], float(last)), np.nan)
        self._write(rows, status, fate, rule, when)
        self.out.point[rows + self.first] = found["point"]
        self.out.distance[rows + self.first] = np.where(found["point"] >= 0, found["distance"], np.nan)
        if again:
            flock.leave(here[(status != CODES["moving"]) | (fate >= 0)], pack=True)
