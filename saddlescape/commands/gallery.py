"""``landscape gallery``: draw the figures of the gallery, and a page that shows them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from saddlescape.commands import options as o
from saddlescape.commands.asking import Stopped, run_threads
from saddlescape.commands.console import Console
from saddlescape.errors import OutputError
from saddlescape.specs.gallery import GallerySpec

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]…", help="Figures (see: landscape list figures); all by default.", show_default=False
    ),
]
Folder = Annotated[
    str | None, typer.Option("--out", "-o", metavar="DIR", help="Folder to write to.  [default: gallery]")
]
Small = Annotated[bool, typer.Option("--small", help="Write small pictures, and README.md for all figures.")]
#: where the records of what is in a folder lie, and of what an interrupted command did
RECORDS, REST = "gallery.json", "gallery.part"


@o.takes(
    names=Names, out=Folder, style=o.Style, small=Small, **o.SAID, threads=o.Threads,
    no_continue=o.NoContinue,
)  # fmt: skip
def gallery(context: typer.Context) -> None:
    """Draw the figures of the gallery into a folder, and index.html that shows them.

    Each teaches one thing, and says in its caption how it is made.

    \b
      landscape gallery                        all, into gallery/
      landscape gallery beale_gd_sam -o pics   one of them
    """
    from saddlescape import report
    from saddlescape.figures import NAMES, plate

    given, began = context.params, time.monotonic()
    chosen = [plate(name).name for name in given.get("names") or NAMES]
    style = given.get("style") or "paper"
    specs = [GallerySpec(figure=name, style=style, small=given["small"]) for name in dict.fromkeys(chosen)]
    console, album = Console.of(given), Album.at(given.get("out") or "gallery", specs)
    found = drawn(album, console, run_threads(given), afresh=given["no_continue"])
    page = album.bind()
    if console.json:
        figures = [found[spec.figure] for spec in specs]
        print(report.dumps({"schema": "landscape.gallery/1", "figures": figures, "index": str(page)}))
    console.say(
        f"wrote  {len(specs)} figure{'s' * (len(specs) != 1)} and {page} in {time.monotonic() - began:.0f} s"
    )


@dataclass(frozen=True)
class Album:
    """A folder of figures: pictures, records in gallery.json, a page; in gallery.part what of ``specs`` is done."""

    folder: Path
    specs: Sequence[GallerySpec]

    @classmethod
    def at(cls, name: str, specs: Sequence[GallerySpec]) -> Album:
        """Return the album in a folder, made where it is missing. Raises OutputError where that cannot be."""
        from saddlescape.commands.outputs import check_place

        folder = Path(name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder {folder}: {error.strerror or error}") from None
        check_place(folder / RECORDS)
        return cls(folder, specs)

    @property
    def small(self) -> bool:
        """Whether it is the one of small pictures, which lies in a repository: a README.md, and no records."""
        return self.specs[0].small

    @property
    def asked(self) -> list[dict[str, Any]]:
        """What was asked for, as plain data."""
        return [spec.to_dict() for spec in self.specs]

    def done(self) -> dict[str, Any]:
        """Return the records of what an interrupted command like this one drew; {} where there is none."""
        found = _table(self.folder / REST)
        there = {
            name: each
            for name, each in found.get("done", {}).items()
            if (self.folder / each["file"]).is_file()
        }
        return there if found.get("asked") == self.asked else {}

    def keep(self, done: dict[str, Any]) -> None:
        """Remember what is done of an interrupted command, and show it."""
        from saddlescape.commands.outputs import save_text

        self.record(done)
        self.bind()
        save_text(self.folder / REST, json.dumps({"asked": self.asked, "done": done}))

    def record(self, done: dict[str, Any]) -> None:
        """Put the records of figures beside those of earlier ones."""
        from saddlescape.commands.outputs import save_text

        (self.folder / REST).unlink(missing_ok=True)
        if self.small:
            return
        whole = {**_table(self.folder / RECORDS).get("figures", {}), **done}
        save_text(
            self.folder / RECORDS, json.dumps({"schema": "landscape.gallery/1", "figures": whole}, indent=1)
        )

    def bind(self) -> Path:
        """Write the page of all figures in the folder, or README.md of the whole gallery; return which."""
        from saddlescape.commands.outputs import save_text
        from saddlescape.figures import index

        if self.small:
            return save_text(self.folder / "README.md", index.readme())
        known = _table(self.folder / RECORDS).get("figures", {})
        there = {name: each for name, each in known.items() if (self.folder / each["file"]).is_file()}
        return save_text(self.folder / "index.html", index.page(there, self.folder))


def _table(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file of ours; {} where there is none, or a damaged one."""
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def drawn(album: Album, console: Console, threads: int | None, afresh: bool = False) -> dict[str, Any]:
    """Draw the figures of an album one after the other; return the record of each. On Ctrl-C those done are kept."""
    done = {} if afresh else album.done()
    if done:
        console.say(f"going on after {len(done)} of {len(album.specs)} figures (--no-continue starts afresh)")
    for k, spec in enumerate(album.specs, 1):
        if spec.figure in done:
            continue
        began = time.monotonic()
        with _kept(album, done):
            done[spec.figure] = render(spec, album.folder / f"{spec.figure}.png", threads)
        if console.progress:
            console.say(f"{k:3}/{len(album.specs)}  {spec.figure}  {time.monotonic() - began:.1f} s")
    album.record(done)
    return done


@contextmanager
def _kept(album: Album, done: dict[str, Any]) -> Iterator[None]:
    """Keep what is done where Ctrl-C ends the work."""
    try:
        yield
    except KeyboardInterrupt:
        if not done:
            raise Stopped("interrupted: no figure was finished yet") from None
        album.keep(done)
        raise Stopped(
            f"interrupted: {len(done)} of {len(album.specs)} figures are kept in {album.folder}\n"
            "the same command goes on from there (--no-continue starts afresh)"
        ) from None


def render(spec: GallerySpec, path: Path, threads: int | None) -> dict[str, Any]:
    """Draw one figure, write it to ``path`` and return what is to be said of it."""
    from saddlescape import plots
    from saddlescape.figures import plate

    one = plate(spec.figure)
    page = one.draw(spec.style, threads)
    plots.save(page.figure, path, spec.to_json(), small=spec.small)
    wide, tall = page.figure.get_size_inches()
    return {
        "name": one.name, "chapter": one.chapter, "title": one.title, "lesson": one.lesson, "command": one.command,
        "also": one.also, "source": one.source, "caption": page.caption, "file": path.name,
        "size": [round(100 * float(wide)), round(100 * float(tall))],
    }  # fmt: skip


def remake(spec: GallerySpec, path: Path, given: dict[str, Any], console: Console) -> None:
    """Draw the figure a file holds again, into that file or into those asked for."""
    from saddlescape.commands import outputs

    paths = outputs.chosen(given.get("out") or [str(path)], "", True)
    for each in paths:
        render(spec, each, run_threads(given))
    console.say(f"wrote  {'  '.join(map(str, paths))}")
