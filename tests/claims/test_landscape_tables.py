"""The published critical points of the test functions (claims C9 and C10), typed in as independent data.

A row is kind, position, loss, Hessian eigenvalues ascending (None where none were recorded). ``COMPLETE``
says how many critical points of each kind there are in the whole domain where that is known.
"""

from collections import Counter
from math import pi, sqrt

import mpmath
import numpy as np
import pytest
import sympy

from saddlescape.landscapes import CATALOGUE

M1, TOP, M2 = -2.903534027771, 0.1567312567803, 2.746802770991
C1, CTOP, C2 = 34.583059103, -15.852611879, 29.269552776


def mirrored(rows):
    """Each row and, unless it is the origin, its mirror image under (x, y) → (−x, −y)."""
    return rows + [(k, (-x[0], -x[1]), f, e) for k, x, f, e in rows if any(x)]


def eight(kind, a, b, loss, eigenvalues):
    """The images of (a, b) under the symmetries of the square."""
    images = {(s * p, t * q) for p, q in ((a, b), (b, a)) for s in (1, -1) for t in (1, -1)}
    return [(kind, image, loss, eigenvalues) for image in sorted(images)]


TABLES = {
    "beale": [
        ("minimum", (3, 0.5), 0, (0.30146364652, 48.979786353)),
        ("saddle", (0, 1), 14.203125, (-27.75, 27.75)),
        ("saddle", (0.1005379373242, -2.644513585023), 9.864512284756, (-0.78102717269, 867.75217933)),
    ],
    "himmelblau": [
        ("minimum", (3, 2), 0, (25.715728753, 82.284271247)),
        ("minimum", (3.58442834033, -1.848126526964), 0, (28.690677157, 105.41890834)),
        ("minimum", (-3.779310253378, -3.283185991286), 0, (70.714354744, 133.78561521)),
        ("minimum", (-2.805118086953, 3.131312518251), 0, (64.840372771, 80.550071779)),
        ("saddle", (3.385154183607, 0.07385187983775), 13.31192627041, (-14.135178485, 97.547878103)),
        ("saddle", (0.0866775045554, 2.884254701175), 67.71915008753, (-31.706622363, 75.507609238)),
        ("saddle", (-3.073025750764, -0.08135304428797), 104.0151629176, (-39.651496256, 72.435248068)),
        ("saddle", (-0.1279613467307, -1.953714980245), 178.3372392019, (-50.61023932, 20.284049976)),
        ("maximum", (-0.2708445906673, -0.92303855648), 181.6165215226, (-45.605229293, -16.066019667)),
    ],
    "six_hump_camel": mirrored([
        ("minimum", (0.08984201310032, -0.7126564030207), -1.03162845349, (7.6822514134, 16.493195232)),
        ("minimum", (1.70360671497, -0.7960835686726), -0.2154638243837, (18.817138635, 22.697515007)),
        ("minimum", (1.60710475292, 0.5686514548841), 2.104250310311, (7.1215121202, 10.021602516)),
        ("saddle", (0, 0), 0, (-sqrt(65), sqrt(65))),
        ("saddle", (1.109205336805, -0.7682680925095), 0.5437186009782, (-7.90261912, 20.366739739)),
        ("saddle", (1.63806798419, 0.2286740690444), 2.229357197531, (-5.5457750172, 12.436664436)),
        ("saddle", (1.296070267167, 0.6050843880387), 2.22947081803, (-6.177182127, 9.637588488)),
        ("maximum", (1.230229876517, 0.162334584459), 2.496295351024, (-8.0149071565, -5.9537241668)),
    ]),
    "three_hump_camel": mirrored([
        ("minimum", (0, 0), 0, (1.5857864376, 4.4142135624)),
        ("minimum", (1.74755234583, -0.8737761729151), 0.2986384422369, (1.902445155, 12.250644137)),
        ("saddle", (1.070542291824, -0.5352711459118), 0.8773615577631, (-4.0386881722, 2.1655988803)),
    ]),
    "goldstein_price": [
        ("minimum", (0, -1), 3, (402.83101167, 965.16898833)),
        ("minimum", (-0.6, -0.4), 30, (447.9177818, 4340.0822182)),
        ("minimum", (1.8, 0.2), 84, (207.62596662, 26216.374033)),
        ("minimum", (1.2, 0.8), 840, (2061.4143934, 13202.585607)),
        ("saddle", (-0.4, -0.6), 35, (-300.67559001, 5028.67559)),
        ("saddle", (1.2, -0.2), 99, (-138.4862593, 30882.486259)),
        ("saddle", (1.4, 0.6), 980, (-8660.2665642, 2444.2665642)),
        ("saddle", (0.6, 0.4), 990, (-1389.1860902, 15393.18609)),
        ("maximum", (0.8, 0.2), 1155, (-10372.534639, -1603.4653611)),
    ],
    "mccormick": [
        ("minimum", (-0.5471975511966, -1.547197551197), -1.913222954981, (sqrt(3), 4)),
        ("minimum", (2.594395102393, 1.594395102393), 1.228369698609, (sqrt(3), 4)),
        ("saddle", (1.547197551197, 0.5471975511966), 1.913222954981, (-sqrt(3), 4)),
    ],
    "styblinski_tang": [
        ("minimum", (M1, M1), -78.33233140754, (C1, C1)),
        ("minimum", (M1, M2), -64.19561235906, (C2, C1)),
        ("minimum", (M2, M1), -64.19561235906, (C2, C1)),
        ("minimum", (M2, M2), -50.05889331057, (C2, C2)),
        ("saddle", (M1, TOP), -38.97055334472, (CTOP, C1)),
        ("saddle", (TOP, M1), -38.97055334472, (CTOP, C1)),
        ("saddle", (M2, TOP), -24.83383429623, (CTOP, C2)),
        ("saddle", (TOP, M2), -24.83383429623, (CTOP, C2)),
        ("maximum", (TOP, TOP), 0.3912247181107, (CTOP, CTOP)),
    ],
    "muller_brown": [
        ("minimum", (-0.558223634633, 1.441725841805), -146.69951721, (410.53113469, 4068.198955)),
        ("minimum", (0.6234994049309, 0.02803775852869), -108.1667241169, (543.83618902, 3005.3958645)),
        ("minimum", (-0.05001082299821, 0.466694104872), -80.76781812966, (221.03747287, 1479.197022)),
        ("saddle", (0.2124865820007, 0.2929883251074), -72.24894011233, (-735.24726211, 510.88656547)),
        ("saddle", (-0.8220015587327, 0.6243128028149), -40.66484350866, (-750.86266284, 490.24070806)),
    ],
    "rastrigin": [
        ("minimum", (0, 0), 0, (396.78417604, 396.78417604)),
        *eight("minimum", 0.9949586376523, 0, 0.9949590571, (396.58613783, 396.78417604)),
        *eight("saddle", 0.5025460365547, 0, 20.25127299099, (-392.73366231, 396.78417604)),
        *eight("maximum", 0.5025460365547, 0.5025460365547, 40.50254598198, (-392.73366231, -392.73366231)),
    ],
    "ackley": [
        ("cone", (0, 0), 0, ()),
        *eight("saddle", 0.6257806168565, 0, 3.252469245113, (-22.252857197, 27.029127812)),
        *eight("minimum", 0.9521665459502, 0, 2.57992755703, (47.466900193, 55.063803011)),
        *eight("saddle", 0.5774125352782, 0.8747620388753, 4.5587771353, (-17.110544239, 9.3773578631)),
        *eight("maximum", 0.6730965201107, 0.6730965201107, 4.60893240189, None),
        *eight("minimum", 0.9684776587077, 0.9684776587077, 3.574451877258, (49.222438838, 53.29070269)),
    ],
    "griewank": [
        ("minimum", (0, 0), 0, (0.5005, 1.0005)),
        *mirrored([
            ("saddle", (1.572367910439, 2.222553302579), 1.001851785452, (-0.70660476276, 0.70760661609)),
            ("saddle", (1.572367910439, -2.222553302579), 1.001851785452, (-0.70660476276, 0.70760661609)),
            ("minimum", (3.140022633896, 4.438444480921), 0.007396040334, None),
            ("minimum", (3.140022633896, -4.438444480921), 0.007396040334, None),
            ("maximum", (3.143164236355, 0), 2.002468635418, None),
        ]),
    ],
    "rosenbrock": [("minimum", (1, 1), 0, (0.39936076749, 1001.6006392))],
    "booth": [("minimum", (1, 3), 0, (2, 18))],
    "matyas": [("minimum", (0, 0), 0, (0.04, 1))],
    "monkey_saddle": [("degenerate", (0, 0), 0, (0, 0))],
    "saddle": [("saddle", (0, 0), 0, (-2, 2))],
    "confined_saddle": [
        ("saddle", (0, 0), 0, (-2, 2)),
        ("minimum", (0, sqrt(2)), -1, (2, 4)),
        ("minimum", (0, -sqrt(2)), -1, (2, 4)),
    ],
    "double_well": [
        ("minimum", (1, 0), 0, (2, 8)),
        ("minimum", (-1, 0), 0, (2, 8)),
        ("saddle", (0, 0), 1, (-4, 2)),
    ],
    "general_saddle": [("saddle", (0, 0), 0, (-1, 2))],
    "general_confined_saddle": [
        ("saddle", (0, 0), 0, (-1, 2)),
        ("minimum", (0, 2), -1, (2, 2)),
        ("minimum", (0, -2), -1, (2, 2)),
    ],
    "river_valley": [("minimum", (6, np.sin(6)), 0, None)],
    "sharp_flat": [
        ("minimum", (-1,), 0, (40,)),
        ("minimum", (1,), 0, (2,)),
        ("maximum", (-0.6260577688,), 2.6243904, (-477.65,)),
    ],
    "gaussian_wells": [
        ("minimum", (-1.499426160096,), 0.9961299716875, (24.9513512415,)),
        ("maximum", (-0.8587469786023,), 1.9618971472, None),
        ("minimum", (1.5,), 1, (1.23456790123,)),
    ],
    "two_sample_1d": [("minimum", (0.6,), 0.8, (2.5,))],
    "shifted_parabola": [("minimum", (0,), 79 / 150, (2,))],
    "random_curvature": [("minimum", (0,), 0, (2,))],
    "linear_regression_2d": [
        ("minimum", (11 / 21, 11 / 14), 10 / 63, ((25 - sqrt(205)) / 12, (25 + sqrt(205)) / 12)),
    ],
    "uv": [("saddle", (0, 0), 0.5, (-1, 1))],
    "w_plus_minus": [("saddle", (0, 0), 0.25, (-1, 1))],
    "uv_target": [("saddle", (0, 0), 2, (-2, 2))],
}  # fmt: skip

