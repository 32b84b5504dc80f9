"""The flows of GD, SAM and USAM on x² − y²: Kim et al. (2023), Sec. 4."""

from __future__ import annotations

from typing import TYPE_CHECKING

import saddlescape as ss
from saddlescape import plots
from saddlescape.plots import critical, field_map, flow_page, naming, style

if TYPE_CHECKING:
    from saddlescape.plots.pages import Page

TITLE = "Flows of GD, SAM and USAM on a saddle"
LESSON = (
    "GD leaves the saddle; SAM turns a neighbourhood of it inwards; USAM with ρ above 1/2 turns the "
    "whole plane."
)
ALSO = "landscape flow saddle --opt gd@flow --opt sam@flow:rho=1 --opt usam@flow:rho=1"
SOURCE = "kim2023"

METHODS = ("gd@flow", "sam@flow:rho=1", "usam@flow:rho=0.3", "usam@flow:rho=1")


def draw(page: Page, threads: int | None) -> None:
    """Draw the vector field of every flow, coloured by its speed."""
    scene = ss.landscape("saddle").with_window(view=((-2.5, 2.5), (-2.5, 2.5)))
    found = [ss.flow_field(scene, text) for text in METHODS]
    norm = field_map.speeds(found)
    labels = naming.labels([each.method for each in found])
    for k in (0, 2):
        axes = page.maps(scene.view, 2, most=2.4, gap=0.3, below=0.5 if k else 0.12)
        for ax, each, label in zip(axes, found[k:], labels[k:], strict=False):
            drawn = plots.flow(each, ax, norm=norm, density=1.0)
            plots.separatrices(each, ax)
            ax.set_title(label, loc="left", fontsize="medium")
            ax.tick_params(labelleft=ax is axes[0], labelbottom=bool(k))
            ax.set(xlabel="x" if k else "", ylabel="y" if ax is axes[0] else "")
        page.strip(axes[1], page.shades(drawn.norm, drawn.colours), "speed")
    thick = float(drawn.axes.spines["left"].get_linewidth())
    page.key(page.entry("separatrix", style.ink(), linewidth=3 * thick), critical.key("saddle", 6))
    page.caption += flow_page.sentences(found, "stream")
