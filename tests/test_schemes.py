"""Orders of the schemes: slopes of errors against step sizes, with confidence intervals where paths are random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import t as student

import saddlescape as ss
from saddlescape.dynamics.evaluate import drift, evaluated
from saddlescape.dynamics.schemes import DOPRI_A, dopri5
from saddlescape.symbols import gradient, number, variable

WAVES = "exp(x/4)*sin(y) + x^2/2 + log(1 + y^2)"


def slope(steps: Any, errors: Any) -> tuple[float, float]:
    """Return the slope of log error against log step by least squares, and half its 95 % confidence interval."""
    x, y = np.log(steps), np.log(errors)
    x = x - x.mean()
    found = x @ y / (x @ x)
    rest = y - y.mean() - found * x
    error = np.sqrt(rest @ rest / (len(x) - 2) / (x @ x))
    return float(found), float(student.ppf(0.975, len(x) - 2) * error)


def sampled_slope(steps: Any, errors: Any) -> tuple[float, float]:
    """Return the slope of the log mean error against log step and half its 95 % interval, from errors of (batches of)
    paths, (levels, batches): the spread of the slopes of the batches."""
    every = np.array([slope(steps, e)[0] for e in errors.T])
    whole = slope(steps, errors.mean(axis=1))[0]
    return whole, float(student.ppf(0.975, len(every) - 1) * every.std(ddof=1) / np.sqrt(len(every)))


# ---- flows ---------------------------------------------------------------------------------------------------------

#: landscape, method before the colon and its numbers, start, time
FLOWS = {
    "gd on waves": (WAVES, "gd@flow:eta=1", [0.5, 1.0], 2.0),
    "sam on beale": ("beale", "sam@flow:rho=0.1,eta=1", [1.0, 2.0], 0.004),
    "sam, order 3": ("beale", "sam@flow3:rho=0.02,eta=1", [1.0, 2.0], 0.004),
    "usam on a net": ("(x1*x2*x3 - 1)^2/2", "usam@flow:rho=0.1,eta=1", [1.5, 0.3, 0.2], 2.0),
    "momentum": (WAVES, "usam@flow:rho=0.1,beta=0.5,eta=0.5", [0.5, 1.0], 2.0),
    "mean of batches": ("linear_regression_2d", "usam@flow:rho=0.1,batch=5,eta=1", [2.5, -1.5], 0.3),
    "modified drift": (WAVES, "usam@flow2:rho=0.2,eta=0.3,drift=mod", [0.5, 1.0], 2.0),
}


def exact(name: str) -> Any:
    """Return where a flow ends by SciPy's DOP853 (1e-12) on its drift, with the friction of heavy ball added here."""
    landscape, text, start, end = FLOWS[name]
    L, m = ss.landscape(landscape), ss.method(text)
    force, d = drift(L, m), len(start)

    def field(t: float, s: Any) -> Any:
        if not m.momentum.state:
            return force(s)
        return np.concatenate([-s[d:], (-force(s[:d]) - (1 - 0.5) * s[d:]) / 0.5])

    begin = np.concatenate([start, np.zeros(d if m.momentum.state else 0)])
    return solve_ivp(field, (0, end), begin, "DOP853", rtol=1e-12, atol=1e-13).y[:d, -1]


def flowing(name: str, ticks: int, more: str) -> Any:
    """Return where the simulator ends."""
    landscape, text, start, end = FLOWS[name]
    L = ss.landscape(landscape)
    return ss.simulate(L, f"{text},dt={end / ticks},{more}", start, ticks, every=ticks, engine="plain").final[
        0
    ]


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize(("scheme", "order", "ticks"), [("rk4", 4, 16), ("euler", 1, 64)])
def test_flows_converge_with_the_order_of_their_scheme(
    name: str, scheme: str, order: int, ticks: int
) -> None:
    """±0.2, from four halvings of the step, against DOP853."""
    counts = ticks * 2 ** np.arange(4) * (2 if "beale" in FLOWS[name][0] or name == "momentum" else 1)
    truth = exact(name)
    errors = [np.linalg.norm(flowing(name, int(n), f"scheme={scheme}") - truth) for n in counts]
    found, _ = slope(1 / counts, errors)
    assert abs(found - order) < 0.2, (found, errors)


