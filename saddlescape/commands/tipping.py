"""``landscape tipping``: from which value of a number on every start of a window ends elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer
from typer import Option

from saddlescape.commands import options as o
from saddlescape.commands.asking import ask

Swept = Annotated[
    list[str] | None,
    Option(
        "--opt",
        metavar="METHOD",
        help="The method, with the values of the number that is to tip it: sam:rho=0.01..1/9 (from..to/how many).",
    ),
]
Pixels = Annotated[
    str | None,
    Option("--resolution", metavar="N|NXxNY", help="Pixels along x and y.  [default: 64]"),
]
Tolerance = Annotated[
    str | None,
    Option(metavar="A", help="Halve brackets to this width.  [default: 1/256 of the range of the values]"),
]
Cycling = Annotated[
    bool | None,
    Option("--cycling/--no-cycling", help="Take a cycle for an end, near its point.", show_default=False),
]


@o.takes(
    landscape=o.MaybeSource, opt=Swept, **o.NUMBERS, resolution=Pixels, steps=o.Steps, tolerance=Tolerance, more=o.More,
    cycling=Cycling, plane=o.Plane, origin=o.Origin, view=o.View, seed=o.Seed, **o.SCENE, out=o.Plainly, **o.FILES,
    **o.WORK, afresh=o.Afresh,
)  # fmt: skip
def tipping(context: typer.Context) -> None:
    """Find from which value of a number on every start of a window ends elsewhere.

    Every pixel is run at all values; the interval before the first other end is halved. What ends as at first
    again at a larger value is marked, what is not known is counted.

    \b
      landscape tipping saddle --opt sam:rho=0.1..2/5 --resolution 32
      landscape tipping himmelblau --opt gd:eta=0.005..0.02/4 --cycling
    """
    ask("tipping", dict(context.params))
