"""Simulate: bits that depend on nothing but the question, runs that can be stopped, bad input refused in words."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import saddlescape as ss
from saddlescape import ctrl_c
from saddlescape.dynamics import simulate as module
from saddlescape.dynamics import work
from saddlescape.errors import Interrupted, UsageError
from saddlescape.partial import Partial
from saddlescape.results import Run

BEALE = ss.landscape("beale")
LINE = ss.landscape("parabola")
SAM = "sam:rho=0.1,eta=0.001"
BALL = "sam:rho=0.1,eta=0.001,beta=0.9,nesterov=true"
TICKS = 203
#: ordinary starts, and those where bits go astray: a minimum, a saddle, signed zeros, far away, on the way to infinity
STARTS = np.concatenate(
    [
        np.random.default_rng(7).uniform((0, -1), (4, 1.2), size=(140, 2)),
        [
            [3.0, 0.5],
            [0.0, 1.0],
            [-0.0, 1.0],
            [-0.0, -0.0],
            [4.5, 4.5],
            [1e7, -1e7],
            [1e30, 1.0],
            [1e-300, 1e-300],
        ],
        np.random.default_rng(8).uniform(-4.5, 4.5, size=(93, 2)),
    ]
)
NUMBERS: dict[str, Any] = {
    "rho": np.linspace(0, 1, len(STARTS)),
    "eta": np.geomspace(1e-5, 1e-2, len(STARTS)),
}


def same(a: Run, b: Run) -> None:
    """Assert that two runs are equal in every bit, the sign of zero included."""
    for name in ("x", "v_final"):
        one, other = getattr(a, name), getattr(b, name)
        assert (one is None) == (other is None)
        if one is not None:
            assert np.array_equal(one, other, equal_nan=True)
            there = ~np.isnan(one)
            assert np.array_equal(np.signbit(one[there]), np.signbit(other[there]))
    for name in ("box", "recurrent", "period"):
        assert np.array_equal(a.columns[name], b.columns[name], equal_nan=name == "box")


def run(method: Any = BALL, x0: Any = STARTS, **options: Any) -> Run:
    """Return a compiled run on Beale's function."""
    return ss.simulate(BEALE, method, x0, TICKS, **{"engine": "compiled", **options})


@pytest.fixture(scope="module")
def straight() -> Run:
    """The run all others are compared with: one thread, one piece."""
    return run(threads=1, block=1 << 14)


# ---- bits ---------------------------------------------------------------------------------------------------------

