"""What a tick draws: batches of exact frequency, normals, the same for every method of a seed, whoever computes it."""

from __future__ import annotations

from collections import Counter
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2, kstest

import saddlescape as ss
from saddlescape.dynamics.evaluate import covariance
from saddlescape.dynamics.laws import law
from saddlescape.errors import Interrupted

SIX = "linear_regression_2d"


def walk(name: str, text: str, x0: Any, steps: int, **more: Any) -> Any:
    """Return the positions of a run in plain Python."""
    L = ss.landscape(name) if isinstance(name, str) else name
    return ss.simulate(L, text, x0, steps, engine=more.pop("engine", "plain"), **more).x


def drawn_weights(n: int, keys: str, steps: int, lanes: int, seed: int = 11) -> Any:
    """Return the weights of the samples in every step, (lanes, steps, n): read off samples f_i = x_i, whose gradients are
    unit vectors, so that a step moves by −eta w."""
    names = [f"x{i}" for i in range(1, n + 1)]
    L = ss.landscape("(" + " + ".join(names) + f")/{n}", samples=names)
    return -np.diff(walk(L, f"gd:eta=1,{keys}", np.zeros((lanes, n)), steps, seed=seed), axis=1)


def atoms_by_hand(n: int, batch: int, replace: bool) -> Counter[tuple[float, ...]]:
    """Return weights → probability by listing all ordered draws."""
    ways = list(product(range(n), repeat=batch) if replace else permutations(range(n), batch))
    found: Counter[tuple[float, ...]] = Counter()
    for way in ways:
        found[tuple(way.count(i) / batch for i in range(n))] += 1 / len(ways)  # type: ignore[assignment]
    return found


def rounded(weights: Any) -> list[tuple[float, ...]]:
    """Return rows of weights as keys of a table: they were read off differences of positions."""
    return [tuple(row) for row in np.round(weights, 6).tolist()]


BATCHES = [
    (3, 1, False),
    (3, 2, False),
    (4, 2, False),
    (5, 3, False),
    (3, 1, True),
    (3, 2, True),
    (2, 4, True),
]


@pytest.mark.parametrize(("n", "batch", "replace"), BATCHES)
def test_batches_come_with_their_exact_frequencies(n: int, batch: int, replace: bool) -> None:
    """χ² of 4000 draws, p above 1e-4; no others come. The law of the faces has the same atoms and probabilities."""
    weights = drawn_weights(n, f"batch={batch}" + (",replace=true" if replace else ""), 200, 20)
    seen = Counter(rounded(weights.reshape(-1, n)))
    wanted = {rounded(np.array([w]))[0]: p for w, p in atoms_by_hand(n, batch, replace).items()}
    assert set(seen) <= set(wanted)
    total = sum(seen.values())
    misfit = sum((seen[w] - total * p) ** 2 / (total * p) for w, p in wanted.items())
    assert chi2.sf(misfit, len(wanted) - 1) > 1e-4
    noise = ss.method(f"gd:batch={batch}" + (",replace=true" if replace else "")).noise
    atoms = law(noise, n, 2, looks=False).atoms
    assert sum(p for p, _ in atoms) == pytest.approx(1.0, rel=1e-14)
    found = {rounded(np.array([d.step[0]]))[0]: p for p, d in atoms}
    assert found == pytest.approx(wanted, rel=1e-12)


def test_batches_of_successive_steps_and_of_neighbours_are_independent() -> None:
    """χ² of pairs of draws, one after the other and side by side, p above 1e-4."""
    weights = drawn_weights(3, "batch=1", 400, 20)
    which = np.argmax(weights, axis=2)
    for first, second in ((which[:, :-1], which[:, 1:]), (which[:-1], which[1:])):
        seen = np.bincount((3 * first + second).ravel(), minlength=9)
        misfit = np.sum((seen - seen.sum() / 9) ** 2 / (seen.sum() / 9))
        assert chi2.sf(misfit, 8) > 1e-4


