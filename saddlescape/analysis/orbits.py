"""Orbits: periodic orbits of a map, found by Newton's method from many starts at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from saddlescape.dynamics.evaluate import scalars, ticks
from saddlescape.dynamics.jacobian import jacobian
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.multipliers import NEUTRAL
from saddlescape.landscapes.base import Array, Landscape

#: iterations of Newton's method
NEWTON = 40
#: the step at which it has arrived: in units of the orbit, and in roundings of its places, which is more where an orbit
#: is small and far from the origin
ARRIVED, ROUNDINGS = 1e-11, 32.0
#: how near, in units of the orbit, two of its places are one: the orbit then has a shorter period, or is a rest point
SAME = 1e-6
EPS = float(np.finfo(float).eps)


def orbits(
    landscape: Landscape, method: Method, starts: Mapping[str, Array], period: int, longest: float = np.inf
) -> list[dict[str, Any]]:
    """Return {"x" (period, d), "multipliers"} of every orbit that Newton's method finds from ``starts``, {"x", "v"} of
    shape (n, d); the same orbit may come several times.

    No step is longer than ``longest``, by which it stays near where it began. All places of an orbit are different, so a
    rest point is none, and where Newton's steps end the residual is at rounding: the step is (1 − D)⁻¹ times it.
    """
    d, momentum = landscape.dim, bool(method.momentum.state)
    z = np.concatenate([starts["x"], starts["v"]], axis=1) if momentum else starts["x"]
    found: list[dict[str, Any]] = []
    for _ in range(NEWTON):
        places, after, derivative, fine = _around(landscape, method, z, period)
        z, places, after, derivative = z[fine], places[fine], after[fine], derivative[fine]
        if not len(z):
            break
        move = np.einsum(
            "nij,nj->ni", np.linalg.pinv(np.eye(z.shape[1]) - derivative, rcond=1e-13), after - z
        )
        length = np.linalg.norm(move[:, :d], axis=1)
        size = np.max(np.ptp(places, axis=1), axis=1)
        rounding = ROUNDINGS * EPS * np.max(np.abs(places), axis=(1, 2))
        there = length <= np.maximum(ARRIVED * size, rounding)
        found += [
            {"x": places[i], "multipliers": np.linalg.eigvals(derivative[i])}
            for i in np.flatnonzero(there & (size > rounding / SAME))
            if _differ(places[i], SAME * size[i])
        ]
        move *= np.minimum(1.0, longest / np.maximum(length, 1e-300))[:, None]
        z = (z + move)[~there]
    return found


def _around(landscape: Landscape, method: Method, z: Array, period: int) -> tuple[Array, Array, Array, Any]:
    """Return, of states ``z`` (n, s), the places (n, period, d) of a period, the state after it and its derivative, and
    which of them are finite and met no zero of the gradient, where the map has no derivative."""
    d, momentum = landscape.dim, bool(method.momentum.state)
    tick = ticks(landscape, method, scalars(method))
    places, derivative = [], np.broadcast_to(np.eye(z.shape[1]), (len(z), z.shape[1], z.shape[1]))
    fine = np.ones(len(z), dtype=bool)
    for _ in range(period):
        x = z[:, :d]
        places.append(x)
        with np.errstate(all="ignore"):
            gradient = landscape.grad(x)
        fine = fine & np.isfinite(gradient).all(axis=1) & np.any(gradient != 0.0, axis=1)
        v = z[:, d:] if momentum else np.zeros_like(x)
        factor = np.full(derivative.shape, np.nan)
        if fine.any():
            factor[fine] = jacobian(landscape, method, x[fine], v[fine] if momentum else None)
        with np.errstate(all="ignore"):
            derivative = factor @ derivative
        after = tick(x, v)
        z = np.concatenate([after["x"], after["v"]], axis=1) if momentum else after["x"]
    fine = fine & np.isfinite(z).all(axis=1) & np.isfinite(derivative).all(axis=(1, 2))
    return np.stack(places, axis=1), z, derivative, fine


def _differ(places: Array, least: float) -> bool:
    """Whether all places (period, d) are farther apart than ``least``."""
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    return bool(np.all(apart[~np.eye(len(places), dtype=bool)] > least))


def steady(multipliers: Array) -> bool | None:
    """Return whether an orbit with these multipliers is stable; None where it is neutral, which the linear part does not
    decide: the largest modulus is 1 to 1e-9, as at rest points.

    The places of an orbit are known to 1e-11 of its size, and a multiplier changes by its own size over the orbit's:
    rounding leaves some 1e-11 of it, times what the derivative of a step has beyond 1."""
    largest = float(np.max(np.abs(multipliers)))
    return None if abs(largest - 1.0) <= NEUTRAL else largest < 1.0
