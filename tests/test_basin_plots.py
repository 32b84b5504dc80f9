"""Pictures of basins: colours say the critical point, lightness the time; where two methods differ is counted rightly."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from basins_by_hand import background, by_hand, centres
from matplotlib.colors import rgb_to_hsv, to_rgb
from matplotlib.figure import Figure
from scipy.stats import binomtest

import saddlescape as ss
from saddlescape import plots
from saddlescape.answers.basins import Basins
from saddlescape.answers.disagreement import Disagreement
from saddlescape.errors import UsageError
from saddlescape.plots import style
from saddlescape.plots.basins_caption import sentences
from saddlescape.results import CriticalPoint

FIRST = by_hand(
    [
        ["converged:0", "converged:0", "converged:1", "moving"],
        ["converged:0", "decided:0", "left", "diverged"],
    ],
    method="gd:eta=0.01",
)
SECOND = by_hand(
    [["converged:0", "trapped:2", "trapped:2", "trapped:2"], ["cycling:0", "converged:0", "left", "left"]]
)


def test_every_end_has_the_colour_of_its_critical_point_and_its_share() -> None:
    drawn = plots.basins(FIRST)
    hues = style.end_colours(background().points)
    said = {end.text: end for end in drawn.ends}
    assert said["minimum (−1, 0)"].colour == hues[0]
    assert said["minimum (−1, 0)"].share == 0.5  # converged there, or certain to
    assert said["left"].colour == style.ELSEWHERE["left"]
    known = binomtest(4, 8).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(
        (said["minimum (−1, 0)"].low, said["minimum (−1, 0)"].high), (known.low, known.high)
    )
    pixels = drawn.image.get_array()
    np.testing.assert_array_equal(pixels[1, 2], np.round(255 * np.array(to_rgb(style.ELSEWHERE["left"]))))
    assert len(drawn.stripes) == 1  # what diverged
    assert len(plots.basins(SECOND).stripes) == 1  # what cycles


@pytest.mark.parametrize(
    ("rule", "early", "said"),
    [
        (3, True, "time until the end is certain"),  # in a kept ball, and let go there
        (1, True, "time to get there"),  # nothing is decided early: momentum, say
        (3, False, "time to get there"),
    ],
)
def test_what_lightness_is_depends_on_whether_starts_are_let_go(rule: int, early: bool, said: str) -> None:
    when, rules = np.geomspace(0.1, 10, 32)[None], np.full((1, 32), rule, dtype=np.int8)
    result = by_hand(
        [["converged:0"] * 32], when=when, rule=rules, spec={"landscape": "wells", "early": early}
    )
    key = plots.basins(result).legend
    assert key is not None
    assert any(text.get_text().startswith(f"{said}: 0.1") for text in key.get_texts())
    words = [piece for row in sentences([result], None, timed=True) for piece in row]
    assert f"lightness: the {said}." in " ".join(words)
    # in a real map the same, by its own numbers
    L, asked = ss.landscape("himmelblau"), {"resolution": 6, "steps": 400}
    assert ss.basins(L, "gd:eta=0.01", **asked).ahead
    assert not ss.basins(L, "gd:eta=0.01", early=False, **asked).ahead
    assert not ss.basins(L, "gd:eta=0.01,beta=0.5", **asked).ahead


def test_a_pixel_is_darker_the_later_and_keeps_its_hue() -> None:
    when = np.geomspace(0.1, 10, 32)[None]
    result = by_hand([["converged:0"] * 32], when=when)
    drawn = plots.basins(result, times=(0.1, 10.0))
    pixels = np.asarray(drawn.image.get_array(), dtype=float)[0] / 255
    assert (np.diff(pixels.sum(axis=1)) < 0).all()
    hue = rgb_to_hsv(np.array(to_rgb(style.end_colours(background().points)[0])))[0]
    np.testing.assert_allclose(rgb_to_hsv(pixels)[:, 0], hue, atol=0.02)  # rounded to whole steps of 255


def test_pixels_have_their_starts_in_the_middle() -> None:
    drawn = plots.basins(FIRST)
    assert drawn.image.get_extent() == pytest.approx((-2, 2, -1, 1))


def test_a_slice_says_where_the_other_coordinates_are() -> None:
    scene = replace(background(), coordinates=("x", "z"), points=())
    spec = {"coordinates": ["x", "y", "z"]}
    result = by_hand(
        [["left"] * 2] * 2, background=scene, plane=(0, 2), origin=np.array([9, 0.3, 9]), spec=spec
    )
    text = written(plots.basins_figure(result))
    assert "y = 0.3" in text
    assert "f(x,y,z)" in text


def test_several_runs_mix_their_hues_as_light() -> None:
    odds = np.array([[[1.0, 0.5]], [[0.0, 0.5]]])
    result = by_hand([["converged:0", "converged:0"]], runs=10, ends=("converged:0", "trapped:2"), odds=odds)
    drawn = plots.basins(result)
    hues = style.end_colours(background().points)
    one, other = (np.array(to_rgb(hues[k])) for k in (0, 2))
    pixels = np.asarray(drawn.image.get_array(), dtype=float)[0] / 255
    np.testing.assert_allclose(pixels[0], one, atol=1 / 255)
    np.testing.assert_allclose(pixels[1] ** 2.2, (one**2.2 + other**2.2) / 2, atol=0.01)
    assert [round(end.share, 3) for end in drawn.ends] == [0.75, 0.25]
    figure = plots.basins_figure(result)
    assert "mixed by their shares" in written(figure)


def test_several_runs_are_hatched_as_much_as_they_diverge() -> None:
    odds = np.array([[[1.0, 0.5, 0.0]], [[0.0, 0.5, 0.5]], [[0.0, 0.0, 0.5]]])
    words = ("converged:0", "diverged", "cycling:1")
    result = by_hand([["converged:0", "converged:0", "diverged"]], runs=2, ends=words, odds=odds)
    drawn = plots.basins(result)
    cycling, diverged = (np.asarray(each.get_array(), dtype=float)[0, :, 3] for each in drawn.stripes)
    np.testing.assert_array_equal(diverged, [0, 65, 65])  # half of what a pixel has that always diverges
    np.testing.assert_allclose(cycling, [0, 0, 42.5], atol=0.5)
    whole = plots.basins(by_hand([["diverged"]])).stripes[0]
    assert np.asarray(whole.get_array())[0, 0, 3] == 130
    text = written(plots.basins_figure(result))
    assert "hatched: diverged" in text
    assert "stripes and hatching as strong as the share of such runs" in text
    calm = by_hand([["left"]], runs=2, ends=("left",), odds=np.ones((1, 1, 1)))
    assert not plots.basins(calm).stripes
    assert "mixed by their shares. In brackets" in written(plots.basins_figure(calm))


def written(figure: Figure) -> str:
    return " ".join(t.get_text() for t in figure.texts).replace("\u00a0", " ")


def test_the_page_says_what_was_run_and_how_to_read_it() -> None:
    figure = plots.basins_figure([FIRST, SECOND], ss.disagreement(FIRST, SECOND))
    text = written(figure)
    for part in (
        "100 steps",
        "4 × 2 starts",
        "hatched: diverged",
        "thin stripes",
        "filled with the end of SAM",
    ):
        assert part in text
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles[:2] == ["GD", "SAM ρ = 0.5"]
    assert titles[2].startswith("they differ: 25.0")
    assert "seed" not in text  # nothing is drawn at random


@pytest.mark.parametrize("sheet", plots.STYLES)
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_no_text_is_clipped_or_covered(sheet: str, count: int) -> None:
    results = [FIRST, SECOND, FIRST, SECOND, FIRST][:count]
    figure = plots.basins_figure(results, ss.disagreement(FIRST, SECOND) if count == 2 else None, style=sheet)
    figure.canvas.draw()
    page = figure.bbox
    boxes = [(t.get_window_extent(), t.get_text()) for t in figure.texts]
    for ax in figure.axes:
        boxes.append((ax.get_tightbbox(), f"axis {ax.get_title(loc='left')}"))
    for box, text in boxes:
        assert box.x0 >= page.x0 - 1, text
        assert box.x1 <= page.x1 + 1, text
        assert box.y0 >= page.y0 - 1, text
        assert box.y1 <= page.y1 + 1, text
    for i, (a, one) in enumerate(boxes):
        for b, two in boxes[i + 1 :]:
            wide, tall = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
            assert min(wide, tall) < 0.03 * figure.dpi, (one, two)


def test_figures_of_two_landscapes_and_of_nothing_are_refused() -> None:
    other = replace(SECOND, background=replace(background(), title="Elsewhere"))
    with pytest.raises(UsageError, match="one landscape, not Two wells, Elsewhere"):
        plots.basins_figure([FIRST, other])
    with pytest.raises(UsageError, match="at least one"):
        plots.basins_figure([])
    with pytest.raises(UsageError, match="as many labels"):
        plots.basins_figure([FIRST], labels=["a", "b"])


def test_a_slice_of_more_coordinates_marks_what_lies_in_it() -> None:
    places = [(0.0, 0.5, 1.0), (0.0, 0.5, 2.0), (0.0, 0.6, 0.0)]
    at = tuple(
        CriticalPoint(k, np.array(x), 0.0, "minimum", np.ones(3), np.eye(3)) for k, x in enumerate(places)
    )
    scene = replace(
        background(), coordinates=("x", "y", "z"), axes=(), loss=np.empty(0), points=at, view=((-1, 1),) * 3
    )
    where = {
        "plane": (0, 2),
        "origin": np.array([9.0, 0.5, 9.0]),
        "axes": (centres(4, -3, 3), centres(4, -3, 3)),
    }
    drawn = plots.basins(by_hand([["converged:0"] * 4] * 4, background=scene, **where))
    assert [tuple(line.get_xydata()[0]) for line in drawn.points] == [(0.0, 1.0), (0.0, 2.0)]
    assert drawn.axes.get_ylabel() == "z"


def test_a_million_pixels_are_drawn_within_a_second_or_so() -> None:
    n = 1024
    x, y = np.meshgrid(centres(n, -2, 2), centres(n, -1, 1))
    status, fate = np.zeros((n, n), dtype=np.int8), np.ma.array((x > 0).astype(int), mask=False)
    result = by_hand(
        [["converged:0"]],
        status=status,
        point=fate,
        fate=fate,
        rule=status,
        when=1 + x**2 + y**2,
        axes=(centres(n, -2, 2), centres(n, -1, 1)),
        odds=np.zeros((0, n, n)),
    )
    began = time.perf_counter()
    plots.basins(result, style.new_axes(2.4, 2.4)).axes.figure.canvas.draw()
    assert time.perf_counter() - began < 4  # 0.4 s on a quiet machine


# ---- where two methods disagree ----


def test_disagreement_counts_known_ends_only() -> None:
    found = ss.disagreement(FIRST, SECOND)
    # of 8 pixels one end is unknown where the first moves and where the second cycles; to leave is to diverge
    np.testing.assert_array_equal(found.unknown, [[False, False, False, True], [True, False, False, False]])
    np.testing.assert_array_equal(found.differ, [[False, True, True, False], [False, False, False, False]])
    assert found.share == 2 / 8
    known = binomtest(2, 8).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(found.interval, (known.low, known.high), rtol=1e-12)
    assert found.changes() == [(0, 2, 1), (1, 2, 1)]
    assert "minimum (1, 0) → saddle (0, 0)" in found.summary()


def test_cycling_may_count_as_ending_near_its_point() -> None:
    found = ss.disagreement(FIRST, SECOND, cycling=True)
    assert found.unknown.sum() == 1
    assert found.share == 2 / 8


def test_a_disagreement_is_the_same_after_loading(tmp_path: Path) -> None:
    found = ss.disagreement(FIRST, SECOND)
    back = ss.load(found.save(tmp_path / "differ.npz"))
    assert isinstance(back, Disagreement)
    assert back.summary() == found.summary()
    assert back.to_json()["share"] == 2 / 8


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (replace(SECOND, axes=(centres(4, -2, 3), SECOND.axes[1])), "one window: these maps show"),
        (by_hand([["moving"] * 3]), "have 4 × 2 and 3 × 1 pixels"),
        (replace(SECOND, plane=(1, 0)), "one plane"),
        (
            replace(SECOND, background=replace(background(), params={"a": 2.0})),
            "of Two wells and Two wells with a=2",
        ),
    ],
)
def test_maps_of_other_starts_are_refused(other: Basins, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ss.disagreement(FIRST, other)
