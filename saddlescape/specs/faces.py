"""FacesSpec: what ``landscape faces`` compares, in plain values; loss-free to and from TOML, JSON and file metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from saddlescape import values
from saddlescape.errors import UsageError
from saddlescape.specs.run import common, methods_of, over
from saddlescape.written import MOST_STEPS, NOTHING, SCENE_CHECKS, SceneSpec

#: fields whose value is one text of an option of the same name
PLAIN_OPTIONS = {
    key: f"--{key}" for key in ("domain", "steps", "time", "etas", "rhos", "runs", "records", "seed", "test", "style")
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FacesSpec(SceneSpec):
    """One ``landscape faces``. None means: what the landscape says, or the method.

    ``method`` is the text of the map, ``faces`` the faces compared with it ("sde3:drift=mod"), ``x0`` the text of the
    one start, ``steps`` or ``time`` says how long. ``etas`` and ``rhos`` are sweeps ("1e-4|2e-4", "0.1..0.5/5") at
    which errors are measured, ``runs`` the repetitions, ``records`` about how many times the traces are kept at,
    ``test`` a landscape or a formula whose value is the test loss.
    """

    method: str
    faces: tuple[str, ...] = ()
    x0: tuple[str, ...] = ()
    steps: int | None = None
    time: float | None = None
    etas: str | None = None
    rhos: str | None = None
    runs: int = 1000
    records: int = 101
    test: str | None = None

    command = "faces"

    @classmethod
    def from_arguments(cls, options: Mapping[str, Any], base: Mapping[str, Any] = NOTHING) -> Self:
        """Return the specification of parsed options (name -> text, None where not given), over the fields ``base``."""
        given = common(options, PLAIN_OPTIONS, base.get("params", {}))
        if options.get("face"):
            given["faces"] = tuple(options["face"])
        asked = len(options.get("opt") or ())
        if asked > 1 or (not asked and "method" not in base):
            given_now = f"{asked} were given: run landscape faces for each of them"
            none = "none was given: --opt sam:batch=1, for example"
            raise UsageError(f"faces are of one method, and {given_now if asked else none}")
        (given["method"],) = methods_of(options, (base["method"],) if "method" in base else ())
        return cls.from_dict(over(base, given))


FacesSpec.checks = {
    **SCENE_CHECKS,
    "method": values.text,
    "faces": values.texts,
    "x0": values.starts,
    "steps": values.maybe(values.whole(1, MOST_STEPS)),
    "time": values.maybe(values.positive),
    "etas": values.maybe(values.text),
    "rhos": values.maybe(values.text),
    "runs": values.whole(2, 10**9),
    "records": values.whole(2, 10**6),
    "test": values.maybe(values.text),
}
