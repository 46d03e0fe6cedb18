"""A real server for benchmarks: a process of its own, looked at from outside."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from benchmarks.machine import MEGABYTE

STOPPING = 900.0  # seconds that an orderly end may take, which seals a large index


@dataclass(frozen=True, slots=True)
class Sample:
    """What a server takes at one moment."""

    megabytes: float  # resident, of the server itself
    with_children: float  # … and with the processes that it has started; pages that they share count twice
    descriptors: int  # of all of them
    threads: int  # of the server itself
    processor_seconds: float  # of the server itself, since it began


@dataclass(frozen=True, slots=True)
class Served:
    """A running server.

    Args:
        address: where it answers.
        process: as the system knows it.
        log: what it logs.
    """

    address: str
    process: psutil.Process
    log: Path

    def sample(self) -> Sample:
        """What it takes now."""
        resident, descriptors = self.process.memory_info().rss / MEGABYTE, self.process.num_fds()
        beside = 0.0
        for child in self.process.children(recursive=True):
            try:
                beside += child.memory_info().rss / MEGABYTE
                descriptors += child.num_fds()
            except psutil.Error:  # it has ended meanwhile
                continue
        used = self.process.cpu_times()
        return Sample(
            round(resident, 1),
            round(resident + beside, 1),
            descriptors,
            self.process.num_threads(),
            round(used.user + used.system, 2),
        )

    def problems(self) -> list[str]:
        """The lines of its log that tell of errors."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if '"level": "error"' in line or '"level": "critical"' in line]


@contextmanager
def serving(data_dir: Path, log: Path, settings: Mapping[str, str] | None = None) -> Iterator[Served]:
    """A server over a data directory, ready to answer.

    Args:
        data_dir: what it serves.
        log: the file that it logs to.
        settings: variables beside those of this process, none of whose own ``ASSISTANT_…`` it is given.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
    environment |= {"ASSISTANT_LOG_FORMAT": "json", **(settings or {})}
    command = [sys.executable, "-m", "assistant", "--data-dir", str(data_dir), "serve", "--port", "0"]
    with log.open("w") as errors:
        popen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
    try:
        assert popen.stdout is not None
        told = next((line for line in popen.stdout if "answers on" in line), None)
        assert told is not None, f"the server did not start: {log.read_text()}"
        address = told.split()[-1]
        httpx.get(f"{address}/readyz", timeout=60).raise_for_status()
        yield Served(address, psutil.Process(popen.pid), log)
    finally:
        popen.terminate()
        popen.wait(STOPPING)
        if popen.stdout is not None:
            popen.stdout.close()
