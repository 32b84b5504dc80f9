"""What boundaries of basins are like: their entropy, how uncertain they make a start, and maps refined along them."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np

from saddlescape.answers.base import Answer
from saddlescape.answers.basins import Basins
from saddlescape.results import Array


@dataclass(frozen=True, eq=False, kw_only=True)
class BasinEntropy(Answer):
    """Basin entropy (Daza et al. 2016). ``boxes`` boxes of ``box`` × ``box`` pixels hold known ends alone, ``mixed`` of
    them more than one; ``left_out`` hold unknown ends and count nowhere. ``entropy`` is the mean Gibbs entropy of all
    boxes, S_b, ``boundary`` that of the mixed ones, S_bb (NaN where there are none), with their standard errors
    ``entropy_se`` and ``se``, boxes taken as independent. ``ends`` is the number of different ends."""

    method: str
    title: str
    box: int
    boxes: int
    mixed: int
    left_out: int
    ends: int
    entropy: float
    entropy_se: float
    boundary: float
    se: float

    @property
    def fractal(self) -> bool:
        """Whether S_bb exceeds log 2, which no smooth boundary reaches: sufficient for a fractal one, not necessary."""
        return bool(self.boundary > log(2))

    def summary(self) -> str:
        """Return both entropies and what they say."""
        verdict = (
            "above log 2: the boundary is fractal"
            if self.fractal
            else "not above log 2, which decides nothing"
        )
        lines = [
            f"{self.method} on {self.title}: {self.boxes:,} boxes of {self.box} × {self.box} pixels, {self.ends} ends",
            f"  basin entropy S_b     {self.entropy:.4f} ± {1.96 * self.entropy_se:.4f}",
            f"  at the boundary S_bb  {self.boundary:.4f} ± {1.96 * self.se:.4f} over {self.mixed:,} boxes, {verdict}",
        ]
        return "\n".join(
            lines + [f"  {self.left_out:,} boxes with unknown ends are left out"] * (self.left_out > 0)
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Uncertainty(Answer):
    """How the share of uncertain starts falls with the error of a start (Grebogi et al. 1983).

    A start is uncertain at the distance ``eps`` (E,) if a start so far to either side ends elsewhere; ``uncertain`` (E,)
    of ``starts`` (E,) are, of those whose ends are known. ``unit`` says what eps counts. The share goes as eps^``alpha``,
    fitted by least squares over those with at least 10 uncertain starts; ``interval`` holds 95 % of it, by
    the residuals or by the counting errors of the shares, whichever is wider. The boundary has the dimension
    ``dimension`` − alpha.
    """

    method: str
    title: str
    unit: str
    eps: Array
    uncertain: np.ndarray[Any, np.dtype[np.int64]]
    starts: np.ndarray[Any, np.dtype[np.int64]]
    alpha: float
    interval: tuple[float, float]
    dimension: int = 2

    @property
    def fraction(self) -> Array:
        """The share of uncertain starts at every distance, (E,); NaN where no end is known."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.uncertain / self.starts)

    @property
    def boundary_dimension(self) -> tuple[float, float, float]:
        """The dimension of the boundary, and the ends of its 95 % interval."""
        low, high = self.interval
        return self.dimension - self.alpha, self.dimension - high, self.dimension - low

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data, with the dimension of the boundary and its interval."""
        size, *span = self.boundary_dimension
        return {**super().to_json(), "boundary_dimension": size, "boundary_interval": span}

    def summary(self) -> str:
        """Return the exponent and the dimension with intervals, and the shares."""
        (low, high), (size, least, most) = self.interval, self.boundary_dimension
        shares = ", ".join(f"{e:.3g}: {f:.3%}" for e, f in zip(self.eps, self.fraction, strict=True))
        return "\n".join(
            [
                f"{self.method} on {self.title}: uncertainty exponent {self.alpha:.3f} ({low:.3f} to {high:.3f})",
                f"  dimension of the boundary {size:.3f} ({least:.3f} to {most:.3f}); 1 is a smooth curve",
                f"  uncertain at a distance (in {self.unit}) of {shares}",
            ]
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Refined(Basins):
    """Basins of which only pixels at boundaries were computed: ``computed`` (ny, nx) is the level at which a pixel was
    run, from 1 (twice the first resolution), and 0 where the end was copied from the first map."""

    computed: np.ndarray[Any, np.dtype[np.int8]]

    silent = (*Basins.silent, "computed")

    @property
    def saved(self) -> float:
        """The share of pixels that a map of this resolution would have run beside those run here, of all levels."""
        return 1 - self.runs_made / self.status.size

    @property
    def runs_made(self) -> int:
        """The number of starts that were run at all levels."""
        return int(self.spec["refined"]["runs"])

    def summary(self) -> str:
        """Return the shares, and how much was computed."""
        share = self.runs_made / self.status.size
        said = f"refined along boundaries: {self.runs_made:,} starts were run ({share:.1%} of the pixels)"
        return f"{super().summary()}\n  {said}"
