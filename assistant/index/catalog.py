"""Reading the catalog: documents, versions, passages and their vectors, all within the caller's snapshot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, select, tuple_

from assistant.errors import NotFound
from assistant.index import schema
from assistant.index.json_lists import SharesText
from assistant.index.records import (
    document_of,
    metadata_of,
    passage_of,
    to_json,
    version_of,
)
from assistant.index.scoped_schema import WHOLE_STATE
from assistant.index.scoping import is_narrowed
from assistant.models import Document, Filters, Metadata, Passage, RetrievedPassage, Version

FloatMatrix = NDArray[np.float32]
IN_LIMIT = 900  # SQLite's historical bound on parameters is 999
_WHOLE_STATE = {"sqlite": "SELECT coalesce(max(id), 0) FROM main.changes", "postgresql": WHOLE_STATE}


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A live passage with its row number and its document's metadata."""

    seq: int
    passage: Passage
    metadata: Metadata
    origin_group: str  # shared by near-duplicate documents

    def unranked(self) -> RetrievedPassage:
        """As something that was found by other means than its rank."""
        return RetrievedPassage(self.passage, self.metadata, 0.0, 0.0, 0.0, self.origin_group)


def find_document(connection: Connection, document_id: str) -> Document | None:
    """The document, active or withdrawn; None when no document ever had this id."""
    query = select(schema.documents).where(schema.documents.c.id == document_id)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else document_of(row)


def current_digest(connection: Connection, document_id: str) -> str | None:
    """The digest of a document's current content; None where there is no such document now."""
    d, v = schema.documents, schema.versions
    query = select(v.c.content_sha256).where(v.c.document_id == d.c.id, v.c.number == d.c.current_version)
    digest: str | None = connection.scalar(query.where(d.c.id == document_id))
    return digest


def get_document(connection: Connection, document_id: str) -> Document:
    """The document, active or withdrawn.

    Raises:
        NotFound: no document ever had this id.
    """
    document = find_document(connection, document_id)
    if document is None:
        raise no_document(document_id)
    return document


def no_document(document_id: str) -> NotFound:
    """That there is none of this id, in the same words whatever the reason."""
    return NotFound(f"There is no document {document_id!r}.", "List the documents with `assistant list`.")


def latest_version(connection: Connection, document_id: str) -> Version | None:
    """The current version, or the last one of a withdrawn document; None where no document ever had this id."""
    table = schema.versions
    newest = select(func.max(table.c.number)).where(table.c.document_id == document_id, table.c.state != "staged")
    document = find_document(connection, document_id)
    if document is None:
        return None
    number = document.current_version or connection.scalar(newest)
    return None if number is None else get_version(connection, document_id, number)


