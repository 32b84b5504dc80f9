"""From which radius on SAM ends elsewhere than GD: the tipping map of Beale's function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import say_methods

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "At which radius SAM parts from GD"
LESSON = (
    "Every start has a radius from which on SAM ends elsewhere: near old borders a small one, deep in a "
    "basin a large one."
)

MOST = 2.0


def draw(page: Page, threads: int | None) -> None:
    """Bisect the tipping radius of every pixel on Himmelblau's function."""
    scene = ss.landscape("himmelblau")
    found = ss.tipping(
        scene,
        "sam",
        "rho",
        f"0..{MOST}/6",
        resolution=64,
        tolerance=0.05,
        steps=2000,
        more=0,
        cycling=True,
        threads=threads,
    )
    (ax,) = page.maps(scene.view, 1, most=3.4, right=0.9)
    plots.tipping(found, ax, legend=False)
    say_methods(page, scene, ["sam:rho=1"])
