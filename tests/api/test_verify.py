"""A draft checked over HTTP against the shipped corpus, with the real encoder."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant.services import Services
from tests.api.test_ask import content

BUDAPEST = "The Budapest Memorandum was signed on 5 December 1994."


def verify(api: TestClient, text: str, **body: Any) -> dict[str, Any]:
    response = api.post("/api/v1/verify", json={"text": text, **body})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def verdicts(found: dict[str, Any]) -> list[str]:
    return [sentence["verdict"] for sentence in found["sentences"]]


def test_each_sentence_has_its_verdict_with_verbatim_citations(api: TestClient) -> None:
    draft = f"{BUDAPEST} It was signed in 1998. The population of Brazil is 191.2 million."
    found = verify(api, draft)
    assert [s["text"] for s in found["sentences"]] == [
        BUDAPEST,
        "It was signed in 1998.",
        "The population of Brazil is 191.2 million.",
    ]
    assert verdicts(found)[0] == "supported"
    assert verdicts(found)[2] == "not_in_corpus"
    assert found["sentences"][2]["citations"] == []
    for citation in found["citations"]:
        text = content(api, citation["document_id"], citation["version"])
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    first = {c["number"]: c for c in found["citations"]}[found["sentences"][0]["citations"][0]]
    assert "1994" in first["quote"]


@pytest.mark.parametrize(
    ("draft", "told"),
    [
        ("The Budapest Memorandum was signed on 5 December 1996.", "1994"),
        ("The Budapest Memorandum was signed on 5 March 1994.", "December"),
    ],
)
def test_a_contradiction_cites_the_passage_and_says_what_differs(api: TestClient, draft: str, told: str) -> None:
    (sentence,) = verify(api, draft)["sentences"]
    assert sentence["verdict"] == "contradicted"
    assert sentence["citations"]
    assert told in sentence["reason"]
    assert sentence["score"] < 0.5


def test_the_date_and_the_documents_limit_what_may_back_a_draft(api: TestClient) -> None:
    assert verdicts(verify(api, BUDAPEST)) == ["supported"]
    assert verdicts(verify(api, BUDAPEST, document_ids=["nato-article-5"])) != ["supported"]
    assert verdicts(verify(api, BUDAPEST, as_of="1990-01-01")) == ["not_in_corpus"]
    only = verify(api, BUDAPEST, document_ids=["budapest-memorandum"])
    assert {c["document_id"] for c in only["citations"]} == {"budapest-memorandum"}


def test_what_is_withdrawn_backs_nothing(services: Services, empty_api: TestClient) -> None:
    services.jobs.start()
    text = "Corvia closed the harbour of Lorn on Tuesday. Nobody was hurt."
    created = empty_api.post("/api/v1/documents?wait=true", json={"id": "lorn", "title": "Lorn", "text": text})
    assert created.status_code in (200, 201), created.text
    assert verdicts(verify(empty_api, "Corvia closed the harbour of Lorn on Tuesday.")) == ["supported"]
    assert empty_api.delete("/api/v1/documents/lorn").status_code in (200, 204)
    assert verdicts(verify(empty_api, "Corvia closed the harbour of Lorn on Tuesday.")) == ["not_in_corpus"]


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"text": ""}, 422), ({"text": "?!"}, 422), ({"text": 5}, 422), ({"text": "x " * 60_000}, 413)],
    ids=str,
)
def test_bad_drafts_are_problems(api: TestClient, body: Any, status: int) -> None:
    response = api.post("/api/v1/verify", json=body)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["hint"]
