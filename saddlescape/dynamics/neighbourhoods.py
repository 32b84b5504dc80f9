"""Neighbourhoods: balls around a critical point that a method's own map was checked to keep. A check, not a theorem."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.dynamics.capture import captured, distance, rests
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.multipliers import PARTS as LOCAL
from saddlescape.dynamics.multipliers import behaviours
from saddlescape.dynamics.plan import plan_run
from saddlescape.dynamics.radius import capture_radius, directions
from saddlescape.errors import Interrupted
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

KINDS = ("minimum", "saddle", "maximum")
#: spheres that are tried, and starts on each of them
SHELLS, STARTS = 8, 32
#: how far beyond its own sphere a trajectory may swing: 1 %
SLACK = 1.01
#: ticks of the check: 12 times the slowest time at the point, within these bounds, and no check below 3 times that
#: time: what hardly moves has not been seen to arrive; and how many of the ticks are looked at
TIMES, LEAST, TICKS, RECORDS = 12.0, 3.0, (1500, 400_000), 250
#: sets of numbers in a run, and points with a trajectory near them, up to which it is worth while to check them all
MOST = 16
#: source files the answer depends on
PARTS = (*LOCAL, "dynamics/neighbourhoods.py")


def is_map_of_place(method: Method) -> bool:
    """Whether the next position follows from the position alone: with a buffer or noise, a ball decides nothing."""
    return not method.momentum.state and not method.random


def _can_be_checked(method: Method) -> bool:
    """Whether the check ends in its ticks: an adaptive flow may make any number of steps in one."""
    return is_map_of_place(method) and not getattr(method.clock, "adaptive", False)


def kept_radius(landscape: Landscape, method: Method, point: CriticalPoint) -> float:
    """Return the radius of the ball around ``point`` that ``method`` keeps and is captured from, 0.0 where none is known.

    Starts on up to 8 spheres, from the capture radius to ``reach``, are run by the method itself. A sphere counts if
    from it and from all smaller ones every start was captured at the point, and none was seen beyond 1.01 times the
    radius of its sphere. ``method`` has one value per number. Methods with momentum, adaptive flows, curves of minima
    and cones have 0.
    """
    first, last = capture_radius(landscape, method, point), reach(landscape, point)
    if point.kind not in KINDS or not _can_be_checked(method) or not first <= last:
        return 0.0
    more = (method.text, str(point.id))
    made = landscape.remember(
        "kept",
        PARTS,
        lambda: {"radius": _largest(landscape, method, point, np.geomspace(first, last, SHELLS))},
        *more,
    )
    return float(made["radius"])


def reach(landscape: Landscape, point: CriticalPoint) -> float:
    """Return the largest radius that is tried: half the way to the nearest other critical point, inside the domain."""
    others = [p for p in landscape.critical_points if p.id != point.id]
    single = np.array([p.x for p in others if p.samples is None]).reshape(-1, landscape.dim)
    away = np.linalg.norm(single - point.x, axis=1)
    curves = [float(distance(landscape, p, point.x[None])[0]) for p in others if p.samples is not None]
    lo, hi = np.array(landscape.domain).T
    return float(min([*(0.5 * away), *(0.5 * c for c in curves), *(point.x - lo), *(hi - point.x)]))


def near(landscape: Landscape, method: Method, x: Array) -> set[int]:
    """Return the ids of the points whose ball could hold one of the places ``x`` (n, d). Nothing is run."""
    if not len(x) or not _can_be_checked(method):
        return set()
    points, nearest, away = _nearest(landscape, x)
    found = [
        points[k]
        for k in np.unique(nearest[nearest >= 0])
        if away[nearest == k].min() <= reach(landscape, points[k])
    ]
    return {p.id for p in found}


def fates(landscape: Landscape, method: Method, x: Array, among: set[int]) -> Any:
    """Return, per place (n, d), the id of the critical point ``among`` these whose kept ball holds it, or -1."""
    fate = np.full(len(x), -1)
    points, nearest, away = _nearest(landscape, x)
    for k, p in enumerate(points):
        mine = np.flatnonzero(nearest == k)
        if p.id in among and mine.size:
            fate[mine[away[mine] <= kept_radius(landscape, method, p)]] = p.id
    return fate


def _nearest(landscape: Landscape, x: Array) -> tuple[list[CriticalPoint], Any, Array]:
    """Return the points that can have a ball, and for each of ``x`` the place of the nearest and how far it is.

    No ball holds a place that is nearer to another point: ``reach`` ends half-way.
    """
    points = [p for p in landscape.critical_points if p.kind in KINDS]
    nearest, away = np.full(len(x), -1), np.full(len(x), np.inf)
    for k, p in enumerate(points):
        distances = np.linalg.norm(x - p.x, axis=1)
        nearest[distances < away] = k
        away = np.minimum(away, distances)
    return points, nearest, away


def _largest(landscape: Landscape, method: Method, point: CriticalPoint, radii: Array) -> float:
    """Return the largest of ``radii`` up to which every sphere is kept, 0.0 if the first is not."""
    ticks = _ticks(landscape, method, point)
    if ticks is None:
        return 0.0
    around = directions(landscape.dim, STARTS - 2 * landscape.dim)
    around = np.concatenate([point.eigenvectors.T, -point.eigenvectors.T, around])
    starts = point.x + (radii[:, None, None] * around).reshape(-1, landscape.dim)
    shells = _kept(landscape, method, point, starts, ticks).reshape(len(radii), -1).all(axis=1)
    count = len(radii) if shells.all() else int(np.argmin(shells))
    if not count or (point.kind != "minimum" and not _attracts(landscape, method, point)):
        return 0.0
    return float(radii[count - 1])


def _ticks(landscape: Landscape, method: Method, point: CriticalPoint) -> int | None:
    """Return how long to run: 12 times the slowest time there, by the multipliers or, where the map is not smooth,
    by eta·min|λ|; None where the multipliers say that the method does not go there, or that takes too long."""
    slowest = float(method.numbers[method.clock.tick]) * float(np.min(np.abs(point.eigenvalues)))  # type: ignore[arg-type]
    if method.perturbation.is_smooth or method.numbers["rho"] == 0.0:
        local = behaviours(landscape, [method], point)[0]
        if local["verdict"] != "attracts":
            return None
        largest = max(abs(complex(*m)) if isinstance(m, list) else abs(m) for m in local["multipliers"])
        slowest = -float(np.log(max(largest, 1e-300)))
    return int(np.clip(TIMES / slowest, *TICKS)) if slowest * TICKS[1] >= LEAST else None


def _attracts(landscape: Landscape, method: Method, point: CriticalPoint) -> bool:
    """Whether ``critical`` says so too: the status of what is captured at a saddle or maximum depends on it."""
    return behaviours(landscape, [method], point)[0]["verdict"] in ("attracts", "traps")


def _kept(landscape: Landscape, method: Method, point: CriticalPoint, starts: Array, ticks: int) -> Any:
    """Run the method and say which starts stayed and were captured; judged by raw columns, never by the status."""
    from saddlescape.dynamics.simulate import carry_out  # which judges with what is found here

    plan = plan_run(landscape, method, starts, None, ticks, max(1, ticks // RECORDS), False, 0, {})
    try:
        run = carry_out(plan, "compiled")
    except Interrupted:  # of this check, not of the run that it is for
        raise KeyboardInterrupt from None
    away = np.linalg.norm(run.x - point.x, axis=-1)
    stayed = np.all(away <= SLACK * away[:, :1], axis=1)
    inside = captured(landscape, method, point, run.columns["box"])
    return stayed & inside & ~rests(landscape, method, run.final, run.columns["box"])
