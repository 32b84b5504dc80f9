"""RunSpec: what to run, in plain values; loss-free to and from the command line, TOML, Python and file metadata.

A specification names things and knows nothing of them: whether ``landscape`` exists is for the library to say.
Every field is checked for its type and range here, in words, wherever the value came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from saddlescape import values
from saddlescape.errors import UsageError
from saddlescape.values import Window
from saddlescape.written import MOST_STEPS, NOTHING, SCENE_CHECKS, SceneSpec

BUDGETS = ("steps", "gradients")
STOPS = ("left", "converged")

#: options of the command line that fill a number of a single --opt
SHORTCUTS = ("eta", "rho", "beta", "batch", "sigma")
#: field -> option, for those whose value is one text
PLAIN_OPTIONS = {
    "domain": "--domain", "view": "--view", "steps": "--steps", "time": "--time", "every": "--every",
    "seed": "--seed", "runs": "--runs", "budget": "--budget", "stop": "--stop",
    "style": "--style",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RunSpec(SceneSpec):
    """One ``landscape run``. None means: what the landscape says.

    ``view`` is what is drawn, ((lo, hi), …). ``methods`` are method texts; ``baseline`` puts gd before
    them. ``x0`` are start texts (starts.py): ``1,2``, ``1,2;3,4``, ``grid:41``, ``disk:200@0,0:0.1``, ``FILE.csv``.
    ``steps`` or ``time`` says how long, ``every`` which ticks are kept; with ``budget`` "gradients" the steps count
    gradient calls. ``stop`` ends a trajectory before that, where it has "left" the domain or "converged". ``runs``
    repeats every start. ``laws`` is no request: it says, per method of expectations (a flow or an SDE with noise), what
    they were taken over and how good that is at the start (dynamics/accuracy.py); it is found anew by every run.
    """

    methods: tuple[str, ...] = ("gd",)
    view: Window | None = None
    baseline: bool = True
    x0: tuple[str, ...] = ()
    steps: int | None = None
    time: float | None = None
    every: int | None = None
    runs: int = 1
    budget: str = "steps"
    stop: str | None = None
    fast: bool = False
    laws: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, compare=False)

    command = "run"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.time is not None and self.budget == "gradients":
            raise UsageError(
                "a budget of gradient calls goes with steps, not with time: leave one of them out"
            )

    # ---- the command line -----------------------------------------------------------------------------------------
    def to_arguments(self) -> list[str]:
        """Return what stands after ``landscape run`` to ask for this."""
        said = [part for text in self.methods for part in ("--opt", text)]
        said += [part for key, value in self.params.items() for part in ("-p", f"{key}={value!r}")]
        said += [part for text in self.samples for part in ("--sample", text)]
        said += [part for text in self.x0 for part in ("--x0", text)]
        if self.variables:
            said += ["--vars", ",".join(self.variables)]
        return [*said, *self.set_options(), "--", self.landscape]

    def set_options(self, *but: str) -> list[str]:
        """Return the options of one text, and the flags, that are not at their defaults; without those of ``but``."""
        said, usual = [], RunSpec(landscape=self.landscape)
        for key, option in PLAIN_OPTIONS.items():
            value = getattr(self, key)
            if key not in but and value != getattr(usual, key):
                said += [option, values.window_text(value) if key in ("domain", "view") else str(value)]
        said += ["--fast"] if self.fast else []
        return said + ([] if self.baseline else ["--no-baseline"])

    @classmethod
    def from_arguments(cls, options: Mapping[str, Any], base: Mapping[str, Any] = NOTHING) -> Self:
        """Return the specification of parsed options (name -> text, None where not given), over the fields ``base``."""
        given = common(options, PLAIN_OPTIONS, base.get("params", {}))
        given |= {"fast": options["fast"]} if options.get("fast") is not None else {}
        given |= {"baseline": not options["no_baseline"]} if options.get("no_baseline") is not None else {}
        given["methods"] = methods_of(options, base.get("methods", ("gd",)))
        return cls.from_dict(over(base, given))


def minus(text: str) -> str:
    """Return the formula with a plain minus in front: the command line may have carried it as −."""
    return "-" + text[1:] if text.startswith("−") else text


def common(
    options: Mapping[str, Any], plain: Mapping[str, str], params: Mapping[str, float]
) -> dict[str, Any]:
    """Return what parsed options say of the fields that specifications share; ``plain`` are those of one text."""
    given: dict[str, Any] = {k: options[k] for k in plain if options.get(k) is not None}
    if options.get("landscape") is not None:
        given["landscape"] = minus(options["landscape"])
    given |= {"x0": tuple(options["x0"])} if options.get("x0") else {}
    given |= {"samples": tuple(options["sample"])} if options.get("sample") else {}
    given |= {"variables": options["vars"]} if options.get("vars") is not None else {}
    if options.get("param"):
        given["params"] = {**params, **dict(map(values.assignment, options["param"]))}
    return given


def over(base: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields ``given`` over those of ``base``: of steps and time the one that is given beats the other too."""
    pair = ("steps", "time")
    beaten = {b for a, b in (pair, pair[::-1]) if a in given and b not in given}
    return {**{key: value for key, value in base.items() if key not in beaten}, **given}


def methods_of(options: Mapping[str, Any], default: tuple[str, ...]) -> tuple[str, ...]:
    """Return the method texts of --opt (or ``default``) with the shortcuts --eta, --rho, --beta … filled in."""
    given = tuple(options.get("opt") or ())
    texts = given or default
    for key in SHORTCUTS:
        value = options.get(key)
        if value is None:
            continue
        if len(texts) != 1:
            raise UsageError(
                f"--{key} fills a single --opt, but there are {len(texts)}: write "
                f"--opt {texts[0]}{',' if ':' in texts[0] else ':'}{key}={value}"
            )
        texts = (_with_key(texts[0], key, value, override=not given),)
    return texts


def _with_key(text: str, key: str, value: str, override: bool) -> str:
    """Add ``key=value`` to a method text; ``override`` (a flag beats the file) drops the value it had."""
    head, _, tail = text.partition(":")
    pieces = [p for p in tail.split(",") if p.strip()]
    if override:
        pieces = [p for p in pieces if p.partition("=")[0].strip() != key]
    return f"{head}:{','.join([*pieces, f'{key}={value}'])}"


RunSpec.checks = {
    **SCENE_CHECKS,
    "methods": values.methods,
    "view": values.window,
    "baseline": values.flag,
    "x0": values.starts,
    "steps": values.maybe(values.whole(1, MOST_STEPS)),
    "time": values.maybe(values.positive),
    "every": values.maybe(values.whole(1, MOST_STEPS)),
    "runs": values.whole(1, 10**9),
    "budget": values.one_of(BUDGETS),
    "stop": values.maybe(values.one_of(STOPS)),
    "fast": values.flag,
    "laws": values.laws,
}
