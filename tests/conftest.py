"""Tests keep their cache in a folder of their own, chosen before the package is imported."""

import os
import shutil
import tempfile

FOLDER = tempfile.mkdtemp(prefix="saddlescape-tests-")
os.environ["SADDLESCAPE_CACHE"] = FOLDER


def pytest_unconfigure() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
