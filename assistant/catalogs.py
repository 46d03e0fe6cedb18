"""Where the catalog is, in a data directory or on a database server, and the ways of opening it alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from assistant.access import KeyRing
from assistant.data_dir import own_data_dir
from assistant.errors import DataDirectoryLocked, NotFound, StorageFailed
from assistant.index.database import Database
from assistant.settings import Settings

CATALOG = "catalog.sqlite3"


@contextmanager
def own_catalog(settings: Settings, *, owned: bool) -> Iterator[Database]:
    """The catalog to write in: of a data directory for this process alone, of a server together with others.

    Args:
        settings: where it is.
        owned: the caller holds the data directory already.

    Raises:
        DataDirectoryLocked: another process owns it, or is filling it.
        StorageFailed: it cannot be made, read or written.
    """
    with ExitStack() as stack:
        if not owned:
            stack.enter_context(own_data_dir(settings))
        database = open_catalog(settings)
        stack.callback(database.close)
        if not stack.enter_context(database.present()):
            raise DataDirectoryLocked(
                "The catalog is being restored or filled by another process.", "Wait until that has ended."
            )
        database.migrate()
        yield database


@contextmanager
def own_server_catalog(settings: Settings) -> Iterator[Database]:
    """The catalog on a database server while no other process uses it.

    Raises:
        DataDirectoryLocked: another process does.
    """
    database = open_catalog(settings)
    try:
        with database.present(exclusively=True) as alone:
            if not alone:
                raise DataDirectoryLocked("Other processes use the catalog.", "Stop them first.")
            yield database
    finally:
        database.close()


def open_catalog(settings: Settings) -> Database:
    """The catalog that the settings name, with nothing read or made yet."""
    if settings.database_url is not None:
        return Database(settings.database_url.get_secret_value())
    return Database(settings.data_dir / CATALOG)


def existing_corpus(settings: Settings) -> None:
    """See to it that there is a corpus, so that a command does not make an empty one only to say that it is empty.

    Raises:
        NotFound: there is none.
        StorageFailed: the database server cannot be reached.
    """
    if settings.database_url is not None:
        database = open_catalog(settings)
        try:
            there = database.has_tables()
        finally:
            database.close()
        if not there:
            raise NotFound("There is no corpus in the database.", "Make one with `assistant sync DIR`.")
    elif not (settings.data_dir / CATALOG).exists():
        raise NotFound(
            f"There is no corpus in {settings.data_dir}.",
            "Make one with `assistant sync DIR`, or name its place with --data-dir.",
        )


@contextmanager
def read_catalog(settings: Settings) -> Iterator[Database]:
    """The catalog alone, beside processes that serve it: reading needs no lock.

    Raises:
        NotFound: there is no catalog yet.
    """
    existing_corpus(settings)
    database = open_catalog(settings)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def write_keys(settings: Settings) -> Iterator[KeyRing]:
    """The keys alone, also beside processes that serve the catalog: the database lets several write.

    Raises:
        StorageFailed: the catalog cannot be made or written.
    """
    if settings.database_url is None:
        try:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFailed(
                f"The data directory {settings.data_dir} cannot be used: {error.strerror or error}.",
                "Choose a directory that this user may write to with --data-dir.",
            ) from error
    database = open_catalog(settings)
    try:
        database.migrate()
        yield KeyRing(database)
    finally:
        database.close()
