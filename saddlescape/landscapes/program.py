"""Expressions as straight-line programs of Python text: value numbering, powers as products, names for what is reused."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from saddlescape.landscapes.forms import HELD

if TYPE_CHECKING:
    import sympy

#: what an operation counts in the printed source, in units of one addition
COST = {"+": 1, "-": 1, "*": 1, "neg": 1, "/": 8, "sqrt": 8}
CALL_COST = 20

Program = dict[str, Any]
"""{"lines": [...], "out": [...], "operations": weighted count, "products": those that are no doubling}"""


def program(expressions: Sequence[sympy.Expr]) -> Program:
    """Return the straight-line program of ``expressions``: common subexpressions named, powers as products."""
    import sympy

    replacements, reduced = sympy.cse(
        list(expressions), symbols=sympy.numbered_symbols("_cse"), order="canonical"
    )
    graph = _Graph()
    for symbol, value in replacements:
        graph.names[symbol.name] = graph.lower(value)
    return graph.print([graph.lower(e) for e in reduced])


class _Graph:
    """Operations with value numbering: the same operation on the same operands is one node."""

    def __init__(self) -> None:
        self.nodes: list[tuple[str, tuple[Any, ...]]] = []
        self.index: dict[tuple[str, tuple[Any, ...]], int] = {}
        self.names: dict[str, int] = {}

    def node(self, op: str, *args: Any) -> int:
        key = (op, args)
        if key not in self.index:
            self.index[key] = len(self.nodes)
            self.nodes.append(key)
        return self.index[key]

    def lower(self, e: sympy.Expr) -> int:
        if e.is_Symbol:
            if e.name.startswith(HELD):
                return self.node("number", repr(float(e.name.removeprefix(HELD))))
            return self.names[e.name] if e.name in self.names else self.node("name", e.name)
        if e.is_number:
            return self.node("number", repr(float(e)))
        if e.is_Add:
            return self._sum(e)
        if e.is_Mul:
            return self._product(e)
        if e.is_Pow or e.func.__name__ == "exp":
            return self._power(e)
        name = {"atan": "atan", "Abs": "fabs"}.get(e.func.__name__, e.func.__name__)
        return self.node("call", name, self.lower(e.args[0]))

    def _sum(self, e: sympy.Expr) -> int:
        """Terms with a plus sign first, then those taken away, numbers last."""
        terms = [(bool(t.as_coeff_Mul()[0] < 0), bool(t.is_number), t) for t in e.as_ordered_terms()]
        terms.sort(key=lambda item: (item[1], item[0]))
        if all(negative for negative, _, _ in terms):
            return self.node("neg", self.lower(-e))
        first = next(i for i, (negative, _, _) in enumerate(terms) if not negative)
        total = self.lower(terms.pop(first)[2])
        for negative, _, term in terms:
            total = (
                self.node("-", total, self.lower(-term))
                if negative
                else self.node("+", total, self.lower(term))
            )
        return total

    def _product(self, e: sympy.Expr) -> int:
        number, rest = e.as_coeff_Mul()
        if number == -1:
            return self.node("neg", self.lower(rest))
        above: list[int] = [] if number == 1 else [self.lower(number)]
        below: list[int] = []
        for factor in rest.as_ordered_factors():
            base, exponent = factor.as_base_exp()
            downward = factor.is_Pow and exponent.is_number and exponent < 0
            (below if downward else above).append(self.lower(base**-exponent if downward else factor))
        top = self._times(above) if above else self.node("number", "1.0")
        return self.node("/", top, self._times(below)) if below else top

    def _times(self, factors: list[int]) -> int:
        total = factors[0]
        for factor in factors[1:]:
            total = self.node("*", total, factor)
        return total

    def _power(self, e: sympy.Expr) -> int:
        if e.func.__name__ == "exp":
            return self.node("call", "exp", self.lower(e.args[0]))
        base, exponent = e.args
        if exponent.is_number and exponent < 0:
            return self.node("/", self.node("number", "1.0"), self.lower(base**-exponent))
        if exponent.is_Integer:
            return self._integer_power(self.lower(base), int(exponent))
        if exponent.is_Rational and exponent.q == 2:
            root = self.node("call", "sqrt", self.lower(base))
            whole = int(exponent.p) // 2
            return self.node("*", self._integer_power(self.lower(base), whole), root) if whole else root
        return self.node("call", "_power", self.lower(base), self.lower(exponent))

    def _integer_power(self, base: int, n: int) -> int:
        if n == 1:
            return base
        if n % 2:
            return self.node("*", self._integer_power(base, n - 1), base)
        half = self._integer_power(base, n // 2)
        return self.node("*", half, half)

    def print(self, outputs: list[int]) -> Program:
        return _Printer(self.nodes, outputs).program()


class _Printer:
    """Nodes to text: what is used more than once gets a name, the rest is written in place."""

    RANK: ClassVar[dict[str, int]] = {"+": 1, "-": 1, "neg": 2, "*": 3}

    def __init__(self, nodes: list[tuple[str, tuple[Any, ...]]], outputs: list[int]) -> None:
        self.nodes, self.outputs = nodes, outputs
        self.uses: dict[int, int] = {}
        self.seen: set[int] = set()
        self.lines: list[str] = []
        self.named: dict[int, str] = {}
        self.operations = self.products = 0
        taken = {str(args[0]) for op, args in nodes if op == "name"}
        self.prefix = "t" if not any(re.fullmatch(r"t\d+", name) for name in taken) else "_t"

    def program(self) -> Program:
        for output in self.outputs:
            self._count(output)
        out = [self._text(output)[0] for output in self.outputs]
        return {"lines": self.lines, "out": out, "operations": self.operations, "products": self.products}

    def _operands(self, i: int) -> list[int]:
        op, args = self.nodes[i]
        return [] if op in ("name", "number") else [a for a in args if isinstance(a, int)]

    def _count(self, i: int) -> None:
        self.uses[i] = self.uses.get(i, 0) + 1
        if i in self.seen:
            return
        self.seen.add(i)
        op, args = self.nodes[i]
        if op not in ("name", "number"):
            self.operations += COST.get(args[0] if op == "call" else op, CALL_COST)
            self.products += op == "*" and all(self.nodes[a] != ("number", ("2.0",)) for a in args)
        for operand in self._operands(i):
            self._count(operand)

    def _text(self, i: int) -> tuple[str, int]:
        op, args = self.nodes[i]
        if op in ("name", "number"):
            return str(args[0]), 2 if str(args[0]).startswith("-") else 9
        if i in self.named:
            return self.named[i], 9
        text, rank = self._write(op, args)
        if self.uses[i] > 1:
            self.named[i] = f"{self.prefix}{len(self.named)}"
            self.lines.append(f"{self.named[i]} = {text}")
            return self.named[i], 9
        return text, rank

    def _write(self, op: str, args: tuple[Any, ...]) -> tuple[str, int]:
        if op == "call":
            return f"{args[0]}({', '.join(self._text(a)[0] for a in args[1:])})", 9
        if op == "/":  # a function, so that plain Python can give inf and NaN where numba and NumPy do
            return f"_divide({', '.join(self._text(a)[0] for a in args)})", 9
        rank = self.RANK[op]
        parts = [self._text(a) for a in args]
        if op == "neg":
            return f"-{self._inside(parts[0], 9)}", rank
        left, right = self._inside(parts[0], rank), self._inside(parts[1], rank + 1)
        return f"{left} {op} {right}" if rank == 1 else f"{left}{op}{right}", rank

    @staticmethod
    def _inside(part: tuple[str, int], least: int) -> str:
        return part[0] if part[1] >= least else f"({part[0]})"


def function_text(
    name: str, inputs: Sequence[str], made: Program, unpack: Callable[[], list[str]] | None = None
) -> str:
    """Return Python source of ``def name(inputs): …`` that runs a program; one component is returned bare."""
    lines = [f"def {name}({', '.join(inputs)}):", *(f"    {line}" for line in (unpack() if unpack else []))]
    lines += [f"    {line}" for line in made["lines"]]
    return "\n".join([*lines, f"    return {', '.join(made['out'])}"])
