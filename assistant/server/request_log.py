"""What is kept of every request: an id that its response, its problems and its log lines share, and one line."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.metrics import Metrics
from assistant.request_context import acting, request_id_of
from assistant.server.access import OPEN_PATHS
from assistant.server.clients import Network, client_of

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
UNROUTED = "none"  # no route took the request; its path would make a label of whatever somebody tries
CUT_OFF = 499  # the client left before anything was sent


class RequestLog:
    """Outermost ASGI middleware: gives each request its id, measures it, and logs it when its response has ended.

    Questions stand in bodies and query strings, so that neither is logged.

    Args:
        app: what answers.
        metrics: where requests are counted.
        trusted: networks of one's own proxies.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, trusted: Sequence[Network]) -> None:
        self._app = app
        self._metrics = metrics
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(Headers(scope=scope).get(HEADER))
        status, began = CUT_OFF, time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with acting(request_id):
            try:
                await self._app(scope, receive, watched)
            finally:
                self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", UNROUTED)
        self._metrics.requested(scope["method"], route, status, seconds)
        principal = scope.get("state", {}).get("principal")
        fields = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "client": client_of(scope, self._trusted),
            "by": getattr(principal, "name", None),
        }
        level = logging.DEBUG if scope["path"].startswith(OPEN_PATHS) else logging.INFO
        log.log(level, "request", extra=fields)
