"""What became of a trajectory, in words: its status, and where the status alone would mislead, why. No matplotlib here.

A trajectory without a finite position at its end has the status "diverged", also where nothing grew: the formula has no
value at its start, or where it came to. One whose steps are lost in the rounding of x rests, at no minimiser.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.plots import naming
from saddlescape.plots.words import GREEK, number, place, point_of
from saddlescape.results import Run

#: steps below so many roundings of x from the first on: what then stops has never moved, to speak of
ROUNDINGS = 1000
#: nearer to a critical point, in widths of the view, it is no wonder that nothing moves
AT_A_POINT = 1e-6


def what_became(run: Run, i: int = 0) -> str:
    """Return what became of trajectory ``i``: "trapped at saddle (0, 1)"."""
    status = str(run.status[i])
    at = point_of(run.background, run.point[i])
    where = f"{at.kind} {place(at.x)}" if at else "a point"
    if status == "converged" and at and at.gathering:
        return f"converged to the {at.gathering}, at {place(run.final[i])}"
    if status == "converged":
        return f"converged to {where}"
    if status == "trapped":
        return f"trapped at {where}"
    if status == "cycling":
        return _going_nowhere(run, i, f", {number(float(run.distance[i]), 2)} from {where}" if at else "")
    if status == "left":
        return "left the domain"
    if status == "diverged":
        k, said = lost(run, np.array([i]))
        there = f", at {place(run.x[i, k[0]])}" if said[0] and k[0] else ""
        return f"{said[0] or 'diverged'}{there}"
    return _on_its_way(run, i)


def _going_nowhere(run: Run, i: int, away: str) -> str:
    if too_slow(run, np.array([i]))[0]:
        return f"too slow to move{away}: {_tick(run)[0]}·|∇f| is below the rounding of x"
    period = int(run.period[i]) if "period" in run.columns else 0
    what = {0: "cycling", 1: "resting"}.get(period, f"cycling with period {period}")
    return what + away


def _on_its_way(run: Run, i: int) -> str:
    fate, near = point_of(run.background, run.fate[i]), point_of(run.background, run.nearest[i])
    away = f"{number(float(run.distance[i]), 2)} away" if near else ""
    if fate and near and fate.id == near.id:
        return f"in the basin of {fate.kind} {place(fate.x)}, {away}"
    if fate:
        return f"in the basin of {fate.kind} {place(fate.x)}"
    return f"still moving, {away[:-5]} from {near.kind} {place(near.x)}" if near else "still moving"


def reasons(run: Run) -> list[str]:
    """Return for every trajectory what is to be said instead of its status, "" where the status says it."""
    said = np.full(run.n, "", dtype=object)
    gone = np.flatnonzero(np.asarray(run.status) == "diverged")
    if gone.size:
        said[gone] = lost(run, gone)[1]
    still = np.flatnonzero(np.asarray(run.status) == "cycling")
    said[still[too_slow(run, still)]] = "too slow to move"
    return [str(each) for each in said]


def lost(run: Run, rows: Any) -> tuple[Any, list[str]]:
    """Return of the diverged trajectories ``rows`` the last record with a finite position, and what is to be said of
    them: "" for those that grew. What grows has an infinite loss at last; NaN is where a formula has no value."""
    fine = np.isfinite(run.x[rows]).all(axis=2)
    last = np.maximum(fine.shape[1] - 1 - np.argmax(fine[:, ::-1], axis=1), 0)
    try:
        values = np.stack([run.loss[rows], run.grad_norm[rows]])
    except AttributeError:  # saved without them
        return last, [""] * len(rows)
    first, end = values[:, :, 0], values[:, np.arange(len(rows)), last]
    said = []
    for k in range(len(rows)):
        what = "loss" if np.isnan(end[0, k]) else "gradient"
        if not np.isfinite(first[:, k]).all():
            said.append(f"not {'defined' if np.isnan(first[:, k]).any() else 'finite'} at its start")
        else:
            said.append(f"stopped where the {what} is not defined" if np.isnan(end[:, k]).any() else "")
    return last, said


def too_slow(run: Run, rows: Any) -> Any:
    """Whether the trajectories ``rows`` rest because a step is below the rounding of x: away from critical points, and
    after steps that were hardly larger from the first on. What has come to rest at a minimum that is not known has made
    larger ones."""
    found = np.zeros(len(rows), dtype=bool)
    tick = _tick(run)[1]
    if tick is None or "period" not in run.columns:
        return found
    at = np.flatnonzero(np.asarray(run.period)[rows] == 1)
    if not at.size:  # slopes along many trajectories take a while
        return found
    rows = rows[at]
    try:
        slope = run.grad_norm[rows]
    except AttributeError:  # saved without it
        return found
    width = max(hi - lo for lo, hi in run.background.view)
    with np.errstate(all="ignore"):
        half = 0.5 * np.sqrt(run.x.shape[2]) * np.spacing(np.max(np.abs(run.final[rows]), axis=1))
        small = (slope[:, -1] > 0) & (tick * slope[:, -1] <= half)
        never = tick * np.max(slope, axis=1) <= ROUNDINGS * half
        there = np.asarray(run.distance)[rows] <= AT_A_POINT * width
    found[at] = small & never & ~there
    return found


def _tick(run: Run) -> tuple[str, float | None]:
    """Return what a tick is called, and how long it is; None where that varies or adapts."""
    key = "eta" if run.clock == "steps" else "dt"
    keys = naming.read(run.method).keys
    try:
        tick = None if keys.get("scheme") == "dopri5" else float(keys[key])
    except (KeyError, ValueError):
        tick = None
    return GREEK.get(key, key), tick
