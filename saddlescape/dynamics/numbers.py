"""Numbers of a method: one value or one per trajectory; read from text or Python, checked, written back."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from saddlescape.errors import UsageError

Value = float | tuple[float, ...]

#: number -> (allowed interval in words, test)
RANGES: dict[str, tuple[str, Callable[[float], bool]]] = {
    "eta": ("a number above 0", lambda a: a > 0),
    "rho": ("a number ≥ 0", lambda a: a >= 0),
    "beta": ("a number with 0 ≤ beta < 1", lambda a: 0 <= a < 1),
    "sigma": ("a number ≥ 0", lambda a: a >= 0),
    "smooth": ("a number ≥ 0", lambda a: a >= 0),
    "floor": ("a number ≥ 0", lambda a: a >= 0),
    "dt": ("a number above 0", lambda a: a > 0),
    "rtol": ("a number with 1e-14 ≤ rtol < 1", lambda a: 1e-14 <= a < 1),
    "atol": ("a number ≥ 0", lambda a: a >= 0),
}

SWEEP = re.compile(r"^\s*(?P<a>[^.|/]\S*?)\.\.(?P<b>\S+?)(?:/(?P<n>\d+))?\s*$")


def read(key: str, given: Any) -> Value:
    """Return a number or a tuple of numbers from text, a number or a sequence, checked against its range."""
    if isinstance(given, str):
        values = _sweep(key, given)
        _check(key, values)
        return values[0] if len(values) == 1 else values
    several = isinstance(given, Iterable)
    try:
        values = tuple(float(a) for a in given) if several else (float(given),)
    except (TypeError, ValueError):
        raise UsageError(f"{key} must be a number or a sequence of numbers, not {given!r:.60}") from None
    _check(key, values)
    return values if len(values) > 1 else values[0]


def _sweep(key: str, text: str) -> tuple[float, ...]:
    if match := SWEEP.match(text):
        a, b = _float(key, match["a"]), _float(key, match["b"])
        n = int((match["n"] or "0")[:9])
        if not 2 <= n <= 10_000:
            raise UsageError(
                f"a sweep is written {key}=0.1..0.5/9 (from..to/how many, 2 to 10000), not '{text[:60]}'"
            )
        return (a, *(float(f"{a + (b - a) * i / (n - 1):.15g}") for i in range(1, n - 1)), b)
    return tuple(_float(key, piece) for piece in listed(key, text))


def listed(key: str, text: str) -> list[str]:
    """Return the values that ``text`` lists, a|b. Raises UsageError where one of several is missing."""
    found = text.split("|")
    blank = [not piece.strip() for piece in found]
    if len(found) > 1 and any(blank):
        where = "before the first |" if blank[0] else "after |"
        raise UsageError(f"a value is missing {where} in '{key}={text:.60}': several are written {key}=a|b")
    return found


def _float(key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    if "(" in text:
        raise UsageError(f"schedules such as {key}={text[:40]} are not built yet")
    raise UsageError(f"{key} must be a number, not '{text[:60]}'")


def _check(key: str, values: tuple[float, ...]) -> None:
    words, test = RANGES[key]
    if not values:
        raise UsageError(f"{key} is empty: it needs at least one number")
    for a in values:
        if not math.isfinite(a) or not test(a):
            raise UsageError(f"{key} must be {words}, not {a:g}")


def show(value: Value) -> str:
    return "|".join(repr(a) for a in value) if isinstance(value, tuple) else repr(value)
