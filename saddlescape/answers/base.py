"""Answer: what all answers have in common. They save, load, show and describe themselves, whatever their fields are.

A file holds the arrays by the path of their field, and one JSON text that says how they fit together.
"""

from __future__ import annotations

import html
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from saddlescape import archive
from saddlescape.errors import OutputError, UsageError
from saddlescape.results import Background, CriticalPoint

#: parts of answers that may be found in a file, by the name of their class
PARTS: dict[str, type] = {"Background": Background, "CriticalPoint": CriticalPoint}
#: words of the JSON text that no plain table may use as its only key
ARRAY, MASKED, TUPLE, PART, TABLE = "array", "masked", "tuple", "part", "table"


def part(kind: type) -> type:
    """Let a frozen dataclass be a field of answers that are saved."""
    PARTS[kind.__name__] = kind
    return kind


@dataclass(frozen=True, eq=False, kw_only=True)
class Answer(ABC):
    """What a question found. ``spec`` says what was asked: landscape, method, numbers; of a command also ``asked``, the
    specification that makes it again."""

    spec: Mapping[str, Any]

    #: fields that ``to_json`` leaves out: large, or about pictures
    silent: ClassVar[tuple[str, ...]] = ("spec", "background")

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        PARTS[cls.__name__] = cls

    @abstractmethod
    def summary(self) -> str:
        """Return what was found in words: a few lines, the numbers with their intervals."""

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.summary())}</pre>"

    def to_json(self) -> dict[str, Any]:
        """Return everything but ``silent`` as plain data: lists of numbers in the shapes of the fields."""
        return {f.name: bare(getattr(self, f.name)) for f in fields(self) if f.name not in self.silent}

    def save(self, path: str | Path) -> Path:
        """Write everything to ``path`` (.npz); ``ss.load`` reads it. Raises OutputError where it cannot, UsageError for
        another ending; nothing half-written is left behind."""
        path = Path(path)
        if path.suffix != ".npz":
            raise UsageError(f"a {type(self).__name__} is saved as .npz, not '{path.suffix or path.name}'")
        arrays: dict[str, Any] = {}
        about = json.dumps({"answer": _packed(self, "", arrays)}, default=archive.plain)
        arrays["about"] = np.frombuffer(about.encode(), dtype=np.uint8)
        return archive.write(path, arrays)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return what ``save`` wrote. Raises OutputError if the file is missing, damaged or of something else."""
        arrays = archive.read(Path(path))
        try:
            found = _unpacked(json.loads(bytes(arrays["about"]).decode())["answer"], arrays)
        except (KeyError, ValueError, TypeError) as error:
            raise OutputError(f"{path} is no {cls.__name__} saved by saddlescape ({error!r:.80})") from None
        if not isinstance(found, cls):
            raise OutputError(f"{path} holds a {type(found).__name__}, no {cls.__name__}")
        return found


def bare(value: Any) -> Any:
    """Return ``value`` as plain data: lists, tables and numbers; complex ones are [real, imaginary]."""
    if isinstance(value, np.ndarray | np.generic):
        if np.iscomplexobj(value):
            value = np.stack([value.real, value.imag], axis=-1)
        return value.tolist()
    if isinstance(value, CriticalPoint | Background):
        return value.to_json()
    if is_dataclass(value):
        return {f.name: bare(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): bare(v) for k, v in value.items()}
    return [bare(each) for each in value] if isinstance(value, list | tuple) else value


def _packed(value: Any, at: str, arrays: dict[str, Any]) -> Any:
    """Return ``value`` as JSON, its arrays put into ``arrays`` under their path ``at``."""
    if isinstance(value, np.ma.MaskedArray):
        arrays[at], arrays[f"{at}.mask"] = value.data, np.ma.getmaskarray(value)
        return {MASKED: at}
    if isinstance(value, np.ndarray):
        arrays[at] = value
        return {ARRAY: at}
    if type(value).__name__ in PARTS:
        inner = {
            f.name: _packed(getattr(value, f.name), f"{at}.{f.name}".lstrip("."), arrays)
            for f in fields(value)
        }
        return {PART: type(value).__name__, "fields": inner}
    if isinstance(value, Mapping):
        return {TABLE: {str(k): _packed(v, f"{at}.{k}", arrays) for k, v in value.items()}}
    if isinstance(value, tuple):
        return {TUPLE: [_packed(v, f"{at}.{i}", arrays) for i, v in enumerate(value)]}
    return value


def _unpacked(value: Any, arrays: Mapping[str, Any]) -> Any:
    """Return what ``_packed`` packed."""
    if not isinstance(value, dict):
        return value
    if MASKED in value:
        return np.ma.array(arrays[value[MASKED]], mask=arrays[f"{value[MASKED]}.mask"])
    if ARRAY in value:
        return arrays[value[ARRAY]]
    if PART in value:
        inner = {name: _unpacked(each, arrays) for name, each in value["fields"].items()}
        return PARTS[value[PART]](**inner)
    if TABLE in value:
        return {name: _unpacked(each, arrays) for name, each in value[TABLE].items()}
    return tuple(_unpacked(each, arrays) for each in value[TUPLE])
