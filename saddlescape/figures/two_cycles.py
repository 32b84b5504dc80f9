"""The 2-cycles of SAM: Bartlett, Long and Bousquet (2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape.analysis.quadratics import cycle_radius
from saddlescape.figures.parts import drawn_runs, numbered, say_runs
from saddlescape.plots import style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "SAM never rests: it bounces across the minimum"
LESSON = "In a bowl SAM ends in a 2-cycle along the steepest direction, and its size follows the formula."
SOURCE = "bartlett2022"

RHO, STEPS, VIEW = 0.2, 4000, ((-1.4, 1.4), (-0.9, 1.75))


def draw(page: Page, threads: int | None) -> None:
    """Run SAM in a bowl of two curvatures, and on a parabola with many step sizes."""
    bowl, line = ss.landscape("bowl").with_window(view=VIEW), ss.landscape("parabola")
    run = ss.simulate(bowl, f"sam:eta=0.25,rho={2 * RHO}", [-1.0, 1.5], steps=200, threads=threads)
    left, right = page.row(2, 2.5)
    drawn_runs(page, [run], left, key=False, tell=False, labels=False)
    left.set_title("a  a bowl, four times as steep along x", loc="left", fontsize="medium")
    curvature = line.params["curvature"]
    etas = np.linspace(0.02, 0.6, 59)
    ends = ss.simulate(
        line,
        ss.method("sam", eta=etas, rho=RHO),
        np.full((len(etas), 1), 1.5),
        steps=STEPS,
        every=1,
        threads=threads,
    ).x[:, -2:, 0]
    right.plot(etas, ends, "o", color=style.HUES["vermilion"], markersize=3, markeredgewidth=0)
    amplitude = cycle_radius(etas, curvature, RHO)
    for sign in (1, -1):
        right.plot(etas, sign * amplitude, "-", color=style.ink(), linewidth=0.9, zorder=1)
    right.set(xlabel="η", ylabel="x", xlim=(0, 0.62))
    right.set_title("b  the last two iterates on a parabola", loc="left", fontsize="medium")
    page.key(
        page.entry("iterates of SAM", style.HUES["vermilion"], marker="o", markersize=4),
        page.entry("± ηρλ/(2 − ηλ)", style.ink(), linewidth=0.9),
    )
    say_runs(page, run)
    off = float(np.max(np.abs(np.sort(ends, axis=1)[:, 1] - amplitude) / amplitude))
    page.say(
        f"a: {numbered(run)}. b: λ = {words.number(curvature)}, "
        f"ρ = {words.number(RHO)}, {words.count(STEPS)} steps from x = 1.5 for {len(etas)} values of η; "
        f"formula and iterates "
        f"differ by at most {words.number(off, 1)} of the amplitude $\\eta\\rho\\lambda/(2 - "
        f"\\eta\\lambda)$."
    )
