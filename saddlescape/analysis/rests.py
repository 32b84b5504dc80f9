"""Where a field rests: what a method does at the critical points, and rest points that are no critical points."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.analysis.straight import leaves, rays
from saddlescape.analysis.zeros import SURE, in_plane, on_line, slope_unsure
from saddlescape.answers.field import Rest
from saddlescape.dynamics.fields import VectorField
from saddlescape.dynamics.multipliers import NEUTRAL, behaviours
from saddlescape.dynamics.radius import capture_radius
from saddlescape.landscapes.base import Array
from saddlescape.results import CriticalPoint

#: directions around a critical point in which a jumping field is looked at, how far from it, in parts of the
#: domain, and how often the place of a direction is halved
SIDES, NEAR, HALVINGS = 720, 1e-7, 40
#: an eigenvalue below this part of the largest is none: the Hessian is singular
SINGULAR = 1e-9
#: how near two rest points are one, in parts of the window
SAME = 1e-5
#: how well a rest point without a slope is known, in parts of the window
KNOWN = 1e-7
#: the circle around a degenerate point, in parts of the domain, and what is said where the field leaves it
CIRCLE = 1e-3
LEAVES = {"verdict": "repels", "note": "the field points straight away from it in some direction"}


def verdicts(field: VectorField) -> tuple[dict[str, Any], ...]:
    """Return what the method does at every critical point, as ``multipliers.behaviours`` with ``drift`` does.

    A flow that jumps there (normalised SAM) is judged by the field around it: its steps need not be run. Nor has a
    degenerate point multipliers that say anything: a flow repels if it points straight out of a small circle somewhere.
    """
    return tuple(verdict(field, point) for point in field.landscape.critical_points)


def verdict(field: VectorField, point: CriticalPoint) -> dict[str, Any]:
    """Return what the method does at one critical point, see ``verdicts``."""
    seen = around(field, point) if field.jumps and not field.is_map else None
    seen = seen or behaviours(field.landscape, [field.method], point, drift=True)[0]
    return {**seen, **(left(field, point, seen["verdict"]) or {})}


def left(field: VectorField, point: CriticalPoint, told: str) -> dict[str, Any] | None:
    """Return that a flow leaves a degenerate point where its multipliers, or a check by runs, have ``told`` nothing."""
    unsure = told in ("neutral", "unknown") and point.kind == "degenerate"
    if not unsure or field.is_map or field.method.momentum.state:
        return None
    radius = CIRCLE * min(hi - lo for lo, hi in field.landscape.domain)
    return LEAVES if leaves(field, point.x, radius) else None


def around(field: VectorField, point: CriticalPoint) -> dict[str, Any] | None:
    """Return the verdict of a field that jumps at ``point``; None where the Hessian is singular, or there is none.

    With u = ∇f the field on a small circle of directions n = u/‖u‖ has a limit F(n), so that ‖u‖ changes by n·HF(n) and n
    turns by the rest of HF(n)/‖u‖, ever faster. Where all n·HF(n) < 0 it arrives from all sides in finite time. Otherwise
    n runs to the directions in which it rests, and whether ‖u‖ falls there decides; where it never rests, the mean over a
    turn.
    """
    size = np.abs(point.eigenvalues)
    if point.kind == "cone" or point.samples is not None or size.min() <= SINGULAR * size.max():
        return None
    start = {"id": point.id, "multipliers": [], "radius": None}
    if _falls(field, point):
        return {
            **start,
            "verdict": "traps",
            "note": "the field leads to it from all sides, in finite time",
        }
    return {**start, "verdict": "repels", "note": "the field leads away from it on some sides"}


def _turning(field: VectorField, point: CriticalPoint, n: Array) -> tuple[Array, Array]:
    """Return how fast ‖u‖ grows and u turns, (k,) each, in the directions ``n`` (k, d) of u close to ``point``."""
    hessian = field.landscape.hessian(point.x)
    away = np.linalg.solve(hessian, n.T).T
    width = min(hi - lo for lo, hi in field.landscape.domain)
    u_dot = field(point.x + NEAR * width * away / np.linalg.norm(away, axis=1, keepdims=True)) @ hessian.T
    across = n[:, 0] * u_dot[:, -1] - n[:, -1] * u_dot[:, 0]  # 0 on a line
    return np.sum(n * u_dot, axis=1), across


def _falls(field: VectorField, point: CriticalPoint) -> bool:
    """Whether ‖u‖ falls in the end, wherever u points."""
    if len(point.x) == 1:
        return bool(np.all(_turning(field, point, np.array([[1.0], [-1.0]]))[0] < 0))
    angle = 2 * np.pi * (np.arange(SIDES) + 0.5) / SIDES
    radial, across = _turning(field, point, rays(angle))
    after = np.roll(across, -1)
    if np.all(radial < 0):
        return True
    drawn = np.flatnonzero(
        (across > 0) & (after <= 0)
    )  # u is drawn to a direction between this side and the next
    if len(drawn):
        low, high = angle[drawn], angle[drawn] + 2 * np.pi / SIDES
        for _ in range(HALVINGS):  # in a steep valley ‖u‖ grows within a hair's breadth of where u rests
            middle = 0.5 * (low + high)
            on = _turning(field, point, rays(middle))[1] > 0
            low, high = np.where(on, middle, low), np.where(on, high, middle)
        return bool(np.all(_turning(field, point, rays(0.5 * (low + high)))[0] < 0))
    turns = np.abs(across).min() > 0 and not np.any((across < 0) & (after >= 0))
    return bool(turns and np.sum(radial / np.abs(across)) < 0)


def on_grid(field: VectorField, view: Any, count: int) -> tuple[tuple[Array, ...], Array]:
    """Return the axes of a grid of ``count`` points each over ``view``, and the field on it; NaN where there is no loss,
    as that of log x is missing below 0, where 1/x is not."""
    axes = tuple(np.linspace(lo, hi, count) for lo, hi in view)
    points = np.stack(np.meshgrid(*axes), axis=-1)
    with np.errstate(all="ignore"):
        defined = np.isfinite(field.landscape.loss(points))
    return axes, np.where(defined[..., None], field(points), np.nan)


def others(field: VectorField, axes: tuple[Array, ...], velocity: Array) -> tuple[Rest, ...]:
    """Return the rest points of a field on a line or in the plane that are no critical points, sorted by x, then y.

    They are zeros found from the grid (``zeros.on_line``, ``zeros.in_plane``): two closer than a cell can be missed.
    Curves of rest points are left out.
    """
    if field.is_gradient:
        return ()
    size = np.array([axis[-1] - axis[0] for axis in axes])
    known = _known(field)

    def new(x: Array) -> bool:
        return not any(np.linalg.norm(x - p, axis=-1).min() <= r for p, r in known)

    if velocity.ndim == 2:
        zeros = on_line(field, axes[0], velocity[:, 0])
        return tuple(Rest(x, _rates(field, x), what) for x, what in zeros if new(x))
    low = np.array([axis[0] for axis in axes])
    x = in_plane(field, axes, velocity)
    x = x[np.all((x >= low) & (x <= low + size), axis=1)]
    found: list[Array] = []
    for each in x[np.lexsort(np.round(x / (SAME * size)).T[::-1])]:
        if new(each) and not any(np.max(np.abs(each - other) / size) <= SAME for other in found):
            found.append(each)
    return tuple(_rest(field, each, size) for each in found)


def _known(field: VectorField) -> list[tuple[Array, float]]:
    """Return the critical points (1, d), or their samples, each with the radius within which a rest point is it."""
    scene, width = field.landscape, min(hi - lo for lo, hi in field.landscape.domain)
    found = []
    for p in scene.critical_points:
        radius = 1e-2 * width if p.kind in ("degenerate", "continuum") else SAME * width
        if field.method.noise.random and p.kind != "cone":
            radius = max(radius, capture_radius(scene, field.method, p))
        found.append((p.x[None] if p.samples is None else p.samples, radius))
    return found


def _rest(field: VectorField, x: Array, size: Array) -> Rest:
    """Return the rest point ``x``, of one without a slope as many digits as are known: its rates are rounding."""
    rates = _rates(field, x)
    none = max(NEUTRAL * float(np.abs(rates).max()), SURE * float(slope_unsure(field, x[None], size)[0]))
    what = by_rates(rates[:, 0], none)
    if np.linalg.norm(rates, axis=1).min() <= none:
        x = np.round(x, -int(np.floor(np.log10(KNOWN * size.min())))) + 0.0
    return Rest(x, rates, what)


def by_rates(rates: Array, none: float) -> str:
    """Return what a field does where the real parts of its rates are ``rates`` (d,), those up to ``none`` being 0."""
    low, high = float(np.min(rates)), float(np.max(rates))
    if low < -none and high > none:
        return "saddle"
    return "attracts" if high < -none else "repels" if low > none else "neutral"


def _rates(field: VectorField, x: Array) -> Array:
    """Return the eigenvalues of the field's Jacobian at ``x`` (d,), real and imaginary parts (d, 2), ascending."""
    values = np.linalg.eigvals(field.jacobian(x))
    values = values[np.lexsort((values.imag, values.real))]
    return np.stack([values.real, values.imag], axis=1)
