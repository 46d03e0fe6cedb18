"""``GET /positions`` and ``GET /timeline``."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

POSITION = {"holder", "stance", "target", "speaker", "modality", "stated_at", "superseded_by", "quote", "citation"}
CITATION = {
    "number",
    "document_id",
    "version",
    "passage_id",
    "title",
    "url",
    "source",
    "source_type",
    "published_at",
    "quote",
    "prefix",
    "suffix",
    "start",
    "end",
    "verification",
}


def test_positions_have_the_fields_that_others_build_on(api: TestClient) -> None:
    found = api.get("/api/v1/positions", params={"actor": "the Kremlin", "stance": "rejects"})
    assert found.status_code == 200
    positions = found.json()["positions"]
    assert positions
    for row in positions:
        assert {
            "holder",
            "stance",
            "target",
            "speaker",
            "modality",
            "stated_at",
            "superseded_by",
            "quote",
        } <= row.keys()
        assert row["citation"].keys() >= CITATION
        assert (row["holder"], row["stance"]) == ("Russia", "rejects")
        content = api.get(f"/api/v1/documents/{row['citation']['document_id']}/content").json()["content"]
        assert content[row["citation"]["start"] : row["citation"]["end"]] == row["quote"] == row["citation"]["quote"]


def test_positions_by_topic_and_time(api: TestClient) -> None:
    found = api.get("/api/v1/positions", params={"about": "NATO membership"}).json()["positions"]
    superseded = [row for row in found if row["superseded_by"]]
    assert any(row["superseded_by"]["stance"] == "concedes" and row["holder"] == "Ukraine" for row in superseded)
    early = api.get("/api/v1/positions", params={"about": "NATO membership", "as_of": "2025-12-16"}).json()
    assert early["positions"]
    assert all(row["citation"]["published_at"] <= "2025-12-16" for row in early["positions"])
    assert api.get("/api/v1/positions", params={"as_of": "1999"}).json() == {"positions": []}


def test_positions_can_be_narrowed(api: TestClient) -> None:
    narrowed = api.get("/api/v1/positions?document_id=position-russia&document_id=position-ukraine&limit=7")
    found = narrowed.json()["positions"]
    assert len(found) == 7
    assert {row["citation"]["document_id"] for row in found} <= {"position-russia", "position-ukraine"}
    assert api.get("/api/v1/positions", params={"source": "Nobody"}).json() == {"positions": []}


def test_empty_fields_of_a_form_ask_for_nothing(api: TestClient) -> None:
    blank = api.get("/api/v1/positions", params={"actor": "", "stance": "", "about": " ", "limit": 3})
    assert blank.json() == api.get("/api/v1/positions", params={"limit": 3}).json()


def test_events_have_the_fields_that_others_build_on(api: TestClient) -> None:
    found = api.get("/api/v1/timeline", params={"about": "the Budapest Memorandum", "from": "1994", "to": "1994-12-31"})
    assert found.status_code == 200
    events = found.json()["events"]
    assert any(event["date"] == "1994-12-05" for event in events)
    for event in events:
        assert {"date", "precision", "text", "citation"} <= event.keys()
        assert event["citation"].keys() >= CITATION
        assert event["date"].startswith("1994")
        assert event["text"] == event["citation"]["quote"]


def test_events_of_an_actor(api: TestClient) -> None:
    events = api.get("/api/v1/timeline", params={"actor": "Paris"}).json()["events"]
    assert any("Macron" in event["text"] for event in events)
    assert [event["date"] for event in events] == sorted(event["date"] for event in events)


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        ("positions", {"stance": "juggles"}, "juggles"),
        ("positions", {"as_of": "soon"}, "as_of"),
        ("positions", {"limit": 0}, "limit"),
        ("positions", {"limit": 501}, "limit"),
        ("positions", {"about": "?!"}, "topic"),
        ("positions", {"about": "x" * 501}, "about"),
        ("positions", {"actor": "x" * 201}, "actor"),
        ("timeline", {"from": "2021-13"}, "from"),
        ("timeline", {"from": "2021", "to": "2020"}, "empty"),
        ("timeline", {"to": "yesterday"}, "to"),
    ],
)
def test_bad_queries_are_problems(api: TestClient, path: str, parameters: dict[str, str], field: str) -> None:
    refused = api.get(f"/api/v1/{path}", params=parameters)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert field in json.dumps(refused.json())


def test_an_empty_corpus_has_none(empty_api: TestClient) -> None:
    assert empty_api.get("/api/v1/positions").json() == {"positions": []}
    assert empty_api.get("/api/v1/positions", params={"about": "peace"}).json() == {"positions": []}
    assert empty_api.get("/api/v1/timeline").json() == {"events": []}
    assert empty_api.get("/api/v1/timeline", params={"actor": "Russia"}).json() == {"events": []}
