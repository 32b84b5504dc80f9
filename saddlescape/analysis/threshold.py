"""Thresholds: at which value of eta, rho, beta … a verdict or a fate changes, by sections and by formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from saddlescape.analysis.asked import Asked, asked_about, by_formula
from saddlescape.analysis.ends import LEAVES, in_words
from saddlescape.answers.stability import place
from saddlescape.answers.threshold import MOVING, Threshold
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.numbers import RANGES
from saddlescape.dynamics.reading import method as as_method
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape

#: values of the first look, and of every round after it (16 sets of numbers still have kept balls: docs/statuses.md)
GRID, SECTIONS = 33, 16
#: the bracket's width at the end, as a part of its upper end; and rounds at most
TOLERANCE, ROUNDS = 1e-6, 12


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

    ``of="stable"``: whether ``method`` stays at the critical point ``point`` (an id; the only one where there is one).
    ``of="fate"``: where the trajectory from ``start`` (d,; by default the landscape's) ends within ``steps`` ticks.
    ``between`` (low, high) is where it is looked for: 33 values at once, then the first change by sections until the
    bracket is ``tolerance`` of its upper end wide, and at 16 values above it that close in on it. By default it is four
    times either way around the formula, and 0 to 0.999 for beta. A change that does not stay is counted in ``changes``.
    What is still moving has no end: between two ends it widens the bracket, beside one it makes no threshold.

    The formula beside it: ``quadratics.limits`` for stability, and of SAM at a quadratic minimum the eta at which its
    2-cycle outgrows the capture radius; for the fate on a quadratic saddle the same limits, and of normalised SAM on one
    with eigenvalues ±λ the closed form of its flow, to which the map tends as eta → 0. Raises
    UsageError for what is no number of the method, a bracket that is none, or a random method asked for a fate.
    """
    asked = asked_about(landscape, as_method(method), key, of, point, start, steps)
    exact, source = by_formula(asked, between)
    low, high = span = _bracket(asked, between, exact)
    if not between and not low < exact < high:
        exact, source = float("nan"), ""
    seen, bracket, ends = _narrowed(asked.labels, np.linspace(low, high, GRID), tolerance)
    said = partial(_said, asked)
    where = f"{asked.point.kind} {place(asked.point.x)}" if asked.point else f"start {place(asked.start)}"
    text = as_method(asked.method, **{key: high}).on(landscape).text
    return Threshold(
        spec={"landscape": landscape.name, "formula": landscape.formula, "params": dict(landscape.params)},
        method=",".join(piece for piece in _without(text, key)), key=key, of=of, about=where,
        point=None if asked.point is None else asked.point.id,
        start=asked.start, between=span, steps=asked.steps, value=bracket[1], bracket=bracket,
        before=said(ends[0]), after=said(ends[1]), grid=np.array(list(seen)), labels=tuple(map(said, seen.values())),
        simulated=asked.simulated, exact=exact, source=source,
    )  # fmt: skip


def is_known(landscape: Landscape, method: Method, key: str) -> bool:
    """Whether a formula says at some critical point where a threshold of ``key`` is to be looked for."""
    for point in landscape.critical_points:
        try:
            asked = asked_about(landscape, method, key, "stable", point.id, None, None)
            _bracket(asked, None, by_formula(asked, None)[0])
        except UsageError:
            continue
        return True
    return False


def _bracket(asked: Asked, between: tuple[float, float] | None, exact: float) -> tuple[float, float]:
    """Return where to look, checked."""
    key = asked.key
    if between is None:
        if key == "beta":
            return 0.0, 0.999
        if not np.isfinite(exact) or exact <= 0:
            raise UsageError(
                f"between which values of {key}? No formula says: give between=(low, high) ({key}=low..high)"
            )
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


def _said(asked: Asked, label: str) -> str:
    """Return a label in words. What runs from a small ball leave is the capture radius: they may hover beyond."""
    if label == LEAVES and asked.point is not None and asked.simulated:
        return f"{LEAVES} the capture radius"
    return in_words(asked.landscape, label)


def _narrowed(
    labels: Callable[[Array], list[str]], grid: Array, tolerance: float
) -> tuple[dict[float, str], tuple[float, float], tuple[str, str]]:
    """Return all values that were looked at, ascending, with their labels; the bracket of the first change and the labels
    at its ends, (NaN, NaN) and the first known one where there is no change.

    A section may be entered by a value that stands alone, so values above the bracket are looked at in the end: halfway
    to beyond the grid's section, and halfway again."""
    values, found = grid, labels(grid)
    seen, first = dict(zip(grid.tolist(), found, strict=True)), _first(found)
    if first is None:
        known = next((label for label in found if label != MOVING), MOVING)
        return seen, (float("nan"), float("nan")), (known, "")
    top = float(grid[min(first[1] + 1, len(grid) - 1)])
    for _ in range(ROUNDS):
        low, high = float(values[first[0]]), float(values[first[1]])
        if high - low <= tolerance * abs(high):
            break
        inner = np.linspace(low, high, SECTIONS + 2)
        found = [found[first[0]], *labels(inner[1:-1]), found[first[1]]]
        values = inner
        seen |= dict(zip(values.tolist(), found, strict=True))
        narrower = _first(found)
        assert narrower is not None  # its ends differ
        first = narrower
        if first[1] - first[0] > SECTIONS // 2:
            break
    low, high = float(values[first[0]]), float(values[first[1]])
    above = high + (top - high) * np.array([0.5**k for k in range(1, SECTIONS + 1)])
    if above[-1] > high:
        seen |= dict(zip(above.tolist(), labels(above), strict=True))
    return dict(sorted(seen.items())), (low, high), (found[first[0]], found[first[1]])


def _first(labels: Sequence[str]) -> tuple[int, int] | None:
    """Return the places around the first change: the last with the first known label, the first with another one.

    What is still moving has no end yet, and is passed over."""
    known = [k for k, label in enumerate(labels) if label != MOVING]
    other = next((k for k in known if labels[k] != labels[known[0]]), None)
    return None if other is None else (max(k for k in known if k < other), other)


def _without(text: str, key: str) -> list[str]:
    """Return the pieces of a method's text without ``key``."""
    head, _, tail = text.partition(":")
    kept = [piece for piece in tail.split(",") if piece and piece.partition("=")[0] != key]
    return [f"{head}:{kept[0]}", *kept[1:]] if kept else [head]
