"""How long every method of a run lasts: all faces end at one time; where ticks do not fit into it, or are very many, that
is said."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from saddlescape.errors import UsageError
from saddlescape.specs.run import RunSpec
from saddlescape.written import MOST_STEPS

if TYPE_CHECKING:
    from saddlescape.dynamics.method import Method

#: two times are the same up to this part
SAME = 1e-9
#: notes that are written out
MOST_NOTES = 3
#: seconds that a tick of up to 64 trajectories takes a thread, least and most: gradient descent on x² − y², and SAM's
#: flow and SDE on Müller–Brown
QUICK, SLOW, SLOW_RANDOM = 1e-7, 6e-6, 1e-4
LANES = 64
#: seconds from which a run is long
LONG = 60.0


def ticks(spec: RunSpec, method: Method) -> int:
    """Return the ticks of a method: steps of a map; a flow or SDE ends when its map does, after steps·eta/dt. Raises
    UsageError for more than ``MOST_STEPS``."""
    tick, time = _tick(method), span(spec, method)
    if time / tick > MOST_STEPS:
        from saddlescape.dynamics.timing import too_many

        what = f"a run to time {time:g}"
        raise UsageError(too_many(what, f"{method.clock.tick}={tick:g}", time / tick, MOST_STEPS))
    return max(1, round(time / tick))


def long_enough(spec: RunSpec, methods: Sequence[Method]) -> None:
    """Refuse a time that is less than half a tick of every method: none could end anywhere near it."""
    if spec.time is None or any(spec.time >= _tick(m) / 2 for m in methods):
        return
    shortest = min(methods, key=_tick)
    raise UsageError(
        f"time {spec.time:g} is less than half a tick of every method: the shortest is {shortest.clock.tick}="
        f"{_tick(shortest):g}. Give a longer --time or a shorter tick"
    )


def span(spec: RunSpec, method: Method) -> float:
    """Return the time a method is asked to last: T, or steps·eta, with a budget of gradients those it can pay for."""
    if spec.time is not None:
        return spec.time
    eta = method.numbers["eta"]
    assert spec.steps is not None and isinstance(eta, float)  # noqa: PT018
    calls = method.perturbation.gradient_calls if spec.budget == "gradients" else 1
    return max(1, spec.steps // calls) * eta


def notes(spec: RunSpec, methods: Sequence[Method], names: Sequence[str]) -> list[str]:
    """Return in words which methods end beside the time they are asked to last, and what tick would end there."""
    found = []
    for method, name in zip(methods, names, strict=True):
        wanted, tick = span(spec, method), _tick(method)
        end = ticks(spec, method) * tick
        if abs(end - wanted) > SAME * wanted:
            key = method.clock.tick
            found.append(
                f"{name} ends at time {end:.10g}, not {wanted:.10g}: {key}={tick:g} does not divide it, "
                f"{key}={fitting(method, wanted):.10g} does"
            )
    more = len(found) - MOST_NOTES
    return found if more <= 0 else [*found[:MOST_NOTES], f"{more} more methods end beside their time"]


def costs(methods: Sequence[Method], ticks: Sequence[int], starts: int, names: Sequence[str]) -> list[str]:
    """Return in words which methods will run for minutes or longer, by the geometric mean of what a tick may take. Of an
    adaptive scheme ticks say nothing."""
    found = []
    for method, count, name in zip(methods, ticks, names, strict=True):
        quick, slow = lasting(method, count, starts)
        if not long(quick, slow):
            continue
        each = f" for each of {starts:,} starts" if starts > 1 else ""
        key = method.clock.tick
        less = f"a longer {key} or a shorter --time" if key == "dt" else "fewer --steps"
        found.append(
            f"{name} makes {count:,} ticks of {key} = {_tick(method):g}{each}: {in_words(quick)} to "
            f"{in_words(slow)}, as the landscape is simple or not ({less} would make it shorter)"
        )
    more = len(found) - MOST_NOTES
    return found if more <= 0 else [*found[:MOST_NOTES], f"{more} more methods make as many ticks"]


def lasting(method: Method, ticks: int, trajectories: int) -> tuple[float, float]:
    """Return the seconds that so many ticks of all trajectories may take, least and most; 0 of an adaptive scheme."""
    if getattr(method.clock, "adaptive", False):
        return 0.0, 0.0
    blocks = -(-trajectories // LANES)
    rounds = -(-blocks // (os.cpu_count() or 1))
    return rounds * ticks * QUICK, rounds * ticks * (SLOW_RANDOM if method.random else SLOW)


def long(quick: float, slow: float) -> bool:
    """Return whether work of ``quick`` to ``slow`` seconds is worth a word before it begins."""
    return math.sqrt(quick * slow) >= LONG


def in_words(seconds: float) -> str:
    """Return a time in its unit: 12 minutes."""
    for unit, size in (("years", 3.15e7), ("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}" if seconds < 100 * size else f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} seconds"


def fitting(method: Method, time: float) -> float:
    """Return the largest tick up to the method's own that divides ``time``: of a face a part of eta, where that does."""
    tick, eta = _tick(method), method.numbers["eta"]
    assert isinstance(eta, float)
    part = eta / math.ceil(eta / tick * (1 - SAME))
    fits = tick < eta and abs(time / part - round(time / part)) < SAME * time / part
    return part if fits else time / math.ceil(time / tick)


def _tick(method: Method) -> float:
    tick = method.numbers[method.clock.tick]
    assert isinstance(tick, float)
    return tick
