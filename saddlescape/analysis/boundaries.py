"""Boundaries of basins: entropy and uncertainty exponent, of any map of ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import entr
from scipy.stats import norm
from scipy.stats import t as student

from saddlescape.analysis.disagreement import known_ends
from saddlescape.analysis.pixels import pixels
from saddlescape.answers.basins import Basins
from saddlescape.answers.boundaries import BasinEntropy, Uncertainty
from saddlescape.answers.disagreement import UNKNOWN, Ends
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.reading import method as as_method
from saddlescape.dynamics.simulate import simulate
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import STATUSES

#: pixels along a side of the boxes of an entropy
BOX = 5
#: least number of uncertain starts for a share to be fitted
LEAST = 10
#: ends of cycles are told from fates at the same point by this
CYCLES = 10_000
#: distances of an uncertainty exponent that is measured by runs, as parts of the window's widths
DISTANCES = tuple(2.0**-k for k in range(4, 15))


def basin_entropy(basins: Basins, box: int = BOX) -> BasinEntropy:
    """Return the basin entropy of a map (Daza, Wagemakers, Georgeot, Guéry-Odelin & Sanjuán 2016).

    The map is cut into boxes of ``box`` × ``box`` pixels (what is left over at the upper ends is not looked at); the
    entropy of one is Σ p log(1/p) over the shares p of the ends in it, natural logarithm. S_b is the mean of all boxes,
    S_bb of those with more than one end; S_bb > log 2 says that the boundary is fractal. Ends are fates, to be gone (left
    or diverged), and to cycle near a point, which is an end of its own. Boxes with an unknown end are left out. Raises
    UsageError where no box fits.
    """
    ny, nx = basins.shape
    if isinstance(box, bool) or not isinstance(box, int | np.integer) or not 2 <= box <= min(ny, nx):
        raise UsageError(f"box is a whole number of pixels from 2 to {min(ny, nx)}, not {box!r:.40}")
    places = colours(basins)
    each, known = entropies(places, int(box))
    kept = each[known]
    if not len(kept):
        raise UsageError(
            "every box holds a start whose end is unknown: give the map more steps, or take smaller boxes"
        )
    mixed = kept[kept > 0]
    return BasinEntropy(
        spec={**basins.spec, "box": int(box)}, method=basins.method, title=basins.background.title, box=int(box),
        boxes=len(kept), mixed=len(mixed), left_out=int(np.sum(~known)), ends=len(np.unique(places[places != UNKNOWN])),
        entropy=float(kept.mean()), entropy_se=_error(kept),
        boundary=float(mixed.mean()) if len(mixed) else float("nan"), se=_error(mixed),
    )  # fmt: skip


def _error(found: Array) -> float:
    """Return the standard error of the mean of independent values, NaN of fewer than two."""
    return float(found.std(ddof=1) / np.sqrt(len(found))) if len(found) > 1 else float("nan")


def colours(basins: Basins) -> Any:
    """Return a number for the end of every pixel (ny, nx), as ``known_ends``, but cycles near a point apart from it."""
    ends = known_ends(basins).astype(np.int32)
    near = np.ma.filled(basins.point.astype(np.int32), 0) + CYCLES
    return np.where(basins.status == STATUSES.index("cycling"), near, ends)


def entropies(places: Any, box: int) -> tuple[Array, Any]:
    """Return the entropy of every box (boxes,) of a map of ends (ny, nx), and whether all its ends are known."""
    rows, columns = (n // box for n in places.shape)
    cut = places[: rows * box, : columns * box].reshape(rows, box, columns, box)
    boxes = cut.swapaxes(1, 2).reshape(rows * columns, box * box)
    total = np.zeros(len(boxes))
    for end in np.unique(boxes):
        total += entr(np.mean(boxes == end, axis=1))
    return total, np.all(boxes != UNKNOWN, axis=1)


def uncertainty_exponent(
    of: Basins | Landscape,
    method: Method | str | None = None,
    *,
    distances: Any = None,
    starts: int = 2000,
    view: Any = None,
    plane: Any = None,
    origin: Any = None,
    steps: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    engine: str = "auto",
) -> Uncertainty:
    """Return how the share of uncertain starts falls with the distance eps: as eps^alpha (Grebogi, McDonald, Ott & Yorke
    1983); the boundary then has the dimension 2 − alpha, 1 where it is a smooth curve.

    Of a map of Basins ``distances`` are whole numbers of pixels (1, 2, 4 … up to 1/32 of the map), and every pixel
    is compared with those so far to either side, along x and along y. Of a landscape and a ``method`` they are parts of
    the window's widths (1/16 to 2⁻¹⁴): at each of them ``starts`` random starts are run with one to either side, along a
    random one of the two coordinates; ``view``, ``plane``, ``origin`` and ``steps`` as in ``basins``. Starts with an
    unknown end are left out. The interval is that of the slope of log share on log eps: the wider of Student's t over the
    residuals and of the normal one with the binomial errors of the counts, (1 − f)/(f n) of log f, taken as independent
    (few points may lie on a line by chance); shares of runs are weighted by the latter. Raises UsageError where fewer
    than three distances have 10 uncertain starts.
    """
    if isinstance(of, Basins):
        if method is not None:
            raise UsageError("a map of basins has its method: give a landscape to run another one")
        shifts = _shifts(of.shape, distances)
        uncertain, count = uncertain_pixels(colours(of), shifts)
        eps, unit, said, title, spec = (
            np.array(shifts, dtype=float),
            "pixels",
            of.method,
            of.background.title,
            of.spec,
        )
    else:
        if method is None:
            raise UsageError("which method? uncertainty_exponent(L, 'sam'), or of a map of basins alone")
        resolved = as_method(method).on(of)
        scene = pixels(of, 2, view, plane, origin)
        eps = _parts(distances)
        run = _runner(of, resolved, steps, seed, threads, engine)
        uncertain, count = _random(scene, run, eps, starts, seed)
        unit, said, title = "widths of the window", resolved.text, of.title
        spec = {"landscape": of.name, "params": dict(of.params), "method": said, "seed": seed, "steps": steps}
    alpha, interval = slope(eps, uncertain, count, method is not None)
    return Uncertainty(
        spec=dict(spec), method=said, title=title, unit=unit, eps=eps, uncertain=uncertain, starts=count, alpha=alpha,
        interval=interval,
    )  # fmt: skip


def uncertain_pixels(places: Any, shifts: Any) -> tuple[Any, Any]:
    """Return how many pixels of a map of ends (ny, nx) are uncertain at each of the distances (pixels), and of how many.

    Along both axes; the same pixels at all distances, those farther from the map's border than the largest, as far as all
    ends are known.
    """
    most = max(shifts)
    found = np.zeros((len(shifts), 2), dtype=np.int64)
    for each in (places, places.T):
        here, n = each[most:-most], len(each)
        sides = [[each[most + side : n - most + side] for side in (-k, k)] for k in shifts]
        known = here != UNKNOWN
        for lower, upper in sides:
            known &= (lower != UNKNOWN) & (upper != UNKNOWN)
        for counts, (lower, upper) in zip(found, sides, strict=True):
            counts += np.sum(known & ((here != lower) | (here != upper))), known.sum()
    return found[:, 0], found[:, 1]


def slope(eps: Array, uncertain: Any, count: Any, binomial: bool) -> tuple[float, tuple[float, float]]:
    """Return the slope of log(uncertain/count) on log eps with its 95 % interval; ``binomial`` counts are weighted so.

    Its half-width is the larger of two: t over the residuals, and the normal quantile times the error that the counts'
    binomial errors give the slope.
    """
    told = uncertain >= LEAST
    if told.sum() < 3:
        raise UsageError(
            f"only {int(told.sum())} distances have {LEAST} uncertain starts or more: an exponent needs three. "
            "Take larger distances, more starts, or a map of more pixels"
        )
    x, hits, of = np.log(eps[told]), uncertain[told], count[told]
    y = np.log(hits / of)
    # the variance (1 − f)/(f n) of log f, by the delta method; half a start where all are uncertain, which is not exact
    counted = np.maximum(of - hits, 0.5) / (hits * of)
    weight = 1 / np.sqrt(counted) if binomial else np.ones_like(x)
    design = np.stack([x, np.ones_like(x)], axis=1) * weight[:, None]
    solved = np.linalg.pinv(design) * weight  # the fit is linear in log f
    alpha = float(solved[0] @ y)
    left, free = weight * y - design @ (solved @ y), len(x) - 2
    spread = np.linalg.inv(design.T @ design)[0, 0] * float(left @ left) / free
    by_counts = norm.ppf(0.975) * np.sqrt(solved[0] ** 2 @ counted)
    half = float(max(student.ppf(0.975, free) * np.sqrt(spread), by_counts))
    return alpha, (alpha - half, alpha + half)


def _shifts(shape: tuple[int, int], given: Any) -> list[int]:
    most = max(min(shape) // 32, 4)  # beyond, boundaries meet and shares saturate
    if given is None:
        return [2**k for k in range(most.bit_length()) if 2**k <= most]
    found = list(given)
    good = all(isinstance(k, int | np.integer) and not isinstance(k, bool) and k >= 1 for k in found)
    if not good or not found or 2 * max(found) >= min(shape):
        raise UsageError(
            f"distances are whole pixels from 1 to below half of {min(shape)}, not {given!r:.60}"
        )
    return [int(k) for k in found]


def _parts(given: Any) -> Array:
    eps = np.array(DISTANCES if given is None else given, dtype=float)
    if eps.ndim != 1 or not np.all((eps > 0) & (eps < 0.5)):
        raise UsageError(
            f"distances are parts of the window's widths, above 0 and below 1/2, not {given!r:.60}"
        )
    return eps


def _runner(
    landscape: Landscape, method: Method, steps: int | None, seed: int, threads: int | None, engine: str
) -> Any:
    """Return a function from starts (n, d) and their streams (n,) to their ends (n,)."""

    def run(x0: Array, streams: Any) -> Ends:
        from saddlescape.analysis.disagreement import ends_of

        made = simulate(
            landscape, method, x0, steps, every=10**15, seed=seed, threads=threads, engine=engine,
            streams=streams if method.random else None,
        )  # fmt: skip
        return ends_of(made.status, made.fate, made.point)

    return run


def _random(scene: Any, run: Any, eps: Array, starts: int, seed: int) -> tuple[Any, Any]:
    """Return how many random starts are uncertain at each distance, and of how many; neighbours draw alike."""
    if isinstance(starts, bool) or not isinstance(starts, int | np.integer) or starts < LEAST:
        raise UsageError(f"starts is a whole number of at least {LEAST}, not {starts!r:.40}")
    n, draws = int(starts) * len(eps), np.random.default_rng(seed)
    low, high = np.array(scene.view).T
    middle = np.tile(scene.origin, (n, 1))
    middle[:, list(scene.plane)] = low + (high - low) * draws.random((n, 2))
    along = draws.integers(0, 2, n)
    away = np.repeat(eps, starts) * (high - low)[along]
    side = np.zeros_like(middle)
    side[np.arange(n), np.array(scene.plane)[along]] = away
    streams = np.tile(np.arange(n), 3)
    ends = run(np.concatenate([middle, middle + side, middle - side]), streams).reshape(3, len(eps), starts)
    known = np.all(ends != UNKNOWN, axis=0)
    differ = known & np.any(ends != ends[0], axis=0)
    return differ.sum(axis=1), known.sum(axis=1)
