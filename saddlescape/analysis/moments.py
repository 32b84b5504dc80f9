"""A method made linear at a point, and the equations of its first two moments there.

A tick (or, of an SDE, an instant) is s ← A s + Σ of what one draw γ does, with s = (x − x*, v). A draw kicks by
K (g_γ − E g) and, where the directions of the samples have unlike slopes, by B_γ s too. Mean and second moment then obey
linear equations that are exact for a direction that is linear in x under every draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from saddlescape.dynamics.clocks import Steps
from saddlescape.dynamics.evaluate import ARRAYS, covariance, evaluated
from saddlescape.dynamics.expansion import along
from saddlescape.dynamics.flows import atoms, total
from saddlescape.dynamics.jacobian import drift_jacobian, jacobian
from saddlescape.dynamics.laws import seen
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.multipliers import at_rest
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.results import CriticalPoint
from saddlescape.symbols import fixed, number, variable

#: parts of the domain's width by which a direction is displaced to see whether it is linear
PROBES = (0.013, -0.21)
#: slopes of a linear direction agree to rounding
SAME = 1e-9
#: steps from a rest that is known to a thousandth of its capture radius to one known to rounding
NEWTON = 3


@dataclass(frozen=True, eq=False)
class Moments:
    """The linear model about ``centre`` (d,). ``discrete``: one tick of a map, otherwise rates per time of a flow or SDE.

    ``A`` (s, s), ``Q`` (s, s) the covariance of a kick at rest, and per draw its probability ``p`` (a,), its kick ``k``
    (a, s) and ``B`` (a, s, s); both last are 0 in sum. ``linear`` says that the direction is linear in x under every
    draw, ``rule`` which approximation its law is, "" for none.
    """

    centre: Array
    discrete: bool
    A: Array
    Q: Array
    p: Array
    k: Array
    B: Array
    linear: bool
    rule: str

    @property
    def remark(self) -> str:
        """What is not exact, in words."""
        said = [] if self.linear else ["made linear at the point: exact to leading order in the noise"]
        return "; ".join([*said, *([f"the law of the noise is {self.rule}"] if self.rule else [])])

    @cached_property
    def of_squares(self) -> Array:
        """The matrix (s², s²) by which E s sᵀ, row by row, goes on."""
        one = np.eye(len(self.A))
        own = np.kron(self.A, self.A) if self.discrete else np.kron(self.A, one) + np.kron(one, self.A)
        return np.asarray(own + np.einsum("a,aij,akl->ikjl", self.p, self.B, self.B).reshape(own.shape))

    @cached_property
    def generator(self) -> Array:
        """The matrix by which (1, E s, E s sᵀ) goes on, (1 + s + s², same)."""
        s = len(self.A)
        made = np.zeros((1 + s + s * s,) * 2)
        made[0, 0] = 1.0 if self.discrete else 0.0
        made[1 : 1 + s, 1 : 1 + s] = self.A
        made[1 + s :, 0] = self.Q.ravel()
        cross = np.einsum("a,ail,aj->ijl", self.p, self.B, self.k)  # a kick goes with the slope of its draw
        made[1 + s :, 1 : 1 + s] = (cross + cross.swapaxes(0, 1)).reshape(s * s, s)
        made[1 + s :, 1 + s :] = self.of_squares
        return made

    def after(self, start: Array, spans: Array) -> Array:
        """Return E s sᵀ (T, s, s) from ``start`` (s,) after ``spans`` (T,), ascending: ticks of a map, or time."""
        from scipy.linalg import expm

        s = len(self.A)
        now = np.concatenate([[1.0], start, np.outer(start, start).ravel()])
        found, before = [], 0.0
        for span in spans:
            gap = span - before
            step = (
                np.linalg.matrix_power(self.generator, int(gap))
                if self.discrete
                else expm(gap * self.generator)
            )
            now, before = step @ now, span
            found.append(now[1 + s :].reshape(s, s))
        return np.array(found).reshape(-1, s, s)

    def mean(self, start: Array, span: float) -> Array:
        """Return E s (s,) after ``span``, from ``start`` (s,)."""
        from scipy.linalg import expm

        step = np.linalg.matrix_power(self.A, int(span)) if self.discrete else expm(span * self.A)
        return np.asarray(step @ start)

    @property
    def growth(self) -> float:
        """The largest modulus of the multipliers of the mean; of a flow or SDE the largest real part of the rates."""
        values = np.linalg.eigvals(self.A)
        return float(np.max(np.abs(values) if self.discrete else values.real))

    def stationary(self) -> Array:
        """Return P = E s sᵀ that stays (s, s). Raises UsageError where the mean or the squares grow."""
        from scipy.linalg import solve_continuous_lyapunov, solve_discrete_lyapunov

        edge = 1.0 if self.discrete else 0.0
        if not self.growth < edge:
            what = "multiplier" if self.discrete else "rate"
            raise UsageError(
                f"the point does not attract: the largest {what} of the mean step is {self.growth:.6g}, and only below "
                f"{edge:g} noise comes to rest"
            )
        if not np.any(self.B):
            return np.asarray(
                solve_discrete_lyapunov(self.A, self.Q)
                if self.discrete
                else solve_continuous_lyapunov(self.A, -self.Q)
            )
        values = np.linalg.eigvals(self.of_squares)
        most = float(np.max(np.abs(values) if self.discrete else values.real))
        if not most < edge:
            raise UsageError(
                f"the mean step attracts, but mean squares grow by the unlike slopes of the draws ({most:.6g}): there is "
                "no stationary covariance. A smaller eta, or a larger batch"
            )
        own = np.eye(len(self.of_squares)) - self.of_squares if self.discrete else -self.of_squares
        return np.asarray(np.linalg.solve(own, self.Q.ravel()).reshape(self.Q.shape))


def moments(landscape: Landscape, method: Method, about: CriticalPoint) -> Moments:
    """Return the linear model of ``method``, resolved on the landscape, at a critical point. Raises UsageError where the
    map is not smooth there, or its mean step rests nowhere near."""
    if about.kind == "cone" or about.samples is not None:
        raise UsageError(f"a {about.kind} has no linear theory: it needs a point with a Hessian")
    if method.noise.noise == "hessian" and seen(method.noise, method.perturbation.gradient_calls > 1):
        raise UsageError(
            f"{method.text}: the ascent sees noise that goes with the Hessian, whose root has no derivative here. Take "
            "noise=iso, or ascent=full"
        )
    centre, derivative = _rest(landscape, method, about)
    discrete, d = isinstance(method.clock, Steps), landscape.dim
    rough = not method.perturbation.is_smooth and method.numbers["rho"] != 0.0
    K = _kick(landscape, method)
    p, g, slopes, rule = _draws(landscape, method, centre)
    mean_g, mean_slope = p @ g, np.einsum("a,aij->ij", p, slopes)
    B = np.zeros((len(p), len(derivative), len(derivative)))
    B[:, :, :d] = np.einsum("si,aij->asj", K, slopes - mean_slope)
    B[np.abs(B) <= SAME * np.max(np.abs(K)) * np.max(np.abs(slopes), initial=0.0)] = 0.0
    quiet = not method.random
    Q = np.zeros((len(K), len(K))) if quiet else K @ covariance(landscape, method)(centre) @ K.T
    return Moments(
        centre, discrete, derivative, Q, p, (g - mean_g) @ K.T, B * (not quiet),
        not rough and _is_linear(landscape, method, centre, slopes), "" if quiet else rule,
    )  # fmt: skip


def _rest(landscape: Landscape, method: Method, about: CriticalPoint) -> tuple[Array, Array]:
    """Return where the mean step rests (d,) and A: of a map the derivative of a tick, of a face that of its rates."""
    discrete = isinstance(method.clock, Steps)
    if not method.noise.random:
        width = max(hi - lo for lo, hi in landscape.domain)
        rounding = 1e-10 * width * float(np.max(np.abs(about.eigenvalues)))
        centre = about.x
    else:
        found = at_rest(landscape, method, about)
        if found is None:
            raise UsageError(
                f"the mean step of {method.text} does not rest near point {about.id}: noise in its ascent carries it on"
            )
        centre, rounding = _polished(landscape, method, found[0]), 0.0
    if discrete:
        return centre, jacobian(landscape, method, centre, zero=rounding)
    return centre, drift_jacobian(landscape, method, centre, _norm)


def _polished(landscape: Landscape, method: Method, x: Array) -> Array:
    """Return where E G = 0, by Newton's steps from ``x``, which is near."""
    for _ in range(NEWTON):
        p, g, slopes, _ = _draws(landscape, method, x)
        x = x - np.linalg.lstsq(np.einsum("a,aij->ij", p, slopes), p @ g, rcond=1e-12)[0]
    return x


