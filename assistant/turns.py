"""How many answers are worked on at once: so many that no core waits, and no more.

Finding and reading is work for the processor. Begun all at once, fifty answers would each take fifty times as long,
and hold a snapshot of the catalog and what they have read so far all that time; one after the other, each is as fast as
it can be, and the last is no later.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Lets so many in at once; the others wait in the order they came.

    Args:
        at_once: how many.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for a turn, and have it for as long as the block."""
        self._take()
        try:
            yield
        finally:
            self._pass_on()

    def _take(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Event()
            self._waiting.append(mine)
        mine.wait()

    def _pass_on(self) -> None:
        """Give the turn to whoever waits longest; nobody who comes just now gets it before them."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
