"""What all figures of the gallery share: their order, and how one is found, described and drawn.

A figure is a file of this package with the constants TITLE and LESSON (one sentence, what is to be seen at a glance),
perhaps ALSO (a command that shows the same thing) and SOURCE (keys of references.bib), and one function
``draw(page, threads)`` that computes what it needs and draws it on a ``plots.page``. The numbers of its caption are
computed there. The texts are read without importing the file, so that a list of figures costs nothing.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saddlescape.errors import unknown

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

#: the order of the gallery: chapters, and the files of this package in each
CHAPTERS: dict[str, tuple[str, ...]] = {
    "Where methods go": ("beale_gd_sam", "saddle_surface", "rho_family", "freeze_frames", "landscapes"),
    "Why a saddle holds SAM": (
        "sam_step",
        "perturbed_points",
        "saddle_flows",
        "saddle_attractor",
        "closed_basin",
        "two_cycles",
        "momentum_frees",
        "momentum_pad",
    ),
    "Basins": (
        "basins_beale",
        "basins_himmelblau",
        "basins_camel",
        "basins_muller_brown",
        "separatrices",
        "tipping_map",
    ),
    "Stability": ("multipliers", "himmelblau_edge", "rho_eta", "catapult"),
    "Flat minima": ("valley_drift", "lambda_or_trace", "alignment", "balance", "product_net"),
    "Noise": ("escape_training", "noise_frees", "clouds", "map_and_sdes", "weak_errors", "bias"),
    "Failures": ("hallucinated",),
}
NAMES = tuple(name for names in CHAPTERS.values() for name in names)


@dataclass(frozen=True)
class Plate:
    """A figure of the gallery: its texts, and how it is drawn."""

    name: str
    chapter: str
    title: str
    lesson: str
    also: str = ""
    source: str = ""

    @property
    def command(self) -> str:
        """The command that remakes it."""
        return f"landscape gallery {self.name}"

    def draw(self, style: str = "paper", threads: int | None = None) -> Page:
        """Compute and draw the figure in ``style`` (paper, notebook, slides, dark): ``.figure`` and "
        "its ``.caption``."""
        from saddlescape import plots

        module: Any = import_module(f"saddlescape.figures.{self.name}")
        with plots.page(style, self.title, self.lesson) as page:
            module.draw(page, threads)
        return page


@cache
def plate(name: str) -> Plate:
    """Return the figure called ``name``. Raises UsageError with the nearest name where there is none."""
    name = name.lower().replace("-", "_")
    chapter = next((chapter for chapter, names in CHAPTERS.items() if name in names), None)
    if chapter is None:
        raise unknown("figure", name, NAMES)
    said = _constants(Path(__file__).with_name(f"{name}.py"))
    return Plate(name, chapter, said["TITLE"], said["LESSON"], said.get("ALSO", ""), said.get("SOURCE", ""))


def _constants(path: Path) -> dict[str, str]:
    """Return the texts a file assigns to names in capitals, without running it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
