"""Survival: how long runs stay, where some are still there at the end. Curve, median and rate of the tail."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from saddlescape.answers.escape import Curve, Rate
from saddlescape.answers.intervals import LEVEL, wilson
from saddlescape.results import Array

#: exits that a rate is told from, at least
FEW = 20
#: chance with which a tail that is exponential is taken for another
DOUBT = 0.01


def kaplan_meier(exits: Any, seen: Any) -> Curve:
    """Return the share that stays of runs that were seen for ``seen`` ticks (n,) and left after ``exits`` (n,), NaN
    where they were still there (Kaplan and Meier 1958), with Greenwood's variance and log-log bounds (Kalbfleisch and
    Prentice 2002, 1.4.3).

    Ties: who leaves at a tick was still there with those censored at it. Where all or none stay, Greenwood's variance is
    0 and bounds nothing: there it is Wilson's interval of the share.
    """
    from scipy.stats import CensoredData, ecdf

    exits, seen = np.asarray(exits, dtype=float), np.broadcast_to(np.asarray(seen, dtype=float), len(exits))
    gone = np.isfinite(exits)
    found = ecdf(CensoredData(uncensored=exits[gone], right=seen[~gone])).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no bounds where all or none stay
        bounds = found.confidence_interval(LEVEL, method="log-log")
    share = np.concatenate([[1.0], found.probabilities])
    low, high = (np.concatenate([[np.nan], each.probabilities]) for each in (bounds.low, bounds.high))
    most = wilson(0, len(exits))[1]
    for level, ends in ((1.0, (1.0 - most, 1.0)), (0.0, (0.0, most))):
        low[share == level], high[share == level] = ends
    return Curve(np.concatenate([[0.0], found.quantiles]), share, low, high)


def tail_rate(exits: Array, ticks: int, tick: float) -> Rate | None:
    """Return the rate at which runs leave once half of the exits are past, None if fewer than ``FEW`` do then.

    In the tail every run leaves with the same chance p at every tick, whatever was before, if what is left of its time is
    exponential: p is the exits over the ticks that runs were there (maximum likelihood, geometric), its interval that of
    Clopper and Pearson (1934), the rate −log(1 − p) per tick. None too where the two halves of the exits in the tail tell
    two rates (of two exponentials the waits' share has a beta law; at 1 %): then it is not exponential.
    """
    from scipy.stats import beta

    gone = np.isfinite(exits)
    if not gone.any():
        return None
    since = float(np.median(exits[gone]))
    stay = np.where(gone, exits, float(ticks))
    late = exits[gone & (exits > since)]
    if len(late) < FEW:
        return None
    middle = float(np.median(late))
    counts = [int(np.sum(late <= middle)), int(np.sum(late > middle))]
    there = [float(np.sum(np.clip(stay, a, b) - a)) for a, b in ((since, middle), (middle, float(ticks)))]
    k, n, side = sum(counts), sum(there), (1 - LEVEL) / 2
    if not min(counts) or k >= n:
        return None
    chance = beta.cdf(there[0] / n, *counts)
    if 2 * min(chance, 1 - chance) < DOUBT:
        return None
    chances = (k / n, beta.ppf(side, k, n - k + 1), beta.ppf(1 - side, k + 1, n - k))
    value, low, high = (float(-np.log1p(-min(p, 1 - 1e-16)) / tick) for p in chances)
    return Rate(value, low, high, int(since), k)
