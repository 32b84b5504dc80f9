"""The command line as a person meets it: what is printed where, what is written, how mistakes are answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saddlescape import compare_faces, landscape, load, simulate
from saddlescape.cli import invoke
from saddlescape.commands.console import Console
from saddlescape.landscapes import CATALOGUE
from saddlescape.plots import read_spec
from saddlescape.specs.faces import FacesSpec
from saddlescape.specs.run import RunSpec

Said = tuple[int, str, str]
QUICK = ["-n", "60"]


def files() -> list[str]:
    return sorted(os.listdir())


# ---- run ------------------------------------------------------------------------------------------------------------
def test_the_published_phenomenon_needs_no_flag(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    code, out, err = say("run", "beale", "--opt", "sam")
    assert code == 0
    title, head, gd, sam = out.splitlines()
    assert title == "Beale   (3/2 − x + xy)² + (9/4 − x + xy²)² + (21/8 − x + xy³)²"
    assert head.split() == ["ends", "at", "loss", "|∇f|", "λmax", "gradient", "calls"]
    assert gd.startswith("  gd         in the basin of minimum (3, 0.5), 0.32 away")
    assert gd.endswith("20 000")
    assert sam.startswith("  sam ρ=0.5  trapped at saddle (0, 1) ")
    assert sam.endswith("40 000")
    assert err.splitlines()[0] == "wrote  beale-sam.png"
    assert err.splitlines()[1].startswith("next   landscape critical beale --opt sam")
    assert files() == ["beale-sam.png"]


def test_json_has_the_promised_schema_and_survives_q(say: Callable[..., Said]) -> None:
    code, out, err = say("run", "beale", "--opt", "sam", "--json", "-qq", *QUICK)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["schema"] == "landscape.run/1"
    assert (found["landscape"], found["dimension"], found["files"]) == ("beale", 2, ["beale-sam.png"])
    gd, sam = found["runs"]
    assert gd["method"] == "gd:eta=0.0001"
    keys = "method clock steps time seed starts final loss grad_norm status point fate nearest gradient_evaluations"
    assert list(sam) == keys.split()
    assert (sam["clock"], sam["steps"], sam["starts"], sam["gradient_evaluations"]) == (
        "steps",
        60,
        [[1, 2]],
        [120],
    )
    assert (sam["status"], sam["point"], sam["nearest"][0]["id"]) == (["moving"], [None], 2)
    assert {"id", "kind", "x", "loss", "eigenvalues"} <= set(found["critical_points"][0])


def test_json_of_what_diverged_has_nulls(say: Callable[..., Said]) -> None:
    _, out, _ = say("run", "beale", "--eta", "1", "--no-plot", "--json", *QUICK)
    run = json.loads(out)["runs"][0]
    assert run["status"] == ["diverged"]
    assert (run["final"], run["loss"], run["nearest"]) == ([[None, None]], [None], [None])


def test_the_final_points_are_those_of_the_library(say: Callable[..., Said]) -> None:
    _, out, _ = say("run", "saddle", "--opt", "usam:rho=0.2", "--x0", "grid:3", "--no-plot", "--json", *QUICK)
    L = landscape("saddle")
    starts = np.stack(np.meshgrid(*[np.linspace(lo, hi, 3) for lo, hi in L.view]), axis=-1).reshape(-1, 2)
    expected = simulate(L, "usam:rho=0.2", starts, 60).final
    assert json.loads(out)["runs"][1]["final"] == expected.tolist()


def test_many_starts_are_counted_by_where_they_end(say: Callable[..., Said]) -> None:
    code, out, _ = say("run", "double_well", "--opt", "sam", "--x0", "grid:8", "-q", "--no-plot", "-n", "300")
    rows = out.splitlines()[2:]
    assert code == 0
    assert any("converged to minimum (-1, 0)" in row for row in rows)
    assert sum("32  50.0 %" in row for row in rows) == 4


@pytest.mark.parametrize(("flags", "methods"), [
    (["--opt", "sam"], ["gd:eta=0.0001", "sam:eta=0.0001,rho=0.5"]),
    ([], ["gd:eta=0.0001"]),
    (["--opt", "sam", "--opt", "gd"], ["sam:eta=0.0001,rho=0.5", "gd:eta=0.0001"]),
    (["--opt", "sam", "--no-baseline"], ["sam:eta=0.0001,rho=0.5"]),
    (["--opt", "sam", "--eta", "0.001", "--beta", "0.5"], ["gd:beta=0.5,eta=0.001", "sam:beta=0.5,eta=0.001,rho=0.5"]),
    (["--opt", "sam:rho=0.1..0.3/2"], ["gd:eta=0.0001", "sam:eta=0.0001,rho=0.1", "sam:eta=0.0001,rho=0.3"]),
    (["--opt", "sam:batch=1|2", "--no-baseline"],
     ["sam:batch=1,eta=0.0001,rho=0.5", "sam:batch=2,eta=0.0001,rho=0.5"]),
    (["--opt", "gd", "--batch", "1|2"], ["sgd:eta=0.0001", "gd:batch=2,eta=0.0001"]),
    (["--opt", "gd@flow:scheme=rk4|euler", "--no-baseline"],
     ["gd@flow:dt=1e-05,eta=0.0001", "gd@flow:dt=1e-05,eta=0.0001,scheme=euler"]),
    (["--opt", "sam", "--opt", "sam:rho=0.5"], ["gd:eta=0.0001", "sam:eta=0.0001,rho=0.5"]),  # once is enough
    (["--opt", "sam", "--rho", "0.1|0.2"], ["gd:eta=0.0001", "sam:eta=0.0001,rho=0.1", "sam:eta=0.0001,rho=0.2"]),
])  # fmt: skip
def test_the_baseline_comes_first_and_takes_the_first_methods_numbers(
    say: Callable[..., Said], flags: list[str], methods: list[str]
) -> None:
    _, out, _ = say("run", "beale", *flags, *QUICK, "--no-plot", "--json")
    assert [run["method"] for run in json.loads(out)["runs"]] == methods


def test_steps_time_and_budget_say_how_long(say: Callable[..., Said]) -> None:
    def steps(*flags: str) -> list[int]:
        return [
            run["steps"]
            for run in json.loads(say("run", "beale", "--opt", "sam", "--no-plot", "--json", *flags)[1])[
                "runs"
            ]
        ]

    assert steps("-n", "40") == [40, 40]
    assert steps("-n", "40", "--budget", "gradients") == [40, 20]
    assert steps("--time", "0.003") == [30, 30]


@pytest.mark.parametrize(("flags", "notes", "fits"), [
    (["-n", "20", "--opt", "sam@flow:dt=3e-5"], ["sam@flow ρ=0.5 ends at time 0.00201, not 0.002"], "2.5e-05"),
    (["-n", "20", "--opt", "sam@flow"], [], None),
    (["-n", "20", "--budget", "gradients", "--opt", "sam@flow:dt=3e-5"], ["time 0.00099, not 0.001"], "2.5e-05"),
    (["-n", "20", "--opt", "sam@flow:dt=3e-4"], ["time 0.0021, not 0.002"], "0.0002857142857"),
    (["--time", "0.00205", "--opt", "sam@flow"],
     ["gd ends at time 0.002, not 0.00205: eta=0.0001 does not"], "9.761904762e-05"),
    (["--time", "0.002", "--opt", "sam", "--opt", "sam@flow"], [], None),
])  # fmt: skip
def test_a_method_that_ends_beside_its_time_says_so(
    say: Callable[..., Said], flags: list[str], notes: list[str], fits: str | None
) -> None:
    code, _, err = say("run", "beale", *flags, "--dry-run")
    said = err.splitlines()
    assert code == 0
    assert len(said) == len(notes)
    for line, note in zip(said, notes, strict=True):
        assert line.startswith("note: ")
        assert note in line
        assert line.endswith(f"={fits} does")
    if fits and "dt" in said[0]:  # what it says does divide the time
        again = [f.replace("3e-5", fits).replace("3e-4", fits) for f in flags]
        assert say("run", "beale", *again, "--dry-run")[2] == ""


@pytest.mark.parametrize("formula", ["-x^2+y^4", "-x^2 + y^4", "-(x^2)", "-2x", "-x", "-n*x^2"])
def test_a_formula_may_begin_with_a_minus(say: Callable[..., Said], formula: str) -> None:
    given = ["-p", "n=2"] if "n" in formula else []
    code, out, err = say("run", formula, *given, "-n5", "--no-plot", "-q")
    assert (code, err) == (0, "")
    assert out.startswith("−")


def test_short_options_are_no_formulas(say: Callable[..., Said]) -> None:
    assert say("run", "a*x^2", "-pa=2", "-n5", "-ox.json", "-qq") == (0, "", "")
    assert files() == ["x.json"]
    code, _, err = say("run", "x^2", "-w")
    assert code == 2
    assert "No such option" in err


def test_quiet_verbose_and_what_goes_where(say: Callable[..., Said]) -> None:
    asked = ["run", "beale", "--no-plot", *QUICK]
    assert say(*asked, "-q")[2] == ""
    assert say(*asked, "-q")[1]
    assert say(*asked, "-qq")[1:] == ("", "")
    assert "simulated in" in say(*asked, "-v")[2]
    assert "next" not in say(*asked)[1]


def test_dry_run_prints_all_and_its_toml_runs_alike(say: Callable[..., Said]) -> None:
    code, toml, _ = say(
        "run", "-x^2 + y^4", "--opt", "sam:rho=0.1..0.2/2", "--x0", "disk:3@0,1:0.5", "--dry-run"
    )
    assert code == 0
    assert files() == []
    spec = RunSpec.from_toml(toml)
    assert spec.steps == 2000
    assert spec.view == ((-3, 3), (-3, 3))
    Path("a.toml").write_text(toml)
    assert say("run", "--config", "a.toml", "--dry-run")[1] == toml
    assert say("run", *spec.to_arguments()[:-2], "--dry-run", *spec.to_arguments()[-2:])[1] == toml
    changed = RunSpec.from_toml(say("run", "--config", "a.toml", "--rho", "0.4", "-n", "7", "--dry-run")[1])
    assert (changed.steps, changed.x0) == (7, spec.x0)
    assert changed.methods == (spec.methods[0].partition(",")[0] + ",rho=0.4",)


@pytest.mark.parametrize("name", CATALOGUE)
def test_what_dry_run_prints_for_a_landscape_is_complete(say: Callable[..., Said], name: str) -> None:
    toml = say("run", name, "--opt", "sam", "--dry-run")[1]
    Path("a.toml").write_text(toml)
    assert say("run", "--config", "a.toml", "--dry-run") == (0, toml, "")


def test_long_runs_of_many_starts_keep_what_can_be_drawn(say: Callable[..., Said]) -> None:
    spec = RunSpec.from_toml(say("run", "beale", "--x0", "grid:201", "--dry-run")[1])
    assert spec.every is not None
    assert 201 * 201 * 2 * (20_000 // spec.every + 1) <= 4_100_000


# ---- files and rerun ------------------------------------------------------------------------------------------------
def test_every_file_says_what_made_it_and_can_be_checked(say: Callable[..., Said]) -> None:
    names = [f"a.{suffix}" for suffix in ("png", "svg", "pdf", "npz", "json", "toml")]
    code, _, err = say(
        "run", "a*x^2 - y^2", "-p", "a=2", "--opt", "sam", *QUICK, *[p for n in names for p in ("-o", n)]
    )
    written = ["a.png", "a.svg", "a.pdf", "a-gd.npz", "a-sam.npz", "a.json", "a.toml"]
    assert code == 0
    assert err.splitlines()[0].split() == ["wrote", *written]
    assert files() == sorted(written)
    for name in written[:-1]:
        assert say("rerun", name, "--check") == (0, f"same: {name} is what this version makes\n", "")
    assert json.loads(Path("a.json").read_text())["spec"] == json.loads(read_spec("a.png") or "")
    before = {name: Path(name).read_bytes() for name in written if not name.endswith("npz")}
    assert say("rerun", "a.json", "-q", *[p for n in names for p in ("-o", n)])[0] == 0
    assert {name: Path(name).read_bytes() for name in before} == before
    assert load("a-sam.npz").method.startswith("sam")


@pytest.mark.slow
def test_files_of_one_method_in_several_ways_are_named_by_what_differs(say: Callable[..., Said]) -> None:
    asked = ["--opt", "sam:rho=0.1|0.2", "--opt", "sam@flow2:rho=0.1", "--no-baseline"]
    say("run", "beale", *asked, *QUICK, "-o", "a.npz")
    written = ["a-sam-rho=0.1.npz", "a-sam-rho=0.2.npz", "a-sam@flow2.npz"]
    assert files() == written
    assert [load(name).method.partition(":")[0] for name in written] == ["sam", "sam", "sam@flow2"]
    before = [Path(name).read_bytes() for name in written]
    for name in written:
        assert say("rerun", name, "--check")[0] == 0
    assert say("rerun", written[1], "-q")[0] == 0
    assert files() == written
    assert [Path(name).read_bytes() for name in written] == before
    assert "wrote  beale-sam-sam@flow2.png" in say("run", "beale", *asked, *QUICK)[2]


def test_the_table_says_once_what_all_methods_share(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    out = say("run", "beale", "--opt", "sam:batch=1", "--opt", "sam:batch=1,beta=0.5", "--no-plot", *QUICK)[1]
    _, shared, _, *rows = out.splitlines()
    assert shared == "  all with batch=1"
    assert [row.split("still")[0].split("in the")[0].strip() for row in rows] == [
        "sgd", "sam ρ=0.5", "sam ρ=0.5 β=0.5"
    ]  # fmt: skip


def test_check_ends_with_3_where_something_differs(say: Callable[..., Said]) -> None:
    say("run", "beale", *QUICK, "-o", "a.json", "-o", "a.png", "-o", "a.npz")
    data = json.loads(Path("a.json").read_text())
    data["runs"][0]["final"][0][1] += 1
    Path("a.json").write_text(json.dumps(data))
    Path("a.png").write_bytes(Path("a.png").read_bytes() + b"\0")
    code, out, _ = say("rerun", "a.json", "--check")
    assert code == 3
    assert out.startswith("differs: runs[0].final[0][1]: ")
    assert say("rerun", "a.png", "--check")[0] == 3
    run = load("a.npz")
    run.x[0, -1] = np.nextafter(run.x[0, -1], 9)
    run.save("a.npz")
    code, out, _ = say("rerun", "a.npz", "--check")
    assert (code, out) == (3, "differs: x: 2 of 122 values\n")


def test_rerun_remakes_the_file_itself(say: Callable[..., Said]) -> None:
    say("run", "beale", "--opt", "sam", *QUICK)
    before = Path("beale-sam.png").read_bytes()
    assert say("rerun", "beale-sam.png", "-q")[0] == 0
    assert Path("beale-sam.png").read_bytes() == before
    assert files() == ["beale-sam.png"]


def test_a_default_name_replaces_only_what_is_ours(say: Callable[..., Said]) -> None:
    Path("beale-gd.png").write_text("a photograph")
    for _ in range(2):
        assert "wrote  beale-gd-2.png" in say("run", "beale", *QUICK)[2]
    assert files() == ["beale-gd-2.png", "beale-gd.png"]
    assert Path("beale-gd.png").read_text() == "a photograph"


def test_rerun_says_that_a_file_of_starts_is_missing(say: Callable[..., Said]) -> None:
    Path("s.csv").write_text("\n".join("1,2" for _ in range(6000)))
    say("run", "beale", "--x0", "s.csv", "-n", "2", "-o", "a.json", "-q")
    assert say("rerun", "a.json", "--check")[0] == 0
    Path("s.csv").unlink()
    code, _, err = say("rerun", "a.json", "--check")
    assert (code, err) == (2, "error: the file of starts 's.csv' is missing\n")


class Stopper:
    """A progress bar at which a person presses Ctrl-C."""

    def __call__(self, *_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def clear(self) -> None:
        pass


def test_an_interrupted_run_is_kept_and_gone_on_with(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["run", "beale", "--opt", "sam", *QUICK, "-o", "a.json"]
    say(*asked)
    whole = Path("a.json").read_text()
    Path("a.json").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(Console, "bar", lambda self, label: Stopper() if "sam" in label else None)
        code, out, err = say(*asked)
    assert (code, out) == (130, "")
    assert err.startswith(
        "interrupted: what is done is kept in a.json.part\nthe same command goes on from there"
    )
    assert files() == ["a.json.part"]
    code, _, err = say(*asked)
    assert code == 0
    assert "going on from a.json.part" in err
    assert files() == ["a.json"]
    assert Path("a.json").read_text() == whole


def test_what_was_kept_of_another_run_is_left_as_it_is(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*more: str) -> str:
        with monkeypatch.context() as patch:
            patch.setattr(Console, "bar", lambda self, label: Stopper() if "sam" in label else None)
            return say("run", "beale", "--opt", "sam", *more, "-o", "a.json")[2]

    def content() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(Path("a.json.part").iterdir())}

    stopped(*QUICK)
    first = content()
    assert {"0.npz", "spec.json"} <= set(first)
    others = ["run", "beale", "--opt", "sam", "-n", "61", "-o", "a.json"]
    for more in ([], ["--no-continue"]):
        err = say(*others, *more)[2]
        assert (
            err.count("a.json.part is of other options, or damaged: left as it is, this starts afresh") == 1
        )
        assert "going on" not in err
        assert content() == first
    assert "what is done is kept in a.json-2.part" in stopped("-n", "61").replace("\n", " ")
    assert "what is done is kept in a.json-3.part" in stopped("-n", "62").replace("\n", " ")
    assert "going on from a.json-2.part" in say(*others)[2]
    assert files() == ["a.json", "a.json-3.part", "a.json.part"]
    assert content() == first
    assert "going on from a.json-3.part" in stopped("-n", "62")
    assert "going on" not in stopped("-n", "62", "--no-continue")
    assert content() == first
    assert "going on from a.json.part" in say("run", "beale", "--opt", "sam", *QUICK, "-o", "a.json")[2]
    assert files() == ["a.json", "a.json-2.part"]
    monkeypatch.setattr("saddlescape.commands.plan.execute", Stopper())
    code, _, err = say("run", "beale", *QUICK, "-o", "b.json")
    assert (code, err) == (130, "interrupted: nothing was finished yet\n")


# ---- faces ----------------------------------------------------------------------------------------------------------
FACES = [
    "faces", "beale", "--opt", "gd:sigma=1", "--face", "sde2", "--face", "flow:mean=true", "--eta", "1e-3", "-n", "8",
    "--runs", "6", "--x0", "0.4,1.3", "--records", "5", "--etas", "1e-3|2e-3",
]  # fmt: skip


def test_faces_are_measured_written_and_done_again(say: Callable[..., Said]) -> None:
    names = [f"a.{suffix}" for suffix in ("png", "npz", "json", "toml")]
    code, out, err = say(*FACES, *[p for n in names for p in ("-o", n)])
    assert (code, files()) == (0, sorted(names))
    assert err.splitlines()[0].split() == ["wrote", *names]
    found = compare_faces(
        landscape("beale"), "gd:sigma=1,eta=1e-3", ("sde2", "flow:mean=true"), x0=(0.4, 1.3), steps=8, runs=6,
        records=5, etas=[1e-3, 2e-3],
    )  # fmt: skip
    rows = [line.split() for line in out.splitlines()[3:]]
    rows = [row for row in rows if row[0] in found.faces]
    assert [row[:2] for row in rows] == [[f, e] for f in found.faces for e in ("0.001", "0.002")]
    assert [float(row[2].strip("~")) for row in rows] == [
        float(f"{each:.3g}") for each in found.errors["x"].ravel()
    ]
    kept = load("a.npz")
    assert np.array_equal(kept.errors["loss"], found.errors["loss"])
    data = json.loads(Path("a.json").read_text())
    assert data["schema"] == "landscape.faces/1"
    assert data["traces"]["loss"]["mean"] == found.traces["loss"].mean.tolist()
    before = {name: Path(name).read_bytes() for name in names}
    for name in names[:-1]:
        assert say("rerun", name, "--check") == (0, f"same: {name} is what this version makes\n", "")
    assert say("rerun", "a.toml", "-qq", "-o", "b.json")[0] == 0
    assert Path("b.json").read_bytes() == before["a.json"]
    assert say("rerun", "a.png", "-q")[0] == 0
    assert {name: Path(name).read_bytes() for name in names} == before
    data["errors"]["x"][0][0][0] += 1
    Path("a.json").write_text(json.dumps(data))
    code, out, _ = say("rerun", "a.json", "--check")
    assert (code, out.split(":")[1]) == (3, " errors.x[0][0][0]")


def test_faces_print_json_and_what_would_be_run(say: Callable[..., Said]) -> None:
    code, out, err = say(*FACES, "--json", "-qq", "--no-plot")
    assert (code, err, files()) == (0, "", [])
    data = json.loads(out)
    assert (data["faces"], data["etas"], data["steps"]) == (["sde2", "flow:mean=true"], [1e-3, 2e-3], [8, 4])
    toml = say(*FACES, "--dry-run")[1]
    spec = FacesSpec.from_toml(toml)
    assert spec.faces == ("sde2", "flow:mean=true")
    assert spec.method == "gd:eta=0.001,sigma=1.0"
    Path("a.toml").write_text(toml)
    assert say("faces", "--config", "a.toml", "--dry-run")[1] == toml
    changed = FacesSpec.from_toml(say("faces", "--config", "a.toml", "--time", "0.004", "--dry-run")[1])
    assert (changed.steps, changed.time) == (None, 0.004)
    assert FacesSpec.from_json(spec.to_json()) == spec
    assert say("run", "--config", "a.toml")[2].startswith("error: a.toml: command is 'run' here, not 'faces'")


def test_faces_note_another_time_and_minutes_of_work(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    short = ("faces", "saddle", "--opt", "gd:sigma=0.1,eta=0.03", "--time", "0.1", "--runs", "4", "--no-plot")
    code, out, err = say(*short)
    assert code == 0
    assert err.startswith(
        "note: eta=0.03 does not divide the time 0.1: the comparison ends at time 0.09\nnext "
    )
    assert ", time 0.09, 4 runs" in out
    assert say(*short[:5], "0.09", *short[6:])[2].startswith("next ")
    # 2000 runs are 16 rounds of 64 on each of 2 processors; a step of the map is 10 ticks of either face: 6.72e7 rounds
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(Console, "bar", lambda self, label: Stopper())
    much = (
        "faces",
        "saddle",
        "--opt",
        "sam:sigma=0.1,eta=1e-3",
        "--rhos",
        "0.1|0.2",
        "--runs",
        "2000",
        "--no-plot",
    )
    assert "ticks in all" not in say(*much, "-n", "100")[2]
    # what the shorter one left is noted as well
    (note,) = [line for line in say(*much, "-n", "100000")[2].splitlines() if "ticks in all" in line]
    assert (
        "note: map and faces make 8,400,000,000 ticks in all, 2,000 runs at 1 eta × 2 rhos: 7 seconds to 112 minutes"
        in note
    )


def test_interrupted_faces_are_kept_and_gone_on_with(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [*FACES, "-o", "a.json"]
    assert say(*asked)[0] == 0
    whole = Path("a.json").read_text()
    Path("a.json").unlink()
    told: list[float] = []

    class Late(Stopper):
        def __call__(self, *parts: Any, **_: Any) -> None:
            told.append(parts[0] / parts[1])
            if told[-1] > 0.5:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Console, "bar", lambda self, label: Late())
        code, out, err = say(*asked)
    assert (code, out, files()) == (130, "", ["a.json.part"])
    assert err.startswith(
        "interrupted: what is done is kept in a.json.part\nthe same command goes on from there"
    )
    told.clear()
    with monkeypatch.context() as patch:
        patch.setattr(Console, "bar", lambda self, label: Late())
        code, _, err = say(*asked)  # stopped again as soon as something new is done
    assert (code, files()) == (130, ["a.json.part"])
    assert told[0] > 0.5
    code, _, err = say(*asked)
    assert (code, files()) == (0, ["a.json"])
    assert "going on from a.json.part (--no-continue starts afresh)" in err
    assert Path("a.json").read_text() == whole


def test_progress_of_faces_goes_to_the_end_once() -> None:
    seen: list[tuple[int, int]] = []
    compare_faces(
        landscape("shifted_parabola"), "sgd:eta=0.1", ("sde2",), steps=4, runs=6, etas=[0.05, 0.2], records=3,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    done, totals = zip(*seen, strict=True)
    # the map's 2, 8 and (traces) 4 steps of 6 runs, and ten ticks of the SDE for each
    assert set(totals) == {6 * (2 + 8 + 4) * 11}
    assert list(done) == sorted(done)
    assert done[-1] == totals[-1]


# ---- the other commands ---------------------------------------------------------------------------------------------
def test_list_and_show(say: Callable[..., Said]) -> None:
    code, out, _ = say("list")
    assert code == 0
    assert "  beale " in out
    assert "  usam " in out
    assert "usam" not in say("list", "landscapes")[1]
    assert "beale " not in say("list", "methods")[1].replace("landscape run beale", "")
    out = say("show", "beale")[1]
    assert "∂f/∂y = 6xy²·(xy³ − x + 21/8)" in out
    assert "winding number around the domain -1 = sum of indices -1" in out
    assert say("show", "x^2", "--latex")[1] == "x^{2}\n"
    assert "x ← x − η ∇f(x + ρ/‖∇f(x)‖ ∇f(x))" in say("show", "sam")[1]


def test_the_printed_kernel_runs_as_it_stands(say: Callable[..., Said]) -> None:
    source = say("show", "beale", "--kernel", "sam")[1]
    assert "unit" in source or "recip" in source
    compile(source, "kernel", "exec")


def test_critical_in_words_and_as_json(say: Callable[..., Said]) -> None:
    out = say("critical", "beale", "--opt", "sam", "--opt", "gd:eta=0.01")[1]
    assert "traps" in out
    assert "0.99699, 0.5102" in out
    code, out, _ = say("critical", "beale", "--opt", "gd:eta=0.01", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["schema"] == "landscape.critical/1"
    assert [p["id"] for p in found["critical_points"]] == [0, 1, 2]
    assert found["winding"] == {"status": "agrees", "boundary": -1, "sum": -1}
    (method,) = found["methods"]
    assert method["method"] == "gd:eta=0.01"
    assert {"id", "verdict", "multipliers", "radius"} <= set(method["points"][0])
    assert [p["verdict"] for p in method["points"]] == ["attracts", "repels", "repels"]


def test_doctor_finds_this_installation_well(say: Callable[..., Said]) -> None:
    code, out, err = say("doctor")
    assert (code, err) == (0, "")
    for word in ("numba", "cache", "threads", "vectors", "STIXGeneral", "all is well"):
        assert word in out


# ---- mistakes -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("arguments", "said"), [
    (["rum"], "Did you mean 'run'?"),
    (["run"], "which landscape?"),
    (["run", "beal"], "unknown landscape 'beal' (did you mean 'beale'?)"),
    (["run", "beale", "sam"], "unexpected extra argument"),
    (["run", "beale", "--stepz", "3"], "--steps"),
    (["run", "beale", "--opt", "smm"], "did you mean 'sam'"),
    (["run", "beale", "--opt", "asam"], "not built yet"),
    (["run", "beale", "--opt", "sam:rho=-1"], "rho must be a number ≥ 0, not -1"),
    (["run", "beale", "--opt", "sam", "--opt", "gd", "--eta", "1"], "--eta fills a single --opt"),
    (["run", "himmelblau", "--opt", "sam", "--batch", "2"], "himmelblau is no finite sum"),
    (["run", "beale", "--opt", "sam@sde2"], "sam@sde2 has no noise: add batch=… or sigma=…"),
    (["run", "beale", "--opt", "sam@flow:sigma=1"], "a flow has no noise"),
    (["run", "beale", "--opt", "sam:batch=1..2/2"], "lists several methods as batch=a|b"),
    (["run", "beale", "--opt", "sam:batch=1|x"], "batch is a whole number ≥ 1, not 'x'"),
    (["run", "beale", "--opt", "sam:batch=4"], "beale has 3 samples"),
    (["run", "x^2", "--sample", "x^2", "--sample", "x^4"], "the mean of the samples is not the formula"),
    (["run", "x^2 + * y"], "\n  x^2 + * y\n        ^\n"),
    (["run", "a*x^2"], "give -p a=1"),
    (["run", "x/0"], "divides by zero"),
    (["run", "sqrt(-1)"], "finite real number"),
    (["run", "3"], "at least one coordinate"),
    (["run", "("*10_000 + "x" + ")"*10_000], "at most 2000 characters"),
    (["run", "9**9**9"], "exponents go up to 64"),
    (["run", "__import__('os')"], "names begin with a letter"),
    (["run", "beale", "-n", "0"], "steps must be at least 1, not"),
    (["run", "beale", "-j", "0"], "threads must be at least 1"),
    (["run", "beale", "--x0", "nan,1"], "not finite"),
    (["run", "beale", "--x0", "1"], "1 coordinate(s), but the landscape has 2"),
    (["run", "beale", "--x0", "no.csv"], "is missing"),
    (["run", "deep_scalar", "--x0", "grid:41"], "41^3"),
    (["run", "beale", "--time", "1e300"], "at most"),
    (["run", "--config", "no.toml"], "the file no.toml is missing"),
    (["run", "beale", "-o", "a.nc"], "'nc' files are not built yet"),
    (["run", "deep_scalar", "-o", "a.gif"], "needs one or two coordinates; deep_scalar has 3"),
    (["run", "beale", "--no-plot", "-o", "a.gif"], "contradict"),
    (["run", "beale", "-o", "a.pgn"], "did you mean '.png'"),
    (["run", "beale", "-o", "a"], "says its format"),
    (["run", "beale", "--no-plot", "-o", "a.png"], "contradict"),
    (["faces", "beale"], "none was given: --opt sam:batch=1"),
    (["faces", "beale", "--opt", "sam:batch=1", "--opt", "gd"], "2 were given"),
    (["faces"], "which landscape?"),
    (["faces", "beale", "--opt", "sam@sde2:batch=1"], "--face sde2"),
    (["faces", "beale", "--opt", "sam:batch=1,rho=0.1|0.2"], "--rhos"),
    (["faces", "beale", "--opt", "sam:batch=1", "--face", "sde4"], "unknown face 'sde4'"),
    (["faces", "beale", "--opt", "sam:batch=1", "--etas", "3e-3", "--time", "1e-3"], "0.003 or 0.006 would do"),
    (["faces", "beale", "--opt", "sam:batch=1", "--runs", "1"], "runs must be at least 2"),
    (["faces", "beale", "--opt", "sam:batch=1", "--x0", "grid:5"], "one start"),
    (["faces", "beale", "--opt", "sam:batch=1", "--test", "nonsense"], "unknown landscape 'nonsense'"),
    (["faces", "beale", "--opt", "sam:batch=1", "-o", "a.gif"], "nothing does here"),
    (["list", "landscpes"], "did you mean 'landscapes'"),
    (["show", "sma"], "did you mean 'sam'"),
    (["critical", "beale", "--eta", "0.1"], "add --opt"),
    (["rerun", "no.png"], "the file no.png is missing"),
    (["rerun", "plain.txt"], "does not say what made it"),
    (["rerun", "empty.json"], "not valid JSON"),
    (["run", "--config", "broken.toml"], "broken.toml: not valid TOML"),
    (["run", "--config", "wrong.toml"], "wrong.toml: unknown key of a specification 'stepz' (did you mean 'steps'?)"),
])  # fmt: skip
def test_a_mistake_is_answered_in_words_with_exit_2(
    say: Callable[..., Said], arguments: list[str], said: str
) -> None:
    Path("plain.txt").write_text("hello")
    Path("empty.json").write_text("")
    Path("broken.toml").write_text("a = [")
    Path("wrong.toml").write_text('landscape = "beale"\nstepz = 3\n')
    before = files()
    code, out, err = say(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert said in err
    assert "Traceback" not in err
    assert files() == before


def test_an_output_that_cannot_be_written_ends_with_1_before_the_work(say: Callable[..., Said]) -> None:
    code, out, err = say("run", "beale", "-o", "nowhere/a.png")
    assert (code, out) == (1, "")
    assert err == "error: cannot write nowhere/a.png: there is no folder 'nowhere'\n"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    command=st.sampled_from(["run", "show", "critical", "list", "rerun"]),
    words=st.lists(
        st.text(max_size=12)
        | st.sampled_from(
            ["--opt", "-n", "-p", "--x0", "--view", "-q", "-o", "--json", "sam:", "x^", "-x", "--", "1,2"]
        ),
        max_size=5,
    ),
)
def test_garbage_never_ends_in_a_traceback(say: Callable[..., Said], command: str, words: list[str]) -> None:
    code, _, err = say(command, *words, *(["--dry-run"] if command == "run" else []))
    assert code in (0, 1, 2)
    assert code == 0 or err


# ---- as a process ---------------------------------------------------------------------------------------------------
def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "saddlescape", *arguments]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, encoding="utf-8", timeout=120, **options
    )


def imported(*arguments: str) -> set[str]:
    """Return the modules that ``landscape ARGUMENTS`` loads."""
    script = (
        f"import sys; from saddlescape.cli import invoke; invoke({list(arguments)!r}); print(*sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", check=True
    )
    return set(found.stdout.split())


def test_help_and_list_import_nothing_heavy() -> None:
    heavy = {"sympy", "numba", "scipy", "matplotlib", "numpy", "pydantic", "rich"}
    process("list")  # what a cold cache needs is not what is promised
    for arguments in (
        ["--help"],
        ["run", "--help"],
        ["faces", "--help"],
        ["critical", "--help"],
        ["list"],
        ["gallery", "--help"],
        ["list", "figures"],
    ):
        assert not imported(*arguments) & heavy, arguments


def test_a_warm_default_run_needs_no_algebra_and_no_compiler(tmp_path: Path) -> None:
    asked = ["run", "beale", "--opt", "sam", "-q", "-o", str(tmp_path / "a.png")]
    invoke(asked)
    assert not imported(*asked) & {"sympy", "numba", "scipy", "pydantic", "matplotlib.pyplot"}


def test_help_fits_80_columns(say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for command in ([], ["run"], ["list"], ["show"], ["gallery"], ["critical"], ["rerun"], ["doctor"]):
        code, out, _ = say(*command, "--help")
        assert code == 0
        assert max(map(len, out.splitlines())) <= 80
    assert say()[1] == say("--help")[1]


#: three methods of long names, without a baseline of another kind
NAMED = [part for m in (
    "sam:batch=1,rho=0.3,beta=0.9,nesterov=true", "usam:batch=1,rho=0.1,beta=0.5,ascent=full",
    "dnsam:rho=0.3,sigma=0.5,noise=hessian",
) for part in ("--opt", m)]  # fmt: skip
MOMENTUM = ["--opt", "usam:beta=0.5,rho=0.1", "--opt", "gd:beta=0.5,nesterov=true", "--opt", "gd"]


@pytest.fixture
def plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short runs of methods that no other test has: in plain Python they are done before a kernel is compiled."""
    monkeypatch.setattr("saddlescape.dynamics.simulate.PLAIN_TICKS", 10**6)


