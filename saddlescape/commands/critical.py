"""``landscape critical``: the critical points, and what methods do near them."""

from __future__ import annotations

import cmath
from typing import TYPE_CHECKING, Any

import typer

from saddlescape.commands import options as o
from saddlescape.commands.console import Console, width
from saddlescape.errors import UsageError
from saddlescape.specs.run import SHORTCUTS, RunSpec

if TYPE_CHECKING:
    from saddlescape.dynamics.method import Method
    from saddlescape.landscapes.base import Landscape

VERDICTS = {
    "attracts": "attracts",
    "repels": "repels",
    "neutral": "undecided (|multiplier| = 1)",
    "traps": "traps",
    "drifts": "is no rest point",
}


def critical(
    context: typer.Context,
    landscape: o.Source,
    opt: o.Opt = None,
    eta: o.Eta = None,
    rho: o.Rho = None,
    beta: o.Beta = None,
    batch: o.Batch = None,
    sigma: o.Sigma = None,
    param: o.Param = None,
    sample: o.Sample = None,
    vars: o.Vars = None,
    domain: o.Domain = None,
    json: o.Json = False,
    quiet: o.Quiet = 0,
    verbose: o.Verbose = 0,
) -> None:
    """List the critical points of a landscape and, for each --opt, whether it is drawn to them or driven away.

    Multipliers are the eigenvalues of one step, linearised at the point: inside the unit circle it attracts.
    SAM's step has a jump there, so it is run from all sides instead: it traps what it does not let go.
    """
    given = dict(context.params)
    for key in SHORTCUTS:
        if given[key] is not None and not opt:
            raise UsageError(f"--{key} is a number of a method: add --opt sam, for example")
    spec = RunSpec.from_arguments(given)
    from saddlescape import layout, report
    from saddlescape.commands import remarks
    from saddlescape.commands.plan import find_landscape, read_methods

    found = find_landscape(spec)
    asked = read_methods(spec.methods if opt else (), found)
    methods = [each for m in asked for each in m.expand()]
    console = Console.of(given)
    for note in remarks.of_landscape(found):
        console.say(f"note: {note}")
    if console.json:
        print(report.dumps(as_json(found, methods)))
        return
    console.data(layout.title(found, width()))
    console.data(points_table(found, width()))
    console.data(winding_line(found))
    for each, name in zip(methods, report.label(methods), strict=True):
        console.data(f"\n{name}   {each.text}")
        console.data(behaviour_table(found, each, width()))


def points_table(landscape: Landscape, room: int) -> str:
    """Return the table of critical points."""
    from saddlescape import layout

    if not landscape.critical_points:
        return "  none in the domain"
    rows = []
    for p in landscape.critical_points:
        values = ", ".join(layout.number(float(v) + 0.0, 5) for v in p.eigenvalues)
        rows.append((str(p.id), p.kind, layout.place(p.x), layout.number(p.loss), values or "–", p.note))
    noted = any(row[-1] for row in rows)
    head = ("id", "kind", "at", "loss", "eigenvalues", "")
    last = len(head) if noted else -1
    return layout.table(
        head[:last], [row[:last] for row in rows], room, words_in=5 if noted else None, left=3
    )


def winding_line(landscape: Landscape) -> str:
    """Return what the winding number of the gradient around the domain says of the list."""
    winding, note = landscape.winding, str(landscape.census.get("note") or "")
    around, total = winding["boundary"], winding["sum"]
    said = {
        "agrees": f"  winding number around the domain {around} = sum of indices {total}: none is missing",
        "differs": f"  winding number around the domain {around}, but the indices add up to {total}",
        "undefined": "  the winding number around the domain is undefined: the list is not checked by it",
    }.get(str(winding["status"]), "  not checked by a winding number (more than two coordinates)")
    return f"{said}\n  note: {note}" if note else said


def behaviour_table(landscape: Landscape, method: Method, room: int) -> str:
    """Return the table of what ``method`` does at each critical point."""
    from saddlescape import layout
    from saddlescape.dynamics.multipliers import local_behaviour

    points = {p.id: p for p in landscape.critical_points}
    rows = []
    for entry in local_behaviour(landscape, method):
        p = points[entry["id"]]
        seen = ", ".join(_multiplier(_rate(each, method)) for each in entry["multipliers"])
        if entry["radius"] is not None:
            seen = f"run from all sides, hovers within {entry['radius']:.3g}"
        seen = seen or str(entry["note"])
        rows.append(
            (
                str(p.id),
                p.kind,
                layout.place(p.x),
                VERDICTS.get(entry["verdict"], str(entry["verdict"])),
                seen,
            )
        )
    face = "" if method.clock.name == "steps" else "eigenvalues of the flow"
    head = ("id", "kind", "at", "verdict", face or "multipliers")
    return layout.table(head, rows, room, words_in=4, left=4) if rows else "  none in the domain"


def _rate(multiplier: Any, method: Method) -> Any:
    """Return a multiplier of the map as it is; of a flow, whose tick is dt, the eigenvalue log(multiplier)/dt."""
    if method.clock.name == "steps":
        return multiplier
    value = cmath.log((complex(*multiplier) if isinstance(multiplier, list) else multiplier) or 1e-300)
    dt = method.numbers["dt"]
    assert isinstance(dt, float)
    return [value.real / dt, value.imag / dt] if value.imag else value.real / dt


def _multiplier(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"{value[0]:.5g}{value[1]:+.5g}i"
    return f"{value:.5g}"


def as_json(landscape: Landscape, methods: list[Method]) -> dict[str, Any]:
    """Return the object of schema landscape.critical/1."""
    from saddlescape import report
    from saddlescape.dynamics.multipliers import local_behaviour

    return {
        "schema": "landscape.critical/1",
        "landscape": landscape.name,
        "critical_points": [report.point_json(p) for p in landscape.critical_points],
        "winding": landscape.winding,
        "note": landscape.census.get("note") or "",
        "methods": [{"method": m.text, "points": local_behaviour(landscape, m)} for m in methods],
    }
