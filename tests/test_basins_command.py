"""``landscape basins``: table, figure, JSON and data, interrupted and gone on with, done again."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

import saddlescape as ss
from saddlescape.errors import UsageError
from saddlescape.specs.basins import BasinsSpec

Said = tuple[int, str, str]
QUICK = [
    "basins",
    "himmelblau",
    "--opt",
    "gd:eta=0.01",
    "--opt",
    "gd:eta=0.016",
    "--resolution",
    "10x8",
    "-n",
    "150",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """A folder with all that one command writes, and what it said."""
    from saddlescape.cli import invoke

    folder = tmp_path_factory.mktemp("basins")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        files = [part for name in ("a.png", "a.json", "a.npz", "a.toml") for part in ("-o", name)]
        assert invoke([*QUICK, "-qq", *files]) == 0
    return folder, (0, "", "")


def test_the_table_says_shares_intervals_and_what_decided(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    code, out, err = say(*QUICK, "--no-plot")
    assert code == 0
    assert "95 % interval" in out
    assert re.search(r"cycling 0\.(54|64) from minimum \(-3\.779, -3\.283\)  ", out)
    assert out.count("in the basin of minimum (3, 2)") == 2  # once for each method, arrived or not
    assert " arrived, " in out
    assert "decided in a bowl" in out
    found = re.search(
        r"([\d.]+)% \(([\d.]+)% to ([\d.]+)%\) of all starts end differently; of ([\d.]+)% one end is not known",
        out,
    )
    # of all 80 pixels, also those of which an end is not known
    L = ss.landscape("himmelblau")
    first, second = (ss.basins(L, f"gd:eta={eta}", resolution=(10, 8), steps=150) for eta in (0.01, 0.016))
    apart = ss.disagreement(first, second)
    low, high = binomtest(int(apart.differ.sum()), 80).proportion_ci(0.95, method="wilson")
    wanted = [100 * a for a in (apart.differ.sum() / 80, low, high, apart.unknown.sum() / 80)]
    assert found is not None
    assert [float(a) for a in found.groups()] == pytest.approx(wanted, abs=0.006)
    assert "landscape critical himmelblau --opt gd:eta=0.01 --opt gd:eta=0.016" in err


def test_json_is_of_its_schema(made: tuple[Path, Said]) -> None:
    data = json.loads((made[0] / "a.json").read_text())
    assert data["schema"] == "landscape.basins/1"
    assert set(data) >= {"runs", "disagreement", "critical_points", "spec"}
    for run, method in zip(data["runs"], ("gd:eta=0.01", "gd:eta=0.016"), strict=True):
        assert run["method"] == method
        assert run["resolution"] == [10, 8]
        assert run["steps"] == 600  # 150 and twice twice as many for what is unresolved
        assert sum(run["fractions"].values()) == pytest.approx(1.0)
        assert set(run["intervals"]) == set(run["fractions"])
        assert all(low <= run["fractions"][key] <= high for key, (low, high) in run["intervals"].items())
        assert sum(run["decided"].values()) == 80
    assert 0.0 <= data["disagreement"] <= 1.0
    assert [p["id"] for p in data["critical_points"]] == list(range(9))


def test_data_are_one_file_per_method_and_as_the_library_makes_them(made: tuple[Path, Said]) -> None:
    names = sorted(path.name for path in made[0].glob("*.npz"))
    assert names == ["a-gd-eta=0.01.npz", "a-gd-eta=0.016.npz"]
    kept = ss.load(made[0] / names[1])
    again = ss.basins(ss.landscape("himmelblau"), "gd:eta=0.016", resolution=(10, 8), steps=150, more=2)
    assert isinstance(kept, ss.Basins)
    for name in ("status", "rule", "when"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(again, name))
    np.testing.assert_array_equal(np.ma.filled(kept.fate, -1), np.ma.filled(again.fate, -1))


@pytest.mark.parametrize("name", ["a.png", "a.json", "a-gd-eta=0.016.npz"])
def test_every_file_can_be_made_again_and_checked(
    say: Callable[..., Said], made: tuple[Path, Said], name: str
) -> None:
    code, out, _ = say("rerun", str(made[0] / name), "--check")
    assert (code, out) == (0, f"same: {made[0] / name} is what this version makes\n")


def test_a_file_that_was_changed_differs(
    say: Callable[..., Said], made: tuple[Path, Said], tmp_path: Path
) -> None:
    data = json.loads((made[0] / "a.json").read_text())
    data["runs"][0]["decided"]["bowl"] += 1
    (tmp_path / "b.json").write_text(json.dumps(data))
    code, out, _ = say("rerun", "b.json", "--check")
    assert code == 3
    assert out.startswith("differs: runs[0].decided.bowl")


def test_what_is_asked_can_be_written_and_read(say: Callable[..., Said], made: tuple[Path, Said]) -> None:
    code, out, _ = say(*QUICK, "--dry-run")
    assert code == 0
    assert (made[0] / "a.toml").read_text() == out
    spec = BasinsSpec.from_toml(out)
    assert BasinsSpec.from_json(spec.to_json()) == spec
    assert (spec.pixels, spec.more, spec.early) == ((10, 8), 2, True)
    Path("c.toml").write_text(out)
    code, again, _ = say("basins", "--config", "c.toml", "--resolution", "6", "--no-continue", "--dry-run")
    assert code == 0
    changed = BasinsSpec.from_toml(again)
    assert (changed.resolution, changed.more, changed.methods) == ("6", 0, spec.methods)


def test_a_plane_of_a_typed_formula(say: Callable[..., Said]) -> None:
    asked = [
        "basins",
        "(x^2-1)^2 + y^2 + z^2",
        "--opt",
        "gd:eta=0.02",
        "--plane",
        "x,z",
        "--origin",
        "0,0.5,0",
    ]
    code, out, _ = say(
        *asked, "--resolution", "6x4", "-n", "300", "--view", "-2:2,-1:1", "--json", "-o", "a.png"
    )
    assert code == 0
    (run,) = json.loads(out)["runs"]
    assert (run["plane"], run["resolution"], run["origin"]) == ([0, 2], [6, 4], [0.0, 0.5, 0.0])
    assert sum(share for word, share in run["fractions"].items() if word[:4] in ("conv", "deci")) == 1.0
    assert say("rerun", "a.png", "--check")[0] == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--resolution", "2.5"], "resolution is written 256 or 640x360"),
        (["--resolution", "0"], "resolution is written 256 or 640x360"),
        (["--resolution", "200000"], "GB, more than the 4 GB allowed"),
        (["--view", "1:1,0:2"], "an interval of view runs from the smaller to the larger number"),
        (["--runs", "5"], "nothing here is random"),
        (["--more", "1", "--no-continue"], "--no-continue is --more 0"),
        (["--plane", "x,q"], "two different coordinates of x, y"),
        (["--time", "1e-9"], "less than half a tick"),
    ],
)
def test_what_makes_no_picture_is_said(say: Callable[..., Said], options: list[str], said: str) -> None:
    code, out, err = say("basins", "himmelblau", *options)
    assert (code, out) == (2, "")
    assert said in err.replace("\n", " ")


def test_resolutions_are_read_in_their_ways() -> None:
    for given, meant in ((64, (64, 64)), ("64", (64, 64)), ("64X32", (64, 32)), ("64×64", (64, 64))):
        assert BasinsSpec(landscape="beale", resolution=given).pixels == meant  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="resolution"):
        BasinsSpec(landscape="beale", resolution="1x2x3")


LONG = [
    "basins",
    "beale",
    "--opt",
    "gd",
    "--opt",
    "sam",
    "--resolution",
    "100",
    "-n",
    "100000",
    "--no-continue",
]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to another process on Windows")
def test_ctrl_c_keeps_blocks_and_the_same_command_goes_on(tmp_path: Path, say: Callable[..., Said]) -> None:
    """A real process and a real signal, later and later until something has been finished by then."""
    files = ["--no-early", "-j", "1", "--no-plot", "-o", "a.npz"]
    command = [sys.executable, "-m", "saddlescape", *LONG, *files]
    rest, wait, err = tmp_path / "a.npz.part", 1.0, ""
    for _ in range(40):
        if rest.exists():
            break
        child = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        time.sleep(wait)
        child.send_signal(signal.SIGINT)
        err = child.communicate(timeout=60)[1]
        if child.returncode == 0:  # it was through by then
            wait *= 0.7
            continue
        assert child.returncode in (130, -signal.SIGINT), err  # the second while Python itself starts or ends
        wait *= 1.25
    assert "the same command goes on from there (--afresh starts afresh)" in err.replace("\n", " ")
    assert len(list(rest.iterdir())) > 1
    code, _, err = say(*LONG, *files)
    assert code == 0
    assert "going on from a.npz.part" in err
    assert not rest.exists()
    assert say(*LONG, "--no-early", "--no-plot", "-o", "b.npz")[0] == 0
    for method in ("gd", "sam"):
        one, two = (_maps(tmp_path / f"{name}-{method}.npz") for name in "ab")
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(a, b)


def _maps(path: Path) -> list[Any]:
    found = ss.load(path)
    assert isinstance(found, ss.Basins)
    return [found.status, found.rule, found.when, np.ma.filled(found.fate, -1), np.ma.filled(found.point, -1)]


@pytest.mark.slow
def test_a_damaged_rest_only_costs_its_time_again(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    from saddlescape.commands.console import Console

    class Stopper:
        def __call__(self, done: int, total: int) -> None:
            if done > 0.2 * total:
                raise KeyboardInterrupt

        def clear(self) -> None:
            pass

    asked = [
        "basins",
        "himmelblau",
        "--opt",
        "gd@flow",
        "--resolution",
        "64",
        "-n",
        "1000",
        "-j",
        "1",
        "--no-plot",
    ]
    with monkeypatch.context() as patch:
        patch.setattr(Console, "bar", lambda self, label: Stopper())
        code, _, err = say(*asked, "-o", "a.json")
    assert code == 130, err
    (rest,) = Path("a.json.part").glob("0.rest")
    data = bytearray(rest.read_bytes())
    data[len(data) // 2] ^= 0xFF
    rest.write_bytes(bytes(data))
    assert say(*asked, "-o", "a.json")[0] == 0
    whole = Path("a.json").read_text()
    assert say(*asked, "-o", "b.json")[0] == 0
    assert Path("b.json").read_text() == whole


#: four basins, parted by the axes
CROSS = ["basins", "double_well_2", "--opt", "gd:eta=0.05", "-n", "50", "--no-plot", "--no-continue"]


def entropy(*shares: float) -> float:
    return float(-sum(p * np.log(p) for p in shares))


def test_borders_are_told_when_asked(say: Callable[..., Said]) -> None:
    """The axes cut the fourth of six rows and columns of boxes of 5 × 5 pixels after one pixel of five."""
    code, out, _ = say(*CROSS, "--resolution", "32", "--borders", "--json")
    (run,) = json.loads(out)["runs"]
    assert code == 0
    found, exponent = run["borders"]["entropy"], run["borders"]["exponent"]
    two, four = entropy(0.2, 0.8), entropy(0.04, 0.16, 0.16, 0.64)
    assert (found["box"], found["boxes"], found["mixed"], found["ends"]) == (5, 36, 11, 4)
    assert found["entropy"] == pytest.approx((10 * two + four) / 36)
    assert found["boundary"] == pytest.approx((10 * two + four) / 11)
    each = np.array(25 * [0.0] + 10 * [two] + [four])
    assert found["entropy_se"] == pytest.approx(each.std(ddof=1) / 6)
    assert found["se"] == pytest.approx(each[25:].std(ddof=1) / np.sqrt(11))
    # the cross is not quite two lines: where they meet pixels are uncertain along both axes
    again = ss.uncertainty_exponent(
        ss.basins(ss.landscape("double_well_2"), "gd:eta=0.05", resolution=32, steps=50)
    )
    assert exponent["alpha"] == again.alpha == pytest.approx(1.0, abs=1e-9)
    assert exponent["boundary_dimension"] == pytest.approx(1.0, abs=1e-9)
    assert run["borders"]["notes"] == []
    _, out, _ = say(*CROSS, "--resolution", "32", "--borders")
    assert out.splitlines()[-1].split()[:5] == [
        "gd",
        f"{found['entropy']:.3f}",
        "±",
        f"{found['entropy_se']:.3f}",
        f"{found['boundary']:.3f}",
    ]
    _, out, _ = say(*CROSS, "--resolution", "32", "--json")
    assert "borders" not in json.loads(out)["runs"][0]


def test_borders_that_a_small_map_does_not_tell_are_said(say: Callable[..., Said]) -> None:
    code, out, _ = say(*CROSS, "--resolution", "4", "--borders")
    assert code == 0
    assert "gd: an entropy is of boxes of 5 × 5 pixels" in out
    assert "an exponent needs three" in " ".join(out.split())


def test_refined_maps_are_whole_ones_and_are_done_again(say: Callable[..., Said]) -> None:
    code, out, _ = say(
        *CROSS[:-2], "--resolution", "8", "--refine", "2", "-o", "a.npz", "-o", "a.png", "-o", "a.json"
    )
    assert code == 0
    # two pixels wide, the axes: 28 of 8 × 8 in four each, then 60 of 16 × 16
    assert "refined along borders to 32 × 32 pixels by 352 runs (34.4% of the pixels)" in out
    whole = ss.basins(ss.landscape("double_well_2"), "gd:eta=0.05", resolution=32, steps=50)
    found: Any = ss.load("a.npz")
    np.testing.assert_array_equal(np.ma.filled(found.fate, -1), np.ma.filled(whole.fate, -1))
    for name in ("a.npz", "a.png", "a.json"):
        assert say("rerun", name, "--check")[0] == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--refine", "0"], "refine must be at least 1"),
        (["--refine", "9"], "GB, more than the 4 GB allowed"),
        (["--refine", "1", "--runs", "3", "--sigma", "1"], "of which --refine finds no edge"),
    ],
)
def test_what_is_not_refined_is_said(say: Callable[..., Said], options: list[str], said: str) -> None:
    code, out, err = say("basins", "himmelblau", "--opt", "gd", *options)
    assert (code, out) == (2, "")
    assert said in err.replace("\n", " ")


def test_ctrl_c_while_refining_keeps_the_maps(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    from saddlescape.analysis import basins as numerics
    from saddlescape.analysis import refine as refining

    asked = [*CROSS, "--resolution", "8", "--refine", "1", "-o", "a.npz"]

    def stop(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(refining, "refine", stop)
        code, _, err = say(*asked)
    assert code == 130
    assert "what is done is kept in a.npz.part" in err
    with monkeypatch.context() as patch:
        patch.setattr(numerics, "basins", stop)
        code, _, err = say(*asked)
    assert code == 0
    assert "going on from a.npz.part" in err
    assert Path("a.npz").is_file()
    assert not Path("a.npz.part").exists()
