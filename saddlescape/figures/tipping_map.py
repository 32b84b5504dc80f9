"""From which radius on SAM ends elsewhere than GD: the tipping map of Himmelblau's function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape import plots
from saddlescape.figures.parts import say_methods
from saddlescape.plots import critical, tipping_map, words

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "At which radius SAM parts from GD"
LESSON = (
    "Starts near a border end elsewhere under SAM from a small radius on; many deep in a basin keep their end "
    "up to the largest, ρ = 2."
)
ALSO = "landscape tipping himmelblau --opt sam:rho=0..2/6 --steps 2000 --tolerance 0.05 --more 0 --cycling"

MOST, STEPS, EDGE, TOLERANCE = 2.0, 2000, 64, 0.05


def draw(page: Page, threads: int | None) -> None:
    """Bisect the tipping radius of every pixel on Himmelblau's function."""
    scene = ss.landscape("himmelblau")
    found = ss.tipping(
        scene,
        "sam",
        "rho",
        f"0..{MOST}/6",
        resolution=EDGE,
        tolerance=TOLERANCE,
        steps=STEPS,
        more=0,
        cycling=True,
        threads=threads,
    )
    (ax,) = page.maps(scene.view, 1, most=3.4, right=0.9)
    plots.tipping(found, ax, legend=False)
    for swatch in tipping_map.swatches(found):
        page.key(swatch)
    page.key(*(critical.key(kind, 6) for kind in ("minimum", "saddle", "maximum")))
    say_methods(page, scene, ["sam:rho=1"])
    page.say(
        f"η = {words.number(scene.eta or 0)}, {words.count(STEPS)} steps from {EDGE} × {EDGE} starts; ρ is bisected to "
        f"±{words.number(TOLERANCE / 2)}. What cycles counts as ended at its critical point."
    )
