"""What several figures share: runs on a map with their key and caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import saddlescape as ss
from saddlescape import plots
from saddlescape.dynamics.words import background
from saddlescape.dynamics.words import formula as said_as
from saddlescape.plots import became, caption, legend, naming, style, words

if TYPE_CHECKING:
    from saddlescape.dynamics.method import Method
    from saddlescape.landscapes.base import Landscape
    from saddlescape.plots.pages import Page
    from saddlescape.results import Run


def drawn_runs(
    page: Page, runs: Sequence[Run], ax: Any, *, key: bool = True, tell: bool = True, labels: bool = True
) -> list[str]:
    """Draw runs of one start each on a map, their key with what became of them, and the caption of a "
    "run's figure."""
    view = runs[0].background.view
    ax.set(xlim=view[0], ylim=view[1])
    names = naming.labels([run.method for run in runs])
    colours = list(style.run_colours(runs, None, None))
    drawn = plots.trajectories(runs, ax, colours=colours)
    avoid = np.concatenate([run.x[:, :: max(1, run.x.shape[1] // 200)].reshape(-1, 2) for run in runs])
    plots.contours(runs[0].background, ax, avoid=avoid[np.all(np.isfinite(avoid), axis=1)], labels=labels)
    if key:
        for run, label, colour in zip(runs, names, colours, strict=True):
            page.key(page.entry(f"{label}: {became.what_became(run)}", colour))
        page.key(*legend.marks(runs))
    if tell:
        page.caption += caption.sentences(runs, names, drawn.thinned)
    return names


def say_runs(page: Page, *runs: Run) -> None:
    """Add the formulas of the landscape of runs and of their methods to the caption."""
    told = caption.of_methods([(run.method, run.formula) for run in runs])
    page.caption += [caption.of_loss(runs[0].background), told]


def say_methods(page: Page, scene: Landscape, methods: Sequence[Method | str]) -> None:
    """Add the formulas of a landscape and of methods on it to the caption."""
    on = [ss.method(each).on(scene) if isinstance(each, str) else each.on(scene) for each in methods]
    page.caption += [
        caption.of_loss(background(scene)),
        caption.of_methods([(m.text, said_as(m)) for m in on]),
    ]


def numbered(run: Run) -> str:
    """Return the numbers of a run: eta, rho …, its start, steps and seed."""
    keys = naming.read(run.method).keys
    facts = [
        naming.said(key, keys[key]) for key in sorted(keys, key=lambda key: (key != "eta", key != "rho"))
    ]
    eta = naming.eta(run.method)
    if eta and words.is_map(run):
        facts.append(f"{words.count(round(float(run.t.max()) / eta))} steps")
    if len(run.x) == 1:
        facts.append(f"from {words.place(run.x[0, 0])}")
    return ", ".join(facts)
