"""Reading a method's text, and refusing in words what makes no sense.

METHOD := NAME [ "@" CLOCK ] [ ":" key=value ("," key=value)* ]      sam@sde3:batch=1,beta=0.9,rho=0.1
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from itertools import product
from typing import Any

from saddlescape.dynamics.clocks import Clock, Steps
from saddlescape.dynamics.flows import Face, Flow
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.momentum import HeavyBall, Momentum, Nesterov, NoMomentum
from saddlescape.dynamics.noise import ASCENTS, SHAPES, Noise
from saddlescape.dynamics.numbers import RANGES, Value, listed, read
from saddlescape.dynamics.perturbations import PERTURBATIONS, Perturbation
from saddlescape.dynamics.schemes import FLOW_SCHEMES
from saddlescape.dynamics.sdes import COVARIANCES, Sde
from saddlescape.errors import UsageError, nearest, unknown

NAMES = {part.name: part for part in PERTURBATIONS}
CLOCKS: dict[str, Clock] = {
    clock.name: clock for clock in (Steps(), Flow(), Flow(order=2), Flow(order=3), Sde(order=2), Sde(order=3))
}
#: the rest of the grammar: known names that this version refuses as not built yet
LATER_NAMES = (
    "unified", "asam", "eigen-sam", "reverse-sam", "egr", "gnp", "bsam", "ausam", "fsam", "ssam-f", "ssam-d",
    "esam", "gsam", "looksam", "momentum-sam", "sign-sam", "random-sam", "multi-sam",
)  # fmt: skip
LATER_KEYS = ("base",)
HINTS = {
    "1-sam": "write sam:batch=…,m=1",
    "n-sam": "write sam:batch=…,ascent=full",
    "m-sam": "write sam:batch=…,m=…",
    "nag": "write nesterov=true",
    "momentum": "write beta=0.9",
    "micro-batch": "write m=…",
}
#: keys whose value is one of these words
WORDS = {
    "ascent": ASCENTS,
    "noise": SHAPES,
    "scheme": (*FLOW_SCHEMES, "dopri5", "heun"),
    "drift": ("plain", "mod"),
    "cov": COVARIANCES,
}
FLAGS = ("nesterov", "replace", "mean")
COUNTS = ("batch", "m", "nodes")
#: keys that say what a method is, the same for all trajectories: several values are several methods
STRUCTURE = (*COUNTS, *FLAGS, *WORDS)
COMMON = ("eta", "beta", "nesterov", "sigma", "batch", "replace", "m", "ascent", "noise", "nodes")


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
    if name.lower() == "sgd":
        name, keys = "gd", {"batch": 1, **keys}
    return _build(_name(name), _clock(clock) if at else Steps(), keys)


def _name(name: str) -> type[Perturbation]:
    found = NAMES.get(name.lower())
    if found is not None:
        return found
    if name.lower() in LATER_NAMES:
        raise UsageError(f"method '{name}' is not built yet. Built: {', '.join((*NAMES, 'sgd'))}.")
    hint = HINTS.get(name.lower(), "")
    raise unknown("method", name, (*NAMES, "sgd"), f"{hint[0].upper()}{hint[1:]}." if hint else "")


def _clock(name: str) -> Clock:
    if name in CLOCKS:
        return CLOCKS[name]
    if name[:-1] in ("sde", "flow") and name[-1:].isdigit():
        raise UsageError(
            f"'@{name}': faces are cut at order 2 (rho) or 3 (rho²): @{name[:-1]}2, @{name[:-1]}3"
        )
    if name == "sde":
        raise UsageError("an SDE has an order: write @sde2 (to rho) or @sde3 (to rho²)")
    raise unknown("clock", name, CLOCKS)


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
    timed = {f.name for f in fields(clock)} - {"order"}
    for key in keys:
        _known(part, clock, key, own, timed)
    values = {key: _value(key, given) for key, given in keys.items()}
    momentum = _momentum(values.pop("beta", 0.0), values.pop("nesterov", False))
    noise = Noise(**{f.name: values.pop(f.name) for f in fields(Noise) if f.name in values})
    ticking = type(clock)(
        **{
            **{f.name: getattr(clock, f.name) for f in fields(clock)},
            **{k: values.pop(k) for k in timed if k in values},
        }
    )
    made = Method(
        part(**{k: values[k] for k in own if k in values}), momentum, ticking, values.get("eta"), noise
    )
    _sensible(made, keys)
    return made


def _known(part: type[Perturbation], clock: Clock, key: str, own: set[str], timed: set[str]) -> None:
    """Refuse a key this method does not take."""
    if key in own | timed | set(COMMON):
        return
    if key in LATER_KEYS:
        raise UsageError(f"key '{key}' of {part.name} is not built yet")
    if key == "rho":
        raise UsageError(
            f"{part.name} has no rho: it looks nowhere but where it stands. Use sam:rho=… or usam:rho=…"
        )
    if key in {f.name for f in (*fields(Flow), *fields(Sde))} - {"order"}:
        where = (
            "flows and SDEs"
            if key in {f.name for f in fields(Face)} | {"scheme"}
            else "SDEs"
            if key == "cov"
            else "flows"
        )
        raise UsageError(
            f"{part.name} as {'a map' if isinstance(clock, Steps) else '@' + clock.name} has no {key}: that belongs "
            f"to {where} ({part.name}@{'sde2' if key == 'cov' else 'flow'}:{key}=…)"
        )
    hint = HINTS.get(key, "")
    allowed = sorted(own | timed | set(COMMON))
    more = f" For momentum {hint}." if hint else ""
    raise UsageError(
        f"{part.name} has no key '{key[:40]}'{nearest(key, allowed)}. It takes {', '.join(allowed)}.{more}"
    )


def alternatives(text: str) -> list[str]:
    """Return the method texts that ``text`` lists: sam:batch=1|2 is two, as batch says what the method is (STRUCTURE).

    A number such as rho=0.1|0.2 stays: it may differ from trajectory to trajectory of one method.
    """
    head, colon, tail = text.partition(":")
    choices = []
    for piece in tail.split(","):
        key, equals, value = piece.partition("=")
        several = key.strip() in STRUCTURE
        choices.append(
            [f"{key}{equals}{each}" for each in listed(key.strip(), value)] if several else [piece]
        )
    return [f"{head}{colon}{','.join(chosen)}" for chosen in product(*choices)]


def _value(key: str, given: Any) -> Any:
    if key in STRUCTURE and isinstance(given, str) and ("|" in given or ".." in given):
        raise UsageError(
            f"{key} is the same for all trajectories of a method, not '{given:.40}': give it one value "
            f"(landscape run --opt lists several methods as {key}=a|b)"
        )
    if key in FLAGS:
        if given not in (True, False, "true", "false"):
            raise UsageError(f"{key} is true or false, not '{given}'")
        return given in (True, "true")
    if key in WORDS:
        if given not in WORDS[key]:
            hint = nearest(str(given), WORDS[key])
            raise UsageError(f"{key} is {' or '.join(WORDS[key])}, not '{given!s:.40}'{hint}")
        return str(given)
    if key in COUNTS:
        try:
            count = int(given)
            good = not isinstance(given, bool) and count >= 1 and float(given) == count
        except (TypeError, ValueError, OverflowError):
            good = False
        if not good:
            raise UsageError(f"{key} is a whole number ≥ 1, not '{given!s:.40}'")
        return count
    assert key in RANGES
    return read(key, given)


def _momentum(beta: Value, nesterov: bool) -> Momentum:
    if beta == 0.0:
        if nesterov:
            raise UsageError("nesterov=true needs a momentum beta with 0 < beta < 1, e.g. beta=0.9")
        return NoMomentum()
    return Nesterov(beta) if nesterov else HeavyBall(beta)


def _sensible(made: Method, keys: Mapping[str, Any]) -> None:
    """Refuse combinations that make no sense, naming both parts."""
    from saddlescape.dynamics.refusals import refusal

    words = refusal(made, keys)
    if words:
        raise UsageError(words)
