"""Ensembles of flows on Beale's function: RK4 with a fixed step, and an adaptive scheme with end states only.

    python benchmarks/flow_ensemble.py [--n 65536] [--steps 1000] [--adaptive-n 16384] [--time 20] [--pairs 9]
                                       [--part fixed,adaptive] [--json FILE]

Two threads, double precision. Gates: with a fixed step strict C and ours agree in every bit, the others after few steps;
with a tolerance every program's errors are measured against DOP853 at 1e-13 and stated beside its time. Nothing is timed
if a gate fails. Then rounds: every program once, in rotating order. Reported are ratios of times of the same round.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from functools import partial
from pathlib import Path

import numpy as np
from common import THREADS, Array
from flow_peers import (
    Adaptive,
    Fixed,
    c_fixed,
    diffrax_adaptive,
    diffrax_fixed,
    heyoka_best,
    heyoka_fixed,
    numpy_fixed,
    scipy_adaptive,
)
from pairs import Entry, interleaved, table
from sam_beale import bits_differ, machine

import saddlescape as ss

DT, RHO = 1e-3, 0.1
REFERENCE = "c-strict-512"
#: with a tolerance: when errors are measured (later nearly all are at the minimum), on how many trajectories,
#: and how far nearly all may be off
MIDDLE, SAMPLE, SHARE, WORST = 2.0, 512, 0.95, {1e-6: 1e-4, 1e-9: 1e-7}


def window(n: int) -> Array:
    """Starts spread over [0, 4] × [−1, 1.2]."""
    return np.random.default_rng(0).uniform([0.0, -1.0], [4.0, 1.2], (n, 2))


def ours_fixed(x0: Array, steps: int, dt: float, rho: float, fast: bool = False) -> Array:
    name = "gd@flow:" if rho < 0.0 else f"sam@flow:rho={rho!r},"
    method = f"{name}scheme=rk4,eta={dt!r},dt={dt!r}"
    run = ss.simulate(
        ss.landscape("beale"),
        method,
        x0,
        steps=steps,
        every=steps,
        threads=THREADS,
        fast=fast,
        engine="compiled",
    )
    return np.asarray(run.final)


def ours_adaptive(x0: Array, time: float, rtol: float, fast: bool = False) -> Array:
    method = f"gd@flow:scheme=dopri5,rtol={rtol!r},atol={1e-3 * rtol!r},eta={DT!r},dt={DT!r}"
    steps = round(time / DT)
    run = ss.simulate(
        ss.landscape("beale"),
        method,
        x0,
        steps=steps,
        every=steps,
        threads=THREADS,
        fast=fast,
        engine="compiled",
    )
    return np.asarray(run.final)


def fixed_programs() -> dict[str, tuple[Fixed, str, int]]:
    """name -> (program, what it is, the part of the steps it is timed on)."""
    found: dict[str, tuple[Fixed, str, int]] = {
        "ours": (ours_fixed, "ss.simulate, strict", 1),
        "ours-fast": (partial(ours_fixed, fast=True), "ss.simulate, fast=True", 1),
        **{name: (run, note, 1) for name, (run, note) in c_fixed().items()},
    }
    for name, make, note, part in (
        (
            "heyoka",
            lambda: heyoka_fixed(8192),
            "cfunc of one step, blocks of 8192, AVX-512, two Python threads",
            2,
        ),
        ("diffrax", diffrax_fixed, "classical tableau, blocks of 4096, two Python threads", 20),
        ("numpy", lambda: numpy_fixed, "whole arrays, one thread", 100),
    ):
        try:
            found[name] = (make(), note, part)
        except ImportError as missing:
            print(f"{name}: left out, {missing}")
    return found


def fixed_gate(programs: dict[str, tuple[Fixed, str, int]], steps: int, rho: float) -> bool:
    """Strict C and ours: equal in every bit after all steps. The others: 98 of 100 within 1e-8 after 50."""
    x0 = window(4096)
    reference = programs[REFERENCE][0]
    few, many = reference(x0, 50, DT, rho), reference(x0, steps, DT, rho)
    passed = True
    for name, (run, _, _) in programs.items():
        share = float((np.abs(run(x0, 50, DT, rho) - few).max(axis=1) <= 1e-8).mean())
        good, said = share >= 0.98, f"{share:.2%} within 1e-8 after 50 steps"
        if name == "ours" or name.startswith("c-strict"):
            different = bits_differ(run(x0, steps, DT, rho), many)
            good, said = good and different == 0, f"{said}; {different} differ in a bit after {steps}"
        print(f"  {'ok  ' if good else 'FAIL'} {name:22} {said}")
        passed = passed and good
    return passed


def fixed(n: int, steps: int, pairs: int) -> dict[str, object] | None:
    """RK4 of the flows of gradient descent and SAM."""
    every, x0, found = fixed_programs(), window(n), {}
    for method, rho in (("gd@flow", -1.0), ("sam@flow", RHO)):
        # diffrax's loop has no place for the rule by which SAM's flow stays at a critical point
        programs = {name: each for name, each in every.items() if rho < 0.0 or name != "diffrax"}
        print(f"\n{method}, RK4, dt = {DT:g}, {n} trajectories × {steps} steps; gate:")
        if not fixed_gate(programs, steps, rho):
            return None
        entries = [
            Entry(name, partial(run, x0, max(1, steps // part), DT, rho), float(part), note)
            for name, (run, note, part) in programs.items()
        ]
        times = interleaved(entries, pairs)
        rows = table(entries, times, "ours", n * steps / 1e6, "M steps/s")
        found[method] = {"rows": rows, "times": {k: v.tolist() for k, v in times.items()}}
    return found


def adaptive_programs(x0: Array, time: float) -> dict[str, tuple[Adaptive, str, int]]:
    """name -> (program, what it is, the part of the trajectories it is timed on)."""
    found: dict[str, tuple[Adaptive, str, int]] = {
        "ours": (ours_adaptive, "gd@flow:scheme=dopri5, strict", 1),
        "ours-fast": (partial(ours_adaptive, fast=True), "fast=True", 1),
    }
    for name, make, part in (
        ("heyoka", lambda: heyoka_best(x0[:4096], time), 1),
        (
            "diffrax-dopri5",
            lambda: (diffrax_adaptive("Dopri5"), "vmap, blocks of 1024, two Python threads"),
            8,
        ),
        ("diffrax-tsit5", lambda: (diffrax_adaptive("Tsit5"), "vmap, blocks of 1024, two Python threads"), 8),
        (
            "scipy-dop853",
            lambda: (scipy_adaptive(), "solve_ivp, one trajectory after the other, one thread"),
            1024,
        ),
    ):
        try:
            found[name] = (*make(), part)
        except ImportError as missing:
            print(f"{name}: left out, {missing}")
    return found


def errors(
    programs: dict[str, tuple[Adaptive, str, int]], x0: Array, time: float, rtol: float, exact: Array
) -> bool:
    """Print what every program achieves; nearly all errors must be below what its tolerance allows."""
    passed = True
    for name, (run, _, _) in programs.items():
        off = np.abs(run(x0, time, rtol) - exact).max(axis=1)
        share = float((off <= WORST[rtol]).mean())
        median, most, worst = np.quantile(off, [0.5, 0.99, 1.0])
        good = share >= SHARE
        print(
            f"  {'ok  ' if good else 'FAIL'} {name:16} median {median:.1e}, 99 of 100 {most:.1e}, worst {worst:.1e}"
        )
        passed = passed and good
    return passed


def adaptive(n: int, time: float, pairs: int) -> dict[str, object] | None:
    """The flow of gradient descent with a tolerance: end states only."""
    x0, found = window(n), {}
    programs, few = adaptive_programs(x0, time), window(SAMPLE)
    middle = min(MIDDLE, time)
    exact = scipy_adaptive()(few, middle, 1e-13)
    for rtol in WORST:
        print(f"\ngd@flow, rtol = {rtol:g}; gate: errors at t = {middle:g} from {SAMPLE} starts")
        if not errors(programs, few, middle, rtol, exact):
            return None
        print(f"\nto t = {time:g}, {n} trajectories")
        entries = [
            Entry(name, partial(run, x0[::part], time, rtol), n / len(x0[::part]), note)
            for name, (run, note, part) in programs.items()
        ]
        times = interleaved(entries, pairs)
        rows = table(entries, times, "ours", n / 1e3, "k paths/s")
        found[f"{rtol:g}"] = {"rows": rows, "times": {k: v.tolist() for k, v in times.items()}}
    return found


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--n", type=int, default=65_536, help="trajectories with a fixed step")
    options.add_argument("--steps", type=int, default=1000)
    options.add_argument("--adaptive-n", type=int, default=16_384, help="trajectories with a tolerance")
    options.add_argument("--time", type=float, default=20.0, help="end of the adaptive flows")
    options.add_argument("--pairs", type=int, default=9, help="rounds; each gives one ratio per peer")
    options.add_argument("--part", default="fixed,adaptive")
    options.add_argument("--json", type=Path, help="write everything measured to this file")
    given = options.parse_args()
    found: dict[str, object] = {"machine": machine(), "load": os.getloadavg()}
    for part in given.part.split(","):
        made = (
            fixed(given.n, given.steps, given.pairs)
            if part == "fixed"
            else adaptive(given.adaptive_n, given.time, given.pairs)
        )
        if made is None:
            print("the gate failed: nothing is timed")
            return 1
        found[part] = made
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
