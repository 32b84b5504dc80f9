"""Traps: whether maps that jump at a critical point hold what starts near it, by running them. A check, not a theorem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from saddlescape.dynamics.capture import captured, distance, rests
from saddlescape.dynamics.evaluate import ticks
from saddlescape.dynamics.flatness import along, flat, lingers, lowered
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.plan import WINDOW, plan_run
from saddlescape.dynamics.radius import capture_radius, directions
from saddlescape.errors import Interrupted
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: starts of the check that a neighbourhood is kept, and its ticks: ten times 1/(eta·min|λ|) within these bounds
STARTS, TICKS = 48, (1500, 6000)
#: the balls that are tried, in units of the capture radius (or of rho, if that is less)
BALLS = (1 / 4, 1 / 32)
#: looks at a continuum, whose distance takes a Hessian
ALONG = 200
#: gradients of a start that all checks on a landscape take together, from which on they are compiled; of several sets
#: of numbers, whose run has most likely compiled the map
LONG, SEVERAL = 100_000, 25_000
#: methods that are run at once in up to two dimensions, beyond that fewer: their records take 80 MB
TOGETHER = 16
#: the same where there are a few looks
FEW_LOOKS = 1000
#: of the runs of a random method, the share that must stay
MOST_STAY = 0.9
#: source files that what a check finds depends on
PARTS = tuple(
    f"dynamics/{part}.py"
    for part in (
        "traps", "flatness", "capture", "radius", "evaluate", "perturbations", "momentum", "noise", "draws", "rng",
        "brownian", "laws", "nodes", "clocks", "flows", "schemes", "sdes", "expansion", "series", "loop",
    )
)  # fmt: skip
#: looks that are judged at once
AT_ONCE = 128


@dataclass(frozen=True)
class Held:
    """What the starts of one method did: whether all were kept, how far out they hover at the end, whether one of them
    came to rest beside the point, where the gradient is not zero; if only the smaller ball was kept, how near a
    trajectory must be to be held (a little farther than they hover); and whether, though none left, some came no nearer
    along a direction without curvature, so that nobody knows."""

    kept: bool
    hover: float
    beside: bool
    within: float = np.inf
    slow: bool = False


def held(
    landscape: Landscape, methods: list[Method], point: CriticalPoint, *, starts: int = STARTS, looks: int = 0
) -> list[Held]:
    """Run each of ``methods``, alike but for their numbers, from a small ball around ``point`` and say what it kept.

    Kept is what stays within the capture radius. Where some leave, a ball an eighth as large is tried, as wide as a step
    from the point itself: what is held may be smaller than what is called near. ``starts`` are looked at ``looks``
    times (0: every tick of the map; a continuum at most ALONG times).

    Along a direction without curvature motion is slower than any number of ticks: near x³ as 1/t. There to stay is not
    enough, those that start far out along it must end nearer.
    """
    found: dict[int, Held] = {}
    often, together = (
        [_look(m) for m in methods],
        max(1, (FEW_LOOKS if looks else TOGETHER) // max(1, landscape.dim // 2)),
    )
    for each, ball in ((each, ball) for ball in BALLS for each in dict.fromkeys(often)):
        alike = [k for k, other in enumerate(often) if other == each and not _settled(found.get(k))]
        for first in range(0, len(alike), together):
            part = alike[first : first + together]
            seen = _seen(landscape, [methods[k] for k in part], point, starts, looks, ball)
            if ball != BALLS[0]:
                seen = [replace(one, within=2.0 * one.hover) for one in seen]
            found |= dict(zip(part, seen, strict=True))
    return [found[k] for k in range(len(methods))]


def _settled(one: Held | None) -> bool:
    return one is not None and (one.kept or one.beside or one.slow)


def _seen(
    landscape: Landscape, methods: list[Method], point: CriticalPoint, starts: int, looks: int, ball: float
) -> list[Held]:
    """Return what a few methods do that are looked at equally often."""
    radius = np.array([capture_radius(landscape, m, point) for m in methods])
    rho = np.array([float(m.numbers.get("rho") or 0.0) for m in methods])  # type: ignore[arg-type]
    # no trap along a negative direction reaches beyond rho, so the ball stays well inside
    size = ball * np.minimum(radius, rho)
    level = flat(point)
    x = point.x + size[:, None, None] * lowered(_ball(landscape.dim, starts), level)
    first, later = along(x - point.x, level), np.zeros(x.shape[:2])
    last = np.array([_lasting(m, point) for m in methods])
    stride = _stride(int(last.max()), looks or (ALONG if point.samples is not None else 0))
    kept, hover, places = np.ones(len(methods), dtype=bool), np.zeros(len(methods)), x[None]
    low, high = np.full(x.shape, np.inf), np.full(x.shape, -np.inf)
    for k, places in _courses(landscape, methods, x, int(last.max()), stride):
        since = k[:, None] - last  # of every look and method, negative before its last
        away = np.max(_away(landscape, point, places), axis=2)
        kept &= np.all((since > 0) | (away <= radius), axis=0)
        if not kept.any():
            break
        second = (since <= 0) & (k[:, None] > last // 2)
        hover = np.maximum(hover, np.max(np.where(second, away, 0.0), axis=0))
        if level.size:
            far = along(places - point.x, level)
            later = np.maximum(later, np.max(np.where(second[:, :, None], far, 0.0), axis=0))
        late = ((since <= 0) & (since > -max(WINDOW, 4 * stride)))[:, :, None, None]
        low = np.minimum(low, np.min(places, axis=0, where=late, initial=np.inf))
        high = np.maximum(high, np.max(places, axis=0, where=late, initial=-np.inf))
    beside = kept.copy()
    for i in np.flatnonzero(kept):
        beside[i] = _rests(landscape, methods[i], places[-1, i], np.stack([low[i], high[i]], axis=1)).any()
    slow = lingers(point, first, later) & kept & ~beside & bool(level.size)
    told = zip(kept & ~beside & ~slow, hover, beside, slow, strict=True)
    return [Held(bool(k), float(h), bool(b), slow=bool(s)) for k, h, b, s in told]


def _rests(landscape: Landscape, method: Method, x: Array, box: Array) -> Any:
    """Whether places ``x`` (n, d), seen in ``box`` (n, 2, d) at the last looks, rest where the gradient is not zero.

    Looks may be whole swings apart: under momentum orbits lock to periods that divide the looks' distance. So what looks
    still must also stand still for a tick, without speed."""
    found = rests(landscape, method, x, box)
    if found.any():
        numbers = {k: v for k, v in method.numbers.items() if v is not None}
        with np.errstate(all="ignore"):
            after = ticks(landscape, method, numbers)(x, np.zeros_like(x))["x"]
        found &= rests(landscape, method, x, np.stack([np.minimum(x, after), np.maximum(x, after)], axis=1))
    return found


def holds_under_noise(landscape: Landscape, method: Method, point: CriticalPoint) -> bool:
    """Whether a random method stays at ``point`` although its noise could carry it away: at least nine of ten of 48 runs,
    each with its own draws, from a small ball around it are captured there when the check ends (as long as that of
    ``held``). How long noise takes to carry the rest away, or those beyond that time, is what ``escape`` measures."""
    more = (method.text, str(point.id), *(landscape.samples if method.noise.batch else ()))
    made = landscape.remember("noisy", PARTS, lambda: {"share": _share(landscape, method, point)}, *more)
    return float(made["share"]) >= MOST_STAY


def _share(landscape: Landscape, method: Method, point: CriticalPoint) -> float:
    """Return the share of runs that are captured at the end of the check."""
    from saddlescape.dynamics.simulate import carry_out  # whose statuses ask what is found here

    x = point.x + BALLS[0] * capture_radius(landscape, method, point) * _ball(landscape.dim, STARTS)
    ticks = _lasting(method, point) * _look(method)
    try:
        run = carry_out(plan_run(landscape, method, x, None, ticks, ticks, False, 0, {}))
    except Interrupted:  # of this check, not of the run that it is for
        raise KeyboardInterrupt from None
    return float(np.mean(captured(landscape, method, point, run.columns["box"])))


def _look(method: Method) -> int:
    """Return after how many ticks the check looks again: what takes a step of the map is a look, or flows of a small dt
    would be judged by a short time."""
    eta, tick = (float(method.numbers[key]) for key in ("eta", method.clock.tick))  # type: ignore[arg-type]
    return max(1, round(eta / tick))


def _lasting(method: Method, point: CriticalPoint) -> int:
    """Return for how many looks a method is run: ten times 1/(eta·min|λ|), a direction along a curve left aside; where a
    direction has no curvature as many as there may be."""
    if point.kind == "degenerate":
        return TICKS[1]
    sizes = np.abs(point.eigenvalues)
    least = float(np.min(sizes[sizes > 1e-6 * np.max(sizes, initial=0.0)], initial=np.inf))
    slowest = float(method.numbers[method.clock.tick]) * least * _look(method)  # type: ignore[arg-type]
    return int(np.clip(10 / slowest, *TICKS))


def _stride(last: int, looks: int) -> int:
    """Return the looks' distance, in steps: odd, to see both ends of a bounce."""
    return (max(1, last // looks) - 1) | 1 if looks else 1


def _courses(
    landscape: Landscape, methods: list[Method], x: Array, last: int, stride: int
) -> Iterator[tuple[Any, Array]]:
    """Yield some looks (k,), every ``stride``-th, and where the starts ``x`` (methods, starts, d) are then, (k, …).

    By the compiled map where checks at all critical points would take long otherwise: which one it is depends on what is
    asked alone, for the two differ by rounding.
    """
    clock, calls, often = methods[0].clock, methods[0].gradient_calls or LONG, _look(methods[0])
    work = last * often * calls * len(methods) * len(landscape.critical_points)
    all_looks = np.arange(stride, last + 1, stride)
    if work >= (LONG if len(methods) == 1 else SEVERAL) and not getattr(clock, "adaptive", False):
        run = _compiled(landscape, methods, x, len(all_looks), stride * often)
        for first in range(0, len(all_looks), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            yield all_looks[some], run[some]
        return
    numbers = {k: np.array([[m.numbers[k]] for m in methods], dtype=float) for k in methods[0].numbers}
    tick, v = ticks(landscape, methods[0], numbers), np.zeros_like(x)
    for first in range(0, len(all_looks), AT_ONCE):
        seen = []
        for _ in all_looks[first : first + AT_ONCE]:
            for _ in range(often * stride):
                state = tick(x, v)
                x, v = state["x"], state.get("v", v)
            seen.append(x)
        yield all_looks[first : first + AT_ONCE], np.stack(seen)


def _compiled(landscape: Landscape, methods: list[Method], x: Array, looks: int, every: int) -> Array:
    """Return the places (looks, methods, starts, d) at every ``every``-th tick, from a run that records them."""
    from saddlescape.dynamics.simulate import carry_out  # whose statuses ask what is found here

    each = {
        k: tuple(np.repeat([m.numbers[k] for m in methods], x.shape[1]).tolist()) for k in methods[0].numbers
    }
    many, x0 = methods[0].with_numbers(**each), x.reshape(-1, landscape.dim)
    plan = plan_run(landscape, many, x0, None, looks * every, every, False, 0, {})
    try:
        run = carry_out(plan, "compiled")
    except Interrupted:  # of this check, not of the run that it is for
        raise KeyboardInterrupt from None
    return np.moveaxis(run.x[:, 1:].reshape(*x.shape[:2], -1, x.shape[2]), 2, 0)


def _away(landscape: Landscape, point: CriticalPoint, x: Array) -> Array:
    """Distances (…) of places (…, d) from a point, or across a continuum, of which samples alone are too far apart; what
    is not finite is infinitely far."""
    with np.errstate(all="ignore"):
        away = distance(landscape, point, x.reshape(-1, x.shape[-1])).reshape(x.shape[:-1])
    return np.where(np.isfinite(away), away, np.inf)


def _ball(d: int, starts: int) -> Array:
    """Return points (starts, d) of the unit ball, the same in every run: well-spread directions, each farther out."""
    return np.asarray(directions(d, starts) * (np.arange(1, starts + 1) / starts)[:, None])
