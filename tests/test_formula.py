"""The grammar of typed formulas: what is read, what is refused and where, and that text round-trips."""

import math
import subprocess
import sys
import time
from math import cos, cosh, e, exp, log, pi, sin, sinh, sqrt, tan, tanh

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from saddlescape.errors import FormulaError
from saddlescape.landscapes.formula import looks_like_name, parse

VALID = [
    ("x^2 - y^2", lambda x, y: x * x - y * y),
    ("-x^2", lambda x: -(x**2)),
    ("(-x)^2", lambda x: x**2),
    ("2x + 3(x+1)", lambda x: 5 * x + 3),
    ("(x+1)(y-1)y", lambda x, y: (x + 1) * (y - 1) * y),
    ("x^2y", lambda x, y: x**2 * y),
    ("x²y³", lambda x, y: x**2 * y**3),
    ("x⁻²", lambda x: x**-2),
    ("x¹⁰/10", lambda x: x**10 / 10),
    ("x − y·z × 3 ÷ 2", lambda x, y, z: x - y * z * 3 / 2),
    ("2πx", lambda x: 2 * pi * x),
    ("2^-1*x", lambda x: x / 2),
    ("2^3^0*x", lambda x: 2 * x),
    ("x**2**3", lambda x: x**8),
    ("x/y/2", lambda x, y: x / y / 2),
    ("x-y-z", lambda x, y, z: x - y - z),
    ("x--y + +y", lambda x, y: x + 2 * y),
    ("-x*-y", lambda x, y: x * y),
    ("1e-3x + 2.25", lambda x: x / 1000 + 2.25),
    (".5x + 2.", lambda x: x / 2 + 2),
    ("2e*x", lambda x: 2 * e * x),
    ("e^(-x^2) + e^1", lambda x: exp(-(x**2)) + e),
    ("exp(-x^2)cos(2pi*y)", lambda x, y: exp(-(x**2)) * cos(2 * pi * y)),
    ("ln(x) + log(y)", lambda x, y: log(x) + log(y)),
    ("sqrt(x + 1)x^(1/3)", lambda x: sqrt(x + 1) * x ** (1 / 3)),
    ("sinh(x) + cosh(y) + tanh(x*y)", lambda x, y: sinh(x) + cosh(y) + tanh(x * y)),
    ("tanh(log(x)) + cosh(x^0.5) - sinh(log(x))", lambda x: tanh(log(x)) + cosh(x**0.5) - sinh(log(x))),
    ("tan(x)atan(y)sin(x)", lambda x, y: tan(x) * math.atan(y) * sin(x)),
    ("tan(pi/2 - x)", lambda x: 1 / tan(x)),
    ("(1.5-x+xy_)^2", None),
    ("x1^2 + x2*x4", lambda x1, x2, x3, x4: x1**2 + x2 * x4),
    ("(1.5-x+x*y)^2+(2.25-x+x*y^2)^2", lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2),
]
POINTS = ([0.7, 1.3, 0.4, 2.1], [1.9, 0.2, 1.1, 0.6])


@pytest.mark.parametrize(("text", "function"), VALID, ids=[text for text, _ in VALID])
def test_a_formula_means_what_python_would_compute(text, function):
    formula = parse(text)
    if function is None:
        assert formula.parameters == ("xy_",)
        return
    computed = sympy.lambdify(
        [sympy.Symbol(c, real=True) for c in formula.coordinates], formula.sympy(), "math"
    )
    for point in POINTS:
        point = point[: formula.dim]
        # a few roundings, each 1e-16 relative; 1e-13 leaves room for cancellation between terms of order one
        assert computed(*point) == pytest.approx(function(*point), rel=1e-13, abs=1e-13)


