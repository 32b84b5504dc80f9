"""Figures: what is drawn is what the run holds; files carry their specification and are the same every time."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image, PngImagePlugin

from saddlescape import plots
from saddlescape.errors import OutputError, UsageError
from saddlescape.plots import critical, curve, paths, provenance, style, words
from saddlescape.plots import naming as plots_naming
from saddlescape.plots.background import Height
from saddlescape.plots.caption import formula, sentences, split
from saddlescape.plots.solid import Solid
from saddlescape.results import Background, CriticalPoint, Run

GD = r"x_{k+1} = x_k - \eta\,\nabla f(x_k)"
SAM = r"x_{k+1} = x_k - \eta\,\nabla f\left(x_k + \rho\,\frac{\nabla f(x_k)}{\left\|\nabla f(x_k)\right\|}"
SAM += r"\right)"
Vector = Callable[[Any], Any]


def point(i: int, x: Any, loss: float, kind: str, values: Any, vectors: Any = None) -> CriticalPoint:
    """Return a critical point."""
    values = np.array(values, dtype=float)
    vectors = np.eye(len(values)) if vectors is None else np.array(vectors, dtype=float)
    return CriticalPoint(i, np.array(x, dtype=float), loss, kind, values, vectors)


def beale(x: Any) -> Any:
    """Return Beale's loss."""
    a, b = x[..., 0], x[..., 1]
    return (1.5 - a + a * b) ** 2 + (2.25 - a + a * b**2) ** 2 + (2.625 - a + a * b**3) ** 2


def beale_grad(x: Any) -> Any:
    """Return its gradient."""
    a, b = x[..., 0], x[..., 1]
    terms = [(c - a + a * b**k, b**k - 1, k * a * b ** (k - 1)) for c, k in ((1.5, 1), (2.25, 2), (2.625, 3))]
    return np.stack([sum(2 * r * u for r, u, _ in terms), sum(2 * r * v for r, _, v in terms)], axis=-1)


def background(
    loss: Vector, view: Any, points: Any, title: str, latex: str, names: tuple[str, ...], n: int = 161
) -> Background:
    """Return a background with the loss on a grid, for at most two coordinates."""
    axes = tuple(np.linspace(lo, hi, n) for lo, hi in view) if len(view) < 3 else ()
    values = loss(np.stack(np.meshgrid(*axes), axis=-1)) if axes else np.zeros(0)
    return Background(title, latex, names, view, axes, values, tuple(points))


def walk(grad: Vector, x0: Any, eta: float, rho: float, steps: int, every: int = 1) -> Any:
    """Return the iterates (n, records, d) of SAM; rho = 0 is gradient descent."""
    x = np.atleast_2d(np.array(x0, dtype=float))
    kept = [x]
    for k in range(1, steps + 1):
        g = grad(x)
        if rho:
            norm = np.linalg.norm(g, axis=-1, keepdims=True)
            g = grad(x + rho * g / np.where(norm == 0, 1, norm))
        x = x - eta * g
        if k % every == 0 or k == steps:
            kept.append(x)
    return np.stack(kept, axis=1)


def make_run(
    scene: Background,
    loss: Vector,
    grad: Vector,
    x: Any,
    method: str,
    eta: float,
    steps: int,
    status: Any,
    *,
    fate: Any = None,
    clock: str = "steps",
) -> Run:
    """Return a run with its columns filled in; ``fate`` is an id per trajectory, -1 for unknown."""
    n = len(x)
    places = np.array([p.x for p in scene.points]).reshape(-1, x.shape[2])
    gaps = np.linalg.norm(x[:, -1, None] - places[None], axis=2)
    nearest = np.argmin(gaps, axis=1)
    fates = np.broadcast_to(-1 if fate is None else fate, (n,))
    words = np.broadcast_to(status, (n,))
    caught = np.isin(words, ("trapped", "converged", "cycling"))
    columns = {
        "background": scene,
        "loss": loss(x),
        "grad_norm": np.linalg.norm(grad(x), axis=-1),
        "status": words,
        "point": np.ma.array(nearest, mask=~caught),
        "fate": np.ma.array(fates, mask=fates < 0),
        "nearest": np.ma.array(nearest, mask=False),
        "distance": gaps.min(axis=1),
        "period": np.zeros(n, dtype=int),
    }
    calls = np.full(n, steps * (2 if "sam" in method else 1))
    t = np.linspace(0, eta * steps, x.shape[1])
    return Run(
        {"seed": 0, "steps": steps},
        method,
        SAM if "sam" in method else GD,
        clock,
        x,
        t,
        calls,
        columns=columns,
    )


