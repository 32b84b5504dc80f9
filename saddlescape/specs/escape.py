"""EscapeSpec: what ``landscape escape`` asks, in plain values; loss-free to and from TOML, JSON and file metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from saddlescape import values
from saddlescape.specs.question import QUESTION_CHECKS, QuestionSpec
from saddlescape.written import MOST_STEPS

#: fields whose value is one text of an option of the same name
OWN = ("radius", "runs", "steps", "time", "spread")


@dataclass(frozen=True, kw_only=True)
class EscapeSpec(QuestionSpec):
    """One ``landscape escape``. None means: what analysis/escape.py takes by default.

    ``point`` is the id of the critical point escaped from, ``x0`` the text of the one start, ``radius`` that of the ball,
    ``runs`` how many runs of every method, ``spread`` the radius their starts are spread over, ``steps`` or ``time`` how
    long they last. One ball, one start and one spread are those of all methods.
    """

    point: int | None = None
    x0: tuple[str, ...] = ()
    radius: float | None = None
    runs: int = 1000
    steps: int | None = None
    time: float | None = None
    spread: float | None = None

    command = "escape"
    plain: ClassVar[Mapping[str, str]] = {
        **{key: f"--{key}" for key in ("domain", "seed", "style", *OWN)},
        "point": "--from",
    }


def not_negative(name: str, value: object) -> float:
    """A number that is 0 or more."""
    found = values.number(name, value)
    return found if found == 0 else values.positive(name, found)


EscapeSpec.checks = {
    **QUESTION_CHECKS,
    "point": values.maybe(values.whole(0, 10**6)),
    "x0": values.starts,
    "radius": values.maybe(values.positive),
    "runs": values.whole(1, 10**9),
    "steps": values.maybe(values.whole(1, MOST_STEPS)),
    "time": values.maybe(values.positive),
    "spread": values.maybe(not_negative),
}
