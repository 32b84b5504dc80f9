"""SDEs: dX = −E[G](X) dt + √eta C(X)^½ dW, the law of the map for small eta, with C the covariance of G over the noise.

The drift and the covariance are sums over the atoms of the noise's law (laws.py), with G cut after rho (order 2) or
rho² (order 3). Time is t = k·eta. Sources: Li, Tai & E 2019 (weak order), Compagnoni et al. 2023 (SAM, order 2),
Luo et al. 2024 (order 3); the covariance is that of the cut direction, which is never indefinite (docs/theory.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from saddlescape.dynamics.clocks import Parts
from saddlescape.dynamics.flows import Face, atoms, average, mean_direction, slope, total
from saddlescape.dynamics.noise import hessian_entries
from saddlescape.dynamics.schemes import SDE_SCHEMES, State
from saddlescape.symbols import Scalar, Vector, component, lower_root, number, root, square_root, variable

#: with more atoms than this, and than coordinates, the noise is C^½ dW with d normals instead of one normal per atom
FEW_ATOMS = 4
COVARIANCES = ("psd", "exact", "literal")


@dataclass(frozen=True)
class Sde(Face):
    """The stochastic face of order 2 or 3. ``scheme``: euler, or heun for additive noise. ``cov``: psd (of the cut
    direction), exact (of the direction itself) or literal (the series of the covariance cut at the same order in rho,
    negative eigenvalues set to 0: what papers print, d ≤ 2)."""

    order: int | None = 2
    scheme: str = "euler"
    cov: str = "psd"

    @property
    def name(self) -> str:
        """sde2 or sde3."""
        return f"sde{self.order}"

    def step(self, parts: Parts) -> dict[str, Vector]:
        """Return the state after dt under the Brownian increments dw (of sigma), db or xi0, xi1 … (of the law)."""
        state = {"x": variable("x"), **{name: variable(name) for name in parts.momentum.state}}

        def field(at: State) -> State:
            return slope(parts, at, mean_direction(parts, at["x"], self.order, self.drift))

        kick, eta = self.noise(parts, state["x"]), parts.numbers["eta"]
        noise = {"v": kick / square_root(eta)} if "v" in state else {"x": -(square_root(eta) * kick)}
        return SDE_SCHEMES[self.scheme](field, state, parts.numbers["dt"], noise)

    def noise(self, parts: Parts, x: Vector) -> Vector:
        """Return C(x)^½ dW as a formula of the increments."""
        law = parts.law
        kicks = []
        if law.additive:
            z = variable("dw")
            shaped = z if parts.noise.noise == "iso" else root("abs", hessian_entries(x, parts.dim), z)
            kicks.append(parts.numbers["sigma"] * shaped)
        if len(law.atoms) > 1:
            kicks.append(self.of_atoms(parts, x))
        return total(list(kicks))

    def of_atoms(self, parts: Parts, x: Vector) -> Vector:
        """Return the part of C^½ dW that comes from the atoms of the law."""
        if self.cov == "literal":
            parts = parts.written_out("cov=literal")
        pieces = atoms(parts, x, None if self.cov == "exact" else self.order)
        if self.cov == "literal":
            assert self.order is not None
            return root("clip", entries(parts.dim, pieces, self.order - 1), variable("db"))
        whole = [(p, [total(terms)]) for p, terms in pieces]
        if len(whole) > max(FEW_ATOMS, parts.dim):
            upper, z = entries(parts.dim, whole, 0), variable("db")  # type: ignore[arg-type]
            return root("clip", upper, z) if parts.dim <= 2 else lower_root(upper, z)
        mean = average([(p, v[0]) for p, v in whole])
        columns = [(sqrt(p) * number(f"xi{k}")) * (v[0] - mean) for k, (p, v) in enumerate(whole)]
        return total(list(columns))


def entries(dim: int, pieces: list[tuple[float, list[Vector | None]]], order: int) -> list[Scalar]:
    """Return the upper triangle of Σ_{i+j ≤ order} Cov(terms i, terms j) over the atoms."""
    count = max(len(terms) for _, terms in pieces)
    centred: list[list[tuple[float, Vector]]] = []
    for k in range(count):
        terms = [(p, t[k]) for p, t in pieces if k < len(t) and t[k] is not None]
        if not terms:
            centred.append([])
            continue
        mean = average(terms)  # type: ignore[arg-type]
        centred.append([(p, t - mean) for p, t in terms])  # type: ignore[operator]
    found = []
    for i in range(dim):
        for j in range(i, dim):
            found.append(
                total(
                    [
                        p * component(u, i) * component(v, j)
                        for a in range(count)
                        for b in range(count)
                        if a + b <= order or count == 1
                        for (p, u), (_, v) in zip(centred[a], centred[b], strict=True)
                    ]
                )
            )
    return found