def grouped(keys: str, steps: int, lanes: int) -> Any:
    """Return per step the order-free pair of samples in two groups of one, read off a direction that is not linear in the
    batch: USAM of samples with unlike curvature, one group at a time. Values are sums a_i + a_j, all different."""
    L = ss.landscape("(x^2/2 + 2*x^2 + 9/2*x^2)/3", samples=["x^2/2", "2*x^2", "9/2*x^2"])
    x = walk(L, f"usam:rho=0.5,eta=1e-4,{keys}", np.ones((lanes, 1)), steps, seed=12)[..., 0]
    return -np.diff(x, axis=1) / x[:, :-1] / 1e-4


@pytest.mark.parametrize("replace", [False, True])
def test_groups_of_a_batch_are_perturbed_on_their_own(replace: bool) -> None:
    """m = 1 of batch = 2: G/x = (a_i + a_j)/2, a = h (1 + h/2), with the frequencies of the pairs."""
    h = np.array([1.0, 4.0, 9.0])
    a = h * (1 + 0.5 * h)
    keys = "batch=2,m=1" + (",replace=true" if replace else "")
    seen = Counter(np.round(grouped(keys, 200, 20), 5).ravel().tolist())
    pairs = list(product(range(3), repeat=2)) if replace else list(permutations(range(3), 2))
    wanted: Counter[float] = Counter()
    for i, j in pairs:
        wanted[round(float(a[i] + a[j]) / 2, 5)] += 1 / len(pairs)  # type: ignore[assignment]
    assert set(seen) == set(wanted)
    total = sum(seen.values())
    misfit = sum((seen[w] - total * p) ** 2 / (total * p) for w, p in wanted.items())
    assert chi2.sf(misfit, len(wanted) - 1) > 1e-4
    atoms = law(ss.method(f"usam:{keys}").noise, 3, 1, looks=True).atoms
    found: Counter[float] = Counter()
    for p, d in atoms:
        found[round(float(np.mean([np.dot(w, a) for w in d.step])), 5)] += p  # type: ignore[assignment]
    assert dict(found) == pytest.approx(dict(wanted), rel=1e-12)


def test_a_fresh_ascent_draws_a_batch_of_its_own() -> None:
    """USAM with one sample up, another one down: G/x = h_i (1 + rho h_j), all nine pairs with χ² p above 1e-4."""
    h = np.array([1.0, 4.0, 9.0])
    seen = Counter(np.round(grouped("batch=1,ascent=fresh", 200, 20), 5).ravel().tolist())
    wanted = [round(float(i * (1 + 0.5 * j)), 5) for i in h for j in h]
    assert set(seen) == set(wanted)
    total = sum(seen.values())
    misfit = sum((seen[w] - total / 9) ** 2 / (total / 9) for w in wanted)
    assert chi2.sf(misfit, 8) > 1e-4
    atoms = law(ss.method("usam:batch=1,ascent=fresh").noise, 3, 1, looks=True).atoms
    assert [p for p, _ in atoms] == pytest.approx([1 / 9] * 9)


# ---- Gaussian noise ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "shape", "variances"),
    [
        ("x - 2*y", "iso", [0.49, 0.49]),
        ("x^2 - 3*y^2/2", "hessian", [0.49 * 2, 0.49 * 3]),
        ("5*x*y", "hessian", [0.49 * 5, 0.49 * 5]),
    ],
)
def test_gaussian_noise_has_variance_sigma_squared_or_times_the_curvature(
    formula: str, shape: str, variances: list[float]
) -> None:
    """sigma 0.7, 4000 draws: variances and correlation within 4.5 standard errors, normal by Kolmogorov–Smirnov."""
    L = ss.landscape(formula)
    x = walk(L, f"gd:sigma=0.7,noise={shape},eta=1e-3", np.full((20, 2), 0.3), 200, seed=13)
    kicks = (-np.diff(x, axis=1) / 1e-3 - L.grad(x[:, :-1])).reshape(-1, 2) / np.sqrt(variances)
    n = len(kicks)
    assert np.abs(kicks.mean(axis=0)).max() < 4.5 / np.sqrt(n)
    assert np.abs(kicks.var(axis=0) - 1).max() < 4.5 * np.sqrt(2 / n)
    assert abs(np.corrcoef(kicks.T)[0, 1]) < 4.5 / np.sqrt(n)
    assert kstest(kicks.ravel(), "norm").pvalue > 1e-4