BEALE_LATEX = " + ".join(
    rf"\left(x y{power} - x + \frac{{{a}}}{{{b}}}\right)^{{2}}"
    for power, a, b in (("", 3, 2), ("^{2}", 9, 4), ("^{3}", 21, 8))
)
BEALE_POINTS = (
    point(0, (3, 0.5), 0.0, "minimum", (0.12, 49.2), [[0.97, -0.24], [0.24, 0.97]]),
    point(1, (0, 1), 14.203125, "saddle", (-27.75, 27.75), np.array([[1, 1], [-1, 1]]) / 2**0.5),
)


def beale_scene() -> Background:
    """Return Beale's background."""
    return background(beale, ((-1.5, 3.7), (-0.5, 2.7)), BEALE_POINTS, "Beale", BEALE_LATEX, ("x", "y"))


def beale_runs(steps: int = 20000, every: int = 10) -> list[Run]:
    """Return gradient descent and SAM from (1, 2), the published demonstration."""
    scene, eta = beale_scene(), 1e-4
    gd = make_run(
        scene,
        beale,
        beale_grad,
        walk(beale_grad, (1, 2), eta, 0, steps, every),
        "gd:eta=0.0001",
        eta,
        steps,
        "moving",
        fate=0,
    )
    path = walk(beale_grad, (1, 2), eta, 0.5, steps, every)
    sam = make_run(scene, beale, beale_grad, path, "sam:eta=0.0001,rho=0.5", eta, steps, "trapped", fate=1)
    return [gd, sam]


RUNS = beale_runs()
SPECS = ['{"landscape": "beale"}', '{"f": "½·x² − α", "ρ": 0.5}', r"a (b) \\ ) ((\n \t 𝛼 \\101", ""]


def axis() -> Any:
    """Return an axis on a figure of its own."""
    return Figure(figsize=(4, 3)).add_subplot()


def texts(figure: Figure) -> str:
    """Return all text on a figure, one piece a line."""
    return "\n".join(t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text())


def scene_1d() -> tuple[Background, Vector, Vector]:
    """Return a tilted double well."""
    roots = np.sort(np.roots([4, 0, -4, 0.3]).real)
    kinds = ((roots[0], "minimum"), (roots[2], "minimum"), (roots[1], "maximum"))

    def loss(x: Any) -> Any:
        return (x[..., 0] ** 2 - 1) ** 2 + 0.3 * x[..., 0]

    points = [
        point(i, [r], float(loss(np.array([r]))), kind, [12 * r * r - 4]) for i, (r, kind) in enumerate(kinds)
    ]
    latex = r"\left(x^{2} - 1\right)^{2} + \frac{3 x}{10}"
    return (
        background(loss, ((-1.7, 1.7),), points, "Tilted double well", latex, ("x",)),
        loss,
        lambda x: 4 * x * (x**2 - 1) + 0.3,
    )


def runs_1d() -> list[Run]:
    """Return GD and SAM in the double well."""
    scene, loss, grad = scene_1d()
    return [
        make_run(
            scene,
            loss,
            grad,
            walk(grad, [[1.5]], 0.02, 0, 120),
            "gd:eta=0.02",
            0.02,
            120,
            "converged",
            fate=1,
        ),
        make_run(
            scene,
            loss,
            grad,
            walk(grad, [[1.5]], 0.02, 0.9, 120),
            "sam:eta=0.02,rho=0.9",
            0.02,
            120,
            "cycling",
        ),
    ]


def runs_4d() -> list[Run]:
    """Return GD on a quartic of four coordinates."""
    quad = np.diag([1, 3.0, 10, 0.2])

    def loss(x: Any) -> Any:
        return 0.5 * np.einsum("...i,ij,...j", x, quad, x)

    names = ("x1", "x2", "x3", "x4")
    scene = background(
        loss,
        ((-2, 2),) * 4,
        [point(0, [0] * 4, 0.0, "minimum", [0.2, 1, 3, 10])],
        "Quadratic",
        r"x^\top Q x",
        names,
    )
    path = walk(lambda x: x @ quad, [[1.5, 1, -1, 2]], 0.05, 0, 300)
    return [make_run(scene, loss, lambda x: x @ quad, path, "gd:eta=0.05", 0.05, 300, "converged", fate=0)]


def crowd(n: int, method: str = "sam:eta=0.0001,rho=0.5", order: Any = slice(None)) -> Run:
    """Return a grid of n × n starts with invented fates, or those of it that ``order`` says."""
    starts = np.stack(np.meshgrid(np.linspace(-1.5, 3.7, n), np.linspace(-0.5, 2.7, n)), axis=-1).reshape(
        -1, 2
    )[order]
    path = np.stack([starts, 0.5 * starts + 0.5, 0.1 * starts + [2.7, 0.45]], axis=1)
    return make_run(
        beale_scene(),
        beale,
        beale_grad,
        path,
        method,
        1e-4,
        2,
        "moving",
        fate=np.where(starts[:, 0] > 1, 0, -1),
    )


