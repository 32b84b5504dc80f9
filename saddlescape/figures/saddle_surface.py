"""GD and SAM on the surface of x² − y²: Kim et al. (2023), Fig. 4 (code Harry24k/sam-saddle, "
"saddle/demo.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import drawn_runs

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "GD and SAM on a saddle"
LESSON = "Both slide down to the pass; GD falls off its side, and SAM sits down on it."
ALSO = "landscape run saddle --opt sam"
SOURCE = "kim2023"


def draw(page: Page, threads: int | None) -> None:
    """Run both from (−3, −0.01), on the surface and from above."""
    scene = ss.landscape("saddle")
    runs = [ss.simulate(scene, text, threads=threads) for text in ("gd", "sam")]
    (solid,) = page.row(1, 2.9, right=3.5, left=0.3, above=0.0, below=-2.9, projection="3d")
    (flat,) = page.row(1, 2.5, left=4.2)
    plots.surface(runs, solid, height="linear", view=(28.0, -112.0))
    drawn_runs(page, runs, flat)
