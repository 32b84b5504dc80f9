"""The caption below a figure: formulas and numbers, broken into lines that fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.mathtext import MathTextParser

from saddlescape.plots import naming, words
from saddlescape.plots.paths import FEW
from saddlescape.results import Background, Run

#: longest formula (characters of LaTeX) that a caption shows
LONGEST = 700
#: commands that mathtext certainly knows
SAFE = "left right leftarrow frac sqrt nabla eta rho beta sigma alpha delta pi cdot quad"
FUNCTIONS = "sin cos tan exp log sinh cosh tanh"
SAFE += f" {FUNCTIONS} mathrm"
_FUNCTION = "|".join(FUNCTIONS.split())
#: what SymPy prints and mathtext does not know
TRANSLATED = (
    (r"\\tfrac|\\dfrac", r"\\frac"),
    (r"\\lvert|\\rvert", "|"),
    (r"\\lVert|\\rVert", r"\\|"),
    (r"\\,|\\;|\\!|~", r"\\,"),
    # mathtext puts a space between a function and its bracket, and none before a function
    (rf"\\({_FUNCTION})(?=\{{\\left\()", r"\\mathrm{\1}"),
    (rf"(?<=[\w}})] )(?=\\mathrm\{{(?:{_FUNCTION})\}})", r"\\,"),
)


def sentences(runs: Sequence[Run], labels: Sequence[str], thinned: bool = False) -> list[list[str]]:
    """Return the paragraphs of the caption as pieces (words, or formulas in $…$) between which a line may
    break.
    """
    paragraphs = [of_loss(runs[0].background)]
    paragraphs.append(of_methods([(run.method, run.formula) for run in runs]))
    paragraphs.append(_numbers(runs, labels, thinned))
    return [p for p in paragraphs if p]


def of_loss(background: Background) -> list[str]:
    """Return the paragraph of a landscape: its formula, and the values of its parameters."""
    return of_formula(background.coordinates, background.latex, background.params)


def of_formula(coordinates: Sequence[str], latex: str, params: Mapping[str, float]) -> list[str]:
    """Return f and its coordinates, its formula, and the values of its parameters."""
    names = ", ".join(words.coordinate(c) for c in coordinates)
    head = f"$f({','.join(_subscript(c) for c in coordinates)}) =\\,$" if len(names) < 24 else "$f =\\,$"
    values = ", ".join(f"{words.coordinate(name)} = {words.number(value)}" for name, value in params.items())
    return [head, *formula(latex), *(broken(f"\u2002with {values}") if values else [])]


def of_methods(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return the paragraph of methods, as pairs of text and formula: every formula once, under what shares it."""
    told: dict[str, list[str]] = {}
    for method, text in pairs:
        if text:
            told.setdefault(text, []).append(method)
    methods: list[str] = []
    for text, kind in zip(told, naming.kinds(list(told.values())), strict=True):
        methods += [*broken(f"{kind}:"), *formula(text), "\u2002"]
    return [*methods[:-1], *broken(drawn(told))]


def broken(text: str) -> list[str]:
    """Return text as the pieces between which a line may break: 20 000 and batch = 2 are one piece each."""
    for sign in "=≠":
        text = text.replace(f" {sign} ", f"\u00a0{sign}\u00a0")
    return text.replace("\u2009", "\u00a0").split(" ") if text else []


def drawn(formulas: Iterable[str]) -> str:
    """Return what the subscripts of ∇f in the formulas mean: "(γ: the batch)"; "" where there are none."""
    text = " ".join(formulas)
    meanings = {
        r"\gamma": "γ: the batch",
        r"\gamma'": "γ′: another batch, drawn for the ascent",
        r"I \subset": "I: its groups",
        "I'": "I′: those of another batch, drawn for the ascent",
    }
    said = [meaning for sign, meaning in meanings.items() if sign in text]
    return f"\u2002({', '.join(said)})" if said else ""


def _subscript(name: str) -> str:
    return re.sub(r"(?<=[A-Za-z])(\d+)$", r"_{\1}", name)


