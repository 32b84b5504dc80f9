"""Separatrices: the stable manifolds of the saddles of a flow, traced by arc length backwards in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape import values
from saddlescape.analysis.rests import by_rates, on_grid, others, verdict
from saddlescape.analysis.straight import spokes
from saddlescape.answers.field import Rest, Separatrix
from saddlescape.dynamics.fields import VectorField
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.multipliers import NEUTRAL
from saddlescape.dynamics.reading import method as as_method
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: in parts of the window's diagonal: how far from the saddle a branch sets out along its eigenvector (the curve is off
#: that line by half its square times the curvature), where it has arrived at a rest point, its points' distance, and
#: the longest way it is followed
START, ARRIVED, SPACING, LONGEST = 1e-5, 1e-4, 1 / 600, 4.0
#: most steps of the integration, a bound for fields that go round and round
STEPS = 800
#: tolerances of the integration, relative and (in parts of the diagonal) absolute
RTOL, ATOL = 1e-10, 1e-13
#: points along each axis of the grid on which rest points are looked for
GRID = 101
#: the circle around a degenerate point on which its branches are looked for, in parts of the diagonal, and at most of the
#: way to the next point where the field rests
CIRCLE, CLEAR = 1e-3, 0.02


@dataclass(frozen=True, eq=False)
class Way:
    """Where a branch sets out: the saddle ``x``, its id, the branch's first point, the rate of its eigenvector."""

    x: Array
    point: int
    first: Array
    rate: float


def separatrices(
    landscape: Landscape,
    method: Method | str,
    *,
    view: Any = None,
    unstable: bool = False,
    rests: Sequence[Rest] | None = None,
) -> tuple[Separatrix, ...]:
    """Trace the stable manifolds of the saddles of a flow in the plane: what parts the starts that end here and there.

    view : ((x0, x1), (y0, y1)), where curves are followed; the landscape's by default. Saddles beside it count where a
    branch comes into it. ``unstable`` adds the unstable manifolds, forwards in time. ``rests`` are rest points
    that are no critical points (``Field.rests``), found on a grid of 101 × 101 points where they are not given.

    Branches set out from a saddle along the eigenvectors of the field's Jacobian and follow the field divided by its
    speed, dx/ds = ∓F/‖F‖, with DOP853 (rtol 1e-10): s is the arc length. The first point is off the curve by half its
    curvature times the square of 1e-5 of the window's diagonal, and backwards in time such an offset shrinks. From a
    degenerate point (monkey_saddle), where eigenvalues are rounding, they set out where the field points straight inwards
    on a small circle and away from there to both sides, if it points straight outwards somewhere else: what arrives from
    all sides is not parted. That circle is 1e-3 of the diagonal, or less where another rest point is near.

    Normalised SAM has no linear part at a critical point, and no manifold ends there. What it catches is bounded by the
    stable manifolds of its other rest points: on x² − y² those of (0, ±rho).

    Raises UsageError for maps, momentum and other than two coordinates.
    """
    field = VectorField(landscape, as_method(method).on(landscape))
    if words := refusal(field):
        raise UsageError(words)
    box = landscape.with_window(view=values.window("view", view)).view
    own = others(field, *on_grid(field, box, GRID)) if rests is None else rests
    return tuple(traced(field, box, own, unstable))


def refusal(field: VectorField) -> str:
    """Return why no separatrices of this field are traced, and what to do instead; "" where they are."""
    method = field.method
    if field.landscape.dim != 2:
        return f"separatrices are curves in the plane, and {field.landscape.name} has {field.landscape.dim} coordinate(s)"
    if field.is_map:
        face = "" if method.momentum.state or method.noise.random else f": {method.name}@flow has them"
        return f"{method.name} is a map, whose steps cross any curve; separatrices are traced for flows{face}"
    if method.momentum.state:
        return f"with momentum {method.text} moves in position and velocity: separatrices are no curves in the plane"
    return ""


def traced(field: VectorField, view: Any, rests: Sequence[Rest], unstable: bool) -> Iterator[Separatrix]:
    """Yield all branches that are seen in ``view``, by saddle: the stable ones, then the unstable ones."""
    scene = field.landscape
    ends = [(p.id, p.x) for p in scene.critical_points if p.samples is None]
    ends += [(-1, each.x) for each in rests]
    box = np.array(view, dtype=float)
    saddles: list[CriticalPoint | Rest] = [*scene.critical_points, *rests]
    for saddle in saddles:
        for stable in (True, False) if unstable else (True,):
            for way in _ways(field, saddle, stable, _diagonal(view), [x for _, x in ends]):
                branch = _followed(field, view, way, stable, ends)
                seen = np.any(np.all((branch.x >= box[:, 0]) & (branch.x <= box[:, 1]), axis=1))
                if seen and not (stable and _from_trap(field, branch)):
                    yield branch


def _from_trap(field: VectorField, branch: Separatrix) -> bool:
    """Whether a stable branch comes from a point that traps: a ray on which a jumping field leaves it, while what lies
    beside that, on either side, is trapped."""
    if not field.jumps or branch.end != "point":
        return False
    at = next(p for p in field.landscape.critical_points if p.id == branch.at)
    return bool(verdict(field, at)["verdict"] == "traps")


