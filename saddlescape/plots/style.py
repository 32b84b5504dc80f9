"""Style: colours, markers and the four style sheets every figure is drawn in.

Hues are Okabe and Ito's (safe for colour-blind readers); values are shaded in a lightened or darkened viridis
whose lightness rises with the loss, so a grey print says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from saddlescape.errors import unknown
from saddlescape.plots.words import MINIMA, OTHER_MINIMA, OTHER_POINTS
from saddlescape.results import CriticalPoint, Run

#: Okabe–Ito, in the order methods take them
HUES = {
    "vermilion": "#D55E00",
    "blue": "#0072B2",
    "purple": "#CC79A7",
    "green": "#009E73",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
}
CYCLE = tuple(HUES.values())
#: colours of where trajectories end: minima in turn; saddles and maxima shades of one hue of their own
ENDS = tuple(HUES[name] for name in ("blue", "green", "sky", "orange", "yellow", "purple"))
ENDS += ("#7a4f2a", "#332288")
CAUGHT = (HUES["vermilion"], "#7a2305", "#f9b393", "#b3123b", "#ee7c68")
#: colour of trajectories whose end nobody knows
NOWHERE = "#8c959e"

#: marker of a critical point by kind; ✕ is drawn larger because it has no area
MARKERS = {"minimum": "v", "saddle": "X", "maximum": "^", "degenerate": "D", "cone": "p", "continuum": "v"}

SERIF = ["STIXGeneral", "DejaVu Sans"]
SANS = ["DejaVu Sans"]

COMMON: dict[str, Any] = {
    "text.usetex": False,
    "svg.hashsalt": "saddlescape",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": False,
    "axes.spines.top": True,
    "axes.spines.right": True,
    "legend.frameon": False,
    "savefig.bbox": None,
    "figure.constrained_layout.use": False,
    "figure.autolayout": False,
}


def _sheet(
    family: list[str], mathtext: str, size: float, line: float, ink: str, paper: str, grey: str
) -> dict[str, Any]:
    small = size - 1
    return COMMON | {
        "font.family": family,
        "mathtext.fontset": mathtext,
        "font.size": size,
        "axes.titlesize": size + 1,
        "axes.labelsize": size,
        "xtick.labelsize": small,
        "ytick.labelsize": small,
        "legend.fontsize": size,
        "lines.linewidth": line,
        "lines.markersize": 3.2 * line,
        "axes.linewidth": 0.6 * line,
        "xtick.major.width": 0.6 * line,
        "ytick.major.width": 0.6 * line,
        "xtick.major.size": 2.6 * line,
        "ytick.major.size": 2.6 * line,
        "figure.facecolor": paper,
        "axes.facecolor": paper,
        "savefig.facecolor": paper,
        "text.color": ink,
        "axes.labelcolor": ink,
        "axes.edgecolor": ink,
        "xtick.color": ink,
        "ytick.color": ink,
        "grid.color": grey,
        "figure.dpi": 200,
        "savefig.dpi": "figure",
    }


STYLES: dict[str, dict[str, Any]] = {
    "paper": _sheet(SERIF, "stix", 9.5, 1.2, "#16191d", "#ffffff", "#d5d9dd"),
    "notebook": _sheet(SANS, "dejavusans", 9, 1.4, "#16191d", "#ffffff", "#d5d9dd"),
    "slides": _sheet(SANS, "dejavusans", 12, 2.1, "#16191d", "#ffffff", "#d5d9dd"),
    "dark": _sheet(SANS, "dejavusans", 9, 1.4, "#e9edf1", "#14181d", "#39424c"),
}


def context(style: str = "paper") -> AbstractContextManager[None]:
    """Return a context in which matplotlib draws in ``style`` (paper, notebook, slides, dark)."""
    if style not in STYLES:
        raise unknown("style", style, STYLES)
    return sheet(STYLES[style])


def sheet(settings: dict[str, Any]) -> AbstractContextManager[None]:
    """Return a context with these settings (matplotlib's own type lists every key of one version)."""
    context: Any = matplotlib.rc_context
    made: AbstractContextManager[None] = context(settings)
    return made


def ink() -> str:
    """Return the colour of text in the current style."""
    return str(matplotlib.rcParams["text.color"])


def paper() -> str:
    """Return the colour of the page in the current style."""
    return str(matplotlib.rcParams["figure.facecolor"])


def is_dark() -> bool:
    """Return whether the page is dark in the current style."""
    return sum(matplotlib.colors.to_rgb(paper())) < 1.5


@cache
def shade(dark: bool) -> ListedColormap:
    """Return the colours of the background: viridis drawn towards the page, still monotone in lightness."""
    stops = np.linspace(0.12, 0.97, 256)
    rgb = matplotlib.colormaps["viridis"](stops)[:, :3]
    ramp = np.linspace(0.0, 1.0, 256)[:, None]
    if dark:
        mixed = (0.30 + 0.16 * ramp) * rgb + 0.05
    else:
        keep = 0.46 - 0.22 * ramp
        mixed = keep * rgb + (1 - keep)
    return ListedColormap(mixed, "saddlescape")


def baseline_colour() -> str:
    """Return the faint colour of the baseline, gradient descent."""
    return "#aab4be" if is_dark() else "#46525e"


def method_colours(names: Sequence[str], baseline: int | None = None) -> list[str]:
    """Return one colour per method: gradient descent (stochastic, where there is no other) and the baseline in
    grey-blue, the others in fixed order.
    """
    plain = "gd" if "gd" in names else "sgd"
    hues = iter(CYCLE * (1 + len(names) // len(CYCLE)))
    return [
        baseline_colour() if i == baseline or name == plain else next(hues) for i, name in enumerate(names)
    ]


def run_colours(runs: Sequence[Run], given: Sequence[str] | None, baseline: int | None) -> Sequence[str]:
    """Return the colours ``given``, or those of the runs' methods."""
    return given or method_colours([run.method.partition(":")[0] for run in runs], baseline)


def face_colours(faces: Sequence[str]) -> list[str]:
    """Return one colour per face ("sde2", "flow3:drift=mod"): the hue says the order; the map is drawn in ink.

    A second face of the same order takes a hue that no order has.
    """
    spare = iter([HUES[name] for name in ("purple", "orange", "sky", "yellow")] * (1 + len(faces)))
    taken: list[str] = []
    for face in faces:
        order = face.partition(":")[0][-1:]
        hue = HUES[{"2": "blue", "3": "vermilion"}.get(order, "green")]
        taken.append(next(spare) if hue in taken else hue)
    return taken


def end_colours(points: Sequence[CriticalPoint]) -> dict[int, str]:
    """Return the colour of each critical point as a destination: minima by hue, others by shade of vermilion.

    It depends on the place among the landscape's points alone, so that it is the same in every panel.
    """
    minima = [p.id for p in points if p.kind in MINIMA]
    others = [p.id for p in sorted(points, key=lambda p: p.kind != "saddle") if p.kind not in MINIMA]
    return {
        k: shades[i % len(shades)]
        for group, shades in ((minima, ENDS), (others, CAUGHT))
        for i, k in enumerate(group)
    }


#: ends that are no critical point, or one of many without a name: words of a destination -> colour
ELSEWHERE = {
    "still moving": NOWHERE,
    "cycling": "#7b5ea7",
    "left": "#c9b98a",
    "diverged": "#43474c",
    OTHER_MINIMA: "#5b7083",
    OTHER_POINTS: "#a8705a",
}


def end_colour(text: str, point: int | None, hues: Mapping[int, str]) -> str:
    """Return the colour of a destination: of its critical point, or of the way it ends nowhere."""
    return ELSEWHERE.get(text, NOWHERE) if point is None else hues.get(point, NOWHERE)


def new_axes(width: float = 5.2, height: float = 4.0, projection: str | None = None) -> Axes:
    """Return an axis on a new figure that no global state knows of."""
    figure = Figure(figsize=(width, height), layout="constrained" if projection is None else None)
    FigureCanvasAgg(figure)
    made: Axes = (
        figure.add_subplot(projection=projection)
        if projection is None
        else figure.add_axes((0.06, 0.05, 0.92, 0.95), projection=projection)
    )
    return made


def settle(ax: Axes) -> None:
    """Make the first ticks now: matplotlib makes them when drawn, in whatever style holds by then."""
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_major_ticks(1)
        axis.get_minor_ticks(1)
