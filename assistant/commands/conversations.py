"""``assistant conversations``: what readers asked and were answered, where they had it kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.commands.common import with_settings
from assistant.errors import StorageFailed

if TYPE_CHECKING:
    from assistant.conversations import Conversations
    from assistant.settings import Settings


@click.group()
def conversations() -> None:
    """List, show, export and delete kept conversations, whoever's they are.

    Works beside a running server. Readers see their own over HTTP.
    """


@conversations.command("list")
@click.option("--search", metavar="TEXT", help="Only those with this in their title or a question.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Most to list.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_settings
def list_(settings: Settings, search: str | None, limit: int, as_json: bool) -> None:
    """List conversations, the latest first."""
    from dataclasses import asdict

    with _kept(settings) as kept:
        found, _ = kept.page(limit, contains=search)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        click.echo(f"{one.id}  {one.updated_at[:16].replace('T', ' ')}  {one.messages:>3} messages  {one.title}")
    if not found:
        click.echo("No conversation is kept." if search is None else "No conversation holds that.")


@conversations.command()
@click.argument("conversation_id")
@with_settings
def show(settings: Settings, conversation_id: str) -> None:
    """Print a conversation."""
    with _kept(settings) as kept:
        conversation, messages = kept.read(conversation_id)
    click.echo(conversation.title)
    for message in messages:
        click.echo(f"\n{'> ' if message.role == 'user' else ''}{message.content}")
        if message.answer is not None and message.answer["notice"]:
            click.echo(f"({message.answer['notice']})")
        for citation in message.answer["citations"] if message.answer is not None else ():
            click.echo(f"  [{citation['number']}] {citation['title']} ({citation['document_id']})")
        if message.feedback is not None:
            click.echo(
                f"  rated {message.feedback.rating}{': ' if message.feedback.reason else ''}"
                f"{message.feedback.reason or ''}"
            )


@conversations.command()
@click.argument("conversation_id")
@click.option("--format", "kind", type=click.Choice(["md", "json"]), default="md", show_default=True, help="As what.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@with_settings
def export(settings: Settings, conversation_id: str, kind: str, output: Path | None) -> None:
    """Print a conversation as Markdown with footnotes, or as JSON."""
    from assistant.answering.exports.conversation import render
    from assistant.server.conversation_schemas import whole

    with _kept(settings) as kept:
        found = kept.read(conversation_id)
    text = render(*found) if kind == "md" else json.dumps(whole(*found), ensure_ascii=False, indent=2) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise StorageFailed(
            f"{output} cannot be written: {error.strerror or error}.", "Choose another file."
        ) from error


@conversations.command()
@click.argument("conversation_ids", nargs=-1, required=True)
@with_settings
def delete(settings: Settings, conversation_ids: tuple[str, ...]) -> None:
    """Delete conversations for good."""
    with _kept(settings) as kept:
        for conversation_id in conversation_ids:
            kept.delete(conversation_id)
            click.echo(f"deleted {conversation_id}")


@contextmanager
def _kept(settings: Settings) -> Iterator[Conversations]:
    from assistant.catalogs import read_catalog
    from assistant.conversations import Conversations

    with read_catalog(settings) as database:
        database.migrate()
        yield Conversations(database, None)
