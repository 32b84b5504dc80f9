"""A method's formulas on arrays, for study, multipliers and checks; not for speed. Independent of the kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from saddlescape.dynamics.flows import atoms, mean_direction
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.reading import method as as_method
from saddlescape.dynamics.stages import JETS
from saddlescape.errors import UsageError
from saddlescape.landscapes.base import Array, Landscape
from saddlescape.symbols import Vector, fold, unrolled, variable


def step(landscape: Landscape, method: Method | str) -> Callable[..., Any]:
    """Return one tick as a function of arrays: x → x', or (x, v) → (x', v') with momentum.

    ``x`` and ``v`` have shape (…, d). What a random tick draws is given by name: ``z`` (…, d) standard normals,
    ``w0`` (…, n) weights of the samples. It is the formula itself on NumPy arrays, independent of the kernels.
    """
    resolved = as_method(method).on(landscape)
    advance = ticks(landscape, resolved, scalars(resolved))

    def tick(x: Any, v: Any = None, **drawn: Any) -> Any:
        x = np.asarray(x, dtype=float)
        try:
            made = advance(x, np.zeros_like(x) if v is None else np.asarray(v, dtype=float), **drawn)
        except KeyError as missing:
            raise UsageError(
                f"a tick of {resolved.text} draws {missing}: give it by name, step(x, {str(missing)[1:-1]}=…)"
            ) from None
        return made["x"] if len(made) == 1 else (made["x"], made["v"])

    return tick


def drift(landscape: Landscape, method: Method | str) -> Callable[[Any], Array]:
    """Return the drift dx/dt = −E[G](x) of a method's flow or SDE (of order as its clock says; exact for the map) as a
    function of x (…, d). With momentum it is the force, without friction."""
    resolved, x = as_method(method).on(landscape), variable("x")
    order, kind = getattr(resolved.clock, "order", None), getattr(resolved.clock, "drift", "plain")
    parts = resolved.parts(landscape.dim, landscape.n_samples)
    formula = -mean_direction(parts, x, order, kind)
    return lambda at: evaluated(landscape, formula, {"x": np.asarray(at, dtype=float)}, scalars(resolved))


def slope_at(landscape: Landscape, method: Method, numbers: Mapping[str, Any], state: Array) -> Array:
    """Return dx/dt (n, d) of a flow at ``state`` (n, d), or (n, 2d) with momentum; ``numbers`` broadcast against (n,)."""
    d = landscape.dim
    if method.momentum.state:
        return -state[:, d:]
    parts, x = method.parts(d, landscape.n_samples), variable("x")
    order, kind = getattr(method.clock, "order", None), getattr(method.clock, "drift", "plain")
    return -evaluated(landscape, mean_direction(parts, x, order, kind), {"x": state}, numbers)


def covariance(landscape: Landscape, method: Method | str, *, clip: bool = True) -> Callable[[Any], Array]:
    """Return C(x) = Cov(G)(x) over the noise as a function of x (…, d) → (…, d, d), in units of the gradient squared;
    an SDE's noise is √(eta C) dW.

    For @sde2 and @sde3 it is the covariance ``cov`` names (psd: of the cut direction), for the map the exact one. Of
    ``cov=literal``, the matrix as papers print it, the part of the batches can be indefinite: its negative eigenvalues
    are set to 0, as in a simulation; ``clip=False`` leaves them, to study what is printed. Others have none to clip.
    """
    resolved, x = as_method(method).on(landscape), variable("x")
    parts = resolved.parts(landscape.dim, landscape.n_samples)
    order, kind = getattr(resolved.clock, "order", None), getattr(resolved.clock, "cov", "exact")
    pieces = atoms(parts, x, None if kind == "exact" else order)
    numbers = scalars(resolved)

    def at(point: Any) -> Array:
        point = np.asarray(point, dtype=float)
        memo: dict[int, Any] = {}
        found = np.zeros((*point.shape, landscape.dim))
        terms = [
            [evaluated(landscape, t, {"x": point}, numbers, memo) for t in row if t is not None]
            for _, row in pieces
        ]
        if kind != "literal":
            terms = [[np.sum(row, axis=0)] for row in terms]
        p = np.array([q for q, _ in pieces])
        with np.errstate(all="ignore"):  # NaN where the loss is not defined
            for i in range(len(terms[0])):
                for j in range(len(terms[0]) if kind != "literal" else (order or 1) - i):
                    a, b = (np.stack([row[k] for row in terms]) for k in (i, j))
                    a, b = a - np.tensordot(p, a, 1), b - np.tensordot(p, b, 1)
                    found += np.einsum("p,p...i,p...j->...ij", p, a, b)
        if kind == "literal" and clip:
            found = _clipped(found)
        if parts.law.additive:
            found += _additive(landscape, resolved, point, numbers["sigma"])
        return found

    return at


def _additive(landscape: Landscape, method: Method, x: Array, sigma: float) -> Array:
    if method.noise.noise == "iso":
        return np.asarray(sigma**2 * np.eye(landscape.dim))
    return sigma**2 * _of_eigenvalues(landscape.hessian(x), np.abs)


def _clipped(matrix: Array) -> Array:
    """Return the nearest matrix (Frobenius) without negative eigenvalues; not finite stays so."""
    finite = np.isfinite(matrix).all(axis=(-1, -2), keepdims=True)
    kept = _of_eigenvalues(np.where(finite, matrix, 0.0), lambda values: np.maximum(values, 0.0))
    return np.where(finite, kept, np.nan)


def _of_eigenvalues(matrix: Array, function: Callable[[Array], Array]) -> Array:
    """Return the symmetric ``matrix`` (…, d, d) with ``function`` of its eigenvalues in their place."""
    values, vectors = np.linalg.eigh(matrix)
    found: Array = np.einsum("...ik,...k,...jk->...ij", vectors, function(values), vectors)
    return found


def ticks(
    landscape: Landscape, method: Method, numbers: Mapping[str, Any]
) -> Callable[..., dict[str, Array]]:
    """Return (x, v) → {"x": …, "v": …} for numbers that are floats or arrays which broadcast against x[..., 0]."""
    formulas = method.formulas(landscape.dim, landscape.n_samples)
    given: dict[str, Any] = {}
    values = unrolled(list(formulas.values()), _rules(landscape, given, numbers))

    def tick(x: Array, v: Array, **drawn: Any) -> dict[str, Array]:
        given.clear()
        given.update(x=x, v=v, **drawn)
        with np.errstate(all="ignore"):
            return dict(zip(formulas, map(np.asarray, values()), strict=True))

    return tick


def evaluated(
    landscape: Landscape, formula: Vector, given: Mapping[str, Any], numbers: Mapping[str, Any],
    memo: dict[int, Any] | None = None,
    more: Mapping[str, Callable[..., Any]] | None = None,
) -> Array:  # fmt: skip
    """Return the value of ``formula`` where vectors and weights are ``given`` by name; rules in ``more`` go first."""
    rules = {**_rules(landscape, given, numbers), **(more or {})}
    with np.errstate(all="ignore"):
        return np.asarray(fold(formula, rules, memo))


def _rules(
    landscape: Landscape, given: Mapping[str, Any], numbers: Mapping[str, Any]
) -> dict[str, Callable[..., Any]]:
    """Return what every operation is in NumPy, its vectors and weights looked up in ``given`` when they are needed."""
    return {
        **ARRAYS,
        "variable": given.__getitem__,
        "number": lambda name: numbers[name] if name in numbers else given[name],
        **dict.fromkeys(JETS, _jet(landscape, given)),
    }


def _jet(landscape: Landscape, given: Mapping[str, Any]) -> Callable[..., Array]:
    """Return the rule of derivatives: (point, directions …, source) → D^k f along them, or of the source's samples."""

    def rule(x: Array, *rest: Any) -> Array:
        *directions, source = rest
        if landscape.functions and len(directions) < 2:  # of the user's own: Hessians by differences
            if not directions:
                return landscape.grad(x)
            return np.asarray(np.einsum("...ij,...j->...i", landscape.hessian(x), directions[0]))
        weights = None
        if isinstance(source, int):
            weights = np.eye(landscape.n_samples)[source]
        elif source:
            weights = given[source]
        return landscape.along(x, *directions, weights=weights)

    return rule


