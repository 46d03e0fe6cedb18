"""Metrics tell a curator how the corpus answers, and an operator how the server is."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from assistant.errors import StorageFailed
from assistant.index import schema
from assistant.index.figures import figures_of
from tests.model.scripted import scripted
from tests.operations.conftest import QUESTION, Opening, Server


def read(server: Server) -> dict[tuple[str, str], float]:
    """Samples by name and labels."""
    response = server.client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_answers_refusals_and_latencies(opened_alone: Opening) -> None:
    model, _ = scripted("Russia closed the harbour of Lorn. [1] The harbour has nine gates of gold. [1]")
    with opened_alone(chat_model=model) as server:
        ask = server.client.post
        assert ask("/api/v1/ask", json=QUESTION).json()["answerer"] == "model"
        ask("/api/v1/ask", json={**QUESTION, "answerer": "extractive"})
        ask("/api/v1/ask", json={**QUESTION, "filters": {"sources": ["nowhere"]}})
        told = read(server)
    assert told["assistant_answers_total", "answerer=model,status=answered"] == 1
    assert told["assistant_answers_total", "answerer=extractive,status=answered"] == 1
    assert told["assistant_answers_total", "answerer=extractive,status=not_in_corpus"] == 1
    assert told["assistant_withheld_sentences_total", ""] >= 1
    assert told["assistant_retrieval_seconds_count", ""] == 3
    assert told["assistant_answer_seconds_count", "answerer=model"] == 1


def test_the_corpus_its_index_and_its_jobs(opened_alone: Opening) -> None:
    with opened_alone() as server:
        server.client.post("/api/v1/documents", json={"text": "A text."})
        told = read(server)
        assert told["assistant_documents", ""] == 1
        assert told["assistant_passages", ""] == told["assistant_index_entries", ""] >= 1
        assert (told["assistant_index_ready", ""], told["assistant_index_drift", ""]) == (1, 0)
        assert (told["assistant_jobs", "state=queued"], told["assistant_jobs", "state=failed"]) == (1, 0)
        # Entries on their way out are not drift; entries that nobody knows of are.
        server.client.delete("/api/v1/documents/harbour")
        assert read(server)["assistant_index_drift", ""] == 0
        with server.services.database.write() as connection:
            connection.execute(schema.index_garbage.delete())
        assert read(server)["assistant_index_drift", ""] > 0


def test_requests_by_route_never_by_id(opened: Opening) -> None:
    with opened(requests_per_minute=3) as server:
        ada = server.key()
        for number in range(2):
            server.client.get(f"/api/v1/documents/nothing-{number}", headers=ada)
        server.client.get("/nowhere/at/all", headers=ada)
        server.client.get("/api/v1/jobs", headers=ada)
        server.client.get("/api/v1/jobs")
        told = {**_scraped(server)}
    route = "/api/v1/documents/{document_id:path}"
    assert told["assistant_http_requests_total", f"method=GET,route={route},status=404"] == 2
    assert told["assistant_limited_total", "limit=requests"] == 1
    assert told["assistant_http_requests_total", "method=GET,route=none,status=401"] == 1
    assert "nothing-1" not in str(told)


def _scraped(server: Server) -> dict[tuple[str, str], float]:
    other = server.key(name="prometheus")
    server.client.headers.update(other)
    return read(server)


def test_a_catalog_that_fails_does_not_hide_what_was_counted(opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise StorageFailed("The disk is gone.")

    with opened() as server:
        server.client.post("/api/v1/ask", json=QUESTION)
        assert figures_of(server.services.database, server.services.index).index_drift == 0
        monkeypatch.setattr("assistant.server.metrics.figures_of", fails)
        told = read(server)
    assert told["assistant_answers_total", "answerer=extractive,status=answered"] == 1
    assert ("assistant_documents", "") not in told


def test_two_servers_count_apart(opened: Opening) -> None:
    with opened() as one:
        one.client.post("/api/v1/ask", json=QUESTION)
        with opened() as other:
            assert ("assistant_answers_total", "answerer=extractive,status=answered") not in read(other)
