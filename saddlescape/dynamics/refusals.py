"""Combinations that make no sense, and what to use instead: one table, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from saddlescape.dynamics.flows import Face, Flow
from saddlescape.dynamics.laws import seen
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.momentum import Nesterov
from saddlescape.dynamics.schemes import FLOW_SCHEMES, SDE_SCHEMES
from saddlescape.dynamics.sdes import Sde

Keys = Mapping[str, Any]


def additive(made: Method) -> bool:
    """Whether the noise of an SDE does not depend on where it is."""
    noise = made.noise
    blind = made.perturbation.gradient_calls == 1 or noise.ascent == "full"
    return noise.batch is None and noise.noise == "iso" and blind


def _face(made: Method) -> str:
    return f"{made.name}@{made.clock.name}"


def _noise(made: Method, keys: Keys) -> str:
    noise = made.noise
    if noise.m is not None and noise.batch is None:
        return f"m={noise.m} cuts a batch into groups, but {made.name} has no batch: add batch=…"
    if noise.m is not None and noise.batch is not None and noise.batch % noise.m:
        return f"m={noise.m} does not divide batch={noise.batch}: the batch is cut into groups of m"
    if noise.replace and noise.batch is None:
        return "replace=true is about drawing a batch: add batch=…"
    if noise.noise == "hessian" and not noise.additive:
        return "noise=hessian shapes additive noise: add sigma=…"
    if noise.ascent != "same" and made.perturbation.gradient_calls == 1:
        return f"{made.name} has no ascent step: ascent={noise.ascent} goes with sam or usam"
    if noise.ascent != "same" and not noise.random:
        return f"ascent={noise.ascent} is about noise, and there is none: add batch=… or sigma=…"
    return ""


def _nodes(made: Method, keys: Keys) -> str:
    """nodes= belongs to faces that take expectations over Gaussian noise which the perturbation sees."""
    if made.noise.nodes is None:
        return ""
    looks = made.perturbation.gradient_calls > 1
    if not isinstance(made.clock, Face):
        return (
            f"nodes={made.noise.nodes} is for expectations over sigma's noise, and the map {made.name} draws it: "
            f"leave nodes out, or use {made.name}@sde2"
        )
    if seen(made.noise, looks):
        return ""
    why = (
        "there is none: add sigma=…" if not made.noise.additive
        else f"{made.name} has no ascent step: leave nodes out" if not looks
        else "with ascent=full it sees none: leave nodes out, or ascent"
    )  # fmt: skip
    return (
        f"nodes={made.noise.nodes} is about Gaussian noise that the ascent of {_face(made)} sees, and {why}"
    )


def _flow(made: Method, keys: Keys) -> str:
    clock = made.clock
    if not isinstance(clock, Flow):
        return ""
    if made.noise.additive and not clock.mean:
        return (
            f"a flow has no noise, so {_face(made)} cannot take sigma: use @sde2 or @sde3, "
            "or mean=true for the flow of the mean direction"
        )
    if clock.scheme == "heun":
        return f"scheme=heun is for SDEs; {_face(made)} takes {', '.join(FLOW_SCHEMES)} or dopri5"
    rough = not made.perturbation.is_smooth
    if clock.adaptive and rough and (made.noise.random or made.momentum.state):
        return (
            f"scheme=dopri5 would crawl where {_face(made)} slides along a jump of its field, as it does with a batch, "
            "sigma or momentum: use scheme=rk4"
        )
    for key in ("rtol", "atol"):
        if key in keys and clock.scheme != "dopri5":
            return f"{key} belongs to the adaptive scheme: add scheme=dopri5 to {_face(made)}"
    return ""


def _sde(made: Method, keys: Keys) -> str:
    clock = made.clock
    if not isinstance(clock, Sde):
        return ""
    if not made.noise.random:
        return f"{_face(made)} has no noise: add batch=… or sigma=…, or use {made.name}@flow{clock.order}"
    if clock.scheme not in SDE_SCHEMES:
        return f"scheme={clock.scheme} is for flows; {_face(made)} takes {' or '.join(SDE_SCHEMES)}"
    if clock.scheme == "heun" and not additive(made):
        return (
            f"scheme=heun needs additive noise, and the noise of {made.text} depends on where it is: "
            "use scheme=euler, or sigma=… with ascent=full"
        )
    return ""


def _momentum(made: Method, keys: Keys) -> str:
    if isinstance(made.momentum, Nesterov) and made.clock.name != "steps":
        return f"Nesterov momentum has no {made.clock.name} here: {_face(made)} takes heavy ball (leave nesterov out)"
    if made.momentum.state and getattr(made.clock, "drift", "plain") == "mod":
        return f"drift=mod is known without momentum only: leave out beta or drift of {_face(made)}"
    return ""


RULES: tuple[Callable[[Method, Keys], str], ...] = (_noise, _nodes, _flow, _sde, _momentum)


def refusal(made: Method, keys: Keys) -> str:
    """Return in words why ``made`` makes no sense and what to use instead; an empty text where it does."""
    for rule in RULES:
        words = rule(made, keys)
        if words:
            return words
    return ""