def scalars(method: Method) -> Mapping[str, float]:
    """Return the numbers of a method by name. Raises UsageError where one of them has several values."""
    for key, value in method.numbers.items():
        if isinstance(value, tuple):
            raise UsageError(f"{key} has {len(value)} values here; one method at a time, please")
    return {k: float(v) for k, v in method.numbers.items() if isinstance(v, (int, float))}


def _recip(a: Any) -> Any:
    a = np.asarray(a)
    return np.where(a == 0.0, 0.0, 1.0 / a)


def _root(function: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return the rule of √M z through eigenvalues that ``function`` makes non-negative first."""

    def rule(*operands: Any) -> Any:
        *upper, z = operands
        d = np.shape(z)[-1]
        entries = iter(np.broadcast_arrays(*upper))
        matrix = np.zeros((*np.shape(upper[0]), d, d))
        for i in range(d):
            for j in range(i, d):
                matrix[..., i, j] = matrix[..., j, i] = next(entries)
        values, vectors = np.linalg.eigh(matrix)
        return np.einsum("...ik,...k,...jk,...j->...i", vectors, np.sqrt(function(values)), vectors, z)

    return rule


def _lower(*operands: Any) -> Any:
    """Return L z, L Lᵀ = M (symbols.lower_root)."""
    *upper, z = operands
    d = np.shape(z)[-1]
    entries = dict(zip(((i, j) for i in range(d) for j in range(i, d)), map(np.asarray, upper), strict=True))
    lower: dict[tuple[int, int], Any] = {}
    for j in range(d):
        pivot = entries[j, j] - sum(lower[j, k] ** 2 for k in range(j))
        lower[j, j] = np.sqrt(np.where(pivot > 1e-13 * entries[j, j], pivot, 0.0))
        for i in range(j + 1, d):
            left = entries[j, i] - sum(lower[i, k] * lower[j, k] for k in range(j))
            lower[i, j] = left * _recip(lower[j, j])
    return np.stack([sum(lower[i, j] * z[..., j] for j in range(i + 1)) for i in range(d)], axis=-1)


ARRAYS: dict[str, Callable[..., Any]] = {
    "constant": float,
    "fixed": np.array,
    "plus": np.add,
    "minus": np.subtract,
    "hadamard": np.multiply,
    "negative": np.negative,
    "sign": np.sign,
    "times": lambda s, a: np.asarray(s)[..., None] * a,
    "component": lambda a, i: np.asarray(a)[..., i],
    "dot": lambda a, b: np.sum(a * b, axis=-1),
    "norm": lambda a: np.sqrt(np.sum(a * a, axis=-1)),
    "sqrt": np.sqrt,
    "larger": np.maximum,
    "above": lambda a, b: np.where(a > b, 1.0, 0.0),
    "where": lambda a, b, yes, no: np.where((np.asarray(a) < b)[..., None], yes, no),
    "abs_root": _root(np.abs),
    "clip_root": _root(lambda values: np.maximum(values, 0.0)),
    "lower_root": _lower,
    "recip": _recip,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
}
