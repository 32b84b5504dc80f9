"""``landscape run``: simulate, say what became of every start, draw."""

from __future__ import annotations

import shlex
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from saddlescape import values
from saddlescape.commands import options as o
from saddlescape.commands.console import Console, width
from saddlescape.errors import Interrupted, StepWarning, UsageError
from saddlescape.faces_spec import FacesSpec
from saddlescape.spec import RunSpec
from saddlescape.written import Written

Kind = TypeVar("Kind", bound=Written)

if TYPE_CHECKING:
    from saddlescape.commands.interrupted import Kept
    from saddlescape.commands.plan import Plan
    from saddlescape.results import Run


def run(
    context: typer.Context,
    landscape: o.MaybeSource = None,
    opt: o.Opt = None,
    eta: o.Eta = None,
    rho: o.Rho = None,
    beta: o.Beta = None,
    batch: o.Batch = None,
    sigma: o.Sigma = None,
    x0: o.Start = None,
    steps: o.Steps = None,
    time: o.Time = None,
    budget: o.Budget = None,
    stop: o.Stop = None,
    runs: o.Runs = None,
    seed: o.Seed = None,
    every: o.Every = None,
    fast: o.Fast = None,
    no_baseline: o.NoBaseline = None,
    param: o.Param = None,
    sample: o.Sample = None,
    vars: o.Vars = None,
    domain: o.Domain = None,
    view: o.View = None,
    out: o.Out = None,
    style: o.Style = None,
    no_plot: o.NoPlot = False,
    config: o.Config = None,
    dry_run: o.DryRun = False,
    json: o.Json = False,
    quiet: o.Quiet = 0,
    verbose: o.Verbose = 0,
    no_progress: o.NoProgress = False,
    threads: o.Threads = None,
    no_continue: o.NoContinue = False,
) -> None:
    """Simulate methods on a landscape: a table, and a figure of the trajectories.

    GD is added for comparison. Every landscape has a start, a step size and a radius of its own, so that
    landscape run beale --opt sam needs no more.
    """
    given = context.params
    spec = specification(given)
    from saddlescape.commands.plan import resolve

    plan, console = resolve(spec), Console.of(given)
    if dry_run:
        print(plan.spec.to_toml(), end="")
        tell(plan, console)
        return
    perform(plan, given, console)


def specification(given: dict[str, Any]) -> RunSpec:
    """Return the specification of parsed options: those of the file --config names, and over it the others."""
    base = read_config(given["config"], RunSpec) if given.get("config") else None
    if base is None and given.get("landscape") is None:
        raise UsageError(
            "which landscape? Give a name (landscape list) or a formula: landscape run beale --opt sam"
        )
    return RunSpec.from_arguments(given, base)


def read_config(name: str, kind: type[Kind]) -> Kind:
    """Return the specification of ``kind`` in a TOML file."""
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"the file {name} is missing") from None
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the file {name} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}"
        ) from None
    try:
        return kind.from_toml(text)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None


def perform(plan: Plan, given: dict[str, Any], console: Console) -> None:
    """Run the plan, report and write; interrupted, keep what is done."""
    from saddlescape import layout, report
    from saddlescape.commands import outputs
    from saddlescape.commands.interrupted import Kept
    from saddlescape.commands.plan import ends, seconds

    began = time.monotonic()
    paths = outputs.chosen(given.get("out") or (), outputs.default_name(plan), not given.get("no_plot"))
    kept = Kept.beside(paths[0] if paths else Path(outputs.default_name(plan)), plan.spec)
    if given.get("no_continue"):
        kept.forget()
    tell(plan, console)
    runs = simulated(plan, console, kept, run_threads(given), outputs.prepare(paths))
    console.say(f"simulated in {seconds(began)}", level=1)
    at = [ends(plan, each) for each in runs]
    if not console.json:
        console.data(layout.title(plan.landscape, width()))
        if shared := report.shared(plan.methods):
            console.data(shared)
        console.data(report.run_table(runs, report.label(plan.methods), at, width()))
    files = [str(path) for path in outputs.write(paths, plan, runs, at)]
    kept.forget()
    if console.json:
        print(report.dumps(report.run_json(plan, runs, at, files)))
    if files:
        console.say(f"wrote  {'  '.join(files)}")
    after = "      ".join(suggestions(plan))
    console.say(
        f"next   {after if len(after) < width(sys.stderr) - 7 else after.replace('      ', chr(10) + '       ')}"
    )
    console.say(f"all in {seconds(began)}", level=1)


def run_threads(given: dict[str, Any]) -> int | None:
    """Return the number --threads gives, None for all."""
    found = values.maybe(values.whole(1, 4096))("threads", given.get("threads"))
    return None if found is None else int(found)


def simulated(
    plan: Plan,
    console: Console,
    kept: Kept,
    threads: int | None,
    meanwhile: Callable[[], None] = lambda: None,
) -> list[Run]:
    """Return the runs of the plan; what was kept of an interrupted one is not done again.

    ``meanwhile`` is called once kernels are at work.
    """
    from saddlescape import report
    from saddlescape.commands.plan import execute

    if kept.fits:
        console.say(f"going on from {kept.folder} (--no-continue starts afresh)")
    runs: list[Run] = []
    labels = report.label(plan.methods)
    for k in range(len(plan.methods)):
        if (found := kept.finished(k)) is not None:
            runs.append(found)
            continue
        bar = console.bar(labels[k])

        def told(done: int, total: int, bar: Any = bar) -> None:
            meanwhile()
            if bar:
                bar(done, total)

        try:
            with cautions(console):
                runs.append(execute(plan, k, told, threads=threads, resume=kept.rest(k)))
        except KeyboardInterrupt as stop:
            partial = stop.partial if isinstance(stop, Interrupted) else None
            raise Stopped.at(kept.folder, kept.keep(runs, partial), kept.fits) from None
        finally:
            if bar:
                bar.clear()
    return runs


def tell(plan: Plan, console: Console) -> None:
    """Say what a person should know of the plan before it runs."""
    for each in plan.notes:
        console.say(f"note: {each}")


@contextmanager
def cautions(console: Console) -> Iterator[None]:
    """Say on stderr what the library warns about meanwhile."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", StepWarning)
        yield
    for each in found:
        if issubclass(each.category, StepWarning):
            console.say(f"note: {each.message}")


class Stopped(Exception):
    """Ctrl-C during the work; says what is kept."""

    @classmethod
    def at(cls, folder: Path, new: bool, earlier: bool) -> Stopped:
        """Return the end of a run: whether ``folder`` holds what was done now (``new``) or only what was ``earlier``."""
        if not (new or earlier):
            return cls("interrupted: nothing was finished yet")
        kept = "what is done is kept" if new else "nothing more was finished; what was kept before is still"
        return cls(
            f"interrupted: {kept} in {folder}\nthe same command goes on from there (--no-continue starts afresh)"
        )


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


def scene_options(spec: RunSpec | FacesSpec) -> list[str]:
    """Return the options that say which landscape a formula or a name with other parameters or another domain is."""
    said = [part for key, value in spec.params.items() for part in ("-p", f"{key}={brief(value)}")]
    said += [part for text in spec.samples for part in ("--sample", text)]
    said += ["--vars", ",".join(spec.variables)] if spec.variables else []
    return said + (["--domain", values.window_text(spec.domain)] if spec.domain else [])


def brief(value: float) -> str:
    """Return the shortest text that reads back as ``value``."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)
