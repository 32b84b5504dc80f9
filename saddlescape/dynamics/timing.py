"""Time: how the ticks of a flow or SDE lie beside the steps of its map, and when they are too long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from saddlescape.dynamics.draws import DEPTH
from saddlescape.dynamics.evaluate import evaluated, slope_at
from saddlescape.dynamics.expansion import along
from saddlescape.dynamics.flows import Face, Flow, arrives, mean_direction
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.sdes import Sde
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.symbols import fixed, variable

#: more ticks than these are no run: beyond, not every whole number is told from the next where they are counted
MOST_TICKS = 2**62
#: an explicit step of fifth order is stable up to so much divided by the largest rate; more such steps than these may
#: take minutes
STABLE, STIFF = 3.3, 1e6
#: how often dt is halved in search of one that holds no start
HALVINGS = 40
#: what is held is at a critical point if it is nearer than so many jumps dt·‖G − ∇f‖, by so many iterations
NEAR, NEWTON = 3.0, 10


def face_ticks(method: Method, steps: int) -> int:
    """Return how many ticks take as long as ``steps`` steps of the map: steps·eta/dt for a flow or SDE. Raises
    UsageError for more than ``MOST_TICKS``."""
    key = method.clock.tick
    eta, tick = (float(np.asarray(method.numbers[k], dtype=float).flat[0]) for k in ("eta", key))
    count = steps * eta / tick
    if count >= MOST_TICKS:
        raise UsageError(too_many(f"{steps:g} steps of eta={eta:g}", f"{key}={tick:g}", count, MOST_TICKS))
    return max(1, round(count))


def too_many(what: str, tick: str, count: float, most: float) -> str:
    """Return in words that ``what`` takes ``count`` ticks, of which ``most`` are allowed."""
    made = f"{min(count, float(np.finfo(float).max)):.3g}"
    return f"too many ticks: {tick} makes {made} of {what}, at most {most:.3g} are run. Use a longer tick or less time"


def caution(landscape: Landscape, method: Method, x0: Array, ticks: int, most: int = 1000) -> str:
    """Return in words that dt is too long for a start: the flow is held there by its own rule (flows.captured), or dt is
    beyond 2/λmax, which an explicit scheme can follow, λ of the field's derivative; "" where neither is so. Of adaptive
    steps, whether so many ticks may take long. The first ``most`` starts are asked."""
    clock = method.clock
    if not isinstance(clock, Face):
        return ""
    x, numbers = x0[:most], {k: np.asarray(v, dtype=float) for k, v in method.numbers.items()}
    numbers = {k: v[:most] if v.ndim else v for k, v in numbers.items()}
    if getattr(clock, "adaptive", False):
        return _stiff(landscape, method, x, numbers, ticks)
    if words := _held_at_once(landscape, method, x, numbers):
        return words
    with np.errstate(all="ignore"):
        rates, slope = _rates(landscape, method, x, numbers), np.linalg.norm(landscape.grad(x), axis=1)
    fine = np.isfinite(rates) & (slope > 0)
    if not fine.any():
        return ""
    limit = 2.0 / max(float(rates[fine].max()), 1e-300)
    dt = float(np.max(numbers["dt"]))
    if dt <= limit:
        return ""
    where = "at a start" if len(x) == 1 else f"at {np.mean(dt * rates[fine] > 2.0):.0%} of the starts"
    return (
        f"dt = {dt:g} of {method.name}@{clock.name} is more than 2/λmax {where}, which is down to {limit:.3g}: "
        "the scheme cannot follow the equation there. Take a smaller dt"
    )


def _stiff(landscape: Landscape, method: Method, x: Array, numbers: Mapping[str, Array], ticks: int) -> str:
    """Return in words that adaptive steps may take long: at a half of the starts the field's rates ask for very many.

    Starts are left soon, so this is no forecast: runs on Beale and Rosenbrock took 1/100 to 1/1,000,000 of it.
    """
    with np.errstate(all="ignore"):
        rates = _rates(landscape, method, x, numbers)
    middle = float(np.median(np.where(np.isfinite(rates), rates, np.inf)))
    steps = ticks * float(np.max(numbers["dt"])) * middle / STABLE
    if not STIFF < steps < np.inf:
        return ""
    where = "its start" if len(x) == 1 else "half of the starts"
    return (
        f"{method.name}@{method.clock.name} is stiff: it changes at rates of {middle:.2g} at {where}, and steps that "
        f"follow them all the time would be {steps:.2g}. Adaptive steps may take minutes or hours"
    )


def _rates(landscape: Landscape, method: Method, x: Array, numbers: Mapping[str, Array]) -> Array:
    """Return the largest |eigenvalue| (n,) of the derivative of the field at ``x`` (n, d): for USAM some λ(1 + rho λ).

    Of what jumps or is random, whose derivative says little or is long, that of the gradient."""
    hessian = landscape.hessian(x)
    if method.perturbation.is_smooth and not method.noise.random:
        here, axes = variable("x"), np.eye(landscape.dim)
        order, kind = getattr(method.clock, "order", None), getattr(method.clock, "drift", "plain")
        field = mean_direction(method.parts(landscape.dim, landscape.n_samples), here, order, kind)
        columns = [along(field, fixed(e), here) for e in axes]
        given = [
            np.zeros_like(x) if c is None else evaluated(landscape, c, {"x": x}, numbers) for c in columns
        ]
        hessian = np.stack([np.broadcast_to(c, x.shape) for c in given], axis=-1)
    found = np.full(len(x), np.nan)
    fine = np.isfinite(hessian).all(axis=(1, 2))
    found[fine] = np.abs(np.linalg.eigvals(hessian[fine])).max(axis=1)
    return found


def _held_at_once(landscape: Landscape, method: Method, x: Array, numbers: dict[str, Array]) -> str:
    """Return in words how many of the starts ``x`` a flow holds in its first tick, and with what dt it holds none."""
    held = holds(landscape, method, x, numbers) & ~_at_rest(landscape, x, numbers["dt"])
    if not held.any():
        return ""
    shorter = {k: np.broadcast_to(v, held.shape)[held] for k, v in numbers.items()}
    for _ in range(HALVINGS):
        shorter["dt"] = 0.5 * shorter["dt"]
        if not holds(landscape, method, x[held], shorter).any():
            break
    who = (
        "the start is held where it is"
        if len(x) == 1
        else f"{held.sum()} of {len(x)} starts are held where they are"
    )
    return (
        f"with dt = {float(np.max(numbers['dt'])):g} {who} by {method.name}@{method.clock.name}, as at a "
        f"critical point: one step would turn the gradient round. Take dt = {float(np.min(shorter['dt'])):g} or less, "
        "or scheme=dopri5"
    )


def stranded(landscape: Landscape, method: Method, x: Array, most: int = 1000) -> str:
    """Return in words that trajectories which end at ``x`` are held there though no critical point is within a step, as
    in a steep valley that dt is too long for; "" where none is. The first ``most`` are asked.

    Whether one is near, Newton's iteration says.
    """
    x, numbers = x[:most], {k: np.asarray(v, dtype=float) for k, v in method.numbers.items()}
    numbers = {k: v[:most] if v.ndim else v for k, v in numbers.items()}
    held: Any = np.isfinite(x).all(axis=1)
    held = held & holds(landscape, method, np.where(held[:, None], x, 0.0), numbers)
    if not held.any():
        return ""
    away = np.linalg.norm(_newton(landscape, x[held]) - x[held], axis=1)
    here = {k: np.broadcast_to(v, held.shape)[held] for k, v in numbers.items()}
    jump = here["dt"] * np.linalg.norm(
        slope_at(landscape, method, here, x[held]) + landscape.grad(x[held]), axis=1
    )
    lost = int(np.sum(~(away <= NEAR * jump)))
    if not lost:
        return ""
    who, dt = "the trajectory" if len(x) == 1 else f"{lost} of {len(x)} trajectories", float(here["dt"].max())
    return (
        f"{who} of {method.name}@{method.clock.name} stopped where no critical point is: dt = {dt:g} is too long for the "
        "slope there. Take a smaller dt, or scheme=dopri5"
    )


def _newton(landscape: Landscape, x: Array) -> Array:
    """Return where Newton's iteration for ∇f = 0 goes from ``x`` (n, d), to a curve of minima straight; or NaN."""
    with np.errstate(all="ignore"):
        for _ in range(NEWTON):
            hessian, gradient = landscape.hessian(x), landscape.grad(x)
            fine: Any = np.isfinite(hessian).all(axis=(1, 2))
            inverse = np.linalg.pinv(np.where(fine[:, None, None], hessian, 0.0), rcond=1e-6, hermitian=True)
            x = np.where(fine[:, None], x - np.einsum("nij,nj->ni", inverse, gradient), np.nan)
    return x


