"""The printed tick is the papers' formula: against plain NumPy written from the papers, for every method and momentum."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import saddlescape as ss
from saddlescape.dynamics.evaluate import ARRAYS
from saddlescape.dynamics.momentum import MOMENTA
from saddlescape.dynamics.multipliers import local_behaviour
from saddlescape.dynamics.perturbations import PERTURBATIONS
from saddlescape.dynamics.printing import helpers
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Landscape

# ---- the reference: nothing of the package below, only the papers ------------------------------------------------


def beale(x: Any) -> Any:
    """Return the gradient of Beale's function (Beale 1958)."""
    a, b = x[..., 0], x[..., 1]
    r = [c - a * (1 - b**k) for c, k in ((1.5, 1), (2.25, 2), (2.625, 3))]
    da = sum(-2 * r[k - 1] * (1 - b**k) for k in (1, 2, 3))
    db = sum(2 * r[k - 1] * a * k * b ** (k - 1) for k in (1, 2, 3))
    return np.stack([da, db], axis=-1)


def saddle(x: Any) -> Any:
    """Return the gradient of x^2 - y^2."""
    return np.stack([2 * x[..., 0], -2 * x[..., 1]], axis=-1)


def waves(x: Any) -> Any:
    """Return the gradient of exp(x/4) sin(y) + x^2/2 + log(1 + y^2)."""
    a, b = x[..., 0], x[..., 1]
    return np.stack(
        [np.exp(a / 4) * np.sin(b) / 4 + a, np.exp(a / 4) * np.cos(b) + 2 * b / (1 + b * b)], axis=-1
    )


def quartic(x: Any) -> Any:
    """Return the gradient of c (x^2 - 1)^2 at c = 3/4."""
    return 4 * 0.75 * x * (x * x - 1)


def net(x: Any) -> Any:
    """Return the gradient of (x1 x2 x3 - 1)^2 / 2."""
    a, b, c = x[..., 0], x[..., 1], x[..., 2]
    return np.stack([b * c, a * c, a * b], axis=-1) * (a * b * c - 1)[..., None]


def norm(g: Any) -> Any:
    """Return ‖g‖, analytic in g, so that complex steps go through it."""
    return np.sqrt(np.sum(g * g, axis=-1, keepdims=True))


def gd(grad: Any, x: Any, rho: float) -> Any:
    """Return the gradient at x (Cauchy 1847)."""
    return grad(x)


def sam(grad: Any, x: Any, rho: float) -> Any:
    """Return the gradient at x + rho g/‖g‖ (Foret et al. 2021, Algorithm 1)."""
    return grad(x + rho * grad(x) / norm(grad(x)))


def usam(grad: Any, x: Any, rho: float) -> Any:
    """Return the gradient at x + rho g (Andriushchenko & Flammarion 2022)."""
    return grad(x + rho * grad(x))


def none(x: Any, v: Any, G: Any, eta: float, beta: float) -> Any:
    """Return x - eta G."""
    return x - eta * G, v


def heavy_ball(x: Any, v: Any, G: Any, eta: float, beta: float) -> Any:
    """Return PyTorch's SGD with momentum: buf = beta buf + G, x = x - eta buf."""
    v = beta * v + G
    return x - eta * v, v


def nesterov(x: Any, v: Any, G: Any, eta: float, beta: float) -> Any:
    """Return PyTorch's SGD with nesterov: buf = beta buf + G, x = x - eta (G + beta buf)."""
    v = beta * v + G
    return x - eta * (G + beta * v), v


#: without noise the normaliser of DNSAM is that of SAM
DIRECTIONS: dict[str, Callable[..., Any]] = {"gd": gd, "sam": sam, "usam": usam, "dnsam": sam}
MOVES: dict[str, tuple[Callable[..., Any], str]] = {
    "none": (none, ""),
    "heavy ball": (heavy_ball, ",beta=0.8"),
    "Nesterov": (nesterov, ",beta=0.8,nesterov=true"),
}
ETA, RHO, BETA, STEPS = 2e-3, 0.05, 0.8, 50
STARTS = {
    "beale": (beale, [[1.0, 0.9], [0.3, -0.8], [2.5, 0.2], [-0.5, 0.7]]),
    "saddle": (saddle, [[-3.0, -0.01], [1.0, 2.0], [0.5, -0.25]]),
    "waves": (waves, [[0.5, 1.0], [-2.0, -1.5], [3.0, 0.1]]),
    "quartic": (quartic, [[0.3], [-1.7], [1.2]]),
    "net": (net, [[1.5, 0.3, 0.2], [-0.7, 1.1, 0.4]]),
}
FORMULAS = {
    "waves": "exp(x/4)*sin(y) + x^2/2 + log(1 + y^2)",
    "quartic": "c*(x^2 - 1)^2",
    "net": "(x1*x2*x3 - 1)^2/2",
}
LANDSCAPES: dict[str, Landscape] = {}


