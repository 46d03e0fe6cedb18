"""Threads for answers, apart from those that all other requests share.

A chat model takes its time: if answers waited for it in the common threads, nobody else would be served meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

T = TypeVar("T")

ANSWERS = 32  # that are made at once; each is work for the processor, or waits for a model


class Threads:
    """How many answers are worked on at once.

    Args:
        streams: most streams that are open at once; each may wait for its model.
    """

    def __init__(self, streams: int) -> None:
        self._answers = CapacityLimiter(ANSWERS)
        self._streams = CapacityLimiter(streams)

    async def answer(self, work: Callable[[], T]) -> T:
        """The result of work whose answer is sent as a whole, or of the first step of a stream."""
        return await to_thread.run_sync(work, limiter=self._answers)

    async def stream(self, work: Callable[[], T]) -> T:
        """The result of work that fills a stream which has begun."""
        return await to_thread.run_sync(work, limiter=self._streams)
