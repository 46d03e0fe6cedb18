"""Doing the slow part of several things at once while they are finished one after the other, in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from assistant.onnx_session import cores

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int | None = None
) -> Iterator[tuple[Item, Callable[[], Result]]]:
    """Each item with a call that waits for its result, or raises what ``work`` raised; later ones are begun meanwhile.

    At most twice as many results as threads are in memory. A consumer that stops early waits for what has been begun.

    Args:
        work: called in other threads.
        items: read as they are needed.
        threads: how many work at once; by default one more than there are cores, because they also wait for disks and
            other processes.
    """
    threads = threads or cores() + 1
    begun: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="ahead") as pool:
        try:
            for item in items:
                begun.append((item, pool.submit(work, item)))
                if len(begun) >= 2 * threads:
                    oldest, future = begun.popleft()
                    yield oldest, future.result
            while begun:
                oldest, future = begun.popleft()
                yield oldest, future.result
        finally:
            pool.shutdown(cancel_futures=True)
