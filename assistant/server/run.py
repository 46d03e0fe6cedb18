"""Serving: one uvicorn worker, which answers that it is alive before anything is loaded, with an orderly end."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from assistant.data_dir import announce, own_data_dir
from assistant.errors import InvalidConfiguration
from assistant.loopback import is_loopback
from assistant.server.draining import Draining, DrainingServer
from assistant.server.gate import Gate

if TYPE_CHECKING:
    from assistant.services import Services
    from assistant.settings import Settings


SIGNAL_SECONDS = 0.1  # within which a signal is heeded

Opening = Callable[["Settings"], AbstractContextManager["Services"]]


def serve(settings: Settings, *, opening: Opening, on_ready: Callable[[str], None]) -> None:
    """Serve until the process is told to stop; open answers are given time to finish.

    ``/healthz`` answers from the beginning, everything else with 503 until models and corpus are loaded.

    Args:
        settings: what to serve and where. One worker a process; several processes need a catalog and an index on
            servers.
        opening: opens the services, whose data directory is held already, and brings the corpus where it is to be
            before the first question.
        on_ready: called with the address once questions are answered.

    Raises:
        InvalidConfiguration: the address is not to be had, or others reach it and there is no valid key.
        AssistantError: what ``opening`` raises.
    """
    draining = Draining()
    with own_data_dir(settings):
        _check_bind(settings)
        listener = _listen(settings.host, settings.port)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{host}:{listener.getsockname()[1]}"
        gate = Gate()
        with _answering(gate, listener, settings, draining) as running, opening(settings) as services:
            from assistant.server.app import build_app  # imported here: /healthz answers meanwhile

            services.warm_up()
            background = services.start_background()
            try:
                announce(settings, address)
                gate.open(build_app(services, draining))
                on_ready(address)
                told = running.wait()
            finally:
                background.close()
    if signal.SIGINT in told:
        signal.raise_signal(signal.SIGINT)  # told to whoever pressed the keys; a SIGTERM is answered by an orderly end


@dataclass(frozen=True, slots=True)
class _Running:
    """A server and the thread it runs in."""

    server: DrainingServer
    thread: threading.Thread

    def wait(self) -> list[int]:
        """Wait for its end, and have it drain when the process is told to; returns the signals that came."""
        told: list[int] = []

        def stop(number: int, _frame: FrameType | None) -> None:
            self.server.drain()
            told.append(number)

        former = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            # Waiting in short turns: a signal that another thread is given would not wake this one up.
            while self.thread.is_alive():
                self.thread.join(SIGNAL_SECONDS)
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
        return told


@contextmanager
def _answering(gate: Gate, listener: socket.socket, settings: Settings, draining: Draining) -> Iterator[_Running]:
    """A server in a thread of its own, for as long as the block."""
    config = uvicorn.Config(
        gate,
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        server_header=False,
        proxy_headers=False,
        ws="none",
    )
    server = DrainingServer(config, draining)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server", daemon=True)
    thread.start()
    try:
        yield _Running(server, thread)
    finally:
        server.should_exit = True
        thread.join()


def _check_bind(settings: Settings) -> None:
    """Refuse an address that others reach before anything listens there."""
    if is_loopback(settings.host):
        return
    from assistant.catalogs import write_keys

    with write_keys(settings) as keys:
        keys.check_bind(settings.host)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise InvalidConfiguration(
            f"Cannot listen on {host} port {port}: {error.strerror}.",
            "Stop what uses it, or choose another with --port or ASSISTANT_PORT.",
        ) from error
    return listener
