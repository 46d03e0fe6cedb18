"""What answers while the assistant loads: alive at once, ready when the application has been let in.

Nothing here needs the application or its framework, so a server answers ``/healthz`` while they are still imported.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

ALIVE = {"status": "alive"}
LOADING = {
    "type": "/problems/unavailable",
    "title": "The service is starting",
    "status": 503,
    "detail": "The models and the corpus are still being loaded.",
    "hint": "Try again in a second; /readyz says when it is ready.",
}
RETRY_SECONDS = 1


class Gate:
    """An ASGI application that becomes another one, whose lifespan it takes into its own."""

    def __init__(self) -> None:
        self._app: FastAPI | None = None
        self._given: Future[FastAPI] = Future()
        self._entered: Future[None] = Future()

    def open(self, app: FastAPI) -> None:
        """Let ``app`` answer from now on; called from any thread but the server's, once, and returns when it does."""
        self._given.set_result(app)
        self._entered.result()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or have the application answer."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1013})
        elif scope["path"] == "/healthz":
            await _answer(send, 200, "application/json", ALIVE)
        else:
            await _answer(send, 503, "application/problem+json", LOADING, {"Retry-After": str(RETRY_SECONDS)})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        end: asyncio.Future[Any] = asyncio.ensure_future(receive())
        given: asyncio.Future[Any] = asyncio.wrap_future(self._given)
        await asyncio.wait({end, given}, return_when=asyncio.FIRST_COMPLETED)
        if given.done():
            await self._let_in(given.result(), end)
        else:
            given.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _let_in(self, app: FastAPI, end: asyncio.Future[Any]) -> None:
        try:
            async with app.router.lifespan_context(app):
                self._app = app
                self._entered.set_result(None)
                await end
        except Exception as error:
            if self._entered.done():
                raise
            self._entered.set_exception(error)
            await end


async def _answer(
    send: Send, status: int, media_type: str, body: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> None:
    content = json.dumps(body).encode()
    fields = {
        "Content-Type": media_type,
        "Content-Length": str(len(content)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **(headers or {}),
    }
    raw = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": content})
