"""FlowSpec: what ``landscape flow`` asks, in plain values; loss-free to and from TOML, JSON and file metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from saddlescape import values
from saddlescape.specs.question import QUESTION_CHECKS, QuestionSpec
from saddlescape.written import NOTHING

#: the method of a question that names none, and the ways to draw a field
USUAL, DRAWN = "gd@flow", ("stream", "arrows", "lic")


@dataclass(frozen=True, kw_only=True)
class FlowSpec(QuestionSpec):
    """One ``landscape flow``: the fields of ``methods`` on a grid of ``resolution`` points along each axis of ``view``.

    ``draw`` is stream, arrows or lic, ``separatrices`` and ``unstable`` say which manifolds are traced, ``nullclines``
    that these are drawn.
    """

    methods: tuple[str, ...] = (USUAL,)
    resolution: int = 201
    draw: str = "stream"
    separatrices: bool = True
    unstable: bool = False
    nullclines: bool = False

    command = "flow"
    plain: ClassVar[Mapping[str, str]] = {
        **QuestionSpec.plain,
        "resolution": "--resolution",
        "draw": "--draw",
    }
    flags: ClassVar[tuple[str, ...]] = ("separatrices", "unstable", "nullclines")

    @classmethod
    def from_arguments(cls, options: Mapping[str, Any], base: Mapping[str, Any] = NOTHING) -> Self:
        """Return the specification of parsed options (name -> text, None where not given), over the fields ``base``."""
        none = "methods" not in base and not options.get("opt")
        return super().from_arguments({**options, **({"opt": [USUAL]} if none else {})}, base)


FlowSpec.checks = {
    **QUESTION_CHECKS,
    "resolution": values.whole(2, 10**6),
    "draw": values.one_of(DRAWN),
    "separatrices": values.flag,
    "unstable": values.flag,
    "nullclines": values.flag,
}
