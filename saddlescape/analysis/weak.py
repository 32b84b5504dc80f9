"""Weak errors: how far expectations at the end of a run are apart, what sampling leaves uncertain, orders fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import stdtrit

from saddlescape.results import Array

#: half a 95 % interval in standard errors
NORMAL = 1.96


def observables(x: Array, loss: Array) -> dict[str, Array]:
    """Return φ of every path for ``x`` (n, d) and ``loss`` (n,): rows whose Euclidean norm is the norm φ is judged by.

    "xx" holds the upper triangle of x xᵀ with √2 off the diagonal: its norm is Frobenius' of the whole matrix.
    """
    i, j = np.triu_indices(x.shape[1])
    return {"x": x, "xx": np.where(i == j, 1.0, np.sqrt(2.0)) * x[:, i] * x[:, j], "loss": loss[:, None]}


def distance(a: Array, b: Array) -> tuple[float, float, float, float]:
    """Return ‖mean a − mean b‖, its standard error, the root mean square it has by chance alone, and ‖mean a‖.

    ``a`` and ``b`` are (n, p), or (1, p) for what is not random. Row i of one goes with row i of the other: where both
    saw the same normals their difference varies less than either, where they are independent it has the variance of
    both, so that the scatter of the differences is right in either case. Rows that are not finite are left out.
    """
    n = max(len(a), len(b))
    a, b = np.broadcast_to(a, (n, a.shape[1])), np.broadcast_to(b, (n, b.shape[1]))
    kept = np.all(np.isfinite(a), axis=1) & np.all(np.isfinite(b), axis=1)
    apart = a[kept] - b[kept]
    count = len(apart)
    if not count or (n > 1 and count < 2):
        return (np.nan,) * 4
    mean, size = apart.mean(axis=0), float(np.linalg.norm(a[kept].mean(axis=0)))
    error = float(np.linalg.norm(mean))
    if n == 1:
        return error, 0.0, 0.0, size
    floor = float(np.sqrt(np.sum(apart.var(axis=0, ddof=1)) / count))
    # the norm moves with the part of the mean that lies along it
    se = float(np.std(apart @ (mean / error), ddof=1) / np.sqrt(count)) if error > 0 else floor
    return error, se, floor, size


def order(etas: Array, errors: Array, se: Array, floor: Array) -> tuple[float, float, float]:
    """Return the slope of log error against log eta with its 95 % interval; NaN with fewer than three that tell.

    Errors that sampling noise could have made (below 2·floor) are left out. The others weigh by their standard errors;
    where they scatter about the line more than those allow, the interval is widened by the scatter.
    """
    kept = np.isfinite(errors) & (errors > 2.0 * floor) & (errors > 0)
    if np.sum(kept) < 3:
        return (np.nan,) * 3
    x, y, relative = np.log(etas[kept]), np.log(errors[kept]), se[kept] / errors[kept]
    sampled = bool(np.all(relative > 0))
    weight: Any = 1.0 / relative**2 if sampled else np.ones_like(x)
    x = x - np.average(x, weights=weight)
    spread = float(np.sum(weight * x * x))
    slope = float(np.sum(weight * x * y)) / spread
    rest = y - np.average(y, weights=weight) - slope * x
    free = len(x) - 2
    half = float(stdtrit(free, 0.975)) * float(np.sqrt(np.sum(weight * rest * rest) / free / spread))
    half = max(half, NORMAL / np.sqrt(spread)) if sampled else half
    return slope, slope - half, slope + half
