"""``landscape flow``: the field of a method's flow, or of the step of its map."""

from __future__ import annotations

import typer

from saddlescape.commands import options as o
from saddlescape.commands.asking import ask


@o.takes(
    landscape=o.MaybeSource, opt=o.Opt, **o.NUMBERS, view=o.View, resolution=o.FieldPoints, draw=o.Draw,
    separatrices=o.Separatrices, unstable=o.Unstable, nullclines=o.Nullclines, **o.SCENE, out=o.Plainly, **o.FILES,
    **o.SAID,
)  # fmt: skip
def flow(context: typer.Context) -> None:
    """Draw the field of methods: a flow's dx/dt, an SDE's drift, a map's mean step divided by eta.

    Direction as lines, speed as colour; which critical points attract, other points of rest, and the
    separatrices of flows: what parts the starts that end here and there.

    \b
      landscape flow beale --opt gd@flow --opt sam@flow
      landscape flow himmelblau --draw lic --nullclines
    """
    ask("flow", dict(context.params))
