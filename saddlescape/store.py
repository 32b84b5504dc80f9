"""Small files kept between runs: derived formulas, critical points, generated kernels.

Everything here can be lost at any time: a missing, truncated or unwritable file only costs the time to make it
again. Files are written under another name and renamed, so a reader never sees half of one.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs

PACKAGE = Path(__file__).parent
#: entries of one kind that are kept; beyond, the half that was written first goes
MOST = 4000
#: what the lock of an entry is called, after its name
LOCK = ".lock"


@cache
def folder() -> Path:
    """Return the cache folder: ``$SADDLESCAPE_CACHE`` or the platform's; if it cannot be written a temporary one, which
    goes with the process."""
    chosen = Path(os.environ.get("SADDLESCAPE_CACHE") or platformdirs.user_cache_dir("saddlescape"))
    try:
        chosen.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=chosen):
            return chosen
    except OSError:
        own = Path(tempfile.mkdtemp(prefix="saddlescape-"))
        atexit.register(_discard, own, os.getpid())
        return own


def _discard(own: Path, maker: int) -> None:
    """Remove a temporary folder; a fork of the process that made it leaves it alone."""
    if os.getpid() == maker:
        shutil.rmtree(own, ignore_errors=True)


@cache
def sources_digest(*parts: str) -> str:
    """Return a digest of the package's ``parts`` (files or folders), so that a changed source is a new key."""
    summed = hashlib.sha256()
    for part in parts:
        root = PACKAGE / part
        for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            summed.update(path.name.encode() + b"\0" + path.read_bytes())
    return summed.hexdigest()[:16]


def digest(*texts: object) -> str:
    """Return 20 hexadecimal digits that stand for these texts, the same in every process."""
    return hashlib.sha256("\0".join(str(text) for text in texts).encode()).hexdigest()[:20]


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write ``data`` to ``path`` so that no reader ever sees a part of it. Raises OSError where it cannot, also
    where the folder is missing."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


@cache
def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def remembered(kind: str, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the JSON object kept under (kind, key), made by ``make`` and kept if it is not there or does not read."""
    path = folder() / kind / f"{key}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict) and found.get("key") == key:
            return dict(found["value"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    value = make()
    text = json.dumps({"key": key, "value": value})
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text)
        trim(path.parent)
    return dict(json.loads(text)["value"])


def trim(kept: Path, most: int = MOST) -> None:
    """Delete the older half of the entries in ``kept`` if there are more than ``most``. ``X.lock`` is no entry but
    belongs to X, with which it goes."""
    names = [name for name in os.listdir(kept) if not name.endswith(LOCK)]
    if len(names) <= most:
        return
    entries = sorted((kept / name for name in names), key=_written)
    for entry in entries[: len(entries) // 2]:
        with suppress(OSError):
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
            entry.with_name(entry.name + LOCK).unlink(missing_ok=True)


def _written(entry: Path) -> int:
    """Return when ``entry`` was written; what another process has just deleted is the oldest."""
    try:
        return entry.stat().st_mtime_ns
    except OSError:
        return 0
