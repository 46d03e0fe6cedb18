"""``POST /briefs`` and ``GET /briefs/{id}.{json,md,docx,pdf}``."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
import pytest
from fastapi.testclient import TestClient

from assistant.server.app import build_app
from assistant.services import Services


@pytest.fixture(scope="module")
def brief(api: TestClient) -> dict[str, Any]:
    made = api.post("/api/v1/briefs", json={"topic": "multinational force", "since": "2025-12-10"})
    assert made.status_code == 200
    found: dict[str, Any] = made.json()
    assert made.headers["content-location"] == f"/api/v1/briefs/{found['id']}.json"
    return found


def test_a_brief_has_the_fields_that_others_build_on(brief: dict[str, Any]) -> None:
    assert {"id", "title", "as_of", "corpus_state", "sections", "citations"} <= brief.keys()
    numbers = {citation["number"] for citation in brief["citations"]}
    for section in brief["sections"]:
        assert section["heading"]
        for item in section["items"]:
            assert item["text"]
            assert set(item["citations"]) <= numbers
            assert item["citations"] or section["heading"] == "Gaps"


def test_the_same_request_gives_the_same_brief(api: TestClient, brief: dict[str, Any]) -> None:
    again = api.post("/api/v1/briefs", json={"topic": "multinational force", "since": "2025-12-10"})
    assert again.json() == brief


def test_it_is_given_out_in_four_formats(api: TestClient, brief: dict[str, Any]) -> None:
    at = f"/api/v1/briefs/{brief['id']}"
    assert api.get(f"{at}.json").json() == brief
    markdown = api.get(f"{at}.md")
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert markdown.text.startswith("# Brief: multinational force\n")
    assert markdown.headers["content-disposition"] == f'attachment; filename="brief-{brief["id"]}.md"'
    word = api.get(f"{at}.docx")
    assert "word/endnotes.xml" in zipfile.ZipFile(io.BytesIO(word.content)).namelist()
    pdf = api.get(f"{at}.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pypdf.PdfReader(io.BytesIO(pdf.content)).pages


def test_a_topic_without_evidence_says_so(api: TestClient) -> None:
    made = api.post("/api/v1/briefs", json={"topic": "interest rates"})
    assert made.status_code == 200
    assert [section["heading"] for section in made.json()["sections"]] == ["Gaps"]
    assert made.json()["citations"] == []
    assert "interest rates" in api.get(f"/api/v1/briefs/{made.json()['id']}.md").text


def test_filters_and_as_of(api: TestClient) -> None:
    asked = {"topic": "foreign troops", "as_of": "2025-12-17", "filters": {"document_ids": ["position-russia"]}}
    made = api.post("/api/v1/briefs", json=asked).json()
    assert made["as_of"] == "2025-12-17"
    assert {citation["document_id"] for citation in made["citations"]} == {"position-russia"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid-request"),
        ({"topic": ""}, 422, "invalid-question"),
        ({"topic": 7}, 422, "invalid-request"),
        ({"topic": "x" * 600}, 413, "too-large"),
        ({"topic": "peace", "since": "then"}, 422, "invalid-request"),
        ({"topic": "peace", "subject": "war"}, 422, "invalid-request"),
        ({"topic": "peace", "answerer": "model"}, 422, "invalid-input"),
        ({"topic": "peace", "answerer": "oracle"}, 422, "invalid-request"),
    ],
)
def test_bad_requests_are_problems(api: TestClient, body: dict[str, Any], status: int, code: str) -> None:
    refused = api.post("/api/v1/briefs", json=body)
    assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{code}")


def test_text_that_is_not_unicode(api: TestClient) -> None:
    refused = api.post(
        "/api/v1/briefs", content=b'{"topic": "\\ud800 talks"}', headers={"content-type": "application/json"}
    )
    assert refused.status_code == 422


def test_unknown_briefs_and_formats(api: TestClient, brief: dict[str, Any]) -> None:
    assert api.get(f"/api/v1/briefs/{'0' * 32}.pdf").status_code == 404
    assert api.get(f"/api/v1/briefs/{brief['id']}.exe").status_code == 422
    assert api.get("/api/v1/briefs/..%2f..%2fetc.json").status_code == 404


def test_a_brief_goes_with_a_document_that_it_quotes(services: Services, write: Callable[..., Path]) -> None:
    folder = write({"a.md": "---\nid: a\npublished_at: 2025-12-01\n---\n\nRussia rejects foreign troops in Ukraine.\n"})
    services.sync.run(folder, by="tests")
    with TestClient(build_app(services), base_url="http://127.0.0.1") as client:
        made = client.post("/api/v1/briefs", json={"topic": "foreign troops"}).json()
        assert made["citations"]
        assert client.get(f"/api/v1/briefs/{made['id']}.json").status_code == 200
        (folder / "a.md").unlink()
        services.sync.run(folder, by="tests")
        gone = client.get(f"/api/v1/briefs/{made['id']}.md")
        assert gone.status_code == 404
        assert gone.json()["type"] == "/problems/not-found"
