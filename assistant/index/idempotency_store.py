"""Writes that named an idempotency key, and what they were answered."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from assistant.index import schema


@dataclass(frozen=True, slots=True)
class KeptWrite:
    """A write that was made under a key; without an answer while it is under way."""

    fingerprint: str
    status: int | None
    headers: str | None  # JSON
    body: bytes | None


def find(connection: Connection, owner: str, key: str) -> KeptWrite | None:
    """What was written under a key; None where nothing was."""
    w = schema.idempotent_writes
    row = connection.execute(select(w).where(w.c.owner == owner, w.c.key == key)).mappings().one_or_none()
    return None if row is None else KeptWrite(row["fingerprint"], row["status"], row["headers"], row["body"])


def begin(connection: Connection, owner: str, key: str, fingerprint: str, at: str) -> None:
    """Note that a write is under way."""
    values = {"owner": owner, "key": key, "fingerprint": fingerprint, "created_at": at}
    connection.execute(insert(schema.idempotent_writes).values(values))


def finish(connection: Connection, owner: str, key: str, status: int, headers: str, body: bytes) -> None:
    """Keep what it was answered."""
    w = schema.idempotent_writes
    mine = update(w).where(w.c.owner == owner, w.c.key == key)
    connection.execute(mine.values(status=status, headers=headers, body=body))


def forget(connection: Connection, owner: str, key: str) -> None:
    """Let the key be used again."""
    w = schema.idempotent_writes
    connection.execute(delete(w).where(w.c.owner == owner, w.c.key == key))


def forget_before(connection: Connection, moment: str) -> None:
    """Let go of what is older than a moment."""
    w = schema.idempotent_writes
    connection.execute(delete(w).where(w.c.created_at < moment))


def forget_unfinished(connection: Connection, before: str | None) -> None:
    """Let go of what a process that was killed was at; whether it was written cannot be told.

    Args:
        connection: a write transaction.
        before: only what was begun before this moment, because another process may be at the rest; None is all.
    """
    w = schema.idempotent_writes
    gone = delete(w).where(w.c.status.is_(None))
    connection.execute(gone if before is None else gone.where(w.c.created_at < before))
