"""The application at ``/mcp``; the protocol's library is loaded with the first request, not with the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup, TaskStatus
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.errors import Unavailable
from assistant.services import Services

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager


class McpEndpoint:
    """The ASGI application at ``/mcp``; it answers while ``running`` is entered, once or again.

    Args:
        services: what answers.
        max_body_bytes: largest message accepted.
    """

    def __init__(self, services: Services, max_body_bytes: int) -> None:
        self._services = services
        self._max_body_bytes = max_body_bytes
        self._tasks: TaskGroup | None = None
        self._app: ASGIApp | None = None
        self._starting = anyio.Lock()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer until the end of the block; part of the application's lifespan."""
        async with anyio.create_task_group() as tasks:
            self._tasks, self._starting = tasks, anyio.Lock()
            try:
                yield
            finally:
                self._tasks = self._app = None
                tasks.cancel_scope.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            Unavailable: the application is not running yet, or no longer.
        """
        app = self._app or await self._started()
        await app(scope, receive, send)

    async def _started(self) -> ASGIApp:
        async with self._starting:
            if self._tasks is None:
                raise Unavailable("MCP is not served right now.", "Try again when the server has started.")
            if self._app is None:
                self._app = await self._tasks.start(self._run)
            return self._app

    async def _run(self, *, task_status: TaskStatus[ASGIApp]) -> None:
        """Keep the protocol's tasks going, which have to end where they began."""

        def load() -> StreamableHTTPSessionManager:
            from assistant.server.mcp import session_manager

            return session_manager(self._services, self._max_body_bytes)

        manager = await anyio.to_thread.run_sync(load)
        async with manager.run():
            task_status.started(manager.asgi_app)
            await anyio.sleep_forever()
