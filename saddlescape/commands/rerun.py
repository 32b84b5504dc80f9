"""``landscape rerun``: do again what any file of ``landscape run`` says it was made by, and compare."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from saddlescape.commands import options as o
from saddlescape.commands.console import Console
from saddlescape.errors import OutputError, UsageError
from saddlescape.spec import RunSpec

if TYPE_CHECKING:
    from saddlescape.commands.plan import Plan
    from saddlescape.results import Run

File = Annotated[
    str, typer.Argument(metavar="FILE", help="A png, svg, pdf, npz, json or toml file of landscape run.")
]
VERDICT = 3


def rerun(
    context: typer.Context,
    file: File,
    check: o.Check = False,
    out: o.Out = None,
    json: o.Json = False,
    quiet: o.Quiet = 0,
    verbose: o.Verbose = 0,
    no_progress: o.NoProgress = False,
    threads: o.Threads = None,
) -> None:
    """Run again what FILE was made by, and write it anew; with --check compare instead."""
    path = Path(file)
    spec = read_spec(path)
    from saddlescape.commands.plan import resolve
    from saddlescape.commands.run import perform, run_threads

    plan = resolve(spec)
    given = dict(context.params)
    if check:
        if out:
            raise UsageError("--check writes nothing: leave out -o, or --check")
        differences = compare(path, plan, Console.of(given), run_threads(given))
        for each in differences:
            print(f"differs: {each}")
        if differences:
            raise typer.Exit(VERDICT)
        print(f"same: {path} is what this version makes")
        return
    anew = [] if path.suffix == ".toml" else [_whole(path, plan)]
    perform(plan, {**given, "out": out or anew}, Console.of(given))


def read_spec(path: Path) -> RunSpec:
    """Return the specification that a file carries."""
    from saddlescape.files import load
    from saddlescape.plots.provenance import read_spec as from_figure

    suffix = path.suffix.lower()
    if not path.exists():
        raise UsageError(f"the file {path} is missing")
    try:
        if suffix == ".toml":
            return RunSpec.from_toml(path.read_text(encoding="utf-8-sig"))
        if suffix == ".npz":
            return RunSpec.from_dict(load(path).spec)
        if suffix == ".json":
            return RunSpec.from_dict(_json(path).get("spec"))
        text = from_figure(path)
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    if text is None:
        raise UsageError(
            f"{path} does not say what made it: it is no figure of landscape run, or was changed by another program"
        )
    return RunSpec.from_json(text)


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not valid JSON: {error}") from None
    if not isinstance(data, dict) or "spec" not in data:
        raise UsageError(
            "no specification in it: files written with -o FILE.json have one, what --json prints has not"
        )
    return data


def _whole(path: Path, plan: Plan) -> str:
    """Return the name that stands for all files of a run: a.npz for a-sam.npz."""
    from saddlescape.commands.outputs import data_names, method_names

    if path.suffix.lower() == ".npz":
        for name in method_names(plan):
            stem = path.stem.removesuffix(f"-{name}")
            if stem and path in data_names(path.with_stem(stem), plan):
                return str(path.with_stem(stem))
    return str(path)


def compare(path: Path, plan: Plan, console: Console, threads: int | None) -> list[str]:
    """Compute again what ``path`` holds and return what differs, in words."""
    from saddlescape.commands import outputs
    from saddlescape.commands.interrupted import Kept
    from saddlescape.commands.plan import ends
    from saddlescape.commands.run import simulated

    suffix = path.suffix.lower()
    if suffix == ".toml":
        raise UsageError(
            "a toml file says what to run and holds no result to check: landscape rerun without --check"
        )
    with tempfile.TemporaryDirectory() as folder:
        runs = simulated(plan, console, Kept.beside(Path(folder) / path.name, plan.spec), threads)
        if suffix == ".npz":
            return _compare_data(path, runs)
        if suffix == ".json":
            text = outputs.run_text(plan, runs, [ends(plan, run) for run in runs])
            return _compare_trees(json.loads(text), _json(path), "")
        made = outputs.save_figure(outputs.draw(plan, runs), Path(folder) / path.name, plan)
        same = made.read_bytes() == path.read_bytes()
    return (
        []
        if same
        else [f"the bytes of {path} (another version of saddlescape, matplotlib or numpy draws differently)"]
    )


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
