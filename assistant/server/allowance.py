"""What one client may ask for: so many requests a minute, so many streams at once.

    request → over the client's minute? → route → a stream? → one more than allowed? → response

Whoever has a key is counted by it; where there are no keys, by address. Requests are counted in memory, or in Redis
where several servers share what a client may; streams are counted by the server that holds them.
"""

from __future__ import annotations

import logging
import math
import time
from collections import Counter

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.access_model import Principal
from assistant.errors import InvalidConfiguration, Stopping, TooManyRequests
from assistant.metrics import Metrics
from assistant.server.access import OPEN_PATHS
from assistant.server.clients import client_of
from assistant.server.draining import Draining
from assistant.server.problems import problem_of
from assistant.settings import Settings

log = logging.getLogger(__name__)

EVENT_STREAM = b"text/event-stream"
STREAM_RETRY_SECONDS = 5  # streams end at any moment, so it is worth asking again soon
STORE_SECONDS = 1.0  # that a request waits for Redis
STORE_REST_SECONDS = 30.0  # that Redis is left alone for once it has failed


class RequestCounter:
    """Counts requests by client within a sliding minute.

    Args:
        store: where the counts are kept, ``memory://`` or ``redis://…``.

    Raises:
        InvalidConfiguration: there is no such store, or its client is not installed.
    """

    def __init__(self, store: str) -> None:
        self._memory = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared: SlidingWindowCounterRateLimiter | None = None
        self._failed_at = -math.inf
        if not store.startswith("memory://"):
            self._shared = SlidingWindowCounterRateLimiter(_opened(store))

    async def wait(self, client: str, a_minute: int) -> int | None:
        """Count one request.

        Args:
            client: whose.
            a_minute: how many it may make.

        Returns:
            None where it may be answered, else the seconds until the next one may.
        """
        if self._shared is None or time.monotonic() - self._failed_at < STORE_REST_SECONDS:
            return _hit(self._memory, client, a_minute)
        try:
            return await run_in_threadpool(_hit, self._shared, client, a_minute)
        except Exception as error:  # whatever the client of the store raises: nobody is locked out, and all are counted
            self._failed_at = time.monotonic()
            log.error("The store of the rate limit cannot be used, this server counts alone: %s", type(error).__name__)
            return _hit(self._memory, client, a_minute)


class Allowance:
    """ASGI middleware that answers 429 where a client asks for more than it may; inside of access control.

    Args:
        app: what is guarded.
        settings: how much is allowed.
        draining: while it lasts, no stream begins.
        metrics: counts open streams and refusals.
    """

    def __init__(self, app: ASGIApp, settings: Settings, draining: Draining, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._draining = draining
        self._metrics = metrics
        self._requests = RequestCounter(settings.rate_limit_store)
        self._streams: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer for it."""
        if scope["type"] != "http" or scope["path"].startswith(OPEN_PATHS):
            await self._app(scope, receive, send)
            return
        principal: Principal = scope["state"]["principal"]
        known = principal.key_id is not None
        client = f"key:{principal.key_id}" if known else f"address:{client_of(scope, self._settings.trusted_proxies)}"
        a_minute = self._settings.requests_per_minute if known else self._settings.open_requests_per_minute
        seconds = await self._requests.wait(client, a_minute) if a_minute else None
        if seconds is not None:
            self._metrics.refused("requests")
            error = TooManyRequests(f"More than {a_minute:,} requests came from you within a minute.", seconds)
            await problem_of(Request(scope), error)(scope, receive, send)
            return
        await self._watched(scope, receive, send, client, known)

    async def _watched(self, scope: Scope, receive: Receive, send: Send, client: str, known: bool) -> None:
        """Pass the request on; what turns out to be a stream is counted until it ends, or does not begin."""
        streaming = False

        async def watched(message: Message) -> None:
            nonlocal streaming
            if message["type"] == "http.response.start" and _is_stream(message):
                self._begin(client, known)
                streaming = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except (_StreamRefused, BaseExceptionGroup) as error:
            refused = _refusal(error)
            if refused is None:
                raise
            await problem_of(Request(scope), refused)(scope, receive, send)
        finally:
            if streaming:
                self._end(client)

    def _begin(self, client: str, known: bool) -> None:
        settings = self._settings
        if self._draining.begun:
            raise _StreamRefused(Stopping())
        if self._streams.total() >= settings.max_streams:
            self._metrics.refused("streams")
            raise _StreamRefused(
                TooManyRequests(f"All {settings.max_streams:,} streams are in use.", STREAM_RETRY_SECONDS)
            )
        if known and self._streams[client] >= settings.streams_per_key:
            self._metrics.refused("streams")
            detail = f"{settings.streams_per_key:,} streams of this key are open already."
            raise _StreamRefused(TooManyRequests(detail, STREAM_RETRY_SECONDS))
        self._streams[client] += 1
        self._metrics.streams_open.inc()

    def _end(self, client: str) -> None:
        self._metrics.streams_open.dec()
        self._streams[client] -= 1
        if not self._streams[client]:
            del self._streams[client]


class _StreamRefused(Exception):
    """Takes the place of a stream that may not begin."""

    def __init__(self, error: TooManyRequests | Stopping) -> None:
        super().__init__(error.detail)
        self.error = error


def _refusal(error: _StreamRefused | BaseExceptionGroup[BaseException]) -> TooManyRequests | Stopping | None:
    """What was refused; a response that watches its connection beside sending raises it within a group."""
    if isinstance(error, _StreamRefused):
        return error.error
    found = error.subgroup(_StreamRefused)
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]  # type: ignore[assignment]
    return found.error if isinstance(found, _StreamRefused) else None


def _is_stream(message: Message) -> bool:
    return any(name == b"content-type" and value.startswith(EVENT_STREAM) for name, value in message["headers"])


def _hit(limiter: SlidingWindowCounterRateLimiter, client: str, a_minute: int) -> int | None:
    item = RateLimitItemPerMinute(a_minute, namespace="assistant")
    if limiter.hit(item, client):
        return None
    return max(1, math.ceil(limiter.get_window_stats(item, client).reset_time - time.time()))


def _opened(store: str) -> Storage:
    hint = "Set ASSISTANT_RATE_LIMIT_STORE to memory:// or redis://HOST:PORT; Redis needs the extra `redis`."
    options = {"socket_connect_timeout": STORE_SECONDS, "socket_timeout": STORE_SECONDS}
    try:
        opened = storage_from_string(store, **options)
    except Exception as error:  # the library's own, and those of the missing client
        raise InvalidConfiguration("The store of the rate limit cannot be opened.", hint) from error
    if not isinstance(opened, Storage):
        raise InvalidConfiguration("The store of the rate limit cannot be used.", hint)
    return opened
