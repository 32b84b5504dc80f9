"""Escapes: the share of runs that stay against time, and the share that left against a number of the method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.container import ErrorbarContainer
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from saddlescape.answers.escape import Curve, Escape
from saddlescape.errors import UsageError
from saddlescape.plots import naming, style, words
from saddlescape.results import Array

#: room above the last time on the axis
ROOM = 1.02


@dataclass
class Escapes:
    """What ``escape`` drew: per method its curve, its band, the marks of its median, and the bound of the theory."""

    axes: Axes
    lines: list[Line2D] = field(default_factory=list)
    bands: list[PolyCollection] = field(default_factory=list)
    medians: list[Line2D] = field(default_factory=list)
    theory: list[Line2D] = field(default_factory=list)


@dataclass
class Against:
    """What ``escape_against`` drew: a line for every group of methods at its ``places``, a point and a bar for each."""

    axes: Axes
    places: list[Array] = field(default_factory=list)
    lines: list[Line2D] = field(default_factory=list)
    bars: list[ErrorbarContainer] = field(default_factory=list)
    points: list[Line2D] = field(default_factory=list)
    threshold: Line2D | None = None


def as_escapes(result: Escape | Sequence[Escape]) -> tuple[Escape, ...]:
    """Return one escape or several as a tuple. Raises UsageError where there is none, or of several landscapes."""
    found = (result,) if isinstance(result, Escape) else tuple(result)
    if not found:
        raise UsageError("a figure of escapes needs at least one")
    if len({each.background.title for each in found}) > 1:
        raise UsageError("escapes beside each other are of one landscape")
    return found


def colours(results: Sequence[Escape]) -> list[str]:
    """Return one colour per method; of a sweep of one method from four values on shades in its order."""
    heads = [each.method.partition(":")[0] for each in results]
    if len(results) > len(style.CYCLE) or (len(results) > 3 and len(set(heads)) == 1 and swept(results)):
        ramp = matplotlib.colormaps["viridis"](np.linspace(0.05, 0.85, len(results)))
        return [str(matplotlib.colors.to_hex(c)) for c in ramp]
    # the grey of gradient descent is for one of them
    return style.method_colours([head if heads.index(head) == k else "" for k, head in enumerate(heads)])


def escape(
    result: Escape | Sequence[Escape], ax: Axes | None = None, *, unit: str = "auto", theory: bool = True
) -> Escapes:
    """Draw the share of runs that stay, a step curve with its 95 % band for every method; medians are marked at ½.

    ``unit`` is steps, time, or "auto": steps where all methods are maps of one eta. ``theory`` adds the bound of the
    linear theory (dashed) where an escape has one.
    """
    results = as_escapes(result)
    ax = ax or style.new_axes(4.6, 3.2)
    thick = float(matplotlib.rcParams["lines.linewidth"])
    in_steps = unit == "steps" or (unit == "auto" and _one_eta(results))
    last = max(_seen(each) / (each.eta if in_steps else 1.0) for each in results)
    drawn = Escapes(ax)
    ax.axhline(0.5, color=style.ink(), linewidth=0.5 * thick, alpha=0.35, zorder=1)
    for each, hue, rim in zip(results, colours(results), covered(results), strict=True):
        per = each.tick / (each.eta if in_steps else 1.0)
        ticks, share, low, high = _to_the_end(each.curve, each.ticks)
        look: dict[str, Any] = {"color": hue, "linewidth": 0, "alpha": 0.2, "zorder": 2}
        drawn.bands.append(ax.fill_between(per * ticks, low, high, step="post", **look))
        drawn.lines += ax.plot(
            per * ticks, share, drawstyle="steps-post", color=hue, linewidth=thick * (1 + 0.9 * rim), zorder=3
        )
        middle = each.curve.first(0.5)[0]
        if middle is not None:
            drawn.medians += ax.plot(
                [per * middle], [0.5], "o", color=hue, markersize=3.4 * thick, zorder=4,
                markeredgecolor=style.paper(), markeredgewidth=0.5 * thick,
            )  # fmt: skip
        if theory and each.theory is not None:
            drawn.theory += ax.plot(
                per * each.theory.ticks, each.theory.inside, color=hue, linewidth=0.8 * thick, linestyle=(0, (3, 2)),
                zorder=3.5,
            )  # fmt: skip
    ax.set(xlim=(0, ROOM * last), ylim=(-0.02, 1.03), ylabel="share that stays")
    ax.set_xlabel("steps" if in_steps else "time")
    return drawn


def _seen(each: Escape) -> float:
    """Return the time up to which there is something to see: the last exit where all have left."""
    return each.time if each.count < each.runs else min(each.time, 1.1 * float(np.max(each.times)))


def covered(results: Sequence[Escape]) -> list[int]:
    """Return how many later curves lie on each: they show as a rim of those."""
    return [
        sum(np.array_equal(each.times, other.times, equal_nan=True) for other in results[k + 1 :])
        for k, each in enumerate(results)
    ]


def _one_eta(results: Sequence[Escape]) -> bool:
    return all(each.clock == "steps" for each in results) and len({each.eta for each in results}) == 1


def _to_the_end(curve: Curve, last: int) -> tuple[Array, Array, Array, Array]:
    """Return the steps of a curve with its last level drawn on to the end of the runs."""
    found = [np.append(each, each[-1]) for each in (curve.ticks, curve.share, curve.low, curve.high)]
    found[0][-1] = max(last, found[0][-2])
    return found[0], found[1], found[2], found[3]


def swept(results: Sequence[Escape]) -> str | None:
    """Return the number that tells the methods apart: the only key that takes three values or more, None if there is
    none or several."""
    keys = [naming.read(each.method).keys for each in results]
    names = list(dict.fromkeys(name for each in keys for name in each))
    found = [
        name
        for name in names
        if name not in ("eta", "dt") and len({_number(each.get(name, "0")) for each in keys} - {None}) > 2
    ]
    return found[0] if len(found) == 1 else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def escape_against(
    result: Sequence[Escape], key: str | None = None, ax: Axes | None = None, *, of: str = "auto"
) -> Against:
    """Draw what escapes found against a number of their methods, with 95 % bars: a line for every group of methods that
    differ in nothing else.

    ``key`` is rho, beta, batch, sigma … (by default the only one with three values or more); ``of`` "escaped" (the
    share that left), "median" (its time; those not reached are left out), or "auto": the median where nine in ten of
    all runs left. Points have the colours of the curves that ``escape`` draws of the same results.
    """
    results = as_escapes(result)
    key = key or swept(results)
    if key is None:
        raise UsageError("no one number tells these methods apart: name it, escape_against(…, key='rho')")
    if of not in ("auto", "escaped", "median"):
        raise UsageError(f"of is auto, escaped or median, not '{of}'")
    if of == "auto":
        of = "median" if min(each.escaped for each in results) > 0.9 else "escaped"
    ax = ax or style.new_axes(3.4, 3.0)
    drawn, thick = Against(ax), float(matplotlib.rcParams["lines.linewidth"])
    groups = _groups(results, key)
    hues = dict(zip((each.method for each in results), colours(results), strict=True))
    for name, members in groups.items():
        places = np.array([at for at, _ in members])
        rows = np.array([_value(each, of) for _, each in members])
        drawn.places.append(places)
        # it joins points of several colours: thin, and of none that a method has
        drawn.lines += ax.plot(
            places, rows[:, 0], color=style.ink(), alpha=0.3, linewidth=0.5 * thick, zorder=2.5, label=name
        )
        for at, row, (_, each) in zip(places, rows, members, strict=True):
            _point(drawn, at, row, hues[each.method], thick)
    edges = {each.threshold for each in results if each.threshold is not None} if key == "rho" else set()
    if len(edges) == 1:
        drawn.threshold = ax.axvline(
            edges.pop(), color=style.ink(), linewidth=0.8 * thick, linestyle=(0, (1, 1.5)), zorder=2
        )
    ax.set_xlabel(words.GREEK.get(key, key))
    ax.set_ylabel("share that left" if of == "escaped" else "median time")
    bottom, top = (-0.03, 1.03) if of == "escaped" else (0.0, ax.get_ylim()[1])
    ax.set_ylim(bottom, top)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=key == "batch"))
    return drawn


def _point(drawn: Against, at: float, row: Array, hue: str, thick: float) -> None:
    """Draw a point (value, low, high) with its bar in the colour of its method."""
    drawn.bars.append(drawn.axes.errorbar(
        [at], row[:1], np.abs(row[1:, None] - row[0]), fmt="none", ecolor=hue, capsize=1.6 * thick,
        elinewidth=0.9 * thick, zorder=3,
    ))  # fmt: skip
    drawn.points += drawn.axes.plot([at], row[:1], "o", color=hue, markersize=3.6 * thick, zorder=4)


def _groups(results: Sequence[Escape], key: str) -> dict[str, list[tuple[float, Escape]]]:
    """Return the escapes by their methods without ``key``, each with its value there (0 where it is not written)."""
    found: dict[str, list[tuple[float, Escape]]] = {}
    for each in results:
        read = naming.read(each.method)
        at = _number(read.value(key) or "0")
        if at is None:
            raise UsageError(f"{key} of {each.method} is no number")
        rest = ",".join(f"{k}={v}" for k, v in sorted(read.keys.items()) if k != key)
        found.setdefault(f"{read.head}:{rest}", []).append((at, each))
    if max(len({at for at, _ in members}) for members in found.values()) < 2:
        raise UsageError(f"these methods do not differ in {key}")
    return {name: sorted(members, key=lambda pair: pair[0]) for name, members in found.items()}


def _value(each: Escape, of: str) -> tuple[float, float, float]:
    """Return the value with the ends of its interval, NaN where it was not reached."""
    if of == "escaped":
        return each.escaped, *each.interval
    a, b, c = (np.nan if v is None else v for v in each.median)
    return a, b, c
