"""Names of locks that processes share, and the look at one within a transaction."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, text


def lock_key(name: str) -> int:
    """The signed 64-bit number that PostgreSQL's advisory lock of this name has."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), signed=True)


def try_within(connection: Connection, name: str) -> bool:
    """Whether no other process does ``name``, until the caller's transaction ends. SQLite has no other process."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": lock_key(name)}))
