"""Serving: one uvicorn worker, which answers that it is alive before anything is loaded, with an orderly end."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


def serve(settings: Settings, *, prepare: Callable[[Services], None], on_ready: Callable[[str], None]) -> None:
    """Serve until the process is told to stop; open answers are given time to finish.

    ``/healthz`` answers from the beginning, everything else with 503 until models and corpus are loaded.

    Args:
        settings: what to serve and where. The embedded index allows one process, hence one worker.
        prepare: done with the corpus before the first question, such as bringing it in step with a folder.
        on_ready: called with the address once questions are answered.

    Raises:
        InvalidConfiguration: the address is not to be had, or others reach it and there is no valid key.
        AssistantError: what ``open_services`` or ``prepare`` raises.
    """
    told: list[int] = []
    draining = Draining()
    with own_data_dir(settings):
        _check_bind(settings)
        listener = _listen(settings.host, settings.port)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{host}:{listener.getsockname()[1]}"
        gate = Gate()
        with _answering(gate, listener, settings, draining) as (server, thread):

            def wait() -> None:
                told.extend(_wait(server, thread))

            _load_and_serve(settings, gate, address, draining, prepare, on_ready, wait)
    if signal.SIGINT in told:
        signal.raise_signal(signal.SIGINT)  # told to whoever pressed the keys; a SIGTERM is answered by an orderly end


def _load_and_serve(
    settings: Settings,
    gate: Gate,
    address: str,
    draining: Draining,
    prepare: Callable[[Services], None],
    on_ready: Callable[[str], None],
    wait: Callable[[], None],
) -> None:
    from assistant.server.app import build_app
    from assistant.services import open_services

    with open_services(settings, owned=True) as services:
        prepare(services)
        services.warm_up()
        background = services.start_background()
        try:
            announce(settings.data_dir, address)
            gate.open(build_app(services, draining))
            on_ready(address)
            wait()
        finally:
            background.close()


@contextmanager
def _answering(
    gate: Gate, listener: socket.socket, settings: Settings, draining: Draining
) -> Iterator[tuple[DrainingServer, threading.Thread]]:
    """A server in a thread of its own, for as long as the block."""
    config = uvicorn.Config(
        gate,
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        server_header=False,
        proxy_headers=False,
    )
    server = DrainingServer(config, draining)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server", daemon=True)
    thread.start()
    try:
        yield server, thread
    finally:
        server.should_exit = True
        thread.join()


def _wait(server: DrainingServer, thread: threading.Thread) -> list[int]:
    """Wait for the end of the server, and have it drain when the process is told to; returns the signals that came."""
    told: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        server.drain()
        told.append(number)

    former = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        thread.join()
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    return told


def _check_bind(settings: Settings) -> None:
    """Refuse an address that others reach before anything listens there."""
    if is_loopback(settings.host):
        return
    from assistant.services import write_keys

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
