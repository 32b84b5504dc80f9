"""``landscape critical``, phase diagrams and their pictures: what is printed, written, drawn and made again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text

import saddlescape as ss
from saddlescape import plots
from saddlescape.answers.stability import Stability
from saddlescape.plots import circle, style
from saddlescape.specs.critical import CriticalSpec

Said = tuple[int, str, str]
SADDLE = ss.landscape("saddle")


def test_tables_say_for_which_numbers_a_point_attracts(
    say: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    code, out, err = say("critical", "beale", "--opt", "usam:rho=0.1", "--opt", "gd:eta=0.01")
    assert code == 0
    assert "0.03604…25.94" in out  # 1/27.75 and 2/(eta·27.75²) − 1/27.75 … the smaller of both eigenvalues'
    assert "attracts for rho" in out
    assert "< 0.04083" in out  # 2/48.98
    assert "--threshold eta" in err
    assert list(tmp_path.iterdir()) == []  # nothing is written that was not asked for


@pytest.mark.parametrize(
    ("opts", "key"),
    [
        (["gd"], "eta"),
        (["gd@flow"], None),  # it attracts for every eta or for none
        (["gd@flow", "usam@flow"], None),
        (["usam@flow"], "rho"),
        (["usam:rho=0.1|0.2"], "eta"),  # rho is swept
        (["usam:rho=0.1|0.2,eta=0.001|0.002"], None),
        pytest.param(
            ["gd:sigma=0.1", "usam:rho=0.1"], "eta", marks=pytest.mark.slow
        ),  # runs under noise compile
        pytest.param(["gd@sde2:sigma=0.1"], None, marks=pytest.mark.slow),
        (["gd:beta=0.9", "gd@flow"], None),
    ],
)
def test_what_comes_next_can_be_typed(say: Callable[..., Said], opts: list[str], key: str | None) -> None:
    """On a double well, where a gradient descent's step has its threshold at 2/λmax = 1."""
    asked = ["critical", "(x^2-1)^2/4+y^2/2", *(part for opt in opts for part in ("--opt", opt))]
    code, _, err = say(*asked)
    assert code == 0
    (command,) = [line.removeprefix("next") for line in err.splitlines() if line.startswith("next")] or [""]
    assert ("--threshold" in command) == (key is not None)
    if key:
        typed = shlex.split(command)
        assert typed[-2:] == ["--threshold", key]
        code, out, err = say(*typed[1:])
        assert code == 0, err
        assert f"{key} = " in " ".join(out.split())


def test_the_step_that_is_too_long_is_in_table_and_JSON(say: Callable[..., Said]) -> None:
    """λmax = 2 at the minima: RK4 leaves its interval at dt = 2.785/2; both are told in one line."""
    asked = ["critical", "(x^2-1)^2/4+y^2/2", "--opt", "gd@flow:eta=1,dt=1.5"]
    said = "dt = 1.5 is too long here: a step of rk4 grows where the equation falls, and runs leave"
    code, out, _ = say(*asked)
    assert code == 0
    assert f"0, 1: {said}" in " ".join(out.split())
    assert "eigenvalues of the flow" in " ".join(out.split())
    points = json.loads(say(*asked, "--json")[1])["methods"][0]["points"]
    assert [p["verdict"] for p in points] == ["attracts", "attracts", "repels"]
    assert [p.get("step", "") for p in points] == [said, said, ""]
    assert points[0]["eigenvalues"] == pytest.approx([-1, -2], rel=1e-9)
    assert (
        "step"
        not in json.loads(say(*asked[:-1], "gd@flow:eta=1,dt=1.3", "--json")[1])["methods"][0]["points"][0]
    )


def test_without_a_method_the_points_alone(say: Callable[..., Said]) -> None:
    code, out, err = say("critical", "beale")
    assert code == 0
    assert "none is missing" in out
    assert "attracts" not in out
    assert "landscape critical beale --opt sam" in err
    assert json.loads(say("critical", "beale", "--json")[1])["methods"] == []


