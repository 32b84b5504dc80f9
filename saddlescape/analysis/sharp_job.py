"""What is measured along a run, checked: the run, its method and records, the traces, the radius, the groups."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from saddlescape.answers.sharpness import TRACES
from saddlescape.dynamics.laws import FIXED, MOST
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.plan import whole
from saddlescape.dynamics.reading import method as as_method
from saddlescape.dynamics.simulate import simulate
from saddlescape.errors import UsageError, unknown
from saddlescape.landscapes.base import Landscape
from saddlescape.results import Array, Run
from saddlescape.values import positive

#: coordinates of a run of a method given by its text
KEPT = 4_000_000
#: most records measured by default: of a trajectory, and of all
RECORDS, POINTS = 501, 100_000


def run_of(
    landscape: Landscape, run: Run | Method | str, x0: Any, steps: int | None, seed: int, threads: Any
) -> Run:
    """Return the run, checked to be of this landscape; or that of a method."""
    if not isinstance(run, Run):
        own, ticks = as_method(run).on(landscape), steps or landscape.steps
        count = len(np.atleast_2d(x0)) if x0 is not None else 1
        every = max(1, -(-count * whole("steps", ticks) * landscape.dim // KEPT))
        return simulate(landscape, own, x0, ticks, seed=seed, every=every, threads=threads)
    if x0 is not None or steps is not None:
        raise UsageError("a run has its own start and length: give x0 and steps with a method only")
    scene = run.background
    if scene.coordinates != landscape.coordinates or scene.latex != landscape.latex():
        raise UsageError(
            f"the run is of {scene.title}, not of {landscape.title} (another formula): sharpness needs the landscape "
            "that was run on"
        )
    if any(isinstance(value, list) for value in run.spec.get("params", {}).values()):
        raise UsageError(
            "the trajectories of this run have parameters of their own: measure one value at a time"
        )
    for key, value in scene.params.items():
        if value != landscape.params[key]:
            raise UsageError(
                f"the run has {key} = {value:g}, {landscape.name} here {landscape.params[key]:g}"
            )
    return run


def method_of(run: Run) -> Method:
    """Return the method of a run, refused where its trajectories have numbers of their own."""
    found = as_method(run.method)
    swept = [key for key, value in found.numbers.items() if isinstance(value, tuple)]
    if swept:
        raise UsageError(
            f"the trajectories of this run have a value of {swept[0]} each: measure one value at a time"
        )
    return found


def records_of(run: Run, records: int | None) -> np.ndarray[Any, Any]:
    """Return which records are measured, the first and the last among them."""
    n, there = run.x.shape[:2]
    most = max(11, min(RECORDS, POINTS // n)) if records is None else whole("records", records)
    return np.unique(np.linspace(0, there - 1, min(most, there)).astype(int))


def tick_of(own: Method) -> float:
    """Return the tick of a method: eta or dt."""
    return float(own.numbers[own.clock.tick])  # type: ignore[arg-type]


def names_of(of: Iterable[str] | None, m: int | None, landscape: Landscape) -> tuple[str, ...]:
    """Return the traces asked for, in the order of TRACES."""
    asked = [name for name in TRACES if name != "worst_m" or m is not None] if of is None else list(of)
    for name in asked:
        if name not in TRACES:
            raise unknown("trace of sharpness", name, TRACES)
    if "worst_m" in asked and m is None:
        raise UsageError("m-sharpness needs the size of its groups: m=1 … n")
    if m is not None and not landscape.samples:
        raise UsageError(f"{landscape.name} is no finite sum: m-sharpness needs samples")
    if m is not None and not 1 <= whole("m", m) <= landscape.n_samples:
        raise UsageError(
            f"{landscape.name} has {landscape.n_samples} samples: m is 1 to {landscape.n_samples}, not {m}"
        )
    return tuple(name for name in TRACES if name in asked)


def radius_of(landscape: Landscape, own: Method, given: float | None) -> float:
    """Return the radius: given, SAM's rho, the landscape's, 5 % of the first side of the domain."""
    if given is not None:
        return float(positive("radius", given))
    rho = own.numbers.get("rho") if own.perturbation.normalised else None
    low, high = landscape.domain[0]
    found = rho if isinstance(rho, float) and rho > 0 else landscape.rho
    return float(found or 0.05 * (high - low))


def groups_of(landscape: Landscape, m: int | None) -> tuple[list[Array], str]:
    """Return the weights (n,) of the groups of m samples, and in words which they are."""
    if m is None:
        return [], ""
    n = landscape.n_samples
    if comb(n, m) <= MOST:
        chosen, said = list(combinations(range(n), m)), f"all {comb(n, m)} groups of {m} of {n} samples"
    else:
        rng = np.random.default_rng(0)
        chosen = [tuple(rng.choice(n, m, replace=False)) for _ in range(FIXED)]
        said = f"{FIXED} groups of {m} of {n} samples, drawn once"
    return [np.isin(np.arange(n), group) / m for group in chosen], said
