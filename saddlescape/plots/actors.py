"""What moves in an animation: trajectories with fading trails, and clouds of particles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D

from saddlescape.plots import ends, style, words
from saddlescape.plots.crowd import end_colours
from saddlescape.plots.ends import view_of
from saddlescape.plots.paths import thin
from saddlescape.results import Run

Array = np.ndarray[Any, np.dtype[np.float64]]
#: frames after which a point has faded to a third, and what is left of it
FADING, LEFT = 9.0, 0.22
#: most segments of a bright trail, most records of the line behind it
BRIGHT, BEHIND = 240, 4001
#: most particles of a cloud
PARTICLES = 12_000
#: frames that the tail of a particle reaches back
TAIL = 4


class Actor(ABC):
    """What a run is in an animation: ``run`` is its place, ``artists`` what is drawn anew in every frame."""

    run: int
    artists: list[Artist]

    @abstractmethod
    def move(self, record: int, past: np.ndarray[Any, Any]) -> None:
        """Go to ``record``; ``past`` are the records of the frames up to this one."""


class Trails(Actor):
    """Few trajectories: a thin line behind, dots (of a map) or a bright line (of a flow) that fade, and the head."""

    def __init__(
        self, ax: Axes, run: int, places: Array, discrete: bool, colour: str, size: float, faint: bool
    ) -> None:
        self.run, self.colour = run, colour
        low, width = view_of(ax)
        near = np.clip(
            places, low - 3 * width, low + 4 * width
        )  # what runs far off must not strain the painter
        self.places = np.where(np.isfinite(places), near, np.nan)
        self.dots = [
            thin(path, low, width, most=400) if discrete else np.empty(0, int) for path in self.places
        ]
        level = 2.4 if faint else 3.0
        self.behind = [
            ax.plot([], [], "-", color=colour, linewidth=0.6 * size, alpha=0.3, zorder=level)[0]
            for _ in places
        ]
        self.trail = LineCollection([], linewidths=(0.9 if discrete else 1.6) * size, zorder=level + 0.1)
        ax.add_collection(self.trail, autolim=False)
        self.beads: PathCollection = ax.scatter([], [], s=(2.6 * size) ** 2, linewidths=0, zorder=level + 0.2)
        rim = style.paper()
        self.head = ax.plot(
            [], [], "o", color=colour, ms=5.6 * size, mec=rim, mew=0.8 * size, zorder=6.5 + 0.1 * (not faint)
        )[0]
        for path in self.places:
            ends.start(ax, path[0], size)
        self.artists = [*self.behind, self.trail, self.beads, self.head]

    def move(self, record: int, past: np.ndarray[Any, Any]) -> None:
        """Draw the path up to ``record``, the newest part bright."""
        red, green, blue, _ = to_rgba(self.colour)
        segments, shades, beads, tints = [], [], [], []
        for path, line, dots in zip(self.places, self.behind, self.dots, strict=True):
            stride = 1 + 2 * (record // BEHIND)  # odd: both sides of a 2-cycle stay
            line.set_data(*path[np.append(np.arange(0, record, stride), record)].T)
            since = int(past[max(0, len(past) - 1 - round(3 * FADING))])
            stride = 1 + 2 * ((record - since) // (2 * BRIGHT))
            chosen = np.append(np.arange(since, record, stride), record)
            segments.append(np.stack([path[chosen[:-1]], path[chosen[1:]]], axis=1))
            shades.append(bright(chosen[1:], past, 0.0))
            seen = dots[dots <= record]
            beads.append(path[seen])
            tints.append(bright(seen, past, LEFT))
        self.trail.set_segments(list(np.concatenate(segments)))
        self.trail.set_color([(red, green, blue, a) for a in 0.9 * np.concatenate(shades)])
        self.beads.set_offsets(np.concatenate(beads))
        self.beads.set_facecolor([(red, green, blue, a) for a in np.concatenate(tints)])
        self.head.set_data(*self.places[:, record].T)


def bright(records: np.ndarray[Any, Any], past: np.ndarray[Any, Any], least: float) -> Array:
    """Return how bright records are, by how many frames ago they came into the picture."""
    age = len(past) - 1 - np.searchsorted(past, records)
    return np.asarray(least + (1 - least) * np.exp(-np.maximum(age, 0) / FADING))


class Cloud(Actor):
    """Many trajectories: a dot each in the colour of where it ends, with a short tail."""

    def __init__(self, ax: Axes, run: int, places: Array, made: Run, own: Collection[int]) -> None:
        low, width = view_of(ax)
        self.run, some = run, words.spread(len(places), PARTICLES)
        places = places[some]
        self.places = np.where(np.isfinite(places), np.clip(places, low - width, low + 2 * width), np.nan)
        colours = end_colours(made, own)[some]
        side = float(np.clip(60 / np.sqrt(len(places)), 1.2, 4.0))
        look: dict[str, Any] = {"linewidths": 0.25 if side > 2 else 0, "edgecolors": style.paper()}
        self.dots: PathCollection = ax.scatter(
            self.places[:, 0, 0], self.places[:, 0, 1], s=side**2, c=colours, zorder=4, **look
        )
        tails = colours.copy()
        tails[:, 3] = 0.3
        self.tails = LineCollection([], colors=tails, linewidths=0.35 * side, zorder=3)
        ax.add_collection(self.tails, autolim=False)
        self.artists = [self.tails, self.dots]

    def move(self, record: int, past: np.ndarray[Any, Any]) -> None:
        """Put every dot at ``record``, its tail over the last frames."""
        self.dots.set_offsets(self.places[:, record])
        self.tails.set_segments(list(self.places[:, past[-TAIL:]]))


def key(colour: str, text: str) -> Line2D:
    """Return the legend entry of a method."""
    size = float(matplotlib.rcParams["lines.linewidth"])
    return Line2D(
        [], [], color=colour, marker="o", ms=4 * size, mec=style.paper(), mew=0.5 * size, lw=size, label=text
    )
