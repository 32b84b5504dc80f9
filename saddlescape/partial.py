"""Partial: what is done of a run that was stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from saddlescape import archive
from saddlescape.errors import OutputError

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class Partial:
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
    def load(cls, path: str | Path) -> Partial:
        """Return what ``save`` wrote. Raises OutputError if the file does not read."""
        arrays = archive.read(Path(path))
        try:
            return cls(bytes(arrays.pop("signature")).decode(), **arrays)
        except (KeyError, TypeError, ValueError) as error:
            raise OutputError(f"{path} is not a partial run ({error!r:.80})") from None
