"""Documents to read: the list, one document with a passage marked, and the same for the panel beside an answer.

/documents                the documents
/documents/{id}           one document, a passage of it marked where ``start`` and ``end`` say
/partials/documents/{id}  the same document alone

Whatever an id holds, it stays one part of the path.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from assistant.index import catalog
from assistant.server.dependencies import ServicesDep
from assistant.server.highlight import Span, show
from assistant.server.pages.parts import HoldingsDep, PagesDep

router = APIRouter()

DOCUMENTS_A_PAGE = 50
LARGEST = 2**31 - 1

Offset = Annotated[int | None, Query(ge=0, le=LARGEST)]
Number = Annotated[int | None, Query(ge=1, le=LARGEST)]


def _shown(
    document_id: str, services: ServicesDep, version: Number = None, start: Offset = None, end: Offset = None
) -> dict[str, object]:
    """What the templates of a document need: one version, and what is marked in it."""
    with services.database.read() as connection:
        found = catalog.get_version(connection, document_id, version)
        current = catalog.get_document(connection, document_id)
        history = catalog.list_versions(connection, document_id)
    span = None if start is None or end is None else Span(start, end)
    return {
        "document": current,
        "version": found,
        "history": history,
        "title": found.metadata.title or document_id,
        "groups": show(found.text, found.blocks, span),
        "misplaced": span is not None and not span.inside(found.text),
        "marked": span is not None and span.inside(found.text),
    }


ShownDep = Annotated[dict[str, object], Depends(_shown)]


@router.get("/documents")
def documents(
    pages: PagesDep,
    services: ServicesDep,
    holdings: HoldingsDep,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> HTMLResponse:
    """The documents in the order of their ids, a page at a time."""
    wanted = q.strip()
    with services.database.read() as connection:
        found = catalog.list_documents(connection, after=after, limit=DOCUMENTS_A_PAGE + 1, contains=wanted or None)
    shown = found[:DOCUMENTS_A_PAGE]
    following = shown[-1].document.id if len(found) > DOCUMENTS_A_PAGE else None
    context = {"found": shown, "q": wanted, "after": after, "following": following, "holdings": holdings}
    return pages.page("documents.html", context)


@router.get("/documents/{document_id:path}")
def document(shown: ShownDep, pages: PagesDep) -> HTMLResponse:
    """A document, or an earlier version of it, with the cited passage marked."""
    return pages.page("document.html", {**shown, "heading": 1})


@router.get("/partials/documents/{document_id:path}")
def document_partial(shown: ShownDep, pages: PagesDep) -> HTMLResponse:
    """The document as the panel shows it, below the heading of the page that it stands on."""
    return pages.page("_document.html", {**shown, "heading": 2})
