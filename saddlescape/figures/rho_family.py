"""One start, many radii: where SAM on Beale's function changes its mind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import say_runs
from saddlescape.plots import critical, style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "From one start, a family of radii"
LESSON = "As ρ grows the paths bend towards the saddle, and past a threshold none of them comes out again."
ALSO = 'landscape run beale --opt "sam:rho=0.05..1/9"'
SOURCE = "kim2023"

COUNT, MOST = 33, 0.8


def draw(page: Page, threads: int | None) -> None:
    """Run SAM with many radii from (1, 2), coloured by ρ."""
    scene = ss.landscape("beale")
    rhos = np.linspace(0, MOST, COUNT)
    run = ss.simulate(
        scene, ss.method("sam", rho=rhos), np.tile(scene.start, (COUNT, 1)), every=20, threads=threads
    )
    (ax,) = page.maps(scene.view, 1, most=3.6, right=0.75)
    plots.contours(run.background, ax, labels=False)
    colours = page.scale(0, MOST, "plasma")
    for path, rho in zip(run.x, rhos, strict=True):
        ax.plot(*path.T, color=colours.to_rgba(rho), linewidth=1.1, zorder=3)
    ax.plot(*scene.start, "+", color=style.ink(), markersize=8, markeredgewidth=1.6, zorder=6)
    critical.mark(ax, run.background.points, scene.view)
    page.strip(ax, colours, "ρ")
    caught = np.asarray(run.status) == "trapped"
    say_runs(page, run)
    page.say(
        f"η = {words.number(scene.eta or 0)}, {words.count(scene.steps)} steps from "
        f"{words.place(scene.start)} with {COUNT} "
        f"values of ρ. Trapped at the saddle (0, 1) for ρ ≥ {words.number(rhos[caught].min())}, the "
        f"last that gets away has "
        f"ρ = {words.number(rhos[~caught].max())}."
    )