def holds(landscape: Landscape, method: Method, x: Array, numbers: Mapping[str, Array]) -> Any:
    """Return which of the places ``x`` (n, d) a flow in steps of dt holds; ``numbers`` broadcast against (n,)."""
    clock, parts = method.clock, method.parts(landscape.dim, landscape.n_samples)
    if not isinstance(clock, Flow) or clock.adaptive or not arrives(parts):
        return np.zeros(len(x), dtype=bool)
    here = variable("x")
    rule = clock.held(parts, here, clock.field(parts, {"x": here})["x"], parts.numbers["dt"])
    answer = rule(fixed(np.ones(landscape.dim)), fixed(np.zeros(landscape.dim)))
    return evaluated(landscape, answer, {"x": x}, numbers)[:, 0] == 1.0


def _at_rest(landscape: Landscape, x: Array, dt: Array) -> Any:
    """Whether the gradient is 0 but for rounding: nothing moves there with any dt."""
    width = max(hi - lo for lo, hi in landscape.domain)
    rounding = 1e3 * np.finfo(float).eps * (np.abs(x).max(axis=1) + width)
    with np.errstate(all="ignore"):
        return dt * np.linalg.norm(landscape.grad(x), axis=1) <= rounding


def division(method: Method) -> tuple[int, int]:
    """Return (splits, depth) such that splits·2^depth ticks of dt make a step eta; (0, 0) where they do not."""
    if not isinstance(method.clock, Sde):
        return 0, 0
    eta, dt = (np.asarray(method.numbers[k], dtype=float) for k in ("eta", "dt"))
    ratio = eta / dt
    n = int(np.rint(ratio.flat[0]))
    if n < 1 or not np.allclose(ratio, n, rtol=1e-9, atol=0.0):
        return 0, 0
    depth = min((n & -n).bit_length() - 1, DEPTH)
    return n >> depth, depth
