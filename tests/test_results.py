"""Runs are saved whole and read back equal; what is no run is said to be none."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import saddlescape as ss
from saddlescape.errors import OutputError, UsageError
from saddlescape.partial import Partial
from saddlescape.results import LAZY, STATUSES, CriticalPoint, Run

WELL = ss.landscape("double_well")
STARTS = [[0.02, 1.5], [1.0, 0.0], [-1.5, 0.3], [1.9, 1.9], [1e9, 0.0]]
RUNS: dict[str, tuple[Any, Any, Any]] = {
    "plain descent": (WELL, "gd:eta=0.01", STARTS),
    "momentum": (WELL, "gd:eta=0.01,beta=0.5", STARTS),
    "numbers of their own": (WELL, "gd:eta=0.001|0.002|0.003|0.004|0.005", STARTS),
    "one dimension": (ss.landscape("parabola"), "sam", [[1.5]]),
    "three dimensions": (ss.landscape("deep_scalar"), "gd", [[1.8, 0.3, 0.2]]),
}


def made(name: str = "momentum") -> Run:
    """Return a short run."""
    landscape, method, starts = RUNS[name]
    return ss.simulate(landscape, method, starts, 120, every=50)


def equal(a: Any, b: Any) -> bool:
    """Return whether two columns are the same, masks included."""
    if isinstance(a, np.ma.MaskedArray):
        masks = np.array_equal(np.ma.getmaskarray(a), np.ma.getmaskarray(b))
        return isinstance(b, np.ma.MaskedArray) and masks and np.array_equal(a.compressed(), b.compressed())
    return np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f")


@pytest.mark.parametrize("name", RUNS)
def test_a_saved_run_is_read_back_whole(name: str, tmp_path: Path) -> None:
    run = made(name)
    read = ss.load(run.save(tmp_path / "run.npz"))
    for column in ("x", "t", "gradient_evaluations", "stopped", *LAZY):
        assert equal(getattr(run, column), getattr(read, column)), column
    assert (run.v_final is None) == (read.v_final is None)
    assert run.v_final is None or equal(run.v_final, read.v_final)
    assert (run.method, run.formula, run.clock, dict(run.spec)) == (
        read.method,
        read.formula,
        read.clock,
        dict(read.spec),
    )
    ours, theirs = run.background, read.background
    assert ours.to_json() == theirs.to_json()
    assert equal(ours.loss, theirs.loss)
    assert all(equal(a, b) for a, b in zip(ours.axes, theirs.axes, strict=True))
    assert equal(read.final, run.final)
    assert ss.load(read.save(tmp_path / "again.npz")).n == run.n


def test_seeds_of_numpy_can_be_saved(tmp_path: Path) -> None:
    run = ss.simulate(WELL, "gd", steps=5, seed=np.int64(3))  # type: ignore[arg-type]
    assert ss.load(run.save(tmp_path / "run.npz")).spec["seed"] == 3


def test_a_run_can_be_copied_and_pickled() -> None:
    run = made("plain descent")
    assert equal(copy.copy(run).x, run.x)
    assert equal(copy.deepcopy(run).status, run.status)


def test_a_loaded_run_can_be_pickled(tmp_path: Path) -> None:
    read = ss.load(made().save(tmp_path / "run.npz"))
    assert equal(pickle.loads(pickle.dumps(read)).status, read.status)


def test_a_run_is_saved_as_npz_and_nothing_else(tmp_path: Path) -> None:
    for name in ("run.csv", "run"):
        with pytest.raises(UsageError, match="npz"):
            made().save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_place_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.npz").mkdir()
    for path in (tmp_path / "file" / "run.npz", tmp_path / "folder.npz"):
        with pytest.raises(OutputError, match="cannot write"):
            made().save(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.npz"]


def test_what_is_no_run_is_said_to_be_none(tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.ones(3))
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    np.savez(tmp_path / "others.npz", x=np.ones(3))
    np.savez(tmp_path / "objects.npz", x=np.array([{}], dtype=object))
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "empty.npz").write_bytes(b"")
    (tmp_path / "folder.npz").mkdir()
    part().save(tmp_path / "partial.npz")
    for path in [*tmp_path.iterdir(), tmp_path / "missing.npz"]:
        with pytest.raises(OutputError, match=path.name):
            ss.load(path)


def part() -> Partial:
    """Return what could be left of a run."""
    flags = np.array([True, False])
    return Partial(
        "a run",
        np.ones((2, 3, 1)),
        np.zeros((2, 0)),
        np.ones((2, 2, 1)),
        flags,
        np.zeros(2, dtype=np.int32),
        flags,
        np.array([3, 2]),
        np.array([7, 5]),
    )


def test_a_partial_run_is_read_back(tmp_path: Path) -> None:
    read = Partial.load(part().save(tmp_path / "run.part"))
    assert read.signature == "a run"
    assert read.fraction == 0.5
    for name in ("record", "v", "box", "recurrent", "period", "done", "stopped"):
        assert equal(getattr(part(), name), getattr(read, name))
        assert getattr(part(), name).dtype == getattr(read, name).dtype


def test_a_run_is_no_partial_run(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="not a partial run"):
        Partial.load(made().save(tmp_path / "run.npz"))
    with pytest.raises(OutputError, match="there is no file"):
        Partial.load(tmp_path / "missing")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a small saved run."""
    run = ss.simulate(ss.landscape("parabola"), "gd", steps=3)
    return run.save(tmp_path_factory.mktemp("saved") / "run.npz").read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(place=st.floats(0, 1), value=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_file_is_an_output_error_or_harmless(
    saved: bytes, tmp_path: Path, place: float, value: int, cut: bool
) -> None:
    at = min(int(place * len(saved)), len(saved) - 1)
    data = saved[:at] if cut else saved[:at] + bytes([value]) + saved[at + 1 :]
    (tmp_path / "run.npz").write_bytes(data)
    said = "run.npz"
    try:
        ss.load(tmp_path / "run.npz")
    except OutputError as error:
        said = str(error)
    assert "run.npz" in said


def test_a_run_names_what_it_has() -> None:
    with pytest.raises(AttributeError, match="a Run has no 'velocity'; it has x, t, final, loss"):
        made().velocity  # noqa: B018


def test_columns_along_the_trajectory() -> None:
    run = made("plain descent")
    x = run.x[:4]
    np.testing.assert_allclose(run.loss[:4], (x[..., 0] ** 2 - 1) ** 2 + x[..., 1] ** 2, rtol=1e-13)
    slope = np.hypot(4 * x[..., 0] * (x[..., 0] ** 2 - 1), 2 * x[..., 1])
    np.testing.assert_allclose(run.grad_norm[:4], slope, rtol=1e-13, atol=1e-15)
    assert set(run.status) <= set(STATUSES)


@given(
    st.lists(st.floats(-5, 5), min_size=2, max_size=2),
    st.floats(-1e3, 1e3),
    st.booleans(),
    st.text(max_size=9),
)
def test_a_critical_point_is_read_back(x: list[float], loss: float, along: bool, note: str) -> None:
    samples = np.ones((4, 2)) if along else None
    point = CriticalPoint(3, np.array(x), loss, "saddle", np.array([-1.0, 2.0]), np.eye(2), samples, note)
    read = CriticalPoint.from_json(point.to_json())
    assert read.to_json() == point.to_json()
    assert read.index == 1