# ---- nothing is imported or made that need not be ----------------------------------------------------------
def test_importing_plots_and_reading_a_spec_need_no_matplotlib() -> None:
    code = "import sys, saddlescape.plots as p; p.read_spec; dir(p); assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


def test_drawing_needs_neither_pyplot_nor_the_simulator() -> None:
    code = (
        "import sys, saddlescape.plots as p; [getattr(p, n) for n in p.__all__]; "
        "heavy = {'matplotlib.pyplot', 'sympy', 'numba', 'scipy', 'saddlescape.dynamics'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


def test_every_public_name_is_what_it_says_even_after_its_file_was_imported() -> None:
    for name in plots.__all__:
        assert name == "STYLES" or callable(getattr(plots, name))
    with pytest.raises(AttributeError, match="run_figure"):
        plots.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("draw", "runs"),
    [
        (plots.contours, RUNS[0]),
        (plots.trajectories, RUNS),
        (plots.lines, runs_1d()),
        (plots.traces, RUNS),
        (plots.plane, runs_4d()),
    ],
)
def test_no_new_figure_when_an_axis_is_given(draw: Any, runs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = axis()
    monkeypatch.setattr(style, "new_axes", lambda *a, **k: pytest.fail("made a figure"))
    drawn = draw(runs, ax=ax)
    assert drawn.axes is ax
    monkeypatch.undo()
    assert draw(runs).axes.figure is not ax.figure


# ---- the background ----------------------------------------------------------------------------------------
def test_contour_levels_are_equally_spaced_in_the_height_that_is_shaded() -> None:
    drawn = plots.contours(beale_scene(), axis(), levels=9)
    steps = np.diff(drawn.height(drawn.levels))
    assert len(drawn.levels) == 9
    np.testing.assert_allclose(steps, steps[0], rtol=1e-9)
    np.testing.assert_allclose(drawn.shade.get_array(), drawn.height(beale_scene().loss))
    np.testing.assert_allclose(drawn.lines.levels, drawn.height(drawn.levels), rtol=1e-9)


def test_contour_labels_are_losses_of_every_second_level() -> None:
    drawn = plots.contours(beale_scene(), axis())
    allowed = {words.number(float(level), 2) for level in drawn.levels[1::2]}
    assert len(drawn.labels) >= 4
    assert {t.get_text() for t in drawn.labels} <= allowed


def test_height_puts_the_median_half_way_up_and_inverts() -> None:
    scene = beale_scene()
    height = Height.of(scene)
    z = height(scene.loss)
    assert height.low == 0.0  # the minimum lies in the view, between grid points
    assert float(np.median(z)) == pytest.approx(0.5 * float(z.max()), rel=0.03)
    np.testing.assert_allclose(height.back(z), scene.loss, rtol=1e-9, atol=1e-9)


def test_flat_and_broken_backgrounds_draw() -> None:
    for loss in (lambda x: 0 * x[..., 0], lambda x: np.log(x[..., 0])):
        with np.errstate(all="ignore"):
            scene = background(loss, ((-1, 1), (-1, 1)), (), "Flat", "0", ("x", "y"), 21)
        plots.contours(scene, axis())


def test_shade_gets_lighter_with_the_loss() -> None:
    for dark in (False, True):
        luminance = style.shade(dark)(np.linspace(0, 1, 50))[:, :3] @ [0.2126, 0.7152, 0.0722]
        assert np.all(np.diff(luminance) > 0)


def test_critical_points_are_marked_by_kind_and_only_in_the_view() -> None:
    points = [*BEALE_POINTS, point(2, (9, 9), 1.0, "maximum", (-1, -1))]
    drawn = critical.mark(axis(), points, ((-1.5, 3.7), (-0.5, 2.7)))
    assert [(line.get_marker(), *line.get_xydata()[0]) for line in drawn] == [("v", 3, 0.5), ("X", 0, 1)]


def test_saddle_shows_stable_direction_solid_and_unstable_dashed() -> None:
    ax = axis()
    critical.mark(ax, BEALE_POINTS, ((-1.5, 3.7), (-0.5, 2.7)))
    (arms,) = ax.collections
    slopes = [np.sign(np.prod(segment[1] - segment[0])) for segment in arms.get_segments()]
    assert slopes == [-1, 1]  # unstable along (1, −1), stable along (1, 1)
    assert [dash[1] is None for dash in arms.get_linestyle()] == [False, True]


def test_continuum_is_a_line_along_its_samples() -> None:
    samples = np.stack([np.linspace(-1, 1, 30), np.linspace(-1, 1, 30) ** 2], axis=1)
    one = CriticalPoint(0, samples[0], 0.0, "continuum", np.zeros(2), np.eye(2), samples)
    (line,) = critical.mark(axis(), [one], ((-2, 2), (-2, 2)))
    np.testing.assert_array_equal(line.get_xydata(), samples)


# ---- trajectories ------------------------------------------------------------------------------------------
def test_the_line_runs_through_all_records_and_dots_are_some_of_them() -> None:
    drawn = plots.trajectories(RUNS, baseline=0)
    for line, dots, start, run in zip(drawn.lines, drawn.dots, drawn.starts, RUNS, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), run.x[0])
        np.testing.assert_array_equal(start.get_xydata(), run.x[0, :1])
        shown = dots.get_xydata()
        assert 10 < len(shown) <= paths.DOTS
        assert {tuple(p) for p in shown} <= {tuple(p) for p in run.x[0]}


