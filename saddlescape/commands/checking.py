"""What ``landscape rerun --check`` compares: files of a run or of answers with what is computed again."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saddlescape.commands.asking import Desk
from saddlescape.commands.console import Console
from saddlescape.commands.interrupted import Kept
from saddlescape.errors import OutputError, UsageError

if TYPE_CHECKING:
    from saddlescape.commands.asking import Asked
    from saddlescape.commands.plan import Plan
    from saddlescape.results import Run


def compare_runs(path: Path, plan: Plan, console: Console, threads: int | None) -> list[str]:
    """Compute again what ``path`` holds of a run and return what differs, in words."""
    from saddlescape.commands import outputs
    from saddlescape.commands.plan import ends
    from saddlescape.commands.run import simulated

    with tempfile.TemporaryDirectory() as folder:
        runs = simulated(plan, Desk(console, threads, Kept.beside(Path(folder) / path.name, plan.spec)))
        if path.suffix.lower() == ".npz":
            return _compare_data(path, runs)
        if path.suffix.lower() == ".json":
            return _compare_text(path, outputs.run_text(plan, runs, [ends(plan, run) for run in runs]))
        if path.suffix.lower() in outputs.MOVING:
            return compare_bytes(path, outputs.film(plan, runs, Path(folder) / path.name))
        return compare_bytes(
            path, outputs.save_figure(outputs.draw(plan, runs), Path(folder) / path.name, plan.spec)
        )


def compare_answers(path: Path, asked: Asked, console: Console, threads: int | None) -> list[str]:
    """Compute again what ``path`` holds of the answers to a question and return what differs, in words."""
    from saddlescape import report
    from saddlescape.answers.base import bare
    from saddlescape.commands.asking import answered, text, write
    from saddlescape.files import load

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / path.name
        found = answered(asked, Desk(console, threads, Kept.beside(made, asked.spec)))
        if path.suffix.lower() == ".npz":
            kept: Any = load(path)
            again = next(
                (each for each in found if getattr(each, "method", "") == getattr(kept, "method", "")), None
            )
            if again is None:
                raise OutputError(f"{path} holds {kept.method}, which its own specification does not ask for")
            old, new = (json.loads(report.dumps(bare({**vars(each), "spec": {}}))) for each in (kept, again))
            return _compare_trees(new, old, "")
        if path.suffix.lower() == ".json":
            return _compare_text(path, text(asked, found))
        return compare_bytes(path, write(made, asked, found)[0])


def table_of(path: Path) -> dict[str, Any]:
    """Return what a JSON file of ours holds."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not valid JSON: {error}") from None
    if not isinstance(data, dict) or "spec" not in data:
        raise UsageError(
            "no specification in it: files written with -o FILE.json have one, what --json prints has not"
        )
    return data


def compare_bytes(path: Path, made: Path) -> list[str]:
    """Return what differs between two files, in words."""
    if made.read_bytes() == path.read_bytes():
        return []
    return [f"the bytes of {path} (another version of saddlescape, matplotlib or numpy draws differently)"]


def _compare_text(path: Path, text: str) -> list[str]:
    return _compare_trees(json.loads(text), table_of(path), "")


def _compare_data(path: Path, runs: list[Run]) -> list[str]:
    import numpy as np

    from saddlescape.results import Run

    kept = Run.load(path)
    again = next((run for run in runs if run.method == kept.method), None)
    if again is None:
        raise OutputError(f"{path} holds {kept.method}, which its own specification does not ask for")
    found = []
    for name in ("x", "t", "loss", "grad_norm", "status", "point", "fate", "gradient_evaluations"):
        old, new = (
            np.ma.filled(np.ma.asarray(getattr(run, name)), -1)
            if name in ("point", "fate", "gradient_evaluations")
            else getattr(run, name)
            for run in (kept, again)
        )
        if old.shape != new.shape:
            found.append(f"{name} has shape {old.shape} in the file, {new.shape} now")
        elif not np.array_equal(old, new, equal_nan=old.dtype.kind == "f"):
            found.append(f"{name}: {np.count_nonzero(old != new):,} of {old.size:,} values")
    return found


def _compare_trees(new: Any, old: Any, at: str) -> list[str]:
    """Return where two JSON trees differ, the first few places; files named in them are left aside."""
    if isinstance(new, dict) and isinstance(old, dict):
        keys = [k for k in {**new, **old} if not (at == "" and k == "files")]
        return [d for k in keys for d in _compare_trees(new.get(k), old.get(k), f"{at}.{k}".lstrip("."))][:10]
    if isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        return [
            d
            for i, pair in enumerate(zip(new, old, strict=True))
            for d in _compare_trees(*pair, f"{at}[{i}]")
        ][:10]
    return [] if new == old else [f"{at}: {str(old)[:40]} in the file, {str(new)[:40]} now"]
