"""Backup and restore of the catalog, which is all there is: the index is rebuilt from it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from assistant.errors import InvalidInput, StorageFailed
from assistant.index.database import HEAD

PAGES_AT_ONCE = 1_000  # a writer waits for so many pages at most


def backup(catalog: Path, destination: Path) -> int:
    """Copy a catalog that may be in use into one file, check the copy, and only then give it its name.

    SQLite's online backup sees one state of the catalog, whatever is written meanwhile.

    Args:
        catalog: the live catalog.
        destination: the file to make; an existing one is replaced once the copy is sound.

    Returns:
        the size of the copy in bytes.

    Raises:
        StorageFailed: it cannot be read or written.
    """
    partial = destination.with_name(destination.name + ".partial")
    try:
        source = sqlite3.connect(f"file:{catalog}?mode=ro", uri=True)
        copy = sqlite3.connect(partial)
        try:
            source.backup(copy, pages=PAGES_AT_ONCE)
            copy.execute("PRAGMA journal_mode=DELETE")
            result = copy.execute("PRAGMA quick_check").fetchone()[0]
        finally:
            copy.close()
            source.close()
        if result != "ok":
            raise StorageFailed(f"The catalog is damaged: {result}.", "Restore the newest sound backup.")
        _sync(partial)
        partial.replace(destination)
        return destination.stat().st_size
    except (sqlite3.Error, OSError) as error:
        partial.unlink(missing_ok=True)
        raise StorageFailed(f"The backup could not be written: {error}.", "Check the disk and the path.") from error


def restore(source: Path, data_dir: Path, catalog_name: str) -> Path | None:
    """Put a backup in the place of the catalog; the caller owns the data directory.

    The catalog that was there is kept beside it.

    Returns:
        where the former catalog is now; None where there was none.

    Raises:
        InvalidInput: the file is no sound backup of this project's, or of a newer version.
        StorageFailed: it cannot be copied.
    """
    check(source)
    catalog = data_dir / catalog_name
    incoming = catalog.with_name(catalog.name + ".incoming")
    try:
        backup(source, incoming)
        kept: Path | None = None
        if catalog.exists():
            kept = catalog.with_name(catalog.name + ".before-restore")
            backup(catalog, kept)
        for suffix in ("-wal", "-shm"):
            catalog.with_name(catalog.name + suffix).unlink(missing_ok=True)
        incoming.replace(catalog)
        _sync(data_dir)
        return kept
    except OSError as error:
        raise StorageFailed(f"The backup could not be restored: {error}.", "The corpus is as it was.") from error


def check(source: Path) -> None:
    """See whether a file is a sound backup that this version can read.

    Raises:
        InvalidInput: it is not.
    """
    hint = "Give a file that `assistant backup` wrote."
    if not source.is_file():
        raise InvalidInput(f"There is no file {source}.", hint)
    try:
        connection = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
        try:
            result = connection.execute("PRAGMA integrity_check").fetchone()[0]
            version = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise InvalidInput(f"{source} is not a backup of a corpus: {error}.", hint) from error
    if result != "ok":
        raise InvalidInput(f"The backup {source} is damaged: {result}.", "Use an older one.")
    if version > HEAD:
        raise InvalidInput(f"The backup {source} is of a newer version ({version}).", "Upgrade the assistant first.")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