def test_a_hovering_path_does_not_smear_and_a_two_cycle_keeps_both_sides() -> None:
    rng = np.random.default_rng(0)
    low, width = np.zeros(2), np.ones(2)
    assert len(paths.thin(0.5 + 1e-4 * rng.normal(size=(20000, 2)), low, width)) == 1
    cycle = np.tile([[0.2, 0.5], [0.8, 0.5]], (500, 1))
    assert {0.2, 0.8} == set(cycle[paths.thin(cycle, low, width), 0])
    band = rng.uniform(0, 1, size=(5000, 2))
    assert len(paths.thin(band, low, width)) <= paths.DOTS


def test_flows_are_smooth_lines_without_dots() -> None:
    x = RUNS[0].x
    flow = make_run(
        beale_scene(), beale, beale_grad, x, "gd@flow:eta=0.0001", 1e-4, 20000, "moving", fate=0, clock="flow"
    )
    drawn = plots.trajectories(flow)
    assert drawn.dots == []
    assert len(drawn.lines) == 1


def test_trapped_is_a_ring_and_moving_points_along_the_path() -> None:
    gd, sam = (plots.trajectories(run) for run in RUNS)
    ring = sam.ends[-1]
    assert (ring.get_marker(), ring.get_markerfacecolor()) == ("o", "none")
    np.testing.assert_array_equal(ring.get_xydata()[0], RUNS[1].final[0])
    assert gd.ends[0].get_marker()[:2] == (3, 0)


def test_rings_at_one_point_go_around_each_other_and_a_ring_elsewhere_is_small() -> None:
    away = replace(RUNS[1], x=RUNS[1].x + 0.5)
    drawn = plots.trajectories([RUNS[1], RUNS[1], away, RUNS[1]])
    rings = drawn.ends[1::2]  # each after its rim
    inner, outer = ([r.get_markersize() + s * r.get_markeredgewidth() for r in rings] for s in (-1, 1))
    assert inner[1] > outer[0]
    assert inner[3] > outer[1]
    assert outer[2] == outer[0]


def test_leaving_the_view_is_marked_on_its_border_and_changes_no_window() -> None:
    path = np.array([[[0.0, 0.5], [0.4, 0.5], [9.0, 0.5], [np.nan, np.nan]]])
    scene = background(beale, ((-1, 1), (0, 1)), (), "Beale", "0", ("x", "y"), 11)
    run = Run(
        {},
        "gd:eta=1",
        "",
        "steps",
        path,
        np.arange(4.0),
        np.array([3]),
        columns={"background": scene, "status": ["diverged"]},
    )
    drawn = plots.trajectories(run)
    np.testing.assert_allclose(drawn.ends[0].get_xydata(), [[1.0, 0.5]])
    assert drawn.axes.get_xlim() == (-1, 1)
    assert drawn.axes.get_ylim() == (0, 1)


def test_a_crowd_is_one_rasterized_collection_coloured_by_fate() -> None:
    run = crowd(41)
    drawn = plots.trajectories(run)
    (lines,), (starts,) = drawn.crowds, drawn.places
    assert lines.get_rasterized()
    assert len(lines.get_segments()) <= words.CROWD[2]
    np.testing.assert_array_equal(starts.get_offsets(), run.x[:, 0])
    blue = np.array(matplotlib.colors.to_rgb(style.ENDS[0]))
    is_blue = np.all(np.isclose(starts.get_facecolor()[:, :3], blue), axis=1)
    np.testing.assert_array_equal(is_blue, run.fate.filled(-1) == 0)


def test_a_full_lattice_of_many_starts_is_an_image_with_each_start_in_the_middle_of_its_pixel() -> None:
    run = crowd(
        75, order=np.random.default_rng(0).permutation(75 * 75)
    )  # the order of starts must not matter
    (image,) = plots.trajectories(run).places
    left, right, low, high = image.get_extent()
    pixels = image.get_array()
    assert pixels.shape == (75, 75, 4)
    column = ((run.x[:, 0, 0] - left) / (right - left) * 75).astype(int)
    row = ((run.x[:, 0, 1] - low) / (high - low) * 75).astype(int)
    blue = np.array(matplotlib.colors.to_rgb(style.ENDS[0]))
    is_blue = np.all(np.isclose(pixels[row, column, :3], blue), axis=1)
    np.testing.assert_array_equal(is_blue, run.fate.filled(-1) == 0)
    (starts,) = plots.trajectories(crowd(75, order=np.arange(1, 75 * 75))).places  # one is missing
    assert len(starts.get_offsets()) == 75 * 75 - 1


