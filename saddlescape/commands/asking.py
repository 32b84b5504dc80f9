"""What commands share: from options to a specification, work that Ctrl-C may stop, answers reported and written."""

from __future__ import annotations

import importlib
import sys
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from saddlescape import values
from saddlescape.commands.config import base_of
from saddlescape.commands.console import Bar, Console, width
from saddlescape.commands.interrupted import Kept
from saddlescape.errors import Interrupted, StepWarning, UsageError
from saddlescape.written import SceneSpec

if TYPE_CHECKING:
    from saddlescape.answers.base import Answer
    from saddlescape.landscapes.base import Landscape

#: the commands that ask a question: class XAsked of commands/X_plan.py
QUESTIONS = ("faces", "flow", "basins", "tipping", "escape", "critical")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Desk:
    """What a command works with: where it speaks, its number of threads (None: all), what is ``kept`` of it on Ctrl-C,
    and what is done ``meanwhile``, once kernels are at work."""

    console: Console
    threads: int | None
    kept: Kept
    meanwhile: Callable[[], None] = lambda: None


@dataclass(frozen=True, eq=False)
class Asked(ABC):
    """A question as a command asks it: ``spec`` says all of it, ``asked`` is what a person gave, ``landscape`` is found.

    A command is a function of options that calls ``ask`` with its subclass of this one.
    """

    spec: Any
    landscape: Landscape
    asked: Any

    #: the class of ``spec``
    written: ClassVar[type[SceneSpec]]
    #: what to type for a start, said where no landscape is given
    example: ClassVar[str]
    #: the modules that its figure, and its table, are made with: they are imported while kernels work
    drawing: ClassVar[str] = "saddlescape.plots.figure"
    telling: ClassVar[tuple[str, ...]] = ("saddlescape.layout",)

    @classmethod
    @abstractmethod
    def of(cls, spec: Any) -> Self:
        """Return what ``spec`` stands for. Raises UsageError in words."""

    @property
    def notes(self) -> list[str]:
        """What a person should know before it is worked on."""
        from saddlescape.commands import remarks

        return remarks.of_landscape(self.landscape)

    @property
    @abstractmethod
    def stem(self) -> str:
        """The name of the default figure, without its ending."""

    @property
    def methods(self) -> Sequence[str]:
        """The texts of the methods the answers are about, one each; () where one answer is about all."""
        return ()

    @abstractmethod
    def found(self, desk: Desk) -> Sequence[Answer]:
        """Return the answers. Raises Stopped on Ctrl-C; what may be gone on with then lies in ``desk.kept``."""

    @abstractmethod
    def table(self, found: Sequence[Any], room: int) -> str:
        """Return what was found as a table, ``room`` columns wide."""

    @abstractmethod
    def figure(self, found: Sequence[Any]) -> Any:
        """Return the figure."""

    @property
    def moves(self) -> bool:
        """Whether what is found can be watched as it comes about, in ``movie``."""
        return False

    def movie(self, found: Sequence[Any]) -> Any:
        """Return the moving picture (plots.movie.Movie); only of questions that say ``moves``."""
        raise UsageError(f"landscape {self.written.command} has no moving picture")

    @abstractmethod
    def to_json(self, found: Sequence[Any]) -> dict[str, Any]:
        """Return the object of the command's schema, without ``schema``, ``landscape`` and ``files``."""

    def suggestions(self) -> list[str]:
        """Return the commands a person may want next."""
        return []


def question(command: str) -> type[Asked]:
    """Return the question that a command of QUESTIONS asks; only the one that is asked is imported."""
    module = importlib.import_module(f"saddlescape.commands.{command}_plan")
    found: type[Asked] = getattr(module, f"{command.capitalize()}Asked")
    return found


def ask(command: str, given: dict[str, Any]) -> None:
    """Answer the question that parsed options ask, or with --dry-run say what it would be."""
    kind = question(command)
    base = base_of(given, kind.written, kind.example)
    asked = kind.of(kind.written.from_arguments(given, base))
    if given.get("dry_run"):
        print(asked.spec.to_toml(), end="")
        return
    perform(asked, given, Console.of(given))


def perform(asked: Asked, given: dict[str, Any], console: Console) -> None:
    """Find the answers, report and write them."""
    from saddlescape import layout, report
    from saddlescape.commands import outputs

    began = time.monotonic()
    default = f"{asked.stem}.png"
    paths = outputs.chosen(given.get("out") or (), default, not given.get("no_plot"), moving=asked.moves)
    kept = Kept.beside(paths[0] if paths else Path(default), asked.spec)
    if given.get(asked.spec.afresh.removeprefix("--").replace("-", "_")):
        kept.forget()
    for each in asked.notes:
        console.say(f"note: {each}")
    meanwhile = outputs.prepare(paths, asked.drawing, asked.telling)
    found = answered(asked, Desk(console, run_threads(given), kept, meanwhile))
    console.say(f"found in {seconds(began)}", level=1)
    if not console.json:
        console.data(layout.title(asked.landscape, width()))
        console.data(asked.table(found, width()))
    files = [str(each) for path in paths for each in write(path, asked, found)]
    kept.forget()
    if console.json:
        print(report.dumps({**as_json(asked, found), "files": files}))
    if files:
        console.say(f"wrote  {'  '.join(files)}")
    say_next(asked.suggestions(), console)
    console.say(f"all in {seconds(began)}", level=1)


