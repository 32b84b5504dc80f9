"""Products of weights: gradient descent keeps their balance, SAM lets it decay (docs/theory.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import say_methods
from saddlescape.plots import legend, naming, style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "What gradient descent keeps, SAM gives away"
LESSON = (
    "GD keeps to its hyperbola u² − v² = const and stops; SAM slides on to the balanced minimum, the "
    "flattest."
)
ALSO = "landscape run uv --opt sam"
SOURCE = "andriushchenko2022"

ETA = 0.01
METHODS, STEPS = ("gd:eta=0.01", "sam:eta=0.01,rho=0.2", "usam:eta=0.01,rho=0.2"), 12_000


def draw(page: Page, threads: int | None) -> None:
    """Run three methods from three starts; draw the paths and u² − v² over steps."""
    scene = ss.landscape("uv").with_window(view=((-0.4, 3), (-0.6, 2.2)))
    starts = np.array([[2.5, 0.1], [1.2, -0.4], [0.6, 2.0]])
    runs = [ss.simulate(scene, text, starts, steps=STEPS, every=3, threads=threads) for text in METHODS]
    colours, labels = style.run_colours(runs, None, None), naming.labels([run.method for run in runs])
    left, right = page.row(2, 2.6, widths=(1.15, 1), gap=0.7, right=0.3)
    left.set(xlim=scene.view[0], ylim=scene.view[1])
    plots.trajectories(runs, left, colours=colours)
    plots.contours(runs[0].background, left, labels=False)
    for run, colour, width in zip(runs, colours, (2.4, 1.5, 1.5), strict=True):
        for path in run.x:
            right.plot(run.t / ETA, path[:, 0] ** 2 - path[:, 1] ** 2, color=colour, linewidth=width)
    page.key(*(page.entry(label, colour) for label, colour in zip(labels, colours, strict=True)))
    page.key(*legend.marks(runs))
    right.axhline(0, color=style.ink(), linewidth=0.6)
    right.set(xlabel="step", ylabel="u² − v²", xlim=(0, STEPS))
    say_methods(page, scene, METHODS)
    kept = np.ptp(runs[0].x[:, :, 0] ** 2 - runs[0].x[:, :, 1] ** 2, axis=1).max()
    ends = ", ".join(words.place(x) for x in runs[1].final)
    page.say(
        f"η = 0.01, ρ = 0.2, {words.count(STEPS)} steps. GD changes u² − v² by at most "
        f"{words.number(float(kept), 2)} (its flow "
        f"not at all). SAM ends at {ends}; USAM stops where the gradient does."
    )
