"""Compiled kernels: kept once, repaired when broken, shared by processes, with wide vectors for themselves alone."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import saddlescape as ss
from saddlescape import store
from saddlescape.dynamics import kernels, native

LINE = ss.landscape("parabola")
METHOD = ss.method("gd:eta=0.1")
SOURCE = ss.kernel_source(LINE, METHOD)
WANTED = 1.5 * 0.7**4

RUN = """
import time, numpy as np, saddlescape as ss
from saddlescape.dynamics import kernels
L, m = ss.landscape("parabola"), ss.method("gd:eta=0.1")
r = ss.simulate(L, m, [[1.5]], 4, engine="compiled")
print(repr(float(r.final[0, 0])), int(kernels.compiled(ss.kernel_source(L, m)).kept))
"""


def process(cache: Path | str, text: str = RUN) -> subprocess.Popen[str]:
    """Start a Python process with a cache folder of its own."""
    more: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(
        [sys.executable, "-c", text], env={**os.environ, "SADDLESCAPE_CACHE": str(cache)}, **more
    )


def said(started: subprocess.Popen[str]) -> list[str]:
    """Return the words the process printed; it must have ended well and complained of nothing."""
    out, err = started.communicate(timeout=120)
    assert started.returncode == 0, err
    assert not err
    return out.split()


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and nothing compiled in this process yet."""
    monkeypatch.setattr(store, "folder", lambda: tmp_path)
    monkeypatch.setattr(kernels, "_compiled", {})
    return tmp_path


def end() -> float:
    """Return where four steps of gradient descent from 1.5 on 3x²/2 end, by the compiled kernel."""
    return float(ss.simulate(LINE, METHOD, [[1.5]], 4, engine="compiled").final[0, 0])


def hits() -> int:
    """Return whether the kernel in use came from the cache."""
    return int(kernels._compiled[SOURCE].kept)  # type: ignore[attr-defined]


def entry(cache: Path, suffix: str) -> Path:
    """Return the one file of the only cache entry that ends so."""
    (found,) = (cache / "kernels").rglob(f"*{suffix}")
    return found


# ---- the cache ----------------------------------------------------------------------------------------------------


BREAK = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "cut by a byte": lambda data: data[:-1],
    "garbage": lambda data: b"\x80garbage" * 100,
    "another language": lambda data: b"<html>404</html>",
    "a bit": lambda data: data[:-100] + bytes([data[-100] ^ 1]) + data[-99:],
}


def test_a_kernel_is_written_once_then_loaded_and_made_again_when_broken(empty_cache: Path) -> None:
    assert end() == pytest.approx(WANTED, rel=1e-15)
    assert hits() == 0
    assert entry(empty_cache, ".py").read_text(encoding="utf-8") == SOURCE
    kept = [entry(empty_cache, suffix) for suffix in (".py", ".o")]
    before = [path.stat().st_mtime_ns for path in kept]
    kernels._compiled.clear()
    assert end() == pytest.approx(WANTED, rel=1e-15)
    assert hits() == 1
    assert [path.stat().st_mtime_ns for path in kept] == before
    check_repair("a bit", empty_cache)


@pytest.mark.slow
@pytest.mark.parametrize("how", BREAK)
def test_any_broken_entry_is_made_again(how: str, empty_cache: Path) -> None:
    end()
    check_repair(how, empty_cache)


def check_repair(how: str, cache: Path) -> None:
    """Break the machine code of an entry, run, and see that the entry is whole again."""
    path = entry(cache, ".o")
    path.write_bytes(BREAK[how](path.read_bytes()))
    kernels._compiled.clear()
    assert end() == pytest.approx(WANTED, rel=1e-15)
    kernels._compiled.clear()
    assert end() == pytest.approx(WANTED, rel=1e-15)
    assert hits() == 1


def test_a_kernel_that_is_kept_is_run_without_numba(tmp_path: Path) -> None:
    first, second = (
        said(process(tmp_path)),
        said(process(tmp_path, RUN + "import sys\nprint('numba' in sys.modules)")),
    )
    assert first == [repr(end()), "0"]
    assert second == [repr(end()), "1", "False"]


def test_a_kernel_takes_no_array_it_would_misread(empty_cache: Path) -> None:
    end()
    kernel = kernels.compiled(SOURCE)
    buffer, boxes, record = np.zeros((1, 4, 64)), np.zeros((1, 2, 5, 64)), np.zeros((1, 2, 1))
    halt = np.zeros(1)
    for wrong in (buffer.astype(np.float32), buffer[:, ::2], buffer[0], np.broadcast_to(0.0, buffer.shape)):
        with pytest.raises(TypeError, match="C-contiguous"):
            kernel(wrong, boxes, record, halt, 0, 1, 1, 1, 0, 0, 0)


def test_a_cache_that_cannot_be_written_does_not_matter(tmp_path: Path) -> None:
    """Tests may run as root, whom permissions do not stop: a folder below a file cannot be made by anyone."""
    (tmp_path / "file").write_text("not a folder")
    assert said(process(tmp_path / "file" / "cache")) == [repr(end()), "0"]
    assert (tmp_path / "file").read_text() == "not a folder"


def test_of_two_processes_that_want_a_kernel_at_once_one_compiles_and_the_other_loads(tmp_path: Path) -> None:
    both = [process(tmp_path), process(tmp_path)]
    answers = sorted(said(each) for each in both)
    assert answers == [[repr(end()), "0"], [repr(end()), "1"]]


