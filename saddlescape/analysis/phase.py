"""Phase diagrams: what becomes of a method over a grid of two of its numbers, and lines of theory over it."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.analysis.asked import asked_about
from saddlescape.analysis.ends import about, ends, in_words, jumps, single, stays
from saddlescape.analysis.phase_lines import lines_over
from saddlescape.answers.phase import PhaseDiagram
from saddlescape.answers.stability import place
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.numbers import RANGES, read
from saddlescape.dynamics.plan import plan_run
from saddlescape.dynamics.radius import directions
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

    ``of="stable"``: whether it stays at the critical point ``point`` (an id; the only one where there is one). Smooth
    maps are run from a small ball around it for 3000 ticks, and stay if every start ends nearer; normalised SAM stays if
    none leaves its capture radius. ``of="fate"``: where the trajectory from ``start`` ends, run for ``steps`` ticks and,
    where it is still moving, for 20 times as many more. All cells are one run, each with its own numbers. The lines are
    those of ``quadratics.limits``, and for fates of normalised SAM at a quadratic saddle the closed form of its flow.
    Raises UsageError for what is no sweep of one of the method's numbers.
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
        lines=lines_over(landscape, middle, asked, (kx, vx), (ky, vy)),
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