@pytest.mark.parametrize("name", FLOWS)
def test_the_adaptive_flow_errs_in_proportion_to_rtol(name: str) -> None:
    """Slope 1 ± 0.25 over six decades, and no more than 100 rtol; ticks are only where it is looked at."""
    rtols = 10.0 ** -np.arange(4, 11)
    truth = exact(name)
    errors = [np.linalg.norm(flowing(name, 10, f"scheme=dopri5,rtol={r},atol={r}") - truth) for r in rtols]
    found, _ = slope(rtols, errors)
    assert abs(found - 1) < 0.25, (found, errors)
    assert np.all(np.array(errors) < 100 * rtols), errors


def test_dopri5_is_of_order_5_with_an_error_estimate_of_order_5() -> None:
    """±0.3. The estimate is the difference to a solution of order 4: h⁵ in a single step. It sees the error of one step
    to within a factor, not of a run."""
    L = ss.landscape(WAVES)
    after, last, error = dopri5(
        lambda at: {"x": -gradient(at["x"])}, {"x": variable("x")}, {"x": variable("k")}, number("h")
    )
    start, end = np.array([-2.0, -1.5]), 2.0
    truth = solve_ivp(lambda t, x: -L.grad(x), (0, end), start, "DOP853", rtol=1e-13, atol=1e-14).y[:, -1]
    counts = np.array([8, 16, 32, 64])
    errors, estimates = [], []
    for n in counts:
        x, k = start, -L.grad(start)
        for step in range(n):
            given, numbers = {"x": x, "k": k}, {"h": end / n}
            estimate = evaluated(L, error["x"], given, numbers)
            x, k = evaluated(L, after["x"], given, numbers), evaluated(L, last["x"], given, numbers)
            np.testing.assert_allclose(k, -L.grad(x), rtol=1e-14)  # its last slope is the first of the next
            if step == 0:
                estimates.append(np.linalg.norm(estimate))
        errors.append(np.linalg.norm(x - truth))
    assert abs(slope(1 / counts, errors)[0] - 5) < 0.3, errors
    assert abs(slope(1 / counts, estimates)[0] - 5) < 0.3, estimates


def test_the_tableau_is_that_of_scipy() -> None:
    from scipy.integrate import RK45

    for row, wanted in zip(DOPRI_A[:-1], RK45.A[1:], strict=True):
        np.testing.assert_allclose(row, wanted[: len(row)], rtol=1e-15)
    np.testing.assert_allclose(DOPRI_A[-1], RK45.B, rtol=1e-15)


# ---- Brownian paths ------------------------------------------------------------------------------------------------

FLAT = "x + 2*y"
"""A plane: the drift is constant, and what is left of a path is the noise."""


def path(text: str, ticks: int, seed: int = 3, n: int = 3) -> Any:
    """Return the increments over every tick divided by −√η σ, (n, ticks, 2), of an SDE of gd on a plane."""
    L, m = ss.landscape(FLAT), ss.method(text)
    r = ss.simulate(L, m, np.zeros((n, 2)), ticks, seed=seed, engine="plain")
    dt, eta, sigma = (m.numbers[k] for k in ("dt", "eta", "sigma"))
    return (np.diff(r.x, axis=1) + dt * np.array([1.0, 2.0])) / -(np.sqrt(eta) * sigma)  # type: ignore[operator,arg-type]


