"""What a method does near a critical point: multipliers of its map where that is smooth, a checked trap where not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np

from saddlescape.dynamics.capture import distance
from saddlescape.dynamics.evaluate import ticks
from saddlescape.dynamics.flows import Face
from saddlescape.dynamics.jacobian import NoSlope, jacobian
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.perturbations import Plain
from saddlescape.dynamics.radius import capture_radius
from saddlescape.errors import Interrupted, UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: how near 1 a multiplier's modulus counts as neutral (rounding of the Hessian at a polished point)
NEUTRAL = 1e-9
#: starts of the check that a neighbourhood is kept, and its ticks: ten times 1/(eta·min|λ|) within these bounds
STARTS, TICKS = 48, (1500, 6000)
#: of a continuum, whose distance takes a Hessian, every so many ticks are looked at: odd, to see both ends of a bounce
LOOK = 7
#: gradients of a start that all checks on a landscape take together, from which on they are compiled; methods at once
LONG, TOGETHER = 100_000, 16
#: source files the answer depends on
PARTS = tuple(
    f"dynamics/{part}.py"
    for part in (
        "multipliers",
        "capture",
        "radius",
        "evaluate",
        "jacobian",
        "perturbations",
        "momentum",
        "noise",
        "laws",
        "nodes",
        "clocks",
        "flows",
        "schemes",
        "sdes",
        "expansion",
        "series",
    )
)

Behaviour = dict[str, Any]


def local_behaviour(landscape: Landscape, method: Method) -> list[Behaviour]:
    """Return, per critical point, {"id", "verdict", "multipliers", "radius", "note"}.

    ``verdict``: attracts, repels, neutral (or unknown) by the moduli of the multipliers of the step map (its Jacobian's
    eigenvalues, a real number or [real, imaginary]) against 1; traps or repels for a map that is not smooth there
    (normalised SAM): ``traps`` means that starts from all sides of a small ball, run by the map itself, stayed within
    the capture radius (times (1+beta)/(1−beta), by which momentum swings further); ``radius`` is how far out they still
    hover at the end. ``method`` has one value per number.
    """
    return [behaviours(landscape, [method], point)[0] for point in landscape.critical_points]


def behaviours(landscape: Landscape, methods: Sequence[Method], point: CriticalPoint) -> list[Behaviour]:
    """Return what each of ``methods`` (alike but for their numbers) does at one critical point; see local_behaviour."""
    resolved = [m.on(landscape) for m in methods]
    if len(resolved) > 1:
        return _at(landscape, resolved, point)
    more = (resolved[0].text, str(point.id), *(landscape.samples if resolved[0].noise.batch else ()))
    made = landscape.remember("local", PARTS, lambda: {"found": _at(landscape, resolved, point)}, *more)
    return list(made["found"])


def _at(landscape: Landscape, methods: list[Method], point: CriticalPoint) -> list[Behaviour]:
    start: Behaviour = {"id": point.id, "verdict": "neutral", "multipliers": [], "radius": None, "note": ""}
    if point.kind == "cone":
        return [start | {"note": "a tip: no Hessian, no multipliers"} for _ in methods]
    smooth = [_smooth(landscape, method, point) for method in methods]
    # of faces the mean over the law is what is run: at a minimum of every sample it is rough, and not the full gradient's
    rough = [m.skeleton(isinstance(m.clock, Face)) for m, s in zip(methods, smooth, strict=True) if s is None]
    trapped = iter(_traps(landscape, rough, point))
    return [start | (next(trapped) if s is None else s) for s in smooth]


def _smooth(landscape: Landscape, method: Method, point: CriticalPoint) -> Behaviour | None:
    """Return what the multipliers say; None where the mean map is not smooth: noise may make it so, or not."""
    rough = not method.perturbation.is_smooth and method.numbers["rho"] != 0.0
    if rough and not method.noise.random:
        return None
    try:
        return _multipliers(landscape, method, point)
    except NoSlope:
        return {
            "verdict": "unknown",
            "note": "a sign under noise on a line: built for the map with sigma, ascent=same",
        }
    except UsageError:
        if rough:
            return None
        raise


def _multipliers(landscape: Landscape, method: Method, point: CriticalPoint) -> Behaviour:
    if (
        not method.perturbation.is_smooth and method.numbers["rho"] == 0.0
    ):  # gradient descent, whose map is smooth
        method = replace(method, perturbation=Plain())
    if method.noise.random:
        rest = at_rest(landscape, method, point)
        if rest is None:
            return {
                "verdict": "drifts",
                "note": "the mean step goes on: noise in the ascent leaves it no rest here",
            }
        derivative = rest[1]
    else:
        derivative = jacobian(landscape, method, point.x, zero=_rounding(landscape, point))
    values = np.linalg.eigvals(derivative)
    order = np.argsort(-np.abs(values), kind="stable")
    moduli = np.abs(values[order])
    verdict = "neutral"
    if point.samples is not None:  # along the curve the multiplier is 1; across it decides
        verdict = "attracts" if np.all(moduli[np.abs(moduli - 1.0) > 1e-6] < 1.0) else "repels"
    elif moduli[0] > 1.0 + NEUTRAL:
        verdict = "repels"
    elif moduli[0] < 1.0 - NEUTRAL:
        verdict = "attracts"
    return {"verdict": verdict, "multipliers": [_plain(v) for v in values[order]]}


def at_rest(landscape: Landscape, method: Method, point: CriticalPoint) -> tuple[Array, Array] | None:
    """Return where the mean tick rests (d,) and its derivative there, by Newton's method from the point; None if that is
    not within the capture radius. Noise that the ascent sees moves rest points, and leaves some critical points none."""
    mean, zero, d = method.skeleton(), _rounding(landscape, point), landscape.dim
    tick = ticks(landscape, mean, {k: v for k, v in mean.numbers.items() if v is not None})
    state, radius = {"x": point.x, "v": np.zeros(d)}, capture_radius(landscape, method, point)
    for _ in range(20):
        derivative = jacobian(landscape, method, state["x"], state["v"], zero=zero)
        after = tick(state["x"], state["v"])
        left = np.concatenate([after[name] - state[name] for name in after])
        step = np.linalg.lstsq(np.eye(len(left)) - derivative, left, rcond=1e-9)[0]
        state = {
            name: state[name] + part for name, part in zip(state, (*step.reshape(-1, d), 0.0), strict=False)
        }
        if not np.linalg.norm(state["x"] - point.x) <= radius:
            return None
        if np.linalg.norm(step) <= 1e-3 * radius:
            return state["x"], derivative
    return None


def _rounding(landscape: Landscape, point: CriticalPoint) -> float:
    """What may be left of the gradient at a polished point: the rounding of x, times the curvature, generously."""
    width = max(hi - lo for lo, hi in landscape.domain)
    return 1e-10 * width * float(np.max(np.abs(point.eigenvalues), initial=0.0))


def _plain(value: Any) -> Any:
    value = complex(value)
    return value.real if abs(value.imag) < 1e-12 else [value.real, value.imag]


def _traps(landscape: Landscape, methods: list[Method], point: CriticalPoint) -> list[Behaviour]:
    """Run the maps from a small ball around the point and see which stay within their capture radius, all at once."""
    if not methods:
        return []
    radius = np.array([capture_radius(landscape, m, point) for m in methods])
    numbers = {k: np.array([[m.numbers[k]] for m in methods], dtype=float) for k in methods[0].numbers}
    # no trap along a negative direction reaches beyond rho, so the ball stays well inside
    size = 0.25 * np.minimum(radius, numbers["rho"][:, 0])
    x = point.x + size[:, None, None] * _ball(landscape.dim)
    beta = np.array([float(m.numbers.get("beta") or 0.0) for m in methods])  # type: ignore[arg-type]
    slack = np.minimum(radius * (1 + beta) / (1 - beta), np.maximum(radius, apart(landscape, point)))
    hover, kept = np.zeros(len(methods)), np.ones(len(methods), dtype=bool)
    curvature = np.abs(point.eigenvalues)[
        np.abs(point.eigenvalues) > 1e-6 * np.max(np.abs(point.eigenvalues))
    ]
    slowest = float(np.min(numbers[methods[0].clock.tick])) * float(np.min(curvature, initial=np.inf))
    often = looked(methods[0])
    last = int(np.clip(10 / slowest / often, *TICKS))
    for k, places in enumerate(_courses(landscape, methods, x, last, often)):
        if point.samples is not None and k % LOOK:
            continue
        farthest = np.max(_away(landscape, point, places), axis=1)
        kept &= farthest <= slack
        if not kept.any():
            break
        hover = np.maximum(hover, farthest) if k >= last // 2 else hover
    return [
        {
            "verdict": "traps" if keeps else "repels",
            "radius": float(h) if keeps else None,
            "note": "hovers around it (normalised: the map is not smooth here)"
            if keeps
            else "some starts of a small ball around it leave",
        }
        for keeps, h in zip(kept, hover, strict=True)
    ]


def looked(method: Method) -> int:
    """Return after how many ticks the check looks again: what takes a step of the map is a look, or flows of a small dt
    would be judged by a short time."""
    eta, tick = (float(method.numbers[key]) for key in ("eta", method.clock.tick))  # type: ignore[arg-type]
    return max(1, round(eta / tick))


def _courses(landscape: Landscape, methods: list[Method], x: Array, last: int, often: int) -> Iterator[Array]:
    """Yield where the starts ``x`` (methods, starts, d) of every method are, ``last`` times, every ``often`` ticks.

    By the compiled map where checks at all critical points would take long otherwise: which one it is depends on what is
    asked alone, for the two differ by rounding.
    """
    clock, calls = methods[0].clock, methods[0].gradient_calls or LONG
    work = last * often * calls * len(methods) * len(landscape.critical_points)
    if work >= LONG and len(methods) <= TOGETHER and not getattr(clock, "adaptive", False):
        yield from _compiled(landscape, methods, x, last, often)
        return
    numbers = {k: np.array([[m.numbers[k]] for m in methods], dtype=float) for k in methods[0].numbers}
    tick, v = ticks(landscape, methods[0], numbers), np.zeros_like(x)
    for k in range(1, last * often + 1):
        state = tick(x, v)
        x, v = state["x"], state.get("v", v)
        if k % often == 0:
            yield x


def _compiled(
    landscape: Landscape, methods: list[Method], x: Array, last: int, often: int
) -> Iterator[Array]:
    """Yield the same from a run that records them."""
    from saddlescape.dynamics.plan import plan_run  # whose statuses ask what is found here
    from saddlescape.dynamics.simulate import carry_out

    each = {
        k: tuple(np.repeat([m.numbers[k] for m in methods], x.shape[1]).tolist()) for k in methods[0].numbers
    }
    many = methods[0].with_numbers(**each)
    try:
        run = carry_out(
            plan_run(landscape, many, x.reshape(-1, landscape.dim), None, last * often, often, False, 0, {}),
            "compiled",
        )
    except Interrupted:  # of this check, not of the run that it is for
        raise KeyboardInterrupt from None
    for k in range(1, last + 1):
        yield run.x[:, k].reshape(x.shape)


def apart(landscape: Landscape, point: CriticalPoint) -> float:
    """How far the nearest other critical point is: what swings beyond it is not held by this one."""
    others = [p.x for p in landscape.critical_points if p.id != point.id and p.samples is None]
    return float(min((np.linalg.norm(x - point.x) for x in others), default=np.inf))


def _away(landscape: Landscape, point: CriticalPoint, x: Array) -> Array:
    """Distances (methods, starts) from a point, or across a continuum, of which samples alone are too far apart."""
    return distance(landscape, point, x.reshape(-1, x.shape[-1])).reshape(x.shape[:-1])


def _ball(d: int) -> Array:
    """Return STARTS points of the unit ball, the same in every run: well-spread directions, each farther out."""
    return np.asarray(directions(d, STARTS) * (np.arange(1, STARTS + 1) / STARTS)[:, None])


def directions(d: int, count: int) -> Array:
    """Return ``count`` unit vectors (count, d) that point to all sides, the same in every run.

    Both ways on a line; turned by the golden angle in the plane; in space the normal quantiles of Roberts' sequence,
    whose steps are powers of the root of r^(d+1) = r + 1. (Powers of the golden ratio would all be one number mod 1.)
    """
    k = np.arange(1, count + 1)
    if d == 1:
        return np.where(k % 2, 1.0, -1.0)[:, None]
    if d == 2:
        angle = np.pi * (3 - 5**0.5) * k
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (d + 1))
    raw = (0.5 + k[:, None] * root ** -np.arange(1.0, d + 1)) % 1.0
    normal = np.vectorize(NormalDist().inv_cdf)(np.clip(raw, 1e-6, 1 - 1e-6))
    return np.asarray(normal / np.linalg.norm(normal, axis=1, keepdims=True))