def test_starts_that_share_a_place_share_a_pixel_of_mean_colour_and_those_beside_the_lattice_are_squares() -> (
    None
):
    one = crowd(75)
    x = np.concatenate([one.x, one.x, [[[0.123, 0.456]] * 3]])
    fate = np.concatenate([np.full(75 * 75, 0), np.full(75 * 75, 1), [-1]])
    run = make_run(
        one.background, beale, beale_grad, x, "sam:eta=0.0001,rho=0.5", 1e-4, 2, "moving", fate=fate
    )
    image, beside = plots.trajectories(run).places
    both = [matplotlib.colors.to_rgb(hue) for hue in (style.ENDS[0], style.CAUGHT[0])]
    np.testing.assert_allclose(
        image.get_array()[..., :3], np.broadcast_to(np.mean(both, axis=0), (75, 75, 3)), atol=1e-12
    )
    np.testing.assert_array_equal(beside.get_offsets(), [[0.123, 0.456]])


def many_points(n: int) -> Run:
    """Return a run with ``n`` minima and ``n`` saddles in turn; k + 1 of its trajectories end at point k."""
    points = [point(k, (k, 0), float(k), ("minimum", "saddle")[k % 2], (1, 1)) for k in range(2 * n)]
    scene = background(beale, ((-1, 2 * n), (-1, 1)), points, "Many", "0", ("x", "y"), 5)
    fate = np.repeat(np.arange(2 * n), np.arange(1, 2 * n + 1))
    x = np.stack([fate + 0.25, np.linspace(-1, 1, len(fate))], axis=1)[:, None].repeat(2, axis=1)
    return make_run(scene, beale, beale_grad, x, "gd:eta=1", 1.0, 1, "moving", fate=fate)


def test_a_colour_of_a_crowd_says_one_thing_and_the_legend_names_it() -> None:
    run = many_points(12)
    figure = plots.run_figure(run)
    (starts,) = [c for c in figure.axes[0].collections if len(c.get_offsets()) == run.n]
    legend = figure.axes[0].get_legend()
    hues = [handle.get_color() for handle in legend.legend_handles]
    said = [text.get_text() for text in legend.get_texts()]
    assert len(hues) == len(set(hues)) == len(style.ENDS) + len(style.CAUGHT) + 2
    drawn = [matplotlib.colors.to_hex(c[:3]) for c in starts.get_facecolor()]
    for hue, text in zip(hues, said, strict=True):
        part = drawn.count(matplotlib.colors.to_hex(hue)) / run.n
        assert text.startswith(f"{part:.1%} "), text
    assert [text.split("% ")[1] for text in said[-2:]] == ["other saddles and maxima", "other minima"]
    of = dict(zip(drawn, run.fate.tolist(), strict=True))  # the largest of those that share a colour is named
    assert of[style.ENDS[3].lower()] == 22


def test_shades_of_what_catches_differ_between_neighbours_and_do_not_depend_on_the_run() -> None:
    hues = style.end_colours(many_points(4).background.points)
    assert [hues[k] for k in (1, 3, 5, 7)] == list(style.CAUGHT[:4])
    assert [hues[k] for k in (0, 2, 4, 6)] == list(style.ENDS[:4])


def test_the_key_of_a_crowd_says_what_its_black_dots_are() -> None:
    figure = plots.run_figure(crowd(9))
    (key,) = figure.legends
    assert [text.get_text() for text in key.get_texts()][:2] == ["start, coloured by its end", "end"]
    with style.context():
        (dots,) = plots.trajectories(crowd(9)).ends
    assert key.legend_handles[1].get_color() == dots.get_color()
    (many,) = plots.trajectories(crowd(41)).ends
    assert many.get_alpha() < dots.get_alpha()


# ---- other dimensions --------------------------------------------------------------------------------------
def test_lines_put_the_iterates_on_the_curve() -> None:
    runs = runs_1d()
    drawn = plots.lines(runs)
    scene = runs[0].background
    np.testing.assert_array_equal(drawn.curve.get_xydata(), np.stack([scene.axes[0], scene.loss], axis=1))
    for dots, run in zip(drawn.dots, runs, strict=True):
        assert {tuple(p) for p in dots.get_xydata()} <= set(zip(run.x[0, :, 0], run.loss[0], strict=True))
    assert [line.get_marker() for line in drawn.points] == ["v", "v", "^"]
    below = curve.strip(runs, axis())
    np.testing.assert_allclose(below.paths[1].get_ydata(), np.arange(121))


