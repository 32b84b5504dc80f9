"""Thresholds by sections against closed forms and plain iteration, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import saddlescape as ss
from saddlescape.analysis.ends import CYCLING, MOVING, ends, stays
from saddlescape.analysis.threshold import _first, _narrowed

SADDLE, BEALE = ss.landscape("saddle"), ss.landscape("beale")
#: the sections end at a bracket of 1e-6 of its upper end
WIDTH = 1.1e-6


STABLE = [
    ("usam:eta=0.01", "rho", "saddle", 0, None, 0.5),  # R8: 1/2 < rho < (1/eta − 1)/2
    ("usam:eta=0.01", "rho", "saddle", 0, (1, 200), 49.5),
    ("usam:eta=1e-5", "rho", "beale", 2, None, 1 / 27.75),  # R9
    ("usam:eta=0.01,beta=0.9", "rho", "saddle", 0, None, 0.5),  # momentum does not move it
    ("gd", "eta", "himmelblau", 0, None, 2 / 133.7856152130671),
    ("gd:beta=0.5", "eta", "himmelblau", 0, None, 3 / 133.7856152130671),
    ("gd:beta=0.5,nesterov=true", "eta", "himmelblau", 0, None, 1.5 / 133.7856152130671),
    ("gd:eta=0.02", "beta", "himmelblau", 0, None, 133.7856152130671 * 0.01 - 1),
    ("usam@flow:eta=0.01", "rho", "saddle", 0, None, 0.5),
    ("usam:rho=0.2", "eta", "4*x^2", 0, None, 2 / (8 * (1 + 0.2 * 8))),
]


@pytest.mark.parametrize(("method", "key", "name", "point", "between", "exact"), STABLE)
def test_where_a_point_becomes_stable_by_sections_and_by_formula(method, key, name, point, between, exact):
    found = ss.threshold(ss.landscape(name), method, key, point=point, between=between)
    assert found.exact == pytest.approx(exact, rel=1e-9)  # eigenvalues are found to so many digits
    # neutral multipliers count as repelling from 1 − 1e-9 on: |dm/drho| is at least eta·λ² = 0.008
    assert found.value == pytest.approx(exact, rel=1e-5)
    assert abs(found.difference) < 1e-5
    assert found.bracket[1] - found.bracket[0] <= WIDTH * found.bracket[1]
    assert {found.before, found.after} == {"stays", "leaves"}


def test_a_flow_has_no_upper_end():
    found = ss.threshold(SADDLE, "usam@flow:eta=0.01,dt=1e-4", "rho", point=0, between=(1, 100))
    assert np.isnan(found.value)
    assert np.isnan(found.exact)
    assert found.before == "stays"
    assert found.changes == 0
    assert "no change" in found.summary()


def test_noise_frees_sam_from_the_sigma_of_theory_on():
    """x² − y², rho = 0.1: sigma* = rho √(pi/2). The nodes of the mean step are good to 1e-3 there."""
    found = ss.threshold(
        SADDLE, "sam:rho=0.1,eta=0.01,sigma=0.1", "sigma", point=0, between=(0.02, 0.5), tolerance=1e-2
    )
    assert found.exact == pytest.approx(0.1 * np.sqrt(np.pi / 2), rel=1e-12)
    assert found.value == pytest.approx(found.exact, rel=0.011)  # the bracket
    assert (found.before, found.after) == ("stays", "leaves")


def test_across_a_curve_of_minima_the_formula_holds_too():
    """(xy − 1)²/2 at (−1, −1), λ = 2 across: rho < 2/(eta λ²) − 1/λ = 4.5 at eta = 0.1."""
    found = ss.threshold(ss.landscape("uv"), "usam:eta=0.1", "rho", point=0, between=(0.01, 10))
    assert found.exact == pytest.approx(4.5, rel=1e-9)
    # a multiplier within 1e-6 of the circle counts as along the curve
    assert found.value == pytest.approx(4.5, rel=1e-5)


# ---- fates -----------------------------------------------------------------------------------------------------------
def flow_is_caught(rho: float) -> bool:
    """Whether SAM's flow on x² − y² from (−3, −0.01) comes to the origin, by SciPy's DOP853."""

    def field(_: float, w: np.ndarray) -> np.ndarray:
        r = np.hypot(*w)
        return np.array([-2 * w[0] * (1 + rho / r), 2 * w[1] * (1 - rho / r)])

    def near(_: float, w: np.ndarray) -> float:
        return np.hypot(*w) - 0.01 * rho

    near.terminal = True
    found = solve_ivp(field, (0, 20), [-3, -0.01], "DOP853", events=near, rtol=1e-10, atol=1e-12)
    return found.status == 1


@pytest.mark.slow
def test_R18_at_small_eta_the_map_is_caught_from_the_rho_of_the_flow_on():
    found = ss.threshold(SADDLE, "sam:eta=1e-3", "rho", of="fate", steps=20_000, tolerance=1e-4)
    assert found.exact == pytest.approx(0.0964, abs=5e-5)  # as printed
    assert found.value == pytest.approx(found.exact, rel=0.01)  # the claim; the error is of order eta
    assert "eta → 0" in found.source


@pytest.mark.slow
def test_R18_the_flow_is_caught_from_the_rho_of_the_closed_form_on():
    found = ss.threshold(SADDLE, "sam@flow", "rho", of="fate", tolerance=1e-4)
    assert found.exact == pytest.approx(0.0964, abs=5e-5)  # as printed
    assert found.value == pytest.approx(found.exact, rel=2e-4)  # twice the bracket
    assert "eta → 0" not in found.source
    assert not flow_is_caught(0.999 * found.exact)
    assert flow_is_caught(1.001 * found.exact)


@pytest.mark.slow
def test_R18_momentum_moves_the_smallest_trapping_rho():
    """Half a momentum lowers it, much raises it."""
    more = {
        beta: ss.threshold(
            SADDLE, f"sam:eta=0.01,beta={beta}", "rho", of="fate", between=(0.01, 2), steps=8000
        ).value
        for beta in (0.5, 0.9, 0.99)
    }
    none = ss.threshold(SADDLE, "sam:eta=0.01", "rho", of="fate", between=(0.01, 2), steps=8000).value
    assert 0.8 * none < more[0.5] < 0.97 * none
    assert more[0.9] > 1.5 * none
    assert more[0.99] > max(5 * none, 2 * more[0.9])


def test_a_fate_changes_where_plain_iteration_says():
    """SAM from (1, 0.5) on x² − y², eta = 0.01: caught at the bracket's upper end, not at its lower."""
    found = ss.threshold(SADDLE, "sam:eta=0.01", "rho", of="fate", start=(1, 0.5), between=(0.1, 2))

    def caught(rho: float) -> bool:
        w, H = np.array([1.0, 0.5]), np.array([2.0, -2.0])
        for _ in range(5000):
            g = H * w
            w = w - 0.01 * H * (w + rho * g / np.sqrt(g @ g))
        return bool(np.linalg.norm(w) < 0.1)

    assert caught(found.bracket[1])
    assert not caught(found.bracket[0])
    assert found.after == "saddle (0, 0)"
    assert found.before == "leaves"


