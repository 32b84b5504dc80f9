"""How what is typed is read: options as texts, and a formula that begins with a minus."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup


class AsWritten:
    """How an option becomes a value: not at all. Every check is in values.py, and pydantic (0.15 s) stays unloaded."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value as the parser gives it: texts, True or False, a count."""
        return (list(value) if value else None) if param.multiple else value


def leave_as_written(params: Sequence[Any]) -> None:
    """Let typer (0.27 and later) pass values through; before, these options were plain texts anyway."""
    for each in params:
        if hasattr(each, "_runtime_param"):
            each._runtime_param = AsWritten()


class Group(TyperGroup):
    """The application."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as usual, without pydantic."""
        leave_as_written(self.get_params(ctx))
        return super().parse_args(ctx, args)


class Command(TyperCommand):
    """A command whose argument may be a formula with a minus in front: ``run -x^2+y^4`` is no list of options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write such a minus as −, which the formula grammar reads alike, and parse as usual."""
        leave_as_written(self.get_params(ctx))
        return super().parse_args(ctx, self._protected(args))

    def _protected(self, args: list[str]) -> list[str]:
        names = {name: each for each in self.params for name in (*each.opts, *each.secondary_opts)}
        done: list[str] = []
        rest = list(args)
        while rest:
            word = rest.pop(0)
            if word == "--":
                return [*done, word, *rest]
            option = names.get(word)
            if _is_formula(word, [n[1] for n in names if len(n) == 2]):
                word = "−" + word[1:]
            done.append(word)
            if (
                option is not None
                and not getattr(option, "is_flag", False)
                and not getattr(option, "count", False)
                and rest
            ):
                done.append(rest.pop(0))
        return done


def _is_formula(word: str, letters: list[str]) -> bool:
    """Whether a word with one minus in front is a formula and not short options, such as -n500, -qq or -pa=2."""
    if not re.match(r"-[^-]", word) or "=" in word or re.fullmatch(r"-[A-Za-z]", word):
        return bool(re.fullmatch(r"-[xyz]", word))
    return (
        word[1] not in letters
        or bool(re.search(r"[*^()]|\w\s*[+]", word[2:]))
        or word[2:3] in ("*", "^", "+", " ")
    )
