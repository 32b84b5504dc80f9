"""Pieces: work of many runs, one after the other, that Ctrl-C may stop and that then goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from saddlescape.dynamics.work import Progress
from saddlescape.errors import Interrupted, UsageError
from saddlescape.partial import Partial, PartialPieces

Piece = Mapping[str, Any]
"""Arrays by name."""


class Pieces:
    """What the runs of one answer gave, in their order; those of an interrupted one are not run again.

    The order must depend on nothing but what ``signature`` says and what the runs before gave. Raises UsageError where
    ``resume`` is of another answer.
    """

    def __init__(self, signature: str, resume: PartialPieces | None, progress: Progress | None) -> None:
        if resume is not None and resume.signature != signature:
            raise UsageError(
                "what was interrupted is another answer: the landscape, method or another argument differs"
            )
        self.signature, self.progress, self.share = signature, progress, resume.share if resume else 0.0
        self._made: list[Piece] = list(resume.pieces) if resume else []
        self._rest = resume.run if resume else None
        self._at = 0

    def next(self, run: Callable[[Partial | None], Piece]) -> Piece:
        """Return what the next run gives; ``run`` takes what an interrupted one of it left, or None."""
        if self._at == len(self._made):
            try:
                made = run(self._rest)
            except Interrupted as stop:
                self._rest = stop.partial
                raise
            self._rest = None
            self._made.append(made)
        self._at += 1
        return self._made[self._at - 1]

    def tell(self, done: int, total: int) -> None:
        """Say how far all of it is; the share that is done is remembered."""
        self.share = max(self.share, done / max(total, 1))
        if self.progress:
            self.progress(done, total)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Within it Ctrl-C raises Interrupted with all that is done, which is to be given back as ``resume``."""
        try:
            yield
        except KeyboardInterrupt:
            kept = self._made or (self._rest is not None and self._rest.fraction > 0)
            share = self.share if kept else 0.0
            raise Interrupted(PartialPieces(self.signature, share, tuple(self._made), self._rest)) from None
