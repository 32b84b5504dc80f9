"""Ctrl-C that is not lost: Python drops a KeyboardInterrupt that is raised inside ``__del__`` or another callback."""

from __future__ import annotations

import signal
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

    signal.signal(signal.SIGINT, handler)
    try:
        yield pressed.is_set
    except Exception:  # what a compiler says when one of its callbacks was cut short
        if pressed.is_set():
            raise KeyboardInterrupt from None
        raise
    finally:
        signal.signal(signal.SIGINT, before)
