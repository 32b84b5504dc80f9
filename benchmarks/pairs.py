"""Interleaved rounds of whole calls: every program once a round, in rotating order, in wall and in processor time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from common import Array


@dataclass(frozen=True)
class Entry:
    """One program: a call, and by how much its time is multiplied because the call does only a part of the work."""

    name: str
    call: Callable[[], object]
    scale: float = 1.0
    note: str = ""


def interleaved(entries: list[Entry], pairs: int) -> dict[str, Array]:
    """Return (pairs, 2) seconds of every program, wall and processor time of all threads, after one call of each."""
    for entry in entries:
        entry.call()
    times: dict[str, list[tuple[float, float]]] = {entry.name: [] for entry in entries}
    for k in range(pairs):
        turn = k % len(entries)
        for entry in entries[turn:] + entries[:turn]:
            wall, cpu = time.perf_counter(), time.process_time()
            entry.call()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            times[entry.name].append((entry.scale * wall, entry.scale * cpu))
        print(f"round {k + 1} of {pairs}, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    return {name: np.array(taken) for name, taken in times.items()}


def table(
    entries: list[Entry], times: dict[str, Array], reference: str, work: float, unit: str
) -> list[dict]:
    """Print time / reference in the same round, median [quartiles], and ``work`` per second; return the rows."""
    rows = []
    print(f"\n{'':22}{'wall / ' + reference:>26}{'processor / ' + reference:>30}{unit:>16}")
    for entry in entries:
        ratios = np.quantile(times[entry.name] / times[reference], [0.25, 0.5, 0.75], axis=0)
        speed = work / float(np.median(times[entry.name][:, 0]))
        cells = [f"{m:.3g} [{low:.3g}, {high:.3g}]" for low, m, high in ratios.T]
        print(f"{entry.name:22}{cells[0]:>26}{cells[1]:>30}{speed:>16.4g}")
        named = [dict(zip(("q1", "median", "q3"), map(float, r), strict=True)) for r in ratios.T]
        rows.append({"name": entry.name, "wall": named[0], "cpu": named[1], unit: speed, "note": entry.note})
    for entry in entries:
        part = f" (timed on 1/{entry.scale:g} of the work)" if entry.scale != 1.0 else ""
        print(f"  {entry.name}: {entry.note}{part}")
    return rows
