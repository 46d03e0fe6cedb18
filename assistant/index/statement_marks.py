"""What curators say of statements: correct or incorrect. A mark stays with its statement when it is found again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from sqlalchemy import Connection, and_, delete, insert, select

from assistant.errors import NotFound
from assistant.index import audit_log, schema
from assistant.index.records import now
from assistant.index.statement_queries import statements_of
from assistant.models import Statement

Mark = Literal["correct", "incorrect"]
MarkKey = tuple[int, int, str | None, str | None]  # start, end, holder, stance: what a mark is about


def key_of(statement: Statement) -> MarkKey:
    """What identifies a statement within its version, however often it is found again."""
    return statement.start, statement.end, statement.holder, statement.stance


def marks_of(connection: Connection, document_id: str, version: int) -> dict[MarkKey, Mark]:
    """The marks of one version's statements."""
    m = schema.statement_marks
    rows = connection.execute(select(m).where(m.c.document_id == document_id, m.c.version == version))
    return {(row.start_offset, row.end_offset, row.holder, row.stance): row.mark for row in rows}


def marked_statements(connection: Connection) -> Iterator[dict[str, Any]]:
    """Every mark on a current version, with what it is about in words: material for judging and mending extraction.

    ``found`` tells whether the statement is still found there; rules that have changed since may read it differently.
    """
    m, d, v = schema.statement_marks, schema.documents, schema.versions
    rows = connection.execute(
        select(m, v.c.text, v.c.title, v.c.published_at)
        .join(d, and_(d.c.id == m.c.document_id, d.c.current_version == m.c.version))
        .join(v, and_(v.c.document_id == m.c.document_id, v.c.number == m.c.version))
        .order_by(m.c.document_id, m.c.start_offset, m.c.id)
    ).mappings()
    place, found = None, {}
    for row in rows:
        if place != (place := (row["document_id"], row["version"])):
            found = {key_of(statement): statement for statement in statements_of(connection, *place)}
        statement = found.get((row["start_offset"], row["end_offset"], row["holder"], row["stance"]))
        yield {
            "document_id": row["document_id"],
            "version": row["version"],
            "title": row["title"],
            "published_at": row["published_at"],
            "start": row["start_offset"],
            "end": row["end_offset"],
            "text": row["text"][row["start_offset"] : row["end_offset"]],
            "speaker": None if statement is None else statement.speaker,
            "cue": None if statement is None else statement.cue,
            "holder": row["holder"],
            "stance": row["stance"],
            "found": statement is not None,
            "mark": row["mark"],
            "marked_by": row["marked_by"],
            "marked_at": row["marked_at"],
        }


def set_mark(
    connection: Connection, document_id: str, version: int, key: MarkKey, mark: Mark | None, *, by: str
) -> Statement:
    """Mark a statement, in the place of the mark it had; None takes that away.

    Raises:
        NotFound: the version has no such statement.
    """
    found = next((s for s in statements_of(connection, document_id, version) if key_of(s) == key), None)
    if found is None:
        raise NotFound(f"{document_id!r} has no such statement in version {version}.", "List its statements again.")
    m = schema.statement_marks
    start, end, holder, stance = key
    connection.execute(
        delete(m).where(
            m.c.document_id == document_id,
            m.c.version == version,
            m.c.start_offset == start,
            m.c.end_offset == end,
            m.c.holder.is_not_distinct_from(holder),
            m.c.stance.is_not_distinct_from(stance),
        )
    )
    if mark is not None:
        place = {"document_id": document_id, "version": version, "start_offset": start, "end_offset": end}
        connection.execute(
            insert(m).values(**place, holder=holder, stance=stance, mark=mark, marked_by=by, marked_at=now())
        )
    audit_log.note(
        connection,
        "statement.marked",
        by=by,
        subject=document_id,
        version=version,
        detail={"mark": mark, "start": start, "end": end},
    )
    return found


def forget_document(connection: Connection, document_id: str) -> None:
    """Take the marks of a document away; part of withdrawing it."""
    m = schema.statement_marks
    connection.execute(delete(m).where(m.c.document_id == document_id))
