"""Stability of critical points: multipliers against differences of plain maps, cycles against plain iteration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpmath import mp
from scipy.integrate import solve_ivp

import saddlescape as ss
from saddlescape import report
from saddlescape.analysis import quadratics
from saddlescape.analysis.cycles import cycle_at
from saddlescape.analysis.orbits import orbits
from saddlescape.answers.base import bare


def himmelblau(x: np.ndarray) -> np.ndarray:
    """Return the gradient of (x² + y − 11)² + (x + y² − 7)²."""
    a, b = x[0] ** 2 + x[1] - 11, x[0] + x[1] ** 2 - 7
    return np.array([4 * a * x[0] + 2 * b, 2 * a + 4 * b * x[1]])


def beale(x: np.ndarray) -> np.ndarray:
    """Return the gradient of Beale's function."""
    u, v = x
    parts = [
        (c - u + u * v**k, np.array([v**k - 1, k * u * v ** (k - 1)]))
        for k, c in ((1, 1.5), (2, 2.25), (3, 2.625))
    ]
    return sum(2 * r * g for r, g in parts)


def differences(step, z: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Return the derivative of a plain map by central differences, error O(h²)."""
    return np.stack([(step(z + h * e) - step(z - h * e)) / (2 * h) for e in np.eye(len(z))], axis=1)


def by_modulus(values: np.ndarray) -> np.ndarray:
    return np.array(sorted(values, key=lambda m: (-round(abs(m), 6), m.imag)))


def usam_ball(z: np.ndarray, eta: float = 1e-4, rho: float = 0.1, beta: float = 0.5) -> np.ndarray:
    """Return one step of USAM with heavy ball on Beale's function."""
    x, v = z[:2], z[2:]
    v = beta * v + beale(x + rho * beale(x))
    return np.concatenate([x - eta * v, v])


MAPS = [
    ("himmelblau", "gd:eta=0.016", 2, lambda z: z - 0.016 * himmelblau(z)),
    ("himmelblau", "usam:eta=0.001,rho=0.01", 2, lambda z: z - 1e-3 * himmelblau(z + 0.01 * himmelblau(z))),
    ("beale", "usam:eta=1e-4,rho=0.1,beta=0.5", 4, usam_ball),
]


@pytest.mark.parametrize(("name", "text", "size", "step"), MAPS)
def test_multipliers_are_those_of_the_plain_map(name, text, size, step):
    L = ss.landscape(name)
    found = ss.stability(L, text)
    for point, p in zip(L.critical_points, found.points, strict=True):
        z = np.concatenate([point.x, np.zeros(size - 2)])
        expected = np.linalg.eigvals(differences(step, z))
        # h² times a third derivative of up to 1e5 (USAM on Beale near (0.1, −2.6)), and rounding over h
        np.testing.assert_allclose(by_modulus(p.multipliers), by_modulus(expected), rtol=1e-4, atol=1e-6)
        assert p.verdict == ("attracts" if np.abs(expected).max() < 1 else "repels")


# ---- flows and SDEs: the equation, and what a step of the scheme does ----------------------------------------------
def usam_with_momentum(z: np.ndarray, eta: float = 1e-4, rho: float = 0.1, beta: float = 0.5) -> np.ndarray:
    """Return the rates of x and v under the flow of USAM with heavy ball on Beale's function."""
    x, v = z[:2], z[2:]
    return np.concatenate([-v, (beale(x + rho * beale(x)) - (1 - beta) * v) / eta])


DRIFTS = [
    ("himmelblau", "gd@flow:eta=0.03,dt=0.03", 2, lambda z: -himmelblau(z)),
    ("himmelblau", "gd@sde2:sigma=1,eta=0.03,dt=0.03", 2, lambda z: -himmelblau(z)),
    ("beale", "usam@flow:rho=0.1,eta=1e-3", 2, lambda z: -beale(z + 0.1 * beale(z))),
    ("beale", "usam@flow:rho=0.1,eta=1e-3,scheme=dopri5", 2, lambda z: -beale(z + 0.1 * beale(z))),
    ("beale", "usam@flow:rho=0.1,eta=1e-4,beta=0.5", 4, usam_with_momentum),
]


@pytest.mark.parametrize(("name", "text", "size", "drift"), DRIFTS)
def test_eigenvalues_of_flows_and_SDEs_are_those_of_the_plain_drift(name, text, size, drift):
    """Whatever dt: at Himmelblau's minima a step of dt = 0.03 multiplies by as little as 1 − 0.03·133.8 = −3, whose
    logarithm is not real."""
    L = ss.landscape(name)
    for point, p in zip(L.critical_points, ss.stability(L, text).points, strict=True):
        z = np.concatenate([point.x, np.zeros(size - 2)])
        expected = np.linalg.eigvals(differences(drift, z, 1e-6))
        # of the largest: h² times a third derivative, and rounding over h
        scale = np.abs(expected).max()
        order, own = (np.lexsort((v.imag, v.real)) for v in (expected, p.eigenvalues))
        np.testing.assert_allclose(p.eigenvalues[own], expected[order], rtol=1e-4, atol=1e-6 * scale)
        assert p.verdict == ("attracts" if expected.real.max() < 0 else "repels")
        assert size > 2 or np.all(p.eigenvalues.imag == 0)


def muller_brown(x: Any, y: Any) -> Any:
    """Return the energy in mpmath, from the four rows of its table (Müller & Brown 1979)."""
    rows = [(-200, -1, 0, -10, 1, 0), (-100, -1, 0, -10, 0, 0.5), (-170, -6.5, 11, -6.5, -0.5, 1.5)]
    rows += [(15, 0.7, 0.6, 0.7, -1, 1)]
    return sum(
        A * mp.exp(a * (x - u) ** 2 + b * (x - u) * (y - w) + c * (y - w) ** 2) for A, a, b, c, u, w in rows
    )


STIFF = [
    # what was said of them was log(multiplier of one RK4 step)/dt; where that is above 1 the point was said to repel
    ("muller_brown", 0.1, muller_brown, {0: (-17264, -1.659e6), 1: (-30120, -9.0625e5)}, {0, 1}),
    ("rosenbrock", 0.05, lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2, {0: (-0.40734, -51162)}, set()),
    (
        "beale",
        0.5,
        lambda x, y: sum((c - x + x * y**k) ** 2 for k, c in ((1, 1.5), (2, 2.25), (3, 2.625))),
        {1: (0.47603, -3.7736e5)},
        {1},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rho", "loss", "printed", "long"), STIFF)
def test_a_stiff_flow_of_usam_has_the_eigenvalues_of_its_equation(name, rho, loss, printed, long):
    """−λ(1 + rho λ) of the Hessian by mpmath at a root of the gradient by mpmath; and where dt·a is beyond the end of
    RK4's interval, |1 + z + z²/2 + z³/6 + z⁴/24| > 1, it is said."""
    found = ss.stability(ss.landscape(name), f"usam@flow:rho={rho}")
    dt = float(found.method.partition("dt=")[2].partition(",")[0])
    said = set()
    for p in found.points:
        with mp.workdps(40):
            gradient = lambda *at: [mp.diff(loss, at, k) for k in ((1, 0), (0, 1))]  # noqa: E731
            x = tuple(mp.findroot(gradient, [*map(mp.mpf, p.x)]))
            H = mp.matrix(2, 2)
            for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
                H[i, j] = mp.diff(loss, x, ((i == 0) + (j == 0), (i == 1) + (j == 1)))
            rates = np.array([float(-v * (1 + rho * v)) for v in mp.eigsy(H, eigvals_only=True)])
        np.testing.assert_allclose(p.eigenvalues, np.sort(rates)[::-1], rtol=1e-7)
        assert p.verdict == ("attracts" if rates.max() < 0 else "repels")
        z = dt * rates
        beyond = np.abs(1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24) > 1
        assert bool(p.step) == bool(np.any(beyond & (rates < 0)))
        assert ("runs leave" in p.step) == bool(p.step and p.holds)
        if p.step:
            said.add(p.id)
    assert said == long
    for k, values in printed.items():
        assert found.at(k).eigenvalues.real == pytest.approx(values, rel=1e-3)


SCHEMES = [
    ("gd@flow:eta=1,dt={}", 2.785293563),
    ("gd@flow:eta=1,scheme=euler,dt={}", 2.0),
    ("gd@sde2:sigma=0.1,eta=1,scheme=heun,dt={}", 2.0),
]


@pytest.mark.filterwarnings("ignore::saddlescape.errors.StepWarning")
@pytest.mark.parametrize(("text", "edge", "formula"), [
    *((*scheme, "x^2/2 + y^2/8") for scheme in SCHEMES[:2]),
    (*SCHEMES[0], CIRCLE := "(x^2 + y^2 - 1)^2/8"),
    *(pytest.param(*SCHEMES[2], f, marks=pytest.mark.slow) for f in ("x^2/2 + y^2/8", CIRCLE)),  # other kernels
])  # fmt: skip
def test_a_step_too_long_for_the_scheme_is_said_and_runs_follow_the_step(text, edge, formula):
    """On λ = 1 (across the circle of minima too) Euler's 1 − dt and Heun's 1 − dt + dt²/2 leave the unit circle at
    dt = 2, RK4's polynomial at 2.7853. The flow attracts, whatever dt."""
    L = ss.landscape(formula)
    for dt, long in ((0.999 * edge, False), (1.001 * edge, True)):
        p = ss.stability(L, text.format(dt)).at(0)
        assert p.kind in ("minimum", "continuum")
        assert p.verdict == "attracts"
        assert p.eigenvalues.real.min() == pytest.approx(-1.0, rel=1e-9)
        assert bool(p.step) == long
        assert ("step" in p.to_json()) == long
    if "@flow" in text and p.kind == "minimum":
        for dt, ends in ((0.9 * edge, "converged"), (1.1 * edge, "diverged")):
            run = ss.simulate(L, text.format(dt), x0=(1.0, 0.0), steps=4000)
            assert run.status[0] == ends


@pytest.mark.slow  # the check by runs compiles a kernel
def test_a_flow_that_jumps_is_judged_by_its_field_and_its_runs_are_told_apart():
    """SAM's flow on Beale: SciPy's Radau comes from a circle around (3, 0.5) to ‖∇f‖ = 1e-5 in less than t = 0.2; RK4
    with dt = 0.01 leaves."""
    p = ss.stability(ss.landscape("beale"), "sam@flow:dt=0.01,eta=0.01,rho=0.5").at(0)
    assert p.verdict == "traps"
    assert "leave" in p.step
    assert "dt = 0.01" in p.step
    assert np.isnan(p.radius)

    def field(t: float, x: np.ndarray) -> np.ndarray:
        g = beale(x)
        return -beale(x + 0.5 * g / np.linalg.norm(g))

    def near(t: float, x: np.ndarray) -> float:
        return float(np.linalg.norm(beale(x)) - 1e-5)

    near.terminal = True  # type: ignore[attr-defined]
    for angle in np.arange(8) * np.pi / 4:
        x = p.x + 0.01 * np.array([np.cos(angle), np.sin(angle)])
        run = solve_ivp(field, (0.0, 5.0), x, method="Radau", rtol=1e-8, atol=1e-10, events=near)
        assert run.status == 1
        assert run.t[-1] < 0.2
        np.testing.assert_allclose(run.y[:, -1], p.x, atol=1e-4)


# ---- himmelblau beyond −1 --------------------------------------------------------------------------------------------
def test_himmelblau_at_eta_0016_circles_its_steepest_minimum_with_period_2():
    L, eta = ss.landscape("himmelblau"), 0.016
    assert 2 / 133.786 < eta < 2 / 105.419
    found = ss.stability(L, f"gd:eta={eta}")
    first = found.at(0)
    assert first.x == pytest.approx([-3.779310, -3.283186], abs=1e-6)
    assert [p.verdict for p in found.points[:4]] == ["repels", "attracts", "attracts", "attracts"]
    assert first.multipliers[0] == pytest.approx(1 - eta * 133.785615, rel=1e-6)
    x = first.x + np.array([0.01, 0.0])
    for _ in range(4000):  # plain iteration: the orbit's multiplier is well inside the circle
        x = x - eta * himmelblau(x)
    orbit = np.array([x, x - eta * himmelblau(x)])
    away = np.linalg.norm(orbit - first.x, axis=1)
    cycle = first.cycle
    assert cycle is not None
    assert (cycle.period, cycle.stable) == (2, True)
    assert [cycle.nearest, cycle.farthest] == pytest.approx(sorted(away), rel=1e-9)
    assert 0.53 < cycle.nearest < cycle.farthest < 0.64  # 0.54 to 0.64, as printed
    twice = differences(lambda z: z - eta * himmelblau(z), orbit[1]) @ differences(
        lambda z: z - eta * himmelblau(z), orbit[0]
    )
    np.testing.assert_allclose(by_modulus(cycle.multipliers), by_modulus(np.linalg.eigvals(twice)), rtol=1e-6)
    assert all(p.cycle is None for p in found.points[1:])


def test_a_cycle_that_has_doubled_again_has_period_4():
    """(x² − 1)²/4 under gd: x' = x − eta(x³ − x). The 2-cycle around a minimum doubles between eta = 1.22 and 1.25."""
    L, eta = ss.landscape("(x^2 - 1)^2/4"), 1.25
    x = 0.9
    for _ in range(5000):
        x = x - eta * (x**3 - x)
    orbit = [x]
    for _ in range(3):
        orbit.append(orbit[-1] - eta * (orbit[-1] ** 3 - orbit[-1]))
    minimum = ss.stability(L, f"gd:eta={eta}").at(1)
    assert minimum.kind == "minimum"
    assert minimum.cycle is not None
    assert minimum.cycle.period == 4
    np.testing.assert_allclose(np.sort(minimum.cycle.x[:, 0]), np.sort(orbit), rtol=1e-8)


def test_stability_and_basins_say_the_same_of_himmelblau_at_eta_0016():
    """About a quarter of the window circles the minimum that repels; the other three keep their basins."""
    L = ss.landscape("himmelblau")
    verdicts = {p.id: p.holds for p in ss.stability(L, "gd:eta=0.016").points[:4]}
    assert verdicts == {0: False, 1: True, 2: True, 3: True}
    shares = ss.basins(L, "gd:eta=0.016", resolution=24, steps=2000).fractions()
    ended: dict[str, float] = {}
    for label, share in shares.items():
        ended[label.replace("decided", "converged")] = (
            ended.get(label.replace("decided", "converged"), 0.0) + share
        )
    assert "converged:0" not in ended
    assert 0.15 < ended["cycling:0"] < 0.35
    assert all(ended[f"converged:{k}"] > 0.05 for k in (1, 2, 3))


# ---- SAM -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("eta", [0.01, 0.1, 0.3, 0.45])
def test_R13_the_cycle_at_the_saddle(eta):
    (p,) = ss.stability(ss.landscape("saddle"), f"sam:eta={eta},rho=0.5").points
    assert p.verdict == "traps"
    assert p.trap == 0.5 * 2  # rho·min mu
    assert (p.ball, p.axis) == (0.5, 0.5)
    cycle = p.cycle
    assert cycle is not None
    assert cycle.predicted == pytest.approx(eta * 0.5 / (1 - eta), rel=1e-12)
    np.testing.assert_allclose(
        np.abs(cycle.x), np.tile([cycle.predicted, 0.0], (2, 1)), rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(np.sort(cycle.factors.real), np.sort([1 - 2 * eta, -1 + 4 * eta]), atol=1e-12)
    # of the map applied twice, so the squares of the factors
    np.testing.assert_allclose(
        np.sort(cycle.multipliers.real), np.sort([(1 - 2 * eta) ** 2, (1 - 4 * eta) ** 2]), atol=1e-12
    )
    assert cycle.stable
    assert p.radius == pytest.approx(
        cycle.predicted, rel=1e-5
    )  # where the map really hovers, after 1500 ticks


@pytest.mark.parametrize(("ly", "eta", "across"), [(2.0, 0.1, -0.6), (3.0, 0.1, -2.75), (3.0, 0.4, -0.5)])
def test_R14_the_transverse_factor_and_the_radius_where_the_cycle_is_unstable(ly, eta, across):
    (p,) = ss.stability(ss.landscape("general_saddle", lx=2, ly=ly), f"sam:eta={eta},rho=0.5").points
    assert p.cycle is not None
    assert min(p.cycle.factors.real) == pytest.approx(across, rel=1e-12)
    assert p.cycle.stable == (abs(across) < 1)
    # y just above 0 is thrown to −eta·mu·rho: beyond rho, and away, iff eta·mu > 1, whatever the cycle along x
    assert p.verdict == ("traps" if eta * ly < 1 else "repels")
    if not p.cycle.stable:  # it bounces along y, as far as eta·mu·rho
        assert p.cycle.predicted < p.radius <= eta * ly * 0.5 * (1 + 1e-9)


def test_R15_the_cycle_on_a_line():
    (p,) = ss.stability(ss.landscape("parabola", curvature=3), "sam:eta=0.5,rho=0.1").points
    assert p.cycle is not None
    assert p.cycle.predicted == pytest.approx(0.3, rel=1e-14)
    assert p.radius == pytest.approx(0.3, rel=1e-6)


def test_R16_the_cycle_of_heavy_ball_and_of_nesterov():
    """c = eta λ rho/(K − eta λ), K = 2(1 + beta): 0.0105263; Nesterov K = 2(1 + beta)/(1 + 2 beta)."""
    for more, K in (("", 3.0), (",nesterov=true", 1.5)):
        text = f"sam:eta=0.1,rho=0.2,beta=0.5{more}"
        (p,) = ss.stability(ss.landscape("parabola", curvature=1.5), text).points
        cycle = p.cycle
        assert cycle is not None
        assert cycle.predicted == pytest.approx(0.03 / (K - 0.15), rel=1e-12)
        c = cycle.predicted
        v = -1.5 * (c + 0.2) / 1.5
        G = 1.5 * (c + 0.2)
        after = c - 0.1 * ((G + 0.5 * (0.5 * v + G)) if more else 0.5 * v + G)
        assert after == pytest.approx(-c, rel=1e-12)
        assert [abs(a) for a in cycle.x[:, 0]] == pytest.approx([c, c], rel=1e-12)
        assert cycle.stable


def test_R17_the_basin_along_the_negative_direction_is_rho_whatever_the_curvature():
    for mu in (1.0, 27.75):
        (p,) = ss.stability(ss.landscape("general_saddle", lx=2, ly=mu), "sam:eta=1e-3,rho=0.5").points
        assert p.axis == 0.5
        y = np.array([0.499, 0.501])
        for _ in range(20000):
            y = (1 + 1e-3 * mu) * y - 1e-3 * mu * p.axis * np.sign(y)
        assert abs(y[0]) <= 1e-3 * mu * p.axis < 1 < abs(y[1])
        assert p.verdict == "traps"


def test_the_trap_is_kept_by_the_flow_and_its_bound_is_sharp():
    """‖Hx‖ < rho·min mu falls under Xdot = −H(I + rho H/‖HX‖)X (plain Euler here); along the weak direction, just above
    the bound, it rises."""
    H, rho = np.diag([3.0, -1.0, -2.0]), 0.5
    (p,) = ss.stability(ss.landscape("(3*x^2 - y^2 - 2*z^2)/2"), f"sam:eta=0.01,rho={rho}").points
    assert p.trap == pytest.approx(rho * 1.0)

    def rate(x: np.ndarray) -> float:
        g = H @ x
        return float(g @ H @ (-H @ (x + rho * g / np.linalg.norm(g))))

    directions = np.random.default_rng(0).normal(size=(500, 3))
    for u in directions / np.linalg.norm(directions @ H, axis=1, keepdims=True):
        assert rate(0.999 * p.trap * u) < 0
    weak = np.array([0.0, 1.0, 0.0])
    assert rate(1.001 * p.trap * weak) > 0 > rate(0.999 * p.trap * weak)


def test_on_a_landscape_that_is_no_quadratic_the_cycle_is_its_own():
    """Newton's orbit is one of the plain map: near the formula, and not on it."""

    def gradient(x: np.ndarray) -> np.ndarray:
        return np.array([4 * x[0] + 0.6 * x[0] ** 2, x[1]])

    eta, rho = 0.1, 0.02
    found = ss.stability(ss.landscape("2*x^2 + y^2/2 + x^3/5"), f"sam:eta={eta},rho={rho}")
    assert not found.quadratic
    minimum = next(p for p in found.points if p.kind == "minimum")
    cycle = minimum.cycle
    assert cycle is not None
    for x, following in zip(cycle.x, np.roll(cycle.x, -1, axis=0), strict=True):
        g = gradient(x)
        np.testing.assert_allclose(x - eta * gradient(x + rho * g / np.linalg.norm(g)), following, atol=1e-13)
    assert cycle.farthest == pytest.approx(
        cycle.predicted, rel=0.05
    )  # of order rho·|D³f|/|λ| = 0.006, times few
    assert cycle.farthest != pytest.approx(cycle.predicted, rel=1e-6)


def double_well_2(x: np.ndarray) -> np.ndarray:
    return 4 * x * (x**2 - 1)


def three_saddles(x: np.ndarray) -> np.ndarray:
    """Return the gradient of x³ − 3xy² + (x² + y²)/2."""
    return np.array([3 * x[0] ** 2 - 3 * x[1] ** 2 + x[0], -6 * x[0] * x[1] + x[1]])


def muller_brown(x: np.ndarray) -> np.ndarray:
    a, b, c = np.array([-1, -1, -6.5, 0.7]), np.array([0, 0, 11, 0.6]), np.array([-10, -10, -6.5, 0.7])
    u, v = x[0] - np.array([1, 0, -0.5, -1]), x[1] - np.array([0, 0.5, 1.5, 1])
    e = np.array([-200, -100, -170, 15]) * np.exp(a * u * u + b * u * v + c * v * v)
    return np.array([np.sum(e * (2 * a * u + b * v)), np.sum(e * (b * u + 2 * c * v))])


THREE = ss.landscape("x^3 - 3*x*y^2 + (x^2 + y^2)/2")
#: landscape, its gradient, eta, rho, point; distances of the two places and moduli of the multipliers as SciPy's fsolve
#: finds them from 60 random starts around the point (differences for the derivatives)
CYCLES = [
    ("himmelblau", himmelblau, 5e-4, 0.5, (-3.779310, -3.283186), (0.008655, 0.02491), (0.8989, 0.5750)),
    ("muller_brown", muller_brown, 1e-4, 0.1, (0.212487, 0.292988), (0.002140, 0.003161), (0.7101, 0.7101)),
    ("muller_brown", muller_brown, 1e-4, 0.1, (-0.822002, 0.624313), (0.001959, 0.003875), (2.0945, 0.9533)),
    ("double_well_2", double_well_2, 5e-3, 0.2, (1, 1), (0.003754, 0.003754), (1.3899, 1.3899)),
    (THREE, three_saddles, 0.00377988, 0.2, (-1 / 3, 0), (0.002040, 0.002040), (0.7421, 0.4514)),
]


@pytest.mark.parametrize(("where", "gradient", "eta", "rho", "at", "away", "moduli"), CYCLES)
def test_a_two_cycle_far_from_the_model_is_found(where, gradient, eta, rho, at, away, moduli):
    """Newton's method from the quadratic model's two places alone found none of these."""

    def step(x: np.ndarray) -> np.ndarray:
        g = gradient(x)
        return x - eta * gradient(x + rho * g / np.linalg.norm(g))

    L = ss.landscape(where) if isinstance(where, str) else where
    method = ss.method(f"sam:eta={eta},rho={rho}").on(L)
    point = min(L.critical_points, key=lambda p: np.linalg.norm(p.x - at))
    cycle = cycle_at(L, method, point, [])
    assert cycle is not None
    assert [cycle.nearest, cycle.farthest] == pytest.approx(away, rel=1e-3)  # four digits
    for x, following in zip(cycle.x, cycle.x[::-1], strict=True):
        np.testing.assert_allclose(
            step(x), following, atol=1e-13
        )  # some roundings of the largest gradient's sum
    # differences of 1e-7 across places 1e-3 from the point: (1e-4)² of a derivative of order 10
    twice = differences(step, cycle.x[1], 1e-7) @ differences(step, cycle.x[0], 1e-7)
    np.testing.assert_allclose(by_modulus(cycle.multipliers), by_modulus(np.linalg.eigvals(twice)), atol=1e-5)
    assert np.abs(by_modulus(cycle.multipliers)) == pytest.approx(moduli, abs=1e-3)
    assert cycle.stable is (max(moduli) < 1)
    if cycle.stable:  # and then the map itself, from beside the place, comes back to it
        x = cycle.x[0] + 0.01 * cycle.nearest
        for _ in range(1000):
            x = step(x)
        assert np.linalg.norm(x - cycle.x, axis=1).min() < 1e-9


def test_a_rest_point_is_no_cycle():
    """Beside the camel's minimum (-1.607, -0.569) SAM rests where it looks at a zero of the gradient: one place twice."""
    L, rest = ss.landscape("six_hump_camel"), np.array([-1.59424, -0.571996])
    method = ss.method("sam").on(L)
    (point,) = [p for p in L.critical_points if np.allclose(p.x, (-1.6071, -0.5687), atol=1e-3)]
    assert not orbits(L, method, {"x": rest[None], "v": np.zeros((1, 2))}, 2)
    cycle = cycle_at(L, method, point, [])
    assert cycle is not None
    assert (cycle.x.shape[0], len(cycle.multipliers), cycle.stable) == (0, 0, None)
    assert cycle.in_words() == "no 2-cycle found near it (the quadratic model has one of radius 0.003037)"


@pytest.mark.parametrize(("rho", "eta"), [(0.2, 0.1), (0.3, 0.07), (0.1, 0.013)])
def test_a_round_bowl_has_a_circle_of_cycles_that_are_neutral(rho, eta):
    """Of (x² + y²)/2 every direction has its 2-cycle: across it the factor of a step is exactly −1, whatever eta."""
    (p,) = ss.stability(ss.landscape("bowl", l1=1, l2=1), f"sam:rho={rho},eta={eta}").points
    assert p.cycle is not None
    assert p.cycle.farthest == pytest.approx(eta * rho / (2 - eta), rel=1e-9)
    assert p.cycle.stable is None
    assert "neutral (|multiplier| = 1)" in p.cycle.in_words()
    assert max(abs(p.cycle.multipliers)) == pytest.approx(1.0, abs=1e-12)  # rounding; 1e-9 is called neutral


def test_the_radius_around_a_set_of_minima_is_measured_across_it():
    found = ss.stability(ss.landscape("dln_two_features"), "sam:eta=0.02,rho=0.1").at(0)

    def residual(x):
        p = x[0] * x[2] + 2 * x[1] * x[3] - 1
        slope = np.stack([x[2], 2 * x[3], x[0], 2 * x[1]])
        return p, slope

    rng = np.random.default_rng(1)
    x = found.x[:, None] + 0.005 * rng.standard_normal((4, 40))
    farthest = 0.0
    for k in range(1500):
        p, slope = residual(x)
        g = p * slope
        p, slope = residual(x + 0.1 * g / np.linalg.norm(g, axis=0))
        x = x - 0.02 * p * slope
        p, slope = residual(x)
        if k >= 750:
            farthest = max(farthest, float(np.max(np.abs(p) / np.linalg.norm(slope, axis=0))))
    assert found.verdict == "traps"
    # other starts and a distance of first order; between samples of the set it was 0.48
    assert found.radius == pytest.approx(farthest, rel=0.25)


def test_C19_in_the_ravine_the_bounce_has_the_radius_of_the_cycle_and_x_drifts():
    """f = (1 + x²) y²/2, rho = 0.1, eta = 1e-3 from (2, ½): at every x the bounce in y is the 2-cycle of λ = 1 + x²,
    while x decays at the rate 0.01002 ≈ rho² (as printed). SAM stays at the curve of minima, and so does GD."""
    x, y, eta, rho, seen = 2.0, 0.5, 1e-3, 0.1, []
    for k in range(1, 100_001):
        g = np.array([x * y * y, (1 + x * x) * y])
        u, v = np.array([x, y]) + rho * g / np.sqrt(g @ g)
        x, y = x - eta * u * v * v, y - eta * (1 + u * u) * v
        if k % 50_000 == 0:
            seen.append(x)
            # x moves by 1e-8 a step, so that the cycle is followed to that order over its radius
            assert abs(y) == pytest.approx(quadratics.cycle_radius(eta, 1 + x * x, rho), rel=1e-3)
    assert seen == pytest.approx([1.17268, 0.71060], abs=5e-6)
    assert np.log(seen[0] / seen[1]) / 50 == pytest.approx(0.01002, abs=5e-6)
    L = ss.landscape("ravine", l0=1, l1=1)
    held = [ss.stability(L, text).points[0] for text in ("sam:eta=0.001,rho=0.1", "gd:eta=0.001")]
    assert [p.kind for p in held] == ["continuum", "continuum"]
    assert all(p.holds for p in held)


# ---- USAM ------------------------------------------------------------------------------------------------------------
def test_R8_and_R9_the_limits_of_usam():
    (p,) = ss.stability(ss.landscape("saddle"), "usam:eta=0.01,rho=1").points
    assert p.limits["rho"] == pytest.approx((0.5, 49.5), rel=1e-12)
    L = ss.landscape("beale")
    beyond = ss.stability(L, "usam:eta=1e-5,rho=0.037").at(2)
    below = ss.stability(L, "usam:eta=1e-5,rho=0.03").at(2)
    assert (below.verdict, beyond.verdict) == ("repels", "attracts")
    assert below.limits["rho"][0] == pytest.approx(0.036036, abs=5e-7)


@pytest.mark.parametrize(("rho", "edge"), [(0.0, 20.0), (0.05, 12.3607), (0.2, 7.80776)])
def test_R32_minima_beyond_the_edge_of_stability_are_left(rho, edge):
    """(xy − 1)²/2 has the curve xy = 1 of minima, sharpness x² + y²: a run near it stays below the edge, leaves above."""
    found = ss.stability(ss.landscape("uv"), f"usam:eta=0.1,rho={rho}")
    assert found.edge == pytest.approx(edge, rel=1e-5)
    for sharpness in (0.95 * edge, 1.05 * edge):
        s = (sharpness + np.sqrt(sharpness**2 - 4)) / 2  # y², with x = 1/y
        minimum = np.array([1 / np.sqrt(s), np.sqrt(s)])
        x = minimum + 1e-4
        for _ in range(3000):
            g = (x[0] * x[1] - 1) * x[::-1]
            y = x + rho * g
            x = x - 0.1 * (y[0] * y[1] - 1) * y[::-1]
        assert (np.linalg.norm(x - minimum) < 1e-3) == (sharpness < edge)


# ---- the answer ------------------------------------------------------------------------------------------------------
def test_a_stability_is_the_same_after_loading_and_has_plain_json(tmp_path: Path):
    found = ss.stability(ss.landscape("himmelblau"), "gd:eta=0.016")
    back = ss.load(found.save(tmp_path / "a.npz"))
    assert isinstance(back, ss.Stability)
    assert back.summary() == found.summary()
    assert report.dumps(bare(back.points)) == report.dumps(bare(found.points))
    assert "2-cycle of radius 0.5368 to 0.6377, stable" in found.summary()
    with pytest.raises(KeyError):
        found.at(99)


def test_only_one_method_is_asked_about():
    with pytest.raises(ss.UsageError, match="rho has 2 values"):
        ss.stability(ss.landscape("saddle"), ss.method("sam", rho=[0.1, 0.2]))


@pytest.mark.slow
def test_the_flow_of_single_samples_leaves_the_minimum_of_beale_that_every_sample_shares() -> None:
    """All samples' gradients vanish at (3, 0.5): the mean over them is rough there, and no full gradient's flow. From a
    small circle around it plain NumPy's mean of the samples' SAM ends at (2.145, 0.232)."""
    beale = ss.landscape("beale")
    rho, dt, c = 0.5, 1e-4, np.array([1.5, 2.25, 2.625])
    k = np.array([1.0, 2.0, 3.0])

    def gradients(x: np.ndarray, y: np.ndarray) -> np.ndarray:  # (…, 3, 2) of 3 (c − x + x y^k)²
        residual = c - x + x * y**k
        return 6 * residual[..., None] * np.stack([y**k - 1, k * x * y ** (k - 1)], axis=-1)

    angle = np.arange(8) * np.pi / 4
    w = np.array([3.0, 0.5]) + 0.005 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    for _ in range(20_000):
        g = gradients(w[:, :1], w[:, 1:])
        at = w[:, None] + rho * g / np.linalg.norm(g, axis=-1, keepdims=True)
        w = w - dt * gradients(at[..., 0, None], at[..., 1, None])[:, np.arange(3), np.arange(3)].mean(axis=1)
    assert np.abs(w - [2.145, 0.232]).max() < 0.02
    (point,) = [
        p for p in ss.stability(beale, "sam@flow:batch=1,rho=0.5,eta=1e-4").points if p.kind == "minimum"
    ]
    assert point.verdict == "repels"


@pytest.mark.slow
def test_what_noise_does_other_than_the_mean_is_said() -> None:
    """SAM with sigma = 0.1: in the mean the shallow minimum (-1.607, -0.569) of the six-hump camel holds it, and the
    saddle beside it is no rest point; runs with noise go from the one to the other and stay (tests/test_status.py)."""
    found = ss.stability(ss.landscape("six_hump_camel"), "sam:sigma=0.1")
    said = {p.id: (p.verdict, p.noise) for p in found.points}
    minimum, saddle, deep = (
        next(p.id for p in found.points if np.allclose(p.x, x, atol=1e-3))
        for x in ((-1.6071, -0.5687), (-1.2960, -0.6051), (-0.0898, 0.7127))
    )
    assert said[minimum][0] == "attracts"
    assert "carries runs away" in said[minimum][1]
    assert said[saddle][0] == "drifts"
    assert "stay" in said[saddle][1]
    assert said[deep] == ("attracts", "")
