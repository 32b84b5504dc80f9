"""Written: what all specifications have in common. Plain values, checked one by one, to and from JSON and TOML."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, ClassVar, Self

from saddlescape import values
from saddlescape.errors import UsageError, unknown

SCHEMA = "landscape.spec/1"
STYLES = ("paper", "notebook", "slides", "dark")
MOST_STEPS = 10**15
MOST_SEED = 2**64 - 1
WINDOWS = ("domain", "view")
#: the fields of no file
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Written:
    """Base of the specifications, frozen dataclasses. ``command`` is the command of ``landscape`` that runs one,
    ``afresh`` its option that starts an interrupted one afresh, ``checks`` has for every field what makes its value
    canonical, or refuses it in words."""

    command: ClassVar[str]
    afresh: ClassVar[str] = "--no-continue"
    checks: ClassVar[Mapping[str, values.Check]]
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def __post_init__(self) -> None:
        for item in fields(self):
            object.__setattr__(self, item.name, self.checks[item.name](item.name, getattr(self, item.name)))
        if getattr(self, "steps", None) is not None and getattr(self, "time", None) is not None:
            raise UsageError("steps and time both say how long to run: give one of them")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data (texts, numbers, lists, one mapping), without what is None or empty."""
        found: dict[str, Any] = {"schema": SCHEMA, "command": self.command}
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None or (isinstance(value, tuple | Mapping) and not value):
                continue
            if item.name in WINDOWS:
                value = [list(pair) for pair in value]
            found[item.name] = list(value) if isinstance(value, tuple) else value
            if isinstance(value, Mapping):
                found[item.name] = {k: dict(v) if isinstance(v, Mapping) else v for k, v in value.items()}
        return found

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """Return the specification that ``to_dict`` gave, or raise UsageError for what is no such thing."""
        given = cls._known(data)
        for key, example in (("landscape", "beale"), ("method", "sam:batch=1")):
            if key in cls.__dataclass_fields__ and key not in given:
                raise UsageError(f'the specification names no {key}: add {key} = "{example}"')
        return cls(**given)

    @classmethod
    def part_of(cls, data: Any) -> dict[str, Any]:
        """Return the fields that ``data`` has, each checked: the rest, the landscape too, may be said elsewhere."""
        return {key: cls.checks[key](key, value) for key, value in cls._known(data).items()}

    @classmethod
    def _known(cls, data: Any) -> dict[str, Any]:
        """Return the fields that ``data`` has, or raise UsageError where it is of something else."""
        if not isinstance(data, Mapping):
            raise UsageError(f"a specification is a table of keys and values, not {values.kind(data)}")
        known = [item.name for item in fields(cls)]
        for key, wanted in (("schema", SCHEMA), ("command", cls.command)):
            if data.get(key, wanted) != wanted:
                raise UsageError(f"{key} is '{wanted}' here, not {values.shown(data[key])}")
        for key in data:
            if key not in (*known, "schema", "command"):
                raise unknown("key of a specification", str(key), known)
        return {key: data[key] for key in known if key in data}

    def to_json(self) -> str:
        """Return one line of ASCII text, as it is kept inside files."""
        return json.dumps(self.to_dict(), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the specification that ``to_json`` wrote."""
        return cls.from_dict(json_table(text))

    def to_toml(self) -> str:
        """Return a TOML document that ``--config`` and ``landscape rerun`` read."""
        import tomli_w

        windows = {k: values.window_text(v) for k in WINDOWS if (v := getattr(self, k, None))}
        return tomli_w.dumps({**self.to_dict(), **windows})

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Return the specification of a TOML document."""
        return cls.from_dict(toml_table(text))


@dataclass(frozen=True, kw_only=True)
class SceneSpec(Written):
    """What every specification says of its landscape, its seed and its style.

    ``landscape`` is a name or a formula, ``params`` the values of its other symbols, ``variables`` the coordinates
    where they are not x, y, z or x1 … xn, ``samples`` the formulas whose mean a typed formula is; ``domain`` is
    ((lo, hi), …), one pair per coordinate.
    """

    landscape: str
    params: Mapping[str, float] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    domain: values.Window | None = None
    seed: int = 0
    style: str = "paper"

    @classmethod
    @abstractmethod
    def from_arguments(cls, options: Mapping[str, Any], base: Mapping[str, Any] = NOTHING) -> Self:
        """Return the specification of parsed options (name -> text, None where not given), over the fields ``base``
        (``part_of``). What neither says is an error, or the default."""


SCENE_CHECKS: dict[str, values.Check] = {
    "landscape": values.text,
    "params": values.params,
    "samples": values.texts,
    "variables": values.names,
    "domain": values.window,
    "seed": values.whole(0, MOST_SEED),
    "style": values.one_of(STYLES),
}


def json_table(text: str) -> Any:
    """Return what a JSON text says. Raises UsageError where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the specification is not valid JSON: {error}") from None


def toml_table(text: str) -> dict[str, Any]:
    """Return what a TOML text says. Raises UsageError where it is none."""
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not valid TOML: {error}") from None
