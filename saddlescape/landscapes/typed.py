"""From what a person asks for (a name, a formula, a SymPy expression) to a landscape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from saddlescape.errors import UsageError, unknown
from saddlescape.landscapes import defaults, formula, jets
from saddlescape.landscapes.base import Landscape, Window
from saddlescape.landscapes.catalogue import CATALOGUE
from saddlescape.landscapes.formula.tree import FUNCTIONS

if TYPE_CHECKING:
    import sympy

HALF_WIDTH = 3.0


def landscape(
    source: str | Landscape | sympy.Expr | tuple[Callable[..., Any], Callable[..., Any]],
    *,
    domain: Window | None = None,
    view: Window | None = None,
    variables: Sequence[Any] | None = None,
    params: Mapping[str, float] | None = None,
    samples: Sequence[str | sympy.Expr] = (),
    **more_params: float,
) -> Landscape:
    """Return the landscape that ``source``, a name, a formula, a SymPy expression or (loss, gradient), stands for.

    ``domain`` and ``view`` are ((lo, hi), …), one interval per coordinate. ``variables`` names the
    coordinates of a formula or expression (otherwise x, y, z or x1 … xn); every other symbol is a parameter
    and takes its value from ``params`` or a keyword. ``samples`` are formulas f_i whose mean is the formula,
    in its coordinates; they may have parameters of their own. A formula gets domain [−3, 3]^d, a start a quarter
    along the diagonal (of the part where loss and gradient are finite, if they are not there), eta = 0.1/max|λ| on the
    domain, rho 5 % of the domain's smallest width, 2000 steps. Raises UsageError in words.
    """
    values = _numbers({**(params or {}), **more_params})
    if isinstance(samples, str):
        raise UsageError("samples are a list of formulas, one for each sample")
    if isinstance(source, str) and formula.looks_like_name(source, _names(variables) or ()):
        source = _named(source)
    if samples and isinstance(source, Landscape | tuple):
        raise UsageError("samples go with a formula, whose mean they are, not with a name or functions")
    if isinstance(source, Landscape):
        if variables is not None:
            raise UsageError(
                f"{source.name} has its coordinates ({', '.join(source.coordinates)}): "
                "variables go with a formula"
            )
        return source.with_params(**values).with_window(domain, view)
    if isinstance(source, tuple):
        return _from_functions(source, domain)
    if not isinstance(source, str):
        source = printed(source)
    texts = [text if isinstance(text, str) else printed(text) for text in samples]
    return _from_formula(source, _names(variables), values, domain, view, texts)


def _from_functions(pair: tuple[Any, ...], domain: Window | None) -> Landscape:
    if len(pair) != 2 or not all(callable(f) for f in pair):
        raise UsageError("functions of your own are given as a pair (loss, gradient) with a domain")
    if domain is None:
        raise UsageError("functions of your own need domain=((lo, hi), …), one interval per coordinate")
    bare = Landscape.from_functions(*pair, domain)
    return replace(bare, **defaults.of(bare))


def _named(text: str) -> Landscape:
    name = text.strip().lower().replace("-", "_")
    if name not in CATALOGUE:
        raise unknown("landscape", text.strip(), CATALOGUE, "A formula that is a lone symbol is written 1*x.")
    return CATALOGUE[name]


def _names(variables: Sequence[Any] | None) -> Sequence[str] | None:
    return variables if variables is None or isinstance(variables, str) else [str(v) for v in variables]


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Return the parameters as floats; refuses what is no finite number."""
    numbers = {}
    for name, value in values.items():
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError):
            raise UsageError(f"parameter {name} must be a number, not {value!r}") from None
        if not np.isfinite(numbers[name]):
            raise UsageError(f"parameter {name} must be a finite number, not {value}")
    return numbers


def _from_formula(
    text: str,
    variables: Sequence[str] | None,
    values: dict[str, float],
    domain: Window | None,
    view: Window | None,
    samples: Sequence[str] = (),
) -> Landscape:
    parsed = formula.parse(text, variables)
    parts = [parsed, *(formula.parse(each, parsed.coordinates) for each in samples)]
    _require(parts, values)
    bare = Landscape(
        name=str(parsed),
        formula=str(parsed),
        coordinates=parsed.coordinates,
        params=values,
        domain=domain or ((-HALF_WIDTH, HALF_WIDTH),) * parsed.dim,
        view=view or (),
        samples=tuple(map(str, parts[1:])),
    )
    if samples:
        jets.check_mean(bare)
    return replace(bare, **defaults.of(bare))


def _require(parts: Sequence[formula.Formula], values: Mapping[str, float]) -> None:
    """Refuse a parameter without a value in the formula or a sample, and a value that none of them knows."""
    for part in parts:
        part.require(name for name in values if name in part.parameters)
    known = dict.fromkeys(name for part in parts for name in part.parameters)
    replace(parts[0], parameters=tuple(known)).require(values)


def printed(expression: Any) -> str:
    """Return a SymPy expression as a text of the formula grammar; refuses by name what is not in it."""
    if not hasattr(expression, "as_base_exp") or not hasattr(expression, "free_symbols"):
        raise UsageError(
            "a landscape is a name, a formula, a SymPy expression or a pair of functions (loss, gradient), "
            f"not {type(expression).__name__}"
        )
    kind = expression.func.__name__
    if expression.is_Symbol:
        return str(expression.name)
    if expression.is_Integer or expression.is_Rational:
        return f"({expression.p}/{expression.q})" if expression.q != 1 else f"({expression.p})"
    if expression.is_Float:
        return f"({float(expression)!r})"
    parts = [printed(a) for a in expression.args]
    functions = tuple(FUNCTIONS)
    writers: dict[str, Callable[[], str]] = {
        "Pi": lambda: "pi",
        "Exp1": lambda: "e",
        "Add": lambda: f"({' + '.join(parts)})",
        "Mul": lambda: "*".join(parts),
        "Pow": lambda: f"sqrt({parts[0]})" if parts[1] == "(1/2)" else f"({parts[0]})^({parts[1]})",
    }
    if kind in writers:
        return writers[kind]()
    if kind not in functions or len(parts) != 1:
        raise UsageError(f"{kind} is not in the grammar of formulas. Functions: {', '.join(functions)}.")
    return f"{kind}({parts[0]})"
