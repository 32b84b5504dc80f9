"""Source text to a function: as machine code (native.py), or the same file as plain Python."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from saddlescape.dynamics import native

Kernel = Callable[..., None]
_plain: dict[str, Kernel] = {}
_compiled: dict[str, Kernel] = {}


def plain(source: str, gradient: Callable[..., Any] | None = None) -> Kernel:
    """Return the kernel's ``run`` as plain Python on one lane. It takes the same arrays and gives the same bits
    wherever only + − × ÷ √ are used; overflow gives inf and 0/0 NaN, as in numba."""
    if source not in _plain or gradient is not None:
        space: dict[str, Any] = {**PLAIN_NAMES, "PLAIN": True}
        if gradient is not None:
            space["gradient"] = lambda point: gradient(*point)
        exec(compile(source, "<kernel>", "exec"), space)
        rows, box = space["TILE"], space["BOX"]
        space |= {"LANES": 1, "tile": lambda: _floats(rows), "tile_box": lambda: _floats(box)}
        if gradient is not None:
            return _on_views(space["run"])
        _plain[source] = _on_views(space["run"])
    return _plain[source]


def _floats(rows: int) -> Any:
    tile: Any = np.empty((rows, 1))
    return memoryview(tile)


def _on_views(run: Kernel) -> Kernel:
    """Let ``run`` see memory views, whose items are Python floats and fast, instead of arrays."""

    def on_views(buffer: Any, boxes: Any, record: Any, halt: Any, *ticks: int) -> None:
        run(
            [memoryview(b) for b in buffer],
            [[memoryview(w) for w in b] for b in boxes],
            memoryview(record),
            memoryview(halt),
            *ticks,
        )

    return on_views


def compiled(source: str, gradient: Callable[..., Any] | None = None) -> Kernel:
    """Return the kernel's ``run`` as machine code (native.py); ``gradient`` is a user's own function."""
    if gradient is not None:
        return native.with_gradient(source, gradient)
    if source not in _compiled:
        _compiled[source] = native.kernel(source)
    return _compiled[source]


def _guarded(function: Callable[[float], float], overflow: float = math.inf) -> Callable[[float], float]:
    def guarded(a: float) -> float:
        try:
            return function(a)
        except OverflowError:
            return math.copysign(overflow, a) if function is math.sinh else overflow
        except ValueError:
            return -math.inf if function is math.log and a == 0 else math.nan

    return guarded


def _power(a: float, b: float) -> float:
    try:
        result = a**b
    except (OverflowError, ZeroDivisionError):
        return math.inf
    return result if isinstance(result, float) else math.nan


def _divide(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        return math.nan if a == 0 or a != a else math.copysign(math.inf, a) * math.copysign(1.0, b)


def _bits(a: float) -> int:
    bits: int = struct.unpack("<Q", struct.pack("<d", a))[0]
    return bits


def _float_of_bits(word: int) -> float:
    a: float = struct.unpack("<d", struct.pack("<Q", word))[0]
    return a


def _identity(function: Any) -> Any:
    return function


PLAIN_NAMES: dict[str, Any] = {
    **{
        f.__name__: _guarded(f)
        for f in (math.exp, math.log, math.sin, math.cos, math.tan, math.sinh, math.cosh)
    },
    "sqrt": _guarded(math.sqrt),
    "tanh": math.tanh,
    "atan": math.atan,
    "nan": math.nan,
    "_power": _power,
    "_divide": _divide,
    "_word": int,
    "_bits": _bits,
    "_float_of_bits": _float_of_bits,
    "inline": _identity,
    "called": _identity,
    "compiled": _identity,
    "widen": lambda: None,
    "apart": lambda: None,
    "shaped": _identity,
    "seen": lambda flag: flag[0],
}
