"""The peers of sde_beale.py: the SDE of SAM of order 2 with additive noise in JAX, diffrax, torchsde and jitcsde.

All are called as (x0, ticks, seed) -> states after that many ticks of dt = eta.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from common import THREADS, Array, gradient, on_threads, seconds

ETA, RHO, SIGMA = 1e-3, 0.1, 0.5
KICK = (
    float(np.sqrt(ETA)) * SIGMA
)  # √eta·sigma·dW with dW ~ N(0, dt): the standard deviation of a tick is KICK·√dt

Walk = Callable[[Array, int, int], Array]


def curve(x: Any, y: Any, u: Any, v: Any) -> tuple[Any, Any]:
    """Hessian of Beale's function times (u, v): the gradient's own factors, differentiated along (u, v)."""
    y2 = y * y
    p1, p2, p3 = y - 1.0, y2 - 1.0, y2 * y - 1.0
    q2, q3 = 2.0 * y, 3.0 * y2
    a, b, c = p1 * x + 1.5, p2 * x + 2.25, p3 * x + 2.625
    xx = 2.0 * (p1 * p1 + p2 * p2 + p3 * p3)
    xy = 2.0 * (a + q2 * b + q3 * c + x * (p1 + p2 * q2 + p3 * q3))
    yy = 2.0 * x * (x * (1.0 + q2 * q2 + q3 * q3) + 2.0 * b + 6.0 * y * c)
    return xx * u + xy * v, xy * u + yy * v


def drift(x: Any, y: Any, sqrt: Any, where: Any) -> tuple[Any, Any]:
    """g + rho H g/‖g‖, the direction of SAM cut after rho; sqrt and where come from the library that runs it."""
    gx, gy = gradient(x, y)
    n = sqrt(gx * gx + gy * gy)
    s = where(n == 0.0, 0.0, RHO / where(n == 0.0, 1.0, n))
    hx, hy = curve(x, y, s * gx, s * gy)
    return gx + hx, gy + hy


def _jax() -> Any:
    flags = os.environ.get("XLA_FLAGS", "")
    if "prefer_vector_width" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_prefer_vector_width=512".strip()
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def jax_walk(option: tuple[str, int, int]) -> Walk:
    """Blocks by hand: a loop over blocks around the loop over ticks, so that a block stays in the cache."""
    jax = _jax()
    jnp, lax = jax.numpy, jax.lax
    generator, block, unroll = option

    @partial(jax.jit, static_argnames="ticks")
    def blocks(state: Any, keys: Any, ticks: int) -> Any:
        def one(given: Any) -> Any:
            (x, y), key = given

            def tick(t: Any, now: Any) -> Any:
                z = jax.random.normal(jax.random.fold_in(key, t), (2, block), dtype=jnp.float64)
                dx, dy = drift(*now, jnp.sqrt, jnp.where)
                s = KICK * ETA**0.5
                return now[0] - ETA * dx + s * z[0], now[1] - ETA * dy + s * z[1]

            return lax.fori_loop(0, ticks, tick, (x, y), unroll=unroll)

        return lax.map(one, (state, keys))

    def walk(x0: Array, ticks: int, seed: int) -> Array:
        out = np.empty_like(x0)

        def work(lo: int, hi: int) -> None:
            rows = np.arange(lo, lo + -(-(hi - lo) // block) * block) % len(x0)  # whole blocks: padded
            state = tuple(x0[rows, k].reshape(-1, block) for k in (0, 1))
            key = jax.random.fold_in(jax.random.key(seed, impl=generator), lo)
            for k, part in enumerate(blocks(state, jax.random.split(key, len(rows) // block), ticks)):
                out[lo:hi, k] = np.asarray(part).ravel()[: hi - lo]

        on_threads(work, len(x0), -(-len(x0) // THREADS))
        return out

    return walk


def jax_best() -> tuple[Walk, str]:
    """Return JAX at its best generator, block and unrolling, found by short trials, and what was tried."""
    x0, tried = np.full((1 << 17, 2), 0.5), []
    for option in [
        (g, b, 1) for g in ("threefry2x32", "rbg", "unsafe_rbg") for b in (1024, 4096, 16384, 65536)
    ]:
        tried.append(_trial(option, x0))
    _, (generator, block, _), _ = min(tried, key=lambda t: t[0])
    tried.append(_trial((generator, block, 4), x0))
    best = min(tried, key=lambda t: t[0])
    spread = ", ".join(f"{o[0]} {o[1]} x{o[2]}: {t / best[0]:.2f}" for t, o, _ in tried)
    return best[
        2
    ], f"lax.map over blocks, {THREADS} Python threads, 512-bit preferred; sweep, time / best: {spread}"


def _trial(option: tuple[str, int, int], x0: Array) -> tuple[float, tuple[str, int, int], Walk]:
    walk = jax_walk(option)
    walk(x0, 40, 0)
    return min(seconds(lambda: walk(x0, 40, 0)) for _ in range(3)), option, walk


def diffrax_walk() -> Walk:
    """Euler with increments drawn as they come (UnsafeBrownianPath), the state one array; two Python threads."""
    jax = _jax()
    import diffrax
    import lineax

    jnp = jax.numpy

    def field(t: Any, z: Any, _: Any) -> Any:
        dx, dy = drift(z[0], z[1], jnp.sqrt, jnp.where)
        return jnp.stack([-dx, -dy])

    @partial(jax.jit, static_argnames="ticks")
    def solve(z: Any, key: Any, ticks: int) -> Any:
        shape = jax.ShapeDtypeStruct(z.shape, jnp.float64)
        path = diffrax.UnsafeBrownianPath(shape=shape, key=key)
        noise = diffrax.ControlTerm(
            lambda t, y, _: lineax.DiagonalLinearOperator(KICK * jnp.ones_like(y)), path
        )
        return diffrax.diffeqsolve(
            diffrax.MultiTerm(diffrax.ODETerm(field), noise), diffrax.Euler(), 0.0, ticks * ETA, ETA, z,
            saveat=diffrax.SaveAt(t1=True), adjoint=diffrax.ForwardMode(), max_steps=None,
        ).ys[0]  # fmt: skip

    def walk(x0: Array, ticks: int, seed: int) -> Array:
        out = np.empty_like(x0)

        def work(lo: int, hi: int) -> None:
            key = jax.random.fold_in(jax.random.key(seed), lo)
            out[lo:hi] = np.asarray(solve(np.ascontiguousarray(x0[lo:hi].T), key, ticks)).T

        on_threads(work, len(x0), min(1 << 14, -(-len(x0) // THREADS)))
        return out

    return walk


def torchsde_walk() -> Walk:
    """sdeint's Euler on the whole batch; torch's own threads."""
    import torch
    import torchsde

    torch.set_num_threads(THREADS)

    class Sam(torch.nn.Module):
        noise_type, sde_type = "diagonal", "ito"

        def f(self, t: Any, z: Any) -> Any:
            zero = torch.zeros((), dtype=z.dtype)
            dx, dy = drift(z[:, 0], z[:, 1], torch.sqrt, lambda c, a, b: torch.where(c, zero + a, zero + b))
            return -torch.stack([dx, dy], dim=1)

        def g(self, t: Any, z: Any) -> Any:
            return torch.full_like(z, KICK)

    def walk(x0: Array, ticks: int, seed: int) -> Array:
        start = torch.from_numpy(np.ascontiguousarray(x0))
        times = torch.tensor([0.0, ticks * ETA], dtype=torch.float64)
        path = torchsde.BrownianInterval(
            0.0, float(times[1]), size=tuple(start.shape), dtype=torch.float64, entropy=seed, dt=ETA
        )
        with torch.no_grad():
            return np.asarray(torchsde.sdeint(Sam(), start, times, bm=path, method="euler", dt=ETA)[-1])

    return walk


def jitcsde_walk() -> Walk:
    """One compiled trajectory after the other, its step held at dt; one thread (it has no other)."""
    import symengine
    from jitcsde import jitcsde, y

    gx, gy = gradient(y(0), y(1))
    n = symengine.sqrt(gx * gx + gy * gy)
    hx, hy = curve(y(0), y(1), RHO / n * gx, RHO / n * gy)
    sde = jitcsde([-gx - hx, -gy - hy], [symengine.Float(KICK)] * 2, additive=True, verbose=False)
    sde.compile_C()

    def walk(x0: Array, ticks: int, seed: int) -> Array:
        out = np.empty_like(x0)
        for row, start in enumerate(x0):
            sde.set_initial_value(start, 0.0)
            sde.set_seed(seed * 1_000_003 + row)
            sde.set_integration_parameters(atol=1e9, rtol=1e9, first_step=ETA, min_step=ETA, max_step=ETA)
            out[row] = sde.integrate(ticks * ETA)
        return out

    return walk
