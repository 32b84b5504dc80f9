"""When and where a flow leaves the domain: found inside the tick or step, against closed forms and SciPy's events."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import saddlescape as ss
from saddlescape.dynamics import borders, kernels
from saddlescape.errors import Interrupted, UsageError
from saddlescape.landscapes.base import Landscape

L = ss.landscape("saddle")  # x² − y² on [−4.5, 4.5]²: gradient descent's flow is (x e^(−2t), y e^(2t))


def test_the_time_and_place_of_an_exit_are_those_of_the_closed_form() -> None:
    x0 = np.array([[1.0, 0.5], [-3.0, -0.01], [0.2, 2.0], [0.5, 0.0]])
    dt = 0.01
    run = ss.simulate(L, f"gd@flow:dt={dt}", x0, 900, every=300, stop="left", engine="plain")
    wanted = 0.5 * np.log(4.5 / np.abs(x0[:3, 1]))
    # RK4 errs by (2 dt)^5/120 of y per tick: 8e-9 over the 305 ticks of the longest, half of that in time
    np.testing.assert_allclose(run.stopped[:3] * dt, wanted, rtol=0, atol=5e-9)
    assert run.stopped[3] == 900
    np.testing.assert_allclose(np.abs(run.final[:3, 1]), 4.5, rtol=1e-12)
    np.testing.assert_allclose(run.final[:3, 0], x0[:3, 0] * np.exp(-2 * wanted), rtol=1e-6)
    assert run.status.tolist()[:3] == ["left"] * 3
    assert run.gradient_evaluations.tolist() == (4 * np.ceil(run.stopped)).tolist()


@pytest.mark.parametrize("scheme", ["rk4", "euler"])
def test_exits_of_fixed_steps_know_each_trajectorys_parameters(scheme: str) -> None:
    hill = ss.landscape("-a*x^2/2", params={"a": 1.0}, domain=((-2.0, 1.0),))
    a, dt = np.array([0.5, 1.0, 2.0]), 0.01
    run = ss.simulate(
        hill,
        f"gd@flow:dt={dt},scheme={scheme}",
        [[0.1], [-0.2], [0.3]],
        600,
        every=600,
        stop="left",
        params={"a": a},
    )
    wanted = np.log([10.0, 10.0, 1 / 0.3]) / a
    # Euler multiplies by 1 + a dt where the flow has e^(a dt): a time longer by the part a dt/2, to first order
    error = wanted * a * dt / 2 if scheme == "euler" else 0.0 * a
    # the next order of Euler, (a dt)²/3 = 1.3e-4; RK4's first, (a dt)^4/120 = 1.3e-9
    np.testing.assert_allclose(run.stopped * dt, wanted + error, rtol=1.5e-4 if scheme == "euler" else 1.5e-9)
    np.testing.assert_allclose(run.final[:, 0], [1.0, -2.0, 1.0], rtol=1e-12)


def test_records_before_the_exit_are_the_path_and_after_it_the_border() -> None:
    run = ss.simulate(L, "gd@flow:dt=0.01", [1.0, 0.5], 900, every=50, stop="left", engine="plain")
    free = ss.simulate(L, "gd@flow:dt=0.01", [1.0, 0.5], 900, every=50, engine="plain")
    inside = run.t <= run.stopped[0] * 0.01
    assert 1 < inside.sum() < len(run.t)
    np.testing.assert_array_equal(run.x[0, inside], free.x[0, inside])
    np.testing.assert_array_equal(run.x[0, ~inside], np.broadcast_to(run.final[0], ((~inside).sum(), 2)))


#: what is compared is RK4 at dt = 1e-3 on a field with rates up to some hundred, (dt·100)^4 of the time; or an adaptive
#: scheme at rtol = 1e-9, whose errors of every step grow by the same rates
RK4, DOPRI5 = ("dt=1e-3", 2e-4, 2e-3), ("dt=1e-3,scheme=dopri5,rtol=1e-9,atol=1e-12", 1e-7, 1e-6)


@pytest.mark.parametrize("text", ["sam@flow:rho=0.05", "gd@flow:beta=0.6,eta=0.1"])
@pytest.mark.parametrize("scheme", [RK4, DOPRI5], ids=["rk4", "dopri5"])
def test_exits_agree_with_an_event_of_scipy(text: str, scheme: tuple[str, float, float]) -> None:
    more, of_time, of_place = scheme
    B = ss.landscape("beale", domain=((-1.0, 3.7), (-0.5, 2.7)))
    method = ss.method(f"{text},{more}").on(B)
    start = np.array([-0.5, 1.4])
    run = ss.simulate(B, method, start, 3000, every=3000, stop="left", engine="plain")
    drift = ss.drift(B, method)
    beta, eta = method.numbers.get("beta", 0.0), method.numbers["eta"]

    def field(_: float, y: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        if not method.momentum.state:
            return drift(y)
        x, v = y[:2], y[2:]
        return np.concatenate([-v, (-drift(x) - (1 - beta) * v) / eta])  # type: ignore[operator]

    def border(_: float, y: np.ndarray) -> float:  # type: ignore[type-arg]
        return float(min(y[0] + 1.0, 3.7 - y[0], y[1] + 0.5, 2.7 - y[1]))

    border.terminal = True  # type: ignore[attr-defined]
    y0 = np.concatenate([start, np.zeros(2)]) if method.momentum.state else start
    found = solve_ivp(field, (0, 3), y0, method="DOP853", rtol=1e-12, atol=1e-13, events=border)
    assert len(found.t_events[0]) == 1
    np.testing.assert_allclose(run.stopped[0] * 1e-3, found.t_events[0][0], rtol=of_time)
    np.testing.assert_allclose(run.final[0], found.y_events[0][0][:2], atol=of_place)
    if run.v_final is not None:
        speed = np.abs(found.y_events[0][0][2:]).max()
        np.testing.assert_allclose(run.v_final[0], found.y_events[0][0][2:], atol=of_place * max(1.0, speed))


# ---- adaptive steps -------------------------------------------------------------------------------------------------
ADAPTIVE = "gd@flow:scheme=dopri5,dt=0.01"


@pytest.mark.parametrize("rtol", [1e-6, 1e-9])
@pytest.mark.parametrize("every", [1, 70, 900])
def test_an_adaptive_flow_ends_at_the_time_and_place_of_the_closed_form(rtol: float, every: int) -> None:
    x0 = np.array([[1.0, 0.5], [-3.0, -0.01], [0.2, 2.0], [0.5, 0.0]])
    text = f"{ADAPTIVE},rtol={rtol},atol={1e-3 * rtol}"
    run = ss.simulate(L, text, x0, 900, every=every, stop="left", engine="plain")
    wanted = 0.5 * np.log(4.5 / np.abs(x0[:3, 1]))
    # every step errs by less than rtol·|x|, its |x| part grows with x itself: some rtol a step, of fifty steps
    np.testing.assert_allclose(run.stopped[:3] * 0.01, wanted, rtol=0, atol=20 * rtol)
    np.testing.assert_allclose(run.final[:3, 0], x0[:3, 0] * np.exp(-2 * wanted), rtol=50 * rtol)
    np.testing.assert_allclose(np.abs(run.final[:3, 1]), 4.5, rtol=1e-15)  # a few units in the last place
    assert run.status.tolist()[:3] == ["left"] * 3
    assert run.stopped[3] == 900
    records = run.x[:3, :, 1]
    inside = run.t <= wanted[:, None]
    exact = np.abs(x0[:3, 1:]) * np.exp(2 * np.minimum(run.t, wanted[:, None]))
    np.testing.assert_allclose(np.abs(records), exact, rtol=100 * rtol)
    assert (np.abs(records[inside]) <= 4.5).all()
    assert (records[~inside] == np.repeat(run.final[:3, 1], (~inside).sum(axis=1))).all()


def test_gradients_are_counted_up_to_the_attempt_that_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the calls of a gradient that counts them; those of the search for the border are left out."""
    calls, made = [0], kernels.plain

    def counting(x: float, y: float) -> tuple[float, float]:
        calls[0] += 1
        return 2 * x, -2 * y

    own = Landscape.from_functions(
        lambda x, y: x * x - y * y, lambda x, y: (2 * x, -2 * y), ((-4.5, 4.5), (-4.5, 4.5))
    )
    monkeypatch.setattr(kernels, "plain", lambda source, gradient: made(source, counting))
    found, searched = [], []
    for search in (borders._crossed, lambda after, beyond, inside, outside, length, near: (length, outside)):
        calls[0] = 0
        monkeypatch.setattr(borders, "_crossed", search)
        run = ss.simulate(own, ADAPTIVE + ",eta=0.1", [1.0, 0.5], 900, every=900, stop="left", engine="plain")
        found.append(run.gradient_evaluations[0])
        searched.append(calls[0] - found[-1])
    assert found[0] == found[1] > 0
    assert searched[0] > searched[1] == 0


