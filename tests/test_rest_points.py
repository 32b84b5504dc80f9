"""Rest points that are no critical points, also without a slope; what degenerate points part, and what leaves them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import saddlescape as ss
from saddlescape import plots
from saddlescape.dynamics.fields import VectorField
from saddlescape.dynamics.reading import method
from saddlescape.plots import style

MONKEY, RHO = ss.landscape("monkey_saddle"), 0.3


def rotated(x: Any) -> Any:
    """Return points (…, 2) of the plane turned by 120°, which leaves x³ − 3xy² as it is."""
    c, s = -0.5, 0.75**0.5
    return np.stack([c * x[..., 0] - s * x[..., 1], s * x[..., 0] + c * x[..., 1]], axis=-1)


def sam_on_the_monkey(x: Any) -> Any:
    """−∇f(x + ρ∇f/‖∇f‖), in plain NumPy."""

    def grad(x: Any) -> Any:
        return np.stack([3 * x[..., 0] ** 2 - 3 * x[..., 1] ** 2, -6 * x[..., 0] * x[..., 1]], axis=-1)

    g = grad(x)
    return -grad(x + RHO * g / np.linalg.norm(g, axis=-1, keepdims=True))


@pytest.fixture(scope="module")
def monkey() -> ss.Field:
    return ss.flow_field(MONKEY, f"sam@flow:rho={RHO}", resolution=101)


def test_a_double_zero_is_no_saddle(monkey: ss.Field) -> None:
    # SAM looks at the origin, where the Hessian is 0, from (−ρ, 0) and the two points 120° from there
    first = np.array([-RHO, 0.0])
    wanted = [first, rotated(first), rotated(rotated(first))]  # the second is lower than the third
    found = np.array([each.x for each in monkey.rests])
    np.testing.assert_allclose(found, wanted, atol=1e-7)  # what is said to be known
    assert {each.verdict for each in monkey.rests} == {"neutral"}
    assert found[0, 1] == 0.0  # and no rounding


def test_what_sam_catches_on_the_monkey_is_as_symmetric_as_the_monkey(monkey: ss.Field) -> None:
    branches = [each.x for each in monkey.separatrices]
    assert len(branches) == 6
    for one in branches:
        turned = rotated(one)
        away = [np.abs(turned[:60] - other[:60]).max() for other in branches]
        assert min(away) < 1e-6  # equal arcs; rest points are rounded to 1e-7


def test_starts_on_both_sides_of_those_separatrices_end_in_different_places(monkey: ss.Field) -> None:
    starts = []
    for branch in monkey.separatrices:
        k = len(branch.x) // 2
        along = branch.x[k + 1] - branch.x[k - 1]
        across = np.array([-along[1], along[0]]) / np.linalg.norm(along)
        starts += [branch.x[k] + 1e-3 * across, branch.x[k] - 1e-3 * across]
    x = np.array(starts)
    for _ in range(4000):  # by steps of at most 2e-3 until the origin or the edge of the window
        moving = (np.abs(x).max(axis=1) < 2.5) & (np.linalg.norm(x, axis=1) > 0.02)
        v = sam_on_the_monkey(x[moving])
        x[moving] += v * np.minimum(0.05, 2e-3 / np.linalg.norm(v, axis=1, keepdims=True))
    caught, far = np.linalg.norm(x, axis=1) < 0.05, np.abs(x).max(axis=1) > 2
    assert np.all(caught != far)
    assert np.all(caught.reshape(-1, 2).sum(axis=1) == 1)


@pytest.mark.parametrize(("formula", "how", "wanted"), [
    ("x^4-y^4", "sam@flow", [(0, -0.3), (0, 0.3)]),
    pytest.param("x^6-y^6", "sam@flow", [(0, -0.3), (0, 0.3)], marks=pytest.mark.slow),  # of order 5
    # ∇f = (3r², 0) at angle 180°: x + rho·∇f = 0 at r = 1/(3·rho)
    ("monkey_saddle", "usam@flow:rho=0.3", [(-10 / 9, 0), (5 / 9, -(75**0.5) / 9), (5 / 9, 75**0.5 / 9)]),
    # the monkey at (1, 2), written out: where its field is small it is rounding
    ("x^3-3*x^2+3*x-3*x*y^2+12*x*y-12*x+3*y^2-12*y", "sam@flow:rho=0.3",
     [(0.7, 2), (1.15, 2 - 0.3 * 0.75**0.5), (1.15, 2 + 0.3 * 0.75**0.5)]),
])  # fmt: skip
def test_zeros_of_higher_order_are_undecided(formula: str, how: str, wanted: Any) -> None:
    box = {"domain": ((-3, 5), (-3, 5))} if "12" in formula else {}
    found = ss.flow_field(ss.landscape(formula, **box), how, resolution=61, separatrices=False)
    # 1e-7: rounding of 1e-15 leaves a double zero unknown by its square root, 3e-8
    np.testing.assert_allclose([each.x for each in found.rests], wanted, atol=1e-7)
    assert {each.verdict for each in found.rests} == {"neutral"}


@pytest.mark.parametrize("formula", ["(x^2+y^2-1)^2", "(x*y-1)^2"])
def test_curves_of_rest_points_are_none_of_them(formula: str) -> None:
    # x + rho·∇f reaches the curve of minima again from a whole curve; on the first from ‖x‖ = r, r + 1.2 r(r² − 1) = −1
    assert (
        ss.flow_field(ss.landscape(formula), "usam@flow:rho=0.3", resolution=61, separatrices=False).rests
        == ()
    )


@pytest.mark.parametrize(("formula", "verdict", "branches"), [
    ("x^4+y^4", "neutral", 0),  # minima part nothing
    ("x^2+y^4", "neutral", 0),
    ("-x^4-y^4", "repels", 0),  # nor do maxima
    ("x^2-y^4", "repels", 2),  # along the x-axis
    ("monkey_saddle", "repels", 3),
    ("(y-x^2)*(y-3*x^2)", "repels", 2),  # a minimum along every line, but falls along y = 2x²; in along the y-axis
    ("x^3", "repels", 0),
    ("x^4", "neutral", 0),
])  # fmt: skip
def test_a_degenerate_point_parts_where_something_leaves_it(
    formula: str, verdict: str, branches: int
) -> None:
    scene = ss.landscape(formula)
    found = ss.flow_field(scene, "gd@flow", resolution=5, unstable=scene.dim == 2)
    (point,) = scene.critical_points
    assert point.kind == "degenerate"
    assert found.verdict(point.id) == verdict
    assert len(found.branches(point.id)) == branches
    if not branches:
        assert not found.separatrices  # nor unstable ones


def test_a_flow_that_no_check_sees_leave_is_read_off_its_field() -> None:
    # x³ + y²: on the x-axis SAM's field is −3(x + rho)², to the left on both sides of 0, and runs are slow to tell
    scene = ss.landscape("x^3+y^2")
    found = ss.flow_field(scene, "sam@flow:rho=0.3", resolution=31)
    assert found.verdict(0) == "repels"
    assert sorted(each.x[1][1] > 0 for each in found.branches(0)) == [
        False,
        True,
    ]  # along the y-axis, where x' = 0
    assert all(np.abs(each.x[:, 0]).max() < 1e-9 for each in found.branches(0))


def test_zeros_at_which_no_component_changes_sign_are_found() -> None:
    # x³ + y³: SAM's field is −3(x + s)², −3(y + t)² with (s, t) = rho·(x², y²)/‖(x², y²)‖, and ≤ 0 everywhere
    found = ss.flow_field(ss.landscape("x^3+y^3"), "sam@flow:rho=0.3", resolution=61)
    half = -0.3 * 0.5**0.5
    np.testing.assert_allclose(
        [each.x for each in found.rests], [(-0.3, 0), (half, half), (0, -0.3)], atol=1e-7
    )
    assert {each.verdict for each in found.rests} == {"neutral"}
    # to (−rho, 0) comes what starts between the y-axis and this curve; what starts to its left passes
    (curve,) = [each.x for each in found.separatrices if each.x[0][0] < -0.29 and each.end == "left"]
    (a, b) = curve[len(curve) // 2]
    x = np.array([(a + 0.01, b), (a - 0.01, b), (-0.01, b)])
    for _ in range(20_000):
        g = x**2
        v = -3 * (x + 0.3 * g / np.linalg.norm(g, axis=1, keepdims=True)) ** 2
        x = np.where(
            np.abs(x) < 3, x + v * np.minimum(0.05, 1e-3 / np.linalg.norm(v, axis=1, keepdims=True)), x
        )
    np.testing.assert_array_equal(np.linalg.norm(x - (-0.3, 0.0), axis=1) < 0.02, [True, False, True])


def test_the_field_of_no_points_is_empty() -> None:
    scene = ss.landscape("x^3+y^3")
    field = VectorField(scene, method("sam@flow:rho=0.3").on(scene))
    assert field(np.zeros((0, 2))).shape == field.jacobian(np.zeros((0, 2))).shape[:2] == (0, 2)


@pytest.mark.parametrize(("rho", "verdict"), [(4.0, "attracts"), (1.0, "repels")])
def test_rest_points_of_a_line(rho: float, verdict: str) -> None:
    # cos x: SAM's field sin(x + s), s = −rho·sign(sin x), vanishes where x + s = kπ; its slope there is cos kπ
    found = ss.flow_field(ss.landscape("cosine"), f"sam@flow:rho={rho}")
    (lo, hi) = found.background.view[0]
    wanted = sorted(
        x for k in range(-9, 9) for side in (1, -1)
        if lo < (x := k * np.pi + side * rho) < hi and np.sign(np.sin(x)) == side
    )  # fmt: skip
    np.testing.assert_allclose([each.x[0] for each in found.rests], wanted, atol=1e-14)
    assert any(abs(x - (rho - np.pi * (rho > np.pi))) < 1e-12 for x in wanted)
    assert {each.verdict for each in found.rests} == {verdict}
    slopes = [np.cos(x - rho * np.sign(np.sin(x))) for x in wanted]
    np.testing.assert_allclose([each.rates for each in found.rests], [[[s, 0.0]] for s in slopes], atol=1e-13)


def test_a_field_that_touches_0_rests_there_undecided() -> None:
    # x³: SAM's field −3(x + rho)² comes to −rho from the right and goes on to the left
    found = ss.flow_field(ss.landscape("x^3"), "sam@flow:rho=0.5")
    (rest,) = found.rests
    assert (rest.x[0], rest.verdict) == (pytest.approx(-0.5, abs=1e-12), "neutral")


def test_there_are_no_rest_points_where_there_is_no_loss() -> None:
    # ln² x has its minimum at 1; USAM's field is undefined for x ≤ 0, and again where x + rho·2 ln(x)/x ≤ 0
    found = ss.flow_field(ss.landscape("log(x)^2", domain=((-1, 3),)), "usam@flow:rho=0.1", resolution=101)
    assert np.isnan(found.velocity[0, 0])
    for each in found.rests:
        x = each.x[0]
        assert np.log(x + 0.2 * np.log(x) / x) == pytest.approx(0.0, abs=1e-8)


def test_they_are_marked_on_the_axis() -> None:
    marks = plots.flow(ss.flow_field(ss.landscape("cosine"), "sam@flow:rho=4")).points
    circles = [each for each in marks if each.get_gid() == "rest"]
    at = [(float(c.get_xdata()[0]), float(c.get_ydata()[0])) for c in circles]  # type: ignore[index]
    assert at == [(pytest.approx(x), 0.0) for x in (np.pi - 4, 4 - np.pi, 3 * np.pi - 4, np.pi + 4)]
    assert {c.get_markerfacecolor() for c in circles} == {style.ink()}
