"""Alignment and top eigenvalue along GD and SAM: Luo et al. (2024), Figs. 1 and 3, on a net of three "
"weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import uniform_filter1d

import saddlescape as ss
from saddlescape.analysis.along import quantities
from saddlescape.figures.parts import numbered, say_methods
from saddlescape.plots import naming, style, words

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Array
    from saddlescape.plots.pages import Page

TITLE = "Alignment and sharpness along GD and SAM"
LESSON = (
    "Once SAM's perturbation points along the leading eigenvector, the largest eigenvalue falls, step "
    "after step."
)
SOURCE = "luo2024"

METHODS = ("gd", "sam:rho=0.05", "sam:rho=0.2")
WINDOW = 20
SHOWN = {"alignment": "alignment |⟨s, v₁⟩|/‖s‖", "sharpness": "largest eigenvalue of ∇²f"}


def draw(page: Page, threads: int | None) -> None:
    """Follow loss, alignment and the largest eigenvalue of three runs."""
    scene = ss.landscape("deep_scalar")
    methods = [ss.method(text) for text in METHODS]
    runs = [ss.simulate(scene, each, threads=threads) for each in methods]
    colours, labels = style.run_colours(runs, None, None), naming.labels([run.method for run in runs])
    axes = dict(zip(SHOWN, page.row(2, 2.4, gap=0.56), strict=True))
    tops = []
    for run, method, colour, label in zip(runs, methods, colours, labels, strict=True):
        found = quantities(scene, method.on(scene), None, run.x[0])
        for name, ax in axes.items():
            # at the minimum the direction of what is left of the gradient is rounding
            shown = np.where((name == "sharpness") | (found["loss"] > 1e-20), found[name], np.nan)
            ax.plot(run.t / run.t[1], _smoothed(shown), color=colour, linewidth=1.4, label=label)
        tops.append(_smoothed(found["sharpness"])[-1])
    for name, ax in axes.items():
        ax.set_title(SHOWN[name], loc="left", fontsize="medium")
        ax.set(xlabel="step", xlim=(2, scene.steps), xscale="log" if name == "alignment" else "linear")
    page.key(axes["alignment"])
    say_methods(page, scene, methods)
    ends = ", ".join(f"{words.number(float(top))} ({label})" for top, label in zip(tops, labels, strict=True))
    page.say(
        f"{numbered(runs[0])}. Largest eigenvalue at the end: {ends}. Means over {WINDOW} steps: SAM bounces."
    )


def _smoothed(values: Array) -> Array:
    """Return the running mean over WINDOW values."""
    found: Array = uniform_filter1d(values, WINDOW, mode="reflect")
    return found
