"""Formulas to source text: one self-contained Python file per combination of landscape and method.

The file is the prelude, the landscape's derivatives, the draws of its noise, the method's tick as it is written in its
formula, and the real loop. Nothing else is printed here; derivatives come from landscapes/calculus.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from saddlescape.dynamics import draws, passes, printing
from saddlescape.dynamics.clocks import Parts
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.printing import Rows, tuple_text, verbatim
from saddlescape.dynamics.sdes import Sde
from saddlescape.dynamics.stages import JETS, level_of, stages
from saddlescape.landscapes.base import Landscape
from saddlescape.landscapes.program import Program, function_text
from saddlescape.symbols import Term, Vector

LANES = 64
CHECK = 64
#: letters of the directions a derivative is taken along (landscapes/jets.py)
DIRECTIONS = "uvs"


def kernel_source(landscape: Landscape, method: Method, *, fast: bool = False, loop: str = "loop.py") -> str:
    """Return the text of the kernel that runs ``method`` on ``landscape``; numbers are not in it, only their names.

    ``loop`` is the file of the loop of a run in ticks of one length; adaptive flows have their own.
    """
    d = landscape.dim
    formulas = method.formulas(d, landscape.n_samples, passes=True)
    law = replace(method.parts(d, landscape.n_samples), passes=True)
    large = passes.passes(formulas)
    rows = Rows()
    held = ["x", *method.momentum.state]
    for name in held:
        rows.add(name, d)
    state = rows.top
    parameters = [f"p_{name}" for name in landscape.params]
    for name in [*method.numbers, *parameters, *extra_rows(method)]:
        rows.add(name)
    for name in bounds(method):
        rows.add(name, d)
    buffer = rows.top
    for name in [form.format(name) for form in ADAPTIVE for name in held] if adaptive(method) else []:
        rows.add(name, d)
    seen = _leaves({**formulas, **{f"atom {k}": passes.body(law, p) for k, p in enumerate(large)}})
    seen.names -= set(passes.names(law)) if large else set()
    drawn = draws.printed(method.noise, d, landscape.n_samples, seen, rows)
    for name in ("h", "time", "step_size") if adaptive(method) else ():
        rows.add(name)
    tick = _tick(law, formulas, large, rows, parameters, None if adaptive(method) else drawn.calls)
    sizes = f"{d}, {state}, {buffer}, {rows.top}, {3 * d + 2}"
    parts = [
        _header(landscape, method, fast, sizes, rows),
        verbatim("prelude.py"),
        *([verbatim("rng.py")] if drawn.functions else []),
        *printing.helpers(seen.operations, d),
        *(
            []
            if landscape.functions
            else [_derivative(landscape, op, kind) for op, kind in sorted(seen.jets, key=str)]
        ),
        *([passes.table(law)] if large else []),
        *drawn.functions,
        tick,
        verbatim("adaptive.py" if adaptive(method) else loop),
    ]
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


#: rows an adaptive scheme has beside the state: the derivative at hand, what an attempt makes, and its error
ADAPTIVE = ("k_{}", "{}_next", "k_{}_next", "{}_error")


def adaptive(method: Method) -> bool:
    """Whether the method chooses its own steps (adaptive.py)."""
    return bool(getattr(method.clock, "adaptive", False))


def bounds(method: Method) -> tuple[str, ...]:
    """Return the vectors of the number table an adaptive scheme has beside its numbers, in its last rows: the corners of
    the box beyond which a trajectory is not carried (plan.py)."""
    return ("low", "high") if adaptive(method) else ()


def extra_rows(method: Method) -> list[str]:
    """Return the rows of the number table a random method has beside its numbers: which stream of random numbers a
    trajectory has and, for an SDE, how its ticks divide a step of the map (plan.py)."""
    if not method.random:
        return []
    return ["stream", "splits", "depth"] if isinstance(method.clock, Sde) else ["stream"]


def _header(landscape: Landscape, method: Method, fast: bool, sizes: str, rows: Rows) -> str:
    flags = '{"contract", "nsz", "arcp"}' if fast else "False"
    names = ", ".join(landscape.coordinates)
    words = [method.momentum.name + " momentum", f"clock {method.clock.name}", *_noise_words(method)]
    places = [f"{name.upper()} = {rows.of[name][0]}" for name in extra_rows(method)]
    if "splits" in rows.of:
        places += [f"ETA, DT = {rows.of['eta'][0]}, {rows.of['dt'][0]}"]
    if adaptive(method):
        places += [f"{name.upper()} = {rows.of[name][0]}" for name in bounds(method)]
        where = [rows.of[name][0] for name in ("k_x", "x_next", "k_x_next", "x_error")]
        places += ["SLOPE, NEXT, SLOPE_NEXT, ERROR = " + ", ".join(map(str, where))]
        where = [rows.of[name][0] for name in ("h", "time", "step_size", "dt", "rtol", "atol")]
        places += ["H, TIME, STEP, DT, RTOL, ATOL = " + ", ".join(map(str, where))]
    more = "".join(f"\n{line}" for line in places)
    return f'''"""{landscape.name} under {method.name} ({", ".join(words)}).