WHOLE = """
beale himmelblau six_hump_camel three_hump_camel goldstein_price mccormick styblinski_tang muller_brown
rosenbrock booth matyas monkey_saddle saddle confined_saddle double_well general_saddle
general_confined_saddle river_valley sharp_flat gaussian_wells
two_sample_1d shifted_parabola random_curvature linear_regression_2d
"""
COMPLETE = {name: Counter(row[0] for row in TABLES[name]) for name in WHOLE.split()} | {
    "griewank": Counter(minimum=7, saddle=16, maximum=8),
    "rastrigin": Counter(minimum=11**2, saddle=2 * 11 * 10, maximum=10**2),
}
DIGITS = {("sharp_flat", "maximum"): 1.05e-5}  # f'' was recorded to five digits


def claim(name):
    return f"{'C9' if name == 'beale' else 'C10'}-{name}"


ROWS = [
    pytest.param(name, *row, id=f"{claim(name)}-{row[0]}-{i}")
    for name, rows in TABLES.items()
    for i, row in enumerate(rows)
]


@pytest.mark.parametrize(("name", "kind", "x", "loss", "eigenvalues"), ROWS)
def test_a_recorded_point_is_found_where_it_was_recorded(name, kind, x, loss, eigenvalues):
    landscape = CATALOGUE[name]
    point = min(landscape.critical_points, key=lambda p: np.linalg.norm(p.x - x))
    assert point.kind == kind
    np.testing.assert_allclose(point.x, x, rtol=0, atol=1e-8)
    relative = DIGITS.get((name, kind), 1e-8)
    np.testing.assert_allclose(point.loss, loss, rtol=relative, atol=1e-9)
    if eigenvalues is not None:
        np.testing.assert_allclose(point.eigenvalues, eigenvalues, rtol=relative, atol=1e-12)
    assert np.linalg.norm(landscape.grad(point.x)) < 1e-8