REFUSED = [
    ("", 0, "empty"),
    ("   ", 0, "empty"),
    ("__import__('os')", 0, "begin with a letter"),
    ("x.real", 1, "names have no parts"),
    ("x[0]", 1, "x1, x2"),
    ("x = 3", 2, "not an equation"),
    ("x == y", 2, "not an equation"),
    ("x < y", 2, "comparison"),
    ("lambda x", 0, "word of programming"),
    ('"x"', 0, "quoted"),
    ("x, y", 1, "comma"),
    ("1,5x", 1, "2.5"),
    ("(x", 0, "never closed"),
    ("x*(y+(z)", 2, "never closed"),
    ("x)", 1, "closes nothing"),
    ("2x y", 3, "write x*y"),
    ("x 2", 2, "write x*2"),
    ("2 3x", 2, "two numbers"),
    ("(x)2", 3, "write (…)*2"),
    ("x+", 2, "a number, a coordinate or ( was expected here"),
    ("*x", 0, "a number, a coordinate or ( was expected here"),
    ("x*/y", 2, "a number, a coordinate or ( was expected here"),
    ("()", 1, "a number, a coordinate or ( was expected here"),
    ("²", 0, "a number, a coordinate or ( was expected here"),
    ("x²^3", 2, "write (x^2)^3"),
    ("x(y+1)", 0, "write x*(…)"),
    ("pi(x+1)", 0, "write pi*(…)"),
    ("sen(x)", 0, "did you mean 'sin'"),
    ("foo(x)", 0, "Known: exp"),
    ("x + sin y", 4, "write sin(x)"),
    ("sin^2(x)", 0, "sin(x)^2"),
    ("abs(x)", 0, "sqrt(x^2 + s^2)"),
    ("|x|", 0, "sqrt(x^2 + s^2)"),
    ("max(x, y)", 0, "log(exp(k*a) + exp(k*b))/k"),
    ("min(x, y)", 0, "-log(exp(-k*a) + exp(-k*b))/k"),
    ("sign(x)", 0, "tanh(k*x)"),
    ("floor(x)", 0, "staircase"),
    ("round(x)", 0, "staircase"),
    ("1/2x", 3, "two ways"),
    ("x/(y)(z)", 5, "two ways"),
    ("9**9**9*x", 3, "up to 64"),
    ("x^65", 2, "up to 64"),
    ("x^-65", 2, "up to 64"),
    ("(x^8)^9", 6, "multiply to 72"),
    ("x^0.12345", 2, "three decimals"),
    ("x^y", 2, "exp(y*log(x))"),
    ("2^x", 2, "exp(x*log(2))"),
    ("x/0", 2, "divides by zero"),
    ("x/(1-1)", 3, "divides by zero"),
    ("x + 0^-1", 4, "divides by zero"),
    ("x*sqrt(-1)", 2, "not a finite real number"),
    ("x*log(0)", 2, "not a finite real number"),
    ("x*log(-1)", 2, "not a finite real number"),
    ("x + (-8)^(1/3)", 5, "not a finite real number"),
    ("x + exp(1000)", 4, "too large"),
    ("x + 1.00001^64^1.5", 12, "up to 64"),
    ("x + 1." + "0" * 38 + "1^64", 4, "too long"),
    ("1e400x", 0, "out of range"),
    ("1e99999999999999999999x", 0, "out of range"),
    ("1e-400x", 0, "out of range"),
    ("x + 0." + "1" * 40, 4, "40 digits"),
    ("x + x1", 4, "not both"),
    ("x1 + y", 5, "not both"),
    ("x0", 0, "counted from 1"),
    ("x1 + x65", 5, "x1 to x64"),
    ("3 + 4", 0, "at least one coordinate"),
    ("uv + 1", 0, "at least one coordinate"),
    ("λ*x", 0, "write it out, as lam"),
    ("х^2", 0, "cyrillic"),
    ("x + @", 4, "commercial at"),
    ("x" * 41, 0, "40 characters"),
    ("x+" * 1001 + "x", 2000, "2000 characters"),
    ("(" * 10_000 + "x" + ")" * 10_000, 2000, "2000 characters"),
    ("(" * 900 + "x" + ")" * 900, 100, "100 levels"),
    ("-" * 1900 + "x", 100, "100 levels"),
    ("2^" * 900 + "x", 201, "100 levels"),
    ("sin(" * 390 + "x" + ")" * 390, 403, "100 levels"),
    ("sqrt(" * 9 + "x" + ")" * 9, 0, "8 deep"),
]


@pytest.mark.parametrize(("text", "position", "words"), REFUSED, ids=[text[:30] for text, _, _ in REFUSED])
def test_a_refusal_names_the_fault_and_its_place(text, position, words):
    started = time.perf_counter()
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert words in caught.value.message
    assert caught.value.position == position
    assert caught.value.text == text
    assert time.perf_counter() - started < 1  # refusals take milliseconds, whatever the nesting


ALGEBRA = [
    ("1/(x - x)", "not finite"),
    ("y + log(x - x)", "not finite"),
    ("sqrt(x^2)", "absolute value"),
    ("sqrt(-x^2)", "not real"),
    ("exp(1000000000*log(2*x))", "power above 64"),
    ("exp(-1000000000*log(2))*x", "constant above"),
    ("(1e10x)^40", "too large"),
    ("x + sin(x/x*1e9)", "above"),
    ("x/sin(pi)", "not finite"),
]


@pytest.mark.parametrize(("text", "words"), ALGEBRA)
def test_what_only_algebra_can_see_is_refused_before_it_costs_time(text, words):
    with pytest.raises(FormulaError, match=words):
        parse(text).sympy()


def test_decimals_become_exact_rationals():
    x = sympy.Symbol("x", real=True)
    assert parse("2.25x").sympy() == sympy.Rational(9, 4) * x
    assert parse("1e-3x").sympy() == x / 1000


