"""Zone: cells of a plane in which something may be seen, and a quick answer to who is in one of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.landscapes.base import Array

#: cells of a zone along each coordinate
CELLS = 400
#: what makes a circle so little larger that no rounding leaves out a place in it
ROUNDING = 1.0 + 1e-9
#: how much longer a piece of a curve is than the straight line between two of its samples, at most
BENT = 1.1


class Zone:
    """Cells of a two-dimensional domain that are marked, and a quick answer to who is in one of them."""

    def __init__(self, domain: tuple[tuple[float, float], ...]) -> None:
        self.low, high = np.array(domain).T
        self.width = high - self.low
        self.cells = np.zeros((CELLS, CELLS), dtype=bool)

    def add(self, centre: Array, radius: float) -> None:
        """Mark every cell that a circle reaches."""
        edges = np.linspace(self.low, self.low + self.width, CELLS + 1) - centre
        nearest = np.maximum(0.0, np.maximum(edges[:-1], -edges[1:]))  # of each cell, along each coordinate
        rows, columns = (np.flatnonzero(each <= radius * ROUNDING) for each in nearest.T)
        if not rows.size or not columns.size:
            return
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        square = nearest[rows, 0][:, None] ** 2 + nearest[columns, 1] ** 2
        self.cells[box] |= square <= radius * radius * ROUNDING

    def trace(self, samples: Array, radius: float) -> None:
        """Mark every cell that is within ``radius`` of a curve through ``samples`` (m, 2)."""
        gaps = np.linalg.norm(np.diff(samples, axis=0), axis=1)
        wide = np.maximum(np.append(gaps, 0.0), np.append(0.0, gaps))  # to the neighbour that is farther
        for at, gap in zip(samples, wide, strict=True):
            self.add(at, 0.5 * BENT * float(gap) + radius)

    def close(self) -> None:
        """Put a ring of unmarked cells around, so that what is outside is in one of them."""
        self.table = np.pad(self.cells, 1).ravel()

    def holds(self, x: Array, y: Array) -> Any:
        """Return where (x, y), arrays of one shape, lie in a marked cell; NaN lies nowhere."""
        i, j = (self._cells(each, c) for c, each in enumerate((x, y)))
        return self.table[i * (CELLS + 2) + j]

    def _cells(self, values: Array, c: int) -> Any:
        """Return the rows of ``table``: 0 and the last are the ring."""
        scale = CELLS / self.width[c]
        found = values * scale
        found += 1.0 - self.low[c] * scale
        np.fmin(found, CELLS + 1.0, out=found)  # NaN goes into the ring, too
        np.fmax(found, 0.0, out=found)
        return found.astype(np.int32)
