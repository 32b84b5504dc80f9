"""The peers of flow_ensemble.py: C, heyoka, diffrax, NumPy and SciPy, with a fixed step and with a tolerance.

Fixed: (x0, steps, dt, rho) -> states, of the flow of SAM, or of gradient descent where rho < 0. Adaptive: (x0, time,
rtol) -> states of the flow of gradient descent, with atol = rtol / 1000 where a program has one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from c_peer import c_peers
from common import THREADS, Array, gradient, on_threads, seconds
from sde_peers import _jax

Fixed = Callable[[Array, int, float, float], Array]
Adaptive = Callable[[Array, float, float], Array]
SOURCE = Path(__file__).with_name("flow_beale.c")


def direction(x: Any, y: Any, rho: float, sqrt: Any, where: Any) -> tuple[Any, Any]:
    """G of SAM, or of gradient descent where rho < 0."""
    gx, gy = gradient(x, y)
    if rho < 0.0:
        return gx, gy
    n = sqrt(gx * gx + gy * gy)
    s = where(n == 0.0, 0.0, rho / where(n == 0.0, 1.0, n))
    return gradient(x + s * gx, y + s * gy)


def rk4(x: Any, y: Any, dt: float, rho: float, sqrt: Any, where: Any) -> tuple[Any, Any]:
    """One step; SAM's flow stays where a step would carry it across a zero of the gradient, as in ours."""

    def slope(u: Any, v: Any) -> tuple[Any, Any]:
        gx, gy = direction(u, v, rho, sqrt, where)
        return -gx, -gy

    ax, ay = slope(x, y)
    bx, by = slope(x + 0.5 * dt * ax, y + 0.5 * dt * ay)
    cx, cy = slope(x + 0.5 * dt * bx, y + 0.5 * dt * by)
    dx, dy = slope(x + dt * cx, y + dt * cy)
    nx, ny = x + dt / 6.0 * (ax + 2.0 * (bx + cx) + dx), y + dt / 6.0 * (ay + 2.0 * (by + cy) + dy)
    if rho < 0.0:
        return nx, ny

    def part(a: Any, b: Any) -> Any:
        return a / where(b == 0.0, 1.0, b)

    first, sx, sy = turning(x, y, dt, ax, ay, part)
    second, _, _ = turning(sx, sy, dt, *slope(sx, sy), part)
    held = where(first < 0.0, second, 1.0) < 1e-300
    return where(held, x, nx), where(held, y, ny)


def turning(x: Any, y: Any, dt: float, ux: Any, uy: Any, part: Any) -> tuple[Any, Any, Any]:
    """⟨g, g after dt (−G + g)⟩, and where on that way g would be shortest if it changed evenly."""
    gx, gy = gradient(x, y)
    jx, jy = ux + gx, uy + gy
    ax, ay = gradient(x + dt * jx, y + dt * jy)
    cx, cy = gx - ax, gy - ay
    there = part(gx * cx + gy * cy, cx * cx + cy * cy) * dt
    return gx * ax + gy * ay, x + there * jx, y + there * jy


def c_fixed() -> dict[str, tuple[Fixed, str]]:
    """flow_beale.c in every build."""
    return {peer.name: (peer.run, peer.note) for peer in c_peers(SOURCE)}


def heyoka_fixed(block: int) -> Fixed:
    """Its compiled function of one step (dt and rho compiled in), called once a step on blocks that fit in the cache."""
    import heyoka as hy

    x, y = hy.make_vars("x", "y")

    @lru_cache
    def compiled(dt: float, rho: float) -> Callable[..., Any]:
        after = _heyoka_step(hy, x, y, dt, rho)
        return hy.cfunc(list(after), [x, y], force_avx512=True, fast_math=False, batch_size=8)  # type: ignore[no-any-return]

    def run(x0: Array, steps: int, dt: float, rho: float) -> Array:
        function, out = compiled(dt, rho), np.empty_like(x0)

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


def _heyoka_step(hy: Any, x: Any, y: Any, dt: float, rho: float) -> tuple[Any, Any]:
    """rk4 in its expressions, where a comparison is a function."""

    def where(test: Any, yes: Any, no: Any) -> Any:
        return hy.select(test, yes, no)

    def slope(u: Any, v: Any) -> tuple[Any, Any]:
        gx, gy = gradient(u, v)
        if rho >= 0.0:
            n = hy.sqrt(gx * gx + gy * gy)
            s = where(hy.eq(n, 0.0), 0.0, rho / n)
            gx, gy = gradient(u + s * gx, v + s * gy)
        return -gx, -gy

    ax, ay = slope(x, y)
    bx, by = slope(x + 0.5 * dt * ax, y + 0.5 * dt * ay)
    cx, cy = slope(x + 0.5 * dt * bx, y + 0.5 * dt * by)
    dx, dy = slope(x + dt * cx, y + dt * cy)
    nx, ny = x + dt / 6.0 * (ax + 2.0 * (bx + cx) + dx), y + dt / 6.0 * (ay + 2.0 * (by + cy) + dy)
    if rho < 0.0:
        return nx, ny

    def part(a: Any, b: Any) -> Any:
        return where(hy.eq(b, 0.0), 0.0, a / b)

    first, sx, sy = turning(x, y, dt, ax, ay, part)
    second, _, _ = turning(sx, sy, dt, *slope(sx, sy), part)
    held = hy.lt(where(hy.lt(first, 0.0), second, 1.0), 1e-300)
    return where(held, x, nx), where(held, y, ny)


