"""What is done of work that was stopped: of a run (Partial), of the fates of many starts (PartialFates)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np

from saddlescape import archive
from saddlescape.errors import OutputError

Array = np.ndarray[Any, np.dtype[np.float64]]


class Rest:
    """What the kinds of this file share: arrays with a row per trajectory, those that are ``done`` filled in, and the
    ``signature`` of what they belong to."""

    signature: str
    done: np.ndarray[Any, np.dtype[np.bool_]]
    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def fraction(self) -> float:
        """The share of trajectories that are done."""
        return float(self.done.mean())

    def save(self, path: str | Path) -> Path:
        """Write it to ``path``, atomically."""
        arrays = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "signature"}
        return archive.write(
            Path(path), {**arrays, "signature": np.frombuffer(self.signature.encode(), dtype=np.uint8)}
        )

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return what ``save`` wrote. Raises OutputError if the file does not read, or holds another kind."""
        arrays, kind = archive.read(Path(path)), cast(Callable[..., Self], cls)
        try:
            return kind(signature=bytes(arrays.pop("signature")).decode(), **arrays)
        except (KeyError, TypeError, ValueError) as error:
            raise OutputError(f"{path} is not a partial run ({error!r:.80})") from None


@dataclass(frozen=True, eq=False)
class Partial(Rest):
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
class PartialFates(Rest):
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


def load(path: str | Path) -> Rest:
    """Return what ``save`` of any kind wrote, told apart by its arrays. Raises OutputError as ``Rest.load``."""
    held = set(archive.names(Path(path)))
    for kind in (Partial, PartialFates):
        if held == set(kind.__dataclass_fields__):
            return kind.load(path)
    raise OutputError(f"{path} is not a partial run")
