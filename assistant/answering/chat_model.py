"""The chat model: any that LangChain's ``init_chat_model`` knows, behind limits that a request cannot escape.

The model is streamed on an event loop of its own thread, so that whoever waits for it can stop at any moment: the
request to the provider is closed, however long the next token would take.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from assistant.answering.hygiene import visible
from assistant.answering.model_limits import CHARS_A_TOKEN, Meter, ModelFailed, ModelLimits, tokens_of
from assistant.errors import InvalidConfiguration
from assistant.settings import Settings

if TYPE_CHECKING:  # half a second that only those with a model have to spend
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1  # how soon a cancelled request is noticed
BACK_OFF_SECONDS = 0.5  # before the first retry; doubled before each further one
FAILURES = 3  # in a row, after which the model is left alone …
REST_SECONDS = 30.0  # … for this long

Message: TypeAlias = "tuple[str, str] | BaseMessage"


class Cancelled(Exception):
    """Whoever asked has left."""


class ChatModel:
    """Streams answers of one chat model.

    Args:
        name: as the setting names it and answers record it.
        make: builds the model; called once, when it is first needed.
        limits: what it may cost.
    """

    def __init__(self, name: str, make: Callable[[], BaseChatModel], limits: ModelLimits) -> None:
        self.name = name
        self.limits = limits
        self._make = make
        self._model: BaseChatModel | None = None
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failures = 0
        self._resting_until = 0.0

    def load(self) -> BaseChatModel:
        """The model itself.

        Raises:
            InvalidConfiguration: no such provider, its package is not installed, or its key is missing.
        """
        with self._lock:
            if self._model is None:
                try:
                    self._model = self._make()
                except Exception as error:  # each provider's package raises its own
                    reason = " ".join(str(error).split())[:200]
                    raise InvalidConfiguration(
                        f"The chat model {self.name!r} cannot be set up: {reason}.",
                        "Set ASSISTANT_MODEL to provider:name, install the provider's extra and set its key; "
                        "without ASSISTANT_MODEL answers are extractive.",
                    ) from error
            return self._model

    def session(self, cancelled: threading.Event) -> ModelSession:
        """The model for one request.

        Args:
            cancelled: set it to stop the model.
        """
        return ModelSession(self, cancelled)

    def stream(
        self, messages: Sequence[Message], cancelled: threading.Event, seconds: float, output_tokens: int
    ) -> Iterator[str]:
        """The model's words as they come, cleaned of what a reader cannot see.

        Args:
            messages: what it is told.
            cancelled: set it to stop the model.
            seconds: until it has to have finished.
            output_tokens: most that it may write; what goes on is cut there.

        Raises:
            ModelFailed: it fails before its first word after all retries, breaks off, is too slow, or is resting.
            Cancelled: ``cancelled`` was set; the request has been closed.
            InvalidConfiguration: as from ``load``.
        """
        model = self.load()
        if time.monotonic() < self._resting_until:
            raise ModelFailed("The chat model failed several times in a row and is left alone for a while.")
        deadline = time.monotonic() + seconds
        for attempt in range(self.limits.retries + 1):
            begun = False
            try:
                for piece in self._once(model, messages, cancelled, deadline, output_tokens):
                    begun = True
                    yield piece
                self._failures = 0
                return
            except ModelFailed:
                late = time.monotonic() >= deadline
                if begun or late or attempt == self.limits.retries:
                    if not late or seconds >= self.limits.seconds:  # too slow for a hurried call is not yet a failure
                        self._count_failure()
                    raise
                if cancelled.wait(BACK_OFF_SECONDS * 2**attempt):
                    raise Cancelled from None

    def close(self) -> None:
        """Stop the loop's thread."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._loop = None

    def _count_failure(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            self._resting_until = time.monotonic() + REST_SECONDS
            self._failures = 0

    def _once(
        self,
        model: BaseChatModel,
        messages: Sequence[Message],
        cancelled: threading.Event,
        deadline: float,
        output_tokens: int,
    ) -> Iterator[str]:
        pieces: queue.Queue[str | BaseException | None] = queue.Queue()
        future = asyncio.run_coroutine_threadsafe(_pump(model, list(messages), pieces), self._running_loop())
        left = output_tokens * CHARS_A_TOKEN
        try:
            while True:
                if cancelled.is_set():
                    raise Cancelled
                if time.monotonic() >= deadline:
                    raise ModelFailed("The chat model took longer than it may.")
                try:
                    piece = pieces.get(timeout=TICK_SECONDS)
                except queue.Empty:
                    continue
                if piece is None:
                    return
                if isinstance(piece, BaseException):
                    log.warning("The chat model %s failed: %s: %s", self.name, type(piece).__name__, piece)
                    raise ModelFailed(f"The chat model failed ({type(piece).__name__}).") from piece
                if len(piece) > left:
                    yield visible(piece[:left])
                    return  # however long it would go on, this is what was agreed
                left -= len(piece)
                yield visible(piece)
        finally:
            future.cancel()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run, args=(self._loop,), name="chat-model", daemon=True).start()
            return self._loop


