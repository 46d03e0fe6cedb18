"""Copies of a catalog from one database to another, vectors included, so that nothing is embedded again.

The file that `assistant backup` writes is a SQLite catalog, whatever the corpus is kept in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Table, delete, func, insert, select, text

from assistant.errors import Conflict, StorageFailed
from assistant.index import collection_store, lexical, schema
from assistant.index.backup import backup, check
from assistant.index.database import Database

Progress = Callable[[int, int], None]  # rows copied, rows in all

BATCH = 200  # rows
FEW = 5  # rows of uploads, which are files
# They say what is in a vector index, which is another one there.
_LEFT_OUT = (schema.vector_collections, schema.index_pending, schema.index_garbage)
_IN_USE = (schema.versions, schema.jobs, schema.api_keys, schema.conversations)
TABLES = [table for table in schema.metadata.sorted_tables if table not in _LEFT_OUT]


def fill(source: Database, target: Database, progress: Progress | None = None) -> dict[str, int]:
    """Copy one state of ``source`` into ``target``, which is empty, in one transaction: all of it or nothing.

    Args:
        source: a catalog with the tables of this version.
        target: where to; its tables are made.
        progress: called after each batch.

    Returns:
        rows by table.

    Raises:
        Conflict: there is a corpus already.
        StorageFailed: one of them cannot be used, or the copy is not the same; nothing was kept.
    """
    target.migrate()
    with source.read() as reading, target.write() as writing:
        if any(_count(writing, table) for table in _IN_USE):
            raise Conflict("There is a corpus already.", "Name an empty database, or restore a backup into it.")
        return _copy(reading, writing, progress)


def replace(source: Database, target: Database, progress: Progress | None = None) -> dict[str, int]:
    """As ``fill``, in the place of what is there. No other process may use the target."""
    target.migrate()
    with source.read() as reading, target.write() as writing:
        return _copy(reading, writing, progress)


def export(source: Database, destination: Path, progress: Progress | None = None) -> int:
    """Write one state of a catalog into a backup file; returns its size in bytes.

    Raises:
        StorageFailed: it cannot be read or written.
    """
    if not source.is_current():
        raise StorageFailed("The catalog is of another version.", "Serve it once with this version, which upgrades it.")
    with _scratch(destination.with_name(destination.name + ".copy")) as scratch:
        target = Database(scratch)
        try:
            fill(source, target, progress)
        finally:
            target.close()
        return backup(scratch, destination)


def bring_back(file: Path, target: Database, scratch_folder: Path, progress: Progress | None = None) -> None:
    """Put the corpus of a backup file in the place of the one in ``target``.

    Raises:
        InvalidInput: the file is no sound backup of this project's, or of a newer version.
        StorageFailed: it cannot be copied; the corpus is as it was.
    """
    check(file)
    with _scratch(scratch_folder / f"{file.name}.copy") as scratch:
        backup(file, scratch)
        source = Database(scratch)
        try:
            source.migrate()  # a backup of an earlier version
            replace(source, target, progress)
        finally:
            source.close()


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    """A file that is gone afterwards, with what SQLite puts beside it."""
    beside = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]
    for file in beside:
        file.unlink(missing_ok=True)
    try:
        yield path
    finally:
        for file in beside:
            file.unlink(missing_ok=True)


def _copy(reading: Connection, writing: Connection, progress: Progress | None) -> dict[str, int]:
    for table in (*reversed(TABLES), schema.index_garbage):
        writing.execute(delete(table))
    collection_store.forget_all(writing)
    counts = {table.name: _count(reading, table) for table in TABLES}
    total, done = sum(counts.values()), 0
    for table in TABLES:
        size = FEW if table is schema.job_items else BATCH
        query = select(table).order_by(*table.primary_key)
        for rows in reading.execute(query, execution_options={"yield_per": size}).mappings().partitions():
            writing.execute(insert(table), [dict(row) for row in rows])
            done += len(rows)
            if progress is not None:
                progress(done, total)
    lexical.rebuild(writing)
    copied = {table.name: _count(writing, table) for table in TABLES}
    if copied != counts:
        wrong = ", ".join(
            f"{name}: {copied[name]} of {counts[name]}" for name in counts if copied[name] != counts[name]
        )
        raise StorageFailed(f"The copy is not complete ({wrong}).", "Try again; nothing was kept.")
    _go_on_counting(writing)
    return counts


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _go_on_counting(connection: Connection) -> None:
    """Rows with numbers of their own do not move PostgreSQL's sequences; the next new row has to have a new number."""
    if connection.dialect.name != "postgresql":
        return
    for table in TABLES:
        column = table.autoincrement_column
        if column is not None:
            largest = connection.scalar(select(func.max(column)))
            parameters = {"table": table.name, "column": column.name, "next": (largest or 0) + 1}
            connection.execute(text("SELECT setval(pg_get_serial_sequence(:table, :column), :next, false)"), parameters)
