"""Escape: how soon many runs of a method leave a ball around a saddle or a minimum."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import erf, sqrt
from typing import Any

import numpy as np

from saddlescape.analysis import ball
from saddlescape.analysis.diffusion import noise_threshold
from saddlescape.analysis.moments import moments
from saddlescape.analysis.survival import kaplan_meier, tail_rate
from saddlescape.answers.escape import Escape, Inside
from saddlescape.dynamics import words
from saddlescape.dynamics.first_exit import first_exits
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.plan import Plan, plan_run, whole
from saddlescape.dynamics.radius import capture_radius
from saddlescape.dynamics.reading import method as as_method
from saddlescape.dynamics.simulate import MEMORY
from saddlescape.dynamics.timing import caution, face_ticks
from saddlescape.dynamics.work import Progress
from saddlescape.errors import StepWarning, UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.partial import Partial
from saddlescape.results import CriticalPoint

#: runs where nobody says how many
RUNS = 1000
#: times at which the linear theory is asked, and angles of its integral (enough for axes of 1 : 1000)
PLACES, ANGLES = 80, 8192


@dataclass(frozen=True, eq=False)
class Job:
    """An escape, resolved and checked: the ``plan`` of its runs, and the ball."""

    plan: Plan
    about: CriticalPoint
    start: Array
    radius: float
    spread: float

    @property
    def doubts(self) -> list[str]:
        """What a person should know of it before it runs, in words."""
        scene, method = self.plan.landscape, self.plan.method
        said = [caution(scene, method, self.plan.x0, self.plan.ticks)]
        captured = capture_radius(scene, method, self.about)
        held = method.name != "gd" or self.about.kind not in (
            "saddle",
            "maximum",
        )  # gradient descent is never kept there
        if held and self.radius <= captured:
            said.append(
                f"the ball of radius {self.radius:g} lies within the capture radius {captured:.3g} of {method.name}: "
                "to leave it is no escape"
            )
        return [each for each in said if each]


def escape(
    landscape: Landscape,
    method: Method | str,
    *,
    point: int | None = None,
    start: Any = None,
    radius: float | None = None,
    runs: int = RUNS,
    steps: int | None = None,
    time: float | None = None,
    seed: int = 0,
    spread: float | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    resume: Partial | None = None,
    engine: str = "auto",
) -> Escape:
    """Run ``method`` many times and return when each run was first outside a ball, exactly to the tick.

    point : id of the critical point the ball is around; by default the nearest to ``start``, or the saddle nearest to the
        landscape's own start (of a landscape without one the first point).
    start : (d,), where runs start, inside the ball; the critical point itself by default.
    radius : of the ball; by default a quarter of the way to the nearest other critical point or to the domain's border,
        and at least 1.5 capture radii.
    runs : how many, ≥ 1, each with its own stream of random numbers, the same for every method.
    steps, time : how long, in steps of the map (a face ends when its map does) or as time; the landscape's steps.
    spread : starts are spread evenly over a ball of this radius around ``start``; by default 0, and a tenth of ``radius``
        where all runs would be one: the method is not random, or its noise vanishes at the start.
    threads, progress, resume, engine : as in ``simulate``.

    A run that diverges has left. An SDE is looked at after every dt; between two ticks it may be outside unseen, as if
    the ball were larger by 0.58 of the standard deviation of a tick (Broadie, Glasserman and Kou 1997). Raises UsageError
    for what cannot be asked, Interrupted on Ctrl-C with what is done.
    """
    job = planned(landscape, method, point, start, radius, runs, steps, time, seed, spread)
    for each in job.doubts:
        warnings.warn(each, StepWarning, stacklevel=2)
    return measured(job, threads=threads, progress=progress, resume=resume, engine=engine)


def planned(
    landscape: Landscape, method: Method | str, point: int | None, start: Any, radius: float | None, runs: int,
    steps: int | None, time: float | None, seed: int, spread: float | None,
) -> Job:  # fmt: skip
    """Resolve and check an escape; see ``escape`` for the arguments."""
    resolved = as_method(method).on(landscape)
    for name, value in resolved.numbers.items():
        if isinstance(value, tuple):
            raise UsageError(f"{name} has {len(value)} values: an escape is of one method at a time")
    about = ball.point_of(landscape, point, start)
    centre = about.x if start is None else np.asarray(start, dtype=float)
    if centre.shape != (landscape.dim,) or not np.isfinite(centre).all():
        raise UsageError(
            f"start must be {landscape.dim} finite number(s), {landscape.coordinates}, not {start!r:.60}"
        )
    size = ball.default_radius(landscape, [resolved], about) if radius is None else positive("radius", radius)
    scatter = ball.default_spread(landscape, [resolved], centre, size) if spread is None else spread
    scatter = scatter if scatter == 0 else positive("spread", scatter)
    away = float(np.linalg.norm(centre - about.x))
    if away + scatter > size:
        raise UsageError(
            f"starts up to {away + scatter:.4g} away from the {about.kind} are not inside the ball of radius {size:g}: a "
            "larger radius, a smaller spread, or another point"
        )
    count = whole("runs", runs)
    _affordable(count, landscape.dim)
    if count > 1 and not scatter and not resolved.random:
        raise UsageError(
            f"{resolved.text} is not random: {count} runs from one start are one. Spread the starts (spread=…), "
            "give it noise (batch or sigma), or runs=1"
        )
    x0 = ball.starts(centre, scatter, count, seed)
    plan = plan_run(
        landscape, resolved, x0, None, _ticks(landscape, resolved, steps, time), 1, False, seed, {}
    )
    return Job(plan, about, centre, size, scatter)


def _affordable(runs: int, d: int) -> None:
    """Raise UsageError where runs in ``d`` coordinates would take more memory than a simulation may."""
    need = (
        8 * (9 * d + 8) * runs
    )  # starts, states, ends, exits and their order: measured 176 to 208 bytes in the plane
    if need > MEMORY:
        most = runs * MEMORY // need
        raise UsageError(
            f"{runs:,} runs need some {need / 1e9:.0f} GB of memory, {MEMORY / 1e9:.0f} GB are allowed: "
            f"at most {most:,} runs"
        )


def positive(name: str, value: Any) -> float:
    """Return ``value`` as a number above 0. Raises UsageError, naming it, for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < np.inf:
        raise UsageError(f"{name} must be a number above 0, not {value!r:.40}")
    return float(value)


