"""Conversations: kept on request, each reader's own, and without a trace of what has been withdrawn or deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fastapi.testclient import TestClient
from sqlalchemy import text

from assistant.access_model import Role
from assistant.catalogs import CATALOG
from assistant.cli import cli
from assistant.evaluation.datasets import QuestionSet, read_dataset
from assistant.index.backup import backup, restore
from assistant.index.conversation_store import Owner
from assistant.index.kept_answers import WITHDRAWN, documents_of, without
from assistant.server.app import build_app
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder

DOCUMENTS = {
    "russia": "Russia rejects the Zanzibarium accord on the harbour. The Kremlin spokesman Ola Karrenfeld said so.",
    "ukraine": "Ukraine accepts the harbour accord of Lorn. It handled 3.2 million tonnes of grain in 2024.",
    "treaty": "The harbour accord of Lorn was signed by four countries in May 2025 in the city of Lorn.",
}
QUESTION = "What does Russia say about the Zanzibarium accord on the harbour?"
ABOUT_GRAIN = "How much grain did the harbour of Lorn handle in 2024?"
TABLES = ("conversations", "messages", "message_documents", "feedback")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", refusal_threshold=0)


@pytest.fixture
def services(settings: Settings, tmp_path: Path) -> Iterator[Services]:
    with open_services(settings, HashEncoder()) as opened:
        fill(opened, tmp_path)
        yield opened


@pytest.fixture
def api(services: Services) -> Iterator[TestClient]:
    with TestClient(build_app(services), base_url="http://127.0.0.1") as client:
        yield client


def fill(services: Services, place: Path) -> None:
    folder = place / "documents"
    folder.mkdir(exist_ok=True)
    for name, words in DOCUMENTS.items():
        head = f"---\nid: {name}\ntitle: On {name}\nsource: Wire\npublished_at: 2025-05-14\n---\n\n"
        (folder / f"{name}.md").write_text(f"{head}{words}\n", encoding="utf-8")
    assert not services.sync.run(folder, by="tests").failed


def ask(api: TestClient, question: str = QUESTION, conversation: str | None = "new", **more: Any) -> dict[str, Any]:
    response = api.post("/api/v1/ask", json={"question": question, "conversation_id": conversation, **more})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def read(api: TestClient, conversation: str, **more: Any) -> dict[str, Any]:
    response = api.get(f"/api/v1/conversations/{conversation}", **more)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def key(services: Services, role: Role, name: str) -> dict[str, str]:
    _, secret = services.keys.add(name, role, None, by="tests")
    return {"Authorization": f"Bearer {secret}"}


def rows(services: Services) -> dict[str, int]:
    with services.database.read() as connection:
        return {t: int(connection.scalar(text(f"SELECT count(*) FROM {t}")) or 0) for t in TABLES}  # noqa: S608


def stored(services: Services) -> str:
    """Everything that the tables of conversations hold."""
    with services.database.read() as connection:
        return "\n".join(str(tuple(row)) for t in TABLES for row in connection.execute(text(f"SELECT * FROM {t}")))  # noqa: S608


def test_a_plain_question_keeps_nothing(services: Services, api: TestClient) -> None:
    answer = ask(api, conversation=None)
    assert answer["sentences"]
    assert (answer["conversation_id"], answer["message_id"]) == (None, None)
    assert api.get("/api/v1/conversations").json() == {"conversations": [], "next": None}
    assert set(rows(services).values()) == {0}


def test_a_conversation_shows_each_answer_again_as_it_was_given(api: TestClient) -> None:
    first = ask(api)
    conversation = first["conversation_id"]
    second = ask(api, "And Ukraine?", conversation)
    assert second["conversation_id"] == conversation
    assert "Ukraine" in second["question"]["searched"] and "accord" in second["question"]["searched"]
    found = read(api, conversation)
    assert found["title"] == QUESTION
    assert [(m["role"], m["content"]) for m in found["messages"]] == [
        ("user", QUESTION),
        ("assistant", first["answer"]),
        ("user", "And Ukraine?"),
        ("assistant", second["answer"]),
    ]
    assert [m["answer"] for m in found["messages"]] == [None, first, None, second]
    assert [m["id"] for m in found["messages"] if m["answer"]] == [first["message_id"], second["message_id"]]
    (listed,) = api.get("/api/v1/conversations").json()["conversations"]
    assert (listed["id"], listed["messages"]) == (conversation, 4)
    assert listed["updated_at"] > listed["created_at"]


def test_a_streamed_answer_is_kept_before_it_is_done(api: TestClient) -> None:
    body = {"question": QUESTION, "conversation_id": "new", "stream": True}
    with api.stream("POST", "/api/v1/ask", json=body) as response:
        for line in response.iter_lines():
            if line.startswith("data: "):
                last = json.loads(line.removeprefix("data: "))
    assert read(api, last["conversation_id"])["messages"][1]["answer"] == last


def test_a_refusal_is_kept_too(api: TestClient) -> None:
    refused = ask(api, filters={"sources": ["Nobody"]})
    assert refused["status"] == "not_in_corpus"
    assert read(api, refused["conversation_id"])["messages"][1]["answer"] == refused


def test_what_cannot_be_asked_begins_nothing(services: Services, api: TestClient) -> None:
    for body in ({"question": "?!"}, {"question": QUESTION, "answerer": "model"}, {"question": "x" * 3_000}):
        for stream in (False, True):
            response = api.post("/api/v1/ask", json={**body, "conversation_id": "new", "stream": stream})
            assert response.status_code in {413, 422}
    both = {"question": QUESTION, "conversation_id": "new", "history": [{"role": "user", "content": "Who?"}]}
    refused = api.post("/api/v1/ask", json=both)
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert set(rows(services).values()) == {0}


@pytest.mark.parametrize("unknown", ["0" * 32, "none", "%F0%9F%98%80"])
def test_what_is_not_there_is_a_404(api: TestClient, unknown: str) -> None:
    place = f"/api/v1/conversations/{unknown}"
    for response in (
        api.get(place),
        api.patch(place, json={"title": "New"}),
        api.delete(place),
        api.get(f"{place}/export"),
        api.post("/api/v1/ask", json={"question": QUESTION, "conversation_id": unknown}),
        api.post("/api/v1/ask", json={"question": QUESTION, "conversation_id": unknown, "stream": True}),
        api.post(f"/api/v1/messages/{unknown}/feedback", json={"rating": "up"}),
    ):
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["hint"]


def test_nobody_sees_what_somebody_else_asked(services: Services, api: TestClient) -> None:
    before = ask(api)  # while there were no keys
    owner = key(services, Role.READER, "owner")
    mine = api.post("/api/v1/ask", json={"question": QUESTION, "conversation_id": "new"}, headers=owner).json()
    for other in (key(services, Role.READER, "other"), key(services, Role.ADMIN, "admin")):
        assert api.get("/api/v1/conversations", headers=other).json()["conversations"] == []
        for answer in (mine, before):
            place = f"/api/v1/conversations/{answer['conversation_id']}"
            go_on = {"question": QUESTION, "conversation_id": answer["conversation_id"]}
            rate = f"/api/v1/messages/{answer['message_id']}/feedback"
            assert api.get(place, headers=other).status_code == 404
            assert api.get(f"{place}/export", headers=other).status_code == 404
            assert api.patch(place, json={"title": "Taken"}, headers=other).status_code == 404
            assert api.delete(place, headers=other).status_code == 404
            assert api.post("/api/v1/ask", json=go_on, headers=other).status_code == 404
            assert api.post(rate, json={"rating": "down"}, headers=other).status_code == 404
    assert read(api, mine["conversation_id"], headers=owner)["title"] == QUESTION
    assert len(api.get("/api/v1/conversations", headers=owner).json()["conversations"]) == 1


def test_pages_hold_each_conversation_once_the_latest_first(api: TestClient) -> None:
    ids = [ask(api, f"{QUESTION} Number {n}")["conversation_id"] for n in range(7)]
    ask(api, "And Ukraine?", ids[2])
    expected = [ids[2], *[i for i in reversed(ids) if i != ids[2]]]
    seen: list[str] = []
    after = None
    while True:
        page = api.get("/api/v1/conversations", params={"limit": 3, **({"after": after} if after else {})}).json()
        seen += [one["id"] for one in page["conversations"]]
        assert len(page["conversations"]) <= 3
        after = page["next"]
        if after is None:
            break
    assert seen == expected
    assert api.get("/api/v1/conversations", params={"after": "nonsense"}).status_code == 422


def test_conversations_are_found_by_title_and_question(api: TestClient) -> None:
    grain, accord = ask(api, ABOUT_GRAIN)["conversation_id"], ask(api)["conversation_id"]
    ask(api, "Who signed 100% of it_?", grain)
    api.patch(f"/api/v1/conversations/{accord}", json={"title": "  For   Monday "})

    def found(q: str) -> list[str]:
        return [one["id"] for one in api.get("/api/v1/conversations", params={"q": q}).json()["conversations"]]

    assert found("GRAIN") == [grain]
    assert found("100% of it_") == [grain]
    assert found("for monday") == [accord]
    assert found("zanzibarium") == [accord]  # its question, though no longer its title
    assert found("%") == [grain]
    assert found("nothing like it") == []


def test_a_title_can_be_changed(api: TestClient) -> None:
    long = ask(api, QUESTION[:-1] + " and about " + "much else " * 20 + "?")["conversation_id"]
    assert len(read(api, long)["title"]) <= 80
    renamed = api.patch(f"/api/v1/conversations/{long}", json={"title": "Short"})
    assert (renamed.status_code, renamed.json()["title"]) == (200, "Short")
    for bad in ("", "   ", "x" * 201):
        assert api.patch(f"/api/v1/conversations/{long}", json={"title": bad}).status_code == 422


def test_nothing_of_a_deleted_conversation_is_left(settings: Settings, tmp_path: Path) -> None:
    with (
        open_services(settings, HashEncoder()) as services,
        TestClient(build_app(services), base_url="http://127.0.0.1") as api,
    ):
        fill(services, tmp_path)
        kept, gone = ask(api, f"{QUESTION} Keepword"), ask(api, f"{QUESTION} Hushword")
        ask(api, "Hushword again?", gone["conversation_id"])
        for answer in (kept, gone):
            said = {"rating": "down", "reason": f"{'Keep' if answer is kept else 'Hush'}reason"}
            assert api.post(f"/api/v1/messages/{answer['message_id']}/feedback", json=said).status_code == 200
        assert api.delete(f"/api/v1/conversations/{gone['conversation_id']}").status_code == 204
        assert api.get(f"/api/v1/conversations/{gone['conversation_id']}").status_code == 404
        assert rows(services) == {"conversations": 1, "messages": 2, "message_documents": 3, "feedback": 1}
    held = b"".join(path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file())
    assert b"Keepword" in held and b"Keepreason" in held
    for trace in (b"Hushword", b"Hushreason", gone["conversation_id"].encode(), gone["message_id"].encode()):
        assert trace not in held


def test_conversations_survive_restart_backup_and_restore(settings: Settings, tmp_path: Path) -> None:
    with (
        open_services(settings, HashEncoder()) as services,
        TestClient(build_app(services), base_url="http://127.0.0.1") as api,
    ):
        fill(services, tmp_path)
        conversation = ask(api)["conversation_id"]
        before = read(api, conversation)
        backup(settings.data_dir / CATALOG, tmp_path / "corpus.backup")
    elsewhere = Settings(data_dir=tmp_path / "elsewhere", refusal_threshold=0)
    elsewhere.data_dir.mkdir()
    restore(tmp_path / "corpus.backup", elsewhere.data_dir, CATALOG)
    for place in (settings, elsewhere):
        with (
            open_services(place, HashEncoder()) as services,
            TestClient(build_app(services), base_url="http://127.0.0.1") as api,
        ):
            assert read(api, conversation) == before
            ask(api, "And Ukraine?", conversation)
            assert len(read(api, conversation)["messages"]) == 4


def test_an_exported_conversation_has_its_citations_as_footnotes(api: TestClient) -> None:
    conversation = ask(api)["conversation_id"]
    ask(api, ABOUT_GRAIN, conversation)
    exported = api.get(f"/api/v1/conversations/{conversation}/export")
    assert exported.headers["content-type"].startswith("text/markdown")
    assert f"conversation-{conversation}.md" in exported.headers["content-disposition"]
    used = set(re.findall(r"\[\^(\d+)\](?!:)", exported.text))
    defined = re.findall(r"^\[\^(\d+)\]: (.+)$", exported.text, re.MULTILINE)
    assert used == {number for number, _ in defined} and len(defined) == len(used) > 1
    messages = read(api, conversation)["messages"]
    quotes = [citation["quote"] for m in messages if m["answer"] for citation in m["answer"]["citations"]]
    assert len(quotes) == len(defined)
    assert all(quote in note for quote, (_, note) in zip(quotes, defined, strict=True))
    assert f"## {QUESTION}" in exported.text
    as_json = api.get(f"/api/v1/conversations/{conversation}/export", params={"format": "json"})
    assert as_json.json() == read(api, conversation)
    assert api.get(f"/api/v1/conversations/{conversation}/export", params={"format": "pdf"}).status_code == 422


def test_what_readers_say_becomes_questions_for_an_evaluation(
    services: Services, api: TestClient, tmp_path: Path
) -> None:
    first = ask(api)
    second = ask(api, "And Ukraine?", first["conversation_id"])
    wrong, refused = ask(api, ABOUT_GRAIN), ask(api, filters={"sources": ["Nobody"]})

    def rate(answer: dict[str, Any], rating: str, reason: str | None = None) -> Any:
        return api.post(f"/api/v1/messages/{answer['message_id']}/feedback", json={"rating": rating, "reason": reason})

    assert rate(second, "down").status_code == 200
    rated = rate(second, "up", "  both sides  ").json()  # the latest holds
    assert (rated["message_id"], rated["rating"], rated["reason"]) == (second["message_id"], "up", "both sides")
    assert rate(wrong, "down", "an older figure").status_code == 200
    assert rate(refused, "up").status_code == 200
    assert rate(wrong, "sideways").status_code == 422
    assert read(api, first["conversation_id"])["messages"][3]["feedback"]["rating"] == "up"
    question = read(api, first["conversation_id"])["messages"][2]["id"]
    assert api.post(f"/api/v1/messages/{question}/feedback", json={"rating": "up"}).status_code == 404

    exported = api.get("/api/v1/feedback/export")
    assert exported.headers["content-type"].startswith("application/jsonl")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "queries_feedback.jsonl").write_text(exported.text, encoding="utf-8")
    (tmp_path / "set" / "corpus.jsonl").write_text("", encoding="utf-8")
    dataset = read_dataset(tmp_path / "set")
    assert isinstance(dataset, QuestionSet)
    up, down, refusal = dataset.queries
    assert (up.text, up.answerable, up.kind) == ("And Ukraine?", True, "up")
    assert set(up.evidence) == {citation["document_id"] for citation in second["citations"]}
    assert [turn.role for turn in up.history] == ["user", "assistant"] and up.history[0].content == QUESTION
    assert (down.text, down.answerable, down.evidence) == (ABOUT_GRAIN, None, ())
    assert (refusal.answerable, refusal.evidence) == (False, ())
    reader = key(services, Role.READER, "reader")
    assert api.get("/api/v1/feedback/export", headers=reader).status_code == 403


def test_a_withdrawn_document_goes_from_every_kept_answer(services: Services, api: TestClient) -> None:
    first = ask(api)
    conversation = first["conversation_id"]
    ask(api, "What did he say about the harbour accord?", conversation)  # searched for by a name of the first answer
    ask(api, "And the grain?", conversation)
    apart = ask(api, ABOUT_GRAIN, filters={"document_ids": ["ukraine"]})
    assert "Zanzibarium" in first["answer"]
    assert "Karrenfeld" in stored(services)
    assert api.delete("/api/v1/documents/russia").is_success

    for trace in ("Karrenfeld", "rejects the Zanzibarium", "On russia", '"russia"'):
        assert trace not in stored(services)
    shown = read(api, conversation)["messages"][1]["answer"]
    gone = [s for s in first["sentences"] if "russia" in cited_by(first, s)]
    assert gone and shown["withdrawn"] == len(gone)
    assert shown["sentences"] == [s for s in first["sentences"] if s not in gone]
    assert WITHDRAWN in shown["notice"]
    assert {c["document_id"] for c in shown["citations"]} <= {"ukraine", "treaty"}
    for kind in ("md", "json"):
        exported = api.get(f"/api/v1/conversations/{conversation}/export", params={"format": kind}).text
        assert "Karrenfeld" not in exported and "withdrawn" in exported
    assert read(api, apart["conversation_id"])["messages"][1]["answer"] == apart
    again = ask(api, "And Ukraine?", conversation)
    assert "russia" not in documents_of(again)


def cited_by(answer: dict[str, Any], sentence: dict[str, Any]) -> set[str]:
    return {c["document_id"] for c in answer["citations"] if c["number"] in sentence["citations"]}


def test_what_is_withdrawn_while_an_answer_is_made_is_not_kept(services: Services, api: TestClient) -> None:
    answer = ask(api, conversation=None)
    services.pipeline.withdraw("russia", by="tests")
    conversations = services.conversations(Owner(None))
    thread = conversations.thread("new")
    conversations.keep(thread, QUESTION, answer)
    assert "russia" not in documents_of(read(api, thread.conversation_id)["messages"][1]["answer"])
    assert "Karrenfeld" not in stored(services)


SENTENCES = [
    {"text": "Same words.", "citations": [1, 2], "quote": True},
    {"text": "Only here.", "citations": [1], "quote": True},
    {"text": "Put together by a model.", "citations": [2, 3], "quote": False},
    {"text": "From elsewhere.", "citations": [3], "quote": True},
]


KEPT = {"notice": None, "newest_source": "2025", "choices": [], "withdrawn": 0}


def answer_of(**fields: Any) -> dict[str, Any]:
    quotes = {1: ("a", "Same words. Only here."), 2: ("b", "Same\nwords."), 3: ("c", "From elsewhere.")}
    citations = [{"number": n, "document_id": d, "quote": q} for n, (d, q) in quotes.items()]
    base = {"status": "answered", "answer": "…", "sentences": SENTENCES, "citations": citations, "conflicts": []}
    return {**base, "passages": [{"document_id": d} for d in "abc"], **KEPT, **fields}


@pytest.mark.parametrize(
    ("withdrawn", "kept"),
    [
        ("a", ["Same words.", "Put together by a model.", "From elsewhere."]),  # the other document has the same words
        ("b", ["Only here.", "From elsewhere."]),  # what a model wrote stood on both
        ("c", ["Same words.", "Only here."]),
        ("ab", ["From elsewhere."]),
        ("abc", []),
        ("z", [s["text"] for s in SENTENCES]),
    ],
)
def test_a_sentence_stands_while_what_it_stood_on_does(withdrawn: str, kept: list[str]) -> None:
    left = without(answer_of(), set(withdrawn))
    assert [sentence["text"] for sentence in left["sentences"]] == kept
    numbers = {citation["number"] for citation in left["citations"]}
    assert all(set(s["citations"]) <= numbers and s["citations"] for s in left["sentences"])
    assert not documents_of(left) & set(withdrawn)
    assert left["status"] == ("answered" if kept else "not_in_corpus")
    step_by_step = answer_of()
    for document_id in withdrawn:
        step_by_step = without(step_by_step, {document_id})
    assert [sentence["text"] for sentence in step_by_step["sentences"]] == kept
    assert (step_by_step["notice"] or "").count(WITHDRAWN) == (len(kept) < len(SENTENCES))


def test_contradictions_go_with_one_of_their_sides() -> None:
    answer = answer_of(status="conflicting", conflicts=[[0, 3], [1, 3]])
    both = without(answer, {"a"})
    assert (both["status"], both["conflicts"]) == ("conflicting", [[0, 2]])
    assert without(answer, {"c"})["status"] == "answered"


def test_what_was_offered_to_choose_from_goes_with_one_who_spoke_there() -> None:
    choices = [
        {"name": n, "question": f"What did {n} say?", "document_ids": [d]} for n, d in (("Ada", "a"), ("Bo", "b"))
    ]
    answer = answer_of(status="clarification", sentences=[], citations=[], choices=choices, answer="Ada, Bo.")
    assert documents_of(answer) == {"a", "b", "c"}
    left = without(answer, {"a"})
    assert (left["choices"], left["status"], left["notice"]) == ([], "not_in_corpus", WITHDRAWN)
    assert "Ada" not in json.dumps(left)
    assert without(answer, {"c"})["choices"] == choices


def test_questions_asked_at_once_keep_their_answers(services: Services, api: TestClient) -> None:
    conversation = ask(api)["conversation_id"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: ask(api, f"{ABOUT_GRAIN} Number {n}", conversation), range(8)))
    messages = read(api, conversation)["messages"]
    assert len(messages) == 18
    kept = {m["id"]: before["content"] for before, m in zip(messages[::2], messages[1::2], strict=True)}
    assert all(kept[answer["message_id"]] == answer["question"]["asked"] for answer in answers)


def command(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--data-dir", str(folder), "conversations", *arguments])


def test_the_command_reads_exports_and_deletes_beside_a_server(
    services: Services, api: TestClient, settings: Settings, tmp_path: Path
) -> None:
    headers = key(services, Role.READER, "owner")
    answer = api.post("/api/v1/ask", json={"question": QUESTION, "conversation_id": "new"}, headers=headers).json()
    conversation, folder = answer["conversation_id"], settings.data_dir
    assert conversation in command(folder, "list").stdout
    assert [one["id"] for one in json.loads(command(folder, "list", "--json").stdout)] == [conversation]
    assert command(folder, "list", "--search", "elsewhere").stdout == "No conversation holds that.\n"
    shown = command(folder, "show", conversation)
    assert f"> {QUESTION}" in shown.stdout and answer["answer"] in shown.stdout
    assert "[^1]: " in command(folder, "export", conversation).stdout
    saved = tmp_path / "saved.json"
    assert command(folder, "export", conversation, "--format", "json", "-o", str(saved)).exit_code == 0
    assert json.loads(saved.read_text(encoding="utf-8")) == read(api, conversation, headers=headers)
    assert command(folder, "export", conversation, "-o", str(tmp_path / "no" / "file")).exit_code == 5
    assert command(folder, "delete", conversation).exit_code == 0
    assert api.get(f"/api/v1/conversations/{conversation}", headers=headers).status_code == 404
    missing = command(folder, "show", conversation)
    assert missing.exit_code == 1 and missing.stderr.startswith("assistant: There is no conversation")
