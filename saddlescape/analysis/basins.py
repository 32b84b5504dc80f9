"""Basins: where a method ends from every pixel of a window."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from saddlescape.analysis.pixels import Pixels, pixels
from saddlescape.answers.basins import RULES, Basins, labelled
from saddlescape.dynamics import words
from saddlescape.dynamics.accuracy import law_said
from saddlescape.dynamics.deciding import fates
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.plan import Plan, plan_run, whole
from saddlescape.dynamics.reading import method as as_method
from saddlescape.dynamics.timing import MOST_TICKS, caution, face_ticks, too_many
from saddlescape.dynamics.work import Progress
from saddlescape.errors import StepWarning, UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.partial import PartialFates

#: bytes that a picture may need while it is made
MEMORY = 4_000_000_000
#: bytes of one start beside its coordinates: stream, status, point, fate, rule, time, distance, and what is made of them
EACH = 76
#: doublings of the time of what is unresolved, at most
MOST_DOUBLINGS = 20
#: what is told of every start
MAPS = ("status", "point", "fate", "rule", "when", "distance")


def basins(
    landscape: Landscape,
    method: Method | str,
    *,
    view: Any = None,
    resolution: Any = 256,
    steps: int | None = None,
    time: float | None = None,
    seed: int = 0,
    runs: int = 1,
    plane: Any = None,
    origin: Any = None,
    early: bool = True,
    more: int = 0,
    fast: bool = False,
    threads: int | None = None,
    engine: str = "auto",
    progress: Progress | None = None,
    resume: PartialFates | None = None,
    memory: float = MEMORY,
) -> Basins:
    """Return what becomes of ``method`` from the centre of every pixel: status, fate, what decided it, and when.

    Parameters
    ----------
    view : ((x0, x1), (y0, y1)), the landscape's own by default. ``resolution`` pixels, N or (nx, ny).
    steps : ticks, as of ``simulate``; or ``time``, to the nearest tick. By default the landscape's.
    runs : trajectories from every pixel of a random method; each has a stream of its own.
    plane, origin : of a landscape of more than two coordinates the two that vary, by name or number (the first two by
        default), and the values of the others, d numbers (the landscape's start by default).
    early : let a trajectory go once its end is certain (docs/statuses.md). It keeps the status it has by then: moving,
        with a fate. False follows all of them to the last tick; fates are the same, ``when`` is when they get there.
    more : what still moves without a fate is given twice as many ticks, ``more`` times over. The rest is unresolved.
    memory : bytes allowed. The other arguments are those of ``simulate``.

    ``when`` has the resolution of the looks: they are at ticks 0, 16, 32, 64, then each 1.5 times later than the one
    before, at multiples of 64; what was seen at one of them happened since the one before.

    Warns (StepWarning) as ``simulate`` does. Raises UsageError for what cannot be done, in words; Interrupted on Ctrl-C,
    whose ``partial`` is to be given back as ``resume``.
    """
    landscape, resolved = _checked(landscape, as_method(method), whole("runs", runs), more)
    scene = pixels(landscape, resolution, view, plane, origin)
    affordable(scene, runs, memory)
    ticks = ticks_of(landscape, resolved, steps, time)
    x0 = scene.starts() if runs == 1 else np.repeat(scene.starts(), runs, axis=0)
    plan = plan_run(landscape, resolved, x0, None, ticks, ticks, fast, seed, {})
    if doubts := caution(landscape, plan.method, x0[:: max(1, len(x0) // 1000)], plan.ticks):
        warnings.warn(doubts, StepWarning, stacklevel=2)
    found = fates(
        plan, engine, early=bool(early), more=int(more),
        threads=whole("threads", os.cpu_count() or 1 if threads is None else threads),
        progress=progress, resume=resume,
    )  # fmt: skip
    return _record(scene, plan, found, runs, more, early)


def _checked(landscape: Any, method: Method, runs: int, more: Any) -> tuple[Landscape, Method]:
    if not isinstance(landscape, Landscape):
        raise UsageError(f"a landscape is needed, such as ss.landscape('beale'), not {landscape!r:.60}")
    resolved = method.on(landscape)
    several = [key for key, value in resolved.numbers.items() if isinstance(value, tuple)]
    if several:
        raise UsageError(
            f"a picture of basins is of one method: {several[0]} has several values. Call basins for each"
        )
    if runs > 1 and not resolved.random:
        raise UsageError(
            f"{resolved.text} is not random: {runs} runs from a pixel would be the same. Use runs=1"
        )
    if isinstance(more, bool) or not isinstance(more, int | np.integer) or not 0 <= more <= MOST_DOUBLINGS:
        raise UsageError(f"more is how often the time is doubled, 0 to {MOST_DOUBLINGS}, not {more!r:.40}")
    return landscape, resolved


def affordable(scene: Pixels, runs: int = 1, memory: float = MEMORY) -> None:
    """Refuse a picture of so many runs in every pixel that needs more bytes than ``memory``, before it is begun."""
    ny, nx = scene.shape
    need = ny * nx * runs * (EACH + 16 * scene.landscape.dim)
    if need > memory:
        each = f", {runs:,} runs in each," if runs > 1 else ""
        fits = int((memory / need) ** 0.5 * min(nx, ny))
        raise UsageError(
            f"{nx:,} × {ny:,} pixels{each} need {need / 1e9:.3g} GB, more than the {memory / 1e9:.3g} GB allowed. "
            f"Some {fits:,} a side would fit"
        )


def ticks_of(landscape: Landscape, method: Method, steps: Any, time: Any = None) -> int:
    """Return how many ticks to run: ``steps``, or the nearest to ``time``, or as the landscape says."""
    if steps is not None and time is not None:
        raise UsageError("steps and time both say how long to run: give one of them")
    if time is None:
        return whole("steps", face_ticks(method, landscape.steps) if steps is None else steps)
    tick = float(method.numbers[method.clock.tick])  # type: ignore[arg-type]
    if isinstance(time, bool | str) or not np.isfinite(time) or time < tick / 2:
        raise UsageError(f"time must be a number of at least half a tick, {tick / 2:g}, not {time!r:.40}")
    if time / tick >= MOST_TICKS:
        raise UsageError(too_many(f"time {time:g}", f"{method.clock.tick}={tick:g}", time / tick, MOST_TICKS))
    return max(1, round(float(time) / tick))


def _record(scene: Pixels, plan: Plan, found: PartialFates, runs: int, more: int, early: bool) -> Basins:
    """Return the answer: maps of one run per pixel, or of the most frequent end of several."""
    tick = float(plan.method.numbers[plan.method.clock.tick])  # type: ignore[arg-type]
    said = law_said(scene.landscape, plan.method, plan.x0[:1])
    maps = {key: getattr(found, key).reshape(*scene.shape, runs) for key in MAPS}
    rules = np.bincount(found.rule, minlength=len(RULES)).tolist() if runs > 1 else ()
    ends, odds, shown = _of_many(maps) if runs > 1 else ((), np.empty((0, *scene.shape)), _first(maps, 0))
    landscape = scene.landscape
    return Basins(
        spec={
            "landscape": landscape.name, "formula": landscape.formula, "params": dict(landscape.params),
            "coordinates": list(landscape.coordinates), "method": plan.method.text, "steps": plan.ticks,
            "runs": runs, "seed": plan.seed, "fast": plan.fast, "early": early, "more": more,
            **({"laws": {plan.method.text: said}} if said else {}),
        },
        method=plan.method.text,
        formula=words.formula(plan.method),
        clock=plan.method.clock.name,
        background=scene.background(),
        axes=scene.axes,
        steps=plan.ticks << more,
        time=(plan.ticks << more) * tick,
        status=shown["status"],
        point=np.ma.masked_equal(shown["point"], -1),
        fate=np.ma.masked_equal(shown["fate"], -1),
        rule=shown["rule"],
        when=shown["when"] * tick,
        distance=shown["distance"],
        plane=scene.plane,
        origin=scene.origin,
        runs=runs,
        ends=ends,
        odds=odds,
        rules=tuple(rules),
    )  # fmt: skip


def _first(maps: dict[str, Any], which: Any) -> dict[str, Any]:
    """Return of every pixel what run ``which`` (a number, or one per pixel) did."""
    if isinstance(which, int):
        return {key: each[..., which] for key, each in maps.items()}
    return {key: np.take_along_axis(each, which[..., None], axis=-1)[..., 0] for key, each in maps.items()}


def _of_many(maps: dict[str, Any]) -> tuple[tuple[str, ...], Array, dict[str, Any]]:
    """Return the labels of all runs, their shares in every pixel, and maps of the most frequent one, whose time is the
    mean over the runs that end so."""
    ends, places = labelled(maps["status"], maps["point"], maps["fate"])
    odds = np.stack([np.mean(places == k, axis=-1) for k in range(len(ends))])
    same = places == np.argmax(odds, axis=0)[..., None]
    shown = _first(maps, np.argmax(same, axis=-1))
    timed = same & np.isfinite(maps["when"])
    total = np.sum(np.where(timed, maps["when"], 0.0), axis=-1)
    count = np.sum(timed, axis=-1)
    shown["when"] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return ends, odds, shown
