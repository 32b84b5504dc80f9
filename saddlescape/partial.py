"""What is done of work that was stopped: of a run (Partial), of the fates of many starts (PartialFates), of an
answer of many runs (PartialPieces)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np

from saddlescape import archive
from saddlescape.errors import OutputError

Array = np.ndarray[Any, np.dtype[np.float64]]


class Rest(ABC):
    """What the kinds of this file share: the ``signature`` of what they belong to, and a file of their arrays."""

    signature: str

    @property
    @abstractmethod
    def fraction(self) -> float:
        """The share that is done."""

    @abstractmethod
    def arrays(self) -> dict[str, Any]:
        """Return its arrays by name, without the signature."""

    @classmethod
    @abstractmethod
    def of(cls, signature: str, arrays: dict[str, Any]) -> Self:
        """Return what has these ``arrays()``. Raises KeyError, TypeError or ValueError if they are of another kind."""

    def save(self, path: str | Path) -> Path:
        """Write it to ``path``, atomically."""
        signature = np.frombuffer(self.signature.encode(), dtype=np.uint8)
        return archive.write(Path(path), {**self.arrays(), "signature": signature})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return what ``save`` wrote. Raises OutputError if the file does not read, or holds another kind."""
        arrays = archive.read(Path(path))
        try:
            return cls.of(bytes(arrays.pop("signature")).decode(), arrays)
        except (KeyError, TypeError, ValueError) as error:
            raise OutputError(f"{path} is not a partial run ({error!r:.80})") from None


class Rows(Rest):
    """Arrays with a row per trajectory, those that are ``done`` filled in."""

    done: np.ndarray[Any, np.dtype[np.bool_]]
    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def fraction(self) -> float:
        """The share of trajectories that are done."""
        return float(self.done.mean())

    def arrays(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "signature"}

    @classmethod
    def of(cls, signature: str, arrays: dict[str, Any]) -> Self:
        """Return what has these fields."""
        return cast(Callable[..., Self], cls)(signature=signature, **arrays)


@dataclass(frozen=True, eq=False)
class Partial(Rows):
    """A run that was stopped: the rows that are ``done``, and what they hold. ``signature`` says of which run.

    ``stopped`` are the ticks each trajectory makes: all of them unless it was ended early (stopping.py), a part of one
    where a flow left the domain inside it. ``attempts`` are the steps an adaptive scheme tried; (0,) for all others.
    """

    signature: str
    record: Array
    v: Array
    box: Array
    recurrent: np.ndarray[Any, np.dtype[np.bool_]]
    period: np.ndarray[Any, np.dtype[np.int32]]
    done: np.ndarray[Any, np.dtype[np.bool_]]
    stopped: Array
    attempts: np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class PartialFates(Rows):
    """Fates of many starts (dynamics/deciding.py): per trajectory the place of its status in STATUSES, the ids of the
    point this is about and of the one where it certainly ends (−1: none), the place in RULES of what decided that,
    the tick at which that was seen (NaN: never), and how far from the point it was at the end (NaN: no point, or let go
    early)."""

    signature: str
    done: np.ndarray[Any, np.dtype[np.bool_]]
    status: np.ndarray[Any, np.dtype[np.int8]]
    point: np.ndarray[Any, np.dtype[np.int32]]
    fate: np.ndarray[Any, np.dtype[np.int32]]
    rule: np.ndarray[Any, np.dtype[np.int8]]
    when: Array
    distance: np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, eq=False)
class PartialPieces(Rest):
    """An answer of many runs (analysis/pieces.py): the ``share`` of it that is done, what every run through gave, by
    name, in their order, and what there is of the ``run`` that was stopped."""

    signature: str
    share: float
    pieces: tuple[Mapping[str, Any], ...]
    run: Partial | None = None

    @property
    def fraction(self) -> float:
        """The share that is done."""
        return self.share

    def arrays(self) -> dict[str, Any]:
        """Return the arrays of piece k as ``k.name``, those of the run as ``run.name``."""
        found = {f"{k}.{name}": each for k, piece in enumerate(self.pieces) for name, each in piece.items()}
        if self.run is not None:
            found |= {f"run.{name}": each for name, each in self.run.arrays().items()}
            found["run.signature"] = np.array(self.run.signature)
        return {**found, "share": np.array(self.share)}

    @classmethod
    def of(cls, signature: str, arrays: dict[str, Any]) -> Self:
        """Return what has these arrays."""
        share, parts = float(arrays.pop("share")), dict[str, dict[str, Any]]()
        for name, each in arrays.items():
            head, _, tail = name.partition(".")
            parts.setdefault(head, {})[tail] = each
        run = parts.pop("run", None)
        return cls(
            signature, share, tuple(parts[str(k)] for k in range(len(parts))),
            None if run is None else Partial.of(str(run.pop("signature")), run),
        )  # fmt: skip


def load(path: str | Path) -> Rest:
    """Return what ``save`` of any kind wrote, told apart by its arrays. Raises OutputError as ``Rest.load``."""
    held = set(archive.names(Path(path)))
    if "share" in held:
        return PartialPieces.load(path)
    for kind in (Partial, PartialFates):
        if held == set(kind.__dataclass_fields__):
            return kind.load(path)
    raise OutputError(f"{path} is not a partial run")
