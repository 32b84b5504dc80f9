"""Tables and JSON of results: words only, no numerics."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from saddlescape import layout
from saddlescape.plots import became, naming

if TYPE_CHECKING:
    from saddlescape.results import CriticalPoint, Run

#: starts up to which every trajectory has a row of its own
FEW = 12
#: destinations that have a row of their own, per method
PLACES = 10


def label(methods: Sequence[Any]) -> list[str]:
    """Return a short name per method: gd, sam ρ=0.5."""
    return naming.plain_labels([m.text for m in methods])


def shared(methods: Sequence[Any]) -> str:
    """Return the line that says what all methods have and no name holds, beside eta and dt; "" where that is nothing."""
    found = naming.shared([m.text for m in methods])
    said = [naming.plainly(key, value) for key, value in found.items() if key not in ("eta", "dt")]
    return f"all with {', '.join(said)}" if said else ""


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
                    layout.count(times),
                    f"{100 * times / run.n:.1f} %",
                    text,
                    calls if first else "",
                )
            )
    return layout.table(head, rows, width, words_in=3)


def _few(runs: Sequence[Run], labels: Sequence[str], ends: Sequence[Any], width: int) -> str:
    several = runs[0].n > 1
    head = ("", *(("start",) if several else ()), "ends at", "loss", "|∇f|", "λmax", "gradient calls")
    rows = []
    for run, name, end in zip(runs, labels, ends, strict=True):
        for i in range(run.n):
            numbers = [
                layout.number(end.loss[i]),
                layout.number(end.grad_norm[i], 3),
                layout.number(end.sharpness[i], 4),
            ]
            start = (layout.place(run.x[i, 0]),) if several else ()
            calls = _counted(run.gradient_evaluations[i : i + 1])
            rows.append(
                (
                    name if i == 0 else "",
                    *start,
                    became.what_became(run, i).replace("−", "-"),
                    *numbers,
                    calls,
                )
            )
    return layout.table(head, rows, width, words_in=1 + several, left=1 + several)


def destinations(run: Run, most: int = PLACES) -> list[tuple[str, int]]:
    """Return where the trajectories end, in words, and how many: most first, those beyond ``most`` in one entry."""
    points = {p.id: p.gathering or f"{p.kind} {layout.place(p.x)}" for p in run.background.points}
    which = zip(run.status.tolist(), run.point.tolist(), run.fate.tolist(), became.reasons(run), strict=True)
    tally: Counter[str] = Counter()
    for (status, point, fate, reason), times in Counter(which).items():
        tally[reason or _destination(status, points.get(point), points.get(fate))] += times
    found = tally.most_common()
    if len(found) <= most:
        return found
    rest = found[most - 1 :]
    return [*found[: most - 1], (f"elsewhere, at {len(rest)} more places", sum(times for _, times in rest))]


def _destination(status: str, point: str | None, fate: str | None) -> str:
    if status in ("converged", "trapped"):
        return f"{status} {'to' if status == 'converged' else 'at'} {point or 'a point'}"
    if status == "cycling":
        return f"cycling, nearest {point}" if point else "cycling"
    if status == "moving":
        return f"moving, in the basin of {fate}" if fate else "still moving"
    return "left the domain" if status == "left" else status


def _calls(run: Run) -> str:
    return _counted(run.gradient_evaluations)


def _counted(calls: Any) -> str:
    """Return how many gradients, from the least to the most; – where a face is no composition of them."""
    if None in calls.tolist():
        return "–"
    low, high = int(calls.min()), int(calls.max())
    return layout.count(low) if low == high else f"{layout.count(low)}–{layout.count(high)}"


def run_json(plan: Any, runs: Sequence[Run], ends: Sequence[Any], files: Sequence[str]) -> dict[str, Any]:
    """Return the object of schema landscape.run/1 as plain data."""
    entries = []
    for run, steps, end in zip(runs, plan.steps, ends, strict=True):
        near = zip(run.nearest.tolist(), run.distance.tolist(), strict=True)
        entries.append({
            "method": run.method, "clock": run.clock, "steps": steps, "time": float(run.t.max()), "seed": plan.spec.seed,
            "starts": run.x[:, 0].tolist(), "final": run.final.tolist(), "loss": end.loss.tolist(),
            "grad_norm": end.grad_norm.tolist(), "status": run.status.tolist(), "point": run.point.tolist(),
            "fate": run.fate.tolist(),
            "nearest": [None if i is None else {"id": i, "distance": away} for i, away in near],
            "gradient_evaluations": run.gradient_evaluations.tolist(),
        })  # fmt: skip
    return {
        "schema": "landscape.run/1", "landscape": plan.spec.landscape, "dimension": plan.landscape.dim, "runs": entries,
        "critical_points": [point_json(p) for p in plan.landscape.critical_points], "files": list(files),
        "laws": {method: dict(said) for method, said in plan.spec.laws.items()},
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
