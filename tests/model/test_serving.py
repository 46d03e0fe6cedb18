"""A chat model behind the HTTP surface: sentences as they are checked, and a reader who leaves."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient

from assistant.server.app import build_app
from assistant.services import Services
from tests.model.conftest import Opening
from tests.model.scripted import scripted
from tests.model.test_writing import GOOD, QUESTION


@contextmanager
def served(services: Services) -> Iterator[str]:
    """A real server on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(build_app(services), port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def test_sentences_are_sent_once_they_are_checked(opened: Opening) -> None:
    released = threading.Event()

    def script(message: str) -> Iterator[str]:
        if "What is wrong" in message:
            yield "NOT IN THE CORPUS."
            return
        yield f"{GOOD} The closure of the harbour stranded 14 ships. [1] "
        while not released.is_set():
            yield ""
        yield "The closure of the harbour stranded 41 ships. [1]"

    model, _ = scripted(script, pause=0.01)
    with opened(model) as services, served(services) as address:
        seen: list[tuple[str, dict[str, object]]] = []
        body = {"question": QUESTION, "stream": True}
        with httpx.stream("POST", f"{address}/api/v1/ask", json=body, timeout=60) as response:
            name = ""
            for line in response.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    seen.append((name, json.loads(line.removeprefix("data: "))))
                    if name == "sentence":
                        released.set()  # the first sentence came while the model was still writing
    names = [name for name, _ in seen]
    assert names[:4] == ["status", "passages", "citation", "sentence"]
    assert names[-1] == "done"
    done = seen[-1][1]
    assert (done["answerer"], done["withheld"], done["model"]) == ("model", 1, "scripted:test")
    assert done["sentences"] == [data for name, data in seen if name == "sentence"]


def seconds_to_stop(address: str, path: str, body: dict[str, object], begun: threading.Event, stopped: Any) -> float:
    """How long the model goes on after its reader has closed the connection."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        data = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        client.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        assert begun.wait(60)
        assert not stopped.is_set()
    left = time.monotonic()
    assert stopped.wait(10)
    return time.monotonic() - left


@pytest.mark.parametrize("stream", [True, False])
def test_a_reader_who_leaves_stops_the_model_within_a_second(opened: Opening, stream: bool) -> None:
    started = threading.Event()

    def forever(_message: str) -> Iterator[str]:
        started.set()
        while True:
            yield " word"

    model, inner = scripted(forever, pause=0.05, output_tokens=100_000, request_tokens=1_000_000)
    with opened(model) as services, served(services) as address:
        body = {"question": QUESTION, "stream": stream, "conversation_id": "new"}
        assert seconds_to_stop(address, "/api/v1/ask", body, started, inner.stopped) < 1
    with opened(None) as services:  # once every thread is done
        assert services.conversations(None).page(1) == ([], None)


def test_the_answerer_can_be_chosen(opened: Opening) -> None:
    model, inner = scripted(GOOD)
    with opened(model) as services, TestClient(build_app(services), base_url="http://127.0.0.1") as api:
        plain = api.post("/api/v1/ask", json={"question": QUESTION, "answerer": "extractive"}).json()
        assert (plain["answerer"], plain["model"], inner.prompts) == ("extractive", None, [])
        assert api.post("/api/v1/ask", json={"question": QUESTION}).json()["answerer"] == "model"
        page = api.get("/", params={"q": QUESTION})
        assert "Russia closed the harbour of Lorn on 12 May 2025." in page.text
    with opened(None) as services, TestClient(build_app(services), base_url="http://127.0.0.1") as api:
        refused = api.post("/api/v1/ask", json={"question": QUESTION, "answerer": "model"})
        assert refused.status_code == 422
        assert "ASSISTANT_MODEL" in refused.json()["hint"]


def test_the_page_tells_that_the_model_failed(opened: Opening) -> None:
    def fails(_message: str) -> Iterator[str]:
        raise ConnectionError("unreachable")
        yield ""

    model, _ = scripted(fails)
    with opened(model) as services, TestClient(build_app(services), base_url="http://127.0.0.1") as api:
        assert "The chat model failed" in api.get("/", params={"q": QUESTION}).text
        answer = api.post("/api/v1/ask", json={"question": QUESTION}).json()
        assert "the sources' own sentences" in answer["notice"].replace("’", "'")
