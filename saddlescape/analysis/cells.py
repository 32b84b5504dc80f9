"""What a comparison of faces runs: the methods at every eta and rho, how long each, and refusals in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from saddlescape.analysis.where import own_method, span_of
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.plan import plan_run, whole
from saddlescape.dynamics.reading import CLOCKS
from saddlescape.dynamics.reading import method as as_method
from saddlescape.errors import UsageError, unknown
from saddlescape.landscapes.base import Landscape
from saddlescape.results import Array

#: the loss of held-out samples at points (…, d)
Test = Callable[[Array], Any]
Progress = Callable[[int, int], None]
FACES = tuple(name for name in CLOCKS if name != "steps")


@dataclass(frozen=True)
class Job:
    """What all runs of a comparison share. ``span`` is the time they take, ``etas`` and ``rhos`` are where errors are
    measured, the method's own among them (rho is NaN where it has none), ``held_out`` is what the test loss was asked for
    as, ``moved`` a note where the time is not the one asked for."""

    landscape: Landscape
    method: Method
    faces: tuple[str, ...]
    x0: Array
    span: float
    runs: int
    seed: int
    threads: int | None
    records: int
    test: Test | None
    held_out: Any
    etas: tuple[float, ...]
    rhos: tuple[float, ...]
    moved: str = ""
    progress: Progress | None = None

    @property
    def cells(self) -> list[list[Cell]]:
        """The cells of all pairs of eta and rho, rows by eta."""
        return [[cell(self, eta, rho) for rho in self.rhos] for eta in self.etas]

    def own(self, eta: float, rho: float) -> bool:
        """Whether these are the method's own eta and rho, whose traces are followed."""
        numbers = self.method.numbers
        return eta == numbers["eta"] and (np.isnan(rho) or rho == numbers["rho"])

    @property
    def central(self) -> Cell:
        """The cell of the method's own eta and rho."""
        return next(cell(self, e, r) for e in self.etas for r in self.rhos if self.own(e, r))


class Meter:
    """Progress over the runs of several cells, in trajectory-ticks of all of them."""

    def __init__(self, told: Progress, total: int) -> None:
        self.told, self.done, self.total = told, 0, total

    def __call__(self, done: int, total: int) -> None:
        """Tell what is done, ``done`` of it by the run at work."""
        self.told(self.done + done, self.total)

    def past(self, ticks: int) -> None:
        """Take note that a run of so many trajectory-ticks is through."""
        self.done += ticks


@dataclass(frozen=True)
class Cell:
    """The methods compared at one eta and rho, the map first, and their ticks per step of the map."""

    methods: tuple[Method, ...]
    ticks: tuple[int, ...]
    steps: int

    def work(self, runs: int) -> int:
        """Return the trajectory-ticks of ``runs`` repetitions of what is random, and one of what is not."""
        return sum(
            self.steps * t * (runs if m.random else 1) for m, t in zip(self.methods, self.ticks, strict=True)
        )


def planned(
    landscape: Landscape, method: Method | str, faces: Sequence[str] | None, x0: Any, *, time: Any, steps: Any,
    runs: int, etas: Any, rhos: Any, seed: int, threads: int | None, records: int, test: Any, progress: Progress | None,
) -> Job:  # fmt: skip
    """Return what ``compare_faces`` runs, everything checked before anything is run."""
    own, at_etas, at_rhos = own_method(landscape, method, etas, rhos)
    if whole("runs", runs) < 2 or whole("records", records) < 2:
        raise UsageError("runs and records must be at least 2: a standard error and a course need two")
    start = start_of(landscape, own, x0, seed)
    span, moved = span_of(own, landscape, at_etas, time, steps)
    job = Job(
        landscape, own, face_names(own, faces), start, span, runs if own.random else 1, seed, threads, records,
        loss_of(test, landscape, start), test, at_etas, at_rhos, moved, progress,
    )  # fmt: skip
    _ = job.cells  # what does not fit is refused here
    return job