def _ways(
    field: VectorField, saddle: CriticalPoint | Rest, stable: bool, diagonal: float, ends: Sequence[Array]
) -> list[Way]:
    """Return where the branches of a saddle set out; none where it is no saddle of the field."""
    x = saddle.x
    if isinstance(saddle, Rest):
        curved, point, degenerate = saddle.verdict == "saddle", -1, saddle.verdict == "neutral"
    else:
        if saddle.samples is not None or saddle.kind == "cone":
            return []
        point, degenerate = saddle.id, saddle.kind == "degenerate"
        curved = not degenerate and _is_saddle(field, saddle, diagonal)
    if degenerate:
        apart = [float(np.linalg.norm(x - end)) for end in ends]
        radius = min([CIRCLE * diagonal, *(CLEAR * far for far in apart if far > ARRIVED * diagonal)])
        return [Way(x, point, first, 0.0) for first in spokes(field, x, stable, radius)]
    if not curved:
        return []
    rates, vectors = np.linalg.eig(field.jacobian(x))
    k = int(np.argmin(rates) if stable else np.argmax(rates))
    along = vectors[:, k] * np.sign(vectors[np.argmax(np.abs(vectors[:, k]).round(9)), k])
    return [Way(x, point, x + way * START * diagonal * along, float(rates[k])) for way in (1.0, -1.0)]


def _is_saddle(field: VectorField, point: CriticalPoint, diagonal: float) -> bool:
    """Whether the field is smooth and rests at a critical point, with rates of both signs that are no rounding."""
    bend = np.abs(point.eigenvalues).max()
    if field.jumps or not field.smooth_at(point.x, 1e-10 * diagonal * bend):
        return False
    slope = field.jacobian(point.x)
    if not np.linalg.norm(field(point.x)) <= 1e-6 * diagonal * np.linalg.norm(slope):
        return False
    rates = np.linalg.eigvals(slope)
    none = NEUTRAL * float(max(np.abs(rates).max(), bend))
    return by_rates(np.asarray(rates.real, dtype=float), none) == "saddle"


def _followed(
    field: VectorField, view: Any, way: Way, stable: bool, ends: Sequence[tuple[int, Array]]
) -> Separatrix:
    """Follow one branch to its end."""
    diagonal = _diagonal(view)
    room = np.stack(
        [way.x - 0.02 * diagonal, way.x + 0.02 * diagonal], axis=1
    )  # of a saddle beside the window
    box = np.array(view, dtype=float)
    if not np.all((way.x > box[:, 0]) & (way.x < box[:, 1])):
        box = np.stack([np.minimum(box[:, 0], room[:, 0]), np.maximum(box[:, 1], room[:, 1])], axis=1)
    others = [(k, x) for k, x in ends if np.linalg.norm(x - way.x) > ARRIVED * diagonal]
    places = np.array([x for _, x in others]).reshape(-1, 2)

    def inside(x: Array) -> float:
        return float(np.min(np.concatenate([x - box[:, 0], box[:, 1] - x])))

    def going(x: Array) -> float:
        near = float(np.min(np.linalg.norm(places - x, axis=1), initial=np.inf))
        return min(inside(x), near - ARRIVED * diagonal)

    with np.errstate(all="ignore"):
        path, last, status = _path(field, way, -1.0 if stable else 1.0, diagonal, going, places)
    s = np.arange(SPACING * diagonal, last, SPACING * diagonal)
    x = np.concatenate([way.x[None], path(np.append(s, last)).T])
    if status != "ended":
        return Separatrix(way.point, stable, x, way.rate, status)
    if inside(x[-1]) <= 1e-9 * diagonal:
        return Separatrix(way.point, stable, x, way.rate, "left")
    at, place = min(others, key=lambda pair: float(np.linalg.norm(pair[1] - x[-1])))
    return Separatrix(
        way.point, stable, np.concatenate([x, place[None]]), way.rate, "point" if at >= 0 else "rest", at
    )


def _path(
    field: VectorField, way: Way, sign: float, diagonal: float, going: Callable[[Array], float], places: Array
) -> tuple[Any, float, str]:
    """Return the curve as a function of its arc length, its end, and which: ended (``going`` fell to 0), long, lost.

    A jumping field may go straight through one of the ``places`` where it rests, which is looked for inside a step."""
    from scipy.integrate import DOP853, OdeSolution
    from scipy.optimize import brentq

    def unit(s: float, x: Array) -> Array:
        F = field(x)
        return sign * F / np.linalg.norm(F)

    begun = float(np.linalg.norm(way.first - way.x))
    solver = DOP853(
        unit, begun, way.first, LONGEST * diagonal, rtol=RTOL, atol=ATOL * diagonal, max_step=0.02 * diagonal
    )
    ts, pieces = [begun], list[Any]()
    while solver.status == "running" and len(pieces) < STEPS:
        solver.step()
        if solver.status == "failed" or not np.isfinite(solver.y).all():
            break
        pieces.append(solver.dense_output())
        ts.append(solver.t)
        for s in (_passing(pieces[-1], ts[-2], ts[-1], places), ts[-1]):
            if going(pieces[-1](s)) <= 0:
                end = brentq(lambda s: going(pieces[-1](s)), ts[-2], s)
                return OdeSolution(ts, pieces), float(end), "ended"
    if not pieces:
        return lambda s: np.repeat(way.first[:, None], np.size(s), axis=1), begun, "lost"
    long = solver.status == "finished" or len(pieces) == STEPS
    return OdeSolution(ts, pieces), ts[-1], "long" if long else "lost"


def _passing(piece: Callable[[Any], Array], low: float, high: float, places: Array) -> float:
    """Return where in a short step, ``low`` to ``high``, a curve is nearest to one of the ``places`` (k, 2)."""
    if not len(places):
        return high
    start, end = piece(low), piece(high)
    along = end - start
    part = np.clip((places - start) @ along / (along @ along), 0.0, 1.0)
    away = np.linalg.norm(start + part[:, None] * along - places, axis=1)
    return float(low + part[np.argmin(away)] * (high - low))


def _diagonal(view: Any) -> float:
    return float(np.hypot(*[hi - lo for lo, hi in view]))
