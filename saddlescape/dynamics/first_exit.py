"""First exits: when trajectories first leave a ball, to the tick, without a record of the way there.

The kernel has a loop of its own (leaving.py) that measures every lane after every tick; formulas, draws and numbers are
those of any run, so a trajectory has the bits that ``simulate`` gives it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from saddlescape import ctrl_c, store
from saddlescape.dynamics import kernels
from saddlescape.dynamics.link import LANES, adaptive
from saddlescape.dynamics.plan import Plan, empty, signature, tiles, whole
from saddlescape.dynamics.simulate import kernel_of
from saddlescape.dynamics.stopping import Rule
from saddlescape.dynamics.work import Halt, Progress, words_of, work
from saddlescape.errors import Interrupted, UsageError
from saddlescape.landscapes.base import Array
from saddlescape.partial import Partial

#: trajectory-ticks of one piece of work: what Ctrl-C may cost (some 50 ms of one thread)
PIECE = 1 << 21


def first_exits(
    plan: Plan, centre: Array, radius: float, *, engine: str = "auto", threads: int | None = None,
    progress: Progress | None = None, resume: Partial | None = None,
) -> tuple[Array, Array]:  # fmt: skip
    """Return the ticks (n,) after which the trajectories of ``plan`` were first farther than ``radius`` from ``centre``
    (d,), NaN for those that never were, and where they were then (n, d), or at the end.

    What is not finite is outside. Memory goes with n alone. Raises UsageError for adaptive steps and for starts outside,
    Interrupted on Ctrl-C with what is done, which ``resume`` goes on from.
    """
    if adaptive(plan.method):
        raise UsageError(
            "a first exit is looked for at ticks of one length, which scheme=dopri5 does not make: use rk4"
        )
    if np.any(np.sum((plan.x0 - centre) ** 2, axis=1) > radius**2):
        raise UsageError(f"a start lies outside the ball of radius {radius:g} that is to be left")
    threads = whole("threads", os.cpu_count() or 1 if threads is None else threads)
    plan = replace(plan, every=plan.ticks)
    own = store.digest(signature(plan), centre.tobytes().hex(), repr(radius))
    if resume is not None and resume.signature != own:
        raise UsageError(
            "what was interrupted is another run: landscape, method, starts, ball or steps differ"
        )
    with ctrl_c.remembered() as pressed:
        kernel, lanes = kernel_of(plan, engine, "leaving.py")
        out = resume or replace(empty(plan), stopped=np.zeros(len(plan.x0)))
        block = max(LANES, PIECE // plan.ticks)
        try:
            work(plan, kernel, lanes, out, threads, progress, block, None, pressed, _piece(centre, radius))
        except Interrupted as stop:
            raise Interrupted(replace(stop.partial, signature=own)) from None
    return np.where(out.stopped > 0, out.stopped, np.nan), out.record[:, -1]


def _piece(centre: Array, radius: float) -> Callable[..., None]:
    """Return what runs the trajectories of one piece of work and writes their rows."""

    def piece(
        plan: Plan, kernel: kernels.Kernel, lanes: int, out: Partial, part: slice, halt: Halt,
        advanced: Callable[[int], None], _: Rule | None,
    ) -> None:  # fmt: skip
        n, d = plan.x0[part].shape
        blocks = -(-n // lanes)
        buffer, boxes = tiles(plan, part, lanes), np.zeros((blocks, 2, 3 * d + 2, lanes))
        boxes[:, 0, :d], boxes[:, 0, d] = centre[:, None], radius**2
        segment = max(1, PIECE // (blocks * lanes)) if lanes > 1 else max(1, 20_000 // n)
        for start in range(0, plan.ticks, segment):
            stop = min(start + segment, plan.ticks)
            if halt.is_set():
                return
            ticks = (start, stop, plan.every, plan.ticks, 0)
            kernel(buffer, boxes, np.zeros((1, 1, d)), halt.flag, *ticks, *words_of(plan.seed))
            advanced((stop - start) * n)
            if np.all(boxes[:, 1, 0] > 0):
                advanced((plan.ticks - stop) * n)
                break
        left, there, now = (
            _columns(each, n) for each in (boxes[:, 1, :1], boxes[:, 1, 1 : 1 + d], buffer[:, :d])
        )
        out.stopped[part] = left[:, 0]
        out.record[part, -1] = np.where(left > 0, there, now)
        out.done[part] = True

    return piece


def _columns(rows: Any, n: int) -> Array:
    """Return rows of blocks (blocks, k, lanes) as (n, k)."""
    return np.asarray(np.moveaxis(rows, 1, -1).reshape(-1, rows.shape[1])[:n])
