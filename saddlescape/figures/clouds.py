"""How noise spreads a method about a minimum, and the Lyapunov equation's ellipses. Compagnoni et al. "
"(2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import say_methods
from saddlescape.plots import naming, style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Stationary clouds"
LESSON = (
    "An ascent along the same noisy gradient widens the cloud about a minimum; one along the full "
    "gradient narrows it."
)
SOURCE = "compagnoni2023"

RUNS, STEPS, RHO = 3000, 1500, 0.3
METHODS = (
    "gd:eta=0.05,sigma=1",
    f"usam:eta=0.05,rho={RHO},sigma=1",
    f"usam:eta=0.05,rho={RHO},sigma=1,ascent=full",
)


def draw(page: Page, threads: int | None) -> None:
    """Run three noisy methods to their stationary law and draw where they are, with the theory."""
    scene = ss.landscape("linear_regression_2d")
    axes = page.row(3, 1.95, gap=0.5)
    told, boxes = [], []
    labels = naming.labels(list(METHODS))
    for text, label, ax in zip(METHODS, labels, axes, strict=True):
        minimum = scene.critical_points[0].x
        run = ss.simulate(scene, text, np.tile(minimum, (RUNS, 1)), steps=STEPS, every=STEPS, threads=threads)
        theory = ss.stationary_covariance(scene, text)
        plots.cloud(run, theory, ax)
        ax.set_title(label, loc="left", fontsize="medium")
        boxes.append((ax.get_xlim(), ax.get_ylim()))
        measured = np.trace(np.cov(run.final.T))
        told.append(
            f"{words.number(float(measured))} against {words.number(float(np.trace(theory.covariance)))} ({label})"
        )
    widest = max(boxes, key=lambda box: box[0][1] - box[0][0])
    for ax in axes:
        ax.set(xlim=widest[0], ylim=widest[1])
    page.key(
        page.entry("50\u00a0% of the stationary law", style.ink(), linewidth=1),
        page.entry("95\u00a0%", style.ink(), linewidth=1, linestyle="--"),
    )
    say_methods(page, scene, METHODS)
    page.say(
        f"η = 0.05, σ = 1, {words.count(RUNS)} runs of {words.count(STEPS)} steps. Trace of the covariance, "
        f"measured and by the Lyapunov equation: {', '.join(told)}."
    )
