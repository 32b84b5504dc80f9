"""Finite sums: losses of a few samples in few coordinates, so that mini-batches make sense on them."""

from __future__ import annotations

from saddlescape.landscapes.base import Landscape

BEALE = Landscape(
    name="beale",
    title="Beale",
    formula="(3/2 - x + x*y)^2 + (9/4 - x + x*y^2)^2 + (21/8 - x + x*y^3)^2",
    samples=("3*(3/2 - x + x*y)^2", "3*(9/4 - x + x*y^2)^2", "3*(21/8 - x + x*y^3)^2"),
    coordinates=("x", "y"),
    domain=((-4.5, 4.5), (-4.5, 4.5)),
    view=((-1.5, 3.7), (-0.5, 2.7)),
    start=(1, 2),
    eta=1e-4,
    rho=0.5,
    steps=20000,
    reference="beale1958",
    note="GD reaches the basin of (3, 1/2); SAM at rho 0.5 stays at the saddle (0, 1), as in kim2023.",
)

LANDSCAPES = (BEALE,)
