"""Results: frozen records of arrays with the specification that made them; they save and load themselves."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from saddlescape import archive, showing
from saddlescape.errors import OutputError, UsageError

Array = np.ndarray[Any, np.dtype[np.float64]]

#: what became of a trajectory, in the order of the table in docs/statuses.md; stored as the place in this tuple
STATUSES = ("converged", "trapped", "cycling", "moving", "left", "diverged")


@dataclass(frozen=True, eq=False)
class CriticalPoint:
    """A point where the gradient vanishes (or, for a cone, is declared 0).

    ``id`` is its place when sorted by loss, then coordinates. ``kind`` is minimum, saddle, maximum, degenerate, cone,
    or continuum (a curve or set, one entry, ``samples`` of shape (m, d) of it, ``nature`` what it is made of: minima,
    maxima, saddles, or "critical points of more than one kind"). ``eigenvalues`` ascending (d,),
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
    nature: str = ""

    @property
    def index(self) -> int:
        """The number of negative Hessian eigenvalues."""
        return int(np.sum(self.eigenvalues < 0))

    @property
    def gathering(self) -> str:
        """A continuum in words: curve of minima, set of saddles, curve of critical points; "" for a point."""
        if self.samples is None:
            return ""
        shape = "curve" if self.note.startswith("a curve") else "set"
        return f"{shape} of {self.nature.removesuffix(' of more than one kind') or 'critical points'}"

    def _repr_html_(self) -> str:
        return showing.points([self])

    def to_json(self) -> dict[str, Any]:
        """Return plain data; ``from_json`` gives the same point back."""
        entry: dict[str, Any] = {
            "id": self.id, "kind": self.kind, "x": self.x.tolist(), "loss": self.loss,
            "eigenvalues": self.eigenvalues.tolist(), "eigenvectors": self.eigenvectors.tolist(),
        }  # fmt: skip
        if self.samples is not None:
            entry["samples"] = self.samples.tolist()
        entry |= {key: value for key, value in (("note", self.note), ("nature", self.nature)) if value}
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
            nature=str(entry.get("nature", "")),
        )


