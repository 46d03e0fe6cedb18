"""A real server on a free loopback port, for clients that speak HTTP by themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import uvicorn

from assistant.server.app import build_app
from assistant.services import Services


class Serving:
    """A server that can be stopped in the middle of everything and started again at the same address."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        config = uvicorn.Config(build_app(self._services), host="127.0.0.1", port=self._port, log_level="warning")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="server", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 60
        while not self._server.started:
            assert self._thread.is_alive() and time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        self._port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self, *, at_once: bool = False) -> None:
        """Stop; ``at_once`` breaks open answers off."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit, self._server.force_exit = True, at_once
        self._thread.join(30)
        assert not self._thread.is_alive()
        self._server = self._thread = None

    def __enter__(self) -> Serving:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


@contextmanager
def serving(services: Services) -> Iterator[str]:
    """The address of a server over ``services``."""
    with Serving(services) as server:
        yield server.address
