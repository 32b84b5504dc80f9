"""Simulate: lay out numbers, cut the work into blocks, run them on threads, return a Run.

Trajectories are cut into blocks of a few thousand, time into segments, so that a piece of work takes some 50 ms: that
gives threads, progress, Ctrl-C and resuming. Which piece runs where and when cannot change a bit of the result.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape.dynamics import kernels, status, words
from saddlescape.dynamics.link import LANES, kernel_source
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.method import method as as_method
from saddlescape.errors import Interrupted, UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import Partial, Run

#: trajectory-ticks in one piece of work (about 50 ms of one thread)
PIECE = 1 << 24
#: below this many trajectory-ticks a run is done in plain Python: sooner than numba is imported
PLAIN_TICKS = 60_000
#: ticks in each of the two windows that statuses are judged by
WINDOW = 50
#: bytes of recorded positions beyond which a run is refused unless ``memory`` allows more
MEMORY = 4_000_000_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """One run, resolved and checked: what the kernel needs and how results are laid out."""

    landscape: Landscape
    method: Method
    x0: Array
    v0: Array | None
    ticks: int
    every: int
    fast: bool
    seed: int

    @property
    def records(self) -> int:
        """The number of recorded ticks: 0, every, 2·every, … and the last."""
        return 1 + -(-self.ticks // self.every)

    @property
    def window(self) -> int:
        """The length of each of the two windows (see loop.run)."""
        return min(WINDOW, self.ticks // 2)

    @property
    def state(self) -> int:
        """Rows of state in the buffer."""
        return self.landscape.dim * (1 + len(self.method.momentum.state))

    def numbers(self, part: slice) -> list[Any]:
        """The rows of numbers for the trajectories of ``part``, each a float or an array."""
        own = [np.asarray(v, dtype=float) for v in self.method.numbers.values()]
        rows: list[Any] = [v[part] if v.ndim else float(v) for v in own]
        return rows + list(self.landscape.params.values())


def simulate(
    landscape: Landscape,
    method: Method | str,
    x0: Any = None,
    steps: int | None = None,
    *,
    seed: int = 0,
    every: int = 1,
    fast: bool = False,
    threads: int | None = None,
    v0: Any = None,
    engine: str = "auto",
    progress: Progress | None = None,
    resume: Partial | None = None,
    memory: float = MEMORY,
    block: int | None = None,
) -> Run:
    """Run ``method`` on ``landscape`` from every start and return the trajectories.

    Parameters
    ----------
    x0 : (d,) or (n, d), the starts; the landscape's own by default. ``v0`` the momentum buffers, 0 by default.
    steps : ticks to run, ≥ 1; the landscape's by default. ``every`` records ticks 0, every, 2·every, … and the last.
    fast : allow fused multiply-adds and reciprocals; the default is strict IEEE, the same bits on every machine.
    engine : "compiled" (numba), "plain" (the same source as Python) or "auto": plain when that is sooner.
    progress : called as progress(done, total) in trajectory-ticks, from the calling thread.
    resume : what an ``Interrupted`` error carried; the finished run equals one that was never stopped.
    memory : bytes of recorded positions allowed. ``block`` trajectories per piece of work (results never depend on it).

    Raises UsageError for what cannot be run as asked, Interrupted on Ctrl-C with what is done.
    """
    plan = _plan(landscape, as_method(method), x0, v0, steps, every, fast, seed)
    need = plan.x0.shape[0] * plan.records * landscape.dim * 8
    if need > memory:
        raise UsageError(
            f"{plan.x0.shape[0]:,} trajectories with {plan.records:,} records each need {need / 1e9:.1f} GB, more than the "
            f"{memory / 1e9:.1f} GB allowed. Record less often (every={max(1, plan.ticks // 100)}) or only the end (every={plan.ticks})."
        )
    kernel, lanes = _kernel(plan, engine)
    partial = _fitting(resume, plan) or _empty(plan)
    _work(plan, kernel, lanes, partial, threads or os.cpu_count() or 1, progress, block)
    return _run(plan, partial)


def _plan(landscape: Landscape, method: Method, x0: Any, v0: Any, steps: int | None, every: int, fast: bool, seed: int) -> Plan:
    starts = np.asarray(landscape.start if x0 is None else x0, dtype=np.float64)
    starts = np.atleast_2d(starts)
    if starts.ndim != 2 or starts.shape[1] != landscape.dim or not starts.shape[0]:
        raise UsageError(f"a start on {landscape.name} has {landscape.dim} coordinate(s) {landscape.coordinates}; an array of shape {starts.shape} was given")  # fmt: skip
    if not np.all(np.isfinite(starts)):
        raise UsageError("a start must be finite; NaN or infinity was given")
    ticks = landscape.steps if steps is None else steps
    for name, value in (("steps", ticks), ("every", every)):
        if isinstance(value, bool) or int(value) != value or not 1 <= value < 2**62:
            raise UsageError(f"{name} must be a whole number ≥ 1, not {value}")
    resolved = method.resolved(landscape.eta, landscape.rho)
    for name, value in resolved.numbers.items():
        if isinstance(value, tuple) and len(value) != starts.shape[0]:
            raise UsageError(f"{name} has {len(value)} values but there are {starts.shape[0]} trajectories: give one each (or one for all)")
    return Plan(landscape, resolved, np.ascontiguousarray(starts), _buffer(v0, starts, resolved), int(ticks), min(int(every), int(ticks)), fast, seed)  # fmt: skip


def _buffer(v0: Any, starts: Array, method: Method) -> Array | None:
    if v0 is None:
        return None
    if not method.momentum.state:
        raise UsageError(f"v0 is the momentum buffer, but {method.text} has no momentum: give beta")
    v = np.array(np.broadcast_to(np.asarray(v0, dtype=np.float64), starts.shape))
    if not np.all(np.isfinite(v)):
        raise UsageError("v0 must be finite")
    return v


def _kernel(plan: Plan, engine: str) -> tuple[kernels.Kernel, int]:
    if engine not in ("auto", "compiled", "plain"):
        raise UsageError(f"engine is auto, compiled or plain, not '{engine}'")
    source = kernel_source(plan.landscape, plan.method, fast=plan.fast)
    own = plan.landscape.functions
    gradient = own[1] if own else None
    short = plan.x0.shape[0] * plan.ticks <= PLAIN_TICKS and not plan.fast
    if engine == "plain" or (engine == "auto" and short):
        return kernels.plain(source, gradient), 1
    return kernels.compiled(source, gradient), LANES


def _empty(plan: Plan) -> Partial:
    n, d = plan.x0.shape
    record = np.empty((n, plan.records, d))
    record[:, 0] = plan.x0
    v = np.zeros((n, d)) if plan.method.momentum.state else np.zeros((n, 0))
    box = np.full((n, 2, d), np.nan)
    flags = np.zeros(n, dtype=np.int32)
    return Partial(_signature(plan), record, v, box, flags.astype(bool), flags, flags.astype(bool))


def _signature(plan: Plan) -> str:
    return repr((plan.landscape.identity[:5], plan.method.text, plan.ticks, plan.every, plan.fast, plan.x0.shape, float(plan.x0.sum())))


def _fitting(resume: Partial | None, plan: Plan) -> Partial | None:
    if resume is not None and resume.signature != _signature(plan):
        raise UsageError("what was interrupted is another run: the landscape, method, starts, steps, every or fast differ")
    return resume


def _pieces(plan: Plan, done: Any, lanes: int, threads: int, block: int | None) -> Iterator[slice]:
    """Cut the trajectories that are not done into runs of consecutive ones."""
    n = plan.x0.shape[0]
    size = block or min(max(PIECE // plan.ticks, LANES), 1 << 14, -(-n // threads))
    size = -(-size // lanes) * lanes
    for first in range(0, n, size):
        part = slice(first, min(first + size, n))
        if not done[part].all():
            yield part


def _work(plan: Plan, kernel: kernels.Kernel, lanes: int, out: Partial, threads: int, progress: Progress | None, block: int | None) -> None:  # fmt: skip
    total = plan.x0.shape[0] * plan.ticks
    state = {"done": int(out.done.sum()) * plan.ticks}
    halt, lock = threading.Event(), threading.Lock()

    def advanced(ticks: int) -> None:
        with lock:
            state["done"] += ticks

    pool = ThreadPoolExecutor(max_workers=threads)
    try:
        waiting: set[Future[None]] = {
            pool.submit(_piece, plan, kernel, lanes, out, part, halt, advanced)
            for part in _pieces(plan, out.done, lanes, threads, block)
        }
        while waiting:
            finished, waiting = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
            if progress:
                progress(state["done"], total)
    except KeyboardInterrupt:
        halt.set()
        pool.shutdown(wait=True, cancel_futures=True)
        raise Interrupted(out) from None
    finally:
        halt.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _piece(plan: Plan, kernel: kernels.Kernel, lanes: int, out: Partial, part: slice, halt: threading.Event, advanced: Callable[[int], None]) -> None:  # fmt: skip
    """Run the trajectories of ``part`` from start to end and write their rows of ``out``."""
    n, d = plan.x0[part].shape
    blocks = -(-n // lanes)
    buffer = _tiles(plan, part, blocks, lanes)
    boxes = np.zeros((blocks, 2, 3 * d + 1, lanes))
    record = out.record[part]
    segment = max(1, PIECE // (blocks * lanes)) if lanes > 1 else max(1, 20_000 // n)
    for start in range(0, plan.ticks, segment):
        if halt.is_set():
            return
        stop = min(start + segment, plan.ticks)
        kernel(buffer, boxes, record, start, stop, plan.every, plan.ticks, plan.window)
        advanced((stop - start) * n)
    lanes_last = np.moveaxis(boxes, -1, 1).reshape(blocks * lanes, 2, 3 * d + 1)[:n]
    if out.v.shape[1]:
        out.v[part] = np.moveaxis(buffer[:, d : 2 * d], 1, -1).reshape(-1, d)[:n]
    out.recurrent[part], out.period[part] = status.recurrence(lanes_last, d, plan.window)
    if plan.window:
        out.box[part] = lanes_last[:, 1, : 2 * d].reshape(n, 2, d)
    out.done[part] = True


def _tiles(plan: Plan, part: slice, blocks: int, lanes: int) -> Array:
    """Lay out state and numbers as (blocks, rows, lanes); the last block is filled up with its first trajectory."""
    n, d = plan.x0[part].shape
    numbers = plan.numbers(part)
    flat = np.zeros((plan.state + len(numbers), blocks * lanes))
    flat[:d, :n] = plan.x0[part].T
    if plan.v0 is not None:
        flat[d : 2 * d, :n] = plan.v0[part].T
    for row, values in enumerate(numbers, start=plan.state):
        flat[row, :n] = values
    flat[:, n:] = flat[:, :1]
    return np.ascontiguousarray(flat.reshape(-1, blocks, lanes).swapaxes(0, 1))


def _run(plan: Plan, out: Partial) -> Run:
    ticks = np.append(np.arange(0, plan.ticks, plan.every), plan.ticks).astype(float)
    eta = np.asarray(plan.method.numbers[plan.method.clock.tick], dtype=float)
    calls = plan.ticks * plan.method.perturbation.gradient_calls
    spec = {
        "landscape": plan.landscape.name, "formula": plan.landscape.formula, "params": dict(plan.landscape.params),
        "method": plan.method.text, "steps": plan.ticks, "every": plan.every, "seed": plan.seed, "fast": plan.fast,
    }  # fmt: skip
    return Run(
        spec=spec,
        method=plan.method.text,
        formula=words.formula(plan.method),
        clock=plan.method.clock.name,
        x=out.record,
        t=ticks * eta if eta.ndim == 0 else np.outer(eta, ticks),
        gradient_evaluations=np.full(plan.x0.shape[0], calls),
        v_final=out.v if out.v.shape[1] else None,
        columns={"recurrent": out.recurrent, "period": out.period, "box": out.box},
        compute=lambda run, name: status.columns(plan.landscape, plan.method, run, name),
        scene=lambda: words.background(plan.landscape),
    )
