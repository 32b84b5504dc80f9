"""BasinsSpec: what ``landscape basins`` asks, in plain values; loss-free to and from TOML, JSON and file metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from saddlescape import values
from saddlescape.errors import UsageError
from saddlescape.specs.question import QUESTION_CHECKS, QuestionSpec
from saddlescape.written import MOST_STEPS, NOTHING

#: doublings of the time of pixels that are unresolved
MORE = 2
MOST_DOUBLINGS = 20
#: refinements of boundaries, each of which doubles the resolution
MOST_LEVELS = 10
#: fields whose value is one text of an option of the same name
OWN = ("resolution", "steps", "time", "runs", "more", "plane", "origin", "refine")


@dataclass(frozen=True, kw_only=True)
class BasinsSpec(QuestionSpec):
    """One ``landscape basins``. None means: what the landscape says.

    ``resolution`` is "256" or "640x360", pixels along x and y; ``steps`` of the map or ``time`` says how long, and what
    still moves then without a fate gets twice as long, ``more`` times over. ``runs`` start in every pixel of a random
    method. ``plane`` are two coordinates by name and ``origin`` the values of all, for landscapes of more than two;
    ``early`` lets a start go once its fate is certain. Borders are refined ``refine`` times; ``borders`` asks how rough
    they are.
    """

    resolution: str = "256"
    steps: int | None = None
    time: float | None = None
    runs: int = 1
    more: int = MORE
    plane: tuple[str, ...] = ()
    origin: tuple[float, ...] = ()
    early: bool = True
    fast: bool = False
    refine: int | None = None
    borders: bool = False

    command = "basins"
    afresh = "--afresh"
    plain: ClassVar[Mapping[str, str]] = {
        **QuestionSpec.plain,
        **{key: f"--{key}" for key in OWN},
    }
    flags = ("early", "fast", "borders")

    @classmethod
    def from_arguments(cls, options: Mapping[str, Any], base: Mapping[str, Any] = NOTHING) -> Self:
        """Return the specification of parsed options; --no-continue is --more 0."""
        if options.get("no_continue"):
            if options.get("more") is not None:
                raise UsageError("--no-continue is --more 0: leave one of them out")
            options = {**options, "more": 0}
        return super().from_arguments(options, base)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.refine and self.runs > 1:
            raise UsageError(
                f"--runs {self.runs} ends in many ways from one pixel, of which --refine finds no edge: leave one of "
                "them out"
            )

    @property
    def pixels(self) -> tuple[int, int]:
        """The number of pixels along x and y."""
        nx, _, ny = self.resolution.partition("x")
        return int(nx), int(ny or nx)


def resolution(name: str, value: Any) -> str:
    """N, or NXxNY: pixels along x and y."""
    pieces = str(value).lower().replace("×", "x").split("x")
    if len(pieces) > 2 or not all(p.strip().isdecimal() and int(p) > 0 for p in pieces):
        raise UsageError(
            f"{name} is written 256 or 640x360 (pixels along x and y), not {values.shown(value)}"
        )
    counts = [str(int(p)) for p in pieces]
    return "x".join(dict.fromkeys(counts) if len(set(counts)) == 1 else counts)


def place(name: str, value: Any) -> tuple[float, ...]:
    """A point: the text 0,0,1 or a list of numbers."""
    pieces = value.split(",") if isinstance(value, str) else value
    if not isinstance(pieces, list | tuple):
        raise UsageError(f"{name} is written 0,0,1 (a number per coordinate), not {values.kind(value)}")
    return tuple(values.number(f"a coordinate of {name}", each) for each in pieces)


BasinsSpec.checks = {
    **QUESTION_CHECKS,
    "resolution": resolution,
    "steps": values.maybe(values.whole(1, MOST_STEPS)),
    "time": values.maybe(values.positive),
    "runs": values.whole(1, 10**6),
    "more": values.whole(0, MOST_DOUBLINGS),
    "plane": values.names,
    "origin": place,
    "early": values.flag,
    "fast": values.flag,
    "refine": values.maybe(values.whole(1, MOST_LEVELS)),
    "borders": values.flag,
}
