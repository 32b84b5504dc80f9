"""Landscape: a loss with its coordinates, parameters, window and the numbers of a good first demonstration.

A landscape is its formula; everything else that is known of it (derivatives, critical points) is derived from the
formula on first use and remembered on disk, so that a warm start needs no computer algebra.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from saddlescape import store
from saddlescape.errors import UsageError, unknown
from saddlescape.landscapes import calculus, numeric
from saddlescape.landscapes.formula import parse
from saddlescape.results import CriticalPoint

if TYPE_CHECKING:
    import sympy

Array = np.ndarray[Any, np.dtype[np.float64]]
Window = tuple[tuple[float, float], ...]
SOURCES = (
    "landscapes/calculus.py",
    "landscapes/forms.py",
    "landscapes/formula",
    "landscapes/base.py",
    "results.py",
)
SEARCH = tuple(f"landscapes/{part}.py" for part in ("critical", "roots", "continua", "winding"))


@dataclass(frozen=True, eq=False)
class Landscape:
    """A loss f: R^d → R given by a formula in the closed grammar (docs/formulas.md).

    ``name`` and ``title`` are for people, ``formula`` is the whole truth. ``params`` are the values of the symbols
    that are not coordinates. ``domain`` ((lo, hi) per coordinate) defines which critical points exist and their ids;
    ``view`` is what is drawn. ``start, eta, rho, steps`` make a demonstration that shows something without a flag.
    ``cones`` are points where f has a tip and its gradient is taken as 0 (Ackley's origin). ``functions`` (loss,
    gradient) stand in for the formula in a landscape made by ``from_functions``. Two landscapes are equal if formula,
    parameters and domain are.
    """

    name: str
    formula: str
    title: str = ""
    coordinates: tuple[str, ...] = ()
    params: Mapping[str, float] = field(default_factory=dict)
    domain: Window = ()
    view: Window = ()
    start: tuple[float, ...] = ()
    eta: float | None = None
    rho: float | None = None
    steps: int = 2000
    cones: tuple[tuple[float, ...], ...] = ()
    reference: str = ""
    note: str = ""
    functions: tuple[Callable[..., Any], Callable[..., Any]] | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        coordinates = self.coordinates or parse(self.formula).coordinates
        put(self, "coordinates", tuple(coordinates))
        put(self, "params", MappingProxyType({k: float(v) for k, v in self.params.items()}))
        put(self, "title", self.title or self.name)
        for number in ("eta", "rho"):
            given = getattr(self, number)
            put(self, number, None if given is None else float(given))
        put(self, "domain", _window(self.domain or ((-3.0, 3.0),) * self.dim, self.dim, "domain"))
        put(self, "view", _window(self.view or self.domain, self.dim, "view"))
        start = self.start or tuple(lo + 0.25 * (hi - lo) for lo, hi in self.domain)
        put(self, "start", tuple(float(s) for s in start))

    # ---- identity -------------------------------------------------------------------------------------------------
    @property
    def dim(self) -> int:
        """The number of coordinates d."""
        return len(self.coordinates)

    @classmethod
    def from_functions(
        cls,
        loss: Callable[..., Any],
        gradient: Callable[..., Any],
        domain: Window,
        *,
        name: str = "own",
        **more: Any,
    ) -> Landscape:
        """Return a landscape of the user's own compiled (or compilable) functions.

        ``loss(x, y, …)`` returns a float and ``gradient(x, y, …)`` a tuple of d floats, both of d floats; plain Python
        functions are compiled by numba. Hessians are central differences of the gradient. There are no symbolic
        faces: no LaTeX and no third derivative. ``domain`` has d intervals; ``more`` are fields (start, eta, rho …).
        """
        names = (
            tuple("xyz"[: len(domain)])
            if len(domain) <= 3
            else tuple(f"x{i + 1}" for i in range(len(domain)))
        )
        numeric.probe(loss, gradient, domain)
        return cls(
            name,
            f"{name}({', '.join(names)})",
            coordinates=names,
            domain=domain,
            functions=(loss, gradient),
            **more,
        )

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two landscapes the same: formula, coordinates, parameters, domain."""
        return (
            self.formula,
            self.coordinates,
            tuple(sorted(self.params.items())),
            self.domain,
            self.cones,
            self.functions,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Landscape) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def with_params(self, **params: float) -> Landscape:
        """Return this landscape with other values of its parameters. Raises UsageError for an unknown or non-finite."""
        for key, value in params.items():
            if key not in self.params:
                raise unknown(f"parameter of {self.name}", key, self.params or ["(it has none)"])
            if not np.isfinite(value):
                raise UsageError(f"parameter {key} of {self.name} must be a finite number, not {value}")
        return replace(self, params={**self.params, **params}) if params else self

    def with_window(self, domain: Window | None = None, view: Window | None = None) -> Landscape:
        """Return this landscape with another domain (new critical points and ids) or view (what is drawn)."""
        changes: dict[str, Any] = {}
        if domain:
            changes |= {"domain": domain, "view": view or domain}
        if view:
            changes["view"] = view
        return replace(self, **changes) if changes else self

    # ---- derived once, remembered on disk -------------------------------------------------------------------------
    @cached_property
    def expression(self) -> sympy.Expr:
        """The loss as a SymPy expression in real symbols."""
        return parse(self.formula, variables=self.coordinates).sympy()

    @cached_property
    def derived(self) -> dict[str, Any]:
        """Programs of loss, gradient, Hessian and third derivative, and LaTeX (calculus.derive)."""
        if self.functions:
            raise UsageError(
                f"{self.name} has no formula: its loss and gradient are compiled functions of your own, so there is "
                "no LaTeX, no third derivative and no generated gradient"
            )
        key = store.digest("derived", self.formula, self.coordinates, store.sources_digest(*SOURCES))
        return store.remembered("formulas", key, lambda: calculus.derive(self.expression, self.coordinates))

    def remember(
        self, kind: str, parts: Iterable[str], make: Callable[[], dict[str, Any]], *more: str
    ) -> dict[str, Any]:
        """Return what ``make`` finds out about this landscape, kept on disk for the next time.

        ``parts`` are the source files it depends on, ``more`` what else tells it apart. Nothing is kept of a
        landscape of the user's own functions, whose insides cannot be seen.
        """
        if self.functions:
            return make()
        key = store.digest(kind, *self.identity[:5], *more, store.sources_digest(*SOURCES, *parts))
        return store.remembered(kind, key, make)

    def latex(self) -> str:
        """Return the loss as LaTeX (mathtext); just its name for a landscape of the user's own functions."""
        return rf"\mathrm{{{self.name}}}" if self.functions else str(self.derived["latex"])

    # ---- numbers --------------------------------------------------------------------------------------------------
    def loss(self, x: Any) -> Array:
        """Return f at ``x`` of shape (…, d), as an array of shape (…)."""
        return self._evaluate("loss", x)[..., 0]

    def grad(self, x: Any) -> Array:
        """Return ∇f at ``x`` of shape (…, d), as an array of the same shape; 0 at a declared cone."""
        return self._evaluate("gradient", x)

    def hessian(self, x: Any) -> Array:
        """Return the Hessian at ``x`` of shape (…, d), as an array of shape (…, d, d)."""
        flat = self._evaluate("hessian", x)
        return flat.reshape(*flat.shape[:-1], self.dim, self.dim)

    def third(self, x: Any, u: Any, v: Any) -> Array:
        """Return the vector D³f(x)[u, v] (component i: Σ_jk ∂_ijk f u_j v_k); all of shape (…, d)."""
        x, u, v = np.broadcast_arrays(*(self._points(a) for a in (x, u, v)))
        more = {f"_{n}{i}": a[..., i] for n, a in (("u", u), ("v", v)) for i in range(self.dim)}
        return self._evaluate("third", x, more)

    @cached_property
    def _functions(self) -> dict[str, Callable[..., Any]]:
        if self.functions:
            return numeric.of_functions(*self.functions, self.domain)
        return numeric.of_programs(self.derived, self.coordinates, self.params)

    def _points(self, x: Any) -> Array:
        points = np.asarray(x, dtype=np.float64)
        if points.ndim == 0 or points.shape[-1] != self.dim:
            raise UsageError(
                f"{self.name} has {self.dim} coordinate(s) {self.coordinates}: "
                f"an array of shape (…, {self.dim}) is needed, not {points.shape}"
            )
        return points

    def _evaluate(self, part: str, x: Any, more: Mapping[str, Array] | None = None) -> Array:
        points = self._points(x)
        with np.errstate(all="ignore"):
            values = self._functions[part](*np.moveaxis(points, -1, 0), **self.params, **(more or {}))
        values = values if isinstance(values, tuple) else (values,)
        result = np.stack(
            [np.broadcast_to(np.asarray(v, dtype=np.float64), points.shape[:-1]) for v in values], axis=-1
        )
        if self.cones and part == "gradient":
            for tip in self.cones:
                result[np.all(points == np.array(tip), axis=-1)] = 0.0
        return result

    # ---- critical points ------------------------------------------------------------------------------------------
    @cached_property
    def census(self) -> dict[str, Any]:
        """The critical points and the winding check as plain data (critical.census)."""
        from saddlescape.landscapes import (
            critical,
        )  # scipy and the search are needed only when it is not remembered

        return self.remember("critical", SEARCH, lambda: critical.census(self))

    @cached_property
    def critical_points(self) -> tuple[CriticalPoint, ...]:
        """All critical points in the domain (d ≤ 2), sorted by loss, then coordinates; ids are their places."""
        return tuple(CriticalPoint.from_json(entry) for entry in self.census["points"])

    @property
    def winding(self) -> dict[str, Any]:
        """The winding number of ∇f around the domain beside the sum of indices: {"status", "boundary", "sum"}."""
        return dict(self.census["winding"])


def _window(window: Sequence[Sequence[float]], dim: int, what: str) -> Window:
    box = tuple((float(lo), float(hi)) for lo, hi in window)
    if len(box) != dim:
        raise UsageError(f"the {what} has {len(box)} interval(s), but the landscape has {dim} coordinate(s)")
    for lo, hi in box:
        if not (np.isfinite(lo) and np.isfinite(hi) and lo < hi):
            raise UsageError(
                f"the {what} interval {lo}:{hi} must be finite and run from a smaller to a larger number"
            )
    return box
