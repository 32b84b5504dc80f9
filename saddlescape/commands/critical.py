"""``landscape critical``: the critical points, what methods do near them, and from which numbers on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from saddlescape.commands import options as o
from saddlescape.commands.asking import ask
from saddlescape.errors import UsageError

if TYPE_CHECKING:
    from saddlescape.answers.stability import Stability
    from saddlescape.landscapes.base import Landscape

Threshold = Annotated[
    str | None,
    Option(
        metavar="KEY[=A..B]",
        help="From which rho (eta, beta …) on a point attracts, or no longer does: by formula, and by bisection.",
    ),
]
Diagram = Annotated[
    str | None,
    Option(metavar="KEY=A..B/N,KEY=…", help="A diagram of two numbers: where the method stays at a point."),
]
Point = Annotated[
    str | None, Option(metavar="ID", help="Which critical point a threshold or diagram is about.")
]
Fate = Annotated[
    list[str] | None,
    Option("--x0", metavar="1,2", help="Ask --threshold or --diagram where this start ends instead."),
]
Ticks = Annotated[str | None, Option("--steps", "-n", metavar="N", help="Steps from --x0.")]


@o.takes(
    landscape=o.MaybeSource, opt=o.Opt, **o.NUMBERS, threshold=Threshold, diagram=Diagram, point=Point, x0=Fate,
    steps=Ticks, **o.SCENE, view=o.View, out=o.Plainly, style=o.Style, config=o.Config, dry_run=o.DryRun, **o.SAID,
)  # fmt: skip
def critical(context: typer.Context) -> None:
    """List the critical points of a landscape and, for each --opt, whether it is drawn to them or driven away.

    Multipliers are the eigenvalues of one step, linearised at the point: inside the unit circle it attracts.
    Of flows and SDEs the eigenvalues of the drift, whatever dt: left of 0 it attracts.
    SAM's step has a jump there, so it is run from all sides instead: it traps what it does not let go. Nothing is
    written but what -o asks for, and the diagram of --diagram.

    \b
      landscape critical beale --opt usam --threshold rho
      landscape critical saddle --opt usam --diagram rho=0.1..3/41,eta=0.01..1/41
    """
    given = dict(context.params)
    bare = not given["opt"] and not given["config"]
    if bare and any(name.lower().endswith(".npz") for name in given["out"] or ()):
        raise UsageError(
            "an .npz file holds what a method does at the points: add --opt sam, or write .json or .png"
        )
    given["no_plot"] = not given["out"] and given["diagram"] is None
    ask("critical", given)


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


def winding_line(landscape: Landscape, room: int) -> str:
    """Return what the winding number of the gradient around the domain says of the list."""
    from saddlescape import layout

    winding, note = landscape.winding, str(landscape.census.get("note") or "")
    around, total = winding["boundary"], winding["sum"]
    said = {
        "agrees": f"winding number around the domain {around} = sum of indices {total}: none is missing",
        "differs": f"winding number around the domain {around}, but the indices add up to {total}",
        "undefined": "the winding number around the domain is undefined: the list is not checked by it",
    }.get(str(winding["status"]), "not checked by a winding number (more than two coordinates)")
    return "\n".join(layout.wrapped(each, room) for each in (said, f"note: {note}" * bool(note)) if each)


def behaviour_table(found: Stability, room: int) -> str:
    """Return the table of what a method does at each critical point, and for which numbers it attracts."""
    from saddlescape import layout
    from saddlescape.answers.stability import interval, said, written

    keys = [key for key in ("eta", "rho", "beta") if any(key in p.limits for p in found.points)]
    rows = []
    for p in found.points:
        values = p.eigenvalues if len(p.eigenvalues) else p.multipliers
        seen = ", ".join(written(each) for each in values)
        if p.radius == p.radius:
            seen = f"run from all sides, hovers within {p.radius:.3g}"
        spans = [
            interval(p.limits[k], 1.0 if k == "beta" else float("inf")) if k in p.limits else "–"
            for k in keys
        ]
        rows.append((str(p.id), p.kind, layout.place(p.x), said(p), seen or p.note, *spans))
    linear = f"eigenvalues of the {'drift' if found.clock.startswith('sde') else 'flow'}"
    face = "multipliers" if found.clock == "steps" else linear
    head = ("id", "kind", "at", "verdict", face, *(f"attracts for {key}" for key in keys))
    if not rows:
        return "  none in the domain"
    for dropped in (0, 1, 2):  # what stands in the table of the points above, the id aside
        kept = [k for k in range(len(head)) if not 3 - dropped <= k < 3]
        text = layout.table(
            [head[k] for k in kept], [[row[k] for k in kept] for row in rows], room, 4 - dropped, 4 - dropped
        )
        if max(map(len, text.splitlines())) <= room:
            break
    return text


def more_said(found: Stability, room: int) -> str:
    """Return what is known beside the table: cycles, traps, thresholds, the shares of a diagram; "" where nothing is."""
    import textwrap

    from saddlescape.answers.stability import remarks

    said: dict[str, list[str]] = {}
    for p in found.points:
        for each in remarks(p):
            said.setdefault(each, []).append(str(p.id))
    lines = [f"{', '.join(ids)}: {each}" for each, ids in said.items()]
    lines += [f"{each.about}: {each.found()}" for each in found.thresholds]
    lines += found.diagram.summary().splitlines() if found.diagram is not None else []
    fill = textwrap.TextWrapper(
        room, initial_indent="  ", subsequent_indent="     ", break_long_words=False
    ).fill
    return "\n".join(map(fill, lines))
