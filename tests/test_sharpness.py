"""Sharpness along runs against closed forms, brute force, and numbers that were published."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

import saddlescape as ss
from saddlescape.analysis.worst_case import Around, mean_rise, worst
from saddlescape.errors import UsageError

UV = "(x*y - 1)^2/2"


def quadratic(matrix: Any) -> ss.Landscape:
    """Return xᵀAx/2 as a typed formula."""
    names = ("x", "y", "z")[: len(matrix)]
    terms = [f"({matrix[i][j]!r})*{a}*{b}/2" for i, a in enumerate(names) for j, b in enumerate(names)]
    return ss.landscape(" + ".join(terms))


def secular(matrix: Any, slope: Any, radius: float) -> float:
    """Return max g·d + dᵀAd/2 over ‖d‖ ≤ r by the secular equation: d = (μ − A)⁻¹ g, μ ≥ 0 above all eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    parts = vectors.T @ slope

    def length(mu: float) -> float:
        return float(np.sum((parts / (mu - values)) ** 2)) - radius**2

    low = max(values[-1], 0.0) + 1e-9
    mu = 0.0 if values[-1] < 0 and length(0.0) < 0 else brentq(length, low, 1e6, xtol=1e-15, rtol=1e-14)
    d = parts / (mu - values)
    return float(parts @ d + 0.5 * d @ (values * d))


def measured(landscape: ss.Landscape, x: Any, radius: float, weights: Any = None) -> Any:
    """Return the worst case at points (N, d)."""
    x = np.asarray(x, dtype=float)
    return worst(Around(landscape, x, np.ones_like(x), radius, weights))


@pytest.mark.parametrize("matrix", [
    [[3.0, 1.0], [1.0, 0.5]], [[2.0, 0.3], [0.3, -4.0]], [[-2.0, 0.5], [0.5, -1.0]],
    [[2.0, 0.3, 0.1], [0.3, -1.0, 0.7], [0.1, 0.7, 5.0]],
])  # fmt: skip
def test_worst_case_of_a_quadratic_solves_the_trust_region_problem(matrix: Any) -> None:
    points = np.random.default_rng(0).uniform(-2, 2, (20, len(matrix)))
    for radius in (0.1, 1.0):
        expected = [secular(matrix, np.array(matrix) @ x, radius) for x in points]
        # both are exact to rounding; 1e-10 leaves room for the secular equation's root
        assert measured(quadratic(matrix), points, radius) == pytest.approx(expected, rel=1e-10)


def ring(count: int = 4001) -> Any:
    turns = np.linspace(0, 2 * np.pi, count)
    return np.stack([np.cos(turns), np.sin(turns)], axis=1)


@pytest.mark.parametrize(("name", "radius"), [("beale", 0.5), ("himmelblau", 1.0), ("six_hump_camel", 0.4)])
def test_worst_case_is_that_of_a_fine_polar_grid(name: str, radius: float) -> None:
    scene = ss.landscape(name)
    low, high = np.array(scene.view).T
    points = np.random.default_rng(1).uniform(low, high, (40, 2))
    found = measured(scene, points, radius)
    shells = np.linspace(0, 1, 41)[1:, None, None] * radius * ring()
    brute = np.array([scene.loss(x + shells).max() - scene.loss(x) for x in points])
    # never below the grid; the grid misses a maximum by its spacing squared times the curvature
    assert np.all(found >= brute - 1e-12 * (1 + brute))
    assert found == pytest.approx(brute, rel=2e-4)


def test_worst_case_inside_the_ball_is_found() -> None:
    """At a distance of 0.3 from a maximum of height 1 the largest rise within radius 1 is inside."""
    scene = ss.landscape("exp(-x^2 - 2*y^2)", domain=((-2, 2), (-2, 2)))
    x = np.array([[0.3, 0.0], [0.0, 0.2]])
    expected = 1 - np.exp([-0.09, -0.08])
    assert measured(scene, x, 1.0) == pytest.approx(expected, rel=1e-12)


