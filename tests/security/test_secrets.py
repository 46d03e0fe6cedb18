"""Canary keys go through every route, error, log, metric and page, and come out nowhere."""

from __future__ import annotations

import io
import logging
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant.access_model import Role
from assistant.answering.chat_model import configured
from assistant.logs import configure_server
from assistant.redaction import Redactor
from assistant.server.app import build_app
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder
from tests.security.test_access import LOCAL, NEEDED

pytestmark = pytest.mark.secrets

PROVIDER = "provider-canary-41c7d2f0a9"  # in a shape that no pattern knows
ENVIRONMENT = "environment-canary-5be1c0d3"
WRONG = "brief_wrong-canary-77aa31f0c2d4e5f6a7b8c9d0"
PASSWORD = "password-canary-90ef"  # noqa: S105
COOKIE = "cookie-canary-1f2e3d4c5b"
CANARIES = (PROVIDER, ENVIRONMENT, WRONG, PASSWORD, COOKIE)
TEXT = "Russia closed the harbour of Lorn. The closure of the harbour stranded 41 ships."
BODIES: tuple[dict[str, Any], ...] = (
    {},
    {"content": b"{broken", "headers": {"Content-Type": "application/json"}},
    {"json": {"question": "Who closed the harbour?", "query": "harbour", "text": TEXT, "topic": "harbour"}},
    {"json": {"api_key": PASSWORD, "url": f"https://ada:{PASSWORD}@example.org/", "password": PASSWORD}},
    {"data": {"q": "Who closed the harbour?", "text": TEXT, "topic": "harbour", "password": PASSWORD}},
    {"files": {"file": (f"{PASSWORD}.md", b"\x00\x01", "text/plain")}},
)


QUESTION = "Who closed the harbour of Lorn?"
ASKED: dict[str, dict[str, Any]] = {
    "/api/v1/ask": {"question": QUESTION},
    "/api/v1/ask?": {"question": QUESTION, "stream": True},
    "/api/v1/briefs": {"topic": "harbour", "answerer": "model"},
    "/v1/chat/completions": {"model": "briefing-assistant", "messages": [{"role": "user", "content": QUESTION}]},
}


class Echo(BaseHTTPRequestHandler):
    """A provider that repeats whatever it was sent in its error, as some do."""

    def do_POST(self) -> None:
        told = f'{{"error": {{"message": "wrong key {self.headers["authorization"]}"}}}}'.encode()
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def provider() -> Iterator[str]:
    """Its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, by whatever package, as ``assistant serve`` writes it."""
    out = io.StringIO()
    root, ours = logging.getLogger(), logging.getLogger("assistant")
    before, level, own = list(root.handlers), root.level, ours.level
    configure_server("json", "debug", Redactor.of_environment([PROVIDER]), out)
    yield out
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
    root.setLevel(level)
    ours.setLevel(own)


@pytest.fixture
def served(tmp_path: Path, provider: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Services, Settings]]:
    """Services with secrets in every place that takes one."""
    monkeypatch.setenv("SOME_PROVIDER_API_KEY", ENVIRONMENT)
    settings = Settings(
        data_dir=tmp_path / "data",
        refusal_threshold=0,
        model="openai:any",
        model_base_url=provider,
        model_api_key=PROVIDER,
        model_retries=0,
        rate_limit_store=f"redis://:{PASSWORD}@127.0.0.1:1/0",
    )
    with open_services(settings, HashEncoder(), chat_model=configured(settings)) as services:
        services.jobs.start()
        yield services, settings


def test_canaries_come_out_nowhere(
    served: tuple[Services, Settings], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    services, settings = served
    logged: io.StringIO = request.getfixturevalue("logged")
    _, admin = services.keys.add("admin", Role.ADMIN, None, by="tests")
    told: list[str] = []

    def ask(client: TestClient, method: str, path: str, secret: str, **how: Any) -> int:
        headers = {"Authorization": f"Bearer {secret}", "Cookie": f"session={COOKIE}", **how.pop("headers", {})}
        answer = client.request(method, path, headers=headers, follow_redirects=False, **how)
        told.append(f"{answer.headers}\n{answer.text}")
        return answer.status_code

    with TestClient(build_app(services), base_url=LOCAL, raise_server_exceptions=False) as client:
        document = {"id": "nothing", "text": TEXT, "url": "https://example.org/"}
        assert ask(client, "PUT", "/api/v1/documents/nothing", admin, json={**document, "id": None}) == 200
        statuses: set[int] = set()
        for path, asked in ASKED.items():
            assert ask(client, "POST", path, admin, json=asked) < 300, told[-1]
        for operation in sorted(NEEDED, key=lambda each: (each.startswith("DELETE"), each)):
            method, path = operation.split(" ")
            if path.endswith("/events"):
                continue  # of a job that there is none of
            address = re.sub(r"{\w+}", "nothing", re.sub(r"{\w+}\.{\w+}", f"{'0' * 64}.json", path))
            for accept in ("application/json", "text/html"):
                ask(client, method, address, WRONG, headers={"Accept": accept})
            for body in BODIES if method not in {"GET", "DELETE"} else ({},):
                how = {**body, "headers": {"Accept": "text/html, */*", **body.get("headers", {})}}
                statuses.add(ask(client, method, address, admin, **how))
        query = f"?api_key={WRONG}&token={PASSWORD}"
        statuses.add(ask(client, "GET", f"/nowhere{query}", admin))
        # What nobody foresaw, with every secret in its message and in its traceback
        places = (
            f"Bearer {admin}",
            f"https://ada:{PASSWORD}@x.example/",
            f"password={PASSWORD}",
            f"Cookie: s={COOKIE}",
        )
        everything = " ".join((PROVIDER, ENVIRONMENT, WRONG, *places))

        def fails(*_: Any) -> None:
            raise RuntimeError(everything)

        with monkeypatch.context() as patched:
            patched.setattr("assistant.server.jobs.job_store.newest", fails)
            assert ask(client, "GET", "/api/v1/jobs", admin) == 500
        assert ask(client, "GET", "/metrics", admin) == 200
        assert ask(client, "GET", "/api/v1/audit?limit=500", admin) == 200
    assert {200, 404, 422} <= statuses, statuses
    answers, log = "\n".join(told), logged.getvalue()
    assert "the chat model failed" in answers.lower()  # so that the provider's error has been seen
    assert "wrong key" in log and "[redacted]" in log
    kept = b"".join(path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file())
    found = [
        (name, where)
        for name in (*CANARIES, admin)
        for where, text in (("an answer", answers), ("the log", log), ("a file", kept.decode("utf-8", "replace")))
        if name in text and not (name == PASSWORD and where != "the log")  # as a file's name a curator's own word
    ]
    assert found == []
