"""Documents over HTTP: list, read, and the history of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from assistant.index import catalog, document_table
from assistant.index.statement_marks import key_of, marks_of
from assistant.index.statement_queries import statements_of
from assistant.server.dependencies import ServicesDep
from assistant.server.document_schemas import (
    ContentOut,
    DocumentList,
    DocumentOut,
    PassageList,
    StatementList,
    StatementOut,
    StoredPassageOut,
    VersionList,
    VersionOut,
)
from assistant.server.paging import AfterQuery, LimitQuery, page_of
from assistant.server.preconditions import mark
from assistant.server.problems import RESPONSES

router = APIRouter(prefix="/api/v1/documents", tags=["documents"], responses=RESPONSES)

VersionQuery = Annotated[
    int | None, Query(ge=1, le=2**31 - 1, description="A version's number; the current one when left out.")
]


@router.get("", operation_id="list_documents")
def list_documents(
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[str | None, Query(max_length=200, description="`next` of the page before.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of an id, title or source.")] = None,
) -> DocumentList:
    """The active documents in the order of their ids."""
    with services.database.read() as connection:
        found = document_table.list_documents(connection, after=after, limit=limit + 1, contains=q)
    more = len(found) > limit
    documents = [DocumentOut.of(summary) for summary in found[:limit]]
    return DocumentList(documents=documents, next=documents[-1].id if more else None)


@router.get("/{document_id:path}/content", operation_id="get_content")
def get_content(document_id: str, services: ServicesDep, version: VersionQuery = None) -> ContentOut:
    """The text of a version, which the offsets of citations count in."""
    with services.database.read() as connection:
        found = catalog.get_version(connection, document_id, version)
    return ContentOut(
        document_id=document_id,
        version=found.number,
        state=found.state,  # type: ignore[arg-type]  # staged versions are never returned
        title=found.metadata.title,
        published_at=found.metadata.published_at,
        content=found.text,
    )


@router.get("/{document_id:path}/versions", operation_id="list_versions")
def list_versions(
    document_id: str, services: ServicesDep, limit: LimitQuery = None, after: AfterQuery = None
) -> VersionList:
    """A document's history, oldest first."""
    with services.database.read() as connection:
        catalog.get_document(connection, document_id)
        versions = catalog.list_versions(connection, document_id)
    found, following = page_of(versions, limit, after, lambda version: version.number)
    return VersionList(versions=[VersionOut.of(version) for version in found], next=following)


@router.get("/{document_id:path}/passages", operation_id="list_passages")
def list_passages(
    document_id: str, services: ServicesDep, limit: LimitQuery = None, after: AfterQuery = None
) -> PassageList:
    """The passages of the current version, in reading order."""
    with services.database.read() as connection:
        version = catalog.get_version(connection, document_id)
        passages = catalog.passages_of(connection, document_id, version.number)
    found, following = page_of(passages, limit, after, lambda passage: passage.ordinal)
    told = [StoredPassageOut.of(passage) for passage in found]
    return PassageList(version=version.number, passages=told, next=following)


@router.get("/{document_id:path}/statements", operation_id="list_statements")
def list_statements(
    document_id: str, services: ServicesDep, limit: LimitQuery = None, after: AfterQuery = None
) -> StatementList:
    """Who says what in the current version, in reading order."""
    with services.database.read() as connection:
        version = catalog.get_version(connection, document_id)
        statements = statements_of(connection, document_id, version.number)
        marks = marks_of(connection, document_id, version.number)
    found, following = page_of(list(enumerate(statements)), limit, after, lambda item: item[0])
    told = [StatementOut.of(statement, marks.get(key_of(statement))) for _, statement in found]
    return StatementList(version=version.number, statements=told, next=following)


@router.get("/{document_id:path}", operation_id="get_document")
def get_document(document_id: str, services: ServicesDep, response: Response) -> DocumentOut:
    """A document with the metadata of its current version; its ETag is what ``If-Match`` takes."""
    with services.database.read() as connection:
        mark(response, catalog.get_version(connection, document_id))
        return DocumentOut.of(document_table.get_summary(connection, document_id))
