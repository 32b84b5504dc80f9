"""Confidence intervals of shares."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np

from saddlescape.results import Array

#: what every interval covers
LEVEL = 0.95


def wilson(count: int, of: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a share of which ``count`` of ``of`` were seen, 0 ≤ count ≤ of (Wilson 1927, eq. 4).

    It stays within [0, 1] and is no point at 0 or 1. Raises ValueError if ``of`` is 0.
    """
    if not 0 <= count <= of or of == 0:
        raise ValueError(f"{count} of {of} is no share")
    return _score(count / of, of, level)


def clustered(parts: Array, runs: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of the mean of ``parts``, the shares of ``runs`` runs in pixels drawn at random.

    Runs of one pixel are alike, so pixels are the sample: Wilson's interval with as many trials as have the variance of
    the mean over pixels (the design effect; Kish 1965). That variance is taken with two pixels more than were
    drawn, one where none of the runs ends so and one where all do: how unlike pixels are, few runs do not tell.
    With one run a pixel, and where all runs or none end so, the trials are exactly the pixels; they are never more
    than the runs.
    """
    pixels, total = parts.size, float(parts.sum())
    middle = (total + 1) / (pixels + 2)
    spread = (float(np.sum((parts - middle) ** 2)) + middle**2 + (1 - middle) ** 2) / (pixels + 2)
    trials = min(max(pixels * middle * (1 - middle) / spread, pixels), pixels * runs)
    return _score(round(total * runs) / (pixels * runs), trials, level)


def _score(share: float, of: float, level: float) -> tuple[float, float]:
    """Return Wilson's interval of a share of ``of`` trials, which need be no whole number."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    room = z * z / of
    middle = (share + room / 2) / (1 + room)
    half = sqrt(share * (1 - share) * room + room * room / 4) / (1 + room)
    return (0.0 if share == 0 else middle - half), (1.0 if share == 1 else middle + half)
