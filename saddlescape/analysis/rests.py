"""Where a field rests: what a method does at the critical points, and rest points that are no critical points."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.answers.field import Rest, lengths
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
#: Newton steps, and how near two rest points are one, in parts of the window
NEWTON, SAME = 40, 1e-5
#: a gradient below this part of the median one is none, a field below this part of its median too
ZERO = 1e-9


def verdicts(field: VectorField) -> tuple[dict[str, Any], ...]:
    """Return what the method does at every critical point, as ``multipliers.behaviours`` with ``drift`` does.

    A flow that jumps there (normalised SAM) is judged by the field around it: its steps need not be run.
    """
    found = []
    for point in field.landscape.critical_points:
        seen = around(field, point) if field.jumps and not field.is_map else None
        found.append(seen or behaviours(field.landscape, [field.method], point, drift=True)[0])
    return tuple(found)


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
    radial, across = _turning(field, point, _rays(angle))
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
            on = _turning(field, point, _rays(middle))[1] > 0
            low, high = np.where(on, middle, low), np.where(on, high, middle)
        return bool(np.all(_turning(field, point, _rays(0.5 * (low + high)))[0] < 0))
    turns = np.abs(across).min() > 0 and not np.any((across < 0) & (after >= 0))
    return bool(turns and np.sum(radial / np.abs(across)) < 0)


def _rays(angle: Array) -> Array:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def on_grid(field: VectorField, view: Any, count: int) -> tuple[tuple[Array, ...], Array]:
    """Return the axes of a grid of ``count`` points each over ``view``, and the field on it; NaN where there is no loss,
    as that of log x is missing below 0, where 1/x is not."""
    axes = tuple(np.linspace(lo, hi, count) for lo, hi in view)
    points = np.stack(np.meshgrid(*axes), axis=-1)
    with np.errstate(all="ignore"):
        defined = np.isfinite(field.landscape.loss(points))
    return axes, np.where(defined[..., None], field(points), np.nan)


def others(field: VectorField, axes: tuple[Array, ...], velocity: Array) -> tuple[Rest, ...]:
    """Return the rest points of a field in the plane that are no critical points, sorted by x, then y.

    Newton's method from every cell of the grid in which both components change sign; two that lie closer than a cell of
    the grid can be missed. Curves of rest points are left out.
    """
    if field.is_gradient or velocity.ndim != 3:
        return ()
    size = np.array([axis[-1] - axis[0] for axis in axes])
    cell = np.array([axis[1] - axis[0] for axis in axes])
    x = _newton(field, _crossings(axes, velocity), cell)
    usual = float(np.nanmedian(lengths(velocity)))
    x = x[lengths(field(x)) <= ZERO * usual]
    slope = np.linalg.svd(field.jacobian(x), compute_uv=False)
    x = x[slope[:, 1] > SINGULAR * slope[:, 0]]  # a curve of rest points is none of them
    low = np.array([axis[0] for axis in axes])
    x = x[np.all((x >= low) & (x <= low + size), axis=1)]
    known = _known(field)
    found: list[Array] = []
    for each in x[np.lexsort(np.round(x / (SAME * size)).T[::-1])]:
        near = any(np.max(np.abs(each - other) / size) <= SAME for other in found)
        if not near and not any(np.linalg.norm(each - p, axis=-1).min() <= r for p, r in known):
            found.append(each)
    return tuple(_rest(field, each) for each in found)


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


def _crossings(axes: tuple[Array, ...], velocity: Array) -> Array:
    """Return the centres (n, 2) of the cells at whose corners both components of the field have both signs."""
    corners = np.stack(
        [velocity[j : j + len(axes[1]) - 1, i : i + len(axes[0]) - 1] for j in (0, 1) for i in (0, 1)]
    )
    with np.errstate(invalid="ignore"):
        both = np.all((corners.min(axis=0) <= 0) & (corners.max(axis=0) >= 0), axis=-1)
    j, i = np.nonzero(both)
    middle = [0.5 * (axis[1:] + axis[:-1]) for axis in axes]
    return np.stack([middle[0][i], middle[1][j]], axis=1)


def _newton(field: VectorField, x: Array, cell: Array) -> Array:
    """Return where Newton's method, in steps of at most a cell, leads from ``x`` (n, 2); what gets lost is left out."""
    home = x
    for _ in range(NEWTON):
        slope, value = field.jacobian(x), field(x)
        fine = np.isfinite(slope).all(axis=(1, 2)) & np.isfinite(value).all(axis=1)
        x, home, slope, value = x[fine], home[fine], slope[fine], value[fine]
        step = -np.einsum("nij,nj->ni", np.linalg.pinv(slope), value)
        x = x + step / np.maximum(1.0, np.abs(step / cell).max(axis=1, initial=0.0, keepdims=True))
    return np.asarray(x[np.all(np.abs(x - home) <= 3 * cell, axis=1)])


def _rest(field: VectorField, x: Array) -> Rest:
    values = np.linalg.eigvals(field.jacobian(x))
    values = values[np.lexsort((values.imag, values.real))]
    scale = NEUTRAL * float(np.abs(values).max())
    low, high = float(values.real[0]), float(values.real[-1])
    verdict = "attracts" if high < -scale else "repels" if low > scale else "neutral"
    if low < -scale and high > scale:
        verdict = "saddle"
    return Rest(x, np.stack([values.real, values.imag], axis=1), verdict)
