"""Which collection of a Chroma server answers, and which passages it still lacks.

Each function is one step inside the caller's transaction, as in ``writer``. The name is part of a reader's snapshot, so
all processes change over to a new collection at one commit, and a reader that began before goes on with the old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from assistant.index import schema
from assistant.index.catalog import IN_LIMIT
from assistant.index.records import now


@dataclass(frozen=True, slots=True)
class Answering:
    """The collection that answers, and what must be compared besides."""

    name: str
    deleted: int
    pending: tuple[int, ...]


def answering(connection: Connection, generation: int) -> Answering | None:
    """The current collection of a generation; None before the first is complete."""
    c, p = schema.vector_collections, schema.index_pending
    query = (
        select(c.c.name, c.c.deleted, p.c.seq)
        .join(p, p.c.generation == c.c.generation, isouter=True)
        .where(c.c.generation == generation, c.c.state == "current")
    )
    rows = connection.execute(query).all()
    if not rows:
        return None
    return Answering(rows[0].name, rows[0].deleted, tuple(row.seq for row in rows if row.seq is not None))


def begin(connection: Connection, name: str, generation: int) -> None:
    """Note a collection that is about to be filled, so that it can be found where that ends early."""
    values = {"name": name, "generation": generation, "state": "building", "since": now(), "deleted": 0}
    connection.execute(insert(schema.vector_collections).values(values))


def switch(connection: Connection, name: str, generation: int) -> None:
    """From the commit on, readers ask ``name``; it holds all that was pending."""
    c, p = schema.vector_collections, schema.index_pending
    retire(connection, generation)
    connection.execute(update(c).where(c.c.name == name).values(state="current", since=now()))
    connection.execute(delete(p).where(p.c.generation == generation))


def retire(connection: Connection, generation: int) -> None:
    """New readers ask the current collection no longer."""
    c = schema.vector_collections
    mine = (c.c.generation == generation, c.c.state == "current")
    connection.execute(update(c).where(*mine).values(state="retired", since=now()))


def disused(connection: Connection, before: str) -> list[str]:
    """Collections that nobody asks any more, and those whose filling ended early: the caller fills none."""
    c = schema.vector_collections
    old = (c.c.state == "retired") & (c.c.since < before)
    return list(connection.scalars(select(c.c.name).where(old | (c.c.state == "building"))))


def forget(connection: Connection, name: str) -> None:
    """Note that a collection is gone."""
    c = schema.vector_collections
    connection.execute(delete(c).where(c.c.name == name))


def forget_all(connection: Connection) -> None:
    """No collection belongs to this catalog: it was copied from elsewhere."""
    connection.execute(delete(schema.vector_collections))
    connection.execute(delete(schema.index_pending))


def count_deleted(connection: Connection, name: str, entries: int) -> None:
    """Note that so many more entries of a collection were deleted."""
    c = schema.vector_collections
    connection.execute(update(c).where(c.c.name == name).values(deleted=c.c.deleted + entries))


def add_pending(connection: Connection, generation: int, seqs: Iterable[int]) -> None:
    """Note passages that the collection could not take."""
    p = schema.index_pending
    wanted = set(seqs)
    known = set(connection.scalars(select(p.c.seq).where(p.c.generation == generation)))
    rows = [{"seq": seq, "generation": generation} for seq in sorted(wanted - known)]
    if rows:
        connection.execute(insert(p), rows)


def remove_pending(connection: Connection, seqs: Sequence[int]) -> None:
    """Note that the collection has these now, or need not have them."""
    p = schema.index_pending
    for start in range(0, len(seqs), IN_LIMIT):
        connection.execute(delete(p).where(p.c.seq.in_(seqs[start : start + IN_LIMIT])))


def count_live(connection: Connection, generation: int) -> int:
    """How many passages the collection must hold at least, those that are pending aside."""
    p, x = schema.passages, schema.index_pending
    query = select(func.count()).where(p.c.live, p.c.generation == generation, p.c.seq.not_in(select(x.c.seq)))
    return connection.scalar(query) or 0
