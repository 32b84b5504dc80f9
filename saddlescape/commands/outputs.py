"""Files a run writes: what they are called, whether they may be written, and writing them."""

from __future__ import annotations

import importlib
import os
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saddlescape import report, store
from saddlescape.errors import OutputError, UsageError, nearest
from saddlescape.written import SCHEMA, Written

if TYPE_CHECKING:
    from saddlescape.commands.plan import Ends, Plan
    from saddlescape.landscapes.base import Landscape
    from saddlescape.results import Run

FIGURES = (".png", ".svg", ".pdf")
DATA = (".npz", ".json", ".toml")
MOVING = (".gif", ".mp4")
LATER = (".nc",)


def chosen(given: Sequence[str], default: str, plot: bool, moving: bool = False) -> list[Path]:
    """Return the files to write, checked: known formats in folders that can be written. If none is given, ``default``.

    ``moving`` says that what is found can be shown as a moving picture.
    """
    paths = [Path(text) for text in given]
    for path in paths:
        check_format(path, moving)
    if not plot and (drawn := [p for p in paths if p.suffix.lower() in FIGURES + MOVING]):
        raise UsageError(f"--no-plot and -o {drawn[0]} contradict each other: leave one of them out")
    if not paths and plot:
        paths = [free(default)]
    for path in paths:
        check_place(path)
    return paths


def check_format(path: Path, moving: bool = False) -> None:
    """Raise UsageError unless the suffix of ``path`` is a format that is written, with ``moving`` also one that moves."""
    suffix = path.suffix.lower()
    built = (*FIGURES, *(MOVING if moving else ()), *DATA)
    if suffix in MOVING and not moving:
        raise UsageError(
            f"'{suffix[1:]}' files show what moves, and nothing does here: landscape run writes them. "
            f"Here: {' '.join(s[1:] for s in built)}."
        )
    if suffix == ".mp4":
        from saddlescape.plots.movie import need_ffmpeg

        need_ffmpeg()
    if suffix in LATER:
        raise UsageError(f"'{suffix[1:]}' files are not built yet. Built: {' '.join(s[1:] for s in built)}.")
    if suffix not in built:
        what = f"'{suffix}'" if suffix else f"no ending ('{path}')"
        raise UsageError(
            f"a file's ending says its format, and {what} is none{nearest(suffix, built)}. Known: {', '.join(built)}."
        )


def check_moves(paths: Sequence[Path], landscape: Landscape) -> None:
    """Raise UsageError if a moving picture is wanted of more than two coordinates."""
    film = next((p for p in paths if p.suffix.lower() in MOVING), None)
    if film and landscape.dim > 2:
        raise UsageError(
            f"a moving picture needs one or two coordinates; {landscape.name} has {landscape.dim}: "
            f"write {film.with_suffix('.png')} instead"
        )


def check_place(path: Path) -> None:
    """Raise OutputError if ``path`` cannot be written: before the work, not after it."""
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"cannot write {path}: there is no folder '{folder}'")
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(
            f"cannot write {path}: the folder '{folder.resolve()}' is not writable. Use -o FILE or --no-plot"
        )


def default_name(plan: Plan) -> str:
    """Return <landscape>-<methods>.png; the baseline is not named."""
    named = [m.text.partition(":")[0] for i, m in enumerate(plan.methods) if i != plan.baseline]
    return f"{landscape_name(plan.spec.landscape)}-{'-'.join(dict.fromkeys(named))[:80]}.png"


def landscape_name(landscape: str) -> str:
    """Return what a landscape is called in file names."""
    return landscape if re.fullmatch(r"\w+", landscape) else "formula"


def free(name: str) -> Path:
    """Return ``name``, or name-2, name-3 … where a file of that name is not ours to replace."""
    from saddlescape.plots.provenance import read_spec

    path, k = Path(name), 1
    while path.exists():
        try:
            if path.is_file() and SCHEMA in (read_spec(path) or ""):
                return path
        except OutputError:
            pass
        k += 1
        path = Path(name).with_stem(f"{Path(name).stem}-{k}")
    return path


def prepare(
    paths: Sequence[Path], drawing: str = "saddlescape.plots.figure", telling: Sequence[str] = ()
) -> Callable[[], None]:
    """Return what imports in the background, the first time it is called, the modules of a table (``telling``) and, if a
    figure is among the ``paths``, that of its ``drawing``.

    Kernels work without the interpreter's lock; while they do, the import costs no time of its own.
    """
    drawn = any(path.suffix.lower() in FIGURES for path in paths)
    modules = [*telling, *([drawing] if drawn else [])]

    def load() -> None:
        while modules:
            importlib.import_module(modules.pop(0))

    begun: list[threading.Thread] = []

    def meanwhile() -> None:
        if not begun:
            begun.append(threading.Thread(target=load, daemon=True))
            begun[0].start()

    return meanwhile


def write(paths: Sequence[Path], plan: Plan, runs: Sequence[Run], ends: Sequence[Ends]) -> list[Path]:
    """Write every file and return those that were written (one npz per method)."""
    written: list[Path] = []
    figure: Any = None
    for path in paths:
        suffix = path.suffix.lower()
        if suffix in FIGURES:
            figure = figure or draw(plan, runs)
            written.append(save_figure(figure, path, plan.spec))
        elif suffix in MOVING:
            written.append(film(plan, runs, path))
        elif suffix == ".npz":
            written += [run.save(each) for run, each in zip(runs, data_names(path, plan), strict=True)]
        else:
            written.append(
                save_text(path, plan.spec.to_toml() if suffix == ".toml" else run_text(plan, runs, ends))
            )
    return written


def save_text(path: Path, text: str) -> Path:
    """Write a text file, whole or not at all."""
    try:
        store.write_atomic(path, text)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
    return path


def draw(plan: Plan, runs: Sequence[Run]) -> Any:
    """Return the figure of a run."""
    from saddlescape import plots

    return plots.run_figure(runs, baseline=plan.baseline, style=plan.spec.style)


def film(plan: Plan, runs: Sequence[Run], path: Path) -> Path:
    """Write the moving picture of a run with the specification inside."""
    from saddlescape import plots

    plots.animate(runs, path, baseline=plan.baseline, style=plan.spec.style, spec=plan.spec.to_json())
    return path


def save_figure(figure: Any, path: Path, spec: Written) -> Path:
    """Write the figure with the specification inside."""
    from saddlescape import plots

    return Path(plots.save(figure, path, spec.to_json()))


def run_text(plan: Plan, runs: Sequence[Run], ends: Sequence[Ends]) -> str:
    """Return the JSON of a run with its specification, as it is written to a file."""
    return report.dumps({**report.run_json(plan, runs, ends, []), "spec": plan.spec.to_dict()}) + "\n"


def data_names(path: Path, plan: Plan) -> list[Path]:
    """Return one file name per run: ``path`` itself for one, path-gd, path-sam, path-sam@sde2 … for several."""
    if len(plan.methods) == 1:
        return [path]
    return [path.with_stem(f"{path.stem}-{name}") for name in method_names(plan)]


def method_names(plan: Plan) -> list[str]:
    """Return what the methods are called in file names."""
    from saddlescape.plots import naming

    return naming.file_names([m.text for m in plan.methods])
