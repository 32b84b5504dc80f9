"""Flows: the ordinary differential equation a method stands for, dx/dt = −G(x), exact or cut in its rho-series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, TypeVar

from saddlescape.dynamics.clocks import Clock, Parts
from saddlescape.dynamics.expansion import along, series
from saddlescape.dynamics.schemes import FLOW_SCHEMES, State, dopri5
from saddlescape.symbols import Scalar, Vector, bend, gradient, norm, number, scalar, variable, where


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
        after = FLOW_SCHEMES[self.scheme](
            lambda at: first if at is state else self.field(parts, at), state, dt
        )
        if parts.perturbation.is_smooth or "v" in state or parts.noise.random:
            return after
        return {"x": captured(state["x"], first["x"], dt, after["x"])}

    def attempt(self, parts: Parts, state: State) -> dict[str, Vector]:
        """Return the state after a step ``h``, its derivative there and the error, from the derivative ``k_`` at hand."""
        k1 = {name: variable(f"k_{name}") for name in state}
        h = number("h")
        after, last, error = dopri5(lambda at: self.field(parts, at), state, k1, h)
        if not (parts.perturbation.is_smooth or "v" in state or parts.noise.random):
            size = parts.numbers["atol"] + parts.numbers["rtol"] * norm(state["x"])
            held = arrived(state["x"], k1["x"], h, error["x"], size)
            rest = 0.0 * state["x"]
            after, last = {"x": held(state["x"], after["x"])}, {"x": held(rest, last["x"])}
            error = {"x": held(rest, error["x"])}
        found = {f"{name}_next": after[name] for name in state}
        found |= {f"k_{name}_next": last[name] for name in state}
        return {**found, **{f"{name}_error": error[name] for name in state}}

    def field(self, parts: Parts, state: State) -> State:
        """Return the derivative of every state vector at ``state``, as formulas."""
        return slope(parts, state, mean_direction(parts, state["x"], self.order, self.drift))


def slope(parts: Parts, state: State, drift: Vector) -> State:
    """Return dx/dt = −G, or with momentum dx/dt = −v and dv/dt = (G − (1 − beta) v)/eta."""
    if "v" not in state:
        return {"x": -drift}
    v, eta, beta = state["v"], parts.numbers["eta"], parts.numbers["beta"]
    return {"x": -v, "v": (drift - (1.0 - beta) * v) / eta}


def captured(x: Vector, slope: Vector, dt: Scalar, after: Vector) -> Vector:
    """Return ``x`` where one step would carry it across a zero of the gradient g, otherwise ``after``.

    Near a critical point a normalised direction has a part of fixed size, G − g ≈ rho H n, and the flow arrives in
    finite time; then it stays (Filippov). A step changes g by about dt H (G − g); where that is longer than g
    an explicit scheme would only chatter.
    """
    g = gradient(x)
    return where(norm(g), dt * norm(bend(x, slope + g)), x, after)


#: atoms up to which a law is written out in the formula of a tick; those of a larger one are found by a pass
WRITTEN_OUT = 6


def arrived(
    x: Vector, slope: Vector, h: Scalar, error: Vector, size: Scalar
) -> Callable[[Vector, Vector], Vector]:
    """Return (held, free) → one of them: the rule of ``captured`` for an adaptive step ``h`` from ``x``.

    It holds a step whose error is below ``size``, for a longer one may not see where it goes. The slope of what is held
    is set to 0, and what has none stays: otherwise it would be carried across for ever by steps as short as this one.
    (The first attempt of a run is one of h = 0, to find the slope.)
    """
    g, nothing = gradient(x), scalar(0.0)
    reach, tried, moving = h * norm(bend(x, slope + g)), norm(error), norm(slope)

    def either(held: Vector, free: Vector) -> Vector:
        goes = where(tried, size, where(norm(g), reach, held, free), free)
        return where(nothing, moving, goes, where(nothing, h, held, free))

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
