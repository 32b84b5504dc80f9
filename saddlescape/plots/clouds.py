"""Clouds: where many runs are at once, beside the law that theory gives them."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, StepPatch

from saddlescape.answers.diffusion import Stationary
from saddlescape.errors import UsageError
from saddlescape.plots import critical, style, words
from saddlescape.results import Array, Run

#: shares of a Gaussian that the ellipses hold
SHARES = (0.5, 0.95)
#: standard deviations to either side that are shown, at least
SIDE = 3.6
#: points that are drawn
MOST = 4000


@dataclass(frozen=True)
class Cloud:
    """What ``cloud`` drew: the particles, of one coordinate a histogram with the density; ellipses of theory, and
    ``held``, the share of all particles that each of them holds."""

    axes: Axes
    particles: Line2D | StepPatch
    theory: tuple[Ellipse | Line2D, ...]
    held: tuple[float, ...]


def cloud(particles: Run | Array, theory: Stationary, ax: Axes | None = None) -> Cloud:
    """Draw where runs end, or points (n, d), with the stationary law of theory: of two coordinates the ellipses that hold
    50 and 95 % of it, of one a histogram with its density.

    The axis is centred where the mean step rests. Raises UsageError for more than two coordinates.
    """
    x = np.asarray(particles.final if isinstance(particles, Run) else particles, dtype=float)
    d = len(theory.centre)
    if x.ndim != 2 or x.shape[1] != d or d > 2:
        raise UsageError(
            f"a cloud has one or two coordinates, and points of the law's: {d} and {x.shape} were given"
        )
    x = x[np.isfinite(x).all(axis=1)]
    ax = ax or style.new_axes(3.6, 3.2)
    return (_line if d == 1 else _plane)(x, theory, ax)


def _plane(x: Array, theory: Stationary, ax: Axes) -> Cloud:
    thick = float(matplotlib.rcParams["lines.linewidth"])
    hue = style.method_colours([theory.method.partition(":")[0]])[0]
    some = x[words.spread(len(x), MOST)]
    (dots,) = ax.plot(
        *some.T, "o", color=hue, markersize=1.6 * thick, alpha=0.35, markeredgewidth=0, zorder=2
    )
    values, vectors = np.linalg.eigh(theory.covariance)
    values = np.maximum(values, 0.0)
    turn = float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])))
    drawn, held = [], []
    far = np.einsum("ni,ij,nj->n", x - theory.centre, np.linalg.pinv(theory.covariance), x - theory.centre)
    for share in SHARES:
        reach = sqrt(-2.0 * log(1.0 - share))
        long, wide = 2 * reach * np.sqrt(values[::-1])
        one = Ellipse(
            (float(theory.centre[0]), float(theory.centre[1])), long, wide, angle=turn, fill=False, color=style.ink(),
            linewidth=thick, linestyle="-" if share == SHARES[0] else (0, (3, 2)), zorder=3,
        )  # fmt: skip
        ax.add_patch(one)
        drawn.append(one)
        held.append(float(np.mean(far <= reach**2)))
    side = SIDE * np.sqrt(np.diag(theory.covariance))
    side = np.maximum(side, 0.25 * side.max())
    view = tuple((float(c - s), float(c + s)) for c, s in zip(theory.centre, side, strict=True))
    critical.mark(ax, theory.background.points, view)
    ax.set(xlim=view[0], ylim=view[1])
    for axis, name in zip((ax.xaxis, ax.yaxis), theory.background.coordinates, strict=True):
        axis.set_label_text(words.coordinate(name), fontstyle="italic")
    return Cloud(ax, dots, tuple(drawn), tuple(held))


def _line(x: Array, theory: Stationary, ax: Axes) -> Cloud:
    thick = float(matplotlib.rcParams["lines.linewidth"])
    hue = style.method_colours([theory.method.partition(":")[0]])[0]
    deviation, middle = sqrt(float(theory.covariance[0, 0])), float(theory.centre[0])
    edges = middle + deviation * np.linspace(-SIDE, SIDE, 49)
    counts = np.histogram(x[:, 0], edges)[0] / (len(x) * (edges[1] - edges[0]))
    bars = ax.stairs(counts, edges, fill=True, color=hue, alpha=0.45, zorder=2)
    at = np.linspace(edges[0], edges[-1], 400)
    density = np.exp(-0.5 * ((at - middle) / deviation) ** 2) / (deviation * sqrt(2 * np.pi))
    (line,) = ax.plot(at, density, "-", color=style.ink(), linewidth=thick, zorder=3)
    ax.set(xlim=(edges[0], edges[-1]), ylim=(0, None), ylabel="density")
    ax.set_xlabel(words.coordinate(theory.background.coordinates[0]), fontstyle="italic")
    # of a Gaussian 50 and 95 % lie within these deviations
    held = tuple(float(np.mean(np.abs(x[:, 0] - middle) <= k * deviation)) for k in (0.67449, 1.95996))
    return Cloud(ax, bars, (line,), held)
