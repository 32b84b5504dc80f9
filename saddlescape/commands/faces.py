"""``landscape faces``: how far the flows and SDEs of a method are from its map, measured and drawn."""

from __future__ import annotations

import typer

from saddlescape.commands import options as o
from saddlescape.commands.asking import ask
from saddlescape.commands.faces_plan import FacesAsked


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
    given["x0"] = None if given.get("x0") is None else [given["x0"]]
    ask(FacesAsked, given)