LAYOUTS = {
    "two threads": {"threads": 2},
    "more threads than work": {"threads": 9},
    "blocks of 64": {"threads": 2, "block": 64},
    "blocks of 100": {"threads": 1, "block": 100},
    "blocks of 1000": {"threads": 2, "block": 1000},
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_threads_and_blocks_change_no_bit(layout: dict[str, Any], straight: Run) -> None:
    same(run(**layout), straight)


@pytest.mark.parametrize("piece", [1 << 6, 1 << 12, 10_007])
def test_cutting_time_into_segments_changes_no_bit(
    piece: int, straight: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "PIECE", piece)
    same(run(threads=2), straight)


def test_the_order_of_starts_changes_no_bit(straight: Run) -> None:
    order = np.random.default_rng(1).permutation(len(STARTS))
    moved = run(x0=STARTS[order])
    assert np.array_equal(moved.x, straight.x[order], equal_nan=True)
    assert np.array_equal(moved.v_final, straight.v_final[order], equal_nan=True)


def test_every_trajectory_is_the_same_alone(straight: Run) -> None:
    for i in (0, 77, 140, 144, 240):
        alone = run(x0=STARTS[i])
        assert np.array_equal(alone.x[0], straight.x[i], equal_nan=True)


@pytest.mark.parametrize("every", [7, 64, 100, TICKS, 10**9])
def test_recording_less_often_records_the_same(every: int, straight: Run) -> None:
    ticks = sorted({*range(0, TICKS, every), TICKS})
    less = run(every=every)
    assert np.array_equal(less.x, straight.x[:, ticks], equal_nan=True)
    assert np.array_equal(less.t, straight.t[ticks])
    same(run(every=every, threads=2, block=64), less)


@pytest.mark.parametrize(
    "method", [BALL, *(pytest.param(m, marks=pytest.mark.slow) for m in (SAM, "gd:eta=0.001"))]
)
def test_plain_python_gives_the_bits_of_the_compiled_kernel(method: str) -> None:
    same(run(method, engine="plain"), run(method))


def test_plain_python_gives_the_same_bits_in_segments_and_records() -> None:
    starts = STARTS[130:160]
    one = run(x0=starts, every=7)
    same(run(x0=starts, every=7, engine="plain", block=4, threads=2), one)


def test_a_short_run_is_plain_and_a_long_one_compiled_with_the_same_bits(straight: Run) -> None:
    assert len(STARTS) * TICKS <= module.PLAIN_TICKS
    same(run(engine="auto"), straight)


def test_numbers_of_its_own_for_every_trajectory() -> None:
    many = run(ss.method("sam", **NUMBERS), threads=2, block=64)
    for i in (0, 100, 139, 240):
        one = ss.method("sam", **{k: v[i] for k, v in NUMBERS.items()})
        assert np.array_equal(run(one, STARTS[i]).x[0], many.x[i], equal_nan=True)
    assert many.t.shape == (len(STARTS), TICKS + 1)
    np.testing.assert_allclose(many.t[:, -1], TICKS * NUMBERS["eta"], rtol=1e-15)


@pytest.mark.parametrize("name", ["parabola", pytest.param("deep_scalar", marks=pytest.mark.slow)])
def test_bits_hold_in_one_and_three_dimensions(name: str) -> None:
    landscape = ss.landscape(name)
    x0 = np.random.default_rng(3).normal(size=(70, landscape.dim))
    runs = [
        ss.simulate(
            landscape, "sam:rho=0.1,eta=0.01", x0, 150, every=10, engine=engine, block=block, threads=2
        )
        for engine, block in (("compiled", 64), ("compiled", 128), ("plain", 7))
    ]
    same(runs[0], runs[1])
    same(runs[0], runs[2])


def test_a_cycle_is_left_out_without_changing_a_bit() -> None:
    """After some ticks every lane of a block repeats itself, and the kernel stops computing: seen by no one."""
    starts = np.linspace(-2, 2, 70)[:, None]
    long = ss.simulate(LINE, "gd:eta=0.6666666666666666", starts, 5003, every=1, engine="compiled")
    x = starts.copy()
    for k in range(5004):
        assert np.array_equal(long.x[:, k], x)
        x = x - 0.6666666666666666 * (3.0 * x)
    less = ss.simulate(LINE, "gd:eta=0.6666666666666666", starts, 5003, every=97, engine="compiled")
    assert np.array_equal(less.x, long.x[:, [*range(0, 5003, 97), 5003]])


def test_a_diverged_trajectory_is_nan_from_the_tick_it_was_noticed() -> None:
    """Noticed is what is farther than 1e8 at a multiple of 64 ticks or at the end."""
    made = run("gd:eta=0.01", [[4.5, 4.5], [1e7, -1e7], [1.0, 1.0]], engine="plain")
    assert np.isnan(made.x[:2, 64:]).all()
    assert np.isfinite(made.x[2]).all()
    short = ss.simulate(BEALE, "gd:eta=0.01", [[4.5, 4.5]], 3)
    assert np.isnan(short.final).all()
    assert made.status.tolist() == ["diverged", "diverged", "moving"]


# ---- shapes -------------------------------------------------------------------------------------------------------


def test_shapes_of_a_run() -> None:
    one = ss.simulate(BEALE, SAM, [1.0, 1.0], 10)
    assert one.x.shape == (1, 11, 2)
    assert one.t.shape == (11,)
    np.testing.assert_allclose(one.t, np.arange(11) * 1e-3, rtol=1e-15)
    assert one.v_final is None
    assert one.gradient_evaluations.tolist() == [20]
    assert one.n == 1
    many = ss.simulate(BEALE, "gd:beta=0.9,eta=0.001", np.ones((3, 2)), 10, every=4)
    assert many.x.shape == (3, 4, 2)
    np.testing.assert_allclose(many.t, [0, 0.004, 0.008, 0.01], rtol=1e-15)
    assert many.v_final is not None
    assert many.v_final.shape == (3, 2)
    assert many.gradient_evaluations.tolist() == [10, 10, 10]
    assert np.array_equal(many.x[:, 0], np.ones((3, 2)))


def test_the_landscape_says_where_and_how_long() -> None:
    made = ss.simulate(ss.landscape("saddle"), "sam")
    assert made.x.shape == (1, 501, 2)
    assert made.x[0, 0].tolist() == [-3, -0.01]
    assert made.method == "sam:eta=0.01,rho=0.5"


def test_the_callers_arrays_are_not_changed() -> None:
    x0, v0 = np.ones((3, 2)), np.full((3, 2), 0.5)
    ss.simulate(BEALE, "gd:beta=0.9", x0, 5, v0=v0)
    assert (x0 == 1).all()
    assert (v0 == 0.5).all()


def test_a_grid_of_starts_and_numbers() -> None:
    grid = ss.product([[0.5, 0.5], [1.0, 1.0]], rho=[0.1, 0.2, 0.3], eta=[1e-3, 1e-4])
    assert grid["x0"].shape == (12, 2)
    assert grid["x0"][:6].tolist() == [[0.5, 0.5]] * 6
    assert grid["rho"].tolist() == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3] * 2
    assert grid["eta"].tolist() == [1e-3, 1e-4] * 6
    with pytest.raises(UsageError, match="rho is empty"):
        ss.product([[0.5, 0.5]], rho=[])


