"""Flock: the trajectories of one piece of work that go on, packed side by side as kernels take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from saddlescape.dynamics.kernels import Kernel
from saddlescape.dynamics.plan import Plan, tiles
from saddlescape.dynamics.work import words_of
from saddlescape.landscapes.base import Array

if TYPE_CHECKING:
    from saddlescape.dynamics.zone import Zone

#: the flock is packed once no more than this part of its lanes goes on
ROOM = 0.85


class Flock:
    """Trajectories in blocks of lanes. ``who`` (blocks·lanes,) is the row in the piece of the one in each lane, −1 where
    nobody is; ``count`` how many go on. Where a trajectory lies never changes what it does."""

    def __init__(self, plan: Plan, part: slice, lanes: int) -> None:
        self.plan, self.lanes, n = plan, lanes, part.stop - part.start
        blocks = -(-n // lanes)
        self.buffer = tiles(plan, part, lanes)
        self.boxes = np.zeros((blocks, 2, 3 * plan.landscape.dim + 2, lanes))
        self.who = np.full(blocks * lanes, -1)
        self.who[:n] = np.arange(n)
        self.count = self.filled = n

    def run(self, kernel: Kernel, halt: Array, start: int, stop: int, last: int) -> None:
        """Run from tick ``start`` to ``stop``, in a run of ``last`` ticks whose windows they may fall into."""
        record = np.empty((self.filled, 2, self.plan.landscape.dim))
        times = (start, stop, last, last, self.plan.window)
        kernel(self.buffer, self.boxes, record, halt, *times, *words_of(self.plan.seed))

    def living(self, zone: Zone | None = None) -> Any:
        """Return the lanes of the trajectories that go on (with a zone: of those in it that are finite)."""
        here = self.who >= 0
        if zone is not None:
            here &= zone.holds(self.buffer[:, 0], self.buffer[:, 1]).ravel()
        return np.flatnonzero(here)

    def places(self, which: Any) -> Array:
        """Return where the trajectories in the lanes ``which`` are, (n, d)."""
        d = self.plan.landscape.dim
        return np.array([self.buffer[:, c].ravel().take(which) for c in range(d)]).T  # columns lie together

    def windows(self, which: Any) -> tuple[Array, Any]:
        """Return of the lanes ``which`` the boxes (n, 2, d) of the last window, and whether they are recurrent (n,)."""
        d = self.plan.landscape.dim
        last = self.boxes[which // self.lanes, 1, :, which % self.lanes]
        box = last[:, : 2 * d].reshape(-1, 2, d) if self.plan.window else np.full((len(which), 2, d), np.nan)
        return box, last[:, -1] > 0

    def leave(self, which: Any, pack: bool = False) -> None:
        """Let go the trajectories in the lanes ``which``; move the others together where that saves much, or ``pack``."""
        if not len(which) and not pack:
            return
        self.who[which] = -1
        self.count = int(np.count_nonzero(self.who >= 0))
        if pack or self.count <= ROOM * len(self.who):
            self._pack()

    def _pack(self) -> None:
        kept, d = np.flatnonzero(self.who >= 0), self.plan.landscape.dim
        if not len(kept):
            return
        self.buffer = _taken(self.buffer, kept, self.lanes)
        if self.boxes.any():
            flat = self.boxes.reshape(len(self.boxes), -1, self.lanes)
            self.boxes = _taken(flat, kept, self.lanes).reshape(-1, 2, 3 * d + 2, self.lanes)
        else:  # no window has begun
            self.boxes = np.zeros((len(self.buffer), 2, 3 * d + 2, self.lanes))
        self.who = np.append(self.who[kept], np.full(-len(kept) % self.lanes, -1))
        self.filled = len(kept)


def _taken(tiles: Array, lane: Any, lanes: int) -> Array:
    """Return the lanes ``lane`` of (blocks, rows, lanes), packed in the same way; the last block is filled up with the
    first of them."""
    filled = np.append(lane, np.full(-len(lane) % lanes, lane[0])).reshape(-1, lanes)
    rows, flat = tiles.shape[1], tiles.reshape(-1)
    first = filled // lanes * (rows * lanes) + filled % lanes
    packed = np.empty((len(filled), rows, lanes))
    for row in range(rows):  # row by row: several times as fast as taking all rows of a lane
        packed[:, row] = flat.take(first + row * lanes)
    return packed
