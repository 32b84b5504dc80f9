"""What a threshold or a diagram is about: a critical point or a start, checked; and what a formula says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape.analysis import quadratics
from saddlescape.analysis.diffusion import noise_threshold
from saddlescape.analysis.ends import ends, fares, jumps
from saddlescape.analysis.saddle_basin import quadratic_saddle_tipping
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.radius import capture_radius
from saddlescape.dynamics.reading import method as as_method
from saddlescape.dynamics.timing import face_ticks
from saddlescape.errors import UsageError, unknown
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint


@dataclass(frozen=True, eq=False)
class Asked:
    """What a threshold is about: ``labels`` finds what becomes of each of several values of ``key``."""

    landscape: Landscape
    method: Method
    key: str
    point: CriticalPoint | None
    start: Array
    steps: int

    @property
    def simulated(self) -> bool:
        """Whether labels are read off runs: fates are, and what jumps at the point."""
        some = self.method.numbers.get(self.key) or 0.5
        whole = as_method(self.method, **{self.key: some}).on(self.landscape)
        return self.point is None or (jumps(whole) and not whole.noise.random)

    def labels(self, values: Array) -> list[str]:
        """Return the label of every value: what the method does at the point, or where the start ends."""
        method = as_method(self.method, **{self.key: tuple(values.tolist())}).on(self.landscape)
        if self.point is not None:
            # of a flow what its equation does, as critical says; asked about dt, a step of its scheme
            return fares(self.landscape, method, self.point, drift=self.key != "dt")
        return ends(self.landscape, method, np.tile(self.start, (len(values), 1)), self.steps)


def asked_about(
    landscape: Landscape, method: Method, key: str, of: str, point: Any, start: Any, steps: int | None
) -> Asked:
    """Check what is asked. Raises UsageError in words."""
    if of not in ("stable", "fate"):
        raise unknown("kind of threshold", str(of), ("stable", "fate"))
    names = [*method.numbers, *(["beta"] if "beta" not in method.numbers else [])]
    if key not in names:
        raise unknown(f"number of {method.name}", str(key), names)
    for name, value in method.numbers.items():
        if isinstance(value, tuple) and name != key:
            raise UsageError(f"a threshold is of one method, and {name} has {len(value)} values")
    whole = method.on(landscape)
    given = {k: v for k, v in whole.numbers.items() if k == "eta" or (k == "rho" and v is not None)}
    own = as_method(method, **{k: v for k, v in given.items() if k != key})
    if of == "stable":
        if start is not None:
            raise UsageError('a start has a fate, a critical point is stable or not: of="fate", or point=')
        return Asked(landscape, own, key, _point(landscape, point), np.empty(0), 0)
    if point is not None:
        raise UsageError('a critical point is stable or not, a start has a fate: of="stable", or start=')
    if whole.random:
        raise UsageError(
            f"{whole.text} is random: a start has no single fate. Take off its noise, or count ends of many runs"
        )
    at = np.array(landscape.start if start is None else start, dtype=float)
    if at.shape != (landscape.dim,):
        raise UsageError(f"a start on {landscape.name} has {landscape.dim} coordinates, not shape {at.shape}")
    return Asked(landscape, own, key, None, at, steps or face_ticks(whole, landscape.steps))


def _point(landscape: Landscape, point: Any) -> CriticalPoint:
    """Return the critical point of an id; of None the only one there is."""
    points = landscape.critical_points
    if point is None and len(points) == 1:
        return points[0]
    for p in points:
        if p.id == point:
            return p
    if not points:
        raise UsageError(f'{landscape.name} has no critical point to be stable: of="fate" asks about a start')
    ids = ", ".join(str(p.id) for p in points)
    if point is None:
        raise UsageError(f"which critical point of {landscape.name}? Give point=, one of their ids: {ids}")
    raise UsageError(f"point={point!r} is no critical point of {landscape.name}; their ids: {ids}")


def by_formula(asked: Asked, between: tuple[float, float] | None) -> tuple[float, str]:
    """Return what a formula says and whose it is: the smallest end of an interval that lies in ``between``."""
    landscape, key = asked.landscape, asked.key
    whole = as_method(
        asked.method, **{key: 0.5 if asked.method.numbers.get(key) is None else asked.method.numbers[key]}
    )
    whole = whole.on(landscape)
    single = len(landscape.critical_points) == 1 and quadratics.is_quadratic(landscape)
    point = asked.point or (landscape.critical_points[0] if single else None)
    if point is None:
        return float("nan"), ""
    if asked.point is None and jumps(whole):
        return _of_start(asked, whole, point)
    if asked.point is not None and (noise := _of_noise(landscape, whole, key, point)):
        return noise, "sigma = c·μ·rho: the unit vector's mean under isotropic noise"
    if asked.point is not None and key == "eta" and jumps(whole) and not whole.noise.random:
        return _of_cycle(landscape, whole, point, between)
    spans = quadratics.limits(whole, key, quadratics.across(point)) or ()
    low, high = between or (0.0, 1.0 if key == "beta" else np.inf)
    inside = sorted(v for v in spans if max(low, 0.0) < v < high and np.isfinite(v))
    return (inside[0], f"{quadratics.condition(whole)}, linear part") if inside else (float("nan"), "")


def _of_cycle(
    landscape: Landscape, method: Method, point: CriticalPoint, between: tuple[float, float] | None
) -> tuple[float, str]:
    """Return the eta at which SAM's 2-cycle at a quadratic minimum outgrows the capture radius: no end of the cycle."""
    nothing = float("nan"), ""
    plain = method.name == "sam" and method.clock.name == "steps" and point.kind == "minimum"
    if not plain or point.samples is not None or not quadratics.is_quadratic(landscape):
        return nothing
    K, curvature = quadratics.most_of(method), float(point.eigenvalues.max())
    eta = quadratics.outgrown(curvature, float(method.numbers.get("beta") or 0.0), K)  # type: ignore[arg-type]
    low, high = between or (0.0, np.inf)
    cycle = quadratics.cycle_radius(eta, curvature, float(method.numbers["rho"]), K)  # type: ignore[arg-type]
    radius = capture_radius(landscape, as_method(method, eta=eta).on(landscape), point)
    if not (low < eta < high and np.isclose(cycle, radius, rtol=1e-9, atol=0.0)):
        return nothing
    end = f"there is one up to eta = {K / curvature:.6g}"
    return eta, f"the 2-cycle outgrows the capture radius; {end}"


