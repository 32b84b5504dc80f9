"""Pictures of sharpness: lines are the means, edges and catapults stand where they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import saddlescape as ss
from saddlescape import plots
from saddlescape.errors import UsageError
from saddlescape.plots.provenance import read_spec

OF = ("loss", "lambda_max", "worst")


@pytest.fixture(scope="module")
def thrown() -> list[ss.Sharpness]:
    """GD and SAM, thrown out of a minimum of (xy − 1)²/2 with λ = 24 above 2/eta = 20."""
    scene = ss.landscape("(x*y - 1)^2/2")
    return [
        ss.sharpness(scene, text, x0=(4.9, 0.21), steps=60, of=OF, radius=0.1)
        for text in ("gd:eta=0.1", "sam:eta=0.1,rho=0.1")
    ]


def test_lines_edges_and_catapults_are_the_results(thrown: list[ss.Sharpness]) -> None:
    drawn = plots.sharpness(thrown)
    assert list(drawn.axes) == list(OF)
    for name, lines in drawn.lines.items():
        for line, each in zip(lines, thrown, strict=True):
            assert np.array_equal(line.get_ydata(), each.traces[name].mean[0])
            assert np.array_equal(line.get_xdata(), each.ticks)
        assert drawn.axes[name].get_xlabel() == "step"
    plain, own = drawn.edges
    assert set(plain.get_ydata()) == {20.0}
    assert thrown[1].threshold is not None
    assert np.array_equal(own.get_ydata(), thrown[1].threshold.mean[0])
    for mark, each in zip(drawn.catapults, thrown, strict=True):
        (event,) = each.catapults
        assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (event.peak, each.values["loss"][0].max())


def test_an_edge_far_above_is_written_and_bands_are_quantiles() -> None:
    starts = np.random.default_rng(0).uniform(0.5, 1.5, (30, 2))
    made = ss.sharpness(ss.landscape("beale"), "gd:beta=0.5", x0=starts, steps=30, of=("lambda_max",))
    drawn = plots.sharpness(made)
    ax = drawn.axes["lambda_max"]
    assert drawn.edges == []
    assert ax.texts[0].get_text() == "↑ 2(1+β)/η = 30000"
    ((band,),) = drawn.bands.values()
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.max() == pytest.approx(made.traces["lambda_max"].high.max())


def test_a_flow_has_no_edge_and_runs_in_time() -> None:
    made = ss.sharpness(ss.landscape("beale"), "sam@flow", steps=20, of=("loss", "lambda_max"))
    drawn = plots.sharpness(made)
    assert drawn.edges == []
    assert drawn.axes["loss"].get_xlabel() == "time t"


def test_the_page_is_the_same_every_time_and_says_what_it_shows(
    thrown: list[ss.Sharpness], tmp_path: Path
) -> None:
    paths = [plots.save(plots.sharpness_figure(thrown), tmp_path / f"{k}.png", '{"a": 1}') for k in "ab"]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert read_spec(paths[0]) == '{"a": 1}'
    figure = plots.sharpness_figure(thrown, labels=["one", "two"])
    said = " ".join(text.get_text() for text in figure.texts)
    assert "over ‖δ‖ ≤ 0.1" in said
    key = [text.get_text() for text in figure.legends[0].get_texts()]
    assert key == ["one", "two", "2/η", "edge of its own steps", "catapult"]


def test_what_cannot_be_compared_is_refused(thrown: list[ss.Sharpness]) -> None:
    other = ss.sharpness(ss.landscape("(x*y - 1)^2/2"), "gd:eta=0.1", steps=2, of=OF, radius=0.2)
    with pytest.raises(UsageError, match=r"radius 0\.1 and 0\.2 cannot be compared"):
        plots.sharpness([thrown[0], other])
    with pytest.raises(UsageError, match="need as many axes"):
        plots.sharpness(thrown[0], [])
    with pytest.raises(UsageError, match="unknown trace"):
        plots.sharpness(thrown[0], {"losses": plots.sharpness(thrown[0]).axes["loss"]})
