"""``landscape basins``: where methods end from every pixel of a window, counted and drawn."""

from __future__ import annotations

from typing import Annotated

import typer
from typer import Option

from saddlescape.commands import options as o
from saddlescape.commands.asking import ask

Refine = Annotated[
    str | None,
    Option(metavar="K", help="Refine the borders K times: 2^K times the resolution, run beside them alone."),
]
Borders = Annotated[
    bool | None,
    Option(
        "--borders/--no-borders",
        help="Say how rough they are: basin entropy, and the dimension by the uncertainty exponent.",
        show_default=False,
    ),
]


@o.takes(
    landscape=o.MaybeSource, opt=o.Opt, **o.NUMBERS, resolution=o.Resolution, steps=o.Steps, time=o.Time, runs=o.Runs,
    more=o.More, refine=Refine, borders=Borders, plane=o.Plane, origin=o.Origin, view=o.View, seed=o.Seed,
    early=o.Early, fast=o.Fast, **o.SCENE, out=o.Out, **o.FILES, **o.WORK, no_continue=o.NoMore, afresh=o.Afresh,
)  # fmt: skip
def basins(context: typer.Context) -> None:
    """Draw where methods end from every pixel of a window.

    Each start is followed until its end is certain, or for --steps; the table says how large the shares are and what
    decided. Of two methods the figure also shows where they end differently.

    \b
      landscape basins himmelblau --opt gd --opt sam --resolution 512
      landscape basins beale --opt sam:batch=1 --runs 50 --resolution 64
      landscape basins himmelblau --opt gd:eta=0.02 --borders --refine 1
    """
    ask("basins", dict(context.params))
