"""A product of two weights: where GD stops and SAM does not. Ahn et al. (2023); Dai, Ahn and Sra "
"(2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import say_runs
from saddlescape.plots import style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Where GD stops, SAM walks on"
LESSON = "GD keeps the sharpness it meets, or falls to just below 2/η; SAM goes on to ever flatter minima."
ALSO = "landscape run log_cosh --opt sam"
SOURCE = "dai2023"

ETA, RHO, GAMMAS, STEPS = 0.01, 0.05, (0.5, 0.8, 1.2, 1.5, 1.9, 2.2), 40_000


def draw(page: Page, threads: int | None) -> None:
    """Run GD and SAM from x = 3, y² = x² + γ/η for several γ."""
    scene = ss.landscape("log_cosh").with_window(view=((-1, 3.5), (0, 16)))
    starts = np.array([[3.0, (9 + gamma / ETA) ** 0.5] for gamma in GAMMAS])
    runs = [
        ss.simulate(scene, text, starts, steps=STEPS, every=2, threads=threads)
        for text in (f"gd:eta={ETA}", f"sam:eta={ETA},rho={RHO}")
    ]
    left, right = page.row(2, 2.9, widths=(0.9, 1.2), gap=0.7, right=0.3)
    plots.contours(runs[0].background, left, labels=False, marks=False)
    colours = style.run_colours(runs, None, None)
    for run, colour in zip(runs[::-1], colours[::-1], strict=True):
        for path in run.x:
            left.plot(*path.T, color=colour, linewidth=1.0)
            sharp = np.linalg.eigvalsh(scene.hessian(path))[:, -1]
            right.plot(run.t / ETA, sharp * ETA, color=colour, linewidth=1.1)
    right.axhline(2, color=style.ink(), linewidth=0.9, linestyle="--")
    right.set(xlabel="step", ylabel="η λmax", xlim=(0, STEPS), ylim=(0, 2.4))
    right.annotate("λmax = 2/η", (0.97 * STEPS, 2.03), ha="right", va="bottom")
    left.plot(*starts.T, "+", color=style.ink(), markersize=7)
    page.key(
        *(page.entry(name, colour) for name, colour in zip(("GD", f"SAM ρ = {RHO}"), colours, strict=True))
    )
    say_runs(page, runs[1])
    ends = ETA * runs[0].final[:, 1] ** 2
    told = ", ".join(f"{words.number(end, 4)} (γ = {gamma})" for gamma, end in zip(GAMMAS, ends, strict=True))
    page.say(
        f"η = {ETA}, {words.count(STEPS)} steps from x = 3, y² = x² + γ/η. GD ends with ηy² = {told}: γ "
        f"itself below 2, just "
        f"below 2 above. λmax: largest eigenvalue of ∇²f; on the minima x = 0 it is y². Every second "
        f"step is drawn."
    )
