"""Valleys: a soft direction beside a stiff one, straight, bent, or with a floor of minima."""

from __future__ import annotations

from saddlescape.landscapes.base import Landscape

XY = ("x", "y")

ROSENBROCK = Landscape(
    name="rosenbrock",
    title="Rosenbrock",
    formula="(1 - x)^2 + 100*(y - x^2)^2",
    coordinates=XY,
    domain=((-2, 2), (-1, 3)),
    start=(-1.2, 1),
    eta=5e-4,
    rho=0.05,
    steps=20000,
    reference="rosenbrock1960",
)

BOOTH = Landscape(
    name="booth",
    title="Booth",
    formula="(x + 2*y - 7)^2 + (2*x + y - 5)^2",
    coordinates=XY,
    domain=((-10, 10), (-10, 10)),
    start=(-8, -4),
    eta=0.01,
    rho=0.5,
    steps=500,
    reference="jamil2013",
)

MATYAS = Landscape(
    name="matyas",
    title="Matyas",
    formula="13/50*(x^2 + y^2) - 12/25*x*y",
    coordinates=XY,
    domain=((-10, 10), (-10, 10)),
    start=(-8, 2),
    eta=0.1,
    rho=0.5,
    steps=1500,
    reference="jamil2013",
)

RAVINE = Landscape(
    name="ravine",
    title="Ravine of varying sharpness",
    formula="(l0 + l1*x^2)*y^2/2",
    coordinates=XY,
    params={"l0": 1, "l1": 1},
    domain=((-3, 3), (-2, 2)),
    view=((-0.5, 2.5), (-0.7, 0.7)),
    start=(2, 0.5),
    eta=0.01,
    rho=0.1,
    steps=20000,
    reference="wen2022",
    note="The minima are the line y = 0. SAM drifts along it towards x = 0 at the rate l1*rho^2.",
)

RIVER_VALLEY = Landscape(
    name="river_valley",
    title="River valley",
    formula="kappa/2*(y - a*sin(b*x))^2 + c/2*(x - xe)^2",
    coordinates=XY,
    params={"kappa": 20, "a": 1, "b": 1, "c": 0.05, "xe": 6},
    domain=((-4, 10), (-3, 3)),
    start=(-3, 1.5),
    eta=0.005,
    rho=0.2,
    steps=20000,
    note="Stiff across the river, slow along it; the determinant of the Hessian at the minimum is kappa*c.",
)

LANDSCAPES = (ROSENBROCK, BOOTH, MATYAS, RAVINE, RIVER_VALLEY)
