"""Basins: fates of every pixel, against full runs, SciPy, closed forms and published numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar

import saddlescape as ss
from saddlescape.analysis.pixels import pixels
from saddlescape.answers.basins import RULES
from saddlescape.dynamics.capture import distance
from saddlescape.dynamics.certain import Certain
from saddlescape.dynamics.deciding import looks
from saddlescape.dynamics.link import CHECK
from saddlescape.dynamics.zone import CELLS, Zone
from saddlescape.errors import Interrupted, UsageError
from saddlescape.results import STATUSES

BEALE, HIMMELBLAU = ss.landscape("beale"), ss.landscape("himmelblau")
QUARTET = ss.landscape("(x^2-1)^2 + (y^2-1)^2")
SADDLE = ss.landscape("x^2 - y^2", domain=((-4.5, 4.5), (-4.5, 4.5)))


def ids(masked: Any) -> Any:
    return np.ma.filled(masked, -1)


def reached(points: Any, x: Any, within: float) -> Any:
    """Return the place among ``points`` of the one that is nearer than ``within`` to each of ``x``, −1 for none."""
    away = np.linalg.norm(x[:, None] - points, axis=2)
    return np.where(away.min(axis=1) <= within, away.argmin(axis=1), -1)


# ---- what a full run says ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("landscape", "method", "steps"),
    [
        (BEALE, "gd:eta=1e-3", 1200),  # bowls
        (BEALE, "sam:eta=1e-3,rho=0.3", 1200),  # kept balls, captures at the saddle, cycles
        (HIMMELBLAU, "gd:eta=0.016", 400),  # cycles, divergence
        (HIMMELBLAU, "gd:eta=0.005,beta=0.8", 400),  # nothing is decided early
        pytest.param(SADDLE, "sam@flow:rho=0.5,eta=0.01,dt=0.01", 300, marks=pytest.mark.slow),
    ],
    ids=["gd", "sam", "cycling", "momentum", "flow"],
)
def test_deciding_early_changes_no_fate(landscape: Any, method: str, steps: int) -> None:
    asked: dict[str, Any] = {"resolution": 12, "steps": steps, "engine": "plain" if method < "h" else "auto"}
    early = ss.basins(landscape, method, **asked)
    whole = ss.basins(landscape, method, early=False, **asked)
    run = ss.simulate(
        landscape, method, pixels(landscape, 12).starts(), steps, every=steps, engine=asked["engine"]
    )
    np.testing.assert_array_equal(ids(whole.fate).ravel(), ids(run.fate))
    np.testing.assert_array_equal(np.array(STATUSES)[whole.status].ravel(), run.status)
    np.testing.assert_array_equal(ids(whole.point).ravel(), ids(run.point))
    far = np.where(ids(run.point) >= 0, run.distance, np.nan)
    np.testing.assert_array_equal(whole.distance.ravel(), far.astype(np.float32))
    # what is decided before the end has its fate without having arrived; nothing else may differ
    np.testing.assert_array_equal(ids(early.fate), ids(whole.fate))
    differ = early.status != whole.status
    assert np.all(np.array(STATUSES)[early.status[differ]] == "moving")
    assert np.all(early.rule[differ] > 0)
    decided = ids(early.fate) >= 0
    assert np.all(early.when[decided] <= whole.when[decided] + 1e-12)


def test_engines_threads_and_pieces_give_the_same() -> None:
    asked: dict[str, Any] = {"resolution": (12, 9), "steps": 300}
    one = ss.basins(BEALE, "sam:eta=1e-3,rho=0.3", engine="plain", threads=1, **asked)
    two = ss.basins(BEALE, "sam:eta=1e-3,rho=0.3", engine="compiled", threads=2, **asked)
    for name in ("status", "rule", "when", "distance"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    np.testing.assert_array_equal(ids(one.fate), ids(two.fate))
    assert one.shape == (9, 12)


def test_a_random_method_that_is_continued_sees_the_noise_of_the_longer_run() -> None:
    method, asked = (
        "sam:batch=1,eta=1e-3,rho=0.3",
        {"resolution": 4, "runs": 2, "early": False, "engine": "plain"},
    )
    short = ss.basins(BEALE, method, steps=100, more=1, **asked)
    long = ss.basins(BEALE, method, steps=200, **asked)
    # judged at 100 and 200 ticks by windows of the same length; what was not continued may not differ either
    moved = ~np.isin(np.array(STATUSES)[short.status], ["converged", "trapped"])
    assert moved.any()
    np.testing.assert_array_equal(short.status[moved], long.status[moved])


# ---- against SciPy -------------------------------------------------------------------------------------------------
def _far_from_borders(fate: Any) -> Any:
    """Pixels whose eight neighbours end where they do: a separatrix is more than a cell away."""
    padded = np.pad(fate, 1, mode="edge")
    shifted = [padded[i : i + fate.shape[0], j : j + fate.shape[1]] for i in range(3) for j in range(3)]
    return np.all([each == fate for each in shifted], axis=0)


def _dop853(landscape: Any, starts: Any, time: float) -> Any:
    """Follow dx/dt = −∇f from every start at once, the gradient written here."""
    gradients = {
        QUARTET: lambda x, y: (4 * x * (x * x - 1), 4 * y * (y * y - 1)),
        HIMMELBLAU: lambda x, y: (
            4 * x * (x * x + y - 11) + 2 * (x + y * y - 7),
            2 * (x * x + y - 11) + 4 * y * (x + y * y - 7),
        ),
    }
    gradient = gradients[landscape]

    def field(_: float, state: Any) -> Any:
        x, y = state.reshape(2, -1)
        return -np.concatenate(gradient(x, y))

    # errors are per component of one large system: the norm is a root mean square, so ask for much more than is needed
    found = solve_ivp(field, (0, time), starts.T.ravel(), method="DOP853", rtol=1e-10, atol=1e-12)
    return found.y[:, -1].reshape(2, -1).T


@pytest.mark.parametrize("landscape", [QUARTET, HIMMELBLAU], ids=["double well", "himmelblau"])
@pytest.mark.parametrize("n", [24, pytest.param(256, marks=pytest.mark.slow)])
def test_labels_of_the_flow_agree_with_dop853(landscape: Any, n: int) -> None:
    engine = "plain" if n < 100 else "auto"
    b = ss.basins(landscape, "gd@flow:dt=4e-3", resolution=n, time=4.0, engine=engine)
    x = np.stack(np.meshgrid(*b.axes), axis=-1).reshape(-1, 2)
    minima = [p for p in landscape.critical_points if p.kind == "minimum"]
    place = reached(np.array([p.x for p in minima]), _dop853(landscape, x, 6.0), 1e-3)
    reference = np.where(place >= 0, np.array([p.id for p in minima])[place], -1).reshape(b.shape)
    clear = _far_from_borders(reference)
    assert clear.mean() > 0.7
    np.testing.assert_array_equal(ids(b.fate)[clear], reference[clear])
    assert len(np.unique(reference[clear])) == 4


# ---- known pictures ------------------------------------------------------------------------------------------------
def test_gd_cycles_around_the_sharpest_minimum_of_himmelblau() -> None:
    """2/133.786 < eta < 2/105.419: the minimum near (−3.779, −3.283) repels, the other three keep their basins."""
    b = ss.basins(HIMMELBLAU, "gd:eta=0.016", resolution=32, steps=600, engine="plain")
    sharp = next(p for p in HIMMELBLAU.critical_points if np.allclose(p.x, (-3.779, -3.283), atol=1e-3))
    assert sharp.kind == "minimum"
    assert not np.any(ids(b.fate) == sharp.id)
    shares = b.fractions()
    assert f"converged:{sharp.id}" not in shares
    assert shares[f"cycling:{sharp.id}"] == pytest.approx(
        0.245, abs=0.02
    )  # about a quarter, on 32 × 32 pixels
    others = [p.id for p in HIMMELBLAU.critical_points if p.kind == "minimum" and p.id != sharp.id]
    for k in others:
        assert shares.get(f"converged:{k}", 0.0) + shares.get(f"decided:{k}", 0.0) > 0.2
    # the cycle itself, by plain NumPy: period 2, at a radius of 0.54 to 0.64
    at = np.argwhere(b.status == STATUSES.index("cycling"))[::12]
    x = np.array([(b.axes[0][i], b.axes[1][j]) for j, i in at])
    paths = [x]
    for _ in range(2002):
        x, y = paths[-1].T
        a, c = x * x + y - 11, x + y * y - 7
        paths.append(paths[-1] - 0.016 * np.stack([4 * x * a + 2 * c, 2 * a + 4 * y * c], axis=1))
    np.testing.assert_allclose(paths[-1], paths[-3], atol=1e-9)
    assert np.all(np.linalg.norm(paths[-1] - paths[-2], axis=1) > 0.5)
    radius = np.linalg.norm(np.array(paths[-2:]) - sharp.x, axis=2)
    assert 0.53 < radius.min() < radius.max() < 0.65
    # and what the map says of its distance is that of one of its two places
    far = b.distance[b.status == STATUSES.index("cycling")]
    assert np.all(np.abs(far[:, None] - [radius.min(), radius.max()]).min(axis=1) < 1e-4)
    median = f"{np.median(far):.2g}"
    assert median in (f"{radius.min():.2g}", f"{radius.max():.2g}")
    assert f"cycling {median} from minimum (-3.779, -3.283)" in b.summary()


@pytest.mark.parametrize("n", [48, pytest.param(192, marks=pytest.mark.slow)])
def test_the_share_that_sams_flow_traps_at_the_saddle(n: int) -> None:
    """x² − y² on [−4.5, 4.5]², rho 0.5, t = 12: 0.0636 of the window ends at the origin."""
    b = ss.basins(SADDLE, "sam@flow:rho=0.5,eta=0.01,dt=0.01", resolution=n, time=12.0)
    trapped = float(np.mean(ids(b.fate) == 0))
    # the region's edge is as long as 0.3 of the window's, so n² pixels tell its area to about 0.3/n^1.5
    assert trapped == pytest.approx(0.0636, abs=0.003)
    assert set(b.fractions()) <= {"trapped:0", "decided:0", "diverged", "left", "moving"}


def test_gd_descends_and_sam_stays_at_the_saddle_of_beale() -> None:
    gd, sam = (ss.basins(BEALE, f"{m}:eta=1e-3", resolution=16, steps=2500) for m in ("gd", "sam"))
    saddle = next(p.id for p in BEALE.critical_points if np.allclose(p.x, (0, 1), atol=1e-6))
    minimum = next(p.id for p in BEALE.critical_points if p.kind == "minimum")
    assert np.mean(ids(gd.fate) == minimum) > 0.7
    assert not np.any(ids(gd.fate) == saddle)
    assert np.mean(ids(sam.fate) == saddle) > 0.1


def test_slow_passage_near_a_saddle_is_no_capture() -> None:
    """On the stable manifold's two sides GD comes as near to (0, 1) as one likes, and leaves."""
    L = ss.landscape("x^2 - y^2 + y^4/4", domain=((-2, 2), (-3, 3)))  # saddle at 0, minima at y = ±√2
    b = ss.basins(L, "gd:eta=0.01", view=((-1, 1), (-1e-9, 1e-9)), resolution=(8, 4), steps=400)
    assert set(b.fractions()) == {"moving"}  # 400 steps are too few: e^(2·4)·1e-9 is still at the saddle
    more = ss.basins(L, "gd:eta=0.01", view=((-1, 1), (-1e-9, 1e-9)), resolution=(8, 4), steps=400, more=4)
    minima = {p.id for p in L.critical_points if p.kind == "minimum"}
    assert set(np.unique(ids(more.fate)).tolist()) == minima
    assert more.steps == 400 << 4
    assert np.all(more.when > 4.0)