def test_files_make_themselves_again(say: Callable[..., Said], tmp_path: Path) -> None:
    files = [part for end in ("png", "npz", "json", "toml") for part in ("-o", f"a.{end}")]
    code, _, err = say("critical", "saddle", "--opt", "usam:rho=0.6", "--opt", "sam", *files)
    assert code == 0, err
    assert {p.name for p in tmp_path.iterdir()} == {"a.png", "a-usam.npz", "a-sam.npz", "a.json", "a.toml"}
    for name in ("a.png", "a-sam.npz", "a.json"):
        assert say("rerun", name, "--check")[:2] == (0, f"same: {name} is what this version makes\n")
    kept = ss.load(tmp_path / "a-sam.npz")
    assert isinstance(kept, Stability)
    assert kept.at(0).cycle is not None
    assert CriticalSpec.from_toml((tmp_path / "a.toml").read_text()).methods[0].startswith("usam")
    code, out, _ = say("critical", "--config", "a.toml", "--json")
    assert [m["method"] for m in json.loads(out)["methods"]] == [
        "usam:eta=0.01,rho=0.6",
        "sam:eta=0.01,rho=0.5",
    ]


def test_thresholds_by_formula_and_bisection_in_one_line(say: Callable[..., Said]) -> None:
    code, out, _ = say("critical", "saddle", "--opt", "usam", "--threshold", "rho")
    assert code == 0
    assert "by formula 0.5 " in " ".join(out.split())
    found = json.loads(say("critical", "saddle", "--opt", "usam", "--threshold", "rho=1..100", "--json")[1])
    (threshold,) = found["methods"][0]["thresholds"]
    assert threshold["exact"] == pytest.approx(49.5)
    assert threshold["value"] == pytest.approx(49.5, rel=1e-5)


def test_a_diagram_is_drawn_where_it_is_asked_for(say: Callable[..., Said], tmp_path: Path) -> None:
    asked = ["critical", "saddle", "--opt", "usam", "--diagram", "rho=0.1..3/9,eta=0.1..1/7"]
    code, out, _ = say(*asked)
    assert code == 0
    assert "9 × 7 values of rho and eta" in out
    assert [p.name for p in tmp_path.iterdir()] == ["saddle-usam-diagram.png"]
    assert say("rerun", "saddle-usam-diagram.png", "--check")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["critical", "beale", "--rho", "1"], "add --opt"),
        (["critical", "beale", "--threshold", "rho"], "add --opt"),
        (["critical", "beale", "--opt", "sam", "--point", "2"], "--threshold rho"),
        (["critical", "beale", "--opt", "sam", "--threshold", "rho=1-2"], "rho=0.01..1"),
        (["critical", "beale", "--opt", "gd", "--threshold", "rho"], "unknown number of gd"),
        (["critical", "beale", "--opt", "sam", "--threshold", "rho"], "between"),
        (["critical", "beale", "--opt", "sam", "--diagram", "rho=0.1..1/5"], "has two axes"),
        (
            ["critical", "beale", "--opt", "sam", "--diagram", "rho=0.1..1/5,rho=0..1/5"],
            "two different numbers",
        ),
        (["critical", "beale", "--opt", "gd", "--diagram", "rho=0.1..1/5,eta=0.1..1/5"], "gd"),
        (["critical", "beale", "--opt", "sam", "--diagram", "rho=1|0.5,eta=0.1..1/5"], "rise"),
        (["critical", "beale", "--opt", "sam", "--diagram", "rho=0..1/900,eta=0.1..1/900"], "at most 90,000"),
        (["critical", "saddle", "--opt", "usam:rho=1|2", "--threshold", "rho"], "swept by --opt as well"),
        (
            ["critical", "saddle", "--opt", "usam:rho=1|2", "--diagram", "rho=1..2/3,eta=0.1..1/3"],
            "swept by --opt as well",
        ),
        (["critical", "beale", "-o", "a.npz"], "add --opt sam"),
        (["critical"], "which landscape?"),
    ],
)
def test_mistakes_are_said(say: Callable[..., Said], arguments: list[str], said: str) -> None:
    code, _, err = say(*arguments)
    assert code == 2
    assert said in " ".join(err.split())


# ---- diagrams ----------------------------------------------------------------------------------------------------------
def test_cells_of_usam_lie_on_the_side_of_the_lines_where_the_formula_puts_them() -> None:
    """0 < eta·λ(1 + rho λ) < 2 for λ = ±2; 3000 ticks tell a multiplier of 1 ± 1e-3 from 1."""
    found = ss.phase_diagram(SADDLE, "usam", "rho=0.1..3/30", "eta=0.013..1/29", point=0)
    rho, eta = np.meshgrid(*found.axes)
    largest = np.max([np.abs(1 - eta * c * (1 + rho * c)) for c in (2.0, -2.0)], axis=0)
    clear = np.abs(largest - 1) > 1e-3
    stays = found.places == found.labels.index("stays")
    np.testing.assert_array_equal(stays[clear], (largest < 1)[clear])
    assert clear.mean() > 0.95
    upright, curve = found.lines
    assert upright.label == "ρ = 1/μ"
    np.testing.assert_allclose(upright.x[np.isfinite(upright.x)], 0.5)
    fine = np.isfinite(curve.y)
    np.testing.assert_allclose(curve.y[fine], 2 / (2 * (1 + 2 * curve.x[fine])), rtol=1e-12)


