"""``landscape run``: simulate, say what became of every start, draw."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from saddlescape.commands import options as o
from saddlescape.commands.asking import (
    Desk,
    each_method,
    run_threads,
    say_next,
    scene_options,
    seconds,
)
from saddlescape.commands.config import base_of
from saddlescape.commands.console import Console, width
from saddlescape.specs.run import RunSpec

if TYPE_CHECKING:
    from saddlescape.commands.plan import Plan
    from saddlescape.results import Run


@o.takes(
    landscape=o.MaybeSource, opt=o.Opt, **o.NUMBERS, x0=o.Start, steps=o.Steps, time=o.Time, budget=o.Budget,
    stop=o.Stop, runs=o.Runs, seed=o.Seed, every=o.Every, fast=o.Fast, no_baseline=o.NoBaseline,
    **o.SCENE, view=o.View, out=o.Out, **o.FILES, **o.WORK, no_continue=o.NoContinue,
)  # fmt: skip
def run(context: typer.Context) -> None:
    """Simulate methods on a landscape: a table, and a figure of the trajectories.

    GD is added for comparison. Every landscape has a start, a step size and a radius of its own, so that
    landscape run beale --opt sam needs no more.
    """
    given = context.params
    spec = specification(given)
    from saddlescape.commands.plan import resolve

    plan, console = resolve(spec), Console.of(given)
    if given["dry_run"]:
        print(plan.spec.to_toml(), end="")
        tell(plan, console)
        return
    perform(plan, given, console)


def specification(given: dict[str, Any]) -> RunSpec:
    """Return the specification of parsed options: those of the file --config names, and over it the others."""
    return RunSpec.from_arguments(given, base_of(given, RunSpec, "landscape run beale --opt sam"))


def perform(plan: Plan, given: dict[str, Any], console: Console) -> None:
    """Run the plan, report and write; interrupted, keep what is done."""
    from saddlescape import layout, report
    from saddlescape.commands import outputs
    from saddlescape.commands.interrupted import Kept
    from saddlescape.commands.plan import ends

    began = time.monotonic()
    paths = outputs.chosen(
        given.get("out") or (), outputs.default_name(plan), not given.get("no_plot"), moving=True
    )
    outputs.check_moves(paths, plan.landscape)
    kept = Kept.beside(paths[0] if paths else Path(outputs.default_name(plan)), plan.spec)
    if given.get("no_continue"):
        kept.forget()
    tell(plan, console)
    runs = simulated(plan, Desk(console, run_threads(given), kept, outputs.prepare(paths)))
    console.say(f"simulated in {seconds(began)}", level=1)
    at = [ends(plan, each) for each in runs]
    if not console.json:
        console.data(layout.title(plan.landscape, width()))
        if shared := report.shared(plan.methods):
            console.data(layout.wrapped(shared, width()))
        console.data(report.run_table(runs, report.label(plan.methods), at, width()))
    files = [str(path) for path in outputs.write(paths, plan, runs, at)]
    kept.forget()
    if console.json:
        print(report.dumps(report.run_json(plan, runs, at, files)))
    if files:
        console.say(f"wrote  {'  '.join(files)}")
    say_next(suggestions(plan), console)
    console.say(f"all in {seconds(began)}", level=1)


def simulated(plan: Plan, desk: Desk) -> list[Run]:
    """Return the runs of the plan; what was kept of an interrupted one is not done again."""
    from saddlescape import report
    from saddlescape.commands.plan import execute

    def work(k: int, progress: Any, resume: Any) -> Run:
        return execute(plan, k, progress, threads=desk.threads, resume=resume)

    return each_method(report.label(plan.methods), work, desk)


def tell(plan: Plan, console: Console) -> None:
    """Say what a person should know of the plan before it runs."""
    for each in plan.notes:
        console.say(f"note: {each}")


def suggestions(plan: Plan) -> Sequence[str]:
    """Return the commands a person may want next: with the methods, the landscape and the lengths that were asked for."""
    asked, scene = plan.asked, scene_options(plan.asked)
    opts = [part for text in asked.methods for part in ("--opt", text)]
    found = [["critical", asked.landscape, *opts, *scene]]
    if all(m.name == "gd" for m in plan.methods):
        found.insert(0, ["run", asked.landscape, "--opt", "sam", *scene])
    elif len(plan.x0) == 1 and plan.landscape.dim <= 2:
        same = [*opts, *scene, *asked.set_options("domain")]
        found.append(["run", asked.landscape, *same, "--x0", "grid:21"])
    return [shlex.join(["landscape", *words]) for words in found]