@pytest.mark.parametrize("name", [pytest.param(name, id=claim(name)) for name in COMPLETE])
def test_nothing_is_missing_and_nothing_is_too_many(name):
    assert Counter(p.kind for p in CATALOGUE[name].critical_points) == COMPLETE[name]


@pytest.mark.parametrize("name", [pytest.param(name, id=claim(name)) for name in COMPLETE])
def test_points_agree_with_thirty_digits(name):
    """The first five points of each landscape are zeros of the exact gradient, by mpmath's own iteration."""
    landscape = CATALOGUE[name]
    symbols = [sympy.Symbol(c, real=True) for c in landscape.coordinates]
    values = {sympy.Symbol(k, real=True): v for k, v in landscape.params.items()}
    f = landscape.expression.subs(values)
    gradient = sympy.lambdify(symbols, [sympy.diff(f, s) for s in symbols], "mpmath")
    with mpmath.workdps(30):
        for point in [p for p in landscape.critical_points if p.kind != "degenerate"][:5]:
            root = mpmath.findroot(gradient, [mpmath.mpf(float(c)) for c in point.x])
            exact = np.array([float(r) for r in root], dtype=float)
            np.testing.assert_allclose(point.x, exact, rtol=0, atol=1e-12)


def test_C9_beale_has_its_second_saddle_and_numbers_by_loss():
    beale = CATALOGUE["beale"]
    assert [p.kind for p in beale.critical_points] == ["minimum", "saddle", "saddle"]
    np.testing.assert_allclose(beale.critical_points[2].x, (0, 1), atol=1e-14)
    np.testing.assert_allclose(
        np.abs(beale.critical_points[2].eigenvectors), np.full((2, 2), sqrt(0.5)), atol=1e-12
    )
    np.testing.assert_allclose(beale.grad((1, 2)), (171.25, 278), rtol=1e-15)
    assert beale.loss((1, 2)) == 126.453125