@pytest.mark.slow
def test_momentum_moves_the_edge_of_gradient_descent() -> None:
    found = ss.phase_diagram(ss.landscape("4*x^2"), "gd", "eta=0.05..0.6/12", "beta=0..0.9/10", point=0)
    eta, beta = np.meshgrid(*found.axes)
    slack = 2 * (1 + beta) - 8 * eta
    stays = found.places == found.labels.index("stays")
    np.testing.assert_array_equal(stays[np.abs(slack) > 0.05], (slack > 0)[np.abs(slack) > 0.05])
    assert [line.label for line in found.lines] == ["η λ = 2(1 + β)"]


@pytest.mark.slow
def test_fates_on_a_grid_are_those_of_runs_one_by_one() -> None:
    found = ss.phase_diagram(
        SADDLE, "sam", "rho=0.05..0.15/5", "eta=0.01..0.1/3", of="fate", start=(-3, -0.01), steps=2000
    )
    for (i, j), place in np.ndenumerate(found.places):
        w, H = np.array([-3.0, -0.01]), np.array([2.0, -2.0])
        for _ in range(1500):  # plain SAM
            g = H * w
            w = w - found.axes[1][i] * H * (w + found.axes[0][j] * g / np.sqrt(g @ g))
        assert found.labels[place] == ("saddle (0, 0)" if np.linalg.norm(w) < 1 else "leaves")
    (line,) = found.lines
    np.testing.assert_allclose(line.x, 0.0964, atol=5e-5)  # as printed


def test_a_diagram_without_a_point_is_of_the_only_one_or_asks_which() -> None:
    axes = ("usam", "rho=0.1..3/5", "eta=0.1..1/4")
    alone, named = ss.phase_diagram(SADDLE, *axes), ss.phase_diagram(SADDLE, *axes, point=0)
    assert alone.point == 0
    np.testing.assert_array_equal(alone.places, named.places)
    with pytest.raises(ss.UsageError, match=r"Give point=, one of their ids: 0, 1, 2, 3, 4, 5, 6, 7, 8$"):
        ss.phase_diagram(ss.landscape("himmelblau"), *axes)
    with pytest.raises(ss.UsageError, match="point=9 is no critical point"):
        ss.phase_diagram(ss.landscape("himmelblau"), *axes, point=9)
    with pytest.raises(ss.UsageError, match="has no critical point"):
        ss.phase_diagram(ss.landscape("x + y"), *axes)


def test_a_diagram_is_the_same_after_loading(tmp_path: Path) -> None:
    found = ss.phase_diagram(SADDLE, "usam", "rho=0.1..3/5", "eta=0.1..1/4", point=0)
    back = ss.load(found.save(tmp_path / "a.npz"))
    assert isinstance(back, ss.PhaseDiagram)
    assert back.summary() == found.summary()
    np.testing.assert_array_equal(back.places, found.places)
    assert "5 × 4 values" in back.summary()


# ---- pictures ----------------------------------------------------------------------------------------------------------
def test_multipliers_are_drawn_where_they_are() -> None:
    found = ss.stability(ss.landscape("himmelblau"), "gd:eta=0.016")
    drawn = plots.multipliers(found)
    assert sorted(drawn.points) == list(range(9))
    assert list(drawn.cycles) == [0]
    values = found.at(0).multipliers
    at = np.array([1.0 + np.log10(abs(v)) if abs(v) > 1 else abs(v) for v in values]) * np.sign(values.real)
    np.testing.assert_allclose(drawn.points[0].get_xdata(), at)
    hue = style.end_colours(found.background.points)[0]
    assert drawn.points[0].get_markerfacecolor() == hue
    assert drawn.cycles[0].get_markerfacecolor() == "none"
    assert drawn.cycles[0].get_markeredgecolor() == hue


