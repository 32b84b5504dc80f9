"""The law of one tick's draw as weighted atoms: what expectations and covariances over batches are sums over.

Exact enumeration up to ``MOST`` batches; nodes on a line or on rings for Gaussian noise that a perturbation sees (d ≤ 2);
otherwise ``FIXED`` draws from the seed, antithetic and whitened, so that mean and covariance of the noise are exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, product
from math import comb, factorial, prod
from statistics import NormalDist
from typing import Any

import numpy as np

from saddlescape.dynamics.noise import Draw, Noise
from saddlescape.symbols import Vector, fixed

MOST, FIXED, LINE, RINGS, SPOKES = 256, 64, 40, 4, 9

Weights = tuple[float, ...]
Batch = tuple[Weights, ...]
"""The weights of the samples in each group of a batch."""


@dataclass(frozen=True)
class Law:
    """``atoms`` (probability, draw); ``additive``: Gaussian noise sigma·z is to be added to what they say, because
    nothing the ascent sees depends on it. ``rule`` says in words how the law was made."""

    atoms: tuple[tuple[float, Draw], ...]
    additive: bool
    rule: str


def law(noise: Noise, samples: int, dim: int, looks: bool, seed: int = 0) -> Law:
    """Return the law of ``noise`` on a landscape of ``samples`` samples in ``dim`` dimensions.

    ``looks`` says whether the method has an ascent step at all.
    """
    rng = np.random.default_rng(seed)
    batches, rule = _batches(noise, samples, rng)
    step = [(p, ("",) * noise.groups if b is None else b) for p, b in batches]
    look: Sequence[tuple[float, tuple[object, ...] | None]] = [(1.0, None)]
    if noise.ascent == "full" or not looks:
        look = [(1.0, ("",) * noise.groups)]
    elif noise.ascent == "fresh":
        look = step
    seen = noise.additive and looks and noise.ascent != "full"
    normals, more = _normals(dim, rng) if seen else ([(1.0, None)], "")
    atoms = []
    for (p, s), (q, a), (r, z) in product(step, look, normals):
        shared = z if noise.ascent == "same" else None
        atoms.append((p * q * r, Draw(s, s if a is None else a, shared, z)))
    additive = noise.additive and not (seen and noise.ascent == "same")
    return Law(tuple(atoms), additive, "; ".join(filter(None, (rule, more))) or "no atoms needed")


def _batches(noise: Noise, n: int, rng: np.random.Generator) -> tuple[list[tuple[float, Batch | None]], str]:
    if noise.batch is None or (noise.batch == n and not noise.replace and noise.groups == 1):
        return [(1.0, None)], ""
    size = noise.batch // noise.groups
    if _count(noise, n, size) <= MOST:
        found: Counter[Batch] = Counter()
        for batch, p in _every(noise, n, size):
            found[tuple(sorted(batch))] += p  # type: ignore[assignment]
        return [(p, b) for b, p in found.items()], f"{len(found)} batches, exact"
    drawn: list[tuple[float, Batch | None]] = []
    for _ in range(FIXED):
        picks = rng.integers(0, n, noise.batch) if noise.replace else rng.permutation(n)[: noise.batch]
        drawn.append((1 / FIXED, tuple(_weights(g, n, size) for g in picks.reshape(-1, size).tolist())))
    return drawn, f"{FIXED} batches drawn by the seed"


def _count(noise: Noise, n: int, size: int) -> float:
    if noise.replace:
        return float(comb(n + size - 1, size)) ** noise.groups
    return float(factorial(n) / (factorial(size) ** noise.groups * factorial(n - size * noise.groups)))


def _every(noise: Noise, n: int, size: int) -> Iterator[tuple[Batch, float]]:
    if noise.replace:
        one = [(c, _chance(c, n)) for c in combinations_with_replacement(range(n), size)]
        for groups in product(one, repeat=noise.groups):
            yield tuple(_weights(c, n, size) for c, _ in groups), prod(p for _, p in groups)
        return
    total = _count(noise, n, size)
    for parts in _partitions(tuple(range(n)), size, noise.groups):
        yield tuple(_weights(g, n, size) for g in parts), 1.0 / total


def _partitions(rest: tuple[int, ...], size: int, groups: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    if groups == 0:
        yield ()
        return
    for first in combinations(rest, size):
        left = tuple(i for i in rest if i not in first)
        for others in _partitions(left, size, groups - 1):
            yield (first, *others)


def _chance(drawn: Sequence[int], n: int) -> float:
    ways = factorial(len(drawn)) / prod(factorial(c) for c in Counter(drawn).values())
    return float(ways / n ** len(drawn))


def _weights(drawn: Sequence[int], n: int, size: int) -> Weights:
    counts = Counter(drawn)
    return tuple(counts[i] / size for i in range(n))


def _normals(dim: int, rng: np.random.Generator) -> tuple[list[tuple[float, Vector | None]], str]:
    """Return nodes for standard normals. A unit vector of g + sigma z jumps where that vanishes, so that no node may sit
    at z = 0: on a line the middles of equal shares, in the plane rings of a rule exact for 1/r, 1, r, r² …"""
    if dim == 1:
        normal = NormalDist()
        nodes = [normal.inv_cdf((k + 0.5) / LINE) for k in range(LINE)]
        spread = (sum(z * z for z in nodes) / LINE) ** 0.5
        return [(1 / LINE, fixed([z / spread])) for z in nodes], f"{LINE} nodes of equal weight"
    if dim == 2:
        r, p = rings(RINGS)
        turns = 2 * np.pi * (np.arange(SPOKES) + 0.5) / SPOKES
        return [
            (float(q) / SPOKES, fixed((a * np.cos(t), a * np.sin(t))))
            for a, q in zip(r, p, strict=True)
            for t in turns
        ], f"{RINGS} rings of {SPOKES} nodes"
    half = rng.standard_normal((FIXED // 2, dim))
    half = half @ np.linalg.inv(np.linalg.cholesky(half.T @ half / len(half))).T
    draws = np.concatenate([half, -half])
    return [(1 / FIXED, fixed(row)) for row in draws.tolist()], f"{FIXED} normals drawn by the seed"


def rings(n: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return radii and weights with Σ p f(r) = E f(|z|), z standard normal in the plane, for f = 1/r, 1, r … r^(2n−2).

    They are the Gauss rule of the half-range weight e^(−r²/2) (Golub & Welsch 1969), times r.
    """
    x, w = np.polynomial.legendre.leggauss(400)
    x = 7.5 * (x + 1)
    w = w * np.exp(-0.5 * x * x)
    a, b, before, now = np.zeros(n), np.zeros(n), np.zeros_like(x), np.ones_like(x) / np.sqrt(w.sum())
    for k in range(n):  # the recurrence of the orthogonal polynomials
        a[k] = np.sum(w * x * now * now)
        after = (x - a[k]) * now - (b[k - 1] * before if k else 0.0)
        b[k] = np.sqrt(np.sum(w * after * after))
        before, now = now, after / b[k]
    radii, vectors = np.linalg.eigh(np.diag(a) + np.diag(b[: n - 1], 1) + np.diag(b[: n - 1], -1))
    weights = vectors[0] ** 2 * radii
    return radii, weights / weights.sum()
