"""Checks of single values of a specification: from what a person wrote to what is meant, or a refusal in words.

Each check takes (name, value) and accepts the value itself or the text it is written as on the command line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from saddlescape.errors import UsageError, nearest

Window = tuple[tuple[float, float], ...]
Check = Callable[[str, Any], Any]
KINDS = {
    bool: "true or false",
    str: "a text",
    list: "a list",
    tuple: "a list",
    dict: "a table",
    type(None): "nothing",
}


def kind(value: Any) -> str:
    """Return what ``value`` is, in words."""
    return KINDS.get(type(value)) or (
        f"the number {value}" if isinstance(value, int | float) else type(value).__name__
    )


def shown(value: Any) -> str:
    """Return ``value`` as a person would recognise it, at most some 60 characters."""
    said = f"'{value}'" if isinstance(value, str) else str(value)
    return said if len(said) <= 60 else said[:57] + "…" + ("'" if isinstance(value, str) else "")


def text(name: str, value: Any) -> str:
    """A text that is not empty and can be written to a file."""
    if not isinstance(value, str):
        raise UsageError(f"{name} must be a text, not {kind(value)}")
    if not value.strip():
        raise UsageError(f"{name} is empty")
    if any(0xD800 <= ord(c) <= 0xDFFF or (ord(c) < 32 and c not in "\n\t") for c in value):
        raise UsageError(
            f"{name} holds characters that are no text: {value.encode('ascii', 'backslashreplace').decode():.60}"
        )
    return value.strip()


def texts(name: str, value: Any) -> tuple[str, ...]:
    """One text or several."""
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, list | tuple):
        raise UsageError(f"{name} must be a list of texts, not {kind(value)}")
    return tuple(text(f"an entry of {name}", each) for each in value)


def methods(name: str, value: Any) -> tuple[str, ...]:
    """At least one text."""
    found = texts(name, value)
    if not found:
        raise UsageError('methods is empty: name at least one, such as methods = ["sam:rho=0.1"]')
    return found


def names(name: str, value: Any) -> tuple[str, ...]:
    """Names in a list, or in one text with commas."""
    return texts(name, value.split(",") if isinstance(value, str) and value else value)


def flag(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise UsageError(
            f"{name} is true or false, not {shown(value) if isinstance(value, str) else kind(value)}"
        )
    return value


def number(name: str, value: Any) -> float:
    """A finite number."""
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise TypeError
        found = float(value)
    except (TypeError, ValueError):
        raise UsageError(
            f"{name} must be a number, not {shown(value) if isinstance(value, str) else kind(value)}"
        ) from None
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise UsageError(f"{name} must be a finite number, not {shown(value)}")
    return found


def positive(name: str, value: Any) -> float:
    """A number above 0."""
    found = number(name, value)
    if found <= 0:
        raise UsageError(f"{name} must be above 0, not {found:g}")
    return found


def whole(least: int, most: int) -> Check:
    """Return the check of a whole number between ``least`` and ``most``; 2e4 and 20_000 are whole."""

    def check(name: str, value: Any) -> int:
        try:
            found: float = (
                value if type(value) is int else int(value) if isinstance(value, str) else number(name, value)
            )
        except ValueError:
            found = number(name, value)
        if found != int(found):
            raise UsageError(f"{name} must be a whole number, not {shown(value)}")
        if not least <= found <= most:
            allowed = f"at least {least}" if found < least else f"at most {most}"
            raise UsageError(
                f"{name} must be {allowed}, not {shown(value if isinstance(value, int) else str(value).strip())}"
            )
        return int(found)

    return check


def maybe(check: Check) -> Check:
    """Return ``check`` with None allowed."""
    return lambda name, value: None if value is None else check(name, value)


def one_of(allowed: Sequence[str]) -> Check:
    """Return the check of a word among ``allowed``."""

    def check(name: str, value: Any) -> str:
        if value not in allowed:
            hint = nearest(value, allowed) if isinstance(value, str) else ""
            raise UsageError(f"{name} must be {' or '.join(allowed)}, not {shown(value)}{hint}")
        return str(value)

    return check


def window(name: str, value: Any) -> Window | None:
    """None, ((lo, hi), …), or the text lo:hi,lo:hi with one interval per coordinate."""
    if value is None:
        return None
    if isinstance(value, str):
        value = [piece.split(":") for piece in value.split(",")]
    if not isinstance(value, list | tuple) or not value:
        raise UsageError(f"{name} is written x0:x1,y0:y1 (one interval per coordinate), not {kind(value)}")
    found = []
    for pair in value:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            said = ":".join(map(str, pair)) if isinstance(pair, list | tuple) else str(pair)
            raise UsageError(
                f"{name} is written x0:x1,y0:y1 (one interval per coordinate); '{said[:60]}' is no interval"
            )
        lo, hi = (number(f"an end of {name}", end) for end in pair)
        if not lo < hi:
            raise UsageError(
                f"an interval of {name} runs from the smaller to the larger number, not from {lo:g} to {hi:g}"
            )
        found.append((lo, hi))
    return tuple(found)


def window_text(value: Window) -> str:
    """Return the text that ``window`` reads."""
    return ",".join(f"{lo!r}:{hi!r}" for lo, hi in value)


def assignment(given: str) -> tuple[str, float]:
    """Return name and value of ``name=number``, as -p takes it."""
    name, equals, value = (part.strip() for part in given.partition("="))
    if not equals or not name or not value:
        raise UsageError(f"-p takes name=number, such as -p a=2, not {shown(given)}")
    return name, number(f"parameter {name[:40]}", value)


def params(name: str, value: Any) -> dict[str, float]:
    """A table of finite numbers."""
    if not isinstance(value, Mapping):
        raise UsageError(f"{name} must be a table of numbers, such as {{a = 2}}, not {kind(value)}")
    return {
        text(f"a name in {name}", key): number(f"parameter {str(key)[:40]}", each)
        for key, each in value.items()
    }


def laws(name: str, value: Any) -> dict[str, dict[str, Any]]:
    """A table, per method, of what was found about its law: texts and numbers."""
    if not isinstance(value, Mapping) or not all(isinstance(each, Mapping) for each in value.values()):
        raise UsageError(f"{name} must be a table of tables, one per method, not {kind(value)}")
    return {
        text(f"a name in {name}", method): {
            text(f"a name in {name}", key): text(name, one) if isinstance(one, str) else number(name, one)
            for key, one in each.items()
        }
        for method, each in value.items()
    }


def starts(name: str, value: Any) -> tuple[str, ...]:
    """Start texts; numbers and rows of numbers (an array too) become such texts, bit for bit."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, str):
        return (text(name, value),)
    if not isinstance(value, list | tuple):
        raise UsageError(f"{name} must be a list of starts, not {kind(value)}")
    if value and all(isinstance(each, int | float) for each in value):
        value = [value]
    rows = [isinstance(each, list | tuple) for each in value]
    if value and all(rows):
        return (";".join(_row(name, each) for each in value),)
    return tuple(
        _row(name, each) if row else text(f"an entry of {name}", each)
        for each, row in zip(value, rows, strict=True)
    )


def _row(name: str, row: Sequence[Any]) -> str:
    return ",".join(re.sub(r"\.0$", "", repr(number(f"a number of {name}", each))) for each in row)
