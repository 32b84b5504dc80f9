"""Wells: one minimum or several, with the passes between them."""

from __future__ import annotations

from saddlescape.landscapes.base import Landscape

XY = ("x", "y")

PARABOLA = Landscape(
    name="parabola",
    title="Parabola",
    formula="curvature*x^2/2",
    coordinates=("x",),
    params={"curvature": 3},
    domain=((-2, 2),),
    start=(1.5,),
    eta=0.1,
    rho=0.2,
    steps=100,
    reference="bartlett2022",
    note="Normalised SAM ends in a 2-cycle of amplitude eta*rho*curvature/(2 - eta*curvature).",
)

BOWL = Landscape(
    name="bowl",
    title="Quadratic bowl",
    formula="(l1*x^2 + l2*y^2)/2",
    coordinates=XY,
    params={"l1": 4, "l2": 1},
    domain=((-2, 2), (-2, 2)),
    start=(-1, 1.5),
    eta=0.1,
    rho=0.2,
    steps=200,
    reference="bartlett2022",
    note="Normalised SAM bounces along the direction of largest curvature.",
)

DOUBLE_WELL = Landscape(
    name="double_well",
    title="Double well",
    formula="(x^2 - 1)^2 + y^2",
    coordinates=XY,
    domain=((-2, 2), (-2, 2)),
    start=(0.02, 1.5),
    eta=0.01,
    rho=0.2,
    steps=1000,
)

DOUBLE_WELL_2 = Landscape(
    name="double_well_2",
    title="Double well in both directions",
    formula="(x^2 - 1)^2 + (y^2 - 1)^2",
    coordinates=XY,
    domain=((-2, 2), (-2, 2)),
    start=(0.02, 1.5),
    eta=0.005,
    rho=0.2,
    steps=2000,
)

HIMMELBLAU = Landscape(
    name="himmelblau",
    title="Himmelblau",
    formula="(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    coordinates=XY,
    domain=((-6, 6), (-6, 6)),
    start=(-4.5, -0.1),
    eta=5e-4,
    rho=0.5,
    steps=2000,
    reference="himmelblau1972",
)

SIX_HUMP_CAMEL = Landscape(
    name="six_hump_camel",
    title="Six-hump camel",
    formula="(4 - 21/10*x^2 + x^4/3)*x^2 + x*y + (4*y^2 - 4)*y^2",
    coordinates=XY,
    domain=((-3, 3), (-2, 2)),
    view=((-2.2, 2.2), (-1.3, 1.3)),
    start=(-1.9, 1.1),
    eta=0.002,
    rho=0.3,
    steps=3000,
    reference="dixon1978",
)

THREE_HUMP_CAMEL = Landscape(
    name="three_hump_camel",
    title="Three-hump camel",
    formula="2*x^2 - 21/20*x^4 + x^6/6 + x*y + y^2",
    coordinates=XY,
    domain=((-5, 5), (-5, 5)),
    view=((-2.3, 2.3), (-2, 2)),
    start=(-2.1, -1),
    eta=0.005,
    rho=0.4,
    steps=2000,
    reference="jamil2013",
)

STYBLINSKI_TANG = Landscape(
    name="styblinski_tang",
    title="Styblinski–Tang",
    formula="(x^4 - 16*x^2 + 5*x + y^4 - 16*y^2 + 5*y)/2",
    coordinates=XY,
    domain=((-5, 5), (-5, 5)),
    start=(0.3, 4),
    eta=0.002,
    rho=0.5,
    steps=1500,
    reference="styblinski1990",
)

GOLDSTEIN_PRICE = Landscape(
    name="goldstein_price",
    title="Goldstein–Price",
    formula=(
        "(1 + (x + y + 1)^2*(19 - 14*x + 3*x^2 - 14*y + 6*x*y + 3*y^2))"
        "*(30 + (2*x - 3*y)^2*(18 - 32*x + 12*x^2 + 48*y - 36*x*y + 27*y^2))"
    ),
    coordinates=XY,
    domain=((-2, 2), (-2, 2)),
    start=(1.5, 1.2),
    eta=2e-6,
    rho=0.2,
    steps=20000,
    reference="goldstein1971",
    note="Values run from 3 to 1e6: see it through its logarithm.",
)

MCCORMICK = Landscape(
    name="mccormick",
    title="McCormick",
    formula="sin(x + y) + (x - y)^2 - 3/2*x + 5/2*y + 1",
    coordinates=XY,
    domain=((-1.5, 4), (-3, 4)),
    start=(0.6, 3),
    eta=0.02,
    rho=0.5,
    steps=1000,
    reference="mccormick1976",
)

MULLER_BROWN = Landscape(
    name="muller_brown",
    title="Müller–Brown",
    formula=(
        "-200*exp(-(x - 1)^2 - 10*y^2) - 100*exp(-x^2 - 10*(y - 1/2)^2)"
        " - 170*exp(-13/2*(x + 1/2)^2 + 11*(x + 1/2)*(y - 3/2) - 13/2*(y - 3/2)^2)"
        " + 15*exp(7/10*(x + 1)^2 + 3/5*(x + 1)*(y - 1) + 7/10*(y - 1)^2)"
    ),
    coordinates=XY,
    domain=((-1.7, 1.3), (-0.5, 2.2)),
    start=(-0.8, 0.5),
    eta=1e-4,
    rho=0.1,
    steps=2000,
    reference="mullerbrown1979",
)

SHARP_FLAT = Landscape(
    name="sharp_flat",
    title="Sharp and flat minimum (soft minimum of two parabolas)",
    formula="-log(exp(-beta*ls*(x + 1)^2/2) + exp(-beta*lf*(x - 1)^2/2))/beta",
    coordinates=("x",),
    params={"ls": 40, "lf": 2, "beta": 10},
    domain=((-2, 3),),
    view=((-1.6, 3),),
    start=(-0.7,),
    eta=0.005,
    rho=0.4,
    steps=2000,
    note="Two minima at -1 and 1, both with loss 0, with curvature ls and lf.",
)

GAUSSIAN_WELLS = Landscape(
    name="gaussian_wells",
    title="Sharp and flat minimum (two Gaussian wells)",
    formula="2 - exp(-(x + 3/2)^2/0.08) - exp(-(x - 3/2)^2/1.62)",
    coordinates=("x",),
    domain=((-3, 4),),
    start=(-1.2,),
    eta=0.01,
    rho=0.5,
    steps=2000,
)

LANDSCAPES = (
    PARABOLA, BOWL, DOUBLE_WELL, DOUBLE_WELL_2, HIMMELBLAU, SIX_HUMP_CAMEL, THREE_HUMP_CAMEL, STYBLINSKI_TANG,
    GOLDSTEIN_PRICE, MCCORMICK, MULLER_BROWN, SHARP_FLAT, GAUSSIAN_WELLS,
)  # fmt: skip
