"""Results: frozen records of arrays with the specification that made them; they save and load themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class CriticalPoint:
    """A point where the gradient vanishes (or, for a cone, is declared 0).

    ``id`` is its place when sorted by loss, then coordinates. ``kind`` is minimum, saddle, maximum, degenerate, cone,
    or continuum (a curve of minima, one entry, ``samples`` of shape (m, d) along it). ``eigenvalues`` ascending (d,),
    ``eigenvectors`` (d, d) in columns; both empty for a cone. ``note`` says what a table cannot.
    """

    id: int
    x: Array
    loss: float
    kind: str
    eigenvalues: Array
    eigenvectors: Array
    samples: Array | None = None
    note: str = ""

    @property
    def index(self) -> int:
        """The number of negative Hessian eigenvalues."""
        return int(np.sum(self.eigenvalues < 0))

    def to_json(self) -> dict[str, Any]:
        """Return plain data; ``from_json`` gives the same point back."""
        entry: dict[str, Any] = {
            "id": self.id, "kind": self.kind, "x": self.x.tolist(), "loss": self.loss,
            "eigenvalues": self.eigenvalues.tolist(), "eigenvectors": self.eigenvectors.tolist(),
        }  # fmt: skip
        if self.samples is not None:
            entry["samples"] = self.samples.tolist()
        if self.note:
            entry["note"] = self.note
        return entry

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> CriticalPoint:
        """Return the point that ``to_json`` wrote."""
        samples = entry.get("samples")
        return cls(
            id=int(entry["id"]),
            x=np.array(entry["x"], dtype=float),
            loss=float(entry["loss"]),
            kind=str(entry["kind"]),
            eigenvalues=np.array(entry["eigenvalues"], dtype=float),
            eigenvectors=np.array(entry["eigenvectors"], dtype=float),
            samples=None if samples is None else np.array(samples, dtype=float),
            note=str(entry.get("note", "")),
        )


@dataclass(frozen=True, eq=False)
class Background:
    """What a picture needs to know of a landscape, so that a figure can be drawn from a saved file.

    ``axes`` are the d grids over ``view`` (d ≤ 2) and ``loss`` the values on them, indexed [j, i] = f(axes[0][i], axes[1][j])
    for d = 2 and [i] for d = 1; both empty for d > 2. ``latex`` is the formula, ``coordinates`` the axis labels.
    """

    title: str
    latex: str
    coordinates: tuple[str, ...]
    view: tuple[tuple[float, float], ...]
    axes: tuple[Array, ...]
    loss: Array
    points: tuple[CriticalPoint, ...]
