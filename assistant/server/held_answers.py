"""Answers that are held for a while, so that an interrupted stream goes on where it broke off.

    question → work in a thread → events, each with an id → whoever listens, now or a little later

Every event has an ``id`` of the form ``TOKEN:NUMBER``; the same question sent again with that as ``Last-Event-ID`` gets
the events after it, without being answered twice. Closing the connection stops the work; who sends an
``Idempotency-Key`` means to come back, and has some time to. Nothing is given out again once the corpus has changed.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

from starlette.requests import Request

from assistant.answering.chat_model import Cancelled
from assistant.errors import AssistantError, KeyReused
from assistant.server.leaving import BEAT_SECONDS, LOOK_SECONDS
from assistant.server.schemas import AnswerOut

HELD_SECONDS = 600.0  # after the end
COMING_BACK_SECONDS = 30.0  # that the work goes on without a listener, where one means to come back
MOST_HELD = 200

Step = tuple[list[bytes], AnswerOut | None]  # events, and the whole answer with the last of them


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked and by whom: an answer is given out again only for the same."""

    owner: str  # id of the key, empty where there are none
    fingerprint: str  # of the request
    moment: int  # of the corpus: grows with every write


class HeldAnswer:
    """One answer as it comes about, for any number of listeners.

    Args:
        asked: what it answers.
        token: names it in the ids of its events.
        patient: whether a listener who left may come back.
        cancelled: stops the work.
    """

    def __init__(self, asked: Asked, token: str, *, patient: bool, cancelled: threading.Event) -> None:
        self.asked = asked
        self.token = token
        self.cancelled = cancelled
        self.events: list[bytes] = []
        self.answer: AnswerOut | None = None
        self.failure: Exception | None = None
        self.ended_at: float | None = None
        self._patient = patient
        self._listeners = 0
        self._left_at = time.monotonic()
        self._lock = threading.Lock()
        self._wakers: set[Callable[[], None]] = set()

    def work(self, steps: Iterator[Step], failed: Callable[[AssistantError], bytes]) -> None:
        """Take every step; what goes wrong before the first event is kept as the failure, later it is an event."""
        try:
            for events, answer in steps:
                self._add(events, answer)
                if self._forsaken():
                    self.cancelled.set()
        except AssistantError as error:
            self.failure = error
            if self.events:
                self._add([failed(error)], None)
        except Exception as error:  # told to whoever listens
            self.failure = error
        self.ended_at = time.monotonic()
        self._wake()

    def usable_for(self, asked: Asked) -> bool:
        """Whether it may be given out again."""
        fresh = self.ended_at is None or time.monotonic() - self.ended_at < HELD_SECONDS
        return fresh and self.asked == asked and self.failure is None and not self.cancelled.is_set()

    async def listen(self, request: Request, after: int = 0) -> AsyncIterator[bytes | None]:
        """The events from a place on as they come, and None for a sign of life, until the end or the client leaves.

        Raises:
            Exception: what went wrong before the first event.
        """
        loop, flag = asyncio.get_running_loop(), asyncio.Event()

        def waker() -> None:
            loop.call_soon_threadsafe(flag.set)

        with self._lock:
            self._wakers.add(waker)
            self._listeners += 1
        place, quiet = after, 0.0
        try:
            while True:
                flag.clear()
                ended = self.ended_at is not None  # looked at first: nothing is added after it
                for told in self.events[place:]:
                    place += 1
                    quiet = 0.0
                    yield told
                if ended:
                    break
                try:
                    await asyncio.wait_for(flag.wait(), LOOK_SECONDS)
                except TimeoutError:
                    if await request.is_disconnected():
                        return
                    quiet += LOOK_SECONDS
                    if quiet >= BEAT_SECONDS:
                        quiet = 0.0
                        yield None
            if self.failure is not None and not self.events:
                raise self.failure
        finally:
            self._leave(waker)

    def _leave(self, waker: Callable[[], None]) -> None:
        with self._lock:
            self._wakers.discard(waker)
            self._listeners -= 1
            self._left_at = time.monotonic()
            if not self._patient and not self._listeners and self.ended_at is None:
                self.cancelled.set()

    def _add(self, events: Iterable[bytes], answer: AnswerOut | None) -> None:
        with self._lock:
            for told in events:
                name = f"id: {self.token}:{len(self.events) + 1}\n\n".encode()
                self.events.append(told.removesuffix(b"\n") + name)
            self.answer = answer or self.answer
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            for waker in self._wakers:
                waker()

    def _forsaken(self) -> bool:
        with self._lock:
            return not self._listeners and time.monotonic() - self._left_at > COMING_BACK_SECONDS


class HeldAnswers:
    """The answers of this process that can still be listened to.

    Args:
        streams: most answers that are worked on at once; each may wait for its model, in a thread of its own.
    """

    def __init__(self, streams: int) -> None:
        self._held: dict[tuple[str, str], HeldAnswer] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(streams, "answers")

    def of(
        self,
        asked: Asked,
        token: str | None,
        last_event_id: str | None,
        begin: Callable[[threading.Event], Iterator[Step]],
        failed: Callable[[AssistantError], bytes],
    ) -> tuple[HeldAnswer, int]:
        """The answer to listen to and from which place on: one that is held, or a new one.

        Args:
            asked: what is asked.
            token: the client's idempotency key, if it sent one.
            last_event_id: the id of the last event that the client received.
            begin: begins the work, which the event stops.
            failed: the event of a failure.

        Raises:
            KeyReused: the idempotency key stands for another question.
        """
        name, _, number = (last_event_id or "").rpartition(":")
        wanted = token or name
        with self._lock:
            self._forget()
            held = self._held.get((asked.owner, wanted))
            if held is not None and token is not None and held.asked.fingerprint != asked.fingerprint:
                raise KeyReused("This idempotency key was used for another question.", "Choose a new key for each.")
            if held is not None and held.usable_for(asked):
                after = int(number) if name == held.token and number.isascii() and number.isdigit() else 0
                return held, after
            cancelled = threading.Event()
            made = HeldAnswer(asked, token or secrets.token_hex(8), patient=token is not None, cancelled=cancelled)
            self._held[(asked.owner, made.token)] = made
        self._pool.submit(copy_context().run, lambda: made.work(begin(cancelled), failed))
        return made, 0

    def close(self) -> None:
        """Stop what nobody listens to any more."""
        with self._lock:
            for held in self._held.values():
                held.cancelled.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _forget(self) -> None:
        at = time.monotonic()
        old = [key for key, one in self._held.items() if one.ended_at is not None and at - one.ended_at > HELD_SECONDS]
        ended = [key for key, one in self._held.items() if one.ended_at is not None and key not in old]
        for key in old + ended[: max(0, len(self._held) - len(old) - MOST_HELD + 1)]:
            del self._held[key]


async def stream(first: bytes | None, events: AsyncIterator[bytes | None]) -> AsyncIterator[bytes]:
    """Events as they are sent; a client that has left ends them."""
    alive = b": still there\n\n"
    try:
        yield first or alive
        async for told in events:
            yield told or alive
    except Cancelled:
        return
