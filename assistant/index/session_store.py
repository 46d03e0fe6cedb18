"""Browsers that signed in: the digests of their cookies, and whose keys they signed in with."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from assistant.index import schema


def add(connection: Connection, digest: str, key_id: str, at: str, expires_at: str) -> None:
    """Keep a session, and let go of those that have ended."""
    s = schema.sessions
    connection.execute(delete(s).where(s.c.expires_at <= at))
    connection.execute(insert(s).values(digest=digest, key_id=key_id, created_at=at, expires_at=expires_at))


def key_of(connection: Connection, digest: str, at: str) -> str | None:
    """The id of the key with which a session was begun; None where there is none, or it has ended."""
    s = schema.sessions
    key_id: str | None = connection.scalar(select(s.c.key_id).where(s.c.digest == digest, s.c.expires_at > at))
    return key_id


def remove(connection: Connection, digest: str) -> None:
    """End a session."""
    connection.execute(delete(schema.sessions).where(schema.sessions.c.digest == digest))


def remove_of(connection: Connection, key_id: str) -> None:
    """End every session of a key."""
    connection.execute(delete(schema.sessions).where(schema.sessions.c.key_id == key_id))