def test_m_sharpness_is_the_mean_over_groups() -> None:
    scene, x, r = ss.landscape("beale"), np.array([[1.0, 2.0]]), 0.3
    run = {m: ss.sharpness(scene, "gd", m=m, steps=1, radius=r, of=("worst", "worst_m")) for m in (1, 2, 3)}
    each = [measured(scene.per_sample(i), x, r)[0] for i in range(3)]
    brute = [np.max(s.loss(x + r * ring()) - s.loss(x)) for s in map(scene.per_sample, range(3))]
    assert each == pytest.approx(brute, rel=1e-5)
    assert run[1].values["worst_m"][0, 0] == pytest.approx(np.mean(each), rel=1e-12)
    # all samples are one group, and the maximum of a mean is at most the mean of maxima
    assert run[3].values["worst_m"] == pytest.approx(run[3].values["worst"], rel=1e-10)
    worsts = [run[m].values["worst_m"][0, 0] for m in (3, 2, 1)]
    assert worsts == sorted(worsts)
    assert run[2].rule == "all 3 groups of 2 of 3 samples"


def test_functions_of_the_users_own_are_measured() -> None:
    """The same saddle as a formula and as two functions, whose Hessian is made of differences (to about 1e-9)."""
    own = ss.Landscape.from_functions(
        lambda x, y: x**2 - y**2, lambda x, y: (2 * x, -2 * y), ((-4.0, 4.0), (-4.0, 4.0)), eta=0.1, rho=0.2
    )
    text = "sam:eta=0.1,rho=0.2"
    one, two = (ss.sharpness(L, text, x0=(1.0, 0.5), steps=5) for L in (own, ss.landscape("saddle")))
    for name, values in one.values.items():
        assert values == pytest.approx(two.values[name], rel=1e-6, abs=1e-6), name
    assert one.threshold is not None
    assert two.threshold is not None
    assert one.threshold.mean == pytest.approx(two.threshold.mean, rel=1e-9)


def test_average_sharpness_of_polynomials_is_exact() -> None:
    """E (x + ρz)⁴ − x⁴ = 6x²ρ² + 3ρ⁴, and of a quadratic ρ²/2 times the trace."""
    x = np.array([[0.7, -1.2], [0.0, 0.0]])
    found = mean_rise(Around(ss.landscape("x^4 + 0*y + y^2"), x, np.ones_like(x), 0.4))
    assert found == pytest.approx(6 * x[:, 0] ** 2 * 0.16 + 3 * 0.4**4 + 0.16, rel=1e-12)
    many = ss.landscape("x1^2 + 2*x2^2 + 3*x3^2 + 4*x4^2")
    # four coordinates: draws with exact mean and covariance
    assert mean_rise(Around(many, np.ones((1, 4)), np.ones((1, 4)), 0.5)) == pytest.approx([2.5], rel=1e-9)


def test_adaptive_sharpness_does_not_see_the_scale_of_a_product() -> None:
    """(uv − 1)²/2 is the same at (a, b) and (ca, b/c); so is its elementwise adaptive sharpness, and no other."""
    scene = ss.landscape(UV)
    at = [ss.sharpness(scene, "gd:eta=1e-9", x0=x, steps=1, radius=0.1) for x in ((1.5, 0.8), (3.0, 0.4))]
    for name in ("adaptive", "adaptive_average"):
        assert at[0].values[name][0, 0] == pytest.approx(at[1].values[name][0, 0], rel=1e-9)
    assert at[0].values["worst"][0, 0] != pytest.approx(at[1].values["worst"][0, 0], rel=0.1)


def test_curvature_at_the_minima_of_a_product() -> None:
    """At xy = 1 the Hessian of (xy − 1)²/2 is the outer product of (y, x): λmax = trace = x² + y²."""
    made = ss.sharpness(ss.landscape(UV), "gd:eta=0.01", x0=(2.0, 0.5), steps=2)
    assert made.values["lambda_max"][0] == pytest.approx(4.25, rel=1e-12)
    assert made.values["trace"][0] == pytest.approx(4.25, rel=1e-12)


