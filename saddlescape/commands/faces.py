"""``landscape faces``: how far the flows and SDEs of a method are from its map, measured and drawn."""

from __future__ import annotations

import shlex
import time as clock
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from saddlescape.commands import options as o
from saddlescape.commands.console import Console, width
from saddlescape.commands.faces_plan import FacesPlan, resolve
from saddlescape.commands.run import Stopped, cautions, read_config, run_threads, scene_options
from saddlescape.errors import UsageError
from saddlescape.faces_spec import FacesSpec

if TYPE_CHECKING:
    from saddlescape.comparison import FaceComparison


def faces(
    context: typer.Context,
    landscape: o.MaybeSource = None,
    opt: o.Map = None,
    eta: o.Eta = None,
    rho: o.Rho = None,
    beta: o.Beta = None,
    batch: o.Batch = None,
    sigma: o.Sigma = None,
    face: o.Face = None,
    etas: o.Etas = None,
    rhos: o.Rhos = None,
    x0: o.OneStart = None,
    steps: o.Steps = None,
    time: o.Time = None,
    runs: o.Repetitions = None,
    seed: o.Seed = None,
    records: o.Records = None,
    test: o.Test = None,
    param: o.Param = None,
    sample: o.Sample = None,
    vars: o.Vars = None,
    domain: o.Domain = None,
    out: o.Plainly = None,
    style: o.Style = None,
    no_plot: o.NoPlot = False,
    config: o.Config = None,
    dry_run: o.DryRun = False,
    json: o.Json = False,
    quiet: o.Quiet = 0,
    verbose: o.Verbose = 0,
    no_progress: o.NoProgress = False,
    threads: o.Threads = None,
) -> None:
    """Measure how far the flows and SDEs of a method are from its map.

    Weak errors |Δ E x|, |Δ E x xᵀ|, |Δ E f| at the end of a run with standard errors, against eta and rho where
    several are given; a figure of them and of the courses of loss, norms, sharpness and alignment with bands.

    \b
      landscape faces beale --opt sam:batch=1,rho=0.05 --x0 0.4,1.3 --time 0.2 \\
          --etas '5e-4|1e-3|2e-3'
    """
    given = dict(context.params)
    base = read_config(given["config"], FacesSpec) if given.get("config") else None
    if base is None and given.get("landscape") is None:
        raise UsageError(
            "which landscape? Give a name (landscape list) or a formula: landscape faces beale --opt sam:batch=1"
        )
    given["x0"] = None if given.get("x0") is None else [given["x0"]]
    plan = resolve(FacesSpec.from_arguments(given, base))
    if dry_run:
        print(plan.spec.to_toml(), end="")
        return
    perform(plan, given, Console.of(given))


def perform(plan: FacesPlan, given: dict[str, Any], console: Console) -> None:
    """Measure, report and write."""
    from saddlescape import layout, report
    from saddlescape.commands import outputs
    from saddlescape.commands.plan import seconds

    began, spec = clock.monotonic(), plan.spec
    head = plan.job.method.text.partition(":")[0]
    default = f"{outputs.landscape_name(spec.landscape)}-{head}-faces.png"
    paths = outputs.chosen(given.get("out") or (), default, not given.get("no_plot"))
    for each in plan.notes:
        console.say(f"note: {each}")
    found = compared(plan, console, run_threads(given))
    console.say(f"measured in {seconds(began)}", level=1)
    if not console.json:
        console.data(layout.title(plan.landscape, width()))
        console.data(table(found))
    files = [str(write(path, plan, found)) for path in paths]
    if console.json:
        print(report.dumps({**as_json(plan, found), "files": files}))
    if files:
        console.say(f"wrote  {'  '.join(files)}")
    console.say(f"next   {suggestion(plan)}")
    console.say(f"all in {seconds(began)}", level=1)


def compared(plan: FacesPlan, console: Console, threads: int | None) -> FaceComparison:
    """Return the comparison; what it carries says which command made it."""
    from saddlescape.analysis.faces import measured

    bar = console.bar(f"{plan.job.method.name} and its faces")
    try:
        with cautions(console):
            found = measured(replace(plan.job, threads=threads, progress=bar))
    except KeyboardInterrupt:
        raise Stopped(
            "interrupted: nothing is kept of a comparison that is not whole. Fewer --runs, --steps or --etas are sooner"
        ) from None
    finally:
        if bar:
            bar.clear()
    return replace(found, spec={**found.spec, "asked": plan.spec.to_dict()})


def table(found: FaceComparison) -> str:
    """Return the weak errors as a table, and what is to be said of them."""
    from saddlescape import layout
    from saddlescape.comparison import ERRORS

    kept = [k for k in range(6) if k != 2 or any(row[2] for row in found.rows())]
    head = ("", "eta", "rho", *ERRORS.values())
    rows = [[row[k] for k in kept] for row in found.rows()]
    lines = [f"  {found.title}", layout.table([head[k] for k in kept], rows, width())]
    return "\n".join([*lines, *(f"  {each}" for each in found.remarks())])


def write(path: Path, plan: FacesPlan, found: FaceComparison) -> Path:
    """Write one file."""
    from saddlescape import plots
    from saddlescape.commands import outputs

    suffix = path.suffix.lower()
    if suffix in outputs.FIGURES:
        return outputs.save_figure(plots.faces_figure(found, style=plan.spec.style), path, plan.spec)
    if suffix == ".npz":
        return found.save(path)
    return outputs.save_text(path, plan.spec.to_toml() if suffix == ".toml" else text(plan, found))


def text(plan: FacesPlan, found: FaceComparison) -> str:
    """Return the JSON of a comparison with its specification, as it is written to a file."""
    from saddlescape import report

    return report.dumps({**as_json(plan, found), "spec": plan.spec.to_dict()}) + "\n"


def as_json(plan: FacesPlan, found: FaceComparison) -> dict[str, Any]:
    """Return the object of schema landscape.faces/1."""
    return {
        "schema": "landscape.faces/1", "landscape": plan.spec.landscape, "dimension": plan.landscape.dim,
        "x0": plan.job.x0.tolist(), "seed": plan.spec.seed, **found.to_json(),
    }  # fmt: skip


def suggestion(plan: FacesPlan) -> str:
    """Return the command a person may want next: a list of etas, or the paths themselves."""
    spec, own = plan.spec, plan.job.method
    source = [plan.asked.landscape, *scene_options(plan.asked)]
    start = ["--x0", spec.x0[0], "--time", f"{plan.job.span:.12g}"]
    if spec.etas is None:
        eta = float(own.numbers["eta"])  # type: ignore[arg-type]
        values = "|".join(f"{eta / by:.10g}" for by in (4, 2, 1))
        return shlex.join(["landscape", "faces", *source, "--opt", spec.method, *start, "--etas", values])
    named = [part for each in plan.job.central.methods for part in ("--opt", each.text)]
    return shlex.join(["landscape", "run", *source, *named, *start])
