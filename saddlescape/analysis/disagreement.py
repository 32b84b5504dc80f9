"""Where two methods disagree: two maps of basins of one window, compared pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from saddlescape.answers.basins import Basins
from saddlescape.answers.disagreement import GONE, UNKNOWN, Disagreement, Ends
from saddlescape.errors import UsageError
from saddlescape.results import STATUSES


def disagreement(a: Basins, b: Basins, *, cycling: bool = False) -> Disagreement:
    """Return where the methods of two maps of basins end at different places.

    Both ends must be known: a fate (docs/statuses.md), or that it left the domain or diverged, one end of its own. A
    pixel of which one end is unknown is never counted as disagreement, and shown apart. ``cycling=True`` lets a
    trajectory that cycles count as ended near the critical point it is nearest to, though no one knows that it stays. Of
    random methods with several runs from a pixel the most frequent ends are compared. Raises UsageError where
    landscapes, windows, planes or resolutions differ.
    """
    _alike(a, b)
    return Disagreement(
        spec={"methods": [a.method, b.method], "cycling": cycling, "of": [dict(a.spec), dict(b.spec)]},
        methods=(a.method, b.method), formulas=(a.formula, b.formula), clocks=(a.clock, b.clock),
        background=a.background, axes=a.axes, plane=a.plane, origin=a.origin,
        first=known_ends(a, cycling=cycling), second=known_ends(b, cycling=cycling), cycling=cycling,
    )  # fmt: skip


def known_ends(basins: Basins, *, cycling: bool = False) -> Ends:
    """Return the end of every pixel (ny, nx): the id of its fate, GONE, or UNKNOWN."""
    return _ends(lambda word: basins.status == STATUSES.index(word), basins.fate, basins.point, cycling)


def ends_of(status: Any, fate: Any, point: Any, *, cycling: bool = False) -> Ends:
    """Return the ends of trajectories with these words of STATUSES, fates and points (masked where there are none)."""
    return _ends(lambda word: status == word, fate, point, cycling)


def _ends(are: Callable[[str], Any], fate: Any, point: Any, cycling: bool) -> Ends:
    ends = np.array(np.ma.filled(fate, UNKNOWN), dtype=np.int16)
    ends[are("left") | are("diverged")] = GONE
    if cycling:
        swing = are("cycling")
        ends[swing] = np.ma.filled(point, UNKNOWN)[swing]
    return ends


def _alike(a: Basins, b: Basins) -> None:
    """Refuse maps that are not of the same starts on the same landscape."""
    one, other = a.background, b.background
    if (one.latex, dict(one.params)) != (other.latex, dict(other.params)) or len(one.points) != len(
        other.points
    ):
        raise UsageError(f"disagreement is of one landscape: these maps are of {_scene(a)} and {_scene(b)}")
    if a.shape != b.shape:
        raise UsageError(f"disagreement is pixel by pixel: these maps have {_size(a)} and {_size(b)} pixels")
    same = all(np.allclose(x, y, rtol=1e-12, atol=0) for x, y in zip(a.axes, b.axes, strict=True))
    if not same:
        raise UsageError(f"disagreement is of one window: these maps show {_window(a)} and {_window(b)}")
    others = [k for k in range(len(a.origin)) if k not in a.plane]
    if a.plane != b.plane or not np.array_equal(a.origin[others], b.origin[others]):
        raise UsageError("disagreement is of one plane: the two maps are slices through different places")


def _scene(basins: Basins) -> str:
    values = ", ".join(f"{k}={v:g}" for k, v in basins.background.params.items())
    return f"{basins.background.title}{f' with {values}' if values else ''}"


def _size(basins: Basins) -> str:
    ny, nx = basins.shape
    return f"{nx} × {ny}"


def _window(basins: Basins) -> str:
    return ",".join(f"{axis[0]:g}:{axis[-1]:g}" for axis in basins.axes)
