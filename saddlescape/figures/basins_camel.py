"""Basins of GD and SAM on the six-hump camel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape.figures.maps import compared

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Basins on the six-hump camel"
LESSON = "Among many humps SAM is caught at saddles and even at maxima: they take almost half of the window."
ALSO = "landscape basins six_hump_camel --opt gd --opt sam"
SOURCE = "dixon1978"


def draw(page: Page, threads: int | None) -> None:
    """Compare where both end from every pixel of the view."""
    compared(page, ss.landscape("six_hump_camel"), ("gd", "sam"), threads, resolution=240, steps=4000)
