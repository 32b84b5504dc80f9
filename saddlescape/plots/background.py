"""The landscape seen from above: shade and contour lines, both equally spaced in asinh((f − f_min)/s)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.text import Text

from saddlescape.errors import UsageError
from saddlescape.plots import critical, style, words
from saddlescape.results import Background, Run

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Height:
    """The variable heights are shown in: z = asinh((f − low)/scale), near to linear below ``scale``,
    logarithmic above.
    """

    low: float
    scale: float

    def __call__(self, loss: Any) -> Array:
        """Return z of a loss."""
        return np.arcsinh((np.asarray(loss, dtype=float) - self.low) / self.scale)

    def back(self, z: Any) -> Array:
        """Return the loss of a z."""
        return np.asarray(self.low + self.scale * np.sinh(z))

    @classmethod
    def of(cls, background: Background) -> Height:
        """Choose the scale that puts the median loss of the view half-way up, so neither valley nor wall
        fills the picture. Raises UsageError where no loss of the view is finite.
        """
        loss = defined(background)
        inside = [p.loss for p in critical.inside(background.points, background.view) if np.isfinite(p.loss)]
        low = float(min([loss.min(), *inside]))
        middle, top = float(np.median(loss)) - low, float(loss.max()) - low
        if not top > 0:
            return cls(low, 1.0)
        scales = top * np.geomspace(1e-5, 10, 121)
        halves = np.arcsinh(middle / scales) / np.arcsinh(top / scales)
        return cls(low, float(scales[np.argmin(np.abs(halves - 0.5))]))


@dataclass(frozen=True)
class Contours:
    """What ``contours`` drew. ``levels`` are in original units, equally spaced in ``height``."""

    axes: Axes
    height: Height
    levels: Array
    shade: AxesImage
    lines: QuadContourSet
    labels: tuple[Text, ...]
    points: tuple[Line2D, ...]


def scene(result: Background | Run) -> Background:
    """Return the background of a result."""
    return result if isinstance(result, Background) else result.background


def defined(background: Background) -> Array:
    """Return the losses of the view that are finite, (n,). Raises UsageError where none is."""
    loss = background.loss[np.isfinite(background.loss)]
    if not loss.size:
        window = " by ".join(f"{lo:g}:{hi:g}" for lo, hi in background.view)
        raise UsageError(
            f"{background.title} is defined nowhere in the window {window}: there is nothing to draw"
        )
    return np.asarray(loss)


def refuse_unless(background: Background, dimension: int, what: str) -> None:
    """Raise UsageError unless the landscape has ``dimension`` coordinates."""
    if len(background.view) != dimension:
        has = f"{background.title} has {len(background.coordinates)}"
        raise UsageError(f"{what} need {'one coordinate' if dimension == 1 else 'two coordinates'}; {has}")


def contours(
    result: Background | Run,
    ax: Axes | None = None,
    *,
    levels: int = 12,
    avoid: Array | None = None,
    labels: bool = True,
    marks: bool = True,
) -> Contours:
    """Draw the landscape of a Background or a Run of two coordinates on ``ax``.

    ``levels`` lines equally spaced in ``Height``, every second one labelled in original units, labels kept
    away from the points ``avoid`` (m, 2; by default the run's own records) and from the critical points.
    ``labels=False`` and ``marks=False`` leave numbers and critical points out.
    """
    background = scene(result)
    refuse_unless(background, 2, "contours")
    ax = ax or style.new_axes()
    height = Height.of(background)
    z = height(background.loss)
    (x0, x1), (y0, y1) = background.view
    spaced = np.linspace(0.0, max(float(np.nanmax(z)), 1e-12), levels + 2)
    gx, gy = background.axes
    image = _shade(ax, gx, gy, z, float(spaced[-1]))
    line = "#ffffff" if style.is_dark() else "#2f4858"
    drawn = ax.contour(gx, gy, z, levels=spaced[1:-1], colors=line, linewidths=0.5, alpha=0.32, zorder=1)
    near = [p.x for p in critical.inside(background.points, background.view)]
    obstacles = np.vstack([np.array(near).reshape(-1, 2), _records(result) if avoid is None else avoid])
    texts = _label(ax, drawn, height, background.view, obstacles) if labels else []
    points = critical.mark(ax, background.points, background.view) if marks else []
    ax.set(xlim=(x0, x1), ylim=(y0, y1))
    ax.set_xlabel(words.coordinate(background.coordinates[0]), fontstyle="italic", labelpad=2)
    ax.set_ylabel(words.coordinate(background.coordinates[1]), fontstyle="italic", labelpad=2)
    return Contours(ax, height, height.back(spaced[1:-1]), image, drawn, tuple(texts), tuple(points))


def _shade(ax: Axes, x: Array, y: Array, z: Array, top: float) -> AxesImage:
    """Draw the heights as an image whose pixels have the grid's points in their middle."""
    dx, dy = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    box = (x[0] - dx, x[-1] + dx, y[0] - dy, y[-1] + dy)
    image = ax.imshow(z, extent=box, origin="lower", aspect="auto", interpolation="bilinear", zorder=0)
    image.set(cmap=style.shade(style.is_dark()), clim=(0.0, top))
    return image


def _records(result: Background | Run) -> Array:
    """Return some 200 records of up to 20 trajectories of a run."""
    if isinstance(result, Background):
        return np.empty((0, 2))
    some = result.x[:20, :: max(1, result.x.shape[1] // 200)].reshape(-1, 2)
    return np.asarray(some[np.all(np.isfinite(some), axis=1)])


def _label(
    ax: Axes, drawn: QuadContourSet, height: Height, view: tuple[tuple[float, float], ...], avoid: Array
) -> list[Text]:
    """Write every second level on its line, where it is farthest from what else is drawn."""
    low, width = np.array(view).T[0], np.ptp(np.array(view), axis=1)
    taken = (avoid - low) / width
    texts: list[Text] = []
    for z, pieces in list(zip(drawn.levels, drawn.allsegs, strict=True))[1::2]:
        spot = _spot([(piece - low) / width for piece in pieces if len(piece) > 8], taken)
        if spot is None:
            continue
        at, along = spot
        taken = np.vstack([taken, at])
        direction = along * width * np.sign(along[0] or 1.0)
        back = (*drawn_colour(float(z), drawn.levels), 0.85)
        texts.append(
            ax.text(
                float(low[0] + width[0] * at[0]),
                float(low[1] + width[1] * at[1]),
                words.number(float(height.back(z)), 2),
                ha="center",
                va="center",
                rotation=float(np.degrees(np.arctan2(direction[1], direction[0]))),
                rotation_mode="anchor",
                transform_rotates_text=True,
                fontsize=0.72 * matplotlib.rcParams["font.size"],
                color=style.ink(),
                alpha=0.75,
                bbox={"facecolor": back, "edgecolor": "none", "pad": 0.6},
                clip_on=True,
                zorder=1.5,
            )
        )
    return texts


def drawn_colour(z: float, levels: Any) -> tuple[float, float, float]:
    """Return the shade under the contour line ``z``, when lines are equally spaced from 0."""
    top = levels[-1] + (levels[1] - levels[0] if len(levels) > 1 else levels[-1])
    red, green, blue, _ = style.shade(style.is_dark())(z / top)
    return (red, green, blue)


def _spot(pieces: list[Array], taken: Array) -> tuple[Array, Array] | None:
    """Return (place, direction) on the pieces, in units of the view, farthest from ``taken``; None where all
    is crowded.
    """
    best, found = 0.06, None
    for piece in pieces:
        middle, along = piece[3:-3:3], (piece[6:] - piece[:-6])[::3]
        if len(middle) == 0 or np.ptp(piece, axis=0).max() < 0.1:
            continue
        edge = np.minimum(middle, 1 - middle).min(axis=1)
        gaps = (
            np.linalg.norm(middle[:, None] - taken[None], axis=2).min(axis=1)
            if len(taken)
            else np.full(len(middle), 9.0)
        )
        score = np.where(edge > 0.06, np.minimum(gaps, 0.25) + 0.1 * np.minimum(edge, 0.2), -1.0)
        k = int(np.argmax(score))
        if score[k] > best:
            best, found = float(score[k]), (middle[k], along[k])
    return found
