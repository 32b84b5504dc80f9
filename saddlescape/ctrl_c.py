"""Ctrl-C that is not lost: Python drops a KeyboardInterrupt that is raised inside ``__del__`` or another callback."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def remembered() -> Iterator[Callable[[], bool]]:
    """Within it Ctrl-C raises KeyboardInterrupt as ever; what it gives says whether there was one, dropped or not. An
    error after one is taken for its consequence.

    Elsewhere than in the main thread, and where somebody else handles SIGINT, nothing is changed and nothing is seen.
    """
    pressed = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return

    def handler(number: int, frame: Any) -> None:
        pressed.set()
        signal.default_int_handler(number, frame)

    told = sys.unraisablehook

    def unraisable(dropped: Any) -> None:
        if not issubclass(
            dropped.exc_type, KeyboardInterrupt
        ):  # which is remembered, and comes to its word below
            told(dropped)

    signal.signal(signal.SIGINT, handler)
    sys.unraisablehook = unraisable
    try:
        yield pressed.is_set
    except Exception:  # what a compiler says when one of its callbacks was cut short
        if pressed.is_set():
            raise KeyboardInterrupt from None
        raise
    finally:
        signal.signal(signal.SIGINT, before)
        sys.unraisablehook = told
