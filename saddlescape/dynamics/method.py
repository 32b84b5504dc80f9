"""Method: a perturbation, a momentum and a clock with their numbers; the text it is written in; what it refuses.

    METHOD := NAME [ "@" CLOCK ] [ ":" key=value ("," key=value)* ]      sam:beta=0.9,rho=0.1

``Method.text`` sorts the keys, omits defaults and parses back to an equal object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from saddlescape.dynamics.clocks import CLOCKS, Clock, Steps
from saddlescape.dynamics.momentum import HeavyBall, Momentum, Nesterov, NoMomentum
from saddlescape.dynamics.numbers import Value, read, show
from saddlescape.dynamics.perturbations import PERTURBATIONS, Perturbation
from saddlescape.errors import UsageError, nearest, unknown
from saddlescape.symbols import number

NAMES = {part.name: part for part in PERTURBATIONS}
CLOCK_NAMES = {clock.name: clock for clock in CLOCKS}
#: the rest of the grammar: known names that this version refuses as not built yet
LATER_NAMES = (
    "sgd", "unified", "asam", "eigen-sam", "reverse-sam", "egr", "gnp", "bsam", "ausam", "fsam", "ssam-f", "ssam-d",
    "esam", "gsam", "dnsam", "looksam", "momentum-sam", "sign-sam", "random-sam", "multi-sam",
)  # fmt: skip
LATER_CLOCKS = ("flow", "flow2", "flow3", "sde2", "sde3")
LATER_KEYS = (
    "base", "batch", "replace", "m", "ascent", "sigma", "noise", "dt", "scheme", "rtol", "atol", "drift", "cov", "smooth",
)  # fmt: skip
HINTS = {
    "1-sam": "write sam:m=1",
    "n-sam": "write sam:batch=…,ascent=full",
    "nag": "write nesterov=true",
    "momentum": "write beta=0.9",
}


@dataclass(frozen=True)
class Method:
    """What is simulated. ``eta`` (step size) and rho are the landscape's where None.

    Any number may be a tuple with one value per trajectory; which parts it has is the same for all of them.
    """

    perturbation: Perturbation
    momentum: Momentum = field(default_factory=NoMomentum)
    clock: Clock = field(default_factory=Steps)
    eta: Value | None = None

    @property
    def name(self) -> str:
        """The method's name, as in its text."""
        return self.perturbation.name

    @property
    def numbers(self) -> dict[str, Value | None]:
        """Every number by name, eta first, then those of the perturbation and of the momentum."""
        parts = [{f.name: getattr(p, f.name) for f in fields(p)} for p in (self.perturbation, self.momentum)]
        return {"eta": self.eta, **parts[0], **parts[1]}

    def with_numbers(self, **values: Value) -> Method:
        """Return this method with other values for some of its numbers (rho stays where it belongs)."""
        method = self
        for key, given in values.items():
            value = read(key, given)
            if key == "eta":
                method = replace(method, eta=value)
            elif key in {f.name for f in fields(self.perturbation)}:
                method = replace(method, perturbation=replace(method.perturbation, **{key: value}))
            else:
                method = replace(method, momentum=replace(method.momentum, **{key: value}))
        return method

    def resolved(self, eta: float | None, rho: float | None) -> Method:
        """Return this method with a landscape's eta and rho where it names none. Raises UsageError if neither does."""
        filled: dict[str, Value] = {}
        for key, value in (("eta", eta), ("rho", rho)):
            if key in self.numbers and self.numbers[key] is None:
                if value is None:
                    raise UsageError(f"{self.name} needs {key}: write {self.name}:{key}=…")
                filled[key] = value
        return self.with_numbers(**filled)

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
        shown = {k: "true" if v is True else show(v) for k, v in self.keys.items()}
        keys = ",".join(f"{k}={shown[k]}" for k in sorted(shown))
        return f"{self.name}{clock}:{keys}" if keys else self.name + clock

    @property
    def keys(self) -> dict[str, Any]:
        """What stands behind the colon of its text: the numbers that are given, and nesterov."""
        nesterov = {"nesterov": True} if isinstance(self.momentum, Nesterov) else {}
        return {**{k: v for k, v in self.numbers.items() if v is not None}, **nesterov}

    def __str__(self) -> str:
        return self.text

    def formulas(self) -> dict[str, Any]:
        """Return the formula of one tick: the next value of every state vector (symbols.Vector)."""
        return self.clock.step(
            self.perturbation, self.momentum, {name: number(name) for name in self.numbers}
        )