# ---- stopping and going on ----------------------------------------------------------------------------------------


class Stop:
    """A progress callback that presses Ctrl-C once the work is ``share`` done, and keeps what it was told."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.told: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.told.append((done, total))
        if done >= self.share * total:
            raise KeyboardInterrupt


def stopped(share: float = 0.3, **options: Any) -> Partial:
    """Return what is left of a run that was interrupted."""
    with pytest.raises(Interrupted) as caught:
        run(threads=1, block=64, progress=Stop(share), **options)
    partial = caught.value.partial
    assert isinstance(partial, Partial)
    return partial


@pytest.mark.parametrize("share", [0, 0.3])
def test_an_interrupted_run_goes_on_to_the_same_bits(share: float, straight: Run, tmp_path: Path) -> None:
    partial = stopped(share)
    kept = Partial.load(partial.save(tmp_path / "run.part"))
    assert kept.fraction == partial.fraction
    same(run(resume=kept), straight)
    same(run(resume=partial, threads=2, block=100), straight)


def test_what_is_done_is_not_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    piece, begun = work._piece, count()

    def waiting(*given: Any) -> None:
        if next(begun) >= 3:  # three pieces of four are done, the last waits for Ctrl-C
            assert given[5].wait(60)
        piece(*given)

    monkeypatch.setattr(work, "_piece", waiting)
    partial = stopped(0.75)
    monkeypatch.undo()
    assert partial.fraction == pytest.approx(3 * 64 / len(STARTS))
    progress, fraction = Stop(2), partial.fraction
    run(resume=partial, threads=1, block=64, progress=progress)
    assert progress.told[0][0] >= fraction * progress.told[0][1]


def test_progress_never_goes_beyond_the_whole() -> None:
    partial = stopped(0.3)
    for block in (64, 128, 192, 1000):
        progress = Stop(2)
        copy = Partial(
            **{
                k: getattr(partial, k) if k == "signature" else getattr(partial, k).copy()
                for k in vars(partial)
            }
        )
        run(resume=copy, threads=1, block=block, progress=progress)
        done = [d for d, _ in progress.told]
        assert done == sorted(done)
        assert max(done) <= len(STARTS) * TICKS
        assert {total for _, total in progress.told} == {len(STARTS) * TICKS}


@pytest.mark.parametrize("engine", ["plain", pytest.param("compiled", marks=pytest.mark.slow)])
def test_ctrl_c_ends_adaptive_steps_that_nobody_can_count(engine: str) -> None:
    """Along the valley of 500 x² the flow of SAM slides, and a step is some 1e-7 long: hours to t = 1e4."""
    long = ss.landscape("500*x^2 + 0.001*y^2")
    began = time.monotonic()
    with pytest.raises(Interrupted) as caught:
        ss.simulate(
            long,
            "sam@flow:scheme=dopri5,rho=0.1,dt=1,eta=1",
            [1.0, 1.0],
            10_000,
            engine=engine,
            progress=Stop(0),
        )
    assert caught.value.partial.fraction == 0
    assert time.monotonic() - began < 60  # a compiler may be at work too


class Dropping:
    """Presses Ctrl-C where Python drops the KeyboardInterrupt."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(100_000):  # it is raised between two of these
            pass


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT by raise_signal on Windows")
def test_an_error_after_ctrl_c_is_an_interruption_and_others_stay_errors() -> None:
    """A compiler of which a callback was cut short says something of its own."""

    def broken(press: bool) -> None:
        with ctrl_c.remembered():
            with contextlib.suppress(KeyboardInterrupt):
                if press:
                    signal.raise_signal(signal.SIGINT)
            raise RuntimeError("no compiled object yet")

    with pytest.raises(KeyboardInterrupt):
        broken(press=True)
    with pytest.raises(RuntimeError, match="no compiled"):
        broken(press=False)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to oneself on Windows")
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")  # a traceback on a terminal
def test_a_ctrl_c_that_python_drops_ends_the_run_all_the_same() -> None:
    told: list[int] = []

    def progress(done: int, total: int) -> None:
        if not told:
            Dropping()
        told.append(done)

    before = signal.getsignal(signal.SIGINT)
    long = ss.landscape("500*x^2 + 0.001*y^2")
    with pytest.raises(Interrupted):
        ss.simulate(
            long,
            "sam@flow:scheme=dopri5,rho=0.1,dt=1,eta=1",
            [1.0, 1.0],
            60,
            engine="plain",
            progress=progress,
        )
    assert signal.getsignal(signal.SIGINT) is before


