"""The ``assistant`` command: options that every command shares, and the list of commands."""

from __future__ import annotations

from pathlib import Path

import click

from assistant.commands.asking import ask
from assistant.commands.audit import audit
from assistant.commands.briefing import brief, positions, timeline
from assistant.commands.common import Commands
from assistant.commands.conversations import conversations
from assistant.commands.corpus import add, import_, list_, remove, show, sync
from assistant.commands.evaluating import evaluate
from assistant.commands.health import backup, check, migrate, reindex, restore
from assistant.commands.keys import keys
from assistant.commands.serving import mcp, serve
from assistant.commands.verifying import verify
from assistant.logs import configure_command


@click.group(cls=Commands)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the corpus is kept (ASSISTANT_DATA_DIR).")
@click.option("--server", metavar="URL", help="Ask this server instead (ASSISTANT_SERVER).")
@click.option("--key", metavar="KEY", help="The key for that server (ASSISTANT_KEY, which no list of processes shows).")
@click.option("-v", "--verbose", is_flag=True, help="Show what is going on.")
@click.version_option(package_name="briefing-assistant")
@click.pass_context
def cli(ctx: click.Context, data_dir: Path | None, server: str | None, key: str | None, verbose: bool) -> None:
    """Ask a curated corpus: every sentence of an answer is cited, or the assistant refuses."""
    configure_command(verbose)
    ctx.obj = {"data_dir": data_dir, "server": server, "key": key}


for command in (
    add,
    ask,
    audit,
    backup,
    brief,
    check,
    conversations,
    evaluate,
    import_,
    keys,
    list_,
    mcp,
    migrate,
    positions,
    reindex,
    remove,
    restore,
    serve,
    show,
    sync,
    timeline,
    verify,
):
    cli.add_command(command)


def main() -> None:
    """The entry point of the ``assistant`` command."""
    cli(prog_name="assistant")
