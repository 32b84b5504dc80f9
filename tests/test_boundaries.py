"""Entropy and uncertainty of maps whose numbers are known exactly; refined maps against whole ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from basins_by_hand import by_hand, centres
from scipy.stats import linregress
from scipy.stats import t as student

import saddlescape as ss
from saddlescape.analysis.boundaries import slope, uncertain_pixels
from saddlescape.answers.boundaries import Refined
from saddlescape.errors import UsageError


def painted(places: Any, words: Any = ("converged:0", "converged:1", "trapped:2")) -> Any:
    """Return the basins of a map of numbers, each a label."""
    return by_hand(np.array(words)[np.asarray(places)])


def entropy(*shares: float) -> float:
    """Return Σ p log(1/p)."""
    return float(sum(-p * np.log(p) for p in shares))


# ---- entropy ----


def test_the_entropy_of_a_half_plane_is_that_of_the_boxes_on_its_border() -> None:
    places = (np.arange(50)[None] >= 22).astype(int) * np.ones((50, 1), dtype=int)
    found = ss.basin_entropy(painted(places))
    # the border cuts the fifth column of boxes after two of five pixels
    assert (found.boxes, found.mixed, found.left_out, found.ends) == (100, 10, 0, 2)
    assert found.boundary == pytest.approx(entropy(0.4, 0.6), rel=1e-12)
    assert found.entropy == pytest.approx(entropy(0.4, 0.6) / 10, rel=1e-12)
    # of 100 boxes 10 have it: the standard error of a share, times it
    assert found.entropy_se == pytest.approx(entropy(0.4, 0.6) * np.sqrt(0.1 * 0.9 / 99), rel=1e-12)
    assert found.se == pytest.approx(0, abs=1e-12)
    assert not found.fractal


def test_the_entropy_of_a_chessboard_and_of_one_end() -> None:
    chess = np.indices((20, 20)).sum(axis=0) % 2
    found = ss.basin_entropy(painted(chess))
    assert found.entropy == pytest.approx(entropy(12 / 25, 13 / 25), rel=1e-12)
    assert found.mixed == found.boxes == 16
    alone = ss.basin_entropy(painted(np.zeros((20, 20), dtype=int)))
    assert alone.entropy == 0
    assert np.isnan(alone.boundary)
    assert not alone.fractal


def test_three_ends_at_random_are_above_log_2() -> None:
    places = np.random.default_rng(0).integers(0, 3, (200, 200))
    found = ss.basin_entropy(painted(places))
    # the mean entropy of 25 draws of three is log 3 less about (3 − 1)/(2·25)
    assert found.boundary == pytest.approx(np.log(3) - 0.04, abs=4 * found.se + 0.003)
    assert found.fractal
    assert "the boundary is fractal" in found.summary()


def test_a_cycle_is_an_end_of_its_own_and_what_moves_is_left_out() -> None:
    places = np.zeros((10, 10), dtype=int)
    places[:5, :2], places[5:, 9] = 1, 2
    found = ss.basin_entropy(painted(places, ("converged:0", "cycling:0", "moving")))
    assert (found.boxes, found.left_out, found.mixed) == (3, 1, 1)
    assert found.boundary == pytest.approx(entropy(0.4, 0.6), rel=1e-12)


def test_boxes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="from 2 to 4, not 5"):
        ss.basin_entropy(painted(np.zeros((4, 9), dtype=int)))
    with pytest.raises(UsageError, match="every box"):
        ss.basin_entropy(painted(np.zeros((9, 9), dtype=int), ("moving",)))


# ---- uncertainty ----


def test_a_smooth_boundary_has_exponent_one() -> None:
    x, y = np.meshgrid(centres(512, -1, 1), centres(512, -1, 1))
    disk = painted((np.hypot(x, y) < 0.6).astype(int))
    found = ss.uncertainty_exponent(disk)
    # counted pixels are 2 eps times the border's extent across each axis, cut to whole pixels
    assert found.alpha == pytest.approx(1, abs=0.02)
    assert found.boundary_dimension[0] == pytest.approx(1, abs=0.02)
    assert found.eps.tolist() == [1, 2, 4, 8, 16]
    # a straight line across x: two of the pixels for each step, along one of two axes
    line = painted((np.arange(90)[None] >= 45) * np.ones((90, 1), dtype=int))
    straight = ss.uncertainty_exponent(line, distances=(1, 3, 5))
    np.testing.assert_array_equal(straight.uncertain, 2 * np.array([1, 3, 5]) * 90)
    np.testing.assert_array_equal(straight.starts, 3 * [2 * 90 * 80])
    assert straight.alpha == pytest.approx(1, abs=1e-12)


def cantor(depth: int) -> Any:
    """Return a row of 3^depth cells: 0 or 1 in the middle thirds, by turns of their level, 0 in what is left."""
    row = np.zeros(3**depth, dtype=int)
    cells = np.arange(3**depth)
    free = np.ones(len(row), dtype=bool)
    for level in range(depth):
        digit = cells // 3 ** (depth - 1 - level) % 3
        row[free & (digit == 1)] = level % 2
        free &= digit != 1
    return row


def test_a_cantor_boundary_has_its_dimension() -> None:
    """Its points are those of Cantor's set, of dimension log 2/log 3, times a line: alpha = 1 − log 2/log 3 = 0.369."""
    shifts = [3**k for k in range(1, 6)]
    uncertain, count = uncertain_pixels(np.tile(cantor(9), (490, 1)), shifts)
    alpha, (low, high) = slope(np.array(shifts), uncertain, count, False)
    # two colours by turns: what the finest level paints, and the largest gaps, leave some per cent
    assert alpha == pytest.approx(1 - np.log(2) / np.log(3), abs=0.02)
    assert low < 1 - np.log(2) / np.log(3) < high