TABLES: list[Any] = [
    ["run", "beale", "--opt", "sam", *QUICK],
    ["run", "beale", *NAMED, *QUICK],
    ["run", "beale", *NAMED, *QUICK, "--x0", "1,2", "--x0=-1.2345,2.34567"],
    pytest.param(["run", "beale", *NAMED, *QUICK, "--x0", "disk:30@0,0:1"], marks=pytest.mark.slow),
    pytest.param(
        ["flow", "himmelblau", "--opt", "sam@flow:rho=0.3", "--opt", "gd@flow"], marks=pytest.mark.slow
    ),
    ["basins", "beale", "--opt", "sam", "--resolution", "8", "-n", "100"],
    ["basins", "beale", *NAMED, "--resolution", "4", "-n", "30", "--no-continue"],
    ["escape", "saddle", "--opt", "sam:batch=1", "--runs", "20", "-n", "400"],
    ["escape", "saddle", *NAMED, "--runs", "20", "-n", "200"],
    ["critical", "himmelblau", *MOMENTUM],
    ["critical", "saddle", "--opt", "usam", "--threshold", "rho"],
    ["critical", "uv", "--opt", "gd"],
    ["faces", "saddle", "--opt", "sam:sigma=1", "--runs", "10", "--time", "0.1"],
    ["faces", "linear_regression_2d", "--opt", "sam:batch=1,beta=0.9", "--runs", "10", "--time", "0.1"],
    ["list"],
    ["list", "figures"],
    ["show", "beale"],
    ["show", "uv"],
    ["show", "sam"],
    ["doctor"],
]