def test_C10_mccormick_has_its_points_where_trigonometry_says():
    for point in CATALOGUE["mccormick"].critical_points:
        x, y = point.x
        assert x - y == pytest.approx(1, abs=1e-13)
        assert np.cos(x + y) == pytest.approx(-0.5, abs=1e-13)
        assert abs(((x + y) / (2 * pi / 3)) % 3 - 1.5) == pytest.approx(0.5, abs=1e-13)


def test_C10_river_valley_has_determinant_kappa_times_c():
    (point,) = CATALOGUE["river_valley"].critical_points
    assert np.prod(point.eigenvalues) == pytest.approx(20 * 0.05, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "flattest", "eigenvalues"),
    [
        pytest.param("uv", [(-1, -1), (1, 1)], (0, 2), id="C10-uv"),
        pytest.param("w_plus_minus", [(-1, 0), (1, 0)], (0, 2), id="C10-w_plus_minus"),
        pytest.param("uv_target", [(-sqrt(2), -sqrt(2)), (sqrt(2), sqrt(2))], (0, 4), id="C10-uv_target"),
        pytest.param("ravine", [(0, 0)], (0, 1), id="C10-ravine"),
        pytest.param("log_cosh", [(0, 0), (0, 0)], (0, 0), id="C10-log_cosh"),
    ],
)
def test_a_curve_of_minima_is_one_entry_at_its_flattest_point(name, flattest, eigenvalues):
    landscape = CATALOGUE[name]
    curves = [p for p in landscape.critical_points if p.kind == "continuum"]
    assert len(curves) == len(flattest)
    for curve, x in zip(curves, flattest, strict=True):
        np.testing.assert_allclose(
            curve.x, x, atol=3e-7
        )  # the sharpness is flat there: its minimum is known to √eps
        np.testing.assert_allclose(curve.eigenvalues, eigenvalues, atol=1e-10)
        assert np.abs(landscape.grad(curve.samples)).max() < 1e-12
        gaps = np.linalg.norm(np.diff(curve.samples, axis=0), axis=1)
        assert gaps.max() < 3 * np.median(gaps)
        assert "minima" in curve.note


def test_the_minima_of_the_two_sample_valley_are_a_line_flattest_near_minus_a_half():
    """The curvatures (4 + y)/2 and (2 - 3 y)/2 are equal at y = -1/2; the set is only sampled in three dimensions."""
    valley = CATALOGUE["two_sample_valley"]
    (line,) = valley.critical_points
    assert line.kind == "continuum"
    assert "minima" in line.note
    np.testing.assert_allclose(line.x, (0, 0, -0.5), atol=0.05)
    np.testing.assert_allclose(line.samples[:, :2], 0, atol=1e-12)
    y = line.x[2]
    np.testing.assert_allclose(line.eigenvalues, sorted((0, (4 + y) / 2, (2 - 3 * y) / 2)), atol=1e-12)
    assert valley.loss(line.samples) == pytest.approx(0, abs=1e-20)
