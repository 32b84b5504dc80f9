"""Sharpness along runs: curvature, worst-case, average and adaptive sharpness, edges of stability, catapults."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from saddlescape.analysis.along import Gathered, bands, displacement, leading
from saddlescape.analysis.edges import edge, threshold, thrown
from saddlescape.analysis.sharp_job import (
    groups_of,
    method_of,
    names_of,
    radius_of,
    records_of,
    run_of,
    tick_of,
)
from saddlescape.analysis.worst_case import Around, mean_rise, worst
from saddlescape.answers.sharpness import Sharpness
from saddlescape.dynamics.method import Method
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Landscape
from saddlescape.results import Array, Run
from saddlescape.values import positive

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
    made = run_of(landscape, run, x0, steps, seed, threads)
    own = method_of(made)
    names = names_of(of, m, landscape)
    size = radius_of(landscape, own, radius)
    relative, rise = float(positive("relative", relative)), float(positive("rise", rise))
    if not rise > 1:
        raise UsageError(
            f"rise is the factor by which the loss rises in a catapult, more than 1, not {rise:g}"
        )
    kept = records_of(made, records)
    x, tick = made.x[:, kept], tick_of(own)
    groups, said = groups_of(landscape, m)
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