def _of_noise(landscape: Landscape, method: Method, key: str, point: CriticalPoint) -> float | None:
    """Return the rho from which on, or the sigma up to which, noise leaves SAM's mean step at a saddle."""
    if key not in ("rho", "sigma"):
        return None
    try:
        least = noise_threshold(landscape, method, point.id)
    except UsageError:
        return None
    rho, sigma = (float(method.numbers[name]) for name in ("rho", "sigma"))  # type: ignore[arg-type]
    return least if key == "rho" else sigma * rho / least


def _of_start(asked: Asked, method: Method, saddle: CriticalPoint) -> tuple[float, str]:
    """Return the rho from which on normalised SAM is caught, on a saddle with eigenvalues ±λ in the plane."""
    values = saddle.eigenvalues
    plain = (
        not method.momentum.state and getattr(method.clock, "order", None) is None and method.name == "sam"
    )
    if asked.key != "rho" or not plain or len(values) != 2 or abs(values.sum()) > 1e-9 * abs(values[1]):
        return float("nan"), ""
    y, x = saddle.eigenvectors.T @ (asked.start - saddle.x)
    limit = "" if method.clock.name == "flow" else ", eta → 0"
    return float(quadratic_saddle_tipping([x, y])), f"√(2|xy|)/I(θ) of the flow{limit}"
