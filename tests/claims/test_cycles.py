"""Claims: on a quadratic, normalised SAM does not come to rest; it ends in a 2-cycle, and not every one is stable.

For one step along an eigenvector, x' = (1 − eta λ) x − eta λ rho sign(x): the 2-cycle is ±c with
c = eta λ rho/(2 − eta λ). "Exact" below means 1e-8 relative: all runs are long enough for (1 − eta λ)^k < 1e-12.
"""

from __future__ import annotations

import numpy as np
import pytest

import saddlescape as ss

EXACT = 1e-8


def alternates(values: np.ndarray, amplitude: float, rel: float = EXACT) -> bool:
    """Whether consecutive values are +amplitude, −amplitude, +amplitude … to ``rel``."""
    opposite = np.all(values[1:] * values[:-1] < 0)
    return bool(opposite and np.allclose(np.abs(values), amplitude, rtol=rel, atol=0))


@pytest.mark.parametrize(
    ("curvature", "eta", "rho", "amplitude"),
    [(3, 0.1, 0.2, 0.06 / 1.7), (1, 0.5, 0.3, 0.15 / 1.5), (10, 0.15, 0.05, 0.075 / 0.5)],
)
def test_C1_sam_on_a_parabola_ends_in_a_2_cycle_of_known_amplitude(curvature, eta, rho, amplitude):
    L = ss.landscape("parabola", curvature=curvature)
    r = ss.simulate(L, f"sam:eta={eta},rho={rho}", [1.5], 1000)
    assert alternates(r.x[0, -20:, 0], amplitude)
    assert r.status[0] == "converged"
    assert r.period[0] == 2


def test_C1_the_printed_value():
    r = ss.simulate(ss.landscape("parabola", curvature=3), "sam:eta=0.1,rho=0.2", [1.5], 200)
    assert abs(r.final[0, 0]) == pytest.approx(0.0352941, abs=5e-8)  # seven digits are printed


@pytest.mark.parametrize(
    ("eta", "amplitude"), [(0.01, 0.0050505), (0.1, 0.0555556), (0.3, 0.2142857), (0.45, 0.4090909)]
)
def test_R13_sam_at_the_saddle_bounces_along_x(eta, amplitude):
    r = ss.simulate(ss.landscape("saddle"), f"sam:eta={eta},rho=0.5", [0.3, 0.1], 2000)
    x, y = r.x[0, -20:].T
    assert abs(x[-1]) == pytest.approx(amplitude, abs=5e-8)  # as printed, seven digits
    assert alternates(x, eta * 0.5 / (1 - eta))
    # the transverse factor −1 + 4 eta is at most 0.96 in size: 0.1·0.96^2000 < 1e-36 at the slowest
    assert np.max(np.abs(y)) < 1e-30


TRANSVERSE = [(2.0, 0.1, -0.6), (3.0, 0.1, -2.75), (3.0, 0.4, -0.5)]


@pytest.mark.parametrize(("ly", "eta", "factor"), TRANSVERSE)
def test_R14_transverse_factor_of_the_cycle_at_a_saddle(ly, eta, factor):
    """1 − eta λj − (λj²/λ1²)(2 − eta λ1) with λ1 = 2, λj = −ly: by the derivative of the map and by a run."""
    L, lx, rho = ss.landscape("general_saddle", ly=ly), 2.0, 0.5
    c = eta * lx * rho / (2 - eta * lx)
    method = ss.method("sam", eta=eta, rho=rho)
    here, there = (ss.jacobian(L, method, np.array([x, 0.0])) for x in (c, -c))
    np.testing.assert_allclose(here, np.diag([1 - eta * lx, factor]), rtol=EXACT, atol=1e-12)
    np.testing.assert_allclose(
        there @ here, np.diag([(1 - eta * lx) ** 2, factor**2]), rtol=EXACT, atol=1e-12
    )
    # a deviation of 1e-9 is multiplied by the factor at every step; what is neglected is of order (y/c)² < 1e-12
    y = ss.simulate(L, method, [c, 1e-9], 6).x[0, :, 1]
    np.testing.assert_allclose(y, 1e-9 * factor ** np.arange(7), rtol=EXACT)


