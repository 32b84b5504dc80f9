"""Landscapes: derivatives against mpmath, critical points that are complete, and what may be asked for."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy

from saddlescape.errors import SaddlescapeError, UsageError
from saddlescape.landscapes import CATALOGUE, Landscape, critical, landscape, roots, winding
from saddlescape.landscapes.catalogue import FILES
from saddlescape.results import CriticalPoint

ROOT = Path(__file__).parents[1]
NAMES = sorted(CATALOGUE)
UNDEFINED = {
    "ravine": "its line of minima reaches the boundary",
    "uv": "its hyperbola of minima reaches the boundary",
    "uv_target": "its hyperbola of minima reaches the boundary",
    "w_plus_minus": "its hyperbola of minima reaches the boundary",
    "log_cosh": "both axes are minima and reach the boundary",
}


def exact(one):
    """The loss as an mpmath function of the coordinates."""
    symbols = [sympy.Symbol(c, real=True) for c in one.coordinates]
    values = {sympy.Symbol(k, real=True): sympy.Rational(v) for k, v in one.params.items()}
    return sympy.lambdify(symbols, one.expression.subs(values), "mpmath")


def derivative(f, x, *directions):
    """The mixed derivative of f at x along the directions, by mpmath at 40 digits."""
    with mpmath.workdps(40):
        base, along = (
            [mpmath.mpf(float(c)) for c in x],
            [[mpmath.mpf(float(c)) for c in d] for d in directions],
        )

        def moved(*t):
            return f(*(b + sum(s * d[i] for s, d in zip(t, along, strict=True)) for i, b in enumerate(base)))

        return float(mpmath.diff(moved, (0,) * len(along), (1,) * len(along)))


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_agree_with_mpmath(name):
    """Gradient, Hessian and D³f[u, v] to 1e-10 of the largest entry, which allows for cancellation."""
    one, rng = CATALOGUE[name], np.random.default_rng(7)
    f, unit = exact(one), np.eye(one.dim)
    lo, hi = np.array(one.view).T
    x = rng.uniform(lo, hi)
    u, v = rng.normal(size=(2, one.dim))
    wanted = [
        [derivative(f, x, e) for e in unit],
        [[derivative(f, x, a, b) for b in unit] for a in unit],
        [derivative(f, x, e, u, v) for e in unit],
    ]
    for found, right in zip(
        (one.grad(x), one.hessian(x), one.third(x, u, v)), map(np.array, wanted), strict=True
    ):
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-10 * max(1.0, np.abs(right).max()))
    assert one.loss(x) == pytest.approx(float(f(*map(float, x))), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_winding_number_agrees(name):
    one = CATALOGUE[name]
    status = one.winding["status"]
    assert status == ("unchecked" if one.dim > 2 else "undefined" if name in UNDEFINED else "agrees")


@pytest.mark.parametrize("name", NAMES)
def test_the_demonstration_stays_finite_under_gd_and_sam(name):
    one = CATALOGUE[name]
    for rho in (0.0, one.rho):
        x = np.array(one.start)
        for _ in range(min(one.steps, 1000)):
            g = one.grad(x)
            size = np.linalg.norm(g)
            x = x - one.eta * (one.grad(x + rho * g / size) if rho and size else g)
        assert np.abs(x).max() < 1e4


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_is_whole(name):
    one = CATALOGUE[name]
    assert one.name == name
    assert re.fullmatch("[a-z][a-z0-9_]*", name)
    assert one.title != name
    assert None not in (one.eta, one.rho)
    assert len(one.start) == one.dim == len(one.domain) == len(one.view)
    for x, (lo, hi), (low, high) in zip(one.start, one.view, one.domain, strict=True):
        assert low <= lo <= x <= hi <= high
    if one.reference:
        assert f"{{{one.reference}," in (ROOT / "references.bib").read_text()


def test_every_landscape_of_a_file_is_in_its_registry():
    for file in FILES:
        here = [value for value in vars(file).values() if isinstance(value, Landscape)]
        assert sorted(one.name for one in here) == sorted(one.name for one in file.LANDSCAPES)
    assert len(CATALOGUE) == sum(len(file.LANDSCAPES) for file in FILES)


def test_importing_the_catalogue_needs_no_algebra():
    heavy = ("sympy", "scipy", "numba", "matplotlib")
    code = f"import sys, saddlescape.landscapes; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


# ---- critical points ----
def test_numbers_do_not_depend_on_the_view():
    narrow = CATALOGUE["beale"].with_window(view=((2, 4), (0, 1)))
    assert [p.to_json() for p in narrow.critical_points] == [
        p.to_json() for p in CATALOGUE["beale"].critical_points
    ]


@pytest.mark.parametrize("name", ["himmelblau", "six_hump_camel", "griewank", "uv"])
def test_numbers_do_not_depend_on_the_starts(name, monkeypatch):
    one = CATALOGUE[name]
    wanted = one.census["points"]
    grid = roots.starts
    monkeypatch.setattr(
        roots, "starts", lambda box, more=1: np.random.default_rng(5).permutation(grid(box, more))
    )
    found = critical.census(one)["points"]
    assert [p["kind"] for p in found] == [p["kind"] for p in wanted]
    np.testing.assert_allclose([p["x"] for p in found], [p["x"] for p in wanted], atol=2e-7)
    isolated = [(a["x"], b["x"]) for a, b in zip(found, wanted, strict=True) if a["kind"] != "continuum"]
    np.testing.assert_allclose(*zip(*isolated, strict=True), atol=1e-12)


def test_equal_losses_are_numbered_by_coordinates():
    points = CATALOGUE["double_well_2"].critical_points
    assert [p.id for p in points] == list(range(9))
    assert [tuple(p.x) for p in points[:4]] == [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    assert [tuple(p.x) for p in points[4:8]] == [(-1, 0), (0, -1), (0, 1), (1, 0)]


@pytest.mark.parametrize(
    ("text", "kinds", "status"),
    [
        ("x^4 + y^2", {"degenerate": 1}, "agrees"),
        ("x^3 + y^2", {"degenerate": 1}, "agrees"),
        ("x^4 + y^4", {"degenerate": 1}, "agrees"),
        ("x^2 + x*y^2", {"degenerate": 1}, "agrees"),  # along x = -y²/2 the gradient is y³
        ("x^2 + x*y^3", {"degenerate": 1}, "agrees"),  # along x = -y³/2 it is y⁵
        ("x^2 + x*y^5", {"degenerate": 1}, "undefined"),  # and y⁹: below rounding to |y| = .02
        ("x^2*y^3", {"continuum": 1}, "undefined"),
        ("(x - y)^4", {"continuum": 1}, "undefined"),
        ("x^3", {"degenerate": 1}, "agrees"),
        ("x + y", {}, "agrees"),
        ("(x^2 + y^2 - 1)^2", {"continuum": 1, "maximum": 1}, "agrees"),
        ("x^2*y^2", {"continuum": 2}, "undefined"),
        ("(y - x^2)^2", {"continuum": 1}, "undefined"),
        ("sin(x*y)", {"continuum": 12, "saddle": 1}, "undefined"),
        ("exp(-50*(x^2 + y^2))", {"maximum": 1}, "undefined"),
        ("1e-8*(x^2 - y^2)", {"saddle": 1}, "agrees"),
        ("1e12*(x^2 + y^4)", {"degenerate": 1}, "agrees"),
        ("sqrt(x^2 + y^2)", {}, "differs"),
        ("sin(20*x) + cos(17*y) + x*y/9", {"minimum": 304, "saddle": 627, "maximum": 323}, "agrees"),
    ],
)
def test_hard_cases_are_named_for_what_they_are(text, kinds, status):
    """The counts of the last were checked by the winding number alone; the others are seen in the formula."""
    one = landscape(text)
    assert Counter(p.kind for p in one.critical_points) == kinds
    assert one.winding["status"] == status
    assert (status != "differs") or "tips" in one.census["note"]


def ellipse(a, b):
    return float(4 * a * mpmath.ellipe(1 - (b / a) ** 2))


def hyperbola(target, reach=3):
    """The length of uv = target from the border of the square to its corner, and on to the other border."""
    return float(
        2 * mpmath.quad(lambda u: mpmath.sqrt(1 + (target / u**2) ** 2), [mpmath.sqrt(target), 0.1, reach])
    )


LEMNISCATE = float(mpmath.gamma(0.25) ** 2 / mpmath.sqrt(2 * mpmath.pi))  # of half-width 1


@pytest.mark.parametrize(
    ("text", "lengths", "alone", "status"),
    [
        ("(x^2 + y^2 - 1e-5)^2", [2 * np.pi * 1e-5**0.5], {"maximum": 1}, "agrees"),
        ("(x^2 + y^2 - 1e-4)^2", [2 * np.pi * 1e-2], {"maximum": 1}, "agrees"),
        ("(x^2 + y^2 - 0.001)^2", [2 * np.pi * 0.001**0.5], {"maximum": 1}, "agrees"),
        ("(x^2 + y^2 - 0.01)^2", [2 * np.pi * 0.1], {"maximum": 1}, "agrees"),
        ("((x - 0.37)^2 + (y - 1.11)^2 - 3e-4)^2", [2 * np.pi * 3e-4**0.5], {"maximum": 1}, "agrees"),
        ("((x/0.02)^2 + (y/0.3)^2 - 1)^2", [ellipse(0.3, 0.02)], {"maximum": 1}, "agrees"),
        ("((x/0.3)^2 + (y/0.02)^2 - 1)^2", [ellipse(0.3, 0.02)], {"maximum": 1}, "agrees"),
        (
            "((x - 1)^2 + y^2 - 0.001)^2*((x + 1)^2 + y^2 - 0.002)^2",
            [2 * np.pi * 0.001**0.5, 2 * np.pi * 0.002**0.5],
            {"maximum": 2, "saddle": 1},
            "agrees",
        ),
        (  # a circle about a saddle; f takes both signs beside it
            "(x^2 + y^2 - 0.001)^2*(1 + 4000*(x^2 - 3*y^2))",
            [2 * np.pi * 0.001**0.5],
            {"maximum": 2, "saddle": 1, "minimum": 2},
            "agrees",
        ),
        ("((x^2 + y^2)^2 - 0.01*(x^2 - y^2))^2", [0.1 * LEMNISCATE], {"maximum": 2}, "undefined"),
        ("(x*y - 0.001)^2", 2 * [hyperbola(0.001)], {"saddle": 1}, "undefined"),
        ("(x*y - 1e-4)^2", 2 * [hyperbola(1e-4)], {"saddle": 1}, "undefined"),
    ],
)
def test_small_and_sharply_bent_curves_are_whole(text, lengths, alone, status):
    """What there is beside the curves, and how long they are, is seen in the formula."""
    one = landscape(text)
    found = [p.samples for p in one.critical_points if p.kind == "continuum"]
    assert Counter(p.kind for p in one.critical_points) == {"continuum": len(lengths), **alone}
    assert one.winding["status"] == status
    assert all(np.array_equal(samples[0], samples[-1]) == ("x*y" not in text) for samples in found)
    assert max(np.abs(one.loss(samples)).max() for samples in found) < 1e-20
    measured = sorted(np.linalg.norm(np.diff(samples, axis=0), axis=1).sum() for samples in found)
    np.testing.assert_allclose(measured, sorted(lengths), rtol=0.01)


def test_a_target_near_zero_leaves_two_hyperbolas():
    one = landscape("uv_target", target=0.001)
    low, high, saddle = one.critical_points
    for branch, sign in ((low, -1), (high, 1)):
        assert branch.kind == "continuum"
        assert "minima" in branch.note
        np.testing.assert_allclose(branch.samples.prod(axis=1), 0.001, rtol=1e-9)
        np.testing.assert_allclose(branch.x, sign * 0.001**0.5, atol=1e-6)
    assert saddle.kind == "saddle"


def test_a_declared_tip_is_a_cone_and_counts_as_a_minimum():
    one = Landscape("tip", "sqrt(x^2 + y^2)", cones=((0, 0),))
    assert [p.kind for p in one.critical_points] == ["cone"]
    assert one.winding == {"status": "agrees", "boundary": 1, "sum": 1}


def test_a_set_in_four_dimensions_is_sampled_and_said_to_be():
    one = CATALOGUE["dln_two_features"]
    sheet, saddle = one.critical_points
    np.testing.assert_allclose(one.loss(sheet.samples), 0, atol=1e-20)
    np.testing.assert_allclose(saddle.eigenvalues, (-2, -1, 1, 2), rtol=1e-12)
    assert "incomplete" in one.census["note"]


def test_no_search_beyond_six_dimensions():
    one = Landscape("seven", " + ".join(f"x{i}^2" for i in range(1, 8)))
    assert one.critical_points == ()
    assert one.winding["status"] == "unchecked"


@pytest.mark.parametrize("text", ["x^2.5", "x^3.5"])
def test_no_winding_number_where_the_gradient_is_not_finite_on_one_side(text):
    """These have no value for x < 0: the gradient does not change its sign at 0, it has none there."""
    one = landscape(text)
    (point,) = one.critical_points
    assert point.x == pytest.approx(
        0, abs=1e-5 * 6
    )  # zeros that are nearer than 1e-5 of the width are one point
    assert one.winding == {"status": "undefined", "boundary": None, "sum": None}


def test_winding_numbers_of_known_fields():
    lo, hi = np.array([-1.0, -2.0]), np.array([2.0, 1.0])
    powers = {
        k: winding.around_box(lambda x, k=k: np.stack(_power(x, k), axis=-1), lo, hi)
        for k in (-2, -1, 1, 2, 3)
    }
    assert powers == {k: k for k in powers}
    assert winding.around_box(lambda x: x - lo, lo, hi) is None  # it vanishes in a corner


def _power(x, k):
    z = (x[..., 0] + 1j * x[..., 1]) ** abs(k)
    return z.real, np.sign(k) * z.imag


def test_points_survive_being_written_and_read():
    for point in CATALOGUE["uv"].critical_points:
        again = CriticalPoint.from_json(point.to_json())
        assert again.to_json() == point.to_json()


# ---- what a person may ask for ----
def test_names_forgive_case_and_hyphens():
    assert landscape("Six-Hump-Camel") is CATALOGUE["six_hump_camel"]


def test_a_formula_gets_the_documented_defaults():
    one = landscape("x^2 - a*y^2", a=2)
    assert one.domain == ((-3, 3), (-3, 3))
    assert one.start == (-1.5, -1.5)
    assert (one.eta, one.rho, one.steps) == (pytest.approx(0.1 / 4), pytest.approx(0.3), 2000)


def test_a_sympy_expression_is_the_formula_it_prints():
    x, y, a = sympy.symbols("x y a")
    expression = sympy.exp(-x / 3) * sympy.sqrt(y + 4) - a * y**-2 + sympy.pi * sympy.sin(x) ** 2 + 0.1
    one = landscape(expression, params={"a": 2.5})
    at = (0.7, 1.3)
    assert one.loss(at) == pytest.approx(float(expression.subs({x: at[0], y: at[1], a: 2.5})), rel=1e-14)
    p, q = sympy.symbols("p q")
    assert landscape((p * q - 1) ** 2, variables=(q, p)).coordinates == ("q", "p")


@pytest.mark.parametrize(
    ("source", "more", "said"),
    [
        ("beal", {}, "beale"),
        ("x^2 - a*y^2 + b", {}, "'a', 'b'"),
        ("x^2", {"k": 1}, "'k'"),
        ("saddle", {"k": 1}, "k"),
        ("x^2 + a", {"a": float("nan")}, "finite"),
        ("x^2 + a", {"a": "much"}, "number"),
        ("saddle", {"domain": ((0, 1),)}, "interval"),
        ("saddle", {"variables": ("x",)}, "variables"),
        ("log(x - 10)", {}, "no finite value"),
        (sympy.gamma(sympy.Symbol("x")), {}, "gamma"),
        (sympy.Abs(sympy.Symbol("x")), {}, "Abs"),
        (3, {}, "int"),
    ],
)
def test_refusals_say_what_is_wrong(source, more, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        landscape(source, **more)
    assert issubclass(UsageError, SaddlescapeError)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("sqrt(x)", lambda x: x > 0),
        ("log(x)", lambda x: x > 0),
        ("x*log(x)", lambda x: x > 0),
        ("x^1.5 - x", lambda x: x >= 0),
        ("log(x - y)", lambda x, y: x > y),
        ("sqrt(x1) + x2^2 + x3^2", lambda a, b, c: a > 0),
    ],
)
def test_the_start_lies_where_a_formula_is_defined(text, inside):
    """What must be positive there is written beside it. On a line it is a quarter along the positive part, (0, 3], up to
    a cell of the grid, 0.15."""
    start = landscape(text).start
    assert inside(*start)
    assert start == landscape(text).start
    if len(start) == 1:
        assert abs(start[0] - 0.75) <= 0.15 + 1e-12


def test_the_start_of_functions_lies_where_they_are_defined():
    def loss(x):
        return np.sqrt(x - 0.123)

    def gradient(x):
        return (0.5 / np.sqrt(x - 0.123),)

    with np.errstate(invalid="ignore"):
        one = landscape((loss, gradient), domain=((-1.0, 1.0),))
    assert 0.123 < one.start[0] <= 1


@pytest.mark.parametrize(
    ("formula", "least"),
    [
        ("himmelblau", 0),  # 7.9e-31 in doubles at two of its minima
        ("(x^2 - 2)^2 + (y - 1/3)^2", 0),
        ("(x^2 - 2)^2 + (y - 1/3)^2 + 1e-26", 1e-26),
        ("(x^2 - 2)^2 + (y - 1/3)^2 - 1e-12", -1e-12),
    ],
)
def test_a_loss_is_0_where_it_is_rounding_and_small_where_it_is_small(formula, least):
    """Against the loss at the same minimum by mpmath at 60 digits: exactly 0 where that vanishes, else to 1e-4."""
    L = landscape(formula)
    minima = [p for p in L.critical_points if p.kind == "minimum"]
    f = exact(L)
    with mpmath.workdps(60):
        for p in minima:
            x = mpmath.findroot(
                lambda *at: [mpmath.diff(f, at, (1, 0)), mpmath.diff(f, at, (0, 1))], [*map(mpmath.mpf, p.x)]
            )
            true = f(*x)
            assert abs(true - least) <= 1e-3 * abs(least) + mpmath.mpf(10) ** -40
            assert p.loss == pytest.approx(float(true), rel=1e-4) if least else p.loss == 0.0
    assert len(minima) >= 2
