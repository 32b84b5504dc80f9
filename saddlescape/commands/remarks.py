"""What a person should know of a landscape, its starts and the methods asked for before anything runs, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Landscape

#: starts whose loss is evaluated at once
AT_ONCE = 100_000
#: names that are written out
MOST_NAMES = 6


def of_landscape(landscape: Landscape) -> list[str]:
    """Return which coordinates do not occur in a formula: x1^2 + x3^2 has three."""
    from saddlescape.landscapes.formula import parse
    from saddlescape.landscapes.formula.tree import names

    if landscape.functions:
        return []
    tree = parse(landscape.formula, landscape.coordinates).tree
    found = {name.name for name in names(tree)}
    idle = [name for name in landscape.coordinates if name not in found]
    if not idle:
        return []
    if len(idle) == 1:
        return [f"{idle[0]} does not occur: the loss does not depend on it"]
    said = ", ".join([*idle[:MOST_NAMES], *(["…"] if len(idle) > MOST_NAMES else [])])
    return [f"{said} do not occur: the loss does not depend on them"]


def of_starts(landscape: Landscape, x0: Any) -> list[str]:
    """Return at how many of the starts ``x0`` (n, d) the loss, or only its gradient, is not finite."""
    import numpy as np

    from saddlescape import layout

    bad = np.zeros((2, len(x0)), dtype=bool)
    with np.errstate(all="ignore"):
        for at in range(0, len(x0), AT_ONCE):
            part = slice(at, at + AT_ONCE)
            bad[0, part] = ~np.isfinite(landscape.loss(x0[part]))
            bad[1, part] = ~np.isfinite(landscape.grad(x0[part])).all(axis=-1) & ~bad[0, part]
    said = []
    for what, which in zip(("loss", "gradient"), bad, strict=True):
        if which.any():
            first = layout.place(x0[int(np.argmax(which))])
            where = (
                f"the start {first}"
                if len(x0) == 1
                else f"{which.sum():,} of {len(x0):,} starts, such as {first}"
            )
            said.append(f"the {what} is not defined, or not finite, at {where}")
    return said


def of_doubles(texts: Sequence[str], called: Callable[[str], str]) -> list[str]:
    """Return which of the methods ``texts`` are asked for more than once; ``called`` names them."""
    several = [text for text, count in Counter(texts).items() if count > 1]
    found = [f"{called(text)} is asked for more than once: it is run once" for text in several[:MOST_NAMES]]
    more = len(several) - MOST_NAMES
    return found if more <= 0 else [*found, f"{more} more methods are asked for more than once"]
