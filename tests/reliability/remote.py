"""An assistant in a process of its own, which a test can ask, kill, and start again on the same directory."""

from __future__ import annotations

import faulthandler
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from assistant.curation import jobs
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.reliability.corpora import SignEncoder

Result = TypeVar("Result")

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.reliability.warm"])


class Died(Exception):
    """The process ended before it answered."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a function that runs over there can use."""

    services: Services
    encoder: SignEncoder
    channel: Connection  # to tell more than one thing
    opened: float  # monotonic seconds


class RemoteAssistant:
    """Opens a corpus in a new process.

    Args:
        settings: what to open.
        encoder: the encoder to use there.
        before: called there before anything is opened.
        name: of its log, beside the data directory.
    """

    def __init__(
        self,
        settings: Settings,
        encoder: SignEncoder | None = None,
        before: Callable[[], None] | None = None,
        name: str = "assistant",
    ) -> None:
        self._log = settings.data_dir.parent / f"{name}.log"
        self.channel, theirs = _CONTEXT.Pipe()
        arguments = (theirs, settings, encoder or SignEncoder(), self._log, before)
        self._process = _CONTEXT.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> RemoteAssistant:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.is_alive():
            self.kill()

    def opened(self, timeout: float = 60) -> float:
        """Wait until it is open; the seconds that took.

        Raises:
            Died: it ended instead.
            AssistantError: what opening raised there.
        """
        seconds: float = self.receive(timeout)
        return seconds

    def call(self, function: Callable[..., Result], *args: object, timeout: float = 60) -> Result:
        """The result of ``function(session, *args)`` over there; what it raises is raised here.

        Raises:
            Died: it ended before it answered.
        """
        self.start(function, *args)
        result: Result = self.receive(timeout)
        return result

    def start(self, function: Callable[..., object], *args: object) -> None:
        """Begin a call whose messages are received one by one."""
        try:
            self.channel.send((function, args))
        except OSError as error:
            raise self._died() from error

    def receive(self, timeout: float = 60) -> Any:
        """The next message.

        Raises:
            Died: there is none, since the process ended.
        """
        try:
            if not self.channel.poll(timeout):
                raise TimeoutError(f"no answer in {timeout} s; its log ends with\n{self.log()}")
            kind, value = self.channel.recv()
        except (EOFError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise self._died() from error
        if kind == "error":
            raise value
        return value

    def kill(self) -> None:
        """SIGKILL."""
        with suppress(ProcessLookupError):
            os.kill(self._process.pid or 0, signal.SIGKILL)
        self._process.join()

    def close(self, timeout: float = 60) -> None:
        """End it properly.

        Raises:
            Died: it crashed on the way.
        """
        self.channel.send(None)
        self._process.join(timeout)
        if self._process.exitcode != 0:
            raise self._died()

    def log(self, lines: int = 30) -> str:
        """The end of what it logged."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _died(self) -> Died:
        self._process.join(10)
        return Died(f"exit status {self._process.exitcode}; its log ends with\n{self.log()}")


def run_apart(function: Callable[..., None], *args: object, timeout: float = 60) -> int:
    """Run a function in a process of its own; its exit status, negative where a signal ended it."""
    process = _CONTEXT.Process(target=function, args=args, daemon=True)
    process.start()
    process.join(timeout)
    if process.exitcode is None:
        process.kill()
        process.join()
    return process.exitcode or 0


def tell(session: Session, message: object) -> None:
    """Send a message from over there while a function runs."""
    session.channel.send(("message", message))


def _serve(
    channel: Connection, settings: Settings, encoder: SignEncoder, log: Path, before: Callable[[], None] | None
) -> None:
    begun = time.monotonic()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    faulthandler.enable(descriptor)
    logging.basicConfig(level=logging.WARNING, format="%(process)d %(relativeCreated)d %(name)s: %(message)s")
    jobs.LEASE_SECONDS, jobs.RENEW_SECONDS = 2.0, 0.5  # a killed process's jobs are gone on with after its lease
    if before is not None:
        before()
    try:
        with open_services(settings, encoder) as services:
            channel.send(("opened", time.monotonic() - begun))
            session = Session(services, encoder, channel, begun)
            while (request := channel.recv()) is not None:
                function, args = request
                try:
                    channel.send(("result", function(session, *args)))
                except Exception as error:  # the test decides what it means
                    logging.exception("The call failed")
                    channel.send(("error", error))
    except (EOFError, BrokenPipeError):
        pass  # the test has gone
    except Exception as error:
        logging.exception("The assistant ended")
        channel.send(("error", error))
