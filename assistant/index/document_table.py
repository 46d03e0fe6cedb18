"""The active documents as rows: in the order of their ids, or as a table, sorted and a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, or_, select

from assistant.index import schema
from assistant.index.catalog import get_version, selected_metadata
from assistant.index.records import document_of, metadata_of
from assistant.models import Document, Metadata

SortBy = Literal["title", "source", "kind", "published", "updated"]


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A row of the document list."""

    document: Document
    metadata: Metadata
    passages: int
    characters: int
    content_sha256: str
    media_type: str


@dataclass(frozen=True, slots=True)
class TablePage:
    """One page of the table, and how many documents there are on all of them."""

    documents: tuple[DocumentSummary, ...]
    total: int


def page_of_documents(
    connection: Connection,
    *,
    contains: str | None = None,
    sort: SortBy = "title",
    descending: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> TablePage:
    """A page of the active documents.

    Args:
        connection: the snapshot to read.
        contains: only those whose id, title, source or topics hold this text, ignoring case.
        sort: by which column; what is unknown comes last.
        descending: largest or latest first.
        offset: documents before this page.
        limit: most documents on it.
    """
    d, v = schema.documents, schema.versions
    conditions: list[ColumnElement[bool]] = [d.c.state == "active"]
    if contains:
        conditions.append(_holds((d.c.id, v.c.title, v.c.source, v.c.topics), contains))
    current = _current()
    total = connection.scalar(select(func.count()).select_from(d).join(v, current).where(*conditions)) or 0
    columns: dict[SortBy, ColumnElement[str]] = {
        "title": func.lower(func.coalesce(func.nullif(v.c.title, ""), d.c.id)),
        "source": func.lower(v.c.source),
        "kind": func.lower(v.c.source_type),
        "published": v.c.published_at,
        "updated": d.c.updated_at,
    }
    column = columns[sort]
    order = (column.desc() if descending else column.asc()).nulls_last()
    query = _rows().where(*conditions).order_by(order, d.c.id).offset(offset).limit(limit)
    return TablePage(tuple(map(_summary, connection.execute(query).mappings())), total)


def list_documents(
    connection: Connection,
    *,
    after: str | None = None,
    limit: int | None = None,
    contains: str | None = None,
    only: str | None = None,
) -> list[DocumentSummary]:
    """Active documents in the order of their ids.

    Args:
        connection: the snapshot to read.
        after: the last id of the page before.
        limit: most documents to return; None for all.
        contains: only those whose id, title or source holds this text, ignoring case.
        only: only the document with this id.
    """
    d, v = schema.documents, schema.versions
    query = _rows().where(d.c.state == "active").order_by(d.c.id)
    if only is not None:
        query = query.where(d.c.id == only)
    if after is not None:
        query = query.where(d.c.id > after)
    if contains:
        query = query.where(_holds((d.c.id, v.c.title, v.c.source), contains))
    if limit is not None:
        query = query.limit(limit)
    return list(map(_summary, connection.execute(query).mappings()))


def get_summary(connection: Connection, document_id: str) -> DocumentSummary:
    """The list row of one active document.

    Raises:
        NotFound: no such document, or it is withdrawn.
    """
    get_version(connection, document_id)
    return list_documents(connection, only=document_id)[0]


def _rows() -> Select[Any]:
    """Documents with their current version; of passages those that can be found are counted."""
    d, v, p = schema.documents, schema.versions, schema.passages
    passages = (
        select(func.count())
        .where(p.c.document_id == d.c.id, p.c.version == d.c.current_version, p.c.live)
        .correlate(d)
        .scalar_subquery()
    )
    characters = func.length(v.c.text).label("characters")
    columns = (*selected_metadata(), v.c.content_sha256, v.c.media_type, characters, passages.label("passages"))
    return select(d, *columns).join(v, _current())


def _current() -> ColumnElement[bool]:
    d, v = schema.documents, schema.versions
    return and_(v.c.document_id == d.c.id, v.c.number == d.c.current_version)


def _holds(columns: Iterable[ColumnElement[Any]], wanted: str) -> ColumnElement[bool]:
    return or_(*(column.icontains(wanted, autoescape=True) for column in columns))


def _summary(row: RowMapping) -> DocumentSummary:
    return DocumentSummary(
        document_of(row),
        metadata_of(row),
        row["passages"],
        row["characters"],
        row["content_sha256"],
        row["media_type"],
    )
