"""Work for a client who may leave: it is told so within a moment, and stops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

from starlette.requests import Request

from assistant.server.threads import Threads

T = TypeVar("T")

LOOK_SECONDS = 0.25  # how often it is looked whether the client is still there
CLIENT_LEFT = 499  # as nginx logs it; nobody is there to read it
BEAT_SECONDS = 10.0  # a sign of life at least this often, so that nothing between closes the connection

_END = object()


async def while_connected(request: Request, cancelled: threading.Event, work: Callable[[], T]) -> T:
    """The result of ``work``, run in a thread; ``cancelled`` is set when the client leaves.

    Raises:
        Exception: whatever ``work`` raises.
    """
    task = asyncio.ensure_future(_threads(request).answer(work))
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOK_SECONDS)
            if not task.done() and await request.is_disconnected():
                cancelled.set()
        return task.result()
    finally:
        cancelled.set()


async def streamed(request: Request, cancelled: threading.Event, items: Iterator[T]) -> AsyncIterator[T | None]:
    """The items as a thread makes them, and None for a sign of life; ``cancelled`` is set when the client leaves.

    Raises:
        Exception: whatever ``items`` raises.
    """
    loop = asyncio.get_running_loop()
    made: asyncio.Queue[object] = asyncio.Queue()

    def work() -> None:
        try:
            for item in items:
                loop.call_soon_threadsafe(made.put_nowait, item)
            loop.call_soon_threadsafe(made.put_nowait, _END)
        except Exception as error:  # told to whoever reads the queue
            loop.call_soon_threadsafe(made.put_nowait, error)

    task = asyncio.ensure_future(_threads(request).stream(work))
    waited = 0.0
    try:
        while True:
            try:
                item = await asyncio.wait_for(made.get(), LOOK_SECONDS)
            except TimeoutError:
                if await request.is_disconnected():
                    return
                waited += LOOK_SECONDS
                if waited >= BEAT_SECONDS:
                    waited = 0.0
                    yield None
                continue
            if item is _END:
                return
            if isinstance(item, Exception):
                raise item
            waited = 0.0
            yield item  # type: ignore[misc]
    finally:
        cancelled.set()
        task.add_done_callback(lambda done: done.cancelled() or done.exception())


async def in_thread(request: Request, work: Callable[[], T]) -> T:
    """The result of ``work``, run in a thread for answers.

    Raises:
        Exception: whatever ``work`` raises.
    """
    return await _threads(request).answer(work)


def _threads(request: Request) -> Threads:
    threads: Threads = request.app.state.threads
    return threads