def get_version(connection: Connection, document_id: str, number: int | None = None) -> Version:
    """One version of a document; the current one when ``number`` is None.

    Raises:
        NotFound: no such document or version, or the document is withdrawn and no version was named.
    """
    document = get_document(connection, document_id)
    wanted = number if number is not None else document.current_version
    if wanted is None:
        raise NotFound(
            f"The document {document_id!r} has been withdrawn.", "Its earlier versions can be read by their number."
        )
    table = schema.versions
    row = (
        connection.execute(
            select(table).where(table.c.document_id == document_id, table.c.number == wanted, table.c.state != "staged")
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFound(f"The document {document_id!r} has no version {wanted}.", None)
    return version_of(row)


def list_versions(connection: Connection, document_id: str) -> list[Version]:
    """Every version of a document, oldest first."""
    table = schema.versions
    rows = connection.execute(
        select(table).where(table.c.document_id == document_id, table.c.state != "staged").order_by(table.c.number)
    ).mappings()
    return [version_of(row) for row in rows]


def count_live_of(connection: Connection, document_id: str) -> int:
    """How many passages of one document can be found."""
    p = schema.passages
    return connection.scalar(select(func.count()).where(p.c.document_id == document_id, p.c.live)) or 0


def newest_date(connection: Connection, filters: Filters) -> str | None:
    """The latest publication date among the documents that ``filters`` let through."""
    v = schema.versions
    newest: str | None = connection.scalar(
        select(func.max(v.c.published_at)).where(v.c.state == "current", *filter_conditions(filters))
    )
    return newest


def corpus_state(connection: Connection) -> int:
    """A number that grows with every acknowledged write: the stamp of what the corpus held."""
    if is_narrowed(connection):  # the number of a change tells how many there have been elsewhere
        return connection.scalar(select(func.count()).select_from(schema.changes)) or 0
    return connection.scalar(select(func.coalesce(func.max(schema.changes.c.id), 0))) or 0


def whole_state(connection: Connection) -> int:
    """``corpus_state`` of all that the catalog holds, also in a narrowed snapshot: for caches, never to be shown."""
    return int(connection.exec_driver_sql(_WHOLE_STATE[connection.dialect.name]).scalar_one())


def live_passages(connection: Connection, seqs: Sequence[int], filters: Filters) -> dict[int, StoredPassage]:
    """Those of ``seqs`` that are live and pass ``filters``. Dead and staged rows drop out here, never in Chroma."""
    found: dict[int, StoredPassage] = {}
    p = schema.passages
    columns = select(p, *selected_metadata(), schema.versions.c.origin_group)
    base = _joined(columns).where(p.c.live, *filter_conditions(filters))
    for start in range(0, len(seqs), IN_LIMIT):
        rows = connection.execute(base.where(p.c.seq.in_(seqs[start : start + IN_LIMIT]))).mappings()
        for row in rows:
            group = row["origin_group"] or row["document_id"]
            found[row["seq"]] = StoredPassage(row["seq"], passage_of(row), metadata_of(row), group)
    return found


def live_dates(connection: Connection, seqs: Sequence[int], filters: Filters) -> dict[int, str | None]:
    """When those of ``seqs`` were published that ``live_passages`` would find, without reading them."""
    found: dict[int, str | None] = {}
    p, v = schema.passages, schema.versions
    base = _joined(select(p.c.seq, v.c.published_at)).where(p.c.live, *filter_conditions(filters))
    for start in range(0, len(seqs), IN_LIMIT):
        for seq, published_at in connection.execute(base.where(p.c.seq.in_(seqs[start : start + IN_LIMIT]))):
            found[seq] = published_at
    return found


def passages_of(connection: Connection, document_id: str, version: int) -> list[Passage]:
    """The passages of one version in reading order."""
    p = schema.passages
    rows = connection.execute(
        select(p).where(p.c.document_id == document_id, p.c.version == version).order_by(p.c.ordinal)
    ).mappings()
    return [passage_of(row) for row in rows]


def passages_at(connection: Connection, places: Sequence[tuple[str, int, int]]) -> list[int]:
    """The row numbers of the live passages at (document id, version, offset), in the order given."""
    p = schema.passages
    spans: dict[tuple[str, int], list[tuple[int, int, int]]] = {}
    keys = sorted({(document_id, version) for document_id, version, _ in places})
    for start in range(0, len(keys), IN_LIMIT // 3):
        part = keys[start : start + IN_LIMIT // 3]
        # SQLite uses no index for pairs, and would rather use the one of live passages, which is to read them all.
        query = select(p.c.document_id, p.c.version, p.c.start_offset, p.c.end_offset, p.c.seq, p.c.live).where(
            p.c.document_id.in_(sorted({document_id for document_id, _ in part})),
            tuple_(p.c.document_id, p.c.version).in_(part),
        )
        for document_id, version, begin, end, seq, live in connection.execute(query):
            if live:
                spans.setdefault((document_id, version), []).append((begin, end, seq))
    return [
        seq
        for document_id, version, offset in places
        for begin, end, seq in spans.get((document_id, version), ())
        if begin <= offset < end
    ]


def sentence_vectors(connection: Connection, generation: int, seqs: Sequence[int]) -> dict[int, FloatMatrix]:
    """Per passage, its sentences' unit vectors, shape (sentences, dimension)."""
    p, x, g = schema.passages, schema.vectors, schema.generations
    dimension = connection.scalar(select(g.c.dimension).where(g.c.id == generation)) or 1
    found: dict[int, FloatMatrix] = {}
    for start in range(0, len(seqs), IN_LIMIT):
        rows = connection.execute(
            select(p.c.seq, x.c.sentence_vectors)
            .join(x, and_(x.c.input_sha256 == p.c.input_sha256, x.c.generation == generation))
            .where(p.c.seq.in_(seqs[start : start + IN_LIMIT]))
        )
        for seq, blob in rows:
            found[seq] = np.frombuffer(blob, dtype="<f2").reshape(-1, dimension).astype(np.float32)
    return found


def stream_vectors(
    connection: Connection,
    generation: int,
    filters: Filters | None = None,
    *,
    after: int = 0,
    page: int = 5_000,
    indexable: bool = False,
) -> Iterator[tuple[list[int], FloatMatrix]]:
    """Passages' (seqs, unit vectors) in pages, in the order of seq, so that any corpus fits in memory.

    Args:
        connection: the snapshot to read.
        generation: whose vectors.
        filters: only passages that pass them.
        after: only passages with a larger seq.
        page: rows a page.
        indexable: all that the generation's index must hold, staged ones included, instead of what is live.
    """
    p, x = schema.passages, schema.vectors
    conditions = _indexable(generation) if indexable else [p.c.live, *filter_conditions(filters or Filters())]
    query = (
        _joined(select(p.c.seq, x.c.vector))
        .join(x, and_(x.c.input_sha256 == p.c.input_sha256, x.c.generation == generation))
        .where(*conditions)
        .order_by(p.c.seq)
        .limit(page)
    )
    last = after
    while True:
        rows = connection.execute(query.where(p.c.seq > last)).all()
        if not rows:
            return
        last = rows[-1][0]
        yield [row[0] for row in rows], np.frombuffer(b"".join(row[1] for row in rows), "<f4").reshape(len(rows), -1)


def live_seqs(connection: Connection) -> list[int]:
    """The row numbers of every live passage: what the vector index must hold."""
    p = schema.passages
    return list(connection.scalars(select(p.c.seq).where(p.c.live).order_by(p.c.seq)))


def indexable_seqs(connection: Connection, generation: int, limit: int | None = None) -> list[int]:
    """Row numbers that a generation's vector index must hold: of current versions, and of staged ones."""
    query = _joined(select(schema.passages.c.seq)).where(*_indexable(generation)).limit(limit)
    return list(connection.scalars(query))


def count_indexable(connection: Connection, generation: int) -> int:
    """How many entries a generation's vector index must hold."""
    counted = _joined(select(func.count()).select_from(schema.passages)).where(*_indexable(generation))
    return connection.scalar(counted) or 0


def _indexable(generation: int) -> list[ColumnElement[bool]]:
    p, v = schema.passages, schema.versions
    # The empty string keeps planners from beginning with all versions of a state, for every page of passages anew.
    return [p.c.generation == generation, v.c.state.concat("").in_(("current", "staged"))]


def count_matching(connection: Connection, filters: Filters, at_most: int) -> int:
    """How many live passages pass ``filters``, counting no further than ``at_most``."""
    p = schema.passages
    inner = _joined(select(literal_column("1"))).where(p.c.live, *filter_conditions(filters)).limit(at_most)
    return connection.scalar(select(func.count()).select_from(inner.subquery())) or 0


def matching_seqs(connection: Connection, filters: Filters) -> list[int]:
    """The row numbers of the live passages that pass ``filters``."""
    p = schema.passages
    return list(connection.scalars(_joined(select(p.c.seq)).where(p.c.live, *filter_conditions(filters))))


def passage_vectors(connection: Connection, generation: int, seqs: Sequence[int]) -> dict[int, FloatMatrix]:
    """Per passage its unit vector, shape (dimension,)."""
    p, x = schema.passages, schema.vectors
    found: dict[int, FloatMatrix] = {}
    for start in range(0, len(seqs), IN_LIMIT):
        rows = connection.execute(
            select(p.c.seq, x.c.vector)
            .join(x, and_(x.c.input_sha256 == p.c.input_sha256, x.c.generation == generation))
            .where(p.c.seq.in_(seqs[start : start + IN_LIMIT]))
        )
        found.update((seq, np.frombuffer(blob, dtype="<f4")) for seq, blob in rows)
    return found


def filter_conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """``filters`` as conditions on the ``versions`` table. Undated documents fail every condition on dates."""
    v = schema.versions
    conditions: list[ColumnElement[bool]] = []
    for column, allowed in (
        (v.c.document_id, filters.document_ids),
        (v.c.source, filters.sources),
        (v.c.source_type, filters.source_types),
    ):
        if allowed:
            conditions.append(column.in_(allowed))
    if filters.topics:
        conditions.append(SharesText(v.c.topics, to_json(list(filters.topics))))
    if filters.published_from:
        conditions.append(v.c.published_at >= filters.published_from)
    for bound in (filters.published_to, filters.as_of):
        if bound:
            # "2025-12-16T08:00" is within 2025-12-16: compare at the bound's own precision.
            conditions.append(func.substr(v.c.published_at, 1, len(bound)) <= bound)
    return conditions


def _joined(query: Select[Any]) -> Select[Any]:
    p, v = schema.passages, schema.versions
    return query.join(v, and_(v.c.document_id == p.c.document_id, v.c.number == p.c.version))


def selected_metadata() -> list[ColumnElement[object]]:
    """The columns that ``metadata_of`` reads."""
    v = schema.versions
    return [
        v.c.title,
        v.c.source,
        v.c.source_type,
        v.c.author,
        v.c.url,
        v.c.language,
        v.c.published_at,
        v.c.topics,
    ]


def documents_by_origin(connection: Connection, origin: str) -> dict[str, str | None]:
    """Active documents that came from ``origin``: id to path."""
    d = schema.documents
    rows = connection.execute(select(d.c.id, d.c.path).where(d.c.origin == origin, d.c.state == "active"))
    return {row.id: row.path for row in rows}


def documents_without(connection: Connection, generation: int) -> list[str]:
    """Active documents whose current version has no passages of a generation yet."""
    d, p = schema.documents, schema.passages
    there = (
        select(p.c.seq)
        .where(p.c.document_id == d.c.id, p.c.version == d.c.current_version, p.c.generation == generation)
        .exists()
    )
    return list(connection.scalars(select(d.c.id).where(d.c.state == "active", ~there).order_by(d.c.id)))


def topics_of(connection: Connection) -> list[str]:
    """Every topic of the active documents, once each, sorted."""
    v = schema.versions
    found: set[str] = set()
    for value in connection.scalars(select(v.c.topics).where(v.c.state == "current")):
        found.update(json.loads(value))
    return sorted(found)
