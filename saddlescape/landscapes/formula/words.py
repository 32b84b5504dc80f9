"""What is said about things that formulas do not contain, and what to write instead."""

from __future__ import annotations

import keyword
import unicodedata

MAX_NAME = 40
ABS = "has a kink: write sqrt(x^2 + s^2) with a small parameter s, or x^2"
SMOOTH_MAX = "log(exp(k*a) + exp(k*b))/k with a large parameter k"
SUBSTITUTES = {
    "abs": f"abs(x) {ABS}",
    "fabs": f"abs(x) {ABS}",
    "max": f"max(a, b) has a kink: write {SMOOTH_MAX}",
    "min": "min(a, b) has a kink: write -log(exp(-k*a) + exp(-k*b))/k with a large parameter k",
    "sign": "sign(x) has a jump: write tanh(k*x) with a large parameter k",
    "sgn": "sgn(x) has a jump: write tanh(k*x) with a large parameter k",
    "heaviside": "a step has a jump: write (1 + tanh(k*x))/2 with a large parameter k",
    "step": "a step has a jump: write (1 + tanh(k*x))/2 with a large parameter k",
    "relu": "relu(x) has a kink: write log(1 + exp(k*x))/k with a large parameter k",
    "floor": "floor(x) has jumps: write the smooth staircase x - 1/2 - sin(2*pi*x)/(2*pi)",
    "ceil": "ceil(x) has jumps: write the smooth staircase x + 1/2 - sin(2*pi*x)/(2*pi)",
    "round": "round(x) has jumps: write the smooth staircase x - sin(2*pi*x)/(2*pi)",
    "mod": "mod has jumps: write a periodic function such as sin(2*pi*x)",
    "softplus": "softplus is not known by name: write log(1 + exp(x))",
    "sigmoid": "sigmoid is not known by name: write 1/(1 + exp(-x))",
    "log10": "log10 is not known by name: write log(x)/log(10)",
    "log2": "log2 is not known by name: write log(x)/log(2)",
    "pow": "pow(a, b) is written a^b",
    "cbrt": "cbrt(x) is written x^(1/3), for x > 0",
    "asin": "asin is not known: write atan(x/sqrt(1 - x^2))",
    "acos": "acos is not known: write pi/2 - atan(x/sqrt(1 - x^2))",
    "asinh": "asinh is not known: write log(x + sqrt(x^2 + 1))",
    "arctan": "arctan is written atan(x)",
}
CHARACTERS = {
    "=": "a formula is an expression, not an equation: write only the loss itself, such as x^2 + y^2",
    "<": "a comparison is not a formula: write the loss itself, such as x^2 + y^2",
    ",": "a comma has no place here: functions take one argument, and decimals are written 2.5",
    ".": "a lone point: write 0.5 for a number; names have no parts, so sin(x), not np.sin(x)",
    "[": "coordinates are not indexed with brackets: write x1, x2, …; brackets are ( )",
    "{": "only ( ) are brackets here",
    "'": "a formula holds no quoted text: write names bare, as in a*x^2",
    "|": f"|x| {ABS}",
    "\\": "LaTeX is not read: write sqrt(x), sin(x), a*x^2",
    "√": "write sqrt(…) for the root",
    "!": "factorials and ! are not known",
    "&": "^ is the power and there is no logic here: write the loss itself, such as x^2 + y^2",
    ";": "one formula only, without ;",
    "$": "write the formula without $: x^2 - y^2",
}
ALIKE = {">": "<", "]": "[", "}": "{", '"': "'", "`": "'", "’": "'", "‘": "'", "“": "'", "”": "'"}


def about_character(text: str, at: int) -> str:
    """Return what to say about the character of ``text`` at ``at``, which begins nothing known."""
    character = text[at]
    character = ALIKE.get(character, character)
    if character in CHARACTERS:
        return CHARACTERS[character]
    described = unicodedata.name(character, "")
    if character.isalpha():
        word = described.split()[-1].lower().replace("lamda", "lam") if described.startswith("GREEK") else ""
        instead = f": write it out, as {word}" if word.isalpha() else ": write letters a to z"
        return f"'{character}' is not a plain letter{_named(described)}{instead}"
    shown = f"'{character}'" if character.isprintable() else "this character"
    return f"{shown}{_named(described)} has no meaning in a formula: there are + - * / ^ and ( )"


def _named(described: str) -> str:
    return f" ({described.lower()})" if described else ""


def name_fault(name: str) -> str:
    """Return what keeps ``name`` from being a parameter or coordinate, or an empty string."""
    if name.startswith("_"):
        return f"'{name[:MAX_NAME]}' is not a name: names begin with a letter"
    if keyword.iskeyword(name):
        instead = f"choose another, such as {name.lower()}_1"
        return f"'{name}' is a word of programming and cannot be a name here: {instead}"
    if len(name) > MAX_NAME:
        return f"a name may have at most {MAX_NAME} characters"
    return ""
