"""The flows of GD, SAM and USAM on x² − y²: Kim et al. (2023), Sec. 4."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape.figures.parts import say_methods, streamed
from saddlescape.plots import naming

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Flows of GD, SAM and USAM on a saddle"
LESSON = (
    "GD leaves the saddle; SAM turns a neighbourhood of it inwards; USAM with ρ above 1/2 turns the "
    "whole plane."
)
SOURCE = "kim2023"

METHODS = ("gd@flow", "sam@flow:rho=1", "usam@flow:rho=0.3", "usam@flow:rho=1")


def draw(page: Page, threads: int | None) -> None:
    """Draw the vector field of every flow, coloured by its speed."""
    scene = ss.landscape("saddle").with_window(view=((-2.5, 2.5), (-2.5, 2.5)))
    methods = [ss.method(text) for text in METHODS]
    labels = naming.labels([m.on(scene).text for m in methods])
    for k in (0, 2):
        for ax, method, label in zip(
            page.maps(scene.view, 2, most=2.5), methods[k:], labels[k:], strict=False
        ):
            streamed(page, ax, scene, method)
            ax.set_title(label, loc="left", fontsize="medium")
    say_methods(page, scene, methods)
