"""What a method does near a critical point: multipliers of its step where that is smooth, or of flows and SDEs the
eigenvalues of the drift; a checked trap where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from saddlescape.answers.stability import plainly
from saddlescape.dynamics.evaluate import ticks
from saddlescape.dynamics.flows import Face
from saddlescape.dynamics.jacobian import NoSlope, drift_jacobian, jacobian, norm_above
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.perturbations import Plain
from saddlescape.dynamics.radius import capture_radius
from saddlescape.dynamics.traps import PARTS as CHECKED
from saddlescape.dynamics.traps import held
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: how near 1 a multiplier's modulus counts as neutral (rounding of the Hessian at a polished point), and eta times the
#: real part of an eigenvalue of a drift as 0; of a curve, below which part of the largest it is that along the curve
NEUTRAL, ALONG = 1e-9, 1e-6
#: source files the answer depends on
PARTS = (*CHECKED, "dynamics/multipliers.py", "dynamics/jacobian.py")

Behaviour = dict[str, Any]


def local_behaviour(landscape: Landscape, method: Method, *, drift: bool = False) -> list[Behaviour]:
    """Return, per critical point, {"id", "verdict", "multipliers", "radius", "note"}; see ``behaviours`` for ``drift``.

    ``verdict``: attracts, repels, neutral (or unknown) by the moduli of the multipliers of the step map (its Jacobian's
    eigenvalues, a real number or [real, imaginary]) against 1; traps or repels for a map that is not smooth there
    (normalised SAM): ``traps`` means that starts from all sides of a small ball, run by the map itself, stayed within
    the capture radius (times (1+beta)/(1−beta), by which momentum swings further); ``radius`` is how far out they still
    hover at the end. ``method`` has one value per number.
    """
    return [behaviours(landscape, [method], point, drift=drift)[0] for point in landscape.critical_points]


def behaviours(
    landscape: Landscape, methods: Sequence[Method], point: CriticalPoint, *, drift: bool = False
) -> list[Behaviour]:
    """Return what each of ``methods`` (alike but for their numbers) does at one critical point; see local_behaviour.

    Of flows and SDEs that is what a step of their scheme with their dt does, which is what is run. With ``drift`` it is
    what the equation does that they stand for, whatever scheme and dt: by its "eigenvalues", in place of "multipliers".
    An adaptive flow, whose steps follow the equation, is judged by it in any case.
    """
    resolved = [m.on(landscape) for m in methods]
    drift = isinstance(resolved[0].clock, Face) and (drift or getattr(resolved[0].clock, "adaptive", False))
    if len(resolved) > 1:
        return _at(landscape, resolved, point, drift)
    more = (resolved[0].text, str(point.id), *(landscape.samples if resolved[0].noise.batch else ()))
    kind = "drift" if drift else "local"
    made = landscape.remember(kind, PARTS, lambda: {"found": _at(landscape, resolved, point, drift)}, *more)
    return list(made["found"])


def _at(landscape: Landscape, methods: list[Method], point: CriticalPoint, drift: bool) -> list[Behaviour]:
    start: Behaviour = {"id": point.id, "verdict": "neutral", "multipliers": [], "radius": None, "note": ""}
    if point.kind == "cone":
        return [start | {"note": "a tip: no Hessian, no multipliers"} for _ in methods]
    smooth = [_smooth(landscape, method, point, drift) for method in methods]
    # of faces the mean over the law is what is run: at a minimum of every sample it is rough, and not the full gradient's
    rough = [m.skeleton(isinstance(m.clock, Face)) for m, s in zip(methods, smooth, strict=True) if s is None]
    trapped = iter(_traps(landscape, rough, point))
    return [start | (next(trapped) if s is None else s) for s in smooth]


def _smooth(landscape: Landscape, method: Method, point: CriticalPoint, drift: bool) -> Behaviour | None:
    """Return what the linear part says; None where the mean map is not smooth: noise may make it so, or not."""
    rough = not method.perturbation.is_smooth and method.numbers["rho"] != 0.0
    if rough and not method.noise.random:
        return None
    try:
        return _linear(landscape, method, point, drift)
    except NoSlope:
        return {
            "verdict": "unknown",
            "note": "a sign under noise on a line: built for the map with sigma, ascent=same",
        }
    except UsageError:
        if rough:
            return None
        raise


def _linear(landscape: Landscape, method: Method, point: CriticalPoint, drift: bool) -> Behaviour:
    if (
        not method.perturbation.is_smooth and method.numbers["rho"] == 0.0
    ):  # gradient descent, whose map is smooth
        method = replace(method, perturbation=Plain())
    zero, x = _rounding(landscape, point), point.x
    if drift and isinstance(
        method.clock, Face
    ):  # a Newton step on Euler's tick is one on the drift, whatever dt
        method = replace(method, clock=replace(method.clock, scheme="euler"))
    if method.noise.random:
        rest = at_rest(landscape, method, point)
        if rest is None:
            return {
                "verdict": "drifts",
                "note": "the mean step goes on: noise in the ascent leaves it no rest here",
            }
        x, derivative = rest
    elif not drift:
        derivative = jacobian(landscape, method, x, zero=zero)
    if drift:
        rates = drift_jacobian(landscape, method, x, lambda a: norm_above(a, zero))
        return _of_rates(np.linalg.eigvals(rates), float(method.numbers["eta"]), point)  # type: ignore[arg-type]
    return _of_multipliers(np.linalg.eigvals(derivative), point)


def _of_rates(values: Any, eta: float, point: CriticalPoint) -> Behaviour:
    """Return what an equation with these eigenvalues does, the slowest to fall (or the fastest to rise) first."""
    order = np.lexsort((-values.imag, -values.real))
    real, verdict = values.real[order], "neutral"
    if point.samples is not None:  # along the curve the eigenvalue is 0; across it decides
        across = real[np.abs(real) > ALONG * np.max(np.abs(real))]
        verdict = "repels" if np.any(across > 0.0) else "attracts" if across.size else "neutral"
    elif eta * real[0] > NEUTRAL:
        verdict = "repels"
    elif eta * real[0] < -NEUTRAL:
        verdict = "attracts"
    return {"verdict": verdict, "eigenvalues": [plainly(v) for v in values[order]]}


def _of_multipliers(values: Any, point: CriticalPoint) -> Behaviour:
    """Return what a map with these multipliers does, the largest first."""
    order = np.argsort(-np.abs(values), kind="stable")
    moduli = np.abs(values[order])
    verdict = "neutral"
    if point.samples is not None:  # along the curve the multiplier is 1; across it decides
        across = moduli[np.abs(moduli - 1.0) > ALONG]
        verdict = "repels" if np.any(across > 1.0) else "attracts" if across.size else "neutral"
    elif moduli[0] > 1.0 + NEUTRAL:
        verdict = "repels"
    elif moduli[0] < 1.0 - NEUTRAL:
        verdict = "attracts"
    return {"verdict": verdict, "multipliers": [plainly(v) for v in values[order]]}


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


def _traps(landscape: Landscape, methods: list[Method], point: CriticalPoint) -> list[Behaviour]:
    """Say of maps that jump at the point what a run from a small ball around it has shown."""
    return [
        {
            "verdict": "traps" if seen.kept else "unknown" if seen.slow else "repels",
            "radius": seen.hover if seen.kept else None,
            **({"within": seen.within} if seen.kept and seen.within < np.inf else {}),
            "note": "hovers around it (normalised: the map is not smooth here)"
            if seen.kept
            else "starts of a small ball around it come to rest beside it, where the gradient is not zero"
            if seen.beside
            else "none leaves while the check lasts, but along a flat direction some come no nearer"
            if seen.slow
            else "some starts of a small ball around it leave",
        }
        for seen in held(landscape, methods, point)
    ]