def test_eigenvalues_of_a_flow_have_a_half_plane() -> None:
    drawn = plots.multipliers(ss.stability(SADDLE, "usam@flow:rho=0.1"))
    (line,) = drawn.points.values()
    x = np.sort(np.asarray(line.get_xdata(), dtype=float))
    assert x[0] == -1.0  # the largest
    assert 0 < x[1] < 1  # and one that grows
    assert drawn.area.get_facecolor()[:3] == to_rgb(circle.STAYS)


def test_where_the_step_jumps_there_is_a_note() -> None:
    found = ss.stability(ss.landscape("beale"), "sam:rho=0.5,eta=1e-4")
    drawn = plots.multipliers(found)
    assert drawn.note is not None
    assert "jumps" in drawn.note.get_text()


def test_the_note_of_a_flow_stands_on_paper_of_its_own() -> None:
    drawn = plots.multipliers(ss.stability(SADDLE, "sam@flow:rho=0.5,eta=0.1,dt=0.01"))
    assert drawn.note is not None
    assert "flow jumps" in drawn.note.get_text()
    box = drawn.note.get_bbox_patch()
    assert box is not None
    assert to_rgb(box.get_facecolor()) == to_rgb(style.paper())
    assert drawn.note.get_zorder() > max(line.get_zorder() for line in drawn.axes.lines)


def test_titles_do_not_reach_the_next_panel() -> None:
    long = "gd@sde2:sigma={},drift=mod,scheme=heun,eta={}"
    found = [ss.stability(SADDLE, long.format(s, e)) for s in (0.1, 0.2) for e in (0.01, 0.0012345)]
    figure = plots.critical_figure(found)
    canvas: Any = figure.canvas
    shown = [ax for ax in figure.axes if ax.axison]
    boxes = []
    for ax in shown:
        (title,) = (each for each in ax.findobj(Text) if each.get_text() == ax.get_title(loc="left") != "")
        boxes.append(title.get_window_extent(canvas.get_renderer()))
    assert any("\n" in ax.get_title(loc="left") for ax in shown)
    for k, box in enumerate(boxes):
        assert box.x1 < figure.bbox.x1
        assert box.y1 < figure.bbox.y1
        for j, other in enumerate(shown):
            assert j == k or not box.overlaps(boxes[j])
            assert j == k or not box.overlaps(other.get_window_extent())


def test_a_diagram_has_a_colour_for_every_label_and_its_lines() -> None:
    found = ss.phase_diagram(SADDLE, "usam", "rho=0.1..3/9", "eta=0.1..1/7", point=0)
    drawn = plots.phase_diagram(found)
    assert drawn.colours["stays"] == style.end_colours(found.background.points)[0]
    assert len(set(drawn.colours.values())) == len(found.labels) == 2
    assert list(drawn.lines) == [line.label for line in found.lines]
    figure = plots.phase_figure([found, found])
    assert len(figure.axes) == 2


@pytest.mark.parametrize(("formula", "panels"), [("x^4 - x^2", 2), ("x^2 - y^2", 2), ("x^2 + y^2 - z^2", 1)])
def test_a_page_in_any_dimension(formula: str, panels: int) -> None:
    found = ss.stability(ss.landscape(formula), "gd:eta=0.01")
    figure = plots.critical_figure(found)
    shown = [ax for ax in figure.axes if ax.axison]
    assert len(shown) == panels
    if len(found.background.view) > 2:  # without a map the points are listed all the same
        legend = figure.axes[0].get_legend()
        assert legend is not None
        assert legend.get_texts()[0].get_text() == "0  saddle (0, 0, 0)"


def test_no_label_stands_in_the_panel_before_it() -> None:
    L = ss.landscape("sharp_flat")  # of a multiplier of −453, whose tick labels are wide
    figure = plots.critical_figure([ss.stability(L, "gd"), ss.stability(L, "usam:rho=0.4")])
    renderer: Any = figure.canvas
    first, second = (ax for ax in figure.axes[1:3])
    own = second.get_tightbbox(renderer.get_renderer())
    assert own is not None
    assert own.x0 > first.get_window_extent().x1


def test_a_diagram_is_of_the_saddle_that_is_seen(say: Callable[..., Said]) -> None:
    """Beale's first saddle by number, (0.10, −2.64), lies below the window."""
    asked = ["critical", "beale", "--opt", "usam", "--diagram", "rho=0.01|0.2,eta=1e-4|1e-3", "-o", "a.json"]
    assert "usam on Beale, saddle (0, 1): 2 × 2 values of rho and eta" in say(*asked)[1]
