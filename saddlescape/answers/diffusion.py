"""How noise spreads a method about a critical point: while it is leaving, and where it stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from saddlescape.answers.base import Answer
from saddlescape.results import Array, Background, CriticalPoint

#: parts of the largest coordinate, or variance, below which a number is what rounding left of 0
ROUNDING = 1e-14


@dataclass(frozen=True, eq=False, kw_only=True)
class Displacement(Answer):
    """E⟨x − x*, e_j⟩² along the eigenvectors of the Hessian at a critical point, from the exact moments of a method made
    linear there.

    ``times`` (T,) are those of ticks, ``squares`` (T, d) the mean squares along the columns of ``directions`` (d, d) with
    ``eigenvalues`` (d,). ``published`` has formulas from papers by their key, (T, d) each, as they are printed there.
    ``exact`` says that nothing was made linear and no law was approximated; ``remark`` what else is to be known.
    """

    method: str
    formula: str
    clock: str
    about: CriticalPoint
    start: Array
    eigenvalues: Array
    directions: Array
    times: Array
    squares: Array
    exact: bool
    remark: str
    published: Mapping[str, Array]

    @property
    def total(self) -> Array:
        """E‖x − x*‖² (T,)."""
        return np.asarray(self.squares.sum(axis=1))

    def summary(self) -> str:
        """Return the mean squares at the last time, a line for every direction."""
        lines = [f"{self.method}: mean squares about the {self.about.kind} after time {self.times[-1]:g}"]
        for k, value in enumerate(self.eigenvalues):
            more = "".join(f"  ({name}: {other[-1, k]:.6g})" for name, other in self.published.items())
            lines.append(f"  λ = {value:<10.4g} {self.squares[-1, k]:.6g}{more}")
        return "\n".join([*lines, *([f"  {self.remark}"] if self.remark else [])])


@dataclass(frozen=True, eq=False, kw_only=True)
class Stationary(Answer):
    """The stationary ``covariance`` (d, d) of a method about ``centre`` (d,), where its mean step rests at the critical
    point ``about``; ``state`` (s, s) is that of x and the momentum buffer; ``exact``, ``remark`` as in Displacement."""

    method: str
    formula: str
    clock: str
    background: Background
    about: CriticalPoint
    centre: Array
    covariance: Array
    state: Array
    exact: bool
    remark: str

    @property
    def deviations(self) -> Array:
        """The standard deviations along the eigenvectors of the Hessian (d,), 0 where rounding alone is left."""
        along = np.einsum("ik,ij,jk->k", self.about.eigenvectors, self.covariance, self.about.eigenvectors)
        return np.asarray(np.sqrt(_settled(along, float(np.max(np.abs(self.covariance))))))

    def summary(self) -> str:
        """Return the standard deviations along the eigenvectors of the Hessian."""
        spread = ", ".join(
            f"{a:.5g} (λ = {value:.4g})"
            for a, value in zip(self.deviations, self.about.eigenvalues, strict=True)
        )
        size = max(abs(edge) for edge in np.ravel(self.background.view))
        at = ", ".join(f"{a:.5g}" for a in _settled(self.centre, float(size)))
        text = f"{self.method} about ({at}): standard deviations {spread}"
        return text + (f"\n  {self.remark}" if self.remark else "")


def _settled(values: Array, size: float) -> Array:
    """Return values of which those below rounding of numbers as large as ``size`` are 0."""
    return np.where(np.abs(values) <= ROUNDING * size, 0.0, values)
