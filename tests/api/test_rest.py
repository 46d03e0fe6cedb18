"""What the interface promises to programs: conditions, retries, pages, streams that go on, and problems."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant import errors
from assistant.errors import AssistantError
from assistant.index.conversation_store import Owner
from assistant.server.app import build_app
from assistant.server.pages.problem_types import problem_types
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder

LOCAL = "http://127.0.0.1"
ADDRESS = "/api/v1/documents/a"
DOCS = Path(__file__).parent.parent.parent / "docs" / "problems.md"


@pytest.fixture
def api(services: Services) -> Iterator[TestClient]:
    services.jobs.start()
    with TestClient(build_app(services), base_url=LOCAL) as client:
        yield client


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"text": f"Norway rejects the {words}. It demands a vote.", **more}


def test_a_change_that_was_made_for_another_version_is_refused(api: TestClient) -> None:
    etag = api.put(ADDRESS, json=text("plan")).headers["etag"]
    assert api.get(ADDRESS).headers["etag"] == etag
    newer = api.put(ADDRESS, json=text("truce"), headers={"If-Match": etag}).headers["etag"]
    assert newer != etag
    for method, body in (("PUT", text("deal")), ("PATCH", {"title": "Deal"}), ("DELETE", None)):
        refused = api.request(method, ADDRESS, json=body, headers={"If-Match": etag})
        assert refused.status_code == 412 and refused.json()["type"] == "/problems/precondition-failed"
    assert api.get(ADDRESS).headers["etag"] == newer
    assert api.patch(ADDRESS, json={"title": "T"}, headers={"If-Match": f'"x", {newer}'}).status_code == 200
    assert api.put(ADDRESS, json=text("deal"), headers={"If-Match": f"W/{newer}"}).status_code == 412  # weak: RFC 9110
    assert api.delete(ADDRESS, headers={"If-Match": "*"}).status_code == 200
    assert api.put(ADDRESS, json=text("plan"), headers={"If-Match": "*"}).status_code == 412
    assert api.put(ADDRESS, json=text("plan"), headers={"If-None-Match": "*"}).status_code == 200
    assert api.put(ADDRESS, json=text("deal"), headers={"If-None-Match": "*"}).status_code == 412
    assert api.put(ADDRESS, json=text("deal"), headers={"If-Match": "nonsense"}).status_code == 422


def test_of_two_who_change_the_same_version_one_succeeds(api: TestClient) -> None:
    etag = api.put(ADDRESS, json=text("plan")).headers["etag"]
    statuses: list[int] = []

    def change(number: int) -> None:
        answer = api.put(ADDRESS, json=text(f"plan {number}"), headers={"If-Match": etag})
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 412, 412, 412, 412]


def test_where_it_is_required_a_change_names_its_version(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "strict", require_if_match=True)
    with open_services(settings, HashEncoder()) as strict, TestClient(build_app(strict), base_url=LOCAL) as api:
        assert api.put(ADDRESS, json=text("plan")).status_code == 428
        made = api.put(ADDRESS, json=text("plan"), headers={"If-None-Match": "*"})
        assert made.status_code == 200
        assert api.patch(ADDRESS, json={"title": "T"}).status_code == 428
        assert api.delete(ADDRESS).json()["type"] == "/problems/precondition-required"
        assert api.patch(ADDRESS, json={"title": "T"}, headers={"If-Match": made.headers["etag"]}).status_code == 200


def test_what_the_client_has_is_not_sent_again(api: TestClient) -> None:
    api.put(ADDRESS, json=text("plan"))
    for address in (ADDRESS, "/api/v1/documents", f"{ADDRESS}/content", f"{ADDRESS}/passages", "/api/v1/positions"):
        first = api.get(address)
        again = api.get(address, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b""), address
        assert again.headers["etag"] == first.headers["etag"]
    known = api.get("/api/v1/documents").headers["etag"]
    api.put("/api/v1/documents/b", json=text("truce"))
    assert api.get("/api/v1/documents", headers={"If-None-Match": known}).status_code == 200
    assert api.get("/api/v1/documents/none", headers={"If-None-Match": "*"}).status_code == 404


def test_the_same_write_again_has_one_effect_and_one_answer(api: TestClient, services: Services) -> None:
    key = {"Idempotency-Key": "7f3c"}
    body = text("plan", id="a")
    first = api.post("/api/v1/documents?wait=true", json=body, headers=key)
    again = api.post("/api/v1/documents?wait=true", json=body, headers=key)
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true" and again.headers["location"] == first.headers["location"]
    assert len(api.get("/api/v1/jobs").json()["jobs"]) == 1
    other = api.post("/api/v1/documents?wait=true", json=text("truce", id="a"), headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert api.put(ADDRESS, json=text("plan"), headers=key).status_code == 422
    assert api.delete(ADDRESS, headers={"Idempotency-Key": "gone"}).status_code == 200
    assert api.delete(ADDRESS, headers={"Idempotency-Key": "gone"}).json()["passages_left"] == 0
    assert api.delete(ADDRESS).status_code == 404
    assert api.put(ADDRESS, json=body, headers={"Idempotency-Key": ""}).status_code == 422


def test_idempotency_keys_of_others_are_others(api: TestClient, services: Services) -> None:
    from assistant.access_model import Role

    bearers = []
    for name in ("ada", "bob"):
        secret = services.keys.add(name, Role.CURATOR, None, by="tests")[1]
        bearers.append({"Authorization": f"Bearer {secret}", "Idempotency-Key": "same"})
    answers = [api.put(f"/api/v1/documents/{n}", json=text("plan"), headers=h) for n, h in enumerate(bearers)]
    assert [answer.status_code for answer in answers] == [200, 200]
    kept = api.put("/api/v1/documents/0", json=text("plan"), headers=bearers[0])
    assert kept.headers["idempotency-replayed"] == "true" and kept.headers["etag"] == answers[0].headers["etag"]


def test_idempotency_survives_a_restart_and_ends_after_a_day(settings: Settings) -> None:
    headers = {"Idempotency-Key": "k"}
    with open_services(settings, HashEncoder()) as one, TestClient(build_app(one), base_url=LOCAL) as api:
        first = api.put(ADDRESS, json=text("plan"), headers=headers)
        with one.database.write() as connection:  # as a process that was killed in the middle of another one
            insert = (
                "INSERT INTO idempotent_writes(owner, key, fingerprint, created_at) VALUES ('', 'half', 'x', '2999')"
            )
            connection.exec_driver_sql(insert)
        assert api.put(ADDRESS, json=text("deal"), headers={"Idempotency-Key": "half"}).status_code == 422
    with open_services(settings, HashEncoder()) as two, TestClient(build_app(two), base_url=LOCAL) as api:
        assert api.put(ADDRESS, json=text("plan"), headers=headers).content == first.content
        assert api.put(ADDRESS, json=text("truce"), headers={"Idempotency-Key": "half"}).status_code == 200
        with two.database.write() as connection:
            connection.exec_driver_sql("UPDATE idempotent_writes SET created_at = '2020-01-01T00:00:00.000000Z'")
        later = api.put(ADDRESS, json=text("plan"), headers=headers)
        assert later.json()["version"] == 3 and "idempotency-replayed" not in later.headers


def test_lists_come_a_page_at_a_time(api: TestClient, services: Services) -> None:
    for number in range(5):
        api.put(ADDRESS, json=text("plan " * (number + 1) + "of the many parties to it. They met " * 30))
        api.post("/api/v1/documents?wait=true", json=text(f"plan {number}", id=f"d{number}"))
    for address, name in (
        ("/api/v1/documents", "documents"),
        ("/api/v1/jobs", "jobs"),
        (f"{ADDRESS}/versions", "versions"),
        (f"{ADDRESS}/passages", "passages"),
        (f"{ADDRESS}/statements", "statements"),
        (f"{ADDRESS}/changes", "changes"),
    ):
        whole = api.get(address).json()
        assert whole["next"] is None and len(whole[name]) >= 2, address
        found: list[Any] = []
        after: dict[str, str] = {}
        while True:
            page = api.get(address, params={"limit": 1, **after}).json()
            assert len(page[name]) == 1
            found += page[name]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        assert found == whole[name], address
        if address != "/api/v1/documents":  # whose cursor is an id
            assert api.get(address, params={"after": "x"}).status_code == 422


def events_of(answer: Any) -> list[tuple[str, str, Any]]:
    found = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "event" in fields:
            found.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return found


QUESTION = {"question": "What does Norway reject?", "stream": True}


def asked_times(services: Services, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that are answered from now on, each as often as it is."""
    asked: list[str] = []
    read = type(services.asker.reader).read

    def noted(reader: Any, question: str, *others: Any) -> Any:
        asked.append(question)
        return read(reader, question, *others)

    monkeypatch.setattr(type(services.asker.reader), "read", noted)
    return asked