def diffrax_fixed() -> Fixed:
    """Its solver loop with the classical tableau, the whole block one state; two Python threads."""
    jax = _jax()
    import diffrax

    jnp = jax.numpy

    class RK4(diffrax.AbstractERK):
        tableau: ClassVar[Any] = diffrax.ButcherTableau(
            a_lower=(np.array([0.5]), np.array([0.0, 0.5]), np.array([0.0, 0.0, 1.0])),
            b_sol=np.array([1 / 6, 1 / 3, 1 / 3, 1 / 6]),
            b_error=np.array([1 / 6, -1 / 6, -1 / 6, 1 / 6]),
            c=np.array([0.5, 0.5, 1.0]),
        )
        interpolation_cls: ClassVar[Any] = diffrax.ThirdOrderHermitePolynomialInterpolation.from_k

        def order(self, terms: Any) -> int:
            return 4

    @partial(jax.jit, static_argnames="rho")
    def solve(z: Any, end: Any, dt: Any, rho: float) -> Any:
        def field(t: Any, z: Any, _: Any) -> Any:
            gx, gy = direction(z[0], z[1], rho, jnp.sqrt, jnp.where)
            return jnp.stack([-gx, -gy])

        return diffrax.diffeqsolve(
            diffrax.ODETerm(field), RK4(), 0.0, end, dt, z,
            saveat=diffrax.SaveAt(t1=True), adjoint=diffrax.ForwardMode(), max_steps=None,
        ).ys[0]  # fmt: skip

    def run(x0: Array, steps: int, dt: float, rho: float) -> Array:
        out = np.empty_like(x0)

        def work(lo: int, hi: int) -> None:
            out[lo:hi] = np.asarray(solve(np.ascontiguousarray(x0[lo:hi].T), steps * dt, dt, rho)).T

        on_threads(work, len(x0), 4096)
        return out

    return run


def numpy_fixed(x0: Array, steps: int, dt: float, rho: float) -> Array:
    """The same step on whole arrays, one thread (SciPy has no scheme with a fixed step)."""
    x, y = x0[:, 0].copy(), x0[:, 1].copy()
    with np.errstate(all="ignore"):
        for _ in range(steps):
            x, y = rk4(x, y, dt, rho, np.sqrt, np.where)
    return np.stack([x, y], axis=1)


def heyoka_adaptive(batch: int) -> Adaptive:
    """Its batch integrator, one a thread, group after group; ensemble_propagate_until_batch copies it for every group."""
    import heyoka as hy

    x, y = hy.make_vars("x", "y")
    gx, gy = gradient(x, y)

    @lru_cache
    def integrator(tol: float) -> Any:
        return hy.taylor_adaptive_batch(
            [(x, -gx), (y, -gy)], np.zeros((2, batch)), tol=tol, force_avx512=True
        )

    def run(x0: Array, time: float, rtol: float) -> Array:
        out, ready = np.empty_like(x0), integrator(rtol)

        def work(lo: int, hi: int) -> None:
            own = ready.__copy__()
            for k in range(lo, hi, batch):
                rows = np.minimum(np.arange(k, k + batch), hi - 1)
                own.set_time(0.0)
                own.state[:] = x0[rows].T
                own.propagate_until(time)
                out[rows] = own.state.T

        on_threads(work, len(x0), -(-len(x0) // THREADS))
        return out

    return run


def heyoka_best(x0: Array, time: float) -> tuple[Adaptive, str]:
    """The batch size that is faster here."""
    tried = []
    for batch in (8, 16):
        run = heyoka_adaptive(batch)
        run(x0[:256], time, 1e-6)
        tried.append((min(seconds(lambda: run(x0, time, 1e-6)) for _ in range(3)), batch, run))  # noqa: B023
    _, batch, run = min(tried, key=lambda t: t[0])
    return (
        run,
        f"taylor_adaptive_batch, batch {batch} (of 8, 16), AVX-512, an integrator a thread, {THREADS} Python threads",
    )


def diffrax_adaptive(solver: str) -> Adaptive:
    """vmap over trajectories, each with its own steps; two Python threads."""
    jax = _jax()
    import diffrax

    jnp = jax.numpy

    def field(t: Any, z: Any, _: Any) -> Any:
        gx, gy = gradient(z[0], z[1])
        return jnp.stack([-gx, -gy])

    @jax.jit
    def solve(z: Any, time: Any, rtol: Any) -> Any:
        def one(start: Any) -> Any:
            return diffrax.diffeqsolve(
                diffrax.ODETerm(field), getattr(diffrax, solver)(), 0.0, time, 1e-3, start,
                stepsize_controller=diffrax.PIDController(rtol=rtol, atol=1e-3 * rtol),
                saveat=diffrax.SaveAt(t1=True), adjoint=diffrax.ForwardMode(), max_steps=None,
            ).ys[0]  # fmt: skip

        return jax.vmap(one)(z)

    def run(x0: Array, time: float, rtol: float) -> Array:
        out = np.empty_like(x0)

        def work(lo: int, hi: int) -> None:
            out[lo:hi] = np.asarray(solve(x0[lo:hi], time, rtol))

        on_threads(work, len(x0), min(1024, -(-len(x0) // THREADS)))
        return out

    return run


def scipy_adaptive() -> Adaptive:
    """solve_ivp's DOP853, one trajectory after the other; at 1e-13 the reference of the errors."""
    from scipy.integrate import solve_ivp

    def field(_: float, z: Array) -> tuple[float, float]:
        gx, gy = gradient(z[0], z[1])
        return -gx, -gy

    def run(x0: Array, time: float, rtol: float) -> Array:
        return np.array(
            [
                solve_ivp(field, (0.0, time), z, "DOP853", [time], rtol=rtol, atol=1e-3 * rtol).y[:, -1]
                for z in x0
            ]
        )

    return run