def crowd_1d(n: int, method: str = "sam:eta=0.02,rho=0.1") -> Run:
    """Return GD from ``n`` starts in the double well."""
    scene, loss, grad = scene_1d()
    path = walk(grad, np.linspace(-1.7, 1.7, n)[:, None], 0.02, 0, 40)
    fate = np.where(path[:, -1, 0] > 0.05, 1, 0)
    return make_run(scene, loss, grad, path, method, 0.02, 40, "moving", fate=fate)


def test_of_many_starts_on_a_line_all_are_on_the_curve_and_some_from_all_over_it_are_followed() -> None:
    run = crowd_1d(1001)
    drawn, below = plots.lines(run), curve.strip(run, axis())
    (starts,), (followed,) = drawn.crowds, below.crowds
    np.testing.assert_array_equal(starts.get_offsets(), np.stack([run.x[:, 0, 0], run.loss[:, 0]], axis=1))
    np.testing.assert_array_equal(
        drawn.dots[0].get_xydata(), np.stack([run.final[:, 0], run.loss[:, -1]], axis=1)
    )
    hues = [matplotlib.colors.to_rgb(style.ENDS[k]) for k in run.fate]
    np.testing.assert_allclose(starts.get_facecolor()[:, :3], hues)
    paths_ = np.array(followed.get_segments())
    assert len(paths_) == words.CROWD[1]
    gaps = np.diff(paths_[:, 0, 0])
    assert gaps.max() < 2 * 3.4 / words.CROWD[1]  # 3.4: the view; none of it is left out
    assert {tuple(x) for x in paths_[..., 0]} <= {tuple(x) for x in run.x[..., 0]}


def test_a_figure_of_many_starts_on_a_line_has_panels_of_one_scale_and_says_how_many_are_drawn() -> None:
    figure = plots.run_figure([crowd_1d(1001), crowd_1d(1001, "gd:eta=0.02")])
    tops, times = figure.axes[::2], figure.axes[1::2]
    for group in (tops, times):
        assert len({ax.get_ylim() for ax in group}) == len({ax.get_xlim() for ax in group}) == 1
    assert "1\u00a0001 starts (lines: 200 of them, evenly spread)" in texts(figure)
    assert "of them" not in texts(plots.run_figure(crowd_1d(30)))


def test_a_wall_does_not_dwarf_the_wells() -> None:
    scene, loss, grad = scene_1d()
    wide = background(loss, ((-5, 5),), scene.points, "Wide", "x", ("x",), 401)
    run = make_run(
        wide, loss, grad, walk(grad, [[1.5]], 0.02, 0, 50), "gd:eta=0.02", 0.02, 50, "converged", fate=1
    )
    low, high = plots.lines(run).axes.get_ylim()
    assert low < wide.loss.min()
    assert run.loss.max() < high < 2 * run.loss.max()


def test_the_plane_fits_and_says_what_it_leaves_out() -> None:
    rng = np.random.default_rng(1)
    frame = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    flat = rng.normal(size=(1, 200, 2)) * [3, 1] @ frame[:2]
    bump = flat.copy()
    bump[0, 17] += 1e-3 * frame[2]
    for x, residual in ((flat, 0.0), (bump, 1e-3)):
        run = Run({}, "gd:eta=1", "", "steps", x, np.arange(200.0), np.array([199]))
        drawn = plots.plane(run)
        assert drawn.residual == pytest.approx(residual, abs=2e-5)
        np.testing.assert_allclose(drawn.paths[0].get_xydata(), (x[0] - drawn.centre) @ drawn.directions.T)
    assert "off this plane" in drawn.note.get_text()


def test_traces_show_the_columns_against_steps() -> None:
    runs = [
        replace(
            run,
            x=run.x[:, :2000],
            t=run.t[:2000],
            columns={**run.columns, "loss": run.loss[:, :2000], "grad_norm": run.grad_norm[:, :2000]},
        )
        for run in RUNS
    ]
    drawn = plots.traces(runs, ("loss", "grad_norm"))
    for name in ("loss", "grad_norm"):
        for line, run in zip(drawn.lines[name], runs, strict=True):
            np.testing.assert_array_equal(line.get_ydata(), getattr(run, name)[0])
            np.testing.assert_allclose(line.get_xdata(), run.t / 1e-4)
    assert drawn.axes.get_yscale() == "log"
    with pytest.raises(UsageError, match="grad_norm"):
        plots.traces(RUNS, ("gradnorm",))


def test_many_records_are_medians_in_the_band_of_all() -> None:
    """A loss that bounces between 1 and 100: the line stays at a value it takes, the band holds all of it."""
    loss = np.where(np.arange(4001) % 3 == 0, 100.0, 1.0)[None]
    columns = {**RUNS[0].columns, "loss": loss}
    run = replace(RUNS[0], x=np.zeros((1, 4001, 2)), t=np.arange(4001) * 1e-4, columns=columns)
    drawn = plots.traces(run, ("loss",))
    (line,), (band,) = drawn.lines["loss"], drawn.bands["loss"]
    assert set(line.get_ydata()[1:]) == {1.0}
    assert line.get_ydata()[0] == 100.0
    heights = band.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (1.0, 100.0)
    assert drawn.axes.get_xlabel() == "step"
    assert line.get_label() == "GD"


