"""Logs: one event a line, by whose request, without secrets."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from assistant.logs import configure_server
from assistant.redaction import REDACTED, Redactor
from assistant.request_context import acting, current, request_id_of
from tests.operations.conftest import QUESTION, Opening

CANARY = "canary-7f3a9b2c5d8e1f40"


@pytest.fixture
def lines() -> Iterator[Any]:
    """What a server logs as JSON; a callable that gives the events so far."""
    out = io.StringIO()
    root, ours = logging.getLogger(), logging.getLogger("assistant")
    before, level, own = list(root.handlers), root.level, ours.level
    configure_server("json", "info", Redactor([CANARY]), out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
    root.setLevel(level)
    ours.setLevel(own)


def test_a_request_is_one_line_with_its_id(opened: Opening, lines: Any) -> None:
    with opened() as server:
        answered = server.client.post("/api/v1/ask", json=QUESTION, headers={"X-Request-ID": "from-the-proxy-1"})
        server.client.get("/api/v1/documents?q=a+private+question")
        missing = server.client.get("/api/v1/documents/nothing")
        server.client.get("/healthz")
    assert answered.headers["x-request-id"] == "from-the-proxy-1"
    events = [event for event in lines() if event["event"] == "request"]
    assert [event["path"] for event in events] == ["/api/v1/ask", "/api/v1/documents", "/api/v1/documents/nothing"]
    first = events[0]
    assert first["request_id"] == "from-the-proxy-1" and first["status"] == 200 and first["milliseconds"] > 0
    assert first["method"] == "POST" and first["client"] == "testclient" and first["by"] == "api"
    assert missing.json()["request_id"] == missing.headers["x-request-id"] == events[2]["request_id"]
    assert "private" not in json.dumps(lines()) and "harbour" not in json.dumps(lines())


def test_a_key_is_named_by_its_id(opened: Opening, lines: Any) -> None:
    with opened() as server:
        headers = server.key(name="ada")
        server.client.get("/api/v1/documents", headers=headers)
        (key,) = server.services.keys.all()
    (event,) = [event for event in lines() if event["event"] == "request"]
    assert event["by"] == "ada" and key.name == "ada"
    assert headers["Authorization"] not in json.dumps(lines())


@pytest.mark.parametrize(
    "given", [None, "", "short", "x" * 65, "a b c d e f", "<script>12345678", "é" * 10, "a\nb" * 9]
)
def test_ids_that_are_not_fit_for_logs_are_replaced(given: str | None) -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", request_id_of(given))


def test_whatever_is_logged_inside_has_the_requests_id(lines: Any) -> None:
    with acting("request-1", "key-1"):
        logging.getLogger("assistant.curation").warning("Something about %s", "a file")
        assert current().request_id == "request-1"
    logging.getLogger("elsewhere").warning("Outside")
    inside, outside = lines()
    assert inside["event"] == "Something about a file"
    assert (inside["request_id"], inside["key_id"]) == ("request-1", "key-1")
    assert "request_id" not in outside and outside["logger"] == "elsewhere"


def test_a_failure_nobody_foresaw_is_logged_whole_and_told_without_detail(
    opened: Opening, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as server:

        def fails(*_: Any) -> None:
            raise RuntimeError(f"the provider said {CANARY} at https://ada:hunter22@models.example/?api_key=abcdefgh1")

        monkeypatch.setattr("assistant.server.jobs.job_store.newest", fails)
        failed = server.client.get("/api/v1/jobs")
    assert failed.status_code == 500 and "provider" not in failed.text
    (event,) = [event for event in lines() if event["level"] == "error"]
    assert event["request_id"] == failed.json()["request_id"]
    assert "RuntimeError: the provider said" in event["exception"] and "Traceback" in event["exception"]
    for secret in (CANARY, "hunter22", "abcdefgh1"):
        assert secret not in json.dumps(lines())


def test_a_terminal_gets_lines_for_people() -> None:
    out = io.StringIO()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        configure_server("console", "info", Redactor(), out)
        try:
            raise ValueError("Bearer abcdefghijkl")
        except ValueError:
            logging.getLogger("assistant").exception("It failed", extra={"path": "/x"})
    finally:
        for handler in set(root.handlers) - set(before):
            root.removeHandler(handler)
        root.setLevel(level)
    text = out.getvalue()
    assert "It failed" in text and "path=/x" in text and "ValueError: Bearer [redacted]" in text


@pytest.mark.secrets
@pytest.mark.parametrize(
    "text",
    [
        "brief_S3cretS3cretS3cret_-x",
        "Authorization: Bearer S3cretS3cret",
        "authorization: basic S3cretS3cret",
        "{'Authorization': 'Bearer S3cretS3cret'}",
        "b'authorization', b'Bearer S3cretS3cret'",
        "(b'cookie', b'session=S3cretS3cret')",
        "{'cookie': 'session=S3cretS3cret'}",
        '{\\"api_key\\": \\"S3cretS3cret\\"}',
        "sk-proj-S3cretS3cretS3cret",
        "api_key='S3cretS3cret'",
        '"api_key": "S3cretS3cret"',
        "password=S3cretS3cret",
        "https://ada:S3cretS3cret@example.org/x",
        "redis://:S3cretS3cret@127.0.0.1:6379/0",
        "https://example.org/x?a=1&token=S3cretS3cret&b=2",
        "https://example.org/x?sig=S3cretS3cret",
        "Cookie: session=S3cretS3cret; theme=dark",
        "set-cookie: session=S3cretS3cret; HttpOnly",
        f"somewhere {CANARY} inside",
    ],
)
def test_secrets_are_taken_out_wherever_they_stand(text: str) -> None:
    redactor = Redactor([CANARY, "short"])
    cleaned = redactor.text(text)
    assert "S3cret" not in cleaned and CANARY not in cleaned and REDACTED in cleaned
    assert "S3cret" not in json.dumps(redactor.value({"event": text, "list": [text, {"x": (text, text.encode())}]}))


@pytest.mark.secrets
def test_what_is_named_as_secret_is_taken_out_whole() -> None:
    event = {"api_key": "short", "password": "x", "key_id": "k1", "headers": {"authorization": "y"}, "token": None}
    assert Redactor().value(event) == {
        "api_key": REDACTED,
        "password": REDACTED,
        "key_id": "k1",
        "headers": {"authorization": REDACTED},
        "token": None,
    }


@pytest.mark.parametrize(
    "text", ["What does Russia reject?", "a key question about tokens", "The index is ready.", "/documents/a?start=3"]
)
def test_ordinary_text_stays(text: str) -> None:
    assert Redactor(["short"]).text(text) == text