@pytest.mark.parametrize("binomial", [False, True])
def test_shares_on_a_line_keep_their_counting_error(binomial: bool) -> None:
    """Points without residuals: the width is that of slopes fitted to counts drawn anew."""
    eps, count = np.array([1.0, 2.0, 4.0]), np.array([2000, 2000, 2000])
    hits = np.array([100, 200, 400])
    alpha, (low, high) = slope(eps, hits, count, binomial)
    assert alpha == pytest.approx(1, abs=1e-12)
    drawn = np.random.default_rng(0).binomial(count, hits / count, (20_000, 3))
    weights = np.sqrt(hits / (1 - hits / count)) if binomial else np.ones(3)
    slopes = np.polyfit(np.log(eps), np.log(drawn / count).T, 1, w=weights)[0]
    # the standard deviation of 20 000 is known to half a per cent, the delta method to one at 100 counts
    assert (high - low) / 2 == pytest.approx(1.96 * slopes.std(), rel=0.03)


def test_residuals_beyond_the_counting_error_are_told_by_t() -> None:
    eps, hits = 2.0 ** np.arange(5), np.array([1000, 3000, 3500, 9000, 12_000]) * 100
    alpha, (low, high) = slope(eps, hits, np.full(5, 10**7), False)
    known = linregress(np.log(eps), np.log(hits))
    assert alpha == pytest.approx(known.slope, rel=1e-12)
    assert (high - low) / 2 == pytest.approx(student.ppf(0.975, 3) * known.stderr, rel=1e-9)


