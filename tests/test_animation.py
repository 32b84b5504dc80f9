"""Moving pictures: what stands in every frame, how long, and what the files carry."""

from __future__ import annotations

import io
import shutil
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from basins_by_hand import by_hand
from matplotlib.colors import to_rgb
from PIL import Image

import saddlescape as ss
from saddlescape import plots
from saddlescape.errors import UsageError
from saddlescape.plots import animation, flood, style
from saddlescape.plots.provenance import read_spec

Said = tuple[int, str, str]


@pytest.fixture(scope="module")
def runs() -> list[ss.Run]:
    """Two short runs on the saddle."""
    scene = ss.landscape("saddle")
    return [ss.simulate(scene, f"{name}:eta=0.02", (-1.0, 0.3), 60, engine="plain") for name in ("gd", "sam")]


def pictures(data: bytes) -> list[Image.Image]:
    """Return the frames of a GIF."""
    image = Image.open(io.BytesIO(data))
    found = []
    for k in range(image.n_frames):
        image.seek(k)
        found.append(image.copy())
    return found


def has(frame: Any, hue: str) -> int:
    """Return how many pixels have exactly this colour."""
    pixels = np.asarray(frame.convert("RGB") if isinstance(frame, Image.Image) else frame)
    return int(np.sum(np.all(pixels == np.round(255 * np.array(to_rgb(hue))).astype(int), axis=2)))


def test_frames_begin_slowly_and_hold_every_record_of_a_short_run(runs: list[ss.Run]) -> None:
    rows, told = animation.schedule(runs, 100, 2.0)
    assert rows == [[k, k] for k in range(61)]
    assert (told[0], told[-1]) == ("step 0 of 60", "step 60 of 60")
    rows, told = animation.schedule(runs, 16, 2.0)
    # frame j of 15 is at (j/15)² of 60 steps; the first of them share step 0 and count once
    assert [row[0] for row in rows] == sorted({int(60 * (j / 15) ** 2 * (1 + 1e-9)) for j in range(16)})
    assert animation.schedule(runs, 16, 1.0)[1][1] == "step 4 of 60"


def test_a_flow_beside_its_map_is_shown_at_the_same_time() -> None:
    scene = ss.landscape("saddle")
    both = [
        ss.simulate(scene, "gd:eta=0.02", (-1.0, 0.3), 20, engine="plain"),
        ss.simulate(scene, "gd@flow:eta=0.02", (-1.0, 0.3), 200, engine="plain"),
    ]
    rows, told = animation.schedule(both, 50, 1.0)
    assert all(abs(both[0].t[a] - both[1].t[b]) <= 0.02 for a, b in rows)
    assert told[-1] == "time 0.4 of 0.4"


def test_heads_are_where_the_trajectories_are(runs: list[ss.Run]) -> None:
    stage = animation._paths(tuple(runs), None)
    past = np.arange(31)
    for actor, run in zip(stage.actors, runs, strict=True):
        actor.move(30, past)
        assert np.column_stack(actor.head.get_data()) == pytest.approx(run.x[:, 30])  # type: ignore[attr-defined]
        fading = actor.beads.get_facecolor()[:, 3]  # type: ignore[attr-defined]
        assert np.all(np.diff(fading) >= 0)
        assert fading[0] < 0.4 < fading[-1]


def test_a_gif_repeats_holds_its_ends_and_has_the_methods_colours(runs: list[ss.Run]) -> None:
    made = plots.animate(runs, frames=12)
    data = made.gif("{}")
    assert data == plots.animate(runs, frames=12).gif("{}")  # the same bytes
    frames = pictures(data)
    assert len(frames) == len(made.frames) == 11  # two of 12 share step 0
    times = [frame.info["duration"] for frame in frames]
    assert (times[0], times[1], times[-1]) == (800, 50, 2000)
    assert frames[0].info["loop"] == 0
    hue = style.CYCLE[0]
    assert min(has(frame, hue) for frame in frames) > 10
    assert has(frames[-1], "#ffffff") > 5000
    assert made._repr_html_().startswith('<img src="data:image/gif;base64,')
    # the landscape stands still: what differs between two frames is little
    first, last = (np.asarray(f, dtype=int) for f in (made.frames[0], made.frames[-1]))
    assert np.mean(np.any(first != last, axis=2)) < 0.15


