"""A bias that no step size removes: after Si and Yun (2023), on two samples of a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape.figures.parts import say_runs
from saddlescape.plots import style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "One sample at a time, SAM aims beside the minimum"
LESSON = (
    "With batches of one the mean of SAM's iterates is off by an amount that grows with ρ and does not "
    "shrink with η."
)
SOURCE = "siyun2023"

ETAS, COUNT, RUNS, STEPS = (0.01, 0.0025), 7, 400, 4000


def draw(page: Page, threads: int | None) -> None:
    """Measure the mean rest point over ρ for two step sizes, and draw two paths."""
    scene = ss.landscape("two_sample_1d")
    left, right = page.row(2, 2.4, gap=0.7)
    minimum = scene.critical_points[0].x[0]
    h1, h2 = (scene.params[k] for k in ("h1", "h2"))
    rhos = np.linspace(0, 0.36, COUNT)
    gaps = []
    for eta, colour, mark in zip(ETAS, (style.HUES["vermilion"], style.HUES["blue"]), "os", strict=True):
        grid = ss.product(np.full((RUNS, 1), minimum), rho=rhos)
        run = ss.simulate(
            scene,
            ss.method("sam", rho=grid["rho"], eta=eta, batch=1),
            grid["x0"],
            steps=STEPS,
            every=STEPS,
            threads=threads,
        )
        ends = run.final[:, 0].reshape(RUNS, COUNT)
        mean, error = ends.mean(axis=0), 1.96 * ends.std(axis=0, ddof=1) / RUNS**0.5
        right.errorbar(rhos, mean, error, fmt=mark, color=colour, markersize=4, capsize=2, elinewidth=0.8)
        page.key(
            page.entry(f"SAM, one sample a step, η = {words.number(eta)}", colour, marker=mark, markersize=4)
        )
        gaps.append(float(np.max(np.abs(mean - minimum - rhos * (h2 - h1) / (h1 + h2)) / error)))
    formula = minimum + rhos * (h2 - h1) / (h1 + h2)
    right.plot(rhos, formula, "-", color=style.ink(), linewidth=0.9, zorder=1)
    right.axhline(minimum, color=style.baseline_colour(), linewidth=0.9, linestyle="--")
    right.set(xlabel="ρ", ylabel="mean of x")
    runs = [
        ss.simulate(scene, text, [minimum], steps=1500, threads=threads)
        for text in ("gd:batch=1,eta=0.01", "sam:batch=1,eta=0.01,rho=0.36")
    ]
    for run, colour in zip(runs, (style.baseline_colour(), style.HUES["vermilion"]), strict=True):
        left.plot(run.x[0, :, 0], color=colour, linewidth=0.8)
    left.axhline(minimum, color=style.baseline_colour(), linewidth=0.9, linestyle="--")
    left.set(xlabel="step", ylabel="x", xlim=(0, 1500))
    page.key(
        page.entry("SGD", style.baseline_colour()), page.entry("minimum", style.baseline_colour(), linestyle="--"),
        page.entry("x* + ρ (h₂ − h₁)/(h₁ + h₂)", style.ink(), linewidth=0.9),
    )  # fmt: skip
    say_runs(page, runs[1])
    page.say(
        f"Left: η = 0.01, ρ = 0.36 from the minimum. Right: means of {RUNS} runs of "
        f"{words.count(STEPS)} steps with their 95 % "
        f"intervals; the formula is within {words.number(max(gaps), 2)} of their half-widths everywhere."
    )
