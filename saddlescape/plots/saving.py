"""Saving: PNG, SVG or PDF by suffix, with the specification inside, the same bytes every time, all or
nothing.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from saddlescape import store
from saddlescape.errors import OutputError, UsageError
from saddlescape.plots import style
from saddlescape.plots.provenance import KEY

SUFFIXES = (".png", ".svg", ".pdf")
SOFTWARE = "saddlescape"
#: most pixels across and most bytes of a small picture
SMALL = (800, 150_000)


def save(figure: Figure, path: str | Path, spec: Mapping[str, Any] | str, *, small: bool = False) -> Path:
    """Write ``figure`` to ``path`` (.png, .svg or .pdf) with ``spec`` as JSON text inside; return the path.

    Text stays as it is given; a mapping is printed with sorted keys. No dates and no version: the same figure
    gives the same bytes. Raises UsageError for another suffix and OutputError, with nothing half-written,
    where it cannot write. A PNG may be ``small``: at most SMALL pixels wide and bytes long.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"a figure is saved as {', '.join(SUFFIXES)}, not as '{path.suffix or path.name}'")
    text = spec if isinstance(spec, str) else json.dumps(spec, ensure_ascii=False, sort_keys=True)
    data = render(figure, suffix, text)
    if small and suffix == ".png":
        from saddlescape.plots.inline import reduced

        data = reduced(data, SMALL[0], text, SMALL[1])
    try:
        store.write_atomic(path, data)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    return path


def render(figure: Figure, suffix: str, text: str) -> bytes:
    """Return the bytes of the file that ``save`` writes."""
    out = io.BytesIO()
    options: dict[str, Any] = {}
    if suffix == ".png":
        metadata: dict[str, Any] = {KEY: text, "Software": SOFTWARE}
        options["pil_kwargs"] = {"compress_level": 3}
    elif suffix == ".svg":
        if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text):
            raise UsageError("the specification holds control characters, which SVG cannot carry")
        metadata = {"Description": text, "Keywords": [KEY], "Date": None, "Creator": SOFTWARE}
    else:
        metadata = {
            "Subject": text,
            "Keywords": KEY,
            "Creator": SOFTWARE,
            "Producer": SOFTWARE,
            "CreationDate": None,
        }
    face = figure.get_facecolor()
    with style.sheet(style.COMMON):
        figure.savefig(out, format=suffix[1:], metadata=metadata, facecolor=face, dpi="figure", **options)
    return out.getvalue()
