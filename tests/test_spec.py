"""The specification: the same thing as options, TOML, JSON and Python, and refused in words where it is nothing."""

from __future__ import annotations

import hashlib
import math
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

from saddlescape import starts
from saddlescape.cli import app
from saddlescape.errors import UsageError
from saddlescape.specs.run import BUDGETS, STOPS, RunSpec
from saddlescape.written import MOST_SEED, STYLES

VIEW = ((-1.0, 3.0), (-2.0, 2.0))

numbers = st.floats(allow_nan=False, allow_infinity=False)
plain = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
words = st.text(st.sampled_from("abxyz_019"), min_size=1, max_size=8).map("a".__add__)
windows = st.lists(st.tuples(numbers, numbers).filter(lambda p: p[0] < p[1]), min_size=1, max_size=4).map(
    tuple
)
lasting = st.one_of(
    st.fixed_dictionaries({}, optional={"steps": st.integers(1, 10**9), "budget": st.sampled_from(BUDGETS)}),
    st.fixed_dictionaries({"time": st.floats(1e-300, 1e300)}),
)
specs = st.builds(
    lambda base, long: RunSpec(**base, **long),
    st.fixed_dictionaries(
        {"landscape": plain.filter(lambda t: not t.startswith("−"))},
        optional={
            "methods": st.lists(plain, min_size=1, max_size=3).map(tuple),
            "params": st.dictionaries(words, numbers, max_size=3),
            "variables": st.lists(words, max_size=3).map(tuple),
            "domain": windows,
            "view": windows,
            "baseline": st.booleans(),
            "x0": st.lists(plain, max_size=3).map(tuple),
            "every": st.integers(1, 10**6),
            "seed": st.integers(0, MOST_SEED),
            "runs": st.integers(1, 1000),
            "fast": st.booleans(),
            "stop": st.sampled_from(STOPS),
            "style": st.sampled_from(STYLES),
        },
    ),
    lasting,
)
garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def parsed(arguments: list[str]) -> RunSpec:
    """Return the specification of ``landscape run ARGUMENTS``, as the command line reads it."""
    command = get_command(app).commands["run"]  # type: ignore[attr-defined]
    with command.make_context("run", list(arguments)) as context:
        return RunSpec.from_arguments(context.params)


@given(specs)
def test_a_spec_survives_every_way_of_writing_it(spec: RunSpec) -> None:
    assert RunSpec.from_dict(spec.to_dict()) == spec
    assert RunSpec.from_json(spec.to_json()) == spec
    assert RunSpec.from_toml(spec.to_toml()) == spec
    assert eval(repr(spec)) == spec
    assert spec.to_json().isascii()
    assert parsed(spec.to_arguments()) == spec


def test_what_was_found_about_laws_goes_along_and_asks_for_nothing() -> None:
    laws = {"sam@sde2:batch=1": {"rule": "3 batches, exact"}, "b": {"rule": "4 rings", "drift_error": 0.02}}
    spec = RunSpec(landscape="beale", laws=laws)
    for again in (
        RunSpec.from_dict(spec.to_dict()), RunSpec.from_json(spec.to_json()), RunSpec.from_toml(spec.to_toml())
    ):  # fmt: skip
        assert again.laws == laws
    assert spec == RunSpec(landscape="beale")
    for wrong in (3, {"a": 3}, {"a": {"rule": []}}):
        with pytest.raises(UsageError, match="laws"):
            RunSpec.from_dict({"landscape": "beale", "laws": wrong})


@given(specs, specs)
def test_flags_beat_the_file(base: RunSpec, over: RunSpec) -> None:
    if (
        over.budget == "gradients" or base.budget == "gradients"
    ):  # goes with steps alone, which may be in the other
        return
    options = {
        "landscape": over.landscape,
        "opt": list(over.methods),
        "seed": str(over.seed),
        "x0": list(over.x0),
    }
    both = RunSpec.from_arguments(options, RunSpec.part_of(base.to_dict()))
    assert (both.landscape, both.methods, both.seed) == (over.landscape, over.methods, over.seed)
    assert both.x0 == (over.x0 or base.x0)
    assert (both.steps, both.time, both.view, both.fast) == (base.steps, base.time, base.view, base.fast)


@given(
    st.dictionaries(st.sampled_from([*RunSpec.__dataclass_fields__, "schema", "other"]), garbage, max_size=5)
    | garbage
)
def test_garbage_is_refused_in_words(data: object) -> None:
    try:
        spec = RunSpec.from_dict(data)
    except UsageError as error:
        said = str(error)
    else:
        said = "a specification after all"
        assert RunSpec.from_json(spec.to_json()) == spec
    assert 0 < len(said) < 400