@pytest.mark.slow
def test_R22_beta_frees_sam_from_beales_saddle():
    """eta = 1e-4, rho = 0.5: stuck up to 0.8, free from 0.85 on; stuck and free alternate just there."""
    found = ss.threshold(
        BEALE,
        "sam:eta=1e-4,rho=0.5",
        "beta",
        of="fate",
        start=(1, 2),
        between=(0, 0.99),
        steps=8000,
        tolerance=1e-3,
    )
    assert found.before == "saddle (0, 1)"
    assert 0.8 < found.bracket[0] < found.value < 0.85
    assert all(label == "saddle (0, 1)" for label in np.array(found.labels)[found.grid <= 0.8])
    assert not any(label == "saddle (0, 1)" for label in np.array(found.labels)[found.grid >= 0.85])


@pytest.mark.slow
def test_C8_between_rho_03_and_05_the_saddle_of_beale_catches():
    found = ss.threshold(
        BEALE, "sam:eta=1e-4", "rho", of="fate", start=(1, 2), between=(0.05, 1), steps=20_000, tolerance=1e-3
    )
    assert 0.3 < found.value < 0.5
    assert found.after == "saddle (0, 1)"


def test_ends_are_what_statuses_say():
    """Thousands of sets of numbers are judged by a rule of their own: for a few, it says what a run's status says."""
    rho = tuple(np.linspace(0.01, 0.2, 9).tolist())
    method = ss.method("sam", rho=rho, eta=0.01).on(SADDLE)
    run = ss.simulate(SADDLE, method, [(-3, -0.01)] * 9, 2000, every=2000)
    said = {"trapped": "point 0", "left": "leaves", "diverged": "leaves"}
    expected = [said[word] for word in run.status.tolist()]
    assert ends(SADDLE, method, np.array([(-3.0, -0.01)] * 9), 2000) == expected
    assert set(expected) == {"point 0", "leaves"}


