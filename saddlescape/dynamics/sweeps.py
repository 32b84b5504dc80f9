"""Grids of starts and numbers: every start with every value, one trajectory each."""

from __future__ import annotations

from itertools import product as every_pair
from typing import Any

import numpy as np

from saddlescape.errors import UsageError


def product(x0: Any, **numbers: Any) -> dict[str, Any]:
    """Return {"x0": (n, d), name: (n,), …}: every row of ``x0`` (m, d) with every combination of the numbers.

    The starts vary slowest. ``grid = ss.product(x0, rho=[0.1, 0.5])``, then
    ``ss.simulate(L, ss.method("sam", rho=grid["rho"]), grid["x0"])``. Raises UsageError for an empty axis.
    """
    starts = np.atleast_2d(np.asarray(x0, dtype=float))
    axes = {name: np.atleast_1d(np.asarray(values, dtype=float)) for name, values in numbers.items()}
    for name, values in {"x0": starts, **axes}.items():
        if not len(values):
            raise UsageError(f"{name} is empty: a grid needs at least one value")
    rows = list(every_pair(range(len(starts)), *axes.values()))
    columns = np.array([row[1:] for row in rows], dtype=float).reshape(len(rows), len(axes))
    return {"x0": starts[[row[0] for row in rows]], **{name: columns[:, k] for k, name in enumerate(axes)}}
