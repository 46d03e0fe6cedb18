"""Generations of vectors: one for every encoder and chunker, of which one answers at a time.

Each function is one step inside the caller's transaction, as in ``writer``.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from assistant.index import collection_store, lexical, schema
from assistant.index.records import now


def ensure_generation(connection: Connection, fingerprint: str, dimension: int) -> int:
    """The id of the generation of vectors with this fingerprint, made current when there is none yet.

    Vectors of different fingerprints are never compared: a changed model or chunker makes a new generation.
    """
    g = schema.generations
    existing = connection.scalar(select(g.c.id).where(g.c.fingerprint == fingerprint))
    if existing is not None:
        return int(existing)
    any_current = connection.scalar(select(func.count()).select_from(g).where(g.c.state == "current"))
    result = connection.execute(
        insert(g).values(
            fingerprint=fingerprint,
            dimension=dimension,
            state="building" if any_current else "current",
            created_at=now(),
        )
    )
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101 - single-row inserts always have one
    return int(key[0])


@dataclass(frozen=True, slots=True)
class Generation:
    """A set of vectors that may be compared with each other."""

    id: int
    fingerprint: str


def current_generation(connection: Connection) -> Generation:
    """The generation that answers are made from; there is one from the first opening on."""
    g = schema.generations
    row = connection.execute(select(g.c.id, g.c.fingerprint).where(g.c.state == "current")).one()
    return Generation(row.id, row.fingerprint)


def exists(connection: Connection, generation: int) -> bool:
    """Whether a generation is in use or being made, and not forgotten."""
    g = schema.generations
    return connection.scalar(select(g.c.id).where(g.c.id == generation)) is not None


def switch_generation(connection: Connection, generation: int) -> None:
    """From the commit on, readers see the passages of ``generation`` and no others."""
    g, p, v = schema.generations, schema.passages, schema.versions
    current = (
        select(v.c.number)
        .where(v.c.document_id == p.c.document_id, v.c.number == p.c.version, v.c.state == "current")
        .exists()
    )
    connection.execute(update(p).where(p.c.live).values(live=False))
    connection.execute(update(p).where(p.c.generation == generation, current).values(live=True))
    connection.execute(update(g).where(g.c.state == "current").values(state="retired"))
    connection.execute(update(g).where(g.c.id == generation).values(state="current"))
    lexical.rebuild(connection)


def drop_generation(connection: Connection, generation: int) -> None:
    """Forget the passages and vectors of a retired generation."""
    g, p, x = schema.generations, schema.passages, schema.vectors
    collection_store.retire(connection, generation)
    connection.execute(delete(p).where(p.c.generation == generation))
    connection.execute(delete(x).where(x.c.generation == generation))
    connection.execute(delete(g).where(g.c.id == generation))
