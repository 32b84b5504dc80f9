"""What a person is told beside the result: notes before a run, what may come next, refusals of what cannot be meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Said = tuple[int, str, str]


# ---- how long -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("flags", "words"),
    [
        # 20 000 steps of 1e-4 are the time 2, of which dt = 1e-300 makes 2e300
        (["--opt", "sam@flow:dt=1e-300"], ["too many ticks", "dt=1e-300 makes 2e+300", "at most 1e+15"]),
        (["--time", "1e300"], ["too many ticks", "eta=0.0001 makes 1e+304", "at most 1e+15"]),
        (["--time", "1e-9"], ["time 1e-09 is less than half a tick of every method", "eta=0.0001"]),
        (["--time", "4e-6", "--opt", "sam@flow"], ["less than half a tick", "dt=1e-05"]),
    ],
)
def test_too_long_and_too_short_runs_are_refused_before_any_note(
    say: Callable[..., Said], flags: list[str], words: list[str]
) -> None:
    code, out, err = say("run", "beale", *flags, "--no-plot")
    assert (code, out) == (2, "")
    assert all(each in err for each in words)
    assert err.startswith("error: ")
    assert len(err) < 250


def test_a_time_that_one_of_the_methods_comes_near_to_is_run(say: Callable[..., Said]) -> None:
    code, _, err = say("run", "beale", "--time", "4e-5", "--opt", "sam@flow", "--dry-run")
    assert code == 0
    assert err.startswith("note: gd ends at time 0.0001, not 4e-05")


# ---- where the loss is not defined ----------------------------------------------------------------------------------
def test_noise_at_a_start_without_a_gradient_is_no_error(say: Callable[..., Said]) -> None:
    flags = ["--x0=-1,1", "-n", "5", "--no-plot"]
    code, out, _ = say("run", "x^2.5+y^2", "--opt", "sam@sde3:sigma=0.1", *flags)
    assert code == 0
    assert out.count("diverged") == 2
