"""Certain: where the end of a trajectory is decided, for one method, and a map that says quickly where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.answers.basins import RULES
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.neighbourhoods import KINDS, kept_radius
from saddlescape.dynamics.radius import capture_radius
from saddlescape.dynamics.status import has_bowls, in_bowl
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.landscapes.sublevel import bowls
from saddlescape.results import STATUSES, CriticalPoint

#: points whose balls are looked for at most, minima first: each may take some tenths of a second, once
MOST = 64
#: cells of a zone along each coordinate
CELLS = 400
#: what makes a circle so little larger that no rounding leaves out a place in it
ROUNDING = 1.0 + 1e-9
Circle = tuple[CriticalPoint, float]


class Certain:
    """The bowls of a method, or its kept balls, and the capture radii of all points but curves of minima."""

    def __init__(self, landscape: Landscape, method: Method) -> None:
        self.landscape, self.method = landscape, method
        points = landscape.critical_points
        self.descends = has_bowls(landscape, method)
        singles = [p for p in points if p.samples is None]
        self.captures = [(p, capture_radius(landscape, method, p)) for p in singles]
        self.balls: list[Circle] = []
        if not self.descends:
            tried = sorted((p for p in points if p.kind in KINDS), key=lambda p: (p.kind != "minimum", p.id))
            found = [(p, kept_radius(landscape, method, p)) for p in tried[:MOST]]
            self.balls = [(p, radius) for p, radius in found if radius > 0.0]
        self.kinds = {p.id: p.kind for p in points}
        self.zone = self._zone() if landscape.dim == 2 else None

    def at(self, x: Array) -> Any:
        """Return the id of the point within whose capture radius ``x`` (n, d) lies, −1 for none."""
        return _inside(x, self.captures)

    def decide(self, x: Array) -> tuple[Any, Any]:
        """Return the point where a trajectory that is at ``x`` (n, d) certainly ends, −1 where that is not known, and
        the place in RULES of what decided it."""
        fate = in_bowl(self.landscape, self.method, x) if self.descends else _inside(x, self.balls)
        rule = RULES.index("bowl" if self.descends else "ball")
        return fate, np.where(fate >= 0, rule, RULES.index("none")).astype(np.int8)

    def words(self, fate: Any, rule: Any) -> Any:
        """Return the places in STATUSES of trajectories that are decided: arrived, or still moving."""
        lowest = np.array([self.kinds[int(k)] == "minimum" for k in fate], dtype=bool)
        there = np.where(lowest, STATUSES.index("converged"), STATUSES.index("trapped"))
        return np.where(rule == RULES.index("arrived"), there, STATUSES.index("moving")).astype(np.int8)

    def _zone(self) -> Zone:
        """Return the cells in which something may be decided, or somebody be at a critical point."""
        zone = Zone(self.landscape.domain)
        found = bowls(self.landscape) if self.descends else None
        if found is not None:
            zone.cells |= found.cells >= 0
        for p, radius in [*self.balls, *self.captures]:
            zone.add(p.x, radius)
        zone.close()
        return zone


def _inside(x: Array, circles: list[Circle]) -> Any:
    found = np.full(len(x), -1)
    for p, radius in circles:
        found[np.einsum("ij,ij->i", x - p.x, x - p.x) <= radius * radius] = p.id
    return found


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
        self.cells |= nearest[:, 0][:, None] ** 2 + nearest[:, 1] ** 2 <= radius * radius * ROUNDING

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
