"""Writing the catalog. Each function is one step inside the caller's transaction; the caller's commit acknowledges.

An update is staged beside the version that readers see and published by one flip, so a reader finds all of the old
version or all of the new one. Nothing here knows about Chroma.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, literal, or_, select, update

from assistant.errors import NotFound, StorageFailed
from assistant.index import audit_log, brief_store, conversation_store, lexical, schema, statement_marks
from assistant.index.advisory import try_within
from assistant.index.catalog import IN_LIMIT, get_document
from assistant.index.database import overwriting
from assistant.index.records import blocks_json, metadata_columns, now, to_json
from assistant.models import LoadedDocument, Statement


@dataclass(frozen=True, slots=True)
class PassageDraft:
    """A passage that has not been stored yet."""

    start: int
    end: int
    text: str
    headings: tuple[str, ...]
    sentences: tuple[tuple[int, int], ...]
    page: int | None
    input_sha256: str  # names its vector


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """What the encoder made of one passage."""

    input_sha256: str
    vector: NDArray[np.float32]  # (dimension,), unit length
    sentences: NDArray[np.float32]  # (sentences, dimension), unit rows


def known_inputs(connection: Connection, generation: int, digests: Sequence[str]) -> set[str]:
    """Those of ``digests`` whose vectors are stored already and need no encoder."""
    x = schema.vectors
    found: set[str] = set()
    for start in range(0, len(digests), IN_LIMIT):
        part = digests[start : start + IN_LIMIT]
        found.update(
            connection.scalars(select(x.c.input_sha256).where(x.c.generation == generation, x.c.input_sha256.in_(part)))
        )
    return found


def vectors_by_input(connection: Connection, generation: int, digests: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Stored passage vectors by the digest of their input."""
    x = schema.vectors
    found: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(digests), IN_LIMIT):
        rows = connection.execute(
            select(x.c.input_sha256, x.c.vector).where(
                x.c.generation == generation, x.c.input_sha256.in_(digests[start : start + IN_LIMIT])
            )
        )
        found.update((digest, np.frombuffer(blob, "<f4")) for digest, blob in rows)
    return found


def store_vectors(connection: Connection, generation: int, vectors: Sequence[PassageVectors]) -> None:
    """Keep vectors under their inputs' digests; those already there are left alone."""
    if not vectors:
        return
    known = known_inputs(connection, generation, [v.input_sha256 for v in vectors])
    fresh = {v.input_sha256: v for v in vectors if v.input_sha256 not in known}
    if fresh:
        connection.execute(
            insert(schema.vectors),
            [
                {
                    "generation": generation,
                    "input_sha256": digest,
                    "vector": v.vector.astype("<f4").tobytes(),
                    "sentence_vectors": v.sentences.astype("<f2").tobytes(),
                }
                for digest, v in fresh.items()
            ],
        )


def stage_version(
    connection: Connection,
    document_id: str,
    loaded: LoadedDocument,
    content_sha256: str,
    passages: Sequence[PassageDraft],
    *,
    generation: int,
    origin: str,
    by: str,
) -> tuple[int, list[int]]:
    """Write a version and its passages beside the current one, where no reader looks yet.

    What an attempt that failed has left of the same document goes.

    Returns:
        the version's number, and the passages' row numbers in reading order.
    """
    d, v = schema.documents, schema.versions
    moment = now()
    discard_staged_of(connection, document_id)
    if connection.scalar(select(d.c.id).where(d.c.id == document_id)) is None:
        # A document without a published version: invisible until the flip.
        connection.execute(
            insert(d).values(
                id=document_id,
                state="withdrawn",
                current_version=None,
                origin=origin,
                created_at=moment,
                updated_at=moment,
            )
        )
    number = 1 + (connection.scalar(select(func.max(v.c.number)).where(v.c.document_id == document_id)) or 0)
    connection.execute(
        insert(v).values(
            document_id=document_id,
            number=number,
            state="staged",
            text=loaded.text,
            blocks=blocks_json(loaded.blocks),
            content_sha256=content_sha256,
            media_type=loaded.media_type,
            created_at=moment,
            created_by=by,
            **metadata_columns(loaded.metadata),
        )
    )
    return number, stage_passages(connection, document_id, number, passages, generation=generation)


