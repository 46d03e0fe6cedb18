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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from assistant.answering.hygiene import visible
from assistant.errors import InvalidConfiguration, Unavailable
from assistant.settings import Settings

if TYPE_CHECKING:  # half a second that only those with a model have to spend
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

log = logging.getLogger(__name__)

CHARS_A_TOKEN = 4  # of English prose, for limits that need no tokenizer
TICK_SECONDS = 0.1  # how soon a cancelled request is noticed
BACK_OFF_SECONDS = 0.5  # before the first retry; doubled before each further one
FAILURES = 3  # in a row, after which the model is left alone …
REST_SECONDS = 30.0  # … for this long

Message: TypeAlias = "tuple[str, str] | BaseMessage"


def tokens_of(text: str) -> int:
    """About how many tokens a text has: one for every four characters, as English prose has with most tokenizers."""
    return -(-len(text) // CHARS_A_TOKEN)


class ModelFailed(Unavailable):
    """The chat model did not answer: unreachable, too slow, or broken off."""

    code = "model-failed"
    title = "The chat model did not answer"


class Cancelled(Exception):
    """Whoever asked has left."""


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """What one answer may cost.

    Args:
        seconds: until the model has finished.
        retries: further tries where the model fails before its first word.
        input_tokens: most tokens of a prompt.
        output_tokens: most tokens of an answer.
        history_tokens: most of a prompt that earlier turns may take.
    """

    seconds: float = 60.0
    retries: int = 2
    input_tokens: int = 6_000
    output_tokens: int = 800
    history_tokens: int = 1_000


class ChatModel:
    """Streams answers of one chat model.

    Args:
        name: as the setting names it and answers record it.
        make: builds the model; called once, when it is first needed.
        limits: what one answer may cost.
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

    def stream(self, messages: Sequence[Message], cancelled: threading.Event) -> Iterator[str]:
        """The model's words as they come, cleaned of what a reader cannot see.

        Raises:
            ModelFailed: it fails before its first word after all retries, breaks off, is too slow, or is resting.
            Cancelled: ``cancelled`` was set; the request has been closed.
            InvalidConfiguration: as from ``load``.
        """
        model = self.load()
        if time.monotonic() < self._resting_until:
            raise ModelFailed("The chat model failed several times in a row and is left alone for a while.")
        deadline = time.monotonic() + self.limits.seconds
        for attempt in range(self.limits.retries + 1):
            begun = False
            try:
                for piece in self._once(model, messages, cancelled, deadline):
                    begun = True
                    yield piece
                self._failures = 0
                return
            except ModelFailed:
                last = begun or attempt == self.limits.retries or time.monotonic() >= deadline
                if last:
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
        self, model: BaseChatModel, messages: Sequence[Message], cancelled: threading.Event, deadline: float
    ) -> Iterator[str]:
        pieces: queue.Queue[str | BaseException | None] = queue.Queue()
        future = asyncio.run_coroutine_threadsafe(_pump(model, list(messages), pieces), self._running_loop())
        left = self.limits.output_tokens * CHARS_A_TOKEN
        try:
            while True:
                if cancelled.is_set():
                    raise Cancelled
                if time.monotonic() >= deadline:
                    raise ModelFailed(f"The chat model took longer than {self.limits.seconds:g} seconds.")
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


def configured(settings: Settings) -> ChatModel | None:
    """The chat model that the settings name; None where they name none."""
    if settings.model is None:
        return None
    limits = ModelLimits(
        settings.model_timeout,
        settings.model_retries,
        settings.model_input_tokens,
        _affordable(settings),
        settings.history_tokens,
    )
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


def _affordable(settings: Settings) -> int:
    """The output tokens that a request's cost limit leaves after a full prompt.

    Raises:
        InvalidConfiguration: the limit does not even pay for the prompt.
    """
    if settings.model_max_cost is None or not settings.model_output_price:
        return settings.model_output_tokens
    left = settings.model_max_cost - settings.model_input_tokens * settings.model_input_price / 1e6
    tokens = min(settings.model_output_tokens, int(left * 1e6 / settings.model_output_price))
    if tokens < 1:
        raise InvalidConfiguration(
            "ASSISTANT_MODEL_MAX_COST does not pay for a prompt of ASSISTANT_MODEL_INPUT_TOKENS.",
            "Raise the one or lower the other.",
        )
    return tokens


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
