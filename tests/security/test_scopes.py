"""A key that is limited to topics or sources: whatever is outside of them does not exist for whoever has it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from assistant import CorpusRetriever
from assistant.access_model import Principal, Role, Scope
from assistant.cli import cli
from assistant.index import lexical, schema
from assistant.index.scoping import UNLIMITED, views
from assistant.models import Filters
from assistant.server.app import build_app
from assistant.services import Services, open_services
from assistant.settings import Settings

pytestmark = pytest.mark.scopes

CORPUS = Path(__file__).parent.parent.parent / "corpus"
TOPIC = "nato"
LOCAL = "http://127.0.0.1"
VOLATILE = re.compile(r'"(timings_ms|id|message_id|conversation_id|created_at|updated_at)": ?("[^"]*"|\{[^}]*\})')


def topical(path: Path) -> bool:
    found = re.search(r"^topics: \[(.*)\]$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return found is not None and TOPIC in found[1].split(", ")


def corpus_of(new_place: Callable[[Path], Settings], folder: Path, files: list[Path]) -> Iterator[Services]:
    (folder / "corpus").mkdir()
    for path in files:
        shutil.copy(path, folder / "corpus")
    with open_services(new_place(folder / "data")) as opened:
        report = opened.sync.run(folder / "corpus", by="tests")
        assert not report.failed and opened.index.wait_ready(60)
        opened.jobs.start()
        yield opened


FILES = sorted(path for path in CORPUS.glob("*.md") if path.name != "README.md")
INSIDE, OUTSIDE = [f for f in FILES if topical(f)], [f for f in FILES if not topical(f)]


@pytest.fixture(scope="module")
def whole(new_place: Callable[[Path], Settings], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The corpus that ships with the project."""
    yield from corpus_of(new_place, tmp_path_factory.mktemp("whole"), FILES)


