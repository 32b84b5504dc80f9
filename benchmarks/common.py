"""What the peers of the benchmarks share: their signature, the formulas in Python, blocks on threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

THREADS = 2

Array = NDArray[np.float64]
# (x0 of shape (n, 2), steps, eta, rho) -> final states (n, 2)
Run = Callable[[Array, int, float, float], Array]


@dataclass(frozen=True)
class Peer:
    """One program that takes part. `share`: it is timed on steps // share steps and its time multiplied."""

    name: str
    run: Run
    share: int = 1
    note: str = ""


def starts(n: int) -> Array:
    """An n x n grid of the window [0, 4] x [-1, 1.2], one row per trajectory."""
    x, y = np.meshgrid(np.linspace(0.0, 4.0, n), np.linspace(-1.0, 1.2, n))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def gradient(x: Any, y: Any) -> tuple[Any, Any]:
    """Gradient of Beale's function, in the order of beale_sam.c; for arrays, traced values, expressions."""
    y2 = y * y
    p1, p2, p3 = y - 1.0, y2 - 1.0, y2 * y - 1.0
    a, b, c = p1 * x + 1.5, p2 * x + 2.25, p3 * x + 2.625
    return 2.0 * (p1 * a + p2 * b + p3 * c), 2.0 * x * (a + 3.0 * y2 * c + 2.0 * b * y)


def sam_step(x: Any, y: Any, eta: Any, rho: Any, sqrt: Any, recip: Any) -> tuple[Any, Any]:
    """One step of SAM; sqrt and recip (1/n, 0 at 0) come from the library that runs it."""
    gx, gy = gradient(x, y)
    s = rho * recip(sqrt(gx * gx + gy * gy))
    gx, gy = gradient(x + s * gx, y + s * gy)
    return x - eta * gx, y - eta * gy


def on_threads(work: Callable[[int, int], None], n: int, block: int) -> None:
    """work(lo, hi) for every block of range(n), on THREADS threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda lo: work(lo, min(lo + block, n)), range(0, n, block)):
            pass


def seconds(call: Callable[[], object]) -> float:
    """The time of one call."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def fastest(name: str, make: Callable[[Any], Run], options: Iterable[Any], share: int, note: str) -> Peer:
    """The peer at its best option, found by short trials (after one call each, which compiles)."""
    x0, steps = starts(512), 40
    timed = []
    for option in options:
        run = make(option)
        trial = partial(run, x0, steps, 1e-3, 0.1)
        trial()
        timed.append((min(seconds(trial) for _ in range(3)), option, run))
    _, option, run = min(timed, key=lambda item: item[0])
    return Peer(name, run, share, f"{note}; best of the sweep: {option}")
