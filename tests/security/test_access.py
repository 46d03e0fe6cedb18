"""Who may do what over HTTP: every route for everybody, and what opens without a key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fastapi.testclient import TestClient

from assistant.access import KeyRing
from assistant.access_model import WHOLE as WHOLE_CORPUS
from assistant.access_model import Role, Scope
from assistant.cli import cli
from assistant.errors import InvalidConfiguration
from assistant.index import key_store
from assistant.index.records import now
from assistant.loopback import is_loopback
from assistant.server.app import build_app
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder

LOCAL = "http://127.0.0.1"
EVERYBODY, READER, CURATOR, ADMIN = None, Role.READER, Role.CURATOR, Role.ADMIN

SHARED = None  # nothing of one owner: as for any other key of the role
GONE = 404  # as if it did not exist
TAKEN = 403  # the id is somebody else's: it can be neither read nor written
WHOLE = 403  # concerns all of the corpus

# Each operation, the least role for it, and what a key with a scope finds there that belongs to somebody else. A route
# that is missing here fails the test.
NEEDED = {
    "GET /": (READER, SHARED),
    "GET /api/v1/briefs/{brief_id}.{kind}": (READER, GONE),
    "GET /api/v1/conversations": (READER, SHARED),
    "GET /api/v1/conversations/{conversation_id}": (READER, GONE),
    "GET /api/v1/conversations/{conversation_id}/export": (READER, GONE),
    "GET /api/v1/documents": (READER, SHARED),
    "GET /api/v1/documents/{document_id}": (READER, GONE),
    "GET /api/v1/documents/{document_id}/changes": (READER, GONE),
    "GET /api/v1/documents/{document_id}/content": (READER, GONE),
    "GET /api/v1/documents/{document_id}/diff": (READER, GONE),
    "GET /api/v1/documents/{document_id}/passages": (READER, GONE),
    "GET /api/v1/documents/{document_id}/statements": (READER, GONE),
    "GET /api/v1/documents/{document_id}/versions": (READER, GONE),
    "GET /api/v1/index": (READER, WHOLE),
    "GET /api/v1/jobs": (READER, SHARED),
    "GET /api/v1/jobs/{job_id}": (READER, GONE),
    "GET /api/v1/jobs/{job_id}/events": (READER, GONE),
    "GET /api/v1/positions": (READER, SHARED),
    "GET /api/v1/timeline": (READER, SHARED),
    "GET /briefs": (READER, SHARED),
    "GET /conversations": (READER, SHARED),
    "GET /conversations/{conversation_id}": (READER, GONE),
    "GET /briefs/{brief_id}": (READER, GONE),
    "GET /documents": (READER, SHARED),
    "GET /drafts": (READER, SHARED),
    "GET /documents/{document_id}": (READER, GONE),
    "GET /metrics": (READER, WHOLE),
    "GET /openapi.json": (READER, SHARED),
    "GET /partials/documents/{document_id}": (READER, GONE),
    "DELETE /api/v1/conversations/{conversation_id}": (READER, GONE),
    "GET /partials/positions": (READER, SHARED),
    "GET /positions": (READER, SHARED),
    "GET /timeline": (READER, SHARED),
    "GET /v1/models": (READER, SHARED),
    "PATCH /api/v1/conversations/{conversation_id}": (READER, GONE),
    "POST /api/v1/messages/{message_id}/feedback": (READER, GONE),
    "GET /v1/models/{model}": (READER, SHARED),
    "POST /api/v1/ask": (READER, SHARED),
    "POST /api/v1/briefs": (READER, SHARED),
    "POST /api/v1/search": (READER, SHARED),
    "POST /api/v1/verify": (READER, SHARED),
    "POST /": (READER, SHARED),
    "POST /briefs": (READER, SHARED),
    "POST /conversations/{conversation_id}/delete": (READER, GONE),
    "POST /conversations/{conversation_id}/title": (READER, GONE),
    "POST /messages/{message_id}/feedback": (READER, GONE),
    "POST /drafts": (READER, SHARED),
    "POST /mcp": (READER, SHARED),
    "POST /partials/answer": (READER, SHARED),
    "POST /v1/chat/completions": (READER, SHARED),
    "GET /curate/actors": (CURATOR, WHOLE),
    "GET /curate/add": (CURATOR, SHARED),
    "GET /curate/document/{document_id}": (CURATOR, GONE),
    "GET /curate/index": (CURATOR, WHOLE),
    "GET /curate/jobs": (CURATOR, SHARED),
    "GET /curate/jobs/{job_id}": (CURATOR, GONE),
    "POST /curate/actors/{name}": (CURATOR, WHOLE),
    "POST /curate/add": (CURATOR, SHARED),
    "POST /curate/index": (CURATOR, WHOLE),
    "POST /curate/jobs/{job_id}/cancel": (CURATOR, GONE),
    "POST /curate/mark/{document_id}": (CURATOR, GONE),
    "POST /curate/metadata/{document_id}": (CURATOR, GONE),
    "POST /curate/restore/{document_id}": (CURATOR, GONE),
    "POST /curate/withdraw/{document_id}": (CURATOR, GONE),
    "DELETE /api/v1/documents/{document_id}": (CURATOR, GONE),
    "DELETE /api/v1/jobs/{job_id}": (CURATOR, GONE),
    "GET /api/v1/feedback/export": (CURATOR, SHARED),
    "GET /api/v1/marks/export": (CURATOR, SHARED),
    "PATCH /api/v1/documents/{document_id}": (CURATOR, GONE),
    "POST /api/v1/documents": (CURATOR, SHARED),
    "POST /api/v1/documents/import": (CURATOR, SHARED),
    "POST /api/v1/documents/preview": (CURATOR, SHARED),
    "POST /api/v1/documents/{document_id}/statements": (CURATOR, GONE),
    "POST /api/v1/documents/{document_id}/restore": (CURATOR, GONE),
    "POST /api/v1/index/check": (CURATOR, WHOLE),
    "POST /api/v1/index/rebuild": (CURATOR, WHOLE),
    "PUT /api/v1/documents/{document_id}": (CURATOR, TAKEN),
    "DELETE /api/v1/keys/{name_or_id}": (ADMIN, SHARED),
    "GET /api/v1/audit": (ADMIN, WHOLE),
    "GET /api/v1/keys": (ADMIN, SHARED),
    "POST /api/v1/keys": (ADMIN, SHARED),
    "GET /problems": (EVERYBODY, SHARED),
    "GET /problems/{code}": (EVERYBODY, SHARED),
    "GET /sign-in": (EVERYBODY, SHARED),
    "POST /sign-in": (EVERYBODY, SHARED),
    "POST /sign-out": (EVERYBODY, SHARED),
    "GET /healthz": (EVERYBODY, SHARED),
    "GET /readyz": (EVERYBODY, SHARED),
}


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(build_app(services), base_url=LOCAL) as opened:
        yield opened


def key(services: Services, role: Role, name: str = "", scope: Scope = WHOLE_CORPUS) -> dict[str, str]:
    """Headers with a new key."""
    _, secret = services.keys.add(name or role, role, None, by="tests", scope=scope)
    return {"Authorization": f"Bearer {secret}"}


def operations(app: Any) -> set[str]:
    """Every method and path that the application routes."""
    found: set[str] = set()
    for route in _routes(app.routes):
        path = re.sub(r":\w+}", "}", getattr(route, "path", ""))
        methods = getattr(route, "methods", None) or ({"POST"} if path == "/mcp" else set())
        found |= {f"{method} {path}" for method in methods - {"HEAD", "OPTIONS"}}
    return found


def _routes(routes: Any) -> Iterator[Any]:
    for route in routes:
        inner = getattr(getattr(route, "original_router", None), "routes", None)
        if inner is None:
            yield route
        else:
            yield from _routes(inner)


@pytest.mark.authz
def test_every_route_for_everybody(services: Services, client: TestClient) -> None:
    revoked = key(services, ADMIN, "revoked")
    services.keys.revoke("revoked")
    expired = key(services, ADMIN, "expired")
    with services.database.write() as connection:
        id_ = next(k.id for k in services.keys.all() if k.name == "expired")
        connection.exec_driver_sql("UPDATE api_keys SET expires_at = ? WHERE id = ?", (now(), id_))
    holders = {role: key(services, role) for role in Role}
    nobodies = [{}, revoked, expired, {"Authorization": "Bearer brief_x"}, {"Authorization": "Basic eDp5"}]
    nobodies.append({"Cookie": "assistant_session=made-up"})
    assert operations(client.app) == set(NEEDED)
    for operation, (needed, _) in NEEDED.items():
        method, path = operation.split(" ")
        address = re.sub(r"{\w+}\.{\w+}", f"{'0' * 64}.json", path)
        address = re.sub(r"{\w+}", "nothing", address)
        for headers in nobodies:
            status = client.request(method, address, headers=headers).status_code
            assert (status == 401) == (needed is not EVERYBODY), (operation, headers, status)
        for role, headers in holders.items():
            status = client.request(method, address, headers=headers).status_code
            allowed = needed is EVERYBODY or role.includes(needed)
            assert (status not in {401, 403}) if allowed else status == 403, (operation, role, status)


TEXT = {"text": "Norway rejects the plan. It demands a vote.", "topics": ["oslo"]}
MARK = {"version": 1, "start": 0, "end": 23, "mark": "correct"}
SENT: dict[str, dict[str, Any]] = {  # what each needs to get as far as looking for what it names
    "GET /api/v1/documents/{document_id}/diff": {"params": {"old": 1, "new": 1}},
    "PATCH /api/v1/conversations/{conversation_id}": {"json": {"title": "Mine"}},
    "POST /api/v1/messages/{message_id}/feedback": {"json": {"rating": "up"}},
    "POST /conversations/{conversation_id}/title": {"data": {"title": "Mine"}},
    "POST /messages/{message_id}/feedback": {"data": {"rating": "up"}},
    "POST /curate/mark/{document_id}": {"data": MARK},
    "POST /curate/restore/{document_id}": {"data": {"version": 1}},
    "POST /curate/withdraw/{document_id}": {"data": {"sure": "yes"}},
    "PATCH /api/v1/documents/{document_id}": {"json": {"title": "Mine"}},
    "POST /api/v1/documents/{document_id}/statements": {"json": MARK},
    "POST /api/v1/documents/{document_id}/restore": {"params": {"version": 1}},
    "PUT /api/v1/documents/{document_id}": {"json": {**TEXT, "topics": ["bergen"]}},
}


@pytest.mark.authz
def test_every_route_for_a_key_of_another_scope(services: Services, client: TestClient) -> None:
    services.jobs.start()
    theirs = key(services, CURATOR, "theirs")
    job = client.post("/api/v1/documents?wait=true", json={"id": "norway", **TEXT}, headers=theirs).json()
    brief = client.post("/api/v1/briefs", json={"topic": "plan"}, headers=theirs).json()
    question = {"question": "What does Norway reject?", "conversation_id": "new"}
    answer = client.post("/api/v1/ask", json=question, headers=theirs).json()
    named = {
        "document_id": "norway",
        "job_id": job["id"],
        "brief_id": brief["id"],
        "kind": "json",
        "conversation_id": answer["conversation_id"],
        "message_id": answer["message_id"],
        "model": "briefing-assistant",
        "name": "actors",
        "code": "conflict",
        "name_or_id": "theirs",
    }
    headers = key(services, CURATOR, "other", Scope(("bergen",)))
    for operation, (needed, outside) in NEEDED.items():
        method, path = operation.split(" ")
        sent = SENT.get(operation, {})
        response = client.request(method, path.format(**named), headers=headers, follow_redirects=False, **sent)
        status = response.status_code
        if needed is ADMIN:
            assert status == 403, (operation, status)
        elif outside is SHARED:
            assert status not in {401, 403, 404}, (operation, status, response.text)
        else:
            assert status == outside, (operation, status, response.text)
        assert "Norway" not in response.text, operation
    assert client.get("/api/v1/documents/norway", headers=theirs).json()["version"] == 1
    assert client.get(f"/api/v1/conversations/{answer['conversation_id']}", headers=theirs).status_code == 200


def test_what_nobody_routes_is_closed_too(services: Services, client: TestClient) -> None:
    reader = key(services, READER)
    assert client.get("/api/v1/nothing").status_code == 401
    assert client.post("/api/v1/nothing", headers=reader).status_code == 403
    assert client.post("/api/v1/ask/../documents", headers=reader).status_code == 403
    assert client.delete("/healthz").status_code == 401


def test_loopback_is_open_until_there_is_a_key(services: Services, client: TestClient) -> None:
    assert client.get("/api/v1/documents").status_code == 200
    made = client.post("/api/v1/keys", json={"name": "ada", "role": "admin", "expires": "2999-12-31"})
    assert made.status_code == 201
    assert made.json()["expires_at"] == "3000-01-01T00:00:00.000000Z"
    refused = client.get("/api/v1/documents")
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.headers["content-security-policy"]
    assert "Bearer" in refused.json()["hint"]
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
    (listed,) = client.get("/api/v1/keys", headers=headers).json()["keys"]
    assert "key" not in listed and listed["state"] == "active" and listed["last_used_at"]
    assert client.delete("/api/v1/keys/ada", headers=headers).json()["state"] == "revoked"
    assert client.get("/api/v1/documents").status_code == 200


def test_an_expired_key_opens_nothing(services: Services, client: TestClient) -> None:
    key(services, READER)
    with services.database.write() as connection:
        connection.exec_driver_sql("UPDATE api_keys SET expires_at = ?", (now(),))
    assert client.get("/api/v1/documents").status_code == 401


def test_other_addresses_are_closed_without_a_key(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", host="0.0.0.0")  # noqa: S104  # that is what is refused
    with open_services(settings, HashEncoder()) as services:
        with pytest.raises(InvalidConfiguration, match="there is no valid key"):
            services.keys.check_bind(settings.host)
        with TestClient(build_app(services), base_url="http://briefing.example") as client:
            assert client.get("/").status_code == 401
            assert client.get("/healthz").status_code == 200
            headers = key(services, READER)
            assert client.get("/", headers=headers).status_code == 200
        services.keys.check_bind(settings.host)
        services.keys.revoke("reader")
        with pytest.raises(InvalidConfiguration):
            services.keys.check_bind(settings.host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "briefing.example", "127.0.0.1.example"])  # noqa: S104
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
    ],
)
def test_pages_of_others_cannot_write(services: Services, client: TestClient, headers: dict[str, str]) -> None:
    refused = client.put("/api/v1/documents/a", json={"text": "A text."}, headers=headers)
    assert refused.status_code == 403
    assert "another site" in refused.json()["detail"]
    assert client.post("/mcp", json={}, headers=headers).status_code == 403
    assert client.get("/api/v1/documents").json()["documents"] == []


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": LOCAL}, {}])
def test_our_own_page_and_programs_can_write(client: TestClient, headers: dict[str, str]) -> None:
    written = client.put("/api/v1/documents/a", json={"text": "A text of our own."}, headers=headers)
    assert written.status_code == 200


def test_a_name_that_others_point_here_reads_nothing(services: Services, client: TestClient) -> None:
    rebound = {"Host": "evil.example"}
    assert client.get("/api/v1/documents", headers=rebound).status_code == 403
    with_key = {**key(services, READER), **rebound}
    assert client.get("/api/v1/documents", headers=with_key).status_code == 200


def test_a_public_address_may_point_here(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", public_url="https://briefing.example/")
    with (
        open_services(settings, HashEncoder()) as services,
        TestClient(build_app(services), base_url="http://briefing.example") as client,
    ):
        origin = {"Origin": "https://briefing.example"}
        assert client.put("/api/v1/documents/a", json={"text": "A text."}, headers=origin).status_code == 200


def test_the_history_names_who_wrote(services: Services, client: TestClient) -> None:
    services.jobs.start()
    headers = key(services, CURATOR, "desk")
    client.put("/api/v1/documents/a", json={"text": "A text of the desk."}, headers=headers)
    client.post("/api/v1/documents?wait=true", json={"id": "b", "text": "Another text."}, headers=headers)
    for document in ("a", "b"):
        (change,) = client.get(f"/api/v1/documents/{document}/changes", headers=headers).json()["changes"]
        assert change["actor"] == "desk"


def test_keys_are_kept_as_digests(services: Services, settings: Settings) -> None:
    _, secret = services.keys.add("ada", Role.READER, None, by="tests")
    assert services.keys.principal(secret).name == "ada"
    kept = b"".join(path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file())
    assert b"ada" in kept
    assert secret.encode() not in kept and secret.removeprefix("brief_").encode() not in kept
    assert len(secret) >= 43


def test_use_is_noted_once_a_minute(services: Services) -> None:
    _, secret = services.keys.add("ada", Role.READER, None, by="tests")
    services.keys.principal(secret)
    first = services.keys.all()[0].last_used_at
    services.keys.principal(secret)
    assert services.keys.all()[0].last_used_at == first
    with services.database.write() as connection:
        key_store.set_used(connection, services.keys.all()[0].id, "2020-01-01T00:00:00.000000Z")
    services.keys.principal(secret)
    assert services.keys.all()[0].last_used_at != "2020-01-01T00:00:00.000000Z"


def test_a_browser_is_told_on_a_page(services: Services, client: TestClient) -> None:
    key(services, READER)
    page = client.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 401
    assert page.headers["content-type"].startswith("text/html")
    assert client.get("/static/style.css").status_code == 200


def keys(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--data-dir", str(folder), "keys", *arguments])


def test_the_command_makes_lists_and_revokes(tmp_path: Path) -> None:
    made = keys(tmp_path, "add", "desk", "--role", "curator", "--expires", "2999-12-31")
    assert made.exit_code == 0, made.output
    secret = made.stdout.strip()
    assert secret.startswith("brief_") and "cannot be shown again" in made.stderr
    (listed,) = json.loads(keys(tmp_path, "list", "--json").stdout)
    assert (listed["name"], listed["role"], listed["state"]) == ("desk", "curator", "active")
    assert secret not in keys(tmp_path, "list").output
    again = keys(tmp_path, "add", "desk")
    assert again.exit_code == 1 and "already" in again.stderr
    assert keys(tmp_path, "add", "late", "--expires", "2001-01-01").exit_code == 2
    assert keys(tmp_path, "add", "odd", "--expires", "soon").exit_code == 2
    assert keys(tmp_path, "revoke", "desk").exit_code == 0
    assert keys(tmp_path, "revoke", "desk").exit_code == 1
    assert json.loads(keys(tmp_path, "list", "--json").stdout)[0]["state"] == "revoked"


def test_the_command_works_beside_a_server(services: Services, settings: Settings, client: TestClient) -> None:
    secret = keys(settings.data_dir, "add", "desk").stdout.strip()
    assert client.get("/api/v1/documents").status_code == 401
    assert client.get("/api/v1/documents", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    keys(settings.data_dir, "revoke", "desk")
    assert (
        client.get("/api/v1/documents", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    )  # open again
    with pytest.raises(Exception, match="not valid"):
        KeyRing(services.database).principal(secret)


def test_serving_beyond_this_machine_needs_a_key(tmp_path: Path) -> None:
    refused = CliRunner().invoke(cli, ["--data-dir", str(tmp_path), "serve", "--host", "0.0.0.0", "--port", "0"])  # noqa: S104
    assert refused.exit_code == 2
    assert "there is no valid key" in refused.stderr
