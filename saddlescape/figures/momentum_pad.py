"""Radius against momentum: which pairs are caught at the saddle of x² − y² (docs/theory.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape.figures.pads import pad
from saddlescape.plots import words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "The momentum pad"
LESSON = (
    "Below β = 0.8 momentum hardly matters; above it only a large radius still catches SAM at the saddle."
)
SOURCE = "kim2023"

EDGE, STEPS = 61, 3000


def draw(page: Page, threads: int | None) -> None:
    """Run SAM from (−3, −0.01) for a grid of ρ and β."""
    scene = ss.landscape("saddle")
    found = ss.phase_diagram(
        scene,
        "sam",
        f"rho=0.005..0.6/{EDGE}",
        f"beta=0..0.98/{EDGE}",
        of="fate",
        start=scene.start,
        steps=STEPS,
    )
    (ax,) = page.row(1, 3.1, left=1.3, right=1.3)
    pad(page, found, ax)
    page.say(
        f"Each cell is one run of {words.count(STEPS)} steps from {words.place(scene.start)} with η = {scene.eta}."
    )
