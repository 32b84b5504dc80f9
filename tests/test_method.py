"""Method text: what is written is what is meant, what cannot be meant is refused in words."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import saddlescape as ss
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.momentum import HeavyBall, Momentum, Nesterov, NoMomentum
from saddlescape.dynamics.perturbations import PERTURBATIONS
from saddlescape.dynamics.reading import LATER_KEYS, LATER_NAMES
from saddlescape.errors import UsageError


def several(number: Any) -> Any:
    """Return a strategy of one number, or of a sweep over two to four."""
    return number | st.lists(number, min_size=2, max_size=4).map(tuple)


positive = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
below_one = st.floats(min_value=0, max_value=1, exclude_min=True, exclude_max=True)
not_negative = st.floats(min_value=0, allow_infinity=False)


@st.composite
def methods(draw: Any) -> Method:
    """Return any valid method."""
    part = draw(st.sampled_from(PERTURBATIONS))
    values = {f.name: draw(several(not_negative) | st.just(f.default)) for f in fields(part)}
    momentum: Momentum = NoMomentum()
    if draw(st.booleans()):
        momentum = draw(st.sampled_from((HeavyBall, Nesterov)))(draw(several(below_one)))
    return Method(part(**values), momentum, eta=draw(st.none() | several(positive)))


@given(methods())
def test_every_method_is_read_back_from_its_text(made: Method) -> None:
    assert ss.method(made.text) == made
    assert ss.method(made.text).text == made.text


@given(methods())
def test_keys_are_sorted_and_defaults_are_not_written(made: Method) -> None:
    keys = [piece.partition("=")[0] for piece in made.text.partition(":")[2].split(",") if piece]
    assert keys == sorted(set(keys))
    assert ("nesterov" in keys) == isinstance(made.momentum, Nesterov)
    assert ("beta" in keys) == (not isinstance(made.momentum, NoMomentum))
    assert {"eta", "rho"} & set(keys) == {k for k in ("eta", "rho") if made.numbers.get(k) is not None}


@given(methods())
def test_a_sweep_is_spread_into_methods_with_one_value_each(made: Method) -> None:
    spread = made.expand()
    sizes = [len(v) for v in made.numbers.values() if isinstance(v, tuple)]
    assert len(spread) == int(np.prod(sizes))
    assert not any(isinstance(v, tuple) for m in spread for v in m.numbers.values())


PIECES = [
    "sam",
    "gd",
    "usam",
    "asam",
    ":",
    ",",
    "=",
    "rho",
    "eta",
    "beta",
    "nesterov",
    "true",
    "|",
    "..",
    "/",
    "9",
    "0.1",
    "@",
    "steps",
    "flow",
]
PIECES += ["~", "1e-3", "-1", "nan", " ", "(", ";", "inf", "batch", "²", "٣", "\x00", "1e999", "_", "."]
garbage = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@settings(max_examples=400)
@given(garbage | garbage.map("sam:rho=".__add__) | garbage.map("gd:eta=".__add__))
def test_garbage_is_refused_or_is_a_method_and_nothing_else_happens(text: str) -> None:
    try:
        made = ss.method(text)
    except UsageError as refusal:
        said = str(refusal)
    else:
        assert ss.method(made.text) == made
        return
    assert 0 < len(said) < 600


CANONICAL = {
    "gd": "gd",
    "sam:rho=0.1,eta=1e-3": "sam:eta=0.001,rho=0.1",
    "  SAM@steps : rho = .5 ": "sam:rho=0.5",
    "usam:rho=2": "usam:rho=2.0",
    "gd:beta=0": "gd",
    "gd:nesterov=false": "gd",
    "gd:nesterov=true,beta=0.9": "gd:beta=0.9,nesterov=true",
    "sam:nesterov=false,beta=0.9": "sam:beta=0.9",
    "sam:rho=0": "sam:rho=0.0",
    "sam:rho=0.1|0.2": "sam:rho=0.1|0.2",
    "sam:rho=0..1/5": "sam:rho=0.0|0.25|0.5|0.75|1.0",
    "sam:rho=1..0/3,eta=1e-3|1e-2": "sam:eta=0.001|0.01,rho=1.0|0.5|0.0",
}


@pytest.mark.parametrize(("text", "canonical"), CANONICAL.items())
def test_canonical_text(text: str, canonical: str) -> None:
    assert ss.method(text).text == canonical


def test_keywords_say_the_same_as_the_text() -> None:
    assert ss.method("sam", rho=0.1, eta=1e-3) == ss.method("sam:rho=0.1,eta=1e-3")
    assert ss.method("sam", rho=np.linspace(0, 1, 5)) == ss.method("sam:rho=0..1/5")
    assert ss.method("gd", beta=0.9, nesterov=True) == ss.method("gd:beta=0.9,nesterov=true")
    assert ss.method("sam:rho=0.1", eta=np.float64(0.5)).text == "sam:eta=0.5,rho=0.1"
    assert ss.method(ss.method("sam:rho=0.1"), rho=0.2) == ss.method("sam:rho=0.2")


def test_one_number_in_a_sequence_is_read_back_too() -> None:
    made = ss.method("sam", rho=[0.1])
    assert ss.method(made.text) == made


def test_numbers_of_numpy_are_written_as_numbers() -> None:
    assert ss.method("sam").with_numbers(rho=np.float64(0.1)).text == "sam:rho=0.1"  # type: ignore[arg-type]


@given(st.floats(0, 10), st.floats(0, 10), st.integers(2, 30))
def test_a_sweep_begins_and_ends_where_it_says(a: float, b: float, n: int) -> None:
    values = ss.method(f"sam:rho={a}..{b}/{n}").numbers["rho"]
    assert isinstance(values, tuple)
    assert (values[0], values[-1], len(values)) == (a, b, n)
    np.testing.assert_allclose(values, np.linspace(a, b, n), rtol=1e-14, atol=1e-300)


REFUSED = {
    "sma": ["'sma'", "did you mean 'sam'", "gd, sam, usam"],
    "": ["unknown method"],
    ":rho=0.1": ["unknown method"],
    "1-sam": ["sam:batch=…,m=1"],
    "n-sam": ["sam:batch=…,ascent=full"],
    "nag": ["nesterov=true"],
    "asam": ["'asam'", "not built yet"],
    "sam@stpes": ["did you mean 'steps'"],
    "sam@": ["unknown clock"],
    "sam:ro=0.1": ["'ro'", "did you mean 'rho'", "beta", "eta", "nesterov", "rho"],
    "sam:momentum=0.9": ["'momentum'", "beta=0.9"],
    "gd:rho=0.1": ["gd has no rho", "sam:rho="],
    "gd:beta=1": ["beta", "0 ≤ beta < 1", "not 1"],
    "gd:beta=-0.1": ["0 ≤ beta < 1", "-0.1"],
    "sam:rho=-1": ["rho", "≥ 0", "-1"],
    "sam:rho=inf": ["rho", "inf"],
    "sam:rho=1e999": ["rho", "inf"],
    "sam:eta=0": ["eta", "above 0"],
    "sam:eta=-1e-3": ["eta", "above 0"],
    "sam:eta=nan": ["eta", "nan"],
    "sam:eta=0.1|nan": ["eta", "nan"],
    "sam:rho=-1..1/3": ["rho", "-1"],
    "sam:rho=many": ["rho", "number", "'many'"],
    "gd:nesterov=true": ["nesterov", "beta"],
    "gd:nesterov=true,beta=0": ["nesterov", "beta"],
    "gd:nesterov=maybe,beta=0.9": ["true or false", "maybe"],
    "gd~5000~sam": ["not built yet"],
    "sam:eta=cosine(1e-3;1e-5)": ["schedule", "not built yet"],
    "sam:eta=invsqrt(0.1)": ["schedule", "not built yet"],
    "sam:rho=0.1,rho=0.2": ["rho is given twice"],
    "sam:rho=": ["key=value"],
    "sam:rho": ["key=value"],
    "sam:=1": ["key=value"],
    "sam:rho=1|": ["rho"],
    "sam:rho=0.1..0.5": ["from..to/how many"],
    "sam:rho=0.1..0.5/1": ["from..to/how many"],
    "sam:rho=0.1..0.5/100000": ["from..to/how many"],
    "sam:rho=0.1..0.5/" + "9" * 5000: ["from..to/how many"],
}


@pytest.mark.parametrize(
    ("text", "words"), REFUSED.items(), ids=lambda v: v[:30] if isinstance(v, str) else ""
)
def test_what_makes_no_sense_is_refused_in_words(text: str, words: list[str]) -> None:
    with pytest.raises(UsageError) as refusal:
        ss.method(text)
    for word in words:
        assert word in str(refusal.value)


@pytest.mark.parametrize("name", LATER_NAMES)
def test_names_of_the_grammar_that_are_not_built_say_so(name: str) -> None:
    with pytest.raises(UsageError, match="not built yet"):
        ss.method(name)


@pytest.mark.parametrize("key", LATER_KEYS)
def test_keys_of_the_grammar_that_are_not_built_say_so(key: str) -> None:
    with pytest.raises(UsageError, match="not built yet"):
        ss.method(f"sam:{key}=1")


KEYWORDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "twice": ("sam:rho=0.1", {"rho": 0.2}),
    "empty": ("sam", {"rho": []}),
    "two axes": ("sam", {"rho": np.ones((2, 2))}),
    "None": ("sam", {"rho": None}),
    "a word": ("sam", {"rho": "much"}),
    "an unknown key": ("sam", {"radius": 0.1}),
    "rho for a gd that exists": (ss.method("gd"), {"rho": 0.1}),
    "an unknown key for a method that exists": (ss.method("sam"), {"radius": 0.1}),
    "no text": (None, {}),
    "a number as text": (3, {}),
}


@pytest.mark.parametrize(("text", "numbers"), KEYWORDS.values(), ids=KEYWORDS)
def test_wrong_keywords_are_refused_in_words(text: Any, numbers: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        ss.method(text, **numbers)


def test_momentum_can_be_given_to_a_method_that_exists() -> None:
    assert ss.method(ss.method("sam:rho=0.1"), beta=0.9) == ss.method("sam:beta=0.9,rho=0.1")
    assert ss.method(ss.method("sam:beta=0.9"), nesterov=True) == ss.method("sam:beta=0.9,nesterov=true")


def test_a_landscape_fills_in_what_the_text_leaves_open_and_nothing_else() -> None:
    assert ss.method("sam").resolved(0.1, 0.2) == ss.method("sam:eta=0.1,rho=0.2")
    assert ss.method("sam:rho=0").resolved(0.1, 0.2) == ss.method("sam:eta=0.1,rho=0")
    assert ss.method("gd").resolved(0.1, None) == ss.method("gd:eta=0.1")
    with pytest.raises(UsageError, match="sam needs eta: write sam:eta="):
        ss.method("sam:rho=0.1").resolved(None, 0.1)
