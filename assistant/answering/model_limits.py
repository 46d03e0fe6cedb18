"""What a chat model may cost: limits by call and by request, and what they are counted in.

Tokens are counted without a tokenizer, so that any model can be limited before it is called: one for every four
characters, as English prose has with most of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from assistant.errors import InvalidConfiguration, Unavailable
from assistant.settings import Settings

CHARS_A_TOKEN = 4


class ModelFailed(Unavailable):
    """The chat model did not answer: unreachable, too slow, broken off, or not to be called."""

    code = "model-failed"
    title = "The chat model did not answer"


class LimitReached(ModelFailed):
    """One more call could cost more than one request may."""


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """What a chat model may cost.

    Args:
        seconds: until the model has finished a call.
        retries: further tries where the model fails before its first word.
        input_tokens: most tokens of a prompt.
        output_tokens: most tokens of what it writes at once.
        history_tokens: most of a prompt that earlier turns may take.
        request_tokens: most tokens of all calls for one request, read and written.
        request_cost: most that these may cost; None for no limit.
        input_price: of a million tokens read, in the currency of ``request_cost``.
        output_price: of a million tokens written.
    """

    seconds: float = 60.0
    retries: int = 2
    input_tokens: int = 6_000
    output_tokens: int = 800
    history_tokens: int = 1_000
    request_tokens: int = 100_000
    request_cost: float | None = None
    input_price: float = 0.0
    output_price: float = 0.0

    @classmethod
    def of(cls, settings: Settings) -> ModelLimits:
        """As the settings say.

        Raises:
            InvalidConfiguration: a request's limits do not even allow one whole call.
        """
        if settings.model_input_tokens + settings.model_output_tokens > settings.model_request_tokens:
            raise InvalidConfiguration(
                "ASSISTANT_MODEL_REQUEST_TOKENS leaves no room for one call of ASSISTANT_MODEL_INPUT_TOKENS and "
                "ASSISTANT_MODEL_OUTPUT_TOKENS.",
                "Raise the one or lower the others.",
            )
        return cls(
            seconds=settings.model_timeout,
            retries=settings.model_retries,
            input_tokens=settings.model_input_tokens,
            output_tokens=_affordable(settings),
            history_tokens=settings.history_tokens,
            request_tokens=settings.model_request_tokens,
            request_cost=settings.model_max_cost,
            input_price=settings.model_input_price,
            output_price=settings.model_output_price,
        )


def tokens_of(text: str) -> int:
    """About how many tokens a text has."""
    return -(-len(text) // CHARS_A_TOKEN)


class Meter:
    """Counts what one request has cost so far, and refuses a call that could pass its limits.

    Args:
        limits: of the request.
    """

    def __init__(self, limits: ModelLimits) -> None:
        self._limits = limits
        self._read = self._written = 0

    @contextmanager
    def call(self, prompt: int, most: int) -> Iterator[Meter.Call]:
        """A call of ``prompt`` tokens that writes ``most`` at most; what it leaves unwritten is given back.

        Raises:
            LimitReached: it could pass a limit; nothing has been counted then.
        """
        read, written = self._read + prompt, self._written + most
        if read + written > self._limits.request_tokens:
            raise LimitReached("The request has used up its tokens for the chat model.")
        cost = (read * self._limits.input_price + written * self._limits.output_price) / 1e6
        if self._limits.request_cost is not None and cost > self._limits.request_cost:
            raise LimitReached("The request has used up what the chat model may cost.")
        self._read, self._written = read, written
        call = Meter.Call()
        try:
            yield call
        finally:
            self._written -= max(most - tokens_of(call.text), 0)

    @dataclass(slots=True)
    class Call:
        """What one call has written."""

        text: str = ""


def _affordable(settings: Settings) -> int:
    """The output tokens that the cost limit leaves after a full prompt."""
    if settings.model_max_cost is None:
        return settings.model_output_tokens
    left = settings.model_max_cost - settings.model_input_tokens * settings.model_input_price / 1e6
    tokens = settings.model_output_tokens
    if settings.model_output_price:
        tokens = min(tokens, int(left * 1e6 / settings.model_output_price))
    if tokens < 1 or left < 0:
        raise InvalidConfiguration(
            "ASSISTANT_MODEL_MAX_COST does not pay for a prompt of ASSISTANT_MODEL_INPUT_TOKENS.",
            "Raise the one or lower the other.",
        )
    return tokens
