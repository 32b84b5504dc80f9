"""Nets so small that they can be drawn: products of weights, whose minima form curves and surfaces."""

from __future__ import annotations

from saddlescape.landscapes.base import Landscape

UV = Landscape(
    name="uv",
    title="Two-layer scalar net",
    formula="(u*v - 1)^2/2",
    coordinates=("u", "v"),
    domain=((-3, 3), (-3, 3)),
    start=(2.5, 0.1),
    eta=0.02,
    rho=0.2,
    steps=4000,
    reference="woodworth2020",
    note="Gradient flow keeps u^2 - v^2; SAM lets it decay towards the flattest minima u = v = ±1.",
)

W_PLUS_MINUS = Landscape(
    name="w_plus_minus",
    title="Diagonal net with one feature",
    formula="(wp^2 - wm^2 - 1)^2/4",
    coordinates=("wp", "wm"),
    domain=((-3, 3), (-3, 3)),
    start=(1.5, 1.5),
    eta=0.02,
    rho=0.2,
    steps=4000,
    reference="andriushchenko2022",
    note="Gradient flow keeps wp*wm; SAM lets it decay, as if the initialisation had been smaller.",
)

UV_TARGET = Landscape(
    name="uv_target",
    title="Two-layer scalar net with any target",
    formula="(u*v - target)^2/2",
    coordinates=("u", "v"),
    params={"target": 2},
    domain=((-3, 3), (-3, 3)),
    start=(-1.9, 2),
    eta=0.02,
    rho=0.6,
    steps=2000,
    reference="woodworth2020",
    note="The saddle at 0 has eigenvalues ±target and attracts USAM if rho*abs(target) > 1.",
)

DEEP_SCALAR = Landscape(
    name="deep_scalar",
    title="Three-layer scalar net",
    formula="(w1*w2*w3 - 1)^2/2",
    coordinates=("w1", "w2", "w3"),
    domain=((-2, 2),) * 3,
    start=(1.8, 0.3, 0.2),
    eta=0.02,
    rho=0.2,
    steps=4000,
)

DLN_TWO_FEATURES = Landscape(
    name="dln_two_features",
    title="Diagonal net with two features",
    formula="(u1*v1 + 2*u2*v2 - 1)^2/2",
    coordinates=("u1", "u2", "v1", "v2"),
    domain=((-2, 2),) * 4,
    start=(0.5, 0.5, 0, 0),
    eta=0.02,
    rho=0.1,
    steps=4000,
    reference="pesme2021",
    note="One sample x = (1, 2), y = 1: the minima have b = (u1 v1, u2 v2) on the line b1 + 2 b2 = 1.",
)

LOG_COSH = Landscape(
    name="log_cosh",
    title="Log-cosh of a product",
    formula="log(2*cosh(x*y))",
    coordinates=("x", "y"),
    domain=((-4, 4), (-13, 13)),
    view=((-1, 3.5), (0, 13)),
    start=(3, 11.357816691600547),
    eta=0.01,
    rho=0.05,
    steps=20000,
    reference="dai2023",
    note="Both axes are minima. From y^2 = x^2 + 1.2/eta GD ends near y^2 = 1.2/eta, and SAM drifts on.",
)

LANDSCAPES = (UV, W_PLUS_MINUS, UV_TARGET, DEEP_SCALAR, DLN_TWO_FEATURES, LOG_COSH)
