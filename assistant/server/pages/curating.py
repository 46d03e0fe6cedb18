"""One document for curators: its metadata, its history, its statements beside its text, and its withdrawal.

    GET  /curate/document/{id}    all of it; ``old`` and ``new`` show what changed between two versions
    POST /curate/metadata/{id}    corrected metadata, as a new version
    POST /curate/restore/{id}     an earlier version made current again
    POST /curate/withdraw/{id}    asked once more, then withdrawn, with what is left of it
    POST /curate/mark/{id}        a statement marked correct or incorrect

Each does what the interface for programs does, by the same functions.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.status import HTTP_303_SEE_OTHER

from assistant.curation.preview import diff_lines
from assistant.errors import AssistantError, InvalidInput
from assistant.index import catalog, writer
from assistant.models import Version
from assistant.server.access import PrincipalDep
from assistant.server.curation import corrected, mark_statement, restore_version, withdraw_document
from assistant.server.dependencies import ServicesDep
from assistant.server.document_schemas import MarkIn
from assistant.server.documents import list_statements
from assistant.server.highlight import Span, show
from assistant.server.job_schemas import MetadataIn
from assistant.server.pages.parts import PagesDep
from assistant.server.presentation import curate_url
from assistant.services import Services

router = APIRouter(prefix="/curate")

LARGEST = 2**31 - 1
MOST_FIELDS = 50
FIELDS = ("title", "source", "source_type", "author", "url", "language", "published_at", "topics")

Number = Annotated[int | None, Query(ge=1, le=LARGEST)]


@router.get("/document/{document_id:path}")
def curate(
    document_id: str,
    pages: PagesDep,
    services: ServicesDep,
    old: Number = None,
    new: Number = None,
    start: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
    end: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
) -> HTMLResponse:
    """The document's metadata, history and statements; what changed between two versions where both are named."""
    span = None if start is None or end is None else Span(start, end)
    return pages.page("curate.html", _context(services, document_id, (old, new), span, None))


@router.post("/metadata/{document_id:path}")
async def correct(
    document_id: str, request: Request, pages: PagesDep, services: ServicesDep, principal: PrincipalDep
) -> Response:
    """Correct the metadata; a field that was left empty becomes unknown."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
        stated = {name: str(form.get(name, "")).strip() for name in FIELDS}
    try:
        await run_in_threadpool(corrected, document_id, _metadata(stated), services, principal)
    except AssistantError as error:
        context = await run_in_threadpool(_context, services, document_id, (None, None), None, error)
        return pages.page("curate.html", context | {"stated": stated}, error.status)
    return RedirectResponse(curate_url(document_id), HTTP_303_SEE_OTHER)


@router.post("/restore/{document_id:path}")
def restore(
    document_id: str,
    services: ServicesDep,
    principal: PrincipalDep,
    version: Annotated[int, Form(ge=1, le=LARGEST)],
) -> RedirectResponse:
    """Make an earlier version current again, as a new version; a withdrawn document comes back by it."""
    restore_version(document_id, services, principal, version)
    return RedirectResponse(curate_url(document_id), HTTP_303_SEE_OTHER)


@router.post("/withdraw/{document_id:path}")
def withdraw(
    document_id: str,
    pages: PagesDep,
    services: ServicesDep,
    principal: PrincipalDep,
    sure: Annotated[Literal["", "yes"], Form()] = "",
) -> HTMLResponse:
    """Ask whether it is meant; with ``sure`` withdraw the document and tell what is left of it."""
    with services.database.read() as connection:
        title = catalog.get_version(connection, document_id).metadata.title or document_id
        passages = catalog.count_live_of(connection, document_id)
    done = withdraw_document(document_id, services, principal) if sure else None
    context = {"document_id": document_id, "title": title, "passages": passages, "done": done}
    return pages.page("withdraw.html", context)


@router.post("/mark/{document_id:path}")
def mark(
    document_id: str,
    services: ServicesDep,
    principal: PrincipalDep,
    version: Annotated[int, Form()],
    start: Annotated[int, Form()],
    end: Annotated[int, Form()],
    mark: Annotated[Literal["correct", "incorrect", "none"], Form()],
    holder: Annotated[str, Form()] = "",
    stance: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Say whether a statement was found rightly; ``none`` takes back what was said."""
    try:
        body = MarkIn(
            version=version,
            start=start,
            end=end,
            holder=holder or None,
            stance=stance or None,
            mark=None if mark == "none" else mark,
        )
    except ValidationError as error:
        raise InvalidInput(f"{error.errors()[0]['msg']}.", None) from error
    mark_statement(document_id, body, services, principal)
    return RedirectResponse(f"{curate_url(document_id)}#statements", HTTP_303_SEE_OTHER)


def _metadata(stated: dict[str, str]) -> MetadataIn:
    fields: dict[str, Any] = {name: value or None for name, value in stated.items()}
    fields["topics"] = [topic.strip() for topic in stated["topics"].split(",") if topic.strip()]
    try:
        return MetadataIn.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.", None) from error


def _context(
    services: Services,
    document_id: str,
    compared: tuple[int | None, int | None],
    span: Span | None,
    problem: AssistantError | None,
) -> dict[str, Any]:
    with services.database.read() as connection:
        document = catalog.get_document(connection, document_id)
        history = catalog.list_versions(connection, document_id)
        changes = writer.change_log(connection, document_id)
        version = _shown(history, document.current_version)
        old, new = compared
        diff = None
        if old is not None and new is not None:
            one, other = (catalog.get_version(connection, document_id, number) for number in (old, new))
            diff = diff_lines(one.text, other.text)
    active = document.current_version is not None
    statements = list_statements(document_id, services).model_dump()["statements"] if active else []
    return {
        "document": document,
        "version": version,
        "title": version.metadata.title or document_id,
        "history": history,
        "changes": changes,
        "old": old,
        "new": new,
        "diff": diff,
        "statements": statements,
        "stances": services.briefing.stances,
        "groups": show(version.text, version.blocks, span),
        "stated": {
            name: ", ".join(version.metadata.topics) if name == "topics" else getattr(version.metadata, name) or ""
            for name in FIELDS
        },
        "problem": problem,
    }


def _shown(history: list[Version], current: int | None) -> Version:
    return next((v for v in history if v.number == current), history[-1])
