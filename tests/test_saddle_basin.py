"""The closed form of the basin of SAM's flow at x² − y², against quadrature, flows and counted windows."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp
from mpmath import quad as mpquad
from scipy.integrate import quad

import saddlescape as ss
from saddlescape.analysis.saddle_basin import saddle_integral
from saddlescape.errors import UsageError

DEGREES = (1, 5, 20, 45, 70, 89)


def integral(theta: float) -> float:
    """Return ∫ dφ/√(sin 2φ) from θ to π/2 by quadrature; its end is smoothed by φ = π/2 − u²."""
    end = mp.sqrt(mp.pi / 2 - mp.mpf(theta))
    return float(mpquad(lambda u: 2 * u / mp.sqrt(mp.sin(2 * u * u)), [0, end]))


@pytest.mark.parametrize("degrees", DEGREES)
def test_the_radius_is_the_integral_in_every_quadrant(degrees: float) -> None:
    theta = np.radians(degrees)
    wanted = 0.5 * integral(theta) / np.sqrt(np.sin(2 * theta))
    around = [theta, np.pi - theta, np.pi + theta, -theta]
    # rounding of π − θ is larger beside what is left of the angle the nearer it is to an axis
    np.testing.assert_allclose(ss.quadratic_saddle_boundary(0.5, around), wanted, rtol=1e-12)
    assert saddle_integral(theta) == pytest.approx(integral(theta), rel=1e-13)


def test_the_radius_on_the_axes() -> None:
    np.testing.assert_array_equal(ss.quadratic_saddle_boundary(0.3, [0.0, np.pi / 2]), [np.inf, 0.3])
    assert ss.quadratic_saddle_boundary(0.3, np.pi / 2 - 1e-7) == pytest.approx(0.3, rel=1e-6)
    with pytest.raises(UsageError, match="above 0"):
        ss.quadratic_saddle_boundary(0.0, 0.1)


def test_the_tipping_rho_of_a_start_is_where_the_boundary_passes_it() -> None:
    theta = np.radians([*DEGREES, 90, 0])
    starts = 1.7 * np.stack([np.cos(theta), np.sin(theta)], axis=1)
    found = ss.quadratic_saddle_tipping(starts)
    radii = [float(ss.quadratic_saddle_boundary(rho, a)) for rho, a in zip(found[:6], theta, strict=False)]
    np.testing.assert_allclose(radii, 1.7, rtol=1e-12)
    assert found[6] == pytest.approx(1.7, rel=1e-6)  # cos 90° is 1e-17, not 0
    assert found[7] == 0
    assert ss.quadratic_saddle_tipping([0.0, -1.7]) == 1.7


@pytest.mark.parametrize("curvature", [1.0, 27.75])
def test_R10_the_flow_is_caught_inside_and_escapes_outside_whatever_the_curvature(curvature: float) -> None:
    theta = np.radians(DEGREES)
    edge = ss.quadratic_saddle_boundary(0.5, theta)[:, None] * np.stack(
        [np.cos(theta), np.sin(theta)], axis=1
    )
    scene = ss.landscape(f"{curvature}*(x^2 - y^2)/2", domain=((-8, 8), (-8, 8)))
    steps, dt = 1000, 0.01 / curvature
    run = ss.simulate(
        scene, f"sam@flow:rho=0.5,dt={dt},eta={dt}", np.concatenate([0.99 * edge, 1.01 * edge]), steps, every=steps,
        engine="plain",
    )  # fmt: skip
    assert run.status[:6].tolist() == ["trapped"] * 6
    assert (np.abs(run.final[6:, 1]) > 5).all()


def caught(rho: float) -> float:
    """Return the caught share of the window [−4.5, 4.5]²: ∫ min(R, edge of the window)²/2 dθ of the first quadrant."""

    def slice_of(theta: float) -> float:
        whole, _ = quad(
            lambda u: 2 * u / np.sqrt(np.sin(2 * u * u)), 0, np.sqrt(np.pi / 2 - theta), limit=100
        )
        radius = rho * whole / np.sqrt(np.sin(2 * theta))
        return min(radius, 4.5 / max(np.cos(theta), np.sin(theta))) ** 2 / 2

    area, _ = quad(slice_of, 0, np.pi / 2, limit=100, epsabs=1e-5, epsrel=1e-5)
    return float(area) / 4.5**2


@pytest.mark.parametrize(
    ("rho", "share"), [(0.1, 0.0050), (0.25, 0.0222), (0.5, 0.0636), (1.0, 0.1670), (2.0, 0.3956)]
)
def test_R11_caught_share_of_the_window(rho: float, share: float) -> None:
    assert caught(rho) == pytest.approx(
        share, abs=6e-5
    )  # four printed decimals; 0.06365 was cut, not rounded
    x, y = np.meshgrid(*2 * [(np.arange(901) + 0.5) * 9 / 901 - 4.5])
    inside = np.hypot(x, y) < ss.quadratic_saddle_boundary(rho, np.arctan2(y, x))
    # of 901² pixels those on the border are one in about 400: half a one more or less is 1e-3 of the share
    assert inside.mean() == pytest.approx(share, abs=2e-4)