def answered(asked: Asked, desk: Desk) -> list[Answer]:
    """Return the answers; what they carry says which command made them."""
    with cautions(desk.console):
        found = asked.found(desk)
    return [replace(each, spec={**each.spec, "asked": asked.spec.to_dict()}) for each in found]


def write(path: Path, asked: Asked, found: Sequence[Answer]) -> list[Path]:
    """Write one file, or of data one for every method."""
    from saddlescape.commands import outputs

    suffix = path.suffix.lower()
    if suffix in outputs.FIGURES:
        return [outputs.save_figure(asked.figure(found), path, asked.spec)]
    if suffix in outputs.MOVING:
        return [asked.movie(found).save(path, asked.spec.to_json())]
    if suffix == ".npz":
        return [each.save(name) for each, name in zip(found, data_names(path, asked), strict=True)]
    return [outputs.save_text(path, asked.spec.to_toml() if suffix == ".toml" else text(asked, found))]


def data_names(path: Path, asked: Asked) -> list[Path]:
    """Return one file name per answer: ``path`` itself for one, path-gd, path-sam … for several."""
    from saddlescape.plots import naming

    if len(asked.methods) < 2:
        return [path]
    return [path.with_stem(f"{path.stem}-{name}") for name in naming.file_names(list(asked.methods))]


def as_json(asked: Asked, found: Sequence[Answer]) -> dict[str, Any]:
    """Return the object that --json prints, without its files."""
    spec = asked.spec
    return {"schema": f"landscape.{spec.command}/1", "landscape": spec.landscape, **asked.to_json(found)}


def text(asked: Asked, found: Sequence[Answer]) -> str:
    """Return the JSON with its specification, as it is written to a file."""
    from saddlescape import report

    return report.dumps({**as_json(asked, found), "spec": asked.spec.to_dict()}) + "\n"


def each_method(labels: Sequence[str], work: Callable[[int, Any, Any], Found], desk: Desk) -> list[Found]:
    """Return work(k, progress, resume) for every label; what was kept of an interrupted one is not done again."""
    console, kept = desk.console, desk.kept
    if kept.fits:
        console.say(f"going on from {kept.folder} ({kept.spec.afresh} starts afresh)")
        for name in kept.damaged():
            console.say(f"note: {name} in {kept.folder} is damaged: that part is done again")
    elif others := kept.of_others:
        console.say(f"note: {others_said(others)}: left as it is, this starts afresh")
    done: list[Found] = []
    for k, label in enumerate(labels):
        if (found := kept.finished(k)) is not None:
            done.append(found)
            continue
        bar = console.bar(label)

        def told(part: int, total: int, bar: Any = bar) -> None:
            desk.meanwhile()
            if bar:
                bar(part, total)

        try:
            with cautions(console, bar):
                done.append(work(k, told, kept.rest(k)))
        except KeyboardInterrupt as stop:
            partial = stop.partial if isinstance(stop, Interrupted) else None
            raise Stopped.at(kept, kept.keep(done, partial), kept.fits) from None
        finally:
            if bar:
                bar.clear()
    return done


def others_said(folders: Sequence[Path]) -> str:
    """Return what is said of ``folders`` that other commands kept."""
    more = len(folders) - 1
    return f"{folders[0]}{f' (and {more} more)' if more else ''} is of other options, or damaged"


class Stopped(Exception):
    """Ctrl-C during the work; says what is kept."""

    @classmethod
    def at(cls, place: Kept, new: bool, earlier: bool) -> Stopped:
        """Return the end of a run: whether ``place`` holds what was done now (``new``) or only what was ``earlier``."""
        if not (new or earlier):
            return cls("interrupted: nothing was finished yet")
        kept = "what is done is kept" if new else "nothing more was finished; what was kept before is still"
        return cls(
            f"interrupted: {kept} in {place.folder}\n"
            f"the same command goes on from there ({place.spec.afresh} starts afresh)"
        )


def run_threads(given: dict[str, Any]) -> int | None:
    """Return the number --threads gives, None for all."""
    found = values.maybe(values.whole(1, 4096))("threads", given.get("threads"))
    return None if found is None else int(found)


@contextmanager
def cautions(console: Console, bar: Bar | None = None) -> Iterator[None]:
    """Say on stderr, once and at once, what the library warns about meanwhile; a ``bar`` makes room for it."""
    said: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, StepWarning) and str(message) not in said:
            said.add(str(message))
            if bar:
                bar.clear()
            console.say(f"note: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", StepWarning)
        warnings.showwarning = show
        yield


def say_next(commands: Sequence[str], console: Console) -> None:
    """Say which commands a person may want next, in one line where they fit."""
    after = "      ".join(commands)
    if after:
        console.say(
            f"next   {after if len(after) < width(sys.stderr) - 7 else after.replace('      ', chr(10) + '       ')}"
        )


def scene_options(spec: SceneSpec) -> list[str]:
    """Return the options that say which landscape a formula or a name with other parameters or another domain is."""
    said = [part for key, value in spec.params.items() for part in ("-p", f"{key}={brief(value)}")]
    said += [part for text in spec.samples for part in ("--sample", text)]
    said += ["--vars", ",".join(spec.variables)] if spec.variables else []
    return said + (["--domain", values.window_text(spec.domain)] if spec.domain else [])


def brief(value: float) -> str:
    """Return the shortest text that reads back as ``value``."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def seconds(began: float) -> str:
    """Return the time since ``began`` (time.monotonic) as text."""
    return f"{time.monotonic() - began:.2f} s"
