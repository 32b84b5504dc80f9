"""Weak errors of the SDEs against eta and rho: Compagnoni et al. (2023), Luo et al. (2024)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape import plots
from saddlescape.plots import faces_page

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "How good the SDEs of SAM are"
LESSON = "Errors fall with η until ρ² or ρ³ is left: order 2 is stuck at a floor that order 3 falls below."
ALSO = "landscape faces beale --opt sam:batch=1,rho=0.05 --x0 0.4,1.3 --time 0.2 --etas '5e-4|1e-3|2e-3'"
SOURCE = "luo2024"


def draw(page: Page, threads: int | None) -> None:
    """Measure |Δ E x| over eta at one rho, and over rho at one eta."""
    scene = ss.landscape("beale")
    common = {"x0": [0.4, 1.3], "time": 0.2, "runs": 4_000, "threads": threads, "records": 3}
    by_eta = ss.compare_faces(
        scene, "sam:batch=1,rho=0.1,eta=1e-3", etas=[2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3], **common
    )
    by_rho = ss.compare_faces(scene, "sam:batch=1,rho=0.1,eta=5e-4", rhos=[0.025, 0.05, 0.1], **common)
    left, right = page.row(2, 2.3, gap=0.7)
    plots.face_errors(by_eta, left, phi="x", against="eta")
    plots.face_errors(by_rho, right, phi="x", against="rho")
    page.key(*faces_page.key(by_eta)[1:])
    page.caption += faces_page.sentences(by_eta, traces=False)
