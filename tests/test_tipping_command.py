"""``landscape tipping``: table, figure, JSON and data against the library and the closed form, refused, done again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_tipping import closed_form

import saddlescape as ss
from saddlescape import plots
from saddlescape.answers.tipping import Tipping
from saddlescape.commands.console import Console
from saddlescape.specs.tipping import TippingSpec

Said = tuple[int, str, str]
#: 24 starts, of which x² − y² says in closed form from which rho on SAM is caught
METHOD = "sam:eta=0.01,rho=0.05..0.85/2"
QUICK = [
    "tipping",
    "saddle",
    "--opt",
    METHOD,
    "--view=-2:2,-1:1",
    "--resolution",
    "6x4",
    "--tolerance",
    "0.1",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder with all that one command writes, and its progress as told."""
    from saddlescape.cli import invoke

    folder = tmp_path_factory.mktemp("tipping")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        files = [part for name in ("a.png", "a.svg", "a.json", "a.npz", "a.toml") for part in ("-o", name)]
        assert invoke([*QUICK, "-qq", *files]) == 0
    return folder, sorted(path.name for path in folder.iterdir())


def test_shares_are_those_of_the_library_and_of_the_closed_form(made: tuple[Path, list[str]]) -> None:
    assert made[1] == ["a.json", "a.npz", "a.png", "a.svg", "a.toml"]
    data = json.loads((made[0] / "a.json").read_text())
    assert data["schema"] == "landscape.tipping/1"
    assert (data["key"], data["values"], data["resolution"], data["seed"]) == ("rho", [0.05, 0.85], [6, 4], 0)
    scene = ss.landscape("saddle", view=((-2, 2), (-1, 1)))
    again = ss.tipping(scene, "sam:eta=0.01", "rho", [0.05, 0.85], resolution=(6, 4), tolerance=0.1)
    wanted = closed_form(*np.meshgrid(*again.axes))
    tips = (wanted > 0.05) & (wanted < 0.85)
    assert 0 < tips.sum() < 24
    assert data["fractions"]["tips"] == tips.mean()
    assert data["fractions"]["never"] == (~tips).mean()
    low, high = data["intervals"]["tips"]
    assert low < tips.mean() < high
    # half a bracket, and what a step of 0.01 moves the edge by
    assert data["quantiles"]["0.5"] == pytest.approx(np.median(wanted[tips]), abs=0.055)
    assert data["changes"] == [["left or diverged", "saddle (0, 0)", int(tips.sum())]]
    kept = ss.load(made[0] / "a.npz")
    assert isinstance(kept, Tipping)
    for name in ("kind", "low", "high", "before", "after"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(again, name))


