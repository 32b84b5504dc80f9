"""Claims: from where the flow of normalised SAM is caught at the saddle of x² − y², and when; in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp, quad, sin, sqrt

import saddlescape as ss

RHO = 0.5
#: boundary of the basin over rho at these angles to the x axis
RADII = {1: 13.0355, 5: 5.28921, 20: 2.21965, 45: 1.31103, 70: 1.0508, 89: 1.00012}


def radius(degrees):
    """Return R/rho = ∫ dφ/√(sin 2φ) from θ to π/2, over √(sin 2θ); its end is smoothed by φ = π/2 − u²."""
    theta = mp.radians(degrees)
    whole = quad(lambda u: 2 * u / sqrt(sin(2 * u * u)), [0, sqrt(mp.pi / 2 - theta)])
    return float(whole / sqrt(sin(2 * theta)))


def test_R10_the_boundary_of_the_basin():
    for degrees, wanted in RADII.items():  # printed to six figures, the fifth to five
        assert radius(degrees) == pytest.approx(wanted, rel=1e-5)


def edges(part):
    """Return the starts at ``part`` of the basin's radius, one per angle."""
    angles = np.radians(list(RADII))
    size = part * RHO * np.array([radius(a) for a in RADII])
    return size[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)


@pytest.mark.parametrize("scheme", ["rk4", "dopri5"])
def test_R10_the_flow_is_caught_inside_the_basin_and_escapes_outside(scheme):
    """At 0.99 R and 1.01 R; a quadratic has T = 0, so that order 3 is the flow itself."""
    starts = np.concatenate([edges(0.99), edges(1.01)])
    for clock in ("flow", "flow3") if scheme == "rk4" else ("flow",):
        text = f"sam@{clock}:rho={RHO},dt=0.005,scheme={scheme}"
        r = ss.simulate(ss.landscape("saddle"), text, starts, 1000, every=50, engine="plain")
        assert r.status[:6].tolist() == ["trapped"] * 6
        # it stays within dt·rho·max|λ|²/min|λ| of the point; dopri5 comes nearer
        assert np.linalg.norm(r.final[:6], axis=1).max() <= (0.005 * RHO * 2 if scheme == "rk4" else 1e-5)
        assert set(r.status[6:].tolist()) <= {"left", "diverged"}
        assert np.all(np.abs(r.x[6:, -1, 1]) > 4.5)


def test_C2_the_flow_in_euler_steps_is_caught_within_rho_of_the_saddle():
    """‖w‖ < rho is caught from every side; on the y axis the basin ends at rho."""
    turn = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    ring = 0.99 * RHO * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    above = np.array([[0.0, s * (RHO + out)] for s in (-1, 1) for out in (0.005, 0.5)])
    text = f"sam@flow:rho={RHO},dt=1e-3,scheme=euler"
    r = ss.simulate(
        ss.landscape("saddle"), text, np.concatenate([ring, above]), 3500, every=100, engine="plain"
    )
    assert r.status[:6].tolist() == ["trapped"] * 6
    assert set(r.status[6:].tolist()) <= {"left", "diverged"}


@pytest.mark.parametrize(("scheme", "tolerance"), [("rk4", 3e-3), ("dopri5", 1e-3)])
def test_capture_takes_the_time_of_the_closed_form(scheme, tolerance):
    """½ ln(1 + x₀/rho) along x, ½ ln(rho/(rho − |y₀|)) along y. Looked at every dt = 1e-3; rk4 stops when a step would
    carry it across, two more ticks."""
    dt = 1e-3
    starts = np.array([[1.0, 0.0], [-3.0, 0.0], [0.1, 0.0], [0.0, 0.4], [0.0, -0.49], [0.0, 0.1]])
    size = np.abs(starts).max(axis=1)
    wanted = np.where(
        starts[:, 0] != 0, 0.5 * np.log1p(size / RHO), -0.5 * np.log1p(-np.minimum(size / RHO, 0.99))
    )
    text = f"sam@flow:rho={RHO},dt={dt},scheme={scheme}"
    x = ss.simulate(ss.landscape("saddle"), text, starts, 2200, engine="plain").x
    moved = np.linalg.norm(np.diff(x, axis=1), axis=2) > 1e-6
    last = moved.shape[1] - np.argmax(moved[:, ::-1], axis=1)
    assert np.all(last < 2200)
    np.testing.assert_allclose(last * dt, wanted, atol=tolerance)
    # on the way the closed form holds: x + rho shrinks, rho − |y| grows as a power
    t = 0.4 * wanted
    k = np.rint(t / dt).astype(int)
    way = np.where(
        starts[:, 0] != 0,
        (size + RHO) * np.exp(-2 * k * dt) - RHO,
        RHO - (RHO - size) * np.exp(2 * k * dt),
    )
    np.testing.assert_allclose(np.linalg.norm(x[np.arange(6), k], axis=1), way, rtol=1e-5)


def test_R10_points_near_the_x_axis_are_caught_from_far():
    """|x₀y₀| < (I(0)²/2) rho² = 3.4376 rho²: I(θ) = I(0) − √(2θ) + …, at x₀ = 40 the bound is 2.5 % lower."""
    product = 3.4376 * RHO**2
    starts = np.array([[x0, part * product / x0] for x0 in (40.0, -40.0) for part in (0.95, 1.0)])
    r = ss.simulate(
        ss.landscape("saddle"), f"sam@flow:rho={RHO},dt=0.005", starts, 1400, every=50, engine="plain"
    )
    assert r.status[::2].tolist() == ["trapped"] * 2
    assert not np.any(r.status[1::2] == "trapped")
