"""What the figures of two numbers share: a phase diagram with its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saddlescape import plots
from saddlescape.plots import caption
from saddlescape.plots.diagram import KEEP

if TYPE_CHECKING:
    from saddlescape.answers.phase import PhaseDiagram
    from saddlescape.plots.pages import Page


def pad(page: Page, found: PhaseDiagram, ax: Any) -> None:
    """Draw a phase diagram, its key, and the formulas behind it."""
    drawn = plots.phase_diagram(found, ax)
    page.key(
        *(page.patch(label, hue, alpha=KEEP) for label, hue in drawn.colours.items()), *drawn.lines.values()
    )
    told = caption.of_methods([(found.method, found.formula)])
    if told not in page.caption:
        page.caption += [caption.of_loss(found.background), told]
