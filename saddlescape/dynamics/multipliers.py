"""What a method does near each critical point: multipliers of its map where that is smooth, a checked trap where not."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.dynamics.evaluate import jacobian, step
from saddlescape.dynamics.method import Method
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint

#: how near 1 a multiplier's modulus counts as neutral (rounding of the Hessian at a polished point)
NEUTRAL = 1e-9
#: starts and ticks of the check that a neighbourhood is kept
STARTS, TICKS = 48, 1500
#: source files the answer depends on
PARTS = tuple(
    f"dynamics/{part}.py" for part in ("multipliers", "evaluate", "perturbations", "momentum", "status")
)


def local_behaviour(landscape: Landscape, method: Method) -> list[dict[str, Any]]:
    """Return, per critical point, {"id", "verdict", "multipliers", "radius", "note"}.

    ``verdict``: attracts, repels or neutral by the moduli of the multipliers of the step map (its Jacobian's
    eigenvalues, a real number or [real, imaginary]) against 1; traps or repels for a map that is not smooth there
    (normalised SAM): ``traps`` means that starts from all sides of a small ball, run by the map itself, stayed within
    the capture radius; ``radius`` is how far out they still hover at the end. ``method`` has one value per number.
    """
    resolved = method.resolved(landscape.eta, landscape.rho)
    made = landscape.remember(
        "local",
        PARTS,
        lambda: {"points": [_at(landscape, resolved, p) for p in landscape.critical_points]},
        resolved.text,
    )
    return list(made["points"])


def _at(landscape: Landscape, method: Method, point: CriticalPoint) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": point.id,
        "verdict": "neutral",
        "multipliers": [],
        "radius": None,
        "note": "",
    }
    if point.kind == "cone":
        return entry | {"note": "a tip: no Hessian, no multipliers"}
    rough = not method.perturbation.smooth and method.numbers.get("rho") != 0.0
    if rough:
        return entry | _trap(landscape, method, point)
    values = np.linalg.eigvals(jacobian(landscape, _smooth(method), point.x))
    order = np.argsort(-np.abs(values), kind="stable")
    moduli = np.abs(values[order])
    verdict = "neutral"
    if point.samples is not None:  # along the curve the multiplier is 1; across it decides
        moduli = moduli[np.abs(moduli - 1.0) > 1e-6]
        verdict = "attracts" if np.all(moduli < 1.0) else "repels"
    elif moduli[0] > 1.0 + NEUTRAL:
        verdict = "repels"
    elif moduli[0] < 1.0 - NEUTRAL:
        verdict = "attracts"
    return entry | {"verdict": verdict, "multipliers": [_plain(v) for v in values[order]]}


def _smooth(method: Method) -> Method:
    """Normalised methods at rho = 0 are gradient descent, whose map is smooth."""
    from saddlescape.dynamics.perturbations import Plain

    return (
        method if method.perturbation.smooth else Method(Plain(), method.momentum, method.clock, method.eta)
    )


def _plain(value: Any) -> Any:
    value = complex(value)
    return value.real if abs(value.imag) < 1e-12 else [value.real, value.imag]


def _trap(landscape: Landscape, method: Method, point: CriticalPoint) -> dict[str, Any]:
    """Run the map from a small ball around the point and see whether it stays within the capture radius."""
    from saddlescape.dynamics.status import capture_radius

    radius = float(capture_radius(landscape, method, point))
    rho = method.numbers["rho"]
    assert isinstance(rho, float)
    x = point.x + 0.25 * min(radius, rho) * _ball(
        landscape.dim
    )  # no trap along a negative direction reaches beyond rho
    v = np.zeros_like(x)
    tick = step(landscape, method)
    hover, kept = 0.0, True
    for k in range(TICKS):
        x, v = tick(x, v) if method.momentum.state else (tick(x), v)
        away = np.linalg.norm(x - point.x, axis=1)
        if point.samples is not None:
            away = np.min(np.linalg.norm(x[:, None, :] - point.samples[None], axis=2), axis=1)
        farthest = float(np.max(away))
        if not farthest <= radius + (0.0 if point.samples is None else 1.0) * _spacing(point):
            kept = False
            break
        hover = max(hover, farthest) if k >= TICKS // 2 else 0.0
    note = (
        "hovers around it (normalised: the map is not smooth here)"
        if kept
        else "some starts of a small ball around it leave"
    )
    return {"verdict": "traps" if kept else "repels", "radius": hover if kept else None, "note": note}


def _spacing(point: CriticalPoint) -> float:
    samples = point.samples
    return (
        float(np.max(np.linalg.norm(np.diff(samples, axis=0), axis=1)))
        if samples is not None and len(samples) > 1
        else 0.0
    )


def _ball(d: int) -> Array:
    """Return STARTS points of the unit ball, the same in every run: shells of a low-discrepancy sequence."""
    from statistics import NormalDist

    golden = (1 + 5**0.5) / 2
    raw = np.array([[(0.5 + (k + 1) * golden ** (c + 1)) % 1.0 for c in range(d)] for k in range(STARTS)])
    normal = np.vectorize(NormalDist().inv_cdf)(np.clip(raw, 1e-6, 1 - 1e-6))
    directions = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    return np.asarray(directions * (np.arange(1, STARTS + 1) / STARTS)[:, None])