class ModelSession:
    """The chat model as one request may use it: within the request's limits, until whoever asked has left.

    Args:
        model: the chat model.
        cancelled: set when whoever asked has left.
    """

    def __init__(self, model: ChatModel, cancelled: threading.Event) -> None:
        self.limits = model.limits
        self._model = model
        self._cancelled = cancelled
        self._meter = Meter(model.limits)

    def stream(
        self, messages: Sequence[Message], *, seconds: float | None = None, output_tokens: int | None = None
    ) -> Iterator[str]:
        """The model's words as they come, cleaned of what a reader cannot see.

        Args:
            messages: what it is told.
            seconds: until it has to have finished, where that is sooner than the limit of any call.
            output_tokens: most that it may write, where that is less than the limit of any call.

        Raises:
            LimitReached: the call could cost more than is left to the request; the model has not been called.
            ModelFailed, Cancelled, InvalidConfiguration: as from ``ChatModel.stream``.
        """
        most = min(output_tokens or self.limits.output_tokens, self.limits.output_tokens)
        until = min(seconds or self.limits.seconds, self.limits.seconds)
        with self._meter.call(sum(tokens_of(_text_of(message)) for message in messages), most) as call:
            for piece in self._model.stream(messages, self._cancelled, until, most):
                call.text += piece
                yield piece


def _text_of(message: Message) -> str:
    return message[1] if isinstance(message, tuple) else str(message.content)


def configured(settings: Settings) -> ChatModel | None:
    """The chat model that the settings name; None where they name none."""
    if settings.model is None:
        return None
    limits = ModelLimits.of(settings)
    options: dict[str, Any] = {"temperature": settings.model_temperature, "timeout": settings.model_timeout}
    options |= {"max_tokens": limits.output_tokens, "max_retries": 0}
    if settings.model.startswith("ollama:"):
        options = {"temperature": settings.model_temperature, "num_predict": limits.output_tokens}
    if settings.model_base_url is not None:
        options["base_url"] = settings.model_base_url
    if settings.model_api_key is not None:
        options["api_key"] = settings.model_api_key.get_secret_value()
    name = settings.model

    def make() -> BaseChatModel:
        from langchain.chat_models import init_chat_model

        if ":" not in name:
            raise ValueError("the provider is missing")
        made: BaseChatModel = init_chat_model(name, **options)
        return made

    return ChatModel(name, make, limits)


async def _pump(model: BaseChatModel, messages: list[Message], pieces: queue.Queue[str | BaseException | None]) -> None:
    try:
        async for chunk in model.astream(messages):
            text = str(chunk.text)
            if text:
                pieces.put(text)
        pieces.put(None)
    except asyncio.CancelledError:
        raise
    except Exception as error:  # whatever a provider's package raises, it means one thing here
        pieces.put(error)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.close()
