"""Every polynomial landscape of degree ≥ 3 beside Beale: time per operation of the printed source.

    python benchmarks/catalogue.py [--pairs 9] [--json FILE]

Operations of a SAM step: two gradients as printed (+ − × count 1, ÷ √ count 8), the norm, its reciprocal, the displaced
point and the move. Rounds are interleaved; a ratio is (time per operation) / (Beale's in the same round).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from common import THREADS, seconds

import saddlescape as ss
from saddlescape.landscapes import CATALOGUE

#: trajectories and steps of one call
SIDE, STEPS = 256, 400
#: a polynomial of degree ≥ 3, so that the third derivative does not vanish
TRANSCENDENTAL = ("exp", "log", "sin", "cos", "tan", "sqrt", "tanh")


def polynomials() -> list[str]:
    """Catalogue names whose loss is a polynomial of degree ≥ 3, Beale first."""
    names = []
    for name, landscape in CATALOGUE.items():
        expression = landscape.expression
        symbols = [s for s in expression.free_symbols if s.name in landscape.coordinates]
        if expression.is_polynomial(*symbols) and expression.as_poly(*symbols).total_degree() >= 3:
            names.append(name)
    return ["beale", *sorted(set(names) - {"beale"})]


def operations(name: str) -> int:
    """Weighted operations of one SAM step in the printed kernel."""
    d = CATALOGUE[name].dim
    norm = (2 * d - 1) + 8 + 8 + 1
    return 2 * int(CATALOGUE[name].derived["gradient"]["operations"]) + norm + 4 * d


def starts(name: str) -> np.ndarray:
    """Low-discrepancy starts around the demonstration's start, so that nothing diverges."""
    landscape = CATALOGUE[name]
    width = np.array([hi - lo for lo, hi in landscape.view])
    unit = np.random.default_rng(0).uniform(-0.5, 0.5, (SIDE * SIDE, landscape.dim))
    return np.asarray(landscape.start + 0.02 * width * unit)


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--pairs", type=int, default=9)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    names = polynomials()
    calls = {}
    for name in names:
        landscape, x0 = CATALOGUE[name], starts(name)
        method = ss.method("sam", eta=0.1 * float(landscape.eta or 1e-3), rho=1e-3)

        def call(landscape=landscape, method=method, x0=x0):  # type: ignore[no-untyped-def]
            return ss.simulate(
                landscape, method, x0, steps=STEPS, every=STEPS, threads=THREADS, engine="compiled"
            )

        run = call()
        one = ss.simulate(landscape, method, x0[:4], steps=STEPS, every=STEPS, engine="plain")
        if not np.array_equal(run.final[:4], one.final):
            print(f"{name}: compiled and plain differ; nothing is timed")
            return 1
        if not np.isfinite(run.final).all():
            print(f"{name}: diverges; choose other starts")
            return 1
        calls[name] = call
    times: dict[str, list[float]] = {name: [] for name in names}
    for k in range(given.pairs):
        for name in names:
            times[name].append(seconds(calls[name]))
        print(f"round {k + 1} of {given.pairs}", file=sys.stderr, flush=True)
    beale = np.array(times["beale"]) / operations("beale")
    rows = {}
    print(f"{'':24}{'operations':>11}{'time per operation / Beale: median [q1, q3]':>46}")
    for name in names:
        ratio = np.array(times[name]) / operations(name) / beale
        low, median, high = np.quantile(ratio, [0.25, 0.5, 0.75])
        rows[name] = {"operations": operations(name), "q1": low, "median": median, "q3": high}
        print(f"{name:24}{operations(name):>11}{f'{median:.2f} [{low:.2f}, {high:.2f}]':>46}")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
