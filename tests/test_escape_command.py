"""``landscape escape``: table, JSON, files that make themselves again, interruptions; and what its figures draw."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from scipy.stats import binomtest

import saddlescape as ss
from saddlescape import plots
from saddlescape.answers.escape import Escape
from saddlescape.errors import Interrupted, UsageError
from saddlescape.plots.escaping import colours, swept
from saddlescape.specs.escape import EscapeSpec

Say = Callable[..., tuple[int, str, str]]
SMALL = ("--opt", "gd:sigma=2|4|8,eta=0.02", "--runs", "30", "--steps", "60")


@pytest.fixture(scope="module")
def sweep() -> list[Escape]:
    L = ss.landscape("saddle")
    return [ss.escape(L, f"gd:sigma={s},eta=0.02", runs=30, steps=60) for s in (2, 4, 8)]


def test_a_sweep_is_told_in_a_table_and_drawn(say: Say) -> None:
    code, out, err = say("escape", "saddle", *SMALL)
    assert code == 0
    assert "around saddle (0, 0): 30 runs, time 1.2" in out
    assert out.count("gd σ=") == 3
    assert "wrote  saddle-gd-escape.png" in err
    assert Path("saddle-gd-escape.png").stat().st_size > 10_000


def test_the_table_has_every_number_with_its_interval_in_brackets(say: Say) -> None:
    _, out, _ = say("escape", "saddle", *SMALL, "--radius", "2", "--no-plot")
    L, asked = ss.landscape("saddle"), {"radius": 2.0, "runs": 30, "steps": 60}
    row = out.splitlines()[-2]
    assert row.startswith("  gd σ=8  ")
    exits = np.sort(ss.escape(L, "gd:sigma=8,eta=0.02", **asked).exits)
    left = int(np.isfinite(exits).sum())
    low, high = (100 * a for a in binomtest(left, 30).proportion_ci(0.95, method="wilson"))
    assert f"  {left / 0.3:.1f} % ({low:.1f}–{high:.1f})  " in row
    assert f"  {exits[14]:.4g} (" in row  # after the fifteenth of thirty exits half have left
    assert "  not reached  " in out  # with little noise


def test_json_has_the_agreed_schema(say: Say) -> None:
    code, out, _ = say("escape", "saddle", *SMALL, "--json", "--no-plot", "--from", "0", "--radius", "0.9")
    data = json.loads(out)
    assert code == 0
    assert data["schema"] == "landscape.escape/1"
    assert [run["from"] for run in data["runs"]] == [0, 0, 0]
    e = ss.escape(ss.landscape("saddle"), "gd:sigma=8,eta=0.02", radius=0.9, runs=30, steps=60)
    last = data["runs"][2]
    assert (last["escaped"], last["interval"], last["median_steps"]) == (
        e.escaped,
        list(e.interval),
        e.median_steps[0],
    )
    assert last["runs"] == 30
    assert data["critical_points"][0]["kind"] == "saddle"


def test_its_files_make_themselves_again(say: Say) -> None:
    code, *_ = say("escape", "saddle", *SMALL, "-o", "e.png", "-o", "e.json", "-o", "e.npz", "-o", "e.toml")
    assert code == 0
    for name in ("e.png", "e.json", "e-gd-sigma=4.npz"):
        assert say("rerun", name, "--check")[:2] == (0, f"same: {name} is what this version makes\n")
    assert isinstance(ss.load("e-gd-sigma=4.npz"), Escape)
    code, dry, _ = say("escape", "--config", "e.toml", "--runs", "20", "--dry-run")
    assert code == 0
    assert EscapeSpec.from_toml(dry).runs == 20
    assert EscapeSpec.from_toml(Path("e.toml").read_text()).radius == EscapeSpec.from_toml(dry).radius


def test_what_does_not_move_by_itself_is_spread_and_that_is_said(say: Say) -> None:
    code, _, err = say(
        "escape", "saddle", "--opt", "gd", "--opt", "sgd", "--runs", "5", "-n", "9", "--no-plot"
    )
    assert code == 0
    assert "starts are spread over a ball of radius 0.112" in err
    code, _, err = say("escape", "saddle", "--opt", "gd", "--spread", "0", "--no-plot")
    assert code == 2
    assert "gd:eta=0.01 is not random" in err


def test_ctrl_c_keeps_finished_methods(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    from saddlescape.analysis import escape as module

    real, calls = module.first_exits, []

    def second(plan: Any, *given: Any, **more: Any) -> Any:
        calls.append(plan.method.text)
        if len(calls) == 2:
            from saddlescape.dynamics.plan import empty

            raise Interrupted(empty(plan))
        return real(plan, *given, **more)

    monkeypatch.setattr(module, "first_exits", second)
    code, _, err = say("escape", "saddle", *SMALL, "--no-plot")
    assert code == 130
    assert "what is done is kept" in err
    code, out, err = say("escape", "saddle", *SMALL, "--no-plot")
    assert code == 0
    assert "going on from" in err
    assert len(calls) == 4  # the first is not run again
    assert out.count("gd σ=") == 3
    assert not list(Path().glob("*.part"))


def test_what_was_kept_and_is_damaged_is_kept_anew(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    from saddlescape.analysis import escape as module

    real, calls = module.first_exits, []

    def third(plan: Any, *given: Any, **more: Any) -> Any:
        calls.append(plan.method.text)
        if len(calls) in (2, 4):
            from saddlescape.dynamics.plan import empty

            raise Interrupted(empty(plan))
        return real(plan, *given, **more)

    monkeypatch.setattr(module, "first_exits", third)
    assert say("escape", "saddle", *SMALL, "--no-plot")[0] == 130
    (first,) = Path().glob("*.part/0.npz")
    first.write_bytes(first.read_bytes()[:100])
    assert (
        say("escape", "saddle", *SMALL, "--no-plot")[0] == 130
    )  # the first again, then Ctrl-C in the second
    assert say("escape", "saddle", *SMALL, "--no-plot")[0] == 0
    assert len(calls) == 6  # the first was found whole


@pytest.mark.parametrize(
    ("more", "match"),
    [
        (("--from", "3"), "no critical point 3"),
        (("--x0", "0,0;0.1,0"), "the one start"),
        (("--radius", "0"), "radius must be above 0"),
        (("--spread", "-1"), "spread must be above 0"),
        (("--x0", "2,2", "--radius", "1"), "not inside the ball"),
    ],
)
def test_wrong_options_are_refused_in_words(say: Say, more: tuple[str, ...], match: str) -> None:
    code, _, err = say("escape", "saddle", *SMALL, "--no-plot", *more)
    assert code == 2
    assert match in " ".join(err.split())


def test_a_landscape_of_curves_alone_has_no_ball_and_says_so(say: Say) -> None:
    code, _, err = say("escape", "log_cosh", "--opt", "gd:sigma=0.1", "--no-plot")
    assert code == 2
    assert "no isolated critical point" in err
    assert "0 is a " in err


def test_more_runs_than_memory_holds_are_refused_before_they_start(say: Say) -> None:
    code, _, err = say("escape", "saddle", "--opt", "sgd", "--runs", "1000000000", "--no-plot")
    assert code == 2
    assert "GB of memory" in err


def test_a_damaged_archive_is_named_once(say: Say) -> None:
    assert say("escape", "saddle", "--opt", "sgd", "--steps", "20", "-o", "a.npz", "--no-plot")[0] == 0
    Path("a.npz").write_bytes(Path("a.npz").read_bytes()[:300])
    code, _, err = say("rerun", "a.npz")
    assert code == 2
    assert err.count("cannot be read") == 1


def test_junk_that_is_called_an_archive_is_said_to_be_none(say: Say) -> None:
    Path("c.npz").write_bytes(b"junk")
    code, _, err = say("rerun", "--check", "c.npz")
    assert code == 2
    assert err == "error: c.npz cannot be read: it is no file of saddlescape, or damaged\n"


def test_one_run_is_one_run(say: Say) -> None:
    _, out, _ = say("escape", "saddle", "--opt", "sgd", "--runs", "1", "--steps", "20", "--no-plot")
    assert " 1 run," in out


# ---- pictures ------------------------------------------------------------------------------------------------------


def test_curves_bands_and_medians_are_those_of_the_answers(sweep: list[Escape]) -> None:
    drawn = plots.escape(sweep)
    assert len(drawn.lines) == len(drawn.bands) == 3
    for each, line in zip(sweep, drawn.lines, strict=True):
        x, y = (np.asarray(part) for part in line.get_data())
        np.testing.assert_array_equal(x[:-1], each.curve.ticks)
        np.testing.assert_array_equal(y[:-1], each.curve.share)
        assert x[-1] == 60
    seen = [m.get_xdata()[0] for m in drawn.medians]
    assert seen == [m for each in sweep if (m := each.median_steps[0]) is not None]
    assert drawn.axes.get_xlabel() == "steps"
    assert plots.escape(sweep[0], unit="time").axes.get_xlabel() == "time"


def test_shares_against_what_is_swept(sweep: list[Escape]) -> None:
    assert swept(sweep) == "sigma"
    assert swept(sweep[:2]) is None
    drawn = plots.escape_against(sweep, of="escaped")
    assert drawn.places[0].tolist() == [2.0, 4.0, 8.0]
    assert [p.get_ydata()[0] for p in drawn.points] == [each.escaped for each in sweep]
    with pytest.raises(UsageError, match="name it"):
        plots.escape_against(sweep[:2])
    with pytest.raises(UsageError, match="do not differ in rho"):
        plots.escape_against(sweep, "rho")


def test_a_line_between_swept_points_has_no_methods_colour() -> None:
    L = ss.landscape("saddle")
    found = [
        ss.escape(L, m, runs=30, steps=20) for m in ("sgd", "sam:batch=1,rho=0.5", "sam:batch=2,rho=0.5")
    ]
    drawn, hues = plots.escape_against(found, "batch"), colours(found)
    assert len({to_rgb(hue) for hue in hues}) == 3
    for line in drawn.lines:
        assert to_rgb(line.get_color()) not in {to_rgb(hue) for hue in hues}
        assert line.get_linewidth() < drawn.points[0].get_markersize() / 4
    # bars and points are of the method's colour, in the order of groups
    assert [to_rgb(p.get_color()) for p in drawn.points] == [to_rgb(hue) for hue in hues]
    for bar, hue in zip(drawn.bars, hues, strict=True):
        assert to_rgb(bar.lines[2][0].get_color()[0]) == to_rgb(hue)


def test_the_page_says_what_was_found(sweep: list[Escape]) -> None:
    figure = plots.escape_figure(sweep)
    words = " ".join(text.get_text() for text in figure.texts)
    low, high = sweep[2].interval
    assert f"{sweep[2].escaped:.1%} left ({low:.1%} to {high:.1%})" in words
    assert "escape from the saddle (0, 0)" in words
    assert "Kaplan–Meier" in words
    assert len(figure.axes) == 2
    assert len(plots.escape_figure(sweep[0]).axes) == 1


@pytest.mark.parametrize("style", ["paper", "slides"])
def test_nothing_is_written_beyond_the_page(sweep: list[Escape], style: str) -> None:
    figure = plots.escape_figure(sweep, style=style, labels=["a rather long name of a method, ρ = 0.123"] * 3)
    canvas: Any = figure.canvas
    right = figure.get_size_inches()[0] * figure.dpi
    for text in figure.texts:
        assert text.get_window_extent(canvas.get_renderer()).x1 <= right, text.get_text()
