"""Printing formulas: a stage of a tick as a function of scalars, and the loop over the lanes that calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from saddlescape.dynamics.stages import JETS, LEAVES, Stage
from saddlescape.symbols import Term

#: vector helpers by operation: name, arguments, and what one component is
VECTOR = {
    "plus": ("a, b", "a[{i}] + b[{i}]"),
    "minus": ("a, b", "a[{i}] - b[{i}]"),
    "times": ("s, a", "s*a[{i}]"),
    "hadamard": ("a, b", "a[{i}]*b[{i}]"),
    "negative": ("a", "-a[{i}]"),
    "sign": ("a", "(1.0 if a[{i}] > 0.0 else (-1.0 if a[{i}] < 0.0 else a[{i}]))"),
    "where": ("a, b, yes, no", "(yes[{i}] if a < b else no[{i}])"),
}
INFIX = {"add": "({} + {})", "sub": "({} - {})", "mul": "{}*{}", "div": "_divide({}, {})", "neg": "(-{})"}
ROOTS = {"abs_root": "sqrt(abs({}))", "clip_root": "sqrt({0} if {0} > 0.0 else 0.0)"}
CALLS = (*VECTOR, *ROOTS, "lower_root", "norm", "dot", "recip", "sqrt", "larger", "above")


class Rows:
    """Which rows of a tile hold what: name -> (first row, number of rows; 0 for a scalar, which has one)."""

    def __init__(self) -> None:
        self.of: dict[str, tuple[int, int]] = {}
        self.top = 0

    def add(self, name: str, size: int = 0) -> int:
        """Give ``name`` the next rows and return the first."""
        self.of[name] = (self.top, size)
        self.top += size or 1
        return self.of[name][0]

    def place(self, name: str) -> str:
        """Return the text of what ``name`` is in lane i."""
        row, size = self.of[name]
        return tuple_text([f"w[{row + c}, i]" for c in range(size)]) if size else f"w[{row}, i]"


@cache
def verbatim(name: str) -> str:
    """Return a file of this package without its docstring and the lines for linters."""
    text = (Path(__file__).parent / name).read_text(encoding="utf-8").partition('"""\n')[2]
    return "\n".join(line for line in text.splitlines() if not line.startswith(("# mypy:", "# ruff:")))


def tuple_text(items: Iterable[str]) -> str:
    """Return the text of a tuple."""
    items = list(items)
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def jet_name(op: str, kind: Any) -> str:
    """Return the name of the function of a derivative: gradient, gradient_0 (a sample), gradient_w (a batch)."""
    return op if kind == "" else f"{op}_{kind}"


def helpers(operations: set[str], d: int) -> list[str]:
    """Return the functions on vectors and matrices of dimension ``d`` that the ``operations`` need."""
    needed = operations | ({"dot"} if "norm" in operations else set())
    return [
        _helper(op, d)
        for op in sorted(needed)
        if op in VECTOR or op in (*ROOTS, "lower_root", "dot", "norm", "larger", "above")
    ]


def _helper(op: str, d: int) -> str:
    if op == "norm":
        return "@inline\ndef norm(a):\n    return sqrt(dot(a, a))"
    if op == "dot":
        return f"@inline\ndef dot(a, b):\n    return {' + '.join(f'a[{i}]*b[{i}]' for i in range(d))}"
    if op == "larger":
        return "@inline\ndef larger(a, b):\n    return a if a > b else b"
    if op == "above":
        return "@inline\ndef above(a, b):\n    return 1.0 if a > b else 0.0"
    if op in ROOTS:
        return _root(op, d)
    if op == "lower_root":
        return _lower_root(d)
    arguments, component = VECTOR[op]
    return (
        f"@inline\ndef {op}({arguments}):\n    return {tuple_text([component.format(i=i) for i in range(d)])}"
    )


def _root(op: str, d: int) -> str:
    """√M z for a symmetric matrix of one or two dimensions through its eigenvalues m ± r, modulus or clipping first."""
    lines = [f"@inline\ndef {op}(a, z):", f"    return ({ROOTS[op].format('a')}*z[0],)"]
    if d == 2:
        lines = [
            f"@inline\ndef {op}(a, b, c, z):",
            "    m, h = 0.5*(a + c), 0.5*(a - c)",
            "    r = sqrt(h*h + b*b)",
            "    high, low = m + r, m - r",
            f"    high, low = {ROOTS[op].format('high')}, {ROOTS[op].format('low')}",
            "    mean, half = 0.5*(high + low), 0.5*(high - low)*recip(r)",
            "    return ((mean + half*h)*z[0] + half*b*z[1], half*b*z[0] + (mean - half*h)*z[1])",
        ]
    return "\n".join(lines)


