"""A server that is told to stop finishes what it has begun, begins nothing new, and says so."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.errors import StorageFailed
from assistant.retrieval.hybrid import HybridRetriever
from tests.operations.conftest import QUESTION, Opening
from tests.operations.processes import slow_server

pytestmark = pytest.mark.drain


def test_a_stream_under_way_gets_its_done(tmp_path: Path) -> None:
    with slow_server(tmp_path, pause=3) as server, httpx.Client(base_url=server.address, timeout=60) as client:
        assert client.get("/readyz").status_code == 200
        events: list[str] = []
        body = {**QUESTION, "stream": True}
        with client.stream("POST", "/api/v1/ask", json=body) as stream:
            told = False
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    events.append(line.removeprefix("event: "))
                if line.startswith("data: ") and events[-1] == "done":
                    answer = json.loads(line.removeprefix("data: "))
                if events and not told:
                    told = True
                    server.popen.send_signal(signal.SIGTERM)
                    with httpx.Client(base_url=server.address, timeout=10) as other:
                        not_ready = _once_told(other)
                        assert not_ready.status_code == 503 and int(not_ready.headers["retry-after"]) >= 1
                        assert not_ready.json()["type"] == "/problems/stopping"
                        assert other.get("/healthz").status_code == 200  # alive to the end
                        assert other.get("/api/v1/documents").status_code == 200
                        refused = other.post("/api/v1/ask", json=body)
                        assert refused.status_code == 503 and refused.json()["type"] == "/problems/stopping"
        assert events[0] == "status" and events[-1] == "done"
        assert answer["answerer"] == "model" and len(answer["sentences"]) == 3
        assert server.popen.wait(30) == 0
        assert server.popen.stdout is not None and server.popen.stdout.read().strip() == "closed"
        assert "Traceback" not in server.log.read_text()


def _once_told(client: httpx.Client) -> httpx.Response:
    """What it says of itself when it has taken notice of the signal, which takes a busy machine a moment."""
    for _ in range(20):
        answer = client.get("/readyz")
        if answer.status_code != 200:
            break
        time.sleep(0.1)
    return answer


def test_without_anything_under_way_it_leaves_at_once(tmp_path: Path) -> None:
    with slow_server(tmp_path, pause=1) as server:
        job = httpx.post(f"{server.address}/api/v1/documents", json={"text": "A text."}).json()["id"]
        assert httpx.get(f"{server.address}/api/v1/jobs/{job}").status_code == 200
        began = time.monotonic()
        server.popen.send_signal(signal.SIGTERM)
        assert server.popen.wait(30) == 0
        assert time.monotonic() - began < 15  # half of what it may take


def test_a_stream_that_would_take_too_long_is_cut_when_told_twice(tmp_path: Path) -> None:
    with slow_server(tmp_path, pause=120) as server, httpx.Client(base_url=server.address, timeout=60) as client:
        with client.stream("POST", "/api/v1/ask", json={**QUESTION, "stream": True}) as stream:
            lines = (line for line in stream.iter_lines() if not line.startswith("id:"))
            assert next(lines) == "event: status"
            server.popen.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert server.popen.poll() is None
            server.popen.send_signal(signal.SIGTERM)
            server.popen.wait(25)  # less than the thirty seconds that it may take its time for


def test_whoever_watches_a_job_is_sent_away(opened: Opening) -> None:
    with opened() as server:
        job = server.client.post("/api/v1/documents", json={"text": "A text."}).json()["id"]
        server.client.app.state.draining.begin()  # type: ignore[attr-defined]
        assert server.client.get(f"/api/v1/jobs/{job}/events").status_code == 503


def test_readiness_is_a_real_query_once_a_second_at_most(opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    retrieve = HybridRetriever.retrieve

    def counted(*arguments: Any) -> Any:
        asked.append("query")
        return retrieve(*arguments)

    def fails(*_: object) -> None:
        raise StorageFailed("The disk is gone.")

    with opened() as server:
        monkeypatch.setattr(HybridRetriever, "retrieve", counted)
        monkeypatch.setattr("assistant.server.health.PROBE_SECONDS", 3600)
        assert all(server.client.get("/readyz").json()["passages"] >= 1 for _ in range(20))
        assert asked == ["query"]  # whoever asks it in a loop costs nothing
    with opened() as server:
        monkeypatch.setattr(HybridRetriever, "retrieve", fails)
        assert server.client.get("/readyz").status_code == 507
        assert server.client.get("/healthz").status_code == 200
