"""How good the law is that a flow or SDE takes its expectations over: its drift and covariance at the start of a run,
beside those over a law many times finer.

Gaussian noise in one or two dimensions, beside batches that are all listed, is compared with the same rule of some
thousand nodes (31 rings miss a unit vector by 0.1 %, at most 0.3 %); whatever was drawn once, with ``DRAWN`` other draws,
which tell errors down to a hundredth of the spread of G.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from saddlescape.dynamics.clocks import Parts
from saddlescape.dynamics.evaluate import evaluated
from saddlescape.dynamics.flows import Face
from saddlescape.dynamics.laws import one_batch, seen
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.nodes import LINE, RINGS, normals
from saddlescape.dynamics.passes import Pass, atom_numbers, body, names
from saddlescape.dynamics.sdes import Sde
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.symbols import variable

#: atoms of a finer law: about so many, never more than ``MOST_ATOMS``; or so many draws
FINE, MOST_ATOMS, DRAWN = 2000, 50_000, 1 << 13
#: what part of a drift or covariance is no error
NOTHING = 1e-6
#: starts, or sets of numbers, that are looked at; the worst is said
MOST_STARTS = 4

Said = dict[str, Any]
#: probabilities, and what tells one atom from another: weights of the samples and normals, by name
Atoms = tuple[Array, dict[str, Array]]


def law_said(landscape: Landscape, method: Method, x0: Any) -> Said | None:
    """Return what stands for the noise in the expectations of ``method`` (resolved), and how good it is at ``x0`` (n, d).

    None where there are none to take: of a map, or for noise that is only added. Otherwise {"rule": in words}, and of a
    rule that is not exact "drift_error", the distance of the drift from that of the finer law, beside the "drift"'s size
    (units of the gradient), for an SDE also "covariance_error" beside "covariance" (Frobenius norms of Cov G);
    the worst of up to ``MOST_STARTS`` trajectories, two digits, without those at whose start they are not finite.
    """
    parts = method.parts(landscape.dim, landscape.n_samples)
    if not isinstance(method.clock, Face) or len(parts.law.atoms) == 1:
        return None
    said: Said = {"rule": parts.law.rule}
    if parts.law.exact or landscape.functions:
        return said
    x, numbers = _chosen(method, np.atleast_2d(np.asarray(x0, dtype=float)))
    laws = (_own(parts), _finer(parts))
    order = method.clock.order
    drift, covariance = zip(*(_moments(landscape, parts, order, a, x, numbers) for a in laws), strict=True)
    said |= _worst("drift", *drift)
    if isinstance(method.clock, Sde):
        if method.clock.cov == "exact":
            _, covariance = zip(*(_moments(landscape, parts, None, a, x, numbers) for a in laws), strict=True)
        said |= _worst("covariance", *covariance)
    return said


def words(said: Mapping[str, Any]) -> str:
    """Return what ``law_said`` found as one line of text."""
    off = []
    for name in ("drift", "covariance"):
        if name in said:
            error = f"{said[f'{name}_error']:g}" if said[f"{name}_error"] else "less than a millionth"
            off.append(f"the {name} by {error} of {said[name]:g}")
    return f"{said['rule']}; at the start they miss {' and '.join(off)}" if off else str(said["rule"])


def _worst(name: str, found: Array, finer: Array) -> Said:
    """Return the largest difference of the two (s, …) and the size it belongs to, two digits each; 0 for less than
    ``NOTHING`` of it, which may be rounding. Nothing where none is finite."""
    with np.errstate(all="ignore"):
        off = np.linalg.norm((found - finer).reshape(len(found), -1), axis=1)
        sizes = np.linalg.norm(finer.reshape(len(finer), -1), axis=1)
    fine = np.isfinite(off) & np.isfinite(sizes)
    if not fine.any():
        return {}
    k = int(np.argmax(np.where(fine, off, -1.0)))
    size = float(sizes[k])
    error = float(off[k]) if off[k] > NOTHING * size else 0.0
    return {f"{name}_error": float(f"{error:.2g}"), name: float(f"{size:.2g}")}


def _chosen(method: Method, x0: Array) -> tuple[Array, dict[str, Any]]:
    """Return a few of the starts (s, 1, d) and the numbers that go with them, arrays (s, 1) where they vary."""
    varying = [len(v) for v in method.numbers.values() if isinstance(v, tuple)]
    count = max([len(x0), *varying])
    which = np.unique(np.linspace(0, count - 1, min(count, MOST_STARTS)).round().astype(int))
    numbers: dict[str, Any] = {}
    for key, value in method.numbers.items():
        if value is not None:
            numbers[key] = (
                np.array(value)[which % len(value), None] if isinstance(value, tuple) else float(value)
            )
    return x0[which % len(x0), None], numbers


def _own(parts: Parts) -> Atoms:
    """Return the law's own atoms as arrays."""
    sizes, rows = names(parts), np.array(atom_numbers(parts))
    ends = np.cumsum([0, *sizes.values()])
    given = {name: rows[:, a:b] for name, a, b in zip(sizes, ends, ends[1:], strict=False)}
    return np.array([p for p, _ in parts.law.atoms]), given


def _finer(parts: Parts) -> Atoms:
    """Return a finer law: more nodes beside the same batches where those are all there are, otherwise draws."""
    noise, dim = parts.noise, parts.dim
    batches = replace(parts, noise=replace(noise, sigma=0.0)).law
    count = len(batches.atoms)
    if dim <= 2 and batches.exact and seen(noise, parts.looks):
        least = 3 * (noise.nodes or (LINE, RINGS)[dim - 1])
        nodes = max(least, FINE // count // 2 * 2 if dim == 1 else int((FINE / count / 2) ** 0.5))
        if count * nodes**dim * dim <= MOST_ATOMS:
            return _own(replace(parts, noise=replace(noise, nodes=nodes)))
    return _draws(parts)


def _draws(parts: Parts) -> Atoms:
    """Return equally likely draws of the noise, other ones than a law of draws is made of."""
    rng = np.random.default_rng(1)
    found = names(parts)
    given: dict[str, Array] = {}
    for prefix in ("q", "r"):
        if groups := [name for name in found if name.startswith(prefix)]:
            drawn = np.array([one_batch(parts.noise, parts.samples, rng) for _ in range(DRAWN)])
            given |= {name: drawn[:, k] for k, name in enumerate(groups)}
    if "node" in found:
        given["node"] = normals(max(parts.dim, 3), DRAWN, rng)[1][:, : parts.dim]
    return np.full(DRAWN, 1 / DRAWN), given


def _moments(
    landscape: Landscape, parts: Parts, order: int | None, atoms: Atoms, x: Array, numbers: dict[str, Any]
) -> tuple[Array, Array]:
    """Return mean (s, d) and covariance (s, d, d) of the direction, cut at ``order``, over ``atoms`` at every place."""
    p, given = atoms
    formula = body(parts, Pass(variable("x"), order))
    found = evaluated(landscape, formula, {"x": x, **given}, numbers)
    with np.errstate(all="ignore"):  # a start where the loss is not defined has no moments
        mean = np.einsum("a,sai->si", p, found)
        centred = found - mean[:, None]
        return mean, np.einsum("a,sai,saj->sij", p, centred, centred)
