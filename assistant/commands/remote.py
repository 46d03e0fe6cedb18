"""Commands on a server: each is given a client and the options of the command of the same name."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from assistant.commands.asking import show_answer, source_of
from assistant.commands.briefing import write_file
from assistant.commands.common import date_option
from assistant.commands.corpus import show_document
from assistant.commands.verifying import show_verification, text_of
from assistant.errors import AssistantError, InvalidInput

if TYPE_CHECKING:
    from assistant.client import Client
    from assistant.models import OnDuplicate

BRIEFS: dict[str, Literal["json", "md", "docx", "pdf"]] = {"json": "json", "md": "md", "docx": "docx", "pdf": "pdf"}
SHOWN = ("id", "version", "title", "source", "source_type", "author", "published_at", "url", "language")


def ask(client: Client, question: str, as_of: str | None, as_json: bool) -> None:
    """Answer a question."""
    show_answer(client.ask(question, as_of=date_option(as_of)), as_json)


def list_documents(client: Client, as_json: bool) -> None:
    """List the documents."""
    found: list[Mapping[str, Any]] = []
    after: str | None = None
    while True:
        page = client.documents(limit=500, after=after)
        found += page["documents"]
        after = page["next"]
        if after is None:
            break
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for item in found:
        click.echo(f"{item['id']}\tv{item['version']}\t{item['published_at'] or 'undated'}\t{item['title']}")


def show(client: Client, document_id: str, version: int | None, as_json: bool) -> None:
    """Show a document, or an earlier version of it."""
    content = client.content(document_id, version)
    head: dict[str, Any] = {"id": document_id, "version": content["version"], "state": content["state"]}
    head |= {"title": content["title"], "published_at": content["published_at"] or "undated"}
    if content["state"] == "current":
        document: Mapping[str, Any] = client.document(document_id)
        head |= {name: document[name] for name in SHOWN if name not in head}
        head["topics"] = ", ".join(document["topics"]) or None
    show_document(head, content["content"], as_json)


def add(client: Client, what: tuple[str, ...], document_id: str | None, on_duplicate: OnDuplicate) -> None:
    """Hand in files and addresses; wait until they are searchable."""
    if document_id is not None and len(what) > 1:
        raise InvalidInput("One id cannot name several documents.", "Leave --id out, or add one file.")
    failed = 0
    for name in what:
        try:
            if "://" in name:
                fields: dict[str, Any] = {"url": name} if document_id is None else {"url": name, "id": document_id}
                job: Mapping[str, Any] = client.add_document(on_duplicate=on_duplicate, **fields)
            else:
                path = Path(name)
                job = client.upload(path.name, _bytes(path), document_id=document_id, on_duplicate=on_duplicate)
        except AssistantError as error:
            if error.status in {401, 403} or error.status >= 500:
                raise
            failed += 1
            click.echo(f"failed: {name}: {error}", err=True)
            continue
        for result in job["results"]:
            click.echo(f"{result['outcome']}: {result['document_id']} ({result['passages']} passages)")
    if failed:
        sys.exit(1)


def remove(client: Client, ids: tuple[str, ...]) -> None:
    """Withdraw documents."""
    for document_id in ids:
        gone = client.withdraw_document(document_id)
        click.echo(f"withdrawn: {document_id} ({gone['passages_removed']} passages, {gone['passages_left']} left)")


def positions(
    client: Client,
    actor: str | None,
    stance: str | None,
    about: str | None,
    as_of: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show who holds which position."""
    found = client.positions(actor=actor, stance=stance, about=about, as_of=date_option(as_of), limit=limit)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    if not found["positions"]:
        click.echo("No such position was found in the corpus.")
    for position in found["positions"]:
        citation = position["citation"]
        since = " [superseded]" if position["superseded_by"] is not None else ""
        speaker = f"{position['speaker']}: " if position["speaker"] else ""
        click.echo(f"{position['holder']} {position['stance']} {position['target'] or ''}".rstrip() + since)
        click.echo(f"    {speaker}“{' '.join(position['quote'].split())}”")
        click.echo(f"    {citation['title']} ({source_of(citation)}): {citation['passage_id']}")


def timeline(
    client: Client,
    about: str | None,
    actor: str | None,
    first: str | None,
    last: str | None,
    as_of: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show what happened when."""
    days = {"first": date_option(first), "last": date_option(last), "as_of": date_option(as_of)}
    found = client.timeline(about=about, actor=actor, limit=limit, **days)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    if not found["events"]:
        click.echo("No such event was found in the corpus.")
    for event in found["events"]:
        day = event["date"][: {"year": 4, "month": 7, "day": 10}[event["precision"]]]
        click.echo(f"{day:>17}  {' '.join(event['text'].split())}  [{event['citation']['passage_id']}]")


def brief(
    client: Client,
    topic: str,
    output: Path | None,
    as_of: str | None,
    since: str | None,
    answerer: Literal["extractive", "model"] | None,
) -> None:
    """Have a brief written, and write it to a file or to the terminal."""
    kind = BRIEFS.get(output.suffix.lower().removeprefix(".") if output is not None else "md")
    if kind is None:
        raise InvalidInput(
            f"A brief cannot be written as {output.name if output else ''!r}.", "End the name in .md, .docx or .pdf."
        )
    written = client.brief(topic, as_of=date_option(as_of), since=date_option(since), answerer=answerer)
    data = client.brief_file(written["id"], kind)
    if output is None:
        click.echo(data.decode(), nl=False)
        return
    write_file(output, data)
    click.echo(f"{output}: {len(written['sections'])} sections, {len(written['citations'])} citations")


def verify(client: Client, file: Path, as_of: str | None, documents: tuple[str, ...], as_json: bool) -> None:
    """Check a draft sentence by sentence."""
    if file.suffix.lower() == ".docx":
        raise InvalidInput("A server is sent text.", "Save the draft as text or Markdown.")
    text = text_of(file).decode("utf-8", "replace")
    show_verification(client.verify(text, document_ids=documents, as_of=date_option(as_of)), as_json)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.", "Name a file that exists.") from error
