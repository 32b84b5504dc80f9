"""The faces of one algorithm: weak errors against eta or rho."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.container import ErrorbarContainer
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

from saddlescape.answers.faces import PHI, FaceComparison
from saddlescape.errors import UsageError, unknown
from saddlescape.plots import naming, style, words

Array = np.ndarray[Any, np.dtype[np.float64]]
#: names of the weak errors on a figure
ERRORS = {"x": "|Δ E x|", "xx": "|Δ E xxᵀ|", "loss": "|Δ E f|"}
#: room beside the first and the last place on an axis, in parts of what they span; guides are named in the first
LEFT, RIGHT = 0.22, 0.12
#: power of eta or rho from which on an error counts as rising
RISE = 0.25
#: half a 95 % interval in standard errors
NORMAL = 1.96


@dataclass
class FaceErrors:
    """What ``face_errors`` drew: per face a line with error bars and the points that tell nothing (hollow), guides."""

    axes: Axes
    lines: dict[str, ErrorbarContainer] = field(default_factory=dict)
    hollow: dict[str, Line2D] = field(default_factory=dict)
    guides: list[Line2D] = field(default_factory=list)
    labels: list[Text] = field(default_factory=list)
    noise: PolyCollection | None = None


def face_labels(comparison: FaceComparison) -> list[str]:
    """Return the names of the faces: "SDE of order 2", with the keys they were asked for."""
    labels = []
    for text in comparison.faces:
        name, _, keys = text.partition(":")
        more = f" ({', '.join(keys.split(','))})" if keys else ""
        labels.append(f"{naming.CLOCKS.get(name, name)}{more}")
    return labels


def axis_of(comparison: FaceComparison) -> str:
    """Return what errors are drawn against: eta, rho, or φ where there is one eta and one rho."""
    return "eta" if len(comparison.etas) > 1 else "rho" if len(comparison.rhos) > 1 else "phi"


def face_errors(
    comparison: FaceComparison, ax: Axes | None = None, *, phi: str = "x", against: str | None = None
) -> FaceErrors:
    """Draw the weak errors of ``phi`` (x, xx, loss) with 95 % bars on logarithmic axes, one line per face.

    ``against`` is eta (at the method's own rho) or rho (at its own eta); with one of each, "phi": all φ side by side.
    Points that sampling noise could have made are hollow, what it would show by itself (twice its root mean square)
    is grey. Dotted guides rise with eta and eta²; against rho with rho² and rho³, what orders 2 and 3 leave out;
    none where no error rises.
    """
    against = against or axis_of(comparison)
    for word, name, known in (("observable", phi, tuple(PHI)), ("axis", against, ("eta", "rho", "phi"))):
        if name not in known:
            raise unknown(word, name, known)
    ax = ax or style.new_axes(3.4, 3.0)
    x, errors, se, floor = _series(comparison, phi, against)
    drawn = FaceErrors(ax)
    ax.set(yscale="log", xscale="linear" if against == "phi" else "log")
    low, high = _window(errors, se, floor)
    thick = float(matplotlib.rcParams["lines.linewidth"])
    tells = errors > 2.0 * floor
    for i, (face, hue) in enumerate(zip(comparison.faces, style.face_colours(comparison.faces), strict=True)):
        at = x if against != "phi" else _beside(x, i, len(errors))
        bar = np.stack([np.minimum(NORMAL * se[i], errors[i] - 0.3 * low), NORMAL * se[i]])
        # where faces agree an earlier one shows as a rim of the last
        rim = 1.3 * thick if i < len(errors) - 1 and against != "phi" else 0.0
        drawn.lines[face] = ax.errorbar(
            at, errors[i], np.maximum(bar, 0.0), fmt="o" if against == "phi" else "o-", capsize=1.6 * thick,
            elinewidth=0.9 * thick, color=hue, markersize=3.4 * thick + rim, linewidth=thick + 0.7 * rim, zorder=3,
        )  # fmt: skip
        (drawn.hollow[face],) = ax.plot(
            at[~tells[i]], errors[i][~tells[i]], "o", markersize=3.4 * thick + rim, color=hue, zorder=4,
            markerfacecolor=style.paper(), markeredgewidth=0.9 * thick,
        )  # fmt: skip
    ax.set_ylim(low, high)
    _ground(drawn, x, floor, low, against)
    if against != "phi":
        _guides(drawn, x, np.where(tells, errors, np.nan), against)
    _name(ax, x, comparison, against, phi)
    return drawn


def own_place(comparison: FaceComparison) -> tuple[int, int]:
    """Return the place of the method's own eta and rho in the lists, or of the nearest ones."""
    numbers = naming.read(comparison.methods[0]).keys
    e, r = (
        int(np.argmin(np.abs(values - float(numbers.get(key, np.nan))))) if np.isfinite(values[0]) else 0
        for key, values in (("eta", comparison.etas), ("rho", comparison.rhos))
    )
    return e, r


def _series(comparison: FaceComparison, phi: str, against: str) -> tuple[Array, Array, Array, Array]:
    """Return the places on the axis and errors, standard errors and floors (faces, places)."""
    e, r = own_place(comparison)
    tables = (comparison.errors, comparison.se, comparison.floor)
    if against == "phi":
        found = [np.stack([t[name][:, e, r] for name in PHI], axis=1) for t in tables]
        return np.arange(len(PHI), dtype=float), found[0], found[1], found[2]
    x = comparison.etas if against == "eta" else comparison.rhos
    if len(x) < 2:
        raise UsageError(f"errors were measured at one {against} only: compare_faces(…, {against}s=[…])")
    found = [t[phi][:, :, r] if against == "eta" else t[phi][:, e, :] for t in tables]
    return x, found[0], found[1], found[2]


def _window(errors: Array, se: Array, floor: Array) -> tuple[float, float]:
    """Return the errors to show: all of them, and enough below to see the noise."""
    good = errors[np.isfinite(errors) & (errors > 0)]
    if not good.size:
        return 1e-3, 1.0
    top = float(np.nanmax(errors + NORMAL * se))
    told = errors[errors > 2.0 * floor]
    bottom = max(float(good.min()), 0.2 * float(told.min()) if told.size else 0.0)
    return 0.45 * bottom, 2.2 * top


def _ground(drawn: FaceErrors, x: Array, floor: Array, low: float, against: str) -> None:
    """Fill what sampling noise alone would show."""
    top = 2.0 * np.max(floor, axis=0)
    if not np.any(top > 0):
        return
    if against == "phi":
        # a column for every face: what one cannot be told from may be far above another's
        half = 0.08
        places = np.stack([_beside(x, i, len(floor)) for i in range(len(floor))]).ravel()
        x = np.stack([places - half, places + half, places + half], 1).ravel()
        top = np.repeat(2.0 * floor.ravel(), 3)
        top[2::3] = np.nan
    else:
        first, last = _ends(x)
        x, top = np.array([first, *x, last]), np.array([top[0], *top, top[-1]])
    drawn.noise = drawn.axes.fill_between(
        x, np.full(len(x), 1e-3 * low), top, color=style.ink(), alpha=0.09, linewidth=0, zorder=1
    )


def _beside(x: Array, i: int, count: int) -> Array:
    """Return the places of face ``i`` of ``count`` about the places ``x`` of φ."""
    return x + 0.16 * (i - 0.5 * (count - 1))


def _ends(x: Array) -> tuple[float, float]:
    """Return the ends of a logarithmic axis of the places ``x``."""
    return float(x[0] * (x[0] / x[-1]) ** LEFT), float(x[-1] * (x[-1] / x[0]) ** RIGHT)


def _guides(drawn: FaceErrors, x: Array, errors: Array, against: str) -> None:
    """Draw powers through a place above the highest line, named where they leave the window."""
    ax, low = drawn.axes, drawn.axes.get_ylim()[0]
    first, last = _ends(x)
    ax.set_xlim(first, last)
    if not np.any(np.isfinite(errors[:, -1])) or not _rises(x, errors):
        return
    anchor = 1.35 * float(np.nanmax(errors[:, -1]))
    thick = float(matplotlib.rcParams["lines.linewidth"])
    for power in (1, 2) if against == "eta" else (2, 3):
        left = max(first, x[-1] * (1.3 * low / anchor) ** (1 / power))
        places = np.array([left, x[-1]])
        heights = anchor * (places / x[-1]) ** power
        look: dict[str, Any] = {"color": style.ink(), "linewidth": 0.7 * thick, "alpha": 0.6, "zorder": 2}
        drawn.guides += ax.plot(places, heights, ":", **look)
        floored = np.log(left / first) > 0.15 * np.log(x[-1] / x[0])  # it ends well inside the window
        drawn.labels.append(
            ax.annotate(
                words.GREEK[against] + {1: "", 2: "²", 3: "³"}[power],
                (places[0], heights[0]),
                xytext=(-2, -2) if floored else (3, 5),
                textcoords="offset points",
                ha="right" if floored else "left",
                va="bottom",
                fontsize="small",
                zorder=2,
            )
        )


def _rises(x: Array, errors: Array) -> bool:
    """Return whether any line rises by more than ``RISE`` as a power of ``x`` between its first and last place that tell:
    beside errors that fall or stay a power says nothing."""
    for row in errors:
        (kept,) = np.nonzero(np.isfinite(row) & (row > 0))
        if len(kept) > 1:
            a, b = kept[0], kept[-1]
            if np.log(row[b] / row[a]) > RISE * np.log(x[b] / x[a]):
                return True
    return False


def ticked(axis: Any, values: Array | None = None) -> None:
    """Put ticks on a logarithmic axis: at ``values``, or at powers of ten, and between where there are few of them."""
    low, high = axis.get_view_interval()
    decades = np.floor(np.log10(high)) - np.ceil(np.log10(low)) + 1
    subs = (1.0,) if decades >= 2 else (1.0, 3.0) if np.log10(high / low) > 0.8 else (1.0, 2.0, 3.0, 5.0)
    axis.set_major_locator(
        LogLocator(subs=subs, numticks=12) if values is None else FixedLocator(list(values))
    )
    axis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value)))
    axis.set_minor_formatter(NullFormatter())


def _name(ax: Axes, x: Array, comparison: FaceComparison, against: str, phi: str) -> None:
    ticked(ax.yaxis)
    if against == "phi":
        ax.set_xlim(-0.5, len(PHI) - 0.5)
        ax.set_xticks(x, list(PHI.values()))
        ax.set_ylabel("|Δ E φ|")
        ax.tick_params(axis="x", length=0)
        return
    ticked(ax.xaxis, x[np.unique([0, len(x) // 2, len(x) - 1])])
    ax.set_xlabel(words.GREEK[against] + _fixed(comparison, against))
    ax.set_ylabel(ERRORS[phi])


def _fixed(comparison: FaceComparison, against: str) -> str:
    """Return at which value of the other number errors are shown, where it has several: " at ρ = 0.05"."""
    other, values = ("rho", comparison.rhos) if against == "eta" else ("eta", comparison.etas)
    if len(values) < 2:
        return ""
    value = values[own_place(comparison)[against == "eta"]]
    return f" at {words.GREEK[other]} = {words.number(float(value))}"
