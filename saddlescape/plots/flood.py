"""The flood of basins: pixels take the colour of where they end at the time at which that is seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb

from saddlescape.answers.basins import Basins
from saddlescape.errors import UsageError
from saddlescape.plots import basin_legend, naming, words
from saddlescape.plots import style as sheets
from saddlescape.plots.actors import Actor
from saddlescape.plots.animation import SMALL
from saddlescape.plots.basin_ends import named, span
from saddlescape.plots.basin_map import BasinMap, basins, frame
from saddlescape.plots.movie import Movie
from saddlescape.plots.stage import dressed, page

#: most frames: all of the picture changes in each, so that fewer keep the file small
FRAMES = 60
#: frames over which a pixel loses the brightness it arrives with, and how bright that is
GLOW, GLINT = 2.0, 0.55
#: part of the grey of what moves in pixels that have not arrived
DRY = 0.28


class Flood(Actor):
    """The picture of basins, uncovered: ``moments`` are the times of the records."""

    def __init__(self, run: int, drawn: BasinMap, result: Basins, moments: np.ndarray[Any, Any]) -> None:
        self.run, self.whole = run, np.asarray(drawn.image.get_array())[..., :3]
        self.image, self.stripes = drawn.image, drawn.stripes
        grey, ground = (np.array(to_rgb(hue)) for hue in (sheets.NOWHERE, sheets.paper()))
        self.dry = (255 * (DRY * grey + (1 - DRY) * ground)).astype(np.uint8)
        # what nothing was decided of comes with the last record
        self.arrival = np.searchsorted(moments, np.where(np.isnan(result.when), np.inf, result.when))
        self.arrival = np.minimum(self.arrival, len(moments) - 1)
        self.last = len(moments) - 1
        ax = drawn.axes  # what lies on the picture is drawn anew with it
        self.artists = [self.image, *self.stripes, *ax.collections, *drawn.points, *ax.spines.values()]

    def move(self, record: int, past: np.ndarray[Any, Any]) -> None:
        """Show the pixels that have arrived by ``record``; stripes with the last one."""
        age = record - self.arrival
        glow = GLINT * np.exp(-np.maximum(age, 0) / GLOW)[..., None] * (record < self.last)
        lit = (self.whole + glow * (255 - self.whole.astype(float))).astype(np.uint8)
        self.image.set_data(np.where((age >= 0)[..., None], lit, self.dry))
        for each in self.stripes:
            each.set_visible(record == self.last)


def animate_basins(
    result: Basins | Sequence[Basins],
    path: str | Path | None = None,
    *,
    frames: int = FRAMES,
    style: str = "paper",
    spec: Any = "",
) -> Movie:
    """Return the moving picture of basins that fill, and write it to ``path`` if given; it ends with ``plots.basins``.

    A panel per result (one landscape, one run from every pixel). Frames are at even steps of the logarithm of the time,
    between those at which the first and last hundredth of the pixels arrive; what nothing was decided of comes last.
    """
    results = (result,) if isinstance(result, Basins) else tuple(result)
    if not results or any(each.ends for each in results):
        raise UsageError(
            "a flood needs basins with one run from every pixel: those of several have shares and no time"
        )
    if frames < 2:
        raise UsageError(f"an animation needs frames ≥ 2, not {frames}")
    with sheets.context(style):
        made = _filmed(results, frames)
    if path is not None:
        made.save(path, spec)
    return made


def _filmed(results: tuple[Basins, ...], frames: int) -> Movie:
    own, times = named(results), span(results)
    last = max(each.time for each in results)
    between = np.empty(0) if times is None or frames < 4 else np.geomspace(*times, frames - 2)
    moments = np.unique(np.concatenate([[0.0], between, [last]]))
    box = frame(results[0].axes)
    count, view = len(results), (box[:2], box[2:])
    sheet, axes = page(view, count, min(count, 2), max(len(each.counts()) for each in results) + 1)
    drawn = [
        basins(each, ax, own=own, times=times, legend=False) for each, ax in zip(results, axes, strict=True)
    ]
    keys: list[list[Any]] = [
        [basin_legend.swatch(end, times is not None) for end in each.ends] for each in drawn
    ]
    if times is not None:
        keys[0].append(basin_legend.clock(times, results))
    names = naming.labels([each.method for each in results]) if count > 1 else ()
    look = {**SMALL, "handlelength": 1.9, "handler_map": basin_legend.HANDLERS}
    stage = dressed(sheet, axes, results[0].background.title, keys, max(map(len, keys)), names, **look)
    stage.colours = tuple(end.colour for each in drawn for end in each.ends)
    for i, (each, picture) in enumerate(zip(results, drawn, strict=True)):
        stage.actors.append(Flood(i, picture, each, moments))
    told = [_counter(results, float(at)) for at in moments]
    return stage.film([[k] * count for k in range(len(moments))], told)


def _counter(results: tuple[Basins, ...], at: float) -> str:
    """Return the step that a time is, where all are maps of one eta; else the time."""
    etas = {naming.eta(each.method) for each in results}
    end = max(each.time for each in results)
    eta = etas.pop() if len(etas) == 1 else None
    if eta and all(each.clock == "steps" for each in results):
        return f"step {words.count(round(at / eta))} of {words.count(round(end / eta))}"
    return f"time {words.number(at)} of {words.number(end)}"
