"""Sharpness along runs: curvature, worst-case, average and adaptive sharpness, edges of stability, catapults."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from saddlescape.analysis.along import Gathered, bands, displacement, leading
from saddlescape.analysis.edges import edge, threshold, thrown
from saddlescape.analysis.worst_case import Around, mean_rise, worst
from saddlescape.answers.sharpness import TRACES, Sharpness
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
#: catapults: the loss rises by this factor, λmax falls by this part
RISE, DROP = 2.0, 0.01


def sharpness(
    landscape: Landscape,
    run: Run | Method | str,
    *,
    radius: float | None = None,
    relative: float = 0.1,
    m: int | None = None,
    of: Iterable[str] | None = None,
    records: int | None = None,
    rise: float = RISE,
    x0: Any = None,
    steps: int | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> Sharpness:
    """Measure how sharp the loss is along the trajectories of ``run``, and return the traces with their bands.

    run : a Run of this landscape (simulated, or loaded), or a method: run from ``x0`` for ``steps`` with ``seed``.
    radius : of worst-case and average sharpness, in units of x, > 0; by default SAM's rho, else the landscape's, else 5 %
        of the first side of its domain.
    relative : radius of the adaptive ones, as a part of |x_i| in every coordinate, > 0.
    m : also measure m-sharpness over groups of m samples of a finite sum, 1 ≤ m ≤ n.
    of : which traces, of loss, grad_norm, lambda_max, trace, worst, worst_m, average, adaptive, adaptive_average,
        alignment; by default all (worst_m with ``m``).
    records : at most so many records are measured, spread evenly (501, fewer of many trajectories: 100 000 in all, some
        ten seconds a trace in the plane); catapults are looked for in all of them.
    rise : by which factor the loss must rise in a catapult, > 1.

    With L the loss, S a sample of m of the n terms (andriushchenko2022; andriushchenko2023):

    * worst: max over ‖δ‖ ≤ radius of L(x + δ) − L(x), to rounding (``worst_case.worst`` says how); worst_m the mean of
      the same of L_S over groups S: over all where there are at most 256, else over 64 drawn once. In the mean over
      partitions into disjoint groups it is the same.
    * average: E L(x + δ) − L(x), δ ~ N(0, radius² I), by Gauss and Hermite's rule (``worst_case.mean_rise``).
    * adaptive, adaptive_average: the same with |x_i| δ_i for δ_i and ``relative`` for the radius (kwon2021).
    * alignment: |⟨s, v₁⟩|/‖s‖ of the displacement s of the full gradient (the gradient itself where there is none) with
      the leading eigenvector of the Hessian.

    A catapult is an excursion of the loss between two records that are as low as any before, in which the loss, counted
    from the least that is known, rises at least by the factor ``rise``, and after which λmax is at least 1 % less
    (lewkowycz2020). Raises UsageError where the run is of another landscape.
    """
    made = _run(landscape, run, x0, steps, seed, threads)
    own = _one(made)
    names = _names(of, m, landscape)
    size = _radius(landscape, own, radius)
    relative, rise = float(positive("relative", relative)), float(positive("rise", rise))
    if not rise > 1:
        raise UsageError(
            f"rise is the factor by which the loss rises in a catapult, more than 1, not {rise:g}"
        )
    kept = _kept(made, records)
    x, tick = made.x[:, kept], _tick(own)
    groups, said = _groups(landscape, m)
    values = _values(landscape, own, x, names, size, relative, groups)
    limit = threshold(landscape, own, x)
    ticks = np.round(made.t / tick) if made.clock == "steps" else made.t / tick
    return Sharpness(
        spec=_spec(made, size, relative, m, rise), method=made.method, formula=made.formula, clock=made.clock,
        background=made.background,
        ticks=ticks[kept], t=made.t[kept], radius=size, relative=relative, m=m, rule=said, values=values,
        traces=bands([{name: _gathered(values[name]) for name in names}]), alive=np.isfinite(x).all(axis=2).sum(axis=0),
        edge=edge(own), threshold=None if limit is None else bands([{"": _gathered(limit)}])[""],
        catapults=thrown(landscape, made, ticks, rise, DROP),
    )  # fmt: skip


def _run(
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


def _one(run: Run) -> Method:
    """Return the method of a run, refused where its trajectories have numbers of their own."""
    found = as_method(run.method)
    swept = [key for key, value in found.numbers.items() if isinstance(value, tuple)]
    if swept:
        raise UsageError(
            f"the trajectories of this run have a value of {swept[0]} each: measure one value at a time"
        )
    return found


def _kept(run: Run, records: int | None) -> np.ndarray[Any, Any]:
    """Return which records are measured, the first and the last among them."""
    n, there = run.x.shape[:2]
    most = max(11, min(RECORDS, POINTS // n)) if records is None else whole("records", records)
    return np.unique(np.linspace(0, there - 1, min(most, there)).astype(int))


def _tick(own: Method) -> float:
    return float(own.numbers[own.clock.tick])  # type: ignore[arg-type]


def _names(of: Iterable[str] | None, m: int | None, landscape: Landscape) -> tuple[str, ...]:
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


def _radius(landscape: Landscape, own: Method, given: float | None) -> float:
    """Return the radius: given, SAM's rho, the landscape's, 5 % of the first side of the domain."""
    if given is not None:
        return float(positive("radius", given))
    rho = own.numbers.get("rho") if own.perturbation.normalised else None
    low, high = landscape.domain[0]
    found = rho if isinstance(rho, float) and rho > 0 else landscape.rho
    return float(found or 0.05 * (high - low))


def _groups(landscape: Landscape, m: int | None) -> tuple[list[Array], str]:
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


def _values(
    landscape: Landscape, own: Method, x: Array, names: Iterable[str], radius: float, relative: float, groups: list[Array]
) -> dict[str, Array]:  # fmt: skip
    """Return the traces (n, T) at ``x`` (n, T, d)."""
    flat = x.reshape(-1, x.shape[-1])
    one, wide = np.ones_like(flat), np.abs(flat)
    hessian, slope = landscape.hessian(flat), landscape.grad(flat)
    top, axis = leading(hessian)

    def alignment() -> Array:
        seen = displacement(landscape, own, flat, slope)
        return np.asarray(np.abs(np.sum(seen * axis, axis=-1)) / np.linalg.norm(seen, axis=-1))

    makers: dict[str, Callable[[], Array]] = {
        "loss": lambda: landscape.loss(flat),
        "grad_norm": lambda: np.linalg.norm(slope, axis=-1),
        "lambda_max": lambda: top,
        "trace": lambda: np.trace(hessian, axis1=-2, axis2=-1),
        "worst": lambda: worst(Around(landscape, flat, one, radius)),
        "worst_m": lambda: np.mean([worst(Around(landscape, flat, one, radius, w)) for w in groups], axis=0),
        "average": lambda: mean_rise(Around(landscape, flat, one, radius)),
        "adaptive": lambda: worst(Around(landscape, flat, wide, relative)),
        "adaptive_average": lambda: mean_rise(Around(landscape, flat, wide, relative)),
        "alignment": alignment,
    }
    with np.errstate(all="ignore"):
        return {name: np.asarray(makers[name]()).reshape(x.shape[:2]) for name in names}


def _gathered(values: Array) -> Gathered:
    found = Gathered()
    found.add(values)
    return found


def _spec(run: Run, radius: float, relative: float, m: int | None, rise: float) -> dict[str, Any]:
    more = {"radius": radius, "relative": relative, "m": m, "rise": rise, "x0": run.x[0, 0].tolist()}
    return {**dict(run.spec), "starts": run.n, **more}
