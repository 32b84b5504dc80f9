"""``--config``: a file says a part or all of a specification, options say the rest and beat it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Said = tuple[int, str, str]

#: command, what a file says, the options beside it, and the options that say the same without the file
PARTIAL = [
    ("run", "steps = 60", ["--opt", "sam"], ["--opt", "sam", "-n", "60"]),
    ("run", 'steps = 60\nmethods = ["sam"]', ["--time", "0.01"], ["--opt", "sam", "--time", "0.01"]),
    ("run", 'methods = ["sam:eta=1e-3"]', ["--rho", "0.2"], ["--opt", "sam:eta=1e-3,rho=0.2"]),
    ("basins", "steps = 60", ["--opt", "sam"], ["--opt", "sam", "-n", "60"]),
    ("basins", "steps = 60", ["-n", "50"], ["-n", "50"]),
    ("flow", "resolution = 11", [], ["--resolution", "11"]),
    ("escape", "steps = 60", ["--opt", "gd:sigma=1"], ["--opt", "gd:sigma=1", "-n", "60"]),
    ("critical", 'threshold = "rho"', ["--opt", "sam"], ["--opt", "sam", "--threshold", "rho"]),
    ("critical", "point = 1", ["--opt", "sam", "--threshold", "rho"],
     ["--opt", "sam", "--threshold", "rho", "--point", "1"]),
    ("tipping", "steps = 60", ["--opt", "sam:rho=0.1..0.3/3"], ["--opt", "sam:rho=0.1..0.3/3", "-n", "60"]),
    ("faces", "runs = 5", ["--opt", "sam:batch=1"], ["--opt", "sam:batch=1", "--runs", "5"]),
    ("faces", 'method = "gd:sigma=1"', [], ["--opt", "gd:sigma=1"]),
]  # fmt: skip
COMMANDS = sorted({command for command, *_ in PARTIAL})


@pytest.mark.parametrize(("command", "file", "beside", "same"), PARTIAL)
def test_a_file_says_what_it_says_and_options_the_rest(
    say: Callable[..., Said], command: str, file: str, beside: list[str], same: list[str]
) -> None:
    Path("c.toml").write_text(file)
    code, toml, err = say(command, "beale", *beside, "--config", "c.toml", "--dry-run")
    assert code == 0, err
    assert toml == say(command, "beale", *same, "--dry-run")[1]


def test_parameters_of_a_formula_may_come_from_both(say: Callable[..., Said]) -> None:
    Path("c.toml").write_text("[params]\na = 2")
    code, toml, err = say("run", "x^2-a*y^2+b*y^4", "-p", "b=1", "--config", "c.toml", "--dry-run")
    assert code == 0, err
    assert toml == say("run", "x^2-a*y^2+b*y^4", "-p", "a=2", "-p", "b=1", "--dry-run")[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_partial_file_gets_wrong_is_said(say: Callable[..., Said], command: str) -> None:
    for text, wrong in (
        ("styel = 60", "unknown key of a specification 'styel' (did you mean 'style'?)"),
        ("seed = -1", "seed must be"),
    ):
        Path("c.toml").write_text(text)
        code, _, err = say(command, "beale", "--opt", "sam:batch=1", "--config", "c.toml")
        assert code == 2
        assert err.startswith(f"error: c.toml: {wrong}")
    Path("c.toml").write_text("seed = 1")
    code, _, err = say(command, "--opt", "sam:batch=1", "--config", "c.toml")
    assert code == 2
    assert err.startswith("error: c.toml names no landscape")


def test_faces_need_a_method_from_somewhere(say: Callable[..., Said]) -> None:
    Path("c.toml").write_text("runs = 5")
    assert "none was given" in say("faces", "beale", "--config", "c.toml")[2]
