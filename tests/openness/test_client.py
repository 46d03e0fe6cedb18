"""The typed client in both kinds, and the commands that use it, against a running server."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from assistant.access_model import Role
from assistant.cli import cli
from assistant.client import AsyncClient, Client, synchronous
from assistant.client.types import SCHEMA
from assistant.errors import (
    Conflict,
    InvalidInput,
    InvalidQuestion,
    Moved,
    NotFound,
    Refused,
    Unauthenticated,
    Unavailable,
)
from assistant.server.app import build_app
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.serving import Serving

TEXT = "Norway rejects the plan for the islands. On 3 May 2024 Norway signed a treaty in Oslo."
QUESTION = "What does Norway reject?"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Services, Serving]]:
    with open_services(Settings(data_dir=tmp_path_factory.mktemp("client") / "data")) as services:
        services.jobs.start()
        with Serving(services) as server:
            yield services, server


@pytest.fixture(scope="module")
def secret(opened: tuple[Services, Serving]) -> str:
    return opened[0].keys.add("programs", Role.CURATOR, None, by="tests")[1]


@pytest.fixture
def client(opened: tuple[Services, Serving], secret: str) -> Iterator[Client]:
    with Client(opened[1].address, secret) as made:
        made.put_document("norway", text=TEXT, title="The islands", published_at="2024-05-03")
        yield made


def test_importing_it_loads_nothing_of_the_server() -> None:
    heavy = ("torch", "chromadb", "spacy", "fastapi", "sqlalchemy", "numpy", "langchain_core")
    code = f"import sys, assistant.client; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_the_types_are_those_of_the_schema(services: Services) -> None:
    schemas = build_app(services).openapi()["components"]["schemas"]
    for name, kind in SCHEMA.items():
        assert set(typing.get_type_hints(kind)) == set(schemas[name]["properties"]), name


def test_it_asks_reads_and_writes(client: Client) -> None:
    answer = client.ask(QUESTION)
    assert answer["status"] == "answered" and answer["citations"][0]["document_id"] == "norway"
    assert client.search("islands", limit=1)["passages"][0]["document_id"] == "norway"
    assert client.document("norway")["title"] == "The islands"
    assert client.content("norway")["content"] == TEXT
    assert client.passages("norway")["passages"] and client.versions("norway")["versions"]
    assert client.statements("norway")["statements"][0]["holder"] == "Norway"
    assert client.positions(actor="Norway", stance="rejects")["positions"][0]["quote"] in TEXT
    assert client.timeline()["events"][0]["date"].startswith("2024-05-03")
    assert client.verify("Norway rejects the plan for the islands.")["sentences"][0]["verdict"] == "supported"
    brief = client.brief("the islands")
    assert client.brief_file(brief["id"], "md").startswith(b"# ")
    job = client.add_document(id="a/b c", text="Sweden supports the plan.", idempotency_key="k1")
    assert job["counts"] == {"added": 1}
    assert client.add_document(id="a/b c", text="Sweden supports the plan.", idempotency_key="k1")["id"] == job["id"]
    assert client.job(job["id"])["state"] == "done" and job["id"] in {one["id"] for one in client.jobs()["jobs"]}
    assert client.patch_document("a/b c", topics=["islands"])["outcome"] == "updated"
    uploaded = client.upload("note.md", b"# Note\n\nDenmark demands a vote.\n", source="Desk")
    assert uploaded["results"][0]["document_id"] == "note.md"
    ids = [one["id"] for one in client.documents()["documents"]]
    assert ids == ["a/b c", "norway", "note.md"]
    for document_id in ("a/b c", "note.md"):
        assert client.withdraw_document(document_id)["passages_left"] == 0


def test_it_keeps_conversations(client: Client) -> None:
    kept = client.ask(QUESTION, conversation_id="new")
    id_ = kept["conversation_id"]
    assert id_ is not None and kept["message_id"] is not None
    assert client.rate(kept["message_id"], "up", "right")["rating"] == "up"
    assert client.rename_conversation(id_, "Islands")["title"] == "Islands"
    assert [one["id"] for one in client.conversations()["conversations"]] == [id_]
    assert len(client.conversation(id_)["messages"]) == 2
    client.delete_conversation(id_)
    assert client.conversations()["conversations"] == []


def test_what_goes_wrong_is_raised_as_on_the_server(client: Client, opened: tuple[Services, Serving]) -> None:
    address = opened[1].address
    with pytest.raises(InvalidQuestion, match="empty") as empty:
        client.ask("  ")
    assert empty.value.hint
    with pytest.raises(NotFound):
        client.document("..")
    with pytest.raises(Moved):
        client.put_document("norway", text="Other.", if_match='"1-0"')
    with pytest.raises(Conflict):
        client.add_document(id="norway", text="Other.", on_duplicate="error")
    with pytest.raises(InvalidInput):
        Client("127.0.0.1:8000")
    with Client(address) as stranger, pytest.raises(Unauthenticated):
        stranger.ask(QUESTION)
    with Client(address, opened[0].keys.add("r", Role.READER, None, by="tests")[1]) as reader, pytest.raises(Refused):
        reader.withdraw_document("norway")
    with Client("http://127.0.0.1:9") as nobody, pytest.raises(Unavailable, match="does not answer"):
        nobody.documents()


def test_it_streams(client: Client) -> None:
    events = list(client.ask_stream(QUESTION))
    assert events[0].name == "status" and events[-1].name == "done"
    assert "sentence" in {event.name for event in events}
    assert events[-1].data["answer"] == client.ask(QUESTION)["answer"]
    with pytest.raises(InvalidQuestion):
        list(client.ask_stream(" "))


def test_a_stream_that_breaks_off_is_gone_on_with(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(client.ask_stream(QUESTION))
    lines = httpx.Response.iter_lines
    sent: list[str] = []

    def breaking(response: httpx.Response) -> Iterator[str]:
        sent.append(response.request.headers.get("last-event-id", ""))
        for number, line in enumerate(lines(response)):
            if number == 6 and len(sent) == 1:
                raise httpx.ReadError("the network is gone")
            yield line

    monkeypatch.setattr(synchronous.httpx.Response, "iter_lines", breaking)
    again = list(client.ask_stream(QUESTION))
    assert len(sent) == 2 and sent[0] == "" and sent[1].endswith(":1")
    assert [(e.name, e.id[-1]) for e in again] == [(e.name, e.id[-1]) for e in whole]


def test_it_works_without_waiting(client: Client, opened: tuple[Services, Serving], secret: str) -> None:
    async def work() -> tuple[Any, list[str]]:
        async with AsyncClient(opened[1].address, secret) as other:
            answers = await asyncio.gather(other.ask(QUESTION), other.ask("What does Norway reject for the islands?"))
            with pytest.raises(NotFound):
                await other.document("none")
            return answers, [event.name async for event in other.ask_stream(QUESTION)]

    answers, names = asyncio.run(work())
    assert [answer["status"] for answer in answers] == ["answered", "answered"]
    assert names[0] == "status" and names[-1] == "done"


def run(server: str, secret: str, *arguments: str, **options: Any) -> Result:
    return CliRunner(env={"ASSISTANT_KEY": secret}).invoke(cli, ["--server", server, *arguments], **options)


def test_the_command_asks_a_server(
    client: Client, opened: tuple[Services, Serving], secret: str, tmp_path: Path
) -> None:
    server = opened[1].address
    asked = run(server, secret, "ask", QUESTION)
    assert asked.exit_code == 0 and "Norway rejects the plan for the islands. [1]" in asked.stdout
    assert "[1] The islands (2024-05-03)" in asked.stdout
    assert json.loads(run(server, secret, "ask", QUESTION, "--json").stdout)["status"] == "answered"
    assert "norway\tv1\t2024-05-03\tThe islands" in run(server, secret, "list").stdout
    assert TEXT in run(server, secret, "show", "norway").stdout
    assert "Norway rejects" in run(server, secret, "positions", "--actor", "Norway").stdout
    assert "signed a treaty" in run(server, secret, "timeline").stdout
    (tmp_path / "draft.txt").write_text("Norway rejects the plan for the islands.")
    assert "1 supported" in run(server, secret, "verify", str(tmp_path / "draft.txt")).stdout
    brief = run(server, secret, "brief", "the islands", "-o", str(tmp_path / "brief.docx"))
    assert brief.exit_code == 0 and (tmp_path / "brief.docx").read_bytes().startswith(b"PK")
    (tmp_path / "note.md").write_text("Denmark demands a vote.")
    assert "added: note.md" in run(server, secret, "add", str(tmp_path / "note.md")).stdout
    assert "withdrawn: note.md" in run(server, secret, "remove", "note.md").stdout
    assert run(server, "brief_wrong", "ask", QUESTION).exit_code == 1
    refused = run(server, secret, "check")
    assert refused.exit_code == 2 and "not on a server" in refused.stderr
    missing = run("http://127.0.0.1:9", secret, "ask", QUESTION)
    assert missing.exit_code == 1 and "does not answer" in missing.stderr