@pytest.mark.parametrize("splits", [1, 3, 5])
def test_halving_the_tick_refines_the_same_path(splits: int) -> None:
    """The sum of two halves is the coarse increment, to rounding."""
    eta, coarse = 0.1, None
    for k in range(5):
        ticks = splits * 2**k
        made = path(f"gd@sde2:sigma=0.7,eta={eta},dt={eta / ticks!r}", 4 * ticks)
        if coarse is not None:
            np.testing.assert_allclose(made[:, ::2] + made[:, 1::2], coarse, rtol=0, atol=1e-14)
        coarse = made


@pytest.mark.parametrize("ticks", [1, 2, 3, 8, 12])
def test_over_a_step_the_path_moves_by_the_normals_of_the_map(ticks: int) -> None:
    """√η z, so that map and SDE see the same noise."""
    eta = 0.1
    L = ss.landscape(FLAT)
    made = path(f"gd@sde2:sigma=0.7,eta={eta},dt={eta / ticks!r}", 6 * ticks)
    r = ss.simulate(L, f"gd:sigma=0.7,eta={eta}", np.zeros((3, 2)), 6, seed=3, engine="plain")
    z = (np.diff(r.x, axis=1) / -eta - np.array([1.0, 2.0])) / 0.7
    np.testing.assert_allclose(made.reshape(3, 6, ticks, 2).sum(axis=2), np.sqrt(eta) * z, atol=1e-13)


