"""A saddle becomes an attractor as rho grows: Kim et al. (2023), Theorem 1, for USAM; Compagnoni et "
"al. (2023) for SAM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape.figures.parts import say_methods
from saddlescape.plots import style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "A saddle becomes an attractor"
LESSON = (
    "USAM is caught by a saddle from ρ = 1/μ on, all at once; SAM always, from ever farther away as ρ grows."
)
SOURCE = "kim2023"

COUNT, SIDE = 17, 40


def draw(page: Page, threads: int | None) -> None:
    """Draw which share of a window ends at the saddle over rho, for both, and the multipliers of "
    "USAM's map."""
    scene = ss.landscape("saddle")
    rhos = np.round(np.linspace(0, 2, COUNT), 3)
    left, right = page.row(2, 2.5, gap=0.7)
    lines = np.linspace(-4.5, 4.5, SIDE)
    starts = np.stack(np.meshgrid(lines, lines), axis=-1).reshape(-1, 2)
    hues = {"sam": style.HUES["vermilion"], "usam": style.HUES["blue"]}
    for name, colour in hues.items():
        grid = ss.product(starts, rho=rhos)
        run = ss.simulate(
            scene, ss.method(name, rho=grid["rho"]), grid["x0"], steps=1500, every=1500, threads=threads
        )
        caught = (np.asarray(run.status) == "trapped").reshape(len(starts), COUNT)
        left.plot(rhos, caught.mean(axis=0), "o", color=colour, markersize=4)
        page.key(
            page.entry(
                f"{name.upper()}: share of starts that ends at the saddle", colour, marker="o", markersize=4
            )
        )
    fine = np.linspace(0, 2, 201)
    inside = ss.quadratic_saddle_tipping(starts)
    left.plot(fine, [float(np.mean(inside < rho)) for rho in fine], color=hues["sam"], linewidth=1.2)
    left.set(xlabel="ρ", ylabel="share caught", ylim=(-0.04, 1.04))
    values = np.array([_multipliers(scene, rho) for rho in rhos])
    exact = np.array([_multipliers(scene, rho) for rho in (rhos[0], rhos[-1])])
    for k, (dash, along) in enumerate((("-", "y, downhill"), ("--", "x, uphill"))):
        right.plot(rhos[[0, -1]], exact[:, k], dash, color=hues["usam"], linewidth=1.4)
        right.annotate(
            f"along {along}", (1.0, values[COUNT // 2, k]), xytext=(4, 6), textcoords="offset points"
        )
    right.axhspan(0.88, 1, color=hues["usam"], alpha=0.12, linewidth=0)
    right.axhline(1, color=style.ink(), linewidth=0.8)
    right.set(xlabel="ρ", ylabel="multipliers of USAM's step", ylim=(0.88, 1.025))
    page.key(page.entry("SAM's flow, closed form", hues["sam"], linewidth=1.2))
    say_methods(page, scene, ["sam", "usam"])
    lowest = rhos[np.all(np.abs(values) < 1, axis=1)].min()
    page.say(
        f"η = {words.number(scene.eta or 0)}, 1 500 steps from {len(starts)} starts in [−4.5, 4.5]². −μ "
        f"= −2 is the downhill "
        f"curvature; the smallest of the {COUNT} values of ρ with both multipliers of USAM below 1 is "
        f"{words.number(lowest)}."
    )


def _multipliers(scene: ss.Landscape, rho: float) -> list[float]:
    """Return the multipliers of USAM's step at the saddle, along y and along x."""
    return sorted(
        (float(np.real(m)) for m in ss.stability(scene, f"usam:rho={rho}").points[0].multipliers),
        reverse=True,
    )