@pytest.fixture(scope="module")
def part(new_place: Callable[[Path], Settings], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A corpus of what the scope holds, and of nothing else."""
    yield from corpus_of(new_place, tmp_path_factory.mktemp("part"), INSIDE)


def client_of(services: Services, role: Role, scope: Scope, name: str) -> TestClient:
    _, secret = services.keys.add(name, role, None, by="tests", scope=scope)
    return TestClient(build_app(services), base_url=LOCAL, headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture(scope="module")
def limited(whole: Services) -> Iterator[TestClient]:
    with client_of(whole, Role.CURATOR, Scope((TOPIC,)), "desk") as client:
        yield client


@pytest.fixture(scope="module")
def alone(part: Services) -> Iterator[TestClient]:
    with client_of(part, Role.CURATOR, Scope(), "desk") as client:
        yield client


def test_it_is_decided_for_every_table_what_a_scope_hides() -> None:
    limited = set(views("main", "{0}"))
    assert limited | UNLIMITED == set(schema.metadata.tables)
    assert not limited & UNLIMITED


QUESTIONS = [
    "What does Russia reject?",
    "When was the Budapest Memorandum signed?",
    "Who monitors the ceasefire?",
    "What is Article 5?",
    "What did Ukraine offer to give up in Berlin?",
    "How has Russia's position on foreign troops changed?",
]
ASKED: list[tuple[str, str, Any]] = [
    *(("POST", "/api/v1/ask", {"question": question, "retrieve": 50}) for question in QUESTIONS),
    *(("POST", "/api/v1/search", {"query": question, "limit": 100}) for question in QUESTIONS),
    ("POST", "/api/v1/search", {"query": "ceasefire", "limit": 100, "filters": {"topics": ["ceasefire"]}}),
    ("POST", "/api/v1/search", {"query": "ceasefire", "limit": 100, "as_of": "2025-12-16"}),
    ("POST", "/api/v1/verify", {"text": "Russia rejects foreign troops in Ukraine. Crimea was annexed in 2014."}),
    ("POST", "/api/v1/briefs", {"topic": "security guarantees"}),
    ("GET", "/api/v1/documents?limit=500", None),
    ("GET", "/api/v1/documents?q=ceasefire", None),
    ("GET", "/api/v1/positions", None),
    ("GET", "/api/v1/positions?actor=Russia&stance=rejects", None),
    ("GET", "/api/v1/positions?about=foreign troops", None),
    ("GET", "/api/v1/timeline", None),
    ("GET", "/api/v1/timeline?about=Budapest Memorandum", None),
    ("GET", "/api/v1/jobs", None),
    ("GET", "/api/v1/conversations", None),
    ("GET", "/api/v1/feedback/export", None),
    ("GET", "/", None),
    ("GET", "/?q=What does Russia reject?", None),
    ("GET", "/documents", None),
    ("GET", "/documents?q=ceasefire", None),
    ("GET", "/positions", None),
    ("GET", "/positions?actor=Russia", None),
    ("GET", "/partials/positions?actor=Russia", None),
    ("GET", "/timeline", None),
    ("GET", "/briefs", None),
    ("GET", "/conversations", None),
    ("GET", "/curate/jobs", None),
    ("GET", "/curate/add", None),
]


SCORE = re.compile(r"\d\.\d{4,}(e-\d+)?")


def told(client: TestClient, method: str, address: str, body: Any) -> tuple[str, list[float]]:
    """What the response says, and its scores apart: an index and an exact scan differ in the seventh digit."""
    response = client.request(method, address, json=body)
    assert response.status_code < 400, response.text
    text = re.sub(r"[0-9a-f]{64}", "DIGEST", response.text)  # of briefs, which hold the time of sync
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z", "TIME", text)
    text = re.sub(r"\d+ ms", "TIME", text)
    # What concerns the whole corpus is not offered to limited keys.
    text = re.sub(r'\s*<a href="/curate/(index|actors)"[^>]*>[^<]*</a>', "", text)
    text = VOLATILE.sub("", re.sub(r"sync:[^\"<]*", "ORIGIN", text))
    return SCORE.sub("SCORE", text), [float(found[0]) for found in SCORE.finditer(text)]


@pytest.mark.parametrize(("method", "address", "body"), ASKED, ids=lambda value: str(value)[:60])
def test_all_is_as_if_there_were_nothing_else(
    limited: TestClient, alone: TestClient, method: str, address: str, body: Any
) -> None:
    (one, scores), (other, expected) = (told(client, method, address, body) for client in (limited, alone))
    assert one == other
    assert scores == pytest.approx(expected, abs=1e-5)


def test_what_is_hidden_is_told_like_what_does_not_exist(limited: TestClient, whole: Services) -> None:
    hidden = OUTSIDE[0].stem
    with whole.database.read() as connection:
        assert lexical.search(connection, ["ukraine"], 5)
    reading = ["", "/content", "/content?version=1", "/versions", "/passages", "/statements", "/changes"]
    reading += ["/diff?old=1&new=1"]
    requests: list[tuple[str, str, Any]] = [("GET", f"/api/v1/documents/{{}}{rest}", None) for rest in reading]
    requests += [("GET", f"/{place}/{{}}", None) for place in ("documents", "partials/documents", "curate/document")]
    requests += [
        ("DELETE", "/api/v1/documents/{}", None),
        ("PATCH", "/api/v1/documents/{}", {"title": "Taken"}),
        ("POST", "/api/v1/documents/{}/restore?version=1", None),
        ("POST", "/api/v1/documents/{}/statements", {"version": 1, "start": 0, "end": 1, "mark": "correct"}),
    ]
    for method, address, body in requests:
        found, missing = (limited.request(method, address.format(name), json=body) for name in (hidden, "nothing"))
        assert found.status_code == missing.status_code == 404, (address, found.text)
        same, other = (re.sub(r'"request_id":"\w+"', "", response.text) for response in (found, missing))
        assert same.replace(hidden, "nothing") == other, address
    with whole.database.read() as connection:
        assert connection.scalar(select(schema.documents.c.state).where(schema.documents.c.id == hidden)) == "active"


def test_a_curator_writes_only_within_the_scope(limited: TestClient, whole: Services) -> None:
    hidden, shared = OUTSIDE[0].stem, INSIDE[0].stem
    text = {"text": "The council met. It rejected the plan."}
    outside: list[tuple[str, str, Any]] = [
        ("PUT", "/api/v1/documents/mine", text),
        ("PUT", "/api/v1/documents/mine", {**text, "topics": ["territory"]}),
        ("PUT", "/api/v1/documents/mine", {**text, "topics": [TOPIC, "territory"]}),  # others would read it too
        ("PUT", f"/api/v1/documents/{hidden}", {**text, "topics": [TOPIC]}),
        ("PUT", f"/api/v1/documents/{shared}", {**text, "topics": [TOPIC]}),
        ("PATCH", f"/api/v1/documents/{shared}", {"title": "Taken"}),
        ("DELETE", f"/api/v1/documents/{shared}", None),
    ]
    for method, address, body in outside:
        refused = limited.request(method, address, json=body)
        assert refused.status_code == 403, (address, body, refused.text)
        assert "limited to topics nato" in refused.json()["detail"]
    assert limited.put("/api/v1/documents/mine", json={**text, "topics": [TOPIC]}).status_code == 200
    assert limited.patch("/api/v1/documents/mine", json={"topics": ["territory"]}).status_code == 403
    assert limited.patch("/api/v1/documents/mine", json={"title": "The council"}).status_code == 200
    assert limited.delete("/api/v1/documents/mine").status_code == 200
    assert limited.put("/api/v1/documents/mine", json={**text, "topics": ["territory"]}).status_code == 403


def test_a_preview_tells_nothing_of_what_is_hidden(limited: TestClient) -> None:
    hidden = OUTSIDE[0]
    text = hidden.read_text(encoding="utf-8").split("---", 2)[2]
    for document_id in (hidden.stem, "a-copy"):
        body = {"id": document_id, "text": text, "topics": [TOPIC]}
        (preview,) = limited.post("/api/v1/documents/preview", json=body).json()["previews"]
        assert (preview["change"], preview["near_duplicates"], preview["diff"]) == ("new", [], [])


def test_jobs_are_seen_and_worked_on_within_the_scope(limited: TestClient, whole: Services) -> None:
    theirs = whole.jobs.submit("import", [], by="somebody")
    for method, place in (("GET", ""), ("GET", "/events"), ("DELETE", "")):
        assert limited.request(method, f"/api/v1/jobs/{theirs}{place}").status_code == 404
    assert limited.get(f"/curate/jobs/{theirs}").status_code == 404
    lines = [
        {"id": "in", "text": "The alliance met in Brussels.", "topics": [TOPIC]},
        {"id": "out", "text": "The alliance met in Vilnius.", "topics": ["other"]},
        {"id": OUTSIDE[0].stem, "text": "The alliance met in Rome.", "topics": [TOPIC]},
    ]
    content = "\n".join(map(json.dumps, lines))
    job = limited.post("/api/v1/documents/import?wait=true", content=content).json()
    assert (job["counts"], job["failed"]) == ({"added": 1}, 2)
    assert [one["id"] for one in limited.get("/api/v1/jobs").json()["jobs"]] == [job["id"]]
    assert limited.delete("/api/v1/documents/in").status_code == 200
    earlier = whole.keys.revoke("desk")
    with client_of(whole, Role.CURATOR, Scope((TOPIC,)), "desk") as successor:
        assert earlier.name == "desk" and successor.get("/api/v1/jobs").json()["jobs"] == []
        whole.keys.revoke("desk")
    with whole.database.write() as connection:  # the other tests go on with theirs
        connection.execute(update(schema.api_keys).where(schema.api_keys.c.id == earlier.id).values(revoked_at=None))


def test_the_corpus_as_a_whole_is_not_theirs(limited: TestClient) -> None:
    for method, address in (
        ("GET", "/api/v1/index"),
        ("POST", "/api/v1/index/check"),
        ("POST", "/api/v1/index/rebuild"),
        ("GET", "/curate/index"),
        ("POST", "/curate/index"),
        ("GET", "/curate/actors"),
        ("POST", "/curate/actors/actors"),
    ):
        refused = limited.request(method, address)
        assert refused.status_code == 403 and "limited" in refused.json()["detail"], address


def test_other_tools_are_limited_too(limited: TestClient, alone: TestClient, whole: Services) -> None:
    inside = {path.stem for path in INSIDE}
    body = {"model": "briefing-assistant", "messages": [{"role": "user", "content": "Who monitors the ceasefire?"}]}
    one, other = (client.post("/v1/chat/completions", json=body).json()["choices"] for client in (limited, alone))
    assert one == other
    headers = {"Accept": "application/json, text/event-stream"}
    for tool, arguments in (
        ("search", {"query": "ceasefire monitoring"}),
        ("ask", {"question": "When was the Budapest Memorandum signed?"}),
        ("positions", {"actor": "Russia"}),
        ("fetch", {"id": OUTSIDE[0].stem}),
    ):
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        one, other = (client.post("/mcp", json=call, headers=headers) for client in (limited, alone))
        assert one.status_code == 200 and one.text == other.text
    desk = Principal("desk", Role.READER, "key", Scope((TOPIC,)))
    retriever = CorpusRetriever(services=whole.within(desk), k=100)
    found = {document.metadata["document_id"] for document in retriever.invoke("ceasefire monitoring")}
    assert found and found <= inside


def test_what_leaves_the_scope_leaves_kept_answers_and_lists(whole: Services) -> None:
    text = "Norway rejects the mediation of the dispute in Oslo. It demands a vote."
    with client_of(whole, Role.CURATOR, Scope(), "all") as everybody:
        everybody.put("/api/v1/documents/norway", json={"text": text, "topics": ["oslo"]})
        with client_of(whole, Role.READER, Scope(("oslo",)), "oslo") as oslo:
            assert oslo.get("/").text.count("Norway")
            asked = oslo.post("/api/v1/ask", json={"question": "What does Norway reject?", "conversation_id": "new"})
            kept = f"/api/v1/conversations/{asked.json()['conversation_id']}"
            brief = oslo.post("/api/v1/briefs", json={"topic": "mediation"}).json()["id"]
            assert "mediation" in oslo.get(kept).text
            assert oslo.get(f"/api/v1/briefs/{brief}.json").status_code == 200
            everybody.patch("/api/v1/documents/norway", json={"topics": ["bergen"]})
            assert "mediation of" not in oslo.get(kept).text and "Norway rejects" not in oslo.get(kept).text
            assert "Norway" not in oslo.get("/").text and "norway" not in oslo.get("/documents").text
            assert oslo.get(f"/api/v1/briefs/{brief}.json").status_code == 404
            assert oslo.get("/api/v1/documents/norway/content?version=1").status_code == 404
            assert oslo.get("/api/v1/documents").json()["documents"] == []
        everybody.delete("/api/v1/documents/norway")


def test_briefs_of_others_are_not_listed(limited: TestClient, whole: Services) -> None:
    with client_of(whole, Role.READER, Scope(), "writer") as writer:
        made = writer.post("/api/v1/briefs", json={"topic": "membership in the alliance"}).json()
    assert limited.get(f"/api/v1/briefs/{made['id']}.json").status_code == 404
    assert "membership in the alliance" not in limited.get("/briefs").text


def test_sources_limit_too(whole: Services) -> None:
    with whole.database.read() as connection:
        sources = set(connection.scalars(select(schema.versions.c.source)))
    assert "Briefing Desk" in sources
    with client_of(whole, Role.READER, Scope((), ("Nobody",)), "nobody") as nobody:
        assert nobody.get("/api/v1/documents").json()["documents"] == []
        answer = nobody.post("/api/v1/ask", json={"question": QUESTIONS[0]}).json()
        assert answer["status"] == "not_in_corpus" and answer["passages"] == []
    with client_of(whole, Role.READER, Scope((TOPIC,), ("Briefing Desk",)), "both") as both:
        ids = {document["id"] for document in both.get("/api/v1/documents").json()["documents"]}
        assert ids == {f.stem for f in INSIDE if "source: Briefing Desk\n" in f.read_text(encoding="utf-8")}


def test_words_are_weighed_as_if_there_were_nothing_else(whole: Services, part: Services) -> None:
    desk = Principal("desk", Role.READER, "key", Scope((TOPIC,)))
    words = lexical.content_words("Who monitors the ceasefire that Russia and Ukraine agreed on, and naïve ones?")
    with whole.within(desk).database.read() as narrowed, part.database.read() as alone:
        places = [
            {row.seq: (row.document_id, row.ordinal) for row in c.execute(select(schema.passages))}
            for c in (narrowed, alone)
        ]
        one, other = (lexical.search(connection, words, 100) for connection in (narrowed, alone))
        assert len(one) > 10
        assert [places[0][seq] for seq, _ in one] == [places[1][seq] for seq, _ in other]
        assert [score for _, score in one] == pytest.approx([score for _, score in other])
        stems = ["ceasefir", "russia", "nothing"]
        assert lexical.document_frequencies(narrowed, stems) == lexical.document_frequencies(alone, stems)


def test_the_exact_scan_keeps_scopes_apart(whole: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the index is rebuilt, what one reader's question has loaded answers nobody else's."""
    desk = Principal("desk", Role.READER, "key", Scope((TOPIC,)))
    inside = {path.stem for path in INSIDE}
    monkeypatch.setattr(whole.index, "query", whole.index._exact.query)
    for services, limits in ((whole, None), (whole.within(desk), inside), (whole, None)):
        found = {hit.passage.document_id for hit in services.asker.search("ceasefire", Filters(), 200)}
        assert found <= limits if limits is not None else found > inside


def test_the_command_makes_a_limited_key(tmp_path: Path) -> None:
    arguments = ["--data-dir", str(tmp_path), "keys", "make", "desk", "--topic", "nato", "--topic", "crimea", "--json"]
    made = json.loads(CliRunner().invoke(cli, [*arguments, "--source", "Reuters"]).stdout)
    assert (made["topics"], made["sources"]) == (["crimea", "nato"], ["Reuters"])
    listed = CliRunner().invoke(cli, ["--data-dir", str(tmp_path), "keys", "list"]).stdout
    assert "(topics crimea, nato and sources Reuters)" in listed
    refused = CliRunner().invoke(cli, [*arguments[:4], "boss", "--role", "admin", "--topic", "nato"])
    assert refused.exit_code == 2 and "cannot be limited" in refused.stderr


def test_administrators_make_limited_keys(services: Services) -> None:
    with TestClient(build_app(services), base_url=LOCAL) as client:
        body = {"name": "desk", "role": "reader", "topics": ["nato"], "sources": ["Reuters"]}
        made = client.post("/api/v1/keys", json=body).json()
        assert (made["topics"], made["sources"]) == (["nato"], ["Reuters"])
        assert services.keys.principal(made["key"]).scope == Scope(("nato",), ("Reuters",))
