"""What became of every trajectory: its status, the critical point it concerns, its fate (docs/statuses.md).

The kernel keeps the bounding box of each trajectory in two windows, one after three quarters of the run and one at its
end. A trajectory is *recurrent* if the two are the same to a quarter of their size: it hovers, and is going nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from saddlescape.answers.basins import RULES
from saddlescape.dynamics import neighbourhoods
from saddlescape.dynamics.capture import FLAT, captured, distance, length, rests
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.plan import sets
from saddlescape.dynamics.radius import capture_radius
from saddlescape.dynamics.verdicts import Verdicts
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.landscapes.critical import MIXED
from saddlescape.landscapes.sublevel import GRID, bowls
from saddlescape.results import MASKED, STATUSES, CriticalPoint, Run

CHUNK = 1 << 15
#: what a method must be said to do at a point for one that is seen there to have ended there. At a minimum what is not
#: known to repel is believed, elsewhere only what is known to hold.
ELSEWHERE = ("attracts", "traps")
IN_LOW = (*ELSEWHERE, "neutral", "drifts", "unknown")
#: word of STATUSES -> its place there
CODES = {word: place for place, word in enumerate(STATUSES)}


@dataclass(frozen=True)
class Ends:
    """How trajectories ended: where (n, d), the box of their last window (n, 2, d), whether they are recurrent (n,), and
    whether they were watched long enough to say that they rest (n,)."""

    x: Array
    box: Array
    recurrent: Any
    watched: Any


def columns(
    landscape: Landscape, method: Method, run: Run, name: str, params: Mapping[str, Array] | None = None
) -> dict[str, Any]:
    """Return lazy columns of ``run``: "loss", "grad_norm", or (for any other name) all that concern the status.

    ``params`` are parameters of the landscape with one value per trajectory; ids of critical points are then those of
    the landscape with that trajectory's values.
    """
    if params:
        return _by_parameters(landscape, method, run, name, params)
    return _own(landscape, method, run, name, neighbourhoods.MOST)


def _own(landscape: Landscape, method: Method, run: Run, name: str, most: int) -> dict[str, Any]:
    """Return the columns of trajectories on one landscape; with more than ``most`` sets of numbers no ball is checked."""
    if name == "loss":
        return {"loss": _along(run.x, landscape.loss)}
    if name == "grad_norm":
        return {"grad_norm": _along(run.x, lambda x: np.linalg.norm(landscape.grad(x), axis=-1))}
    return _status(landscape, method, run, most)


def _by_parameters(
    landscape: Landscape, method: Method, run: Run, name: str, params: Mapping[str, Array]
) -> dict[str, Any]:
    """Judge together the trajectories that share their parameters, each group on its own landscape."""
    rows, which = np.unique(np.stack(list(params.values()), axis=1), axis=0, return_inverse=True)
    few = len(sets(method, params, run.n)[0]) <= neighbourhoods.MOST
    most = neighbourhoods.MOST if few else 0
    out: dict[str, Any] = {}
    for k, row in enumerate(rows):
        members = np.flatnonzero(which.ravel() == k)
        numbers = {
            key: tuple(np.array(v)[members]) for key, v in method.numbers.items() if isinstance(v, tuple)
        }
        kept = {key: run.columns[key][members] for key in ("box", "recurrent", "period", "stopped")}
        part = replace(run, x=run.x[members], columns=kept)
        one = landscape.with_params(**dict(zip(params, map(float, row), strict=True)))
        for column, values in _own(one, method.with_numbers(**numbers), part, name, most).items():
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


def _status(landscape: Landscape, method: Method, run: Run, most: int) -> dict[str, Any]:
    n = run.n
    out = {
        "status": np.full(n, "moving", dtype="<U9"),
        "distance": np.full(n, np.nan),
        **{k: np.full(n, -1, dtype=np.int32) for k in MASKED},
    }
    groups = list(_groups(method, n))
    verdicts = Verdicts(landscape, [one for one, _ in groups])
    for place, (one, members) in enumerate(groups):
        for first in range(0, len(members), CHUNK):
            part = members[first : first + CHUNK]
            box, recurrent = run.columns["box"][part], run.columns["recurrent"][part]
            ends = Ends(run.final[part], box, recurrent, _long(run, one, part))
            judged = judge(landscape, one, ends, partial(verdicts.of, place))
            judged["status"] = np.array(STATUSES)[judged["status"]]
            for name in out:
                out[name][part] = judged[name]
        if not has_bowls(landscape, one) and len(groups) <= most:
            _decide(landscape, one, run, members, out)
    return {k: np.ma.array(v, mask=v == -1, copy=False) if k in MASKED else v for k, v in out.items()}


def _decide(landscape: Landscape, method: Method, run: Run, members: Any, out: dict[str, Any]) -> None:
    """Give those that move inside a ball that the method keeps their fate, if they are near at most 16 points."""

    def moving() -> Iterator[Any]:
        for first in range(0, len(members), CHUNK):
            part = members[first : first + CHUNK]
            yield part[out["status"][part] == "moving"]

    near: set[int] = set().union(
        *(neighbourhoods.near(landscape, method, run.final[part]) for part in moving())
    )
    if 0 < len(near) <= neighbourhoods.MOST:
        for part in moving():
            out["fate"][part] = neighbourhoods.fates(landscape, method, run.final[part], near)


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


def judge(
    landscape: Landscape, method: Method, ends: Ends, verdict: Callable[[CriticalPoint], tuple[str, float]]
) -> dict[str, Any]:
    """Return the columns status (places in STATUSES), point, fate, nearest and distance, and the place in RULES of what
    decided the fate, of trajectories of a method with one value per number.

    ``verdict`` says what the method does at a critical point, and how near one must be for that."""
    end, box, recurrent = ends.x, ends.box, ends.recurrent
    finite, inside = _finite(end), _inside(landscape, end)
    points = landscape.critical_points
    nearest, away = _nearest(landscape, points, end, finite)
    if method.random:  # a walk that stays is no cycle
        recurrent = np.zeros(len(end), dtype=bool)
    status = np.where(recurrent, CODES["cycling"], CODES["moving"]).astype(np.int8)
    point, fate = np.where(recurrent, nearest, -1), np.full(len(end), -1)
    elsewhere = rests(landscape, method, end, box) & ends.watched
    status[elsewhere], point[elsewhere] = CODES["cycling"], nearest[elsewhere]
    for p in points:
        mine = ~elsewhere & (nearest == p.id)
        if p.samples is None:  # the end lies in the box of its window
            mine &= away <= capture_radius(landscape, method, p)
        here = np.flatnonzero(mine)
        here = here[captured(landscape, method, p, box[here])] if here.size else here
        if not here.size:
            continue
        if p.nature == MIXED:  # where it is decides what it is
            here = here[_is_low(landscape, end[here])]
        low = p.kind in ("minimum", "cone") or p.nature in ("minima", MIXED)
        word, stays = ("converged", IN_LOW) if low else ("trapped", ELSEWHERE)
        said, within = verdict(p) if here.size else ("", np.inf)
        if within < np.inf:
            here = here[captured(landscape, method, p, box[here], within)]
        if said in stays:  # who passes slowly through, or swings past, is not there for good
            status[here], point[here], fate[here] = CODES[word], p.id, p.id
    for gone, name in ((finite & ~inside, "left"), (~finite, "diverged")):
        status[gone], point[gone], fate[gone] = CODES[name], -1, -1
    rule = np.where(fate >= 0, RULES.index("arrived"), RULES.index("none")).astype(np.int8)
    still = np.flatnonzero(status == CODES["moving"])
    fate[still] = in_bowl(landscape, method, end[still])
    rule[still[fate[still] >= 0]] = RULES.index("bowl")
    return {
        "status": status, "point": point, "fate": fate, "rule": rule, "nearest": nearest, "distance": away,
    }  # fmt: skip


def _is_low(landscape: Landscape, x: Array) -> Any:
    """Whether no curvature at ``x`` (n, d), places on a curve of critical points, is downwards."""
    values = np.linalg.eigvalsh(landscape.hessian(x))
    return values[:, 0] >= -FLAT * np.max(np.abs(values), axis=1)


def _finite(x: Array) -> Any:
    """Whether places (n, d) are finite and no farther than 1e8 from the origin."""
    with np.errstate(all="ignore"):
        return length(x) <= 1e8


def _inside(landscape: Landscape, x: Array) -> Any:
    """Whether places (n, d) lie in the domain."""
    inside = np.ones(len(x), dtype=bool)
    for values, (lo, hi) in zip(x.T, landscape.domain, strict=True):
        inside &= (values >= lo) & (values <= hi)
    return inside


def _long(run: Run, method: Method, part: Any) -> Any:
    """Whether the trajectories were watched long enough to say that they rest, and not put to rest by ``stop``."""
    time = run.t[-1] if run.t.ndim == 1 else run.t[part, -1]
    ticks = np.rint(time / float(method.numbers[method.clock.tick]))  # type: ignore[arg-type]
    return (ticks >= 20) & (run.columns["stopped"][part] >= ticks)


def _nearest(
    landscape: Landscape, points: tuple[CriticalPoint, ...], end: Array, finite: Any
) -> tuple[Any, Array]:
    """Return the id of the nearest point of places (n, d), −1 where they are not finite, and how far it is, or NaN."""
    nearest, away = np.full(len(end), -1), np.full(len(end), np.inf)
    with np.errstate(all="ignore"):
        for p in points:
            far = distance(landscape, p, end)
            closer = finite & (far < away)
            np.copyto(nearest, p.id, where=closer)
            np.copyto(away, far, where=closer)
    return nearest, np.where(nearest >= 0, away, np.nan)


def has_bowls(landscape: Landscape, method: Method) -> bool:
    """Whether bowls decide where ``method`` ends: gradient descent or its flow, in one or two dimensions."""
    plain = method.name == "gd" and neighbourhoods.is_map_of_place(method)
    return plain and landscape.dim in GRID


def in_bowl(landscape: Landscape, method: Method, x: Array) -> Any:
    """Return the minimum where plain gradient descent (or its flow) certainly ends from ``x`` (n, d), or -1: it is in a
    bowl on which eta·λmax < 2 (of the flow, dt·λmax)."""
    fate = np.full(len(x), -1)
    found = bowls(landscape) if len(x) and has_bowls(landscape, method) else None
    if found is not None:
        near = np.flatnonzero(found.around(x) >= 0)
        ids, curvature = found.find(x[near], landscape.loss(x[near]))
        certain = np.asarray(method.numbers[method.clock.tick]) * curvature < 2.0
        fate[near[certain]] = ids[certain]
    return fate
