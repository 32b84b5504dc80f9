"""How objects show themselves in a notebook: formulas for MathJax, tables, thumbnails as inline SVG; no matplotlib."""

from __future__ import annotations

import base64
import html
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

#: pixels of a thumbnail's shade along a side, and of the whole
GRID, SIZE = 72, 190
#: levels of a thumbnail, and most points of a path on it
LEVELS, POINTS = 14, 300
#: from low to high: a lightened viridis
STOPS = ("#b8a3c6", "#a8b5d0", "#a5cfd3", "#c3e6c8", "#f3f3c9")
PATH = "#D55E00"
#: forms of the marks of critical points, in a box from -1 to 1
MARKS = {"minimum": "M-1-.8H1L0 1Z", "continuum": "M-1-.8H1L0 1Z", "maximum": "M-1 .8H1L0-1Z",
         "saddle": "M-.9-.9.9.9M-.9.9.9-.9"}  # fmt: skip
OTHER = "M0-1 1 0 0 1-1 0Z"
#: most rows of a table
ROWS = 12


def number(value: Any) -> str:
    """Return a number in six digits, zero for what rounding left of it."""
    value = float(value)
    return "0" if abs(value) < 1e-12 else f"{value:.6g}".replace("-", "−")


def place(x: Any) -> str:
    """Return a point as text: (3, 0.5)."""
    values = [number(v) for v in np.atleast_1d(x)]
    return f"({', '.join(values)})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an HTML table of texts; of more than ``ROWS`` rows the rest is counted."""
    kept = [list(map(html.escape, row)) for row in rows]
    left = "style='text-align:left'"
    top = "".join(f"<th {left}>{html.escape(each)}</th>" for each in head)
    body = "".join(f"<tr>{''.join(f'<td {left}>{cell}</td>' for cell in row)}</tr>" for row in kept[:ROWS])
    more = f"<p>… and {len(kept) - ROWS} more</p>" if len(kept) > ROWS else ""
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{more}"


def points(found: Sequence[Any]) -> str:
    """Return the table of critical points."""
    rows = [
        (str(p.id), p.kind, place(p.x), number(p.loss), ", ".join(map(number, p.eigenvalues))) for p in found
    ]
    return table(("id", "kind", "x", "loss", "eigenvalues"), rows)


def beside(picture: str, *texts: str) -> str:
    """Return a picture with texts to its right."""
    said = "".join(f"<div>{each}</div>" for each in texts if each)
    return f'<div style="display:flex;gap:1em;align-items:flex-start;flex-wrap:wrap">{picture}<div>{said}</div></div>'


def thumbnail(view: Any, loss: Any, found: Sequence[Any] = (), paths: Iterable[Any] = ()) -> str:
    """Return a small SVG of a landscape: the shade of ``loss`` (ny, nx) or its curve (nx,), critical points, paths."""
    loss = np.asarray(loss, dtype=float)
    if loss.ndim not in (1, 2) or not np.isfinite(loss).any():
        return ""
    return _wrapped(_map(view, loss, found, paths) if loss.ndim == 2 else _curve(view, loss))


def _wrapped(body: str) -> str:
    return (
        f'<svg role="img" width="{SIZE}" height="{SIZE}" viewBox="0 0 {SIZE} {SIZE}" style="flex:none;background:#fff;'
        f'border-radius:3px">{body}<rect x=".5" y=".5" width="{SIZE - 1}" height="{SIZE - 1}" fill="none" '
        'stroke="#16191d"/></svg>'
    )


def _map(view: Any, loss: Any, found: Sequence[Any], paths: Iterable[Any]) -> str:
    """Return the shade in levels of equal area, paths and critical points."""
    steps = [np.linspace(0, n - 1, min(n, GRID)).astype(int) for n in loss.shape]
    small = loss[np.ix_(*steps)][::-1]
    edges = np.nanquantile(small[np.isfinite(small)], np.linspace(0, 1, LEVELS + 1)[1:-1])
    level = np.where(np.isfinite(small), np.searchsorted(edges, small), LEVELS - 1).astype(np.uint8)
    low, high = np.array(view, dtype=float).T

    def at(x: Any) -> Any:
        return (np.asarray(x, dtype=float) - low) / (high - low) * [SIZE, -SIZE] + [0, SIZE]

    drawn = [
        f'<image width="{SIZE}" height="{SIZE}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{base64.b64encode(_png(level)).decode()}"/>'
    ]
    for path in paths:
        some = np.asarray(path)[np.unique(np.linspace(0, len(path) - 1, POINTS).astype(int))]
        some = np.clip(at(some[np.isfinite(some).all(axis=1)]), -SIZE, 2 * SIZE)
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in some)
        drawn.append(f'<polyline points="{line}" fill="none" stroke="{PATH}" stroke-width="1.6"/>')
    for point in found:
        x, y = at(point.x)
        if 0 <= x <= SIZE and 0 <= y <= SIZE:
            drawn.append(
                f'<path transform="translate({x:.1f} {y:.1f}) scale(4.5)" d="{MARKS.get(point.kind, OTHER)}" '
                'fill="#16191d" stroke="#16191d" stroke-width=".35"/>'
            )
    return "".join(drawn)


def _curve(view: Any, loss: Any) -> str:
    low, high = float(np.nanmin(loss)), float(np.nanmax(loss))
    x = np.linspace(0, SIZE, len(loss))
    y = SIZE * (0.94 - 0.88 * (loss - low) / (high - low or 1.0))
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x[::2], y[::2], strict=True) if np.isfinite(b))
    return f'<polyline points="{line}" fill="none" stroke="#16191d" stroke-width="1.8"/>'


def _png(level: Any) -> bytes:
    """Return levels (ny, nx) as a PNG with a palette."""
    stops = np.array([[int(text[k : k + 2], 16) for k in (1, 3, 5)] for text in STOPS], dtype=float)
    at = np.linspace(0, len(STOPS) - 1, LEVELS)
    palette = np.stack([np.interp(at, range(len(STOPS)), stops[:, k]) for k in range(3)], axis=1)
    rows = np.hstack([np.zeros((len(level), 1), np.uint8), level])
    head = struct.pack(">IIBBBBB", level.shape[1], level.shape[0], 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette.astype(np.uint8).tobytes()),
             (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
