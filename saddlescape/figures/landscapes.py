"""A poster of all landscapes of the catalogue that can be drawn in the plane or on a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import saddlescape as ss
from saddlescape import plots
from saddlescape.dynamics.words import background
from saddlescape.landscapes import CATALOGUE
from saddlescape.plots import critical, style

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Landscape
    from saddlescape.plots.pages import Page

TITLE = "The landscapes"
LESSON = "Every landscape is a formula; its critical points are found before anything runs on it."
ALSO = "landscape list landscapes"

COLUMNS = 6


def draw(page: Page, threads: int | None) -> None:
    """Draw the contours of all landscapes of two coordinates and the curves of those of one."""
    flat = [each for dim in (2, 1) for each in CATALOGUE.values() if each.dim == dim]
    for k in range(0, len(flat), COLUMNS):
        axes = page.row(COLUMNS, 0.95, left=0.16, gap=0.1, above=0.2, below=0.06)
        for ax, scene in zip(axes, flat[k : k + COLUMNS], strict=False):
            _one(ax, ss.landscape(scene.name))
        for ax in axes[len(flat[k:]) :]:
            ax.set_visible(False)
    page.end += 0.1 * page.unit
    kinds = ("minimum", "saddle", "maximum", "degenerate", "cone", "continuum")
    page.key(*(critical.key(kind, 6) for kind in kinds))
    count = sum(len(scene.critical_points) for scene in flat)
    page.say(
        f"{len(flat)} of the {len(CATALOGUE)} landscapes with {count} critical points in all; the "
        f"others have three "
        "coordinates or more. Shades and lines are equally spaced in asinh((f − min f)/s)."
    )


def _one(ax: Any, scene: Landscape) -> None:
    made = background(scene, 129)
    if len(made.view) == 2:
        plots.contours(made, ax, labels=False, levels=8, marks=False)
        for point in critical.inside(made.points, made.view):
            if point.samples is None:
                ax.plot(*point.x, linestyle="none", **critical.look(point.kind, 3.6))
            else:
                ax.plot(*point.samples.T, **critical.curve())
    else:
        ax.plot(made.axes[0], made.loss, color=style.ink(), linewidth=1.2)
        for point in critical.inside(made.points, made.view):
            ax.plot(point.x, [point.loss], linestyle="none", **critical.look(point.kind, 4.5))
        ax.set_xlim(made.view[0])
    ax.set(xlabel="", ylabel="", xticks=[], yticks=[])
    ax.set_title(scene.name, loc="left", fontsize="x-small", pad=2)
