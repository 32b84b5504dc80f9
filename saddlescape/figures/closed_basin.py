"""The basin of normalised SAM's flow at x² − y² in closed form (docs/theory.md), over the measured "
"one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape.figures.maps import shown
from saddlescape.plots import style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "The basin of a saddle, in closed form"
LESSON = "Where the flow of SAM is caught is known exactly: the curve runs along the border that is measured."
SOURCE = "compagnoni2023"

RHOS, ANGLES, FINE = (0.5, 1.0, 2.0), (1, 5, 20, 45, 70, 89), 2000


def draw(page: Page, threads: int | None) -> None:
    """Draw basins of the flow for three radii, and measure the distance of the border at six angles."""
    scene = ss.landscape("saddle")
    found = [
        ss.basins(scene, f"sam@flow:rho={rho},dt=0.01", resolution=180, time=12, threads=threads)
        for rho in RHOS
    ]
    first = len(page.figure.axes)
    shown(page, found)
    angle = np.linspace(0, 2 * np.pi, FINE + 1) + 1e-4  # never on an axis, where it is infinite
    shares = []
    for ax, rho, each in zip(page.figure.axes[first:], RHOS, found, strict=False):
        radius = ss.quadratic_saddle_boundary(rho, angle)
        path = np.stack([radius * np.cos(angle), radius * np.sin(angle)])
        ax.plot(*np.where(np.abs(path) < 9, path, np.nan), color=style.ink(), linewidth=1.4)
        grid = np.stack(np.meshgrid(*each.axes), axis=-1)
        shares.append(
            (
                float(np.mean(ss.quadratic_saddle_tipping(grid) < rho)),
                float(np.mean(np.ma.filled(each.fate, -1) == 0)),
            )
        )
    page.key(page.entry("border in closed form", style.ink(), linewidth=1.4))
    page.say(
        "The border lies at $R(\\theta) = \\rho\\,I(\\theta)/\\sqrt{\\sin 2\\theta}$ with "
        "$I(\\theta) = \\int_\\theta^{\\pi/2} d\\phi/\\sqrt{\\sin 2\\phi}$ from the saddle, θ the "
        "angle from the x axis."
    )
    told = "; ".join(
        f"{a:.2%} and {b:.2%} (ρ = {words.number(rho)})" for (a, b), rho in zip(shares, RHOS, strict=True)
    )
    page.say(
        f"Share of the starts inside the curve, and of those that were caught: {told}. "
        f"{_measured(scene, threads)}"
    )


def _measured(scene: ss.Landscape, threads: int | None) -> str:
    """Return how far the measured distance of the border is from the formula, along six angles at rho "
    "1/2."""
    angles = np.radians(ANGLES)
    radius = ss.quadratic_saddle_boundary(0.5, angles)
    factors = np.linspace(0.98, 1.02, 81)
    starts = (factors[:, None, None] * (radius * np.stack([np.cos(angles), np.sin(angles)])).T).reshape(-1, 2)
    wide = scene.with_window(domain=((-9, 9), (-9, 9)))
    run = ss.simulate(wide, "sam@flow:rho=0.5,dt=0.005", starts, steps=2400, every=2400, threads=threads)
    caught = (np.asarray(run.status) == "trapped").reshape(len(factors), -1)
    off = float(np.max(np.abs(np.array([factors[row].max() for row in caught.T]) - 1)))
    return f"At {', '.join(map(str, ANGLES))}° (ρ = 0.5) the distance measured differs from R by at most {off:.2%}."
