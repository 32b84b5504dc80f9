"""Stability of every critical point under one method: multipliers, or for normalised SAM traps and 2-cycles."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.analysis import quadratics
from saddlescape.analysis.cycles import cycle_at
from saddlescape.analysis.ends import jumps
from saddlescape.analysis.rests import around, left
from saddlescape.answers.stability import HOLDS, Complex, Cycle, LocalStability, Stability
from saddlescape.dynamics.fields import VectorField
from saddlescape.dynamics.flows import Flow
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.multipliers import NEUTRAL, Behaviour, behaviours, local_behaviour
from saddlescape.dynamics.plan import plan_run
from saddlescape.dynamics.radius import capture_radius, directions
from saddlescape.dynamics.reading import method as as_method
from saddlescape.dynamics.simulate import carry_out
from saddlescape.dynamics.traps import holds_under_noise
from saddlescape.dynamics.words import background, formula
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Landscape
from saddlescape.results import CriticalPoint

#: numbers that have thresholds by formula
KEYS = ("eta", "rho", "beta")
#: starts and ticks of the check that a cycle beyond the capture radius is where they end, and how near that is
AROUND, TICKS, ON = 8, 6000, 1e-3


def stability(landscape: Landscape, method: Method | str) -> Stability:
    """Return what ``method`` does at every critical point of ``landscape``.

    Where the step map is smooth, its multipliers (the eigenvalues of its Jacobian) decide; of a flow or SDE the
    eigenvalues of its drift, whatever scheme and dt, and where a step of the scheme does something else, that is said.
    Normalised SAM jumps at a critical point: the map itself is run from a small ball (docs/statuses.md). Beside that the
    closed forms of the quadratic with the same Hessian: the trap of the flow, the 2-cycle in which the map ends (found on
    the landscape too, with its multipliers), the values of eta, rho and beta for which a point attracts. Where gradient
    descent's multiplier has passed −1, the orbit around the minimum is found by running and Newton's method.

    ``method`` has one value per number. Raises UsageError for several.
    """
    resolved = as_method(method).on(landscape)
    for key, value in resolved.numbers.items():
        if isinstance(value, tuple):
            raise UsageError(f"stability is asked of one method at a time, and {key} has {len(value)} values")
    found = local_behaviour(landscape, resolved, drift=True)
    points = {p.id: p for p in landscape.critical_points}
    return Stability(
        spec={"landscape": landscape.name, "formula": landscape.formula, "params": dict(landscape.params),
              "method": resolved.text},
        method=resolved.text,
        formula=formula(resolved),
        clock=resolved.clock.name,
        background=background(landscape),
        points=tuple(_local(landscape, resolved, points[each["id"]], each) for each in found),
        quadratic=quadratics.is_quadratic(landscape),
        edge=_edge(resolved),
    )  # fmt: skip


def _local(
    landscape: Landscape, method: Method, point: CriticalPoint, found: dict[str, Any]
) -> LocalStability:
    rates = _complex(found.get("eigenvalues", []))
    step = behaviours(landscape, [method], point)[0] if rates.size else found
    found = {**found, **(_of_field(landscape, method, point, found) or {})}
    run_says = _step(method, point, found, step) if rates.size else _run(method, found, step)
    trap = _trap(method, point)
    size = float(np.max(np.abs(point.eigenvalues), initial=0.0))
    cycle = cycle_at(landscape, method, point, found["multipliers"])
    if found["verdict"] == "repels" and cycle is not None and _hovers(landscape, method, point, cycle):
        radius = capture_radius(landscape, method, point)
        found = found | {
            "verdict": "hovers",
            "note": f"on its 2-cycle, beyond the capture radius {radius:.4g}",
        }
    return LocalStability(
        id=point.id,
        kind=point.kind,
        x=point.x,
        verdict=found["verdict"],
        multipliers=_complex(step["multipliers"]),
        eigenvalues=rates,
        radius=float("nan") if found["radius"] is None else float(found["radius"]),
        trap=trap,
        ball=trap / size if size else float("nan"),
        axis=float(method.numbers["rho"]) if np.isfinite(trap) else float("nan"),  # type: ignore[arg-type]
        cycle=cycle,
        limits=limits_at(method, point),
        note=found["note"],
        noise=_noise(landscape, method, point, step["verdict"]),
        step=run_says,
    )


def _hovers(landscape: Landscape, method: Method, point: CriticalPoint, cycle: Cycle) -> bool:
    """Whether all of some starts around a point, which leave its capture radius, end on a stable 2-cycle beyond that: the
    verdict of normalised SAM is by the radius, and near eta = 2/λ its cycle is wider."""
    radius = capture_radius(landscape, method, point)
    if not (jumps(method) and cycle.stable and len(cycle.x) and cycle.nearest > radius):
        return False
    x0 = point.x + radius / 4 * directions(landscape.dim, AROUND)
    run = carry_out(plan_run(landscape, method, x0, None, TICKS, TICKS, False, 0, {}), "auto")
    with np.errstate(all="ignore"):
        away = np.min(np.linalg.norm(run.final[:, None] - cycle.x, axis=2), axis=1)
    return bool(np.all(away <= ON * cycle.nearest))


def _complex(values: list[Any]) -> Complex:
    return np.array([complex(*m) if isinstance(m, list) else m for m in values], complex)


def _step(method: Method, point: CriticalPoint, found: Behaviour, step: Behaviour) -> str:
    """Return in words that a ``step`` of the scheme grows where the equation, which does what ``found`` says, falls; ""
    where it does not."""
    size = np.abs(_complex(step["multipliers"]))
    leaves = found["verdict"] in HOLDS and step["verdict"] not in HOLDS
    if point.samples is None:
        eta = float(method.numbers["eta"])  # type: ignore[arg-type]
        rises = eta * _complex(found["eigenvalues"]).real > -NEUTRAL
        grows = bool(np.sum(size > 1.0 + NEUTRAL) > np.sum(rises))
    else:  # along the set nothing grows or falls
        grows = leaves
    if not size.size or not grows:  # none of an adaptive flow, whose steps follow the equation
        return ""
    scheme = method.clock.scheme  # type: ignore[attr-defined]
    said = (
        f"dt = {method.numbers['dt']:g} is too long here: a step of {scheme} grows where the equation falls"
    )
    return said + ", and runs leave" * leaves


def _of_field(
    landscape: Landscape, method: Method, point: CriticalPoint, found: Behaviour
) -> Behaviour | None:
    """Return what the field around ``point`` says of a flow that jumps there, and of one that leaves a degenerate point;
    None where that is not read off."""
    if not isinstance(method.clock, Flow) or method.momentum.state or landscape.dim > 2:
        return None
    field = VectorField(landscape, method)
    seen = around(field, point) if field.jumps else None
    seen = left(field, point, (seen or found)["verdict"]) or seen
    if seen is None:
        return None
    radius = found["radius"] if seen["verdict"] in HOLDS else None
    return {"verdict": seen["verdict"], "note": seen["note"], "radius": radius}


def _run(method: Method, field: Behaviour, run: Behaviour) -> str:
    """Return in words what runs of a flow that jumps did where that is not what its field does."""
    if run["verdict"] in (field["verdict"], "unknown", "neutral"):
        return ""
    scheme = method.skeleton().clock.scheme  # type: ignore[attr-defined]
    did = f"stay within {run['radius']:.3g}" if run["verdict"] == "traps" else "leave, some of them"
    return f"runs by {scheme} with dt = {method.numbers['dt']:g} from a small ball around it {did}"


def _noise(landscape: Landscape, method: Method, point: CriticalPoint, mean: str) -> str:
    """Return in words what runs with their noise do where that is not what the mean step does, of which ``mean`` is."""
    if not method.random or mean == "repels" or point.kind == "cone":
        return ""
    stay = holds_under_noise(landscape, method, point)
    if stay == (mean in HOLDS):
        return ""
    if stay:
        return "runs with their noise stay within the capture radius"
    return "that is the mean step: noise carries runs away (landscape escape says how soon)"


def limits_at(method: Method, point: CriticalPoint) -> dict[str, tuple[float, float]]:
    """Return, for eta, rho and beta where a formula is known, the interval in which ``method`` attracts at ``point``.

    Of a curve of minima the flat direction is left out."""
    spans = {
        key: quadratics.limits(method, key, quadratics.across(point)) for key in KEYS if key in method.numbers
    }
    return {key: span for key, span in spans.items() if span is not None}


def _trap(method: Method, point: CriticalPoint) -> float:
    """Return the bound of ‖∇f‖ of the trap of normalised SAM, NaN for other methods and where the Hessian is singular."""
    exact = getattr(method.clock, "order", None) is None
    if (
        not jumps(method)
        or method.noise.random
        or method.momentum.state
        or not exact
        or point.samples is not None
        or point.kind
        == "degenerate"  # the model knows nothing of a flat direction, along which the flow may leave
    ):
        return float("nan")
    return quadratics.trap(float(method.numbers["rho"]), point.eigenvalues)  # type: ignore[arg-type]


def _edge(method: Method) -> float:
    """Return the curvature beyond which the map leaves every minimum, NaN where no formula is known."""
    k = quadratics.factor(method)
    if k is None or method.clock.name != "steps":
        return float("nan")
    eta, rho = (float(method.numbers.get(key) or 0.0) for key in ("eta", "rho"))  # type: ignore[arg-type]
    return float(quadratics.edge(eta, k * rho, quadratics.most_of(method)))
