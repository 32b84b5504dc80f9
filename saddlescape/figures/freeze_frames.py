"""A cloud of starts in time: moments of an animation (``landscape run saddle … -o x.gif`` makes the "
"moving one)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import say_methods
from saddlescape.plots import style, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "A cloud of starts, frame by frame"
LESSON = (
    "GD's cloud is pulled apart along the way down; under SAM a part of it contracts onto the saddle and "
    "stays."
)
ALSO = "landscape run saddle --opt sam:rho=1 --x0 disk:500@0,0:2.5 -o cloud.gif"

RHO, COUNT, TIMES, RADIUS = 1.0, 1500, (0.0, 0.25, 0.5, 1.0), 2.5


def draw(page: Page, threads: int | None) -> None:
    """Draw the places of many runs of GD and SAM at four times, coloured by where SAM ends."""
    scene = ss.landscape("saddle").with_window(view=((-3.2, 3.2), (-3.2, 3.2)))
    k = np.arange(COUNT)
    angle, radius = np.pi * (3 - 5**0.5) * k, RADIUS * ((k + 0.5) / COUNT) ** 0.5
    starts = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    eta = float(scene.eta or 0)
    hues = {True: style.HUES["vermilion"], False: style.baseline_colour()}
    for row, text in enumerate(("gd", f"sam:rho={RHO}")):
        run = ss.simulate(scene, text, starts, steps=600, threads=threads)
        caught = np.asarray(run.status) == "trapped"
        axes = page.maps(
            scene.view,
            len(TIMES),
            gap=0.08,
            left=0.5,
            above=0.3 if not row else 0.08,
            below=0.1 if not row else 0.46,
        )
        for ax, time in zip(axes, TIMES, strict=True):
            plots.contours(run.background, ax, labels=False, levels=8)
            at = run.x[:, round(time / eta)]
            for flag in (False, True):
                ax.plot(
                    *at[caught == flag].T, ".", color=hues[flag], markersize=1.7, zorder=3, rasterized=True
                )
            ax.tick_params(labelleft=ax is axes[0], labelbottom=bool(row))
            ax.set(xlabel="x" if row else "", ylabel=("SAM" if row else "GD") if ax is axes[0] else "")
            if not row:
                ax.set_title(f"t = {words.number(time)}", loc="left", fontsize="medium")
    page.key(
        page.entry("ends at the saddle", hues[True], marker="o", markersize=4),
        page.entry("leaves", hues[False], marker="o", markersize=4),
    )
    say_methods(page, scene, ["gd", f"sam:rho={RHO}"])
    page.say(
        f"η = {words.number(eta)}, ρ = {words.number(RHO)}, {words.count(COUNT)} starts in a disk of "
        f"radius {words.number(RADIUS)}; "
        f"{np.mean(caught):.0%} of them are trapped by SAM."
    )