@dataclass(frozen=True, eq=False)
class Background:
    """What a picture needs to know of a landscape, so that a figure can be drawn from a saved file.

    ``axes`` are the d grids over ``view`` (d ≤ 2) and ``loss`` the values on them: [j, i] = f(axes[0][i], axes[1][j])
    for d = 2 and [i] for d = 1; both empty for d > 2. ``latex`` is the formula, ``coordinates`` the axis labels,
    ``params`` the values of its other symbols.
    """

    title: str
    latex: str
    coordinates: tuple[str, ...]
    view: tuple[tuple[float, float], ...]
    axes: tuple[Array, ...]
    loss: Array
    points: tuple[CriticalPoint, ...]
    params: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the arrays as plain data."""
        return {
            "title": self.title, "latex": self.latex, "coordinates": list(self.coordinates),
            "view": [list(pair) for pair in self.view], "points": [p.to_json() for p in self.points],
            "params": dict(self.params),
        }  # fmt: skip


#: columns of a run that are computed when first asked for: name -> what they hold
LAZY = {
    "loss": "f along the trajectory, (n, records)",
    "grad_norm": "‖∇f‖ along the trajectory, (n, records)",
    "status": "word of STATUSES, (n,)",
    "point": "id of the critical point the status is about, masked where none, (n,)",
    "fate": "id of the critical point where the trajectory certainly ends, masked where unknown, (n,)",
    "nearest": "id of the nearest critical point, masked where there is none, (n,)",
    "distance": "distance of the end to that point, (n,)",
    "period": "period of the cycle in ticks, 0 where none was found, (n,)",
}


@dataclass(frozen=True, eq=False)
class Run:
    """Trajectories of one method on one landscape.

    ``x`` (n, records, d) positions at the recorded ticks, NaN after divergence; ``t`` (records,) their times k·eta
    (or (n, records) when eta varies); ``v_final`` (n, d) the momentum buffer at the end, None without momentum.
    ``gradient_evaluations`` (n,) gradients computed per trajectory, refused steps of adaptive flows and the one in
    which one left the domain included, the search for the border not; masked where a face is no composition of them.
    ``method`` is the method text with every number resolved, ``formula`` its map (or equation) in LaTeX, ``clock``
    one of steps, flow, …; ``spec`` the specification that made it. ``stopped`` (n,) ticks made per trajectory: all
    of them unless it was ended early (``simulate(…, stop=…)``); a part of one where a flow left the domain inside
    it, at the time stopped·dt. The columns of ``LAZY`` (loss, grad_norm, status, point, fate, nearest, distance,
    period) are computed on first use.
    """

    spec: Mapping[str, Any]
    method: str
    formula: str
    clock: str
    x: Array
    t: Array
    gradient_evaluations: np.ndarray[Any, Any]
    v_final: Array | None = None
    columns: dict[str, Any] = field(default_factory=dict, repr=False)
    compute: Callable[[Run, str], dict[str, Any]] | None = field(default=None, repr=False)
    scene: Callable[[], Background] | None = field(default=None, repr=False)

    @property
    def final(self) -> Array:
        """The positions at the end, (n, d)."""
        return self.x[:, -1]

    @property
    def background(self) -> Background:
        """The landscape as a picture needs it."""
        if "background" not in self.columns:
            if self.scene is None:
                raise UsageError("this run was saved without its background")
            self.columns["background"] = self.scene()
        found: Background = self.columns["background"]
        return found

    def __getattr__(self, name: str) -> Any:
        if name not in (*LAZY, "stopped"):
            raise AttributeError(f"a Run has no '{name}'; it has x, t, final, {', '.join(LAZY)}, stopped")
        if name not in self.columns:
            if self.compute is None or name == "stopped":
                raise AttributeError(f"this Run was saved without '{name}'")
            self.columns.update(
                self.compute(self, name) if name in ("loss", "grad_norm") else self.compute(self, "status")
            )
        return self.columns[name]

    def _repr_html_(self) -> str:
        scene = self.background
        picture = showing.thumbnail(
            scene.view, scene.loss, scene.points, self.x[:20] if self.x.shape[2] == 2 else ()
        )
        head = f"<b>{html.escape(self.method)}</b> on {html.escape(scene.title)}"
        columns = (self.x[:, 0], self.final, self.status, self.nearest, self.distance)
        rows = (
            (
                showing.place(start),
                showing.place(end),
                str(word),
                "" if np.ma.is_masked(near) else str(near),
                showing.number(far),
            )
            for start, end, word, near, far in zip(*columns, strict=True)
        )
        found = showing.table(("start", "end", "status", "nearest point", "distance"), rows)
        return showing.beside(picture, head, f"${self.formula}$", found)

    def _repr_latex_(self) -> str:
        return f"${self.formula}$"

    @property
    def n(self) -> int:
        """The number of trajectories."""
        return int(self.x.shape[0])

    def save(self, path: str | Path) -> Path:
        """Write everything, the lazy columns and the background included, to ``path`` (.npz); ``load`` reads it.

        Raises OutputError where it cannot be written; nothing half-written is left behind.
        """
        path = Path(path)
        if path.suffix != ".npz":
            raise UsageError(f"a run is saved as .npz, not '{path.suffix or path.name}'")
        arrays: dict[str, Any] = {
            "x": self.x,
            "t": self.t,
            "gradient_evaluations": np.ma.filled(self.gradient_evaluations, -1),
        }
        if self.v_final is not None:
            arrays["v_final"] = self.v_final
        for name in (*LAZY, "recurrent", "box", "stopped"):
            value = getattr(self, name) if name in LAZY else self.columns.get(name)
            if value is not None:
                arrays[f"column_{name}"] = np.ma.filled(value, -1) if name in MASKED else value
        scene = self.background
        arrays |= {f"axis_{i}": axis for i, axis in enumerate(scene.axes)} | {"scene_loss": scene.loss}
        about = {
            "spec": dict(self.spec), "method": self.method, "formula": self.formula, "clock": self.clock,
            "background": scene.to_json(),
        }  # fmt: skip
        arrays["about"] = np.frombuffer(json.dumps(about, default=archive.plain).encode(), dtype=np.uint8)
        return archive.write(path, arrays)

    @classmethod
    def load(cls, path: str | Path) -> Run:
        """Return the run that ``save`` wrote. Raises OutputError if the file is missing or is no such run."""
        arrays = archive.read(Path(path))
        try:
            about = json.loads(bytes(arrays.pop("about")).decode())
            scene = about["background"]
            columns: dict[str, Any] = {
                k.removeprefix("column_"): np.ma.masked_equal(v, -1)
                if k.removeprefix("column_") in MASKED
                else v
                for k, v in arrays.items()
                if k.startswith("column_")
            }
            columns["background"] = Background(
                title=scene["title"],
                latex=scene["latex"],
                coordinates=tuple(scene["coordinates"]),
                view=tuple((lo, hi) for lo, hi in scene["view"]),
                axes=tuple(arrays[k] for k in sorted(arrays) if k.startswith("axis_")),
                loss=arrays["scene_loss"],
                points=tuple(CriticalPoint.from_json(p) for p in scene["points"]),
                params=dict(scene.get("params", {})),
            )
            return cls(
                spec=about["spec"], method=about["method"], formula=about["formula"], clock=about["clock"],
                x=arrays["x"], t=arrays["t"], gradient_evaluations=np.ma.masked_equal(arrays["gradient_evaluations"], -1),
                v_final=arrays.get("v_final"), columns=columns,
            )  # fmt: skip
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise OutputError(f"{path} is not a run saved by saddlescape ({error!r:.80})") from None


#: columns that may hold no critical point
MASKED = ("point", "fate", "nearest")
