"""Where the pixels of basins end, in words and colours: one end per critical point and way of ending there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from saddlescape.answers.basins import Basins
from saddlescape.answers.intervals import wilson
from saddlescape.plots import style, words
from saddlescape.plots.words import MINIMA, OTHER_MINIMA, OTHER_POINTS
from saddlescape.results import Background

#: groups of ends in few words
SHORT = {OTHER_MINIMA: "other minima", OTHER_POINTS: "others"}
Places = np.ndarray[Any, np.dtype[np.int16]]


@dataclass(frozen=True)
class End:
    """One end of a map: its words, the critical point it is about (None: nowhere, or one of a group), its colour, the
    share of pixels (or runs) with its 95 % interval. ``cycling`` ends are striped, ``timed`` ones shaded by time."""

    text: str
    point: int | None
    colour: str
    cycling: bool = False
    timed: bool = False
    share: float = 0.0
    low: float = 0.0
    high: float = 0.0


def end_of(
    label: str, background: Background, own: Collection[int] | None = None, cycles: str = "cycling near"
) -> End:
    """Return the end of a label (converged:0, cycling:2, left …), without its share.

    Points that are not among the ids ``own`` (None: all are) belong to a group. ``cycles`` says how far from its point
    cycles what does.
    """
    status, _, number = label.partition(":")
    if not number:
        text = "still moving" if status == "moving" else status
        return End(text, None, style.end_colour(text, None, {}), status == "cycling")
    point = words.point_of(background, int(number))
    cycling = status == "cycling"
    if point is not None and (own is None or point.id in own):
        text = f"{point.kind} {words.place(point.x)}"
        hue = style.end_colours(background.points)[point.id]
        return End(f"{cycles} {text}" if cycling else text, point.id, hue, cycling, not cycling)
    group = OTHER_MINIMA if point is not None and point.kind in MINIMA else OTHER_POINTS
    text = f"cycling near {group}" if cycling else group
    return End(text, None, style.ELSEWHERE[group], cycling, not cycling)


def ends(result: Basins, own: Collection[int] | None = None) -> tuple[list[End], Places]:
    """Return the ends of a result with their shares, most common first, and the place among them of every pixel.

    Of a random method with several runs from every pixel the shares are those of all its runs.
    """
    labels, places = result.labels
    bare = {word: _end(result, word, own) for word in (*labels, *result.fractions())}
    shares = {end: result.together([word for word in bare if bare[word] == end]) for end in bare.values()}
    order = sorted(shares, key=lambda end: (end.point is None, -shares[end][0]))
    found = []
    for end in order:
        share, low, high = shares[end]
        found.append(replace(end, share=share, low=low, high=high))
    table = np.array([order.index(bare[word]) for word in labels], dtype=np.int16)
    return found, table[places]


def _end(result: Basins, label: str, own: Collection[int] | None) -> End:
    status, _, number = label.partition(":")
    cycles = {"cycles": result.cycles(int(number))} if status == "cycling" else {}
    return end_of(label, result.background, own, **cycles)


def named(results: Sequence[Basins]) -> frozenset[int]:
    """Return the ids of the critical points that a legend names: of those with one colour, the one with the largest
    share in any of the maps, so that a colour says one thing in all of them."""
    hues = style.end_colours(results[0].background.points)
    shares: dict[int, float] = {}
    for result in results:
        own: dict[int, float] = {}
        for word, part in result.fractions().items():
            if number := word.partition(":")[2]:
                own[int(number)] = own.get(int(number), 0.0) + part
        shares |= {k: max(part, shares.get(k, 0.0)) for k, part in own.items()}
    rising = sorted(shares, key=lambda k: (shares[k], -k))
    return frozenset({hues[k]: k for k in rising}.values())


def span(results: Sequence[Basins]) -> tuple[float, float] | None:
    """Return the times between which lightness runs: all but the first and last hundredth of those in the maps; None
    where there are not two different ones."""
    times = np.concatenate([each.when[~np.isnan(each.when) & (each.when > 0)] for each in results])
    if not len(times):
        return None
    low, high = (float(t) for t in np.quantile(times, (0.01, 0.99)))
    return (low, high) if high > low else None


def waiting(results: Sequence[Basins]) -> str:
    """Return what the time in maps is: until an end is certain where one of them lets starts go early."""
    return "time until the end is certain" if any(each.ahead for each in results) else "time to get there"


def said(end: End) -> str:
    """Return an end with its share and interval, as a legend has it: 39.8 % (39.6–40.0) minimum (3, 0.5)."""
    return f"{interval(end.share, end.low, end.high)} {end.text}"


def percent(count: int, of: int) -> str:
    """Return a share with its 95 % interval in print: 4.5 % (4.3–4.7)."""
    return interval(count / of, *wilson(count, of)) if of else "0\u2009%"


def interval(share: float, low: float, high: float) -> str:
    """Return a share and its interval, with the digits that it tells."""
    digits = 1 if high - low > 5e-4 else 3 if 0 < share <= 1e-3 else 2
    part, lower, upper = (f"{100 * a:.{digits}f}" for a in (share, low, high))
    return f"{part}\u2009%" + (f" ({lower}–{upper})" if lower != upper else "")


def short(end: End, background: Background) -> str:
    """Return an end by its place alone: (3, 0.5)."""
    point = words.point_of(background, end.point)
    return words.place(point.x) if point else SHORT.get(end.text, end.text)
