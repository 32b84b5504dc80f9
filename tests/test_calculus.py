"""Printed loss, gradient, Hessian and third derivative against mpmath at 40 digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import saddlescape as ss
from saddlescape.errors import UsageError
from saddlescape.landscapes import calculus

X2 = [0.7, -0.4]
#: formula, its coordinates' values, the same formula in mpmath (written by hand)
CASES: dict[str, tuple[str, list[float], Callable[..., Any]]] = {
    "negative powers": (
        "x^(-3) + (x*y)^(-2) - 1/(x - y)",
        X2,
        lambda x, y: x**-3 + (x * y) ** -2 - 1 / (x - y),
    ),
    "a root of a sum": ("sqrt(1 + x^2 + y^4)*y", X2, lambda x, y: mp.sqrt(1 + x**2 + y**4) * y),
    "a root below": ("y/sqrt(x + 2)^3", X2, lambda x, y: y / mp.sqrt(x + 2) ** 3),
    "nested quotients": (
        "x/(1 + y/(2 + x/(3 + y^2)))",
        X2,
        lambda x, y: x / (1 + y / (2 + x / (3 + y**2))),
    ),
    "rational exponents": (
        "(x^2 + y^2)^(2/3)*(1 + x^2)^(-5/2)",
        X2,
        lambda x, y: (x**2 + y**2) ** (mp.mpf(2) / 3) * (1 + x**2) ** mp.mpf(-2.5),
    ),
    "decimal exponents": ("(2 + x*y)^0.3", X2, lambda x, y: (2 + x * y) ** mp.mpf("0.3")),
    "pi and e": (
        "e^(x*y)*sin(pi*x) + pi^2*y^3 + e*x",
        X2,
        lambda x, y: mp.e ** (x * y) * mp.sin(mp.pi * x) + mp.pi**2 * y**3 + mp.e * x,
    ),
    "exp, logarithms and circles": (
        "exp(x)*log(3 + y) + sin(x)*cos(y) + tan(x*y) + ln(2 + x)",
        X2,
        lambda x, y: mp.exp(x) * mp.log(3 + y) + mp.sin(x) * mp.cos(y) + mp.tan(x * y) + mp.log(2 + x),
    ),
    "hyperbolas": (
        "sinh(x)*cosh(y) + tanh(x - y) + atan(3*x)",
        X2,
        lambda x, y: mp.sinh(x) * mp.cosh(y) + mp.tanh(x - y) + mp.atan(3 * x),
    ),
    "high powers": ("x^13 - 3*x^7*y^6 + (x - y)^8", X2, lambda x, y: x**13 - 3 * x**7 * y**6 + (x - y) ** 8),
    "minus everywhere": (
        "-x - -(-y)^3 - (x - (y - (x - y^2)))^2",
        X2,
        lambda x, y: -x + (-y) ** 3 - (x - (y - (x - y**2))) ** 2,
    ),
    "one coordinate": ("(x^2 - 1)^2/(1 + x^2)", [0.7], lambda x: (x**2 - 1) ** 2 / (1 + x**2)),
    "three coordinates": (
        "(x*y*z - 1)^2/2 + exp(-x^2)*z",
        [0.7, -0.4, 1.3],
        lambda x, y, z: (x * y * z - 1) ** 2 / 2 + mp.exp(-(x**2)) * z,
    ),
    "a coordinate that is not used": ("x2^4 - x2", [0.3, 1.2], lambda x, y: y**4 - y),
    "a constant slope": ("2*x - 3*y", X2, lambda x, y: 2 * x - 3 * y),
}


def derivative(f: Callable[..., Any], at: list[float], which: tuple[int, ...]) -> float:
    """Return ∂f with respect to the coordinates ``which``, at 40 digits."""
    with mp.workdps(40):
        orders = tuple(which.count(i) for i in range(len(at)))
        return float(
            mp.diff(f, tuple(mp.mpf(a) for a in at), orders) if which else f(*(mp.mpf(a) for a in at))
        )


def check(landscape: Any, at: list[float], f: Callable[..., Any]) -> None:
    """Assert that the landscape's numbers are those of ``f``: to 1e-13 of the largest, some tens of roundings."""
    d = len(at)
    u, v = np.linspace(1, 2, d), np.linspace(-0.5, 1.5, d)
    rows = range(d)
    hessian = [[derivative(f, at, (i, j)) for j in rows] for i in rows]
    third = [sum(derivative(f, at, (i, j, k)) * u[j] * v[k] for j in rows for k in rows) for i in rows]
    terms = [
        (landscape.loss(at), derivative(f, at, ())),
        (landscape.grad(at), [derivative(f, at, (i,)) for i in rows]),
        (landscape.hessian(at), hessian),
        (landscape.third(at, u, v), third),
    ]
    for found, wanted in terms:
        np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-13 * max(1e-3, np.abs(wanted).max()))


