"""How much noise frees SAM from a saddle: the threshold of docs/theory.md, measured. After Kim et al. "
"(2023), Sec. 5."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape.figures.parts import say_methods
from saddlescape.plots import style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Noise that SAM sees sets it free"
LESSON = (
    "With noise in the ascent SAM holds a saddle only if ρ is large enough for it; with a clean ascent "
    "a small one will do."
)
SOURCE = "kim2023"

COUNT, RUNS, STEPS, SIGMA = 21, 200, 3000, 0.5


def draw(page: Page, threads: int | None) -> None:
    """Measure which part of the runs stays near the saddle of x² − y², over rho."""
    scene = ss.landscape("saddle")
    rhos = np.linspace(0.05, 1.6, COUNT) * SIGMA
    (ax,) = page.row(1, 2.5, right=1.6, left=1.4)
    for ascent, colour in (("same", style.HUES["vermilion"]), ("full", style.HUES["blue"])):
        grid = ss.product(np.zeros((RUNS, 2)), rho=rhos)
        method = ss.method("sam", rho=grid["rho"], eta=0.005, sigma=SIGMA, ascent=ascent)
        run = ss.simulate(scene, method, grid["x0"], steps=STEPS, every=STEPS, threads=threads)
        stays = (np.abs(run.final[:, 1]) < 1).reshape(RUNS, COUNT).mean(axis=0)
        ax.plot(rhos / SIGMA, stays, "o-", color=colour, markersize=4, linewidth=0.9)
        what = "the noisy gradient" if ascent == "same" else "the full gradient"
        page.key(page.entry(f"ascent along {what}", colour, marker="o", markersize=4, linestyle="-"))
    edge = (2 / np.pi) ** 0.5
    ax.axvline(edge, color=style.ink(), linewidth=1, linestyle="--")
    ax.annotate("ρ* = σ √(2/π)", (edge, 0.5), xytext=(5, 0), textcoords="offset points", va="center")
    ax.set(xlabel="ρ/σ", ylabel="share still at the saddle", ylim=(-0.04, 1.04))
    say_methods(page, scene, [f"sam:eta=0.005,rho=0.5,sigma={SIGMA}"])
    page.say(
        f"η = 0.005, σ = {words.number(SIGMA)} per coordinate of the gradient, {RUNS} runs of "
        f"{words.count(STEPS)} steps from the "
        "saddle for each of "
        f"{COUNT} values of ρ; still there: |y| < 1. Above ρ* = {words.number(float(edge), 3)} σ the "
        f"mean drift towards y = 0 "
        "wins; near it leaving takes longer than the runs last."
    )
