"""The store of small files: whatever happens to it, the answer is right and nothing is half-written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saddlescape import store


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own."""
    monkeypatch.setattr(store, "folder", lambda: tmp_path)
    return tmp_path


def never() -> dict[str, Any]:
    raise AssertionError("it is remembered, and yet it was made again")


def test_what_is_remembered_is_not_made_again(here: Path) -> None:
    value = {"a": [1.5, None, "ü"], "b": {"c": True}}
    assert store.remembered("kind", "key", lambda: value) == value
    assert store.remembered("kind", "key", never) == value
    assert store.remembered("kind", "other", lambda: {"a": 1}) == {"a": 1}
    assert store.remembered("other", "key", lambda: {"a": 2}) == {"a": 2}


def test_the_first_answer_and_the_remembered_one_are_the_same(here: Path) -> None:
    """Tuples are lists and keys are texts both times: nothing depends on whether the cache was warm."""
    first = store.remembered("kind", "key", lambda: {"pair": (1, 2), "nan": float("inf")})
    assert repr(first) == repr(store.remembered("kind", "key", never))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.binary(max_size=80)
    | st.sampled_from(
        [
            b"[]",
            b"{}",
            b"null",
            b'{"key": "key"}',
            b'{"key": "key", "value": 3}',
            b'{"key": "k", "value": {"a": 9}}',
        ]
    )
)
def test_any_bytes_in_its_place_only_cost_time(here: Path, data: bytes) -> None:
    path = here / "kind" / "key.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    assert store.remembered("kind", "key", lambda: {"a": 1}) == {"a": 1}
    assert store.remembered("kind", "key", never) == {"a": 1}


def test_a_folder_in_its_place_only_costs_time(here: Path) -> None:
    (here / "kind" / "key.json").mkdir(parents=True)
    assert store.remembered("kind", "key", lambda: {"a": 1}) == {"a": 1}


def test_an_error_while_making_leaves_nothing(here: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        store.remembered("kind", "key", lambda: {"a": 1 / 0})
    assert [p for p in here.rglob("*") if p.is_file()] == []


def test_writing_replaces_all_or_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = here / "below" / "file"
    with pytest.raises(FileNotFoundError):  # a folder that a person mistyped is not made for them
        store.write_atomic(path, "first")
    assert not path.parent.exists()
    path.parent.mkdir()
    store.write_atomic(path, "first")
    assert path.read_text() == "first"

    def full(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        store.write_atomic(path, b"second")
    assert path.read_text() == "first"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="permission bits are those of POSIX")
def test_files_have_the_permissions_any_program_would_give_them(here: Path) -> None:
    store.write_atomic(here / "ours", "x")
    (here / "usual").write_text("x")
    assert (here / "ours").stat().st_mode == (here / "usual").stat().st_mode


def test_a_digest_stands_for_its_texts_and_their_borders() -> None:
    assert len(store.digest("a", "b")) == 20
    assert store.digest("a", "b") == store.digest("a", "b")
    assert len({store.digest(*t) for t in (("a", "b"), ("ab",), ("a", "", "b"), ("b", "a"), ("a",))}) == 5


def test_the_digest_of_the_sources_covers_a_folder_and_its_files() -> None:
    digests = {
        store.sources_digest(*p)
        for p in (("store.py",), ("results.py",), ("store.py", "results.py"), ("dynamics",))
    }
    assert len(digests) == 4


@pytest.mark.parametrize("chosen", ["below a file", "relative", ""])
def test_a_folder_is_always_found(chosen: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    value = {"below a file": str(tmp_path / "file" / "x" / "y"), "relative": "cache", "": ""}[chosen]
    program = "from saddlescape import store; f = store.folder(); (f / 'try').write_text('x'); print(f)"
    new = {
        "SADDLESCAPE_CACHE": value,
        "XDG_CACHE_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(store.PACKAGE.parent),
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **new},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip()
    assert not done.stderr


def test_what_is_written_is_plain_json(here: Path) -> None:
    store.remembered("kind", "key", lambda: {"a": 1})
    assert json.loads((here / "kind" / "key.json").read_text()) == {"key": "key", "value": {"a": 1}}


def test_of_too_many_entries_the_older_half_goes(tmp_path: Path) -> None:
    for k in range(9):
        entry = tmp_path / f"{k}.json"
        entry.write_text("{}")
        os.utime(entry, (k, k))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "kernel.o").write_text("")
    os.utime(tmp_path / "folder", (0.5, 0.5))
    store.trim(tmp_path, 10)
    assert len(list(tmp_path.iterdir())) == 10
    store.trim(tmp_path, 9)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "4.json",
        "5.json",
        "6.json",
        "7.json",
        "8.json",
    ]


def test_a_lock_is_no_entry_and_goes_with_its_own(tmp_path: Path) -> None:
    for k in range(4):
        for name in (f"{k}", f"{k}.lock"):
            (tmp_path / name).write_text("")
            os.utime(tmp_path / name, (k, k))
    store.trim(tmp_path, 4)
    assert len(list(tmp_path.iterdir())) == 8
    store.trim(tmp_path, 3)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["2", "2.lock", "3", "3.lock"]


def test_an_entry_that_is_gone_meanwhile_counts_as_oldest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for k in range(3):
        (tmp_path / f"{k}").write_text("")
        os.utime(tmp_path / f"{k}", (k + 1, k + 1))
    monkeypatch.setattr(os, "listdir", lambda _: ["2", "1", "0", "gone"])
    store.trim(tmp_path, 3)
    assert [name for name in "012" if (tmp_path / name).exists()] == ["1", "2"]


def test_a_temporary_folder_goes_with_its_process_and_not_with_a_fork(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    program = (
        "import os, sys\nfrom saddlescape import store\nf = store.folder()\n(f / 'try').write_text('x')\n"
        "if hasattr(os, 'fork'):\n    child = os.fork()\n    if child == 0:\n        sys.exit(0)\n"
        "    os.waitpid(child, 0)\n"
        "assert (f / 'try').is_file()\nprint(f)"
    )
    new = {
        "SADDLESCAPE_CACHE": str(tmp_path / "file" / "below"),
        "PYTHONPATH": str(store.PACKAGE.parent),
        "TMPDIR": str(tmp_path),
    }
    run = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **new}, capture_output=True, text=True, check=True
    )
    made = Path(run.stdout.strip())
    assert made.name.startswith("saddlescape-")
    assert not made.exists()
