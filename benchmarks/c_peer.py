"""beale_sam.c, compiled on the spot with gcc in several builds and called through ctypes."""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from common import THREADS, Array, Peer

# Read when the OpenMP library is loaded. Passive: idle threads sleep, not spin beside the next peer.
os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

SOURCE = Path(__file__).with_name("beale_sam.c")
STRICT = ("-O3", "-march=native", "-fopenmp", "-ffp-contract=off", "-fno-math-errno")
FAST = ("-O3", "-march=native", "-ffast-math", "-fopenmp")
# gcc jams two steps of the outer loop into one pass over the lanes; that is slower on some machines, so both.
NO_JAM = ("-fno-loop-unroll-and-jam",)

BUILDS: dict[str, tuple[str, ...]] = {
    f"c-{mode}-{width}{suffix}": (*flags, f"-mprefer-vector-width={width}", *extra)
    for mode, flags in (("strict", STRICT), ("fast", FAST))
    for width in (256, 512)
    for suffix, extra in (("", ()), ("-nojam", NO_JAM))
    if width == 512 or not extra
}

_pointer = ctypes.POINTER(ctypes.c_double)


def compiler() -> str:
    """The compiler's own first line, for the record."""
    said = subprocess.run(["gcc", "--version"], check=True, capture_output=True, text=True)
    return said.stdout.splitlines()[0]


def _load(name: str, flags: tuple[str, ...], folder: Path, source: Path) -> Peer:
    library = folder / f"{name}.so"
    subprocess.run(["gcc", *flags, "-shared", "-fPIC", str(source), "-o", str(library), "-lm"], check=True)
    entry = ctypes.CDLL(str(library)).run
    entry.restype = None
    entry.argtypes = [ctypes.c_long, ctypes.c_long, _pointer, _pointer, ctypes.c_double, ctypes.c_double]

    def run(x0: Array, steps: int, eta: float, rho: float) -> Array:
        start = np.ascontiguousarray(x0, dtype=np.float64)
        out = np.empty_like(start)
        entry(len(start), steps, start.ctypes.data_as(_pointer), out.ctypes.data_as(_pointer), eta, rho)
        return out

    return Peer(name, run, note="gcc " + " ".join(flags))


def c_peers(source: Path = SOURCE) -> list[Peer]:
    """Every build of BUILDS. The libraries stay loaded after their folder is gone."""
    with tempfile.TemporaryDirectory() as folder:
        return [_load(name, flags, Path(folder), source) for name, flags in BUILDS.items()]
