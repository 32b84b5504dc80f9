"""Saddles: what gradient descent leaves and what a perturbed ascent step may be caught by."""

from __future__ import annotations

from saddlescape.landscapes.base import Landscape

XY = ("x", "y")
PLANE = ((-4.5, 4.5), (-4.5, 4.5))

SADDLE = Landscape(
    name="saddle",
    title="Saddle",
    formula="x^2 - y^2",
    samples=tuple(f"x^2 - y^2 {bx} x {by} y" for bx in "-+" for by in "+-"),
    coordinates=XY,
    domain=PLANE,
    start=(-3, -0.01),
    eta=0.01,
    rho=0.5,
    steps=500,
    reference="kim2023",
    note="Normalised SAM is caught for every rho > 0; USAM only if rho exceeds 1/2. "
    "The samples have their centres at (±1/2, ±1/2): their gradients vary by 1 in every direction.",
)

MONKEY_SADDLE = Landscape(
    name="monkey_saddle",
    title="Monkey saddle",
    formula="x^3 - 3*x*y^2",
    coordinates=XY,
    domain=((-2, 2), (-2, 2)),
    start=(1.5, 0.02),
    eta=0.005,
    rho=0.3,
    steps=275,
    note="Three ways down and three up meet at a point without curvature.",
)

CONFINED_SADDLE = Landscape(
    name="confined_saddle",
    title="Confined saddle",
    formula="x^2 - y^2 + y^4/4",
    coordinates=XY,
    domain=PLANE,
    view=((-3.5, 3.5), (-2.5, 2.5)),
    start=(-3, -0.01),
    eta=0.01,
    rho=0.5,
    steps=1000,
    note="The saddle x^2 - y^2 with a minimum below it on either side.",
)

GENERAL_SADDLE = Landscape(
    name="general_saddle",
    title="Saddle with curvatures lx and -ly",
    formula="(lx*x^2 - ly*y^2)/2",
    coordinates=XY,
    params={"lx": 2, "ly": 1},
    domain=PLANE,
    start=(-3, -0.01),
    eta=0.01,
    rho=0.5,
    steps=800,
    reference="kim2023",
)

GENERAL_CONFINED_SADDLE = Landscape(
    name="general_confined_saddle",
    title="Confined saddle with curvatures lx and -ly",
    formula="(lx*x^2 - ly*y^2)/2 + c*y^4/4",
    coordinates=XY,
    params={"lx": 2, "ly": 1, "c": 0.25},
    domain=PLANE,
    view=((-3.5, 3.5), (-3, 3)),
    start=(-3, -0.01),
    eta=0.01,
    rho=0.5,
    steps=1500,
    note="The minima lie at y^2 = ly/c and are 2 ly sharp along y.",
)

LANDSCAPES = (SADDLE, MONKEY_SADDLE, CONFINED_SADDLE, GENERAL_SADDLE, GENERAL_CONFINED_SADDLE)
