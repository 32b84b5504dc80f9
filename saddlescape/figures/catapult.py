"""The edge of stability and SAM's lower one: Long and Bartlett (2024), on a net of two weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import say_runs
from saddlescape.plots import naming, style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "At the edge of stability"
LESSON = (
    "With long steps GD is thrown out of the sharp valley until λmax is below 2/η; SAM ends far lower, at "
    "an edge of its own."
)
SOURCE = "long2024"

METHODS, STEPS = ("gd:eta=0.35", "sam:eta=0.35,rho=0.1", "usam:eta=0.35,rho=0.1"), 60


def draw(page: Page, threads: int | None) -> None:
    """Measure loss and largest eigenvalue along three runs from a sharp place."""
    scene = ss.landscape("uv")
    runs = [ss.simulate(scene, text, [2.6, 0.5], steps=STEPS, threads=threads) for text in METHODS]
    found = [ss.sharpness(scene, run, of=("loss", "lambda_max")) for run in runs]
    colours, labels = style.run_colours(runs, None, None), naming.labels([run.method for run in runs])
    axes = dict(zip(("loss", "lambda_max"), page.row(2, 2.4, gap=0.62), strict=True))
    plots.sharpness(found, axes, colours=colours)
    page.key(*(page.entry(label, colour) for label, colour in zip(labels, colours, strict=True)))
    say_runs(page, *runs)
    thrown = [len(each.catapults) for each in found]
    ends = ", ".join(
        f"{words.number(float(each.values['lambda_max'][0, -1]))} ({label})"
        for each, label in zip(found, labels, strict=True)
    )
    page.say(
        f"η = 0.35, {STEPS} steps from (2.6, 0.5), λmax = "
        f"{words.number(float(found[0].values['lambda_max'][0, 0]))} there. Dashes: "
        f"2/η, dots: the edges of SAM and USAM. Catapults: {sum(thrown)}. λmax at the end: "
        f"{ends}."
    )