def _numbers(runs: Sequence[Run], labels: Sequence[str], thinned: bool) -> list[str]:
    """Return the last paragraph: eta, steps, seed, gradient calls, what a dot is."""
    facts = [same] if (same := naming.same([run.method for run in runs])) else []
    etas = {naming.eta(run.method) for run in runs}
    if len(etas) == 1 and (value := etas.pop()):
        steps = max(float(run.t.max()) for run in runs) / value
        facts.append(
            f"{words.count(round(steps))} steps"
            if all(map(words.is_map, runs))
            else f"time {words.number(steps * value)}"
        )
    if len(runs[0].x) > 1:
        count, lines = words.count(len(runs[0].x)), len(words.shown(runs[0]))
        some = f" (lines: {lines} of them, evenly spread)" if lines < len(runs[0].x) else ""
        facts.append(f"{count} starts{some}")
    if (seed := runs[0].spec.get("seed")) is not None:
        facts.append(f"seed {seed}")
    text = ", ".join(facts)
    if calls := _all_calls(runs, labels):
        each = " per start" if len(runs[0].x) > 1 else ""
        text += f"; gradient calls{each} {calls}"
    if any(map(words.is_map, runs)) and runs[0].x.shape[2] <= 2 and len(runs[0].x) <= FEW:
        text += ". Dots are iterates" + (", thinned where they would touch" if thinned else "")
        text += "" if all(map(words.is_map, runs)) else "; smooth lines are flows or SDEs"
    return broken(f"{text}.".lstrip("; ."))


def _all_calls(runs: Sequence[Run], labels: Sequence[str]) -> str:
    """Return the gradient calls of the methods, every number once: 500 (GD), 1 000 (SAM, USAM)."""
    calls = [_calls(run) for run in runs]
    if len(runs) == 1:
        return calls[0]
    alike: dict[tuple[str, str], list[int]] = {}
    for i, (run, times) in enumerate(zip(runs, calls, strict=True)):
        alike.setdefault((times, naming.read(run.method).head), []).append(i)
    kinds = naming.kinds([[runs[i].method for i in group] for group in alike.values()])
    if len(set(kinds)) < len(kinds):  # what tells them apart is left out of a kind: rho, eta
        kinds = [", ".join(labels[i] for i in group) for group in alike.values()]
    names: dict[str, list[str]] = {}
    for (times, _), kind in zip(alike, kinds, strict=True):
        names.setdefault(times, []).append(kind)
    return ", ".join(f"{times} ({', '.join(group)})" for times, group in names.items() if times)


def _calls(run: Run) -> str:
    if np.ma.getmaskarray(run.gradient_evaluations).any():
        return ""
    values = {int(v) for v in run.gradient_evaluations}
    low, high = min(values, default=0), max(values, default=0)
    return words.count(high) if low == high else f"{words.count(low)}–{words.count(high)}"


def formula(latex: str) -> list[str]:
    """Return LaTeX as pieces $…$ split before the outermost + and −; plain text where mathtext cannot read
    it.
    """
    text = latex.strip().strip("$")
    for pattern, better in TRANSLATED:
        text = re.sub(pattern, better, text)
    if not text:
        return []
    if len(text) > LONGEST:
        return ["(a", "formula", "of", f"{len(text)}", "characters)"]
    pieces = [f"${piece.strip()}$" for piece in split(text)]
    parser: Any = MathTextParser("path")
    try:
        for piece in pieces if len(text) > 400 or _doubtful(text) else ():
            parser.parse(piece)
    except ValueError:
        return text.split()
    return pieces


def _doubtful(text: str) -> bool:
    """Return whether the text holds a command that is not known to be safe, so that it must be tried first."""
    safe = "|".join(SAFE.split())
    known = re.fullmatch(rf"(?:[^\\]|\\(?:{safe})(?![A-Za-z])|\\[,|;{{}}])*", text)
    return (
        known is None
        or text.count("{") != text.count("}")
        or len(re.findall(r"\\left(?!arrow)", text)) != text.count(r"\right")
    )


def split(text: str) -> list[str]:
    """Split LaTeX before every + or − that stands outside all brackets (and after an opening equals sign)."""
    pieces, depth, start = [], 0, 0
    for found in re.finditer(r"\\left\\?.|\\right\\?.|[{}()\[\]]| [+-] | = ", text):
        token = found.group()
        if token.startswith("\\left") or token in "{([":
            depth += 1
        elif token.startswith("\\right") or token in "})]":
            depth -= 1
        elif depth == 0 and token != " = " and found.start() > start:
            pieces.append(text[start : found.start()] + "\\;" * bool(token))
            start = found.start()
    pieces.append(text[start:])
    return [_signed(piece) for piece in pieces]


def _signed(piece: str) -> str:
    """Keep the space after a leading sign: mathtext would set it as a unary sign."""
    return re.sub(r"^\s*([+-])\s+", r"\1\\;", piece)