@pytest.mark.parametrize(("formula", "at", "f"), CASES.values(), ids=CASES)
def test_printed_derivatives_are_those_of_the_formula(
    formula: str, at: list[float], f: Callable[..., Any]
) -> None:
    landscape = ss.landscape(formula)
    check(landscape, at, f)
    run = ss.simulate(landscape, "gd:eta=0.01", at, 1, engine="plain")
    np.testing.assert_allclose(run.final[0], np.array(at) - 0.01 * landscape.grad(at), rtol=1e-14)


# ---- names that mean something in the printed text ----------------------------------------------------------------

NAMES = (
    "t0",
    "t1",
    "_t0",
    "u_0",
    "v_0",
    "_u0",
    "_cse0",
    "cse_0",
    "point",
    "power",
    "w",
    "i",
    "at",
    "g",
    "v",
    "u",
    "x0",
)
NAMES += (
    "rho",
    "eta",
    "beta",
    "recip",
    "gradient",
    "nan",
    "S",
    "I",
    "E",
    "N",
    "look",
    "step",
    "norm",
    "p_a",
    "t10",
)
SHAPE = "({a}^2 - 1)^2 + ({a}^2 - 1)*{b}*{c} + (1 + {a}^2 + {c}^2)^(1/3)"


def shape(a: Any, b: Any, c: Any) -> Any:
    """Return SHAPE in mpmath."""
    return (a**2 - 1) ** 2 + (a**2 - 1) * b * c + (1 + a**2 + c**2) ** (mp.mpf(1) / 3)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["parameter", "coordinate"])
def test_a_name_means_what_it_stands_for_or_is_refused(name: str, place: str) -> None:
    if place == "parameter":
        formula, more = SHAPE.format(a="r", b="s", c=name), {"variables": ["r", "s"], "params": {name: 1.75}}
    else:
        formula, more = SHAPE.format(a=name, b="s", c="k"), {"variables": [name, "s"], "params": {"k": 1.75}}
    try:
        landscape = ss.landscape(formula, **more)  # type: ignore[arg-type]
    except UsageError as refusal:
        said = str(refusal)
    else:
        check(landscape, X2, lambda a, b: shape(a, b, mp.mpf(1.75)))
        same_step(landscape)
        return
    assert f"'{name}'" in said


def same_step(landscape: Any) -> None:
    """Assert that the printed kernel and the formula on arrays make the same SAM step."""
    method = ss.method("sam:rho=0.1,eta=0.01,beta=0.5")
    found = ss.simulate(landscape, method, X2, 1, engine="plain").final[0]
    np.testing.assert_allclose(found, ss.step(landscape, method)(np.array(X2))[0], rtol=1e-14)


def test_many_names_may_clash_at_once() -> None:
    values = {"t0": 1.5, "t1": -0.5, "point": 0.25, "power": 2.0, "eta": 3.0}
    formula = "t0*(x^2 - 1)^2 + t1*(x^2 - 1)*y + point*(1 + x^2)^(1/3)*power + eta*x*y"
    landscape = ss.landscape(formula, params=values)
    check(
        landscape,
        X2,
        lambda x, y: (
            1.5 * (x**2 - 1) ** 2 - 0.5 * (x**2 - 1) * y + 0.5 * (1 + x**2) ** (mp.mpf(1) / 3) + 3 * x * y
        ),
    )
    same_step(landscape)


# ---- programs -----------------------------------------------------------------------------------------------------


def test_powers_are_products_and_nothing_is_computed_twice() -> None:
    import sympy

    x, y = sympy.symbols("x y", real=True)
    made = calculus.program([x**8 + y, (x**2 + y) ** 2 * sympy.sqrt(x**2 + y)])
    text = " ".join([*made["lines"], *made["out"]])
    assert "**" not in text
    assert "power" not in text
    assert text.count("x*x") == 1
    assert made["operations"] == 3 + 1 + 1 + 1 + 8 + 1


def test_the_operations_of_beales_gradient_are_few() -> None:
    """The hand-written C of the benchmarks takes 30; a printer that grows worse fails here."""
    assert ss.landscape("beale").derived["gradient"]["operations"] <= 30


def test_numbers_are_printed_to_the_last_bit() -> None:
    landscape = ss.landscape("x*pi/3 + x*0.1 + x/3")
    wanted = derivative(lambda x: x * mp.pi / 3 + x * mp.mpf("0.1") + x / 3, [1.0], (0,))
    assert abs(float(landscape.grad([1.0])[0]) - wanted) <= 2 * np.spacing(wanted)


@pytest.mark.parametrize("shape_", [(2,), (5, 2), (3, 4, 2), (0, 2)])
def test_leading_axes_are_kept(shape_: tuple[int, ...]) -> None:
    landscape = ss.landscape("beale")
    x = np.random.default_rng(0).normal(size=shape_)
    assert landscape.loss(x).shape == shape_[:-1]
    assert landscape.grad(x).shape == shape_
    assert landscape.hessian(x).shape == (*shape_, 2)
    assert landscape.third(x, x, x).shape == shape_


def test_a_wrong_last_axis_is_refused() -> None:
    for x in (1.0, [1.0], [1.0, 2.0, 3.0]):
        with pytest.raises(UsageError, match=r"shape \(…, 2\)"):
            ss.landscape("beale").loss(x)
