"""FaceComparison: how far the flows and SDEs of a method are from its map, as arrays with what made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from saddlescape.answers.base import Answer, part
from saddlescape.results import Array

#: test functions φ of the weak errors: name -> how their expectation is written
PHI = {"x": "E x", "xx": "E x xᵀ", "loss": "E f"}
#: how their weak errors are written
ERRORS = {phi: f"|Δ {word}|" for phi, word in PHI.items()}
#: half a 95 % interval of an order from which on it tells nothing: 1 and 2 are no longer apart
VAGUE = 0.5
#: faces coincide where what is measured of them differs by less than this part
SAME = 1e-9
#: what is followed along a run, in this order; test_loss only where there is one
TRACES = ("loss", "test_loss", "norm", "grad_norm", "sharpness", "alignment")


@part
@dataclass(frozen=True, eq=False)
class Band:
    """A trace of map and faces (rows, the map first) at the recorded times: ``mean`` over the repetitions with its
    standard error ``se``, and the 10 % and 90 % quantiles ``low`` and ``high``; all of shape (1 + faces, T)."""

    mean: Array
    se: Array
    low: Array
    high: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class FaceComparison(Answer):
    """Weak errors of the faces of a method, and traces of map and faces side by side.

    ``faces`` are the faces as they were asked for; ``methods`` the texts of the map and of every face with every number
    resolved, ``formulas`` the same in LaTeX. ``etas`` (E,) and ``rhos`` (R,), ascending (rho is NaN where the method
    has none), ``steps`` (E,) steps of the map to the same ``time``.

    ``errors`` has for every φ of PHI the norm |E φ(map) − E φ(face)| at the end, (faces, E, R): of the vector x
    (Euclidean), of the matrix x xᵀ (Frobenius) and of the loss f. ``se`` is its standard error, ``floor`` what the norm
    would be of sampling noise alone (root mean square, were the true difference 0): an error below 2·floor tells
    nothing. ``slopes`` is the exponent of eta with its 95 % interval, (faces, R, 3), NaN with fewer than three errors
    that tell. ``size`` is the norm of E φ(map), (E, R). ``coupled`` says that the faces see the map's own normals.

    ``t`` (T,) are the recorded times of the method's own eta and rho, ``traces`` a Band for each of TRACES that there
    is. ``alive`` (1 + faces, T) counts the repetitions that are finite there, ``diverged`` (1 + faces, E, R) those
    that are not at the end: means and errors are over the others.
    """

    faces: tuple[str, ...]
    methods: tuple[str, ...]
    formulas: tuple[str, ...]
    latex: str
    etas: Array
    rhos: Array
    steps: Array
    time: float
    runs: int
    coupled: bool
    errors: Mapping[str, Array]
    se: Mapping[str, Array]
    floor: Mapping[str, Array]
    size: Mapping[str, Array]
    slopes: Mapping[str, Array]
    diverged: Array
    t: Array
    alive: Array
    traces: Mapping[str, Band]

    def tells(self, phi: str) -> np.ndarray[Any, Any]:
        """Return where the error of ``phi`` is more than sampling noise, (faces, E, R)."""
        found: np.ndarray[Any, Any] = self.errors[phi] > 2.0 * self.floor[phi]
        return found

    def summary(self) -> str:
        """Return the weak errors with standard errors as a table in words."""
        lines = [
            self.title,
            f"{'face':<24}{'eta':>9}{'rho':>7}" + "".join(f"{word:>24}" for word in ERRORS.values()),
        ]
        for face, eta, rho, *errors in self.rows():
            lines.append(f"{face:<24}{eta:>9}{rho:>7}" + "".join(f"{each:>24}" for each in errors))
        return "\n".join([*lines, *self.remarks()])

    @property
    def title(self) -> str:
        """What was compared, in a line."""
        spec, place = self.spec, ", ".join(f"{a:g}" for a in self.spec["x0"])
        return (
            f"{self.methods[0]} on {spec['landscape']} from ({place}), time {self.time:g}, "
            f"{self.runs} run{'s' * (self.runs > 1)}, seed {spec['seed']}"
        )

    def rows(self) -> list[tuple[str, ...]]:
        """Return (face, eta, rho, errors of x, xx and loss) in words, a row for every face, eta and rho."""
        return [
            (
                face,
                f"{eta:.3g}",
                "" if np.isnan(rho) else f"{rho:g}",
                *(self._value(phi, i, e, r) for phi in PHI),
            )
            for i, face in enumerate(self.faces)
            for e, eta in enumerate(self.etas)
            for r, rho in enumerate(self.rhos)
        ]

    def order_of(self, phi: str, i: int, r: int) -> tuple[float, float] | None:
        """Return the exponent of eta of face ``i`` at rho ``r`` and half its 95 % interval; None where three errors or
        more are not told from noise, or the interval is as wide as ± 0.5 and tells no order from the next."""
        middle, _, high = (float(a) for a in self.slopes[phi][i, r])
        return (middle, high - middle) if high - middle < VAGUE else None

    def coinciding(self) -> list[tuple[int, ...]]:
        """Return the groups of faces that are one: all their errors and traces agree, as of a quadratic, where there is
        no third derivative for order 3 to add."""

        def one(i: int, j: int) -> bool:
            pairs = [
                (t[i], t[j], np.nanmax(size))
                for t, size in zip(self.errors.values(), self.size.values(), strict=True)
            ]
            pairs += [
                (b.mean[1 + i], b.mean[1 + j], np.nanmax(np.abs(b.mean[0]))) for b in self.traces.values()
            ]
            return all(np.allclose(a, b, rtol=SAME, atol=SAME * size, equal_nan=True) for a, b, size in pairs)

        groups: list[tuple[int, ...]] = []
        for i in range(len(self.faces)):
            k = next((k for k, group in enumerate(groups) if one(group[0], i)), len(groups))
            groups[k : k + 1] = [(*(groups[k] if k < len(groups) else ()), i)]
        return [group for group in groups if len(group) > 1]

    def remarks(self) -> list[str]:
        """Return what is to be said below the table: what noise covers, faces that are one, orders in eta, what
        diverged."""
        alike = [f"{' and '.join(self.faces[i] for i in group)} coincide" for group in self.coinciding()]
        noisy = any(np.any(~self.tells(phi) & (self.floor[phi] > 0)) for phi in PHI)
        lines = ["~ below twice the sampling noise: not told from 0"] * noisy
        return [*lines, *alike, *self._slopes(), *self._losses()]

    def _value(self, phi: str, i: int, e: int, r: int) -> str:
        error, se = self.errors[phi][i, e, r], self.se[phi][i, e, r]
        mark = "" if self.tells(phi)[i, e, r] or not self.floor[phi][i, e, r] > 0 else "~"
        return f"{mark}{error:.3g}" + (f" ± {se:.2g}" if se > 0 else "")

    def _slopes(self) -> list[str]:
        """Return one line per face and rho with exponents of eta, and one that says why some are missing."""
        lines, vague = [], False
        for i, face in enumerate(self.faces):
            for r, rho in enumerate(self.rhos):
                found = []
                for phi, word in PHI.items():
                    fit = self.order_of(phi, i, r)
                    vague |= fit is None and bool(np.isfinite(self.slopes[phi][i, r, 0]))
                    found += (
                        [f"{word} {fit[0]:.2f} ({fit[0] - fit[1]:.2f} to {fit[0] + fit[1]:.2f})"]
                        if fit
                        else []
                    )
                at = "" if np.isnan(rho) or len(self.rhos) == 1 else f" at rho = {rho:g}"
                lines += [f"order in eta of {face}{at}: {', '.join(found)}"] if found else []
        few = f"{len(self.etas)} etas" + (f" and {self.runs} runs" if self.runs > 1 else "")
        other = "other orders" if lines else "an order"
        return [*lines, *[f"{few} are too few to tell {other} in eta to within {VAGUE}"] * vague]

    def _losses(self) -> list[str]:
        """Return one line per row that lost repetitions."""
        lines = []
        for i, name in enumerate(("the map", *self.faces)):
            most = int(self.diverged[i].max())
            if most:
                lines.append(f"of {name} up to {most} runs diverged; means and errors are over the others")
        return lines
