"""What a command loads, and what a server answers before it has loaded everything."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from assistant.data_dir import OWNER
from tests.contract.test_cli import assistant, one_line

TORCH = ("torch", "sentence_transformers", "transformers")
HEAVY = {*TORCH, "chromadb", "fastapi", "langchain_core", "mcp", "numpy", "onnxruntime", "pydantic", "scipy", "spacy"}
# What the process has imported is told at its end, when it has done all that it does.
TELLING = """
import atexit, json, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background processes do without
atexit.register(lambda: print("modules", json.dumps(sorted(sys.modules)), file=sys.stderr))
from assistant.cli import main
sys.argv[0] = "assistant"
main()
"""


def modules(told: str) -> set[str]:
    (line,) = (line for line in told.splitlines() if line.startswith("modules "))
    return set(json.loads(line.removeprefix("modules ")))


def loaded_by(*arguments: str, cwd: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", TELLING, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    return modules(done.stderr)


@contextmanager
def server(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A server that has just been started, and a client of the address where it will answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-c",
        TELLING,
        "--data-dir",
        str(folder / "data"),
        "serve",
        "--port",
        str(port),
        *options,
    ]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield process, client
    finally:
        process.kill()
        process.communicate()


def when_listening(process: subprocess.Popen[str], client: httpx.Client, path: str) -> httpx.Response:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        try:
            return client.get(path)
        except httpx.ConnectError:
            time.sleep(0.01)
    raise AssertionError("nothing listens")


def when_ready(client: httpx.Client) -> httpx.Response:
    deadline = time.monotonic() + 120
    while (answer := client.get("/readyz")).status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    assert not loaded_by("--help", cwd=tmp_path) & HEAVY
    assert not loaded_by("serve", "--help", cwd=tmp_path) & HEAVY


def test_a_question_asked_of_nothing_loads_no_model(tmp_path: Path) -> None:
    assert not loaded_by("ask", "anything", cwd=tmp_path) & {*TORCH, "onnxruntime", "spacy", "chromadb", "fastapi"}


def test_a_server_is_alive_before_it_is_ready_and_needs_no_torch(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "memo.md").write_text("# Memorandum\n\nThe Budapest Memorandum was signed on 5 December 1994.\n")
    question = {"question": "When was the Budapest Memorandum signed?"}
    with server(tmp_path, "--sync", str(folder)) as (process, client):
        alive = when_listening(process, client, "/healthz")
        assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
        early = client.post("/api/v1/ask", json=question)
        assert early.status_code == 503
        assert early.headers["Retry-After"] == "1"
        assert early.headers["Content-Type"] == "application/problem+json"
        assert early.json().keys() == {"type", "title", "status", "detail", "hint"}
        ready = when_ready(client)
        assert ready.json()["status"] == "ready"
        assert ready.json()["documents"] == 1  # the folder was read before it was ready
        assert client.get("/healthz").json() == {"status": "alive"}
        assert "1994" in client.post("/api/v1/ask", json=question).json()["answer"]
        owner = json.loads((tmp_path / "data" / OWNER).read_text())
        assert owner["address"] == str(client.base_url).rstrip("/")
        process.send_signal(signal.SIGINT)  # which, unlike SIGTERM, lets the interpreter tell
        out, told = process.communicate(timeout=60)
        assert process.returncode == 130
        assert f"The assistant answers on {owner['address']}" in out
        assert not (tmp_path / "data" / OWNER).exists()
        assert not modules(told) & {*TORCH, "mcp", "langchain_core", "weasyprint"}


def test_told_to_end_it_closes_what_it_opened(tmp_path: Path) -> None:
    with server(tmp_path) as (process, client):
        when_listening(process, client, "/healthz")
        assert when_ready(client).status_code == 200
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0
        assert not (tmp_path / "data" / OWNER).exists()


def test_what_keeps_it_from_loading_ends_it(tmp_path: Path) -> None:
    env = {"ASSISTANT_EMBEDDING_MODEL": str(tmp_path)}
    refused = assistant("serve", "--port", "0", cwd=tmp_path, env=env)
    assert "no model.safetensors" in one_line(refused)
    assert refused.returncode == 4


def test_a_second_server_says_who_has_the_data(tmp_path: Path) -> None:
    with server(tmp_path) as (process, client):
        when_listening(process, client, "/healthz")
        port = str(client.base_url.port)
        second = assistant("--data-dir", "data", "serve", "--port", port, cwd=tmp_path)
        assert f"in use by process {process.pid}" in one_line(second)
        assert second.returncode == 3


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = assistant("serve", "--port", str(taken.getsockname()[1]), cwd=tmp_path)
    assert "Cannot listen on 127.0.0.1" in one_line(refused)
    assert refused.returncode == 2
