"""When and where a flow leaves the domain: found inside the tick, against closed forms and SciPy's events."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import saddlescape as ss
from saddlescape.errors import UsageError

L = ss.landscape("saddle")  # x² − y² on [−4.5, 4.5]²: gradient descent's flow is (x e^(−2t), y e^(2t))


def test_the_time_and_place_of_an_exit_are_those_of_the_closed_form() -> None:
    x0 = np.array([[1.0, 0.5], [-3.0, -0.01], [0.2, 2.0], [0.5, 0.0]])
    dt = 0.01
    run = ss.simulate(L, f"gd@flow:dt={dt}", x0, 900, every=300, stop="left", engine="plain")
    wanted = 0.5 * np.log(4.5 / np.abs(x0[:3, 1]))
    # Hermite's cubic and RK4 both err by about (2 dt)^4/384 and (2 dt)^5/120 per tick: 1e-9 over some hundred ticks
    np.testing.assert_allclose(run.stopped[:3] * dt, wanted, rtol=0, atol=2e-8)
    assert run.stopped[3] == 900
    np.testing.assert_allclose(np.abs(run.final[:3, 1]), 4.5, rtol=1e-12)
    np.testing.assert_allclose(run.final[:3, 0], x0[:3, 0] * np.exp(-2 * wanted), rtol=1e-6)
    assert run.status.tolist()[:3] == ["left"] * 3
    assert run.gradient_evaluations.tolist() == (4 * np.ceil(run.stopped)).tolist()


def test_records_before_the_exit_are_the_path_and_after_it_the_border() -> None:
    run = ss.simulate(L, "gd@flow:dt=0.01", [1.0, 0.5], 900, every=50, stop="left", engine="plain")
    free = ss.simulate(L, "gd@flow:dt=0.01", [1.0, 0.5], 900, every=50, engine="plain")
    inside = run.t <= run.stopped[0] * 0.01
    assert 1 < inside.sum() < len(run.t)
    np.testing.assert_array_equal(run.x[0, inside], free.x[0, inside])
    np.testing.assert_array_equal(run.x[0, ~inside], np.broadcast_to(run.final[0], ((~inside).sum(), 2)))


@pytest.mark.parametrize("text", ["sam@flow:rho=0.05", "gd@flow:beta=0.6,eta=0.1"])
def test_exits_agree_with_an_event_of_scipy(text: str) -> None:
    B = ss.landscape("beale", domain=((-1.0, 3.7), (-0.5, 2.7)))
    method = ss.method(text + ",dt=1e-3").on(B)
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
    found = solve_ivp(field, (0, 3), y0, method="DOP853", rtol=1e-11, atol=1e-12, events=border)
    assert len(found.t_events[0]) == 1
    # what is compared is RK4 at dt = 1e-3 on a field with rates up to some hundred: (dt·100)^4 of the time
    np.testing.assert_allclose(run.stopped[0] * 1e-3, found.t_events[0][0], rtol=2e-4)
    np.testing.assert_allclose(run.final[0], found.y_events[0][0][:2], atol=2e-3)


def test_the_adaptive_scheme_refuses_to_stop_in_words() -> None:
    with pytest.raises(UsageError, match="dopri5"):
        ss.simulate(L, "gd@flow:scheme=dopri5", [1.0, 0.5], 10, stop="left")
