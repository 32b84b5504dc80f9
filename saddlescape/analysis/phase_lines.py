"""Lines of theory over a phase diagram: where a formula says that a method begins or ends to stay."""

from __future__ import annotations

import numpy as np

from saddlescape.analysis import quadratics
from saddlescape.analysis.asked import Asked
from saddlescape.analysis.ends import jumps
from saddlescape.analysis.saddle_basin import quadratic_saddle_tipping
from saddlescape.answers.phase import TheoryLine
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.reading import method as as_method
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: values along a line
FINE = 401


def lines_over(
    landscape: Landscape, method: Method, asked: Asked, x: tuple[str, Array], y: tuple[str, Array]
) -> tuple[TheoryLine, ...]:
    """Return the lines that belong over the diagram, none where no formula is known."""
    point = asked.point
    if point is None:
        if len(landscape.critical_points) != 1 or not quadratics.is_quadratic(landscape):
            return ()
        point = landscape.critical_points[0]
        if jumps(method):
            return _of_start(method, asked, point, x, y)
    if jumps(method):
        return _of_bounce(method, point, x, y)
    return _of_limits(method, point, x, y)


def _of_limits(
    method: Method, point: CriticalPoint, x: tuple[str, Array], y: tuple[str, Array]
) -> tuple[TheoryLine, ...]:
    """Return the ends of the intervals of y for every x; and those of x for every y that are upright."""
    (kx, vx), (ky, vy) = x, y
    fx, fy = np.linspace(vx[0], vx[-1], FINE), np.linspace(vy[0], vy[-1], FINE)
    across = [_ends(method, kx, float(a), ky, point) for a in fx]
    up = [_ends(method, ky, float(b), kx, point) for b in fy]
    found = []
    for side in (0, 1):
        values = np.array([pair[side] for pair in across])
        if np.any((values > vy[0]) & (values < vy[-1])):
            found.append(TheoryLine(label=_label(method, ky, side), x=fx, y=values))
        upright = np.array([pair[side] for pair in up])
        fine = upright[np.isfinite(upright)]
        if len(fine) and np.ptp(fine) <= 1e-9 * abs(fine[0]) and vx[0] < fine[0] < vx[-1]:
            found.append(
                TheoryLine(
                    label=_label(method, kx, side), x=upright, y=np.where(np.isfinite(upright), fy, np.nan)
                )
            )
    return tuple(found)


def _ends(method: Method, fixed: str, value: float, key: str, point: CriticalPoint) -> tuple[float, float]:
    """Return the interval of ``key`` where ``fixed`` is ``value``; an end that is no boundary is NaN."""
    found = (
        quadratics.limits(as_method(method, **{fixed: value}), key, quadratics.across(point))
        or quadratics.NEVER
    )
    low, high = found
    return (low if low > 0 else float("nan")), (
        high if np.isfinite(high) and (key != "beta" or high < 1) else float("nan")
    )


def _label(method: Method, key: str, side: int) -> str:
    if key == "rho" and side == 0:
        return "ρ = 1/μ"
    curvature = "λ(1 + ρλ)" if quadratics.factor(method) else "λ"
    K = "2(1 + β)" if "beta" in method.numbers else "2"
    return f"η {curvature} = {K}" if "nesterov" not in method.text else f"η {curvature} = 2(1 + β)/(1 + 2β)"


def _of_start(
    method: Method, asked: Asked, saddle: CriticalPoint, x: tuple[str, Array], y: tuple[str, Array]
) -> tuple[TheoryLine, ...]:
    """Return the rho of the flow's closed form, on a saddle with eigenvalues ±λ in the plane."""
    values = saddle.eigenvalues
    if "rho" not in (x[0], y[0]) or method.name != "sam" or len(values) != 2:
        return ()
    if abs(values.sum()) > 1e-9 * abs(values[1]):
        return ()
    along, across = saddle.eigenvectors.T @ (asked.start - saddle.x)
    return (
        _straight(
            "ρ of the flow: η → 0, β = 0", "rho", float(quadratic_saddle_tipping([across, along])), x, y
        ),
    )


def _of_bounce(
    method: Method, point: CriticalPoint, x: tuple[str, Array], y: tuple[str, Array]
) -> tuple[TheoryLine, ...]:
    """Return eta = 1/mu, mu the largest −λ: a step from beside the point goes eta·mu·rho far; beyond rho it leaves."""
    down = -point.eigenvalues[point.eigenvalues < 0]
    if "eta" not in (x[0], y[0]) or not down.size or method.momentum.state or method.clock.name != "steps":
        return ()
    return (_straight("η μ = 1", "eta", 1.0 / float(down.max()), x, y),)


def _straight(label: str, key: str, value: float, x: tuple[str, Array], y: tuple[str, Array]) -> TheoryLine:
    ends_ = [np.array([v[0], v[-1]]) for _, v in (x, y)]
    ends_[0 if key == x[0] else 1] = np.full(2, value)
    return TheoryLine(label=label, x=ends_[0], y=ends_[1])
