"""Separatrices: the stable manifolds of the saddles of a flow, traced by arc length backwards in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape import values
from saddlescape.analysis.rests import on_grid, others
from saddlescape.answers.field import Rest, Separatrix
from saddlescape.dynamics.fields import VectorField
from saddlescape.dynamics.method import Method
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
#: the circle around a degenerate saddle on which its branches are looked for, in parts of the diagonal, and its sides
CIRCLE, SIDES = 1e-3, 1440


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
    degenerate saddle (monkey_saddle) they set out where the field points straight inwards on a small circle and away
    from there to both sides; that circle is 1e-3 of the diagonal.

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
            for way in _ways(field, saddle, stable, _diagonal(view)):
                branch = _followed(field, view, way, stable, ends)
                if np.any(np.all((branch.x >= box[:, 0]) & (branch.x <= box[:, 1]), axis=1)):
                    yield branch


def _ways(field: VectorField, saddle: CriticalPoint | Rest, stable: bool, diagonal: float) -> list[Way]:
    """Return where the branches of a saddle set out; none where it is no saddle of the field."""
    x, known = saddle.x, isinstance(saddle, CriticalPoint)
    point = saddle.id if isinstance(saddle, CriticalPoint) else -1
    if known and (getattr(saddle, "samples", None) is not None or getattr(saddle, "kind", "") == "cone"):
        return []
    if known and saddle.kind == "degenerate":  # type: ignore[union-attr]
        return [Way(x, point, first, 0.0) for first in _spokes(field, x, stable, CIRCLE * diagonal)]
    if known and (
        field.jumps or not field.smooth_at(x, 1e-10 * diagonal * np.abs(field.landscape.hessian(x)).max())
    ):
        return []
    at_rest = np.linalg.norm(field(x)) <= 1e-6 * diagonal * np.linalg.norm(field.jacobian(x))
    if not at_rest:
        return []
    rates, vectors = np.linalg.eig(field.jacobian(x))
    if np.iscomplexobj(rates) or not rates.min() < 0 < rates.max():
        return []
    k = int(np.argmin(rates) if stable else np.argmax(rates))
    along = vectors[:, k] * np.sign(vectors[np.argmax(np.abs(vectors[:, k]).round(9)), k])
    return [Way(x, point, x + way * START * diagonal * along, float(rates[k])) for way in (1.0, -1.0)]


def _spokes(field: VectorField, x: Array, stable: bool, radius: float) -> Array:
    """Return the points (k, 2) of a circle around ``x`` at which the field points straight in (of unstable branches:
    out), and to both sides away from (towards) that direction."""
    from scipy.optimize import brentq

    def rays(angle: Any) -> Array:
        return np.stack([np.cos(angle), np.sin(angle)], axis=-1)

    def across(angle: Any) -> Any:
        n = rays(angle)
        F = field(x + radius * n) * (1.0 if stable else -1.0)
        return n[..., 0] * F[..., 1] - n[..., 1] * F[..., 0]

    angle = 2 * np.pi * (np.arange(SIDES + 1) + 0.123) / SIDES
    side = across(angle)
    found = []
    for k in np.flatnonzero((side[:-1] < 0) & (side[1:] >= 0)):
        n = rays(brentq(across, angle[k], angle[k + 1], xtol=1e-15))
        inwards = float(n @ field(x + radius * n)) * (1.0 if stable else -1.0)
        found += [x + radius * n] if inwards < 0 else []
    return np.array(found).reshape(-1, 2)


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
        path, last, status = _path(field, way, -1.0 if stable else 1.0, diagonal, going)
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
    field: VectorField, way: Way, sign: float, diagonal: float, going: Callable[[Array], float]
) -> tuple[Any, float, str]:
    """Return the curve as a function of its arc length, its end, and which: ended (``going`` fell to 0), long, lost."""
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
        if going(solver.y) <= 0:
            end = brentq(lambda s: going(pieces[-1](s)), ts[-2], ts[-1])
            return OdeSolution(ts, pieces), float(end), "ended"
    if not pieces:
        return lambda s: np.repeat(way.first[:, None], np.size(s), axis=1), begun, "lost"
    long = solver.status == "finished" or len(pieces) == STEPS
    return OdeSolution(ts, pieces), ts[-1], "long" if long else "lost"


def _diagonal(view: Any) -> float:
    return float(np.hypot(*[hi - lo for lo, hi in view]))