@pytest.mark.slow
def test_a_continuum_of_minima_is_one_label() -> None:
    L = ss.landscape("(x*y - 1)^2", domain=((-3, 3), (-3, 3)))
    b = ss.basins(L, "gd:eta=0.01", view=((0.5, 2.5), (0.5, 2.5)), resolution=5, steps=3000)
    (curve,) = (p for p in L.critical_points if p.kind == "continuum" and p.samples[:, 0].min() > 0)
    assert b.fractions() == {f"converged:{curve.id}": 1.0}


@pytest.mark.parametrize(("method", "within"), [("gd", 6e-6), ("sam", 8 * 0.02 * 0.2 * 2)])
def test_arrival_at_a_curve_of_minima_is_seen_as_at_a_point(method: str, within: float) -> None:
    """(uv − 1)²/2: the distance to the hyperbola by a minimiser of SciPy, the steps written here; 10⁻⁶ of the domain's
    width, or 8·eta·rho·max|λ| with λ = 2 at (1, 1), is being there."""
    steps, rho = 400, 0.2 * (method == "sam")
    b = ss.basins(ss.landscape("uv"), method, view=((0.6, 2.8), (0.6, 2.8)), resolution=4, steps=steps)
    assert set(b.fractions()) == {"converged:1"}
    paths = [np.stack(np.meshgrid(*b.axes), axis=-1).reshape(-1, 2)]
    for _ in range(steps):
        x = paths[-1]
        g = (x.prod(axis=1) - 1)[:, None] * x[:, ::-1]
        y = x + rho * g / np.maximum(np.linalg.norm(g, axis=1, keepdims=True), 1e-300)
        paths.append(x - 0.02 * (y.prod(axis=1) - 1)[:, None] * y[:, ::-1])

    def away(u: float, v: float) -> float:
        nearest = minimize_scalar(
            lambda s: np.hypot(s - u, 1 / s - v), bounds=(0.2, 5), method="bounded", options={"xatol": 1e-12}
        )
        return float(nearest.fun)

    seen = [0, *looks(steps)]
    for k, when in enumerate((b.when / 0.02).round().astype(int).ravel()):
        inside = [away(*paths[tick][k]) <= within for tick in seen]
        outside = [i for i, there in enumerate(inside) if not there]
        first = outside[-1] + 1 if outside else 0
        assert when == (seen[first] if first < len(seen) else steps)
    assert len(np.unique(b.when)) > 2 or method == "sam"
    assert b.when.max() < b.time


