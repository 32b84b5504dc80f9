"""Claims: on Beale's function gradient descent reaches the basin of (3, ½) while SAM stays at the saddle (0, 1).

SAM's motion within about 1e-3 of the saddle is chaotic: a rounding error grows to the size of the motion within a few
hundred steps. Nothing is said here of single positions there, only of what any correct code shows.
"""

from __future__ import annotations

import numpy as np
import pytest

import saddlescape as ss

START, MINIMUM, SADDLE = (1.0, 2.0), np.array([3.0, 0.5]), np.array([0.0, 1.0])
RATE = 1e-3 / 80  # learning rate of the authors' code, 1.25e-5
STOP = 87_683
VALLEY = 405 / 896  # the loss that the valley y → 1 tends to: below it there is only the basin of the minimum
RADII = (0.1, 0.5, 1.0)


def gradient(w):
    """Return the gradient of Beale's function at w (…, 2), written by hand."""
    x, y = w[..., 0], w[..., 1]
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    fx = 2 * (a * (y - 1) + b * (y**2 - 1) + c * (y**3 - 1))
    return np.stack([fx, 2 * x * (a + 2 * b * y + 3 * c * y**2)], axis=-1)


def away(x, point):
    """Return the distance of x (…, 2) to a point."""
    return np.linalg.norm(x - point, axis=-1)


def saddle_id(L):
    """Return the id of the critical point (0, 1)."""
    return next(p.id for p in L.critical_points if away(p.x, SADDLE) < 1e-6)


def minimum_id(L):
    """Return the id of the critical point (3, ½)."""
    return next(p.id for p in L.critical_points if away(p.x, MINIMUM) < 1e-6)


@pytest.fixture(scope="module")
def beale():
    return ss.landscape("beale")


@pytest.fixture(scope="module")
def descent(beale):
    """GD with the authors' learning rate, 100 000 steps."""
    return ss.simulate(beale, f"gd:eta={RATE}", START, 100_000, engine="compiled")


@pytest.fixture(scope="module")
def aware(beale):
    """SAM with the authors' learning rate and each of RADII, 100 000 steps."""
    method = ss.method("sam", rho=RADII, eta=RATE)
    return ss.simulate(beale, method, [START] * len(RADII), 100_000, engine="compiled")


# ---- USAM: a sharp threshold -------------------------------------------------------------------------------------


def test_R9_usam_leaves_beales_saddle_below_the_threshold_and_is_attracted_above(beale):
    """Limit 1/27.75 = 0.036036; 0.0355 and 0.0365 bracket it within 1.5 %."""
    start = np.array([0.01, 0.995])
    method = ss.method("usam", rho=[0.02, 0.03, 0.0355, 0.0365, 0.037, 0.04], eta=1e-5)
    r = ss.simulate(beale, method, [start] * 6, 60_000, every=1000, engine="compiled")
    distance, first = away(r.final, SADDLE), away(start, SADDLE)
    assert np.all(distance[:2] > 20 * first)
    assert distance[2] > first
    assert np.all(distance[3:] < first)
    assert np.all(np.diff(distance) < 0)
    # decays for good: from the transient on (the stable direction dies out within 1e4 steps) every record is nearer
    assert np.all(np.diff(away(r.x[3:, 10:], SADDLE), axis=1) < 0)


def test_R9_the_threshold_is_the_inverse_curvature(beale):
    """The derivative of the map at (0, 1) along (1, −1) is 1 + eta·27.75 (1 − 27.75 rho): 1 at rho = 4/111."""
    for rho in (0.03, 0.036, 4 / 111, 0.0361, 0.04):
        multipliers = np.linalg.eigvals(ss.jacobian(beale, ss.method("usam", rho=rho, eta=1e-3), SADDLE))
        expected = [1 - 0.02775 * (1 + 27.75 * rho), 1 + 0.02775 * (1 - 27.75 * rho)]
        np.testing.assert_allclose(np.sort(multipliers.real), np.sort(expected), rtol=1e-12)


# ---- the published experiment ------------------------------------------------------------------------------------


