"""What is kept of a run that was stopped: a folder FILE.part beside the output, which the same command goes on from."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saddlescape import store
from saddlescape.errors import OutputError
from saddlescape.written import Written


@dataclass(frozen=True)
class Kept:
    """The folder ``FILE.part`` of a run: its specification, finished methods as k.npz, the unfinished one as k.rest."""

    folder: Path
    spec: Written

    @classmethod
    def beside(cls, output: Path, spec: Written) -> Kept:
        """Return the place for what is kept of a run that would write ``output``."""
        return cls(output.with_name(f"{output.name}.part"), spec)

    @property
    def fits(self) -> bool:
        """Whether something is there, and of this very run."""
        with suppress(OSError, ValueError):
            return (self.folder / "spec.json").read_text(encoding="utf-8") == self.spec.to_json()
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

    @property
    def of_others(self) -> bool:
        """Whether something is there that is not of this run: of the same command with other options, or damaged."""
        return (self.folder / "spec.json").is_file() and not self.fits

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
        if self.of_others:  # whose finished methods would be taken for ours
            self.forget()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            store.write_atomic(self.folder / "spec.json", self.spec.to_json())
            for k, run in enumerate(runs):
                if not (self.folder / f"{k}.npz").is_file():
                    run.save(self.folder / f"{k}.npz")
            if partial is not None and partial.fraction > 0:
                partial.save(self.folder / f"{len(runs)}.rest")
        except OSError:
            return False
        return True

    def forget(self) -> None:
        """Remove the folder, if it is one of ours."""
        if (self.folder / "spec.json").is_file():
            shutil.rmtree(self.folder, ignore_errors=True)