def named(name: str) -> Landscape:
    """Return the landscape of the reference gradient ``name``."""
    if name not in LANDSCAPES:
        more = {"params": {"c": 0.75}} if name == "quartic" else {}
        LANDSCAPES[name] = ss.landscape(FORMULAS.get(name, name), **more)  # type: ignore[arg-type]
    return LANDSCAPES[name]


def text(method: str, momentum: str) -> str:
    """Return the method text of a combination."""
    return f"{method}:eta={ETA}" + ("" if method == "gd" else f",rho={RHO}") + MOVES[momentum][1]


def walk(name: str, method: str, momentum: str, v0: Any = None) -> tuple[Any, Any]:
    """Return the reference trajectories (n, STEPS + 1, d) and the last momentum buffer."""
    grad, starts = STARTS[name]
    x = np.array(starts)
    v = np.zeros_like(x) if v0 is None else np.array(v0)
    path = [x]
    for _ in range(STEPS):
        x, v = MOVES[momentum][0](x, v, DIRECTIONS[method](grad, x, RHO), ETA, BETA)
        path.append(x)
    return np.stack(path, axis=1), v


COMBINATIONS = [(name, method, momentum) for name in STARTS for method in DIRECTIONS for momentum in MOVES]


def test_the_table_has_every_method_and_every_momentum() -> None:
    assert set(DIRECTIONS) == {part.name for part in PERTURBATIONS}
    assert set(MOVES) == {part.name for part in MOMENTA}


def agree(found: Any, wanted: Any) -> None:
    """Assert equality to 1e-12 of the size: some 50 steps of rounding, in no chaotic place."""
    assert np.abs(wanted).max() < 100
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("name", "method", "momentum"), COMBINATIONS)
def test_the_printed_kernel_walks_as_the_paper_says(name: str, method: str, momentum: str) -> None:
    run = ss.simulate(named(name), text(method, momentum), STARTS[name][1], STEPS, engine="plain")
    path, v = walk(name, method, momentum)
    agree(run.x, path)
    if momentum == "none":
        assert run.v_final is None
    else:
        agree(run.v_final, v)


@pytest.mark.parametrize(("name", "method", "momentum"), COMBINATIONS)
def test_the_formula_on_arrays_walks_as_the_paper_says(name: str, method: str, momentum: str) -> None:
    tick = ss.step(named(name), ss.method(text(method, momentum)))
    path, last = walk(name, method, momentum)
    x = np.array(STARTS[name][1])
    v = np.zeros_like(x)
    for k in range(STEPS):
        x, v = (tick(x), v) if momentum == "none" else tick(x, v)
        agree(x, path[:, k + 1])
    agree(v, last)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "method", "momentum"), COMBINATIONS)
def test_the_compiled_kernel_walks_as_the_paper_says(name: str, method: str, momentum: str) -> None:
    run = ss.simulate(named(name), text(method, momentum), STARTS[name][1], STEPS, engine="compiled")
    agree(run.x, walk(name, method, momentum)[0])


@pytest.mark.parametrize("momentum", ["heavy ball", "Nesterov"])
def test_a_run_goes_on_from_a_momentum_buffer(momentum: str) -> None:
    v0 = [[3.0, -2.0], [0.0, 1.0], [-1.0, 0.5]]
    run = ss.simulate(named("saddle"), text("sam", momentum), STARTS["saddle"][1], STEPS, v0=v0)
    path, v = walk("saddle", "sam", momentum, v0)
    agree(run.x, path)
    agree(run.v_final, v)