@pytest.mark.parametrize("size", [12, 20, 32, 64])
def test_an_exponent_of_a_small_map_is_never_exact(size: int) -> None:
    line = painted((np.arange(size)[None] >= size // 2) * np.ones((size, 1), dtype=int))
    low, high = ss.uncertainty_exponent(line, distances=(1, 2, 4)).interval
    assert high - low > 0.1
    # nor where every start is uncertain
    chess = painted(np.add.outer(np.arange(size), 2 * np.arange(size)) % 3)
    low, high = ss.uncertainty_exponent(chess, distances=(1, 2, 4)).interval
    assert high - low > 1e-4
    assert low < 0 < high


@pytest.mark.slow
def test_runs_at_a_smooth_boundary_find_exponent_one(tmp_path: Path) -> None:
    found = ss.uncertainty_exponent(
        ss.landscape("double_well_2"), "gd:eta=0.05", starts=300, steps=40, distances=(0.02, 0.04, 0.08, 0.12),
        engine="plain",
    )  # fmt: skip
    low, high = found.interval
    assert low < 1 < high
    # boundaries x = 0 and y = 0: a start is uncertain where it is nearer than eps, of the window's width, to the one
    # across its direction, 2 eps of all; four binomial standard deviations
    wanted = 2 * found.eps
    assert (np.abs(found.fraction - wanted) < 4 * np.sqrt(wanted * (1 - wanted) / 300)).all()
    back = ss.load(found.save(tmp_path / "exponent.npz"))
    assert str(back) == str(found)


def test_an_exponent_of_too_little_is_refused() -> None:
    with pytest.raises(UsageError, match="an exponent needs three"):
        ss.uncertainty_exponent(painted(np.zeros((64, 64), dtype=int)))
    with pytest.raises(UsageError, match="whole pixels"):
        ss.uncertainty_exponent(painted(np.zeros((64, 64), dtype=int)), distances=(1, 40))
    with pytest.raises(UsageError, match="which method"):
        ss.uncertainty_exponent(ss.landscape("beale"))
    with pytest.raises(UsageError, match="above 0 and below 1/2"):
        ss.uncertainty_exponent(ss.landscape("beale"), "gd", distances=(0.6,))


# ---- refining ----


@pytest.fixture(scope="module")
def refined() -> tuple[Any, Any]:
    scene = ss.landscape("himmelblau")
    coarse = ss.basins(scene, "gd:eta=0.005", resolution=32, steps=400)
    return ss.refine(scene, "gd:eta=0.005", coarse, 2), ss.basins(
        scene, "gd:eta=0.005", resolution=128, steps=400
    )


def test_a_refined_map_is_the_whole_one_but_for_thin_features(refined: tuple[Any, Any]) -> None:
    found, whole = refined
    assert isinstance(found, Refined)
    for a, b in zip(found.axes, whole.axes, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_array_equal(np.ma.filled(found.fate, -1), np.ma.filled(whole.fate, -1))
    run = found.computed > 0
    np.testing.assert_array_equal(
        found.when[run & (found.computed == 2)], whole.when[run & (found.computed == 2)]
    )
    # a boundary of some 5 · 32 pixels, a pixel of the coarser map wide to either side, at both levels
    assert 0.05 < found.runs_made / whole.status.size < 0.4
    first = found.runs_made - int((found.computed == 2).sum())
    assert first > 0
    assert first % 4 == 0  # at the first level, four in every pixel that was cut
    assert found.saved > 0.6
    assert "refined along boundaries" in found.summary()


def test_a_map_without_borders_has_the_resolution_it_is_refined_to() -> None:
    scene = ss.landscape("x^2 + y^2")
    coarse = ss.basins(scene, "gd:eta=0.1", resolution=(3, 2), steps=100)
    found = ss.refine(scene, "gd:eta=0.1", coarse, 2)
    assert (found.shape, found.computed.shape, found.runs_made) == ((8, 12), (8, 12), 0)
    assert found.counts() == {word: 16 * count for word, count in coarse.counts().items()}


def test_a_refined_map_is_drawn_saved_and_refined_again(refined: tuple[Any, Any], tmp_path: Path) -> None:
    found, _ = refined
    back = ss.load(found.save(tmp_path / "fine.npz"))
    assert isinstance(back, Refined)
    np.testing.assert_array_equal(back.computed, found.computed)
    assert ss.plots.basins(back).axes is not None
    words = " ".join(each.get_text() for each in ss.plots.basins_figure(back).texts)
    assert "128 × 128 starts, refined along borders from 32 × 32" in words
    assert ss.disagreement(back, found).share == 0


def test_maps_that_are_not_of_this_method_or_landscape_are_refused(refined: tuple[Any, Any]) -> None:
    found, _ = refined
    scene = ss.landscape("himmelblau")
    with pytest.raises(UsageError, match="the same method"):
        ss.refine(scene, "gd:eta=0.004", found)
    with pytest.raises(UsageError, match="not of Beale"):
        ss.refine(ss.landscape("beale"), "gd:eta=0.005", found)
    with pytest.raises(UsageError, match="levels must be a whole number"):
        ss.refine(scene, "gd:eta=0.005", found, 0)


@pytest.mark.slow
def test_what_the_documentation_shows_runs_and_says_so() -> None:
    text = (Path(__file__).parent.parent / "docs" / "questions.md").read_text(encoding="utf-8")
    (block,) = (b for b in re.findall(r"```python\n(.*?)```", text, flags=re.S) if "ss.refine" in b)
    space: dict[str, Any] = {}
    exec(block, space)
    shown = re.findall(r"…  (.*?) …", block)
    said = " ".join(f"{space['between']} {ss.basin_entropy(space['fine'])}".split())
    assert len(shown) == 2
    assert all(" ".join(line.split()) in said for line in shown)
    assert 0.05 < space["fine"].runs_made / space["fine"].status.size < 0.15
