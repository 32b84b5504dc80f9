"""The colours of basins: a ramp of shades for every end, light where a start got there soon, mixed hues, and how strong
stripes are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb

from saddlescape.answers.basins import Basins
from saddlescape.plots import style
from saddlescape.plots.basin_ends import End, Places, end_of
from saddlescape.results import STATUSES

Array = np.ndarray[Any, np.dtype[np.float64]]
Pixels = np.ndarray[Any, np.dtype[np.uint8]]
#: steps between the lightest and the darkest of a hue
SHADES = 96
#: shade of what has no time, as a part of the way from light to dark
PLAIN = 0.55


def ramp(colour: str) -> Array:
    """Return the shades (SHADES, 3) of a hue, from soon (light) to late (dark)."""
    own, at = np.array(to_rgb(colour)), np.linspace(0, 1, SHADES)[:, None]
    light, dark = (0.34, 0.62) if style.is_dark() else (0.5, 0.42)
    lighter = own + light * (1 - own) * np.clip(1 - at / PLAIN, 0, 1)
    return np.asarray(lighter * (1 - dark * np.clip((at - PLAIN) / (1 - PLAIN), 0, 1)))


def shaded(found: Sequence[End], places: Places, when: Array, times: tuple[float, float] | None) -> Pixels:
    """Return the picture (ny, nx, 3) of ends shaded by the logarithm of their time."""
    table = np.stack([ramp(end.colour) for end in found])
    flat = [k for k, end in enumerate(found) if not end.timed]
    table[flat] = np.array([to_rgb(found[k].colour) for k in flat]).reshape(-1, 1, 3)
    shade = np.full(places.shape, PLAIN, dtype=np.float32)
    if times is not None:
        low, high = np.log(times)
        with np.errstate(divide="ignore", invalid="ignore"):
            late = (np.log(when.astype(np.float32)) - low) / (high - low)
        shade = np.where(np.isnan(late), shade, np.clip(late, 0, 1))
    row = (shade * (SHADES - 1) + 0.5).astype(np.intp)
    return np.asarray((table * 255 + 0.5).astype(np.uint8)[places, row])


def mixed(result: Basins, own: Collection[int] | None) -> Pixels:
    """Return the picture of the hues of all runs of a pixel, mixed (as light is) by their shares."""
    light = np.zeros((*result.shape, 3))
    for word, part in zip(result.ends, result.odds, strict=True):
        hue = np.array(to_rgb(end_of(word, result.background, own).colour))
        light += part[..., None] * hue**2.2
    return np.asarray((255 * np.clip(light, 0, 1) ** (1 / 2.2) + 0.5).astype(np.uint8))


def chance(result: Basins, status: str) -> Array:
    """Return the share of every pixel's runs (ny, nx) that have a status: of one run 0 or 1."""
    if result.ends:
        return np.asarray(result.odds[[word.partition(":")[0] == status for word in result.ends]].sum(axis=0))
    return np.asarray(result.status == STATUSES.index(status), dtype=float)
