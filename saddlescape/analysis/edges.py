"""Edges of stability: from which curvature on steps are unstable, and where a run was thrown out of a valley."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from saddlescape.analysis.along import leading
from saddlescape.analysis.quadratics import edge as quadratic_edge
from saddlescape.analysis.quadratics import factor, most_of
from saddlescape.answers.sharpness import Catapult
from saddlescape.dynamics.evaluate import evaluated
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.perturbations import Gradients
from saddlescape.landscapes.base import Landscape
from saddlescape.results import Array, Run
from saddlescape.symbols import fixed, gradient, number, variable

#: a rise is of the loss, not of its rounding, from this part of the largest height on
ROUNDING = 1e-9


def edge(method: Method) -> float | None:
    """Return the λ > 0 above which plain steps of this eta and beta leave the minimum of λx²/2; None of flows and SDEs.

    2/eta, with heavy ball 2(1 + beta)/eta, with Nesterov's momentum 2(1 + beta)/((1 + 2 beta) eta) (cohen2021;
    ``quadratics.most``).
    """
    eta, beta = method.numbers["eta"], method.numbers.get("beta", 0.0)
    if method.clock.name != "steps" or not isinstance(eta, float) or not isinstance(beta, float | int):
        return None
    return most_of(method) / eta


def threshold(landscape: Landscape, method: Method, x: Array) -> Array | None:
    """Return the same for the method's own steps, with its displacement at ``x`` (…, d), as (…); None where it has none.

    A displacement s = k ∇f makes a curvature λ act as λ(1 + kλ) (``quadratics.edge``): k is rho of USAM (agarwala2023)
    and rho/‖∇f‖ of normalised SAM, whose threshold falls with ‖∇f‖ (long2024). Of full gradients: batches are not
    looked at.
    """
    line, part = edge(method), method.perturbation
    if line is None or not part.numbers:
        return None
    slope, look = landscape.grad(x), gradient(variable("x"))
    oracles = Gradients(step=lambda point: point, look=lambda _: look, full=lambda _: look)
    names = {name: number(name) for name in part.numbers}
    shift = part.direction(fixed([0.0] * landscape.dim), oracles, **names)
    s = evaluated(landscape, shift, {"x": x}, {name: method.numbers[name] for name in part.numbers})
    with np.errstate(all="ignore"):
        length = np.linalg.norm(slope, axis=-1)
        k = np.where(length == 0, _at_rest(method), np.linalg.norm(s, axis=-1) / length)
        return np.asarray(quadratic_edge(1.0, k, line))


def _at_rest(method: Method) -> float:
    """Return k where the gradient vanishes: that of a smooth displacement, infinite of a normalised one (edge 0)."""
    part, rho = factor(method), method.numbers.get("rho")
    return part * rho if part is not None and isinstance(rho, float | int) else np.inf


def thrown(landscape: Landscape, run: Run, ticks: Array, rise: float, drop: float) -> tuple[Catapult, ...]:
    """Return the catapults of every trajectory, in all records: excursions of the loss between two records as low as
    any before, ``rise`` times as high above the least loss known, with λmax at least the part ``drop`` less at the end.

    The last excursion may be unfinished: it counts if the loss has fallen by the same factor after its peak.
    """
    loss = np.where(np.isfinite(run.loss), run.loss, np.inf)
    known = [p.loss for p in run.background.points if np.isfinite(p.loss)]
    found: list[Catapult] = []
    for i, row in enumerate(loss):
        height = row - min([*known, float(row.min())])
        lows = np.flatnonzero(height <= np.minimum.accumulate(height))
        bounds = [(int(a), int(b)) for a, b in pairwise(lows) if b > a + 1]
        if lows[-1] < len(row) - 1:
            bounds.append((int(lows[-1]), len(row)))
        scale = ROUNDING * float(np.max(height[np.isfinite(height)], initial=0.0))
        for start, end in bounds:
            peak = start + int(np.argmax(height[start:end]))
            if (
                not rise * height[start] <= height[peak] < np.inf
                or height[start] <= 0
                or height[peak] <= scale
            ):
                continue
            if end == len(row):
                end = peak + int(np.argmin(height[peak:]))
                if height[end] * rise > height[peak]:
                    continue
            before, after = (float(v) for v in leading(landscape.hessian(run.x[i, [start, end]]))[0])
            if before > 0 and after <= (1.0 - drop) * before:
                at = [round(float(ticks[k])) for k in (start, peak, end)]
                found.append(
                    Catapult(i, at[0], at[1], at[2], float(height[peak] / height[start]), before, after)
                )
    return tuple(found)