def method(text: str | Method, **numbers: Any) -> Method:
    """Return the method that ``text`` names, e.g. "sam:rho=0.1,eta=1e-3" or ("sam", rho=0.1, eta=1e-3).

    Numbers may be floats or sequences with one value per trajectory; in the text ``0.1|0.2`` and ``0.1..0.5/9`` are
    sweeps. Raises UsageError for a wrong name, key, number or combination, with the nearest right one.
    """
    if isinstance(text, Method):
        return _build(type(text.perturbation), text.clock, {**text.keys, **numbers}) if numbers else text
    if not isinstance(text, str):
        raise UsageError(f"a method is a text such as 'sam:rho=0.1', not {text!r:.60}")
    if "~" in text:
        raise UsageError(
            f"switching between methods ('{text}') is not built yet; run the two parts one after the other"
        )
    head, _, tail = text.strip().partition(":")
    name, at, clock = head.strip().partition("@")
    keys = _keys(text, tail)
    for key, value in numbers.items():
        if key in keys:
            raise UsageError(f"{key} is given twice: in '{text}' and as a keyword")
        keys[key] = value
    return _build(_name(name), _clock(clock) if at else Steps(), keys)


def _name(name: str) -> type[Perturbation]:
    found = NAMES.get(name.lower())
    if found is not None:
        return found
    if name.lower() in LATER_NAMES:
        raise UsageError(f"method '{name}' is not built yet. Built: {', '.join(NAMES)}.")
    hint = HINTS.get(name.lower(), "")
    raise unknown("method", name, NAMES, f"{hint[0].upper()}{hint[1:]}." if hint else "")


def _clock(name: str) -> Clock:
    if name in CLOCK_NAMES:
        return CLOCK_NAMES[name]()
    if name in LATER_CLOCKS:
        raise UsageError(
            f"clock '@{name}' is not built yet. Built: {', '.join('@' + c for c in CLOCK_NAMES)} (the default)."
        )
    raise unknown("clock", name, (*CLOCK_NAMES, *LATER_CLOCKS))


def _keys(text: str, tail: str) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for piece in filter(None, (p.strip() for p in tail.split(","))):
        key, equals, value = (s.strip() for s in piece.partition("="))
        if not equals or not key or not value:
            raise UsageError(
                f"'{piece[:60]}' in '{text[:80]}' is not of the form key=value (sam:rho=0.1,eta=1e-3)"
            )
        if key in keys:
            raise UsageError(f"{key} is given twice in '{text[:80]}'")
        keys[key] = value
    return keys


def _build(part: type[Perturbation], clock: Clock, keys: Mapping[str, Any]) -> Method:
    own = {f.name for f in fields(part)}
    for key in keys:
        if key in LATER_KEYS:
            raise UsageError(f"key '{key}' of {part.name} is not built yet")
        if key == "rho" and key not in own:
            raise UsageError(
                f"{part.name} has no rho: it looks nowhere but where it stands. Use sam:rho=… or usam:rho=…"
            )
        if key not in own | {"eta", "beta", "nesterov"}:
            hint = HINTS.get(key, "")
            allowed = sorted(own | {"eta", "beta", "nesterov"})
            more = f" For momentum {hint}." if hint else ""
            raise UsageError(
                f"{part.name} has no key '{key[:40]}'{nearest(key, allowed)}. It takes {', '.join(allowed)}.{more}"
            )
    numbers = {k: read(k, v) for k, v in keys.items() if k != "nesterov"}
    momentum = _momentum(numbers.pop("beta", 0.0), keys.get("nesterov", False))
    eta = numbers.pop("eta", None)
    return Method(part(**numbers), momentum, clock, eta)


def _momentum(beta: Value, nesterov: Any) -> Momentum:
    if nesterov not in (True, False, "true", "false"):
        raise UsageError(f"nesterov is true or false, not '{nesterov}'")
    wanted = nesterov in (True, "true")
    if beta == 0.0:
        if wanted:
            raise UsageError("nesterov=true needs a momentum beta with 0 < beta < 1, e.g. beta=0.9")
        return NoMomentum()
    return Nesterov(beta) if wanted else HeavyBall(beta)  # type: ignore[arg-type]
