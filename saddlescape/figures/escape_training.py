"""Momentum and small batches free SAM from a saddle: Kim et al. (2023), Theorem 3 and Sec. 5, "
"measured as first exits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import say_methods
from saddlescape.plots import escaping, naming, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "What frees SAM from a saddle"
LESSON = "SAM leaves a saddle later than SGD; smaller batches and more momentum bring the exit forward."
ALSO = 'landscape escape saddle --opt "sam:batch=1,rho=0.3,beta=0|0.5|0.9"'
SOURCE = "kim2023"

RUNS, STEPS, RADIUS, ETA = 1000, 1500, 1.2, 0.01
LEFT = (
    "gd:batch=1,replace=true",
    *(f"sam:batch={b},rho=0.3,replace=true" for b in (1, 4, 16)),
)
RIGHT = tuple(f"sam:batch=1,rho=0.3,replace=true{beta}" for beta in ("", ",beta=0.3", ",beta=0.6"))


def draw(page: Page, threads: int | None) -> None:
    """Draw the share of runs still near the saddle, for batch sizes and for momenta."""
    scene = ss.landscape("saddle")
    told = []
    for ax, texts, name in zip(
        page.row(2, 2.5, gap=0.62), (LEFT, RIGHT), ("a  batch size", "b  momentum"), strict=True
    ):
        found = [
            ss.escape(
                scene, ss.method(f"{text},eta={ETA}"), radius=RADIUS, runs=RUNS, steps=STEPS, threads=threads
            )
            for text in texts
        ]
        plots.escape(found, ax, theory=False)
        ax.set_title(name, loc="left", fontsize="medium")
        labels = naming.labels([each.method for each in found])
        page.key(
            *(
                page.entry(f"{name[0]}: {label}", hue)
                for label, hue in zip(labels, escaping.colours(found), strict=True)
            )
        )
        told.append(
            ", ".join(f"{_median(each)} ({label})" for each, label in zip(found, labels, strict=True))
        )
    say_methods(page, scene, [f"{LEFT[1]},eta={ETA}", f"{RIGHT[1]},eta={ETA}"])
    page.say(
        f"η = {ETA}, {words.count(RUNS)} runs from the saddle (0, 0), first exit from the ball of "
        f"radius {RADIUS}; the samples "
        f"have their centres at (±1/2, ±1/2). Bands: 95\u00a0%. Median steps: a {told[0]}; b {told[1]}."
    )


def _median(found: ss.Escape) -> str:
    value = found.median_steps[0]
    return f"over {words.count(STEPS)}" if value is None else words.count(round(value))
