"""``assistant serve``: the chat and the API. ``assistant mcp``: the corpus for one model's client."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.commands.common import with_settings
from assistant.commands.corpus import run_sync

if TYPE_CHECKING:
    from assistant.services import Services
    from assistant.settings import Settings


@click.command()
@click.option("--host", help="Address to listen on (ASSISTANT_HOST).")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one (ASSISTANT_PORT).")
@click.option("--sync", "folder", type=click.Path(path_type=Path), help="Synchronise this folder before serving.")
@click.pass_context
def serve(ctx: click.Context, host: str | None, port: int | None, folder: Path | None) -> None:
    """Serve the chat and the API."""
    from assistant.logs import configure_server
    from assistant.redaction import Redactor
    from assistant.server.run import serve as run
    from assistant.settings import load_settings

    settings = load_settings(**ctx.obj, host=host, port=port)
    secret = settings.model_api_key.get_secret_value() if settings.model_api_key else ""
    configure_server(settings.log_format, settings.log_level, Redactor.of_environment([secret]))

    @contextmanager
    def opening(settings: Settings) -> Iterator[Services]:
        from assistant.services import open_services

        with open_services(settings, owned=True) as services:
            if folder is not None:
                gc.enable()
                run_sync(services, folder)
            yield services

    def ready(address: str) -> None:
        gc.freeze()  # what is loaded stays, and is not gone through again for every look for garbage
        gc.enable()
        click.echo(f"The assistant answers on {address}")

    gc.disable()  # hardly anything that loading makes is garbage, and looking for it takes a tenth of the start
    try:
        run(settings, opening=opening, on_ready=ready)
    finally:
        gc.enable()


@click.command()
@with_settings
def mcp(settings: Settings) -> None:
    """Serve the corpus to a model's client over MCP, on standard input and output.

    While a server uses the same data directory, the client asks that one, at /mcp.
    """
    import anyio

    from assistant.catalogs import existing_corpus
    from assistant.server.mcp import build_server
    from assistant.services import open_services

    existing_corpus(settings)
    with open_services(settings) as services:
        anyio.run(build_server(services).run_stdio_async)