def test_what_a_hill_hides_is_drawn_faintly() -> None:
    """Seen from the front (negative y) and not far up, the hill exp(−x² − y²) hides a path behind it."""
    hill = background(
        lambda x: np.exp(-4 * np.sum(x**2, axis=-1)), ((-2, 2), (-2, 2)), (), "hill", "f", ("x", "y"), n=81
    )
    body = Solid.of(hill, np.asarray, (10.0, -90.0), None)
    places = np.array([[0.0, 0.5, 0.3], [0.0, -0.5, 0.4], [1.5, 0.5, 0.0], [0.0, 0.5, 1.5], [np.nan] * 3])
    assert list(body.hides(places)) == [True, False, False, False, False]
    assert list(body.holds(places[:, :2])) == [True, True, True, True, False]
    # lit from the left of the eye: the side that faces it is brighter than the one that turns away
    light = body.light()
    assert light[40, 34] > 0.9 > light[40, 46]


def test_the_surface_lifts_by_the_height_and_carries_the_paths() -> None:
    drawn = plots.surface(RUNS)
    z = np.array(drawn.lines[0].get_data_3d())[2]
    ground = drawn.height(RUNS[0].loss[0])
    above = (z - ground)[np.isfinite(z)]  # what is behind a hill is another, fainter line
    assert len(above) > 1000
    assert np.ptp(above) < 1e-9
    assert plots.surface(beale_scene(), height="linear").height is None


def test_wrong_dimensions_are_refused_in_words() -> None:
    for draw, runs in (
        (plots.trajectories, runs_4d()),
        (plots.lines, RUNS),
        (plots.contours, runs_1d()[0]),
        (plots.surface, runs_1d()),
    ):
        with pytest.raises(UsageError, match="coordinate"):
            draw(runs, ax=axis())


# ---- the whole figure --------------------------------------------------------------------------------------
def test_the_figure_says_who_did_what_with_which_numbers() -> None:
    said = texts(plots.run_figure(RUNS, baseline=0))
    for words_ in (
        "SAM ρ = 0.5: trapped at saddle (0, 1)",
        "GD: in the basin of minimum (3, 0.5), 0.32 away",
        "Beale",
        "η\u00a0=\u00a010⁻⁴",  # no line breaks inside
    ):
        assert words_ in said
    assert "40\u00a0000 (SAM)" in said
    assert r"\left(x y - x + \frac{3}{2}\right)^{2}" in said


@pytest.mark.parametrize("sheet", ["paper", "slides"])  # the narrowest and the largest type
@pytest.mark.parametrize(
    "runs",
    [
        RUNS,
        runs_1d(),
        runs_4d(),
        [crowd(9), crowd(9, "gd:eta=0.0001")],
        [many_points(12)],
        [crowd_1d(30)] * 2,
    ],
    ids=["2d", "1d", "4d", "grid", "long legend", "1d grid"],
)
def test_no_text_is_clipped_or_covered(runs: list[Run], sheet: str) -> None:
    figure = plots.run_figure(runs, baseline=0, style=sheet)
    figure.canvas.draw()
    page = figure.bbox
    boxes = [(t.get_window_extent(), t.get_text()) for t in figure.texts]
    for ax in figure.axes:
        tight = ax.get_tightbbox()
        assert tight.x0 >= page.x0 - 1, ax.get_ylabel()
        assert tight.x1 <= page.x1 + 1
        boxes.append((tight, f"axis {ax.get_xlabel()}"))
    for box, text in boxes:
        assert box.y0 >= page.y0 - 1, text
        assert box.y1 <= page.y1 + 1, text
        assert box.x1 <= page.x1 + 1, text
    for i, (a, one) in enumerate(boxes):
        for b, two in boxes[i + 1 :]:
            wide, tall = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
            assert min(wide, tall) < 0.03 * figure.dpi, (one, two)


