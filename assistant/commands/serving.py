"""``assistant serve``: the chat and the API."""

from __future__ import annotations

from pathlib import Path

import click

from assistant.commands.corpus import run_sync


@click.command()
@click.option("--host", help="Address to listen on (ASSISTANT_HOST).")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one (ASSISTANT_PORT).")
@click.option("--sync", "folder", type=click.Path(path_type=Path), help="Synchronise this folder before serving.")
@click.pass_context
def serve(ctx: click.Context, host: str | None, port: int | None, folder: Path | None) -> None:
    """Serve the chat and the API."""
    from assistant.server.run import serve as run
    from assistant.services import open_services
    from assistant.settings import load_settings

    settings = load_settings(**ctx.obj, host=host, port=port)
    with open_services(settings) as services:
        if folder is not None:
            run_sync(services, folder)
        run(services, on_ready=lambda address: click.echo(f"The assistant answers on {address}"))
