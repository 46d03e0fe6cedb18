"""Finished briefs, kept as they were given out, and forgotten together with what they quote."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, select, update

from assistant.access_model import Scope
from assistant.errors import NotFound
from assistant.index import schema
from assistant.index.records import now, to_json


def save(connection: Connection, brief_id: str, body: str, document_ids: Iterable[str], scope: Scope) -> None:
    """Keep a brief; one that is kept already stays as it is, since its id is the digest of its content.

    Args:
        connection: a write transaction.
        brief_id: the brief's id.
        body: the brief as JSON.
        document_ids: every document that it quotes.
        scope: of whoever asked for it.
    """
    b, d = schema.briefs, schema.brief_documents
    labels = {scope.label} if scope else set()
    kept = connection.scalar(select(b.c.scopes).where(b.c.id == brief_id))
    if kept is not None:
        scopes = to_json(sorted(labels.union(json.loads(kept))))
        connection.execute(update(b).where(b.c.id == brief_id).values(scopes=scopes))
        return
    connection.execute(insert(b).values(id=brief_id, body=body, created_at=now(), scopes=to_json(sorted(labels))))
    rows = [{"brief_id": brief_id, "document_id": document_id} for document_id in sorted(set(document_ids))]
    if rows:
        connection.execute(insert(d), rows)


def load(connection: Connection, brief_id: str) -> str:
    """A kept brief as JSON.

    Raises:
        NotFound: no brief has this id, or a document that it quotes has been withdrawn since.
    """
    b = schema.briefs
    body: str | None = connection.scalar(select(b.c.body).where(b.c.id == brief_id, ~_quotes_withdrawn()))
    if body is None:
        raise NotFound(
            f"There is no brief {brief_id!r}.",
            "Ask for it again: a brief is dropped when a document that it quotes is withdrawn.",
        )
    return body


def newest(connection: Connection, limit: int) -> list[tuple[str, str]]:
    """The latest briefs that are kept: their JSON, and when they were written."""
    b = schema.briefs
    query = select(b.c.body, b.c.created_at).where(~_quotes_withdrawn()).order_by(b.c.created_at.desc(), b.c.id)
    return [(row.body, row.created_at) for row in connection.execute(query.limit(limit))]


def _quotes_withdrawn() -> ColumnElement[bool]:
    """A brief goes with the first document that it quotes; this holds also where forgetting it was missed."""
    b, d, documents = schema.briefs, schema.brief_documents, schema.documents
    return exists(
        select(d.c.brief_id)
        .join(documents, documents.c.id == d.c.document_id)
        .where(d.c.brief_id == b.c.id, documents.c.state != "active")
    )


def forget_document(connection: Connection, document_id: str) -> int:
    """Drop every brief that quotes a document; returns how many. Part of withdrawing the document."""
    b, d = schema.briefs, schema.brief_documents
    ids = list(connection.scalars(select(d.c.brief_id).where(d.c.document_id == document_id)))
    for brief_id in ids:
        connection.execute(delete(d).where(d.c.brief_id == brief_id))
        connection.execute(delete(b).where(b.c.id == brief_id))
    return len(ids)
