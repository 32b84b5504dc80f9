"""Tables and JSON of results: words and layout only, no numerics."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from saddlescape.plots import words

if TYPE_CHECKING:
    from saddlescape.results import CriticalPoint, Run

RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
GAP = "  "
#: starts up to which every trajectory has a row of its own
FEW = 12


# ---- layout ---------------------------------------------------------------------------------------------------------
def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], width: int, words_in: int | None = None, left: int = 1
) -> str:
    """Return rows under a head, the first ``left`` columns and ``words_in`` flush left, the others flush right.

    Where it is wider than ``width``, the head and the column ``words_in`` are broken into lines.
    """
    columns = range(len(head))
    widths = [max(len(row[c]) for row in (head, *rows)) for c in columns]
    if 2 + sum(widths) + len(GAP) * (len(head) - 1) > width and words_in is not None:
        longest = [max(map(len, title.split()), default=0) for title in head]
        widths = [max(longest[c], *(len(row[c]) for row in rows)) for c in columns]
        others = sum(w for c, w in enumerate(widths) if c != words_in)
        widths[words_in] = max(20, longest[words_in], width - 2 - others - len(GAP) * (len(head) - 1))
    flush = {*range(left), words_in}
    lines = []
    for row in (head, *rows):
        cells = [textwrap.wrap(cell, widths[c], break_long_words=False) for c, cell in enumerate(row)]
        high = max(1, *map(len, cells))
        blank = [[""] * (high - len(cell)) for cell in cells]
        stacks = [
            b + c if row is head else c + b for b, c in zip(blank, cells, strict=True)
        ]  # heads stand at the bottom
        lines += [_line(parts, widths, flush) for parts in zip(*stacks, strict=True)]
    return "\n".join(lines)


def _line(parts: Sequence[str], widths: Sequence[int], flush: set[Any]) -> str:
    shown = [
        p.ljust(w) if c in flush else p.rjust(w) for c, (p, w) in enumerate(zip(parts, widths, strict=True))
    ]
    return ("  " + GAP.join(shown)).rstrip()


def number(value: float | None, digits: int = 6) -> str:
    """Return a number for a table; – where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}g}"


def count(value: int) -> str:
    """Return a whole number in groups of three."""
    return f"{value:,}".replace(",", " ")


def pretty(formula: str) -> str:
    """Return a formula as a person writes it: (9/4 − x + xy²)²."""
    text = re.sub(r"\^(\d+)\b(?!\.)", lambda m: m[1].translate(RAISED), formula).replace("-", "−")
    text = re.sub(r"(?<![A-Za-z_])([A-Za-z]|\d+)\*(?=[A-Za-z](?![A-Za-z0-9_]))", r"\1", text)
    return text.replace("*", "·")


def place(x: Any) -> str:
    """Return a point as text: (3, 0.5)."""
    return words.place(x).replace("−", "-")


def title(name: str, formula: str, width: int) -> str:
    """Return the line that says which landscape it is, broken where the terminal ends."""
    return textwrap.fill(
        f"{name}   {pretty(formula)}", width, subsequent_indent="    ", break_long_words=False
    )


def label(methods: Sequence[Any]) -> list[str]:
    """Return a short name per method: gd, sam ρ=0.5; a step size only where they differ."""
    same = len({m.numbers["eta"] for m in methods}) == 1
    names = []
    for m in methods:
        own = [(k, v) for k, v in m.numbers.items() if v is not None and not (k == "eta" and same)]
        own.sort(key=lambda pair: pair[0] != "rho")
        face = "" if m.clock.name == "steps" else f"@{m.clock.name}"
        nesterov = ["Nesterov"] if m.momentum.name == "Nesterov" else []
        names.append(
            " ".join([m.name + face, *(f"{words.GREEK.get(k, k)}={v:g}" for k, v in own), *nesterov])
        )
    return names


