"""Ends for many values of a method's numbers at once: what stays at a critical point, and where a start goes.

The statuses of runs (docs/statuses.md) are for a few sets of numbers; here there are thousands, each a trajectory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from saddlescape.answers.stability import place
from saddlescape.answers.threshold import MOVING
from saddlescape.dynamics.capture import captured, distance, rests
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.multipliers import behaviours
from saddlescape.dynamics.plan import plan_run
from saddlescape.dynamics.simulate import carry_out
from saddlescape.dynamics.traps import held
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint, Run

#: starts of the check that a neighbourhood is kept, and looks at them
STARTS, LOOKS = 24, 30
#: how often what has no end yet is run on, each time so many times as long as before
ROUNDS, LONGER = 2, 4
#: looks by which slow convergence is told from a band, which shrinks so often by chance once in 7!; sizes that are one
LOOKED_AT, SAME = 7, 1e-9
#: labels of what has no critical point
LEAVES, CYCLING = "leaves", "cycling"
#: labels of what a method does at a point, beside leaving it
STAYS, BESIDE = "stays", "rests beside it"


def jumps(method: Method) -> bool:
    """Whether the method, its noise left aside, has a jump at every critical point: a normalised direction."""
    return (
        method.perturbation.normalised and not method.perturbation.is_smooth and method.numbers["rho"] != 0.0
    )


def stays(landscape: Landscape, method: Method, point: CriticalPoint) -> Any:
    """Return, for every set of numbers of ``method`` (m of them), whether it stays at ``point``, as (m,)."""
    return np.array([label == STAYS for label in fares(landscape, method, point)], dtype=bool)


def fares(landscape: Landscape, method: Method, point: CriticalPoint, *, drift: bool = False) -> list[str]:
    """Return, for every set of numbers of ``method``, whether it stays at ``point``, leaves, or comes to rest beside it.

    By the multipliers of its map where that is smooth (of a flow or SDE those of a step of its scheme; with ``drift`` by
    the eigenvalues of its equation). A normalised direction is run from a ball around the point by the
    compiled map, as ``critical`` does: from 24 starts, looked at 30 times. ``method`` names all its numbers.
    """
    each = single(method)
    found = np.full(len(each), LEAVES, dtype="<U24")
    rough = np.array([jumps(one) and not one.noise.random for one in each])
    if not rough.all():  # all at once: what is asked about one method is kept on disk
        told = behaviours(landscape, [each[k] for k in np.flatnonzero(~rough)], point, drift=drift)
        found[~rough] = [STAYS if one["verdict"] in ("attracts", "traps") else LEAVES for one in told]
    if rough.any() and point.kind != "cone":
        seen = held(landscape, [each[k] for k in np.flatnonzero(rough)], point, starts=STARTS, looks=LOOKS)
        found[rough] = [STAYS if one.kept else BESIDE if one.beside else LEAVES for one in seen]
    return list(map(str, found))


def ends(landscape: Landscape, method: Method, x0: Array, steps: int) -> list[str]:
    """Return where every trajectory (a start (n, d), a set of numbers each) ends: "point 2", "cycling 2", "leaves" (the
    domain, or diverges), or "still moving" after ``steps`` ticks and 20 times as many more.

    What looks recurrent without a period is run on as well: slow convergence, too, is the same to a quarter for a while.
    What then still grows or shrinks, look after look, is moving."""
    labels = np.full(len(x0), MOVING, dtype="<U24")
    x, v, going = x0, None, np.arange(len(x0))
    for k in range(ROUNDS + 1):
        part = _some(method, going)
        run = _on(landscape, part, x, v, steps * LONGER**k)
        labels[going] = _labels(landscape, part, run)
        aperiodic = np.char.startswith(labels[going], CYCLING) & (run.columns["period"] == 0)
        open_ = aperiodic | (labels[going] == MOVING)
        x, v = run.final[open_], None if run.v_final is None else run.v_final[open_]
        going, aperiodic = going[open_], aperiodic[open_]
        if not going.size:
            return list(map(str, labels))
    slow = going[aperiodic]
    if slow.size:
        v = None if v is None else v[aperiodic]
        labels[slow[_one_way(landscape, _some(method, slow), x[aperiodic], v, steps)]] = MOVING
    return list(map(str, labels))


def _on(landscape: Landscape, method: Method, x: Array, v: Array | None, count: int) -> Run:
    """Return a run of ``count`` ticks that keeps its end alone."""
    return carry_out(plan_run(landscape, method, x, v, count, count, False, 0, {}), "auto")


def _one_way(landscape: Landscape, method: Method, x: Array, v: Array | None, steps: int) -> Any:
    """Whether trajectories shrink, or grow, every time of several runs of ``steps`` ticks: the boxes of their last
    windows lie each within the one before, or each around it. Those of a band are now a little wider and now a little
    narrower, and those of a cycle the same to rounding."""
    boxes = []
    for _ in range(LOOKED_AT):
        run = _on(landscape, method, x, v, steps)
        x, v = run.final, run.v_final
        boxes.append(run.columns["box"])
    low, high = np.moveaxis(np.array(boxes), 2, 0)
    size = np.max(high - low, axis=2)
    within = np.all((low[1:] >= low[:-1]) & (high[1:] <= high[:-1]), axis=2)
    around = np.all((low[1:] <= low[:-1]) & (high[1:] >= high[:-1]), axis=2)
    shrinks, grows = size[1:] < size[:-1] * (1.0 - SAME), size[:-1] < size[1:] * (1.0 - SAME)
    return np.all(within & shrinks, axis=0) | np.all(around & grows, axis=0)


def _labels(landscape: Landscape, method: Method, run: Run) -> Any:
    """Return the label of each trajectory of ``run``: by its status and fate, of normalised directions by its capture."""
    if not jumps(single(method)[0]):
        return _of_statuses(run)
    end, box = run.final, run.columns["box"]
    lo, hi = np.array(landscape.domain).T
    finite = np.isfinite(end).all(axis=1)
    inside = finite & np.all((end >= lo) & (end <= hi), axis=1)
    nearest = _nearest(landscape, end)
    labels = np.where(run.columns["recurrent"], [f"{CYCLING} {k}" for k in nearest], MOVING).astype("<U24")
    each, points = single(method), {p.id: p for p in landscape.critical_points}
    for k in np.unique(nearest[inside]).tolist():
        here = np.flatnonzero(inside & (nearest == k))
        caught = np.array([_caught(landscape, each[i], points[k], end[i], box[i]) for i in here], dtype=bool)
        here = here[caught]
        if points[k].kind != "cone" and here.size:
            here = here[stays(landscape, _some(method, here), points[k])]
        labels[here] = f"point {k}"
    labels[~inside] = LEAVES
    return labels


def _caught(landscape: Landscape, method: Method, point: CriticalPoint, end: Array, box: Array) -> bool:
    """Whether one trajectory is captured at ``point``, and does not rest beside it (capture.py)."""
    if not captured(landscape, method, point, box[None])[0]:
        return False
    return not rests(landscape, method, end[None], box[None])[0]


def _of_statuses(run: Run) -> list[str]:
    """Return labels from the statuses and fates of a run."""
    words = {"left": LEAVES, "diverged": LEAVES, "moving": MOVING, "cycling": CYCLING}
    told = zip(run.status.tolist(), run.fate.tolist(), run.point.tolist(), strict=True)
    return [
        f"point {fate}" if fate is not None else f"{CYCLING} {at}" if word == "cycling" else words[word]
        for word, fate, at in told
    ]


def _nearest(landscape: Landscape, x: Array) -> Any:
    """Return the id of the critical point nearest to each of ``x`` (n, d), −1 where there is none."""
    points = landscape.critical_points
    if not points:
        return np.full(len(x), -1)
    with np.errstate(all="ignore"):
        away = np.stack([distance(landscape, p, x) for p in points], axis=1)
    ids = np.array([p.id for p in points])
    return ids[np.argmin(np.where(np.isfinite(away), away, np.inf), axis=1)]


def about(label: str) -> int:
    """Return the id of the critical point a label names, −1 where there is none."""
    number = label.rpartition(" ")[2]
    return int(number) if number.isdigit() else -1


def in_words(landscape: Landscape, label: str) -> str:
    """Return a label as a person says it: minimum (3, 0.5), cycling about minimum (3, 0.5), leaves."""
    point = next((p for p in landscape.critical_points if p.id == about(label)), None)
    if point is None:
        return CYCLING if label.startswith(CYCLING) else label
    at = f"{point.kind} {place(point.x)}"
    return at if label.startswith("point") else f"{CYCLING} about {at}"


def single(method: Method) -> list[Method]:
    """Return the methods, one value per number, of which ``method`` has one for every trajectory."""
    varying = {k: v for k, v in method.numbers.items() if isinstance(v, tuple)}
    if not varying:
        return [method]
    rows: Iterator[Any] = zip(*varying.values(), strict=True)
    return [method.with_numbers(**dict(zip(varying, row, strict=True))) for row in rows]


def _some(method: Method, which: Any) -> Method:
    """Return ``method`` with the numbers of some of its trajectories."""
    some = {k: tuple(np.array(v)[which].tolist()) for k, v in method.numbers.items() if isinstance(v, tuple)}
    return method.with_numbers(**some) if some else replace(method)
