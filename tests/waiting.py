"""Waiting for what happens in other threads and processes."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(condition: Callable[[], bool], seconds: float = 60, pause: float = 0.1) -> bool:
    """Whether it comes true in time; ``pause`` is short for what does not stay true for long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(pause)
    return condition()
