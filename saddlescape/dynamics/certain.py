"""Certain: where the end of a trajectory is decided, for one method, and a map that says quickly where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.answers.basins import RULES
from saddlescape.dynamics.capture import across, distance
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.neighbourhoods import KINDS, kept_radius
from saddlescape.dynamics.radius import capture_radius
from saddlescape.dynamics.status import has_bowls, in_bowl
from saddlescape.dynamics.zone import Zone
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.landscapes.sublevel import bowls
from saddlescape.results import STATUSES, CriticalPoint

#: points whose balls are looked for at most, minima first: each may take some tenths of a second, once
MOST = 64
Circle = tuple[CriticalPoint, float]


class Certain:
    """The bowls of a method, or its kept balls, and the capture radii of all points and curves of minima."""

    def __init__(self, landscape: Landscape, method: Method) -> None:
        self.landscape, self.method = landscape, method
        points = landscape.critical_points
        self.descends = has_bowls(landscape, method)
        singles = [p for p in points if p.samples is None]
        self.captures = [(p, capture_radius(landscape, method, p)) for p in singles]
        curves = [(p, capture_radius(landscape, method, p)) for p in points if p.samples is not None]
        self.curves = [(p, radius, self._along(p, radius)) for p, radius in curves]
        self.balls: list[Circle] = []
        if not self.descends:
            tried = sorted((p for p in points if p.kind in KINDS), key=lambda p: (p.kind != "minimum", p.id))
            found = [(p, kept_radius(landscape, method, p)) for p in tried[:MOST]]
            self.balls = [(p, radius) for p, radius in found if radius > 0.0]
        self.there = np.full(max((p.id for p in points), default=0) + 1, STATUSES.index("trapped"))
        self.there[[p.id for p in points if p.kind == "minimum"]] = STATUSES.index("converged")
        self.zone = self._zone() if landscape.dim == 2 else None

    def at(self, x: Array, before: Any) -> Any:
        """Return the id of the point or curve within whose capture radius ``x`` (n, d) lies, −1 for none. Who was at
        a curve ``before`` (n,) stays there while it is in the cells beside it: asking all again takes too long."""
        found = _inside(x, self.captures)
        for p, radius, zone in self.curves:
            near = np.flatnonzero(zone.holds(*x.T)) if zone else np.arange(len(x))
            stays = near[before[near] == p.id] if zone else near[:0]
            found[stays] = p.id
            near = near[found[near] < 0]
            # beside the curve one step tells how far it is: in its cells the samples need not be searched
            far = across(self.landscape, x[near]) if zone else distance(self.landscape, p, x[near])
            found[near[far <= radius]] = p.id
        return found

    def at_point(self, x: Array) -> Any:
        """Return the same of points alone: nothing is ever decided to end on a curve before it is there."""
        return _inside(x, self.captures)

    def decide(self, x: Array) -> tuple[Any, Any]:
        """Return the point where a trajectory that is at ``x`` (n, d) certainly ends, −1 where that is not known, and
        the place in RULES of what decided it."""
        fate = in_bowl(self.landscape, self.method, x) if self.descends else _inside(x, self.balls)
        rule = RULES.index("bowl" if self.descends else "ball")
        return fate, np.where(fate >= 0, rule, RULES.index("none")).astype(np.int8)

    def words(self, fate: Any, rule: Any) -> Any:
        """Return the places in STATUSES of trajectories that are decided: arrived, or still moving."""
        return np.where(rule == RULES.index("arrived"), self.there[fate], STATUSES.index("moving")).astype(
            np.int8
        )

    def _zone(self) -> Zone:
        """Return the cells in which something may be decided, or somebody be at a critical point."""
        zone = Zone(self.landscape.domain)
        found = bowls(self.landscape) if self.descends else None
        if found is not None:
            zone.cells |= found.cells >= 0
        for p, radius in [*self.balls, *self.captures]:
            zone.add(p.x, radius)
        for _, _, along in self.curves:
            if along:
                zone.cells |= along.cells
        zone.close()
        return zone

    def _along(self, p: CriticalPoint, radius: float) -> Zone | None:
        """Return the cells along a curve, None in more than two coordinates."""
        if self.landscape.dim != 2 or p.samples is None:
            return None
        zone = Zone(self.landscape.domain)
        zone.trace(p.samples, radius)
        zone.close()
        return zone


def _inside(x: Array, circles: list[Circle]) -> Any:
    found = np.full(len(x), -1)
    for p, radius in circles:
        found[np.einsum("ij,ij->i", x - p.x, x - p.x) <= radius * radius] = p.id
    return found
