"""The application: routes, errors and headers around services that somebody else opened."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI

from assistant.server import (
    ask,
    briefs,
    curation,
    documents,
    health,
    index,
    jobs,
    openai_compat,
    pages,
    positions,
    problems,
    verify,
)
from assistant.server.limits import BodyLimit
from assistant.server.security import SecurityHeaders
from assistant.services import Services


def build_app(services: Services) -> FastAPI:
    """The whole HTTP surface over ``services``; tests hand in their own."""
    app = FastAPI(
        title="Briefing assistant",
        description="Answers from a curated corpus, every sentence cited, or a refusal.",
        version=version("briefing-assistant"),
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    problems.install(app)
    for router in (
        ask.router,
        curation.router,
        documents.router,
        jobs.router,
        index.router,
        health.router,
        positions.router,
        verify.router,
        briefs.router,
        openai_compat.router,
        pages.router,
    ):
        app.include_router(router)
    pages.mount_static(app)
    app.add_middleware(problems.ErrorBoundary)
    app.add_middleware(BodyLimit, limit=services.settings.max_body_bytes)
    app.add_middleware(SecurityHeaders)
    return app
