"""What both kinds of client have in common: where the server is, and how a request to it looks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from assistant.client import calls
from assistant.client.calls import Call
from assistant.client.failures import error_of
from assistant.errors import AssistantError, InvalidInput, Unavailable

SECONDS = 60.0
TRIES = 3  # of a stream that breaks off


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server is and who asks.

    Args:
        url: its address, such as http://127.0.0.1:8000.
        key: sent with every request, where it is given.
        timeout: seconds until a request is given up that does not wait for a model.
    """

    url: str
    key: str | None
    timeout: float

    def options(self) -> dict[str, Any]:
        """As both kinds of httpx's clients take them.

        Raises:
            InvalidInput: the address is none.
        """
        if not self.url.startswith(("http://", "https://")):
            raise InvalidInput(f"{self.url!r} is no address of a server.", "Write it as http://127.0.0.1:8000.")
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return {"base_url": self.url.rstrip("/"), "headers": headers, "timeout": self.timeout}


def request_of(call: Call[Any], timeout: float) -> dict[str, Any]:
    """A call as httpx takes it."""
    return {
        "method": call.method,
        "url": call.path,
        "json": call.json,
        "files": call.files,
        "data": call.data,
        "params": {name: value for name, value in call.params.items() if value is not None},
        "headers": dict(call.headers),
        "timeout": call.seconds or timeout,
    }


def content_of(call: Call[Any], response: httpx.Response) -> Any:
    """What a call was answered.

    Raises:
        AssistantError: that it failed.
    """
    if not response.is_success:
        raise error_of(response)
    if call.raw:
        return response.content
    return response.json() if response.content else None


@dataclass(slots=True)
class Asking:
    """A question whose answer is streamed, and how far it has come: what breaks off is gone on with."""

    question: str
    history: Sequence[Mapping[str, str]] = ()
    conversation_id: str | None = None
    filters: Mapping[str, Any] | None = None
    as_of: str | None = None
    answerer: Literal["extractive", "model"] | None = None
    retrieve: int = 10
    last_id: str = ""
    tries: int = 0
    _key: str = field(default_factory=lambda: uuid.uuid4().hex)

    def request(self) -> dict[str, Any]:
        """The request, which goes on after the last event."""
        body = calls.asked(
            self.question,
            self.history,
            self.conversation_id,
            self.filters,
            self.as_of,
            self.answerer,
            self.retrieve,
        )
        headers = {"Accept": "text/event-stream", "Idempotency-Key": self._key}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        timeout = httpx.Timeout(60, read=calls.ANSWER_SECONDS)
        return {
            "method": "POST",
            "url": "/api/v1/ask",
            "json": {**body, "stream": True},
            "headers": headers,
            "timeout": timeout,
        }

    def broke_off(self, error: httpx.TransportError | None) -> None:
        """Try again a few times.

        Raises:
            Unavailable: it has broken off too often.
        """
        self.tries += 1
        if self.tries >= TRIES:
            raise Unavailable("The answer broke off.", "Ask again.") from error


def told_failure(data: Any) -> AssistantError:
    """What an ``error`` event says."""
    return Unavailable(str(data.get("detail", "The answer failed.")), data.get("hint"))