def test_noise_of_the_hessian_is_the_root_of_its_modulus() -> None:
    """√|H| z by SciPy's matrix root, on a Hessian with both signs."""
    from scipy.linalg import sqrtm

    L = ss.landscape("beale")
    x, z = np.array([0.2, 0.8]), np.array([0.4, -1.1])
    H = L.hessian(x)
    assert np.linalg.det(H) < 0
    found = ss.step(L, ss.method("gd:sigma=0.3,noise=hessian,eta=0.01"))(x, z=z)
    root = np.real(sqrtm(np.real(sqrtm(H @ H))))
    np.testing.assert_allclose(found, x - 0.01 * (L.grad(x) + 0.3 * root @ z), rtol=1e-10)


# ---- common random numbers -----------------------------------------------------------------------------------------


def normals(eta: float, sigma: float, start: Any, steps: int, seed: int) -> Any:
    """Return the normals a run draws: those of gradient descent on a plane."""
    L = ss.landscape("x + y")
    x = walk(L, f"gd:sigma={sigma},eta={eta}", np.zeros_like(start), steps, seed=seed)
    return (-np.diff(x, axis=1) / eta - 1) / sigma


STARTS = np.array([[1.0, 0.9], [0.3, -0.8], [2.5, 0.2]])


@pytest.mark.parametrize(
    "method", ["gd", "sam:rho=0.1", "usam:rho=0.01", "dnsam:rho=0.1", "sam:ascent=full,rho=0.1"]
)
def test_every_method_of_a_seed_sees_the_same_normals(method: str) -> None:
    """The run is the formula on the normals that another method drew: 1e-9 after 10 steps (they were read off)."""
    L = ss.landscape("beale")
    text = f"{method}{',' if ':' in method else ':'}sigma=0.5,eta=1e-3"
    z = normals(1.0, 0.5, STARTS, 10, 14)
    x, tick = STARTS, ss.step(L, ss.method(text))
    for k in range(10):
        x = tick(x, z=z[:, k])
    np.testing.assert_allclose(walk("beale", text, STARTS, 10, seed=14)[:, -1], x, rtol=1e-9)


@pytest.mark.parametrize(
    "method", ["gd", "sam:rho=0.1", "usam:rho=0.01", "sam:ascent=full,rho=0.1", "gd:beta=0.9"]
)
def test_every_method_of_a_seed_sees_the_same_batches(method: str) -> None:
    """Against plain NumPy: weights read off linear samples, gradients of Beale's samples by hand."""
    w = np.round(2 * drawn_weights(3, "batch=2", 10, 3, seed=15)) / 2
    text = f"{method}{',' if ':' in method else ':'}batch=2,eta=1e-3"

    def grad(x: Any, weights: Any) -> Any:
        a, b = x[:, 0], x[:, 1]
        parts = []
        for i, c in enumerate((1.5, 2.25, 2.625), start=1):
            r = c - a + a * b**i
            parts.append((6 * r)[:, None] * np.stack([b**i - 1, i * a * b ** (i - 1)], axis=1))
        return np.einsum("kn,nkd->kd", weights, np.array(parts))

    x, v = STARTS.copy(), np.zeros_like(STARTS)
    for k in range(10):
        seen = np.full((3, 3), 1 / 3) if "full" in method else w[:, k]
        g = grad(x, seen)
        s = np.zeros_like(x)
        if method.startswith("sam"):
            s = 0.1 * g / np.linalg.norm(g, axis=1, keepdims=True)
        elif method.startswith("usam"):
            s = 0.01 * g
        v = (0.9 if "beta" in method else 0.0) * v + grad(x + s, w[:, k])
        x = x - 1e-3 * v
    np.testing.assert_allclose(walk("beale", text, STARTS, 10, seed=15)[:, -1], x, rtol=1e-10)


