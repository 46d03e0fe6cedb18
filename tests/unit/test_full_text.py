"""Full text beside many matches: what is scored is chosen, and the scores are bm25 all the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from assistant.index import fts5, lexical
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder
from tests.reliability.corpora import loaded

PASSAGES = 60
EVERYBODY = "harbour"  # in every passage
MANY = "quay"  # in every second one
FEW = "herring"  # in every tenth


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with open_services(Settings(data_dir=tmp_path_factory.mktemp("data")), HashEncoder()) as services:
        for number in range(PASSAGES):
            words = [EVERYBODY] + [MANY] * (number % 2) + [FEW] * (number % 10 == 3) + ["crate"] * (number % 7)
            services.pipeline.ingest(f"d{number:02}", loaded(f"The {' '.join(words)}."), origin="test", by="tests")
        yield services


@pytest.fixture
def snapshot(corpus: Services) -> Iterator[Connection]:
    with corpus.database.read() as connection:
        yield connection


@pytest.fixture
def few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fts5, "CANDIDATES", 20)


def everything(connection: Connection, words: list[str]) -> dict[int, float]:
    """bm25 of every passage with any of the words, as FTS5 computes it."""
    rows = connection.execute(
        fts5.SEARCH, {"query": fts5.match_expression(words), "limit": PASSAGES, **fts5.WEIGHTS}
    ).all()
    return {row.rowid: row.score for row in rows}


def having(connection: Connection, word: str) -> set[int]:
    return set(connection.scalars(text("SELECT seq FROM passages WHERE text LIKE :like"), {"like": f"%{word}%"}))


@pytest.mark.usefixtures("few_candidates")
@pytest.mark.parametrize(
    "words", [[FEW, EVERYBODY], [EVERYBODY, FEW], [FEW, MANY, EVERYBODY], ["nowhere", EVERYBODY, FEW]]
)
def test_passages_with_the_rarest_words_are_scored_by_all_words(snapshot: Connection, words: list[str]) -> None:
    scores = everything(snapshot, words)
    found = lexical.search(snapshot, words, PASSAGES)
    assert {seq for seq, _ in found} == having(snapshot, FEW)
    assert [seq for seq, _ in found] == sorted(dict(found), key=lambda seq: (-scores[seq], seq))
    for seq, score in found:
        assert score == pytest.approx(scores[seq], abs=1e-9)


@pytest.mark.usefixtures("few_candidates")
def test_of_common_words_those_that_have_them_all(snapshot: Connection) -> None:
    found = lexical.search(snapshot, [MANY, EVERYBODY], 10)
    assert len(found) == 10
    assert {seq for seq, _ in found} <= having(snapshot, MANY)
    scores = everything(snapshot, [MANY, EVERYBODY])
    for seq, score in found:
        assert score == pytest.approx(scores[seq], abs=1e-9)


@pytest.mark.usefixtures("few_candidates")
def test_of_one_common_word_the_newest(snapshot: Connection) -> None:
    found = {seq for seq, _ in lexical.search(snapshot, [EVERYBODY], PASSAGES)}
    newest = snapshot.scalars(text("SELECT seq FROM passages WHERE live ORDER BY seq DESC LIMIT 20")).all()
    assert found == set(newest)


def test_beside_few_matches_nothing_is_left_out(snapshot: Connection) -> None:
    assert dict(lexical.search(snapshot, [FEW, EVERYBODY], PASSAGES)) == everything(snapshot, [FEW, EVERYBODY])


@pytest.mark.usefixtures("few_candidates")
def test_words_that_occur_nowhere_find_nothing(snapshot: Connection) -> None:
    assert lexical.search(snapshot, ["nowhere", "never"], 10) == []


@pytest.mark.usefixtures("few_candidates")
@pytest.mark.parametrize("word", ['"', "harbour OR", "_", "\x00", "a" * 3_000, "NEAR(", "*"])
def test_no_word_is_an_operator(snapshot: Connection, word: str) -> None:
    with_it = lexical.search(snapshot, [word, FEW, MANY], PASSAGES)
    assert {seq for seq, _ in with_it} >= having(snapshot, FEW)


def test_a_filter_does_not_ask_for_each_passage_anew(snapshot: Connection) -> None:
    """That took milliseconds for each of thousands of passages."""
    values = {"query": '"harbour"', "limit": 5, "within": "[1, 2, 3]", **fts5.WEIGHTS}
    plan = snapshot.execute(text(f"EXPLAIN QUERY PLAN {fts5.SEARCH_WITHIN.text}"), values).all()
    asked = [row.detail for row in plan if "passages_fts" in row.detail]
    assert len(asked) == 1
    assert "=" not in asked[0]
