"""Noise: which gradients a method sees. A mini-batch of a finite sum, additive Gaussian noise, or both.

A draw of the noise names, for every gradient a tick asks for, whose gradient it is (a *source* of symbols.gradient: the
whole loss, one sample, a weighted batch) and what is added to it. A map draws anew at every tick; the flow and SDE
faces take expectations over the law of one tick's draw, a list of weighted *atoms* (laws.py). Either way the
direction is composed here, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from saddlescape.dynamics.perturbations import Gradients, Oracle, Perturbation
from saddlescape.symbols import Scalar, Vector, bend, component, fixed, gradient, root, variable

ASCENTS = ("same", "full", "fresh")
SHAPES = ("iso", "hessian")


@dataclass(frozen=True)
class Noise:
    """What is random in the gradients a method sees.

    ``batch`` samples are drawn per tick, with ``replace``ment or not (None: all samples), and cut into groups of ``m``,
    each perturbed on its own (None: one group). ``sigma`` is the standard deviation per coordinate of Gaussian noise
    that is added to the gradient; its covariance is sigma²·I (``noise`` "iso") or sigma²·|H(x)| ("hessian").
    ``ascent`` says which gradient the perturbation sees: the "same" draw, the "full" noise-free one, or a "fresh" draw.
    ``nodes`` sets how finely flows and SDEs take expectations over Gaussian noise that the perturbation sees (nodes.py).
    """

    sigma: Any = 0.0
    batch: int | None = None
    replace: bool = False
    m: int | None = None
    ascent: str = "same"
    noise: str = "iso"
    nodes: int | None = None

    @property
    def additive(self) -> bool:
        """Whether Gaussian noise is added."""
        return bool(self.sigma != 0.0)

    @property
    def random(self) -> bool:
        """Whether anything is random."""
        return self.batch is not None or self.additive

    @property
    def groups(self) -> int:
        """The number of groups a batch is cut into."""
        return 1 if self.batch is None or self.m is None else self.batch // self.m


@dataclass(frozen=True)
class Draw:
    """One draw. ``step`` and ``look`` hold per group the source of the descent's and the ascent's gradient: a name of
    ``symbols.gradient``, or the weights of the samples. ``z`` and ``z_look`` are standard normal vectors, or None."""

    step: tuple[Any, ...] = ("",)
    look: tuple[Any, ...] = ("",)
    z: Vector | None = None
    z_look: Vector | None = None


def drawn(noise: Noise) -> Draw:
    """Return the draw of a map: its weights w0, w1 … and normals z are found anew at every tick (draws.py)."""
    step = ("",) if noise.batch is None else tuple(f"w{k}" for k in range(noise.groups))
    look, z_look = ("",) * len(step), None
    z = variable("z") if noise.additive else None
    if noise.ascent == "same":
        look, z_look = step, z
    elif noise.ascent == "fresh":
        look = tuple(name and f"a{name}" for name in step)
        z_look = variable("az") if noise.additive else None
    return Draw(step, look, z, z_look)


def direction(
    perturbation: Perturbation, noise: Noise, draw: Draw, x: Vector, numbers: Mapping[str, Scalar], dim: int
) -> Vector:
    """Return G, the mean over the groups of a batch of the perturbation's direction under ``draw``."""
    own = {name: numbers[name] for name in perturbation.numbers}
    found = []
    seen: dict[Any, Vector] = {}
    for step, look in zip(draw.step, draw.look, strict=True):
        grads = Gradients(
            step=_noisy(_oracle(step, seen), noise, draw.z, numbers, x, dim, seen),
            look=_noisy(_oracle(look, seen), noise, draw.z_look, numbers, x, dim, seen),
            full=_oracle("", seen),
        )
        found.append(perturbation.direction(x, grads, **own))
    return mean(found)


def mean(vectors: Sequence[Vector]) -> Vector:
    """Return the mean of ``vectors``."""
    total = vectors[0]
    for v in vectors[1:]:
        total = total + v
    return total if len(vectors) == 1 else total * (1.0 / len(vectors))


def _oracle(source: Any, seen: dict[Any, Vector]) -> Oracle:
    """Return the gradient oracle of a source; weights of samples become a sum of the samples' gradients."""

    def one(point: Vector, name: Any) -> Vector:
        key = (id(point), name)
        if key not in seen:
            seen[key] = gradient(point, name)
            seen[(id(point), "kept")] = point  # so that the id stays its own
        return seen[key]

    def of_weights(point: Vector) -> Vector:
        total: Vector | None = None
        for i, w in enumerate(source):
            if w:
                part = one(point, i) if w == 1.0 else one(point, i) * w
                total = part if total is None else total + part
        assert total is not None
        return total

    return of_weights if isinstance(source, tuple) else lambda point: one(point, source)


def _noisy(
    oracle: Oracle, noise: Noise, z: Vector | None, numbers: Mapping[str, Scalar], x: Vector, dim: int,
    seen: dict[Any, Vector],
) -> Oracle:  # fmt: skip
    """Add sigma·z to what ``oracle`` sees; with noise=hessian sigma·√|H(x)| z, H of the whole loss at ``x``."""
    if z is None:
        return oracle
    key = ("noise", id(z))
    if key not in seen:
        seen[key] = numbers["sigma"] * (
            z if noise.noise == "iso" else root("abs", hessian_entries(x, dim), z)
        )
    return lambda point: oracle(point) + seen[key]


def hessian_entries(x: Vector, dim: int) -> list[Scalar]:
    """Return the upper triangle of the Hessian of the whole loss at ``x``, row by row."""
    columns = [bend(x, fixed(float(i == j) for i in range(dim))) for j in range(dim)]
    return [component(columns[j], i) for i in range(dim) for j in range(i, dim)]
