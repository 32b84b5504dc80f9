"""Starts: the grammar of ``--x0`` and the points it stands for.

1,2                 one point; several are parted by semicolons, 1,2;3,4
grid:41             41 points per coordinate over the view, corners included
disk:200@0,0:0.1    200 points spread evenly over the disk of radius 0.1 around (0, 0)
FILE.csv            one point per line; FILE.csv#sha256=… also says what the file must hold
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saddlescape.errors import UsageError
from saddlescape.values import shown

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

FORMS = "1,2 | grid:41 | disk:200@0,0:0.1 | FILE.csv"
#: numbers that are written into a specification; larger tables are named with their digest
EMBEDDED = 10_000
MOST_STARTS = 50_000_000
GOLDEN = math.pi * (3 - math.sqrt(5))
FILE = re.compile(r".+\.[A-Za-z]\w*")
DISK = re.compile(r"(?P<n>\d+)@(?P<centre>[^:]+):(?P<radius>[^:]+)")


def expand(texts: Sequence[str], view: Sequence[tuple[float, float]], runs: int = 1) -> Array:
    """Return the starts of ``texts``, one after the other, each ``runs`` times, as an array (n, d).

    d is the number of intervals of ``view``. Raises UsageError for what is no start, has another dimension or is not
    finite, and for a file that is missing or has changed.
    """
    import numpy as np

    points = np.concatenate([_points(text.strip(), view) for text in texts])
    if len(points) * runs > MOST_STARTS:
        raise _too_many(f"{len(points):,} starts, {runs:,} times each,", len(points) * runs, points.shape[1])
    return np.repeat(points, runs, axis=0)


def embed(text: str) -> str:
    """Return a start text that will mean the same later: a file's numbers, or its name with the digest of its bytes."""
    if not _is_file(text) or "#sha256=" in text:
        return text
    data = _read(text)
    rows = _table(text, data)
    if sum(map(len, rows)) <= EMBEDDED:
        return ";".join(",".join(repr(a) for a in row) for row in rows)
    return f"{text}#sha256={hashlib.sha256(data).hexdigest()}"


def _points(text: str, view: Sequence[tuple[float, float]]) -> Array:
    import numpy as np

    if text.startswith("grid:"):
        return _grid(text, view)
    if text.startswith("disk:"):
        return _disk(text, view)
    if _is_file(text):
        name, _, digest = text.partition("#sha256=")
        data = _read(name)
        if digest and hashlib.sha256(data).hexdigest() != digest:
            raise UsageError(
                f"the file of starts '{name}' has changed since: its digest is no longer {digest[:12]}…"
            )
        rows = _table(name, data)
    else:
        rows = [_numbers(piece, f"start {shown(piece)}") for piece in text.split(";")]
    for row in rows:
        if len(row) != len(view):
            said = ", ".join(f"{a:g}" for a in row[:6]) + (", …" if len(row) > 6 else "")
            raise UsageError(
                f"the start ({said}) has {len(row)} coordinate(s), but the landscape has {len(view)}"
            )
    return np.array(rows, dtype=float)


def _is_file(text: str) -> bool:
    try:
        [float(piece) for piece in re.split("[,;]", text)]
    except ValueError:
        return not text.startswith(("grid:", "disk:")) and bool(FILE.fullmatch(text.partition("#sha256=")[0]))
    return False


def _numbers(piece: str, what: str) -> list[float]:
    try:
        row = [float(a) for a in piece.split(",")]
    except ValueError:
        raise UsageError(f"{what} is not understood: a start is {FORMS}") from None
    if not all(map(math.isfinite, row)):
        raise UsageError(f"{what} is not finite: a run starts from finite numbers")
    return row


def _grid(text: str, view: Sequence[tuple[float, float]]) -> Array:
    import numpy as np

    size = text.removeprefix("grid:")
    if not size.isdecimal() or int(size) < 2:
        raise UsageError(f"a grid is written grid:41 (at least 2 points per coordinate), not {shown(text)}")
    n, d = int(size), len(view)
    if d > 2:
        raise UsageError(
            f"grid:{n} over {d} coordinates would be {n}^{d} = {float(n) ** d:.3g} starts: "
            "grids are for one or two. Use FILE.csv"
        )
    if n**d > MOST_STARTS:
        raise _too_many(f"grid:{n}", n**d, d)
    axes = [np.linspace(lo, hi, n) for lo, hi in view]
    return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, d)


def _disk(text: str, view: Sequence[tuple[float, float]]) -> Array:
    import numpy as np

    match = DISK.fullmatch(text.removeprefix("disk:"))
    if not match or int(match["n"]) < 1:
        raise UsageError(
            f"a disk of starts is written disk:200@0,0:0.1 (how many @ centre : radius), not {shown(text)}"
        )
    n, d = int(match["n"]), len(view)
    centre = np.array(_numbers(match["centre"], f"the centre of {shown(text)}"))
    radius = _numbers(match["radius"], f"the radius of {shown(text)}")[0]
    if d > 2 or len(centre) != d:
        raise UsageError(
            f"{shown(text)} has {len(centre)} coordinate(s), but the landscape has {d}; disks are for one or two"
        )
    if radius <= 0:
        raise UsageError(f"the radius of {shown(text)} must be above 0")
    if n > MOST_STARTS:
        raise _too_many(text, n, d)
    k = np.arange(n) + 0.5
    if d == 1:
        return centre + radius * (2 * k[:, None] / n - 1)
    reach, angle = radius * np.sqrt(k / n) * (n > 1), GOLDEN * np.arange(n)
    points: Array = centre + reach[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return points


def _too_many(what: str, n: int, d: int) -> UsageError:
    return UsageError(
        f"{what[:60]} would be {n:,} starts ({16 * n * d / 1e9:.1f} GB to hold them): at most {MOST_STARTS:,}"
    )


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except FileNotFoundError:
        raise UsageError(f"the file of starts {shown(name)} is missing") from None
    except OSError as error:
        raise UsageError(f"the file of starts {shown(name)} cannot be read: {error.strerror}") from None


def _table(name: str, data: bytes) -> list[list[float]]:
    """Return the rows of a CSV file: numbers parted by commas, semicolons or blanks; a first line of names is skipped."""
    rows: list[list[float]] = []
    for at, line in enumerate(data.decode("utf-8-sig", errors="replace").splitlines(), start=1):
        line = ",".join(re.split(r"\s*[,;\t]\s*|\s+", line.partition("#")[0].strip()))
        if not line or (
            not rows
            and re.fullmatch(r"[A-Za-z_]\w*(,[A-Za-z_]\w*)*", line)
            and line.lower() not in ("nan", "inf")
        ):
            continue
        rows.append(_numbers(line, f"line {at} of {shown(name)}"))
        if len(rows[-1]) != len(rows[0]):
            raise UsageError(
                f"line {at} of {shown(name)} has {len(rows[-1])} number(s), the lines before it {len(rows[0])}"
            )
    if not rows:
        raise UsageError(f"the file of starts {shown(name)} holds no numbers")
    return rows
