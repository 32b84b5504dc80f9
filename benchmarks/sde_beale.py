"""The SDE of SAM on Beale's function under additive noise: ours of order 3, and peers doing order 2.

    python benchmarks/sde_beale.py [--n 131072] [--ticks 1000] [--pairs 9] [--peers jax,diffrax,torchsde,jitcsde]
                                   [--json FILE]

Euler–Maruyama with ticks dt = eta, double precision, two threads. First the gate: drifts at points to 1e-10, then means
and covariances at the end of many trajectories from one start, within 5 standard errors; nothing is timed if it fails.
Then rounds: every program once, in rotating order. Reported are ratios of times of the same round.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import THREADS, Array, starts
from pairs import Entry, interleaved, table
from sam_beale import machine
from sde_peers import (
    ETA,
    RHO,
    SIGMA,
    Walk,
    diffrax_walk,
    drift,
    jax_best,
    jitcsde_walk,
    torchsde_walk,
)

import saddlescape as ss

#: start, ticks and trajectories of the gate: far from where the noise-free gradient vanishes
GATE_START, GATE_TICKS, GATE_N = (0.5, 0.5), 300, 65_536
ERRORS = 5.0


@dataclass(frozen=True)
class Peer:
    """A program of order 2: what it is, and the part of the ticks and of the trajectories it is timed on."""

    walk: Walk
    note: str
    fewer_ticks: int = 1
    fewer_starts: int = 1


def ours(order: int, parts: int = 1, fast: bool = False, eta: float = ETA, sigma: float = SIGMA) -> Walk:
    """The whole public call; a step of the map is ``parts`` ticks."""
    method = f"sam@sde{order}:rho={RHO!r},sigma={sigma!r},ascent=full,eta={eta!r},dt={eta / parts!r}"
    landscape = ss.landscape("beale")

    def walk(x0: Array, ticks: int, seed: int) -> Array:
        run = ss.simulate(
            landscape,
            method,
            x0,
            steps=ticks,
            every=ticks,
            seed=seed,
            threads=THREADS,
            fast=fast,
            engine="compiled",
        )
        return np.asarray(run.final)

    return walk


OURS: dict[str, tuple[Walk, str]] = {
    "ours": (ours(3), "order 3, dt = eta, ss.simulate, strict"),
    "ours-fast": (ours(3, fast=True), "order 3, dt = eta, ss.simulate, fast=True"),
    "ours-tenth": (
        ours(3, parts=10),
        "order 3, dt = eta/10 (the default), as many ticks: Brownian bridges in every step",
    ),
    "ours-order-2": (ours(2), "order 2, dt = eta"),
}
MADE: dict[str, Callable[[], Peer]] = {
    "jax": lambda: Peer(*jax_best(), fewer_ticks=5),
    "diffrax": lambda: Peer(
        diffrax_walk(), "Euler, UnsafeBrownianPath, blocks of 16384 on two Python threads", 5
    ),
    "torchsde": lambda: Peer(torchsde_walk(), "sdeint, euler, BrownianInterval, whole batch, 2 threads", 50),
    "jitcsde": lambda: Peer(jitcsde_walk(), "one trajectory after the other, one thread", 1, 4096),
}


def collect(names: list[str]) -> dict[str, Peer]:
    """The peers of these names; one whose package is missing is named and left out."""
    found = {}
    for name in names:
        try:
            found[name] = MADE[name]()
        except ImportError as missing:
            print(f"{name}: left out, {missing}")
    return found


def third(x: float, y: float) -> Array:
    """(rho²/2) D³f[n, n] by computer algebra: derivatives of the polynomial, exact numbers put in."""
    import sympy

    a, b = sympy.symbols("x y")
    f = sum(
        (c - a + a * b**k) ** 2
        for k, c in ((1, sympy.Rational(3, 2)), (2, sympy.Rational(9, 4)), (3, sympy.Rational(21, 8)))
    )
    at = {a: sympy.Rational(x), b: sympy.Rational(y)}
    g = [sympy.Float(f.diff(v).subs(at), 40) for v in (a, b)]
    size = sympy.sqrt(g[0] ** 2 + g[1] ** 2)
    n = [c / size for c in g]
    total = [
        sum(
            f.diff(v, u, w).subs(at) * p * q
            for u, p in zip((a, b), n, strict=True)
            for w, q in zip((a, b), n, strict=True)
        )
        for v in (a, b)
    ]
    return np.array([float(RHO**2 / 2 * t) for t in total])


def drifts_agree() -> bool:
    """Our drifts (one tick dt = 1, next to no noise) against the peers' formula and the exact third derivative."""
    points = np.random.default_rng(3).uniform([0.0, -1.0], [4.0, 1.2], (64, 2))
    with np.errstate(all="ignore"):
        second = np.stack(drift(points[:, 0], points[:, 1], np.sqrt, np.where), axis=1)
    exact = {2: second, 3: second + np.array([third(*p) for p in points])}
    passed = True
    for order, expected in exact.items():
        found = points - ours(order, eta=1.0, sigma=1e-300)(points, 1, 0)
        error = float((np.abs(found - expected) / np.maximum(1.0, np.abs(expected))).max())
        print(
            f"  {'ok  ' if error <= 1e-10 else 'FAIL'} drift of order {order}: {error:.1e} at {len(points)} points"
        )
        passed = passed and error <= 1e-10
    return passed


