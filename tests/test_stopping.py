"""Ending a trajectory early: until then it has the bits of one that goes on, and from then on it stays where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import saddlescape as ss
from saddlescape.dynamics.stopping import LOOK
from saddlescape.errors import Interrupted, UsageError
from saddlescape.partial import Partial
from saddlescape.results import Run

BEALE = ss.landscape("beale")
SADDLE = ss.landscape("saddle")
TICKS = 8 * LOOK + 77
#: inside and outside the domain, on the way out and on the way to infinity, near points that hold and that do not
STARTS = np.concatenate(
    [
        np.random.default_rng(5).uniform(-4.7, 4.7, (150, 2)),
        [[0.01, 1.01], [3.0, 0.5], [4.4, 4.4], [1e7, 1e7], [0.0, 9e7], [0.0, 1.0]],
        np.random.default_rng(6).normal((0, 1), 0.3, (60, 2)),
    ]
)
#: what may end a trajectory -> a landscape and a method of which some do
ENDING = {"left": (SADDLE, "gd:eta=2e-4,beta=0.5"), "converged": (BEALE, "sam:eta=1e-4,rho=0.2")}


def run(ending: str, stop: bool = True, **options: Any) -> Run:
    """Return a run, recorded now and then; without ``stop`` nobody is ended."""
    landscape, method = ENDING[ending]
    given = {"every": 50, "stop": ending if stop else None, "engine": "compiled", **options}
    return ss.simulate(landscape, method, STARTS, TICKS, **given)


def same(a: Run, b: Run, rows: Any = slice(None)) -> None:
    """Assert that all raw columns of two runs are equal in these rows."""
    assert np.array_equal(a.x[rows], b.x[rows], equal_nan=True)
    if a.v_final is not None and b.v_final is not None:
        assert np.array_equal(a.v_final[rows], b.v_final[rows], equal_nan=True)
    for name in ("box", "recurrent", "period", "stopped"):
        one, other = a.columns[name][rows], b.columns[name][rows]
        assert np.array_equal(one, other, equal_nan=name == "box"), name


@pytest.mark.parametrize("ending", ENDING)
def test_those_that_go_on_have_the_bits_of_a_run_without_stop(ending: str) -> None:
    whole, some = run(ending, False), run(ending)
    assert whole.stopped.tolist() == [TICKS] * len(STARTS)
    ended = some.stopped < TICKS
    assert 0.1 < ended.mean() < 0.9, "nobody was stopped, or everybody"
    same(some, whole, ~ended)
    assert (some.stopped[ended] % LOOK == 0).all()
    assert len(set(some.stopped[ended].tolist())) > 2
    gone = np.isnan(whole.final).any(axis=1)
    assert gone.any()
    assert np.isnan(some.final[gone & ~ended]).all()


@pytest.mark.parametrize("ending", ENDING)
@pytest.mark.parametrize("every", [1, 50, 1000, TICKS])
def test_a_stopped_trajectory_stays_where_it_is(ending: str, every: int) -> None:
    whole, some = run(ending, False, every=1), run(ending, every=every)
    ticks = np.array([*range(0, TICKS, every), TICKS])
    for i in np.flatnonzero(some.stopped < TICKS):
        at = np.minimum(ticks, int(some.stopped[i]))
        assert np.array_equal(some.x[i], whole.x[i, at])
        assert (some.columns["box"][i] == some.final[i]).all()
        assert some.columns["recurrent"][i]


def test_the_first_look_that_sees_it_outside_ends_it() -> None:
    whole, some = run("left", False, every=1), run("left")
    looks = np.arange(LOOK, TICKS - 50, LOOK)
    with np.errstate(invalid="ignore"):
        outside = (np.abs(whole.x[:, looks]) > 4.5).any(axis=2)
    expected = np.where(outside.any(axis=1), looks[np.argmax(outside, axis=1)], TICKS)
    assert np.array_equal(some.stopped, expected)
    assert set(some.status[expected < TICKS]) == {"left"}


def test_nobody_is_ended_while_the_last_window_is_watched() -> None:
    """The look at tick 512 falls into the last 50 of 532 ticks, and is left out: nothing at all is different."""
    x0 = [[0.0, 4.49 * 1.02**-400], [0.0, 1e8 * 1.02**-510], [1.0, 0.0]]
    runs = [ss.simulate(SADDLE, "gd:eta=0.01", x0, 2 * LOOK + 20, stop=stop) for stop in (None, "left")]
    assert runs[0].status.tolist() == ["left", "diverged", "moving"]
    assert runs[1].stopped.tolist() == [532, LOOK, 532]
    same(*runs, rows=[0, 2])


def test_the_momentum_is_that_of_the_stop() -> None:
    some = run("left")
    at = int(np.flatnonzero(some.stopped == 2 * LOOK)[0])
    short = ss.simulate(*ENDING["left"], STARTS[at], 2 * LOOK, engine="plain")
    assert some.v_final is not None
    assert short.v_final is not None
    assert np.array_equal(some.v_final[at], short.v_final[0])


@pytest.mark.parametrize("ending", ENDING)
@pytest.mark.parametrize(
    "layout", [{"threads": 2, "block": 64}, {"threads": 1, "block": 1000}, {"engine": "plain", "block": 7}]
)
def test_threads_blocks_and_engine_change_nothing(ending: str, layout: dict[str, Any]) -> None:
    same(run(ending, **layout), run(ending, threads=1))


def test_ended_trajectories_cost_no_gradients() -> None:
    some = run("converged")
    assert np.array_equal(some.gradient_evaluations, 2 * some.stopped)
    assert some.gradient_evaluations.min() < 2 * TICKS


def test_a_run_of_which_all_have_ended_is_over_and_says_so() -> None:
    told: list[tuple[int, int]] = []
    done = ss.simulate(
        SADDLE,
        "gd:eta=0.01",
        [[1.0, 1.0]] * 100,
        10**12,
        every=10**12,
        stop="left",
        progress=lambda *a: told.append(a),
    )
    assert set(done.stopped.tolist()) == {LOOK}
    assert set(done.status) == {"left"}
    assert told[-1] == (100 * 10**12, 100 * 10**12)
    assert done.gradient_evaluations.tolist() == [LOOK] * 100


def test_sam_at_beales_saddle_is_ended_early_and_trapped_there() -> None:
    done = ss.simulate(BEALE, "sam", every=1000, stop="converged")
    whole = ss.simulate(BEALE, "sam", every=1000)
    assert done.stopped[0] < BEALE.steps
    for name in ("status", "point", "fate"):
        assert getattr(done, name).tolist() == getattr(whole, name).tolist()
    assert done.status.tolist() == ["trapped"]


@pytest.mark.parametrize("method", ["gd:eta=1e-3", "sam:eta=1e-3,rho=0.2", "usam:eta=1e-3,rho=0.02"])
def test_what_is_ended_as_converged_ends_there_anyway(method: str) -> None:
    x0 = np.random.default_rng(9).uniform(-3, 3, (200, 2))
    landscape = ss.landscape("himmelblau")
    some, whole = (ss.simulate(landscape, method, x0, 6000, every=6000, stop=s) for s in ("converged", None))
    ended = some.stopped < 6000
    assert ended.mean() > 0.5
    assert set(some.status[ended]) <= {"converged", "trapped"}
    assert np.array_equal(some.status, whole.status)
    assert np.array_equal(some.point.filled(-1), whole.point.filled(-1))


def test_descent_passing_a_saddle_is_not_ended_there() -> None:
    """It stands within the capture radius of (0, 0) for many looks, and is not kept."""
    well = ss.landscape("double_well")
    done = ss.simulate(well, "gd:eta=0.001", [[1e-6, 0.0]], 4000, every=4000, stop="converged")
    assert done.stopped.tolist() == [4000]


def test_with_a_buffer_nobody_is_certain() -> None:
    done = ss.simulate(
        SADDLE, "sam:eta=0.01,rho=0.5,beta=0.5", [0.1, 0.1], 2000, every=2000, stop="converged"
    )
    assert done.stopped.tolist() == [2000]


def test_every_trajectory_is_ended_by_its_own_numbers_and_parameters() -> None:
    """USAM with rho on x² − a·y²: the point holds exactly for rho > 1/(2a)."""
    landscape = ss.landscape("x^2 - a*y^2", params={"a": 1.0})
    a, rho = np.array([1.0, 1.0, 2.0, 2.0]), np.array([0.4, 0.7, 0.2, 0.4])
    x0 = np.full((4, 2), 1e-3)
    done = ss.simulate(
        landscape, ss.method("usam", rho=rho, eta=0.01), x0, 700, stop="converged", params={"a": a}, every=700
    )
    assert (done.stopped < 700).tolist() == [False, True, False, True]


def test_too_many_sets_of_numbers_are_refused_and_harmless_elsewhere() -> None:
    many = ss.method("sam", eta=0.01, rho=np.linspace(0.1, 1, 17))
    x0 = np.full((17, 2), 0.1)
    with pytest.raises(UsageError, match="17 different ones are more than 16"):
        ss.simulate(SADDLE, many, x0, 300, stop="converged")
    ss.simulate(SADDLE, many, x0, 300, stop="left")


@pytest.mark.parametrize("stop", ["gone", "", True, 3, ("left",)])
def test_an_unknown_stop_is_refused_in_words(stop: Any) -> None:
    with pytest.raises(UsageError, match="stop is 'left', 'converged' or None, not"):
        ss.simulate(BEALE, "gd", stop=stop)


class Halt:
    """A progress callback that presses Ctrl-C at once."""

    def __call__(self, done: int, total: int) -> None:
        if done >= 0.3 * total:
            raise KeyboardInterrupt


def test_an_interrupted_run_goes_on_to_the_same_and_only_with_the_same_stop(tmp_path: Path) -> None:
    with pytest.raises(Interrupted) as caught:
        run("left", threads=1, block=64, progress=Halt(), every=1)
    partial = Partial.load(caught.value.partial.save(tmp_path / "run.part"))
    with pytest.raises(UsageError, match="or stop differ"):
        run("left", False, resume=partial, every=1)
    same(run("left", resume=partial, every=1), run("left", every=1))


def test_a_saved_run_knows_when_it_was_ended(tmp_path: Path) -> None:
    some = run("converged")
    read = ss.load(some.save(tmp_path / "run.npz"))
    assert np.array_equal(read.stopped, some.stopped)
    assert np.array_equal(read.gradient_evaluations, some.gradient_evaluations)
    assert read.spec["stop"] == "converged"
