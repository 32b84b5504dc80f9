"""All critical points of a landscape in its domain: found, typed, numbered, and checked.

In one and two dimensions the search is meant to be complete, and the winding number of the gradient says if
it is not. In three to six dimensions it is a search from many starts, beyond that there is none; the note
says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from saddlescape.landscapes import continua, nearby, roots, walking, winding
from saddlescape.landscapes.roots import Array, Box
from saddlescape.landscapes.rounding import loss_at
from saddlescape.results import CriticalPoint

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Landscape

MOST_DIMENSIONS = 6
SAME = 1e-5  # zeros closer than this part of the width are one point
SPREAD = 1e-3  # a group of flat zeros wider than this is no single point
TINY = 1e-6  # a curvature below this part of the domain's median is taken as none
ROUNDING = 1e-13  # an eigenvalue below this part of the largest is rounding
MIXED = "critical points of more than one kind"
UNCHECKED: dict[str, Any] = {"status": "unchecked", "boundary": None, "sum": None}


def census(landscape: Landscape) -> dict[str, Any]:
    """Return {"points": [CriticalPoint.to_json(), …], "winding": {"status", "boundary", "sum"}, "note": str}.

    ``status`` is agrees, differs, undefined (the gradient vanishes or is infinite on the boundary, or a set
    of critical points has no index of its own) or unchecked (d > 2). When the numbers differ the search is
    repeated on a finer grid, and if they still do the note says so. Pairs of opposite index that are both
    missed do not show in it.
    """
    if landscape.dim > MOST_DIMENSIONS:
        return {
            "points": [],
            "winding": UNCHECKED,
            "note": f"no search in more than {MOST_DIMENSIONS} dimensions",
        }
    box, checked = Box.of(landscape), UNCHECKED
    for more in (1, 2):
        points, notes = search(landscape, box, more)
        if landscape.dim <= 2:
            checked = winding.check(landscape, box, points, complete=not notes)
        if checked["status"] != "differs":
            break
    else:
        notes.append(
            "the winding number of the gradient does not agree: critical points are missing, "
            "or the loss has poles or tips (a tip can be declared in cones)"
        )
    if landscape.dim > 2:
        notes.append(f"searched from {roots.STARTS_ND} starts: the list may be incomplete")
    return {
        "points": [p.to_json() for p in points],
        "winding": checked,
        "note": "; ".join(dict.fromkeys(notes)),
    }


def search(landscape: Landscape, box: Box, more: int = 1) -> tuple[list[CriticalPoint], list[str]]:
    """Return the numbered critical points and remarks on what is not listed. ``more`` refines the grid."""
    with np.errstate(all="ignore"):
        ends, flat, usual = _zeros(landscape, box, more)
    groups, notes = _groups(landscape, box, ends[flat]), []
    wide = [group for group in groups if _extent(box, group) > SPREAD]
    narrow = [group[:1] for group in groups if _extent(box, group) <= SPREAD]
    found, along = [_cone(landscape, tip) for tip in landscape.cones if box.inside(np.array(tip))], []
    for group in wide:
        if landscape.dim == 1 or np.abs(landscape.hessian(group)).max() <= TINY**2 * usual:
            notes.append("the gradient vanishes over a whole region, which is not listed")
        elif landscape.dim > 2:
            found.append(_sheet(landscape, box, group))
        else:
            along.append(group)
    curved, alone = continua.curves(box, np.concatenate(along)) if along else ([], ends[:0])
    found += [_curve(landscape, each) for each in curved]
    sets = [p.samples for p in found if p.samples is not None]
    with np.errstate(all="ignore"):
        inner = nearby.within(box, [each.samples for each in curved if each.closed], ends)
    single = np.concatenate([roots.merge(box, ends[~flat]), *narrow, alone, roots.merge(box, inner)])
    for x in roots.merge(box, roots.polish(box, single), SAME):
        point = _typed(landscape, x, usual)
        on_set = point.kind == "degenerate" and any(_on(box, x, samples) for samples in sets)
        at_tip = any(box.size(x - np.array(tip)) < SAME for tip in landscape.cones)
        if not on_set and not at_tip:
            found.append(point)
    return numbered(box, found), notes


def _zeros(
    landscape: Landscape, box: Box, more: int
) -> tuple[Array, np.ndarray[Any, np.dtype[np.bool_]], float]:
    """Return zeros of ∇f (n, d), which of them are flat in some direction (n,), and the median curvature."""
    x = roots.starts(box, more)
    reach = 2 / roots.STARTS_2D / more if landscape.dim <= 2 else 0.1
    bends = np.linalg.norm(landscape.hessian(x), axis=(-1, -2))
    usual = float(np.median(bends[np.isfinite(bends)])) if np.isfinite(bends).any() else 0.0
    onto_sets = roots.newton(box, x[:: 2 * landscape.dim], reach, roots.HIGH_FLOOR)
    ends = np.concatenate([roots.newton(box, x, reach), onto_sets])
    if landscape.dim == 2:
        single = roots.merge(box, ends[~_flat(landscape, ends, usual)])
        ends = np.concatenate([ends, nearby.around(box, single, ends)])
    return ends, _flat(landscape, ends, usual), usual


def _flat(landscape: Landscape, x: Array, usual: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    size = np.abs(np.linalg.eigvalsh(landscape.hessian(x)))
    flat: np.ndarray[Any, np.dtype[np.bool_]]
    flat = size.min(axis=-1) <= roots.FLAT * np.maximum(size.max(axis=-1), TINY * usual)
    return flat


def _groups(landscape: Landscape, box: Box, ends: Array) -> list[Array]:
    """Return flat zeros grouped by loss and connection; the first of a group has the smallest gradient."""
    if not len(ends):
        return []
    ends = ends[np.lexsort((*ends.T[::-1], np.linalg.norm(box.grad(ends), axis=-1)))]
    labels = roots.linked(ends / box.width, 0.05 if len(box.lo) <= 2 else 0.5)
    everywhere = landscape.loss(roots.starts(box))
    levels = _ranks(landscape.loss(ends), 1e-9 * float(np.ptp(everywhere[np.isfinite(everywhere)])))
    keys = labels * (1 + levels.max()) + levels
    return [ends[keys == key] for key in np.unique(keys)]


def _on(box: Box, x: Array, samples: Array) -> bool:
    """Whether ``x`` is no farther from one of ``samples`` (m, d) than they are from each other, or two steps."""
    apart = float(np.linalg.norm(np.diff(samples, axis=0) / box.width, axis=-1).max())
    return bool(box.size(samples - x).min() < 2 * min(walking.STEP, apart))


def _extent(box: Box, group: Array) -> float:
    return float(box.size(np.ptp(group, axis=0)))


def _point(landscape: Landscape, x: Array, kind: str, **more: Any) -> CriticalPoint:
    values, vectors = np.linalg.eigh(landscape.hessian(x))
    values = np.where(np.abs(values) <= ROUNDING * np.abs(values).max(), 0.0, values)
    vectors = vectors * np.where(
        vectors[np.abs(vectors).round(9).argmax(axis=0), range(len(x))] < 0, -1.0, 1.0
    )
    return CriticalPoint(0, x, loss_at(landscape, x), kind, values, vectors, **more)


def _cone(landscape: Landscape, tip: tuple[float, ...]) -> CriticalPoint:
    x, empty = np.array(tip, dtype=float), np.empty(0)
    note = "a tip without Hessian; the gradient is taken as 0 there"
    return CriticalPoint(0, x, loss_at(landscape, x), "cone", empty, empty.reshape(0, 0), note=note)


def _typed(landscape: Landscape, x: Array, usual: float) -> CriticalPoint:
    """Return the isolated critical point at ``x``, degenerate if a curvature is below 1e-6 of the largest."""
    point = _point(landscape, x, "degenerate")
    size = np.abs(point.eigenvalues)
    if size.min() <= roots.FLAT * max(size.max(), TINY * usual):
        return point
    kind = {0: "minimum", len(x): "maximum"}.get(point.index, "saddle")
    return replace(point, kind=kind)


def _curve(landscape: Landscape, curve: continua.Curve) -> CriticalPoint:
    """Return the entry of a curve of zeros, at its flattest point."""
    nature = _nature(landscape, curve.samples)
    note = f"a curve of {nature}{', closed' if curve.closed else ''}; the point given is the flattest of them"
    return _point(landscape, curve.flattest, "continuum", samples=curve.samples, note=note, nature=nature)


def _sheet(landscape: Landscape, box: Box, group: Array) -> CriticalPoint:
    """Return one entry for a connected set of critical points in more than two dimensions: a sample of it."""
    sharpness = np.abs(np.linalg.eigvalsh(landscape.hessian(group))).max(axis=-1)
    best = roots.tidy(box, group[[int(np.argmin(sharpness))]])[0]
    order = np.lexsort(group.T[::-1])
    samples = group[order[np.linspace(0, len(order) - 1, min(len(order), 200)).astype(int)]]
    nature = _nature(landscape, group)
    note = f"a set of {nature}, sampled in no order; the point given is the flattest met"
    return _point(landscape, best, "continuum", samples=samples, note=note, nature=nature)


def _nature(landscape: Landscape, samples: Array) -> str:
    """Return "minima", "maxima", "saddles" or MIXED."""
    values = np.linalg.eigvalsh(landscape.hessian(samples))
    scale = np.abs(values).max(axis=-1, keepdims=True)
    up, down = (values > roots.FLAT * scale).any(axis=1), (values < -roots.FLAT * scale).any(axis=1)
    if not down.any():
        return "minima"
    if not up.any():
        return "maxima"
    return "saddles" if (up & down).mean() > 0.95 else MIXED


def numbered(box: Box, points: list[CriticalPoint]) -> list[CriticalPoint]:
    """Return the points with ids 0, 1, … in the order of their losses, then of their coordinates.

    Losses are equal if they differ by less than 1e-9 of their range, coordinates by 1e-7 of the width.
    """
    if not points:
        return []
    losses = np.array([p.loss for p in points])
    spread = np.ptp(losses) or np.abs(losses).max()
    keys = [_ranks(losses, 1e-9 * spread)]
    keys += [_ranks(c, 1e-7 * w) for c, w in zip(np.array([p.x for p in points]).T, box.width, strict=True)]
    return [replace(points[i], id=n) for n, i in enumerate(np.lexsort(keys[::-1]))]


def _ranks(values: Array, gap: float) -> Array:
    """Return numbers (n,) in the order of ``values``, equal where neighbours differ by at most ``gap``."""
    order = np.argsort(values, kind="stable")
    ranks = np.zeros(len(values))
    ranks[order[1:]] = np.cumsum(np.diff(values[order]) > gap)
    return ranks
