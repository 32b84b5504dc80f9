"""Tests keep their cache in a folder of their own, chosen before the package is imported."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

WORKER = "PYTEST_XDIST_WORKER" in os.environ  # it shares the folder of the process that started it
FOLDER = os.environ["SADDLESCAPE_CACHE"] if WORKER else tempfile.mkdtemp(prefix="saddlescape-tests-")
os.environ["SADDLESCAPE_CACHE"] = FOLDER

# a shell starts what is in its background deaf to Ctrl-C, and children inherit that: tests press it
if (
    signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure() -> None:
    if not WORKER:
        shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture
def say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs ``landscape`` in an empty folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        from saddlescape.cli import invoke

        capsys.readouterr()
        code = invoke(arguments)
        return (code, *capsys.readouterr())

    return run
