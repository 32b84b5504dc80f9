"""How much a picture of basins costs beyond the raw map: whole processes, ends only, start of Python in both.

    python benchmarks/basins.py --rounds 9

raw       two ``simulate`` calls (gd, sam) of the same starts and steps, statuses never asked for
command   ``landscape basins beale --opt gd --opt sam --resolution N --steps 1000 --no-continue --no-plot``
figure    the same with its figure
Every round runs all three; what counts are ratios within a round, of wall time and of processor time (which a busy
machine disturbs less). The gate: on a coarse grid fates are those of ``simulate``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

import saddlescape as ss

RAW = """
import numpy as np, saddlescape as ss
L = ss.landscape("beale")
axes = [lo + (hi - lo) * (np.arange({n}) + 0.5) / {n} for lo, hi in L.view]
x0 = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
for method in ("gd", "sam"):
    ss.simulate(L, method, x0, {steps}, every={steps})
"""


def gate(steps: int) -> None:
    """Refuse to time what is wrong."""
    L = ss.landscape("beale")
    for method in ("gd", "sam"):
        b = ss.basins(L, method, resolution=64, steps=steps)
        x0 = np.stack(np.meshgrid(*b.axes), axis=-1).reshape(-1, 2)
        run = ss.simulate(L, method, x0, steps, every=steps)
        if not np.array_equal(np.ma.filled(b.fate, -1).ravel(), np.ma.filled(run.fate, -1)):
            sys.exit(f"{method}: fates differ from those of simulate; nothing is timed")


def timed(command: list[str], folder: str) -> tuple[float, float, float]:
    """Return wall time, processor time (s) and peak memory (MB) of a process."""
    began = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(command)[:100]}")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    gate(asked.steps)
    ours = [
        sys.executable,
        "-m",
        "saddlescape",
        "basins",
        "beale",
        "--opt",
        "gd",
        "--opt",
        "sam",
        "--no-continue",
    ]
    ours += ["--resolution", str(asked.n), "--steps", str(asked.steps), "-q"]
    commands = {
        "raw": [sys.executable, "-c", RAW.format(n=asked.n, steps=asked.steps)],
        "command": [*ours, "--no-plot"],
        "figure": [*ours, "-o", "a.png"],
    }
    with tempfile.TemporaryDirectory() as folder:
        rounds = [{name: timed(c, folder) for name, c in commands.items()} for _ in range(asked.rounds + 1)][
            1:
        ]
    for name in commands:
        wall, work = ([r[name][k] / r["raw"][k] for r in rounds] for k in (0, 1))
        memory = max(r[name][2] for r in rounds)
        seconds = statistics.median(r[name][0] for r in rounds)
        print(
            f"{name:8} {seconds:6.2f} s   / raw: wall {_spread(wall)}, processor {_spread(work)}   {memory:.0f} MB"
        )


def _spread(values: list[float]) -> str:
    low, middle, high = np.percentile(values, [25, 50, 75])
    return f"{middle:.2f} [{low:.2f}, {high:.2f}]"


if __name__ == "__main__":
    main()
