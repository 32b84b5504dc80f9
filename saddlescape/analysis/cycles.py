"""Cycles: periodic orbits of a method's map around a critical point, found on the landscape itself by Newton's method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from saddlescape.analysis import quadratics
from saddlescape.answers.stability import Cycle
from saddlescape.dynamics.evaluate import ticks
from saddlescape.dynamics.jacobian import jacobian
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.momentum import Nesterov
from saddlescape.dynamics.multipliers import PARTS as LOCAL
from saddlescape.dynamics.plan import plan_run
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: iterations of Newton's method; the step at which it has arrived, in units of the orbit; how far beyond the formula's
#: radius an orbit still counts as the one it is about
NEWTON, ARRIVED, FAR = 30, 1e-11, 10.0
#: periods that are looked for in a run, and its ticks: so many times 1/ln|multiplier|, within these bounds
PERIODS, TIMES, TICKS = 16, 60.0, (2000, 60_000)
#: consecutive positions that must return for a period to be seen, to this part of the orbit's size
SEEN = 1e-5
#: source files the answer depends on
PARTS = (*LOCAL, "analysis/cycles.py", "analysis/quadratics.py", "dynamics/loop.py")


def cycle_at(landscape: Landscape, method: Method, point: CriticalPoint, multipliers: Any) -> Cycle | None:
    """Return the cycle of ``method`` (one value per number) around ``point``, None where none is known.

    Of normalised SAM the 2-cycle along the eigenvector of the largest positive eigenvalue, whose radius in the quadratic
    model is where Newton's method begins (Bartlett, Long & Bousquet 2022); those along other eigenvectors are never
    stable. Where a smooth map has a ``multiplier`` below −1, the orbit that runs from near the point end in, if they do.
    """
    if method.clock.name != "steps" or method.noise.random or point.samples is not None:
        return None
    if multipliers:
        lowest = min((m for m in multipliers if not isinstance(m, list)), default=0.0)
        found = "doubled" if lowest < -1.0 and point.kind == "minimum" else ""
    else:
        found = "bounce" if method.numbers.get("rho") and np.max(point.eigenvalues, initial=0.0) > 0 else ""
    if not found:
        return None
    make = {"bounce": _bounce, "doubled": _doubled}[found]
    made = landscape.remember(
        "cycles", PARTS, lambda: {"found": make(landscape, method, point)}, method.text, str(point.id)
    )["found"]
    return None if made is None else _read(made)


# ---- normalised SAM ------------------------------------------------------------------------------------------------
def _bounce(landscape: Landscape, method: Method, point: CriticalPoint) -> dict[str, Any] | None:
    """Return the 2-cycle along the top eigenvector: by formula, then on the landscape."""
    eta, rho = (float(method.numbers[key]) for key in ("eta", "rho"))  # type: ignore[arg-type]
    K, top = quadratics.most_of(method), int(np.argmax(point.eigenvalues))
    c = float(quadratics.cycle_radius(eta, point.eigenvalues[top], rho, K))
    if not np.isfinite(c):
        return None
    steps = eta * quadratics.cycle_curvatures(eta, point.eigenvalues, top, K)
    factors = [_largest(step, method) for step in steps]
    start = {"x": point.x + c * point.eigenvectors[:, top], "v": np.zeros(landscape.dim)}
    if method.momentum.state:  # on the cycle v alternates: v' = G/(1 + beta) = −v, and x' − x = −2c
        beta = float(method.numbers["beta"])  # type: ignore[arg-type]
        gradient = point.eigenvalues[top] * (c + rho) * point.eigenvectors[:, top]
        start["v"] = -gradient / (1.0 + beta)
    orbit = _newton(landscape, method, start, 2)
    said: dict[str, Any] = {"period": 2, "predicted": c, "factors": [[f.real, f.imag] for f in factors]}
    if orbit is None or not _around(point, orbit["x"], FAR * c):
        inside = bool(np.all(np.abs(factors) < 1.0))
        return {**said, "x": [], "nearest": c, "farthest": c, "multipliers": [], "stable": inside}
    return {**said, **_measured(point, orbit)}


def _largest(step: float, method: Method) -> complex:
    """Return the multiplier of largest modulus of one step with momentum against a curvature a, ``step`` = eta·a."""
    beta = float(method.numbers.get("beta") or 0.0)  # type: ignore[arg-type]
    if isinstance(method.momentum, Nesterov):
        trace, det = 1.0 + beta - step * (1.0 + beta), beta * (1.0 - step)
    else:
        trace, det = 1.0 + beta - step, beta
    roots = np.roots([1.0, -trace, det])
    return complex(roots[np.argmax(np.abs(roots))])


# ---- where a multiplier has passed −1 --------------------------------------------------------------------------------
def _doubled(landscape: Landscape, method: Method, point: CriticalPoint) -> dict[str, Any] | None:
    """Return the orbit in which runs from near ``point`` end: its period seen in a run, its places by Newton's method."""
    values, vectors = np.linalg.eig(jacobian(landscape, method, point.x))
    lowest = int(np.argmin(values.real))
    away = vectors[: landscape.dim, lowest].real
    width = max(hi - lo for lo, hi in landscape.domain)
    sizes = width * np.array([-1e-2, -1e-3, 1e-3, 1e-2])
    starts = point.x + sizes[:, None] * away / np.linalg.norm(away)
    count = int(np.clip(TIMES / np.log(-values[lowest].real), *TICKS))
    for x in _tails(landscape, method, starts, count):
        period = _period(x["x"])
        if not period:
            continue
        orbit = _newton(landscape, method, {"x": x["x"][-1], "v": x["v"]}, period)
        if orbit is not None and _about(landscape, point, orbit["x"]):
            return {"period": period, "predicted": float("nan"), "factors": [], **_measured(point, orbit)}
    return None


