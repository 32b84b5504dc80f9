"""Phase diagrams: what becomes of a method over a grid of two of its numbers, and lines of theory over it."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.analysis import quadratics
from saddlescape.analysis.ends import about, ends, in_words, jumps, single, stays
from saddlescape.analysis.saddle_basin import quadratic_saddle_tipping
from saddlescape.analysis.threshold import Asked, asked_about
from saddlescape.answers.phase import PhaseDiagram, TheoryLine
from saddlescape.answers.stability import place
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.multipliers import directions
from saddlescape.dynamics.numbers import RANGES, read
from saddlescape.dynamics.plan import plan_run
from saddlescape.dynamics.reading import method as as_method
from saddlescape.dynamics.simulate import carry_out
from saddlescape.dynamics.words import background, formula
from saddlescape.errors import UsageError, unknown
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: cells of a diagram at most
MOST = 90_000
#: starts around a point where the map is smooth, how far away they begin (in parts of the domain), and how long they run
STARTS, SMALL, TICKS = 6, 1e-5, 3000
#: values along a line of theory
FINE = 401


def phase_diagram(
    landscape: Landscape,
    method: Method | str,
    x: str,
    y: str,
    *,
    of: str = "stable",
    point: int | None = None,
    start: Any = None,
    steps: int | None = None,
) -> PhaseDiagram:
    """Return what becomes of ``method`` on a grid of two of its numbers: ``x="rho=0.01..1/41"``, ``y="eta=0.01..1/41"``.

    ``of="stable"``: whether it stays at the critical point ``point`` (an id). Smooth maps are run from a small ball
    around it for 3000 ticks, and stay if every start ends nearer; normalised SAM stays if none leaves its capture
    radius. ``of="fate"``: where the trajectory from ``start`` ends, run for ``steps`` ticks and, where it is still
    moving, for 20 times as many more. All cells are one run, each with its own numbers. The lines are those of
    ``quadratics.limits``, and for fates of normalised SAM at a quadratic saddle the closed form of its flow. Raises
    UsageError for what is no sweep of one of the method's numbers.
    """
    given = as_method(method)
    (kx, vx), (ky, vy) = (_sweep(text) for text in (x, y))
    if kx == ky:
        raise UsageError(f"a diagram has two different numbers, not {kx} twice")
    if len(vx) * len(vy) > MOST:
        raise UsageError(
            f"{len(vx):,} × {len(vy):,} values are more than a diagram takes (at most {MOST:,} cells)"
        )
    asked = asked_about(landscape, as_method(given, **{ky: float(vy[0])}), kx, of, point, start, steps)
    grid = [v.ravel() for v in np.meshgrid(vx, vy)]
    cells = as_method(asked.method, **{kx: tuple(grid[0].tolist()), ky: tuple(grid[1].tolist())}).on(
        landscape
    )
    if asked.point is not None:
        found = ["stays" if each else "leaves" for each in _stay(landscape, cells, asked.point)]
    else:
        found = ends(landscape, cells, np.tile(asked.start, (len(grid[0]), 1)), asked.steps)
    names, places = np.unique(found, return_inverse=True)
    where = f"{asked.point.kind} {place(asked.point.x)}" if asked.point else f"start {place(asked.start)}"
    middle = as_method(asked.method, **{kx: float(vx[-1]), ky: float(vy[-1])}).on(landscape)
    return PhaseDiagram(
        spec={"landscape": landscape.name, "formula": landscape.formula, "params": dict(landscape.params)},
        method=_named(middle, (kx, ky)), formula=formula(middle), clock=middle.clock.name,
        background=background(landscape), keys=(kx, ky), axes=(vx, vy), of=of, about=where,
        point=None if asked.point is None else asked.point.id, start=asked.start, steps=asked.steps,
        labels=tuple(in_words(landscape, str(name)) for name in names), points=tuple(about(str(name)) for name in names),
        places=places.reshape(len(vy), len(vx)).astype(np.int16),
        lines=_lines(landscape, middle, asked, (kx, vx), (ky, vy)),
    )  # fmt: skip


def _sweep(text: Any) -> tuple[str, Array]:
    """Return the number and its values of "rho=0.01..1/41" or "beta=0|0.5|0.9"."""
    key, equals, values = (piece.strip() for piece in str(text).partition("="))
    if not equals or not key or not values:
        raise UsageError(
            f"an axis is written rho=0.01..1/41 (from..to/how many) or beta=0|0.5|0.9, not '{text!s:.60}'"
        )
    if key not in RANGES:
        raise unknown("number of an axis", key, RANGES)
    found = np.atleast_1d(np.array(read(key, values), dtype=float))
    if len(found) < 2 or np.any(np.diff(found) <= 0):
        raise UsageError(f"the values of an axis rise, and are at least two: '{text!s:.60}'")
    return key, found


def _stay(landscape: Landscape, method: Method, point: CriticalPoint) -> Any:
    """Return whether each set of numbers stays at the point: what jumps by its capture, else by runs from nearby."""
    each = single(method)
    if method.random or point.samples is not None or any(jumps(one) for one in each):
        return stays(landscape, method, point)
    width = max(hi - lo for lo, hi in landscape.domain)
    around = np.concatenate([point.eigenvectors.T, directions(landscape.dim, STARTS)])
    x0 = np.tile(point.x + SMALL * width * around, (len(each), 1))
    many = {
        k: tuple(np.repeat(v, len(around)).tolist())
        for k, v in method.numbers.items()
        if isinstance(v, tuple)
    }
    plan = plan_run(landscape, method.with_numbers(**many), x0, None, TICKS, TICKS, False, 0, {})
    run = carry_out(plan, "auto")
    with np.errstate(all="ignore"):
        away = np.linalg.norm(run.final - point.x, axis=1) / (SMALL * width)
    return np.all((away < 1.0).reshape(len(each), -1), axis=1)


def _named(method: Method, keys: tuple[str, str]) -> str:
    """Return the text of the method without the two numbers."""
    head, _, tail = method.text.partition(":")
    kept = [piece for piece in tail.split(",") if piece and piece.partition("=")[0] not in keys]
    return f"{head}:{','.join(kept)}" if kept else head


# ---- lines of theory -------------------------------------------------------------------------------------------------
def _lines(
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
    found = quadratics.limits(as_method(method, **{fixed: value}), key, point.eigenvalues) or quadratics.NEVER
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