def test_full_ascent_leaves_the_displacement_free_of_noise() -> None:
    """On a saddle of samples with one Hessian: G = g_i + H s(g), so that G − g_i is the same for every batch."""
    L = ss.landscape("saddle")
    x = np.tile([0.7, -0.2], (4, 1))
    moved = {
        kind: (x - ss.step(L, ss.method(f"sam:batch=1,rho=0.3,eta=1,ascent={kind}"))(x, w0=np.eye(4)))
        - L.sample_grads(x[0])
        for kind in ("full", "same")
    }
    g = L.grad(x[0])
    wanted = np.array([2.0, -2.0]) * 0.3 * g / np.linalg.norm(g)
    np.testing.assert_allclose(moved["full"], np.tile(wanted, (4, 1)), rtol=1e-12)
    assert np.ptp(moved["same"], axis=0).min() > 0.05


# ---- the same, however it is said or computed ----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sam", "usam"])
def test_one_group_of_the_whole_batch_is_the_batch(method: str) -> None:
    a = walk(SIX, f"{method}:batch=3,m=3,rho=0.1", [1.0, 1.0], 30)
    b = walk(SIX, f"{method}:batch=3,rho=0.1", [1.0, 1.0], 30)
    assert np.array_equal(a, b)
    c = walk(SIX, f"{method}:batch=3,m=1,rho=0.1", [1.0, 1.0], 30)
    assert not np.allclose(a, c, rtol=1e-6)


@pytest.mark.parametrize("method", ["gd", "sam:rho=0.1", "usam:rho=0.05,beta=0.5"])
@pytest.mark.parametrize(("name", "n"), [("beale", 3), ("saddle", 4), (SIX, 6)])
def test_a_batch_of_all_samples_is_the_full_batch(name: str, n: int, method: str) -> None:
    """To 1e-12: the sum over samples rounds otherwise than the loss."""
    text = f"{method}{',' if ':' in method else ':'}eta=1e-3"
    found, wanted = (walk(name, text + more, STARTS, 30) for more in (f",batch={n}", ""))
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_sgd_is_gradient_descent_on_one_sample() -> None:
    assert ss.method("sgd").text == "sgd"
    assert ss.method("gd:batch=1").text == "sgd"
    assert ss.method("sgd:eta=0.1") == ss.method("gd:batch=1,eta=0.1")
    assert ss.method("sgd:batch=2").text == "gd:batch=2"
    assert np.array_equal(walk(SIX, "sgd", [1.0, 1.0], 20), walk(SIX, "gd:batch=1", [1.0, 1.0], 20))


RANDOM = {
    "map": "sam:batch=1,sigma=0.2,rho=0.1,eta=0.01",
    "SDE": "gd@sde2:sigma=0.2,eta=0.04,dt=0.01",
    "SDE of batches": "usam@sde2:batch=1,sigma=0.2,ascent=full,rho=0.1,eta=0.04,dt=0.01",
}


#: long to compile: two Brownian motions, of sigma and of the batches
SLOW = pytest.param("SDE of batches", marks=pytest.mark.slow)


@pytest.fixture(scope="module", params=["map", "SDE", SLOW])
def compiled(request: Any) -> tuple[str, Any, Any]:
    """A random method, 150 starts, and its compiled run."""
    starts = np.random.default_rng(16).uniform([0.5, 0.0], [1.5, 1.0], (150, 2))
    return (
        RANDOM[request.param],
        starts,
        ss.simulate(ss.landscape("saddle"), RANDOM[request.param], starts, 40, seed=17, engine="compiled"),
    )


def test_plain_and_compiled_runs_agree_in_every_bit(compiled: Any) -> None:
    text, starts, run = compiled
    assert np.isfinite(run.x).all()
    assert np.array_equal(walk("saddle", text, starts[:70], 40, seed=17), run.x[:70])


def test_threads_blocks_and_order_change_nothing(compiled: Any) -> None:
    text, starts, run = compiled
    for threads, block in ((1, None), (2, 64), (3, 64), (2, 128)):
        again = walk("saddle", text, starts, 40, seed=17, threads=threads, block=block, engine="compiled")
        assert np.array_equal(again, run.x)
    order = np.random.default_rng(18).permutation(150)
    again = walk("saddle", text, starts[order], 40, seed=17, streams=order, engine="compiled")
    assert np.array_equal(again, run.x[order])
    assert not np.array_equal(
        walk("saddle", text, starts[order], 40, seed=17, engine="compiled"), run.x[order]
    )


