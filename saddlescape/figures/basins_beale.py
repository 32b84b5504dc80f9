"""Basins of GD and SAM on Beale's function; the setting of Kim et al. (2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape.figures.maps import compared

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Basins on Beale's function"
LESSON = "From a strip of starts beside the saddle GD runs to the minimum, but SAM ends at the saddle."
ALSO = "landscape basins beale --opt gd --opt sam"
SOURCE = "kim2023"


def draw(page: Page, threads: int | None) -> None:
    """Compare where both end from every pixel of the view."""
    compared(page, ss.landscape("beale"), ("gd", "sam"), threads, cycling=True, resolution=200, steps=20_000)
