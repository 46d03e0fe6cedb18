"""Each limit is met by a 413 or 429 that says so, before any work is done."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from assistant.access_model import Role
from assistant.errors import InvalidConfiguration
from assistant.server.allowance import RequestCounter
from assistant.server.clients import client_of
from tests.operations.conftest import QUESTION, Opening, Server
from tests.serving import serving

pytestmark = pytest.mark.limits


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status and body["detail"] and body["hint"]
    return body


class Guarded:
    """Notices when a text is embedded or a body is parsed."""

    def __init__(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.embedded = 0
        questions, passages = server.encoder.encode_question, server.encoder.encode_passages

        def question(text: str) -> Any:
            self.embedded += 1
            return questions(text)

        def documents(inputs: Any) -> Any:
            self.embedded += 1
            return passages(inputs)

        monkeypatch.setattr(server.encoder, "encode_question", question)
        monkeypatch.setattr(server.encoder, "encode_passages", documents)


# Bodies, questions, histories, uploads


@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/search", "/api/v1/documents", "/v1/chat/completions", "/mcp"])
def test_a_declared_body_over_the_limit_is_refused_unread(
    opened: Opening, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    with opened(max_body_bytes=100_000) as server:
        guarded = Guarded(server, monkeypatch)
        with serving(server.services) as address:
            host, port = address.removeprefix("http://").split(":")
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
                began = time.perf_counter()
                connection.sendall(f"{head}Content-Length: 1000000000\r\n\r\n".encode())  # and nothing of it is sent
                answer = connection.recv(65_536).decode()
                print(f"refused in {(time.perf_counter() - began) * 1000:.1f} ms: {path}")
        assert answer.startswith("HTTP/1.1 413") and "application/problem+json" in answer
        assert guarded.embedded == 0


def test_a_body_of_unknown_length_is_refused_while_it_arrives(opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(max_body_bytes=100_000) as server:
        guarded = Guarded(server, monkeypatch)
        sent: list[int] = []

        def pieces() -> Iterator[bytes]:
            yield b'{"question": "'
            for _ in range(1_000):
                sent.append(1)
                yield b"a" * 10_000
            yield b'"}'

        refused = server.client.post("/api/v1/ask", content=pieces(), headers={"Content-Type": "application/json"})
        assert "100,000 bytes" in problem(refused, 413)["detail"]
        assert guarded.embedded == 0
        with serving(server.services) as address:
            host, port = address.removeprefix("http://").split(":")
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                head = f"PUT /api/v1/documents/a HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
                connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
                for _ in range(11):
                    connection.sendall(b"2710\r\n" + b"a" * 10_000 + b"\r\n")
                answer = connection.recv(65_536).decode()
        assert answer.startswith("HTTP/1.1 413") and "connection: close" in answer.lower()
        assert server.client.post("/api/v1/ask", json=QUESTION).json()["status"] == "answered"


def test_a_question_over_the_limit_is_not_embedded(opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(max_question_chars=50) as server:
        guarded = Guarded(server, monkeypatch)
        for path, name in (("/api/v1/ask", "question"), ("/api/v1/search", "query")):
            refused = server.client.post(path, json={name: "harbour " * 10})
            assert "at most 50" in problem(refused, 413)["detail"]
        message = {"model": "briefing-assistant", "messages": [{"role": "user", "content": "harbour " * 10}]}
        problem(server.client.post("/v1/chat/completions", json=message), 413)
        assert guarded.embedded == 0


def test_a_history_over_the_limit_is_not_read(opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened() as server:
        guarded = Guarded(server, monkeypatch)
        many = [{"role": "user", "content": "Why?"}] * 1_000
        long = [{"role": "user", "content": "Why? " * 100_000}]
        for history in (many, long):
            refused = server.client.post("/api/v1/ask", json={**QUESTION, "history": history})
            assert "history" in problem(refused, 422)["detail"]
        assert guarded.embedded == 0


def test_an_upload_over_the_limit_is_not_read(opened_alone: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened_alone(max_document_bytes=2_000) as server:
        server.services.jobs.start()
        guarded = Guarded(server, monkeypatch)
        refused = server.client.post(
            "/api/v1/documents?wait=true", files={"file": ("a.txt", b"The harbour. " * 1_000, "text/plain")}
        )
        assert "2,000" in problem(refused, 422)["detail"]
        draft = server.client.post("/api/v1/verify", json={"text": "The harbour. " * 200_000})
        problem(draft, 422 if draft.status_code == 422 else 413)
        assert guarded.embedded == 0


# Requests


def test_a_key_has_its_minute(opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(requests_per_minute=5) as server:
        ada, ben = server.key(name="ada"), server.key(name="ben")
        for _ in range(5):
            assert server.client.get("/api/v1/documents", headers=ada).status_code == 200
        guarded = Guarded(server, monkeypatch)
        refused = server.client.post("/api/v1/ask", json=QUESTION, headers=ada)
        body = problem(refused, 429)
        assert body["type"] == "/problems/too-many-requests" and "More than 5 requests" in body["detail"]
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert guarded.embedded == 0
        assert server.client.get("/api/v1/documents", headers=ben).status_code == 200
        assert server.client.get("/healthz").status_code == server.client.get("/readyz").status_code == 200
        assert server.client.post("/v1/chat/completions", json={}, headers=ada).json()["error"]["code"]


def test_without_keys_an_address_has_its_minute(opened: Opening) -> None:
    forwarded = {"X-Forwarded-For": "198.51.100.7"}
    with opened(open_requests_per_minute=3) as server:
        for _ in range(3):
            assert server.client.get("/api/v1/documents").status_code == 200
        problem(server.client.get("/api/v1/documents", headers=forwarded), 429)  # anybody can write that header


def test_there_need_not_be_a_limit(opened: Opening) -> None:
    with opened(requests_per_minute=0) as server:
        ada = server.key()
        assert all(server.client.get("/api/v1/jobs", headers=ada).status_code == 200 for _ in range(20))


def test_what_wait_is_told_is_enough() -> None:
    counter = RequestCounter("memory://")
    import anyio

    async def asked(times: int) -> list[int | None]:
        return [await counter.wait("ada", 2) for _ in range(times)]

    waits = anyio.run(asked, 3)
    assert waits[:2] == [None, None]
    assert waits[2] is not None and 1 <= waits[2] <= 60


def test_a_store_that_fails_locks_nobody_out(opened: Opening, caplog: pytest.LogCaptureFixture) -> None:
    with opened(requests_per_minute=2, rate_limit_store="redis://:hunter2@127.0.0.1:1/0") as server:
        ada = server.key()
        statuses = [server.client.get("/api/v1/jobs", headers=ada).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]  # counted by this server alone
        assert "cannot be used" in caplog.text and "hunter2" not in caplog.text


def test_a_store_that_does_not_exist_is_told_at_once() -> None:
    with pytest.raises(InvalidConfiguration, match="cannot be opened"):
        RequestCounter("nowhere://")


# Whose request it is

NETWORKS = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.7", None, "198.51.100.7"),
        ("198.51.100.7", "192.0.2.1", "198.51.100.7"),  # not from a proxy of ours
        ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9, 192.0.2.1", "192.0.2.1"),  # what the client wrote itself is not believed
        ("10.0.0.1", "203.0.113.9, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "not an address", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.1, <script>", "10.0.0.1"),
        ("::ffff:10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),  # one subscriber has all of these
        ("2001:db8:1:2::9", None, "2001:db8:1:2::/64"),
        ("testclient", None, "testclient"),
    ],
)
def test_only_our_proxies_say_who_asks(peer: str, forwarded: str | None, client: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded is not None else []
    assert client_of({"type": "http", "client": (peer, 1), "headers": headers}, NETWORKS) == client


def test_several_headers_are_one_list() -> None:
    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-for", b"192.0.2.1")]
    assert client_of({"type": "http", "client": ("10.0.0.1", 1), "headers": headers}, NETWORKS) == "192.0.2.1"
    assert client_of({"type": "http", "client": None, "headers": headers}, NETWORKS) == "unknown"


# Streams


def test_streams_of_a_key_and_in_all(opened: Opening) -> None:
    with opened(streams_per_key=2, max_streams=3) as server, serving(server.services) as address:
        import httpx

        ada, ben, curator = server.key(name="ada"), server.key(name="ben"), server.key(Role.CURATOR)
        made = server.client.post("/api/v1/documents", json={"text": "A text."}, headers=curator)  # nobody works on it
        events = f"{address}/api/v1/jobs/{made.json()['id']}/events"
        clients = [httpx.Client(timeout=10) for _ in range(5)]
        streams = []
        try:
            for client, headers in zip(clients, (ada, ada, ben), strict=False):
                stream = client.send(client.build_request("GET", events, headers=headers), stream=True)
                assert stream.status_code == 200
                streams.append(stream)
            assert server.services.metrics.streams_open._value.get() == 3
            for headers, says in ((ada, "All 3 streams"), (ben, "All 3 streams")):
                refused = clients[3].get(events, headers=headers)
                assert says in problem(refused, 429)["detail"]
                assert int(refused.headers["retry-after"]) >= 1
            streams.pop().close()
            _until(lambda: server.services.metrics.streams_open._value.get() == 2)
            assert "2 streams of this key" in problem(clients[3].get(events, headers=ada), 429)["detail"]
            body = {**QUESTION, "stream": True}
            assert problem(clients[3].post(f"{address}/api/v1/ask", json=body, headers=ada), 429)
            told = clients[4].post(f"{address}/api/v1/ask", json=body, headers=ben)
            assert told.status_code == 200 and "event: done" in told.text
        finally:
            for stream in streams:
                stream.close()
            for client in clients:
                client.close()
        _until(lambda: server.services.metrics.streams_open._value.get() == 0)


def _until(holds: Any) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_answers_are_counted_however_they_are_asked_for(opened: Opening) -> None:
    with opened() as server:
        server.client.post("/api/v1/ask", json=QUESTION)
        server.client.get("/?q=harbour")
        told = server.client.get("/metrics").text
        assert 'assistant_answers_total{answerer="extractive",status="answered"} 2.0' in told
