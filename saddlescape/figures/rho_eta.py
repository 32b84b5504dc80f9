"""Radius against step size for USAM: theory over simulation, at a saddle and at a minimum "
"(docs/theory.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape.figures.pads import pad

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Where USAM stays: radius against step size"
LESSON = (
    "Large ρ makes a saddle attract, and a minimum repel: the lines of the linear theory bound what is "
    "measured."
)
SOURCE = "kim2023"

EDGE = 61


def draw(page: Page, threads: int | None) -> None:
    """Run USAM from small balls around Beale's saddle and its minimum, for a grid of ρ and η."""
    scene = ss.landscape("beale")
    for ax, point, name in zip(
        page.row(2, 2.7, gap=0.75),
        (2, 0),
        ("a  at the saddle (0, 1)", "b  at the minimum (3, 0.5)"),
        strict=True,
    ):
        found = ss.phase_diagram(
            scene, "usam", f"rho=0..0.1/{EDGE}", f"eta=0.001..0.05/{EDGE}", of="stable", point=point
        )
        pad(page, found, ax)
        ax.set_title(name, loc="left", fontsize="medium")
    page.say("Cells: whether starts of a small ball stay; lines: the linear theory.")
