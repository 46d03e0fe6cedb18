"""Errors as RFC 9457 problem+json, or as a page for a browser: one shape, whatever went wrong."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import AssistantError
from assistant.request_context import current
from assistant.server.problem_pages import problem_page
from assistant.server.schemas import Problem

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}

# What every operation may answer, by status; docs/problems.md tells of each type.
RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body cannot be read as what its type says.", "content": _PROBLEM},
    401: {"description": "A key is needed, or the one that was sent is not valid.", "content": _PROBLEM},
    403: {"description": "The key may not do this, or a page of another site asks.", "content": _PROBLEM},
    404: {"description": "There is no such thing, or the key may not see it.", "content": _PROBLEM},
    409: {"description": "It contradicts what is stored.", "content": _PROBLEM},
    413: {"description": "Something is over its limit.", "content": _PROBLEM},
    422: {"description": "The request cannot be used; `detail` says why and `hint` what to do.", "content": _PROBLEM},
    "4XX": {"description": "The request cannot be used; `detail` says why.", "content": _PROBLEM},
    "5XX": {"description": "The service cannot do it now; nothing acknowledged is lost.", "content": _PROBLEM},
}


def problem(
    code: str,
    title: str,
    status: int,
    detail: str,
    *,
    hint: str | None = None,
    instance: str | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response:
    """A problem response; under ``/v1/`` it also says the same as OpenAI's clients read it."""
    body = Problem(
        type=f"/problems/{code}",
        title=title,
        status=status,
        detail=detail,
        hint=hint,
        instance=instance,
        request_id=current().request_id,
        errors=errors,
    )
    if instance is not None and instance.startswith("/v1/"):
        body.error = {"message": f"{detail} {hint}" if hint else detail, "type": code, "code": code}
    return JSONResponse(body.model_dump(exclude_none=True), status, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of ``app`` a problem: a page for those who came with a browser, JSON for programs."""

    @app.exception_handler(AssistantError)
    def assistant_error(request: Request, error: AssistantError) -> Response:
        if error.status >= 500:
            log.error("%s %s: %s", request.method, request.url.path, error.detail)
        return problem_of(request, error)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [
            {"field": ".".join(str(part) for part in item["loc"] if part != "body") or "body", "problem": item["msg"]}
            for item in error.errors()
        ]
        shown = "; ".join(f"{item['field']}: {item['problem']}" for item in errors[:5])
        title, hint = "The request does not fit the schema", "The schema is at /openapi.json."
        return _answer(request, "invalid-request", title, 422, f"{shown}.", hint, errors=errors[:50])

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        code = phrase.lower().replace(" ", "-")
        response = _answer(request, code, phrase, error.status_code, str(error.detail), None)
        response.headers.update(error.headers or {})
        return response


def problem_of(request: Request, error: AssistantError) -> Response:
    """An error of ours as its problem: a page for those who came with a browser, JSON for programs."""
    response = _answer(request, error.code, error.title, error.status, error.detail, error.hint)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


class ErrorBoundary:
    """ASGI middleware that turns what nobody foresaw into a problem, inside the middleware that adds headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; an exception becomes a 500 unless the response has begun."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if scope["type"] != "http" or started:
                raise
            log.exception("%s %s failed", scope["method"], scope["path"])
            response = _answer(
                Request(scope),
                "internal-error",
                "Something went wrong inside",
                500,
                "The request could not be finished. Nothing acknowledged is lost.",
                "The server's log says more.",
            )
            await response(scope, receive, send)


def _answer(
    request: Request,
    code: str,
    title: str,
    status: int,
    detail: str,
    hint: str | None,
    *,
    errors: list[dict[str, str]] | None = None,
) -> Response:
    page = problem_page(request, status, title, detail, hint)
    if page is not None:
        return page
    return problem(code, title, status, detail, hint=hint, instance=request.url.path, errors=errors)