def _kick(landscape: Landscape, method: Method) -> Array:
    """Return K (s, d): what a direction G does to the state in a tick; of an SDE in the root of time (sdes.py)."""
    d, numbers = landscape.dim, _numbers(method)
    if not isinstance(method.clock, Steps):
        root = np.sqrt(numbers["eta"])
        if method.momentum.state:
            return np.asarray(np.concatenate([np.zeros((d, d)), np.eye(d) / root]))
        return np.asarray(-root * np.eye(d))
    own = {name: number(name) for name in method.momentum.numbers}
    x, v = method.momentum.move(variable("x"), variable("v"), variable("G"), eta=number("eta"), **own)
    given = {"x": np.zeros((d, d)), "v": np.zeros((d, d)), "G": np.eye(d)}  # a row for every coordinate of G
    rows = [evaluated(landscape, f, given, numbers) for f in (x, v) if f is not None]
    found: Array = np.concatenate(rows, axis=1).T
    return found


def _draws(landscape: Landscape, method: Method, x: Array) -> tuple[Array, Array, Array, str]:
    """Return per draw of the law its probability, its direction (a, d) and its slope (a, d, d) at ``x``, and in words how
    the law is approximated, "" where it is exact."""
    d, numbers = landscape.dim, _numbers(method)
    parts, at = method.parts(d, landscape.n_samples), variable("x")
    cut = getattr(method.clock, "order", None) if getattr(method.clock, "cov", "psd") == "psd" else None
    directions = [(p, total(terms)) for p, terms in atoms(parts, at, cut)]
    slopes = [[along(f, fixed(e), at) for e in np.eye(d)] for _, f in directions]
    memo: dict[int, Any] = {}
    given, more = {"x": x}, {"norm": _norm}
    found = [evaluated(landscape, f, given, numbers, memo, more) for _, f in directions]
    made = [
        np.stack(
            [np.zeros(d) if f is None else evaluated(landscape, f, given, numbers, memo, more) for f in row],
            axis=1,
        )
        for row in slopes
    ]
    return (
        np.array([p for p, _ in directions]),
        np.array(found),
        np.array(made),
        "" if parts.law.exact else parts.law.rule,
    )


def _numbers(method: Method) -> dict[str, float]:
    return {k: float(v) for k, v in method.numbers.items() if isinstance(v, int | float)}


def _norm(a: Any) -> Any:
    n = ARRAYS["norm"](a)
    if np.any(n == 0.0):
        raise UsageError(
            "a draw of the noise leaves no gradient here: the map takes the unit vector of 0 and is not smooth"
        )
    return n


def _is_linear(landscape: Landscape, method: Method, x: Array, slopes: Array) -> bool:
    """Whether the slope of every draw is the same elsewhere."""
    width = max(hi - lo for lo, hi in landscape.domain)
    for part in PROBES:
        other = _draws(landscape, method, x + part * width * np.arange(1, len(x) + 1))[2]
        if not np.allclose(other, slopes, rtol=SAME, atol=SAME * np.max(np.abs(slopes))):
            return False
    return True
