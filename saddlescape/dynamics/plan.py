"""Plan: one run, resolved and checked, and how its numbers and results are laid out in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from saddlescape import store
from saddlescape.dynamics.flows import Face
from saddlescape.dynamics.link import adaptive, extra_rows
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.timing import MOST_TICKS, division, face_ticks
from saddlescape.errors import UsageError, unknown
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.partial import Partial, Rest

Kind = TypeVar("Kind", bound=Rest)

#: ticks in each of the two windows that statuses are judged by
WINDOW = 50
#: what may end a trajectory before its last tick (stopping.py)
STOPS = ("left", "converged")


@dataclass(frozen=True)
class Plan:
    """One run, resolved and checked: what the kernel needs and how results are laid out."""

    landscape: Landscape
    method: Method
    x0: Array
    v0: Array | None
    ticks: int
    every: int
    fast: bool
    seed: int
    params: dict[str, Array]
    streams: Array
    stop: str | None = None

    @property
    def records(self) -> int:
        """The number of recorded ticks: 0, every, 2·every, … and the last."""
        return 1 + -(-self.ticks // self.every)

    @property
    def window(self) -> int:
        """The length of each of the two windows (see loop.run)."""
        return min(WINDOW, self.ticks // 2)

    @property
    def state(self) -> int:
        """Rows of state in the buffer."""
        return self.landscape.dim * (1 + len(self.method.momentum.state))

    def numbers(self, part: slice) -> list[Any]:
        """The rows of numbers for the trajectories of ``part``, each a float or an array."""
        own = [np.asarray(v, dtype=float) for v in self.method.numbers.values()]
        rows: list[Any] = [v[part] if v.ndim else float(v) for v in own]
        varying = {name: values[part] for name, values in self.params.items()}
        rows += [varying.get(name, value) for name, value in self.landscape.params.items()]
        extra = {
            "stream": self.streams[part],
            **dict(zip(("splits", "depth"), division(self.method), strict=True)),
        }
        rows += [extra[name] for name in extra_rows(self.method)]
        corners = (
            np.array(self.landscape.domain).T.ravel() if self.stop == "left" else nowhere(self.landscape.dim)
        )
        return rows + (corners.tolist() if adaptive(self.method) else [])


def nowhere(d: int) -> Array:
    """Return the lower and the upper bounds, (2·d,), of a box that nothing leaves."""
    return np.repeat([-np.inf, np.inf], d)


def plan_run(
    landscape: Landscape, method: Method, x0: Any, v0: Any, steps: Any, every: Any, fast: bool, seed: int,
    params: Mapping[str, Any], streams: Any = None, stop: Any = None,
) -> Plan:  # fmt: skip
    """Resolve and check a run. Raises UsageError for what cannot be run, in words."""
    if not isinstance(landscape, Landscape):
        raise UsageError(f"a landscape is needed, such as ss.landscape('beale'), not {landscape!r:.60}")
    starts = np.atleast_2d(_finite(landscape.start if x0 is None else x0, "a start (x0)"))
    if starts.ndim != 2 or starts.shape[1] != landscape.dim or not starts.shape[0]:
        raise UsageError(
            f"a start on {landscape.name} has {landscape.dim} coordinate(s) {landscape.coordinates}; "
            f"an array of shape {starts.shape} was given"
        )
    if isinstance(seed, (bool, str)) or int(seed) != seed or not 0 <= seed < 2**64:
        raise UsageError(f"seed must be a whole number from 0 to 2^64 − 1, not {seed!r:.40}")
    if fast not in (True, False):
        raise UsageError(f"fast is True or False, not {fast!r:.40}")
    if stop is not None and stop not in STOPS:
        raise UsageError(f"stop is {', '.join(map(repr, STOPS))} or None, not {stop!r:.40}")
    if stop == "converged" and adaptive(method):
        raise UsageError(
            "stop='converged' needs the ball that a method is known to keep, and with the adaptive steps of "
            "scheme=dopri5 the check for one could go on for ever: use scheme=rk4 (stop='left' works with both)"
        )
    resolved = method.on(landscape)
    if landscape.functions and _needs_formula(resolved):
        raise UsageError(
            f"{resolved.text} needs second derivatives in its kernel, and {landscape.name} is made of functions of your "
            "own: give the loss as a formula, or use the map"
        )
    ticks = whole("steps", face_ticks(resolved, landscape.steps) if steps is None else steps)
    for name, given in resolved.numbers.items():
        if isinstance(given, tuple) and len(given) != starts.shape[0]:
            raise UsageError(
                f"{name} has {len(given)} values but there are {starts.shape[0]} trajectories: "
                "give one each (or one for all)"
            )
    buffers = _buffers(v0, starts, resolved)
    return Plan(landscape, resolved, starts, buffers, ticks, min(whole("every", every), ticks), fast, seed,
                _parameters(landscape, params, len(starts)), _streams(streams, len(starts)), stop)  # fmt: skip


def _parameters(landscape: Landscape, params: Mapping[str, Any], n: int) -> dict[str, Array]:
    """Return the landscape's parameters that have one value per trajectory, checked."""
    found = {}
    for name, given in params.items():
        if name not in landscape.params:
            raise unknown(f"parameter of {landscape.name}", name, landscape.params or ["(it has none)"])
        values = _finite(given, f"parameter {name}")
        if values.shape != (n,):
            raise UsageError(
                f"parameter {name} needs one value per trajectory, ({n},), not an array of {values.shape}"
            )
        found[name] = values
    return found


def _needs_formula(method: Method) -> bool:
    clock = method.clock
    cut = isinstance(clock, Face) and (clock.order is not None or clock.drift == "mod")
    return (
        (cut and method.name != "gd")
        or method.noise.noise == "hessian"
        or (isinstance(clock, Face) and clock.drift == "mod")
    )


