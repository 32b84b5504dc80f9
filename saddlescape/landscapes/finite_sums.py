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

TWO_SAMPLE_1D = Landscape(
    name="two_sample_1d",
    title="Two samples on a line",
    formula="(h1*(x - b1)^2 + h2*(x - b2)^2)/4",
    samples=("h1*(x - b1)^2/2", "h2*(x - b2)^2/2"),
    coordinates=("x",),
    params={"h1": 1, "h2": 4, "b1": -1, "b2": 1},
    domain=((-2, 2),),
    start=(-1.5,),
    eta=0.02,
    rho=0.3,
    steps=500,
    reference="andriushchenko2022",
    note="SAM on one sample at a time is drawn rho*(h2 - h1)/(h1 + h2) past the minimum, however small eta is.",
)

SHIFTED_PARABOLA = Landscape(
    name="shifted_parabola",
    title="Parabola of three shifted samples",
    formula="h*(x^2 + 79/150)/2",
    samples=("h*(x + 1)^2/2", "h*(x - 3/10)^2/2", "h*(x - 7/10)^2/2"),
    coordinates=("x",),
    params={"h": 2},
    domain=((-2, 2),),
    start=(1.5,),
    eta=0.1,
    rho=0.2,
    steps=100,
    note="All samples have curvature h. SGD on one of them a step has the variance 79/150*eta*h/(2 - eta*h).",
)

RANDOM_CURVATURE = Landscape(
    name="random_curvature",
    title="Parabola of samples with unlike curvatures",
    formula="x^2",
    samples=("x^2/4", "3/4*x^2", "2*x^2"),
    coordinates=("x",),
    domain=((-2, 2),),
    start=(1.5,),
    eta=0.1,
    rho=0.2,
    steps=100,
    note="Curvatures 1/2, 3/2 and 4. In the mean of squares SGD is stable for eta below 24/37, GD for eta below 1.",
)

TWO_SAMPLE_VALLEY = Landscape(
    name="two_sample_valley",
    title="Valley of two samples",
    formula="((4 + y)*x1^2 + (2 - 3*y)*x2^2)/4",
    samples=("(4 + y)*x1^2/2", "(2 - 3*y)*x2^2/2"),
    coordinates=("x1", "x2", "y"),
    domain=((-1, 1), (-1, 1), (-2, 0.6)),
    start=(0.5, 0.5, -0.25),
    eta=0.05,
    rho=0.3,
    steps=250,
    reference="wen2022",
    note="Minima along y. SAM goes where the largest curvature is least, y = -1/2; on one sample at a time it goes "
    "up, where the trace is less.",
)

LINEAR_REGRESSION_2D = Landscape(
    name="linear_regression_2d",
    title="Linear regression on six points",
    formula=(
        "((w1 - 2*w2 + 3/2)^2 + (w1 - w2 - 1/2)^2 + w1^2"
        " + (w1 + w2 - 2)^2 + (w1 + 2*w2 - 3/2)^2 + (w1 + 3*w2 - 3)^2)/12"
    ),
    samples=(
        "(w1 - 2*w2 + 3/2)^2/2",
        "(w1 - w2 - 1/2)^2/2",
        "w1^2/2",
        "(w1 + w2 - 2)^2/2",
        "(w1 + 2*w2 - 3/2)^2/2",
        "(w1 + 3*w2 - 3)^2/2",
    ),
    coordinates=("w1", "w2"),
    domain=((-2, 3), (-2, 3)),
    start=(-1.5, 2.5),
    eta=0.05,
    rho=0.2,
    steps=400,
    note="Intercept w1 and slope w2 of a line through points that lie on none; the best is (11/21, 11/14).",
)

LANDSCAPES = (
    BEALE, TWO_SAMPLE_1D, SHIFTED_PARABOLA, RANDOM_CURVATURE, TWO_SAMPLE_VALLEY, LINEAR_REGRESSION_2D,
)  # fmt: skip
