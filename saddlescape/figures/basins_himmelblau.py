"""Basins of GD and SAM on Himmelblau's function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape.figures.maps import compared

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Basins on Himmelblau's function"
LESSON = (
    "Every minimum loses ground to SAM's traps: bands along the old borders go to saddles, a disk to the "
    "maximum."
)
ALSO = "landscape basins himmelblau --opt gd --opt sam:rho=1"
SOURCE = "himmelblau1972"


def draw(page: Page, threads: int | None) -> None:
    """Compare where both end from every pixel of the view."""
    compared(page, ss.landscape("himmelblau"), ("gd", "sam:rho=1"), threads, resolution=240, steps=4000)
