"""Where SAM looks from Beale's saddle: Kim et al. (2023), Figs. 2 and 3 (code Harry24k/sam-saddle, "
"experiments/beale.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape import plots
from saddlescape.analysis.along import displacement
from saddlescape.figures.parts import numbered, say_runs
from saddlescape.plots import style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Why SAM stays: it looks across the saddle"
LESSON = (
    "The perturbed point jumps from one side of the saddle to the other, and the gradients it sees there "
    "cancel."
)
SOURCE = "kim2023"

METHOD, STEPS, FIRST, SHOWN = "sam:eta=1.25e-5,rho=0.5", 50_000, 5000, 8


def draw(page: Page, threads: int | None) -> None:
    """Follow one run from (1, 2): the cosine of ∇f at x and at the perturbed point, and eight such "
    "points in a row."""
    scene, method = ss.landscape("beale"), ss.method(METHOD)
    run = ss.simulate(scene, method, steps=STEPS, threads=threads)
    x, slope = run.x[0], scene.grad(run.x[0])
    ahead = x + displacement(scene, method, x, slope)
    seen = scene.grad(ahead)
    cosine = np.sum(slope * seen, -1) / np.linalg.norm(slope, axis=-1) / np.linalg.norm(seen, axis=-1)
    own, seen_at = style.HUES["vermilion"], style.HUES["purple"]
    left, right = page.row(2, 2.55, widths=(1.25, 1), left=0.68)
    left.plot(cosine, ",", color=style.baseline_colour(), rasterized=True)
    left.axvspan(FIRST - 250, FIRST + 250, color=seen_at, alpha=0.6, linewidth=0)
    left.set(ylim=(-1.2, 1.2), xlim=(-500, STEPS), xlabel="step", ylabel="cos(∇f(x), ∇f(x + s))")
    left.set_title("a  gradients at the iterate and where SAM looks", loc="left", fontsize="medium")
    plots.contours(run.background, right, labels=False)
    right.set(xlim=(-0.8, 0.8), ylim=(0.18, 1.82), yticks=(0.5, 1, 1.5))
    some = ahead[FIRST : FIRST + SHOWN]
    right.plot(*some.T, "-", color=seen_at, linewidth=0.7, zorder=4)
    right.plot(*some.T, "o", color=seen_at, markersize=5.5, markeredgecolor=style.paper(), zorder=6)
    right.plot(*x[FIRST : FIRST + SHOWN].T, "o", color=own, markersize=3, zorder=6)
    for side, k in ((-1, np.argmin(some[:, 0])), (1, np.argmax(some[:, 0]))):
        steps = ", ".join(str(FIRST + i) for i in np.flatnonzero(side * some[:, 0] > 0)[:2])
        where = (-0.76, 1.64) if side < 0 else (0.76, 0.36)
        right.annotate(
            f"steps {steps}, …", some[k], xytext=where, fontsize="small", va="center",
            ha="left" if side < 0 else "right", arrowprops={"arrowstyle": "-", "linewidth": 0.6, "color": style.ink()},
        )  # fmt: skip
    right.set_title("b  eight perturbed points in a row", loc="left", fontsize="medium")
    page.key(
        page.entry("iterate x", own, marker="o", markersize=4),
        page.entry("perturbed point x + s", seen_at, marker="o", markersize=6),
    )
    say_runs(page, run)
    far = np.linalg.norm(some - scene.critical_points[2].x, axis=1)
    share = float(np.mean(cosine[FIRST:] < 0))
    page.say(
        f"{numbered(run)}. After step {words.count(FIRST)} the cosine is negative in {share:.0%} of the "
        f"steps; the eight "
        f"points x\u00a0+\u00a0s lie ρ from the saddle (0, 1) to within "
        f"{words.number(float(np.max(np.abs(far - 0.5))), 1)}."
    )
