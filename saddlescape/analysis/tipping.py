"""Tipping maps: the smallest value of a number at which a start ends elsewhere, on a grid of values, then bisected."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape import store
from saddlescape.analysis.basins import MOST_DOUBLINGS, affordable, ticks_of
from saddlescape.analysis.disagreement import ends_of
from saddlescape.analysis.pieces import Piece, Pieces
from saddlescape.analysis.pixels import Pixels, pixels
from saddlescape.answers.disagreement import UNKNOWN, Ends, Mask
from saddlescape.answers.tipping import KINDS, Tipping
from saddlescape.dynamics import neighbourhoods, words
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.numbers import read
from saddlescape.dynamics.plan import plan_run
from saddlescape.dynamics.reading import method as as_method
from saddlescape.dynamics.simulate import carry_out
from saddlescape.dynamics.timing import caution
from saddlescape.dynamics.work import Progress
from saddlescape.errors import StepWarning, UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.partial import Partial, PartialPieces

#: a bracket is narrowed to this part of the range of values, where no tolerance is given
FINE = 1 / 256
#: most values that are run in one call: of more, no balls that the method keeps are looked for (docs/statuses.md)
TOGETHER = neighbourhoods.MOST


def tipping(
    landscape: Landscape,
    method: Method | str,
    key: str = "rho",
    values: Any = "0.01..1/9",
    *,
    view: Any = None,
    resolution: Any = 64,
    steps: int | None = None,
    tolerance: float | None = None,
    more: int = 2,
    cycling: bool = False,
    plane: Any = None,
    origin: Any = None,
    seed: int = 0,
    threads: int | None = None,
    engine: str = "auto",
    progress: Progress | None = None,
    resume: PartialPieces | None = None,
) -> Tipping:
    """Return for every pixel the smallest ``key`` at which it ends elsewhere than at the first of ``values``.

    Every pixel is run at all ``values`` (text such as "0.01..1/9", or numbers, ascending); the interval before the
    smallest with another end is then halved, all pixels at once, until it is no wider than ``tolerance`` (1/256 of the
    range of values). Ends are those of ``disagreement``: fates, or gone; ``cycling=True`` lets a cycle count as an end
    near the point it is nearest to. What is unresolved after ``steps`` is given twice as many, ``more`` times over. An
    end that is unknown then is never taken for a difference: it leaves a bracket as wide as it is. Fates need not be
    monotone: pixels whose end is the first one again at a larger value are marked. ``view``, ``resolution``, ``plane``,
    ``origin`` are those of ``basins``, the rest those of ``simulate``; a random method draws the same at every value.
    Warns (StepWarning) once, where dt is too long for a start at the last or first value. Raises UsageError in words;
    Interrupted on Ctrl-C, whose ``partial`` is to be given back as ``resume``.
    """
    resolved = as_method(method).on(landscape)
    grid = ascending(resolved, key, values)
    fine = width(grid, tolerance)
    scene = pixels(landscape, resolution, view, plane, origin)
    affordable(scene, min(len(grid), TOGETHER))
    first = resolved.with_numbers(**{key: float(grid[0])})
    ticks = ticks_of(landscape, first, steps)
    drawn = seed if resolved.random else 0
    what = (landscape.identity[:6], first.text, key, fine, ticks, more, bool(cycling), drawn)
    own = store.digest(repr(what), scene.starts().tobytes().hex(), grid.tobytes().hex())
    pieces = Pieces(own, resume, progress)
    ask = _Asker(scene, first, key, ticks, more, seed, cycling, threads, engine, pieces, rounds(grid, fine))
    _warn(ask, grid)
    with pieces.going_on():
        ends = np.concatenate([ask.all(grid[k : k + TOGETHER]) for k in range(0, len(grid), TOGETHER)])
        low, high, after, back = bracket(grid, ends)
        low, high, after = bisect(ask.of, ends[0], low, high, after, fine)
    shape, whole = scene.shape, resolved.with_numbers(**{key: tuple(grid.tolist())})
    return Tipping(
        spec={
            "landscape": landscape.name, "params": dict(landscape.params), "method": whole.text, "steps": ticks,
            "key": key, "seed": seed, "coordinates": list(landscape.coordinates),
        },
        method=whole.text, formula=words.formula(resolved), clock=resolved.clock.name,
        background=scene.background(), axes=scene.axes, plane=scene.plane, origin=scene.origin, steps=ticks,
        time=ticks * _longest(first, key, grid), key=key, values=grid, tolerance=fine,
        kind=_kinds(ends, low, high, fine).reshape(shape), low=low.reshape(shape), high=high.reshape(shape),
        before=ends[0].reshape(shape), after=after.reshape(shape), back=back.reshape(shape), cycling=cycling,
        more=more, cycles=ask.cycles / ends.size, moving=(ask.unknown - ask.cycles) / ends.size,
    )  # fmt: skip


def _warn(ask: _Asker, grid: Array) -> None:
    """Warn of a dt that is too long; every bracket has values and starts of its own, and warnings of all are a flood."""
    for value in (grid[-1], grid[0]):
        method = ask.method.with_numbers(**{ask.key: float(value)})
        if doubts := caution(ask.scene.landscape, method, ask.starts, ask.ticks):
            warnings.warn(doubts, StepWarning, stacklevel=3)
            return


def bracket(grid: Array, ends: Ends) -> tuple[Array, Array, Ends, Any]:
    """Return (low, high, after, back) of ends (m, n) at the values ``grid`` (m,).

    ``high`` is the smallest value with a known end that is not the first one, NaN where there is none; ``low`` the
    largest below it that has the first end; ``after`` the end at ``high``, UNKNOWN without; ``back`` whether the first
    end is seen again beyond.
    """
    first, known = ends[0] != UNKNOWN, ends != UNKNOWN
    same = known & (ends == ends[0])
    other = known & (ends != ends[0]) & first
    tipped, place = other.any(axis=0), np.argmax(other, axis=0)
    index = np.arange(len(grid))[:, None]
    below = np.max(np.where(same & (index < place), index, 0), axis=0)
    high, low = np.where(tipped, grid[place], np.nan), np.where(tipped, grid[below], np.nan)
    after = np.where(tipped, np.take_along_axis(ends, place[None], axis=0)[0], UNKNOWN)
    back = tipped & np.any(same & (index > place), axis=0)
    return low, high, after.astype(np.int16), back


def bisect(
    of: Callable[[Any, Array], Ends], first: Ends, low: Array, high: Array, after: Ends, fine: float
) -> tuple[Array, Array, Ends]:
    """Halve the brackets (n,) until they are no wider than ``fine``, or an unknown end stops it.

    ``of(which, values)`` returns the ends of the pixels ``which`` (indices) at one value each.
    """
    low, high, after = low.copy(), high.copy(), after.copy()
    stuck = np.zeros(len(low), dtype=bool)
    while len(which := np.flatnonzero(~stuck & (high - low > fine * (1 + 1e-9)))):
        middle = (low[which] + high[which]) / 2
        found = of(which, middle)
        unknown, same = found == UNKNOWN, found == first[which]
        stuck[which[unknown]] = True
        low[which[same]] = middle[same]
        beyond = ~unknown & ~same
        high[which[beyond]], after[which[beyond]] = middle[beyond], found[beyond]
    return low, high, after


def rounds(grid: Array, fine: float) -> int:
    """Return how often a pixel is run at most: at all values, and in all halvings of the widest bracket."""
    return len(grid) + int(np.ceil(np.log2(max(np.diff(grid).max() / fine, 1.0))))


def _kinds(ends: Ends, low: Array, high: Array, fine: float) -> Any:
    """Return the kind of every pixel, its place in KINDS."""
    tipped = ~np.isnan(high)
    with np.errstate(invalid="ignore"):
        narrow = high - low <= fine * (1 + 1e-9)
    known = np.all(ends != UNKNOWN, axis=0)
    never, tips, open_, unknown = (KINDS.index(word) for word in ("never", "tips", "open", "unknown"))
    found = np.where(tipped, np.where(narrow, tips, open_), np.where(known, never, unknown))
    return found.astype(np.int8)


def _longest(method: Method, key: str, grid: Array) -> float:
    """Return the longest time of a tick."""
    tick = method.clock.tick
    return float(grid[-1] if key == tick else method.numbers[tick])  # type: ignore[arg-type]


@dataclass
class _Asker:
    """Runs pixels at values of a number, every one ``most`` times at most, and says where they end."""

    scene: Pixels
    method: Method
    key: str
    ticks: int
    more: int
    seed: int
    cycling: bool
    threads: int | None
    engine: str
    pieces: Pieces
    most: int
    done: int = 0
    unknown: int = 0
    cycles: int = 0

    def __post_init__(self) -> None:
        self.starts = self.scene.starts()
        if isinstance(self.more, bool) or self.more not in range(MOST_DOUBLINGS + 1):
            raise UsageError(
                f"more is how often the steps are doubled, 0 to {MOST_DOUBLINGS}, not {self.more!r:.40}"
            )

    def all(self, values: Array) -> Ends:
        """Return the ends (m, n) of all pixels at all of the values (m,), and count those that are unknown."""
        n = len(self.starts)
        which = np.tile(np.arange(n), len(values))
        ends, cycles = self._asked(which, np.repeat(values, n))
        self.cycles += int(np.sum(cycles))
        self.unknown += int(np.sum(ends == UNKNOWN))
        return ends.reshape(len(values), n)

    def of(self, which: Any, values: Array) -> Ends:
        """Return the ends of the pixels ``which`` at one value each; their draws are their own at every value."""
        return self._asked(which, values)[0]

    def _asked(self, which: Any, values: Array) -> tuple[Ends, Mask]:
        """Return the ends, and which are unknown because they cycle."""
        ends, cycles = self._once(which, values, self.ticks)
        for doubling in range(self.more):
            left = np.flatnonzero(ends == UNKNOWN)
            if len(left):
                ends[left], cycles[left] = self._once(which[left], values[left], self.ticks << (doubling + 1))
        self.done += len(which)
        return ends, cycles

    def _once(self, which: Any, values: Array, ticks: int) -> tuple[Ends, Mask]:
        alike = bool(np.all(values == values[0]))
        number = float(values[0]) if alike else tuple(values.tolist())
        whole = len(self.starts) * self.most

        def told(done: int, total: int) -> None:
            part = len(which) * done // max(total, 1)
            self.pieces.tell(min(self.done + part, whole), whole)

        def run(resume: Partial | None) -> Piece:
            plan = plan_run(
                self.scene.landscape, self.method.with_numbers(**{self.key: number}), self.starts[which], None, ticks,
                ticks, False, self.seed, {}, which if self.method.random else None,
            )  # fmt: skip
            made = carry_out(plan, self.engine, threads=self.threads, progress=told, resume=resume)
            ends = ends_of(made.status, made.fate, made.point, cycling=self.cycling)
            return {"ends": ends, "cycles": (ends == UNKNOWN) & (made.status == "cycling")}

        found = self.pieces.next(run)
        return np.array(found["ends"]), np.array(found["cycles"])


def ascending(method: Method, key: str, values: Any) -> Array:
    """Return the values as an ascending array. Raises UsageError for what is no such list, or no number of the method."""
    if key not in method.numbers:
        raise UsageError(f"{method.name} has no number '{key}': it has {', '.join(method.numbers)}")
    several = [k for k, v in method.numbers.items() if isinstance(v, tuple)]
    if several:
        raise UsageError(f"a tipping map is of one method: {several[0]} has several values already")
    found = np.atleast_1d(np.array(read(key, values), dtype=float))
    if len(found) < 2 or not np.all(np.diff(found) > 0):
        raise UsageError(
            f"the values of {key} are at least two, ascending, such as '0.01..1/9', not {values!s:.60}"
        )
    return found


def width(grid: Array, given: float | None = None) -> float:
    """Return how narrow brackets get: ``given``, or a part of the range of the values. Raises UsageError below 0."""
    fine = FINE * float(grid[-1] - grid[0]) if given is None else given
    if isinstance(fine, bool) or not isinstance(fine, int | float) or not fine > 0:
        raise UsageError(f"tolerance is a number above 0, not {given!r:.40}")
    return max(float(fine), 4 * float(np.spacing(grid[-1])))