def _tails(landscape: Landscape, method: Method, starts: Array, count: int) -> list[dict[str, Array]]:
    """Run ``count`` ticks and return, of every start that stayed finite, 4·PERIODS more positions and the last v."""
    from saddlescape.dynamics.simulate import carry_out

    first = carry_out(plan_run(landscape, method, starts, None, count, count, False, 0, {}), "auto")
    fine = np.isfinite(first.final).all(axis=1)
    if not fine.any():
        return []
    v0 = None if first.v_final is None else first.v_final[fine]
    rest = carry_out(plan_run(landscape, method, first.final[fine], v0, 4 * PERIODS, 1, False, 0, {}), "auto")
    v = np.zeros_like(rest.final) if rest.v_final is None else rest.v_final
    return [{"x": x, "v": each} for x, each in zip(rest.x, v, strict=True) if np.isfinite(x).all()]


def _period(x: Array) -> int:
    """Return the smallest period of the positions (n, d) that is at least 2, 0 where there is none."""
    size = float(np.max(np.ptp(x, axis=0)))
    for period in range(1, PERIODS + 1):
        if np.max(np.abs(x[period:] - x[:-period])) <= SEEN * size:
            return period if period > 1 else 0
    return 0


def _about(landscape: Landscape, point: CriticalPoint, x: Array) -> bool:
    """Whether ``point`` is the critical point nearest to the middle of the orbit, and off the orbit."""
    single = [p for p in landscape.critical_points if p.samples is None]
    nearest = min(single, key=lambda p: float(np.linalg.norm(x.mean(axis=0) - p.x)))
    width = max(hi - lo for lo, hi in landscape.domain)
    return nearest.id == point.id and float(np.linalg.norm(x - point.x, axis=1).min()) > 1e-6 * width


# ---- both ------------------------------------------------------------------------------------------------------------
def _newton(
    landscape: Landscape, method: Method, start: Mapping[str, Array], period: int
) -> dict[str, Any] | None:
    """Return {"x" (period, d), "multipliers"} of the orbit of ``period`` that Newton's method finds from ``start``."""
    d, momentum = landscape.dim, bool(method.momentum.state)
    tick = ticks(landscape, method, {k: v for k, v in method.numbers.items() if v is not None})
    z = np.concatenate([start["x"], start["v"]]) if momentum else start["x"]
    size = 0.0
    for _ in range(NEWTON):
        state, places, derivative = {"x": z[:d], "v": z[d:]}, [], np.eye(len(z))
        for _ in range(period):
            places.append(state["x"])
            try:
                derivative = (
                    jacobian(landscape, method, state["x"], state["v"] if momentum else None) @ derivative
                )
            except UsageError:  # it came to a zero gradient
                return None
            state = {**state, **tick(state["x"], state["v"])}
        after = np.concatenate([state["x"], state["v"]]) if momentum else state["x"]
        if not (np.isfinite(after).all() and np.isfinite(derivative).all()):
            return None
        orbit = np.array(places)
        size = float(np.max(np.ptp(orbit, axis=0)))
        move = np.linalg.lstsq(np.eye(len(z)) - derivative, after - z, rcond=1e-13)[0]
        if np.max(np.abs(move[:d])) <= ARRIVED * size:
            return {"x": orbit, "multipliers": np.linalg.eigvals(derivative)}
        z = z + move
    return None


def _around(point: CriticalPoint, x: Array, reach: float) -> bool:
    return bool(np.linalg.norm(x - point.x, axis=1).max() <= reach)


def _measured(point: CriticalPoint, orbit: Mapping[str, Any]) -> dict[str, Any]:
    away = np.linalg.norm(orbit["x"] - point.x, axis=1)
    values = sorted((complex(m) for m in orbit["multipliers"]), key=abs, reverse=True)
    return {
        "x": orbit["x"].tolist(),
        "nearest": float(away.min()),
        "farthest": float(away.max()),
        "multipliers": [[m.real, m.imag] for m in values],
        "stable": bool(abs(values[0]) < 1.0),
    }


def _read(made: Mapping[str, Any]) -> Cycle:
    """Return the cycle that was remembered as plain data."""
    pairs = {
        name: np.array([complex(*m) for m in made[name]], dtype=complex)
        for name in ("multipliers", "factors")
    }
    return Cycle(**{**made, **pairs, "x": np.array(made["x"], dtype=float)})
