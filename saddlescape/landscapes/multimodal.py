"""Many minima: periodic bumps on a slope or a bowl."""

from __future__ import annotations

from saddlescape.landscapes.base import Landscape

XY = ("x", "y")

RASTRIGIN = Landscape(
    name="rastrigin",
    title="Rastrigin",
    formula="20 + x^2 + y^2 - 10*cos(2*pi*x) - 10*cos(2*pi*y)",
    coordinates=XY,
    domain=((-5.12, 5.12), (-5.12, 5.12)),
    view=((-2.5, 2.5), (-2.5, 2.5)),
    start=(1.45, 0.52),
    eta=2e-4,
    rho=0.3,
    steps=1000,
    reference="rastrigin1974",
)

ACKLEY = Landscape(
    name="ackley",
    title="Ackley",
    formula="-20*exp(-sqrt((x^2 + y^2)/2)/5) - exp((cos(2*pi*x) + cos(2*pi*y))/2) + 20 + e",
    coordinates=XY,
    domain=((-5, 5), (-5, 5)),
    view=((-2.5, 2.5), (-2.5, 2.5)),
    start=(1.45, 0.52),
    eta=0.001,
    rho=0.3,
    steps=2000,
    cones=((0, 0),),
    reference="ackley1987",
    note="The global minimum is a cone of slope 2*sqrt(2): no Hessian there, the gradient is taken as 0.",
)

GRIEWANK = Landscape(
    name="griewank",
    title="Griewank",
    formula="1 + (x^2 + y^2)/4000 - cos(x)*cos(y/sqrt(2))",
    coordinates=XY,
    domain=((-7, 7), (-7, 7)),
    start=(3, 0.3),
    eta=0.1,
    rho=0.5,
    steps=1000,
    reference="griewank1981",
)

COSINE = Landscape(
    name="cosine",
    title="Cosine",
    formula="cos(x)",
    coordinates=("x",),
    domain=((-4, 8),),
    start=(0.3,),
    eta=0.1,
    rho=4,
    steps=500,
    reference="park2025",
    note="For pi < rho < 2 pi SAM rests at rho - pi, which is no critical point: a hallucinated minimiser.",
)

LANDSCAPES = (RASTRIGIN, ACKLEY, GRIEWANK, COSINE)
