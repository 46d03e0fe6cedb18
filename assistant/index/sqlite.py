"""The catalog in one SQLite file: for one process that owns the data directory."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from assistant.access_model import Principal
from assistant.errors import StorageFailed
from assistant.index.advisory import Turn
from assistant.index.scoping import narrow

log = logging.getLogger(__name__)

LOG_BYTES = 64 * 1024 * 1024  # of the write-ahead log, before it is folded into the file …
DRAIN_SECONDS = 2.0  # … for which the readers of older snapshots are waited for, and writers wait


class SqliteBackend:
    """A reader sees one snapshot from beginning to end (WAL); a commit returns once the disk has it.

    Args:
        path: the file; made when missing.
    """

    shared = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._wal = path.with_name(f"{path.name}-wal")
        self._fold_at = LOG_BYTES
        self.reader = _engine(path, "BEGIN", pool_size=16, max_overflow=48)
        self.writer = _engine(path, "BEGIN IMMEDIATE", pool_size=16, max_overflow=48)
        # A connection that has been narrowed is not lent again: the next reader may see more, or something else.
        self.narrow = _engine(path, "BEGIN", poolclass=NullPool)

    def begin_read(self, connection: Connection) -> None:
        """Take the snapshot now: SQLite does at the first look at a table, which may be after the index was asked."""
        connection.exec_driver_sql("SELECT 1 FROM sqlite_schema LIMIT 1").close()

    def begin_write(self, connection: Connection) -> None:
        """Nothing to wait for: ``BEGIN IMMEDIATE`` has the only writer's place already."""

    def committed(self) -> None:
        """Fold a long write-ahead log into the file. SQLite by itself never does while some reader is always there."""
        try:
            size = self._wal.stat().st_size
        except OSError:
            return  # there is none
        if size < self._fold_at:
            return
        try:
            with closing(sqlite3.connect(self._path, timeout=DRAIN_SECONDS)) as connection:
                busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            log.warning("The write-ahead log could not be folded into the catalog: %s.", error)
            busy = True
        # A reader that takes long, such as a backup, is not waited for again after every commit.
        self._fold_at = size + LOG_BYTES if busy else LOG_BYTES

    def is_settled(self, connection: Connection) -> bool:
        """Nothing is left to settle."""
        del connection
        return True

    def begin_migration(self, connection: Connection) -> None:
        """Nothing is in the way."""

    def finish_migration(self, connection: Connection) -> None:
        """Nothing to settle."""

    def limit(self, connection: Connection, principal: Principal) -> None:
        """Hide from a snapshot what a key may not reach."""
        narrow(connection, principal)

    @contextmanager
    def alone(self, name: str) -> Iterator[Turn]:
        """Whether no other process does ``name``: always, since the data directory is this process's."""
        del name
        yield Turn(True)

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Wait until no other process does ``name``: there is none."""
        del name
        yield

    @contextmanager
    def present(self, *, exclusively: bool) -> Iterator[bool]:
        """Whether this process may use the catalog; the data directory's lock has said so already."""
        del exclusively
        yield True

    def failure(self, error: SQLAlchemyError) -> StorageFailed | None:
        """What an error of the database means and what to do; None where it is a fault of ours."""
        reason = str(getattr(error, "orig", None) or error)
        lowered = reason.lower()
        if "full" in lowered:
            hint = "Free some space and try again; nothing acknowledged is lost."
        elif "readonly" in lowered or "read-only" in lowered or "unable to open" in lowered:
            hint = "Check that the data directory exists and that this user may write to it."
        elif "locked" in lowered:
            hint = "Another process is writing; try again."
        elif "malformed" in lowered or "not a database" in lowered:
            hint = "Restore the newest backup with `assistant restore`."
        elif "disk i/o" in lowered:
            hint = "Check the disk and its quota, and try again; nothing acknowledged is lost."
        else:
            return None
        return StorageFailed(f"The catalog cannot be used: {reason}.", hint)

    def close(self) -> None:
        """Close every connection; the last one folds the write-ahead log into the file."""
        self.reader.dispose()
        self.writer.dispose()
        self.narrow.dispose()


def _engine(path: Path, begin: str, **pool: Any) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False, "timeout": 10}, **pool)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling would begin writes late and reads never.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