# ---- vectors ------------------------------------------------------------------------------------------------------

WIDTH = '"prefer-vector-width"'
FUSED = r"\bvfn?m(add|sub)"


def users_own() -> Any:
    """Return a function as a user may compile it, afresh."""
    from numba import njit

    @njit("void(float64[::1], float64[::1])", error_model="numpy")  # type: ignore[untyped-decorator,unused-ignore]
    def ratio(a: Any, b: Any) -> None:
        for i in range(a.size):
            a[i] = np.sqrt(a[i]) / b[i]

    return ratio


def body(dispatcher: Any) -> list[str]:
    """Return the instructions of a compiled function, without names and addresses."""
    (assembly,) = dispatcher.inspect_asm().values()
    return re.findall(r"^\t([a-z][a-z0-9]*)\b", assembly, re.MULTILINE)


def test_nothing_changes_how_the_users_own_functions_are_compiled(empty_cache: Path) -> None:
    before = users_own()
    ours, _ = native.compiled(SOURCE)
    after = users_own()
    assert WIDTH in ours.get_llvm_str()
    for function in (before, after):
        (theirs,) = function.inspect_llvm().values()
        assert WIDTH not in theirs
    assert body(before) == body(after)


def test_sam_on_beale_uses_packed_roots_and_divisions(empty_cache: Path) -> None:
    if platform.machine().lower() not in ("x86_64", "amd64"):
        pytest.skip(f"instructions of x86 are looked for; this is {platform.machine()}")
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    if not features.get("avx2"):
        pytest.skip("this processor has no AVX2, so nothing is wide")
    library, _ = native.compiled(ss.kernel_source(ss.landscape("beale"), ss.method("sam")))
    assembly = library.get_asm_str()
    # where both are allowed LLVM's model of the processor chooses: Zen 4 takes 512 bits, Skylake 256
    wide = features.get("avx512f") and llvm.get_host_cpu_name().startswith("znver")
    register = "zmm" if wide else "[yz]mm"
    for instruction in ("vsqrtpd", "vdivpd", "vmulpd"):
        assert re.search(rf"{instruction}\s[^\n]*%{register}", assembly), f"no {instruction} with {register}"
    assert not re.search(FUSED, assembly), "strict mode fuses nothing"


@pytest.mark.slow
def test_fast_mode_fuses_products_and_sums(empty_cache: Path) -> None:
    import llvmlite.binding as llvm

    if platform.machine().lower() not in ("x86_64", "amd64") or not llvm.get_host_cpu_features().get("fma"):
        pytest.skip(f"fused instructions of x86 are looked for; this is {platform.machine()}, or has none")
    library, _ = native.compiled(ss.kernel_source(ss.landscape("beale"), ss.method("sam"), fast=True))
    assert re.search(FUSED, library.get_asm_str())


# ---- the same file as plain Python --------------------------------------------------------------------------------

EDGES = {
    "a pole": ("1/x + x^2", [[0.0], [-0.0], [1.0]]),
    "a logarithm": ("log(x) + x^2", [[0.0], [-1.0], [1.0]]),
    "a root": ("sqrt(x) + x^2", [[0.0], [-1.0], [1.0]]),
    "a power": ("x^(3/10) + x^2", [[0.0], [-1.0], [1.0]]),
    "overflow": ("exp(x^2)/4 + sinh(x)*cosh(x)", [[100.0], [-800.0], [0.1]]),
    "a tangent": ("tan(x) + x^8", [[1e40], [1e300], [0.5]]),
}


@pytest.mark.parametrize(("formula", "starts"), EDGES.values(), ids=EDGES)
def test_plain_python_raises_nothing_at_an_edge(formula: str, starts: Any) -> None:
    """Where there is no gradient the position becomes NaN, as it does in NumPy; no exception comes out."""
    landscape = ss.landscape(formula)
    plain = ss.simulate(landscape, "gd:eta=0.01", starts, 2, engine="plain")
    x = np.array(starts)
    for _ in range(2):
        x = ss.step(landscape, ss.method("gd:eta=0.01"))(x)
    x[~(np.abs(x) <= 1e8)] = np.nan
    np.testing.assert_allclose(plain.final, x, rtol=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize(("formula", "starts"), EDGES.values(), ids=EDGES)
def test_plain_python_meets_the_edge_as_the_compiled_kernel_does(formula: str, starts: Any) -> None:
    landscape = ss.landscape(formula)
    plain = ss.simulate(landscape, "gd:eta=0.01", starts, 3, engine="plain")
    compiled = ss.simulate(landscape, "gd:eta=0.01", starts, 3, engine="compiled")
    np.testing.assert_allclose(plain.final, compiled.final, rtol=1e-13)


@pytest.mark.parametrize("engine", ["plain", pytest.param("compiled", marks=pytest.mark.slow)])
def test_at_the_tip_of_a_cone_the_kernels_gradient_is_zero_as_the_landscapes_is(engine: str) -> None:
    ackley = ss.landscape("ackley")
    assert np.array_equal(ackley.grad([0.0, 0.0]), [0.0, 0.0])
    run = ss.simulate(ackley, "gd", [[0.0, 0.0], [1.0, 0.5]], 3, engine=engine)
    assert np.array_equal(run.final[0], [0.0, 0.0])
    assert np.isfinite(run.final[1]).all()
