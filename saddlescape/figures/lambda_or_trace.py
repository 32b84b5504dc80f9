"""Full batches lower the largest eigenvalue, single samples the trace: Wen, Ma and Li (2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape.figures.parts import numbered, say_runs
from saddlescape.plots import style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Which sharpness SAM lowers depends on the batch"
LESSON = (
    "On the same valley SAM with all samples goes where the largest eigenvalue is least, with one at a "
    "time where the trace is."
)
SOURCE = "wen2022"

ETA, STEPS, RUNS, EVERY = 0.01, 50_000, 100, 250
METHODS = (f"sam:eta={ETA},rho=0.05", f"sam:eta={ETA},rho=0.05,batch=1")


def draw(page: Page, threads: int | None) -> None:
    """Run both on the valley of two samples, and draw both sharpnesses along its floor."""
    scene = ss.landscape("two_sample_valley")
    left, right = page.row(2, 2.5, gap=0.7)
    y = np.linspace(-2, 0.6, 201)
    values = np.linalg.eigvalsh(scene.hessian(np.stack([0 * y, 0 * y, y], axis=1)))
    colours = [style.HUES["vermilion"], style.HUES["blue"]]
    for each, colour, label in zip(
        (values[:, -1], values.sum(axis=1)), colours, ("largest eigenvalue", "trace"), strict=True
    ):
        right.plot(each, y, color=colour, linewidth=1.6)
        k = int(np.argmin(each))
        right.annotate(
            label, (each[90], y[90]), textcoords="offset points", color=colour, va="center", xytext=(6, 0)
        )
        if 0 < k < len(y) - 1:  # at the rim of the window there is no minimum to mark
            right.plot(each[k], y[k], "o", color=colour, markersize=6, zorder=5)
    right.set(xlabel="sharpness of the minimum (0, 0, y)", ylabel="y", ylim=(-1.2, 0.6))
    runs = []
    for text, colour in zip(METHODS, colours, strict=True):
        many = RUNS if "batch" in text else 1
        run = ss.simulate(
            scene, text, np.tile(scene.start, (many, 1)), steps=STEPS, every=EVERY, threads=threads
        )
        low, middle, high = np.quantile(run.x[:, :, 2], (0.1, 0.5, 0.9), axis=0)
        left.fill_between(run.t / ETA, low, high, color=colour, alpha=0.25, linewidth=0)
        left.plot(run.t / ETA, middle, color=colour, linewidth=1.6)
        runs.append(run)
    left.set(xlabel="step", ylabel="y", xlim=(0, STEPS), ylim=(-1.2, 0.6))
    page.key(
        page.entry("SAM, all samples: heads for the least largest eigenvalue", colours[0]),
        page.entry("SAM, one sample a step: heads for the least trace", colours[1]),
    )
    ends = [float(np.median(run.final[:, 2])) for run in runs]
    say_runs(page, runs[1])
    page.say(
        f"{numbered(runs[0])}; with one sample a step {RUNS} runs, median and 10–90 %. "
        f"Ends: y = {words.number(ends[0], 2)} and {words.number(ends[1], 2)} (median). GD would stay "
        "where it meets the valley. Dot: the least largest eigenvalue; the trace falls on to where one "
        "curvature vanishes."
    )
