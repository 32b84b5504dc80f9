"""Diffusion: how fast noise carries a method away from a point, how widely it holds it there, and from which rho on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import gamma, sqrt
from typing import Any

import numpy as np

from saddlescape.analysis.ball import point_of
from saddlescape.analysis.moments import Moments, moments
from saddlescape.answers.diffusion import Displacement, Stationary
from saddlescape.dynamics import words
from saddlescape.dynamics.clocks import Steps
from saddlescape.dynamics.evaluate import covariance
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.perturbations import Plain
from saddlescape.dynamics.reading import method as as_method
from saddlescape.errors import UsageError, unknown
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint


def mean_square_displacement(
    landscape: Landscape,
    method: Method | str,
    point: int | None,
    times: Any,
    *,
    start: Any = None,
    published: Sequence[str] = (),
) -> Displacement:
    """Return E⟨x_t − x*, e_j⟩² along the Hessian's eigenvectors e_j at the critical point ``point`` (an id).

    Of a map it is that of its exact recursion P ← A P Aᵀ + Σ B P Bᵀ + Q in the state (x, v), A the derivative of the mean
    step, Q the covariance of a kick, B the unlike slopes of the draws; of an SDE or a flow the solution of the same in
    continuous time. Exact where the direction is linear under every draw; ``remark`` says where
    it is made so.

    times : (T,), ascending; of a map those of the nearest steps are taken.
    start : (d,), where runs start, with v = 0; the point by default.
    published : formulas to lay beside it, as printed: "kim2023", Theorem 2 of Kim, Park, Choi and Lee (2023) for USAM and
        gradient descent without momentum, ηc/(2λ(1+ρλ)²)·(1 − exp(−2λ(1+ρλ)²t)), c the variance of a gradient along e_j.
        It is not that of the update: (1+ρλ)² belongs to the gradient of f(x + ρ∇f), the step itself has 1+ρλ, so that by
        the formula no saddle could ever attract and its gap to gradient descent is twice too large (docs/questions.md).

    Raises UsageError where the map is not smooth at the point, or its mean step does not rest there.
    """
    resolved, about = _asked(landscape, method, point)
    model = moments(landscape, resolved, about)
    t = np.atleast_1d(np.asarray(times, dtype=float))
    if t.ndim != 1 or not t.size or not np.isfinite(t).all() or t[0] < 0 or np.any(np.diff(t) < 0):
        raise UsageError("times must be finite numbers from 0 on, ascending")
    eta: Any = resolved.numbers["eta"]
    spans = np.rint(t / eta) if model.discrete else t
    x0 = about.x if start is None else np.asarray(start, dtype=float)
    if x0.shape != (landscape.dim,):
        raise UsageError(f"start must be {landscape.dim} number(s), not {start!r:.60}")
    state = np.zeros(len(model.A))
    state[: landscape.dim] = x0 - model.centre
    P = _about(model, model.after(state, spans), about, landscape.dim, state, spans)
    along = np.einsum("ik,tij,jk->tk", about.eigenvectors, P, about.eigenvectors)
    t = spans * eta if model.discrete else t
    return Displacement(
        spec=_spec(landscape, resolved, about), method=resolved.text, formula=words.formula(resolved),
        clock=resolved.clock.name, about=about, start=x0, eigenvalues=about.eigenvalues, directions=about.eigenvectors,
        times=t, squares=along, exact=not model.remark, remark=model.remark,
        published={key: _published(key)(landscape, resolved, about, t) for key in published},
    )  # fmt: skip


def _about(
    model: Moments, P: Array, about: CriticalPoint, d: int, state: Array, spans: Array
) -> Array:  # fmt: skip
    """Return E (x − x*)(x − x*)ᵀ (T, d, d) from the second moments about the rest, which noise may have moved."""
    moved = model.centre - about.x
    squares = P[:, :d, :d]
    if not np.any(moved):
        return squares
    means = np.array([model.mean(state, span)[:d] for span in spans])
    cross = np.einsum("ti,j->tij", means, moved)
    return np.asarray(squares + cross + cross.swapaxes(1, 2) + np.outer(moved, moved))


def stationary_covariance(landscape: Landscape, method: Method | str, point: int | None = None) -> Stationary:
    """Return the covariance that a method keeps about the critical point ``point`` (an id; by default the first minimum).

    P = A P Aᵀ + Q of a map, A P + P Aᵀ + Q = 0 of an SDE (SciPy's Lyapunov equations), both with Σ B P Bᵀ added where
    draws have unlike slopes: exact where the direction is linear under every draw, to leading order in the noise
    elsewhere (``remark``). With a noisy ascent the mean may rest beside the point: ``centre``. Raises UsageError where
    the point does not attract, where mean squares grow nevertheless, and where the map is not smooth.
    """
    if point is None:
        point = next((p.id for p in landscape.critical_points if p.kind == "minimum"), None)
    resolved, about = _asked(landscape, method, point)
    if not resolved.random:
        raise UsageError(
            f"{resolved.text} has no noise, and so no stationary spread: give it a batch or sigma"
        )
    model = moments(landscape, resolved, about)
    try:
        P = model.stationary()
    except UsageError as error:
        raise UsageError(f"{resolved.text} at {about.kind} {about.id} of {landscape.name}: {error}") from None
    d = landscape.dim
    return Stationary(
        spec=_spec(landscape, resolved, about), method=resolved.text, formula=words.formula(resolved),
        clock=resolved.clock.name, background=words.background(landscape), about=about, centre=model.centre,
        covariance=P[:d, :d], state=P, exact=not model.remark, remark=model.remark,
    )  # fmt: skip


def noise_threshold(landscape: Landscape, method: Method | str, point: int | None = None) -> float:
    """Return rho*: normalised SAM under Gaussian noise is held at the saddle ``point`` in the mean if rho > rho*, and
    only then.

    g + sigma z in the place of g smooths the unit vector: near the point E unit = c g/sigma to first order, with
    c = √2 Γ((d+1)/2)/(d Γ(d/2)), so that the mean drift along an eigenvalue λ is −λ(1 + rho c λ/sigma). Every negative
    one, −μ, is held if rho > sigma/(c μ); on x² − y² that is sigma √(2/π), in one dimension √(π/2) sigma/μ. Derived for
    isotropic noise (``sigma``) that the ascent sees, and for rho at which the Hessian changes little; exact on
    quadratics. Of batches it is no formula: that of two points, say, jumps elsewhere. Raises UsageError where it does not
    apply.
    """
    resolved, about = _asked(landscape, method, point)
    sigma: Any = resolved.numbers.get("sigma")
    noise, smooth = resolved.noise, getattr(resolved.perturbation, "smooth", 0.0)
    if (
        resolved.name != "sam"
        or smooth
        or not sigma
        or noise.batch
        or noise.noise != "iso"
        or noise.ascent == "full"
    ):
        raise UsageError(
            "the noise threshold is that of normalised SAM under isotropic Gaussian noise which its ascent sees, "
            f"sam:sigma=…, not of {resolved.text}"
        )
    negative = about.eigenvalues[about.eigenvalues < 0]
    if not negative.size or about.kind not in ("saddle", "maximum"):
        raise UsageError(
            f"the noise threshold is that of a saddle or maximum, and point {about.id} is a {about.kind}"
        )
    d = landscape.dim
    c = sqrt(2.0) * gamma((d + 1) / 2) / (d * gamma(d / 2))
    return float(sigma / (c * np.min(-negative)))


def _asked(landscape: Landscape, method: Method | str, point: int | None) -> tuple[Method, CriticalPoint]:
    resolved = as_method(method).on(landscape)
    for name, value in resolved.numbers.items():
        if isinstance(value, tuple):
            raise UsageError(f"{name} has {len(value)} values here; one method at a time, please")
    return resolved, point_of(landscape, point)


def _kim(landscape: Landscape, method: Method, about: CriticalPoint, t: Array) -> Array:
    """Kim et al. (2023), Theorem 2, with the variance of a gradient in the place of |λ|/B."""
    if method.name not in ("gd", "usam") or method.momentum.state:
        raise UsageError(f"kim2023 is a formula for usam and gd without momentum, not for {method.text}")
    plain = replace(method, perturbation=Plain(), clock=Steps())
    C = covariance(landscape, plain)(about.x)
    c = np.einsum("ik,ij,jk->k", about.eigenvectors, C, about.eigenvectors)
    rho, eta = (float(method.numbers.get(k) or 0.0) for k in ("rho", "eta"))  # type: ignore[arg-type]
    a = about.eigenvalues * (1 + rho * about.eigenvalues) ** 2
    flat = np.where(a == 0, 1.0, a)
    return np.asarray(
        np.where(a == 0, eta * c * t[:, None], -eta * c / (2 * flat) * np.expm1(-2 * flat * t[:, None]))
    )


#: formulas from papers by the key of their reference
PUBLISHED = {"kim2023": _kim}


def _published(key: str) -> Any:
    if key not in PUBLISHED:
        raise unknown("published formula", key, PUBLISHED)
    return PUBLISHED[key]


def _spec(landscape: Landscape, method: Method, about: CriticalPoint) -> dict[str, Any]:
    return {
        "landscape": landscape.name, "formula": landscape.formula, "params": dict(landscape.params),
        "coordinates": list(landscape.coordinates), "method": method.text, "point": about.id,
    }  # fmt: skip
