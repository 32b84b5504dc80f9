"""Line-integral convolution (Cabral & Leedom 1993): noise smeared along a field, which shows its lines everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm

from saddlescape.results import Array

#: steps of half a pixel that the noise is followed each way
WAY = 36
#: components of a field beyond this are no larger: their squares are not finite
MOST = 1e140


def texture(
    velocity: Array,
    speed: Array,
    view: Sequence[tuple[float, float]],
    pixels: int,
    norm: LogNorm,
    shades: Any,
    dark: bool,
) -> Array:
    """Return an image (pixels, pixels, 3): the lines of ``velocity`` (ny, nx, 2) in the colours of their ``speed``."""
    from scipy.ndimage import map_coordinates  # only here: other pictures go without

    ny, nx = speed.shape
    rows, columns = np.meshgrid(*[np.linspace(0, n - 1, pixels) for n in (ny, nx)], indexing="ij")
    known = np.clip(np.nan_to_num(velocity, posinf=0.0, neginf=0.0), -MOST, MOST)
    width = np.array([hi - lo for lo, hi in view])
    grey = _smeared(known / width, pixels)
    logs = np.log(np.clip(np.nan_to_num(speed, nan=float(norm.vmin or 1.0)), norm.vmin, norm.vmax))
    colour = shades(norm(np.exp(map_coordinates(logs, [rows, columns], order=1))))[..., :3]
    strong = 0.5 + 0.5 * np.tanh(1.6 * (grey - grey.mean()) / (grey.std() or 1.0))
    page = 0.0 if dark else 1.0
    mixed: Array = page + (0.25 + 0.7 * strong)[..., None] * (colour - page)
    blank = map_coordinates((~np.isfinite(speed)).astype(float), [rows, columns], order=1) > 0
    mixed[blank] = page
    return mixed


def _smeared(field: Array, pixels: int) -> Array:
    """Return noise (pixels, pixels) averaged along ``field`` (ny, nx, 2), which is in parts of the image."""
    from scipy.ndimage import map_coordinates  # only here: other pictures go without

    ny, nx = field.shape[:2]
    noise = np.random.default_rng(0).random((pixels, pixels))
    rows, columns = np.meshgrid(*[np.linspace(0, n - 1, pixels) for n in (ny, nx)], indexing="ij")
    step = np.stack([map_coordinates(field[..., c], [rows, columns], order=1) for c in (1, 0)])
    size = np.sqrt(np.sum(step**2, axis=0))
    step = 0.5 * step / np.where(size > 0, size, 1.0)
    total, weight = np.zeros_like(noise), 0.0
    start = np.stack(np.meshgrid(np.arange(pixels), np.arange(pixels), indexing="ij")).astype(float)
    for sign in (1.0, -1.0):
        at = start.copy()
        for k in range(WAY):
            fade = 0.5 + 0.5 * np.cos(np.pi * k / WAY)
            i, j = np.clip(np.rint(at).astype(int), 0, pixels - 1)
            total += fade * noise[i, j]
            weight += fade
            at += sign * step[:, i, j]
    return total / weight
