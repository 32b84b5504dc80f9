"""``landscape doctor``: what this installation stands on, and what is wrong with it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import typer

from saddlescape.commands.console import beside

NEEDED = (
    "numpy",
    "scipy",
    "numba",
    "llvmlite",
    "sympy",
    "matplotlib",
    "typer",
    "platformdirs",
    "filelock",
    "tomli-w",
)
#: processor feature (NumPy's name) -> width of its vectors in bits, widest first
VECTORS = {"AVX512F": 512, "SVE": 0, "AVX2": 256, "ASIMD": 128, "NEON": 128, "VSX": 128, "SSE2": 128}
#: fonts the figures are set in, which matplotlib brings with it
FONTS = ("STIXGeneral", "DejaVuSans")


def doctor() -> None:
    """Report versions, cache folder, threads, vector width and fonts. Exit 1 if something is missing."""
    import saddlescape

    faults: list[str] = []
    system = f"{platform.platform(terse=True)}, {platform.machine()}"
    facts = {
        "saddlescape": f"{saddlescape.__version__}  in {Path(saddlescape.__file__).parent}",
        "Python": f"{platform.python_version()} ({platform.python_implementation()}) on {system}",
        **{name: _version(name, faults) for name in NEEDED},
        "cache": _cache(),
        "threads": f"{os.cpu_count() or 1} (-j N uses fewer)",
        "vectors": _vectors(),
        "fonts": _fonts(faults),
    }
    for name, fact in facts.items():
        print(beside(f"{name:12} ", fact))
    for fault in faults:
        typer.echo(f"missing: {fault}", err=True)
    if faults:
        raise typer.Exit(1)
    print("all is well")


def _version(name: str, faults: list[str]) -> str:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        faults.append(f"{name} (pip install {name})")
        return "not installed"


def _cache() -> str:
    import platformdirs

    from saddlescape import store

    wanted = Path(os.environ.get("SADDLESCAPE_CACHE") or platformdirs.user_cache_dir("saddlescape"))
    found = store.folder()
    if found != wanted:
        return f"{wanted} cannot be written: nothing is kept between runs (set SADDLESCAPE_CACHE to a folder that can)"
    size = sum(each.stat().st_size for each in found.rglob("*") if each.is_file())
    return f"{found} (writable, {size / 1e6:.1f} MB; it can be deleted at any time)"


def _vectors() -> str:
    from importlib import import_module

    try:  # NumPy asks the processor at start; there is no public name for what it found
        features = import_module("numpy._core._multiarray_umath").__cpu_features__
    except (ImportError, AttributeError):
        return "unknown"
    for name, bits in VECTORS.items():
        if features.get(name):
            return f"{bits} bits ({name})" if bits else f"scalable ({name})"
    return "none known"


def _fonts(faults: list[str]) -> str:
    from importlib import util

    spec = util.find_spec("matplotlib")
    folder = Path(spec.origin or "").parent / "mpl-data" / "fonts" / "ttf" if spec else Path()
    absent = [name for name in FONTS if not (folder / f"{name}.ttf").is_file()]
    faults += [f"the font {name} of matplotlib (reinstall matplotlib)" for name in absent]
    return ", ".join(name for name in FONTS if name not in absent) or "none"
