"""Simulate: choose the kernel of a plan, have it worked through (work.py), return a Run."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from saddlescape import ctrl_c
from saddlescape.dynamics import kernels, status, words
from saddlescape.dynamics.accuracy import law_said
from saddlescape.dynamics.link import LANES, adaptive, kernel_source
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.plan import Plan, empty, fitting, plan_run, whole
from saddlescape.dynamics.reading import method as as_method
from saddlescape.dynamics.stopping import Rule
from saddlescape.dynamics.timing import caution, stranded
from saddlescape.dynamics.work import Progress, work
from saddlescape.errors import StepWarning, UsageError
from saddlescape.landscapes.base import Landscape
from saddlescape.partial import Partial
from saddlescape.results import Run

#: below this many trajectory-ticks a run is done in plain Python: sooner than numba is imported
PLAIN_TICKS = 60_000
#: a tick that draws takes so many times longer in plain Python
PLAIN_DRAW = 30
#: bytes of recorded positions beyond which a run is refused unless ``memory`` allows more
MEMORY = 4_000_000_000


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
    params: Mapping[str, Any] | None = None,
    streams: Any = None,
    stop: str | None = None,
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
    params : parameters of the landscape with one value per trajectory, {name: (n,)}; others keep the landscape's value.
    streams : (n,) whole numbers, the stream of random numbers of every trajectory; its place in ``x0`` by default.
    stop : "left" ends a trajectory that is seen outside the domain (a flow where it crosses the border), "converged"
        one that is seen where the method is known to keep it, of which there are none with adaptive steps
        (docs/statuses.md); it stays where it is from then on, and ``Run.stopped`` says since when.
    memory : bytes of recorded positions allowed. ``block`` trajectories per piece of work (results never depend on it).

    Warns (StepWarning) where dt is too long for a flow or SDE at a start, or a flow stopped where no critical point is.
    Raises UsageError for what cannot be run as asked,
    Interrupted on Ctrl-C with what is done.
    """
    plan = plan_run(
        landscape, as_method(method), x0, v0, steps, every, fast, seed, params or {}, streams, stop
    )
    doubts = caution(plan.landscape, plan.method, plan.x0, plan.ticks)
    if doubts:
        warnings.warn(doubts, StepWarning, stacklevel=2)
    run = carry_out(
        plan, engine, threads=threads, progress=progress, resume=resume, memory=memory, block=block
    )
    if not doubts and (lost := stranded(plan.landscape, plan.method, run.final)):
        warnings.warn(lost, StepWarning, stacklevel=2)
    return run


def carry_out(
    plan: Plan, engine: str = "auto", *, threads: int | None = None, progress: Progress | None = None,
    resume: Partial | None = None, memory: float = MEMORY, block: int | None = None,
) -> Run:  # fmt: skip
    """Run a plan as ``simulate`` does, which says what the arguments are, and warn of nothing."""
    threads = whole("threads", os.cpu_count() or 1 if threads is None else threads)
    block = None if block is None else whole("block", block)
    _affordable(plan, memory)
    rule = Rule(plan) if plan.stop else None
    with ctrl_c.remembered() as pressed:  # compilers have many callbacks in which one would be lost
        kernel, lanes = kernel_of(plan, engine)
        partial = fitting(resume, plan) or empty(plan)
        work(plan, kernel, lanes, partial, threads, progress, block, rule, pressed)
    return _run(plan, partial)


def _affordable(plan: Plan, memory: float) -> None:
    n, d = plan.x0.shape
    need = n * plan.records * d * 8
    if need > memory:
        raise UsageError(
            f"{n:,} trajectories with {plan.records:,} records each need {_size(need)}, more than the "
            f"{_size(memory)} allowed. Record less often (every={max(1, plan.ticks // 100)}), only the end "
            f"(every={plan.ticks}), or allow more (memory=…)."
        )


def _size(count: float) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if count >= 0.1 * scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count / 1e3:.1f} kB"


def kernel_of(plan: Plan, engine: str, loop: str = "loop.py") -> tuple[kernels.Kernel, int]:
    """Return the kernel of a plan with the ``loop``, compiled or plain as ``engine`` says, and its number of lanes."""
    if engine not in ("auto", "compiled", "plain"):
        raise UsageError(f"engine is auto, compiled or plain, not '{engine}'")
    source = kernel_source(plan.landscape, plan.method, fast=plan.fast, loop=loop)
    own = plan.landscape.functions
    gradient = own[1] if own else None
    work = plan.x0.shape[0] * plan.ticks * (PLAIN_DRAW if plan.method.random else 1)
    short = work <= PLAIN_TICKS and not plan.fast
    if engine == "plain" or (engine == "auto" and short):
        return kernels.plain(source, gradient), 1
    return kernels.compiled(source, gradient), LANES


def _gradients(plan: Plan, out: Partial) -> Any:
    calls = plan.method.gradient_calls
    if calls is None:
        return np.ma.array(np.zeros(len(out.v), dtype=np.int64), mask=True)
    if adaptive(plan.method):
        return out.attempts * calls
    return (
        np.ceil(out.stopped).astype(np.int64) * calls
        if plan.stop
        else np.broadcast_to(np.int64(plan.ticks * calls), len(out.v))
    )


def _run(plan: Plan, out: Partial) -> Run:
    ticks = np.append(np.arange(0, plan.ticks, plan.every), plan.ticks).astype(float)
    eta = np.asarray(plan.method.numbers[plan.method.clock.tick], dtype=float)
    said = law_said(plan.landscape, plan.method, plan.x0)
    spec = {
        "landscape": plan.landscape.name, "formula": plan.landscape.formula,
        "params": {**plan.landscape.params, **{k: v.tolist() for k, v in plan.params.items()}},
        "method": plan.method.text, "steps": plan.ticks, "every": plan.every, "seed": plan.seed, "fast": plan.fast,
        "stop": plan.stop, **({"laws": {plan.method.text: said}} if said else {}),
    }  # fmt: skip
    return Run(
        spec=spec,
        method=plan.method.text,
        formula=words.formula(plan.method),
        clock=plan.method.clock.name,
        x=out.record,
        t=ticks * eta if eta.ndim == 0 else np.outer(eta, ticks),
        gradient_evaluations=_gradients(plan, out),
        v_final=out.v if out.v.shape[1] else None,
        columns={"recurrent": out.recurrent, "period": out.period, "box": out.box, "stopped": out.stopped},
        compute=lambda run, name: status.columns(plan.landscape, plan.method, run, name, plan.params),
        scene=lambda: words.background(plan.landscape),
    )