def _lower_root(d: int) -> str:
    """L z with L Lᵀ = M, column by column (Cholesky); a column whose pivot is rounding is 0."""
    upper = [f"m{i}_{j}" for i in range(d) for j in range(i, d)]
    lines = [f"@inline\ndef lower_root({', '.join(upper)}, z):"]
    for j in range(d):
        left = " - ".join([f"m{j}_{j}", *(f"l{j}_{k}*l{j}_{k}" for k in range(j))])
        lines += [f"    p = {left}", f"    l{j}_{j} = sqrt(p if p > 1e-13*m{j}_{j} else 0.0)"]
        if j + 1 < d:
            lines.append(f"    q = recip(l{j}_{j})")
        for i in range(j + 1, d):
            left = " - ".join([f"m{j}_{i}", *(f"l{i}_{k}*l{j}_{k}" for k in range(j))])
            lines.append(f"    l{i}_{j} = ({left})*q")
    rows = [" + ".join(f"l{i}_{j}*z[{j}]" for j in range(i + 1)) for i in range(d)]
    return "\n".join([*lines, f"    return {tuple_text(rows)}"])


def stage_function(
    stage: Stage, known: dict[int, str], rows: Rows, parameters: list[str]
) -> tuple[str, list[str]]:
    """Return the text of a stage's function and its arguments.

    Every value that is used twice gets a name, the rest is written in place, as in the formula.
    """
    uses: dict[int, int] = {}
    for term in stage.makes.values():
        _count(term, uses, known)
    lines: list[str] = []
    memo: dict[int, str] = {}
    read: set[str] = set()
    rules = _rules(parameters, read)

    def show(term: Term) -> str:
        if id(term) in known or term.op in ("variable", "number"):
            read.add(known.get(id(term)) or term.args[0])
            return known.get(id(term)) or str(term.args[0])
        if id(term) not in memo:
            text = rules[term.op](*[show(a) if isinstance(a, Term) else a for a in term.args])
            if uses[id(term)] > 1 and term.op not in LEAVES:
                name = ("g" if term.op == "gradient" else "u") + (str(len(lines)) if lines else "")
                lines.append(f"{name} = {text}")
                text = name
            memo[id(term)] = text
        return memo[id(term)]

    results = [show(term) for term in stage.makes.values()]
    arguments = [name for name in rows.of if name in read and name not in parameters] + parameters
    body = "".join(f"    {line}\n" for line in lines)
    result = results[0] if len(results) == 1 else tuple_text(results)
    return f"@inline\ndef {stage.name}({', '.join(arguments)}):\n{body}    return {result}", arguments


def _rules(parameters: list[str], read: set[str]) -> dict[str, Callable[..., str]]:
    def jet(op: str) -> Callable[..., str]:
        def call(*operands: Any) -> str:
            *vectors, source = operands
            weighted = isinstance(source, str) and source != ""
            if weighted:
                read.add(source)
            given = [*vectors, *([source] if weighted else []), *parameters]
            return f"{jet_name(op, 'w' if weighted else source)}({', '.join(given)})"

        return call

    return {
        "constant": repr,
        "fixed": lambda values: tuple_text(map(repr, values)),
        "component": lambda a, i: f"{a}[{i}]",
        **{op: jet(op) for op in JETS},
        **{op: text.format for op, text in INFIX.items()},
        **{op: _call(op) for op in CALLS},
    }


def _call(op: str) -> Callable[..., str]:
    return lambda *operands: f"{op}({', '.join(operands)})"


def _count(term: Any, uses: dict[int, int], known: dict[int, str]) -> None:
    if isinstance(term, Term):
        uses[id(term)] = uses.get(id(term), 0) + 1
        if uses[id(term)] == 1 and id(term) not in known:
            for argument in term.args:
                _count(argument, uses, known)


def lane_loop(stage: Stage, arguments: list[str], rows: Rows) -> list[str]:
    """Return the lines of the loop that runs a stage over the lanes of tile ``w``."""
    made = list(stage.makes)
    result = made[0] if len(made) == 1 else tuple_text(made)
    lines = ["        for i in range(LANES):"]
    lines.append(f"            {result} = {stage.name}({', '.join(rows.place(a) for a in arguments)})")
    for name in made:
        row, size = rows.of[name]
        lines += [f"            w[{row + c}, i] = {name}[{c}]" for c in range(size)] or [
            f"            w[{row}, i] = {name}"
        ]
    return lines
