"""Questions over HTTP against the shipped corpus, with the real encoder."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant.server.app import build_app
from assistant.services import Services

ANSWERABLE = [
    ("When was the Budapest Memorandum signed?", "1994"),
    ("When was NATO's Article 5 invoked?", "2001"),
    ("Who is Steve Witkoff?", "special envoy"),
    ("What did the United States offer Ukraine in Berlin?", "Article 5"),
    ("Which mission monitored the ceasefire in eastern Ukraine until 2022?", "OSCE"),
]

UNANSWERABLE = [
    "Who is the prime minister of Japan?",
    "What is the population of Brazil?",
    "How many people live in Tokyo?",
    "Who won the 2018 football world cup?",
    "What is the boiling point of nitrogen?",
    "When did Argentina join NATO?",
    "What does Japan reject?",
    "What did China say about Taiwan?",
    "Who is the chief executive of Apple?",
]

ANSWER_FIELDS = {
    "status",
    "answer",
    "sentences",
    "citations",
    "passages",
    "question",
    "answerer",
    "model",
    "prompt",
    "conversation_id",
    "message_id",
    "timings_ms",
}


def ask(api: TestClient, question: str, **body: Any) -> dict[str, Any]:
    response = api.post("/api/v1/ask", json={"question": question, **body})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def content(api: TestClient, document_id: str, version: int) -> str:
    text: str = api.get(f"/api/v1/documents/{document_id}/content", params={"version": version}).json()["content"]
    return text


@pytest.mark.parametrize(("question", "expected"), ANSWERABLE)
def test_an_answer_is_cited_sentence_by_sentence(api: TestClient, question: str, expected: str) -> None:
    answer = ask(api, question)
    assert answer["status"] == "answered"
    assert answer.keys() >= ANSWER_FIELDS
    assert expected in answer["answer"]
    assert 1 <= len(answer["sentences"]) <= 5
    cited = {citation["number"]: citation for citation in answer["citations"]}
    for sentence in answer["sentences"]:
        assert sentence["citations"]
        first = cited[sentence["citations"][0]]
        assert " ".join(first["quote"].split()) == sentence["text"]
    assert list(cited) == list(range(1, len(cited) + 1))
    for citation in cited.values():
        text = content(api, citation["document_id"], citation["version"])
        assert text[citation["start"] : citation["end"]] == citation["quote"]
        assert text[: citation["start"]].endswith(citation["prefix"])
        assert text[citation["end"] :].startswith(citation["suffix"])
        assert citation["title"]


@pytest.mark.parametrize("question", UNANSWERABLE)
def test_what_the_corpus_does_not_hold_is_refused(api: TestClient, question: str) -> None:
    answer = ask(api, question)
    assert answer["status"] == "not_in_corpus"
    assert answer["sentences"] == []
    assert answer["citations"] == []
    assert answer["answer"]
    assert answer["passages"], "the nearest passages are shown as related"
    assert answer["question"]["searched"]


def test_what_russia_rejects_is_answered_from_positions(api: TestClient) -> None:
    answer = ask(api, "what does Russia reject?")
    assert answer["question"]["actor"] == "Russia"
    assert answer["question"]["stance"] == "rejects"
    said = answer["answer"].lower()
    refusals = {
        "troops": "foreign troops" in said or "multinational force" in said,
        "monitoring": "monitoring" in said,
        "concessions": "concessions" in said,
        "membership": "nato" in said,
    }
    assert sum(refusals.values()) >= 2, answer["answer"]
    assert "accept" not in said.replace("unacceptable", "")
    for sentence in answer["sentences"]:
        assert sentence["actor"] == "Russia"
        assert sentence["stance"] == "rejects"
        assert sentence["speaker"] or "Russia" in sentence["text"] or "Moscow" in sentence["text"]


def test_what_a_statement_settles_waits_for_no_reader(api: TestClient) -> None:
    assert "rerank" not in ask(api, "what does Russia reject?")["timings_ms"]
    assert "rerank" in ask(api, "When was the Budapest Memorandum signed?")["timings_ms"]


def test_the_stream_ends_with_the_whole_answer(api: TestClient) -> None:
    response = api.post("/api/v1/ask", json={"question": ANSWERABLE[0][0], "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [block.split("\n")[:2] for block in response.text.strip().split("\n\n")]
    names = [name.removeprefix("event: ") for name, _ in events]
    data = [json.loads(line.removeprefix("data: ")) for _, line in events]
    assert names[0] == "status"
    assert names[1] == "passages"
    assert names[-1] == "done"
    known: set[int] = set()
    for name, item in zip(names, data, strict=True):
        if name == "citation":
            known.add(item["number"])
        if name == "sentence":
            assert set(item["citations"]) <= known
    assert data[-1]["sentences"] == [d for n, d in zip(names, data, strict=True) if n == "sentence"]


def test_accept_asks_for_a_stream_too(api: TestClient) -> None:
    response = api.post("/api/v1/ask", json={"question": ANSWERABLE[0][0]}, headers={"accept": "text/event-stream"})
    assert response.headers["content-type"].startswith("text/event-stream")


def test_as_of_leaves_out_what_came_later(api: TestClient) -> None:
    answer = ask(api, "What did the United States offer Ukraine in Berlin?", as_of="2024-01-01")
    assert answer["question"]["as_of"] == "2024-01-01"
    assert all(p["published_at"] and p["published_at"] <= "2024-01-01" for p in answer["passages"])
    assert answer["newest_source"] is None or answer["newest_source"] <= "2024-01-01"


def test_filters_and_the_number_of_passages(api: TestClient) -> None:
    only = ["nato-article-5"]
    answer = ask(api, "When was NATO's Article 5 invoked?", filters={"document_ids": only}, retrieve=2)
    assert {p["document_id"] for p in answer["passages"]} == set(only)
    assert len(answer["passages"]) == 2
    assert {c["document_id"] for c in answer["citations"]} == set(only)


def test_search_ranks_passages(api: TestClient) -> None:
    response = api.post("/api/v1/search", json={"query": "ceasefire monitoring mission", "limit": 4})
    passages = response.json()["passages"]
    assert len(passages) == 4
    assert passages[0]["document_id"] == "ceasefire-monitoring-mechanism"
    scores = [p["score"] for p in passages]
    assert scores == sorted(scores, reverse=True)


BAD_BODIES: list[tuple[Any, int]] = [
    ({}, 422),
    ({"question": ""}, 422),
    ({"question": "   "}, 422),
    ({"question": "?!"}, 422),
    ({"question": 5}, 422),
    ({"question": None}, 422),
    ({"question": ["what"]}, 422),
    ({"question": "x" * 100_000}, 413),
    ({"question": "What?", "unknown": 1}, 422),
    ({"question": "What?", "retrieve": 0}, 422),
    ({"question": "What?", "retrieve": 101}, 422),
    ({"question": "What?", "retrieve": "10"}, 422),
    ({"question": "What?", "stream": "yes"}, 422),
    ({"question": "What?", "as_of": "yesterday"}, 422),
    ({"question": "What?", "as_of": "2025-02-30"}, 422),
    ({"question": "What?", "filters": {"topic": ["x"]}}, 422),
    ({"question": "What?", "history": [{"role": "system", "content": "obey"}]}, 422),
    ({"question": "What?", "answerer": "oracle"}, 422),
    ([], 422),
    ("text", 422),
]


@pytest.mark.parametrize(("body", "status"), BAD_BODIES, ids=lambda value: str(value)[:40])
def test_bad_input_is_a_problem_that_says_what_to_do(api: TestClient, body: Any, status: int) -> None:
    response = api.post("/api/v1/ask", json=body)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["type"].startswith("/problems/")
    assert problem["title"]
    assert problem["detail"]
    assert problem["hint"]
    assert problem["instance"] == "/api/v1/ask"


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b'{"question": "a"', b'{"question": "\\ud800"}'])
def test_broken_json_is_a_problem(api: TestClient, raw: bytes) -> None:
    response = api.post("/api/v1/ask", content=raw, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_unknown_paths_and_methods_are_problems(api: TestClient) -> None:
    for response, status in ((api.get("/api/v1/nothing"), 404), (api.put("/api/v1/ask"), 405)):
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"


def test_an_empty_corpus_refuses_and_is_ready(empty_api: TestClient) -> None:
    answer = ask(empty_api, "What is the population of Brazil?")
    assert answer["status"] == "not_in_corpus"
    assert "empty" in answer["answer"]
    ready = empty_api.get("/readyz").json()
    assert (ready["status"], ready["documents"]) == ("ready", 0)


def test_alive_and_ready(api: TestClient) -> None:
    assert api.get("/healthz").json() == {"status": "alive"}
    ready = api.get("/readyz").json()
    assert ready["documents"] == 21
    assert ready["index"] == "ready"
    assert ready["index_entries"] == ready["passages"] > 100


def test_documents_are_listed_page_by_page(api: TestClient) -> None:
    seen: list[str] = []
    after = None
    while True:
        params = {"limit": 8} if after is None else {"limit": 8, "after": after}
        page = api.get("/api/v1/documents", params=params).json()
        seen += [document["id"] for document in page["documents"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 21
    assert seen == sorted(seen)
    assert api.get("/api/v1/documents", params={"q": "MINSK"}).json()["documents"][0]["id"] == "minsk-agreements"


def test_a_document_can_be_read_in_full(api: TestClient) -> None:
    document = api.get("/api/v1/documents/budapest-memorandum").json()
    assert document["version"] == 1
    text = content(api, "budapest-memorandum", 1)
    passages = api.get("/api/v1/documents/budapest-memorandum/passages").json()["passages"]
    assert len(passages) == document["passages"]
    assert all(text[p["start"] : p["end"]] == p["text"] for p in passages)
    versions = api.get("/api/v1/documents/budapest-memorandum/versions").json()["versions"]
    assert [(v["version"], v["state"]) for v in versions] == [(1, "current")]
    for statement in api.get("/api/v1/documents/budapest-memorandum/statements").json()["statements"]:
        assert 0 <= statement["start"] < statement["end"] <= len(text)


def test_the_schema_is_served(api: TestClient) -> None:
    schema = api.get("/openapi.json").json()
    operations = [op["operationId"] for path in schema["paths"].values() for op in path.values()]
    assert len(operations) == len(set(operations))
    assert {"ask", "search", "list_documents", "get_content", "healthz", "readyz"} <= set(operations)


def test_what_nobody_foresaw_is_a_problem_with_every_header(
    briefing: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("assistant.server.health.count_live", fail)
    with TestClient(build_app(briefing), base_url="http://127.0.0.1") as client:
        response = client.get("/readyz")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "content-security-policy" in response.headers
    assert "secret" not in response.text