@pytest.mark.parametrize("asked", TABLES, ids=" ".join)
@pytest.mark.usefixtures("plainly")
def test_what_is_piped_fits_80_columns(asked: list[str], say: Callable[..., Said]) -> None:
    plotless = [] if asked[0] in ("critical", "list", "show", "doctor") else ["--no-plot"]
    code, out, err = say(*asked, *plotless)
    assert code == 0, err
    wide = [line for line in out.splitlines() if len(line) > 80]
    # LaTeX is copied, not read; a path is one word
    assert [line for line in wide if "\\" not in line and max(map(len, line.split())) < 40] == []
    assert "\xa0" not in out


@pytest.mark.usefixtures("plainly")
def test_a_wide_terminal_breaks_no_line(say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    _, out, _ = say("escape", "saddle", *NAMED, "--runs", "20", "-n", "200", "--no-plot")
    assert len(out.splitlines()) == 7  # title, what was asked, head, three methods, what brackets are
    assert "  usam ρ=0.1 ascent=full batch=1 β=0.5  " in out


def test_a_reader_that_leaves_early_meets_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "saddlescape", "list"]
    found = subprocess.run(command, check=False, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writer)
    assert (found.returncode, found.stderr) == (0, "")


def test_an_unwritable_cache_changes_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    found = process(
        "run",
        "saddle",
        "-q",
        "--no-plot",
        cwd=tmp_path,
        env={**os.environ, "SADDLESCAPE_CACHE": str(blocked / "c")},
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert "saddle" in found.stdout.lower()


@pytest.mark.slow
def test_faces_of_one_method_end_at_the_same_time(say: Callable[..., Said]) -> None:
    opts = ["--opt", "sam:batch=1", "--opt", "sam@sde3:batch=1", "--opt", "sam@flow"]
    code, out, _ = say("run", "beale", *opts, "--steps", "30", "--no-plot", "--json")
    runs = json.loads(out)["runs"]
    assert code == 0
    assert [r["method"].partition(":")[0] for r in runs] == ["sgd", "sam", "sam@sde3", "sam@flow"]
    assert [r["steps"] for r in runs] == [30, 30, 300, 300]
    assert [r["gradient_evaluations"] for r in runs] == [
        [30],
        [60],
        [None],
        [300 * (4 * 2 + 4)],
    ]  # and the rule of arrival


def test_shortcuts_fill_the_noise_of_one_method(say: Callable[..., Said]) -> None:
    opts = ["run", "beale", "--opt", "sam", "--batch", "2", "--sigma", "0.5", "--dry-run"]
    code, out, _ = say(*opts)
    assert code == 0
    assert 'methods = [\n    "sam:batch=2,eta=0.0001,rho=0.5,sigma=0.5",\n]' in out


def test_a_typed_formula_may_have_samples(say: Callable[..., Said]) -> None:
    shown = ["--sample", "2*x^2", "--sample", "2*y^2", "--steps", "20", "--no-plot"]
    code, out, err = say("run", "x^2 + y^2", "--opt", "sgd", *shown)
    assert (code, "sgd" in out) == (0, True), err


def test_a_tick_that_is_too_long_is_pointed_out_and_run(say: Callable[..., Said]) -> None:
    code, out, err = say("run", "parabola", "--opt", "gd@flow:dt=3", "--steps", "50", "--no-plot")
    assert code == 0
    assert "gd@flow" in out
    assert "note: dt = 3 of gd@flow is more than 2/λmax" in err


def test_a_dt_too_long_for_the_field_of_usam_is_said(say: Callable[..., Said]) -> None:
    """On x² with rho = 5 the field is 2x(1 + 10): dt = 0.2 is below 2/λmax of the loss, which is 1, and beyond 2/22."""
    asked = [
        "run",
        "x^2",
        "--opt",
        "usam@flow:rho=5,dt=0.2,eta=0.2",
        "-n",
        "20",
        "--no-plot",
        "--no-baseline",
    ]
    assert "is more than 2/λmax at a start, which is down to 0.0909" in " ".join(say(*asked)[2].split())
    assert "2/λmax" not in say(*[a.replace("dt=0.2", "dt=0.05") for a in asked])[2]


def test_adaptive_steps_that_may_take_long_are_announced(say: Callable[..., Said]) -> None:
    """There x + rho ∇f lies 6000 away, where Beale's polynomial has second derivatives of 10^20."""
    asked = ["run", "beale", "--x0", "3,2.5", "-n", "1", "--no-plot", "--no-baseline", "--opt"]
    err = say(*asked, "usam@flow:scheme=dopri5")[2]
    assert err.startswith("note: usam@flow is stiff: it changes at rates of ")
    assert "Adaptive steps may take minutes or hours" in err
    for quick in ("gd@flow:scheme=dopri5", "usam@flow:scheme=dopri5,rho=1e-4"):
        assert "stiff" not in say(*asked, quick)[2]


def test_a_run_of_minutes_is_announced_with_its_ticks(say: Callable[..., Said]) -> None:
    def notes(*words: str) -> str:
        return say("run", "beale", "--no-baseline", *words, "--dry-run")[2]

    said = notes("--opt", "sam@flow:dt=4e-9")  # 20 000 steps of 1e-4
    assert "makes 500,000,000 ticks of dt = 4e-09: 50 seconds to 50 minutes" in said
    assert "for each of 10,201 starts" in notes("--opt", "sam@flow:dt=1e-7", "--x0", "grid:101")
    assert "fewer --steps" in notes("--opt", "sam", "--steps", "1000000000")
    for quick in ("sam@flow", "sam", "gd@flow:dt=4e-9,scheme=dopri5"):  # whose ticks are no work
        assert notes("--opt", quick) == ""


def test_what_expectations_are_taken_over_is_said_once_and_kept_in_every_file(
    say: Callable[..., Said],
) -> None:
    arguments = ("run", "double_well", "--opt", "sam@sde2:sigma=0.5..1/2,nodes=3", "-n", "3", "--no-plot")
    code, _, err = say(*arguments, "-o", "a.json", "-o", "a.npz", "-o", "a.toml")
    assert code == 0
    said = "averages over 3 rings of 7 nodes; at the start they miss the drift by"
    assert err.count(said) == err.count(f"nodes=3 σ=0.5 … 1 {said}") == 1
    kept = json.loads(Path("a.json").read_text())
    (law,) = kept["spec"]["laws"].values()
    assert law["rule"] == "3 rings of 7 nodes"
    assert kept["laws"] == kept["spec"]["laws"] == RunSpec.from_toml(Path("a.toml").read_text()).laws
    assert say("rerun", "a.json", "--check")[0] == 0
    _, out, _ = say(*arguments, "--dry-run")
    assert 'rule = "3 rings of 7 nodes"' in out
    code, _, err = say("run", "beale", "--opt", "sam@sde2:batch=1", "-n", "2", "--no-plot", "-o", "b.json")
    assert "averages" not in err  # exact
    assert [*json.loads(Path("b.json").read_text())["laws"].values()] == [{"rule": "3 batches, exact"}]


def test_notes_of_several_methods_name_them_as_the_table_does(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    several = [f"sam@sde2:sigma=0.1{more}" for more in (",nodes=2", ",nodes=3", ",dt=3e-3")]
    _, out, err = say("run", "saddle", *[p for m in several for p in ("--opt", m)], "-n", "3", "--no-plot")
    noted = [
        line.removeprefix("note: ").partition(" averages")[0]
        for line in err.splitlines()
        if "averages" in line
    ]
    assert len(set(noted)) == 3
    for name in noted:
        assert f"\n  {name}  " in out
    assert noted[2].endswith("nodes=default")
