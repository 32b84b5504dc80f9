"""Animations: trajectories that grow and fade behind their head, and clouds of particles, on a landscape."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from saddlescape.errors import UsageError
from saddlescape.plots import actors, layouts, naming, words
from saddlescape.plots import style as sheets
from saddlescape.plots.crowd import named
from saddlescape.plots.movie import Movie
from saddlescape.plots.paths import FEW, as_runs
from saddlescape.plots.series import ticks
from saddlescape.plots.stage import Stage, dressed, panels
from saddlescape.results import Run

Array = np.ndarray[Any, np.dtype[np.float64]]
#: kinds of animations
KINDS = ("trajectories", "cloud")
#: most frames
FRAMES = 100
#: keys of ends
SMALL: dict[str, Any] = {"fontsize": "small", "handlelength": 1.0}


def animate(
    result: Run | Sequence[Run],
    path: str | Path | None = None,
    *,
    kind: str | None = None,
    frames: int = FRAMES,
    pace: float = 2.0,
    baseline: int | None = None,
    style: str = "paper",
    spec: Any = "",
) -> Movie:
    """Return the moving picture of one or several runs of one or two coordinates, and write it to ``path`` if given.

    kind : "trajectories" (paths that fade behind their heads, in the colours of the methods), or "cloud" (a panel per
        run, particles in the colours of where they end, at most 12 000 of them, evenly chosen); by default a cloud for
        runs of more than 20 trajectories.
    frames : at most so many, ≥ 2, every one of a recorded tick. ``pace`` p puts frame j at the part (j/frames)^p of the
        time: 1 is even, 2 begins slowly, where most happens.
    spec : what made the runs, kept in the file.
    """
    runs = as_runs(result)
    if not runs or runs[0].x.shape[2] > 2:
        has = f"; {runs[0].background.title} has {runs[0].x.shape[2]}" if runs else " and at least one run"
        raise UsageError(f"an animation needs one or two coordinates{has}")
    if kind not in (None, *KINDS):
        raise UsageError(f"kind is {' or '.join(KINDS)}, not '{kind}'")
    if frames < 2 or not pace > 0:
        raise UsageError(f"an animation needs frames ≥ 2 and a pace above 0, not {frames} and {pace}")
    crowded = kind == "cloud" or (kind is None and any(len(run.x) > FEW for run in runs))
    with sheets.context(style):
        stage = _cloud(runs) if crowded else _paths(runs, baseline)
        made = stage.film(*schedule(runs, frames, pace))
    if path is not None:
        made.save(path, spec)
    return made


def schedule(runs: Sequence[Run], frames: int, pace: float) -> tuple[list[list[int]], list[str]]:
    """Return per frame the record of every run, and what the counter says: a step, or a time."""
    label, times = ticks(runs)
    if any(t.ndim > 1 for t in times):  # an eta each: what they share is the number of steps
        label, times = "step", [np.arange(run.x.shape[1]) * float(run.spec.get("every") or 1) for run in runs]
    longest = max(times, key=lambda t: (len(t), t[-1]))
    end = max(float(t[-1]) for t in times)
    wanted = longest if len(longest) <= frames else end * np.linspace(0, 1, frames) ** pace
    rows = [[int(np.searchsorted(t, at * (1 + 1e-9), side="right")) - 1 for t in times] for at in wanted]
    rows = [row for k, row in enumerate(rows) if k == 0 or row != rows[k - 1]]
    lead = max(range(len(times)), key=lambda i: (len(times[i]), times[i][-1]))
    told = [_counter(label, float(times[lead][row[lead]]), end) for row in rows]
    return rows, told


def _counter(label: str, at: float, end: float) -> str:
    if label == "step":
        return f"step {words.count(round(at))} of {words.count(round(end))}"
    return f"time {words.number(at)} of {words.number(end)}"


def _paths(runs: tuple[Run, ...], baseline: int | None) -> Stage:
    """Set the stage for all runs on one axis."""
    colours = list(sheets.run_colours(runs, None, baseline))
    labels = naming.labels([run.method for run in runs])
    columns = 3 if max(map(len, labels)) < 24 else 2
    rows = -(-len(runs) // columns)
    sheet, axes = panels(runs, 1, rows)
    keys = [actors.key(c, t) for c, t in zip(colours, labels, strict=True)]
    look: dict[str, Any] = {"ncols": columns, "columnspacing": 1.2, "handlelength": 1.2}
    stage = dressed(sheet, axes, runs[0].background.title, [keys], rows, **look)
    stage.colours = tuple(colours)
    size = float(matplotlib.rcParams["lines.linewidth"])
    for i, run in enumerate(runs):
        faint = baseline == i and len(runs) > 1
        stage.actors.append(
            actors.Trails(axes[0], i, on_page(run), words.is_map(run), colours[i], size, faint)
        )
    return stage


def _cloud(runs: tuple[Run, ...]) -> Stage:
    """Set the stage for a panel per run."""
    own = named(runs)
    keys = [layouts.fractions(run, own) for run in runs]
    rows = max(map(len, keys))
    sheet, axes = panels(runs, min(len(runs), 2), rows)
    labels = naming.labels([run.method for run in runs])
    stage = dressed(
        sheet, axes, runs[0].background.title, keys, rows, labels if len(runs) > 1 else (), **SMALL
    )
    stage.colours = tuple(str(handle.get_color()) for key in keys for handle in key)
    for i, (run, ax) in enumerate(zip(runs, axes, strict=True)):
        stage.actors.append(actors.Cloud(ax, i, on_page(run), run, own))
    return stage


def on_page(run: Run) -> Array:
    """Return the records as places on the page, (n, records, 2): of one coordinate (x, f)."""
    return run.x if run.x.shape[2] == 2 else np.stack([run.x[..., 0], run.loss], axis=2)