def test_what_is_recorded_does_not_change_what_is_drawn(compiled: Any) -> None:
    text, starts, run = compiled
    assert np.array_equal(
        walk("saddle", text, starts, 40, seed=17, every=7, engine="compiled")[:, :-1], run.x[:, :40:7]
    )


def test_seeds_and_streams_are_different_noise(compiled: Any) -> None:
    text, starts, run = compiled
    same = np.tile(starts[:1], (3, 1))
    x = walk("saddle", text, same, 40, seed=17, streams=[0, 0, 1])
    assert np.array_equal(x[0], run.x[0])
    assert np.array_equal(x[0], x[1])
    assert not np.array_equal(x[0], x[2])
    for seed in (18, 17 + 2**32):  # both words of a seed count
        assert not np.array_equal(walk("saddle", text, same[:1], 40, seed=seed)[0], x[0])


@pytest.mark.parametrize("kind", RANDOM)
def test_a_resumed_run_is_the_straight_run(kind: str) -> None:
    """Interrupted after the first of several pieces of work."""
    starts = STARTS[[0, 1, 2, 0, 1, 2]]

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    L, more = ss.landscape("saddle"), {"seed": 19, "engine": "plain", "block": 1, "threads": 1}
    straight = ss.simulate(L, RANDOM[kind], starts, 400, **more)  # type: ignore[arg-type]
    with pytest.raises(Interrupted) as held:
        ss.simulate(L, RANDOM[kind], starts, 400, progress=stop, **more)  # type: ignore[arg-type]
    assert not held.value.partial.done.all()
    resumed = ss.simulate(L, RANDOM[kind], starts, 400, resume=held.value.partial, **more)  # type: ignore[arg-type]
    assert np.array_equal(resumed.x, straight.x)


# ---- the noise of SDEs ---------------------------------------------------------------------------------------------

KICKS = {
    "one normal per atom": ("beale", "sam@sde2:batch=1,rho=0.1", ["xi0", "xi1", "xi2"]),
    "exact": ("beale", "sam@sde2:batch=1,rho=0.1,cov=exact", ["xi0", "xi1", "xi2"]),
    "literal to rho": ("beale", "sam@sde2:batch=1,rho=0.05,cov=literal", ["db"]),
    "literal to rho²": ("beale", "sam@sde3:batch=1,rho=0.05,cov=literal", ["db"]),
    "literal and clipped": ("beale", "sam@sde2:batch=1,rho=0.1,cov=literal", ["db"]),
    "a root of the matrix": (SIX, "usam@sde2:batch=5,rho=0.1", ["db"]),
    "additive": ("beale", "sam@sde3:sigma=0.7,ascent=full,rho=0.1", ["dw"]),
    "additive, by curvature": ("beale", "gd@sde2:sigma=0.7,noise=hessian", ["dw"]),
    "both": ("beale", "usam@sde2:batch=1,sigma=0.7,ascent=full,rho=0.01", ["dw", "xi0", "xi1", "xi2"]),
}


@pytest.mark.parametrize("case", KICKS)
def test_the_kick_of_an_SDE_has_the_covariance_of_its_direction(case: str) -> None:
    """A tick with one increment at a time, the others 0, less that without: columns whose products sum to η C."""
    name, text, names = KICKS[case]
    L, m, x = ss.landscape(name), ss.method(text, eta=0.01), np.array([0.4, 1.3])
    wanted = covariance(L, m)(x)
    values, vectors = np.linalg.eigh(covariance(L, m, clip=False)(x))
    assert (values[0] < 0) == ("clipped" in case)
    by_hand = vectors @ np.diag(np.maximum(values, 0.0)) @ vectors.T
    np.testing.assert_allclose(wanted, by_hand, rtol=1e-9, atol=1e-9 * np.abs(by_hand).max())
    tick = ss.step(L, m)
    still = {n: np.float64(0.0) if n.startswith("xi") else np.zeros(2) for n in names}
    columns = []
    for n in names:
        for one in [np.float64(1.0)] if n.startswith("xi") else np.eye(2):
            columns.append(tick(x, **{**still, n: one}) - tick(x, **still))
    found = np.array(columns).T @ np.array(columns) / 0.01
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9 * np.abs(wanted).max())
