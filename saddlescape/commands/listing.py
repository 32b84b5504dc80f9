"""``landscape list`` and ``landscape show``: what there is, and what one of them is."""

from __future__ import annotations

import inspect
import shlex
import textwrap
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer

from saddlescape.commands import options as o
from saddlescape.commands.console import beside, width
from saddlescape.errors import UsageError, nearest, unknown

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Landscape, Window

KINDS = ("landscapes", "methods", "figures")
Kind = Annotated[
    str | None,
    typer.Argument(
        metavar="[landscapes|methods|figures]",
        help="What to list; the first two by default.",
        show_default=False,
    ),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A landscape, a formula in quotes, or a method.")]
Kernel = Annotated[
    str | None, typer.Option(metavar="METHOD", help="Print the source that runs this method here.")
]
Latex = Annotated[bool, typer.Option("--latex", help="Print the formula as LaTeX and nothing else.")]


def list_names(kind: Kind = None) -> None:
    """List the landscapes and methods there are, or the figures of the gallery."""
    if kind == "figures":
        _list_figures()
        return
    if kind not in (*KINDS, None):
        raise unknown("kind", str(kind), KINDS)
    if kind != "methods":
        _list_landscapes()
    if kind is None:
        print()
    if kind != "landscapes":
        _list_methods()


def _list_landscapes() -> None:
    from saddlescape import store

    sources = store.sources_digest("landscapes", "layout.py", "commands/listing.py")
    kept = store.remembered("listing", sources, _listing)  # a warm start needs no numpy
    for line in kept["lines"]:
        print(_cut(line) if line.startswith(" ") else beside("", line))
    print("\nA formula will do as well: landscape run 'x^2 - y^2'\nMore of one: landscape show NAME")


def _list_figures() -> None:
    from saddlescape.figures import CHAPTERS, NAMES, plate

    longest = max(map(len, NAMES))
    for chapter, names in CHAPTERS.items():
        print(chapter)
        for name in names:
            print(beside(f"  {name:{longest}}  ", plate(name).lesson))
    print("\nOne of them: landscape gallery NAME\nAll, with a page that shows them: landscape gallery")


def _listing() -> dict[str, list[str]]:
    """Return the list of landscapes, a line each, under the heads of their geometries."""
    from saddlescape import layout
    from saddlescape.landscapes.catalogue import CATALOGUE, FILES

    longest = max(map(len, CATALOGUE))
    lines = []
    for file in FILES:
        lines.append((file.__doc__ or "").splitlines()[0].rstrip("."))
        lines += [
            f"  {each.name:{longest}}  {each.dim}  {layout.pretty(each.formula)}" for each in file.LANDSCAPES
        ]
    return {"lines": lines}


def _cut(line: str) -> str:
    room = width()
    return line if len(line) <= room else line[: room - 1] + "…"


def _list_methods() -> None:
    from saddlescape.dynamics.perturbations import PERTURBATIONS

    print("Methods, written NAME:key=value,… such as sam:rho=0.1,beta=0.9")
    for part in PERTURBATIONS:
        print(f"  {part.name:6}  {', '.join(f.name for f in fields(part)):12}  {part.title}")
    print(f"  {'sgd':6}  {'':12}  gd with batch=1")
    for head, rows in KEYS.items():
        print(f"\n{head}")
        for key, says in rows.items():
            print(beside(f"  {key:24}  ", says))


#: what stands behind the name of every method: printed by list and show
KEYS = {
    "Every method takes": {
        "eta": "step size",
        "beta, nesterov=true": "momentum, 0 ≤ beta < 1",
        "batch, replace=true": "mini-batch size; with replacement (landscapes that are finite sums)",
        "sigma, noise=iso|hessian": "Gaussian noise on every gradient, standard deviation",
        "m": "samples per perturbation: the batch is cut into groups of m (m-SAM)",
        "ascent=same|full|fresh": "what gradient the perturbation sees: full is n-SAM",
    },
    "Faces, written NAME@FACE:key=value,…": {
        "@flow, @flow2, @flow3": "dx/dt = −G, G exact, cut after rho, cut after rho²",
        "@sde2, @sde3": "dX = −E G dt + √eta Cov(G)^½ dW, G cut after rho, rho²; needs batch or sigma",
        "dt": "tick (eta/10); drift=mod adds (eta/2) DG·G",
        "scheme, rtol, atol": "flows: rk4, euler, dopri5 (adaptive); SDEs: euler, heun (additive noise)",
        "cov=psd|exact|literal": "covariance of an SDE's noise",
        "nodes": "points that stand for sigma's noise where the ascent sees it: on a line 40, rings in the plane 4",
        "mean=true": "a flow of the mean over sigma's noise",
    },
}


def show(
    name: Name,
    kernel: Kernel = None,
    latex: Latex = False,
    param: o.Param = None,
    vars: o.Vars = None,
    domain: o.Domain = None,
    sample: o.Sample = None,
) -> None:
    """Show a landscape or a method: formula, gradient, defaults, critical points; or the kernel that is run."""
    from saddlescape.dynamics.reading import LATER_NAMES, NAMES

    head = name.partition(":")[0].partition("@")[0].lower()
    if head in (*NAMES, *LATER_NAMES, "sgd"):
        if kernel:
            raise UsageError(f"a kernel belongs to a landscape: landscape show beale --kernel {head}")
        return _show_method(name, latex)
    from saddlescape.commands.plan import find_landscape
    from saddlescape.specs.run import RunSpec

    if name.replace("-", "").isalnum() and nearest(name, NAMES) and not _exists(name):
        raise unknown("landscape or method", name, (*_catalogue(), *NAMES))
    options = {"landscape": name, "param": param, "vars": vars, "domain": domain, "sample": sample}
    landscape = find_landscape(RunSpec.from_arguments(options))
    if kernel:
        from saddlescape.dynamics.link import kernel_source
        from saddlescape.dynamics.reading import alternatives, method

        if len(several := alternatives(kernel)) > 1:
            raise UsageError(
                f"a kernel belongs to one method, and '{kernel:.60}' is {len(several)}: give one value, "
                f"such as --kernel {shlex.quote(several[0])}"
            )
        print(kernel_source(landscape, method(kernel)), end="")
    elif latex:
        print(landscape.latex())
    else:
        _show_landscape(landscape)


def _catalogue() -> list[str]:
    from saddlescape.landscapes.catalogue import CATALOGUE

    return list(CATALOGUE)


def _exists(name: str) -> bool:
    return name.lower().replace("-", "_") in _catalogue() or len(name) == 1


def _show_method(text: str, latex: bool) -> None:
    from saddlescape import layout
    from saddlescape.dynamics.reading import method
    from saddlescape.dynamics.words import formula

    shown = method(text)
    if latex:
        print(formula(shown))
        return
    part = type(shown.perturbation)
    print(f"{part.name}   {part.title}\n")
    for each in (inspect.getdoc(part) or "").split("\n\n"):
        print(layout.wrapped(" ".join(each.split()), width(), 2) + "\n")
    step = "one step" if shown.clock.name == "steps" else "equation"
    print(f"  {step:14}  {layout.plain(formula(shown))}")
    if shown.gradient_calls is not None:
        a = "attempted step" if getattr(shown.clock, "adaptive", False) else "tick"
        print(f"  gradient calls  {shown.gradient_calls} a {'step' if step == 'one step' else a}")
    keys = [f.name for f in fields(part)]
    said = f"{', '.join([*keys, 'eta', 'beta', 'batch', 'sigma …'])} (landscape list methods)"
    print(beside("  keys            ", said))
    print(f"  source          {part.source} (references.bib)")
    print(f"\nTry  landscape run beale --opt {text}")


def _show_landscape(landscape: Landscape) -> None:
    from saddlescape import layout
    from saddlescape.commands.critical import points_table, winding_line

    print(layout.title(landscape, width()))
    if landscape.note:
        print(textwrap.fill(landscape.note, width(), initial_indent="  ", subsequent_indent="  "))
    numbers = f"eta {landscape.eta:g}, rho {landscape.rho:g}, {layout.count(landscape.steps)} steps"
    facts = {
        "domain": _window(landscape, landscape.domain),
        "view": _window(landscape, landscape.view),
        "parameters": ", ".join(f"{k}={v:g}" for k, v in landscape.params.items()),
        "defaults": f"start {layout.place(landscape.start)}, {numbers}",
        "reference": f"{landscape.reference} (references.bib)" if landscape.reference else "",
    }
    for key, value in facts.items():
        if value:
            print(beside(f"  {key:10}  ", value))
    print(f"\nLaTeX\n  {landscape.latex()}\n\nGradient")
    for name, text in zip(landscape.coordinates, _gradient(landscape), strict=True):
        print(
            textwrap.fill(
                f"∂f/∂{name} = {layout.pretty(text)}",
                width(),
                initial_indent="  ",
                subsequent_indent="      ",
            )
        )
    print(f"\nCritical points\n{points_table(landscape, width())}\n{winding_line(landscape, width())}")


def _window(landscape: Landscape, box: Window) -> str:
    return ", ".join(
        f"{c} from {lo:g} to {hi:g}" for c, (lo, hi) in zip(landscape.coordinates, box, strict=True)
    )


def _gradient(landscape: Landscape) -> list[str]:
    """Return the partial derivatives as formulas, in SymPy's words."""
    symbols = {each.name: each for each in landscape.expression.free_symbols}
    partial = [landscape.expression.diff(symbols[c]) if c in symbols else 0 for c in landscape.coordinates]
    return [str(each).replace("**", "^") for each in partial]