@pytest.mark.parametrize("name", ["uv", "w_plus_minus", "log_cosh", "ravine"])
def test_how_far_a_curve_is_agrees_with_its_definition(name: str) -> None:
    """The closed form and the search of samples against a pseudo-inverse and all distances."""
    L, draws = ss.landscape(name), np.random.default_rng(5)
    low, high = np.array(L.domain).T
    for p in (p for p in L.critical_points if p.samples is not None):
        beside = p.samples[draws.integers(0, len(p.samples), 500)]
        beside = beside + 10.0 ** draws.uniform(-9, -1, (500, 1)) * draws.normal(size=(500, 2))
        x = np.concatenate([low + (high - low) * draws.random((500, 2)), beside, p.samples])
        known = np.linalg.norm(x[:, None] - p.samples, axis=2).min(axis=1)
        near = known <= 2 * np.linalg.norm(np.diff(p.samples, axis=0), axis=1).max()
        inverse = np.linalg.pinv(L.hessian(x[near]), rcond=1e-3, hermitian=True)
        step = np.linalg.norm(np.einsum("nij,nj->ni", inverse, L.grad(x[near])), axis=1)
        known[near] = np.minimum(known[near], step)
        np.testing.assert_allclose(distance(L, p, x), known, rtol=1e-9, atol=1e-12)


