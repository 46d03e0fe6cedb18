"""Counts are kept, and are those of the snapshot all the same."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import Connection

from assistant.index import counts, lexical
from assistant.services import Services
from tests.reliability.corpora import loaded

STEMS = ["harbour", "boat", "nowher"]


def put(services: Services, name: str, words: str) -> None:
    services.pipeline.ingest(name, loaded(words), origin="test", by="tests")


def counted(connection: Connection) -> tuple[tuple[int, int], dict[str, int]]:
    return counts.count_live(connection), lexical.document_frequencies(connection, STEMS)


def in_new_snapshot(services: Services) -> tuple[tuple[int, int], dict[str, int]]:
    with services.database.read() as connection:
        return counted(connection)


def test_they_follow_the_corpus(services: Services) -> None:
    assert in_new_snapshot(services) == ((0, 0), {})
    put(services, "one", "The harbour is open.")
    assert in_new_snapshot(services) == ((1, 1), {"harbour": 1})
    put(services, "two", "The harbour has boat.")
    assert in_new_snapshot(services) == ((2, 2), {"harbour": 2, "boat": 1})
    put(services, "one", "The quay is closed.")
    assert in_new_snapshot(services) == ((2, 2), {"harbour": 1, "boat": 1})
    services.pipeline.withdraw("two", by="tests")
    assert in_new_snapshot(services) == ((1, 1), {})


def test_a_snapshot_keeps_to_its_own(services: Services) -> None:
    put(services, "one", "The harbour is open.")
    with services.database.read() as connection:
        put(services, "two", "The harbour has boat.")
        assert in_new_snapshot(services) == ((2, 2), {"harbour": 2, "boat": 1})
        assert counted(connection) == ((1, 1), {"harbour": 1})


def test_a_write_that_is_undone_leaves_none(services: Services) -> None:
    put(services, "one", "The harbour is open.")
    with pytest.raises(RuntimeError, match="undone"), services.database.write() as connection:
        connection.exec_driver_sql("UPDATE passages SET live = 0")
        connection.exec_driver_sql(
            "INSERT INTO changes(at, actor, action, document_id) VALUES ('2026-01-01', 'tests', 'none', 'one')"
        )
        assert counts.count_live_passages(connection) == 0
        raise RuntimeError("undone")
    put(services, "two", "The harbour has boat.")
    assert in_new_snapshot(services) == ((2, 2), {"harbour": 2, "boat": 1})
    with services.database.write() as connection:
        assert counts.count_live_passages(connection) == 2


def test_what_is_known_is_not_counted_again(services: Services) -> None:
    put(services, "one", "The harbour has boat.")
    asked: list[str] = []

    def counting(words: Sequence[str]) -> dict[str, int]:
        asked.extend(words)
        return dict.fromkeys((word for word in words if word != "nowher"), 1)

    for words in (["harbour"], ["harbour", "nowher"], STEMS):
        with services.database.read() as connection:
            found = counts.counted(connection, words, counting)
        assert found == dict.fromkeys((word for word in words if word != "nowher"), 1)
    assert asked == ["harbour", "nowher", "boat"]


def test_whoever_reads_the_same_state_need_not_count_again(services: Services) -> None:
    put(services, "one", "The harbour has boat.")

    def nobody_counts(words: Sequence[str]) -> dict[str, int]:
        raise AssertionError(f"{words} are counted again")

    with services.database.read() as connection, services.database.read() as another:
        assert counts.counted(connection, STEMS, lambda some: dict.fromkeys(some, 1)) == dict.fromkeys(STEMS, 1)
        assert counts.counted(another, STEMS, nobody_counts) == dict.fromkeys(STEMS, 1)


def test_only_so_many_words_are_kept(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "MOST_WORDS", 2)
    with services.database.read() as connection:
        for words in (["a", "b"], ["b", "c"], ["a", "b", "c"], ["c"]):
            assert counts.counted(connection, words, lambda some: dict.fromkeys(some, 1)) == dict.fromkeys(words, 1)
