"""Nodes: weighted points that stand for a standard normal vector in an expectation.

A unit vector of g + sigma z jumps where that vanishes, so no node may sit at z = 0, and no rule converges fast. On a line
they are the middles of equal shares, in the plane rings of a rule that is exact for 1/r, 1, r, r² …, in more dimensions
draws, antithetic and whitened. Mean and covariance are exact in all of them.
"""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

#: nodes on a line, rings in the plane, draws in more dimensions where the method does not say
LINE, RINGS, DRAWS = 40, 4, 64
#: points at most: each costs a gradient at every tick
MOST_POINTS = 256


def normals(dim: int, nodes: int | None, rng: np.random.Generator) -> tuple[Array, Array, str]:
    """Return probabilities (a,) and points (a, dim) for a standard normal vector, and in words what they are.

    ``nodes`` is their number on a line, the number k of rings of 2k + 1 points in the plane, the number of draws
    (from ``rng``) in more dimensions; None for the numbers above.
    """
    if dim == 1:
        count = nodes or LINE
        normal = NormalDist()
        z = np.array([normal.inv_cdf((k + 0.5) / count) for k in range(count)])
        return (
            np.full(count, 1 / count),
            (z / np.sqrt(np.mean(z * z)))[:, None],
            f"{count} nodes of equal weight",
        )
    if dim == 2:
        count = nodes or RINGS
        r, p = rings(count)
        turns = 2 * np.pi * (np.arange(2 * count + 1) + 0.5) / (2 * count + 1)
        points = r[:, None, None] * np.stack([np.cos(turns), np.sin(turns)], axis=1)
        weights = np.repeat(p / len(turns), len(turns))
        return weights, points.reshape(-1, 2), f"{count} rings of {len(turns)} nodes"
    count = nodes or DRAWS
    half = rng.standard_normal((count // 2, dim))
    half = half @ np.linalg.inv(np.linalg.cholesky(half.T @ half / len(half))).T
    return np.full(count, 1 / count), np.concatenate([half, -half]), f"{count} normals, drawn once"


def refused(dim: int, nodes: int) -> str:
    """Return in words why there is no rule of ``nodes`` in ``dim`` dimensions; an empty text where there is one."""
    if dim == 2:
        most = max(k for k in range(MOST_POINTS) if k * (2 * k + 1) <= MOST_POINTS)
        if 2 <= nodes <= most:
            return ""
        return f"in the plane nodes=k is k rings of 2k + 1 nodes, 2 ≤ k ≤ {most}, not {nodes}"
    least = 2 * dim
    if nodes % 2 == 0 and least <= nodes <= MOST_POINTS:
        return ""
    return (
        f"in {dim} dimension{'s' * (dim > 1)} nodes is an even number from {least} to {MOST_POINTS} "
        f"(they come in pairs ±z, for none may be at 0), not {nodes}"
    )


@lru_cache
def rings(n: int) -> tuple[Array, Array]:
    """Return radii and weights with Σ p f(r) = E f(|z|), z standard normal in the plane, for f = 1/r, 1, r … r^(2n−2).

    They are the Gauss rule of the half-range weight e^(−r²/2) (Golub & Welsch 1969), times r. Both are read-only.
    """
    x, w = _interval(600)
    x = 7.5 * (x + 1)
    w = w * np.exp(-0.5 * x * x)
    a, b, before, now = np.zeros(n), np.zeros(n), np.zeros_like(x), np.ones_like(x) / np.sqrt(w.sum())
    for k in range(n):  # the recurrence of the orthogonal polynomials
        a[k] = np.sum(w * x * now * now)
        after = (x - a[k]) * now - (b[k - 1] * before if k else 0.0)
        b[k] = np.sqrt(np.sum(w * after * after))
        before, now = now, after / b[k]
    radii, vectors = np.linalg.eigh(np.diag(a) + np.diag(b[: n - 1], 1) + np.diag(b[: n - 1], -1))
    weights = vectors[0] ** 2 * radii
    weights /= weights.sum()
    radii.flags.writeable = weights.flags.writeable = False
    return radii, weights


def _interval(n: int) -> tuple[Array, Array]:
    """Return the nodes and weights of Fejér's first rule on [−1, 1], exact for polynomials up to degree n − 1."""
    t = np.pi * (np.arange(n) + 0.5) / n
    j = np.arange(1, n // 2 + 1)
    return np.cos(t), 2 / n * (1 - 2 * np.sum(np.cos(2 * np.outer(t, j)) / (4 * j * j - 1), axis=1))
