"""Handing in, correcting and withdrawing documents over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant.server.app import build_app
from assistant.services import Services

APPLES = "Apples grow in the northern orchard. The harvest begins in September."
PEARS = "Pears grow in the southern orchard. The harvest begins in October."


@pytest.fixture
def api(services: Services) -> Iterator[TestClient]:
    services.jobs.start()
    with TestClient(build_app(services), base_url="http://127.0.0.1") as client:
        yield client


def add(api: TestClient, wait: bool = True, status: int = 201, **document: Any) -> dict[str, Any]:
    response = api.post("/api/v1/documents", params={"wait": wait}, json=document)
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    return body


def search(api: TestClient, query: str) -> list[str]:
    passages = api.post("/api/v1/search", json={"query": query}).json()["passages"]
    return [passage["document_id"] for passage in passages]


def test_text_is_searchable_when_it_is_acknowledged(api: TestClient) -> None:
    job = add(api, id="apples", text=APPLES, title="Apples", published_at="2025-09-01", topics=["fruit"])
    assert job["state"] == "done"
    assert job["results"] == [
        {"name": "The document", "document_id": "apples", "version": 1, "outcome": "added", "passages": 1}
    ]
    assert search(api, "northern orchard") == ["apples"]
    document = api.get("/api/v1/documents/apples").json()
    assert (document["title"], document["published_at"], document["topics"]) == ("Apples", "2025-09-01", ["fruit"])
    assert api.get("/api/v1/documents/apples/content").json()["content"] == APPLES


def test_without_waiting_a_job_tells_how_far_it_is(api: TestClient) -> None:
    job = add(api, wait=False, status=202, id="apples", text=APPLES)
    events = api.get(f"/api/v1/jobs/{job['id']}/events").text.strip().split("\n\n")
    assert events[-1].startswith("event: done")
    final = json.loads(events[-1].split("data: ", 1)[1].split("\n")[0])
    assert (final["state"], final["total"], final["done"], final["failed"]) == ("done", 1, 1, 0)
    assert api.get("/api/v1/jobs").json()["jobs"][0]["id"] == job["id"]


def test_the_same_again_changes_nothing_and_makes_no_copy(api: TestClient) -> None:
    first = add(api, text=APPLES)
    again = add(api, status=200, text=APPLES)
    assert again["results"][0]["outcome"] == "unchanged"
    assert again["results"][0]["document_id"] == first["results"][0]["document_id"]
    assert len(api.get("/api/v1/documents").json()["documents"]) == 1


def test_an_unknown_date_stays_unknown(api: TestClient) -> None:
    add(api, id="apples", text=APPLES)
    assert api.get("/api/v1/documents/apples").json()["published_at"] is None


def test_files_of_several_formats_come_in_together(api: TestClient) -> None:
    files = [
        ("file", ("apples.md", f"---\ntitle: Apples\npublished_at: 2025-09-01\n---\n\n{APPLES}\n", "text/markdown")),
        ("file", ("pears.txt", PEARS, "text/plain")),
        ("file", ("broken.pdf", b"%PDF-1.7 nothing", "application/pdf")),
    ]
    response = api.post("/api/v1/documents", params={"wait": True}, files=files)
    assert response.status_code == 201, response.text
    job = response.json()
    assert (job["total"], job["done"], job["failed"]) == (3, 2, 1)
    assert job["errors"][0]["name"] == "broken.pdf"
    assert job["errors"][0]["error"]
    assert set(search(api, "orchard harvest")) == {"apples.md", "pears.txt"}


def test_a_file_can_be_given_an_id_and_metadata(api: TestClient) -> None:
    response = api.post(
        "/api/v1/documents",
        params={"wait": True},
        files={"file": ("x.txt", PEARS, "text/plain")},
        data={"id": "ministry/pears 1", "source": "Ministry", "topics": "fruit, trade"},
    )
    assert response.status_code == 201, response.text
    document = api.get("/api/v1/documents/ministry%2Fpears%201").json()
    assert (document["id"], document["source"], document["topics"]) == (
        "ministry/pears 1",
        "Ministry",
        ["fruit", "trade"],
    )


def test_many_lines_are_imported_and_bad_ones_are_named(api: TestClient) -> None:
    lines = [
        json.dumps({"doc_id": f"d{n}", "text": f"Report {n} about orchard {n}.", "date": "2025-01-01"})
        for n in range(30)
    ]
    lines[7] = "{broken"
    lines[9] = json.dumps({"doc_id": "empty", "text": " "})
    response = api.post("/api/v1/documents/import", params={"wait": True}, content="\n".join(lines))
    assert response.status_code == 201, response.text
    job = response.json()
    assert (job["total"], job["done"], job["failed"]) == (30, 28, 2)
    assert [error["name"] for error in job["errors"]] == ["line 8", "line 10"]
    assert api.get("/api/v1/documents/d3").json()["published_at"] == "2025-01-01"


def test_a_taken_id_is_handled_as_asked(api: TestClient) -> None:
    add(api, id="fruit", text=APPLES)
    response = api.post("/api/v1/documents", params={"on_duplicate": "error"}, json={"id": "fruit", "text": PEARS})
    assert response.status_code == 409
    assert "on_duplicate=replace" in response.json()["hint"]
    response = api.post(
        "/api/v1/documents", params={"on_duplicate": "skip", "wait": True}, json={"id": "fruit", "text": PEARS}
    )
    assert response.json()["results"][0]["outcome"] == "skipped"
    assert api.get("/api/v1/documents/fruit/content").json()["content"] == APPLES
    assert add(api, id="fruit", text=PEARS)["results"][0]["version"] == 2


def test_the_preview_tells_what_would_change_and_changes_nothing(api: TestClient) -> None:
    body = " ".join(f"Sentence {n} of the long report about the orchard and its harvest." for n in range(40))
    add(api, id="fruit", text=body)
    before = api.get("/readyz").json()["corpus_state"]

    def preview(**document: Any) -> dict[str, Any]:
        found: dict[str, Any] = api.post("/api/v1/documents/preview", json=document).json()["previews"][0]
        return found

    assert preview(id="other", text=PEARS)["change"] == "new"
    assert preview(id="fruit", text=body)["change"] == "identical"
    replaces = preview(id="fruit", text=body.replace("Sentence 3 ", "Line 3 "))
    assert (replaces["change"], replaces["replaces"]) == ("replaces", 1)
    assert any(line.startswith("+") and "Line 3" in line for line in replaces["diff"])
    twin = preview(id="wire-copy", text="By our own correspondent. " + body)
    assert twin["change"] == "near_duplicate"
    assert twin["near_duplicates"][0]["document_id"] == "fruit"
    assert twin["near_duplicates"][0]["similarity"] >= 0.8
    assert api.get("/readyz").json()["corpus_state"] == before
    response = api.post("/api/v1/documents/preview", files={"file": ("bad.pdf", b"%PDF-", "application/pdf")})
    assert response.json()["errors"][0]["name"] == "bad.pdf"


def test_versions_are_kept_compared_and_restored(api: TestClient) -> None:
    assert api.put("/api/v1/documents/fruit", json={"text": APPLES}).json()["outcome"] == "added"
    assert api.put("/api/v1/documents/fruit", json={"text": PEARS}).json()["version"] == 2
    old = api.get("/api/v1/documents/fruit/content", params={"version": 1}).json()
    assert (old["state"], old["content"]) == ("superseded", APPLES)
    diff = api.get("/api/v1/documents/fruit/diff", params={"old": 1, "new": 2}).json()["diff"]
    assert f"-{APPLES}" in diff
    assert f"+{PEARS}" in diff
    restored = api.post("/api/v1/documents/fruit/restore", params={"version": 1}).json()
    assert restored["version"] == 3
    assert api.get("/api/v1/documents/fruit/content").json()["content"] == APPLES
    states = [(v["version"], v["state"]) for v in api.get("/api/v1/documents/fruit/versions").json()["versions"]]
    assert states == [(1, "superseded"), (2, "superseded"), (3, "current")]
    changes = api.get("/api/v1/documents/fruit/changes").json()["changes"]
    assert [c["action"] for c in changes] == ["added", "updated", "updated"]
    assert all(c["actor"] == "api" and c["at"] for c in changes)


def test_metadata_is_corrected_without_touching_the_text(api: TestClient) -> None:
    add(api, id="fruit", text=APPLES, title="Aples", source="Farm", published_at="2025-01-01")
    written = api.patch("/api/v1/documents/fruit", json={"title": "Apples", "published_at": None}).json()
    assert written["version"] == 2
    document = api.get("/api/v1/documents/fruit").json()
    assert (document["title"], document["source"], document["published_at"]) == ("Apples", "Farm", None)
    assert api.get("/api/v1/documents/fruit/content").json()["content"] == APPLES


def test_a_withdrawn_document_is_nowhere(api: TestClient) -> None:
    add(api, id="apples", text=APPLES)
    add(api, id="pears", text=PEARS)
    withdrawn = api.delete("/api/v1/documents/apples").json()
    assert withdrawn == {"id": "apples", "state": "withdrawn", "passages_removed": 1, "passages_left": 0}
    assert search(api, "apples northern orchard September") == ["pears"]
    for path in ("", "/content", "/passages", "/statements"):
        response = api.get(f"/api/v1/documents/apples{path}")
        assert response.status_code == 404
        assert "withdrawn" in response.json()["detail"]
    assert api.delete("/api/v1/documents/apples").status_code == 404
    assert api.get("/api/v1/documents/apples/content", params={"version": 1}).json()["state"] == "withdrawn"
    listed = [d["id"] for d in api.get("/api/v1/documents").json()["documents"]]
    assert listed == ["pears"]


def test_a_job_can_be_cancelled(api: TestClient) -> None:
    lines = "\n".join(json.dumps({"id": f"d{n}", "text": f"Report {n} about orchard {n}."}) for n in range(500))
    job = api.post("/api/v1/documents/import", content=lines).json()
    cancelled = api.delete(f"/api/v1/jobs/{job['id']}").json()
    assert cancelled["state"] == "cancelled"
    time.sleep(2.5)
    done = api.get(f"/api/v1/jobs/{job['id']}").json()["done"]
    assert done <= cancelled["done"] + 1 < 500, "no more than the item in hand is finished"
    assert api.delete(f"/api/v1/jobs/{job['id']}").status_code == 409


def test_an_address_inside_the_network_is_refused(api: TestClient) -> None:
    response = api.post("/api/v1/documents", params={"wait": True}, json={"url": "http://127.0.0.1:9/x"})
    assert response.status_code == 422
    assert "127.0.0.1" in response.json()["detail"]


BAD: list[tuple[dict[str, Any], int]] = [
    ({"json": {}}, 422),
    ({"json": {"id": "x"}}, 422),
    ({"json": {"text": "Words.", "published_at": "soon"}}, 422),
    ({"json": {"text": "Words.", "unknown": 1}}, 422),
    ({"json": {"text": 5}}, 422),
    ({"json": {"text": "Words.", "url": "javascript:alert(1)"}}, 422),
    ({"json": {"url": "file:///etc/passwd"}}, 422),
    ({"content": b"{broken", "headers": {"content-type": "application/json"}}, 422),
    ({"content": b"hello", "headers": {"content-type": "text/plain"}}, 422),
    ({"data": {"title": "no file"}, "files": {"x": (None, "y")}}, 422),
]


@pytest.mark.parametrize(("request_", "status"), BAD, ids=lambda value: str(value)[:50])
def test_bad_input_is_a_problem_that_says_what_to_do(api: TestClient, request_: dict[str, Any], status: int) -> None:
    response = api.post("/api/v1/documents", params={"wait": True}, **request_)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"]
    assert api.get("/api/v1/documents").json()["documents"] == []


def test_nothing_is_said_of_what_does_not_exist(api: TestClient) -> None:
    assert api.get("/api/v1/jobs/none").status_code == 404
    assert api.delete("/api/v1/documents/none").status_code == 404
    assert api.patch("/api/v1/documents/none", json={"title": "x"}).status_code == 404
    assert api.post("/api/v1/documents/none/restore", params={"version": 1}).status_code == 404
