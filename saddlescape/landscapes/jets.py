"""Finite sums f = (1/n) Σ f_i: the samples of a landscape, and jets of the loss or of Σ w_i f_i.

The weights w_i are inputs of one program, so a mini-batch, a reweighted loss and a single sample are the same code.
"""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from saddlescape import store
from saddlescape.errors import UsageError
from saddlescape.landscapes import calculus
from saddlescape.landscapes.calculus import DIRECTIONS
from saddlescape.landscapes.formula import parse
from saddlescape.landscapes.program import Program

if TYPE_CHECKING:
    import sympy

    from saddlescape.landscapes.base import Array, Landscape

MOST_ORDER = 1 + len(DIRECTIONS)
SOURCES = tuple(
    f"landscapes/{part}" for part in ("calculus.py", "forms.py", "program.py", "jets.py", "formula")
)
#: the mean of the samples is the formula up to this part of the largest term, which allows for cancellation
SAME = 1e-9
CHECKED = 64  # points of the domain at which that is looked at


def need(landscape: Landscape) -> None:
    """Raise UsageError in words if the landscape has no samples."""
    if not landscape.samples:
        raise UsageError(f"{landscape.name} is no finite sum: its loss has no samples")


def one(landscape: Landscape, i: int) -> Landscape:
    """Return sample ``i``, counted from 0, with the coordinates, parameters, window and numbers of the whole."""
    need(landscape)
    n = landscape.n_samples
    try:
        place = operator.index(i)
    except TypeError:
        raise UsageError(f"a sample is chosen by its number, 0 to {n - 1}, not by {i!r}") from None
    if not 0 <= place < n:
        raise UsageError(
            f"{landscape.name} has {n} sample{'s' if n > 1 else ''}, numbered from 0: there is no sample {place}"
        )
    return replace(
        landscape,
        name=f"{landscape.name}_sample_{place}",
        title=f"{landscape.title}, sample {place}",
        formula=landscape.samples[place],
        samples=(),
        note="",
    )


def inputs(landscape: Landscape, order: int, weighted: bool) -> list[str]:
    """Return the names that a jet's program reads beside coordinates and parameters: directions, then weights."""
    names = [f"_{name}{i}" for name in DIRECTIONS[: max(order - 1, 0)] for i in range(landscape.dim)]
    return names + [f"_w{i}" for i in range(landscape.n_samples) if weighted]


def jet(landscape: Landscape, order: int, weighted: bool) -> Program:
    """Return the program that ``Landscape.jet`` promises, derived on first use and kept on disk."""
    if order not in range(MOST_ORDER + 1):
        raise UsageError(f"jets are of order 0 to {MOST_ORDER}, not {order}")
    if not weighted and order < 2:
        return dict(landscape.derived[("loss", "gradient")[order]])
    if weighted:
        need(landscape)
    source: object = landscape.samples if weighted else landscape.formula
    key = store.digest("jet", order, weighted, source, landscape.coordinates, store.sources_digest(*SOURCES))
    return store.remembered(
        "formulas",
        key,
        lambda: calculus.jet(
            _weighted(landscape) if weighted else landscape.expression, landscape.coordinates, order
        ),
    )


def _weighted(landscape: Landscape) -> sympy.Expr:
    """Return Σ w_i f_i as an expression."""
    import sympy

    terms = [parse(text, variables=landscape.coordinates).sympy() for text in landscape.samples]
    return sympy.Add(*(sympy.Symbol(f"_w{i}", real=True) * term for i, term in enumerate(terms)))


def weights(landscape: Landscape, given: Any) -> Array:
    """Return weights as an array of shape (…, n); refuses another last axis."""
    need(landscape)
    found = np.asarray(given, dtype=np.float64)
    if found.ndim == 0 or found.shape[-1] != landscape.n_samples:
        raise UsageError(
            f"{landscape.name} has {landscape.n_samples} samples: weights of shape (…, {landscape.n_samples}) "
            f"are needed, not {found.shape}"
        )
    return found


def check_mean(landscape: Landscape) -> None:
    """Raise UsageError unless the mean of the samples is the loss at 64 points of the domain, where both are finite."""
    lo, hi = np.array(landscape.domain).T
    points = np.random.default_rng(0).uniform(lo, hi, (CHECKED, landscape.dim))
    each, loss = landscape.sample_losses(points), landscape.loss(points)
    wrong = _differ(each.mean(axis=-1), loss, each)
    if not wrong.any():
        return
    at = int(np.argmax(wrong))
    where = ", ".join(f"{c} = {v:.6g}" for c, v in zip(landscape.coordinates, points[at], strict=True))
    hint = ""
    if not _differ(each.sum(axis=-1), loss, each).any():
        hint = f". Their sum is: write {landscape.n_samples} times each, for the loss is the mean"
    raise UsageError(
        f"the mean of the samples is not the formula: at {where} it is {each[at].mean():.6g}, "
        f"and the formula {loss[at]:.6g}{hint}"
    )


def _differ(mean: Array, loss: Array, each: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    scale = np.maximum(np.abs(each).max(axis=-1), np.abs(loss))
    with np.errstate(all="ignore"):
        found: np.ndarray[Any, np.dtype[np.bool_]] = np.isfinite(scale) & (np.abs(mean - loss) > SAME * scale)
    return found
