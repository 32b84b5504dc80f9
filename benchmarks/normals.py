"""Normals as a kernel draws them, on one thread, beside numba's and NumPy's own generators.

    python benchmarks/normals.py [--n 20000000] [--pairs 9] [--json FILE]

Ours: ``normal_rows`` over the 64 lanes of a tile, as in a kernel, summed there with their squares, as the peers do.
First the gate: a known answer of Random123, compiled bits against plain, mean and variance of what every program made.
Nothing is timed if it fails. Then rounds: ours and every peer once, in rotating order. Reported are ratios of times of
the same round.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from common import seconds
from numba import njit
from sam_beale import machine, quartiles

from saddlescape.dynamics import kernels, link

#: how many normals -> the sum of them and the sum of their squares
Program = Callable[[int], tuple[float, float]]

LOOP = """
@outer
def drawn(streams, seed_lo, seed_hi, ticks):
    widen()
    w = np.empty((TILE, LANES))
    for i in range(LANES):
        w[8, i] = streams[i]
        for row in range(8):
            w[row, i] = 0.0
    for tick in range(ticks):
        normal_rows(w, 9, 4, tick, 1, 0, seed_lo, seed_hi)
        for i in range(LANES):
            a, b, c, d = w[9, i], w[10, i], w[11, i], w[12, i]
            w[0, i] += a
            w[1, i] += b
            w[2, i] += c
            w[3, i] += d
            w[4, i] += a * a
            w[5, i] += b * b
            w[6, i] += c * c
            w[7, i] += d * d
    return w


@outer
def words(tick, stream):
    return philox(_word(tick), _word(tick), _word(stream), _word(stream), _word(tick), _word(tick))
"""
SEED = (0x9ABCDEF0, 0x12345678)
STREAMS = np.arange(64.0)


def source(fast: bool) -> str:
    """The text of a kernel that only draws."""
    flags = '{"contract", "nsz", "arcp"}' if fast else "False"
    header = f"FAST = {flags}\nLANES, TILE, BOX, STREAM = 64, 13, 1, 8"
    return "\n\n\n".join([header, link.verbatim("prelude.py"), link.verbatim("rng.py"), LOOP])


def engine(fast: bool = False, plain: bool = False) -> dict[str, Any]:
    """What the text defines, through numba or as plain Python."""
    space: dict[str, Any] = {"__name__": "drawing", "outer": njit(error_model="numpy")}
    if plain:
        own = {"outer": lambda function: function, "np": np}
        space = {**kernels.PLAIN_NAMES, "PLAIN": True, **own}
    exec(compile(source(fast), "<drawing>", "exec"), space)
    return space


def ours(fast: bool) -> Program:
    """The kernel's own normals."""
    draw = engine(fast)["drawn"]

    def run(n: int) -> tuple[float, float]:
        w = draw(STREAMS, *SEED, n // 256)
        return float(w[:4].sum()), float(w[4:8].sum())

    return run


@njit(error_model="numpy")
def scalar_calls(n: int) -> tuple[float, float]:
    """np.random.normal in a compiled loop."""
    total = squares = 0.0
    for _ in range(n):
        z = np.random.normal()  # noqa: NPY002
        total += z
        squares += z * z
    return total, squares


def generator(n: int) -> tuple[float, float]:
    """Generator.standard_normal (PCG64, ziggurat) into a block that stays in the cache."""
    random, block = np.random.default_rng(1), np.empty(8192)
    total = squares = 0.0
    for _ in range(n // block.size):
        random.standard_normal(out=block)
        total += float(block.sum())
        squares += float(block @ block)
    return total, squares


PROGRAMS: dict[str, Program] = {
    "ours": ours(fast=False),
    "ours-fast": ours(fast=True),
    "numba np.random.normal": scalar_calls,
    "Generator": generator,
}


def gate(n: int) -> bool:
    """Known answers, compiled = plain in every bit, and mean 0 and variance 1 of everything, to 5 standard errors."""
    numba, plain = engine(), engine(plain=True)
    zeros = numba["words"](0, 0)
    passed = [f"{int(word):08x}" for word in zeros] == ["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]
    print(f"gate: philox of zeros {'ok' if passed else 'FAIL'}")
    one, other = (space["drawn"](STREAMS, *SEED, 40) for space in (numba, plain))
    equal = np.array_equal(one, other)
    print(f"  compiled and plain {'agree in every bit' if equal else 'DIFFER'}")
    passed = passed and equal
    for name, run in PROGRAMS.items():
        made = n // 8192 * 8192
        total, squares = run(made)
        mean, variance = total / made**0.5, (squares / made - 1.0) * (made / 2) ** 0.5
        good = max(abs(mean), abs(variance)) < 5
        print(
            f"  {'ok  ' if good else 'FAIL'} {name:24} mean {mean:+.2f}, variance {variance:+.2f} standard errors"
        )
        passed = passed and good
    return passed


def rounds(n: int, pairs: int) -> dict[str, list[float]]:
    """Times of every program, in rotating order."""
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    names = list(PROGRAMS)
    for k in range(pairs):
        turn = k % len(names)
        for name in names[turn:] + names[:turn]:
            run = PROGRAMS[name]
            times[name].append(seconds(lambda run=run: run(n)))  # type: ignore[misc]
        print(f"round {k + 1} of {pairs}", file=sys.stderr, flush=True)
    return times


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--n", type=int, default=20_000_000, help="normals of one timed call")
    options.add_argument("--pairs", type=int, default=9, help="rounds; each gives one ratio per peer")
    options.add_argument("--json", type=Path, help="write everything measured to this file")
    given = options.parse_args()
    if not gate(2_000_000):
        print("the gate failed: nothing is timed")
        return 1
    n = given.n // 8192 * 8192
    times = rounds(n, given.pairs)
    rows = {}
    print(f"\n{'':24}{'time / ours: median [q1, q3]':>32}{'ns a normal':>14}")
    for name, taken in times.items():
        ratio = quartiles(np.array(taken) / np.array(times["ours"]))
        rows[name] = {"over ours": ratio, "ns": float(np.median(taken)) / n * 1e9}
        cell = f"{ratio['median']:.3g} [{ratio['q1']:.3g}, {ratio['q3']:.3g}]"
        print(f"{name:24}{cell:>32}{rows[name]['ns']:>14.2f}")
    if given.json:
        given.json.write_text(
            json.dumps({"machine": machine(), "n": n, "rows": rows, "times": times}, indent=1)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
