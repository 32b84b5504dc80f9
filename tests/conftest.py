"""Tests keep their cache in a folder of their own, chosen before the package is imported."""

import os
import shutil
import tempfile

WORKER = "PYTEST_XDIST_WORKER" in os.environ  # it shares the folder of the process that started it
FOLDER = os.environ["SADDLESCAPE_CACHE"] if WORKER else tempfile.mkdtemp(prefix="saddlescape-tests-")
os.environ["SADDLESCAPE_CACHE"] = FOLDER


def pytest_unconfigure() -> None:
    if not WORKER:
        shutil.rmtree(FOLDER, ignore_errors=True)
