"""Pieces of a web page that stands alone: formulas as inline SVG, pictures as small PNGs. No file is written here."""

from __future__ import annotations

import html
import io
from functools import cache
from typing import Any

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from saddlescape.plots import style
from saddlescape.plots.provenance import KEY

#: units of an SVG per em of its formula: whole numbers are fine enough
EM = 100
COMMANDS = {
    Outline.MOVETO: "M",
    Outline.LINETO: "L",
    Outline.CURVE3: "Q",
    Outline.CURVE4: "C",
    Outline.CLOSEPOLY: "Z",
}


@cache
def svg(formula: str) -> str:
    """Return a formula ``$…$`` as an SVG in the colour and the size of the text around it."""
    with style.context("paper"):
        outline: Any = TextPath((0, 0), formula, EM, prop=FontProperties(size=EM))
    if not len(outline.vertices):
        return ""
    low, high = outline.vertices.min(axis=0), outline.vertices.max(axis=0)
    left, bottom, wide, tall = (
        int(low[0]),
        int(low[1]) - 2,
        int(high[0] - low[0]) + 6,
        int(high[1] - low[1]) + 4,
    )
    drawn = []
    for vertices, code in outline.iter_segments(curves=True, simplify=False):
        points = np.rint(np.asarray(vertices).reshape(-1, 2) * [1, -1]).astype(int)
        drawn.append(
            COMMANDS[code] + ("" if code == Outline.CLOSEPOLY else " ".join(f"{x} {y}" for x, y in points))
        )
    return (
        f'<svg role="img" aria-label="{html.escape(formula[1:-1])}" viewBox="{left} {-bottom - tall} {wide} {tall}" '
        f'style="height:{tall / EM:.2f}em;vertical-align:{bottom / EM:.2f}em"><path d="{"".join(drawn)}"/></svg>'
    )


def reduced(png: bytes, width: int, spec: str | None = None, most: int | None = None) -> bytes:
    """Return a PNG at most ``width`` pixels wide, of 256 colours at most, with ``spec`` inside where there is one.

    It is made narrower, by a tenth at a time, until it has at most ``most`` bytes.
    """
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    about = PngInfo()
    if spec is not None:
        about.add_text(KEY, spec)
    while True:
        width = min(width, picture.width)
        size = (width, round(picture.height * width / picture.width))
        flat = _flattened(picture.resize(size, Image.Resampling.LANCZOS))
        out = io.BytesIO()
        flat.save(out, "PNG", optimize=True, pnginfo=about)
        if most is None or out.tell() <= most or width < 100:
            return out.getvalue()
        width = 9 * width // 10


def _sample(picture: Image.Image) -> Image.Image:
    """Return a row of the colours of a picture, each as often as the root of its area.

    Cut by area alone, the page and the background would take the palette and a scale of colours would be left with
    bands.
    """
    pixels = np.asarray(picture).reshape(-1, 3)
    cells = (pixels.astype(np.int64) >> 3) @ [1024, 32, 1]
    area = np.bincount(cells, minlength=2**15)
    seen = np.flatnonzero(area)
    means = [np.bincount(cells, band, minlength=2**15)[seen] / area[seen] for band in pixels.T]
    colours = np.rint(np.stack(means, axis=1)).astype(np.uint8)
    return Image.fromarray(np.repeat(colours, np.ceil(np.sqrt(area[seen])).astype(int), axis=0)[None])


def _flattened(picture: Image.Image) -> Image.Image:
    """Return a picture of at most 256 colours: those it needs most, and every hue of the style, so that a thin line keeps
    its own among shades."""
    hues = [
        *style.CYCLE,
        *style.ENDS,
        *style.CAUGHT,
        *style.ELSEWHERE.values(),
        style.baseline_colour(),
        "#16191d",
        "#ffffff",
    ]
    own = [int(hue[k : k + 2], 16) for hue in dict.fromkeys(hues) for k in (1, 3, 5)]
    most = 256 - len(own) // 3
    needed = (
        _sample(picture).quantize(most, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).getpalette() or []
    )
    palette = Image.new("P", (1, 1))
    palette.putpalette([*own, *needed[: 3 * most]])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)
