"""Drawing only: an axis and a result in, artists out.

Every ``plot(result, ax=None)`` draws on the given axis, or on a figure of its own, and returns what it drew.
Names are imported when first used, so that ``import saddlescape.plots`` does not pay for matplotlib. No file
is named like a function in it: importing the file would hide the function.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from saddlescape.plots.animation import animate
    from saddlescape.plots.background import contours
    from saddlescape.plots.basin_map import basins
    from saddlescape.plots.basins_page import basins_figure
    from saddlescape.plots.circle import multipliers
    from saddlescape.plots.clouds import cloud
    from saddlescape.plots.curve import lines
    from saddlescape.plots.diagram import phase_diagram
    from saddlescape.plots.differing import disagreement
    from saddlescape.plots.escape_page import escape_figure
    from saddlescape.plots.escaping import escape, escape_against
    from saddlescape.plots.faces import face_errors
    from saddlescape.plots.faces_along import face_traces
    from saddlescape.plots.faces_page import faces_figure
    from saddlescape.plots.field_map import flow, nullclines, separatrices
    from saddlescape.plots.figure import run_figure
    from saddlescape.plots.flood import animate_basins
    from saddlescape.plots.flow_page import flow_figure
    from saddlescape.plots.pages import page
    from saddlescape.plots.paths import trajectories
    from saddlescape.plots.projection import plane
    from saddlescape.plots.provenance import read_spec
    from saddlescape.plots.relief import surface
    from saddlescape.plots.saving import save
    from saddlescape.plots.series import traces
    from saddlescape.plots.sharp_traces import sharpness
    from saddlescape.plots.sharpness_page import sharpness_figure
    from saddlescape.plots.stability_page import critical_figure, phase_figure
    from saddlescape.plots.step_cartoon import sam_step
    from saddlescape.plots.style import STYLES, context
    from saddlescape.plots.tipping_map import tipping
    from saddlescape.plots.tipping_page import tipping_figure

__all__ = [
    "STYLES",
    "animate",
    "animate_basins",
    "basins",
    "basins_figure",
    "cloud",
    "context",
    "contours",
    "critical_figure",
    "disagreement",
    "escape",
    "escape_against",
    "escape_figure",
    "face_errors",
    "face_traces",
    "faces_figure",
    "flow",
    "flow_figure",
    "lines",
    "multipliers",
    "nullclines",
    "page",
    "phase_diagram",
    "phase_figure",
    "plane",
    "read_spec",
    "run_figure",
    "sam_step",
    "save",
    "separatrices",
    "sharpness",
    "sharpness_figure",
    "surface",
    "tipping",
    "tipping_figure",
    "traces",
    "trajectories",
]

HOMES = {
    "phase_figure": "stability_page",
    "critical_figure": "stability_page",
    "phase_diagram": "diagram",
    "multipliers": "circle",
    "STYLES": "style",
    "basins": "basin_map",
    "basins_figure": "basins_page",
    "animate": "animation",
    "animate_basins": "flood",
    "cloud": "clouds",
    "context": "style",
    "contours": "background",
    "disagreement": "differing",
    "escape": "escaping",
    "escape_against": "escaping",
    "escape_figure": "escape_page",
    "face_errors": "faces",
    "face_traces": "faces_along",
    "faces_figure": "faces_page",
    "flow": "field_map",
    "flow_figure": "flow_page",
    "lines": "curve",
    "nullclines": "field_map",
    "page": "pages",
    "plane": "projection",
    "read_spec": "provenance",
    "run_figure": "figure",
    "sam_step": "step_cartoon",
    "save": "saving",
    "separatrices": "field_map",
    "sharpness": "sharp_traces",
    "sharpness_figure": "sharpness_page",
    "surface": "relief",
    "tipping": "tipping_map",
    "tipping_figure": "tipping_page",
    "traces": "series",
    "trajectories": "paths",
}


def __getattr__(name: str) -> Any:
    """Return the public name, importing the file it lives in (and with it matplotlib)."""
    if name not in HOMES:
        raise AttributeError(f"saddlescape.plots has no '{name}'; it has {', '.join(HOMES)}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *HOMES})
