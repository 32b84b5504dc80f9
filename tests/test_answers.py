"""Answers save and load themselves; intervals and basins' shares against values from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

import saddlescape as ss
from saddlescape.answers.basins import Basins
from saddlescape.answers.intervals import clustered, wilson
from saddlescape.errors import OutputError
from saddlescape.results import STATUSES


@pytest.mark.parametrize(("count", "of"), [(0, 7), (3, 10), (10, 10), (499, 1000), (1, 262_144)])
def test_wilsons_interval_is_scipys(count: int, of: int) -> None:
    known = binomtest(count, of).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(wilson(count, of), (known.low, known.high), rtol=1e-12, atol=1e-15)


def made(**more: Any) -> Basins:
    background = ss.simulate(ss.landscape("beale"), "gd", steps=1).background
    status = np.array([["converged", "moving", "moving"], ["trapped", "left", "diverged"]])
    numbers = np.vectorize(STATUSES.index)(status).astype(np.int8)
    point = np.ma.masked_equal([[0, -1, -1], [2, -1, -1]], -1)
    fate = np.ma.masked_equal([[0, 0, -1], [2, -1, -1]], -1)
    fields: dict[str, Any] = {
        "spec": {"landscape": "beale", "list": [1, {"a": 2}]}, "method": "sam:eta=0.0001,rho=0.5", "formula": "x",
        "clock": "steps", "background": background, "axes": (np.arange(3.0), np.arange(2.0)), "steps": 10,
        "time": 1e-3, "status": numbers, "point": point, "fate": fate,
        "rule": np.array([[1, 2, 0], [1, 0, 0]], dtype=np.int8), "when": np.full((2, 3), np.nan),
        "distance": np.full((2, 3), np.nan, dtype=np.float32),
        "origin": np.zeros(2), "odds": np.zeros((0, 2, 3)),
    }  # fmt: skip
    return Basins(**(fields | more))


def test_basins_label_and_count_every_pixel() -> None:
    basins = made()
    one = pytest.approx(1 / 6)
    expected = {
        "converged:0": one,
        "decided:0": one,
        "trapped:2": one,
        "moving": one,
        "left": one,
        "diverged": one,
    }
    assert basins.fractions() == expected
    assert basins.decided() == {"none": 3, "arrived": 2, "bowl": 1, "ball": 0}
    words, places = basins.labels
    assert [words[k] for k in places[0]] == ["converged:0", "decided:0", "moving"]
    assert basins.to_json()["resolution"] == [3, 2]
    assert "in the basin of minimum (3, 0.5)" in basins.summary()


def test_a_fate_is_one_end_whether_a_start_has_arrived_or_is_decided() -> None:
    shares = {each.said: each for each in made().shares()}
    assert list(shares) == [
        "in the basin of minimum (3, 0.5)", "still moving", "left the domain", "diverged", "in the basin of saddle (0, 1)"
    ]  # fmt: skip
    fate = shares["in the basin of minimum (3, 0.5)"]  # one has converged there, one is certain to
    known = binomtest(2, 6).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose((fate.part, fate.low, fate.high), (1 / 3, known.low, known.high), rtol=1e-12)
    assert sum(each.part for each in shares.values()) == pytest.approx(1.0)
    lines = made().summary().splitlines()
    assert lines[1].split() == [
        "in",
        "the",
        "basin",
        "of",
        "minimum",
        "(3,",
        "0.5)",
        "33.33%",
        "(9.68%",
        "to",
        "70.00%)",
    ]
    assert lines[-1] == "  33.33% arrived, 16.67% decided in a bowl, 16.67% unresolved after 10 ticks"


@pytest.mark.parametrize(
    ("away", "said"),
    [
        ([0.07, 0.071, 0.1], "cycling 0.071 from minimum (3, 0.5)"),  # the median
        ([0.07, 0.071, 0.15], "cycling 0.07–0.15 from minimum (3, 0.5)"),  # more than a factor of two
        ([0.007, 0.071, 0.15], "cycling up to 0.15 from minimum (3, 0.5)"),  # more than ten
        ([np.nan] * 3, "cycling near minimum (3, 0.5)"),  # of many runs, never the most frequent end
    ],
)
def test_what_cycles_says_how_far_from_its_point(away: list[float], said: str) -> None:
    status = np.full((2, 3), STATUSES.index("cycling"), dtype=np.int8)
    far = np.array([away, [5.0] * 3], dtype=np.float32)
    point = np.ma.masked_equal([[0, 0, 0], [2, 2, 2]], -1)
    basins = made(status=status, point=point, fate=np.ma.masked_equal(np.full((2, 3), -1), -1), distance=far)
    assert [each.said for each in basins.shares()] == [said, "cycling 5 from saddle (0, 1)"]


def test_odds_of_a_random_method_are_its_shares() -> None:
    odds = np.array([np.full((2, 3), 0.25), np.full((2, 3), 0.75)])
    basins = made(runs=4, ends=("converged:0", "moving"), odds=odds)
    assert basins.fractions() == {"converged:0": 0.25, "moving": 0.75}
    few, many = (binomtest(n // 4, n).proportion_ci(0.95, method="wilson") for n in (8, 24))
    low, high = basins.intervals()["converged:0"]
    assert (
        few.low < low < many.low
    )  # how alike runs of a pixel are, six pixels hardly tell: more than six trials, not 24
    assert many.high < high < few.high


@pytest.mark.parametrize(("count", "runs"), [(0, 5), (3, 1), (3, 5), (7, 5), (20, 5), (20, 1)])
def test_runs_that_all_end_alike_are_one_trial_a_pixel(count: int, runs: int) -> None:
    known = binomtest(count, 20).proportion_ci(0.95, method="wilson")
    found = clustered(np.array([1.0] * count + [0.0] * (20 - count)), runs)
    np.testing.assert_allclose(found, (known.low, known.high), rtol=1e-12, atol=1e-15)


def test_a_few_runs_never_count_more_than_they_are() -> None:
    """Pixels whose shares are by chance the same have no variance between them."""
    known = binomtest(2000, 4000).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(clustered(np.full(2000, 0.5), 2), (known.low, known.high), rtol=1e-12)


def _blob(u: Any, v: Any) -> Any:
    return np.exp(-((u - 0.5) ** 2 + (v - 0.5) ** 2) / (2 * 0.05**2))


@pytest.mark.parametrize(
    ("field", "share"),
    [
        (lambda u, v: u < 0.4, 0.4),  # a border without width: the runs of a pixel are one
        (lambda u, v: np.clip(2 * u, 0, 1) * v, 0.375),
        (lambda u, v: np.full(u.shape, 0.3), 0.3),  # every run for itself
        (_blob, 2 * np.pi * 0.05**2),  # a saddle that catches, 1.6 % of the window
        (lambda u, v: np.where(u < 0.01, 0.95, 0.001), 0.01049),
    ],
)
@pytest.mark.parametrize(("pixels", "runs"), [(100, 5), (576, 50)])
def test_the_interval_holds_the_share_of_a_known_field(
    field: Any, share: float, pixels: int, runs: int
) -> None:
    """Pixels drawn at random from a field of chances, runs in them: the interval of 95 % holds the mean of the field, a
    known integral, in 19 of 20 (of 600: three standard errors are 0.027)."""
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(600):
        u, v = rng.random((2, pixels))
        low, high = clustered(rng.binomial(runs, field(u, v)) / runs, runs)
        held += low <= share <= high
    assert held / 600 > 0.95 - 0.027


def test_labels_of_one_fate_are_one_share_of_its_pixels() -> None:
    """Half of the runs of three pixels have arrived, half are decided: as one end all or none of a pixel."""
    half = np.array([[0.5, 0.5, 0.5], [0.0, 0.0, 0.0]])
    basins = made(
        runs=8, ends=("converged:0", "decided:0", "moving"), odds=np.stack([half, half, 1 - 2 * half])
    )
    known = binomtest(3, 6).proportion_ci(0.95, method="wilson")
    fate = basins.shares()[0]
    assert fate.said == "in the basin of minimum (3, 0.5)"
    np.testing.assert_allclose((fate.part, fate.low, fate.high), (0.5, known.low, known.high), rtol=1e-12)


def test_what_decided_counts_all_runs_and_is_kept(tmp_path: Path) -> None:
    """The most frequent run of every pixel has arrived; a quarter of the runs has not."""
    odds = np.stack([np.full((2, 3), 0.75), np.full((2, 3), 0.25)])
    one = np.ones((2, 3), dtype=np.int8)
    basins = made(runs=4, ends=("converged:0", "moving"), odds=odds, rule=one, rules=(6, 18, 0, 0))
    assert basins.decided() == {"none": 6, "arrived": 18, "bowl": 0, "ball": 0}
    assert basins.deciding() == "75.00% arrived, 25.00% unresolved after 10 ticks"
    back = ss.load(basins.save(tmp_path / "many.npz"))
    assert back.summary() == basins.summary()
    assert back.to_json() == basins.to_json()


def test_an_answer_is_the_same_after_loading(tmp_path: Path) -> None:
    basins = made()
    back = ss.load(basins.save(tmp_path / "basins.npz"))
    assert isinstance(back, Basins)
    assert back.spec == basins.spec
    np.testing.assert_array_equal(np.ma.getmaskarray(back.fate), np.ma.getmaskarray(basins.fate))
    np.testing.assert_array_equal(back.labels[1], basins.labels[1])
    np.testing.assert_array_equal(back.background.loss, basins.background.loss)
    assert back.summary() == basins.summary()
    assert back.plane == (0, 1)


@pytest.mark.parametrize(
    "data", [b"junk", b"", b"\x80\x04K\x01.", b"PK\x03\x04 and no more", b"\x93NUMPY\x01\x00"]
)
def test_what_is_no_archive_is_said_in_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "c.npz"
    path.write_bytes(data)
    with pytest.raises(OutputError) as refused:
        ss.load(path)
    assert str(refused.value) == f"{path} cannot be read: it is no file of saddlescape, or damaged"


def test_a_whole_array_and_an_archive_of_others_are_refused_in_one_line(tmp_path: Path) -> None:
    array, other = tmp_path / "a.npz", tmp_path / "b.npz"
    with array.open("wb") as file:
        np.save(file, np.arange(3))
    np.savez(other, x=np.array([{}], dtype=object))
    for path in (array, other):
        with pytest.raises(OutputError) as refused:
            ss.load(path)
        assert re.fullmatch(r".* cannot be read: .*", str(refused.value))
        assert "allow_pickle" not in str(refused.value)
        assert "object has no attribute" not in str(refused.value)


def test_a_damaged_answer_is_refused_in_words(tmp_path: Path) -> None:
    path = made().save(tmp_path / "basins.npz")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(OutputError, match="cannot be read"):
        ss.load(path)
