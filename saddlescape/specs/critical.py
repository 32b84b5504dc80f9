"""CriticalSpec: what ``landscape critical`` is asked: which methods, and which thresholds or diagram beside the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from saddlescape import values
from saddlescape.errors import UsageError
from saddlescape.specs.run import SHORTCUTS, common, methods_of, over
from saddlescape.values import Window
from saddlescape.written import MOST_STEPS, NOTHING, SCENE_CHECKS, SceneSpec

#: fields whose value is one text of an option of the same name
PLAIN_OPTIONS = {
    key: f"--{key}" for key in ("domain", "view", "style", "threshold", "diagram", "point", "steps")
}


@dataclass(frozen=True, kw_only=True)
class CriticalSpec(SceneSpec):
    """One ``landscape critical``; without ``methods`` the list of critical points alone.

    ``threshold`` is a number and where to look for its thresholds ("rho", "rho=0.01..1"), ``diagram`` two numbers with
    their sweeps ("rho=0.01..1/41,eta=0.01..1/41"). They are about the critical point ``point`` (an id; None: thresholds
    of all, the diagram of the first saddle, or the first point), or the fate of the start ``x0`` within ``steps`` ticks.
    """

    methods: tuple[str, ...] = ()
    view: Window | None = None
    threshold: str | None = None
    diagram: str | None = None
    point: int | None = None
    x0: tuple[str, ...] = ()
    steps: int | None = None

    command = "critical"

    @classmethod
    def from_arguments(cls, options: Mapping[str, Any], base: Mapping[str, Any] = NOTHING) -> Self:
        """Return the specification of parsed options (name -> text, None where not given), over the fields ``base``."""
        named = base.get("methods", ())
        for key in SHORTCUTS:
            if options.get(key) is not None and not (options.get("opt") or named):
                raise UsageError(f"--{key} is a number of a method: add --opt sam, for example")
        given = common(options, PLAIN_OPTIONS, base.get("params", {}))
        given["methods"] = methods_of(options, named)
        return cls.from_dict(over(base, given))

    def __post_init__(self) -> None:
        super().__post_init__()
        about = self.threshold is not None or self.diagram is not None
        if about and not self.methods:
            raise UsageError("thresholds and diagrams are of a method: add --opt sam, for example")
        for key in ("point", "x0", "steps"):
            if getattr(self, key) not in (None, ()) and not about:
                raise UsageError(
                    f"{key} is what a threshold or a diagram is about: add --threshold rho, for example"
                )
        if self.point is not None and self.x0:
            raise UsageError("a critical point is stable or not, a start has a fate: leave out point or x0")


CriticalSpec.checks = {
    **SCENE_CHECKS,
    "methods": values.texts,
    "view": values.window,
    "threshold": values.maybe(values.text),
    "diagram": values.maybe(values.text),
    "point": values.maybe(values.whole(0, 10**6)),
    "x0": values.starts,
    "steps": values.maybe(values.whole(1, MOST_STEPS)),
}