# ---- a run ----------------------------------------------------------------------------------------------------------
def run_table(runs: Sequence[Run], labels: Sequence[str], ends: Sequence[Any], width: int) -> str:
    """Return the table of a run: a row per trajectory, or for many starts a row per destination."""
    if runs[0].n <= FEW:
        return _few(runs, labels, ends, width)
    head = ("", "starts", "share", "end", "gradient calls each")
    rows = []
    for run, name in zip(runs, labels, strict=True):
        calls = _calls(run)
        for (text, times), at in zip(destinations(run), range(run.n), strict=False):
            first = at == 0
            rows.append(
                (
                    name if first else "",
                    count(times),
                    f"{100 * times / run.n:.1f} %",
                    text,
                    calls if first else "",
                )
            )
    return table(head, rows, width, words_in=3)


def _few(runs: Sequence[Run], labels: Sequence[str], ends: Sequence[Any], width: int) -> str:
    several = runs[0].n > 1
    head = ("", *(("start",) if several else ()), "ends at", "loss", "|∇f|", "λmax", "gradient calls")
    rows = []
    for run, name, end in zip(runs, labels, ends, strict=True):
        for i in range(run.n):
            numbers = [number(end.loss[i]), number(end.grad_norm[i], 3), number(end.sharpness[i], 4)]
            start = (place(run.x[i, 0]),) if several else ()
            calls = count(int(run.gradient_evaluations[i]))
            rows.append(
                (name if i == 0 else "", *start, words.what_became(run, i).replace("−", "-"), *numbers, calls)
            )
    return table(head, rows, width, words_in=1 + several, left=1 + several)


def destinations(run: Run) -> list[tuple[str, int]]:
    """Return where the trajectories end, in words, and how many: most first."""
    points = {p.id: f"{p.kind} {place(p.x)}" for p in run.background.points}
    which = zip(run.status.tolist(), run.point.tolist(), run.fate.tolist(), strict=True)
    tally: Counter[str] = Counter()
    for (status, point, fate), times in Counter(which).items():
        tally[_destination(status, points.get(point), points.get(fate))] += times
    return tally.most_common()


def _destination(status: str, point: str | None, fate: str | None) -> str:
    if status in ("converged", "trapped"):
        return f"{status} {'to' if status == 'converged' else 'at'} {point or 'a point'}"
    if status == "cycling":
        return f"cycling near {point}" if point else "cycling"
    if status == "moving":
        return f"moving, in the basin of {fate}" if fate else "still moving"
    return "left the domain" if status == "left" else status


def _calls(run: Run) -> str:
    low, high = int(run.gradient_evaluations.min()), int(run.gradient_evaluations.max())
    return count(low) if low == high else f"{count(low)}–{count(high)}"


def run_json(plan: Any, runs: Sequence[Run], ends: Sequence[Any], files: Sequence[str]) -> dict[str, Any]:
    """Return the object of schema landscape.run/1 as plain data."""
    entries = []
    for run, steps, end in zip(runs, plan.steps, ends, strict=True):
        near = zip(run.nearest.tolist(), run.distance.tolist(), strict=True)
        entries.append({
            "method": run.method, "clock": run.clock, "steps": steps, "seed": plan.spec.seed,
            "starts": run.x[:, 0].tolist(), "final": run.final.tolist(), "loss": end.loss.tolist(),
            "grad_norm": end.grad_norm.tolist(), "status": run.status.tolist(), "point": run.point.tolist(),
            "fate": run.fate.tolist(),
            "nearest": [None if i is None else {"id": i, "distance": away} for i, away in near],
            "gradient_evaluations": run.gradient_evaluations.tolist(),
        })  # fmt: skip
    return {
        "schema": "landscape.run/1", "landscape": plan.spec.landscape, "dimension": plan.landscape.dim, "runs": entries,
        "critical_points": [point_json(p) for p in plan.landscape.critical_points], "files": list(files),
    }  # fmt: skip


def point_json(point: CriticalPoint) -> dict[str, Any]:
    """Return a critical point as plain data, without the samples of a continuum."""
    return {k: v for k, v in point.to_json().items() if k != "samples"}


def dumps(data: Any, indent: int | None = None) -> str:
    """Return JSON in which NaN and infinities are null."""
    return json.dumps(_finite(data), ensure_ascii=False, indent=indent, allow_nan=False)


def _finite(data: Any) -> Any:
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, Mapping):
        return {key: _finite(value) for key, value in data.items()}
    return [_finite(each) for each in data] if isinstance(data, list | tuple) else data