def stop_of_the_authors(x, loss):
    """Return (step, rule) at which the authors' stopping rule ends a run x (steps + 1, 2) with its losses.

    near: within 0.15 of the minimum; stalled: within 0.55 and each of the last 499 moves below 1e-5 (not before step
    500); flat: 80 consecutive relative changes of the loss below 1e-8.
    """
    distance = away(x, MINIMUM)
    small = np.append(False, np.linalg.norm(np.diff(x, axis=0), axis=1) < 1e-5)
    flat = np.append(False, np.abs(np.diff(loss)) / loss[:-1] < 1e-8)
    steps = np.arange(len(x))
    rules = {
        "near": distance < 0.15,
        "stalled": (steps >= 500) & (distance < 0.55) & (streak(small) >= 499),
        "flat": streak(flat) >= 80,
    }
    firsts = {name: int(np.argmax(met)) for name, met in rules.items() if met.any()}
    return min((step, name) for name, step in firsts.items())


def streak(flags):
    """Return, at every place, how many flags in a row up to there are true."""
    places = np.arange(len(flags))
    return places - np.maximum.accumulate(np.where(flags, -1, places))


def test_gradient_descent_on_beale_stops_at_step_87683_by_the_authors_rule(beale, descent):
    """It stalls 0.55 from the minimum, which the rule takes for convergence."""
    assert stop_of_the_authors(descent.x[0], descent.loss[0]) == (STOP, "stalled")
    assert descent.x[0, STOP] == pytest.approx([2.47529, 0.33514], abs=5e-6)


def test_C7_after_as_many_steps_as_gradient_descent_sam_is_in_the_valley_or_at_the_saddle(beale, aware):
    at_stop = aware.x[:, STOP]
    assert at_stop[0] == pytest.approx([2.55387, 0.36441], abs=5e-6)  # rho = 0.1, the digits printed
    for x in aware.x[
        1:, STOP - 5000 : STOP + 1
    ]:  # rho = 0.5 and 1; single positions are chaotic, so: 98 % of 5000
        assert np.quantile(away(x, SADDLE), 0.98) < 1e-3
        assert away(x.mean(axis=0), SADDLE) < 1e-4
        assert beale.loss(x).mean() == pytest.approx(909 / 64, abs=1e-6)  # ½·27.75·(typical 2e-4)² = 6e-7


def test_R19_beale_gradient_descent_descends_and_sam_stays_at_the_saddle(beale, descent, aware):
    assert descent.final[0] == pytest.approx([2.5268, 0.3546], abs=5e-5)
    assert aware.final[0] == pytest.approx([2.608, 0.384], abs=5e-4)  # rho = 0.1 is not caught
    assert np.all(away(aware.x[1, -5000:], SADDLE) < 1e-3)  # rho = 0.5: at every one of the last 5000 steps
    # the approach is before the chaos (codes agree to 1e-6 up to step 2300), so the step itself can be asserted
    assert np.argmax(away(aware.x[1], SADDLE) < 0.01) == 2238
    assert aware.status.tolist() == ["moving", "trapped", "trapped"]
    assert aware.point[1:].tolist() == [saddle_id(beale)] * 2
    assert descent.status[0] == "moving"
    assert descent.fate[0] == minimum_id(beale)


def test_R21_the_perturbed_points_circle_the_saddle_at_distance_rho(aware):
    x = aware.x[1, 5000:5009]
    g = gradient(x)
    perturbed = x + 0.5 * g / np.linalg.norm(g, axis=1, keepdims=True)
    # these are the points whose gradients were used: moves of size 1e-4 are known to 1e-16, hence 1e-10 relative
    np.testing.assert_allclose(np.diff(x, axis=0), -RATE * gradient(perturbed)[:-1], rtol=1e-9, atol=1e-15)
    assert away(perturbed[:8], SADDLE) == pytest.approx(0.5, abs=0.002)
    # over many steps they lie on both sides, about (±0.5, 1)
    g = gradient(aware.x[1, 5000:10_000])
    side = np.sign((aware.x[1, 5000:10_000] + 0.5 * g / np.linalg.norm(g, axis=1, keepdims=True))[:, 0])
    assert abs(side.mean()) < 0.2


# ---- rho and momentum decide -------------------------------------------------------------------------------------