OTHERS: dict[str, dict[str, Any]] = {
    "method": {"method": SAM},
    "rho": {"method": BALL.replace("0.1", "0.2")},
    "starts": {"x0": STARTS + 0.1},
    "order of starts": {"x0": STARTS[::-1]},
    "number of starts": {"x0": STARTS[:64]},
    "v0": {"v0": np.ones(2)},
    "every": {"every": 7},
    "fast": {"fast": True},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_run_is_not_gone_on_with(other: dict[str, Any]) -> None:
    partial = stopped(0)
    with pytest.raises(UsageError, match="another run"):
        run(**{"resume": partial, "engine": "plain", **other})


def test_an_interrupt_says_how_far_it_came() -> None:
    with pytest.raises(Interrupted, match=r"interrupted: \d+% done"):
        run(threads=1, block=64, progress=Stop(0.3))


ENDLESS = """
import sys, time, numpy as np, saddlescape as ss
from saddlescape.errors import Interrupted
L = ss.landscape("parabola")
def progress(done, total):
    print("running", flush=True)
try:
    x0 = np.linspace(-2, 2, 50_000)[:, None]
    # so small a step that no state ever comes back, and no cycle is left out
    ss.simulate(L, "gd:eta=1e-9", x0, 2_000_000, every=2_000_000, progress=progress, engine=sys.argv[1])
except Interrupted as stop:
    print("stopped", stop.partial.fraction, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a child on Windows")
@pytest.mark.parametrize("engine", ["compiled", "plain"])
def test_ctrl_c_ends_a_long_run_at_once(engine: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, engine], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "running\n"
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        rest, _ = child.communicate(timeout=60)
        took = time.monotonic() - sent
    finally:
        child.kill()
    assert rest.splitlines()[-1].startswith("stopped 0")
    assert child.returncode == 0
    assert took < 2, f"Ctrl-C took {took:.1f} s"


# ---- bad input ----------------------------------------------------------------------------------------------------

nan, inf = np.nan, np.inf
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no steps": ({"steps": 0}, "steps must be a whole number ≥ 1, not 0"),
    "negative steps": ({"steps": -3}, "steps"),
    "half a step": ({"steps": 2.5}, "steps"),
    "NaN steps": ({"steps": nan}, "steps"),
    "infinite steps": ({"steps": inf}, "steps"),
    "steps in words": ({"steps": "many"}, "steps"),
    "every 0": ({"every": 0}, "every must be"),
    "every in words": ({"every": "often"}, "every"),
    "NaN start": ({"x0": [nan, 1]}, "finite"),
    "infinite start": ({"x0": [[1, 1], [inf, 0]]}, "finite"),
    "three coordinates": ({"x0": [1, 2, 3]}, r"2 coordinate\(s\) .*'x', 'y'"),
    "one coordinate": ({"x0": 3.0}, "2 coordinate"),
    "no start": ({"x0": []}, "coordinate"),
    "no start of two coordinates": ({"x0": np.empty((0, 2))}, "start"),
    "too many axes": ({"x0": np.zeros((2, 2, 2))}, "start"),
    "a ragged start": ({"x0": [[1, 2], [3]]}, "start"),
    "a start in words": ({"x0": "origin"}, "start"),
    "a complex start": ({"x0": [1 + 1j, 2]}, "start"),
    "v0 without momentum": ({"v0": [1, 1]}, "no momentum"),
    "NaN v0": ({"method": "gd:beta=0.9", "v0": [nan, 0]}, "v0"),
    "v0 of another shape": ({"method": "gd:beta=0.9", "v0": [1, 2, 3]}, "v0"),
    "v0 for other starts": ({"method": "gd:beta=0.9", "v0": np.ones((5, 2))}, "v0"),
    "v0 in words": ({"method": "gd:beta=0.9", "v0": "fast"}, "v0"),
    "numbers for others": ({"method": "sam:rho=0.1|0.2"}, "rho has 2 values but there are 1 trajectories"),
    "an unknown engine": ({"engine": "gpu"}, "'gpu'"),
    "no threads": ({"threads": -1}, "threads"),
    "half a thread": ({"threads": 1.5}, "threads"),
    "a negative block": ({"block": -64}, "block"),
    "an unknown method": ({"method": "sma"}, "did you mean 'sam'"),
    "no landscape": ({"landscape": "beale"}, "landscape"),
}


@pytest.mark.parametrize(("given", "words"), BAD.values(), ids=BAD)
@pytest.mark.filterwarnings("error")
def test_bad_input_is_refused_in_words(given: dict[str, Any], words: str) -> None:
    asked: dict[str, Any] = {"landscape": BEALE, "method": "gd", "x0": [1.0, 1.0], "steps": 5, **given}
    with pytest.raises(UsageError, match=words):
        ss.simulate(**asked)


def test_too_large_a_run_is_refused_with_its_size_and_what_to_do() -> None:
    with pytest.raises(UsageError) as refusal:
        ss.simulate(BEALE, "gd", np.ones((1000, 2)), 10**6)
    for word in ("1,000 trajectories", "1,000,001 records", "16.0 GB", "4.0 GB", "every="):
        assert word in str(refusal.value)


def test_what_a_refusal_of_size_advises_is_accepted() -> None:
    starts = np.ones((1000, 2))
    with pytest.raises(UsageError) as refusal:
        ss.simulate(BEALE, "gd", starts, 60, memory=100_000)
    assert "every=60" in str(refusal.value)
    assert "0.0 GB" not in str(refusal.value), "a size of nothing says nothing"
    assert ss.simulate(BEALE, "gd", starts, 60, memory=100_000, every=60).x.shape == (1000, 2, 2)


# ---- memory -------------------------------------------------------------------------------------------------------

MILLION = """
import re, sys, numpy as np, saddlescape as ss
side = np.linspace(0, 4, 1000)
x0 = np.stack(np.meshgrid(side, np.linspace(-1, 1.2, 1000)), axis=-1).reshape(-1, 2)
r = ss.simulate(ss.landscape("beale"), "sam:rho=0.1,eta=0.001", x0, 60, every=60)
assert r.final.shape == (1_000_000, 2)
if sys.argv[1] == "status":
    assert len(r.status) == 1_000_000
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("asked", ["ends", "status"])
def test_a_million_end_states_fit_into_400_megabytes(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The peak is VmHWM: ru_maxrss of a child begins with what its parent had when it was started."""
    done = subprocess.run(
        [sys.executable, "-c", MILLION, asked], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    peak = float(done.stdout)
    with capsys.disabled():
        print(f" [{asked}: {peak:.0f} MB]", end="")
    assert peak <= 400


def test_parameters_of_the_landscape_may_vary_by_trajectory() -> None:
    """One call with a value each is, in every bit and word, what one call per value is."""
    wells = ss.landscape("x^2 - a*y^2 + y^4/4", params={"a": 1.0})
    values = np.array([0.5, 1.0, 2.0, 1.0])
    x0 = np.array([[1.0, 0.3], [1.0, -0.3], [0.5, 0.2], [-1.0, 0.4]])
    method = ss.method("sam", rho=[0.1, 0.2, 0.1, 0.3], eta=0.05)
    for engine in ("plain", "compiled"):
        run = ss.simulate(wells, method, x0, 400, params={"a": values}, engine=engine)
        for i, a in enumerate(values):
            single = ss.simulate(
                wells.with_params(a=a),
                f"sam:rho={method.numbers['rho'][i]},eta=0.05",
                x0[i],
                400,
                engine="plain",
            )
            assert np.array_equal(run.x[i], single.x[0])
            assert (run.status[i], run.point[i], run.fate[i]) == (
                single.status[0],
                single.point[0],
                single.fate[0],
            )
            assert np.array_equal(run.loss[i], single.loss[0])
    with pytest.raises(UsageError, match=r"Known: a"):
        ss.simulate(wells, method, x0, 5, params={"b": values})
    with pytest.raises(UsageError, match="one value per trajectory"):
        ss.simulate(wells, method, x0, 5, params={"a": values[:2]})
