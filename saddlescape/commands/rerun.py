"""``landscape rerun``: do again what any file says it was made by, and compare."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from saddlescape.commands import options as o
from saddlescape.commands.asking import QUESTIONS, perform, question, run_threads
from saddlescape.commands.checking import compare_answers, compare_bytes, compare_runs, table_of
from saddlescape.commands.console import Console
from saddlescape.errors import OutputError, UsageError
from saddlescape.specs.gallery import GallerySpec
from saddlescape.specs.run import RunSpec
from saddlescape.written import SceneSpec, json_table, toml_table

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="A png, svg, pdf, gif, mp4, npz, json or toml file that landscape wrote."
    ),
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
    path, given = Path(file), dict(context.params)
    spec = read_spec(path)
    if isinstance(spec, GallerySpec):
        _picture(path, spec, given, check)
        return
    if check:
        _check(path, spec, given)
        return
    toml = path.suffix.lower() == ".toml"
    if not isinstance(spec, RunSpec):
        asked = question(spec.command).of(spec)
        anew = [] if toml else [str(whole_name(path, asked.methods))]
        perform(asked, {**given, "out": out or anew}, Console.of(given))
        return
    from saddlescape.commands import plan, run

    whole = plan.resolve(spec)
    anew = [] if toml else [str(whole_name(path, [m.text for m in whole.methods]))]
    run.perform(whole, {**given, "out": out or anew}, Console.of(given))


def _check(path: Path, spec: SceneSpec, given: dict[str, Any]) -> None:
    """Say what differs, and end with VERDICT where something does."""
    from saddlescape.commands import plan

    if given.get("out"):
        raise UsageError("--check writes nothing: leave out -o, or --check")
    if path.suffix.lower() == ".toml":
        raise UsageError(
            "a toml file says what to run and holds no result to check: landscape rerun without --check"
        )
    console, threads = Console.of(given), run_threads(given)
    if isinstance(spec, RunSpec):
        differences = compare_runs(path, plan.resolve(spec), console, threads)
    else:
        differences = compare_answers(path, question(spec.command).of(spec), console, threads)
    _verdict(path, differences)


def _picture(path: Path, spec: GallerySpec, given: dict[str, Any], check: bool) -> None:
    """Draw a figure of the gallery again, or compare it."""
    from saddlescape.commands import gallery

    if not check:
        gallery.remake(spec, path, given, Console.of(given))
        return
    if given.get("out"):
        raise UsageError("--check writes nothing: leave out -o, or --check")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / path.name
        gallery.render(spec, made, run_threads(given))
        _verdict(path, compare_bytes(path, made))


def _verdict(path: Path, differences: Sequence[str]) -> None:
    """Say what differs, and end with VERDICT where something does."""
    for each in differences:
        print(f"differs: {each}")
    if differences:
        raise typer.Exit(VERDICT)
    print(f"same: {path} is what this version makes")


def read_spec(path: Path) -> SceneSpec | GallerySpec:
    """Return the specification that a file carries."""
    if not path.exists():
        raise UsageError(f"the file {path} is missing")
    try:
        data = _carried(path)
        command = data.get("command") if isinstance(data, dict) else None
        if command == GallerySpec.command:
            return GallerySpec.from_dict(data)
        kind = question(command).written if command in QUESTIONS else RunSpec
        return kind.from_dict(data)
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text") from None
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    except OutputError as error:  # of an archive, whose name it says
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None


def _carried(path: Path) -> Any:
    """Return the specification in a file as plain data."""
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return toml_table(path.read_text(encoding="utf-8-sig"))
    if suffix == ".json":
        return table_of(path).get("spec")
    if suffix == ".npz":
        from saddlescape.files import load
        from saddlescape.results import Run

        found = load(path)
        if isinstance(found, Run):
            return found.spec
        if "asked" not in found.spec:
            raise UsageError("it was saved in Python, and says no command that would make it again")
        return found.spec["asked"]
    from saddlescape.plots.provenance import read_spec as from_figure

    text = from_figure(path)
    if text is None:
        raise UsageError(
            "it does not say what made it: it is no figure of ours, or was changed by another program"
        )
    return json_table(text)


def whole_name(path: Path, methods: Sequence[str]) -> Path:
    """Return the name that stands for the files of all ``methods``: a.npz for a-sam.npz."""
    from saddlescape.plots import naming

    if path.suffix.lower() == ".npz" and len(methods) > 1:
        for name in naming.file_names(list(methods)):
            stem = path.stem.removesuffix(f"-{name}")
            if stem and stem != path.stem:
                return path.with_stem(stem)
    return path
