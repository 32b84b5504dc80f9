"""How things look in a terminal: tables, numbers, formulas."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from saddlescape.plots import words

if TYPE_CHECKING:
    from saddlescape.landscapes.base import Landscape

POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
RAISED = str.maketrans("0123456789", POWERS)
GAP = "  "
#: columns that a column of words keeps while another can be broken
FEWEST = 20
LATEX = {
    **words.GREEK,
    "nabla": "∇", "leftarrow": "←", "langle": "⟨", "rangle": "⟩", "odot": "⊙", "quad": " ", "gamma": "γ", "sum": "Σ",
    "subset": "⊂",
}  # fmt: skip


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], width: int, words_in: int | None = None, left: int = 1
) -> str:
    """Return rows under a head, the first ``left`` columns and ``words_in`` flush left, the others flush right.

    Where it is wider than ``width``, the head is broken into lines, then the column ``words_in``, then the first one:
    between words, so that only a table of too many columns is wider in the end.
    """
    columns = range(len(head))
    widths = [max(1, *(len(row[c]) for row in (head, *rows))) for c in columns]
    if _over(widths, width) > 0:
        longest = [max(map(len, title.split()), default=1) for title in head]
        widths = [max(longest[c], *(len(row[c]) for row in rows)) for c in columns]
        broken = [(0, 0)] if words_in is None else [(words_in, FEWEST), (0, 0), (words_in, 0)]
        for c, least in broken:
            least = max(least, longest[c], *(len(word) for row in rows for word in _words(row[c])))
            widths[c] = max(min(widths[c], least), widths[c] - max(0, _over(widths, width)))
    flush = {*range(left), words_in}
    lines = []
    for row in (head, *rows):
        cells = [
            textwrap.wrap(_held(cell), widths[c], break_long_words=False, break_on_hyphens=False)
            for c, cell in enumerate(row)
        ]
        high = max(1, *map(len, cells))
        blank = [[""] * (high - len(cell)) for cell in cells]
        stacks = [
            b + c if row is head else c + b for b, c in zip(blank, cells, strict=True)
        ]  # heads stand at the bottom
        lines += [_line(parts, widths, flush) for parts in zip(*stacks, strict=True)]
    return "\n".join(lines)


def _over(widths: Sequence[int], width: int) -> int:
    """Return by how much a table of these columns is wider than ``width``."""
    return 2 + sum(widths) + len(GAP) * (len(widths) - 1) - width


def _words(cell: str) -> list[str]:
    return textwrap.wrap(_held(cell), 1, break_long_words=False, break_on_hyphens=False)


def wrapped(text: str, width: int, indent: int = 2) -> str:
    """Return a line of words, ``indent`` to the right, broken where the terminal ends; what follows stands further in."""
    return textwrap.fill(
        _held(text),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    ).replace("\xa0", " ")


def _held(cell: str) -> str:
    """Keep what stands in parentheses, a point, in one line."""
    return re.sub(r"\([^()]*\)", lambda m: m[0].replace(" ", "\xa0"), cell)


def _line(parts: Sequence[str], widths: Sequence[int], flush: set[Any]) -> str:
    shown = [
        p.ljust(w) if c in flush else p.rjust(w) for c, (p, w) in enumerate(zip(parts, widths, strict=True))
    ]
    return ("  " + GAP.join(shown)).rstrip().replace("\xa0", " ")


def number(value: float | None, digits: int = 6) -> str:
    """Return a number for a table; – where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value + 0.0:.{digits}g}"


def count(value: int) -> str:
    """Return a whole number in groups of three."""
    return f"{value:,}".replace(",", " ")


def pretty(formula: str) -> str:
    """Return a formula as a person writes it: (9/4 − x + xy²)²."""
    text = re.sub(r"\^(\d+)\b(?!\.)", lambda m: m[1].translate(RAISED), formula).replace("-", "−")
    text = re.sub(r"\bpi\b", "π", text)
    text = re.sub(rf"(?<![\w/.])([A-Za-zπ][{POWERS}]*|[\d.]+)\*(?=[A-Za-zπ](?![A-Za-z0-9_]))", r"\1", text)
    return text.replace("*", "·")


def plain(latex: str) -> str:
    """Return the LaTeX of a step as a terminal can show it: x ← x − η ∇f(x)."""
    text = re.sub(r"\\mathrm\{(\w+)\}", r"\1", latex)
    for _ in range(2):  # what is nested in braces first
        text = re.sub(r"\^\{1/2\}", "^½", re.sub(r"_\{([^{}]*)\}", r"_\1", text))
        text = re.sub(r"\\sqrt\{([^{}]*)\}", r"√\1", text)
        text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2", text)
    text = re.sub(r"\\([A-Za-z]+)", lambda m: LATEX.get(m[1], m[1]), text)
    text = re.sub(r"\^([2-4])(?= f)", lambda m: POWERS[int(m[1])], text)
    return (
        re.sub(r" {2,}(?! )", " ", text.replace(r"\|", "‖").replace(r"\,", " "))
        .replace(" - ", " − ")
        .replace("∇ ", "∇")
    )


def place(x: Any) -> str:
    """Return a point as text: (3, 0.5)."""
    return words.place(x).replace("−", "-")


def title(landscape: Landscape, width: int) -> str:
    """Return the line that says which landscape it is, broken where the terminal ends."""
    name = "" if landscape.title == landscape.formula else f"{landscape.title}   "
    values = ", ".join(f"{key} = {value:g}" for key, value in landscape.params.items())
    text = name + pretty(landscape.formula) + (f"   with {values}" if values else "")
    return textwrap.fill(text, width, subsequent_indent="    ", break_long_words=False)