@pytest.mark.slow
def test_a_cloud_has_a_panel_per_run_and_a_dot_per_start() -> None:
    scene = ss.landscape("himmelblau")
    starts = np.random.default_rng(0).uniform(-4, 4, (40, 2))
    made = [ss.simulate(scene, f"gd:eta={eta}", starts, 50) for eta in (0.002, 0.005)]
    stage = animation._cloud(tuple(made))
    for actor, run in zip(stage.actors, made, strict=True):
        actor.move(20, np.arange(21))
        assert np.asarray(actor.dots.get_offsets()) == pytest.approx(run.x[:, 20])  # type: ignore[attr-defined]
        assert len(actor.tails.get_segments()) == 40  # type: ignore[attr-defined]
    assert len({id(a.dots.axes) for a in stage.actors}) == 2  # type: ignore[attr-defined]
    short = plots.animate(made, frames=5)
    assert len(short.frames) == 5


def test_one_coordinate_is_a_curve_with_a_head_on_it() -> None:
    run = ss.simulate(ss.landscape("x^4 - x^2"), "gd", steps=20, engine="plain")
    stage = animation._paths((run,), None)
    stage.actors[0].move(7, np.arange(8))
    x, f = stage.actors[0].head.get_data()  # type: ignore[attr-defined]
    assert (x[0], f[0]) == pytest.approx((run.x[0, 7, 0], run.loss[0, 7]))


def test_diverged_trajectories_leave_the_picture() -> None:
    run = ss.simulate(ss.landscape("beale"), "gd:eta=0.03", [(-4.0, 4.0), (3.0, 0.51)], 40, engine="plain")
    assert len(plots.animate(run, frames=6).frames) == 6


