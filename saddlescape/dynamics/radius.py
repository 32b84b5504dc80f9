"""The capture radius of a critical point: how far a trajectory that stays there may be seen (docs/statuses.md)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from saddlescape.dynamics.clocks import Steps
from saddlescape.dynamics.evaluate import covariance
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.plan import WINDOW
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: capture radius in units of eta·rho·max|λ|, and at least this part of the domain's width
CAPTURE, LEAST = 8.0, 1e-6
#: of an adaptive flow, in units of the error that a step is allowed
ERRORS = 64.0
#: standard deviations that one look at a stationary trajectory lies within, but for 0.27 %
DEVIATIONS = 3.0
#: directions in which a degenerate point is looked around
AROUND = 64


@lru_cache(maxsize=1024)
def capture_radius(landscape: Landscape, method: Method, point: CriticalPoint) -> float:
    """Return 8·eta·rho·max|λ| at ``point``, at least 1e-6 of the domain's width; ``method`` has one value per number.

    At a degenerate point 8·eta times the largest gradient at a distance rho takes its place where that is more; with
    momentum it is (1+beta)/(1−beta) times as much.

    λ are those of the Hessian, with a mini-batch of what a step sees of it. An SDE has the radius of its map. Of a flow
    it is up to 2·dt·rho·max|λ|²/min|λ|, what its steps can tell apart, or 64·(atol + rtol·|x|)·max|λ|/min|λ| where
    they are adaptive, and at most rho/4. The spread of the noise comes on top. Nothing reaches farther than half the
    way to another point: what is there belongs to that.
    """
    tick = _number(method, "eta" if method.random else method.clock.tick)
    rho, width = _number(method, "rho"), max(hi - lo for lo, hi in landscape.domain)
    sizes = np.abs(point.eigenvalues)
    curvature = _curvature(landscape, method, point)
    beta = _number(method, "beta")  # momentum swings so much further
    radius = (
        CAPTURE
        * tick
        * max(rho * curvature, _seen_flat(landscape, method, point, rho))
        * (1 + beta)
        / (1 - beta)
    )
    if method.clock.name.startswith("flow"):
        stiff = curvature / float(np.min(sizes)) if sizes.size and np.min(sizes) > 0 else 0.0
        radius = max(radius, 2.0 * tick * rho * curvature * stiff)
        if getattr(method.clock, "adaptive", False):  # it ends its steps where their error says
            error = _number(method, "atol") + _number(method, "rtol") * float(np.linalg.norm(point.x))
            radius = ERRORS * error * stiff
        radius = min(radius, 0.25 * rho)
    others = [
        np.linalg.norm(p.x - point.x)
        for p in landscape.critical_points
        if p.id != point.id and p.samples is None
    ]
    room = 0.5 * float(min(others, default=np.inf))
    return max(LEAST * width, min(_spread(landscape, method, point) + radius, room))


def _number(method: Method, name: str) -> float:
    return float(method.numbers.get(name) or 0.0)  # type: ignore[arg-type]


def _seen_flat(landscape: Landscape, method: Method, point: CriticalPoint, rho: float) -> float:
    """Return the largest gradient that normalised SAM sees from a degenerate point, which has no curvature to tell."""
    if point.kind != "degenerate" or not method.perturbation.normalised:
        return 0.0
    around = point.x + rho * directions(landscape.dim, AROUND)
    return float(np.max(np.linalg.norm(landscape.grad(around), axis=-1)))


def directions(d: int, count: int) -> Array:
    """Return ``count`` unit vectors (count, d) that point to all sides, the same in every run.

    Both ways on a line; turned by the golden angle in the plane; in space the normal quantiles of Roberts' sequence,
    whose steps are powers of the root of r^(d+1) = r + 1. (Powers of the golden ratio would all be one number mod 1.)
    """
    k = np.arange(1, count + 1)
    if d == 1:
        return np.where(k % 2, 1.0, -1.0)[:, None]
    if d == 2:
        angle = np.pi * (3 - 5**0.5) * k
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (d + 1))
    raw = (0.5 + k[:, None] * root ** -np.arange(1.0, d + 1)) % 1.0
    normal = np.vectorize(NormalDist().inv_cdf)(np.clip(raw, 1e-6, 1 - 1e-6))
    return np.asarray(normal / np.linalg.norm(normal, axis=1, keepdims=True))


def _curvature(landscape: Landscape, method: Method, point: CriticalPoint) -> float:
    """Return max|λ| at ``point``; with a mini-batch a bound of the root mean square of a batch's ‖H‖, the variance of a
    mean of ``count`` samples added. Where the gradients of all samples vanish, their Hessians are all there is of the
    noise, and a step of normalised SAM is up to eta·rho times that."""
    size = float(np.max(np.abs(point.eigenvalues), initial=0.0))
    noise, n = method.noise, landscape.n_samples
    if noise.batch is None or not method.random:
        return size
    at = np.broadcast_to(point.x, (n, landscape.dim))
    each = np.stack([landscape.along(at, e, weights=np.eye(n)) for e in np.eye(landscape.dim)], axis=1)
    deviations = np.linalg.norm(each - np.mean(each, axis=0), ord=2, axis=(1, 2))
    count = noise.m or noise.batch
    share = 1.0 / count if noise.replace else (n - count) / (count * max(1, n - 1))
    return float(np.sqrt(size**2 + share * np.mean(deviations**2)))


def _spread(landscape: Landscape, method: Method, point: CriticalPoint) -> float:
    """Return how far the noise alone takes a stationary trajectory in a window of ticks, but for 0.27 %.

    Along each eigenvector the variance is eta·C/(|λ|(2 − eta|λ|)), of gradient descent's stationary law, with momentum
    1/(1 − beta) times that; how many standard deviations, see ``deviations``.
    """
    if not method.random or not point.eigenvalues.size:
        return 0.0
    eta, beta, tick = (_number(method, name) for name in ("eta", "beta", method.clock.tick))
    exact = replace(method, clock=Steps())  # of the map, also for its SDEs, whose directions are cut
    noise = covariance(landscape, exact)(point.x)
    along = np.einsum("ik,ij,jk->k", point.eigenvectors, noise, point.eigenvectors)
    size = np.abs(point.eigenvalues)
    held = size * (2.0 - eta * size)
    variance = eta * along[held > 0] / (held[held > 0] * (1.0 - beta))
    reach = deviations(tick * size[held > 0] / (1.0 - beta))
    return float(np.sqrt(np.sum(reach**2 * variance)))


def deviations(rate: Array) -> Array:
    """Return how many standard deviations a stationary path of a linear map or SDE that forgets at ``rate`` per tick
    stays within for WINDOW ticks, but for 0.27 %: three for one look, else as for 1 + 9·WINDOW·rate independent ones.

    A path of correlation time 1/a exceeds c at the rate a·c² times what one look finds beyond c (Pickands 1969;
    Leadbetter, Lindgren & Rootzén 1983, chapter 12); with c = 3 that is the 9. There are no more looks than ticks.
    """
    normal = NormalDist()
    beyond = normal.cdf(-DEVIATIONS)
    looks = np.minimum(WINDOW, 1.0 + DEVIATIONS**2 * WINDOW * rate)
    return np.array([-normal.inv_cdf(beyond / n) for n in looks])