@pytest.mark.parametrize(("name", "method", "momentum"), COMBINATIONS)
def test_the_jacobian_is_the_derivative_of_the_papers_map(name: str, method: str, momentum: str) -> None:
    """Against complex steps of 1e-30 through the reference: exact but for rounding, so 1e-11 of the largest entry."""
    grad, starts = STARTS[name]
    x = np.array(starts[0])
    v = np.linspace(0.5, -1.0, x.size)
    d = x.size
    columns = []
    for k in range(d if momentum == "none" else 2 * d):
        bump = np.zeros(2 * d, dtype=complex)
        bump[k] = 1e-30j
        at, buffer = x + bump[:d], v + bump[d:]
        moved = MOVES[momentum][0](at, buffer, DIRECTIONS[method](grad, at, RHO), ETA, BETA)
        columns.append(np.concatenate(moved[: 1 if momentum == "none" else 2]).imag / 1e-30)
    found = ss.jacobian(named(name), ss.method(text(method, momentum)), x, v)
    wanted = np.stack(columns, axis=1)
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-11 * np.abs(wanted).max())


def test_the_jacobian_is_refused_where_the_map_is_not_smooth() -> None:
    with pytest.raises(UsageError, match="not smooth"):
        ss.jacobian(named("saddle"), ss.method("sam:rho=0.1"), np.zeros(2))
    found = ss.jacobian(named("saddle"), ss.method("usam:rho=0.1,eta=0.01"), np.zeros(2))
    np.testing.assert_allclose(found, np.diag([1 - 0.01 * 2 * 1.2, 1 + 0.01 * 2 * 0.8]), rtol=1e-15)


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_the_mean_step_on_a_line_knows_how_often_the_sign_of_a_noisy_gradient_changes(beta: float) -> None:
    h, rho, sigma, eta = 2.0, 0.3, 0.5, 0.1
    line = ss.landscape("h*x^2/2", params={"h": h})
    found = ss.jacobian(line, ss.method("sam", sigma=sigma, rho=rho, eta=eta, beta=beta), np.zeros(1))
    # E sign(h x + sigma z) = erf(h x/(sigma √2)), whose slope at 0 is h √(2/π)/sigma
    slope = h * (1 + rho * h * np.sqrt(2 / np.pi) / sigma)
    wanted = [[1 - eta * slope, -eta * beta], [slope, beta]] if beta else [[1 - eta * slope]]
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_at_a_maximum_on_a_line_noise_frees_sam_below_a_radius() -> None:
    """There cos x's SAM sees ∓ sin rho: its mean turns inwards from tan rho = sigma √(π/2) on, rho = 0.4648."""
    top = next(p.id for p in named("cosine").critical_points if p.x[0] == 0)
    cases = (("sam:rho=0.46", "repels"), ("sam:rho=0.47", "attracts"), ("sam@sde2:rho=0.3", "unknown"))
    for text, verdict in cases:
        found = local_behaviour(named("cosine"), ss.method(f"{text},sigma=0.4,eta=0.05"))
        assert next(each["verdict"] for each in found if each["id"] == top) == verdict


@pytest.mark.parametrize(
    "piece", [ss.step, lambda L, m: ss.jacobian(L, m, np.ones(2))], ids=["step", "jacobian"]
)
def test_pieces_for_study_take_one_method_at_a_time(piece: Any) -> None:
    with pytest.raises(UsageError, match="rho has 2 values"):
        piece(named("saddle"), ss.method("sam:rho=0.1|0.2"))


SPECIAL = [[1.0, 1.5], [3.0, 0.5], [0.0, 1.0], [-0.0, 0.0], [0.0, -0.0], [4.5, 4.5], [1e5, 1e5], [1e40, 1.0]]


@pytest.mark.parametrize("momentum", MOVES)
@pytest.mark.parametrize("method", ["sam", "usam"])
@pytest.mark.parametrize("name", ["beale", "saddle"])
def test_rho_zero_is_gradient_descent_bit_for_bit(name: str, method: str, momentum: str) -> None:
    still = f"{method}:rho=0,eta=0.001{MOVES[momentum][1]}"
    plain = f"gd:eta=0.001{MOVES[momentum][1]}"
    runs = [ss.simulate(named(name), m, SPECIAL, 130, engine="plain") for m in (still, plain)]
    still_there, there = (
        np.isfinite(r.x) for r in runs
    )  # once a position has overflowed there is nothing to compare
    assert np.array_equal(still_there, there)
    assert np.array_equal(
        runs[0].x[there], runs[1].x[there]
    )  # -0.0 + 0.0 is 0.0: the sign of a zero may differ


