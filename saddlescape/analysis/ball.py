"""The ball that an escape is asked from: around which critical point, how large, and from where in it runs start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from saddlescape.dynamics.evaluate import covariance
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.radius import capture_radius
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: default radius as a part of the way to the next critical point, or to the domain's border
PART = 0.25
#: it reaches at least so many capture radii
BEYOND = 1.5
#: default spread of starts as a part of the radius, where runs from one start would all be the same
SPREAD = 0.1
#: a first step whose scatter is less than this part of the radius has none
NO_NOISE = 1e-12


def point_of(landscape: Landscape, point: int | None, start: Any = None) -> CriticalPoint:
    """Return the critical point with the id ``point``; by default the nearest to ``start``, or the saddle nearest to the
    landscape's own start, or where there is none the first point. Raises UsageError where there is no such point, or it
    is a curve."""
    known = [p for p in landscape.critical_points if p.samples is None]
    if not known and not landscape.critical_points:
        raise UsageError(f"{landscape.name} has no critical point in its domain to escape from")
    if point is None and not known:
        first = f"a {landscape.critical_points[0].gathering}"
        raise UsageError(
            f"{landscape.name} has no isolated critical point to put a ball around: 0 is {first}"
        )
    if point is None:
        saddles = [p for p in known if p.kind == "saddle"]
        if start is None and not saddles:
            return known[0]
        near = np.asarray(landscape.start if start is None else start, dtype=float)
        return min(known if start is not None else saddles, key=lambda p: float(np.linalg.norm(p.x - near)))
    found = next((p for p in landscape.critical_points if p.id == point), None)
    if found is None:
        ids = ", ".join(f"{p.id} ({p.kind})" for p in landscape.critical_points[:12])
        raise UsageError(f"{landscape.name} has no critical point {point}. There are {ids}")
    if found.samples is not None:
        raise UsageError(f"point {point} is a {found.gathering}, and a ball is around a point")
    return found


def default_radius(landscape: Landscape, methods: Sequence[Method], about: CriticalPoint) -> float:
    """Return a quarter of the way to the nearest other critical point or to the domain's border, whichever is nearer,
    and at least 1.5 capture radii of all ``methods`` (each resolved on the landscape)."""
    others = [float(np.linalg.norm(p.x - about.x)) for p in landscape.critical_points if p.id != about.id]
    lo, hi = np.array(landscape.domain).T
    border = float(np.min(np.concatenate([about.x - lo, hi - about.x])))
    way = min([*others, *([border] if border > 0 else [])], default=float(np.min(hi - lo)))
    radius = max(PART * way, *(BEYOND * capture_radius(landscape, m, about) for m in methods))
    return float(f"{radius:.3g}")


def default_spread(landscape: Landscape, methods: Sequence[Method], start: Array, radius: float) -> float:
    """Return 0 where every one of ``methods`` scatters at ``start`` by itself, else a tenth of ``radius``."""
    scatter = all(m.random and _scatter(landscape, m, start) > NO_NOISE * radius for m in methods)
    return 0.0 if scatter else float(f"{SPREAD * radius:.3g}")


def _scatter(landscape: Landscape, method: Method, x: Array) -> float:
    """Return the standard deviation of the first step from ``x``."""
    eta: Any = method.numbers["eta"]
    return float(eta * np.sqrt(max(np.trace(covariance(landscape, method)(x)), 0.0)))


def starts(start: Array, spread: float, runs: int, seed: int) -> Array:
    """Return ``runs`` points (runs, d) spread evenly over the ball of radius ``spread`` around ``start`` (d,); the same
    for every method at equal ``seed``."""
    if not spread:
        return np.tile(start, (runs, 1))
    rng = np.random.default_rng([seed, 0x657363])  # a stream of its own, beside those of the kernels
    way = rng.standard_normal((runs, len(start)))
    reach = rng.random((runs, 1)) ** (1 / len(start)) / np.linalg.norm(way, axis=1, keepdims=True)
    return np.asarray(start + spread * reach * way)
