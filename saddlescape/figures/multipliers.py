"""Multipliers of the step map: what is stable, what bounces (docs/theory.md), on Himmelblau's "
"function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import say_methods
from saddlescape.plots import critical, naming, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Multipliers decide"
LESSON = (
    "A point holds a method if all its multipliers lie in the unit circle: long steps push minima out "
    "through −1."
)
ALSO = "landscape critical himmelblau --opt gd:eta=0.016"

METHODS = ("gd:eta=0.005", "gd:eta=0.016", "usam:eta=0.005,rho=0.02")


def draw(page: Page, threads: int | None) -> None:
    """Draw the multipliers of three methods at all nine critical points."""
    scene = ss.landscape("himmelblau")
    found = [ss.stability(scene, text) for text in METHODS]
    texts = [each.method for each in found]
    names = dict(zip(texts, naming.labels(texts), strict=True))
    for each, ax in zip(found, page.row(3, 2.0, gap=0.5), strict=True):
        plots.multipliers(each, ax)
        ax.set_title(names[each.method], loc="left", fontsize="medium")
    page.key(*(critical.key(kind, 6) for kind in ("minimum", "saddle", "maximum")))
    say_methods(page, scene, METHODS)
    steep = max(p.eigenvalues[-1] for p in scene.critical_points if p.kind == "minimum")
    page.say(
        "Colours are those of the critical points in maps of basins; hollow: the 2-cycle around a "
        "minimum that has let go, "
        f"over one period. 2/λmax of the sharpest minimum is {words.number(float(2 / steep), 4)}."
    )
