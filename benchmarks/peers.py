"""The peers of sam_beale.py: C, NumPy, JAX, heyoka, all called as (x0, steps, eta, rho) -> final states."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np
from c_peer import c_peers
from common import THREADS, Array, Peer, Run, fastest, on_threads, sam_step

__all__ = ["GROUPS", "collect"]


def _recip_numpy(n: Any) -> Any:
    zero = n == 0.0
    return np.where(zero, 0.0, 1.0 / np.where(zero, 1.0, n))


def _numpy_steps(x0: Array, steps: int, eta: float, rho: float) -> Array:
    x, y = x0[:, 0].copy(), x0[:, 1].copy()
    with np.errstate(all="ignore"):
        for _ in range(steps):
            x, y = sam_step(x, y, eta, rho, np.sqrt, _recip_numpy)
    return np.stack([x, y], axis=1)


def _numpy_blocks(block: int) -> Run:
    def run(x0: Array, steps: int, eta: float, rho: float) -> Array:
        out = np.empty_like(x0)

        def work(lo: int, hi: int) -> None:
            out[lo:hi] = _numpy_steps(x0[lo:hi], steps, eta, rho)

        on_threads(work, len(x0), block)
        return out

    return run


def numpy_peers() -> list[Peer]:
    """Whole arrays, as one writes it, and blocks that stay in the cache on two threads."""
    return [
        Peer("numpy", _numpy_steps, share=50, note="whole arrays, one thread"),
        fastest("numpy-blocked", _numpy_blocks, (1024, 4096, 16384), 20, f"blocks, {THREADS} threads"),
    ]


def jax_peers() -> list[Peer]:
    """Whole arrays under one jit, and blocked by hand: a loop over blocks around the loop over steps."""
    flags = os.environ.get("XLA_FLAGS", "")
    if "prefer_vector_width" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_prefer_vector_width=512".strip()
    import jax
    import jax.numpy as jnp
    from jax import lax

    jax.config.update("jax_enable_x64", True)

    def recip(n: Any) -> Any:
        zero = n == 0.0
        return jnp.where(zero, 0.0, 1.0 / jnp.where(zero, 1.0, n))

    def loop(state: Any, steps: int, eta: Any, rho: Any, unroll: int | None = None) -> Any:
        def body(_: Any, now: Any) -> Any:
            return sam_step(now[0], now[1], eta, rho, jnp.sqrt, recip)

        return lax.fori_loop(0, steps, body, state, unroll=unroll)

    whole = jax.jit(loop)

    @partial(jax.jit, static_argnames=("steps", "unroll"))
    def mapped(state: Any, steps: int, eta: Any, rho: Any, unroll: int) -> Any:
        return lax.map(lambda block: loop(block, steps, eta, rho, unroll), state)

    def naive(x0: Array, steps: int, eta: float, rho: float) -> Array:
        return np.stack([np.asarray(part) for part in whole((x0[:, 0], x0[:, 1]), steps, eta, rho)], axis=1)

    def make(option: tuple[int, int]) -> Run:
        block, unroll = option

        def run(x0: Array, steps: int, eta: float, rho: float) -> Array:
            out = np.empty_like(x0)

            def work(lo: int, hi: int) -> None:
                rows = np.arange(lo, lo + -(-(hi - lo) // block) * block) % len(x0)  # whole blocks: padded
                state = tuple(x0[rows, k].reshape(-1, block) for k in (0, 1))
                for k, part in enumerate(mapped(state, steps, eta, rho, unroll)):
                    out[lo:hi, k] = np.asarray(part).ravel()[: hi - lo]

            on_threads(work, len(x0), -(-len(x0) // THREADS))
            return out

        return run

    note = f"lax.map over blocks, {THREADS} Python threads, 512-bit preferred, (block, unroll)"
    sweep = [(block, unroll) for block in (256, 1024, 4096, 16384) for unroll in (1, 4)]
    return [
        Peer("jax", naive, share=5, note="fori_loop over whole arrays, float64, 512-bit preferred"),
        fastest("jax-blocked", make, sweep, 2, note),
    ]


def heyoka_peers() -> list[Peer]:
    """heyoka's compiled function of the one-step map, called once a step on blocks that fit in the cache."""
    import heyoka as hy

    x, y = hy.make_vars("x", "y")

    @lru_cache
    def compiled(eta: float, rho: float, batch: int) -> Callable[..., Any]:
        def recip(n: Any) -> Any:
            return hy.select(hy.eq(n, 0.0), 0.0, 1.0 / n)

        step = sam_step(x, y, eta, rho, hy.sqrt, recip)  # eta and rho are compiled in, to its advantage
        function: Callable[..., Any] = hy.cfunc(
            list(step), [x, y], force_avx512=True, fast_math=False, batch_size=batch
        )
        return function

    def make(option: tuple[int, int]) -> Run:
        block, batch = option

        def run(x0: Array, steps: int, eta: float, rho: float) -> Array:
            function, out = compiled(eta, rho, batch), np.empty_like(x0)

            def work(lo: int, hi: int) -> None:
                now = np.ascontiguousarray(x0[lo:hi].T)
                after = np.empty_like(now)
                for _ in range(steps):
                    function(now, outputs=after, batch_parallel=False)
                    now, after = after, now
                out[lo:hi] = now.T

            on_threads(work, len(x0), block)
            return out

        return run

    sweep = [(block, batch) for block in (4096, 8192, 16384, 32768) for batch in (8, 16)]
    note = f"cfunc, one call a step, {THREADS} Python threads, AVX-512, fast_math=False, (block, batch)"
    return [fastest("heyoka", make, sweep, 1, note)]


GROUPS: dict[str, Callable[[], list[Peer]]] = {
    "c": c_peers,
    "numpy": numpy_peers,
    "jax": jax_peers,
    "heyoka": heyoka_peers,
}


def collect(names: list[str]) -> list[Peer]:
    """The peers of the named groups; a group whose package is missing is named and left out."""
    found: list[Peer] = []
    for name in names:
        try:
            found += GROUPS[name]()
        except ImportError as missing:
            print(f"{name}: left out, {missing}")
    return found