@pytest.mark.slow
def test_a_change_that_does_not_stay_is_said():
    """From 2.2 gradient descent on a double well goes to 1 or −1 in turn as the first steps throw it across 0."""
    L = ss.landscape("(x^2 - 1)^2/4")
    found = ss.threshold(
        L, "gd", "eta", of="fate", start=(2.2,), between=(0.05, 0.9), steps=2000, tolerance=1e-3
    )
    eta = found.grid
    x = np.full_like(eta, 2.2)
    with np.errstate(all="ignore"):
        for _ in range(4000):
            x = x - eta * (x**3 - x)
    signs = np.sign(np.where(np.isfinite(x) & (np.abs(x) < 4), x, 0))
    assert found.changes >= 2
    assert f"not monotone: the label changes {found.changes} times" in found.summary()
    for label, sign in zip(found.labels, signs, strict=True):
        if label.startswith("minimum"):
            assert label == ("minimum (1)" if sign > 0 else "minimum (-1)")


def test_a_value_that_stands_alone_is_no_border_without_a_word():
    """Labels by hand: from 0.7 on all leave, and so do those within 1e-4 of 0.625, which is on the grid of 33."""

    def labels(values: np.ndarray) -> list[str]:
        return ["leaves" if v >= 0.7 or abs(v - 0.625) < 1e-4 else "stays" for v in values]

    seen, (low, high), ends_of = _narrowed(labels, np.linspace(0, 1, 33), 1e-6)
    assert ends_of == ("stays", "leaves")
    assert 0.625 - 1e-4 - 1e-6 < low <= 0.625 - 1e-4 < high < 0.625 - 1e-4 + 1e-6
    assert "stays" in [label for value, label in seen.items() if value > high]
    assert list(seen) == sorted(seen)
    # where the grid is coarse, what is above it is looked at, too
    seen, (low, high), _ = _narrowed(labels, np.array([0.6, 0.625, 0.7]), 1e-6)
    assert "stays" in [label for value, label in seen.items() if high < value < 0.7]


def test_what_is_still_moving_makes_no_threshold():
    assert _first([MOVING, MOVING, "a", "a"]) is None
    assert _first(["a", "a", MOVING]) is None
    assert _first([MOVING]) is None
    assert _first([MOVING, "a", MOVING, "b", "a"]) == (1, 3)
    found = ss.threshold(
        SADDLE, "gd", "eta", of="fate", start=(1, 1e-3), between=(1e-3, 0.4), steps=20
    )  # y grows by 1 + 2 eta a tick: all leave, in 20 times 21 ticks those beyond eta = 0.01
    outside = np.array(SADDLE.domain)[1, 1] < 1e-3 * (1 + 2 * found.grid) ** 420
    assert list(found.labels) == ["leaves" if each else MOVING for each in outside]
    assert 0 < outside.sum() < len(outside)
    assert np.isnan(found.value)
    assert found.before == "leaves"
    assert "no threshold known" in found.summary()
    assert "elsewhere still moving" in found.summary()


def test_slow_convergence_is_no_cycle():
    """Descent on 3x²/2 converges for eta < 2/3, at 0.664 by a factor of −0.992 a tick, and leaves beyond."""
    found = ss.threshold(ss.landscape("parabola"), "gd", "eta", of="fate", start=(0.3,), between=(0.1, 0.9))
    assert not any(label.startswith(CYCLING) for label in found.labels)
    assert (found.before, found.after) == ("minimum (0)", "leaves")
    assert 0.664 < found.bracket[0] < 2 / 3 < found.bracket[1] < 0.668
    for value, label in zip(found.grid, found.labels, strict=True):
        if label != MOVING:
            assert label == ("minimum (0)" if abs(1 - 3 * value) < 1 else "leaves")


def test_cycles_and_bands_are_still_cycling():
    """Descent on a double well, x ← x − eta(x³ − x): beyond eta = 1 a 2-cycle about 1, then bands, by plain iteration."""
    eta = np.array([0.9, 1.05, 1.1, 1.35, 1.45])
    x, seen = np.full(5, 1.1), []
    for k in range(3000):
        x = x - eta * (x**3 - x)
        if k >= 2950:
            seen.append(x)
    orbit = np.array(seen)
    wide = np.ptp(orbit, axis=0) > 0.01
    aperiodic = [len(np.unique(np.round(column, 9))) > 16 for column in orbit.T]
    assert wide.tolist() == [False, True, True, True, True]
    assert aperiodic == [False, False, False, True, True]
    method = ss.method("gd", eta=tuple(eta.tolist())).on(ss.landscape("(x^2 - 1)^2/4"))
    found = ends(ss.landscape("(x^2 - 1)^2/4"), method, np.full((5, 1), 1.1), 200)
    assert [label.startswith(CYCLING) for label in found] == wide.tolist()


