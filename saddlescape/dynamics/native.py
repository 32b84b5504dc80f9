"""Kernels as machine code: made by numba once, kept as an object file, loaded by LLVM alone. The only user of numba.

To load a kernel that is kept takes llvmlite, a small part of numba's start. It is called by its address, with arrays
laid out as numba passes them; a kernel allocates nothing, raises nothing and calls only the C library.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from saddlescape import store
from saddlescape.errors import UsageError

#: functions of the C library a kernel may call: what LLVM finds without numba
KNOWN = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "atan", "pow", "sqrt", "fabs", "floor"}
KNOWN |= {"memset", "memcpy", "memmove"}
#: dimensions of a kernel's arrays, and how many whole numbers follow them
ARRAYS, WHOLE = (3, 4, 3, 1), 7
WORD, POINTER = ctypes.c_int64, ctypes.c_void_p
#: a result (none), an exception (none), then every array as (owner, parent, items, bytes of one, data, shape, strides)
SIGNATURE = ctypes.CFUNCTYPE(
    ctypes.c_int32, POINTER, POINTER,
    *[kind for n in ARRAYS for kind in (POINTER, POINTER, WORD, WORD, POINTER, *[WORD] * (2 * n))], *[WORD] * WHOLE,
)  # fmt: skip


class Native:
    """A compiled kernel. Called like ``run`` of loop.py, with C-contiguous float64 arrays and without Python's lock.

    ``kept`` says whether its machine code came from the cache.
    """

    def __init__(self, address: int, alive: Any, kept: bool) -> None:
        self._call, self._alive, self.kept = SIGNATURE(address), alive, kept

    def __call__(self, *given: Any) -> None:
        flat: list[Any] = [ctypes.byref(POINTER()), ctypes.byref(POINTER())]
        for array, dimensions in zip(given[: len(ARRAYS)], ARRAYS, strict=True):
            if array.dtype != np.float64 or array.ndim != dimensions or not array.flags.carray:
                raise TypeError("a kernel takes C-contiguous, writable float64 arrays")
            flat += [
                None,
                None,
                prod(array.shape),
                array.itemsize,
                array.ctypes.data,
                *array.shape,
                *array.strides,
            ]
        if self._call(*flat, *given[len(ARRAYS) :]):
            raise RuntimeError("a kernel failed; it should not be able to")


def kernel(source: str) -> Native:
    """Return the kernel of ``source``: loaded from the cache, or compiled and kept there.

    Processes that want the same kernel at once wait for the first; a broken cache entry is made again.
    """
    entry = store.folder() / "kernels" / store.digest(source, *machine())
    found = _kept(entry)
    if found is None:
        with _lock(entry):
            found = _kept(entry) or _made(entry, source)
    return found


@cache
def machine() -> tuple[str, ...]:
    """Return what machine code depends on beside the source: LLVM, the processor, and numba's settings."""
    import llvmlite
    import llvmlite.binding as llvm

    settings = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("NUMBA_"))
    features = llvm.get_host_cpu_features().flatten()
    return (llvmlite.__version__, llvm.get_process_triple(), llvm.get_host_cpu_name(), features, *settings)


def _kept(entry: Path) -> Native | None:
    """Return the kernel kept in ``entry``; None where there is none, or the file is not what was written."""
    try:
        head, _, code = (entry / "kernel.o").read_bytes().partition(b"\n")
        symbol, check = head.decode("ascii").split()
    except (OSError, ValueError):
        return None
    return _loaded(symbol, code) if hashlib.sha256(code).hexdigest() == check else None


def _loaded(symbol: str, code: bytes) -> Native:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return Native(engine.get_function_address(symbol), engine, kept=True)


def _made(entry: Path, source: str) -> Native:
    """Compile, and keep what LLVM can load without numba. The source goes beside it, to be read."""
    library, symbol = compiled(source)
    if {name for name in _called(library) if not name.startswith("llvm.")} <= KNOWN:
        _, _, (code, _) = library.serialize_using_object_code()
        head = f"{symbol} {hashlib.sha256(code).hexdigest()}\n".encode()
        with suppress(OSError):
            entry.mkdir(parents=True, exist_ok=True)
            store.write_atomic(entry / "kernel.py", source)
            store.write_atomic(entry / "kernel.o", head + code)
            store.trim(entry.parent)
    return Native(library.get_pointer_to_function(symbol), library, kept=False)


def _called(library: Any) -> list[str]:
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(library.get_llvm_str())
    return [function.name for function in module.functions if function.is_declaration]


def compiled(source: str) -> tuple[Any, str]:
    """Compile ``source``; return numba's library (``get_asm_str()``, ``get_llvm_str()``) and the kernel's symbol."""
    space = _run(source, {})
    if not hasattr(space["run"], "overloads"):
        raise UsageError(
            "NUMBA_DISABLE_JIT is set: there are no compiled kernels. Unset NUMBA_DISABLE_JIT "
            '(or use engine="plain" from Python)'
        )
    (result,) = space["run"].overloads.values()
    return result.library, result.fndesc.llvm_func_name


def with_gradient(source: str, gradient: Callable[..., Any]) -> Callable[..., None]:
    """Compile ``source`` with a gradient of the user's own, which may allocate and raise: numba calls it."""
    from numba import njit
    from numba.core.dispatcher import Dispatcher

    own = gradient if isinstance(gradient, Dispatcher) else njit(gradient)
    run: Callable[..., None] = _run(source, {"gradient": njit(lambda point: own(*point))})["run"]
    return run


def _run(source: str, space: dict[str, Any]) -> dict[str, Any]:
    space["__name__"] = "saddlescape_kernel"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(source, "<kernel>", "exec"), space)
    return space


def _lock(entry: Path) -> AbstractContextManager[Any]:
    import filelock

    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(str(entry) + store.LOCK, timeout=300)
        lock.acquire()
    except (OSError, filelock.Timeout):
        return nullcontext()
    return _Released(lock)


class _Released(AbstractContextManager[None]):
    def __init__(self, lock: Any) -> None:
        self.lock = lock

    def __exit__(self, *_: object) -> None:
        self.lock.release()
