"""The application: routes, errors and headers around services that somebody else opened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from assistant.server import (
    ask,
    audit,
    briefs,
    conversations,
    curation,
    documents,
    health,
    index,
    jobs,
    keys,
    marks,
    metrics,
    openai_compat,
    openapi,
    pages,
    positions,
    problems,
    verify,
)
from assistant.server.access import AccessControl
from assistant.server.allowance import Allowance
from assistant.server.draining import Draining
from assistant.server.held_answers import HeldAnswers
from assistant.server.idempotency import IdempotentWrites
from assistant.server.limits import BodyLimit
from assistant.server.mcp_endpoint import McpEndpoint
from assistant.server.preconditions import ConditionalGet
from assistant.server.request_log import RequestLog
from assistant.server.security import SecurityHeaders
from assistant.server.threads import Threads
from assistant.services import Services

# Pages of other origins, where some are named, send a key themselves: cookies are never accepted from them.
CORS: dict[str, Any] = {
    "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
    "allow_headers": [
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
        "Last-Event-ID",
    ],
    "allow_credentials": False,
    "expose_headers": ["ETag", "Location", "Retry-After"],
}


def build_app(services: Services, draining: Draining | None = None) -> FastAPI:
    """The whole HTTP surface over ``services``; tests hand in their own.

    Args:
        services: what answers.
        draining: tells when the server that runs it is about to stop.
    """
    draining = draining or Draining()
    mcp = McpEndpoint(services, services.settings.max_body_bytes)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            async with mcp.running():
                yield
        finally:
            app.state.answers.close()

    app = FastAPI(
        title="Briefing assistant",
        description="Answers from a curated corpus, every sentence cited, or a refusal.",
        version=version("briefing-assistant"),
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.services = services
    app.state.draining = draining
    app.state.probe = health.Probe()
    app.state.threads = Threads(services.settings.max_streams)
    app.state.answers = HeldAnswers(services.settings.max_streams)
    problems.install(app)
    for router in (
        ask.router,
        curation.router,
        marks.router,
        documents.router,
        jobs.router,
        index.router,
        health.router,
        positions.router,
        verify.router,
        briefs.router,
        conversations.router,
        openai_compat.router,
        keys.router,
        audit.router,
        metrics.router,
        pages.router,
    ):
        app.include_router(router)
    app.router.routes.append(Route("/mcp", mcp))
    pages.mount_static(app)
    openapi.install(app)
    settings = services.settings
    app.add_middleware(ConditionalGet)
    app.add_middleware(IdempotentWrites, database=services.database)
    app.add_middleware(Allowance, settings=settings, draining=draining, metrics=services.metrics)
    app.add_middleware(AccessControl, keys=services.keys, settings=settings)
    app.add_middleware(problems.ErrorBoundary)
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes)
    app.add_middleware(SecurityHeaders)
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors_origins, **CORS)
    app.add_middleware(RequestLog, metrics=services.metrics, trusted=settings.trusted_proxies)
    return app