def stage_passages(
    connection: Connection, document_id: str, version: int, passages: Sequence[PassageDraft], *, generation: int
) -> list[int]:
    """Write the passages that a generation makes of a version, not live yet.

    Returns:
        their row numbers in reading order.
    """
    p = schema.passages
    rows = [
        {
            "document_id": document_id,
            "version": version,
            "generation": generation,
            "ordinal": ordinal,
            "start_offset": draft.start,
            "end_offset": draft.end,
            "text": draft.text,
            "headings": to_json(list(draft.headings)),
            "sentences": to_json([list(span) for span in draft.sentences]),
            "page": draft.page,
            "input_sha256": draft.input_sha256,
            "live": False,
        }
        for ordinal, draft in enumerate(passages)
    ]
    if rows:
        connection.execute(insert(p), rows)
    seqs = connection.scalars(
        select(p.c.seq)
        .where(p.c.document_id == document_id, p.c.version == version, p.c.generation == generation)
        .order_by(p.c.ordinal)
    )
    return list(seqs)


def publish_version(
    connection: Connection,
    document_id: str,
    number: int,
    statements: Sequence[Statement],
    *,
    generation: int,
    origin: str,
    path: str | None,
    by: str,
    action: str,
    rules: str | None = None,
    content_sha256: str | None = None,
) -> None:
    """The flip: from this transaction's commit on, readers see version ``number`` and no other.

    Raises:
        StorageFailed: it is not staged any more, or not with this content.
    """
    d, v, p = schema.documents, schema.versions, schema.passages
    _retire_current(connection, document_id, "superseded")
    staged = [v.c.document_id == document_id, v.c.number == number, v.c.state == "staged"]
    if content_sha256 is not None:
        staged.append(v.c.content_sha256 == content_sha256)
    if connection.execute(update(v).where(*staged).values(state="current")).rowcount != 1:
        raise StorageFailed(f"Another process has written {document_id!r} meanwhile.", "Send the document again.")
    connection.execute(
        update(p)
        .where(p.c.document_id == document_id, p.c.version == number, p.c.generation == generation)
        .values(live=True)
    )
    replace_statements(connection, document_id, number, statements, rules)
    lexical.add_version(connection, document_id, number)
    connection.execute(
        update(d)
        .where(d.c.id == document_id)
        .values(state="active", current_version=number, origin=origin, path=path, updated_at=now())
    )
    _record(connection, by, action, document_id, number)


def replace_statements(
    connection: Connection, document_id: str, number: int, statements: Sequence[Statement], rules: str | None
) -> None:
    """Make these the statements of a current version, in the place of any before; nothing else of it changes."""
    v, s = schema.versions, schema.statements
    connection.execute(delete(s).where(s.c.document_id == document_id, s.c.version == number))
    if statements:
        connection.execute(insert(s), [_statement_row(document_id, number, statement) for statement in statements])
    connection.execute(
        update(v).where(v.c.document_id == document_id, v.c.number == number).values(statement_rules=rules)
    )


def withdraw(connection: Connection, document_id: str, *, by: str) -> int:
    """Tombstone a document: from the commit on it is in no answer, list or count.

    Returns:
        how many passages are no longer found.

    Raises:
        NotFound: no such document, or it is withdrawn already.
    """
    d, p = schema.documents, schema.passages
    document = get_document(connection, document_id)
    if document.current_version is None:
        raise NotFound(f"The document {document_id!r} has been withdrawn already.", None)
    condition = (p.c.document_id == document_id, p.c.version == document.current_version)
    gone = connection.scalar(select(func.count()).select_from(p).where(*condition)) or 0
    _retire_current(connection, document_id, "withdrawn")
    connection.execute(
        update(d).where(d.c.id == document_id).values(state="withdrawn", current_version=None, updated_at=now())
    )
    with overwriting(connection):
        brief_store.forget_document(connection, document_id)
        statement_marks.forget_document(connection, document_id)
        conversation_store.forget_document(connection, document_id)
    _record(connection, by, "withdrawn", document_id, document.current_version)
    return gone


def lock_of(document_id: str) -> str:
    """The name of the lock that a process holds while it writes a document."""
    return f"document:{document_id}"


def discard_staged(connection: Connection) -> None:
    """Forget versions that were staged and never published: what a killed import leaves. Their vectors are kept.

    What another process is staging now stays.
    """
    v = schema.versions
    for document_id in connection.scalars(select(v.c.document_id).where(v.c.state == "staged")).all():
        if try_within(connection, lock_of(document_id)):
            discard_staged_of(connection, document_id)


