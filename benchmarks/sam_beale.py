"""The SAM map on Beale's function, side by side: saddlescape against C, NumPy, JAX and heyoka.

    python benchmarks/sam_beale.py [--n 1024] [--steps 1000] [--pairs 9] [--peers c,numpy,jax,heyoka]
                                   [--json FILE]

First the gate: everything is compared with strict C, and nothing is timed if it fails. Then rounds: ours
(strict and fast) and every peer once, in rotating order. Reported are ratios of times of the same round.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

import numpy as np
from c_peer import compiler
from common import THREADS, Array, Peer, seconds, starts
from peers import GROUPS, collect

ETA, RHO = 1e-3, 0.1
REFERENCE = "c-strict-512"
# SAM hovers on 2-cycles and bands where rounding is amplified, so programs that round differently
# (contraction, reassociation) are compared after few steps, and nearly all trajectories must agree.
GATE_GRID, GATE_STEPS, GATE_TOLERANCE, GATE_SHARE = 128, 50, 1e-8, 0.98


def ours() -> list[Peer]:
    """The whole public call: starts in, end states and statuses out."""
    import saddlescape as ss

    landscape = ss.landscape("beale")

    def run(x0: Array, steps: int, eta: float, rho: float, fast: bool = False) -> Array:
        method = ss.method(f"sam:rho={rho!r},eta={eta!r}")
        result = ss.simulate(landscape, method, x0, steps=steps, every=steps, threads=THREADS, fast=fast)
        return np.asarray(result.final)

    def run_fast(x0: Array, steps: int, eta: float, rho: float) -> Array:
        return run(x0, steps, eta, rho, fast=True)

    return [
        Peer("ours", run, note="ss.simulate, strict"),
        Peer("ours-fast", run_fast, note="ss.simulate, fast=True"),
    ]


def bits_differ(a: Array, b: Array) -> int:
    """How many trajectories differ in any bit (two NaN count as equal)."""
    return int(((a != b) & ~(np.isnan(a) & np.isnan(b))).any(axis=1).sum())


def gate(entries: list[Peer], strict: Peer, steps: int) -> bool:
    """Everything against strict C; strict C builds and ours must be equal in every bit, after all steps."""
    x0 = starts(GATE_GRID)
    few, many = strict.run(x0, GATE_STEPS, ETA, RHO), strict.run(x0, steps, ETA, RHO)
    finite = np.isfinite(few).all(axis=1)
    print(f"gate: {GATE_GRID} x {GATE_GRID} starts against {strict.name}; {finite.mean():.1%} stay finite")
    passed = True
    for entry in entries:
        end = entry.run(x0, GATE_STEPS, ETA, RHO)
        error = np.abs(end - few).max(axis=1)[finite]
        share = float((error <= GATE_TOLERANCE).mean())
        good = share >= GATE_SHARE
        verdict = f"{share:.2%} within {GATE_TOLERANCE:g} after {GATE_STEPS} steps"
        if entry.name == "ours" or entry.name.startswith("c-strict"):
            different = bits_differ(entry.run(x0, steps, ETA, RHO), many)
            good = good and different == 0
            verdict += f"; {different} of {len(x0)} differ in a bit after {steps}"
        print(f"  {'ok  ' if good else 'FAIL'} {entry.name:22} {verdict}")
        passed = passed and good
    return passed


def timed(entry: Peer, x0: Array, steps: int) -> float:
    """Seconds for all steps; a slow peer makes a share of the steps and its time is multiplied."""
    fewer = max(1, steps // entry.share)
    return seconds(lambda: entry.run(x0, fewer, ETA, RHO)) * steps / fewer


def rounds(own: list[Peer], peers: list[Peer], x0: Array, steps: int, pairs: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {entry.name: [] for entry in own + peers}
    for entry in own + peers:  # compile and touch everything once
        timed(entry, x0, min(steps, 20) if entry in own else max(1, steps))
    entries = own + peers
    for k in range(pairs):  # nobody always comes first, or after the same one
        turn = k % len(entries)
        for entry in entries[turn:] + entries[:turn]:
            times[entry.name].append(timed(entry, x0, steps))
        print(f"round {k + 1} of {pairs}", file=sys.stderr, flush=True)
    return times


def quartiles(values: Array) -> dict[str, float]:
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
    return {"q1": float(low), "median": float(median), "q3": float(high)}


def machine() -> dict[str, str]:
    """The processor as the kernel names it, and what was used."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else cpu
    return {"cpu": cpu, "cores": str(os.cpu_count()), "python": platform.python_version(), "c": compiler()}


def report(
    own: list[Peer], peers: list[Peer], times: dict[str, list[float]], work: int
) -> list[dict[str, object]]:
    """Print the table, return its rows. A ratio is peer time / our time in one round; above 1 ours wins."""
    rows: list[dict[str, object]] = []
    print(f"\n{'':22}{'time / ours: median [q1, q3]':>32}{'time / ours-fast':>28}{'G steps/s':>12}")
    for entry in own + peers:
        mine = np.array(times[entry.name])
        row: dict[str, object] = {"name": entry.name, "note": entry.note, "share": entry.share}
        cells = []
        for reference in own:
            ratio = quartiles(mine / np.array(times[reference.name]))
            row[f"over {reference.name}"] = ratio
            cells.append(f"{ratio['median']:.3g} [{ratio['q1']:.3g}, {ratio['q3']:.3g}]")
        row["G steps/s"] = work / float(np.median(mine)) / 1e9
        rows.append(row)
        print(f"{entry.name:22}{cells[0]:>32}{cells[1]:>28}{row['G steps/s']:>12.4f}")
    for entry in own + peers:
        part = f" (timed on 1/{entry.share} of the steps)" if entry.share > 1 else ""
        print(f"  {entry.name}: {entry.note}{part}")
    return rows


def main() -> int:
    plain = argparse.RawDescriptionHelpFormatter
    options = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    options.add_argument("--n", type=int, default=1024, help="starts along each side of the grid")
    options.add_argument("--steps", type=int, default=1000)
    options.add_argument("--pairs", type=int, default=9, help="rounds; each gives one ratio per peer")
    options.add_argument("--peers", default=",".join(GROUPS), help="comma-separated; c is always there")
    options.add_argument("--json", type=Path, help="write everything measured to this file")
    given = options.parse_args()
    groups = [name for name in given.peers.split(",") if name]
    if unknown := set(groups) - set(GROUPS):
        options.error(f"unknown peers: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")

    own, peers = ours(), collect(["c", *(name for name in groups if name != "c")])
    strict = next(peer for peer in peers if peer.name == REFERENCE)
    if not gate(own + peers, strict, given.steps):
        print("the gate failed: nothing is timed")
        return 1
    x0 = starts(given.n)
    times = rounds(own, peers, x0, given.steps, given.pairs)
    rows = report(own, peers, times, len(x0) * given.steps)
    if given.json:
        setting = {"n": given.n, "steps": given.steps, "pairs": given.pairs, "threads": THREADS}
        record = {"machine": machine(), "setting": setting, "rows": rows, "times": times}
        given.json.write_text(json.dumps(record, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
