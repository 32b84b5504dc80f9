"""What parts the basins: stable manifolds of saddles over measured basins, for the flows of GD and "
"USAM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape.figures.maps import shown
from saddlescape.plots import style

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "What parts the basins"
LESSON = (
    "The border between two basins is the stable manifold of a saddle, traced here by arc length over "
    "what is measured."
)
ALSO = "landscape flow himmelblau --opt gd@flow"


def draw(page: Page, threads: int | None) -> None:
    """Draw the basins of gradient flow on Himmelblau's function and of USAM's flow, with the "
    "separatrices of each."""
    scene = ss.landscape("himmelblau")
    methods = ("gd@flow:dt=0.002", "usam@flow:dt=5e-5,rho=0.012")
    first = len(page.figure.axes)
    found = [ss.basins(scene, text, resolution=200, time=1.5, threads=threads) for text in methods]
    shown(page, found, differ=False)
    for ax, text in zip(page.figure.axes[first:], methods, strict=False):
        for branch in ss.separatrices(scene, text):
            ax.plot(*branch.x.T, color=style.ink(), linewidth=1.5, zorder=3)
    page.key(page.entry("separatrix, by arc length", style.ink(), linewidth=1.5))
