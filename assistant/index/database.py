"""Connections to the catalog: one snapshot a reader, one writer at a time, durable commits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from assistant.access_model import WHOLE, Principal, Scope
from assistant.errors import StorageFailed
from assistant.index import scoping

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0009"  # newest migration; a contract test compares it with the files


class Database:
    """The catalog's engine with the two ways in: ``read()`` and ``write()``.

    A reader sees one snapshot from beginning to end (WAL). Writers of this process queue on a lock and
    begin IMMEDIATE, so that a busy database is noticed before any work is done; a commit returns only after the
    disk has it (synchronous=FULL).
    """

    scope: Scope = WHOLE  # the part of the corpus that its readers see

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write_lock = threading.RLock()
        self._reader = _sqlite_engine(path, "BEGIN", pool_size=16, max_overflow=48)
        self._writer = _sqlite_engine(path, "BEGIN IMMEDIATE", pool_size=16, max_overflow=48)
        # A connection that has been narrowed is not lent again: the next reader may see more, or something else.
        self._narrow = _sqlite_engine(path, "BEGIN", poolclass=NullPool)

    def within(self, principal: Principal) -> Database:
        """The same catalog as somebody sees it whose key is limited: every ``read()`` is narrowed to their scope."""
        return _ScopedDatabase(self, principal) if principal.scope else self

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction over the snapshot of this moment.

        Raises:
            StorageFailed: the catalog cannot be read.
        """
        with _storage_errors(), self._reader.begin() as connection:
            # SQLite takes the snapshot at the first look at a table, which may be after the index has been asked.
            connection.exec_driver_sql("SELECT 1 FROM sqlite_schema LIMIT 1").close()
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction; its commit is the acknowledgement.

        Raises:
            StorageFailed: disk full, read-only or damaged; nothing of the transaction was kept.
        """
        with self._write_lock, _storage_errors(), self._writer.begin() as connection:
            yield connection

    def migrate(self) -> None:
        """Create or upgrade the tables with Alembic; does nothing when they are current."""
        with self.read() as connection:
            has_table = inspect(connection).has_table("alembic_version")
            current = connection.scalar(text("SELECT version_num FROM alembic_version")) if has_table else None
        if current == HEAD:
            return
        from alembic import command  # imported here: an up-to-date catalog opens without it
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Close every connection; the last one folds the write-ahead log into the file."""
        self._reader.dispose()
        self._narrow.dispose()
        self._writer.dispose()


class _ScopedDatabase(Database):
    """A catalog in which readers find only what a key may reach; writes are checked by the pipeline."""

    def __init__(self, whole: Database, principal: Principal) -> None:
        self.path = whole.path
        self.scope = principal.scope
        self._principal = principal
        self._write_lock = whole._write_lock
        self._writer = whole._writer
        self._reader = self._narrow = whole._narrow

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with super().read() as connection:
            scoping.narrow(connection, self._principal)
            yield connection

    def close(self) -> None:
        """Nothing: the whole catalog is closed by whoever opened it."""


def _sqlite_engine(path: Path, begin: str, **pool: Any) -> Engine:
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


@contextmanager
def overwriting(connection: Connection) -> Iterator[None]:
    """What is deleted within is overwritten in the file, where SQLite would only mark its place as free."""
    before = connection.exec_driver_sql("PRAGMA secure_delete").scalar_one()
    connection.exec_driver_sql("PRAGMA secure_delete=ON").close()
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA secure_delete={int(before)}").close()


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig)
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
            raise
        raise StorageFailed(f"The catalog cannot be used: {reason}.", hint) from error
