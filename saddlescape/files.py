"""Reading what the package writes: runs and answers, told apart by what is in the file."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from saddlescape import archive
from saddlescape.errors import OutputError, UsageError
from saddlescape.results import Run

if TYPE_CHECKING:
    from saddlescape.answers.base import Answer

#: kind of answer -> the file of saddlescape.answers it is written in
HOMES = {
    "FaceComparison": "faces",
    "Basins": "basins",
    "Field": "field",
    "SamStep": "steps",
    "Sharpness": "sharpness",
    "Stability": "stability",
    "Disagreement": "disagreement",
    "Tipping": "tipping",
    "BasinEntropy": "boundaries",
    "Uncertainty": "boundaries",
    "Refined": "boundaries",
    "Escape": "escape",
    "Displacement": "diffusion",
    "Stationary": "diffusion",
    "Threshold": "threshold",
    "PhaseDiagram": "phase",
}


def load(path: str | Path) -> Run | Answer:
    """Return what ``save`` of a Run or of an answer, or a command, wrote to ``path`` (.npz).

    Raises OutputError if the file is missing, damaged or of something else, UsageError for another ending: a figure, a
    .json or .toml file says what made it, and ``landscape rerun FILE`` makes it again.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise UsageError(
            f"results are read from .npz files, not from '{path.name}': "
            f"landscape rerun {path.name} makes what is in it again"
        )
    kind = _kind(path)
    if kind is None:
        return Run.load(path)
    if kind not in HOMES:
        raise OutputError(f"{path} holds a {kind}, which this version does not know")
    home = import_module(f"saddlescape.answers.{HOMES[kind]}")
    answer: Answer = getattr(home, kind).load(path)
    return answer


def _kind(path: Path) -> str | None:
    """Return which kind of answer a file says it holds; None where it says nothing of the kind."""
    with archive.opened(path) as file:
        try:
            return str(json.loads(bytes(file["about"]).decode())["answer"]["part"])
        except (KeyError, ValueError, TypeError):
            return None
