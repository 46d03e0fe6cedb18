"""The ``assistant`` command: options that every command shares, and the list of commands."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from assistant.commands.asking import ask
from assistant.commands.briefing import brief, positions, timeline
from assistant.commands.common import Commands
from assistant.commands.conversations import conversations
from assistant.commands.corpus import add, import_, list_, remove, show, sync
from assistant.commands.evaluating import evaluate
from assistant.commands.health import backup, check, migrate, reindex, restore
from assistant.commands.keys import keys
from assistant.commands.serving import mcp, serve
from assistant.commands.verifying import verify


@click.group(cls=Commands)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the corpus is kept (ASSISTANT_DATA_DIR).")
@click.option("-v", "--verbose", is_flag=True, help="Show what is going on.")
@click.version_option(package_name="briefing-assistant")
@click.pass_context
def cli(ctx: click.Context, data_dir: Path | None, verbose: bool) -> None:
    """Ask a curated corpus: every sentence of an answer is cited, or the assistant refuses."""
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    ctx.obj = {"data_dir": data_dir}


for command in (
    add,
    ask,
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
