"""RunSpec: what to run, in plain values; loss-free to and from the command line, TOML, Python and file metadata.

A specification names things and knows nothing of them: whether ``landscape`` exists is for the library to say.
Every field is checked for its type and range here, in words, wherever the value came from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from saddlescape import values
from saddlescape.errors import UsageError, unknown
from saddlescape.values import Window

SCHEMA = "landscape.spec/1"
STYLES = ("paper", "notebook", "slides", "dark")
BUDGETS = ("steps", "gradients")
STOPS = ("left", "converged")
MOST_STEPS = 10**15
MOST_SEED = 2**64 - 1

#: options of the command line that fill a number of a single --opt
SHORTCUTS = ("eta", "rho", "beta", "batch", "sigma")
#: field -> option, for those whose value is one text
PLAIN_OPTIONS = {
    "domain": "--domain", "view": "--view", "steps": "--steps", "time": "--time", "every": "--every",
    "seed": "--seed", "runs": "--runs", "budget": "--budget", "stop": "--stop",
    "style": "--style",
}  # fmt: skip

#: fields that are left out of plain data where they are empty
OMITTED = ("params", "samples", "variables", "x0", "laws")


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """One ``landscape run``. None means: what the landscape says.

    ``landscape`` is a name or a formula, ``params`` the values of its other symbols, ``variables`` the coordinates
    where they are not x, y, z or x1 … xn, ``samples`` the formulas whose mean a typed formula is. ``domain`` and
    ``view`` are ((lo, hi), …), one pair per coordinate. ``methods`` are method texts; ``baseline`` puts gd before
    them. ``x0`` are start texts (starts.py): ``1,2``, ``1,2;3,4``, ``grid:41``, ``disk:200@0,0:0.1``, ``FILE.csv``.
    ``steps`` or ``time`` says how long, ``every`` which ticks are kept; with ``budget`` "gradients" the steps count
    gradient calls. ``stop`` ends a trajectory before that, where it has "left" the domain or "converged". ``runs``
    repeats every start. ``laws`` is no request: it says, per method of expectations (a flow or an SDE with noise), what
    they were taken over and how good that is at the start (dynamics/accuracy.py); it is found anew by every run.
    """

    landscape: str
    methods: tuple[str, ...] = ("gd",)
    params: Mapping[str, float] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    domain: Window | None = None
    view: Window | None = None
    baseline: bool = True
    x0: tuple[str, ...] = ()
    steps: int | None = None
    time: float | None = None
    every: int | None = None
    seed: int = 0
    runs: int = 1
    budget: str = "steps"
    stop: str | None = None
    fast: bool = False
    style: str = "paper"
    laws: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for item in fields(self):
            object.__setattr__(self, item.name, CHECKS[item.name](item.name, getattr(self, item.name)))
        if self.steps is not None and self.time is not None:
            raise UsageError("steps and time both say how long to run: give one of them")
        if self.time is not None and self.budget == "gradients":
            raise UsageError(
                "a budget of gradient calls goes with steps, not with time: leave one of them out"
            )

    # ---- plain data -----------------------------------------------------------------------------------------------
    def to_dict(self) -> dict[str, Any]:
        """Return plain data (texts, numbers, lists, one mapping), without what is None or empty."""
        found: dict[str, Any] = {"schema": SCHEMA, "command": "run"}
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None or (item.name in OMITTED and not value):
                continue
            if item.name in ("domain", "view"):
                value = [list(pair) for pair in value]
            found[item.name] = list(value) if isinstance(value, tuple) else value
            if isinstance(value, Mapping):
                found[item.name] = {k: dict(v) if isinstance(v, Mapping) else v for k, v in value.items()}
        return found

    @classmethod
    def from_dict(cls, data: Any) -> RunSpec:
        """Return the specification that ``to_dict`` gave, or raise UsageError for what is no such thing."""
        if not isinstance(data, Mapping):
            raise UsageError(f"a specification is a table of keys and values, not {values.kind(data)}")
        known = [item.name for item in fields(cls)]
        for key in data:
            if key not in (*known, "schema", "command"):
                raise unknown("key of a specification", str(key), known)
        for key, wanted in (("schema", SCHEMA), ("command", "run")):
            if data.get(key, wanted) != wanted:
                raise UsageError(f"{key} is '{wanted}' in this version, not {values.shown(data[key])}")
        if "landscape" not in data:
            raise UsageError('the specification names no landscape: add landscape = "beale", or a formula')
        return cls(**{key: data[key] for key in known if key in data})

    def to_json(self) -> str:
        """Return one line of ASCII text, as it is kept inside files."""
        return json.dumps(self.to_dict(), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> RunSpec:
        """Return the specification that ``to_json`` wrote."""
        try:
            return cls.from_dict(json.loads(text))
        except (ValueError, RecursionError) as error:
            if isinstance(error, UsageError):
                raise
            raise UsageError(f"the specification is not valid JSON: {error}") from None

    def to_toml(self) -> str:
        """Return a TOML document that ``landscape run --config`` and ``landscape rerun`` read."""
        import tomli_w

        windows = {k: values.window_text(v) for k in ("domain", "view") if (v := getattr(self, k))}
        return tomli_w.dumps({**self.to_dict(), **windows})

    @classmethod
    def from_toml(cls, text: str) -> RunSpec:
        """Return the specification of a TOML document."""
        import tomllib

        try:
            data = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"not valid TOML: {error}") from None
        return cls.from_dict(data)

    # ---- the command line -----------------------------------------------------------------------------------------
    def to_arguments(self) -> list[str]:
        """Return what stands after ``landscape run`` to ask for this."""
        said = [part for text in self.methods for part in ("--opt", text)]
        said += [part for key, value in self.params.items() for part in ("-p", f"{key}={value!r}")]
        said += [part for text in self.samples for part in ("--sample", text)]
        said += [part for text in self.x0 for part in ("--x0", text)]
        if self.variables:
            said += ["--vars", ",".join(self.variables)]
        for key, option in PLAIN_OPTIONS.items():
            value = getattr(self, key)
            if value is not None:
                said += [option, values.window_text(value) if key in ("domain", "view") else str(value)]
        said += ["--fast"] if self.fast else []
        said += [] if self.baseline else ["--no-baseline"]
        return [*said, "--", self.landscape]

    @classmethod
    def from_arguments(cls, options: Mapping[str, Any], base: RunSpec | None = None) -> RunSpec:
        """Return the specification of parsed options (name -> text, None where not given), over those of ``base``."""
        given: dict[str, Any] = {k: options[k] for k in PLAIN_OPTIONS if options.get(k) is not None}
        if options.get("landscape") is not None:
            given["landscape"] = minus(options["landscape"])
        given |= {"x0": tuple(options["x0"])} if options.get("x0") else {}
        given |= {"samples": tuple(options["sample"])} if options.get("sample") else {}
        given |= {"variables": options["vars"]} if options.get("vars") is not None else {}
        given |= {"fast": options["fast"]} if options.get("fast") is not None else {}
        given |= {"baseline": not options["no_baseline"]} if options.get("no_baseline") is not None else {}
        if options.get("param"):
            given["params"] = {
                **(base.params if base else {}),
                **dict(map(values.assignment, options["param"])),
            }
        methods = _methods(options, base)
        given |= {"methods": methods} if methods else {}
        if base is None:
            return cls.from_dict(given)
        for one, other in (("steps", "time"), ("time", "steps")):
            if one in given and other not in given:
                given[other] = None
        return replace(base, **given)


def minus(text: str) -> str:
    """Return the formula with a plain minus in front: the command line may have carried it as −."""
    return "-" + text[1:] if text.startswith("−") else text


def _methods(options: Mapping[str, Any], base: RunSpec | None) -> tuple[str, ...]:
    """Return the method texts of --opt (or of ``base``) with the shortcuts --eta, --rho, --beta … filled in."""
    given = tuple(options.get("opt") or ())
    texts = given or (base.methods if base else ("gd",))
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


#: field -> what makes its value canonical, or refuses it in words
CHECKS = {
    "landscape": values.text,
    "methods": values.methods,
    "params": values.params,
    "samples": values.texts,
    "variables": values.names,
    "domain": values.window,
    "view": values.window,
    "baseline": values.flag,
    "x0": values.starts,
    "steps": values.maybe(values.whole(1, MOST_STEPS)),
    "time": values.maybe(values.positive),
    "every": values.maybe(values.whole(1, MOST_STEPS)),
    "seed": values.whole(0, MOST_SEED),
    "runs": values.whole(1, 10**9),
    "budget": values.one_of(BUDGETS),
    "stop": values.maybe(values.one_of(STOPS)),
    "fast": values.flag,
    "style": values.one_of(STYLES),
    "laws": values.laws,
}