def moments(end: Array) -> tuple[Array, Array]:
    """Mean and covariance (xx, xy, yy), and the standard error of each."""
    away = end - end.mean(axis=0)
    products = np.stack([away[:, 0] ** 2, away[:, 0] * away[:, 1], away[:, 1] ** 2], axis=1)
    samples = np.concatenate([end, products], axis=1)
    return samples.mean(axis=0), samples.std(axis=0) / len(end) ** 0.5


def moments_agree(peers: dict[str, Peer]) -> bool:
    """Everything of order 2 against ours of order 2, in standard errors of the difference."""
    start = np.tile(GATE_START, (GATE_N, 1))
    reference, spread = moments(ours(2)(start, GATE_TICKS, 1))
    print(
        f"  mean and covariance after {GATE_TICKS} ticks from {GATE_START}: {np.array2string(reference, precision=6)}"
    )
    passed = True
    for name, walk, n in [
        ("ours, fast", ours(2, fast=True), GATE_N),
        *((name, peer.walk, max(200, GATE_N // peer.fewer_starts)) for name, peer in peers.items()),
    ]:
        found, own = moments(walk(start[:n], GATE_TICKS, 2))
        off = (found - reference) / np.hypot(own, spread)
        good = bool(np.abs(off).max() < ERRORS)
        print(
            f"  {'ok  ' if good else 'FAIL'} {name:12} {n} trajectories, off by {off.round(1)} standard errors"
        )
        passed = passed and good
    return passed


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--n", type=int, default=131_072, help="trajectories")
    options.add_argument("--ticks", type=int, default=1000)
    options.add_argument("--pairs", type=int, default=9, help="rounds; each gives one ratio per peer")
    options.add_argument("--peers", default=",".join(MADE), help="comma-separated")
    options.add_argument("--json", type=Path, help="write everything measured to this file")
    given = options.parse_args()
    peers = collect([name for name in given.peers.split(",") if name])
    print(f"gate, {THREADS} threads:")
    if not (drifts_agree() and moments_agree(peers)):
        print("the gate failed: nothing is timed")
        return 1
    side = starts(int(given.n**0.5) + 1)
    x0 = side[np.random.default_rng(0).permutation(len(side))[: given.n]]
    entries = [
        Entry(name, lambda walk=walk: walk(x0, given.ticks, 1), note=note)
        for name, (walk, note) in OURS.items()
    ]  # type: ignore[misc]
    for name, peer in peers.items():
        ticks, part = max(1, given.ticks // peer.fewer_ticks), x0[:: peer.fewer_starts]
        scale = given.ticks / ticks * len(x0) / len(part)
        entries.append(Entry(name, lambda walk=peer.walk, p=part, t=ticks: walk(p, t, 1), scale, peer.note))  # type: ignore[misc]
    times = interleaved(entries, given.pairs)
    rows = table(entries, times, "ours", len(x0) * given.ticks / 1e6, "M ticks/s")
    if given.json:
        record = {
            "machine": machine(),
            "load": os.getloadavg(),
            "n": len(x0),
            "ticks": given.ticks,
            "rows": rows,
        }
        given.json.write_text(
            json.dumps({**record, "times": {k: v.tolist() for k, v in times.items()}}, indent=1)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