def test_a_unit_vector_of_a_zero_gradient_is_zero() -> None:
    for momentum in MOVES:
        run = ss.simulate(named("saddle"), text("sam", momentum), [[0.0, 0.0], [-0.0, 0.0]], STEPS)
        assert np.array_equal(run.x, np.zeros_like(run.x))
        minimum = ss.simulate(named("beale"), text("sam", momentum), [[3.0, 0.5]], STEPS)
        assert np.array_equal(minimum.final, [[3.0, 0.5]])


# ---- the text of the kernel ---------------------------------------------------------------------------------------


def test_sam_can_be_checked_by_eye() -> None:
    source = ss.kernel_source(named("beale"), ss.method("sam"))
    assert "    g = gradient(x)\n    return plus(x, times(rho*recip(norm(g)), g))\n" in source
    assert "    return minus(x, times(eta, gradient(at)))\n" in source


def test_numbers_are_not_in_the_kernel() -> None:
    texts = ("sam:rho=0.1,eta=1e-3", "sam:rho=7,eta=0.3", "sam", "sam:rho=0.1|0.2")
    assert len({ss.kernel_source(named("beale"), ss.method(m)) for m in texts}) == 1
    other = named("quartic").with_params(c=7.0)
    assert ss.kernel_source(other, ss.method("gd")) == ss.kernel_source(named("quartic"), ss.method("gd"))


def test_every_combination_is_another_kernel() -> None:
    sources = {ss.kernel_source(named(n), ss.method(text(m, k))) for n, m, k in COMBINATIONS}
    fast = {ss.kernel_source(named(n), ss.method(text(m, k)), fast=True) for n, m, k in COMBINATIONS}
    assert len(sources | fast) == 2 * len(COMBINATIONS)


def test_fast_mode_never_assumes_that_numbers_are_finite() -> None:
    source = ss.kernel_source(named("beale"), ss.method("sam"), fast=True)
    assert 'FAST = {"contract", "nsz", "arcp"}\n' in source
    assert not any(flag in source for flag in ("nnan", "ninf", "reassoc", "fastmath=True"))


PRINT_DIGESTS = """
import hashlib, saddlescape as ss
formulas = ["exp(a*x)*sin(b*y) + c*x^2*y/(1 + y^2) + sqrt(d + x^2*y^2)", "(x1*x2*x3 - k)^2/2 + l*log(1 + x1^2 + x3^4)"]
for f, p in zip(formulas, ({"a": 1, "b": 2, "c": 3, "d": 4}, {"k": 1, "l": 2})):
    L = ss.landscape(f, params=p)
    text = repr(L.derived) + "".join(ss.kernel_source(L, ss.method(m)) for m in ("sam:beta=0.9", "usam:rho=1"))
    print(hashlib.sha256(text.encode()).hexdigest())
"""


def test_programs_and_kernels_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    started = []
    for seed in ("0", "1", "2"):
        new = {"PYTHONHASHSEED": seed, "SADDLESCAPE_CACHE": str(tmp_path / seed)}
        more: dict[str, Any] = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "env": {**os.environ, **new},
            "text": True,
        }
        started.append(subprocess.Popen([sys.executable, "-c", PRINT_DIGESTS], **more))
    answers = [process.communicate(timeout=120) for process in started]
    assert all(process.returncode == 0 for process in started), answers
    assert len(answers[0][0].split()) == 2
    assert len({said for said, _ in answers}) == 1


@pytest.mark.parametrize(("d", "rank"), [(3, 3), (3, 2), (3, 0), (4, 4), (4, 1), (5, 3)])
def test_a_lower_root_is_a_root_whatever_the_rank(d: int, rank: int) -> None:
    """Applied to the unit vectors it gives the columns of L, and L Lᵀ is the matrix: printed and as arrays."""
    columns = np.random.default_rng(d).normal(size=(d, rank)) * 10.0 ** np.arange(rank)
    matrix = columns @ columns.T
    upper = [float(matrix[i, j]) for i in range(d) for j in range(i, d)]
    recip = "def recip(n):\n    return 0.0 if n == 0.0 else 1.0/n\n"
    space: dict[str, Any] = {"sqrt": np.sqrt, "inline": lambda f: f}
    exec(recip + "\n".join(helpers({"lower_root"}, d)), space)
    for root in (space["lower_root"], lambda *a: ARRAYS["lower_root"](*a[:-1], np.array(a[-1]))):
        lower = np.array([root(*upper, tuple(map(float, e))) for e in np.eye(d)]).T
        np.testing.assert_allclose(
            lower @ lower.T, matrix, rtol=1e-11, atol=1e-11 * np.abs(matrix).max(initial=0)
        )
