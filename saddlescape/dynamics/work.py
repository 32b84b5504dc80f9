"""Work: a plan cut into pieces, run on threads.

Trajectories are cut into blocks of a few thousand, time into segments, so that a piece takes some 50 ms: that gives
threads, progress, Ctrl-C and resuming. Which piece runs where and when cannot change a bit of the result.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from saddlescape.dynamics import kernels
from saddlescape.dynamics.link import LANES, adaptive
from saddlescape.dynamics.plan import Plan, signature, tiles
from saddlescape.dynamics.stopping import Ended, Rule, cuts
from saddlescape.errors import Interrupted
from saddlescape.landscapes.base import Array
from saddlescape.partial import Partial

#: trajectory-ticks in one piece of work (about 50 ms of one thread)
PIECE = 1 << 24
#: trajectories in one piece of work of an adaptive scheme: lanes are refilled, and only wait at its end
ADAPTIVE_PIECE = 1 << 11

Progress = Callable[[int, int], None]


class Halt(threading.Event):
    """An event that kernels can see too, as a ``flag`` that is not 0."""

    def __init__(self) -> None:
        super().__init__()
        self.flag = np.zeros(1)

    def set(self) -> None:
        """Let work end."""
        self.flag[0] = 1.0
        super().set()


def words_of(seed: int) -> tuple[int, int]:
    """Return the low and the high 32 bits of a seed."""
    return seed & 0xFFFFFFFF, seed >> 32


def _pieces(plan: Plan, done: Any, lanes: int, threads: int, block: int | None) -> Iterator[slice]:
    """Cut the trajectories that are not done into runs of consecutive ones."""
    n = plan.x0.shape[0]
    if adaptive(plan.method):  # there ticks are no work
        size = block or min(ADAPTIVE_PIECE, -(-n // (4 * threads)))
    else:
        size = block or min(max(PIECE // plan.ticks, LANES), 1 << 14, -(-n // threads))
    size = -(-size // lanes) * lanes
    for first in range(0, n, size):
        part = slice(first, min(first + size, n))
        if not done[part].all():
            yield part


def work(
    plan: Plan, kernel: kernels.Kernel, lanes: int, out: Any, threads: int,
    progress: Progress | None, block: int | None, rule: Any, pressed: Callable[[], bool],
    piece: Callable[..., None] | None = None,
) -> None:  # fmt: skip
    """Run what is not ``done`` of ``out`` (partial.py) on ``threads`` and write it there. Raises Interrupted, with what
    is done, on KeyboardInterrupt or once ``pressed()`` says that there was one (ctrl_c.py). ``piece`` does what
    ``_piece`` does where a run is another (first_exit.py, deciding.py); ``rule`` is handed on to it."""
    total = plan.x0.shape[0] * plan.ticks
    pieces = list(_pieces(plan, out.done, lanes, threads, block))
    state = {"done": total - sum(part.stop - part.start for part in pieces) * plan.ticks}
    halt, lock = Halt(), threading.Lock()

    def advanced(ticks: int) -> None:
        with lock:
            state["done"] += ticks

    # a queue written in C, not concurrent.futures.wait: a Ctrl-C in there may leave the locks of futures taken for ever
    results: SimpleQueue[BaseException | None] = SimpleQueue()

    def job(part: slice) -> None:
        try:
            (piece or _piece)(plan, kernel, lanes, out, part, halt, advanced, rule)
        except BaseException as error:  # raised again by whoever waits
            results.put(error)
        else:
            results.put(None)

    pool = ThreadPoolExecutor(max_workers=threads)
    try:
        for part in pieces:
            pool.submit(job, part)
        waiting = len(pieces)
        while waiting:
            with suppress(Empty):
                error = results.get(timeout=0.1)
                waiting -= 1
                if error is not None:
                    raise error
            if progress and waiting:
                progress(state["done"], total)
            if waiting and pressed():
                raise KeyboardInterrupt
        if progress:
            progress(total, total)
    except KeyboardInterrupt:
        halt.set()
        pool.shutdown(wait=True, cancel_futures=True)
        raise Interrupted(replace(out, signature=signature(plan))) from None
    finally:
        halt.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _piece(
    plan: Plan, kernel: kernels.Kernel, lanes: int, out: Partial, part: slice, halt: Halt,
    advanced: Callable[[int], None], rule: Rule | None,
) -> None:  # fmt: skip
    """Run the trajectories of ``part`` from start to end and write their rows of ``out``."""
    n, d = plan.x0[part].shape
    blocks = -(-n // lanes)
    buffer = tiles(plan, part, lanes)
    boxes = np.zeros((blocks, 2, 3 * d + 2, lanes))
    record = out.record[part]
    segment = max(1, PIECE // (blocks * lanes)) if lanes > 1 else max(1, 20_000 // n)
    ended = Ended(rule, part, blocks, lanes) if rule else None
    for start, stop in [(0, plan.ticks)] if adaptive(plan.method) else cuts(plan, segment):
        if halt.is_set():
            return
        for a, b in ended.living() if ended else [(0, blocks)]:
            rows, ticks = record[a * lanes : b * lanes], (start, stop, plan.every, plan.ticks, plan.window)
            kernel(buffer[a:b], boxes[a:b], rows, halt.flag, *ticks, *words_of(plan.seed))
        if ended and adaptive(plan.method) and not halt.is_set():
            ended.cross(kernel, buffer, boxes, halt.flag)
        if halt.is_set() and adaptive(plan.method):  # it ended in the middle
            return
        advanced((stop - start) * n)
        if ended and ended.look(kernel, buffer, stop, halt.flag):
            advanced((plan.ticks - stop) * n)
            break
    _write(plan, buffer, boxes, out, part)
    if ended:
        ended.write(out)
    out.done[part] = True


def _write(plan: Plan, buffer: Array, boxes: Array, out: Partial, part: slice) -> None:
    """Write what the kernel left behind for the trajectories ``part``."""
    n, d = plan.x0[part].shape
    last = np.moveaxis(boxes[:, 1], 1, -1).reshape(-1, 3 * d + 2)[:n]
    out.period[part], out.recurrent[part] = last[:, -2] * last[:, -1], last[:, -1]
    out.box[part] = last[:, : 2 * d].reshape(n, 2, d) if plan.window else np.nan
    if adaptive(plan.method):
        out.attempts[part] = boxes[:, 0, -1].ravel()[:n]
    if out.v.shape[1]:
        out.v[part] = np.moveaxis(buffer[:, d : 2 * d], 1, -1).reshape(-1, d)[:n]