def test_a_zone_holds_what_is_near_its_curve_and_little_else() -> None:
    zone, angle = Zone(((-2.0, 2.0), (-2.0, 2.0))), np.linspace(0, 2 * np.pi, 101)
    zone.trace(np.stack([np.cos(angle), np.sin(angle)], axis=1), 0.01)
    zone.close()
    x, y = np.random.default_rng(1).uniform(-2, 2, size=(2, 20_000))
    away = np.abs(np.hypot(x, y) - 1)
    held = zone.holds(x, y)
    assert np.all(held[away <= 0.01])
    assert not np.any(held[away > 0.01 + 0.06 + np.hypot(4 / CELLS, 4 / CELLS)])


# ---- random methods, planes ----------------------------------------------------------------------------------------
def test_odds_of_a_random_method_sum_to_one() -> None:
    asked: dict[str, Any] = {"resolution": (10, 1), "steps": 250, "runs": 8, "engine": "plain"}
    b = ss.basins(QUARTET, "gd:eta=0.01,sigma=2", view=((-1.5, 1.5), (0.9, 1.1)), **asked)
    assert b.odds.shape == (len(b.ends), 1, 10)
    np.testing.assert_allclose(b.odds.sum(axis=0), 1.0)
    assert sum(b.fractions().values()) == pytest.approx(1.0)
    # the landscape is even in x: seen from x and −x the two wells have the same odds, up to the sampling error of 80 runs
    wells = {p.id: p.x for p in QUARTET.critical_points if p.kind == "minimum" and p.x[1] > 0}
    left, right = (
        sum(
            (each for word, each in zip(b.ends, b.odds, strict=True) if word == f"converged:{k}"),
            np.zeros((1, 10)),
        )
        for k in sorted(wells, key=lambda k: wells[k][0])
    )
    assert left.mean() == pytest.approx(right.mean(), abs=0.2)
    assert b.odds[:, :, 0].max() > 0.5


