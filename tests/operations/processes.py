"""A server in a process of its own, which a test can tell to stop."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A running server."""

    address: str
    popen: subprocess.Popen[str]
    log: Path


@contextmanager
def slow_server(folder: Path, pause: float) -> Iterator[Process]:
    """A server whose chat model waits ``pause`` seconds before each sentence."""
    log = folder / "server.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
    with log.open("w") as errors:
        popen = subprocess.Popen(
            [sys.executable, "-m", "tests.operations.slow_server", str(folder / "data"), str(pause)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment,
        )
    try:
        assert popen.stdout is not None
        address = popen.stdout.readline().strip()
        assert address.startswith("http://"), log.read_text()
        yield Process(address, popen, log)
    finally:
        popen.kill()
        popen.wait()
        if popen.stdout is not None:
            popen.stdout.close()
