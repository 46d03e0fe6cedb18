"""The processes that are measured: the assistant's server, the usual recipe, the bare endpoint."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from benchmarks.machine import resident
from benchmarks.serving import STOPPING, serving


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers over HTTP."""

    client: httpx.Client
    pid: int
    ready_s: float  # from its start to the first question that it can answer

    @property
    def resident_mb(self) -> int:
        """What it and its processes have in memory now."""
        return resident(self.pid)

    def wait_for_index(self) -> float:
        """Seconds until the vector index answers, from now on."""
        began = time.perf_counter()
        while self.client.get("/api/v1/index").raise_for_status().json()["state"] != "ready":
            time.sleep(0.1)
        return time.perf_counter() - began


class Recipe:
    """The usual recipe in a process of its own.

    Args:
        process: answers each line with milliseconds.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.ready_s = float(self._answer())

    def ask(self, question: str) -> float:
        """Milliseconds that it needs to find the nearest chunks."""
        assert self._process.stdin is not None
        self._process.stdin.write(question.replace("\n", " ") + "\n")
        self._process.stdin.flush()
        return float(self._answer())

    @property
    def resident_mb(self) -> int:
        """What it has in memory now."""
        return resident(self._process.pid)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def assistant(data_dir: Path, cache: Path) -> Iterator[Server]:
    """``assistant serve`` over a data directory."""
    began = time.perf_counter()
    settings = {"ASSISTANT_CACHE_DIR": str(cache), "ASSISTANT_LOG_LEVEL": "error"}
    with tempfile.TemporaryDirectory() as folder, serving(data_dir, Path(folder) / "log", settings) as served:
        with httpx.Client(base_url=served.address, timeout=600) as client:
            yield Server(client, served.process.pid, time.perf_counter() - began)


@contextmanager
def endpoint(answer: Path) -> Iterator[Server]:
    """A bare FastAPI endpoint that gives out what is in a file."""
    began = time.perf_counter()
    with _started([sys.executable, "-m", "benchmarks.floors", str(answer)], dict(os.environ)) as process:
        with httpx.Client(base_url=_address(process.stdout), timeout=60) as client:
            yield Server(client, process.pid, time.perf_counter() - began)


@contextmanager
def recipe(store: Path) -> Iterator[Recipe]:
    """The usual recipe over a store that has been filled."""
    with _started([sys.executable, "-m", "benchmarks.naive", "serve", str(store)], dict(os.environ)) as process:
        yield Recipe(process)


@contextmanager
def _started(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(STOPPING)


def _address(output: IO[str] | None) -> str:
    assert output is not None
    for line in output:
        if "answers on" in line:
            return line.split()[-1]
    raise RuntimeError("The server ended before it answered; start it by hand to see why.")
