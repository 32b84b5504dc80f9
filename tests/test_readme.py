"""What the README shows is run: its Python lines, and every command that stands in it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (landscape .*)$", README, flags=re.M)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_python_lines_run_and_say_what_the_readme_says(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README, flags=re.S)
    done = run([sys.executable, "-c", block], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "['trapped'] [2]" in done.stdout
    assert done.stdout.count("CriticalPoint(") == 3


def test_the_readme_shows_commands() -> None:
    assert len(COMMANDS) >= 7


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs(command: str, tmp_path: Path) -> None:
    words = shlex.split(command, comments=True)
    first = [["landscape", "run", "beale", "--opt", "sam"]] if words[1] == "rerun" else []
    for each in [*first, words]:
        done = run([sys.executable, "-m", "saddlescape", *each[1:]], tmp_path)
        assert done.returncode == 0, f"{each}\n{done.stderr}"


@pytest.mark.parametrize(
    "part", ["python3 -m venv .venv && .venv/bin/pip install -q . ", ".venv/bin/python -m pytest"]
)
def test_both_set_up_commands_stand_on_one_line(part: str) -> None:
    assert sum(part in line for line in README.splitlines()) == 1


def test_what_the_pages_point_to_is_in_the_repository() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"!?\[[^\]]*\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), f"{page.name} points to {target}"
