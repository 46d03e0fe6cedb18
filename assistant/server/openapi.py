"""The schema at ``/openapi.json``, with what routes do not say by themselves: problems, keys, and no other errors."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from assistant.server.schemas import Problem

SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key, as `assistant keys add` prints it. On 127.0.0.1 none is needed until there is one.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "assistant_session",
        "description": "A browser that signed in at `/sign-in`.",
    },
}
PROBLEM_EXAMPLE = {
    "type": "/problems/not-found",
    "title": "Not found",
    "status": 404,
    "detail": "There is no document 'nothing'.",
    "hint": "List the documents with `assistant list`.",
    "instance": "/api/v1/documents/nothing",
}
OPEN = ("/healthz", "/readyz")


def install(app: FastAPI) -> None:
    """Have ``app`` serve the whole schema."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = completed(made())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation has it


def completed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with problems and keys, and without FastAPI's own shape of errors, which is never sent."""
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = {**Problem.model_json_schema(), "examples": [PROBLEM_EXAMPLE]}
    components["securitySchemes"] = SCHEMES
    for path, item in schema["paths"].items():
        for operation in item.values():
            operation["security"] = [] if path in OPEN else [{name: []} for name in SCHEMES]
    return schema