def face_names(own: Method, faces: Sequence[str] | None) -> tuple[str, ...]:
    """Return the faces asked for, or sde2 and sde3 (flow2 and flow3 without noise; one of them without rho)."""
    if faces is None:
        kind = "sde" if own.random else "flow"
        return (f"{kind}2", f"{kind}3") if "rho" in own.numbers else (f"{kind}2",)
    names = (faces,) if isinstance(faces, str) else tuple(faces)
    if not names:
        raise UsageError(f"no face is named: faces=('sde2', …) of {', '.join(FACES)}")
    if len(set(names)) < len(names):
        raise UsageError(f"a face is named twice in {names}")
    return names


def face(own: Method, text: str) -> Method:
    """Return the face "sde3:drift=mod" of the map ``own``: the same numbers, and the keys of its clock."""
    if not isinstance(text, str):
        raise UsageError(f"a face is a text such as 'sde2' or 'sde3:drift=mod', not {text!r:.60}")
    name, _, tail = text.strip().partition(":")
    if name in ("steps", "map"):
        raise UsageError(f"the map is what faces are compared with; faces are {', '.join(FACES)}")
    if name not in FACES:
        raise unknown("face", name, FACES, "The SDE to rho is sde2, to rho² sde3." if name == "sde" else "")
    keys: dict[str, str] = {}
    allowed = sorted({f.name for f in fields(CLOCKS[name])} - {"order"})
    for piece in filter(None, tail.split(",")):
        key, _, value = (part.strip() for part in piece.partition("="))
        if key not in allowed:
            raise unknown(f"key of the face {name}", key, allowed, "All others are those of the map.")
        keys[key] = value
    return as_method(f"{own.name}@{name}", **{**own.keys, **keys})


def start_of(landscape: Landscape, own: Method, x0: Any, seed: int) -> Array:
    """Return the one start (d,), checked as that of any run; the seed is checked with it."""
    start = plan_run(landscape, own, x0, None, 1, 1, False, seed, {}).x0
    if len(start) != 1:
        raise UsageError(f"faces are compared from one start, repeated; {len(start)} were given: x0=(…,)")
    found: Array = start[0]
    return found


def loss_of(test: Any, landscape: Landscape, start: Array) -> Test | None:
    """Return the function of the held-out loss, tried at the start."""
    if test is None:
        return None
    if isinstance(test, Landscape):
        if test.dim != landscape.dim:
            raise UsageError(f"test has {test.dim} coordinate(s), {landscape.name} has {landscape.dim}")
        return test.loss
    if not callable(test):
        raise UsageError(f"test is a landscape or a function loss(x) of points (…, d), not {test!r:.60}")
    shape = np.shape(test(np.broadcast_to(start, (2, 3, len(start)))))
    if shape != (2, 3):
        raise UsageError(
            f"test gave an array of shape {shape} for points of shape (2, 3, d): it must be (2, 3)"
        )
    made: Test = test
    return made


def cell(job: Job, eta: float, rho: float) -> Cell:
    """Return what is run at one eta and rho. Raises UsageError where dt does not divide eta into whole ticks."""
    own = job.method.with_numbers(eta=eta, **({} if np.isnan(rho) else {"rho": rho}))
    steps = max(1, round(job.span / eta))
    made = [own, *(face(own, text).on(job.landscape) for text in job.faces)]
    ticks = [1]
    for text, each in zip(job.faces, made[1:], strict=True):
        dt = float(each.numbers["dt"])  # type: ignore[arg-type]
        ticks.append(round(eta / dt))
        if ticks[-1] < 1 or not np.isclose(ticks[-1] * dt, eta, rtol=1e-9, atol=0):
            raise UsageError(f"dt={dt:g} of the face {text} does not divide eta={eta:g} into whole ticks")
    return Cell(tuple(made), tuple(ticks), steps)
