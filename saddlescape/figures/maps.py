"""What the figures of basins share: two methods on one window, and where they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import saddlescape as ss
from saddlescape.plots import basins_caption, basins_page, critical, style

if TYPE_CHECKING:
    from saddlescape.answers.basins import Basins
    from saddlescape.landscapes.base import Landscape
    from saddlescape.plots.pages import Page


def compared(
    page: Page,
    scene: Landscape,
    methods: Sequence[str],
    threads: int | None,
    *,
    cycling: bool = False,
    **how: Any,
) -> list[Basins]:
    """Draw the basins of two methods, where they disagree, and the caption; ``how`` is handed to ``ss.basins``.

    ``cycling`` counts what cycles as ended near its critical point.
    """
    found = [ss.basins(scene, text, threads=threads, **how) for text in methods]
    shown(page, found, cycling=cycling)
    return found


def shown(
    page: Page,
    found: Sequence[Basins],
    labels: Sequence[str] | None = None,
    *,
    cycling: bool = False,
    differ: bool = True,
) -> None:
    """Draw basins beside each other, of two methods also where they disagree, and the caption."""
    between = ss.disagreement(*found, cycling=cycling) if len(found) == 2 and differ else None
    page.end, clock = basins_page.panels(
        page.sheet, found, between, top=page.end / page.unit + 0.02, labels=labels
    )
    page.end += 0.05 * page.unit  # the longest legend of a panel must not touch the key
    marks = [
        critical.key(kind, 6)
        for kind in style.MARKERS
        if kind in {p.kind for p in found[0].background.points}
    ]
    page.key(*([clock] if clock else []), *marks)
    page.caption += basins_caption.sentences(found, between, timed=clock is not None)
