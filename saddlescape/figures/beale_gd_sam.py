"""GD and SAM on Beale's function in the setting of Kim et al. (2023, Fig. 1; code "
"Harry24k/sam-saddle)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape.figures.parts import drawn_runs

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "GD and SAM on Beale's function"
LESSON = (
    "From the same start gradient descent runs down to the minimum; SAM with a large radius stays at a "
    "saddle."
)
ALSO = "landscape run beale --opt sam"
SOURCE = "kim2023"

ETA, STEPS = 1.25e-5, 100_000
METHODS = ("gd", "sam:rho=0.1", "sam:rho=0.5", "sam:rho=1")


def draw(page: Page, threads: int | None) -> None:
    """Run GD and SAM of three radii from (1, 2) for 100 000 steps."""
    scene = ss.landscape("beale")
    runs = [
        ss.simulate(
            scene,
            ss.method(f"{text}{',' if ':' in text else ':'}eta={ETA}"),
            steps=STEPS,
            every=50,
            threads=threads,
        )
        for text in METHODS
    ]
    (ax,) = page.maps(runs[0].background.view, 1, most=4.0)
    drawn_runs(page, runs, ax)
