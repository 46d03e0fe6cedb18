"""The catalog on a PostgreSQL server, for any number of processes.

What a file lock and one writer's thread are to SQLite, advisory locks are here: they belong to a connection, so the
server lets go of them at once when a process dies. Writers of all processes queue on one of them, which makes the
order of commits the order of ``changes`` and spares every other module a thought about concurrent writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib.util import find_spec
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from assistant.access_model import Principal
from assistant.errors import CatalogUnreachable, InvalidConfiguration, StorageFailed
from assistant.index import scoped_schema
from assistant.index.advisory import Turn, lock_key

DRIVER = "postgresql+psycopg"
CONNECT_SECONDS = 5
WRITE_WAIT_SECONDS = 60  # for the writers of other processes
HOLD_WAIT_SECONDS = 600  # for another process that works on the same document
IDLE_WRITER_SECONDS = 300  # a process that hangs in the middle of a write must not hold up all others for good
READERS, MORE_READERS = 8, 24  # connections kept, and more under load
NARROW, MORE_NARROW = 2, 14  # the same for keys with limits
_READ_OPTIONS = {"default_transaction_isolation": "repeatable\\ read", "default_transaction_read_only": "on"}
_WRITE_OPTIONS = {
    "lock_timeout": f"{WRITE_WAIT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_WRITER_SECONDS}s",
    "synchronous_commit": "on",
}
_WRITERS, _PRESENCE = "writers", "presence"

# By SQLSTATE, or its class; https://www.postgresql.org/docs/15/errcodes-appendix.html
_HINTS = {
    "53100": "Free some space on the database server and try again; nothing acknowledged is lost.",
    "53": "The database server lacks memory or another resource; try again.",
    "25006": "The address is that of a read-only server: name the primary one in ASSISTANT_DATABASE_URL.",
    "55P03": "Another process is writing; try again.",
    "23503": "Another process has removed what it belongs to; try again.",
    "25P03": "The write took too long and was given up; try again.",
    "40": "Another process wrote the same; try again.",
    "57014": "It took too long; try again.",
    "42501": "Let the user of ASSISTANT_DATABASE_URL own the database and its schema.",
    "XX000": "The database server's log says more; nothing acknowledged is lost.",  # a quota, for one
    "XX": "Restore the newest backup with `assistant restore`.",
    "58": "Check the database server's disk; nothing acknowledged is lost.",
}
_AWAY = {
    "53300": "Raise max_connections of the database server, or run fewer processes.",
    "28": "Check the user and the password in ASSISTANT_DATABASE_URL.",
    "3D000": "Create the database first: createdb --encoding UTF8 NAME.",
    "08": "Check that the database server runs; nothing acknowledged is lost.",
    "57P": "The database server is stopping or starting; try again. Nothing acknowledged is lost.",
}


class PostgresBackend:
    """Readers see one REPEATABLE READ snapshot; writers of all processes queue, and commits are synchronous.

    Args:
        url: ``postgresql://user:password@host:port/database``.

    Raises:
        InvalidConfiguration: that is no address of a PostgreSQL database.
    """

    shared = True

    def __init__(self, url: str) -> None:
        try:
            address = make_url(url)
        except ArgumentError as error:
            raise InvalidConfiguration("ASSISTANT_DATABASE_URL is not an address.", _example()) from error
        if address.get_backend_name() != "postgresql":
            raise InvalidConfiguration("ASSISTANT_DATABASE_URL is not an address of PostgreSQL.", _example())
        self._address = address.set(drivername=DRIVER)
        self._is_present = False
        self.place = address.render_as_string(hide_password=True)
        self.reader = self._engine(_READ_OPTIONS, pool_size=READERS, max_overflow=MORE_READERS)
        self.writer = self._engine(_WRITE_OPTIONS, pool_size=1, max_overflow=1)
        self.narrow = self._engine(_READ_OPTIONS, pool_size=NARROW, max_overflow=MORE_NARROW)
        event.listen(self.narrow, "connect", scoped_schema.look_here_first)
        # Locks that outlast a transaction: each needs a connection for as long as it is held.
        self._holder = self._engine(
            {"lock_timeout": f"{HOLD_WAIT_SECONDS}s"}, pool_size=2, max_overflow=30, isolation_level="AUTOCOMMIT"
        )
        for engine in (self.reader, self.narrow, self.writer):
            event.listen(engine, "connect", self._be_present)

    def begin_read(self, connection: Connection) -> None:
        """Take the snapshot now, as the first statement does."""
        connection.exec_driver_sql("SELECT 1").close()

    def begin_write(self, connection: Connection) -> None:
        """Wait for the writers of other processes. READ COMMITTED then sees all that they have committed."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key(_WRITERS)})

    def committed(self) -> None:
        """Nothing to tidy up: the server does."""

    def is_settled(self, connection: Connection) -> bool:
        """Whether the views for keys with limits are there."""
        return scoped_schema.is_made(connection)

    def begin_migration(self, connection: Connection) -> None:
        """Remove these views, which would keep columns from being altered."""
        scoped_schema.drop(connection)

    def finish_migration(self, connection: Connection) -> None:
        """Make text columns compare by code point, whatever the database's locale, and as long as they need be.

        SQLite does both, and pages of ids, dates and sorted tables rely on the former.
        """
        rows = connection.execute(
            text(
                "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t "
                "ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE' "
                "WHERE c.table_schema = current_schema() AND c.table_name != 'alembic_version' "
                "AND (c.data_type = 'character varying' OR c.data_type = 'text' "
                "AND c.collation_name IS DISTINCT FROM 'C')"
            )
        ).all()
        tables: dict[str, list[str]] = {}
        for table, column in rows:
            tables.setdefault(table, []).append(f'ALTER COLUMN "{column}" TYPE text COLLATE "C"')
        for table, changes in tables.items():
            connection.exec_driver_sql(f'ALTER TABLE "{table}" {", ".join(changes)}')
        scoped_schema.make(connection)

    def limit(self, connection: Connection, principal: Principal) -> None:
        """Hide from a snapshot what a key may not reach."""
        scoped_schema.limit(connection, principal)

    @contextmanager
    def alone(self, name: str) -> Iterator[Turn]:
        """Whether no other process does ``name``; none will before this context ends or its turn does not last."""
        with self._holder.connect() as connection:
            with _locked(connection, "pg_try_advisory_lock", "pg_advisory_unlock", name) as mine:
                yield Turn(mine, partial(_same_session, connection, connection.connection.dbapi_connection))

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Wait until no other process does ``name``, and keep it so."""
        with self._holder.connect() as connection:
            with _locked(connection, "pg_advisory_lock", "pg_advisory_unlock", name):
                yield

    @contextmanager
    def present(self, *, exclusively: bool) -> Iterator[bool]:
        """Be counted among those who use the catalog, or see to it that nobody else does; whether that is so."""
        take = "pg_try_advisory_lock" if exclusively else "pg_try_advisory_lock_shared"
        release = "pg_advisory_unlock" if exclusively else "pg_advisory_unlock_shared"
        with self._holder.connect() as connection:
            with _locked(connection, take, release, _PRESENCE) as ours:
                self._is_present = ours and not exclusively
                try:
                    yield ours
                finally:
                    self._is_present = False

    def failure(self, error: SQLAlchemyError) -> StorageFailed | None:
        """What an error of the database means and what to do; None where it is a fault of ours."""
        if isinstance(error, PoolTimeout):
            return CatalogUnreachable(
                "All connections of this process to the catalog are in use.", "Try again, or run more processes."
            )
        if not isinstance(error, DBAPIError) or error.orig is None:
            return None
        reason = " ".join(str(error.orig).split())[:300].rstrip(".")
        state = getattr(error.orig, "sqlstate", None)
        if state is None and (error.connection_invalidated or "connect" in reason or "closed" in reason):
            # The library has no code for what happened before the server could say one.
            return CatalogUnreachable(f"The catalog on {self.place} cannot be reached: {reason}.", _away(reason))
        hint = _by_state(_AWAY, state)
        if hint is not None:
            return CatalogUnreachable(f"The catalog on {self.place} cannot be reached: {reason}.", hint)
        hint = _by_state(_HINTS, state)
        return None if hint is None else StorageFailed(f"The catalog cannot be used: {reason}.", hint)

    def close(self) -> None:
        """Close every connection."""
        for engine in (self.reader, self.narrow, self.writer, self._holder):
            engine.dispose()

    def _be_present(self, connection: Any, _record: Any) -> None:
        """Hold the lock of those who use the catalog by every connection: a restarted server has forgotten it."""
        if not self._is_present:
            return
        held = connection.execute("SELECT pg_try_advisory_lock_shared(%s)", (lock_key(_PRESENCE),)).fetchone()[0]
        connection.rollback()  # the lock is the session's and stays
        if not held:
            connection.close()
            raise CatalogUnreachable(
                f"The catalog on {self.place} is being restored or filled.", "Try again once that has ended."
            )

    def _engine(self, options: dict[str, str], **arguments: Any) -> Engine:
        if find_spec("psycopg") is None:
            raise InvalidConfiguration(
                "PostgreSQL needs a driver that is not installed.",
                'Install it with: pip install "briefing-assistant[server]".',
            )
        engine = create_engine(
            self._address,
            pool_pre_ping=True,  # after a restart of the server the first request must not fail
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "assistant",
                "keepalives_idle": 30,
                "tcp_user_timeout": 30_000,
                "options": " ".join(f"-c {name}={value}" for name, value in {"jit": "off", **options}.items()),
            },
            **arguments,
        )
        event.listen(engine, "before_cursor_execute", _storable, retval=True)
        return engine


def _same_session(connection: Connection, session: object) -> bool:
    """Whether a connection is the one that it was: a broken one is replaced as soon as it is used again."""
    try:
        connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return connection.connection.dbapi_connection is session


@contextmanager
def _locked(connection: Connection, take: str, release: str, name: str) -> Iterator[bool]:
    taken = connection.scalar(text(f"SELECT {take}(:key)"), {"key": lock_key(name)})
    mine = taken is not False  # the waiting form returns nothing
    try:
        yield mine
    finally:
        if mine:
            try:
                connection.execute(text(f"SELECT {release}(:key)"), {"key": lock_key(name)})
            except SQLAlchemyError:  # the server is away, and the lock with it
                with suppress(SQLAlchemyError):
                    connection.invalidate()


def _storable(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> tuple[str, Any]:
    """Replace what PostgreSQL's text cannot hold: NUL and lone surrogates become U+FFFD, so that offsets stay."""
    if isinstance(parameters, dict):
        return statement, _clean(parameters)
    if isinstance(parameters, Sequence) and parameters and isinstance(parameters[0], dict):
        return statement, [_clean(row) for row in parameters]
    return statement, parameters


def _clean(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _clean_text(value) if type(value) is str else value for name, value in row.items()}


def _clean_text(value: str) -> str:
    if "\x00" in value:
        value = value.replace("\x00", "�")
    try:
        value.encode()
    except UnicodeEncodeError:
        value = "".join("�" if "\ud800" <= character <= "\udfff" else character for character in value)
    return value


def _by_state(hints: dict[str, str], state: str | None) -> str | None:
    if state is None:
        return None
    return next((hints[state[:length]] for length in (5, 3, 2) if state[:length] in hints), None)


def _away(reason: str) -> str:
    if "too many" in reason or "remaining connection slots" in reason:
        return _AWAY["53300"]
    if "password" in reason or "authentication" in reason or "role" in reason:
        return _AWAY["28"]
    if "database" in reason and "does not exist" in reason:
        return _AWAY["3D000"]
    return _AWAY["08"]


def _example() -> str:
    return "Write it as postgresql://user:password@host:5432/database."