def discard_staged_of(connection: Connection, document_id: str) -> None:
    """Forget what of one document was staged and never published, and the document if it never had a version."""
    d, v = schema.documents, schema.versions
    staged = select(v.c.number).where(v.c.document_id == document_id, v.c.state == "staged")
    for number in connection.scalars(staged).all():
        _discard_version(connection, document_id, number)
    never_published = ~select(v.c.document_id).where(v.c.document_id == d.c.id).exists()
    connection.execute(delete(d).where(d.c.id == document_id, never_published))


def _discard_version(connection: Connection, document_id: str, number: int) -> None:
    """Remove one staged version; its index entries, if any, become garbage."""
    v, p, x = schema.versions, schema.passages, schema.index_garbage
    condition = (p.c.document_id == document_id, p.c.version == number)
    connection.execute(insert(x).from_select(["seq", "dead_since"], select(p.c.seq, literal(now())).where(*condition)))
    connection.execute(delete(p).where(*condition))
    connection.execute(delete(v).where(v.c.document_id == document_id, v.c.number == number))


def garbage(connection: Connection, dead_before: str, generation: int) -> list[int]:
    """A generation's index entries that died before a moment; those of passages that were never published included."""
    p, x = schema.passages, schema.index_garbage
    query = select(x.c.seq).join(p, p.c.seq == x.c.seq, isouter=True)
    mine = or_(p.c.generation == generation, p.c.seq.is_(None))
    return list(connection.scalars(query.where(x.c.dead_since < dead_before, mine).order_by(x.c.seq)))


def forget_garbage(connection: Connection, seqs: Sequence[int]) -> None:
    """Note that index entries are gone from the index."""
    x = schema.index_garbage
    for start in range(0, len(seqs), IN_LIMIT):
        connection.execute(delete(x).where(x.c.seq.in_(seqs[start : start + IN_LIMIT])))


def unknown(connection: Connection, seqs: Sequence[int]) -> set[int]:
    """Those of ``seqs`` that are no passage's, and were not a moment ago: no index ought to hold them."""
    p, x = schema.passages, schema.index_garbage
    left = set(seqs)
    for start in range(0, len(seqs), IN_LIMIT):
        part = seqs[start : start + IN_LIMIT]
        for column in (p.c.seq, x.c.seq):
            left.difference_update(connection.scalars(select(column).where(column.in_(part))))
    return left


def change_log(connection: Connection, document_id: str) -> list[dict[str, object]]:
    """Who changed a document and when, oldest first."""
    c = schema.changes
    rows = connection.execute(select(c).where(c.c.document_id == document_id).order_by(c.c.id)).mappings()
    return [dict(row) for row in rows]


def _retire_current(connection: Connection, document_id: str, state: str) -> None:
    d, v, p, s, x = (
        schema.documents,
        schema.versions,
        schema.passages,
        schema.statements,
        schema.index_garbage,
    )
    current = connection.scalar(select(d.c.current_version).where(d.c.id == document_id))
    if current is None:
        return
    lexical.remove_version(connection, document_id, current)
    condition = (p.c.document_id == document_id, p.c.version == current)
    connection.execute(insert(x).from_select(["seq", "dead_since"], select(p.c.seq, literal(now())).where(*condition)))
    connection.execute(update(p).where(*condition).values(live=False))
    connection.execute(update(s).where(s.c.document_id == document_id, s.c.version == current).values(live=False))
    connection.execute(update(v).where(v.c.document_id == document_id, v.c.number == current).values(state=state))


def _statement_row(document_id: str, version: int, statement: Statement) -> dict[str, object]:
    return {
        "document_id": document_id,
        "version": version,
        "live": True,
        "speaker": statement.speaker,
        "speaker_actor": statement.speaker_actor,
        "speaker_start": statement.speaker_start,
        "speaker_end": statement.speaker_end,
        "cue": statement.cue,
        "start_offset": statement.start,
        "end_offset": statement.end,
        "holder": statement.holder,
        "stance": statement.stance,
        "target": statement.target,
        "modality": statement.modality,
        "quoted": statement.quoted,
        "date": statement.date,
    }


def adopt(connection: Connection, document_id: str, *, origin: str, path: str | None, by: str) -> None:
    """Note where an unchanged document comes from now; no version is made."""
    d = schema.documents
    connection.execute(update(d).where(d.c.id == document_id).values(origin=origin, path=path))
    audit_log.note(connection, "document.adopted", by=by, subject=document_id, detail={"origin": origin})


def _record(connection: Connection, by: str, action: str, document_id: str, version: int | None) -> None:
    connection.execute(
        insert(schema.changes).values(at=now(), actor=by, action=action, document_id=document_id, version=version)
    )
    audit_log.note(connection, f"document.{action}", by=by, subject=document_id, version=version)