def test_what_decided_counts_all_runs_and_adds_up_to_the_basins() -> None:
    """Of most pixels the most frequent run has arrived, of some not: counted by those, shares and rules disagree."""
    asked: dict[str, Any] = {"resolution": (10, 1), "steps": 40, "runs": 8, "engine": "plain"}
    b = ss.basins(QUARTET, "gd:eta=0.01,sigma=2", view=((-1.5, 1.5), (0.9, 1.1)), **asked)
    fates = sum(part for word, part in b.fractions().items() if word.startswith("converged:"))
    assert 0.3 < fates < 0.9
    assert b.decided() == {"none": 80 - round(80 * fates), "arrived": round(80 * fates), "bowl": 0, "ball": 0}
    assert b.decided()["arrived"] != 8 * np.count_nonzero(b.rule)
    assert b.deciding() == f"{fates:.2%} arrived, {1 - fates:.2%} unresolved after 40 ticks"


@pytest.mark.slow
def test_a_plane_of_three_coordinates_has_the_basins_of_its_two() -> None:
    three = ss.landscape("(x^2-1)^2 + (y^2-1)^2 + z^2", domain=((-2, 2),) * 3)
    two = ss.landscape("(x^2-1)^2 + (y^2-1)^2", domain=((-2, 2),) * 2)
    method, asked = "gd:eta=0.02", {"resolution": (9, 7), "steps": 300}
    flat = ss.basins(three, method, plane=("x", "y"), origin=(0, 0, 0), **asked)
    plain = ss.basins(two, method, **asked)
    assert flat.shape == (7, 9)
    assert flat.plane == (0, 1)
    ends = {p.id: tuple(np.round(p.x[:2], 6) + 0.0) for p in three.critical_points}
    same = {p.id: tuple(np.round(p.x, 6) + 0.0) for p in two.critical_points}
    known = (ids(flat.fate) >= 0) & (ids(plain.fate) >= 0)
    assert known.mean() > 0.7  # one column and one row lie on separatrices
    for a, b in zip(ids(flat.fate)[known], ids(plain.fate)[known], strict=True):
        assert ends[int(a)] == same[int(b)]
    assert flat.background.coordinates == ("x", "y", "z")