GENTLE = ss.landscape(
    "x^4/4 - x^2/2 + y^2/2 - a*x*y^3/3", params={"a": 0.1}, domain=((-2.0, 0.9), (-1.5, 1.5))
)
MANY = np.random.default_rng(5).uniform([-2.0, -1.5], [0.9, 1.5], (150, 2))


def test_those_that_go_on_have_the_bits_of_a_run_that_nothing_ends() -> None:
    text = "gd@flow:beta=0.5,eta=0.5,dt=0.1,scheme=dopri5"
    free = ss.simulate(GENTLE, text, MANY, 60, every=7, engine="compiled")
    run = ss.simulate(GENTLE, text, MANY, 60, every=7, stop="left", engine="compiled", threads=1)
    on = run.stopped == 60
    assert (~on).sum() > 0
    assert on.sum() > 10
    assert np.array_equal(run.x[on], free.x[on])
    assert np.array_equal(run.gradient_evaluations[on], free.gradient_evaluations[on])
    before = run.t[None] <= (run.stopped * 0.1 * (1 - 1e-12))[:, None]
    assert np.array_equal(run.x[before], free.x[before])
    low, high = np.array(GENTLE.domain).T
    inside = np.all((run.final >= low) & (run.final <= high), axis=1)
    assert np.array_equal(inside, on)
    assert np.array_equal(run.status == "left", ~on)
    for layout in (
        {"threads": 2, "block": 64},
        {"threads": 1, "block": 1000},
        {"engine": "plain", "block": 7},
    ):
        other = ss.simulate(GENTLE, text, MANY, 60, every=7, stop="left", **{"engine": "compiled", **layout})
        for name in ("x", "stopped", "gradient_evaluations", "v_final"):
            assert np.array_equal(getattr(other, name), getattr(run, name)), name