@pytest.mark.parametrize(
    ("text", "variables", "coordinates", "parameters"),
    [
        ("y^2", None, ("y",), ()),
        ("z + x", None, ("x", "z"), ()),
        ("x3", None, ("x1", "x2", "x3"), ()),
        ("b*x + a", None, ("x",), ("b", "a")),
        ("xy*x + X", None, ("x",), ("xy", "X")),
        ("u^2 - x", ("u", "v"), ("u", "v"), ("x",)),
        ("v*u", "v,u", ("v", "u"), ()),
        ("pi*x + e", None, ("x",), ()),
    ],
)
def test_names_are_sorted_into_coordinates_and_parameters(text, variables, coordinates, parameters):
    formula = parse(text, variables)
    assert (formula.coordinates, formula.parameters, formula.dim) == (
        coordinates,
        parameters,
        len(coordinates),
    )


@pytest.mark.parametrize(
    "variables", [(), ("u", "u"), ("pi",), ("sin",), ("1a",), ("_u",), ("in",), ("x",) * 65]
)
def test_impossible_variables_are_refused(variables):
    with pytest.raises(FormulaError):
        parse("u + x", variables)


@pytest.mark.parametrize(
    ("text", "given_names", "position", "words"),
    [
        ("x + a*b", [], 4, "'a', 'b': give -p a=1 -p b=1"),
        ("x + xy", [], 4, "write x*y for a product"),
        ("x + 2ay", [], 5, "write a*y for a product"),
        ("sinx + y", [], 0, "write sin(x)"),
        ("X + y", [], 0, "write x for the coordinate"),
        ("x + a", ["a", "e"], None, "constant"),
        ("x + a", ["a", "x"], None, "coordinate"),
        ("x + alpha", ["alpah"], None, "did you mean 'alpha'"),
    ],
)
def test_parameters_without_value_and_values_without_parameter_are_named(text, given_names, position, words):
    with pytest.raises(FormulaError) as caught:
        parse(text).require(given_names)
    assert words in caught.value.message
    assert caught.value.position == position


def test_a_formula_with_its_parameters_given_is_accepted():
    parse("a*x + b").require({"a": 1.0, "b": 2.0})


@pytest.mark.parametrize("text", ["beale", "relu_1d", "six-hump-camel", " uv ", "x"])
def test_lone_identifiers_are_landscape_names(text):
    assert looks_like_name(text)


@pytest.mark.parametrize(
    "text", ["x^2", "x-y", "-x", "a-x", "x-2", "x1-x2", "", "a b", "2x", "beale-", "x\ny"]
)
def test_other_text_is_a_formula(text):
    assert not looks_like_name(text)


def test_parsing_does_not_import_sympy():
    code = "import sys; from saddlescape.landscapes.formula import parse; parse('x^2 - a*y^2'); "
    code += "sys.exit('sympy' in sys.modules)"
    path = [p for p in sys.path if p]
    subprocess.run([sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}; {code}"], check=True)


def _grown(inner):
    operator = st.sampled_from(["+", "-", "*", " - ", "/", "·", "−"])
    function = st.sampled_from(["exp", "log", "sin", "tanh", "atan"])
    return st.one_of(
        st.builds("{}{}{}".format, inner, operator, inner),
        st.builds("({}){}({})".format, inner, operator, inner),
        st.builds("({})({})".format, inner, inner),
        st.builds("-{}".format, inner),
        st.builds(
            "({})^{}".format, inner, st.sampled_from(["2", "-1", "0.5", "a", "(a+1)", "-2^2", "(1/3)"])
        ),
        st.builds("{}({})".format, function, inner),
        st.builds("({})²".format, inner),
        st.builds("e^({})".format, inner),
    )


LEAVES = st.sampled_from(
    ["x", "y", "a", "b1", "2", "0.25", "3x", "1e-30", "120", "pi", "e", "2π", "1.50", "x²"]
)
FORMULAS = st.recursive(LEAVES, _grown, max_leaves=12)


@settings(max_examples=250, deadline=None)
@given(FORMULAS)
def test_canonical_text_parses_back_to_an_equal_formula(text):
    try:
        formula = parse(text)
    except FormulaError:
        return
    again = parse(str(formula))
    assert again == formula
    assert str(again) == str(formula)


PIECES = [
    "x",
    "y",
    "x1",
    "2",
    ".5",
    "1e9",
    "(",
    ")",
    "+",
    "-",
    "*",
    "**",
    "/",
    "^",
    "²",
    "⁻",
    "π",
    "sin",
    "abs",
    "e",
]
PIECES += [" ", ",", "=", "a", "'", "__", "sqrt", "log", ".", "0", "٣", "\n", "\0", "é", "😀"]


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=25).map("".join)))
def test_garbage_raises_nothing_but_formula_errors(text):
    try:
        parse(text)
        place = 0
    except FormulaError as refusal:
        place = -1 if refusal.position is None else refusal.position
    assert 0 <= place <= len(text)


def test_a_formula_that_is_no_text_is_refused():
    with pytest.raises(FormulaError, match="int"):
        parse(3)
