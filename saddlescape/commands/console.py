"""What is said where: data to stdout; messages and progress to stderr, and progress only on a terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from dataclasses import dataclass
from typing import Any, TextIO

#: seconds before a progress bar appears: short work shows none
PATIENCE = 0.5


@dataclass(frozen=True)
class Console:
    """How much is said. ``level`` −2 nothing but errors and JSON, −1 data alone, 0 messages too, 1 more of them."""

    level: int = 0
    json: bool = False
    progress: bool = True

    @classmethod
    def of(cls, options: dict[str, Any]) -> Console:
        """Return the console that parsed options ask for."""
        level = options.get("verbose", 0) - options.get("quiet", 0)
        return cls(level, options.get("json", False), not options.get("no_progress", False))

    def data(self, text: str) -> None:
        """Print what was asked for."""
        if self.json or self.level > -2:
            print(text)

    def say(self, text: str, level: int = 0) -> None:
        """Print a message to stderr, at ``level`` 0 unless -q was given, at 1 only with -v."""
        if self.level >= level:
            sys.stdout.flush()
            print(text, file=sys.stderr)

    def bar(self, label: str) -> Bar | None:
        """Return a progress bar, or None where none is to be seen."""
        return Bar(label, sys.stderr) if self.progress and self.level >= 0 and sys.stderr.isatty() else None


class Bar:
    """A progress bar in one line: called as bar(done, total), as ``simulate`` does."""

    def __init__(self, label: str, stream: TextIO) -> None:
        self.label, self.stream, self.began, self.drawn = label, stream, time.monotonic(), False

    def __call__(self, done: int, total: int) -> None:
        """Draw the share that is done, once some time has passed."""
        past = time.monotonic() - self.began
        if past < PATIENCE or not total:
            return
        share = done / total
        left = f"{past / share - past:.0f} s left" if share > 0.01 else ""
        filled = round(24 * share)
        text = f"  {self.label}  {'━' * filled}{'·' * (24 - filled)} {share:4.0%}  {left}"
        self.stream.write("\r" + text[: width(self.stream) - 1].ljust(width(self.stream) - 1))
        self.stream.flush()
        self.drawn = True

    def clear(self) -> None:
        """Wipe the line."""
        if self.drawn:
            self.stream.write("\r" + " " * (width(self.stream) - 1) + "\r")
            self.stream.flush()


def width(stream: TextIO | None = None) -> int:
    """Return the columns that there are on stdout: those of the terminal, 80 (or what COLUMNS says) where it is none. Of
    a ``stream`` of messages that is no terminal it is a large number: who searches a log wants them whole."""
    if stream is not None and not stream.isatty():
        return 10_000
    return shutil.get_terminal_size().columns


def beside(head: str, text: str) -> str:
    """Return words beside their head, broken where stdout ends; a word that is longer stays whole."""
    return textwrap.fill(
        text,
        width(),
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
