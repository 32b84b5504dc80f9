"""``landscape faces``: how far the flows and SDEs of a method are from its map, measured and drawn."""

from __future__ import annotations

import typer

from saddlescape.commands import options as o
from saddlescape.commands.asking import ask


@o.takes(
    landscape=o.MaybeSource, opt=o.Map, **o.NUMBERS, face=o.Face, etas=o.Etas, rhos=o.Rhos, x0=o.OneStart,
    steps=o.Steps, time=o.Time, runs=o.Repetitions, seed=o.Seed, records=o.Records, test=o.Test,
    **o.SCENE, out=o.Plainly, **o.FILES, **o.WORK, no_continue=o.NoContinue,
)  # fmt: skip
def faces(context: typer.Context) -> None:
    """Measure how far the flows and SDEs of a method are from its map.

    Weak errors |Δ E x|, |Δ E x xᵀ|, |Δ E f| at the end of a run with standard errors, against eta and rho where
    several are given; a figure of them and of the courses of loss, norms, sharpness and alignment with bands.

    \b
      landscape faces beale --opt sam:batch=1,rho=0.05 --x0 0.4,1.3 --time 0.2 \\
          --etas '5e-4|1e-3|2e-3'
    """
    given = dict(context.params)
    given["x0"] = None if given.get("x0") is None else [given["x0"]]
    ask("faces", given)
