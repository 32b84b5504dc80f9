"""A hallucinated minimiser: Park et al. (2025), on cos x."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import numbered, say_runs
from saddlescape.plots import became, style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "A minimiser that is not there"
LESSON = (
    "With ρ larger than the way from a maximum to a minimum SAM rests on a slope: the gradient it sees "
    "is zero."
)
ALSO = "landscape run cosine --opt sam"
SOURCE = "park2025"


def draw(page: Page, threads: int | None) -> None:
    """Run GD and SAM on cos x, and draw what each sees as its slope."""
    scene = ss.landscape("cosine")
    runs = [ss.simulate(scene, text, threads=threads) for text in ("gd", "sam")]
    colours = style.run_colours(runs, None, None)
    (above,), (below,) = page.row(1, 1.75, below=0.08), page.row(1, 1.35, above=0.06)
    plots.lines(runs, above, colours=colours)
    above.set_xlabel("")
    above.tick_params(labelbottom=False)
    x = np.linspace(scene.view[0][0], scene.view[0][1], 1601)[:, None]
    for text, colour in zip(("gd", "sam"), colours, strict=True):
        slope = -ss.drift(scene, text)(x)[:, 0]
        jump = np.abs(np.diff(slope, append=slope[-1])) > 0.3
        below.plot(x[:, 0], np.where(jump, np.nan, slope), color=colour, linewidth=1.6)
    below.axhline(0, color=style.ink(), linewidth=0.6)
    rest = float(runs[1].final[0, 0])
    for ax in (above, below):
        ax.axvline(rest, color=colours[1], linewidth=0.8, linestyle=":")
    below.set(xlim=scene.view[0], xlabel="x", ylabel="slope that is seen")
    page.key(*(page.entry(f"{label}: {became.what_became(run)}", colour) for run, label, colour in
               zip(runs, ("GD", "SAM"), colours, strict=True)))  # fmt: skip
    say_runs(page, runs[1])
    off = abs(rest - (float(scene.rho or 0) - np.pi))
    page.say(
        f"{numbered(runs[1])}. SAM rests at x = {words.number(rest, 5)}, {words.number(off, 1)} from ρ "
        f"− π, where "
        f"∇f = {words.number(float(scene.grad(runs[1].final)[0, 0]))} and ∇f(x + s) = 0."
    )