f({names}) = {landscape.formula}
{method.perturbation.__doc__.splitlines()[0] if method.perturbation.__doc__ else ""}
Generated by saddlescape from its formulas; runs alike with and without numba.
"""

FAST = {flags}
LANES, CHECK, RANDOM = {LANES}, {CHECK}, {method.random}
DIM, STATE, ROWS, TILE, BOX = {sizes}{more}'''


def _noise_words(method: Method) -> list[str]:
    noise = method.noise
    found = [f"batch of {noise.batch}"] if noise.batch else []
    return [*found, *([f"Gaussian noise ({noise.noise})"] if noise.additive else [])]


def _leaves(formulas: dict[str, Vector]) -> draws.Seen:
    seen = draws.Seen()
    done: set[int] = set()

    def visit(term: Any) -> None:
        if not isinstance(term, Term) or id(term) in done:
            return
        done.add(id(term))
        seen.operations.add(term.op)
        if term.op in ("variable", "number"):
            seen.names.add(str(term.args[0]))
        if term.op in JETS:
            source = term.args[-1]
            weighted = isinstance(source, str) and source != ""
            seen.jets.add((term.op, "w" if weighted else source))
            if weighted:
                seen.names.add(source)
        for argument in term.args:
            visit(argument)

    for formula in formulas.values():
        visit(formula)
    return seen


def _derivative(landscape: Landscape, op: str, kind: Any) -> str:
    """Print a derivative of f, of one sample, or of weighted samples. Its own names begin with an underscore, which no
    coordinate or parameter may."""
    order = JETS.index(op) + 1
    of = landscape.per_sample(kind) if isinstance(kind, int) else landscape
    made: Program = of.jet(order, weighted=kind == "w")
    names = list(landscape.coordinates)
    arguments, before, out = ["_at"], [f"{tuple_text(names)} = _at"], list(made["out"])
    for letter in DIRECTIONS[: order - 1]:
        arguments.append(f"_{letter}")
        before.append(f"{tuple_text([f'_{letter}{i}' for i in range(landscape.dim)])} = _{letter}")
    if kind == "w":
        arguments.append("_w")
        before.append(f"{tuple_text([f'_w{i}' for i in range(landscape.n_samples)])} = _w")
    if landscape.cones and op == "gradient":  # a tip: the gradient is declared 0 there
        tips = [
            " & ".join(f"({n} == {v!r})" for n, v in zip(names, tip, strict=True)) for tip in landscape.cones
        ]
        before.append(f"_tip = {' | '.join(f'({tip})' for tip in tips)}")
        out = [f"0.0 if _tip else {component}" for component in out]
    name = printing.jet_name(op, kind)
    text = function_text(
        name, [*arguments, *landscape.params], {**made, "out": [tuple_text(out)]}, lambda: before
    )
    return f"@inline\n{text}"


def _tick(
    law: Parts, formulas: dict[str, Vector], large: list[passes.Pass], rows: Rows, parameters: list[str],
    calls: list[str] | None,
) -> str:  # fmt: skip
    """Return the text of the stages and of ``advance``, which draws what is random and runs the stages over the lanes;
    of ``attempt`` where there are no ``calls``: the scheme is adaptive. Passes go before the first stage that needs
    them."""
    known: dict[int, str] = {}
    functions: list[str] = []
    loops: list[str] = []
    waiting = [(level_of(one.point), k, one) for k, one in enumerate(large)]

    def through(level: int) -> None:
        for at, k, one in [w for w in waiting if w[0] < level]:
            waiting.remove((at, k, one))
            made, lines = passes.printed(law, one, k, known, rows, parameters)
            functions.extend(made)
            loops.extend(lines)

    for stage in stages(formulas):
        through(stage.level)
        text, arguments = printing.stage_function(stage, known, rows, parameters)
        functions.append(text)
        for name, term in stage.makes.items():
            if name not in rows.of:
                rows.add(name, law.dim if isinstance(term, Vector) else 0)
                known[id(term)] = name
        loops += printing.lane_loop(stage, arguments, rows)
    if calls is None:
        lines = ["@inline", "def attempt(w):", *(line[4:] for line in loops)]
    else:
        lines = [
            "@inline",
            "def advance(w, start, ticks, fresh, lo, hi):",
            "    for t in range(start, start + ticks):",
        ]
        lines += [*[f"        {call}" for call in calls], *loops]
    return "\n\n\n".join([*functions, "\n".join(lines)])
