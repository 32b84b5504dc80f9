"""One exception family, and the wording of refusals.

A refusal says what was given, what is allowed and, for a name, the nearest one that exists.
The command line turns every ``SaddlescapeError`` into a message without traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


class SaddlescapeError(Exception):
    """Base of every error this package raises on purpose; the command line exits with ``exit_code``."""

    exit_code = 1


class UsageError(SaddlescapeError, ValueError):
    """Something was asked for that cannot be done as asked: a wrong name, number or combination (exit 2)."""

    exit_code = 2


class FormulaError(UsageError):
    """A typed formula is outside the grammar. ``text`` is the formula, ``position`` the 0-based column at fault."""

    def __init__(self, message: str, text: str = "", position: int | None = None) -> None:
        self.message, self.text, self.position = message, text, position
        super().__init__(message if position is None else f"{message}\n{mark(text, position)}")


class StepWarning(UserWarning):
    """A tick is too long for an explicit scheme to be stable where it starts, or does not divide the time asked for: an
    experiment, or an oversight."""


class OutputError(SaddlescapeError, OSError):
    """A file could not be written or read (exit 1)."""


def mark(text: str, position: int, width: int = 72) -> str:
    """Return ``text`` (shortened around ``position``) with a caret under the character at ``position``."""
    start = max(0, min(position - width // 2, len(text) - width))
    piece = text[start : start + width].replace("\n", " ").replace("\t", " ")
    head = "… " if start else ""
    tail = " …" if start + width < len(text) else ""
    return f"  {head}{piece}{tail}\n  {' ' * (len(head) + position - start)}^"


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" for the closest allowed name, or an empty string."""
    close = get_close_matches(name.lower(), sorted(allowed), n=1, cutoff=0.5)
    return f" (did you mean '{close[0]}'?)" if close else ""


def unknown(kind: str, name: str, allowed: Iterable[str], more: str = "") -> UsageError:
    """Return the refusal of an unknown ``name``: what it was taken for, the nearest name, all that exist."""
    names = list(allowed)
    shown = name if len(name) <= 60 else name[:57] + "…"
    return UsageError(
        f"unknown {kind} '{shown}'{nearest(name, names)}. Known: {', '.join(names)}.{' ' + more if more else ''}"
    )


class Interrupted(KeyboardInterrupt):
    """A long run was stopped by Ctrl-C. ``partial`` holds what is done; give it back as ``resume=`` to go on."""

    def __init__(self, partial: Any) -> None:
        super().__init__(f"interrupted: {partial.fraction:.0%} done")
        self.partial = partial