def test_a_caption_says_every_number_of_calls_once_what_gamma_is_and_breaks_no_number() -> None:
    formulas = {
        "sgd": r"x \leftarrow x - \eta\,\nabla f_{\gamma}(x)",
        "sam": SAM.replace("f(", r"f_{\gamma}("),
    }
    methods = ["sgd:eta=1", *(f"sam:batch={b},eta=1,rho={r}" for b in (1, 2) for r in (0.1, 0.2))]

    def caption(*calls: int) -> str:
        runs = [
            replace(RUNS[0], method=m, formula=formulas[m[:3]], gradient_evaluations=np.array([n]))
            for m, n in zip(methods, calls, strict=True)
        ]
        pieces = [piece for part in sentences(runs, plots_naming.labels(methods)) for piece in part]
        assert "=" not in pieces  # which would stand at the end of a line
        return " ".join(pieces).replace("\u00a0", " ")

    assert "gradient calls 500 (SGD), 1 000 (SAM)." in caption(500, 1000, 1000, 1000, 1000)
    assert "500 (SGD), 1 000 (SAM batch = 1), 1 200 (SAM batch = 2)." in caption(500, 1000, 1000, 1200, 1200)
    assert "gradient calls 1 000 (SGD, SAM)." in caption(1000, 1000, 1000, 1000, 1000)
    assert "8 (SAM ρ = 0.2, batch = 1, SAM ρ = 0.2, batch = 2)." in caption(7, 7, 8, 7, 8)
    assert "(γ: the batch)" in caption(1, 2, 2, 2, 2)
    assert "γ" not in " ".join(piece for part in sentences(RUNS, ["GD", "SAM"]) for piece in part)


def test_a_caption_and_labels_of_ones_own() -> None:
    said = texts(plots.run_figure(RUNS, caption=r"Only this: $\eta^2$ and a_b.", labels=["one_1", "two"]))
    assert "Only this:" in said
    assert "one_1: in the basin" in said
    with pytest.raises(UsageError, match="2 run"):
        plots.run_figure(RUNS, labels=["one"])
    with pytest.raises(UsageError, match="paper"):
        plots.run_figure(RUNS, style="papr")


def test_a_long_formula_is_split_outside_brackets_and_a_strange_one_is_plain() -> None:
    assert split(r"\left(x - 1\right)^{2} + \frac{a + b}{c} - d")[1].startswith(r"+\;\frac{a + b}{c}")
    assert formula(BEALE_LATEX)[1].startswith("$+")
    assert formula(r"\begin{cases} x \end{cases}") == [r"\begin{cases}", "x", r"\end{cases}"]
    assert " ".join(formula("x + " * 500 + "y")) == "(a formula of 2001 characters)"


def test_numbers_read_as_print() -> None:
    shown = [words.number(v) for v in (1e-4, 0.3178, 14.203125, -2395.0, 3.14e-7, 0.0, 1e8, 1e-3)]
    assert shown == ["10⁻⁴", "0.318", "14.2", "−2400", "3.14×10⁻⁷", "0", "10⁸", "0.001"]


# ---- files -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_figure_gives_the_same_bytes_and_its_specification_back(suffix: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for file in files:
        plots.save(plots.run_figure(RUNS, baseline=0), file, {"landscape": "beale", "ρ": [0.5]})
    assert files[0].read_bytes() == files[1].read_bytes()
    assert b"atplotlib v" not in files[0].read_bytes()
    assert plots.read_spec(files[0]) == '{"landscape": "beale", "ρ": [0.5]}'


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
@pytest.mark.parametrize("spec", SPECS[:3])
def test_any_text_comes_back(suffix: str, spec: str, tmp_path: Path) -> None:
    file = plots.save(axis().figure, tmp_path / f"a{suffix}", spec)
    assert plots.read_spec(file) == spec


def test_png_text_is_read_in_all_three_kinds_of_chunk(tmp_path: Path) -> None:
    for kind in ("tEXt", "zTXt", "iTXt", "compressed iTXt"):
        info = PngImagePlugin.PngInfo()
        if "iTXt" in kind:
            info.add_itxt(provenance.KEY, "σ = 1", zip="compressed" in kind)
        else:
            info.add_text(provenance.KEY, "é = 1", zip=kind == "zTXt")
        Image.new("L", (2, 2)).save(tmp_path / "a.png", pnginfo=info)
        assert plots.read_spec(tmp_path / "a.png") in ("σ = 1", "é = 1")


def test_files_that_are_not_ours_have_no_specification(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("L", (2, 2)).save(out, "png")
    damaged = (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I4s", 40, b"zTXt")
        + provenance.KEY.encode()
        + b"\0\0"
        + zlib.compress(b"x")[:4]
    )
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><a></svg>"
    for data in (out.getvalue(), damaged, b"%PDF-1.4 /Subject (x)", svg, b"<svg/>", b"", b"text"):
        (tmp_path / "a").write_bytes(data)
        assert plots.read_spec(tmp_path / "a") is None
    with pytest.raises(OutputError, match="cannot read"):
        plots.read_spec(tmp_path / "none.png")


def test_a_figure_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    figure = axis().figure
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"cannot write .*a\.png"):
        plots.save(figure, tmp_path / "file" / "a.png", "{}")
    with pytest.raises(UsageError, match=r"\.png, \.svg, \.pdf, not as '\.jpg'"):
        plots.save(figure, tmp_path / "a.jpg", "{}")
    (tmp_path / "b.png").mkdir()
    with pytest.raises(OutputError):
        plots.save(figure, tmp_path / "b.png", "{}")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.png", "file"]