# ---- refusals, interruption ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"resolution": 100_000}, "need 1.08e+03 GB, more than the 4 GB allowed"),
        ({"resolution": 0}, "a resolution is pixels along x and y"),
        ({"resolution": (10, 2.5)}, "a resolution is pixels along x and y"),
        ({"view": ((0, 0), (0, 1))}, "must run from a smaller to a larger number"),
        ({"view": ((0, 1),)}, "a view is two intervals"),
        ({"plane": ("x", "x")}, "two different coordinates of x, y"),
        ({"plane": ("x", "w")}, "two different coordinates of x, y"),
        ({"origin": (1.0,)}, "2 finite numbers"),
        ({"runs": 3}, "is not random"),
        ({"steps": 10, "time": 1.0}, "give one of them"),
        ({"time": 1e-9}, "at least half a tick"),
        ({"more": -1}, "how often the time is doubled"),
    ],
)
def test_what_makes_no_picture_is_said(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("(", r"\(").replace("+", r"\+")):
        ss.basins(BEALE, "gd", **asked)


def test_one_coordinate_is_refused() -> None:
    with pytest.raises(UsageError, match="has one coordinate"):
        ss.basins(ss.landscape("(x^2-1)^2"), "gd")
    with pytest.raises(UsageError, match="rho has several values"):
        ss.basins(BEALE, "sam:rho=0.1..0.5/3")


def test_an_interrupted_picture_goes_on(tmp_path: Path) -> None:
    from saddlescape import partial

    asked: dict[str, Any] = {"resolution": 160, "steps": 3000, "threads": 1}

    def stop(done: int, total: int) -> None:
        if done > 0.2 * total:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        ss.basins(BEALE, "sam:eta=1e-3", progress=stop, **asked)
    rest = caught.value.partial
    assert 0 < rest.fraction < 1
    kept = partial.load(rest.save(tmp_path / "0.rest"))
    again = ss.basins(BEALE, "sam:eta=1e-3", resume=kept, **asked)
    whole = ss.basins(BEALE, "sam:eta=1e-3", **asked)
    for name in ("status", "rule", "when", "distance"):
        np.testing.assert_array_equal(getattr(again, name), getattr(whole, name))
    assert np.isfinite(whole.distance).any()
    with pytest.raises(UsageError, match="another run"):
        ss.basins(BEALE, "sam:eta=1e-3", resume=kept, **{**asked, "steps": 2999})


# ---- the parts -----------------------------------------------------------------------------------------------------
def test_looks_are_few_and_where_divergence_has_been_noticed() -> None:
    found = list(looks(1_000_000))
    assert found[:3] == [16, 32, 64]
    assert all(tick % CHECK == 0 for tick in found[2:])
    assert len(found) < 32  # log(10^6/64)/log(1.5) = 24, and rounding up at the beginning
    assert list(looks(20)) == [16]
    assert list(looks(16)) == []


def test_a_zone_holds_its_circles_and_little_else() -> None:
    zone = Zone(((-2.0, 2.0), (0.0, 1.0)))
    centre, radius = np.array([0.3, 0.6]), 0.2
    zone.add(centre, radius)
    zone.close()
    x, y = np.random.default_rng(1).uniform((-3, -1), (3, 2), size=(20_000, 2)).T
    away = np.hypot(x - centre[0], y - centre[1])
    held = zone.holds(x, y)
    assert np.all(held[away <= radius])
    assert not np.any(held[away > radius + np.hypot(4 / CELLS, 1 / CELLS)])
    assert not zone.holds(np.array([np.nan, np.inf]), np.array([0.6, -np.inf])).any()


@pytest.mark.slow
def test_no_zone_leaves_out_what_is_decided() -> None:
    """Everywhere in the window: what ``decide`` knows lies in the zone."""
    x = np.random.default_rng(3).uniform(-6, 6, size=(90_000, 2))
    for method in ("gd:eta=0.005", "sam:eta=0.005,rho=0.3"):
        certain = Certain(HIMMELBLAU, ss.method(method).on(HIMMELBLAU))
        fate, rule = certain.decide(x)
        assert (fate >= 0).any()
        assert certain.zone is not None
        held = certain.zone.holds(*x.T)
        assert not np.any((fate >= 0) & ~held)
        assert set(np.unique(rule)) == {0, RULES.index("bowl" if method.startswith("gd") else "ball")}
