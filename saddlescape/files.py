"""Reading what the package writes: runs and comparisons of faces, told apart by what is in the file."""

from __future__ import annotations

from pathlib import Path

from saddlescape import archive
from saddlescape.comparison import FaceComparison
from saddlescape.errors import UsageError
from saddlescape.results import Run


def load(path: str | Path) -> Run | FaceComparison:
    """Return what ``Run.save``, ``FaceComparison.save`` or a command wrote to ``path`` (.npz).

    Raises OutputError if the file is missing, damaged or of something else, UsageError for another ending: a figure, a
    .json or .toml file says what made it, and ``landscape rerun FILE`` makes it again.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise UsageError(
            f"results are read from .npz files, not from '{path.name}': "
            f"landscape rerun {path.name} makes what is in it again"
        )
    return FaceComparison.load(path) if "etas" in archive.names(path) else Run.load(path)
