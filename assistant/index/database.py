"""Connections to the catalog: one snapshot a reader, one writer at a time, durable commits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from assistant.access_model import WHOLE, Principal, Scope
from assistant.errors import StorageFailed
from assistant.index import counts
from assistant.index.advisory import Turn
from assistant.index.sqlite import SqliteBackend

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0012"  # newest migration; a contract test compares it with the files


class Backend(Protocol):
    """What SQLite and PostgreSQL do each in its own way."""

    reader: Engine
    writer: Engine
    narrow: Engine  # for snapshots that show a part
    shared: bool

    def begin_read(self, connection: Connection) -> None:
        """Take the snapshot of a read transaction that has begun."""

    def begin_write(self, connection: Connection) -> None:
        """Wait until this write transaction is the only one."""

    def committed(self) -> None:
        """Tidy up after a write transaction, whose commit stands whatever comes of this."""

    def is_settled(self, connection: Connection) -> bool:
        """Whether what migrations leave to the database is there."""

    def begin_migration(self, connection: Connection) -> None:
        """Make way for migrations."""

    def finish_migration(self, connection: Connection) -> None:
        """Settle what migrations leave to the database."""

    def limit(self, connection: Connection, principal: Principal) -> None:
        """Hide from a snapshot of ``narrow`` what a key may not reach."""

    def alone(self, name: str) -> AbstractContextManager[Turn]:
        """Whether no other process does ``name``; none will before the context ends."""

    def holding(self, name: str) -> AbstractContextManager[None]:
        """Wait until no other process does ``name``, and keep it so."""

    def present(self, *, exclusively: bool) -> AbstractContextManager[bool]:
        """Be counted among those who use the catalog, or see to it that nobody else does."""

    def failure(self, error: SQLAlchemyError) -> StorageFailed | None:
        """What an error means and what to do; None where it is a fault of ours."""

    def close(self) -> None:
        """Close every connection."""


class Database:
    """The catalog's engines with the two ways in: ``read()`` and ``write()``.

    A reader sees one snapshot from beginning to end. Writers queue, those of this process on a lock and those of
    others in the database; a commit returns only after the disk has it.

    Args:
        place: the SQLite file, or the address of a PostgreSQL database.
    """

    scope: Scope = WHOLE  # the part of the corpus that its readers see

    def __init__(self, place: Path | str) -> None:
        self._place = place
        self._write_lock = threading.RLock()
        self._counts = counts.Kept()
        if isinstance(place, Path):
            self._backend: Backend = SqliteBackend(place)
        else:
            from assistant.index.postgres import PostgresBackend  # its driver need not be installed elsewhere

            self._backend = PostgresBackend(place)

    @property
    def path(self) -> Path:
        """The SQLite file."""
        if not isinstance(self._place, Path):
            raise TypeError("a catalog on a server is in no file")
        return self._place

    @property
    def shared(self) -> bool:
        """Whether other processes may use it at the same time."""
        return self._backend.shared

    def within(self, principal: Principal) -> Database:
        """The same catalog as somebody sees it whose key is limited: every ``read()`` is narrowed to their scope."""
        return _ScopedDatabase(self, principal) if principal.scope else self

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction over the snapshot of this moment.

        Raises:
            StorageFailed: the catalog cannot be read.
        """
        with self._storage_errors(), self._backend.reader.begin() as connection:
            self._backend.begin_read(connection)
            counts.share(connection, self._counts)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction; its commit is the acknowledgement.

        Raises:
            StorageFailed: disk full, read-only, damaged or away; nothing of the transaction was kept.
        """
        with self._write_lock:
            with self._storage_errors(), self._backend.writer.begin() as connection:
                self._backend.begin_write(connection)
                yield connection
            self._backend.committed()

    @contextmanager
    def alone(self, name: str) -> Iterator[Turn]:
        """Whether no other process does ``name``; none will before the context ends."""
        with self._storage_errors(), self._backend.alone(name) as mine:
            yield mine

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Wait until no other process does ``name``, and keep it so.

        Raises:
            StorageFailed: that took too long.
        """
        with self._storage_errors(), self._backend.holding(name):
            yield

    @contextmanager
    def present(self, *, exclusively: bool = False) -> Iterator[bool]:
        """Be counted among those who use the catalog, or see to it that nobody else does; whether that is so."""
        with self._storage_errors(), self._backend.present(exclusively=exclusively) as ours:
            yield ours

    def has_tables(self) -> bool:
        """Whether a catalog has been made there."""
        with self.read() as connection:
            return inspect(connection).has_table("alembic_version")

    def is_current(self) -> bool:
        """Whether its tables are those of this version."""
        with self.read() as connection:
            has_table = inspect(connection).has_table("alembic_version")
            current = connection.scalar(text("SELECT version_num FROM alembic_version")) if has_table else None
            return current == HEAD and self._backend.is_settled(connection)

    def migrate(self) -> None:
        """Create or upgrade the tables with Alembic; does nothing when they are current."""
        if self.is_current():
            return
        from alembic import command  # imported here: an up-to-date catalog opens without it
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.write() as connection:  # of several processes that start at once, the first does it
            config.attributes["connection"] = connection
            self._backend.begin_migration(connection)
            command.upgrade(config, "head")
            self._backend.finish_migration(connection)

    def close(self) -> None:
        """Close every connection."""
        self._backend.close()

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            failure = self._backend.failure(error)
            if failure is None:
                raise
            raise failure from error


class _ScopedDatabase(Database):
    """A catalog in which readers find only what a key may reach; writes are checked by the pipeline."""

    def __init__(self, whole: Database, principal: Principal) -> None:
        self._place = whole._place
        self._write_lock = whole._write_lock
        self._backend = whole._backend
        self.scope = principal.scope
        self._principal = principal

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._storage_errors(), self._backend.narrow.begin() as connection:
            self._backend.begin_read(connection)
            self._backend.limit(connection, self._principal)
            yield connection

    def close(self) -> None:
        """Nothing: the whole catalog is closed by whoever opened it."""


@contextmanager
def overwriting(connection: Connection) -> Iterator[None]:
    """What is deleted within is overwritten in the file, where SQLite would only mark its place as free.

    PostgreSQL's files are its administrator's: what is deleted there is out of reach of every query at once, and out of
    the files after VACUUM and once the write-ahead log has been recycled.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    before = connection.exec_driver_sql("PRAGMA secure_delete").scalar_one()
    connection.exec_driver_sql("PRAGMA secure_delete=ON").close()
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA secure_delete={int(before)}").close()
