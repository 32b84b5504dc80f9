"""How long every method of a run lasts: all faces end at one time, and where ticks do not fit into it that is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from saddlescape.errors import UsageError
from saddlescape.spec import MOST_STEPS, RunSpec

if TYPE_CHECKING:
    from saddlescape.dynamics.method import Method

#: two times are the same up to this part
SAME = 1e-9
#: notes that are written out
MOST_NOTES = 3


def ticks(spec: RunSpec, method: Method) -> int:
    """Return the ticks of a method: steps of a map; a flow or SDE ends when its map does, after steps·eta/dt."""
    tick = _tick(method)
    if spec.time is not None and spec.time / tick > MOST_STEPS:
        raise UsageError(
            f"time {spec.time:g} is {spec.time / tick:.3g} steps of {tick:g}: at most {MOST_STEPS:g}"
        )
    return max(1, round(span(spec, method) / tick))


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
