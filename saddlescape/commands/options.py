"""Arguments and options, each declared once and shared by the commands that take it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature
from typing import Annotated, Any, get_args

from typer import Argument, Context, Option

Source = Annotated[
    str, Argument(metavar="LANDSCAPE", help="A name (see: landscape list) or a formula in quotes.")
]
MaybeSource = Annotated[
    str | None,
    Argument(
        metavar="LANDSCAPE", help="A name (see: landscape list) or a formula in quotes.", show_default=False
    ),
]
Opt = Annotated[
    list[str] | None,
    Option(
        metavar="METHOD",
        help="A method, such as sam or sam:rho=0.1,beta=0.9; repeat to compare. Its flow: sam@flow, its SDE: "
        "sam@sde2:batch=1. Sweeps: 'sam:rho=0.1..0.5/9', 'sam:batch=1|2'.",
    ),
]
Map = Annotated[
    list[str] | None,
    Option("--opt", metavar="METHOD", help="The method, such as sam:batch=1 or gd:sigma=0.1,beta=0.9."),
]
Face = Annotated[
    list[str] | None,
    Option(
        metavar="FACE",
        help="flow, flow2, flow3, sde2 or sde3, with keys of its own: sde3:drift=mod; repeat for more.  "
        "[default: sde2 and sde3, without noise flow2 and flow3]",
    ),
]
Etas = Annotated[
    str | None,
    Option(
        metavar="A|B|…",
        help="Measure errors at these eta, '1e-4|2e-4', '1e-4..4e-4/4', and at the method's own if it names one.",
    ),
]
Rhos = Annotated[
    str | None,
    Option(metavar="A|B|…", help="Measure errors at these rho, and at the method's own if it names one."),
]
Records = Annotated[str | None, Option(metavar="N", help="Times the traces are kept at.  [default: 101]")]
Repetitions = Annotated[
    str | None, Option("--runs", metavar="N", help="Repetitions of what is random.  [default: 1000]")
]
From = Annotated[
    str | None,
    Option(
        "--from",
        metavar="ID",
        help="Critical point to escape from (landscape critical).  [default: the saddle next to the start]",
    ),
]
Radius = Annotated[
    str | None,
    Option(
        metavar="R",
        help="Radius of the ball that is to be left.  [default: a quarter of the way to the next point]",
    ),
]
Spread = Annotated[
    str | None,
    Option(
        metavar="R", help="Spread starts over a ball of this radius.  [default: none, where noise does it]"
    ),
]
Test = Annotated[
    str | None, Option(metavar="LANDSCAPE", help="A name or formula whose value is the test loss.")
]
OneStart = Annotated[
    str | None, Option("--x0", metavar="1,2", help="Start of all; the landscape's by default.")
]
Plainly = Annotated[
    list[str] | None,
    Option(
        "--out", "-o", metavar="FILE", help="png svg pdf (figure), npz json (data), toml; repeat for more."
    ),
]
Eta = Annotated[str | None, Option(metavar="A", help="Step size of the one --opt.")]
Rho = Annotated[str | None, Option(metavar="A", help="Radius (sam) or factor (usam) of the one --opt.")]
Beta = Annotated[str | None, Option(metavar="A", help="Momentum of the one --opt, 0 ≤ beta < 1.")]
Batch = Annotated[str | None, Option(metavar="N", help="Samples per mini-batch of the one --opt.")]
Sigma = Annotated[
    str | None, Option(metavar="A", help="Gaussian gradient noise of the one --opt, standard deviation.")
]
Sample = Annotated[
    list[str] | None,
    Option("--sample", metavar="FORMULA", help="A sample of a typed formula, their mean; repeat for each."),
]
Param = Annotated[
    list[str] | None,
    Option("--param", "-p", metavar="NAME=A", help="Value of a formula's parameter: -p a=2."),
]
Vars = Annotated[
    str | None, Option(metavar="U,V", help="Coordinates of a formula, if not x, y, z or x1 … xn.")
]
Domain = Annotated[str | None, Option(metavar="X0:X1,Y0:Y1", help="Where critical points are looked for.")]
View = Annotated[str | None, Option(metavar="X0:X1,Y0:Y1", help="What is drawn, and what grid: covers.")]
Start = Annotated[
    list[str] | None,
    Option("--x0", metavar="START", help="1,2 | grid:41 | disk:200@0,0:0.1 | FILE.csv; repeat to add."),
]
Steps = Annotated[str | None, Option("--steps", "-n", metavar="N", help="Steps of every method.")]
Time = Annotated[str | None, Option(metavar="T", help="Run to time T = steps · eta instead.")]
Every = Annotated[
    str | None, Option(metavar="K", help="Keep every K-th step (by default as many as are drawn).")
]
Runs = Annotated[str | None, Option(metavar="N", help="Repeat every start N times.")]
Seed = Annotated[str | None, Option(metavar="N", help="Seed of everything random.  [default: 0]")]
Budget = Annotated[
    str | None,
    Option(metavar="steps|gradients", help="What --steps counts: steps, or gradient calls (fair to gd)."),
]
Stop = Annotated[
    str | None,
    Option(
        metavar="left|converged",
        help="End a trajectory once it leaves the domain, or is at its end for certain.",
    ),
]
FieldPoints = Annotated[
    str | None,
    Option("--resolution", metavar="N", help="Points of the grid along each axis.  [default: 201]"),
]
Draw = Annotated[
    str | None,
    Option(
        metavar="stream|arrows|lic", help="How directions are drawn: lic is a texture.  [default: stream]"
    ),
]
Separatrices = Annotated[
    bool | None,
    Option("--separatrices/--no-separatrices", help="Trace the separatrices of flows.", show_default=False),
]
Unstable = Annotated[
    bool | None,
    Option(
        "--unstable/--no-unstable", help="Trace the unstable branches of saddles too.", show_default=False
    ),
]
Nullclines = Annotated[
    bool | None,
    Option("--nullclines/--no-nullclines", help="Draw where each component vanishes.", show_default=False),
]
Fast = Annotated[
    bool | None,
    Option(
        "--fast/--strict",
        help="Allow fused arithmetic; strict gives the same bits everywhere.",
        show_default=False,
    ),
]
NoBaseline = Annotated[
    bool | None, Option("--no-baseline/--baseline", help="Do not add gd for comparison.", show_default=False)
]
Style = Annotated[
    str | None, Option(metavar="NAME", help="Look of the figure: paper, notebook, slides, dark.")
]
Out = Annotated[
    list[str] | None,
    Option(
        "--out",
        "-o",
        metavar="FILE",
        help="png svg pdf (figure), gif mp4 (moving), npz json (data), toml (what was asked); repeat. Of several methods "
        "a.npz makes one file each: a-gd.npz, a-sam@sde2.npz; of one name with what differs: a-sam-rho=0.1.npz.",
    ),
]
NoPlot = Annotated[bool, Option("--no-plot", help="Draw and write no figure.")]
Config = Annotated[
    str | None, Option(metavar="FILE.toml", help="Start from this file (see --dry-run); options beat it.")
]
DryRun = Annotated[bool, Option("--dry-run", help="Print what would be run as TOML, and stop.")]
Json = Annotated[bool, Option("--json", help="Print one JSON object instead of a table.")]
Quiet = Annotated[
    int,
    Option(
        "--quiet", "-q", count=True, metavar="", help="No messages; -qq: no table either.", show_default=False
    ),
]
Verbose = Annotated[
    int, Option("--verbose", "-v", count=True, metavar="", help="Say more.", show_default=False)
]
NoProgress = Annotated[bool, Option("--no-progress", help="Say nothing of progress.")]
Threads = Annotated[
    str | None,
    Option("--threads", "-j", metavar="N", help="Threads; all by default. Results never depend on it."),
]
NoContinue = Annotated[bool, Option("--no-continue", help="Start afresh where a run was interrupted.")]
NoMore = Annotated[
    bool, Option("--no-continue", help="Leave what is unresolved after --steps as it is: --more 0.")
]
More = Annotated[
    str | None,
    Option(metavar="K", help="Double the time of unresolved pixels up to K times.  [default: 2]"),
]
Afresh = Annotated[bool, Option("--afresh", help="Start afresh where the same command was interrupted.")]
Resolution = Annotated[
    str | None, Option(metavar="N|NXxNY", help="Pixels along x and y.  [default: 256]", show_default=False)
]
Plane = Annotated[
    str | None, Option(metavar="X,Z", help="The two coordinates that vary, of a landscape of more.")
]
Origin = Annotated[
    str | None, Option(metavar="A,B,C", help="A point of that plane; the landscape's start by default.")
]
Early = Annotated[
    bool | None,
    Option(
        "--early/--no-early",
        help="Let a start go once its end is certain; otherwise follow all of them to the last step.",
        show_default=False,
    ),
]
Check = Annotated[
    bool, Option("--check", help="Write nothing; compare with the file. Exit 3 if they differ.")
]


#: options in groups, in the order --help lists them: numbers of a single --opt
NUMBERS: dict[str, Any] = {"eta": Eta, "rho": Rho, "beta": Beta, "batch": Batch, "sigma": Sigma}
#: which landscape a formula is
SCENE: dict[str, Any] = {"param": Param, "sample": Sample, "vars": Vars, "domain": Domain}
#: what is written, and from which file the rest is read
FILES: dict[str, Any] = {"style": Style, "no_plot": NoPlot, "config": Config, "dry_run": DryRun}
#: what is said
SAID: dict[str, Any] = {"json": Json, "quiet": Quiet, "verbose": Verbose, "no_progress": NoProgress}
#: what is said and how it is worked, of a command that may take long
WORK: dict[str, Any] = {**SAID, "threads": Threads}


def takes(**options: Any) -> Callable[[Callable[[Any], None]], Callable[..., None]]:
    """Return a decorator: the command, a function of its context, takes these options (name -> declaration above)."""

    def declare(function: Callable[[Any], None]) -> Callable[..., None]:
        @wraps(function)
        def command(context: Any, **_: Any) -> None:
            function(context)

        made = [
            Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=_unset(kind), annotation=kind)
            for name, kind in options.items()
        ]
        given = Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=Context)
        command.__signature__ = Signature([given, *made])  # type: ignore[attr-defined]
        command.__annotations__ = {"context": Context, **options}
        return command

    return declare


def _unset(kind: Any) -> Any:
    """Return what an option is where it is not given; nothing for an argument that has to be."""
    of = get_args(kind)[0]
    return {bool: False, int: 0, str: Parameter.empty}.get(of)