@pytest.mark.parametrize("momentum", ["", ",beta=0.8"])
@pytest.mark.parametrize("name", ["beale", WAVES])
def test_with_dt_equal_to_eta_the_SDE_of_gradient_descent_is_the_map(name: str, momentum: str) -> None:
    """Additive noise: 1e-13 of the size after 30 steps."""
    L = ss.landscape(name)
    keys = f":sigma=0.3,eta=0.002{momentum}"
    starts = [[0.5, 1.0], [1.0, 0.7]]
    map_, sde = (
        ss.simulate(L, m, starts, 30, seed=5, engine="plain").x
        for m in ("gd" + keys, "gd@sde2" + keys + ",dt=0.002")
    )
    np.testing.assert_allclose(sde, map_, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(("splits", "depth"), [(1, 3), (3, 1), (0, 0)])
def test_increments_are_independent_normals_of_variance_dt(splits: int, depth: int) -> None:
    """Of 4000 steps: means, variances and all correlations within a step and to the next within 4.5 standard errors
    (some 150 numbers are looked at); Kolmogorov–Smirnov p above 1e-4. (0, 0): ticks that do not divide a step."""
    from scipy.stats import kstest

    eta, ticks = 0.1, splits * 2**depth or 3
    dt = eta / ticks if splits else eta / 2.5
    n = 4000
    w = path(f"gd@sde2:sigma=0.7,eta={eta},dt={dt!r}", ticks * n // 20, n=20) / np.sqrt(dt)
    rows = w.reshape(n, 2 * ticks)
    both = np.concatenate([rows[:-1], rows[1:]], axis=1)
    assert np.abs(rows.mean(axis=0)).max() < 4.5 / np.sqrt(n)
    assert np.abs(rows.var(axis=0) - 1).max() < 4.5 * np.sqrt(2 / n)
    correlations = np.corrcoef(both.T) - np.eye(4 * ticks)
    assert np.abs(correlations).max() < 4.5 / np.sqrt(n)
    assert kstest(rows.ravel(), "norm").pvalue > 1e-4


def test_atoms_of_a_batch_move_by_brownian_motions_of_their_own() -> None:
    """Shifted samples: dX = … − √η Σ_a √p_a (g_a − g) dW_a has variance η Cov(g) dt, and refines as well."""
    L, eta = ss.landscape("shifted_parabola"), 0.1
    coarse = None
    for ticks in (2, 4, 8):
        m = f"gd@sde2:batch=1,eta={eta},dt={eta / ticks!r}"
        x = ss.simulate(L, m, np.zeros((20, 1)), 200 * ticks, seed=9, engine="plain").x[..., 0]
        kicks = np.diff(x, axis=1) + eta / ticks * 2.0 * x[:, :-1]
        spread = kicks.var() / (eta * 4 * 79 / 150 * eta / ticks)
        assert abs(spread - 1) < 4 * np.sqrt(2 / kicks.size)
        if coarse is not None:
            np.testing.assert_allclose(kicks[:, ::2] + kicks[:, 1::2], coarse, atol=1e-14)
        coarse = kicks


# ---- orders of the SDE schemes -------------------------------------------------------------------------------------


def paths(count: int, end: float, steps: Any, n: int) -> Any:
    """Yield for every step the increments (ticks, n, count) of Brownian motions to ``end``, refined."""
    fine = np.random.default_rng(1).standard_normal((round(end / steps[-1]), n, count)) * np.sqrt(steps[-1])
    for dt in steps:
        yield fine.reshape(round(end / dt), -1, n, count).sum(axis=1)


def ends(engine: str, name: str, text: str, eta: float, end: float, n: int, first: int = 1) -> Any:
    """Return where n trajectories end for six dt from eta/2^first down on the same paths, (6, n), and the steps: of the
    formula on arrays, or of the kernel with its own paths."""
    steps = eta / 2.0 ** np.arange(first, first + 6)
    found = []
    L, start = ss.landscape(name), np.ones((n, 1))
    if engine == "kernel":
        for dt in steps:
            ticks, m = round(end / dt), f"{text},eta={eta},dt={float(dt)!r}"
            run = ss.simulate(L, m, start, ticks, every=ticks, seed=1, engine="compiled")
            found.append(run.final[:, 0])
        return np.array(found), steps
    count = L.n_samples if "batch" in text else 1
    for dt, moves in zip(steps, paths(count, end, steps, n), strict=True):
        tick, x = ss.step(L, ss.method(f"{text},eta={eta},dt={float(dt)!r}")), start
        for move in moves:
            drawn = {f"xi{i}": move[:, i] for i in range(count)} if "batch" in text else {"dw": move}
            x = tick(x, **drawn)
        found.append(x[:, 0])
    return np.array(found), steps


#: the formula on arrays; the kernels, each to be compiled
ENGINES = ["formula", pytest.param("kernel", marks=pytest.mark.slow)]


def strong(found: Any, steps: Any, batches: int = 20) -> tuple[float, float]:
    """Return the slope of E|X(dt) − X(dt/2)|: the two differ by as much as either errs, to a factor."""
    apart = np.abs(np.diff(found, axis=0))
    return sampled_slope(steps[:-1], apart.reshape(len(apart), batches, -1).mean(axis=2))


@pytest.mark.parametrize("engine", ENGINES)
def test_euler_maruyama_is_of_strong_order_a_half_on_a_batch(engine: str) -> None:
    """½ ± 0.1: the noise of random_curvature is proportional to x (a geometric Brownian motion)."""
    found, steps = ends(
        engine,
        "random_curvature",
        "gd@sde2:batch=1",
        1.0,
        1.0,
        2000 if engine == "formula" else 4000,
        first=6,
    )
    order, half = strong(found, steps)
    assert half < 0.06
    assert abs(order - 0.5) < 0.1, (order, half)


NONLINEAR = "x^2/2 + x^4/20"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("scheme", ["euler", "heun"])
def test_additive_noise_has_strong_order_1(scheme: str, engine: str) -> None:
    """1 ± 0.1 (both schemes: without iterated integrals of the path none does better)."""
    found, steps = ends(engine, NONLINEAR, f"gd@sde2:sigma=1,scheme={scheme}", 0.25, 1.0, 4000)
    order, half = strong(found, steps)
    assert half < 0.05
    assert abs(order - 1) < 0.1, (order, half)


def weak(found: Any, steps: Any, levels: int) -> tuple[float, float, Any]:
    """Return the slope of |E φ(X(dt)) − E φ(X(dt/2))|, half its 95 % interval, and the differences over their standard
    errors, φ = x + x²; on the same paths the differences are small, and so is their spread."""
    phi = found + found**2
    apart = np.diff(phi, axis=0)[:levels]
    mean, error = apart.mean(axis=1), apart.std(axis=1) / np.sqrt(apart.shape[1])
    x = np.log(steps[:levels])
    x = x - x.mean()
    half = 1.96 * np.sqrt(
        np.sum((x / (x @ x) * error / mean) ** 2)
    )  # of the log means, levels taken as independent
    return slope(steps[:levels], np.abs(mean))[0], float(half), mean / error


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("scheme", "order", "allowed", "eta", "end", "levels"),
    [("euler", 1, 0.2, 0.25, 1.0, 5), ("heun", 2, 0.3, 1.0, 2.0, 4)],
)
def test_weak_orders_under_additive_noise(
    scheme: str, order: int, allowed: float, eta: float, end: float, levels: int, engine: str
) -> None:
    """Euler–Maruyama 1 ± 0.2, Heun 2 ± 0.3 (of coarser steps: its errors are small); every difference is above 4
    standard errors."""
    found, steps = ends(engine, NONLINEAR, f"gd@sde2:sigma=1,scheme={scheme}", eta, end, 200_000)
    got, half, certain = weak(found, steps, levels)
    assert np.all(np.abs(certain) > 4), certain
    assert half < allowed
    assert abs(got - order) < allowed, (got, half)


@pytest.mark.parametrize(("scheme", "order"), [("euler", 1), ("heun", 2)])
def test_weak_orders_on_a_line_are_exact(scheme: str, order: int) -> None:
    """An Ornstein–Uhlenbeck process: mean and variance after time 1 by the moments of a tick, against e^−at and
    ησ²(1 − e^−2at)/(2a). Slope ± 0.1, nothing is random."""
    L, eta, sigma, a = ss.landscape("3/4*x^2"), 0.5, 0.8, 1.5
    counts = 2 ** np.arange(4, 9)
    means, variances = [], []
    for n in counts:
        tick = ss.step(L, ss.method(f"gd@sde2:sigma={sigma},eta={eta},dt={float(1 / n)!r},scheme={scheme}"))
        factor = tick([1.0], dw=np.zeros(1))[0]
        kick = tick([0.0], dw=np.full(1, np.sqrt(1 / n)))[0]
        P = 0.0
        for _ in range(n):
            P = factor**2 * P + kick**2
        means.append(abs(factor**n - np.exp(-a)))
        variances.append(abs(P - eta * sigma**2 * (1 - np.exp(-2 * a)) / (2 * a)))
    for errors in (means, variances):
        assert abs(slope(1 / counts, errors)[0] - order) < 0.1


def test_an_adaptive_flow_counts_the_gradients_it_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the calls of a gradient that counts them: six an attempt, accepted or not, and of the one that finds the
    first slope."""
    from saddlescape.dynamics import kernels
    from saddlescape.landscapes.base import Landscape

    def bowl(x: float, y: float) -> tuple[float, float]:
        return 4 * x**3 + y, 2.0 * y + x

    calls = 0
    made = kernels.plain

    def counting(*at: Any) -> tuple[float, float]:
        nonlocal calls
        calls += 1
        (x, y) = at[0] if len(at) == 1 else at
        return bowl(x, y)

    monkeypatch.setattr(kernels, "plain", lambda source, gradient: made(source, counting))
    own = Landscape.from_functions(lambda x, y: x**4 + y * y + x * y, bowl, ((-3, 3), (-3, 3)))
    method = "gd@flow:scheme=dopri5,eta=0.1,rtol=1e-5,atol=1e-8"
    run = ss.simulate(own, method, [[2.0, 1.0], [-0.3, 2.5], [0.1, 0.1]], 200, every=200, engine="plain")
    assert run.gradient_evaluations.sum() == calls
    assert np.all(run.gradient_evaluations % 6 == 0)
    assert len(set(run.gradient_evaluations.tolist())) > 1
