"""The drift along a valley of minima: Wen, Ma and Li (2023); Bartlett, Long and Bousquet (2023); Luo "
"et al. (2024)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import saddlescape as ss
from saddlescape.analysis.along import leading
from saddlescape.figures.parts import drawn_runs
from saddlescape.plots import style, words

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Array, Landscape
    from saddlescape.plots.pages import Page

TITLE = "SAM drifts along a valley towards flat minima"
LESSON = (
    "GD stops where it meets the valley; SAM walks on to the flattest place, carried by the third-order term."
)
ALSO = "landscape run ravine --opt sam"
SOURCE = "wen2022"

ETA, RHO, STEPS = 0.01, 0.1, 20_000
METHODS = (
    f"gd:eta={ETA}",
    f"sam:eta={ETA},rho={RHO}",
    f"sam@flow2:eta={ETA},dt={ETA},scheme=euler,rho={RHO}",
)


def draw(page: Page, threads: int | None) -> None:
    """Run GD, SAM and the map that keeps SAM's terms to order rho, and draw the predicted drift over "
    "them."""
    scene = ss.landscape("ravine")
    runs = [ss.simulate(scene, text, steps=STEPS, every=10, threads=threads) for text in METHODS]
    (above,) = page.maps(scene.view, 1, most=2.4)
    drawn_runs(page, runs, above)
    (below,) = page.row(1, 1.9, above=0.12, right=0.3)
    for run, colour, width in zip(runs, style.run_colours(runs, None, None), (3.6, 2.0, 1.3), strict=True):
        below.plot(run.t / ETA, run.x[0, :, 0], color=colour, linewidth=width)
    first = int(np.argmax(np.abs(runs[1].x[0, :, 1]) < 2 * ETA * RHO * 5))
    steps, x = predicted(scene, runs[1].x[0, first], first * 10)
    below.plot(steps, x[:, 0], ":", color=style.ink(), linewidth=1.4)
    below.set(xlabel="step", ylabel="x", xlim=(0, STEPS), ylim=(0, 2.1))
    page.key(page.entry("predicted drift of SAM", style.ink(), linewidth=1.4, linestyle=":"))
    off = float(np.max(np.abs(np.interp(steps, runs[1].t / ETA, runs[1].x[0, :, 0]) - x[:, 0])))
    page.say(
        "The prediction is $\\Delta x = "
        "-\\frac{2\\eta\\rho^2}{(2 - \\eta\\lambda)^2}\\,\\nabla\\lambda$ per step, λ the largest "
        f"eigenvalue of ∇²f; the path is never more than {words.number(off, 2)} away from it."
    )


def predicted(scene: Landscape, start: Array, first: int, every: int = 50) -> tuple[Array, Array]:
    """Return steps and places of the drift from ``start`` on the valley's floor (theory: Bartlett et "
    "al. 2023, Thm. 3)."""
    x, steps, places = np.array([start[0], 0.0]), [first], []
    while True:
        places.append(x)
        if steps[-1] + every > STEPS:
            return np.array(steps, dtype=float), np.array(places)
        top, axis = leading(scene.hessian(x))
        x = x - every * 2 * ETA * RHO**2 / (2 - ETA * top) ** 2 * scene.third(x, axis, axis)
        steps.append(steps[-1] + every)
