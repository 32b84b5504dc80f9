"""Time: how the ticks of a flow or SDE lie beside the steps of its map, and when they are too long."""

from __future__ import annotations

import numpy as np

from saddlescape.dynamics.draws import DEPTH
from saddlescape.dynamics.flows import Face
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.sdes import Sde
from saddlescape.landscapes.base import Array, Landscape


def face_ticks(method: Method, steps: int) -> int:
    """Return how many ticks take as long as ``steps`` steps of the map: steps·eta/dt for a flow or SDE."""
    eta, tick = (np.asarray(method.numbers[k], dtype=float).flat[0] for k in ("eta", method.clock.tick))
    return max(1, round(steps * float(eta) / float(tick)))


def caution(landscape: Landscape, method: Method, x0: Array, most: int = 1000) -> str:
    """Return in words that dt is beyond what an explicit scheme can follow at a start; "" where it is not.

    That is 2/λmax, and for a normalised direction ‖∇f‖/(rho λmax²): it turns within a distance of ‖∇f‖/λmax.
    """
    clock = method.clock
    if not isinstance(clock, Face) or getattr(clock, "adaptive", False):
        return ""
    x = x0[:most]
    with np.errstate(all="ignore"):
        hessian, slope = landscape.hessian(x), np.linalg.norm(landscape.grad(x), axis=1)
    fine = np.isfinite(hessian).all(axis=(1, 2)) & (slope > 0)
    if not fine.any():
        return ""
    size = np.abs(np.linalg.eigvalsh(hessian[fine])).max(axis=1)
    limit = 2.0 / max(float(size.max()), 1e-300)
    words = "2/λmax"
    rho = float(np.max(np.asarray(method.numbers.get("rho") or 0.0, dtype=float)))
    if not method.perturbation.is_smooth and rho > 0 and not method.noise.random:
        turning = float(np.min(slope[fine] / (rho * np.maximum(size, 1e-300) ** 2)))
        limit, words = min((limit, words), (turning, "‖∇f‖/(ρ λmax²)"))
    dt = float(np.max(np.asarray(method.numbers["dt"], dtype=float)))
    if dt <= limit:
        return ""
    return (
        f"dt = {dt:g} of {method.name}@{clock.name} is more than {words} = {limit:.3g} at a start: the scheme "
        "cannot follow the equation there. Take a smaller dt"
    )


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
