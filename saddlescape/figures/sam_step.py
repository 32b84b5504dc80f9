"""One step of SAM, drawn: look uphill, take the gradient there, step from where you are. Foret et al. "
"(2021), Alg. 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import saddlescape as ss
from saddlescape import plots
from saddlescape.analysis.along import displacement
from saddlescape.dynamics.words import background
from saddlescape.figures.parts import say_methods
from saddlescape.plots import style, words

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Array, Landscape
    from saddlescape.plots.pages import Page

TITLE = "One step of SAM"
LESSON = (
    "SAM steps with the gradient of a point ρ uphill; nearer to a saddle than ρ that point lies on its "
    "other side."
)
SOURCE = "foret2021"

METHOD, PLACES = "sam:eta=0.25,rho=0.8", ((-1.4, -1.25), (-0.4, -0.35))
NAMES = ("a  farther than ρ: the step leads away", "b  nearer than ρ: it leads back across")


def draw(page: Page, threads: int | None) -> None:
    """Draw the displacement, the gradient there and the step, from two places near the saddle of x² − "
    "y²."""
    scene = ss.landscape("saddle").with_window(view=((-2.4, 0.9), (-1.9, 1.2)))
    for ax, at, name in zip(page.maps(scene.view, 2), PLACES, NAMES, strict=True):
        plots.contours(background(scene), ax, labels=False)
        _step(ax, scene, np.array(at))
        ax.set_title(name, loc="left", fontsize="medium")
    page.figure.axes[-1].tick_params(labelleft=False)
    page.figure.axes[-1].set_ylabel("")
    page.key(
        page.entry("s = ρ ∇f/‖∇f‖", _hues()["s"], linewidth=1.8),
        page.entry("step of SAM: −η ∇f(x + s)", _hues()["sam"], linewidth=1.8),
        page.entry("step of GD: −η ∇f(x)", _hues()["gd"], linewidth=1.8),
    )
    say_methods(page, scene, [METHOD])
    told = " and ".join(words.place(np.array(at)) for at in PLACES)
    page.say(
        f"η = 0.25, ρ = 0.8, from {told}. The dashed arrow is the gradient's step at x + s, carried back to x."
    )


def _step(ax: Any, scene: Landscape, x: Array) -> None:
    method = ss.method(METHOD)
    ahead = x + displacement(scene, method, x, scene.grad(x))
    ends = {"s": ahead, "gd": ss.step(scene, "gd:eta=0.25")(x), "sam": ss.step(scene, method)(x)}
    for name, end in ends.items():
        _arrow(ax, x, end, _hues()[name])
    _arrow(ax, ahead, ahead + ends["sam"] - x, _hues()["sam"], "--")
    for at, name, colour, beside in (  # each label on the side that no arrow takes
        (x, "x", style.ink(), (-5, -11)),
        (ahead, "x + s", _hues()["s"], (-6, 5)),
        (ends["sam"], "x′", _hues()["sam"], (12, -3)),
    ):
        ax.plot(*at, "o", color=colour, markersize=5, zorder=6)
        ax.annotate(
            name, at, xytext=beside, textcoords="offset points", ha="right", fontstyle="italic", zorder=7
        )


def _arrow(ax: Any, start: Array, end: Array, colour: str, dashes: str = "-") -> None:
    look = {
        "arrowstyle": "-|>",
        "color": colour,
        "linewidth": 1.8,
        "linestyle": dashes,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    ax.annotate("", end, xytext=start, arrowprops=look, zorder=5)


def _hues() -> dict[str, str]:
    """Return the colours of the displacement and of both steps, in the style that holds now."""
    return {"s": style.HUES["purple"], "gd": style.baseline_colour(), "sam": style.HUES["vermilion"]}
