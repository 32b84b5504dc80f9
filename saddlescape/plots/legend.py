"""Legend lines below a picture and the key of markers above it, set by hand so that nothing is clipped or
covered.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from saddlescape.plots import critical, style, words
from saddlescape.plots.paths import FEW
from saddlescape.plots.typeset import Setter
from saddlescape.results import Run

#: marker at the end of a legend line by status; trapped is a ring
ENDS = {"converged": "o", "trapped": "o", "cycling": "h", "moving": ">", "left": ">", "diverged": ">"}


def entry(
    figure: Figure, setter: Setter, run: Run, colour: str, text: str, left: float, y: float
) -> list[Line2D]:
    """Write one legend line at (left, y) inches: a sample of the path, its end marker, the text (shrunk if
    too long).
    """
    width, height = figure.get_size_inches()
    size = float(matplotlib.rcParams["font.size"])
    sample = 0.36 * size / 9.5
    at = [(left + part * sample) / width for part in (0.0, 0.5, 1.0)]
    middle = y / height
    pieces = _sample(run, colour, at, middle)
    for piece in pieces:
        figure.add_artist(piece)
    start = left + sample + 0.12 * size / 9.5
    room = setter.width - (start - left)
    fits = min(1.0, room / max(setter.measure(text) * size / setter.size, 1e-9))
    figure.text(
        start / width, middle, text, va="center_baseline", fontsize=size * max(fits, 0.5), parse_math=False
    )
    return pieces


def head(figure: Figure, setter: Setter, runs: Sequence[Run], left: float, right: float, top: float) -> None:
    """Write the title at the left and the key of what is marked in the view at the right, ``top`` inches from
    below.
    """
    width, height = figure.get_size_inches()
    size = float(matplotlib.rcParams["font.size"])
    background = runs[0].background
    label = background.title
    room = right - left
    if runs[0].x.shape[2] < 3:
        handles = marks(runs)
        labels = [str(handle.get_label()) for handle in handles]
        drawn = figure.legend(
            handles=handles,
            loc="center right",
            bbox_to_anchor=(right / width, top / height),
            ncols=len(handles),
            borderaxespad=0,
            borderpad=0,
            handletextpad=0.1,
            columnspacing=0.8,
            handlelength=1.2,
            fontsize=0.85 * size,
        )
        room -= sum(setter.measure(text) + 0.3 * size / 9.5 for text in labels)
        drawn.set_gid("key")
    wide = setter.measure(label) * 1.12 * (size + 1) / setter.size
    figure.text(
        left / width,
        top / height,
        label,
        fontsize=(size + 1) * max(0.6, min(1.0, room / max(wide, 1e-9))),
        weight="bold",
        va="center_baseline",
        parse_math=False,
    )


def marks(runs: Sequence[Run]) -> list[Line2D]:
    """Return the samples of the key: start, end of a crowd, and the kinds of critical points in the view."""
    background, size = runs[0].background, float(matplotlib.rcParams["font.size"])
    crowded = any(len(run.x) > FEW for run in runs)
    if crowded:
        start = Line2D(
            [], [], linestyle="none", marker="s", color=style.baseline_colour(), markersize=0.45 * size
        )
        start.set_label("start, coloured by its end")
    else:
        start = Line2D(
            [],
            [],
            linestyle="none",
            marker="+",
            color=style.ink(),
            markersize=0.75 * size,
            markeredgewidth=0.16 * size,
        )
        start.set_label("start")
    marks = [start]
    if crowded:
        marks.append(
            Line2D(
                [], [], linestyle="none", marker="o", color=style.ink(), markersize=0.28 * size, label="end"
            )
        )
    seen = [p.kind for p in critical.inside(background.points, background.view)]
    kinds = [kind for kind in style.MARKERS if kind in seen]
    return [*marks, *(critical.key(kind, 0.65 * size) for kind in kinds)]


def _sample(run: Run, colour: str, at: Sequence[float], y: float) -> list[Line2D]:
    """Return the sample of a path in a legend line, with its end marker where one trajectory is drawn."""
    thick = float(matplotlib.rcParams["lines.linewidth"])
    dots = words.is_map(run) and run.x.shape[2] < 3
    ended = len(run.x) == 1 and run.x.shape[2] == 2
    places = [at[0], at[1], (at[1] + at[2]) / 2 if ended else at[2]]
    path = Line2D(places, [y] * 3, color=colour, linewidth=(0.9 if dots else 1.5) * thick)
    if dots:
        path.set(
            marker="o", markersize=2.9 * thick, markeredgewidth=0, markevery=[0, 1] if ended else [0, 1, 2]
        )
    if not ended:
        return [path]
    status = str(run.status[0])
    mark = Line2D(at[2:], [y], linestyle="none", marker=ENDS.get(status, "o"), markersize=5 * thick)
    mark.set(markerfacecolor=colour, markeredgecolor=style.paper(), markeredgewidth=0.5 * thick)
    if status == "trapped":
        mark.set(
            markerfacecolor="none", markeredgecolor=colour, markeredgewidth=1.5 * thick, markersize=6 * thick
        )
    return [path, mark]
