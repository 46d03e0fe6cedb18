"""The catalog's write-ahead log stays short, also where somebody is reading at every moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from assistant.index import sqlite
from assistant.index.database import Database

MEGABYTE = 1024 * 1024
WRITTEN = 24  # megabytes
READERS = 3


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(sqlite, "LOG_BYTES", 2 * MEGABYTE)
    monkeypatch.setattr(sqlite, "DRAIN_SECONDS", 1.0)
    with closing(Database(tmp_path / "catalog.sqlite3")) as opened:
        with opened.write() as connection:
            connection.execute(text("CREATE TABLE texts (id INTEGER PRIMARY KEY, body BLOB)"))
        yield opened


def log_size(database: Database) -> float:
    return database.path.with_name(f"{database.path.name}-wal").stat().st_size / MEGABYTE


def write(database: Database, megabytes: int) -> float:
    """Write in commits of a quarter of a megabyte; returns the longest that the log has been."""
    longest = 0.0
    for _ in range(4 * megabytes):
        with database.write() as connection:
            connection.execute(text("INSERT INTO texts (body) VALUES (randomblob(262144))"))
        longest = max(longest, log_size(database))
    return longest


def count(database: Database) -> int:
    with database.read() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM texts")) or 0)


def test_readers_that_take_turns_do_not_let_the_log_grow(database: Database) -> None:
    ended = threading.Event()

    def read(wait: float) -> None:
        time.sleep(wait)
        while not ended.is_set():
            with database.read() as connection:
                connection.execute(text("SELECT count(*) FROM texts")).close()
                time.sleep(0.06)

    readers = [threading.Thread(target=read, args=(0.02 * number,)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        longest = write(database, WRITTEN)
    finally:
        ended.set()
        for reader in readers:
            reader.join()
    assert longest < WRITTEN / 3
    assert count(database) == 4 * WRITTEN


def test_a_reader_that_stays_keeps_its_snapshot_and_holds_up_no_commit(database: Database) -> None:
    with database.read() as connection:
        write(database, WRITTEN // 4)
        assert connection.scalar(text("SELECT count(*) FROM texts")) == 0
        grown = log_size(database)
    assert grown > WRITTEN / 4  # nothing that the reader may need has been thrown away
    assert write(database, WRITTEN) < grown + 4  # and it is used again from its beginning
    assert count(database) == 4 * (WRITTEN // 4 + WRITTEN)
