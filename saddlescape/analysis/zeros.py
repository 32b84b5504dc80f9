"""Zeros of a field, from its values on a grid: on a line by bisection, in the plane by Newton's method."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.answers.field import lengths
from saddlescape.dynamics.fields import VectorField
from saddlescape.landscapes.base import Array

#: Newton steps: of all, and then of zeros without a slope, which it nears by a constant part a step only
NEWTON, MORE = 40, 160
#: a field below this part of its median is none
ZERO = 1e-9
#: a slope below this part of the larger one is none, nor is one below so many times what it changes by close by
SINGULAR, SURE = 1e-9, 10.0
#: how far around a zero, in parts of the window, and at how many places it is seen how well the field is rounded
NEAR, PLACES = 1e-12, 16
#: halvings of a cell of the grid, until its ends are neighbours among floating-point numbers
HALVINGS = 70


def on_line(field: VectorField, axis: Array, velocity: Array) -> list[tuple[Array, str]]:
    """Return the zeros (1,) of a field on a line, ascending, and what it does there: attracts, repels or neutral.

    Between nodes where the field has opposite signs it vanishes or jumps; where it vanishes it is small on both sides.
    Where its slope changes sign it may touch 0: what comes from one side stays, on the other side it leads away. Two
    zeros in a cell of the grid can be missed, and no others.
    """
    usual = float(np.nanmedian(np.abs(velocity)))
    there = np.isfinite(velocity) & (velocity != 0)
    x, v = axis[there], velocity[there]
    turns = np.flatnonzero(np.sign(v[:-1]) != np.sign(v[1:]))
    found = [
        (each, "attracts" if v[k] > 0 else "repels")
        for k, each in zip(turns, _halved(field, x[turns], x[turns + 1], usual, slope=False), strict=True)
    ]
    with np.errstate(all="ignore"):
        bend = np.sign(field.jacobian(x[:, None])[:, 0, 0])
    bends = np.flatnonzero(bend[:-1] * bend[1:] < 0)
    touches = _halved(field, x[bends], x[bends + 1], usual, slope=True)
    found += [(each, "neutral") for k, each in zip(bends, touches, strict=True) if v[k] * v[k + 1] > 0]
    return sorted(
        [(np.array([each]), verdict) for each, verdict in found if np.isfinite(each)], key=lambda f: f[0][0]
    )


def _halved(field: VectorField, low: Array, high: Array, usual: float, *, slope: bool) -> Array:
    """Return where the field (its slope) changes sign between ``low`` and ``high`` (n,); NaN where it is not 0 there."""

    def of(x: Array) -> Array:
        return field.jacobian(x[:, None])[:, 0, 0] if slope else field(x[:, None])[:, 0]

    with np.errstate(all="ignore"):
        side = np.sign(of(low))
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            same = np.sign(of(middle)) == side
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        left = np.abs(field(np.stack([low, high])[..., None])[..., 0]).max(axis=0)
    return np.where(left <= ZERO * usual, high, np.nan)


def in_plane(field: VectorField, axes: tuple[Array, ...], velocity: Array) -> Array:
    """Return zeros (n, 2) of a field in the plane, some of them several times.

    Newton's method from every cell of the grid in which both components change sign, and from every node at which the
    field is slower than around it: at a zero of even order no component need change sign. Two that lie closer than a cell
    of the grid can be missed. Curves of zeros are left out; a zero without a slope that lies alone is none.
    """
    cell = np.array([axis[1] - axis[0] for axis in axes])
    starts = np.concatenate([_crossings(axes, velocity), _slowest(axes, velocity)])
    x = _newton(field, starts, cell, NEWTON)
    usual = float(np.nanmedian(lengths(velocity)))
    x = x[lengths(field(x)) <= ZERO * usual]
    slope = np.linalg.svd(field.jacobian(x), compute_uv=False)
    size = np.array([axis[-1] - axis[0] for axis in axes])
    flat = slope[:, 1] <= np.maximum(SINGULAR * slope[:, 0], SURE * slope_unsure(field, x, size))
    alone = _newton(field, x[flat], cell, MORE)
    return np.concatenate([x[~flat], alone[~_in_rows(alone / cell)]])


def slope_unsure(field: VectorField, x: Array, size: Array) -> Array:
    """Return by how much (n,) the field's derivative at its zeros ``x`` (n, 2) changes over one more step of Newton's.

    At a zero with a slope that is nothing. At a double one the step is half the way to it, at every stage, and the slope
    halves; where rounding ends the approach, the step is as wild as the slope is small: places around show it, the zero
    may not.
    """
    angle = np.arange(PLACES)  # in radians: none is a symmetry of the other
    around = NEAR * np.maximum(size, np.abs(x))[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    with np.errstate(all="ignore"):
        slope = field.jacobian(x)
        step = -np.einsum("nij,nkj->nki", np.linalg.pinv(slope), field(x[:, None] + around))
        change = np.linalg.norm(field.jacobian(x[:, None] + step) - slope[:, None], axis=(-2, -1)).max(axis=1)
    return np.asarray(np.where(np.isfinite(change), change, np.inf))


def _in_rows(x: Array) -> Any:
    """Whether points (n, 2) in units of a cell have a neighbour that is not the same point: those of a curve have."""
    from scipy.spatial import cKDTree

    if not len(x):
        return np.zeros(0, dtype=bool)
    tree = cKDTree(x)
    near, same = (tree.query_ball_point(x, r, p=np.inf, return_length=True) for r in (2.0, 0.5))
    return near > same


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


def _slowest(axes: tuple[Array, ...], velocity: Array) -> Array:
    """Return the inner nodes (n, 2) of the grid at which the field is no faster than at any of their eight neighbours."""
    speed = lengths(velocity)
    ny, nx = speed.shape
    inner, shifts = speed[1:-1, 1:-1], [(j, i) for j in range(3) for i in range(3)]
    with np.errstate(invalid="ignore"):
        least = np.all([inner <= speed[j : ny - 2 + j, i : nx - 2 + i] for j, i in shifts], axis=0)
    j, i = np.nonzero(least)
    return np.stack([axes[0][i + 1], axes[1][j + 1]], axis=1)


def _newton(field: VectorField, x: Array, cell: Array, steps: int) -> Array:
    """Return where Newton's method, in steps of at most a cell, leads from ``x`` (n, 2); what gets lost is left out."""
    home = x
    for _ in range(steps if len(x) else 0):
        slope, value = field.jacobian(x), field(x)
        fine = np.isfinite(slope).all(axis=(1, 2)) & np.isfinite(value).all(axis=1)
        x, home, slope, value = x[fine], home[fine], slope[fine], value[fine]
        step = -np.einsum("nij,nj->ni", np.linalg.pinv(slope), value)
        x = x + step / np.maximum(1.0, np.abs(step / cell).max(axis=1, initial=0.0, keepdims=True))
    return np.asarray(x[np.all(np.abs(x - home) <= 3 * cell, axis=1)])