def test_C8_small_rho_reaches_the_basin(beale):
    method = ss.method("sam", rho=[0.0, 0.03, 0.1, 0.2, 0.3], eta=1e-4)
    r = ss.simulate(beale, method, [START] * 5, 100_000, every=100_000, engine="compiled")
    assert np.all(beale.loss(r.final) < 0.01)  # far below the valley's 0.452: in the bowl of the minimum
    assert np.all(away(r.final, MINIMUM) < 0.1)


def test_C8_large_rho_is_caught(beale):
    method = ss.method("sam", rho=[0.5, 1.0], eta=1e-4)
    r = ss.simulate(beale, method, [START] * 2, 100_000, every=10, engine="compiled")
    # rho = 1 makes rare excursions to 1.1e-2 (1 in 200 positions): 95 of 100 positions are claimed
    assert np.all(np.quantile(away(r.x[:, -1000:], SADDLE), 0.95, axis=1) < 1e-2)
    assert r.status.tolist() == ["trapped"] * 2
    assert r.fate.tolist() == [saddle_id(beale)] * 2


def test_C8_gradient_descent_reaches_the_basin(beale):
    r = ss.simulate(beale, "gd:eta=1e-4", START, 200_000, every=200_000, engine="compiled")
    assert away(r.final[0], MINIMUM) < 1e-3
    assert r.fate[0] == minimum_id(beale)
    # the end of the approach is the slow eigenvalue's: 0.30146 a unit of time, so 20 000 steps shrink it to e^-0.603
    longer = ss.simulate(beale, "gd:eta=1e-4", START, 220_000, every=220_000, engine="compiled")
    ratio = away(longer.final[0], MINIMUM) / away(r.final[0], MINIMUM)
    assert ratio == pytest.approx(
        np.exp(-2 * 0.30146364652), rel=2e-3
    )  # curvature along 1e-3 of the approach


@pytest.mark.parametrize(("rho", "hover"), [(0.5, 1e-3), (1.0, 6.3e-3)])
def test_sam_hovering_at_the_saddle_is_called_trapped(beale, rho, hover):
    """Root mean square distance over the last 5000 steps; the rarest excursions go 2.4 and 1.8 times as far.

    All of it lies inside the capture radius 8·eta·rho·max|λ| = 0.0222 rho.
    """
    r = ss.simulate(beale, f"sam:rho={rho},eta=1e-4", START, 20_000)
    distance = away(r.x[0, -5000:], SADDLE)
    assert np.sqrt(np.mean(distance**2)) < hover
    assert np.max(distance) < 8 * 1e-4 * rho * 27.75
    assert r.status[0] == "trapped"
    assert r.point[0] == r.fate[0] == saddle_id(beale)


def test_gradient_descent_on_its_way_is_called_moving_and_its_fate_known(beale):
    r = ss.simulate(beale, "gd:eta=1e-4", START, 20_000)
    assert r.final[0] == pytest.approx([2.689, 0.411], abs=5e-4)
    assert r.status[0] == "moving"
    assert r.nearest[0] == r.fate[0] == minimum_id(beale)
    assert r.distance[0] == pytest.approx(0.32, abs=0.005)
    assert r.point.mask[0]
    assert r.loss[0, -1] < VALLEY  # why the fate is certain


@pytest.mark.parametrize(
    ("eta", "steps", "stuck", "free"),
    [(1e-4, 8000, (0, 0.5, 0.6, 0.7, 0.8), (0.85, 0.9, 0.99)), (1.25e-5, 40_000, (0.9,), (0.99,))],
)
def test_R22_large_momentum_frees_sam_from_beales_saddle(beale, eta, steps, stuck, free):
    """rho = 0.5. At the smaller eta more momentum is needed: what counts is eta/(1 − beta)."""

    def run(betas):
        method = ss.method("sam", rho=0.5, eta=eta, beta=betas)
        return ss.simulate(beale, method, [START] * len(betas), steps, every=steps, engine="compiled")

    end = run(stuck + free).final
    held, gone = end[: len(stuck)], end[len(stuck) :]
    assert np.all(away(held, SADDLE) < 0.01)
    assert np.all(away(gone, MINIMUM) < 0.5)
    assert np.all(beale.loss(gone) < VALLEY)
    either_side = run((stuck[-1], free[0]))
    assert either_side.status[0] == "trapped"
    assert either_side.status[1] != "trapped"
    assert either_side.fate[1] in (np.ma.masked, minimum_id(beale))
