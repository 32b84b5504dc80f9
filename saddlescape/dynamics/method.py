"""Method: a perturbation, a momentum, a noise and a clock with their numbers. ``Method.text`` is how it is written.

The text is read in reading.py; ``Method.text`` sorts the keys, omits defaults and parses back to an equal object.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from saddlescape.dynamics.clocks import Clock, Parts, Steps
from saddlescape.dynamics.flows import Face, Flow, MeanSteps, arrives
from saddlescape.dynamics.momentum import Momentum, Nesterov, NoMomentum
from saddlescape.dynamics.nodes import refused
from saddlescape.dynamics.noise import Noise
from saddlescape.dynamics.numbers import Value, read, show
from saddlescape.dynamics.perturbations import Perturbation
from saddlescape.errors import UsageError
from saddlescape.symbols import Vector, number

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Landscape

#: evaluations of the field in a tick of a flow, or in an attempt at a step (its first slope is the last one's last)
STAGES = {"rk4": 4, "euler": 1, "dopri5": 6}
#: gradients of the rule by which the flow of a normalised direction stays where it arrives (flows.captured)
ARRIVAL = 4
#: ticks of a face per step of its map, where dt is not given
PER_STEP = 10


@dataclass(frozen=True)
class Method:
    """What is simulated. ``eta`` (step size) and rho are the landscape's where None.

    Any number may be a tuple with one value per trajectory; which parts it has is the same for all of them.
    """

    perturbation: Perturbation
    momentum: Momentum = field(default_factory=NoMomentum)
    clock: Clock = field(default_factory=Steps)
    eta: Value | None = None
    noise: Noise = field(default_factory=Noise)

    @property
    def name(self) -> str:
        """The method's name, as in its text."""
        return self.perturbation.name

    @property
    def numbers(self) -> dict[str, Value | None]:
        """Every number by name: eta, then those of the perturbation, the momentum, the noise and the clock."""
        found: dict[str, Value | None] = {"eta": self.eta}
        for part in (self.perturbation, self.momentum):
            found |= {name: getattr(part, name) for name in part.numbers}
        if self.noise.additive:
            found["sigma"] = self.noise.sigma
        return {**found, **self.clock.numbers}

    @property
    def random(self) -> bool:
        """Whether a tick draws random numbers."""
        return self.noise.random and not self.clock.name.startswith("flow")

    @property
    def gradient_calls(self) -> int | None:
        """Gradients a tick computes, per mini-batch; or an attempted step of an adaptive flow; None where a face is no
        composition of them."""
        calls, clock = self.perturbation.gradient_calls, self.clock
        if not isinstance(clock, Face):
            return calls
        exact = isinstance(clock, Flow) and clock.order is None and clock.drift == "plain"
        if not exact or self.noise.random or clock.scheme not in STAGES:
            return None
        return calls * STAGES[clock.scheme] + (ARRIVAL if arrives(self.parts(1)) else 0)

    def with_numbers(self, **values: Value) -> Method:
        """Return this method with other values for some of its numbers (rho stays where it belongs)."""
        method = self
        for key, given in values.items():
            value = read(key, given)
            for part in ("perturbation", "momentum", "noise", "clock"):
                if key in {f.name for f in fields(getattr(method, part))}:
                    method = replace(method, **{part: replace(getattr(method, part), **{key: value})})
                    break
            else:
                method = replace(method, eta=value)
        return method

    def resolved(self, eta: float | None, rho: float | None) -> Method:
        """Return this method with a landscape's eta and rho where it names none, and dt = eta/10 where its clock has
        one. Raises UsageError if neither says what eta or rho is."""
        filled: dict[str, Value] = {}
        for key, value in (("eta", eta), ("rho", rho)):
            if key in self.numbers and self.numbers[key] is None:
                if value is None:
                    raise UsageError(f"{self.name} needs {key}: write {self.name}:{key}=…")
                filled[key] = value
        made = self.with_numbers(**filled)
        if isinstance(made.clock, Face) and made.clock.dt is None:
            made = made.with_numbers(dt=_divided(made.eta, PER_STEP))  # type: ignore[arg-type]
        return made

    def on(self, landscape: Landscape) -> Method:
        """Return this method with all its numbers, on ``landscape``. Raises UsageError where they do not fit."""
        made = self.resolved(landscape.eta, landscape.rho)
        if made.noise.nodes is not None and (words := refused(landscape.dim, made.noise.nodes)):
            raise UsageError(f"{made.text} on {landscape.name}: {words}")
        batch = made.noise.batch
        if batch is None:
            return made
        n = landscape.n_samples
        if not n:
            raise UsageError(
                f"{landscape.name} is no finite sum: its loss has no samples, so {made.name}:batch={batch} has "
                "nothing to draw from. Give a typed formula its samples, or write sigma=… for noise on any landscape"
            )
        whole = batch == n and not made.noise.replace and made.noise.groups == 1 and not made.noise.additive
        if whole and made.clock.name.startswith("sde"):
            raise UsageError(
                f"a batch of all {n} samples has no noise, and {made.name}@{made.clock.name} needs some: "
                "a smaller batch, replace=true, or sigma=…"
            )
        if batch > n and not made.noise.replace:
            raise UsageError(
                f"{landscape.name} has {n} samples: a batch of {batch} needs replace=true, or batch ≤ {n}"
            )
        return made

    def skeleton(self, noise: bool = True) -> Method:
        """Return the deterministic method that is left when the noise is averaged over: the mean of a random map's
        step, the flow of an SDE's drift by its own scheme, a flow in fixed steps (rk4 for an adaptive one). With
        ``noise`` False full gradients take its place."""
        clock, left = self.clock, self.noise if noise else Noise()
        if isinstance(clock, Face):
            kept = {"order": clock.order, "dt": clock.dt, "drift": clock.drift}
            scheme = "rk4" if getattr(clock, "adaptive", False) else clock.scheme
            clock = Flow(**kept, scheme=scheme, mean=left.additive)
        elif left.random:
            clock = MeanSteps()
        return replace(self, noise=left, clock=clock)

    def expand(self) -> list[Method]:
        """Return one method per value of its sweep (its numbers that are tuples, one after the other)."""
        for key, value in self.numbers.items():
            if isinstance(value, tuple):
                return [m for v in value for m in self.with_numbers(**{key: v}).expand()]
        return [self]

    @property
    def text(self) -> str:
        """The canonical text: keys sorted, defaults omitted."""
        clock = "" if isinstance(self.clock, Steps) else f"@{self.clock.name}"
        keys = dict(self.keys)
        name = self.name
        if name == "gd" and keys.get("batch") == 1:
            name = "sgd"
            del keys["batch"]
        shown = {k: _shown(v) for k, v in keys.items()}
        said = ",".join(f"{k}={shown[k]}" for k in sorted(shown))
        return f"{name}{clock}:{said}" if said else name + clock

    @property
    def keys(self) -> dict[str, Any]:
        """What stands behind the colon of its text: what is not the default, as it would be given again."""
        found: dict[str, Any] = {} if self.eta is None else {"eta": self.eta}
        for part in (self.perturbation, self.momentum, self.noise, self.clock):
            for item in fields(part):
                value = getattr(part, item.name)
                if value is not None and value != item.default and item.name != "order":
                    found[item.name] = value
        return {**found, **({"nesterov": True} if isinstance(self.momentum, Nesterov) else {})}

    def __str__(self) -> str:
        return self.text

    def _repr_latex_(self) -> str:
        from saddlescape.dynamics.words import formula

        return f"${formula(self)}$"

    def _repr_html_(self) -> str:
        return f"<b>{html.escape(self.text)}</b><div>{self._repr_latex_()}</div>"

    def parts(self, dim: int, samples: int = 0) -> Parts:
        """Return what the clock makes its tick of, on a landscape of ``dim`` coordinates and ``samples`` samples."""
        numbers = {name: number(name) for name in self.numbers}
        return Parts(self.perturbation, self.momentum, self.noise, numbers, dim, samples)

    def formulas(self, dim: int, samples: int = 0, passes: bool = False) -> dict[str, Vector]:
        """Return the formula of one tick: the next value of every state vector (symbols.Vector). With ``passes`` the
        atoms of a large law are terms of their own, as a kernel wants it."""
        found: dict[str, Vector] = self.clock.step(replace(self.parts(dim, samples), passes=passes))
        return found


def _divided(value: Value, by: int) -> Value:
    return tuple(a / by for a in value) if isinstance(value, tuple) else value / by


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else show(value)
