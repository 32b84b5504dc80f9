"""The law of one tick's draw as weighted atoms: what expectations and covariances over batches are sums over.

Exact enumeration up to ``MOST`` batches, otherwise ``FIXED`` batches drawn once; for Gaussian noise that a perturbation
sees the nodes of nodes.py. How far such a law is from the noise it stands for is measured in accuracy.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, product
from math import comb, factorial, prod

import numpy as np

from saddlescape.dynamics.nodes import normals
from saddlescape.dynamics.noise import Draw, Noise
from saddlescape.symbols import Vector, fixed

MOST, FIXED = 256, 64

Weights = tuple[float, ...]
Batch = tuple[Weights, ...]
"""The weights of the samples in each group of a batch."""


@dataclass(frozen=True)
class Law:
    """``atoms`` (probability, draw); ``additive``: Gaussian noise sigma·z is to be added to what they say, because
    nothing the ascent sees depends on it. ``rule`` says in words how the law was made, ``exact`` whether it is no
    approximation."""

    atoms: tuple[tuple[float, Draw], ...]
    additive: bool
    rule: str
    exact: bool


def seen(noise: Noise, looks: bool) -> bool:
    """Whether the ascent step of a method (that ``looks``: has one) depends on Gaussian noise."""
    return noise.additive and looks and noise.ascent != "full"


def law(noise: Noise, samples: int, dim: int, looks: bool) -> Law:
    """Return the law of ``noise`` on a landscape of ``samples`` samples in ``dim`` dimensions.

    ``looks`` says whether the method has an ascent step at all.
    """
    rng = np.random.default_rng(0)
    batches, rule, exact = _batches(noise, samples, rng)
    step = [(p, ("",) * noise.groups if b is None else b) for p, b in batches]
    look: Sequence[tuple[float, tuple[object, ...] | None]] = [(1.0, None)]
    if noise.ascent == "full" or not looks:
        look = [(1.0, ("",) * noise.groups)]
    elif noise.ascent == "fresh":
        look = step
    gaussian = seen(noise, looks)
    points: list[tuple[float, Vector | None]] = [(1.0, None)]
    more = ""
    if gaussian:
        weights, nodes, more = normals(dim, noise.nodes, rng)
        points = [(p, fixed(z)) for p, z in zip(weights.tolist(), nodes.tolist(), strict=True)]
    atoms = []
    for (p, s), (q, a), (r, z) in product(step, look, points):
        shared = z if noise.ascent == "same" else None
        atoms.append((p * q * r, Draw(s, s if a is None else a, shared, z)))
    additive = noise.additive and not (gaussian and noise.ascent == "same")
    said = "; ".join(filter(None, (rule, more))) or "no atoms needed"
    return Law(tuple(atoms), additive, said, exact and not gaussian)


def _batches(
    noise: Noise, n: int, rng: np.random.Generator
) -> tuple[list[tuple[float, Batch | None]], str, bool]:
    if noise.batch is None or (noise.batch == n and not noise.replace and noise.groups == 1):
        return [(1.0, None)], "", True
    size = noise.batch // noise.groups
    if _count(noise, n, size) <= MOST:
        found: Counter[Batch] = Counter()
        for batch, p in _every(noise, n, size):
            found[tuple(sorted(batch))] += p  # type: ignore[assignment]
        return [(p, b) for b, p in found.items()], f"{len(found)} batches, exact", True
    drawn: list[tuple[float, Batch | None]] = []
    for _ in range(FIXED):
        drawn.append((1 / FIXED, one_batch(noise, n, rng)))
    return drawn, f"{FIXED} batches, drawn once", False


def one_batch(noise: Noise, n: int, rng: np.random.Generator) -> Batch:
    """Draw one batch of ``n`` samples: its weights, group by group."""
    assert noise.batch is not None
    picks = rng.integers(0, n, noise.batch) if noise.replace else rng.permutation(n)[: noise.batch]
    size = noise.batch // noise.groups
    return tuple(_weights(g, n, size) for g in picks.reshape(-1, size).tolist())


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
