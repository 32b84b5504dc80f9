"""Traces: what is followed along the repetitions of a run, and their means, standard errors and quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from saddlescape.analysis.cells import Test
from saddlescape.answers.faces import Band
from saddlescape.dynamics.evaluate import evaluated
from saddlescape.dynamics.method import Method
from saddlescape.landscapes.base import Landscape
from saddlescape.results import Array
from saddlescape.symbols import gradient, number, variable

#: count, mean, squared deviations and values kept, (T,) and (repetitions, T), of a chunk of repetitions
Chunk = Mapping[str, Array]
#: quantiles are those of the first so many repetitions; means are of all
QUANTILES = 20_000


def quantities(landscape: Landscape, method: Method, test: Test | None, x: Array) -> dict[str, Array]:
    """Return the traces at ``x`` (…, d), each of shape (…)."""
    slope = landscape.grad(x)
    top, axis = leading(landscape.hessian(x))
    seen = displacement(landscape, method, x, slope)
    with np.errstate(all="ignore"):
        cosine = np.abs(np.sum(seen * axis, axis=-1)) / np.linalg.norm(seen, axis=-1)
    found = {"loss": landscape.loss(x)}
    if test is not None:
        found["test_loss"] = np.asarray(test(x), dtype=float)
    return {
        **found, "norm": np.linalg.norm(x, axis=-1), "grad_norm": np.linalg.norm(slope, axis=-1),
        "sharpness": top, "alignment": cosine,
    }  # fmt: skip


def displacement(landscape: Landscape, method: Method, x: Array, slope: Array) -> Array:
    """Return where the perturbation looks, x + s, as s made from the full gradient ``slope``.

    Only its direction is used. It is the gradient itself where a method has none (gd), where rho is 0, and for a
    direction that is no displacement of the gradient alone (dnsam: its noise-free displacement is along ∇f).
    """
    part = method.perturbation
    own = {name: method.numbers[name] for name in part.numbers}
    if not hasattr(part, "displace") or own.get("rho") == 0.0:
        return slope
    formula = part.displace(gradient(variable("x")), **{name: number(name) for name in own})
    return evaluated(landscape, formula, {"x": x}, own)


def leading(matrix: Array) -> tuple[Array, Array]:
    """Return the largest eigenvalue and its unit vector of symmetric matrices (…, d, d); NaN where they are NaN."""
    if matrix.shape[-1] != 2:
        good = np.all(np.isfinite(matrix), axis=(-2, -1), keepdims=True)
        values, vectors = np.linalg.eigh(np.where(good, matrix, 0.0))
        return (
            np.where(good[..., 0, 0], values[..., -1], np.nan),
            np.where(good[..., 0], vectors[..., -1], np.nan),
        )
    a, b, c = matrix[..., 0, 0], matrix[..., 0, 1], matrix[..., 1, 1]
    half = 0.5 * (a - c)
    reach = np.hypot(half, b)
    # of the two columns of M − (smaller eigenvalue) the longer one; (1, 0) where all directions are the same
    axis = np.where((half >= 0)[..., None], np.stack([half + reach, b], -1), np.stack([b, reach - half], -1))
    length = np.hypot(axis[..., 0], axis[..., 1])
    axis = np.where(
        (length == 0)[..., None], [1.0, 0.0], axis / np.where(length == 0, 1.0, length)[..., None]
    )
    return 0.5 * (a + c) + reach, axis


def gathered(values: Array, first: int) -> Chunk:
    """Return what is kept of the values (repetitions, T) of a chunk, of which ``first`` repetitions went before."""
    good = np.isfinite(values)
    n = good.sum(axis=0)
    mean = np.where(good, values, 0.0).sum(axis=0) / np.maximum(n, 1)
    squares = np.where(good, (values - mean) ** 2, 0.0).sum(axis=0)
    kept = np.where(good, values, np.nan)[: max(0, QUANTILES - first)]
    return {"count": n, "mean": mean, "squares": squares, "kept": kept}


@dataclass
class Gathered:
    """Means and squared deviations of one trace over chunks of repetitions (Chan et al. 1983), and values kept for
    quantiles. Values that are not finite are left out where they occur."""

    count: Any = 0
    mean: Any = 0.0
    squares: Any = 0.0
    kept: list[Array] = field(default_factory=list)

    def add(self, values: Array) -> None:
        """Add the values (repetitions, T) of a chunk."""
        self.join(gathered(values, sum(map(len, self.kept))))

    def join(self, chunk: Chunk) -> None:
        """Add what is gathered of a chunk of repetitions."""
        n = chunk["count"]
        total = np.maximum(self.count + n, 1)
        gap = chunk["mean"] - self.mean
        self.squares = self.squares + chunk["squares"] + gap * gap * self.count * n / total
        self.mean = self.mean + gap * n / total
        self.count = self.count + n
        if len(chunk["kept"]):
            self.kept.append(chunk["kept"])

    def rows(self) -> tuple[Array, Array, Array, Array]:
        """Return mean, its standard error, and the 10 % and 90 % quantiles, (T,) each; NaN where nothing is finite."""
        none = self.count == 0
        with np.errstate(all="ignore"):
            se = np.sqrt(self.squares / np.maximum(self.count - 1, 1) / self.count)
        values = np.sort(np.concatenate(self.kept), axis=0)  # NaN goes last
        low, high = (quantile(values, part) for part in (0.1, 0.9))
        return np.where(none, np.nan, self.mean), np.where(none, np.nan, se), low, high


def quantile(values: Array, part: float) -> Array:
    """Return a quantile of every column of ``values``, sorted with NaN last, over what is not NaN."""
    place = part * np.maximum(np.isfinite(values).sum(axis=0) - 1, 0)
    below = np.floor(place).astype(int)
    above = np.minimum(np.ceil(place).astype(int), len(values) - 1)
    columns = np.arange(values.shape[1])
    found: Array = values[below, columns] + (place - below) * (
        values[above, columns] - values[below, columns]
    )
    return found


def bands(rows: list[Mapping[str, Gathered]]) -> dict[str, Band]:
    """Return the traces of map and faces, gathered one after the other, as bands."""
    return {
        name: Band(*(np.stack(part) for part in zip(*(row[name].rows() for row in rows), strict=True)))
        for name in rows[0]
    }