def _streams(streams: Any, n: int) -> Array:
    """Return the number of every trajectory's stream of random numbers: its place, or what is asked for."""
    if streams is None:
        return np.arange(n, dtype=float)
    found = _finite(streams, "streams")
    if found.shape != (n,) or np.any(found != np.floor(found)) or np.any((found < 0) | (found >= 2**53)):
        raise UsageError(f"streams must be {n} whole numbers from 0 to 2^53, one per trajectory")
    return found


def whole(name: str, value: Any) -> int:
    """Return ``value`` as a whole number ≥ 1. Raises UsageError, naming it, for anything else and for 2⁶² or more."""
    try:
        good = not isinstance(value, (bool, str)) and int(value) == value and value >= 1
    except (TypeError, ValueError, OverflowError):
        good = False
    if not good:
        raise UsageError(f"{name} must be a whole number ≥ 1, not {value!r:.40}")
    if value >= MOST_TICKS:
        raise UsageError(f"{name} must be below {MOST_TICKS:.3g}, not {_short(int(value))}")
    return int(value)


def _short(count: int) -> str:
    """Return a large whole number as 1.23e+40, however many digits it has."""
    digits = str(count) if count < 10**300 else ""
    return f"{float(digits):.3g}" if digits else "a number of more than 300 digits"


def _finite(values: Any, what: str) -> Array:
    try:
        array = np.ascontiguousarray(values)
        if array.dtype.kind not in "fiub":
            raise ValueError
        array = array.astype(np.float64, copy=False)
    except (TypeError, ValueError):
        raise UsageError(f"{what} must be numbers in rows of one length, not {values!r:.60}") from None
    if not np.all(np.isfinite(array)):
        raise UsageError(f"{what} must be finite; NaN or infinity was given")
    return array


def _buffers(v0: Any, starts: Array, method: Method) -> Array | None:
    if v0 is None:
        return None
    if not method.momentum.state:
        raise UsageError(f"v0 is the momentum buffer, but {method.text} has no momentum: give beta")
    v = _finite(v0, "the momentum buffer v0")
    if v.shape not in (starts.shape, starts.shape[1:]):
        raise UsageError(f"v0 must have the shape of the starts {starts.shape} or of one, not {v.shape}")
    return np.array(np.broadcast_to(v, starts.shape))


def empty(plan: Plan) -> Partial:
    """Return the results of ``plan`` before anything is done."""
    n, d = plan.x0.shape
    record = np.empty((n, plan.records, d))
    record[:, 0] = plan.x0
    v = np.zeros((n, d)) if plan.method.momentum.state else np.zeros((n, 0))
    box = np.empty((n, 2, d))
    return Partial(
        "", record, v, box, np.zeros(n, dtype=bool), np.zeros(n, dtype=np.int32), np.zeros(n, dtype=bool),
        np.full(n, float(plan.ticks)) if plan.stop else np.broadcast_to(np.int64(plan.ticks), n),
        np.zeros(n if adaptive(plan.method) else 0, dtype=np.int64),
    )  # fmt: skip


def signature(plan: Plan) -> str:
    """Return a text that is the same for the same run, so that only what belongs to it goes on."""
    varying = [(name, values.tobytes().hex()) for name, values in plan.params.items()]
    starts = store.digest(plan.x0.tobytes().hex(), "" if plan.v0 is None else plan.v0.tobytes().hex())
    return repr(
        (
            plan.landscape.identity[:6],
            plan.method.text,
            plan.ticks,
            plan.every,
            plan.fast,
            plan.stop,
            starts,
            varying,
            plan.seed if plan.method.random else 0,
            store.digest(plan.streams.tobytes().hex()),
        )
    )


def fitting(resume: Kind | None, plan: Plan) -> Kind | None:
    """Return ``resume`` if it belongs to ``plan``. Raises UsageError if it belongs to another run."""
    if resume is not None and resume.signature != signature(plan):
        raise UsageError(
            "what was interrupted is another run: the landscape, method, starts, steps, every, fast or stop differ"
        )
    return resume


def tiles(plan: Plan, part: slice, lanes: int) -> Array:
    """Lay out state and numbers as (blocks, rows, lanes); the last block is filled up with its first trajectory."""
    n, d = plan.x0[part].shape
    numbers = plan.numbers(part)
    flat = np.zeros((plan.state + len(numbers), n))
    flat[:d] = plan.x0[part].T
    if plan.v0 is not None:
        flat[d : 2 * d] = plan.v0[part].T
    for row, values in enumerate(numbers, start=plan.state):
        flat[row] = values
    return in_blocks(flat, lanes)


def in_blocks(flat: Array, lanes: int) -> Array:
    """Return (rows, n) as (blocks, rows, lanes); the last block is filled up with the first column."""
    n = flat.shape[1]
    full = np.concatenate([flat, np.repeat(flat[:, :1], -n % lanes, axis=1)], axis=1)
    return np.ascontiguousarray(full.reshape(len(flat), -1, lanes).swapaxes(0, 1))


def sets(method: Method, params: Mapping[str, Array], n: int) -> tuple[Array, Any]:
    """Return the different rows of what varies by trajectory, numbers before parameters, and which row each one has."""
    varying = [np.array(v) for v in method.numbers.values() if isinstance(v, tuple)] + list(params.values())
    if not varying:
        return np.zeros((1, 0)), np.zeros(n, dtype=int)
    rows, which = np.unique(np.stack(varying, axis=1), axis=0, return_inverse=True)
    return rows, which.ravel()
