"""Schemes: one tick of dX = F(X) dt, or of dX = F(X) dt + noise, from the vector field as a formula.

A state is {"x": vector} or {"x": …, "v": …}; a field maps a state to its derivative; noise is what a tick adds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from saddlescape.symbols import Scalar, Vector

State = dict[str, Vector]
Field = Callable[[State], State]


def _moved(state: State, *steps: tuple[Scalar, State]) -> State:
    """Return state + Σ factor · derivative."""
    moved = dict(state)
    for factor, change in steps:
        moved = {name: value + factor * change[name] for name, value in moved.items()}
    return moved


def euler(field: Field, state: State, dt: Scalar) -> State:
    """Return x + dt F(x) (order 1). With a momentum buffer the position moves with its new value, as in the map."""
    change = field(state)
    if "v" not in state:
        return _moved(state, (dt, change))
    v = state["v"] + dt * change["v"]
    return {"x": state["x"] - dt * v, "v": v}


def rk4(field: Field, state: State, dt: Scalar) -> State:
    """Return one step of the classical Runge–Kutta method (order 4; Kutta 1901)."""
    k1 = field(state)
    k2 = field(_moved(state, (0.5 * dt, k1)))
    k3 = field(_moved(state, (0.5 * dt, k2)))
    k4 = field(_moved(state, (dt, k3)))
    slope = {name: k1[name] + 2.0 * (k2[name] + k3[name]) + k4[name] for name in state}
    return _moved(state, (dt / 6.0, slope))


#: Dormand & Prince 1980, RK5(4)7M: rows of the tableau, and the weights of order 5 less those of order 4
DOPRI_A = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
DOPRI_E = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)


def dopri5(field: Field, state: State, k1: State, h: Scalar) -> tuple[State, State, State]:
    """Return the state after ``h`` (order 5), the derivative there and the error estimate (order 4), from the
    derivative ``k1`` at ``state``."""
    slopes, at = [k1], state
    for row in DOPRI_A:
        at = {name: value + h * _mix(row, slopes, name) for name, value in state.items()}
        slopes.append(field(at))
    return at, slopes[-1], {name: h * _mix(DOPRI_E, slopes, name) for name in state}


def _mix(weights: Sequence[float], slopes: Sequence[State], name: str) -> Vector:
    parts = [w * k[name] for w, k in zip(weights, slopes, strict=True) if w]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def euler_maruyama(field: Field, state: State, dt: Scalar, noise: Mapping[str, Vector]) -> State:
    """Return x + dt F(x) + noise (strong order ½, 1 if the noise is additive; weak order 1; Maruyama 1955).

    Where there is a momentum buffer the position moves with its new value, as in the map it stands for.
    """
    change = field(state)
    if "v" not in state:
        return {"x": state["x"] + dt * change["x"] + noise["x"]}
    v = state["v"] + dt * change["v"] + noise["v"]
    return {"x": state["x"] - dt * v, "v": v}


def heun(field: Field, state: State, dt: Scalar, noise: Mapping[str, Vector]) -> State:
    """Return x + dt (F(x) + F(x̂))/2 + noise with x̂ = x + dt F(x) + noise.

    For additive noise: weak order 2, strong order 1 (Kloeden & Platen 1992, §15.1; Milstein & Tretyakov 2004, §2.2).
    """
    k1 = field(state)
    k2 = field(_kicked(_moved(state, (dt, k1)), noise))
    half = 0.5 * dt
    return _kicked(_moved(state, (half, k1), (half, k2)), noise)


def _kicked(state: State, noise: Mapping[str, Vector]) -> State:
    return {name: value + noise[name] if name in noise else value for name, value in state.items()}


FLOW_SCHEMES: dict[str, Callable[..., State]] = {"rk4": rk4, "euler": euler}
SDE_SCHEMES: dict[str, Callable[..., State]] = {"euler": euler_maruyama, "heun": heun}
#: the tick that is left of any of them without noise
MEAN_SCHEMES: dict[str, Callable[..., State]] = {**FLOW_SCHEMES, "heun": partial(heun, noise={})}
