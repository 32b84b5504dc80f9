"""The field of a method: direction as lines, arrows or a texture, speed as colour on a logarithmic scale; nullclines and
separatrices; critical points by what the method does there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.lines import Line2D

from saddlescape.answers.field import Field, Separatrix, lengths
from saddlescape.errors import UsageError, unknown
from saddlescape.plots import style, words
from saddlescape.plots.background import Height, refuse_unless
from saddlescape.plots.field_line import phase_line
from saddlescape.plots.field_marks import marks
from saddlescape.plots.texture import texture
from saddlescape.results import Array

KINDS = ("stream", "arrows", "lic")
#: the slowest and fastest hundredth of the grid share the ends of the scale, which spans at most these decades
#: from the slow end, where things are decided
CUT, DECADES = 1.0, 5.0
#: arrows across a panel, pixels of the texture, cells of the grid that lines are followed on
ARROWS, PIXELS, CELLS = 21, 420, 800


@dataclass
class FlowMap:
    """What ``flow`` drew: ``drawn`` is the set of lines, the arrows or the image (in one dimension the line), ``norm``
    maps speeds to ``colours``; ``points`` are the marks of critical and rest points."""

    axes: Axes
    kind: str
    drawn: Any
    norm: LogNorm
    colours: ListedColormap
    points: list[Line2D] = field(default_factory=list)
    contours: Any = None


def flow(
    result: Field, ax: Axes | None = None, *, kind: str = "stream", norm: LogNorm | None = None, levels: int = 9,
    density: float = 1.25, points: bool = True,
) -> FlowMap:  # fmt: skip
    """Draw the field of one method on ``ax``: direction by ``kind`` (stream, arrows, lic), speed by colour.

    ``norm`` is a scale of speeds that panels share (``speeds``); ``levels`` faint contour lines of the loss lie below
    (0: none; a texture hides them), ``density`` is that of the streamlines. Filled marks attract, hollow ones repel, a
    ring is around a saddle or maximum that attracts; circles are rest points where ∇f is not 0. Of one coordinate dx/dt
    is drawn as a curve over x, with arrows on the axis.
    """
    if kind not in KINDS:
        raise unknown("kind of flow picture", kind, KINDS)
    norm = norm or speeds([result])
    if len(result.axes) == 1:
        line, dots = phase_line(result, ax)
        return FlowMap(line.axes, "line", line, norm, colours(style.is_dark()), dots)  # type: ignore[arg-type]
    ax = ax or style.new_axes()
    shades = colours(style.is_dark())
    _frame(ax, result)
    lines = None if kind == "lic" or not levels else _contours(ax, result, levels)
    draw = {"stream": _stream, "arrows": _arrows, "lic": _lic}[kind]
    drawn = draw(ax, result, norm, shades, density)
    dots = marks(ax, result) if points else []
    return FlowMap(ax, kind, drawn, norm, shades, dots, lines)


def speeds(results: Sequence[Field]) -> LogNorm:
    """Return one scale of speeds for several fields: from the first to the last percentile, at most five decades."""
    found = np.concatenate([each.speed.ravel() for each in results])
    found = found[np.isfinite(found) & (found > 0)]
    if not found.size:
        return LogNorm(0.1, 1.0)
    low, high = np.percentile(found, [CUT, 100 - CUT])
    high = min(float(high), float(low) * 10**DECADES)
    return LogNorm(float(low), high if high > low * 1.001 else 1.01 * float(low), clip=True)


@cache
def colours(dark: bool) -> ListedColormap:
    """Return the colours of speed: viridis without the end that the page swallows."""
    stops = np.linspace(0.22, 1.0, 256) if dark else np.linspace(0.0, 0.86, 256)
    return ListedColormap(matplotlib.colormaps["viridis"](stops), "speed")


#: hue and dash of the nullclines of the first and the second coordinate
LINES: tuple[tuple[str, Any], ...] = (("orange", "--"), ("purple", "-."))
#: of stable and of unstable branches
DASHES: dict[bool, Any] = {True: "-", False: (0, (3, 1.6))}


@dataclass(frozen=True)
class Nullclines:
    """What ``nullclines`` drew: a set of contour lines per coordinate, and the entries of a legend."""

    axes: Axes
    sets: tuple[Any, ...]
    handles: tuple[Line2D, ...]


def nullclines(result: Field, ax: Axes | None = None) -> Nullclines:
    """Draw where each component of a field of two coordinates vanishes, one colour and one dash each."""
    refuse_unless(result.background, 2, "nullclines")
    if ax is None:
        ax = style.new_axes()
        _frame(ax, result)
    thick, sets, handles = float(matplotlib.rcParams["lines.linewidth"]), [], []
    for k, (hue, dash) in enumerate(LINES):
        look: dict[str, Any] = {"colors": style.HUES[hue], "linestyles": dash, "linewidths": 1.2 * thick}
        values = np.ma.masked_invalid(_signed(result.velocity[..., k]))
        sets.append(ax.contour(*result.axes, values, levels=[0.0], zorder=3.2, **look))
        name = words.coordinate(result.background.coordinates[k])
        label = f"d{name}/dt = 0"
        handles.append(
            Line2D([], [], color=style.HUES[hue], linestyle=dash, linewidth=1.2 * thick, label=label)
        )
    return Nullclines(ax, tuple(sets), tuple(handles))


def _signed(values: Array) -> Array:
    """Compress large values, so that a line through 0 is placed between neighbours of any size."""
    usual = float(np.nanmedian(np.abs(values))) or 1.0
    return np.asarray(np.arcsinh(values / usual))


def separatrices(result: Field | Sequence[Separatrix], ax: Axes | None = None) -> list[LineCollection]:
    """Draw the stable branches as solid lines, the unstable ones dashed; return one collection each, of what there is."""
    found = result.separatrices if isinstance(result, Field) else tuple(result)
    if ax is None:
        if not isinstance(result, Field):
            raise UsageError("separatrices without their field need an axis to be drawn on")
        ax = style.new_axes()
        _frame(ax, result)
    thick, drawn = float(matplotlib.rcParams["lines.linewidth"]), []
    for stable, dash in DASHES.items():
        paths = [each.x for each in found if each.stable == stable]
        if not paths:
            continue
        for colour, width, level in ((style.paper(), 3.4, 3.4), (style.ink(), 1.7, 3.5)):
            lines = LineCollection(paths, colors=colour, linewidths=width * thick, zorder=level)
            if colour == style.ink():
                lines.set_linestyle(dash)
            ax.add_collection(lines, autolim=False)
        drawn.append(lines)
    return drawn


def _frame(ax: Axes, result: Field) -> None:
    refuse_unless(result.background, 2, "flow pictures")
    names = result.background.coordinates
    ax.set(xlim=result.background.view[0], ylim=result.background.view[1])
    ax.set_xlabel(words.coordinate(names[0]), fontstyle="italic", labelpad=2)
    ax.set_ylabel(words.coordinate(names[1]), fontstyle="italic", labelpad=2)


def _contours(ax: Axes, result: Field, levels: int) -> Any:
    height = Height.of(result.background)
    z = height(result.background.loss)
    spaced = np.linspace(0.0, max(float(np.nanmax(z)), 1e-12), levels + 2)[1:-1]
    return ax.contour(
        *result.background.axes, z, levels=spaced, colors=style.ink(), linewidths=0.5, alpha=0.16, zorder=1
    )


def _directions(velocity: Array) -> Array:
    """Return a field (…, 2) divided by its speed, 0 where there is none; what is not defined is NaN."""
    with np.errstate(all="ignore"):
        speed = lengths(velocity)[..., None]
        found: Array = np.where(speed > 0, velocity / speed, 0.0)
    return np.where(np.isfinite(speed), found, np.nan)


def finer(values: Array, by: int) -> Array:
    """Return values (ny, nx, …) of a grid on one ``by`` times as fine, linear in between."""
    for axis in (0, 1):
        values = np.moveaxis(values, axis, 0)
        at = np.arange(by * (len(values) - 1) + 1) / by
        low = np.minimum(at.astype(int), len(values) - 2)
        part = (at - low).reshape(-1, *(1,) * (values.ndim - 1))
        with np.errstate(all="ignore"):  # beside what is infinite it is not known
            values = np.moveaxis((1 - part) * values[low] + part * values[low + 1], 0, axis)
    return values


def _stream(ax: Axes, result: Field, norm: LogNorm, shades: Any, density: float) -> Any:
    """Draw lines of the field on a grid so fine that they do not show it.

    Between two nodes across a valley a direction turns round half-way, wherever the valley is: lines along it were
    stairs. The field itself is 0 where the valley is.
    """
    by = max(1, -(-CELLS // (min(result.velocity.shape[:2]) - 1)))
    x, y = (np.linspace(a[0], a[-1], by * (len(a) - 1) + 1) for a in result.axes)
    velocity = finer(result.velocity, by)
    u, v = np.moveaxis(np.ma.masked_invalid(_directions(velocity)), -1, 0)
    thick = float(matplotlib.rcParams["lines.linewidth"])
    found = lengths(velocity)
    speed = np.clip(np.nan_to_num(found, nan=float(norm.vmin or 1.0)), norm.vmin, norm.vmax)
    made = ax.streamplot(
        x, y, u, v, color=speed, cmap=shades, norm=norm, density=density, linewidth=0.75 * thick,
        arrowsize=0.75 * thick, zorder=2,
    )  # fmt: skip
    ax.set(xlim=result.background.view[0], ylim=result.background.view[1])
    return made


def _arrows(ax: Axes, result: Field, norm: LogNorm, shades: Any, density: float) -> Any:
    """Draw arrows of one length on a coarse grid, their directions as the axes show them."""
    strides = [-(-len(axis) // ARROWS) for axis in result.axes]
    pick = [
        np.arange((len(a) - 1) % k // 2 + k // 2 * (k > 2), len(a), k)
        for a, k in zip(result.axes, strides, strict=True)
    ]
    x, y = (axis[k] for axis, k in zip(result.axes, pick, strict=True))
    view = np.array(result.background.view)
    box = ax.get_window_extent()
    shown = (
        _directions(result.velocity)[np.ix_(pick[1], pick[0])]
        * np.array([box.width, box.height])
        / np.ptp(view, axis=1)
    )
    with np.errstate(all="ignore"):
        shown = shown / np.linalg.norm(shown, axis=-1, keepdims=True)
    speed = np.clip(result.speed[np.ix_(pick[1], pick[0])], norm.vmin, norm.vmax)
    return ax.quiver(
        x, y, *np.moveaxis(shown, -1, 0), speed, cmap=shades, norm=norm, pivot="mid", angles="uv", scale=1.25 * ARROWS,
        scale_units="width", width=0.0042, headwidth=4.2, headlength=4.6, headaxislength=4.0, zorder=2,
    )  # fmt: skip


def _lic(ax: Axes, result: Field, norm: LogNorm, shades: Any, density: float) -> Any:
    view = result.background.view
    picture = texture(result.velocity, result.speed, view, PIXELS, norm, shades, style.is_dark())
    (x0, x1), (y0, y1) = view
    return ax.imshow(
        picture, extent=(x0, x1, y0, y1), origin="lower", aspect="auto", interpolation="bilinear", zorder=0
    )
