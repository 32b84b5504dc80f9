"""First exits, to the tick: against records of every tick, over threads and interruptions; and how many stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

import saddlescape as ss
from saddlescape.analysis.survival import kaplan_meier, tail_rate
from saddlescape.answers.escape import Escape
from saddlescape.dynamics import work
from saddlescape.dynamics.first_exit import first_exits
from saddlescape.dynamics.plan import Plan, plan_run
from saddlescape.errors import Interrupted, StepWarning, UsageError

SADDLE = ss.landscape("saddle")
BALL = np.zeros(2), 0.3


def plan(text: str, n: int = 100, steps: int = 300, seed: int = 3) -> Plan:
    return plan_run(SADDLE, ss.method(text), np.zeros((n, 2)), None, steps, 1, False, seed, {})


def by_records(made: Plan, engine: str) -> tuple[Any, Any]:
    """Return the exits that a run with every tick recorded shows."""
    r = ss.simulate(SADDLE, made.method, made.x0, made.ticks, seed=made.seed, engine=engine)
    outside = ~(np.sum((r.x - BALL[0]) ** 2, axis=2) <= BALL[1] ** 2)
    first = np.where(outside.any(axis=1), outside.argmax(axis=1), -1)
    return np.where(first > 0, first, np.nan), r.x[np.arange(len(first)), first]


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        ("sam:batch=1,rho=0.1", "plain"),
        ("gd:batch=1,beta=0.9", "plain"),
        pytest.param("sam:batch=1,rho=0.1", "compiled", marks=pytest.mark.slow),
    ],
)
def test_exits_are_those_of_a_record_of_every_tick(text: str, engine: str) -> None:
    made = plan(text, 30)
    exits, places = first_exits(made, *BALL, engine=engine)
    wanted, where = by_records(made, "plain")  # the same bits
    np.testing.assert_array_equal(exits, wanted)
    np.testing.assert_array_equal(places, where)
    assert np.sum(exits > 0) > 20


@pytest.mark.slow
@pytest.mark.parametrize("text", ["gd@sde2:sigma=1", "usam@flow:rho=0.1", "sam:sigma=1,beta=0.5,rho=0.2"])
def test_exits_of_faces_are_those_of_a_record_of_every_tick(text: str) -> None:
    made = plan(text, 130, 500)
    if not made.method.random:
        made.x0[:] = np.random.default_rng(0).normal(0, 0.03, made.x0.shape)
    exits, places = first_exits(made, *BALL, engine="compiled")
    wanted, where = by_records(made, "compiled")
    np.testing.assert_array_equal(exits, wanted)
    np.testing.assert_array_equal(places, where)


def test_a_short_excursion_is_seen() -> None:
    L = ss.landscape("x^2")
    made = plan_run(L, ss.method("gd:eta=1.05"), np.array([[0.1]]), None, 100, 1, False, 0, {})
    exits, places = first_exits(made, np.array([0.05]), 0.165)
    # x = 0.1 (−1.1)^k on x²: −0.11 is 0.16 away, 0.121 is 0.071, −0.1331 is 0.1831
    assert exits.tolist() == [3.0]
    np.testing.assert_allclose(places, [[-0.1331]], rtol=1e-12)


def test_what_is_not_finite_has_left() -> None:
    L = ss.landscape("x^4")
    made = plan_run(L, ss.method("gd:eta=1"), np.array([[5.0], [0.0]]), None, 20, 1, False, 0, {})
    exits, places = first_exits(made, np.zeros(1), 1e100)
    assert exits[0] < 20
    assert np.isnan(exits[1])
    assert places[1, 0] == 0.0


def test_bits_do_not_depend_on_threads_or_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan("sam:batch=1,rho=0.1", 150)
    wanted, where = first_exits(made, *BALL, engine="compiled", threads=1)
    for size in (1 << 21, 64 * 7, 64 * 33):  # pieces of time too: segments begin at odd ticks
        monkeypatch.setattr("saddlescape.dynamics.first_exit.PIECE", size)
        exits, places = first_exits(made, *BALL, engine="compiled", threads=2)
        np.testing.assert_array_equal(exits, wanted)
        np.testing.assert_array_equal(places, where)


def test_an_interrupted_escape_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan("sam:batch=1,rho=0.1", 192, 200)
    wanted, _ = first_exits(made, *BALL, engine="compiled")
    monkeypatch.setattr("saddlescape.dynamics.first_exit.PIECE", 64 * 200)
    rows: list[slice] = []
    real = work.Halt.is_set

    def third(self: Any) -> bool:
        rows.append(slice(0))
        if len(rows) == 3:
            self.set()
            raise KeyboardInterrupt
        return bool(real(self))

    monkeypatch.setattr(work.Halt, "is_set", third)
    with pytest.raises(Interrupted) as stop:
        first_exits(made, *BALL, engine="compiled", threads=1)
    monkeypatch.undo()
    assert 0 < stop.value.partial.fraction < 1
    exits, _ = first_exits(made, *BALL, engine="compiled", resume=stop.value.partial)
    np.testing.assert_array_equal(exits, wanted)
    with pytest.raises(UsageError, match="another run"):
        first_exits(made, BALL[0], 0.31, engine="compiled", resume=stop.value.partial)


# ---- the share that stays ------------------------------------------------------------------------------------------

#: weeks of remission of 21 leukaemia patients under 6-MP (Freireich et al. 1963), and of those still well
RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
WELL = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
#: survival and Greenwood's standard error as printed (Kalbfleisch and Prentice 2002; Klein and Moeschberger 2003)
PRINTED = {
    6: (0.857, 0.0764), 7: (0.807, 0.0869), 10: (0.753, 0.0963), 13: (0.690, 0.1068), 16: (0.627, 0.1141),
    22: (0.538, 0.1282), 23: (0.448, 0.1346),
}  # fmt: skip


def test_kaplan_meier_of_freireichs_trial() -> None:
    """Printed to three and four figures; log-log bounds by their formula from the printed standard errors."""
    exits = np.array([*RELAPSED, *[np.nan] * len(WELL)])
    curve = kaplan_meier(exits, [*RELAPSED, *WELL])
    for week, (share, se) in PRINTED.items():
        k = int(np.flatnonzero(curve.ticks == week)[0])
        assert curve.share[k] == pytest.approx(share, abs=6e-4)
        half = 1.959964 * se / (share * abs(np.log(share)))
        assert curve.low[k] == pytest.approx(share ** np.exp(half), abs=2e-3)
        assert curve.high[k] == pytest.approx(share ** np.exp(-half), abs=2e-3)
    assert curve.first(0.5) == (23.0, 13.0, None)  # as printed by Stata and SAS


def test_kaplan_meier_by_hand() -> None:
    """Exits after 1, 2, 2 and 4 of six runs, censored at 3 and 5: 5/6, 5/6·3/5, 5/6·3/5·1/2."""
    curve = kaplan_meier([1, 2, 2, np.nan, 4, np.nan], [9, 9, 9, 3, 9, 5])
    at = dict(zip(curve.ticks.tolist(), curve.share.tolist(), strict=True))
    assert at == pytest.approx({0: 1, 1: 5 / 6, 2: 1 / 2, 3: 1 / 2, 4: 1 / 4, 5: 1 / 4}, rel=1e-14)


def test_where_all_or_none_stay_the_curve_has_bounds() -> None:
    none = kaplan_meier(np.full(50, np.nan), 10)
    assert none.share.tolist() == [1.0, 1.0]
    assert 0.9 < none.low[-1] < none.high[-1] == 1.0
    every = kaplan_meier(np.arange(1.0, 51.0), 100)
    assert every.share[-1] == 0.0
    assert every.low[-1] == 0.0 < every.high[-1] < 0.1


def test_the_rate_of_a_tail_is_that_of_its_law() -> None:
    rng = np.random.default_rng(1)
    exits = rng.geometric(0.01, 4000).astype(float)
    exits[exits > 150] = np.nan  # 22 % stay
    rate = tail_rate(exits, 150, 0.5)
    assert rate is not None
    assert rate.low < -np.log(0.99) / 0.5 < rate.high
    assert rate.high - rate.low < 0.12 * rate.value
    assert tail_rate(np.linspace(1, 100, 500).round(), 200, 1.0) is None  # none at all after 100
    assert tail_rate(np.full(50, np.nan), 10, 1.0) is None


# ---- escapes -------------------------------------------------------------------------------------------------------


def mean_exit(r: float, D: float) -> float:
    """Return the mean time at which dX = −X dt + √(2D) dW leaves (−r, r) from 0 (Gardiner 2009, 5.5)."""
    return (
        quad(lambda y: np.exp(y * y / (2 * D)) * quad(lambda z: np.exp(-z * z / (2 * D)), 0, y)[0], 0, r)[0]
        / D
    )


@pytest.mark.filterwarnings(
    "ignore::saddlescape.errors.StepWarning"
)  # a ball as large as the spread of the noise
@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("gd:eta=0.01,sigma=10", 3000),
        pytest.param("gd@sde2:eta=0.1,dt=0.002,sigma=3.1622776601683795", 6000, marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_an_ornstein_uhlenbeck_process_leaves_an_interval_on_time(text: str, runs: int) -> None:
    """ησ² = 1, r = 1: 4 standard errors. Looks after every tick see the interval larger by 0.5826 √dt (Broadie,
    Glasserman and Kou 1997). What is left is of order dt: below one part in a hundred."""
    e = ss.escape(
        ss.landscape("x^2/2"), text, point=0, radius=1.0, runs=runs, time=60, seed=5, engine="compiled"
    )
    assert e.escaped == 1.0
    wanted = mean_exit(1.0 + 0.5826 * np.sqrt(e.tick), 0.5)
    error = e.times.std() / np.sqrt(runs)
    assert abs(e.times.mean() - wanted) < 4 * error + 0.01 * wanted
    assert error < 0.03 * wanted
    assert e.times.mean() > mean_exit(1.0, 0.5) + 2 * error


def test_runs_of_gradient_descent_leave_a_saddle_when_their_closed_form_does() -> None:
    """On x² − y² x_k = (1 − 2η)^k x_0, y_k = (1 + 2η)^k y_0."""
    e = ss.escape(SADDLE, "gd", radius=1.0, spread=0.2, runs=300, steps=400, seed=2, engine="plain")
    from saddlescape.analysis.ball import starts

    x = starts(np.zeros(2), 0.2, 300, 2)
    assert np.max(np.linalg.norm(x, axis=1)) <= 0.2
    assert np.mean(np.linalg.norm(x, axis=1) < 0.1) == pytest.approx(0.25, abs=0.1)
    k = np.arange(401)[:, None]
    far = np.hypot(0.98**k * x[:, 0], 1.02**k * x[:, 1]) > 1.0
    np.testing.assert_array_equal(e.exits, np.where(far.any(axis=0), far.argmax(axis=0), np.nan))


def test_defaults_are_said_and_sensible() -> None:
    e = ss.escape(ss.landscape("beale"), "sgd", runs=5, steps=10)
    assert e.about.id == 2  # the saddle (0, 1), next to the start
    assert e.radius == pytest.approx(0.25 * np.hypot(3, 0.5), rel=0.01)
    assert e.spread == pytest.approx(0.1 * e.radius, rel=0.01)  # no sample has a gradient there
    still = ss.escape(SADDLE, "sgd", runs=5, steps=10)
    assert still.spread == 0.0
    assert not still.start.any()
    low = ss.escape(ss.landscape("x^4/4 - x^2/2"), "gd:sigma=1", start=[0.9], runs=5, steps=10)
    assert low.about.kind == "minimum"
    assert low.about.x[0] == pytest.approx(1.0)


def test_a_normalised_ball_is_larger_than_what_captures() -> None:
    from saddlescape.dynamics.radius import capture_radius

    m = ss.method("sam:rho=0.5,eta=0.02,batch=1").on(SADDLE)
    e = ss.escape(SADDLE, m, runs=3, steps=5)
    assert e.radius > capture_radius(SADDLE, m, e.about)
    with pytest.warns(StepWarning, match="capture radius"):
        ss.escape(SADDLE, m, runs=3, steps=5, radius=0.1)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"point": 7}, "no critical point 7"),
        ({"radius": -1}, "radius must be a number above 0"),
        ({"start": [3.0, 3.0], "point": 0, "radius": 1.0}, "not inside the ball"),
        ({"spread": 0}, "runs from one start are one"),
        ({"steps": 5, "time": 1.0}, "steps and time"),
        ({"time": 1e-9}, "less than half a tick"),
        ({"runs": 0}, "runs must be a whole number"),
        ({"start": [0.0]}, "2 finite number"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(given: dict[str, Any], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        ss.escape(SADDLE, "gd", **given)


def test_adaptive_steps_and_sweeps_are_refused() -> None:
    with pytest.raises(UsageError, match="dopri5"):
        ss.escape(SADDLE, "gd@flow:scheme=dopri5", runs=3)
    with pytest.raises(UsageError, match="one method at a time"):
        ss.escape(SADDLE, ss.method("sam", rho=[0.1, 0.2], batch=1), runs=2)


def test_an_escape_is_the_same_after_loading(tmp_path: Any) -> None:
    e = ss.escape(SADDLE, "sgd", runs=60, steps=200)
    back = ss.load(e.save(tmp_path / "e.npz"))
    assert isinstance(back, Escape)
    assert back.to_json() == e.to_json()
    np.testing.assert_array_equal(back.exits, e.exits)
    assert back.summary() == e.summary()
    entry = e.to_json()
    assert entry["from"] == 0
    assert entry["runs"] == 60
    assert 0 < entry["interval"][0] < entry["escaped"] < entry["interval"][1] <= 1
    assert entry["median_steps"] == np.sort(e.exits)[29]  # half of 60


@pytest.mark.slow
def test_the_page_of_questions_says_what_its_example_prints() -> None:
    text = (Path(__file__).parent.parent / "docs" / "questions.md").read_text(encoding="utf-8")
    page = text.split("## How soon does it leave a saddle or a minimum?")[1]
    code = page.split("```python\n")[1].split("```")[0]
    space: dict[str, Any] = {"ss": ss}
    exec(code, space)
    first = space["found"][0].summary()
    said = code.split("# …")[1].split("\n")[0].strip(" …")
    assert all(part.strip() in first for part in said.split(", "))
