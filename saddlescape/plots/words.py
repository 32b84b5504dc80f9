"""Words and numbers of a figure: how values are written, what became of a trajectory. No matplotlib here."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import numpy as np

from saddlescape.results import STATUSES, Background, CriticalPoint, Run

GREEK = {"eta": "η", "rho": "ρ", "beta": "β", "sigma": "σ", "alpha": "α", "delta": "δ"}
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
#: kinds of critical points where a method should end
MINIMA = ("minimum", "continuum")
#: destinations without a name of their own, where there are too many to list
OTHER_MINIMA, OTHER_POINTS = "other minima", "other saddles and maxima"
#: most trajectories of a run that are drawn as lines, by the number of coordinates (3: or more)
CROWD = {1: 200, 2: 900, 3: 100}


def number(value: float, digits: int = 3) -> str:
    """Return a number as print shows it: 0.32, 14.2, 10⁻⁴, 3.1×10⁻⁷."""
    text = f"{value:.{digits}g}"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    if not np.isfinite(value) or value == 0 or 1e-3 <= abs(value) < 10 ** max(digits, 5):
        plain = f"{float(text):.0f}" if "e" in text else text
        return plain.replace("-", "−").replace("inf", "∞")
    head = f"{float(mantissa):g}".replace("-", "−")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPT)}"
    return power if head == "1" else f"−{power}" if head == "−1" else f"{head}×{power}"


def count(value: int) -> str:
    """Return a whole number in groups of three: 20 000 (thin spaces)."""
    return f"{value:,}".replace(",", "\u2009")


def spread(n: int, most: int) -> np.ndarray[Any, Any]:
    """Return at most ``most`` of 0 … n − 1, spread evenly over all, the first and the last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(int))


def shown(run: Run) -> np.ndarray[Any, Any]:
    """Return which trajectories of a run are drawn as lines."""
    return spread(len(run.x), CROWD[min(run.x.shape[2], 3)])


def place(x: Any) -> str:
    """Return a point as text: (3, 0.5); at most four coordinates are written out."""
    values = [number(float(v) if abs(float(v)) > 1e-12 else 0.0) for v in np.atleast_1d(x)]
    if len(values) > 4:
        values = [*values[:3], "…"]
    return f"({', '.join(values)})" if len(values) > 1 else f"x = {values[0]}"


def coordinate(name: str) -> str:
    """Return an axis label: x1 is x₁."""
    return re.sub(r"(?<=[A-Za-z])(\d+)$", lambda found: found.group().translate(SUBSCRIPT), name)


def is_map(run: Run) -> bool:
    """Return whether the run is made of iterates (dots), not of a flow or an SDE (smooth lines)."""
    return run.clock == "steps"


def point_of(background: Background, identity: Any) -> CriticalPoint | None:
    """Return the critical point with this id, None for a masked one."""
    if identity is None or np.ma.is_masked(identity):
        return None
    return next((p for p in background.points if p.id == int(identity)), None)


def destinations(
    run: Run, named: Collection[int] | None = None
) -> tuple[list[tuple[str, int | None, float]], np.ndarray[Any, Any]]:
    """Return the destinations as (words, critical-point id or None, fraction), most common first, and each
    trajectory's place.

    A trajectory belongs to the critical point of its fate, whether it is there yet or not; else to its
    status. Critical points that are not among the ids ``named`` (None: all are) come last, in two groups.
    """
    codes = np.zeros(len(run.status), dtype=int)
    for k, word in enumerate(STATUSES):  # words compare many times faster than they sort
        codes[run.status == word] = -1 - k
    codes = np.where(np.ma.getmaskarray(run.fate), codes, np.ma.filled(run.fate, 0))
    kinds, which, times = np.unique(codes, return_inverse=True, return_counts=True)
    order = np.argsort(-times, kind="stable")
    found: list[tuple[str, int | None, float]] = []
    for code, count in zip(kinds[order].tolist(), times[order].tolist(), strict=True):
        point = point_of(run.background, code if code >= 0 else None)
        word = "a point" if code >= 0 else STATUSES[-1 - code]
        text = f"{point.kind} {place(point.x)}" if point else "still moving" if word == "moving" else word
        found.append((text, code if code >= 0 else None, count / len(codes)))
    return _grouped(run.background, found, np.argsort(order)[which], named)


def _grouped(
    background: Background,
    found: list[tuple[str, int | None, float]],
    which: np.ndarray[Any, Any],
    named: Collection[int] | None,
) -> tuple[list[tuple[str, int | None, float]], np.ndarray[Any, Any]]:
    """Put the critical points that are not ``named`` into two groups at the end of the destinations."""
    if named is None:
        return found, which
    minima = {p.id for p in background.points if p.kind in MINIMA}
    keys = [
        (text, k) if k is None or k in named else (OTHER_MINIMA if k in minima else OTHER_POINTS, None)
        for text, k, _ in found
    ]
    late = sorted(dict.fromkeys(keys), key=lambda key: key[0] in (OTHER_MINIMA, OTHER_POINTS))
    shares = [
        sum(part for key, (_, _, part) in zip(keys, found, strict=True) if key == each) for each in late
    ]
    entries = [(text, k, part) for (text, k), part in zip(late, shares, strict=True)]
    return entries, np.array([late.index(key) for key in keys], dtype=int)[which]
