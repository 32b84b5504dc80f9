"""Discrete SAM beside its SDEs of order 2 and 3: Luo et al. (2024), Fig. 2 (six traces), on a net of "
"two weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape import plots
from saddlescape.plots import faces_page

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Discrete SAM and its SDEs of order 2 and 3"
LESSON = "The SDE that keeps ρ² follows the discrete method in every trace; the one cut after ρ does not."
SOURCE = "luo2024"

FORMULA, SAMPLES = "((u*v - 3/2)^2 + (u*v - 1/2)^2)/4", ("(u*v - 3/2)^2/2", "(u*v - 1/2)^2/2")
HELD_OUT = "(u*v - 1)^2/2"


def draw(page: Page, threads: int | None) -> None:
    """Compare 1000 runs of SAM, one sample a step, with as many of each SDE on a net of two weights "
    "and two samples."""
    scene = ss.landscape(FORMULA, samples=SAMPLES, variables=("u", "v"))
    test = ss.landscape(HELD_OUT, variables=scene.coordinates)
    found = ss.compare_faces(
        scene,
        "sam:batch=1,eta=0.02,rho=0.3",
        x0=[2.5, 0.6],
        steps=400,
        runs=1000,
        test=test,
        threads=threads,
        records=81,
    )
    axes = [*page.row(3, 1.45, gap=0.58), *page.row(3, 1.45, gap=0.58, above=0.22)]
    plots.face_traces(found, axes)
    for ax in axes[:3]:
        ax.set_xlabel("")
    page.key(*faces_page.key(found))
    page.caption += faces_page.sentences(found, errors=False)
    page.say(f"Test loss: another sample, ${test.latex()}$.")
