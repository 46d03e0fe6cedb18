"""Documents to read: the list, one document with a passage marked, and the same for the panel beside an answer.

/documents                the documents
/documents/{id}           one document, a passage of it marked where ``start`` and ``end`` say
/partials/documents/{id}  the same document alone

Whatever an id holds, it stays one part of the path.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from assistant.index import catalog
from assistant.index.document_table import SortBy, page_of_documents
from assistant.server.dependencies import ServicesDep
from assistant.server.highlight import Span, show
from assistant.server.pages.parts import HoldingsDep, PagesDep

router = APIRouter()

DOCUMENTS_A_PAGE = 50
LARGEST = 2**31 - 1
COLUMNS: tuple[SortBy, ...] = ("title", "source", "kind", "published", "updated")
LATEST_FIRST = frozenset({"published", "updated"})

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


@dataclass(frozen=True, slots=True)
class TableForm:
    """What the table of documents is asked for."""

    q: str
    sort: SortBy
    descending: bool
    page: int

    def at(self, page: int) -> str:
        """The address of another page of the same table."""
        return self._address(replace(self, page=page))

    def sorted_by(self, column: SortBy) -> str:
        """The address of the table by another column, or the other way round by the same one."""
        turned = not self.descending if column == self.sort else column in LATEST_FIRST
        return self._address(TableForm(self.q, column, turned, 1))

    def direction(self, column: SortBy) -> str:
        """As ``aria-sort`` says it."""
        if column != self.sort:
            return "none"
        return "descending" if self.descending else "ascending"

    def _address(self, form: TableForm) -> str:
        pairs: list[tuple[str, str | int]] = [("q", form.q)] if form.q else []
        pairs += [("sort", form.sort), ("order", "desc" if form.descending else "asc")]
        pairs += [("page", form.page)] if form.page > 1 else []
        return f"/documents?{urlencode(pairs)}"


@router.get("/documents")
def documents(
    pages: PagesDep,
    services: ServicesDep,
    holdings: HoldingsDep,
    q: Annotated[str, Query(max_length=200)] = "",
    sort: SortBy = "title",
    order: Literal["asc", "desc"] = "asc",
    page: Annotated[int, Query(ge=1, le=LARGEST // DOCUMENTS_A_PAGE)] = 1,
) -> HTMLResponse:
    """The documents as a table, a page at a time."""
    form = TableForm(q.strip(), sort, order == "desc", page)
    with services.database.read() as connection:
        found = page_of_documents(
            connection,
            contains=form.q or None,
            sort=sort,
            descending=form.descending,
            offset=(page - 1) * DOCUMENTS_A_PAGE,
            limit=DOCUMENTS_A_PAGE,
        )
    last = max(1, -(-found.total // DOCUMENTS_A_PAGE))
    context = {"found": found, "form": form, "last": last, "first": (page - 1) * DOCUMENTS_A_PAGE + 1}
    return pages.page("documents.html", {**context, "holdings": holdings, "columns": COLUMNS})


@router.get("/documents/{document_id:path}")
def document(shown: ShownDep, pages: PagesDep) -> HTMLResponse:
    """A document, or an earlier version of it, with the cited passage marked."""
    return pages.page("document.html", {**shown, "heading": 1})


@router.get("/partials/documents/{document_id:path}")
def document_partial(shown: ShownDep, pages: PagesDep) -> HTMLResponse:
    """The document as the panel shows it, below the heading of the page that it stands on."""
    return pages.page("_document.html", {**shown, "heading": 2})
