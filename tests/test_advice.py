"""What a person is told beside the result: notes before a run, what may come next, refusals of what cannot be meant."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from saddlescape.commands.asking import Stopped
from saddlescape.commands.interrupted import Kept
from saddlescape.dynamics.reading import alternatives
from saddlescape.errors import UsageError
from saddlescape.specs.run import RunSpec

Said = tuple[int, str, str]


# ---- how long -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("flags", "words"),
    [
        # 20 000 steps of 1e-4 are the time 2, of which dt = 1e-300 makes 2e300
        (["--opt", "sam@flow:dt=1e-300"], ["too many ticks", "dt=1e-300 makes 2e+300", "at most 1e+15"]),
        (["--time", "1e300"], ["too many ticks", "eta=0.0001 makes 1e+304", "at most 1e+15"]),
        (["--time", "1e-9"], ["time 1e-09 is less than half a tick of every method", "eta=0.0001"]),
        (["--time", "4e-6", "--opt", "sam@flow"], ["less than half a tick", "dt=1e-05"]),
    ],
)
def test_too_long_and_too_short_runs_are_refused_before_any_note(
    say: Callable[..., Said], flags: list[str], words: list[str]
) -> None:
    code, out, err = say("run", "beale", *flags, "--no-plot")
    assert (code, out) == (2, "")
    assert all(each in err for each in words)
    assert err.startswith("error: ")
    assert len(err) < 250


def test_a_time_that_one_of_the_methods_comes_near_to_is_run(say: Callable[..., Said]) -> None:
    code, _, err = say("run", "beale", "--time", "4e-5", "--opt", "sam@flow", "--dry-run")
    assert code == 0
    assert err.startswith("note: gd ends at time 0.0001, not 4e-05")


# ---- where the loss is not defined ----------------------------------------------------------------------------------
def test_noise_at_a_start_without_a_gradient_is_no_error(say: Callable[..., Said]) -> None:
    flags = ["--x0=-1,1", "-n", "5", "--no-plot"]
    code, out, _ = say("run", "x^2.5+y^2", "--opt", "sam@sde3:sigma=0.1", *flags)
    assert code == 0
    assert " ".join(out.split()).count("not defined at its") == 2


@pytest.mark.parametrize(
    ("starts", "notes"),
    [
        (["--x0=-1"], ["note: the loss is not defined, or not finite, at the start x = -1"]),
        (["--x0", "1"], []),
        # of −3, −1.5, 0, 1.5 and 3 two have no root, and 0 a root without derivative
        (
            ["--x0", "grid:5"],
            ["loss is not defined, or not finite, at 2 of 5", "gradient is not defined, or not finite, at 1"],
        ),
    ],
)
def test_a_start_where_the_loss_is_not_defined_is_said(
    say: Callable[..., Said], starts: list[str], notes: list[str]
) -> None:
    code, _, err = say("run", "sqrt(x)", *starts, "--dry-run")
    said = err.splitlines()
    assert code == 0
    assert len(said) == len(notes)
    assert all(note in line for note, line in zip(notes, said, strict=True))


@pytest.mark.parametrize(
    ("formula", "note"),
    [
        ("x1^2+x3^2", "note: x2 does not occur: the loss does not depend on it\n"),
        ("x1^2+x4^2", "note: x2, x3 do not occur: the loss does not depend on them\n"),
        ("x1^2+x2^2", ""),
        ("x^2+y^2", ""),
    ],
)
def test_a_coordinate_that_does_not_occur_is_said(say: Callable[..., Said], formula: str, note: str) -> None:
    assert say("run", formula, "--dry-run")[::2] == (0, note)


def test_what_is_defined_on_one_side_starts_there(say: Callable[..., Said]) -> None:
    """x log x has its minimum at 1/e; no flag is needed to come there."""
    code, out, err = say("run", "x*log(x)", "--no-plot")
    assert code == 0
    assert "minimum x = 0.368" in out
    assert "note" not in err


# ---- lists of methods -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("flags", "note"),
    [
        (["--opt", "sam:batch=1|1"], "sam ρ=0.5 batch=1"),
        (["--opt", "sam", "--opt", "sam:rho=0.5"], "sam ρ=0.5"),
        (["--opt", "sam:rho=0.1|0.1"], "sam ρ=0.1"),
    ],
)
def test_a_method_that_is_asked_for_twice_is_run_once_and_said(
    say: Callable[..., Said], flags: list[str], note: str
) -> None:
    code, out, err = say("run", "beale", *flags, "-n", "5", "--no-plot", "--no-baseline")
    assert code == 0
    assert out.count("still moving") == 1
    assert err.startswith(f"note: {note} is asked for more than once: it is run once\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sam:batch=1|", "missing after | in 'batch=1|'"),
        ("sam:batch=1||2", "missing after | in 'batch=1||2'"),
        ("sam:batch=|1,rho=0.1", "missing before the first | in 'batch=|1'"),
        ("sam:rho=0.1|", "missing after | in 'rho=0.1|'"),
    ],
)
def test_a_missing_value_of_a_list_is_said_as_it_was_typed(
    say: Callable[..., Said], text: str, words: str
) -> None:
    code, _, err = say("run", "beale", "--opt", text)
    assert code == 2
    assert words in err


def test_a_list_of_two_is_two() -> None:
    assert alternatives("sam:batch=1|2,rho=0.1") == ["sam:batch=1,rho=0.1", "sam:batch=2,rho=0.1"]
    with pytest.raises(UsageError, match="value is missing"):
        alternatives("sam:batch=1|")


def test_a_kernel_belongs_to_one_method(say: Callable[..., Said]) -> None:
    code, out, err = say("show", "beale", "--kernel", "sam:batch=1|2")
    assert (code, out) == (2, "")
    assert err == (
        "error: a kernel belongs to one method, and 'sam:batch=1|2' is 2: give one value, "
        "such as --kernel sam:batch=1\n"
    )


# ---- what may come next ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "asked",
    [
        ["beale", "--opt", "sam:batch=1|2"],
        ["beale", "--opt", "sam", "--rho", "0.1", "--batch", "2"],
        ["beale", "--opt", "sam:rho=0.1", "--opt", "usam:rho=0.01", "--seed", "3", "--view", "-1:1,0:2"],
        ["a*x^2-y^2", "-p", "a=0.1234567", "--opt", "sam:rho=0.1", "--domain", "-2:2,-2:2"],
        pytest.param(
            ["u^2+v^4", "--vars", "u,v", "--opt", "sam@flow:dt=0.001", "--time", "0.01", "--no-baseline"],
            marks=pytest.mark.slow,
        ),
        ["x^2", "--sample", "x^2+x", "--sample", "x^2-x", "--opt", "sam:batch=1"],
    ],
)
def test_what_is_suggested_is_what_was_run(say: Callable[..., Said], asked: list[str]) -> None:
    length = [] if "--time" in asked else ["-n", "5"]
    asked_for = RunSpec.from_toml(say("run", *asked, *length, "--dry-run")[1])
    err = say("run", *asked, *length, "--no-plot")[2]
    critical, again = (
        err.splitlines()[-2:] if "      landscape" not in err else err.splitlines()[-1].split("      ")
    )
    critical, again = (shlex.split(line.removeprefix("next").strip())[1:] for line in (critical, again))
    found = RunSpec.from_toml(say(*again, "--dry-run")[1])
    assert found.x0 == ("grid:21",)
    assert replace(found, x0=asked_for.x0, every=asked_for.every) == asked_for
    code, out, _ = say(*critical)
    assert code == 0
    assert all(f"   {text}\n" in out for text in asked_for.methods)


# ---- stopped --------------------------------------------------------------------------------------------------------
def test_a_second_stop_says_that_what_was_kept_before_is_still_there(tmp_path: Path) -> None:
    kept = Kept.beside(tmp_path / "a.png", RunSpec(landscape="beale"))
    assert not kept.keep([], None)
    assert str(Stopped.at(kept, False, kept.fits)) == "interrupted: nothing was finished yet"
    kept.place.mkdir()
    (kept.place / "spec.json").write_text(kept.spec.to_json(), encoding="utf-8")
    said = str(Stopped.at(kept, kept.keep([], None), kept.fits))
    assert said.startswith(
        f"interrupted: nothing more was finished; what was kept before is still in {kept.folder}\n"
    )
    assert "the same command goes on from there" in said


class Finished:
    """A finished method, as far as ``Kept`` knows one; it cannot be read back."""

    fraction = 1.0

    def __init__(self, content: str) -> None:
        self.content = content

    def save(self, path: Path) -> None:
        path.write_text(self.content, encoding="utf-8")


def test_what_other_options_left_is_never_taken_for_ours(tmp_path: Path) -> None:
    first = Kept.beside(tmp_path / "a.png", RunSpec(landscape="beale", steps=10))
    assert first.keep([Finished("of 10 steps"), Finished("of 10 steps")], Finished("rest"))
    second = Kept.beside(tmp_path / "a.png", RunSpec(landscape="beale", steps=20))
    assert second.of_others == [first.folder]
    assert not second.fits
    second.forget()
    assert second.keep([Finished("of 20 steps")], None)
    assert second.folder == tmp_path / "a.png-2.part"
    assert (second.folder / "0.npz").read_text(encoding="utf-8") == "of 20 steps"
    assert sorted(each.name for each in second.folder.iterdir()) == ["0.npz", "spec.json"]
    assert second.fits
    assert (first.folder / "0.npz").read_text(encoding="utf-8") == "of 10 steps"
    assert sorted(each.name for each in first.folder.iterdir()) == ["0.npz", "1.npz", "2.rest", "spec.json"]
    first.forget()
    assert second.folder == tmp_path / "a.png-2.part"  # found where it is, though a.png.part is free now
    assert not second.of_others


def test_what_is_no_folder_of_a_run_is_left_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.png.part").write_text("a download that goes on", encoding="utf-8")
    kept = Kept.beside(tmp_path / "a.png", RunSpec(landscape="beale"))
    assert kept.keep([Finished("ours")], None)
    assert kept.folder == tmp_path / "a.png-2.part"
    assert (tmp_path / "a.png.part").is_file()


def test_damaged_parts_are_named_and_made_anew(tmp_path: Path) -> None:
    kept = Kept.beside(tmp_path / "a.png", RunSpec(landscape="beale"))
    assert kept.keep([Finished("no archive")], Finished("nor this"))
    assert kept.damaged() == ["0.npz", "1.rest"]
    assert kept.damaged() == []
    assert kept.finished(0) is None
    assert kept.rest(1) is None
    assert kept.keep([Finished("again")], None)  # and not the damaged one for ever
    assert (kept.folder / "0.npz").read_text(encoding="utf-8") == "again"
