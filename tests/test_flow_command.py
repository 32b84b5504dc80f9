"""``landscape flow`` as a person meets it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from saddlescape import Field, load
from saddlescape.specs.flow import FlowSpec

Said = tuple[int, str, str]
SMALL = ("--resolution", "21")


def test_a_table_per_method_and_a_figure(say: Callable[..., Said]) -> None:
    code, out, err = say("flow", "saddle", "--opt", "gd@flow", "--opt", "sam@flow:rho=0.5", *SMALL)
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert ["saddle", "(0,", "0)", "repels", "the", "edge", "of", "the", "window", "(both)"] in lines
    assert ["saddle", "(0,", "0)", "traps"] in lines
    # SAM's own saddles, whose manifolds bound what it catches
    assert [line[:7] for line in lines if line[:1] == ["rest"]] == [
        ["rest", "point", "(0,", f"{y})", "saddle", "of", "the"] for y in ("-0.5", "0.5")
    ]
    assert err.splitlines()[0] == "wrote  saddle-gd@flow-sam@flow-field.png"
    assert "next   landscape run saddle --opt gd@flow --opt sam@flow:rho=0.5" in err


def test_json_has_the_promised_schema(say: Callable[..., Said]) -> None:
    code, out, err = say("flow", "double_well", "--no-plot", "--json", "-qq", *SMALL)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["schema"], found["landscape"], found["files"]) == ("landscape.flow/1", "double_well", [])
    (run,) = found["runs"]
    assert run["method"].startswith("gd@flow:")
    assert [each["verdict"] for each in run["verdicts"]] == ["attracts", "attracts", "repels"]
    assert [(each["point"], each["end"]) for each in run["separatrices"]] == [(2, "left")] * 2
    assert run["resolution"] == [21, 21]
    assert len(run["speed"]) == 3


@pytest.mark.parametrize("name", ["a.npz", "a.json", "a.png"])
def test_what_is_written_is_made_again(say: Callable[..., Said], name: str) -> None:
    say(
        "flow", "saddle", "--opt", "usam@flow:rho=0.1", "--nullclines", "--draw", "arrows", "-o", name, *SMALL
    )
    code, out, _ = say("rerun", name, "--check")
    assert (code, out) == (0, f"same: {name} is what this version makes\n")
    if name.endswith("npz"):
        assert isinstance(load(name), Field)


def test_a_file_per_method(say: Callable[..., Said]) -> None:
    say("flow", "saddle", "--opt", "gd", "--opt", "gd@flow", "-o", "f.npz", "--no-separatrices", *SMALL)
    assert sorted(os.listdir()) == ["f-gd.npz", "f-gd@flow.npz"]
    code, out, _ = say("rerun", "f-gd@flow.npz", "--check")
    assert (code, out[:4]) == (0, "same")


def test_dry_run_says_all_of_it(say: Callable[..., Said]) -> None:
    _, out, _ = say("flow", "beale", "--opt", "sam@flow", "--view", "-1:2,0:2", "--unstable", "--dry-run")
    spec = FlowSpec.from_toml(out)
    assert spec.methods == ("sam@flow:dt=1e-05,eta=0.0001,rho=0.5",)
    assert (spec.view, spec.unstable, spec.draw) == (((-1.0, 2.0), (0.0, 2.0)), True, "stream")
    with open("q.toml", "w") as file:
        file.write(out)
    assert say("flow", "--config", "q.toml", "--draw", "lic", "--dry-run")[1] == out.replace("stream", "lic")


@pytest.mark.parametrize(("arguments", "said"), [
    (["x^2+y^2+z^2"], "3 coordinates"),
    (["beale", "--draw", "arrow"], "did you mean 'arrows'"),
    (["beale", "--resolution", "1e5"], "GB"),
    (["beale", "--view", "1:1,0:1"], "from the smaller to the larger"),
    (["beale", "--opt", "gd@flow:beta=0.5,nesterov=true"], "has no flow here"),
    ([], "which landscape"),
])  # fmt: skip
def test_mistakes_are_answered_in_words(say: Callable[..., Said], arguments: list[str], said: Any) -> None:
    code, _, err = say("flow", *arguments)
    assert code == 2
    assert said in err.replace("\n", " ")
