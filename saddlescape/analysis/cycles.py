"""Cycles: periodic orbits of a method's map around a critical point, found on the landscape itself by Newton's method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from saddlescape.analysis import quadratics
from saddlescape.analysis.orbits import orbits, steady
from saddlescape.answers.stability import Cycle
from saddlescape.dynamics.evaluate import scalars, ticks
from saddlescape.dynamics.jacobian import jacobian
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.momentum import Nesterov
from saddlescape.dynamics.multipliers import PARTS as LOCAL
from saddlescape.dynamics.plan import plan_run
from saddlescape.dynamics.radius import capture_radius, directions
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: where Newton's method begins, in units of the formula's radius, and in how many directions between the
#: eigenvectors, each with its mirror images
SIZES, AROUND = (0.5, 1.0, 2.0), 12
#: ticks of the map itself from the starts in these directions, whose ends are starts too
BOUNCES = 500
#: how far from the point an orbit may reach: so many capture radii, or radii of the formula
FAR = 2.0
#: periods that are looked for in a run, and its ticks: so many times 1/ln|multiplier|, within these bounds
PERIODS, TIMES, TICKS = 16, 60.0, (2000, 60_000)
#: consecutive positions that must return for a period to be seen, to this part of the orbit's size
SEEN = 1e-5
#: source files the answer depends on
PARTS = (*LOCAL, "analysis/cycles.py", "analysis/orbits.py", "analysis/quadratics.py", "dynamics/loop.py")


def cycle_at(landscape: Landscape, method: Method, point: CriticalPoint, multipliers: Any) -> Cycle | None:
    """Return the cycle of ``method`` (one value per number) around ``point``, None where none is known.

    Of normalised SAM a 2-cycle. In the quadratic model it is along the eigenvector of the largest positive eigenvalue,
    those along others are never stable (Bartlett, Long & Bousquet 2022); on the landscape Newton's method looks for one
    from many starts of that size around the point, and a stable one is preferred. Where a smooth map has a
    ``multiplier`` below −1, the orbit that runs from near the point end in, if they do.
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
    """Return the 2-cycle along the top eigenvector by formula, and the one on the landscape, if one is found."""
    eta, rho = (float(method.numbers[key]) for key in ("eta", "rho"))  # type: ignore[arg-type]
    K, top = quadratics.most_of(method), int(np.argmax(point.eigenvalues))
    radii = quadratics.cycle_radius(eta, point.eigenvalues, rho, K)
    c = float(radii[top])
    if not np.isfinite(c):
        return None
    steps = eta * quadratics.cycle_curvatures(eta, point.eigenvalues, top, K)
    factors = [_largest(step, method) for step in steps]
    said: dict[str, Any] = {"period": 2, "predicted": c, "factors": [[f.real, f.imag] for f in factors]}
    reach = FAR * max(c, capture_radius(landscape, method, point))
    found: list[dict[str, Any]] = []
    for starts in _starts(landscape, method, point, radii, c):
        found += [
            orbit
            for orbit in orbits(landscape, method, starts, 2, reach)
            if _at(landscape, point, orbit, reach)
        ]
        if any(steady(orbit["multipliers"]) for orbit in found):
            break
    if not found:
        nothing = {"x": [], "nearest": np.nan, "farthest": np.nan, "multipliers": [], "stable": None}
        return {**said, **nothing}
    return {**said, **_measured(point, _best(point, found, c))}


def _starts(
    landscape: Landscape, method: Method, point: CriticalPoint, radii: Array, c: float
) -> Iterator[dict[str, Array]]:
    """Yield the starts of Newton's method, {"x", "v"} (n, d) each: along the eigenvectors and in directions between them,
    at several times the formula's ``radii``, then where the map itself goes from some of these."""
    along = (np.where(np.isfinite(radii), radii, c) * point.eigenvectors).T
    along = np.concatenate([along, -along])
    around = directions(
        landscape.dim, AROUND
    )  # mirrored in the eigenvectors' frame: points alike have the same
    around = np.concatenate([around, around * np.where(np.arange(landscape.dim), 1.0, -1.0)])
    around = c * np.concatenate([around, -around]) @ point.eigenvectors.T
    yield _bouncing(
        method, point, np.concatenate([size * each for size in SIZES for each in (along, around)])
    )
    state = _bouncing(method, point, around)
    tick = ticks(landscape, method, scalars(method))
    for _ in range(BOUNCES):
        state = {**state, **tick(state["x"], state["v"])}
    yield state


def _bouncing(method: Method, point: CriticalPoint, offset: Array) -> dict[str, Array]:
    """Return the states at ``offset`` (n, d) from the point. On the cycle of a quadratic v alternates, too: with
    momentum v' = G/(1 + beta) = −v, where G = K·offset/eta."""
    eta, beta = (float(method.numbers.get(key) or 0.0) for key in ("eta", "beta"))  # type: ignore[arg-type]
    return {"x": point.x + offset, "v": -quadratics.most_of(method) / (eta * (1.0 + beta)) * offset}


def _at(landscape: Landscape, point: CriticalPoint, orbit: Mapping[str, Any], reach: float) -> bool:
    """Whether an orbit lies within ``reach`` of the point, and no other is nearer to its middle."""
    farthest = float(np.linalg.norm(orbit["x"] - point.x, axis=1).max())
    return farthest <= reach and _nearest(landscape, orbit["x"]).id == point.id


def _best(point: CriticalPoint, found: Sequence[dict[str, Any]], c: float) -> dict[str, Any]:
    """Return a stable orbit, else a neutral one, else an unstable one; of several that whose size is nearest to ``c``."""

    def rank(orbit: Mapping[str, Any]) -> tuple[int, float]:
        size = float(np.linalg.norm(orbit["x"] - point.x, axis=1).max())
        return (True, None, False).index(steady(orbit["multipliers"])), round(abs(np.log(size / c)), 9)

    return min(found, key=rank)


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
        for orbit in orbits(landscape, method, {"x": x["x"][-1:], "v": x["v"][None]}, period):
            if _about(landscape, point, orbit["x"]):
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
    width = max(hi - lo for lo, hi in landscape.domain)
    off = float(np.linalg.norm(x - point.x, axis=1).min()) > 1e-6 * width
    return off and _nearest(landscape, x).id == point.id


# ---- both ------------------------------------------------------------------------------------------------------------
def _nearest(landscape: Landscape, x: Array) -> CriticalPoint:
    """Return the critical point, no curve, that is nearest to the middle of an orbit (period, d)."""
    single = [p for p in landscape.critical_points if p.samples is None]
    return min(single, key=lambda p: float(np.linalg.norm(x.mean(axis=0) - p.x)))


def _measured(point: CriticalPoint, orbit: Mapping[str, Any]) -> dict[str, Any]:
    away = np.linalg.norm(orbit["x"] - point.x, axis=1)
    values = sorted((complex(m) for m in orbit["multipliers"]), key=abs, reverse=True)
    return {
        "x": orbit["x"].tolist(),
        "nearest": float(away.min()),
        "farthest": float(away.max()),
        "multipliers": [[m.real, m.imag] for m in values],
        "stable": steady(orbit["multipliers"]),
    }


def _read(made: Mapping[str, Any]) -> Cycle:
    """Return the cycle that was remembered as plain data."""
    pairs = {
        name: np.array([complex(*m) for m in made[name]], dtype=complex)
        for name in ("multipliers", "factors")
    }
    return Cycle(**{**made, **pairs, "x": np.array(made["x"], dtype=float)})
