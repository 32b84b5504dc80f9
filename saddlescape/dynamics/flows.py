"""Flows: the ordinary differential equation a method stands for, dx/dt = −G(x), exact or cut in its rho-series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, TypeVar

from saddlescape.dynamics.clocks import Clock, Parts, Steps, moved
from saddlescape.dynamics.expansion import along
from saddlescape.dynamics.schemes import MEAN_SCHEMES, State, dopri5
from saddlescape.dynamics.series import series
from saddlescape.symbols import Scalar, Vector, dot, gradient, norm, number, recip, scalar, variable, where

#: (one, other) → one of them, as a formula
Choice = Callable[[Vector, Vector], Vector]
#: an inner product below this is 0: what is at a zero of the gradient turns it, and NaN does not
TINY = 1e-300


@dataclass(frozen=True)
class Face(Clock):
    """Base of flows and SDEs: a continuous face. ``order`` 2 keeps the rho-series of the direction to rho, 3 to rho²,
    None keeps the direction itself. ``dt`` is the tick (None: eta/10). ``drift`` "mod" adds the (eta/2) DG·G of
    backward error analysis, by which the face follows the map one order better in eta."""

    tick = "dt"
    order: int | None = None
    dt: Any = None
    drift: str = "plain"
    scheme: str = ""

    @property
    def numbers(self) -> dict[str, Any]:
        """dt."""
        return {"dt": self.dt}


@dataclass(frozen=True)
class Flow(Face):
    """dx/dt = −G(x), time t = k·eta; with momentum dx/dt = −v, eta dv/dt = G(x) − (1−beta) v (the buffer's sign).

    ``scheme``: rk4, euler (fixed dt) or dopri5 (adaptive, with ``rtol`` and ``atol``). ``mean`` allows sigma: the flow
    of the direction's mean. On a mini-batch the flow is that of E[G].
    """

    scheme: str = "rk4"
    rtol: Any = 1e-6
    atol: Any = 1e-9
    mean: bool = False

    @property
    def name(self) -> str:
        """flow, flow2 or flow3."""
        return f"flow{self.order or ''}"

    @property
    def adaptive(self) -> bool:
        """Whether it chooses its own steps, and ticks are only where it is looked at."""
        return self.scheme == "dopri5"

    @property
    def numbers(self) -> dict[str, Any]:
        """dt, and the tolerances of an adaptive scheme."""
        return {"dt": self.dt, **({"rtol": self.rtol, "atol": self.atol} if self.adaptive else {})}

    def step(self, parts: Parts) -> dict[str, Vector]:
        """Return the state after dt; where the method is not smooth, a state that a step would carry across a zero of
        the gradient stays (see ``captured``)."""
        state = {"x": variable("x"), **{name: variable(name) for name in parts.momentum.state}}
        if self.adaptive:
            return self.attempt(parts, state)
        first = self.field(parts, state)
        dt = parts.numbers["dt"]
        after = MEAN_SCHEMES[self.scheme](
            lambda at: first if at is state else self.field(parts, at), state, dt
        )
        if not arrives(parts):
            return after
        return {"x": self.held(parts, state["x"], first["x"], dt)(state["x"], after["x"])}

    def held(self, parts: Parts, x: Vector, slope: Vector, dt: Scalar) -> Choice:
        """Return the rule of ``captured`` for a step ``dt`` of this flow from ``x``, where dx/dt is ``slope``."""
        return captured(x, slope, dt, lambda at: self.field(parts, {"x": at})["x"])

    def attempt(self, parts: Parts, state: State) -> dict[str, Vector]:
        """Return the state after a step ``h``, its derivative there and the error, from the derivative ``k_`` at hand."""
        k1 = {name: variable(f"k_{name}") for name in state}
        h = number("h")
        after, last, error = dopri5(lambda at: self.field(parts, at), state, k1, h)
        if arrives(parts):
            size = parts.numbers["atol"] + parts.numbers["rtol"] * norm(state["x"])
            held = arrived(self.held(parts, state["x"], k1["x"], h), k1["x"], h, error["x"], size)
            rest = 0.0 * state["x"]
            after, last = {"x": held(state["x"], after["x"])}, {"x": held(rest, last["x"])}
            error = {"x": held(rest, error["x"])}
        found = {f"{name}_next": after[name] for name in state}
        found |= {f"k_{name}_next": last[name] for name in state}
        return {**found, **{f"{name}_error": error[name] for name in state}}

    def field(self, parts: Parts, state: State) -> State:
        """Return the derivative of every state vector at ``state``, as formulas."""
        return slope(parts, state, mean_direction(parts, state["x"], self.order, self.drift))


@dataclass(frozen=True)
class MeanSteps(Steps):
    """The mean step of a random map: its momentum, whichever it is, moved by the mean of the direction."""

    def step(self, parts: Parts) -> dict[str, Vector]:
        """Return {"x": …} or {"x": …, "v": …}."""
        x = variable("x")
        return moved(parts, x, mean_direction(parts, x, None, "plain"))


def slope(parts: Parts, state: State, drift: Vector) -> State:
    """Return dx/dt = −G, or with momentum dx/dt = −v and dv/dt = (G − (1 − beta) v)/eta."""
    if "v" not in state:
        return {"x": -drift}
    v, eta, beta = state["v"], parts.numbers["eta"], parts.numbers["beta"]
    return {"x": -v, "v": (drift - (1.0 - beta) * v) / eta}


def arrives(parts: Parts) -> bool:
    """Whether the field jumps at zeros of the gradient, so that the flow arrives there in finite time and stays."""
    return not (parts.perturbation.is_smooth or parts.momentum.state or parts.noise.random)


def captured(x: Vector, slope: Vector, dt: Scalar, field: Callable[[Vector], Vector]) -> Choice:
    """Return the rule (held, free) → "held" where one step from ``x`` would carry it across a zero of the gradient.

    Near a critical point a normalised direction has a part of fixed size, G − g ≈ rho H n, and the flow arrives in
    finite time; then it stays (Filippov). A step of that part turns g round there. It does so across a steep valley
    too, where a step is too long for the scheme but nothing ends: therefore it must turn g round twice, from ``x`` and
    from where g is shortest on the way, where what is left of g along the valley is not turned.
    """
    shortest, turned = turning(x, slope, dt)
    _, still = turning(shortest, field(shortest), dt)
    return lambda held, free: where(turned, scalar(0.0), where(still, scalar(TINY), held, free), free)


def turning(x: Vector, slope: Vector, dt: Scalar) -> tuple[Vector, Scalar]:
    """Return where g would be shortest on the step −dt (G − g) from ``x`` if it changed evenly, and ⟨g, g after it⟩."""
    g = gradient(x)
    step = dt * (slope + g)
    after = gradient(x + step)
    change = g - after
    return x + (dot(g, change) * recip(dot(change, change))) * step, dot(g, after)


#: atoms up to which a law is written out in the formula of a tick; those of a larger one are found by a pass
WRITTEN_OUT = 6


def arrived(held: Choice, slope: Vector, h: Scalar, error: Vector, size: Scalar) -> Choice:
    """Return the rule of an adaptive step ``h``: ``held`` where its error is below ``size``, for a longer one may not
    see where it goes.

    The slope of what is held is set to 0, and what has none stays: otherwise it would be carried across for ever by
    steps as short as this one. (The first attempt of a run is one of h = 0, to find the slope.)
    """
    nothing, tried, moving = scalar(0.0), norm(error), norm(slope)

    def either(stays: Vector, free: Vector) -> Vector:
        goes = where(tried, size, held(stays, free), free)
        return where(nothing, moving, goes, where(nothing, h, stays, free))

    return either


def mean_direction(parts: Parts, x: Vector, order: int | None, drift: str) -> Vector:
    """Return E[G](x) over the law of the noise, cut after rho^(order−1), with (eta/2) DG·G if ``drift`` is "mod"."""
    if drift == "mod":
        parts = parts.written_out("drift=mod")
    mean = average([(p, total(terms)) for p, terms in atoms(parts, x, order)])
    correction = along(mean, mean, x) if drift == "mod" else None
    return mean if correction is None else mean + 0.5 * parts.numbers["eta"] * correction


def atoms(parts: Parts, x: Vector, order: int | None) -> list[tuple[float, list[Vector | None]]]:
    """Return (probability, the terms of the direction at ``x``) for every atom; one term where ``order`` is None."""
    found: list[tuple[float, list[Vector | None]]] = []
    law = parts.law.atoms
    if len(law) > WRITTEN_OUT and parts.passes:
        return [(p, [Vector("atom", (x, a, order))]) for a, (p, _) in enumerate(law)]
    for p, draw in law:
        exact = parts.direction(x, draw)
        found.append((p, [exact] if order is None else series(exact, order - 1, parts.perturbation.small, x)))
    return found


#: terms that are added one after the other; of more, sums of halves are: walks over formulas would go too deep
IN_A_ROW = 36


T = TypeVar("T", Scalar, Vector)


def total(terms: Sequence[T | None]) -> T:
    """Return the sum of the terms that are there."""
    kept = [t for t in terms if t is not None]
    if len(kept) > IN_A_ROW:
        half = len(kept) // 2
        return total(kept[:half]) + total(kept[half:])
    found: T = reduce(add, kept)
    return found


def average(weighted: list[tuple[float, Vector]]) -> Vector:
    """Return Σ p v."""
    return total([v if p == 1.0 else p * v for p, v in weighted])
