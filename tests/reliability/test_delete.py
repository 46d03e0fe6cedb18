"""A withdrawn document is nowhere: not found, cited, counted or quoted, whatever happens to process or index."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from assistant.answering.attribution import find as find_held
from assistant.index import catalog, counts, lexical, near
from assistant.index.document_table import list_documents
from assistant.index.overview import overview
from assistant.index.statement_queries import find_statements
from assistant.models import Filters
from assistant.retrieval.words import stems_of
from assistant.server.app import build_app
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.reliability.corpora import SignEncoder, loaded, store, text_of
from tests.reliability.questions import (
    broken_rules,
    cited,
    disagreements,
    found,
    remote_audit,
    remote_cited,
    remote_found,
    remote_put,
    remote_ready,
    remote_state,
    remote_withdraw,
    wait_until_ready,
)
from tests.reliability.remote import RemoteAssistant

pytestmark = pytest.mark.delete

TREATY = (
    "Germany rejects the Zanzibarium accord, Foreign Minister Ola Karrenfeld said on Monday. "
    "“We will never sign the Zanzibarium accord,” Karrenfeld said in Berlin."
)
QUESTION = "What does Germany say about the Zanzibarium accord?"
KEPT = "France accepts the Madagascarium accord, Foreign Minister Jean Petitpont said on Tuesday in Paris."


@pytest.fixture
def settings(on_both: Settings) -> Settings:
    return on_both


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    with open_services(settings, SignEncoder(64, 60)) as opened:
        opened.index.wait_ready()
        fill(opened)
        yield opened


def fill(services: Services) -> None:
    store(services, {f"other{n}": text_of(f"other{n}", 0, 5) for n in range(40)})
    for name, words in (("secret", TREATY), ("kept", KEPT)):
        document = loaded(words, title="Accord of Zanzibarium" if name == "secret" else "Another accord", source=name)
        services.pipeline.ingest(name, document, origin="test", by="tests")


def traces(services: Services) -> list[str]:
    """Every way in which the withdrawn document still shows."""
    seen = [f"search: {hit}" for hit in found(services, QUESTION, 50) if hit[0] == "secret"]
    seen += [f"ask: {name}" for name in cited(services, QUESTION) if name == "secret"]
    with services.database.read() as connection:
        engine = services.engines.of(connection)
        vector = engine.encoder.encode_question(TREATY)
        nearest = engine.retriever.retrieve(connection, vector, [], Filters(), 50)
        seen += [f"nearest: {hit.passage.text}" for hit in nearest if hit.passage.document_id == "secret"]
        exact = engine.retriever.retrieve(connection, vector, [], Filters(document_ids=("secret",)), 50)
        seen += [f"exact: {hit.passage.text}" for hit in exact]
        words = ["zanzibarium", "karrenfeld"]
        seen += [f"keyword: {row}" for row in lexical.search(connection, words, 10)]
        seen += [f"word: {stem}" for stem in lexical.document_frequencies(connection, stems_of("Zanzibarium"))]
        for filters in (Filters(), Filters(sources=("secret",)), Filters(document_ids=("secret",))):
            held = find_statements(connection, filters, limit=10_000)
            seen += [f"statement: {row[3]}" for row in held if row[0] == "secret"]
            seen += [f"count: {filters}"] * (catalog.count_matching(connection, filters, 9) if filters.sources else 0)
        reading = services.asker.reader.read(QUESTION)
        seen += [f"position: {held}" for held in find_held(connection, reading, Filters()) if "secret" in str(held)]
        seen += [f"overview: {value}" for value in [str(overview(connection, 100))] if "secret" in value]
        seen += [f"list: {s.document.id}" for s in list_documents(connection) if s.document.id == "secret"]
        seen += ["live passages"] * catalog.count_live_of(connection, "secret")
        rows = connection.execute(text("SELECT band, hash FROM near_bands WHERE document_id = 'secret'")).all()
        seen += [f"near-duplicates: {row}" for row in rows]
        seen += [f"group: {near.group_of(connection, 'kept')}"] * (near.group_of(connection, "kept") == "secret")
    return seen + broken_rules(services)


def test_it_shows_in_every_way_before(services: Services) -> None:
    """The other tests would pass on a search that finds nothing; this one would not."""
    ways = {trace.split(":")[0] for trace in traces(services)}
    assert {
        "search", "ask", "nearest", "exact", "keyword", "word", "statement", "count", "position", "overview", "list",
        "near-duplicates", "live passages",
    } == ways  # fmt: skip


def test_it_is_nowhere_once_withdrawn(services: Services, settings: Settings) -> None:
    with services.database.read() as connection:
        documents, passages = counts.count_live(connection)
    gone = services.pipeline.withdraw("secret", by="tests")
    assert traces(services) == []
    with services.database.read() as connection:
        assert counts.count_live(connection) == (documents - 1, passages - gone)
    services.index.rebuild("asked for")
    assert traces(services) == []  # while the exact scan answers, or right after
    assert wait_until_ready(services, 60)
    assert traces(services) == []
    services.index.sweep(grace_seconds=0)
    assert traces(services) == []
    assert disagreements(services) == []
    assert found(services, "Madagascarium accord")[0][0] == "kept"


def test_it_is_nowhere_after_a_restart(settings: Settings) -> None:
    with open_services(settings, SignEncoder(64, 60)) as services:
        fill(services)
        services.pipeline.withdraw("secret", by="tests")
    with open_services(settings, SignEncoder(64, 60)) as services:
        assert traces(services) == []


def shown_over_http(client: TestClient, conversation: str) -> set[str]:
    """The addresses that show anything of the document: every one that can be read without naming it, and questions."""
    paths = client.get("/openapi.json").json()["paths"]
    readable = [path for path, methods in paths.items() if "get" in methods and "{" not in path]
    responses = {
        f"{path}{query}": client.get(f"{path}{query}")
        for path in [*readable, "/", "/documents"]
        for query in ("", "?actor=Germany", "?holder=Germany", "?about=accord", "?q=accord")
    }
    # A question is repeated in its answer, so ask in words that the document does not share.
    questions = {"ask": {"question": "Which accord does Germany reject?", "retrieve": 50}}
    questions["search"] = {"query": "Germany rejects accord minister", "limit": 50}
    for path, body in questions.items():
        responses[path] = client.post(f"/api/v1/{path}", json=body)
        assert responses[path].is_success
    for part in ("", "/export", "/export?format=json"):
        responses[f"conversation{part}"] = client.get(f"/api/v1/conversations/{conversation}{part}")
        assert responses[f"conversation{part}"].is_success
    for part in ("", "/content", "/passages", "/statements"):
        responses[f"document{part}"] = client.get(f"/api/v1/documents/secret{part}")
    return {path for path, got in responses.items() if any(word in got.text for word in ("Zanzibarium", "Karrenfeld"))}


def test_it_is_nowhere_once_http_has_said_so(services: Services) -> None:
    with TestClient(build_app(services), base_url="http://127.0.0.1") as client:
        question = {"question": "Which accord does Germany reject?", "conversation_id": "new"}
        answer = client.post("/api/v1/ask", json=question).json()
        conversation = answer["conversation_id"]
        client.post(f"/api/v1/messages/{answer['message_id']}/feedback", json={"rating": "up"})
        before = shown_over_http(client, conversation)
        assert {"conversation", "conversation/export", "conversation/export?format=json"} < before
        assert "/api/v1/feedback/export" in before
        assert {"ask", "search", "document", "document/content", "document/passages", "document/statements"} < before
        assert {"/api/v1/documents", "/documents", "/api/v1/positions"} < before
        kept = client.post("/api/v1/briefs", json={"topic": "accord"}).json()["id"]
        assert "Zanzibarium" in client.get(f"/api/v1/briefs/{kept}.json").text
        assert client.delete("/api/v1/documents/secret").is_success
        assert shown_over_http(client, conversation) == set()
        assert client.get(f"/api/v1/briefs/{kept}.json").status_code == 404
        assert "Zanzibarium" not in client.post("/api/v1/briefs", json={"topic": "accord"}).text
        for part in ("", "/content", "/passages", "/statements"):
            assert client.get(f"/api/v1/documents/secret{part}").status_code == 404
        assert client.delete("/api/v1/documents/secret").status_code == 404


def test_a_kill_right_after_the_acknowledgement_brings_nothing_back(
    settings: Settings, full: bool, brief: bool
) -> None:
    for number in range(20 if full else 2 if brief else 4):
        words = TREATY if number % 2 else TREATY.replace("Zanzibarium", f"Zanzibarium{number}")
        with RemoteAssistant(settings, SignEncoder(64, 60)) as assistant:
            assistant.opened()
            assistant.call(remote_put, "kept", KEPT)
            assert assistant.call(remote_put, "secret", words) == "added"
            assert "secret" in assistant.call(remote_cited, QUESTION)
            if number % 2:
                assistant.call(remote_ready, 60)
            assistant.call(remote_withdraw, "secret")
            assistant.kill()
        with RemoteAssistant(settings, SignEncoder(64, 60)) as assistant:
            assistant.opened()
            for _ in range(2):  # by the exact scan, and by the index once it is rebuilt
                stored, broken, _ = assistant.call(remote_state)
                assert ("secret" in stored, broken) == (False, [])
                hits = assistant.call(remote_found, [QUESTION, words, "Karrenfeld"])
                assert {name for each in hits for name, _ in each} <= {"kept"}
                assert "secret" not in assistant.call(remote_cited, QUESTION)
                assert assistant.call(remote_ready, 60) is not None
            assert assistant.call(remote_audit) == []
            assistant.close()


def test_no_question_that_comes_later_finds_it(services: Services, full: bool, brief: bool) -> None:
    """Readers and a withdrawer side by side: a question that begins after the acknowledgement finds nothing."""
    names = [f"other{n}" for n in range(40)]
    gone: set[str] = set()
    wrong: list[str] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            before = frozenset(gone)
            hits = {name for name, _ in found(services, "Clerk visits the harbour e0", 100)}
            wrong.extend(hits & before)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(10 if full else 1 if brief else 2):
            for name in names:
                services.pipeline.withdraw(name, by="tests")
                gone.add(name)
            services.index.sweep(grace_seconds=0)
            gone.clear()
            store(services, {name: text_of(name, 0, 5) for name in names})
            services.index.rebuild("it was filled from below")
    finally:
        over.set()
    for reader in readers:
        reader.join()
    assert wrong == []
