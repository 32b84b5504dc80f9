"""Momentum and Beale's saddle: Kim et al. (2023), Sec. 5, with heavy ball on the landscape of their "
"Fig. 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import numbered, say_runs
from saddlescape.plots import became, legend, style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Enough momentum carries SAM past the saddle"
LESSON = (
    "With little momentum SAM is caught; from some value on it overshoots the trap and runs down to the "
    "minimum."
)
SOURCE = "kim2023"

BETAS, STEPS, FINE = (0.0, 0.6, 0.8, 0.85, 0.95), 8000, 60


def draw(page: Page, threads: int | None) -> None:
    """Run heavy ball from (1, 2) with five momenta, and with many to see where it changes."""
    scene = ss.landscape("beale")
    runs = [
        ss.simulate(scene, f"sam:eta=1e-4,rho=0.5,beta={beta}", steps=STEPS, threads=threads)
        for beta in BETAS
    ]
    left, right = page.row(2, 2.9, widths=(1.35, 1))
    view = runs[0].background.view
    left.set(xlim=view[0], ylim=view[1])
    colours = style.CYCLE[: len(BETAS)]
    plots.trajectories(runs, left, colours=colours)
    plots.contours(runs[0].background, left, labels=False)
    for beta, run, colour in zip(BETAS, runs, colours, strict=True):
        page.key(page.entry(f"β = {words.number(beta)}: {became.what_became(run)}", colour))
    page.key(*legend.marks(runs[:1]))
    betas = np.linspace(0.5, 0.98, FINE)
    many = ss.simulate(
        scene, ss.method("sam", eta=1e-4, rho=0.5, beta=betas), np.tile(scene.start, (FINE, 1)), steps=STEPS, every=STEPS,
        threads=threads,
    )  # fmt: skip
    away = np.linalg.norm(many.final - scene.critical_points[2].x, axis=1)
    caught = np.asarray(many.status) == "trapped"
    right.semilogy(betas[caught], away[caught], "o", color=style.HUES["vermilion"], markersize=3.5)
    right.semilogy(betas[~caught], away[~caught], "o", color=style.baseline_colour(), markersize=3.5)
    right.set(xlabel="β", ylabel="distance from the saddle at the end")
    page.key(
        page.entry("trapped", style.HUES["vermilion"], marker="o", markersize=3.5),
        page.entry("not trapped", style.baseline_colour(), marker="o", markersize=3.5),
    )
    say_runs(page, *runs[1:])
    free = betas[~caught]
    page.say(
        f"{numbered(runs[0])}. Of {FINE} values of β from {words.number(betas[0])} to "
        f"{words.number(betas[-1])} the largest "
        f"that is trapped is {words.number(betas[caught].max())}, the least that is not "
        f"{words.number(free.min())}."
    )