def test_a_start_outside_has_left_at_time_zero() -> None:
    run = ss.simulate(L, ADAPTIVE, [[1.0, -5.0], [4.5, 1.0], [5.0, 0.0]], 50, every=10, stop="left")
    assert run.stopped[[0, 2]].tolist() == [0.0, 0.0]
    assert run.status[[0, 2]].tolist() == ["left", "left"]
    assert (run.x[0] == [1.0, -5.0]).all()
    assert (run.x[2] == [5.0, 0.0]).all()
    assert run.stopped[1] == 50  # the border itself is inside


def test_in_one_dimension_and_with_numbers_and_parameters_of_ones_own() -> None:
    """On f = −a x²/2 USAM's direction is −a (1 − rho a) x, and its flow x exp(a (1 − rho a) t)."""
    hill = ss.landscape("-a*x^2/2", params={"a": 1.0}, domain=((-2.0, 1.0),))
    a, rho, dt = (
        np.array([1.0, 1.5, 0.5, 2.0]),
        np.array([0.0, 0.1, 0.4, 0.2]),
        np.array([0.1, 0.05, 0.1, 0.2]),
    )
    x0 = np.array([[-0.5], [0.25], [-1.5], [1e-3]])
    method = ss.method("usam@flow:scheme=dopri5,rtol=1e-9,atol=1e-15", rho=rho, dt=dt, eta=1.0)
    run = ss.simulate(hill, method, x0, 100, every=100, stop="left", params={"a": a})
    ends = np.where(x0[:, 0] < 0, -2.0, 1.0)
    wanted = np.log(ends / x0[:, 0]) / (a * (1 - rho * a))
    # a few rtol a step, of less than fifty steps, over the least rate 0.4
    np.testing.assert_allclose(run.stopped * dt, wanted, rtol=0, atol=1e-7)
    np.testing.assert_allclose(run.final[:, 0], ends, rtol=1e-15)
    assert run.status.tolist() == ["left"] * 4


def test_an_interrupted_adaptive_run_goes_on_to_the_same() -> None:
    def press(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    x0 = np.random.default_rng(2).uniform(-4.0, 4.0, (300, 2))
    given = {"every": 40, "stop": "left", "engine": "plain", "threads": 1, "block": 20}
    with pytest.raises(Interrupted) as caught:
        ss.simulate(L, ADAPTIVE, x0, 200, progress=press, **given)
    assert 0 < caught.value.partial.fraction < 1
    whole = ss.simulate(L, ADAPTIVE, x0, 200, **given)
    resumed = ss.simulate(L, ADAPTIVE, x0, 200, resume=caught.value.partial, **given)
    assert np.array_equal(resumed.x, whole.x)
    assert np.array_equal(resumed.stopped, whole.stopped)


def test_no_kept_ball_ends_an_adaptive_flow_and_it_says_so() -> None:
    with pytest.raises(UsageError, match=r"stop='converged' needs the ball .* scheme=rk4"):
        ss.simulate(L, ADAPTIVE, [1.0, 0.5], 10, stop="converged")


def test_the_command_line_ends_an_adaptive_flow_and_can_check_it(
    say: Callable[..., tuple[int, str, str]],
) -> None:
    asked = ["--opt", ADAPTIVE, "--x0", "1,0.5", "--stop", "left", "-o", "a.npz"]
    code, out, _ = say("run", "saddle", *asked)
    assert code == 0
    assert "left the domain" in out
    run = ss.load("a.npz")
    assert run.stopped[0] * 0.01 == pytest.approx(0.5 * np.log(9), abs=2e-5)  # as above, 20 rtol
    assert say("rerun", "a.npz", "--check")[0] == 0