@pytest.mark.parametrize(("ly", "eta", "factor"), TRANSVERSE)
def test_R14_only_a_stable_cycle_is_where_runs_end(ly, eta, factor):
    """Where the x-cycle is unstable the run is still trapped: it bounces along y within eta·ly·rho."""
    L, rho = ss.landscape("general_saddle", ly=ly), 0.5
    c = eta * 2 * rho / (2 - eta * 2)
    r = ss.simulate(L, f"sam:eta={eta},rho={rho}", [c, 1e-9], 2000)
    x, y = r.x[0, -500:].T
    if abs(factor) < 1:
        assert alternates(x, c)
        assert np.max(np.abs(y)) < 1e-20  # 0.6^1500 · 1e-9, far below
    else:
        assert np.max(np.abs(x)) < 1e-10  # the cycle along x is gone
        assert 0.5 * eta * ly * rho < np.max(np.abs(y)) <= eta * ly * rho * (1 + 1e-12)
        assert r.status[0] == "trapped"


def test_R15_one_dimensional_cycle():
    r = ss.simulate(ss.landscape("parabola", curvature=3), "sam:eta=0.5,rho=0.1", [1.0], 200)
    assert alternates(r.x[0, -20:, 0], 0.3)


def cycle_start(c: float, eta: float) -> dict[str, list[float]]:
    """Return x0 = c and the buffer for which the point before was −c: x0 = x_before − eta v0."""
    return {"x0": [c], "v0": [-2 * c / eta]}


@pytest.mark.parametrize(
    ("curvature", "eta", "beta", "rho", "c"),
    [(1.5, 0.1, 0.5, 0.2, 0.03 / 2.85), (2, 0.1, 0.9, 0.5, 0.1 / 3.6), (20, 0.15, 0.9, 0.1, 0.3 / 0.8)],
)
def test_R16_heavy_ball_cycle(curvature, eta, beta, rho, c):
    """c = eta λ rho/(2(1 + beta) − eta λ); the last case has eta λ = 3 > 2, where GD alone would diverge."""
    L = ss.landscape("parabola", curvature=curvature)
    method = ss.method("sam", eta=eta, rho=rho, beta=beta)
    on = ss.simulate(L, method, steps=20, **cycle_start(c, eta))
    assert alternates(on.x[0, :, 0], c, rel=1e-10)
    assert on.v_final[0, 0] == pytest.approx(-2 * on.final[0, 0] / eta, rel=1e-10)
    # locally stable: 1 % off, it returns (the slowest multiplier is sqrt(0.9) = 0.949; 0.949^600 < 1e-13)
    near = ss.simulate(L, method, steps=600, **cycle_start(1.01 * c, eta))
    assert alternates(near.x[0, -20:, 0], c)


def test_R16_the_printed_value():
    L = ss.landscape("parabola", curvature=1.5)
    r = ss.simulate(L, "sam:eta=0.1,rho=0.2,beta=0.5", steps=300, **cycle_start(0.0107, 0.1))
    assert abs(r.final[0, 0]) == pytest.approx(0.0105263, abs=5e-8)  # seven digits are printed


def test_R16_the_heavy_ball_cycle_does_not_attract_everything():
    """From x = 1 (eta 0.1, λ 2, beta 0.9, rho 0.5) the run ends on a period-6 orbit far outside c = 0.0278.

    The orbit visits |x| = 0.0794, 0.1145, 0.1662 (plain iteration below); "up to about 0.08", as one finds it
    written, is its innermost point.
    """
    x, v, plain = 1.0, 0.0, []
    for _ in range(3000):
        v = 0.9 * v + 2 * (x + 0.5 * np.sign(x))
        x -= 0.1 * v
        plain.append(abs(x))
    L = ss.landscape("parabola", curvature=2)
    r = ss.simulate(L, "sam:eta=0.1,rho=0.5,beta=0.9", [1.0], 3000)
    # an attracting orbit: rounding of either code dies out, so all digits agree
    np.testing.assert_allclose(np.abs(r.x[0, 1:, 0]), plain, rtol=1e-9)
    assert np.sort(np.abs(r.x[0, -3:, 0])) == pytest.approx([0.0794, 0.1145, 0.1662], abs=5e-5)
    assert r.period[0] == 6
