"""Confidence intervals of shares."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

#: what every interval covers
LEVEL = 0.95


def wilson(count: int, of: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a share of which ``count`` of ``of`` were seen, 0 ≤ count ≤ of (Wilson 1927, eq. 4).

    It stays within [0, 1] and is no point at 0 or 1. Raises ValueError if ``of`` is 0.
    """
    if not 0 <= count <= of or of == 0:
        raise ValueError(f"{count} of {of} is no share")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, room = count / of, z * z / of
    middle = (share + room / 2) / (1 + room)
    half = sqrt(share * (1 - share) * room + room * room / 4) / (1 + room)
    low, high = middle - half, middle + half
    return (0.0 if count == 0 else low), (1.0 if count == of else high)
