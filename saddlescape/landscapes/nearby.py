"""Zeros of a gradient on a finer scale than the grid of the search: looked for around those that it has found."""

from __future__ import annotations

import numpy as np

from saddlescape.landscapes import roots
from saddlescape.landscapes.roots import Array, Box

RADII = np.geomspace(1e-4, 2e-2, 8)  # of the width; the grid of the search sees what is wider
ANGLES = 2 * np.pi * np.arange(8) / 8
LINEAR = 0.5  # where ∇f differs by less than this part from its linear part there is no other zero
REACH = 5e-3  # of the width: no step of Newton's method from here is longer
SMALL = 0.1  # of the width: inside a curve that is wider the grid has been
SHRUNK = (0.02, 0.25, 0.5, 0.75)  # starts are on the curve, shrunk by this much to its centre
KNOWN = 1e-5  # of the width: an end so near to another is the same


def around(box: Box, x: Array, known: Array) -> Array:
    """Return the zeros (m, 2) near isolated zeros ``x`` (n, 2) that are not among ``known`` (k, 2).

    Newton's method starts on rings, where the gradient is not what the Hessian in their middle makes it.
    """
    if not len(x):
        return x
    unit = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=-1)
    away = (RADII[:, None, None] * unit).reshape(-1, 2) * box.width
    starts = x[:, None] + away
    linear = np.einsum("nij,kj->nki", box.hessian(x), away)
    other = np.linalg.norm((box.grad(starts) - linear) * box.width, axis=-1)
    return _others(box, starts[other > LINEAR * np.linalg.norm(linear * box.width, axis=-1)], known)


def within(box: Box, curves: list[Array], known: Array) -> Array:
    """Return the zeros (m, 2) inside small closed curves (k, 2) that are not among ``known`` (n, 2).

    From outside Newton's method ends on the curve, and what is inside may be narrower than the grid.
    """
    starts = [known[:0]]
    for curve in curves:
        if box.size(np.ptp(curve, axis=0)) < SMALL:
            middle = (curve.min(axis=0) + curve.max(axis=0)) / 2
            starts += [middle + part * (curve[:-1:4] - middle) for part in SHRUNK]
    return _others(box, np.concatenate(starts), known)


def _others(box: Box, starts: Array, known: Array) -> Array:
    from scipy.spatial import cKDTree

    starts = starts[box.inside(starts)]
    if not len(starts):
        return starts
    ends = roots.newton(box, starts, REACH)
    if not len(known) or not len(ends):
        return ends
    far: Array = ends[cKDTree(known / box.width).query(ends / box.width, p=np.inf)[0] > KNOWN]
    return far