def _ticks(landscape: Landscape, method: Method, steps: Any, time: Any) -> int:
    if steps is not None and time is not None:
        raise UsageError("steps and time both say how long to run: give one of them")
    if time is None:
        return face_ticks(method, whole("steps", landscape.steps if steps is None else steps))
    tick: Any = method.numbers[method.clock.tick]
    if positive("time", time) < tick / 2:
        raise UsageError(f"time {time:g} is less than half a tick {method.clock.tick}={tick:g}")
    return whole("the number of ticks", max(1, round(time / tick)))


def measured(
    job: Job, *, threads: int | None = None, progress: Progress | None = None, resume: Partial | None = None,
    engine: str = "auto",
) -> Escape:  # fmt: skip
    """Run an escape and put the answer together."""
    plan, method, scene = job.plan, job.plan.method, job.plan.landscape
    exits, places = first_exits(
        plan, job.about.x, job.radius, engine=engine, threads=threads, progress=progress, resume=resume
    )
    tick: Any = method.numbers[method.clock.tick]
    eta: Any = method.numbers["eta"]
    return Escape(
        spec=_spec(job), method=method.text, formula=words.formula(method), clock=method.clock.name,
        background=words.background(scene), about=job.about, centre=job.about.x, radius=job.radius, start=job.start,
        spread=job.spread, eta=eta, tick=tick, ticks=plan.ticks, exits=exits,
        diverged=np.asarray(~np.isfinite(places).all(axis=1)), places=places, curve=kaplan_meier(exits, plan.ticks),
        rate=tail_rate(exits, plan.ticks, tick), theory=inside(job), threshold=_threshold(job),
    )  # fmt: skip


def inside(job: Job) -> Inside | None:
    """Return the share of the linear theory's Gaussian that is in the ball, for runs from the very point; None where the
    method does not leave it in the mean, is not smooth there, or has no such theory."""
    scene, method, last = job.plan.landscape, job.plan.method, job.plan.ticks
    plain = method.random and method.perturbation.is_smooth and scene.dim <= 2
    if not plain or job.spread or np.any(job.start != job.about.x):
        return None
    try:
        model = moments(scene, method, job.about)
    except UsageError:
        return None
    if np.any(np.abs(model.centre - job.about.x) > 1e-6 * job.radius) or model.growth <= float(
        model.discrete
    ):
        return None
    tick: Any = method.numbers[method.clock.tick]
    ticks = np.unique(np.rint(np.geomspace(1, last, PLACES)))
    with np.errstate(all="ignore"):  # far outside squares may overflow
        P = model.after(np.zeros(len(model.A)), ticks if model.discrete else ticks * tick)
        share = [_gaussian_share(each[: scene.dim, : scene.dim], job.radius) for each in P]
    return Inside(np.append(0.0, ticks), np.append(1.0, share))


def _gaussian_share(P: Array, radius: float) -> float:
    """Return how much of a Gaussian of covariance ``P`` (d, d), d ≤ 2, lies within ``radius``: an error function, or in
    the plane its integral in polar coordinates over the angle."""
    if not np.isfinite(P).all():
        return 0.0
    values = np.linalg.eigvalsh(P)
    if values[-1] <= 0:
        return 1.0
    if len(values) == 1 or values[0] < 1e-6 * values[1]:
        return erf(radius / sqrt(2 * values[-1]))
    angle = np.linspace(0, np.pi, ANGLES, endpoint=False)
    q = np.cos(angle) ** 2 / values[0] + np.sin(angle) ** 2 / values[1]
    return float(np.mean(-np.expm1(-0.5 * radius**2 * q) / q) / np.sqrt(values[0] * values[1]))


def _threshold(job: Job) -> float | None:
    try:
        return noise_threshold(job.plan.landscape, job.plan.method, job.about.id)
    except UsageError:
        return None


def _spec(job: Job) -> dict[str, Any]:
    plan = job.plan
    scene = plan.landscape
    return {
        "landscape": scene.name, "title": scene.title, "formula": scene.formula, "params": dict(scene.params),
        "coordinates": list(scene.coordinates), "method": plan.method.text, "point": job.about.id,
        "start": job.start.tolist(), "radius": job.radius, "spread": job.spread, "runs": len(plan.x0),
        "ticks": plan.ticks, "seed": plan.seed,
    }  # fmt: skip
