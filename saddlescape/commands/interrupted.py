"""What is kept of a run that was stopped: a folder FILE.part beside the output, which the same command goes on from.

What another command kept there may be hours of work, and is neither read nor touched: then the folder is FILE-2.part …
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from saddlescape import store
from saddlescape.errors import OutputError
from saddlescape.written import Written


@dataclass(frozen=True)
class Kept:
    """The folder of a run: its specification, finished methods as k.npz, the unfinished one as k.rest.

    ``place`` is ``FILE.part``; whose folder it is, its specification says.
    """

    place: Path
    spec: Written

    @classmethod
    def beside(cls, output: Path, spec: Written) -> Kept:
        """Return the place for what is kept of a run that would write ``output``."""
        return cls(output.with_name(f"{output.name}.part"), spec)

    @property
    def folder(self) -> Path:
        """The folder of this very run, or where there is none the first name that is free: FILE.part, FILE-2.part …"""
        found = (each for each in self._all() if self._is_ours(each))
        names = (self._name(k) for k in count(1))
        return next(found, None) or next(each for each in names if not os.path.lexists(each))

    def _name(self, k: int) -> Path:
        return self.place if k == 1 else self.place.with_stem(f"{self.place.stem}-{k}")

    @property
    def fits(self) -> bool:
        """Whether something is there, and of this very run."""
        return self._is_ours(self.folder)

    @property
    def of_others(self) -> list[Path]:
        """The folders here that are not of this run: of the same command with other options, say, or damaged."""
        return [each for each in self._all() if (each / "spec.json").is_file() and not self._is_ours(each)]

    def _all(self) -> list[Path]:
        """Return what is called FILE.part, FILE-2.part …, in this order: some of them may have been gone on from."""
        named = re.compile(rf"{re.escape(self.place.stem)}(?:-([1-9]\d*))?\.part")
        with suppress(OSError):
            found = [(each, named.fullmatch(each.name)) for each in self.place.parent.iterdir()]
            return [each for _, each in sorted((int(m[1] or 1), each) for each, m in found if m)]
        return []

    def _is_ours(self, folder: Path) -> bool:
        with suppress(OSError, ValueError):
            return (folder / "spec.json").read_text(encoding="utf-8") == self.spec.to_json()
        return False

    def finished(self, k: int) -> Any:
        """Return run or answer ``k`` if it was finished, otherwise None."""
        from saddlescape.files import load

        return self._read(self.folder / f"{k}.npz", load)

    def rest(self, k: int) -> Any:
        """Return what there is of run or answer ``k`` (partial.py), or None."""
        from saddlescape.partial import load

        return self._read(self.folder / f"{k}.rest", load)

    def damaged(self) -> list[str]:
        """Remove the files here that cannot be read, and return their names: they cost their time again."""
        from saddlescape import files, partial

        found = []
        for path in sorted(self.folder.glob("[0-9]*.*")) if self.fits else ():
            try:
                (files if path.suffix == ".npz" else partial).load(path)
            except OutputError:
                path.unlink()
                found.append(path.name)
        return found

    def _read(self, path: Path, reader: Any) -> Any:
        if not path.is_file() or not self.fits:
            return None
        try:
            return reader(path)
        except OutputError:  # a damaged file costs its time again, once: in its place a good one can be kept
            with suppress(OSError):
                path.unlink()
            return None

    def keep(self, runs: Sequence[Any], partial: Any | None) -> bool:
        """Keep the finished ``runs`` and the unfinished one; return whether there was anything, and room for it."""
        if not runs and (partial is None or partial.fraction == 0):
            return False
        try:
            folder = self._made()
            for k, run in enumerate(runs):
                if not (folder / f"{k}.npz").is_file():
                    run.save(folder / f"{k}.npz")
            if partial is not None and partial.fraction > 0:
                partial.save(folder / f"{len(runs)}.rest")
        except OSError:
            return False
        return True

    def _made(self) -> Path:
        """Return the folder, made if there is none; a name that another command takes meanwhile is left to that one."""
        if self.fits:
            return self.folder
        while True:
            with suppress(FileExistsError):
                new = self.folder
                new.mkdir(parents=True)
                store.write_atomic(new / "spec.json", self.spec.to_json())
                return new

    def forget(self) -> None:
        """Remove the folder of this very run, if there is one."""
        if self.fits:
            shutil.rmtree(self.folder, ignore_errors=True)
