"""Pictures of fields: what the artists hold is what the answer says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from scipy.interpolate import RegularGridInterpolator

import saddlescape as ss
from saddlescape import plots
from saddlescape.answers.field import lengths
from saddlescape.errors import UsageError
from saddlescape.plots import style
from saddlescape.plots.field_map import finer, speeds
from saddlescape.plots.texture import texture

SADDLE = ss.landscape("saddle")


@pytest.fixture(scope="module")
def fields() -> list[ss.Field]:
    return [ss.flow_field(SADDLE, text, resolution=42) for text in ("gd@flow", "sam@flow:rho=0.5")]


def test_arrows_point_along_the_field_in_the_colour_of_its_speed(fields: list[ss.Field]) -> None:
    drawn = plots.flow(fields[0], kind="arrows")
    x, y = drawn.drawn.XY.T
    box = drawn.axes.get_window_extent()
    expected = np.stack([-2 * x * box.width, 2 * y * box.height])  # both axes are as long in x as in y
    shown = np.stack([drawn.drawn.U, drawn.drawn.V])
    np.testing.assert_allclose(shown, expected / np.linalg.norm(expected, axis=0), atol=1e-12)
    speed = np.clip(2 * np.hypot(x, y), drawn.norm.vmin, drawn.norm.vmax)
    np.testing.assert_allclose(drawn.drawn.get_array(), speed, rtol=1e-12)


def test_streamlines_are_lines_of_the_field(fields: list[ss.Field]) -> None:
    drawn = plots.flow(fields[0])
    segments = np.array(drawn.drawn.lines.get_segments())
    # the flow of (−2x, 2y) keeps x·y; streamplot's own tolerance is some 1e-3 of the axes (9 × 9)
    change = np.abs(np.diff(segments[..., 0] * segments[..., 1], axis=1))
    assert np.median(change) < 1e-2
    assert drawn.norm.vmin == pytest.approx(np.percentile(fields[0].speed, 1))


def test_one_scale_of_speed_spans_at_most_five_decades(fields: list[ss.Field]) -> None:
    wild = ss.flow_field(ss.landscape("beale"), "usam@flow:rho=0.5", resolution=20, separatrices=False)
    norm = speeds([fields[0], wild])
    assert norm.vmin is not None
    assert norm.vmax == pytest.approx(norm.vmin * 1e5)


def test_marks_say_what_the_method_does(fields: list[ss.Field]) -> None:
    (hollow,) = plots.flow(fields[0]).points
    filled, *circles = plots.flow(fields[1]).points
    assert (hollow.get_marker(), filled.get_marker()) == (style.MARKERS["saddle"],) * 2
    assert (hollow.get_markerfacecolor(), filled.get_markerfacecolor()) == (style.paper(), style.ink())
    rings = [line for line in filled.axes.lines if line.get_markeredgecolor() == style.CAUGHT[0]]
    assert len(rings) == 1
    assert sorted(float(each.get_ydata()[0]) for each in circles) == pytest.approx([-0.5, 0.5])  # type: ignore[index]


def test_separatrices_and_nullclines_are_drawn_where_they_are(fields: list[ss.Field]) -> None:
    (lines,) = plots.separatrices(fields[0])
    assert [segment.tolist() for segment in lines.get_segments()] == [
        b.x.tolist() for b in fields[0].separatrices
    ]
    assert tuple(lines.get_edgecolor()[0]) == to_rgba(style.ink())
    cuts = plots.nullclines(fields[0])
    for k, made in enumerate(cuts.sets):  # dx/dt = 0 on x = 0, dy/dt = 0 on y = 0
        np.testing.assert_allclose(np.vstack([p.vertices for p in made.get_paths()])[:, k], 0.0, atol=1e-12)
    with pytest.raises(UsageError, match="axis"):
        plots.separatrices(fields[0].separatrices)


def test_a_texture_is_smooth_along_the_field_and_not_across() -> None:
    n, norm = 60, speeds([ss.flow_field(SADDLE, "gd@flow", resolution=5)])
    along_x = np.zeros((n, n, 2))
    along_x[..., 0] = 1.0
    picture = texture(along_x, np.ones((n, n)), ((0, 1), (0, 1)), n, norm, style.shade(False), False)
    rough = [float(np.abs(np.diff(picture[..., 0], axis=axis)).mean()) for axis in (0, 1)]
    assert rough[1] < 0.3 * rough[0]  # rows vary, columns along the field hardly


@pytest.mark.parametrize("kind", ["stream", "arrows", pytest.param("lic", marks=pytest.mark.slow)])
def test_the_whole_figure(fields: list[ss.Field], kind: str, tmp_path: Path) -> None:
    figure = plots.flow_figure(fields, kind=kind, nullclines=True, style="notebook")
    said = " ".join(text.get_text() for text in figure.texts)
    assert [ax.get_title(loc="left") for ax in figure.axes[:2]] == ["GD flow", "SAM flow, ρ = 0.5"]
    for part in ("hollow", "filled", "rings", "circles"):
        assert part in said
    first, again = (
        plots.save(plots.flow_figure(fields, kind=kind), tmp_path / f"{k}.png", "{}") for k in "ab"
    )
    assert Path(first).read_bytes() == Path(again).read_bytes()


@pytest.mark.parametrize("style", list(style.STYLES))
def test_the_key_of_lines_stays_on_the_page(fields: list[ss.Field], style: str) -> None:
    for count in (1, 2):
        figure = plots.flow_figure(fields[:count], nullclines=True, style=style)
        (legend,) = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
        box = legend.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        texts = [text.get_window_extent() for text in figure.texts if text.get_text()]
        assert not any(box.overlaps(text) for text in texts)


def test_a_line_is_drawn_as_its_curve() -> None:
    found = ss.flow_field(ss.landscape("parabola"), "sam@flow")
    drawn = plots.flow(found)
    v = np.asarray(drawn.drawn.get_ydata(), dtype=float)
    np.testing.assert_allclose(v[np.isfinite(v)], found.velocity[:, 0])
    assert np.isnan(v).sum() == 2  # the line is broken where the field jumps, on both sides of its 0
    assert plots.flow_figure(found).axes


@pytest.mark.parametrize(("ask", "said"), [
    (lambda f: plots.flow(f[0], kind="streams"), "did you mean 'stream'"),
    (lambda f: plots.flow_figure([]), "at least one"),
    (lambda f: plots.flow_figure(f, labels=["a"]), "as many labels"),
    (lambda f: plots.flow_figure([f[0], ss.flow_field(ss.landscape("beale"), "gd", resolution=3)]), "one landscape"),
])  # fmt: skip
def test_refusals(fields: list[ss.Field], ask: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ask(fields)


def test_streamlines_along_a_valley_are_no_stairs() -> None:
    """Across this valley the field turns round within a hundredth of a cell of its grid, whose nodes lie beside it."""
    valley = ss.landscape("500*(y-x/3)^2+x^2/2", view=((-2, 2), (-2, 2)))
    found = ss.flow_field(valley, "gd@flow", resolution=42)
    segments = np.array(plots.flow(found).drawn.lines.get_segments())
    off = np.abs(segments[..., 1] - segments[..., 0] / 3).max(axis=1)
    inside = off[off < 0.1]  # a cell is as wide
    assert len(inside) > 500
    assert np.quantile(inside, 0.9) < 0.01  # on the cells of the grid it is 0.06


@pytest.mark.parametrize("by", [1, 3])
def test_a_finer_grid_is_bilinear(by: int) -> None:
    rng = np.random.default_rng(0)
    x, y, values = np.array([0.0, 1, 2, 3]), np.array([0.0, 1, 2]), rng.normal(size=(3, 4, 2))
    fine = np.meshgrid(np.linspace(0, 2, 2 * by + 1), np.linspace(0, 3, 3 * by + 1), indexing="ij")
    wanted = RegularGridInterpolator((y, x), values)(np.stack(fine, axis=-1))
    np.testing.assert_allclose(finer(values, by), wanted, rtol=0, atol=1e-14)


def test_lengths_of_vectors_whose_squares_overflow() -> None:
    """Against math.hypot, which scales; what is infinite or unknown stays so."""
    values = np.array(
        [[3.0, 4.0], [3e200, -4e200], [1e300, 0.0], [1e-170, 1e160], [np.inf, 1.0], [np.nan, 1.0]]
    )
    with np.errstate(all="raise", under="ignore"):
        found = lengths(values)
    np.testing.assert_allclose(found, [math.hypot(*v) for v in values], rtol=1e-15)


@pytest.mark.parametrize("kind", ["stream", "arrows", "lic"])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_field_that_overflows_is_drawn_in_silence(kind: str) -> None:
    """USAM's flow on the Müller–Brown surface: exp of a long displacement, up to 1e308 and beyond."""
    found = ss.flow_field(ss.landscape("muller_brown"), "usam@flow", resolution=42, separatrices=False)
    finite = found.speed[np.isfinite(found.speed)]
    assert finite.max() > 1e200
    plots.flow(found, kind=kind)
