"""Thresholds: at which value of eta, rho, beta … a verdict or a fate changes, by sections and by formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from saddlescape.analysis import quadratics
from saddlescape.analysis.ends import MOVING, ends, in_words, jumps, stays
from saddlescape.analysis.saddle_basin import quadratic_saddle_tipping
from saddlescape.answers.stability import place
from saddlescape.answers.threshold import Threshold
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.numbers import RANGES
from saddlescape.dynamics.reading import method as as_method
from saddlescape.dynamics.timing import face_ticks
from saddlescape.errors import UsageError, unknown
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: values of the first look, and of every round after it (16 sets of numbers still have kept balls: docs/statuses.md)
GRID, SECTIONS = 33, 16
#: the bracket's width at the end, as a part of its upper end; and rounds at most
TOLERANCE, ROUNDS = 1e-6, 12


@dataclass(frozen=True, eq=False)
class Asked:
    """What a threshold is about: ``labels`` finds what becomes of each of several values of ``key``."""

    landscape: Landscape
    method: Method
    key: str
    point: CriticalPoint | None
    start: Array
    steps: int

    def labels(self, values: Array) -> list[str]:
        """Return the label of every value: what the method does at the point, or where the start ends."""
        method = as_method(self.method, **{self.key: tuple(values.tolist())}).on(self.landscape)
        if self.point is not None:
            return ["stays" if each else "leaves" for each in stays(self.landscape, method, self.point)]
        return ends(self.landscape, method, np.tile(self.start, (len(values), 1)), self.steps)


def threshold(
    landscape: Landscape,
    method: Method | str,
    key: str,
    *,
    of: str = "stable",
    point: int | None = None,
    start: Any = None,
    between: tuple[float, float] | None = None,
    steps: int | None = None,
    tolerance: float = TOLERANCE,
) -> Threshold:
    """Return the smallest value of ``key`` (rho, eta, beta or any other number of the method) at which something changes.

    ``of="stable"``: whether ``method`` stays at the critical point ``point`` (an id). ``of="fate"``: where the trajectory
    from ``start`` (d,; by default the landscape's) ends within ``steps`` ticks. ``between`` (low, high) is where it is
    looked for: 33 values at once, then the first change by sections until the bracket is ``tolerance`` of its upper end
    wide. By default it is four times either way around the formula, and 0 to 0.999 for beta. A change that does not stay
    is counted in ``changes``. What is still moving between two ends is no end, and widens the bracket.

    The formula beside it: ``quadratics.limits`` for stability; for the fate on a quadratic saddle the same, and of
    normalised SAM on one with eigenvalues ±λ the closed form of its flow, to which the map tends as eta → 0. Raises
    UsageError for what is no number of the method, a bracket that is none, or a random method asked for a fate.
    """
    asked = asked_about(landscape, as_method(method), key, of, point, start, steps)
    exact, source = _formula(asked, between)
    low, high = span = _bracket(asked, between, exact)
    if not between and not low < exact < high:
        exact, source = float("nan"), ""
    grid = np.linspace(low, high, GRID)
    labels = asked.labels(grid)
    bracket, after = _narrowed(asked.labels, grid, labels, tolerance)
    said = partial(in_words, landscape)
    where = f"{asked.point.kind} {place(asked.point.x)}" if asked.point else f"start {place(asked.start)}"
    text = as_method(asked.method, **{key: high}).on(landscape).text
    return Threshold(
        spec={"landscape": landscape.name, "formula": landscape.formula, "params": dict(landscape.params)},
        method=",".join(piece for piece in _without(text, key)), key=key, of=of, about=where,
        point=None if asked.point is None else asked.point.id,
        start=asked.start, between=span, steps=asked.steps, value=bracket[1], bracket=bracket,
        before=said(labels[0]), after=said(after), grid=grid, labels=tuple(map(said, labels)), exact=exact, source=source,
    )  # fmt: skip


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
    for p in landscape.critical_points:
        if p.id == point:
            return p
    ids = ", ".join(str(p.id) for p in landscape.critical_points) or "it has none"
    raise UsageError(f"point={point!r} is no critical point of {landscape.name}; their ids: {ids}")


def _bracket(asked: Asked, between: tuple[float, float] | None, exact: float) -> tuple[float, float]:
    """Return where to look, checked."""
    key = asked.key
    if between is None:
        if key == "beta":
            return 0.0, 0.999
        if not np.isfinite(exact) or exact <= 0:
            raise UsageError(f"between which values of {key}? No formula says: give between=(low, high)")
        return exact / 4.0, exact * 4.0
    words, test = RANGES[key]
    try:
        low, high = (float(v) for v in between)
    except (TypeError, ValueError):
        raise UsageError(f"between is two numbers (low, high), not {between!r:.60}") from None
    if not (np.isfinite([low, high]).all() and low < high):
        raise UsageError(f"between runs from a smaller to a larger number, not from {low:g} to {high:g}")
    if not (test(low) and test(high)):
        raise UsageError(f"{key} must be {words}: between={low:g} to {high:g} is not")
    return low, high


def _narrowed(
    labels: Callable[[Array], list[str]], values: Array, seen: Sequence[str], tolerance: float
) -> tuple[tuple[float, float], str]:
    """Return the bracket of the first change among ``values`` and the label above it; (NaN, NaN) where there is none."""
    first = _first(seen)
    if first is None:
        return (float("nan"), float("nan")), ""
    for _ in range(ROUNDS):
        low, high = float(values[first[0]]), float(values[first[1]])
        if high - low <= tolerance * abs(high):
            break
        inner = np.linspace(low, high, SECTIONS + 2)
        between = labels(inner[1:-1])
        after = seen[first[1]]
        values, seen = inner, [seen[first[0]], *between, after]
        narrower = _first(seen)
        assert narrower is not None  # its ends differ
        stuck = narrower[1] - narrower[0] > SECTIONS // 2
        first = narrower
        if stuck:
            break
    return (float(values[first[0]]), float(values[first[1]])), seen[first[1]]


def _first(labels: Sequence[str]) -> tuple[int, int] | None:
    """Return the places around the first change: the last with the first label, the first with another one.

    What is still moving is passed over where an end follows it."""
    start = labels[0]
    last = 0
    for k, label in enumerate(labels):
        if label == start:
            last = k
        elif label != MOVING or all(each == MOVING for each in labels[k:]):
            return last, k
    return None


# ---- by formula ----------------------------------------------------------------------------------------------------
def _formula(asked: Asked, between: tuple[float, float] | None) -> tuple[float, str]:
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
    ends = [v for v in quadratics.limits(whole, key, point.eigenvalues) or () if v > 0 and np.isfinite(v)]
    low, high = between or (0.0, np.inf)
    ends = sorted(v for v in ends if low < v < high)
    known = "0 < eta·λ(1 + rho λ) < 2(1 + beta)" if quadratics.factor(whole) else "0 < eta·λ < 2(1 + beta)"
    return (ends[0], f"{known}, linear part") if ends and ends[0] != 1.0 else (float("nan"), "")


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


def _without(text: str, key: str) -> list[str]:
    """Return the pieces of a method's text without ``key``."""
    head, _, tail = text.partition(":")
    kept = [piece for piece in tail.split(",") if piece and piece.partition("=")[0] != key]
    return [f"{head}:{kept[0]}", *kept[1:]] if kept else [head]