@pytest.mark.parametrize(("keys", "line"), [
    ("eta=0.1", 20.0), ("eta=0.1,beta=0.5", 30.0), ("eta=0.1,beta=0.5,nesterov=true", 15.0),
])  # fmt: skip
def test_steps_are_unstable_just_above_the_edge(keys: str, line: float) -> None:
    for part, stable in ((0.99, True), (1.01, False)):
        scene = ss.landscape(f"{part * line}*x^2/2")
        run = ss.simulate(scene, f"gd:{keys}", (1.0,), 3000, engine="plain")
        assert (abs(run.final[0, 0]) < 1) == stable
        assert ss.sharpness(scene, f"gd:{keys}", x0=(1.0,), steps=1).edge == pytest.approx(line, rel=1e-12)


@pytest.mark.parametrize(("rho", "line"), [(0.0, 20.0), (0.05, 12.3607), (0.2, 7.80776)])
def test_usam_keeps_the_minima_below_its_edge_alone(rho: float, line: float) -> None:
    """(√(1 + 8ρ/η) − 1)/(2ρ) with η = 0.1 (agarwala2023), on minima of (xy − 1)²/2 with λ = x² + y²."""
    scene, text = ss.landscape(UV), f"usam:eta=0.1,rho={rho}"
    for part, kept in ((0.95, True), (1.05, False)):
        total = part * line  # x² + y² = total, xy = 1
        x = np.sqrt((total + np.sqrt(total**2 - 4)) / 2)
        start = (x * (1 + 1e-4), 1 / x)
        made = ss.sharpness(scene, text, x0=start, steps=2000, of=("lambda_max",))
        assert made.threshold is not None
        assert made.threshold.mean[0, 0] == pytest.approx(line, rel=1e-5)
        lam = made.values["lambda_max"][0]
        assert (abs(lam[-1] - lam[0]) < 1e-2) == kept
        assert lam[-1] < line


def test_the_edge_at_a_zero_gradient_is_the_limit() -> None:
    """At the saddle itself: rho for USAM, rho/smooth for smoothed SAM, and 0 for SAM, which never comes to rest."""
    for text, k in (("usam:rho=0.05", 0.05), ("sam:rho=0.05,smooth=0.1", 0.5), ("sam:rho=0.05", np.inf)):
        made = ss.sharpness(ss.landscape("saddle"), f"{text},eta=0.1", x0=(0.0, 0.0), steps=1, of=("loss",))
        assert made.threshold is not None
        expected = (np.sqrt(1 + 80 * k) - 1) / (2 * k) if np.isfinite(k) else 0.0
        assert made.threshold.mean[0, 0] == pytest.approx(expected, rel=1e-12)


def test_the_edge_of_normalised_sam_depends_on_the_gradient() -> None:
    made = ss.sharpness(ss.landscape("beale"), "sam:eta=1e-3,rho=0.1,beta=0.9", steps=30)
    assert made.threshold is not None
    g, edge = made.values["grad_norm"][0], 2 * 1.9 / 1e-3
    # λ(1 + ρλ/‖g‖) = edge, the root written out as in long2024
    assert made.threshold.mean[0] == pytest.approx(g / 0.2 * (np.sqrt(1 + 0.4 * edge / g) - 1), rel=1e-9)
    assert ss.sharpness(ss.landscape("beale"), "sam@flow", steps=3).edge is None


def test_gd_above_the_edge_is_thrown_and_ends_below_it() -> None:
    """Started next to a minimum with λ > 2/eta = 20, GD leaves it, the loss rises and falls again at a smaller λ."""
    scene = ss.landscape(UV)
    above = ss.sharpness(scene, "gd:eta=0.1", x0=(4.9, 0.21), steps=500, of=("loss", "lambda_max"))
    (event,) = above.catapults
    loss, lam = above.values["loss"][0], above.values["lambda_max"][0]
    assert lam[0] > 20 > lam[-1] > 10
    assert event.start < event.peak < event.end
    assert loss[event.peak] == pytest.approx(event.rise * loss[event.start], rel=1e-9)
    assert loss[event.peak] == loss.max()
    assert loss[event.end] <= loss[event.start]
    assert (event.before, event.after) == (lam[event.start], lam[event.end])
    below = ss.sharpness(scene, "gd:eta=0.1", x0=(4.0, 0.3), steps=600, of=("loss", "lambda_max"))
    assert below.catapults == ()
    assert above.over is not None
    assert above.over < 1


