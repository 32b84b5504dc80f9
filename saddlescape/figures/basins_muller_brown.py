"""Basins of GD and SAM on the surface of Müller and Brown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape.figures.maps import compared

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Basins on the Müller–Brown surface"
LESSON = "Borders between the basins of GD become basins of their own: SAM stays at the transition states."
ALSO = "landscape basins muller_brown --opt gd --opt sam"
SOURCE = "mullerbrown1979"


def draw(page: Page, threads: int | None) -> None:
    """Compare where both end from every pixel of the view."""
    compared(page, ss.landscape("muller_brown"), ("gd", "sam"), threads, resolution=200, steps=8000)
