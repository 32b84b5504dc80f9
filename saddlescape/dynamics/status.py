"""What became of every trajectory: its status, the critical point it concerns, its fate (docs/statuses.md).

The kernel keeps the bounding box of each trajectory in two windows, one after three quarters of the run and one at its
end. A trajectory is *recurrent* if the two are the same to a quarter of their size: it hovers, and is going nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from saddlescape.dynamics.method import Method
from saddlescape.dynamics.multipliers import behaviours, capture_radius
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.landscapes.sublevel import bowls
from saddlescape.results import MASKED, CriticalPoint, Run

CHUNK = 1 << 15


def columns(
    landscape: Landscape, method: Method, run: Run, name: str, params: Mapping[str, Array] | None = None
) -> dict[str, Any]:
    """Return lazy columns of ``run``: "loss", "grad_norm", or (for any other name) all that concern the status.

    ``params`` are parameters of the landscape with one value per trajectory; ids of critical points are then those of
    the landscape with that trajectory's values.
    """
    if params:
        return _by_parameters(landscape, method, run, name, params)
    if name == "loss":
        return {"loss": _along(run.x, landscape.loss)}
    if name == "grad_norm":
        return {"grad_norm": _along(run.x, lambda x: np.linalg.norm(landscape.grad(x), axis=-1))}
    return _status(landscape, method, run)


def _by_parameters(
    landscape: Landscape, method: Method, run: Run, name: str, params: Mapping[str, Array]
) -> dict[str, Any]:
    """Judge together the trajectories that share their parameters, each group on its own landscape."""
    rows, which = np.unique(np.stack(list(params.values()), axis=1), axis=0, return_inverse=True)
    out: dict[str, Any] = {}
    for k, row in enumerate(rows):
        members = np.flatnonzero(which.ravel() == k)
        numbers = {
            key: tuple(np.array(v)[members]) for key, v in method.numbers.items() if isinstance(v, tuple)
        }
        kept = {key: run.columns[key][members] for key in ("box", "recurrent", "period")}
        part = replace(run, x=run.x[members], columns=kept)
        one = landscape.with_params(**dict(zip(params, map(float, row), strict=True)))
        for column, values in columns(one, method.with_numbers(**numbers), part, name).items():
            if column not in out:
                empty = np.empty((run.n, *values.shape[1:]), values.dtype)
                out[column] = np.ma.array(empty, mask=True) if column in MASKED else empty
            out[column][members] = values
    return out


def _along(x: Array, function: Any) -> Array:
    """Evaluate ``function`` on (n, records, d) in chunks, so that temporaries stay small."""
    flat = x.reshape(-1, x.shape[-1])
    result = np.empty(flat.shape[0])
    with np.errstate(all="ignore"):
        for first in range(0, flat.shape[0], CHUNK):
            result[first : first + CHUNK] = function(flat[first : first + CHUNK])
    return result.reshape(x.shape[:-1])


def _status(landscape: Landscape, method: Method, run: Run) -> dict[str, Any]:
    n = run.n
    out = {
        "status": np.full(n, "moving", dtype="<U9"),
        "distance": np.full(n, np.nan),
        **{k: np.full(n, -1, dtype=np.int32) for k in MASKED},
    }
    groups = list(_groups(method, n))
    verdicts = _Verdicts(landscape, [one for one, _ in groups])
    for place, (one, members) in enumerate(groups):
        for first in range(0, len(members), CHUNK):
            part = members[first : first + CHUNK]
            judged = _judge(landscape, one, run, part, partial(verdicts.of, place))
            for name, column in judged.items():
                out[name][part] = column
    return {k: np.ma.array(v, mask=v == -1, copy=False) if k in MASKED else v for k, v in out.items()}


class _Verdicts:
    """What the methods do at a critical point: found for all of them together, when one of them is asked about."""

    def __init__(self, landscape: Landscape, methods: list[Method]) -> None:
        self.landscape, self.methods = landscape, methods
        self.found: dict[int, list[str]] = {}

    def of(self, place: int, point: CriticalPoint) -> str:
        """Return the verdict of method number ``place`` at ``point``."""
        if point.id not in self.found:
            answers = behaviours(self.landscape, self.methods, point)
            self.found[point.id] = [answer["verdict"] for answer in answers]
        return self.found[point.id][place]


def _groups(method: Method, n: int) -> Iterator[tuple[Method, Any]]:
    """Yield the method with one value for each number, and the trajectories it belongs to."""
    varying = {k: np.array(v) for k, v in method.numbers.items() if isinstance(v, tuple)}
    if not varying:
        yield method, np.arange(n)
        return
    rows, which = np.unique(np.stack(list(varying.values()), axis=1), axis=0, return_inverse=True)
    for k, row in enumerate(rows):
        yield (
            method.with_numbers(**dict(zip(varying, map(float, row), strict=True))),
            np.flatnonzero(which.ravel() == k),
        )


def _judge(
    landscape: Landscape, method: Method, run: Run, part: Any, verdict: Callable[[CriticalPoint], str]
) -> dict[str, Any]:
    """Return the columns of the trajectories ``part`` (indices)."""
    end, box, recurrent = run.final[part], run.columns["box"][part], run.columns["recurrent"][part]
    finite = np.all(np.isfinite(end), axis=1) & (np.linalg.norm(np.nan_to_num(end), axis=1) <= 1e8)
    lo, hi = np.array(landscape.domain).T
    inside = np.all((end >= lo) & (end <= hi), axis=1)
    points = landscape.critical_points
    nearest, distance = _nearest(landscape, points, end, finite)
    word = np.where(recurrent, "cycling", "moving").astype("<U9")
    point, fate = np.where(recurrent, nearest, -1), np.full(len(end), -1)
    elsewhere = _rests(landscape, method, end, run.columns["period"][part])
    for p in points:
        here = _captured(landscape, method, p, box) & ~elsewhere
        if not here.any():
            continue
        if p.kind in ("minimum", "continuum", "cone"):
            word[here], point[here], fate[here] = "converged", p.id, p.id
        elif verdict(p) in ("attracts", "traps"):
            word[here], point[here], fate[here] = "trapped", p.id, p.id
    for gone, name in ((finite & ~inside, "left"), (~finite, "diverged")):
        word[gone], point[gone], fate[gone] = name, -1, -1
    still = np.flatnonzero(word == "moving")
    fate[still] = _decided(landscape, method, end[still])
    return {"status": word, "point": point, "fate": fate, "nearest": nearest, "distance": distance}


def _rests(landscape: Landscape, method: Method, end: Array, period: Any) -> Any:
    """Whether a trajectory is at rest where the gradient is not 0 (a hallucinated minimiser): no capture, however near.

    A rest with ∇f = 0 leaves eta·‖∇f‖ below the rounding of x; a thousand roundings tell the two apart.
    """
    rests = period == 1
    if rests.any():
        width = max(hi - lo for lo, hi in landscape.domain)
        rounding = 1e3 * np.finfo(float).eps * (np.abs(end[rests]).max(axis=1) + width)
        slope = np.linalg.norm(landscape.grad(end[rests]), axis=1)
        rests[rests] = float(method.numbers["eta"]) * slope > rounding  # type: ignore[arg-type]
    return rests


def _nearest(
    landscape: Landscape, points: tuple[CriticalPoint, ...], end: Array, finite: Any
) -> tuple[Any, Array]:
    if not points:
        return np.full(len(end), -1), np.full(len(end), np.nan)
    with np.errstate(all="ignore"):
        away = np.stack([_distance(landscape, p, end) for p in points], axis=1)
    closest = np.argmin(np.where(np.isfinite(away), away, np.inf), axis=1)
    return np.where(finite, closest, -1), np.where(finite, away[np.arange(len(end)), closest], np.nan)


def _decided(landscape: Landscape, method: Method, end: Array) -> Any:
    """Return the minimum where plain gradient descent certainly ends: it is in a bowl on which eta·λmax < 2."""
    fate = np.full(len(end), -1)
    found = bowls(landscape) if len(end) and method.name == "gd" and not method.momentum.state else None
    if found is not None:
        ids, curvature = found.find(end, landscape.loss(end))
        certain = np.asarray(method.numbers["eta"]) * curvature < 2.0
        fate[certain] = ids[certain]
    return fate


def _distance(landscape: Landscape, p: CriticalPoint, x: Array) -> Array:
    """Distance to a point, or to a curve of minima: from its samples, refined by the step to ∇f = 0 when near."""
    if p.samples is None:
        return np.asarray(np.linalg.norm(x - p.x, axis=1))
    near: Array = np.min(np.linalg.norm(x[:, None, :] - p.samples[None], axis=2), axis=1)
    spacing = float(np.max(np.linalg.norm(np.diff(p.samples, axis=0), axis=1))) if len(p.samples) > 1 else 0.0
    close = np.flatnonzero(near <= 2 * spacing)
    if close.size:
        hessian, gradient = landscape.hessian(x[close]), landscape.grad(x[close])
        across = np.einsum("nij,nj->ni", np.linalg.pinv(hessian, rcond=1e-3, hermitian=True), gradient)
        near[close] = np.minimum(near[close], np.linalg.norm(across, axis=1))
    return near


def _captured(landscape: Landscape, method: Method, p: CriticalPoint, box: Array) -> Any:
    """Whether the whole box (n, 2, d) of the last window lies within the capture radius of ``p``."""
    radius = capture_radius(landscape, method, p)
    with np.errstate(all="ignore"):
        if p.samples is not None:
            half = 0.5 * np.linalg.norm(box[:, 1] - box[:, 0], axis=1)
            return _distance(landscape, p, 0.5 * (box[:, 0] + box[:, 1])) + half <= radius
        farthest = np.maximum(np.abs(box[:, 0] - p.x), np.abs(box[:, 1] - p.x))
        return np.linalg.norm(farthest, axis=1) <= radius
