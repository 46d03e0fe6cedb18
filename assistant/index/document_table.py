"""The active documents as a table: found, sorted and a page at a time, however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from assistant.index import schema
from assistant.index.catalog import DocumentSummary, selected_metadata
from assistant.index.records import document_of, metadata_of

SortBy = Literal["title", "source", "kind", "published", "updated"]


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
    d, v, p = schema.documents, schema.versions, schema.passages
    conditions: list[ColumnElement[bool]] = [d.c.state == "active"]
    if contains:
        places = (d.c.id, v.c.title, v.c.source, v.c.topics)
        conditions.append(or_(*(column.icontains(contains, autoescape=True) for column in places)))
    current = and_(v.c.document_id == d.c.id, v.c.number == d.c.current_version)
    total = connection.scalar(select(func.count()).select_from(d).join(v, current).where(*conditions)) or 0
    passages = (
        select(func.count())
        .where(p.c.document_id == d.c.id, p.c.version == d.c.current_version, p.c.live)
        .correlate(d)
        .scalar_subquery()
    )
    columns: dict[SortBy, ColumnElement[str]] = {
        "title": func.lower(func.coalesce(func.nullif(v.c.title, ""), d.c.id)),
        "source": func.lower(v.c.source),
        "kind": func.lower(v.c.source_type),
        "published": v.c.published_at,
        "updated": d.c.updated_at,
    }
    column = columns[sort]
    order = (column.desc() if descending else column.asc()).nulls_last()
    query = (
        select(d, *selected_metadata(), v.c.content_sha256, v.c.media_type, func.length(v.c.text).label("characters"))
        .add_columns(passages.label("passages"))
        .join(v, current)
        .where(*conditions)
        .order_by(order, d.c.id)
        .offset(offset)
        .limit(limit)
    )
    rows = connection.execute(query).mappings()
    summaries = (
        DocumentSummary(
            document_of(row),
            metadata_of(row),
            row["passages"],
            row["characters"],
            row["content_sha256"],
            row["media_type"],
        )
        for row in rows
    )
    return TablePage(tuple(summaries), total)