def test_bands_are_means_and_quantiles_over_the_trajectories() -> None:
    starts = np.random.default_rng(0).uniform(0.5, 1.5, (50, 2))
    made = ss.sharpness(ss.landscape("beale"), "gd", x0=starts, steps=40, of=("loss", "worst"), records=5)
    assert list(made.ticks) == [0, 10, 20, 30, 40]
    for name, band in made.traces.items():
        values = made.values[name]
        assert values.shape == (50, 5)
        assert band.mean[0] == pytest.approx(values.mean(axis=0), rel=1e-12)
        assert band.low[0] == pytest.approx(np.quantile(values, 0.1, axis=0), rel=1e-12)
        assert band.se[0] == pytest.approx(values.std(axis=0, ddof=1) / np.sqrt(50), rel=1e-9)


def test_a_diverged_trajectory_leaves_gaps() -> None:
    made = ss.sharpness(ss.landscape("beale"), "gd:eta=0.03", x0=[(-4.0, 4.0), (3.0, 0.51)], steps=50)
    assert list(made.alive[[0, -1]]) == [2, 1]
    assert np.isnan(made.values["worst"][0, -1])
    assert np.isfinite(made.traces["worst"].mean).all()


def test_a_saved_run_is_measured_on_its_own_landscape_alone(say: Callable[..., Any], tmp_path: Path) -> None:
    assert say("run", "saddle", "-n", "50", "-o", "a.npz")[0] == 0
    run = ss.load("a.npz")
    assert isinstance(run, ss.Run)
    made = ss.sharpness(ss.landscape("saddle"), run)
    assert made.values["lambda_max"] == pytest.approx(np.full((1, 51), 2.0))
    assert "gd" in made.summary()
    back = ss.load(made.save(tmp_path / "b.npz"))
    assert isinstance(back, ss.Sharpness)
    assert back.summary() == made.summary()
    with pytest.raises(UsageError, match="the run is of Saddle"):
        ss.sharpness(ss.landscape("beale"), run)


def test_a_run_with_other_parameters_is_refused() -> None:
    scaled = ss.landscape("a*x^2", params={"a": 2.0})
    with pytest.raises(UsageError, match="the run has a = 2"):
        ss.sharpness(scaled.with_params(a=3.0), ss.simulate(scaled, "gd", steps=3))
    rhos = ss.simulate(scaled, ss.method("sam", rho=[0.1, 0.2]), [(1.0,), (2.0,)], 3)
    with pytest.raises(UsageError, match="a value of rho each"):
        ss.sharpness(scaled, rhos)
    each = ss.simulate(scaled, "gd", [(1.0,), (2.0,)], 3, params={"a": [1.0, 2.0]})
    with pytest.raises(UsageError, match="parameters of their own"):
        ss.sharpness(scaled, each)


@pytest.mark.parametrize(("more", "said"), [
    ({"m": 4}, "beale has 3 samples: m is 1 to 3"), ({"of": ["worst_m"]}, "needs the size"),
    ({"of": ["lambda"]}, "lambda_max"), ({"radius": 0}, "radius must be above 0"), ({"rise": 1}, "more than 1"),
])  # fmt: skip
def test_what_cannot_be_measured_is_refused(more: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ss.sharpness(ss.landscape("beale"), "gd", steps=2, **more)


def test_what_the_documentation_shows_runs_and_says_so() -> None:
    text = (Path(__file__).parent.parent / "docs" / "questions.md").read_text(encoding="utf-8")
    (block,) = (b for b in re.findall(r"```python\n(.*?)```", text, flags=re.S) if "ss.sharpness" in b)
    space: dict[str, Any] = {}
    exec(block, space)
    shown = re.findall(r"…  (catapult.*)", block)
    assert shown
    assert all(line in space["found"][0].summary() for line in shown)


def test_m_sharpness_needs_samples() -> None:
    with pytest.raises(UsageError, match="no finite sum"):
        ss.sharpness(ss.landscape("himmelblau"), "gd", steps=2, m=1)
