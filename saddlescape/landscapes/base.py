"""Landscape: a loss with its coordinates, parameters, window and the numbers of a good first demonstration.

A landscape is its formula; everything else that is known of it (derivatives, critical points) is derived from the
formula on first use and remembered on disk, so that a warm start needs no computer algebra.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from saddlescape import showing, store
from saddlescape.errors import UsageError, unknown
from saddlescape.landscapes import calculus, jets, numeric
from saddlescape.landscapes.formula import parse
from saddlescape.landscapes.program import Program
from saddlescape.results import CriticalPoint

if TYPE_CHECKING:
    import sympy

Array = np.ndarray[Any, np.dtype[np.float64]]
Window = tuple[tuple[float, float], ...]
SOURCES = (
    "landscapes/calculus.py",
    "landscapes/forms.py",
    "landscapes/program.py",
    "landscapes/formula",
    "landscapes/base.py",
    "results.py",
)
SEARCH = tuple(
    f"landscapes/{part}.py"
    for part in ("critical", "roots", "continua", "walking", "nearby", "winding", "rounding")
)


@dataclass(frozen=True, eq=False)
class Landscape:
    """A loss f: R^d → R given by a formula in the closed grammar (docs/formulas.md).

    ``name`` and ``title`` are for people, ``formula`` is the whole truth. ``params`` are the values of the symbols
    that are not coordinates. ``domain`` ((lo, hi) per coordinate) defines which critical points exist and their ids;
    ``view`` is what is drawn. ``start, eta, rho, steps`` make a demonstration that shows something without a flag.
    ``samples`` are the formulas f_i of a finite sum, in the same coordinates and parameters; their mean is the loss.
    ``cones`` are points where f has a tip and its gradient is taken as 0 (Ackley's origin). ``functions`` (loss,
    gradient) stand in for the formula in a landscape made by ``from_functions``. Two landscapes are equal if formula,
    parameters, domain and samples are.
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
    samples: tuple[str, ...] = ()
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
        put(self, "samples", tuple(self.samples))
        for number in ("eta", "rho"):
            given = getattr(self, number)
            put(self, number, None if given is None else float(given))
        put(self, "domain", _window(self.domain or ((-3.0, 3.0),) * self.dim, self.dim, "domain"))
        put(self, "view", _window(self.view or self.domain, self.dim, "view"))
        start = self.start or tuple(lo + 0.25 * (hi - lo) for lo, hi in self.domain)
        put(self, "start", tuple(float(s) for s in start))
        if self.samples and self.functions:
            raise UsageError(f"{self.name} has functions of your own: samples go with a formula")

    # ---- identity -------------------------------------------------------------------------------------------------
    @property
    def dim(self) -> int:
        """The number of coordinates d."""
        return len(self.coordinates)

    @property
    def n_samples(self) -> int:
        """The number of samples n of a finite sum; 0 where the loss is none."""
        return len(self.samples)

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
        """What makes two landscapes the same: formula, coordinates, parameters, domain, cones, samples, functions."""
        return (
            self.formula,
            self.coordinates,
            tuple(sorted(self.params.items())),
            self.domain,
            self.cones,
            self.samples,
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
        """Programs of loss, gradient and Hessian, and LaTeX (calculus.derive)."""
        self._need_formula()
        key = store.digest("derived", self.formula, self.coordinates, store.sources_digest(*SOURCES))
        return store.remembered("formulas", key, lambda: calculus.derive(self.expression, self.coordinates))

    def jet(self, order: int, weighted: bool = False) -> Program:
        """Return the program of D^order f contracted with order − 1 directions: a vector of d components.

        Order 1 is ∇f, 2 is H u, 3 is D³f[u, v], 4 is D⁴f[u, v, s]; order 0 is f, one component. The directions are
        read as ``_u0 …``, ``_v0 …``, ``_s0 …``. ``weighted`` gives the same of Σ w_i f_i over the samples, and
        reads ``_w0 …`` as well.
        """
        self._need_formula()
        if (order, weighted) not in self._programs:
            self._programs[order, weighted] = jets.jet(self, order, weighted)
        return self._programs[order, weighted]

    @cached_property
    def _programs(self) -> dict[tuple[int, bool], Program]:
        return {}

    def _need_formula(self) -> None:
        if self.functions:
            raise UsageError(
                f"{self.name} has no formula: its loss and gradient are compiled functions of your own, so there is "
                "no LaTeX, no third derivative and no generated gradient"
            )

    def per_sample(self, i: int) -> Landscape:
        """Return f_i, the i-th of the samples counted from 0, as a landscape in the same window."""
        return jets.one(self, i)

    def remember(
        self, kind: str, parts: Iterable[str], make: Callable[[], dict[str, Any]], *more: str
    ) -> dict[str, Any]:
        """Return what ``make`` finds out about this landscape, kept on disk for the next time.

        ``parts`` are the source files it depends on, ``more`` what else tells it apart. What is found out is of
        the loss alone: how it splits into samples is not in the key. Nothing is kept of a landscape of the user's
        own functions, whose insides cannot be seen.
        """
        if self.functions:
            return make()
        key = store.digest(kind, *self.identity[:5], *more, store.sources_digest(*SOURCES, *parts))
        return store.remembered(kind, key, make)

    def latex(self) -> str:
        """Return the loss as LaTeX (mathtext); just its name for a landscape of the user's own functions."""
        return rf"\mathrm{{{self.name}}}" if self.functions else str(self.derived["latex"])

    def _repr_latex_(self) -> str:
        names = ", ".join(re.sub(r"(\d+)$", r"_{\1}", name) for name in self.coordinates)
        return f"$f({names}) = {self.latex()}$"

    def _repr_html_(self) -> str:
        axes = [np.linspace(lo, hi, showing.GRID) for lo, hi in self.view]
        grid = np.stack(np.meshgrid(*axes), axis=-1) if self.dim == 2 else np.array(axes).T
        picture = showing.thumbnail(self.view, self.loss(grid), self.critical_points) if self.dim <= 2 else ""
        values = ", ".join(f"{k} = {showing.number(v)}" for k, v in self.params.items())
        known = showing.points(self.critical_points) if self.dim <= 2 else ""
        return showing.beside(
            picture, f"<b>{html.escape(self.title)}</b>", self._repr_latex_(), values, known
        )

    # ---- numbers --------------------------------------------------------------------------------------------------
    @cached_property
    def _numbers(self) -> numeric.Numbers:
        return numeric.Numbers(self)

    def loss(self, x: Any) -> Array:
        """Return f at ``x`` of shape (…, d), as an array of shape (…)."""
        return self._numbers.part("loss", x)[..., 0]

    def grad(self, x: Any) -> Array:
        """Return ∇f at ``x`` of shape (…, d), as an array of the same shape; 0 at a declared cone."""
        return self._numbers.part("gradient", x)

    def hessian(self, x: Any) -> Array:
        """Return the Hessian at ``x`` of shape (…, d), as an array of shape (…, d, d)."""
        flat = self._numbers.part("hessian", x)
        return flat.reshape(*flat.shape[:-1], self.dim, self.dim)

    def third(self, x: Any, u: Any, v: Any) -> Array:
        """Return the vector D³f(x)[u, v] (component i: Σ_jk ∂_ijk f u_j v_k); all of shape (…, d)."""
        return self.along(x, u, v)

    def along(self, x: Any, *directions: Any, weights: Any = None) -> Array:
        """Return ∇f, H u, D³f[u, v] or D⁴f[u, v, s] at ``x``, by how many directions are given; all of shape (…, d).

        With ``weights`` of shape (…, n) it is that of Σ w_i f_i over the samples. Leading axes are broadcast.
        """
        return self._numbers.jet(1 + len(directions), x, directions, weights)

    def sample_losses(self, x: Any) -> Array:
        """Return f_i at ``x`` of shape (…, d) for all n samples, as an array of shape (…, n)."""
        return self._numbers.of_samples(0, x)[..., 0]

    def sample_grads(self, x: Any) -> Array:
        """Return ∇f_i at ``x`` of shape (…, d) for all n samples, as an array of shape (…, n, d)."""
        return self._numbers.of_samples(1, x)

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
