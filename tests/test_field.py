"""Fields against closed forms; separatrices against symmetry and against where DOP853 ends on both sides of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

import saddlescape as ss
from saddlescape.errors import UsageError

SADDLE, WELL, HIMMELBLAU = (ss.landscape(name) for name in ("saddle", "double_well_2", "himmelblau"))
RHO = 0.3
GRID = np.stack(np.meshgrid(*[np.linspace(-4.5, 4.5, 12)] * 2), axis=-1)
X, Y, R = GRID[..., 0], GRID[..., 1], np.linalg.norm(GRID, axis=-1)


@pytest.mark.parametrize(("method", "expected"), [
    # x² − y²: H = diag(2, −2), D³f = 0, so that orders 2 and 3 are the flow itself
    ("gd@flow", (-2 * X, 2 * Y)),
    ("sam@flow:rho=0.3", (-2 * X * (1 + RHO / R), 2 * Y * (1 - RHO / R))),
    ("sam@flow3:rho=0.3", (-2 * X * (1 + RHO / R), 2 * Y * (1 - RHO / R))),
    ("usam@flow:rho=0.3", (-2 * (1 + 2 * RHO) * X, 2 * (1 - 2 * RHO) * Y)),
    ("usam:rho=0.3,eta=0.01", (-2 * (1 + 2 * RHO) * X, 2 * (1 - 2 * RHO) * Y)),
    ("gd:eta=0.01,beta=0.9", (-2 * X, 2 * Y)),  # the first step of heavy ball is that of GD
    ("gd:eta=0.01,beta=0.9,nesterov=true", (-3.8 * X, 3.8 * Y)),  # Nesterov's is 1 + beta times as long
    ("gd:eta=0.01,sigma=0.4", (-2 * X, 2 * Y)),  # the mean over the noise
    ("gd@sde2:sigma=0.4", (-2 * X, 2 * Y)),
])  # fmt: skip
def test_the_field_is_the_closed_form(method: str, expected: tuple[Any, Any]) -> None:
    found = ss.flow_field(SADDLE, method, resolution=12, separatrices=False)
    # rounding of a few operations on numbers of order 10
    np.testing.assert_allclose(found.velocity, np.stack(expected, axis=-1), rtol=1e-13, atol=1e-13)
    assert found.velocity.shape == (12, 12, 2)
    assert found.what == ("flow" if "@flow" in method else "drift" if "@sde" in method else "displacement")


def test_the_displacement_is_the_step_over_eta() -> None:
    beale = ss.landscape("beale")
    found = ss.flow_field(beale, "sam:eta=1e-3,rho=0.2", resolution=7)
    x = np.stack(np.meshgrid(*found.axes), axis=-1)
    moved = (ss.step(beale, "sam:eta=1e-3,rho=0.2")(x) - x) / 1e-3
    np.testing.assert_allclose(found.velocity, moved, rtol=1e-9)  # x' − x loses three digits at eta = 1e-3
    assert "is a map" in found.note
    assert not found.separatrices


def test_the_mean_step_of_a_batch_is_the_mean_over_its_samples() -> None:
    beale = ss.landscape("beale")
    found = ss.flow_field(beale, "usam:batch=1,eta=1e-4,rho=1e-3", resolution=5)
    x = np.stack(np.meshgrid(*found.axes), axis=-1)
    g = [beale.per_sample(i).grad for i in range(3)]
    mean = np.mean([gi(x + 1e-3 * gi(x)) for gi in g], axis=0)
    np.testing.assert_allclose(found.velocity, -mean, rtol=1e-11)


def test_what_a_method_does_at_the_saddle() -> None:
    def verdict(method: str) -> str:
        return ss.flow_field(SADDLE, method, resolution=5, separatrices=False).verdict(0)

    assert verdict("gd@flow") == "repels"
    assert verdict("sam@flow:rho=0.01") == "traps"  # for any rho > 0, in finite time
    assert verdict("sam:rho=0.3") == "traps"
    # USAM attracts from rho = 1/2 on: λ(1 + rho λ) > 0 for λ = −2
    assert (verdict("usam@flow:rho=0.49"), verdict("usam@flow:rho=0.51")) == ("repels", "attracts")


@pytest.mark.parametrize("method", ["sam@flow", "sam@flow2"])
def test_a_jumping_flow_repels_where_its_steps_lead_away(method: str) -> None:
    # 1-D, f = x² exp(−x²): f' changes sign at x = ±1, so that from the minimum SAM looks uphill beyond the crest for
    # rho > 1 and is driven away: −f'(rho) > 0. Order 2 sees −rho f''(0) < 0 only, and arrives.
    L = ss.landscape("x^2*exp(-x^2)", domain=((-2, 2),))
    far, near = (ss.flow_field(L, f"{method}:rho={rho}", resolution=5).verdict(0) for rho in (1.2, 0.8))
    assert near == "traps"
    assert far == ("repels" if method == "sam@flow" else "traps")


def test_the_double_wells_separatrices_are_its_axes() -> None:
    found = ss.flow_field(WELL, "gd@flow", resolution=21)
    assert len(found.separatrices) == 8
    for branch in found.separatrices:
        saddle = WELL.critical_points[branch.point].x
        k = int(np.argmin(np.abs(saddle)))  # (±1, 0) lies on y = 0, (0, ±1) on x = 0
        assert (
            np.abs(branch.x[:, k]).max() < 1e-12
        )  # the axes are invariant: nothing but rounding leads off them
        assert (branch.end, branch.rate) == (
            "point" if branch.at >= 0 else "left",
            pytest.approx(-8.0, rel=1e-12),
        )
        if branch.at >= 0:
            assert WELL.critical_points[branch.at].kind == "maximum"
            assert branch.length == pytest.approx(1.0, abs=1e-9)
    ends = sorted(branch.end for branch in found.separatrices)
    assert ends == ["left"] * 4 + ["point"] * 4


def test_points_are_equally_far_apart_along_the_curve() -> None:
    diagonal = float(np.hypot(12, 12))
    for branch in ss.separatrices(HIMMELBLAU, "gd@flow"):
        steps = np.linalg.norm(np.diff(branch.x, axis=0), axis=1)
        # chords are shorter than arcs by κ²h²/24: with h = 0.028 and bends of κ < 12 by less than 5e-3
        np.testing.assert_allclose(steps[:-2], diagonal / 600, rtol=5e-3)
        assert branch.length > 0.5


@pytest.mark.parametrize(("landscape", "method", "time"), [
    # long enough for a millionth of the window to grow to all of it, at the slowest unstable rate of a saddle
    ("himmelblau", "gd@flow", 2.0), ("himmelblau", "usam@flow:rho=0.005", 2.0),
    pytest.param("muller_brown", "gd@flow", 0.3, marks=pytest.mark.slow),
])  # fmt: skip
def test_the_two_sides_of_a_separatrix_end_in_different_places(
    landscape: str, method: str, time: float
) -> None:
    L = ss.landscape(landscape)
    field = ss.drift(L, method)
    width = max(hi - lo for lo, hi in L.view)

    def end(x: Any) -> Any:
        return solve_ivp(lambda t, x: field(x), (0, time), x, method="DOP853", rtol=1e-8, atol=1e-10).y[:, -1]

    for branch in ss.separatrices(L, method)[1:4]:
        k = len(branch.x) // 2
        along = branch.x[k + 1] - branch.x[k - 1]
        across = np.array([-along[1], along[0]]) / np.linalg.norm(along)
        sides = [end(branch.x[k] + way * 1e-6 * width * across) for way in (1, -1)]
        assert np.linalg.norm(sides[0] - sides[1]) > 0.1 * width


@pytest.mark.parametrize("method", ["sam@flow", "sam@flow2"])
def test_what_sam_catches_on_a_saddle_is_bounded_as_in_closed_form(method: str) -> None:
    # x² − y²: (0, ±rho) are saddles of the field, and trapped is what lies within rho I(θ)/√(sin 2θ), I the integral of
    # dφ/√(sin 2φ) from θ to π/2; I(π/4) = 1.3110287771, half the lemniscate constant
    rho = 0.5
    found = ss.separatrices(SADDLE, f"{method}:rho={rho}")
    assert len(found) == 4
    for branch in found:
        np.testing.assert_allclose(branch.x[0], [0.0, np.sign(branch.x[0, 1]) * rho], atol=1e-12)
        for x, y in np.abs(branch.x[20:-1:40]):
            angle = np.arctan2(y, x)
            integral = 1.3110287771460598 - quad(lambda phi: np.sin(2 * phi) ** -0.5, np.pi / 4, angle)[0]
            # 1e-7: the start is off the curve by half its curvature times (1e-5 · 12.7)²
            assert np.hypot(x, y) == pytest.approx(rho * integral / np.sqrt(np.sin(2 * angle)), rel=1e-7)


def test_the_monkeys_separatrices_go_three_ways() -> None:
    # f = x³ − 3xy² = r³ cos 3θ: the flow comes straight in where cos 3θ = 1
    found = ss.separatrices(ss.landscape("monkey_saddle"), "gd@flow")
    assert len(found) == 3
    angles = sorted(float(np.degrees(np.arctan2(*branch.x[-1, ::-1]))) for branch in found)
    np.testing.assert_allclose(angles, [-120, 0, 120], atol=1e-6)


def test_unstable_branches_of_the_double_well_end_in_its_minima() -> None:
    found = [each for each in ss.separatrices(WELL, "gd@flow", unstable=True) if not each.stable]
    assert len(found) == 8
    assert {WELL.critical_points[each.at].kind for each in found} == {"minimum"}
    np.testing.assert_allclose([each.rate for each in found], 4.0, rtol=1e-12)


def test_a_field_may_rest_where_the_gradient_does_not_vanish() -> None:
    # f = x⁴/4 − x²/2 + y²/2: USAM rests at x where x + rho f'(x) is a zero c ∈ {−1, 0, 1} of f', f'(x) = (c − x)/rho
    L = ss.landscape("x^4/4 - x^2/2 + y^2/2", domain=((-2, 2), (-2, 2)))
    rho = 1.5
    found = ss.flow_field(L, f"usam@flow:rho={rho}", resolution=80)
    roots = np.concatenate([np.roots([rho, 0, 1 - rho, -c]) for c in (-1.0, 0.0, 1.0)])
    real = np.unique(roots[np.abs(roots.imag) < 1e-9].real.round(9))
    expected = [x for x in real if min(abs(x), abs(x - 1), abs(x + 1)) > 1e-6]
    np.testing.assert_allclose([each.x for each in found.rests], [[x, 0.0] for x in expected], atol=1e-8)
    assert {each.verdict for each in found.rests} == {"saddle"}  # between the attracting points −1, 0 and 1
    assert [found.verdict(k) for k in range(3)] == ["attracts"] * 3
    for branch in found.separatrices:
        assert branch.point == -1
        np.testing.assert_allclose(branch.x[:, 0], branch.x[0, 0], atol=1e-9)  # upright lines: y decouples


def test_a_line_has_a_field_too() -> None:
    line = ss.landscape("x^2", domain=((-2, 2),))
    found = ss.flow_field(line, "sam@flow:rho=0.5", resolution=9)
    x = found.axes[0]
    np.testing.assert_allclose(found.velocity[:, 0], -2 * x - np.sign(x), atol=1e-15)
    assert found.verdict(0) == "traps"
    assert (found.separatrices, found.note) == ((), "")


def test_it_is_the_same_after_loading(tmp_path: Any) -> None:
    found = ss.flow_field(WELL, "gd@flow", resolution=9)
    back = ss.load(found.save(tmp_path / "field.npz"))
    assert isinstance(back, ss.Field)
    np.testing.assert_array_equal(back.velocity, found.velocity)
    assert back.summary() == found.summary()
    assert "saddle (-1, 0): repels; separatrices: " in found.summary()
    np.testing.assert_array_equal(back.separatrices[3].x, found.separatrices[3].x)
    assert back.to_json()["resolution"] == [9, 9]


def own() -> ss.Landscape:
    return ss.Landscape.from_functions(
        lambda x, y: x**4 - y**2, lambda x, y: (4 * x**3, -2 * y), ((-1, 1), (-1, 1)), eta=0.01, rho=0.1
    )


@pytest.mark.parametrize(("ask", "said"), [
    (lambda: ss.flow_field(ss.landscape("x^2+y^2+z^2"), "gd"), "3 coordinates"),
    (lambda: ss.flow_field(SADDLE, "gd@flow:eta=0.1|0.2"), "eta has 2 values"),
    (lambda: ss.flow_field(SADDLE, "gd", resolution=1), "at least 2"),
    (lambda: ss.flow_field(SADDLE, "gd", resolution=100_000), "GB"),
    (lambda: ss.flow_field(SADDLE, "gd", view=((0, 0), (0, 1))), "from the smaller to the larger"),
    (lambda: ss.flow_field("saddle", "gd"), "a landscape is needed"),
    (lambda: ss.flow_field(SADDLE, "gd@flow:beta=0.9,nesterov=true"), "no flow here"),
    (lambda: ss.flow_field(own(), "sam@flow3"), "no third derivative"),
    (lambda: ss.separatrices(SADDLE, "gd"), "gd@flow has them"),
    (lambda: ss.separatrices(SADDLE, "gd@flow:beta=0.5"), "position and velocity"),
    (lambda: ss.separatrices(ss.landscape("x^2"), "gd@flow"), "curves in the plane"),
])  # fmt: skip
def test_refusals(ask: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ask()


def test_there_is_no_field_where_there_is_no_loss() -> None:
    """1/x is defined below 0, log x is not: nothing descends there."""
    scene = ss.landscape("log(x)+x*y^2", view=((-1.0, 1.0), (-1.0, 1.0)))
    found = ss.flow_field(scene, "gd@flow", resolution=20)
    x = found.axes[0]
    assert np.isnan(found.velocity[:, x < 0]).all()
    np.testing.assert_allclose(found.velocity[0, x > 0, 0], -1 / x[x > 0] - 1)
