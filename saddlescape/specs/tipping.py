"""TippingSpec: what ``landscape tipping`` asks, in plain values; loss-free to and from TOML, JSON and file metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from saddlescape import values
from saddlescape.specs.basins import MORE, MOST_DOUBLINGS, place, resolution
from saddlescape.specs.question import QUESTION_CHECKS, QuestionSpec
from saddlescape.written import MOST_STEPS

#: fields whose value is one text of an option of the same name
OWN = ("resolution", "steps", "tolerance", "more", "plane", "origin")


@dataclass(frozen=True, kw_only=True)
class TippingSpec(QuestionSpec):
    """One ``landscape tipping``. None means: what the landscape, or analysis/tipping.py, takes by default.

    ``methods`` is one method, of which one number has several values: "sam:rho=0.01..1/9". Brackets between them are
    halved to ``tolerance``; ``cycling`` lets a cycle count as an end. ``resolution``, ``steps``, ``more``, ``plane`` and
    ``origin`` are those of ``landscape basins``.
    """

    resolution: str = "64"
    steps: int | None = None
    tolerance: float | None = None
    more: int = MORE
    plane: tuple[str, ...] = ()
    origin: tuple[float, ...] = ()
    cycling: bool = False

    command = "tipping"
    afresh = "--afresh"
    plain: ClassVar[Mapping[str, str]] = {**QuestionSpec.plain, **{key: f"--{key}" for key in OWN}}
    flags = ("cycling",)

    @property
    def pixels(self) -> tuple[int, int]:
        """The number of pixels along x and y."""
        nx, _, ny = self.resolution.partition("x")
        return int(nx), int(ny or nx)


TippingSpec.checks = {
    **QUESTION_CHECKS,
    "resolution": resolution,
    "steps": values.maybe(values.whole(1, MOST_STEPS)),
    "tolerance": values.maybe(values.positive),
    "more": values.whole(0, MOST_DOUBLINGS),
    "plane": values.names,
    "origin": place,
    "cycling": values.flag,
}
