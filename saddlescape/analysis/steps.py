"""One step of SAM taken apart: where it stands, where it looks, where it goes."""

from __future__ import annotations

from typing import Any

import numpy as np

from saddlescape.answers.steps import SamStep
from saddlescape.dynamics import words
from saddlescape.dynamics.evaluate import evaluated, step
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.reading import method as as_method
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Landscape
from saddlescape.symbols import gradient, number, variable


def sam_step(landscape: Landscape, method: Method | str, x: Any = None) -> SamStep:
    """Return one step of ``method`` from ``x`` (d,), the landscape's start by default, in its stages.

    The displacement is the method's own formula on the gradient at x (SAM: rho g/‖g‖, Foret et al. 2021, eq. 2). Raises
    UsageError for flows and SDEs, noise, methods without an ascent of that kind, and a start of another dimension.
    """
    own = as_method(method).on(landscape)
    displace = getattr(own.perturbation, "displace", None)
    if own.clock.name != "steps" or own.noise.random or displace is None:
        raise UsageError(
            f"a step is taken apart for maps that look uphill, without noise: sam or usam, not {own.text}"
        )
    start = np.asarray(landscape.start if x is None else x, dtype=float)
    if start.shape != (landscape.dim,):
        raise UsageError(f"x has the shape {start.shape}; {landscape.name} takes ({landscape.dim},)")
    numbers = {k: float(v) for k, v in own.numbers.items() if isinstance(v, int | float)}
    formula = displace(gradient(variable("x")), **{k: number(k) for k in own.perturbation.numbers})
    look = start + evaluated(landscape, formula, {"x": start}, numbers)
    tick, g = step(landscape, own), landscape.grad(start)
    after = tick(start) if not own.momentum.state else tick(start)[0]
    plain = start - numbers["eta"] * g
    losses = landscape.loss(np.stack([start, look, after, plain]))
    return SamStep(
        spec={"landscape": landscape.name, "method": own.text, "x": start.tolist()}, method=own.text,
        formula=words.formula(own), background=words.background(landscape), x=start, gradient=g, look=look,
        there=landscape.grad(look), after=after, plain=plain, losses=losses,
    )  # fmt: skip
