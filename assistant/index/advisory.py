"""Names of locks that processes share, whose turn it is, and the look at one within a transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether this process does what one of them does at a time; true or false as of when it was asked for."""

    mine: bool
    holds: Callable[[], bool] = lambda: True

    def __bool__(self) -> bool:
        """Whether it was given."""
        return self.mine

    def lasts(self) -> bool:
        """Whether it is still this process's: a server that restarts, or a connection that breaks, lets go of it."""
        return self.mine and self.holds()


def lock_key(name: str) -> int:
    """The signed 64-bit number that PostgreSQL's advisory lock of this name has."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), signed=True)


def try_within(connection: Connection, name: str) -> bool:
    """Whether no other process does ``name``, until the caller's transaction ends. SQLite has no other process."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": lock_key(name)}))
