"""Serving: one uvicorn worker over opened services, with an orderly end."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from assistant.errors import InvalidConfiguration
from assistant.server.app import build_app
from assistant.services import Services, announce


def serve(services: Services, *, on_ready: Callable[[str], None]) -> None:
    """Serve until the process is told to stop; open answers are given time to finish.

    Args:
        services: what to serve. One worker a process; several processes need a catalog and an index on servers.
        on_ready: called with the address once it answers.

    Raises:
        InvalidConfiguration: the address is not to be had, or others reach it and there is no valid key.
    """
    settings = services.settings
    services.keys.check_bind(settings.host)
    listener = _listen(settings.host, settings.port)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{listener.getsockname()[1]}"
    services.warm_up()
    config = uvicorn.Config(
        build_app(services),
        log_level="warning",
        timeout_graceful_shutdown=settings.shutdown_seconds,
        server_header=False,
        proxy_headers=False,
    )
    background = services.start_background()
    try:
        announce(settings, address)
        on_ready(address)
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        background.close()


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
