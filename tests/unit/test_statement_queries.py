"""Whichever way the database goes about it, the newest statements of somebody are the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from assistant.answering.said import joined, said_between
from assistant.curation.loaders import blocks_of_text
from assistant.index import schema, statement_queries
from assistant.index.catalog import passages_of
from assistant.index.statement_queries import find_statements, placed_statements, statements_in, statements_within
from assistant.models import Filters, LoadedDocument, Metadata
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder
from tests.reliability.corpora import SignEncoder, loaded

THINGS = "herring cable bridge tariff pylon quay levy".split()
SAID = (
    "Norway rejects the {thing} deal.",
    "Norway accepts the {thing} deal.",
    "“We oppose the {thing} levy,” said Mette Dahl, Denmark's transport minister.",
    "Denmark demands a {thing} fund.",
    "Sweden's foreign ministry said Norway would reject the {thing} pact.",
    "Espen Lund, a farmer, said he supported the {thing} ban.",
)
BY_INDEX, BY_DATE = 1e-6, 1e9  # times that reading document by document is faster: never worth it, always


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with open_services(Settings(data_dir=tmp_path_factory.mktemp("data")), HashEncoder()) as services:
        for number, thing in enumerate(THINGS):
            text = " ".join(sentence.format(thing=thing) for sentence in SAID[number % 3 :])
            day = None if number == 4 else f"2025-0{1 + number % 5}-0{1 + number}"
            metadata = Metadata("Report", "Wire" if number % 2 else "Post", published_at=day)
            document = LoadedDocument(text, tuple(blocks_of_text(text)), metadata)
            services.pipeline.ingest(f"d{number}", document, origin="test", by="tests")
        services.pipeline.ingest("gone", loaded(SAID[0].format(thing="toll")), origin="test", by="tests")
        services.pipeline.withdraw("gone", by="tests")
        yield services


QUERIES: list[dict[str, Any]] = [
    {"actor": "Norway"},
    {"actor": "Norway", "stances": ["rejects", "denies"]},
    {"actor": "Denmark", "speaker": "Mette Dahl"},
    {"actor": "Denmark", "speaker": "Mette Dahl", "stances": ["opposes", "rejects"]},
    {"actor": "Norway", "speaker": "Norway"},
    {"speaker": "Espen Lund"},
    {"actor": "Nobody"},
    {"speaker": "Nobody Atall"},
    {},
]


@pytest.mark.parametrize("filters", [Filters(), Filters(sources=("Wire",)), Filters(as_of="2025-03")])
@pytest.mark.parametrize("query", QUERIES)
def test_the_newest_of_somebody_are_found(
    corpus: Services, query: dict[str, Any], filters: Filters, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    with corpus.database.read() as connection:
        everything = find_statements(connection, filters, limit=1_000)
        for faster in (BY_INDEX, BY_DATE):
            monkeypatch.setattr(statement_queries, "READ_FASTER", faster)
            for limit in (3, 1_000):
                found.append(find_statements(connection, filters, **query, limit=limit))
    some, every, some_by_date, every_by_date = found
    assert every == every_by_date == [row for row in everything if wanted(row[3], **query)]
    assert some == some_by_date == every[:3]


def wanted(statement: Any, actor: str | None = None, speaker: str | None = None, stances: Any = None) -> bool:
    """Said without a database."""
    if stances is not None and statement.stance not in stances:
        return False
    if speaker is not None and speaker.split()[-1].lower() in (statement.speaker or "").lower():
        return True
    if actor is None:
        return speaker is None
    return statement.holder == actor or (speaker is not None and statement.speaker_actor == actor)


@pytest.mark.parametrize("holders", [["Norway"], ["Norway", "Denmark"], ["Nobody"], None])
@pytest.mark.parametrize("stance", [None, "rejects"])
def test_positions_of_somebody_are_found(
    corpus: Services, holders: list[str] | None, stance: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    with corpus.database.read() as connection:
        for faster in (BY_INDEX, BY_DATE):
            monkeypatch.setattr(statement_queries, "READ_FASTER", faster)
            for limit in (2, 1_000):
                placed = placed_statements(connection, Filters(), limit, holders=holders, stance=stance)
                found.append([(p.place.passage.document_id, p.statement) for p in placed])
    some, every, some_by_date, every_by_date = found
    assert every == every_by_date
    assert some == some_by_date == every[:2]
    assert bool(every) == (holders != ["Nobody"])
    for _, statement in every:
        assert holders is None or statement.holder in holders
        assert stance is None or statement.stance == stance


SPEECH = (
    "Mette Dahl spoke in Oslo. “We reject the herring deal. It would cost us the quay. We want a fund instead. "
    "Nobody here asked for a levy,” she said. Norway accepts the herring deal."
)


def test_passages_have_the_statements_that_reach_into_them(corpus: Services, tmp_path: Path) -> None:
    with open_services(Settings(data_dir=tmp_path / "data"), SignEncoder(max_tokens=12)) as services:
        for name in ("speech", "other"):
            services.pipeline.ingest(name, loaded(SPEECH), origin="test", by="tests")
        with services.database.read() as connection:
            p = schema.passages
            everything = statements_within(connection, [("speech", 1), ("other", 1)])
            passages = passages_of(connection, "speech", 1)
            seqs = list(connection.scalars(select(p.c.seq).where(p.c.document_id == "speech").order_by(p.c.ordinal)))
            each = [statements_in(connection, [seq]) for seq in seqs]
            together = statements_in(connection, seqs)
    assert list(everything) == [("speech", 1), ("other", 1)]
    assert len(passages) > 3
    assert any(len(found.get(("speech", 1), [])) not in (0, len(everything["speech", 1])) for found in each)
    for passage, found in zip(passages, each, strict=True):
        there = said_between(everything, passage, passage.start, passage.end)
        assert found == ({("speech", 1): there} if there else {})
    assert together == joined(each) == {("speech", 1): everything["speech", 1]}