# ---- the capture radius ------------------------------------------------------------------------------------------------
def sam_on_the_bowl(eta: float, steps: int = 4000) -> float:
    """How far SAM (rho 0.2) is from the origin after ``steps`` on (x² + 4y²)/2 from (0.01, 0.02), by plain NumPy."""
    w, H = np.array([0.01, 0.02]), np.array([1.0, 4.0])
    for _ in range(steps):
        g = H * w
        w = w - eta * H * (w + 0.2 * g / np.sqrt(g @ g))
    return float(np.linalg.norm(w))


def test_a_two_cycle_beyond_the_capture_radius_is_no_repulsion():
    """On (x² + 4y²)/2 SAM's 2-cycle is wider than the capture radius from eta = 15/32 on, and there up to 2/λ = 0.5."""
    bowl = ss.landscape("bowl")
    said = {eta: ss.stability(bowl, f"sam:rho=0.2,eta={eta}").at(0).verdict for eta in (0.46, 0.48, 0.51)}
    assert said == {0.46: "traps", 0.48: "hovers", 0.51: "repels"}
    assert sam_on_the_bowl(0.48) == pytest.approx(0.48 * 4 * 0.2 / (2 - 0.48 * 4), rel=1e-9)
    assert sam_on_the_bowl(0.51, 1000) > 1e10


@pytest.mark.slow
def test_where_the_two_cycle_outgrows_the_capture_radius_sam_does_not_leave():
    """eta λ rho/(2 − eta λ) = 8 eta rho λ at 2 − eta λ = 1/8, λ = 4."""
    found = ss.threshold(ss.landscape("bowl"), "sam:rho=0.2", "eta", point=0, between=(0.1, 0.6))
    assert found.exact == pytest.approx(15 / 32, rel=1e-12)
    assert found.value == pytest.approx(15 / 32, rel=2e-6)  # the bracket
    assert found.summary().count("eta = 0.46875 (stays below, leaves the capture radius from there)") == 1
    assert "there is one up to eta = 0.5" in found.source


def test_a_threshold_is_the_same_after_loading(tmp_path: Path):
    found = ss.threshold(SADDLE, "usam:eta=0.01", "rho", point=0)
    back = ss.load(found.save(tmp_path / "a.npz"))
    assert isinstance(back, ss.Threshold)
    assert back.summary() == found.summary()
    assert back.to_json()["exact"] == 0.5
    assert "rho = 0.5" in back.summary()


def test_without_a_point_a_threshold_is_of_the_only_one_or_asks_which():
    alone, named = (ss.threshold(SADDLE, "usam:eta=0.01", "rho", **more) for more in ({}, {"point": 0}))
    assert alone.to_json() == named.to_json()
    with pytest.raises(ss.UsageError, match="Give point=, one of their ids: 0, 1, 2"):
        ss.threshold(ss.landscape("himmelblau"), "usam:eta=0.01", "rho")


@pytest.mark.parametrize(
    ("method", "key", "more", "said"),
    [
        ("gd", "rho", {"point": 0}, "unknown number of gd 'rho'"),
        ("sam", "rh", {"point": 0}, "did you mean 'rho'"),
        ("usam", "rho", {"point": 7}, "their ids: 0"),
        ("usam", "rho", {"point": 0, "start": (1, 1)}, 'of="fate"'),
        ("usam", "rho", {"of": "fate", "point": 0}, 'of="stable"'),
        ("usam", "rho", {"of": "fates"}, "did you mean 'fate'"),
        ("usam", "rho", {"of": "fate", "start": (1, 1, 1)}, "has 2 coordinates"),
        ("sam", "rho", {"point": 0}, "give between=(low, high)"),
        ("usam", "rho", {"point": 0, "between": (1, 0.5)}, "from a smaller to a larger number"),
        ("usam", "beta", {"point": 0, "between": (0, 2)}, "0 ≤ beta < 1"),
        ("sam:sigma=1", "rho", {"of": "fate", "between": (0.1, 1)}, "is random"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(method, key, more, said):
    with pytest.raises(ss.UsageError) as error:
        ss.threshold(SADDLE, method, key, **more)
    assert said in str(error.value)


def test_stays_says_what_critical_says_of_a_swing_from_point_to_point():
    landscape = ss.landscape("six_hump_camel")
    method = ss.method("sam:rho=0.3,beta=0.9,eta=0.01").on(landscape)
    kept = [bool(stays(landscape, method, landscape.critical_points[k])[0]) for k in (4, 10)]
    assert kept == [True, False]  # test_status: behaviours there