@pytest.mark.parametrize("text", ["{}", '{"a": "%s"}' % ("x" * 2000), '{"ρ": "½"}'])
def test_a_gif_carries_its_specification(runs: list[ss.Run], tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.gif"
    plots.animate(runs, path, frames=3, spec=text)
    assert read_spec(path) == text
    whole = path.read_bytes()
    for part in (13, 40, 900):  # cut off: no specification, and no error
        path.write_bytes(whole[:part])
        assert read_spec(path) in (None, text)


def test_another_programs_gif_has_no_specification(tmp_path: Path) -> None:
    path = tmp_path / "b.gif"
    Image.new("P", (4, 4)).save(path, comment=b"made elsewhere")
    assert read_spec(path) is None
    Image.new("P", (4, 4)).save(path)
    assert read_spec(path) is None


def test_the_comment_of_an_mp4_is_read(tmp_path: Path) -> None:
    text = b'landscape:spec\n{"a": 1}'
    data = struct.pack(">I4sII", 16 + len(text), b"data", 1, 0) + text
    box = struct.pack(">I4s", 8 + len(data), b"\xa9cmt") + data
    path = tmp_path / "a.mp4"
    path.write_bytes(struct.pack(">I4s4s", 12, b"ftyp", b"isom") + b"moovudta" + box)
    assert read_spec(path) == '{"a": 1}'
    path.write_bytes(struct.pack(">I4s4s", 12, b"ftyp", b"isom"))
    assert read_spec(path) is None


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no ffmpeg here")
def test_an_mp4_is_the_same_every_time_and_carries_its_specification(
    runs: list[ss.Run], tmp_path: Path
) -> None:
    made = plots.animate(runs, frames=5)
    paths = [made.save(tmp_path / name, '{"a": 1}') for name in ("a.mp4", "b.mp4")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert read_spec(paths[0]) == '{"a": 1}'


def test_a_gif_is_made_again_from_itself(say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = say("run", "saddle", "-n", "9", "-o", "a.gif")
    assert (code, "wrote  a.gif" in err) == (0, True)
    assert say("rerun", "a.gif", "--check")[:2] == (0, "same: a.gif is what this version makes\n")
    first = Path("a.gif").read_bytes()
    assert say("rerun", "a.gif")[0] == 0
    assert Path("a.gif").read_bytes() == first
    Path("a.gif").write_bytes(first + b"\0")
    assert say("rerun", "a.gif", "--check")[0] == 3
    monkeypatch.setenv("PATH", "")
    code, _, err = say("run", "saddle", "-o", "a.mp4")
    assert (code, "ffmpeg, which is not on the PATH: write a .gif" in err) == (2, True)


def test_basins_fill_in_the_order_of_arrival() -> None:
    """Left at step 10, right at step 40 of 100, one pixel still moves: it comes with the last frame."""
    words = np.array([["converged:0", "converged:0", "converged:1", "converged:1"]] * 4)
    words[0, 3] = "moving"
    when = np.where(words == "converged:0", 0.1, 0.4)
    when[0, 3] = np.nan
    found = by_hand(words, when=when)
    moments = np.array([0.0, 0.1, 0.2, 0.4, 1.0])
    drawn = plots.basins(found, legend=False)
    whole = np.asarray(drawn.image.get_array())[..., :3].copy()
    actor = flood.Flood(0, drawn, found, moments)
    wet = []
    for k in range(5):
        actor.move(k, np.arange(k + 1))
        wet.append(int(np.sum(np.any(np.asarray(drawn.image.get_array())[..., :3] != actor.dry, axis=2))))
    assert wet == [0, 8, 8, 15, 16]
    assert np.array_equal(np.asarray(drawn.image.get_array())[..., :3], whole)  # the picture of plots.basins
    assert flood._counter((found,), 0.4) == "step 40 of 100"


def test_a_flood_has_a_panel_per_map_and_keeps_its_colours(tmp_path: Path) -> None:
    words = np.array([["converged:0", "converged:1"] * 5] * 10)
    when = np.geomspace(0.01, 0.9, 100).reshape(10, 10)
    found = by_hand(words, when=when)
    path = tmp_path / "a.gif"
    made = plots.animate_basins([found, found], path, frames=9, spec="{}")
    assert has(pictures(path.read_bytes())[0], "#ffffff") > 0.9 * has(made.frames[0], "#ffffff")
    assert len(made.frames) == 9
    assert read_spec(path) == "{}"
    assert made.gif() == plots.animate_basins([found, found], frames=9).gif()
    with pytest.raises(UsageError, match="one run from every pixel"):
        plots.animate_basins(by_hand(words, ends=("converged:0",), odds=np.ones((1, 10, 10)), runs=3))


def test_landscape_basins_writes_a_flood_and_makes_it_again(say: Callable[..., Said]) -> None:
    code, _, err = say("basins", "saddle", "--resolution", "12", "-n", "60", "-o", "a.gif")
    assert (code, "wrote  a.gif" in err) == (0, True)
    assert say("rerun", "a.gif", "--check")[0] == 0
    code, _, err = say("basins", "beale", "--opt", "sam:batch=1", "--runs", "3", "-o", "a.gif")
    assert (code, "nothing does here" in err) == (2, True)


@pytest.mark.parametrize(("more", "said"), [
    ({"kind": "film"}, "trajectories or cloud"), ({"frames": 1}, "frames ≥ 2"), ({"pace": 0}, "pace above 0"),
])  # fmt: skip
def test_what_cannot_be_shown_is_refused(runs: list[ss.Run], more: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        plots.animate(runs, **more)


def test_other_endings_and_dimensions_are_refused(runs: list[ss.Run]) -> None:
    with pytest.raises(UsageError, match=r"\.gif or \.mp4"):
        plots.animate(runs, "a.avi", frames=2)
    with pytest.raises(UsageError, match="one or two coordinates"):
        plots.animate(ss.simulate(ss.landscape("deep_scalar"), "gd", steps=3))


@pytest.mark.slow
def test_the_default_of_beale_is_small_and_soon_made(say: Callable[..., Said]) -> None:
    began = time.monotonic()
    assert say("run", "beale", "--opt", "sam", "-o", "a.gif")[0] == 0
    assert Path("a.gif").stat().st_size < 3e6
    assert time.monotonic() - began < 40  # 9 s alone on two cores; others may be at work
