"""What a person waits for: whole processes, interleaved with a process that only imports what any such tool imports.

    python benchmarks/startup.py [--pairs 9] [--json FILE]

Each ratio is (command) / (base) of the same round. Bases: `import numpy, numba, matplotlib.pyplot` for runs,
`import typer` for --help and list. Before timing, every command is run once: caches are warm. The cold run gets an
empty cache each time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from common import seconds

LANDSCAPE = [sys.executable, "-m", "saddlescape"]
HEAVY = [sys.executable, "-c", "import numpy, numba, matplotlib.pyplot"]
LIGHT = [sys.executable, "-c", "import typer"]
RUN = [*LANDSCAPE, "run", "beale", "--opt", "sam", "-o", "out.png", "-q"]
#: name -> (command, base, bar on the median ratio)
TIMED = {
    "run beale --opt sam": (RUN, HEAVY, 1.6),
    "run beale --opt sam --x0 grid:201": ([*RUN, "--x0", "grid:201"], HEAVY, 2.5),
    "--help": ([*LANDSCAPE, "--help"], LIGHT, 3.0),
    "list": ([*LANDSCAPE, "list"], LIGHT, 3.0),
}


def clock(command: list[str], folder: str, cache: str) -> float:
    """Seconds of one process; its output is thrown away, its failure is not."""
    environment = {**os.environ, "SADDLESCAPE_CACHE": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def call() -> None:
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)

    return seconds(call)


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--pairs", type=int, default=9)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    rows: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        warm = str(Path(folder) / "warm")
        for command, base, _ in TIMED.values():
            clock(command, folder, warm)
            clock(base, folder, warm)
        ratios: dict[str, list[float]] = {name: [] for name in TIMED}
        cold = []
        for k in range(given.pairs):
            for name, (command, base, _) in TIMED.items():
                ratios[name].append(clock(command, folder, warm) / clock(base, folder, warm))
            cold.append(clock(RUN, folder, str(Path(folder) / f"cold{k}")))
    for name, (_, _, bar) in TIMED.items():
        low, median, high = np.quantile(ratios[name], [0.25, 0.5, 0.75])
        rows[name] = {"q1": low, "median": median, "q3": high, "bar": bar}
        print(f"{name:38} {median:5.2f} × base [{low:.2f}, {high:.2f}]   bar {bar}")
    rows["cold run, seconds"] = sorted(cold)
    print(
        f"{'run beale --opt sam, empty cache':38} {np.median(cold):5.2f} s [{min(cold):.2f}, {max(cold):.2f}]   bar 8"
    )
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
