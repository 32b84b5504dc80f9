"""Arrays in .npz files: written whole or not at all, read with every damage said in words."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np

from saddlescape import store
from saddlescape.errors import OutputError


def write(path: Path, arrays: dict[str, Any]) -> Path:
    """Write ``arrays`` by name to ``path``, whole or not at all. Raises OutputError where it cannot."""
    data = io.BytesIO()
    np.savez_compressed(data, **arrays)
    try:
        store.write_atomic(path, data.getvalue())
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
    return path


def plain(value: Any) -> Any:
    """NumPy's numbers as Python's, for JSON."""
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else str(value)


def read(path: Path) -> dict[str, Any]:
    """Return the arrays of ``path`` by name. Raises OutputError if it is missing or damaged."""
    with opened(path) as file:
        return {name: file[name] for name in file.files}


def names(path: Path) -> list[str]:
    """Return the names of the arrays of ``path``. Raises OutputError if it is missing or damaged."""
    with opened(path) as file:
        return list(file.files)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open an archive; what goes wrong with it is an OutputError in words."""
    try:
        with np.load(path, allow_pickle=False) as file:
            yield file
    except FileNotFoundError:
        raise OutputError(f"there is no file {path}") from None
    except OSError as error:  # no permission, a folder
        raise OutputError(f"{path} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # a damaged archive fails in many ways: zip, zlib, array headers, sizes
        # of what is none of ours NumPy says that it may be pickled, and how to load it unsafely
        ours = is_zipfile(path) and "pickle" not in str(error)
        said = f"{error!s:.200}" if ours else "it is no file of saddlescape, or damaged"
        raise OutputError(f"{path} cannot be read: {said}") from None