def test_the_table_says_shares_quantiles_and_changes(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    code, out, err = say(*QUICK, "--no-plot")
    assert code == 0
    _, head, tips, never, where, _, change = out.splitlines()
    assert head.split() == ["sam", "ρ=0.05", "…", "0.85", "share", "95", "%", "interval"]
    share = tips.rsplit("(± 0.05)")[1].split()[0]
    assert tips.startswith("  end elsewhere from some rho on")
    assert never.startswith("  end at the same place at every value")
    assert where.startswith("  rho where they tip: median ")
    assert change.split("  ")[1:] == ["left or diverged", "saddle (0, 0)", share]
    assert err == "next   landscape basins saddle --opt sam:eta=0.01,rho=0.05 --opt sam:eta=0.01,rho=0.85\n"


def test_json_on_stdout_is_that_of_the_file(say: Callable[..., Said], made: tuple[Path, list[str]]) -> None:
    code, out, err = say(*QUICK, "--json", "-qq", "--no-plot")
    assert (code, err) == (0, "")
    kept = json.loads((made[0] / "a.json").read_text())
    del kept["spec"]
    assert json.loads(out) == {**kept, "files": []}


@pytest.mark.parametrize("name", ["a.png", "a.svg", "a.json", "a.npz"])
def test_every_file_can_be_made_again_and_checked(
    say: Callable[..., Said], made: tuple[Path, list[str]], name: str
) -> None:
    code, out, _ = say("rerun", str(made[0] / name), "--check")
    assert (code, out) == (0, f"same: {made[0] / name} is what this version makes\n")


def test_a_file_that_was_changed_differs_and_is_made_anew(
    say: Callable[..., Said], made: tuple[Path, list[str]]
) -> None:
    text = (made[0] / "a.json").read_text()
    data = json.loads(text)
    data["counts"]["tips"] += 1
    Path("b.json").write_text(json.dumps(data))
    code, out, _ = say("rerun", "b.json", "--check")
    assert code == 3
    assert out.startswith("differs: counts.tips")
    assert say("rerun", "b.json", "-qq")[0] == 0
    assert Path("b.json").read_text() == text


def test_what_is_asked_can_be_written_and_read(
    say: Callable[..., Said], made: tuple[Path, list[str]]
) -> None:
    code, out, _ = say(*QUICK, "--dry-run")
    assert (code, (made[0] / "a.toml").read_text()) == (0, out)
    spec = TippingSpec.from_toml(out)
    assert TippingSpec.from_json(spec.to_json()) == spec
    assert (spec.methods, spec.pixels, spec.steps) == (("sam:eta=0.01,rho=0.05|0.85",), (6, 4), 500)
    Path("c.toml").write_text(out)
    again = say(
        "tipping", "--config", "c.toml", "--rho", "0.1..0.3/3", "--cycling", "--more", "0", "--dry-run"
    )[1]
    changed = TippingSpec.from_toml(again)
    assert changed.methods == ("sam:eta=0.01,rho=0.1|0.2|0.3",)
    assert (changed.cycling, changed.more, changed.view) == (True, 0, spec.view)


def test_any_number_may_vary_and_coordinates_may_be_more(say: Callable[..., Said]) -> None:
    """Gradient descent on a bowl of curvature 2 arrives below eta = 1 and diverges above, from every start."""
    asked = [
        "tipping",
        "x^2 + y^2 + z^2",
        "--eta",
        "0.5..1.4/2",
        "--plane",
        "x,z",
        "--resolution",
        "3",
        "-n",
        "200",
    ]
    code, out, _ = say(*asked, "--tolerance", "0.1", "--json", "-o", "a.png")
    data = json.loads(out)
    assert code == 0
    assert (data["fractions"]["tips"], data["plane"]) == (1.0, [0, 2])
    assert data["quantiles"]["0.95"] == pytest.approx(1.0, abs=0.05)
    assert say("rerun", "a.png", "--check")[0] == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--opt", "sam"], "no number of sam:eta=0.01,rho=0.5 varies: write --opt sam:rho=0.05..1/9"),
        ([], "no number of gd:eta=0.01 varies: write --opt gd:eta=0.001..0.02/9"),
        (["--opt", METHOD, "--opt", "gd"], "a tipping map is of one method, and these are 2"),
        (["--opt", "sam:batch=1|2"], "a tipping map is of one method, and these are 2"),
        (["--opt", "sam:rho=0.1|0.2,eta=0.1|0.2"], "eta and rho have several values"),
        (["--opt", "sam:rho=0.2|0.1"], "at least two, ascending"),
        (["--opt", "sam:rho=0.1..0.5"], "a sweep is written rho=0.1..0.5/9"),
        (["--opt", "sam:rho=0.1..a/3"], "rho must be a number, not 'a'"),
        (["--opt", "sam:row=0.1..1/3"], "sam has no key 'row'"),
        (["--opt", METHOD, "--tolerance", "0"], "tolerance must be above 0"),
        (["--opt", METHOD, "--more", "21"], "more must be at most 20"),
        (["--opt", METHOD, "--resolution", "100000"], "GB, more than the 4 GB allowed"),
        (["--opt", METHOD, "--plane", "x,q"], "two different coordinates of x, y"),
        (["--opt", METHOD, "-o", "a.gif"], "nothing does here"),
    ],
)  # fmt: skip
def test_what_makes_no_tipping_map_is_said(say: Callable[..., Said], options: list[str], said: str) -> None:
    code, out, err = say("tipping", "saddle", *options)
    assert (code, out) == (2, "")
    assert said in err.replace("\n", " ")


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(
    say: Callable[..., Said], made: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []

    class Stopper:
        def __call__(self, done: int, total: int) -> None:
            told.append((done, total))
            if done > total / 2:
                raise KeyboardInterrupt

        def clear(self) -> None:
            told.append((0, 0))

    with monkeypatch.context() as patch:
        patch.setattr(Console, "bar", lambda self, label: Stopper())
        code, out, err = say(*QUICK, "-o", "a.json")
    assert (code, out) == (130, "")
    assert "what is done is kept in a.json.part" in err.replace("\n", " ")
    assert [each.name for each in Path().iterdir()] == ["a.json.part"]
    # two values, and three halvings of 0.8 down to 0.1
    assert {total for _, total in told[:-1]} == {24 * 5}
    assert told[-1] == (0, 0)
    told.clear()
    with monkeypatch.context() as patch:
        patch.setattr(Console, "bar", lambda self, label: Stopper())
        assert say(*QUICK, "-o", "a.json", "--afresh")[0] == 130
    assert told[0][0] <= 48  # of 120: begun anew, where what is kept is more than 60
    code, out, err = say(*QUICK, "-o", "a.json")
    assert code == 0
    assert "going on from a.json.part (--afresh starts afresh)" in err
    assert [each.name for each in Path().iterdir()] == ["a.json"]
    assert Path("a.json").read_text() == (made[0] / "a.json").read_text()


def test_the_figure_says_what_stripes_are_where_there_are_any(made: tuple[Path, list[str]]) -> None:
    from dataclasses import replace

    found: Any = ss.load(made[0] / "a.npz")
    texts = [each.get_text() for each in plots.tipping_figure(found).texts]
    assert texts[0] == "Saddle: from which ρ on SAM ends elsewhere"
    words = " ".join(texts)
    assert "2 values of ρ from 0.05 to 0.85" in words
    assert "stripes" not in words
    assert "seed" not in words  # nothing is random
    back = replace(found, back=~np.isnan(found.high), cycling=True)
    words = " ".join(each.get_text() for each in plots.tipping_figure(back, style="dark").texts)
    assert "white stripes: at a larger value it ends as at the first again; a cycle counts" in words
