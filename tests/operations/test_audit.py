"""Every write is in the audit log, with whoever made it and the request it was made by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from assistant.access_model import Role
from assistant.cli import cli
from assistant.errors import StorageFailed
from assistant.index import audit_log
from assistant.index.audit_log import AuditFilter
from tests.operations.conftest import QUESTION, Opening, Server


def entries(server: Server, **query: Any) -> list[dict[str, Any]]:
    """The log, oldest first."""
    response = server.client.get("/api/v1/audit", params=query)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["entries"]
    return found[::-1]


def test_every_write_is_noted_with_who_and_which_request(opened_alone: Opening) -> None:
    with opened_alone() as server:
        client, services = server.client, server.services
        admin, curator = server.key(Role.ADMIN, "admin"), server.key(Role.CURATOR, "desk")
        client.headers.update(curator)
        put = client.put("/api/v1/documents/a", json={"text": "Ada said that Russia rejects the plan."})
        client.put("/api/v1/documents/a", json={"text": "Ada said that Russia rejects the new plan."})
        client.patch("/api/v1/documents/a", json={"title": "Another"})
        client.post("/api/v1/documents/a/restore?version=1")
        said = client.get("/api/v1/documents/a/statements").json()["statements"]
        mark = {"version": 4, "mark": "correct", **{f: said[0][f] for f in ("start", "end", "holder", "stance")}}
        assert client.post("/api/v1/documents/a/statements", json=mark).status_code == 200
        client.delete("/api/v1/documents/a")
        job = client.post("/api/v1/documents", json={"id": "b", "text": "Another text."}).json()["id"]
        client.delete(f"/api/v1/jobs/{job}")
        late = client.post("/api/v1/documents", json={"id": "c", "text": "One more text."})
        services.jobs.start()
        assert services.jobs.wait(late.json()["id"], 60).state == "done"
        client.post("/api/v1/index/rebuild")
        client.get("/api/v1/feedback/export")
        asked = client.post("/api/v1/ask", json={**QUESTION, "conversation_id": "new"}).json()
        client.post(f"/api/v1/messages/{asked['message_id']}/feedback", json={"rating": "up"})
        client.patch(f"/api/v1/conversations/{asked['conversation_id']}", json={"title": "Harbour"})
        client.delete(f"/api/v1/conversations/{asked['conversation_id']}")
        assert client.get("/api/v1/audit").status_code == 403
        client.headers.update(admin)
        made = client.post("/api/v1/keys", json={"name": "ben", "role": "reader"}).json()
        client.delete("/api/v1/keys/ben")
        log = [entry for entry in entries(server) if entry["by"] != "tests"]
        ids = {key.name: key.id for key in services.keys.all()}
    assert [(entry["action"], entry["by"], entry["subject"]) for entry in log] == [
        ("document.added", "desk", "a"),
        ("document.updated", "desk", "a"),
        ("document.updated", "desk", "a"),
        ("document.updated", "desk", "a"),
        ("statement.marked", "desk", "a"),
        ("document.withdrawn", "desk", "a"),
        ("job.accepted", "desk", job),
        ("job.cancelled", "desk", job),
        ("job.accepted", "desk", late.json()["id"]),
        ("document.added", "desk", "c"),
        ("index.rebuilt", "desk", None),
        ("feedback.exported", "desk", None),
        ("feedback.given", ids["desk"], None),
        ("conversation.renamed", ids["desk"], None),
        ("conversation.deleted", ids["desk"], None),
        ("key.made", "admin", made["id"]),
        ("key.revoked", "admin", made["id"]),
    ]
    assert log[0]["request_id"] == put.headers["x-request-id"] and log[0]["version"] == 1
    assert log[9]["request_id"] == late.headers["x-request-id"]  # done later, and still on its behalf
    assert {entry["key_id"] for entry in log} == {ids["desk"], ids["admin"]}
    assert made["key"] not in json.dumps(log) and "rejects" not in json.dumps(log)
    assert asked["conversation_id"] not in json.dumps(log)  # what is deleted is gone, its id too


def test_it_is_read_in_pages_and_filtered(opened_alone: Opening) -> None:
    with opened_alone() as server:
        for number in range(5):
            server.client.put(f"/api/v1/documents/{number}", json={"text": f"Text number {number}."})
        seen: list[str] = []
        after = None
        while True:
            query = {"limit": 2, "action": "document", **({"after": after} if after else {})}
            page = server.client.get("/api/v1/audit", params=query).json()
            seen += [entry["subject"] for entry in page["entries"]]
            after = page["next"]
            if after is None:
                break
        assert seen == ["4", "3", "2", "1", "0", "harbour"]
        assert [entry["subject"] for entry in entries(server, by="tests")] == ["harbour"]
        assert [entry["action"] for entry in entries(server, subject="3")] == ["document.added"]
        assert entries(server, action="document.withdrawn") == entries(server, action="doc%") == []


def test_what_is_not_written_is_not_noted(opened_alone: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened_alone() as server:
        same = {"text": "A text of ours."}
        server.client.put("/api/v1/documents/a", json=same)
        server.client.put("/api/v1/documents/a", json=same)  # the same bytes again

        def full(*_: Any, **__: Any) -> None:
            raise StorageFailed("The disk is full.")

        monkeypatch.setattr("assistant.index.writer.lexical.add_version", full)
        assert server.client.put("/api/v1/documents/b", json={"text": "Another."}).status_code == 507
        assert [entry["subject"] for entry in entries(server, by="api")] == ["a"]


def test_a_note_goes_with_its_transaction(opened_alone: Opening) -> None:
    with opened_alone() as server:
        database = server.services.database
        with pytest.raises(RuntimeError), database.write() as connection:
            audit_log.note(connection, "key.made", by="tests", subject="x")
            raise RuntimeError
        with database.read() as connection:
            assert audit_log.page(connection, AuditFilter(subject="x"), 10) == []


def test_the_command_lists_it(tmp_path: Path) -> None:
    def run(*arguments: str) -> Any:
        done = CliRunner().invoke(cli, ["--data-dir", str(tmp_path), *arguments])
        assert done.exit_code == 0, done.output
        return done

    run("keys", "add", "desk")
    run("keys", "revoke", "desk")
    (revoked, made) = json.loads(run("audit", "--json").stdout)
    assert (made["action"], revoked["action"], made["by"]) == ("key.made", "key.revoked", "cli")
    assert made["detail"] == {"name": "desk", "role": "reader", "expires_at": None}
    assert "key.revoked" in run("audit", "--limit", "1").stdout
    assert run("audit", "--action", "document").stdout == ""
