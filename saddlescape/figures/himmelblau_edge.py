"""A minimum that GD cannot hold: Himmelblau's sharpest one, with steps beyond 2/λmax (docs/theory.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape.figures.maps import shown
from saddlescape.plots import words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "A minimum too sharp for its step"
LESSON = (
    "Once η passes 2/λmax of a minimum no start converges to it: its basin becomes the basin of a "
    "2-cycle around it."
)
ALSO = "landscape basins himmelblau --opt gd:eta=0.014 --opt gd:eta=0.016"

METHODS = ("gd:eta=0.014", "gd:eta=0.016")


def draw(page: Page, threads: int | None) -> None:
    """Compare GD with a step below and one above the limit of the sharpest minimum."""
    scene = ss.landscape("himmelblau")
    shown(
        page,
        [ss.basins(scene, m, resolution=240, steps=4000, threads=threads) for m in METHODS],
        differ=False,
    )
    minima = [p for p in scene.critical_points if p.kind == "minimum"]
    sharpest = max(minima, key=lambda p: p.eigenvalues[-1])
    limits = sorted(2 / p.eigenvalues[-1] for p in minima)
    page.say(
        f"The sharpest minimum {words.place(sharpest.x)} has λmax = "
        f"{words.number(float(sharpest.eigenvalues[-1]), 6)}, so that "
        f"2/λmax = {words.number(float(limits[0]), 4)}; the next limit is "
        f"{words.number(float(limits[1]), 4)}."
    )
