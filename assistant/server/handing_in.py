"""What a request hands in, as submissions: a document as JSON, an address to fetch, or files beside metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from assistant.curation.intake import record
from assistant.curation.loaders.metadata import BadField, checked_language, checked_url
from assistant.errors import InvalidInput
from assistant.models import Submission
from assistant.server.job_schemas import DocumentIn, MetadataIn

JSON = "application/json"
MULTIPART = "multipart/form-data"

HANDED_IN: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": DocumentIn.model_json_schema()},
            MULTIPART: {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "id": {"type": "string"},
                        "title": {"type": "string"},
                        "source": {"type": "string"},
                        "published_at": {"type": "string"},
                    },
                    "required": ["file"],
                }
            },
        },
    }
}


async def handed_in(request: Request) -> list[Submission]:
    """What the body holds: one document as JSON, one address, or files with metadata beside them.

    Raises:
        InvalidInput: the body is neither.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == MULTIPART:
        return await _files(request)
    if kind not in (JSON, ""):
        raise InvalidInput(
            f"A body of type {kind!r} is not understood here.", f"Send {JSON}, or {MULTIPART} with a field 'file'."
        )
    try:
        body = DocumentIn.model_validate_json(await request.body())
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise InvalidInput(f"{field}: {first['msg']}.", "The schema is at /openapi.json.") from error
    return [submission_of(body)]


HandedIn = Annotated[list[Submission], Depends(handed_in)]


def submission_of(body: DocumentIn) -> Submission:
    """One document as JSON: its text, or an address to fetch.

    Raises:
        InvalidInput: it has neither, or a field that cannot be used.
    """
    fields = checked_fields(body.model_dump(exclude_none=True))
    if body.text is not None:
        return replace(record(fields), document_id=body.id)
    if body.url is None:
        raise InvalidInput(
            "The body has neither 'text' nor 'url'.", "Send the document's text, or an address to fetch."
        )
    overrides = {name: value for name, value in fields.items() if name not in ("id", "text", "url")}
    return Submission("url", body.url, document_id=body.id, overrides=overrides)


def checked_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields whose form the schema cannot say."""
    for name, check in (("url", checked_url), ("language", checked_language)):
        try:
            if fields.get(name) is not None:
                check(fields[name])
        except BadField as error:
            raise InvalidInput(f"{name}: {error}.", None) from error
    return dict(fields)


async def _files(request: Request) -> list[Submission]:
    async with request.form(max_files=1_000, max_fields=100) as form:
        uploads = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        stated = {name: value for name, value in form.multi_items() if isinstance(value, str) and value.strip()}
        files = [(upload.filename or "file", await upload.read(), upload.content_type) for upload in uploads]
    if not files:
        raise InvalidInput("The form holds no file.", "Send the file in a field named 'file'.")
    document_id = stated.pop("id", None)
    if document_id and len(files) > 1:
        raise InvalidInput("One id cannot name several files.", "Leave the id out, or send one file.")
    overrides = stated_metadata(stated)
    return [Submission("file", name, data, kind, document_id, overrides) for name, data, kind in files]


def stated_metadata(stated: Mapping[str, str]) -> dict[str, Any]:
    """The metadata that a form states beside its files.

    Raises:
        InvalidInput: a field that cannot be used.
    """
    fields: dict[str, Any] = dict(stated)
    if "topics" in fields:
        fields["topics"] = [topic.strip() for topic in stated["topics"].split(",") if topic.strip()]
    try:
        return checked_fields(MetadataIn.model_validate(fields).model_dump(exclude_none=True))
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.", None) from error