def test_an_interrupted_answer_goes_on_after_its_last_event(
    api: TestClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.put(ADDRESS, json=text("plan"))
    asked = asked_times(services, monkeypatch)
    whole = events_of(api.post("/api/v1/ask", json=QUESTION))
    assert [name for _, name, _ in whole][-1] == "done" and len({id_ for id_, _, _ in whole}) == len(whole)
    for place, (id_, _, _) in enumerate(whole[:-1]):
        rest = api.post("/api/v1/ask", json=QUESTION, headers={"Last-Event-ID": id_})
        assert events_of(rest) == whole[place + 1 :]
    assert api.post("/api/v1/ask", json=QUESTION, headers={"Last-Event-ID": whole[-1][0]}).status_code == 204
    assert len(asked) == 1
    other = {**QUESTION, "question": "What does Norway demand?"}
    assert events_of(api.post("/api/v1/ask", json=other, headers={"Last-Event-ID": whole[0][0]}))[0][1] == "status"
    assert len(asked) == 2
    api.delete(ADDRESS)  # nothing of it is told again
    again = api.post("/api/v1/ask", json=QUESTION, headers={"Last-Event-ID": whole[0][0]})
    assert "plan" not in again.text and len(asked) == 3


def test_with_an_idempotency_key_a_question_is_answered_once(
    api: TestClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.put(ADDRESS, json=text("plan"))
    asked = asked_times(services, monkeypatch)
    key = {"Idempotency-Key": "q-1"}
    body = {**QUESTION, "stream": False, "conversation_id": "new"}
    one, two = (api.post("/api/v1/ask", json=body, headers=key) for _ in range(2))
    assert one.status_code == 200 and one.json() == two.json() and len(asked) == 1
    assert len(services.conversations(Owner(None)).page(10)[0]) == 1
    streamed = events_of(api.post("/api/v1/ask", json={**body, "stream": True}, headers=key))
    assert streamed[-1][2] == one.json() and len(asked) == 1
    assert api.post("/api/v1/ask", json={**QUESTION, "question": "Why?"}, headers=key).status_code == 422
    assert api.post("/api/v1/ask", json={"question": " "}, headers={"Idempotency-Key": "e"}).status_code == 422
    assert api.post("/api/v1/ask", json={"question": " ", "stream": True}).status_code == 422


def test_a_job_is_followed_from_where_it_was_left(api: TestClient) -> None:
    body = "\n".join(json.dumps(text(f"plan {n}", id=f"d{n}")) for n in range(3))
    job = api.post("/api/v1/documents/import?wait=true", content=body).json()["id"]
    ((id_, name, told),) = events_of(api.get(f"/api/v1/jobs/{job}/events"))
    assert name == "done" and told["done"] == 3
    earlier = api.get(f"/api/v1/jobs/{job}/events", headers={"Last-Event-ID": "running-1-0"})
    assert events_of(earlier) == [(id_, name, told)]
    assert api.get(f"/api/v1/jobs/{job}/events", headers={"Last-Event-ID": id_}).status_code == 204


def every_error(kind: type[AssistantError] = AssistantError) -> Iterator[type[AssistantError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from every_error(one)


def test_every_problem_is_documented_and_its_type_leads_there(api: TestClient) -> None:
    sections = dict(
        re.findall(r"^## (\S+)\n+(Status (?:\d+).*?)(?=^## |\Z)", DOCS.read_text(), re.MULTILINE | re.DOTALL)
    )
    ours = {kind.code: kind.status for kind in every_error() if kind.__module__.startswith("assistant")}
    assert errors.NotFound.code in ours
    for code, status in ours.items():
        assert f"Status {status}" in sections[code], code
    for code in ("invalid-request", "internal-error", "method-not-allowed", "bad-request"):
        assert code in sections
    assert set(problem_types()) == set(sections)
    for code in sections:
        page = api.get(f"/problems/{code}")
        assert page.status_code == 200 and f'id="{code}"' in page.text
        assert f'id="{code}"' in api.get("/problems").text
    problem = api.get("/api/v1/documents/none").json()
    assert api.get(problem["type"]).status_code == 200
    assert api.get("/problems/none").status_code == 404


def test_the_schema_declares_problems_and_is_stable(api: TestClient) -> None:
    schema = api.get("/openapi.json").json()
    assert "HTTPValidationError" not in json.dumps(schema)
    ids = []
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            ids.append(operation["operationId"])
            assert operation["summary"] and operation["description"], (method, path)
            for status in ("401", "404", "422", "4XX", "5XX"):
                content = operation["responses"][status]["content"]
                assert set(content) == {"application/problem+json"}, (method, path, status)
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body is not None:
                assert "example" in json.dumps(_resolved(schema, body["schema"])), (method, path)
    assert len(ids) == len(set(ids)) and all(re.fullmatch(r"[a-z_]+", id_) for id_ in ids)
    assert {HTTPStatus(int(status)) for status in ("401", "403")}


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    name = part.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = schema["components"]["schemas"][name] if name else part
    return found
