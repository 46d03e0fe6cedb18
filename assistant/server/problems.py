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

from assistant.errors import AssistantError
from assistant.server.schemas import Problem

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Problem, "description": "The request cannot be used; `detail` says why and `hint` what to do."},
    "5XX": {"model": Problem, "description": "The service cannot do it now; nothing acknowledged is lost."},
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
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem response."""
    body = Problem(
        type=f"/problems/{code}", title=title, status=status, detail=detail, hint=hint, instance=instance, errors=errors
    )
    return JSONResponse(body.model_dump(exclude_none=True), status, headers=headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of ``app`` a problem."""

    @app.exception_handler(AssistantError)
    def assistant_error(request: Request, error: AssistantError) -> Response:
        if error.status >= 500:
            log.error("%s %s: %s", request.method, request.url.path, error.detail)
        return problem(error.code, error.title, error.status, error.detail, hint=error.hint, instance=request.url.path)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [
            {"field": ".".join(str(part) for part in item["loc"] if part != "body") or "body", "problem": item["msg"]}
            for item in error.errors()
        ]
        shown = "; ".join(f"{item['field']}: {item['problem']}" for item in errors[:5])
        return problem(
            "invalid-request",
            "The request does not fit the schema",
            422,
            f"{shown}.",
            hint="The schema is at /openapi.json.",
            instance=request.url.path,
            errors=errors[:50],
        )

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        code = phrase.lower().replace(" ", "-")
        return problem(
            code,
            phrase,
            error.status_code,
            str(error.detail),
            instance=request.url.path,
            headers=dict(error.headers or {}),
        )

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Response:
        log.exception("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(
            "internal-error",
            "Something went wrong inside",
            500,
            "The request could not be finished. Nothing acknowledged is lost.",
            hint="The server's log says more.",
            instance=request.url.path,
        )
