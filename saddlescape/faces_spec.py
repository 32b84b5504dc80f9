"""FacesSpec: what ``landscape faces`` compares, in plain values; loss-free to and from TOML, JSON and file metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from saddlescape import values
from saddlescape.errors import UsageError
from saddlescape.spec import common, methods_of, other_length
from saddlescape.values import Window
from saddlescape.written import MOST_SEED, MOST_STEPS, STYLES, Written

#: fields whose value is one text of an option of the same name
PLAIN_OPTIONS = {
    key: f"--{key}" for key in ("domain", "steps", "time", "etas", "rhos", "runs", "records", "seed", "test", "style")
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FacesSpec(Written):
    """One ``landscape faces``. None means: what the landscape says, or the method.

    ``landscape``, ``params``, ``samples``, ``variables``, ``domain`` are those of RunSpec; ``method`` is the text of the
    map, ``faces`` the faces compared with it ("sde3:drift=mod"), ``x0`` the text of the one start, ``steps`` or ``time``
    says how long. ``etas`` and ``rhos`` are sweeps ("1e-4|2e-4", "0.1..0.5/5") at which errors are measured, ``runs``
    the repetitions, ``records`` about how many times the traces are kept at, ``test`` a landscape or a formula whose
    value is the test loss.
    """

    landscape: str
    method: str
    faces: tuple[str, ...] = ()
    params: Mapping[str, float] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    domain: Window | None = None
    x0: tuple[str, ...] = ()
    steps: int | None = None
    time: float | None = None
    etas: str | None = None
    rhos: str | None = None
    runs: int = 1000
    records: int = 101
    seed: int = 0
    test: str | None = None
    style: str = "paper"

    command = "faces"

    @classmethod
    def from_arguments(cls, options: Mapping[str, Any], base: FacesSpec | None = None) -> FacesSpec:
        """Return the specification of parsed options (name -> text, None where not given), over those of ``base``."""
        given = common(options, PLAIN_OPTIONS, base.params if base else {})
        if options.get("face"):
            given["faces"] = tuple(options["face"])
        asked = len(options.get("opt") or ())
        if asked > 1 or (not asked and base is None):
            given_now = f"{asked} were given: run landscape faces for each of them"
            none = "none was given: --opt sam:batch=1, for example"
            raise UsageError(f"faces are of one method, and {given_now if asked else none}")
        (given["method"],) = methods_of(options, () if base is None else (base.method,))
        return cls.from_dict(given) if base is None else replace(base, **given, **other_length(given))


FacesSpec.checks = {
    "landscape": values.text,
    "method": values.text,
    "faces": values.texts,
    "params": values.params,
    "samples": values.texts,
    "variables": values.names,
    "domain": values.window,
    "x0": values.starts,
    "steps": values.maybe(values.whole(1, MOST_STEPS)),
    "time": values.maybe(values.positive),
    "etas": values.maybe(values.text),
    "rhos": values.maybe(values.text),
    "runs": values.whole(2, 10**9),
    "records": values.whole(2, 10**6),
    "seed": values.whole(0, MOST_SEED),
    "test": values.maybe(values.text),
    "style": values.one_of(STYLES),
}