@given(st.text(max_size=60))
def test_text_that_is_no_spec_is_refused_in_words(text: str) -> None:
    for read in (RunSpec.from_toml, RunSpec.from_json):
        with suppress(UsageError):
            read(text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stepz": 3}, "did you mean 'steps'"),
        ({"steps": 0}, "steps must be at least 1, not 0"),
        ({"steps": 1.5}, "steps must be a whole number, not 1.5"),
        ({"steps": "many"}, "steps must be a number, not 'many'"),
        ({"steps": True}, "steps must be a number, not true or false"),
        ({"steps": 5, "time": 1.0}, "give one of them"),
        ({"time": math.inf}, "time must be a finite number"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"methods": []}, "methods is empty"),
        ({"methods": [1]}, "must be a text, not the number 1"),
        ({"params": [1]}, "params must be a table of numbers"),
        ({"params": {"a": math.nan}}, "parameter a must be a finite number"),
        ({"view": "1:0"}, "from the smaller to the larger"),
        ({"view": [1, 2]}, "is no interval"),
        ({"style": "papr"}, "did you mean 'paper'"),
        ({"stop": "leftt"}, "stop must be left or converged, not 'leftt' (did you mean 'left'?)"),
        ({"stop": True}, "stop must be left or converged"),
        ({"fast": "yes"}, "fast is true or false, not 'yes'"),
        ({"x0": [[1, math.nan]]}, "finite"),
        ({"schema": "landscape.spec/9"}, "schema is 'landscape.spec/1'"),
        ({"landscape": ""}, "landscape is empty"),
        ({"landscape": "x\x00y"}, "no text"),
        ({"landscape": "x\ud800"}, "no text"),
        ({"time": 1.0, "budget": "gradients"}, "goes with steps"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(change: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        RunSpec.from_dict({"landscape": "beale", **change})


def test_numbers_become_start_texts_bit_for_bit() -> None:
    rows = np.array([[0.1, 1 / 3], [-0.0, 1e-300]])
    spec = RunSpec(landscape="beale", x0=rows)  # type: ignore[arg-type]
    assert starts.expand(spec.x0, VIEW).tobytes() == rows.tobytes()
    assert RunSpec(landscape="beale", x0=(1, 2)).x0 == ("1,2",)  # type: ignore[arg-type]


def test_whole_numbers_may_be_written_as_people_do() -> None:
    assert RunSpec.from_dict({"landscape": "beale", "steps": "2e4"}).steps == 20_000
    assert RunSpec.from_dict({"landscape": "beale", "steps": "20_000"}).steps == 20_000


# ---- starts ---------------------------------------------------------------------------------------------------------
def test_a_grid_covers_the_view_with_its_corners() -> None:
    x = starts.expand(["grid:41"], VIEW)
    assert x.shape == (1681, 2)
    assert x[0].tolist() == [-1, -2]
    assert x[-1].tolist() == [3, 2]
    assert starts.expand(["grid:3"], VIEW[:1]).tolist() == [[-1], [1], [3]]


def test_a_disk_is_filled_evenly_and_always_alike() -> None:
    x = starts.expand(["disk:2000@1,-1:0.5"], VIEW)
    reach = np.linalg.norm(x - [1, -1], axis=1)
    assert reach.max() < 0.5
    assert np.mean(reach < 0.25) == pytest.approx(0.25, abs=0.005)  # a quarter of the area
    assert np.abs(x.mean(axis=0) - [1, -1]).max() < 0.002
    assert np.array_equal(x, starts.expand(["disk:2000@1,-1:0.5"], VIEW))
    assert starts.expand(["disk:1@1,-1:0.5"], VIEW).tolist() == [[1, -1]]
    assert starts.expand(["disk:2@0:1"], VIEW[:1]).tolist() == [[-0.5], [0.5]]


def test_starts_are_joined_and_repeated() -> None:
    assert starts.expand(["1,2", "3,4;5,6"], VIEW, runs=2)[:, 0].tolist() == [1, 1, 3, 3, 5, 5]


def test_a_file_of_starts_is_read_whoever_wrote_it(tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    file.write_text("\ufeffx;y\n1; 2\n\n# remark\n3\t4\n", encoding="utf-8")
    assert starts.expand([str(file)], VIEW).tolist() == [[1, 2], [3, 4]]
    assert starts.embed(str(file)) == "1.0,2.0;3.0,4.0"


def test_a_large_file_is_named_with_its_digest_and_missed_or_suspected_later(tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    file.write_text("\n".join("0.5,0.25" for _ in range(5001)))
    text = starts.embed(str(file))
    assert text == f"{file}#sha256={hashlib.sha256(file.read_bytes()).hexdigest()}"
    assert starts.embed(text) == text
    assert starts.expand([text], VIEW).shape == (5001, 2)
    file.write_text("1,2")
    with pytest.raises(UsageError, match="has changed"):
        starts.expand([text], VIEW)
    file.unlink()
    with pytest.raises(UsageError, match="is missing"):
        starts.expand([text], VIEW)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", "has 1 coordinate"),
        ("1,2,3", "has 3 coordinate"),
        ("nan,1", "not finite"),
        ("1,inf", "not finite"),
        ("one", "is not understood"),
        ("1,,2", "is not understood"),
        ("gird:4", "is not understood"),
        ("grid:1", "at least 2"),
        ("grid:-3", "at least 2"),
        ("grid:99999999999", "at most"),
        ("disk:3", "how many @ centre : radius"),
        ("disk:3@0:1", "has 1 coordinate"),
        ("disk:3@0,0:0", "must be above 0"),
        ("disk:3@0,nan:1", "not finite"),
        ("nowhere.csv", "is missing"),
    ],
)
def test_what_is_no_start_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        starts.expand([text], VIEW)


def test_a_grid_in_three_coordinates_is_refused_with_its_size() -> None:
    with pytest.raises(UsageError, match=r"41\^3 = 6.89e\+04"):
        starts.expand(["grid:41"], (*VIEW, (0.0, 1.0)))


@given(st.text(max_size=30) | st.text(st.sampled_from("0123456789.,;:@-einfagrdsk"), max_size=30))
def test_any_text_is_a_start_or_refused(text: str) -> None:
    try:
        x = starts.expand([text], ((0.0, 1.0),))
    except UsageError:
        return
    assert np.isfinite(x).all()
