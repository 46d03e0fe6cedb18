"""Commands that fill and show the corpus."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.commands.common import here_or_remote, progress, with_settings

if TYPE_CHECKING:
    from assistant.curation.sync import SyncReport
    from assistant.models import OnDuplicate, Submission
    from assistant.services import Services
    from assistant.settings import Settings


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@with_settings
def sync(settings: Settings, folder: Path | None) -> None:
    """Make the corpus match FOLDER; without one, the documents that ship with the assistant."""
    from assistant.services import open_services

    with open_services(settings) as services:
        report = run_sync(services, folder or _shipped_corpus())
        services.index.wait_ready()
    if report.failed:
        sys.exit(1)


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="PATH|URL...")
@click.option("--id", "document_id", help="The document's id, for a single file or address.")
@click.option("--on-duplicate", type=click.Choice(["skip", "replace", "error"]), default="replace", show_default=True)
@here_or_remote("add")
def add(settings: Settings, what: tuple[str, ...], document_id: str | None, on_duplicate: OnDuplicate) -> None:
    """Add files, folders or addresses; a document that exists gets a new version."""
    from assistant.curation.adding import submissions_for
    from assistant.services import open_services

    with open_services(settings) as services:
        submissions = submissions_for(what, services.sync.limits, document_id)
        ok = _take_in(services, submissions, on_duplicate)
    if not ok:
        sys.exit(1)


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--on-duplicate", type=click.Choice(["skip", "replace", "error"]), default="replace", show_default=True)
@with_settings
def import_(settings: Settings, file: Path, on_duplicate: OnDuplicate) -> None:
    """Import FILE of JSON lines, one document a line; running it again goes on where it was."""
    from assistant.curation.adding import lines_of
    from assistant.services import open_services

    with open_services(settings) as services:
        ok = _take_in(services, lines_of(file), on_duplicate)
        services.index.wait_ready()
    if not ok:
        sys.exit(1)


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@here_or_remote("remove")
def remove(settings: Settings, ids: tuple[str, ...]) -> None:
    """Withdraw documents: they are in no answer, search or list any more."""
    from assistant.catalogs import existing_corpus
    from assistant.services import open_services

    existing_corpus(settings)
    with open_services(settings) as services:
        for document_id in ids:
            gone = services.pipeline.withdraw(document_id, by="cli")
            click.echo(f"withdrawn: {document_id} ({gone} passages, 0 left)")


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@here_or_remote("list_documents")
def list_(settings: Settings, as_json: bool) -> None:
    """List the documents of the corpus."""
    from assistant.catalogs import read_catalog
    from assistant.index.document_table import list_documents

    with read_catalog(settings) as database, database.read() as connection:
        found = list_documents(connection)
    if as_json:
        from assistant.server.document_schemas import DocumentOut

        click.echo(json.dumps([DocumentOut.of(item).model_dump() for item in found], ensure_ascii=False, indent=2))
        return
    for item in found:
        date = item.metadata.published_at or "undated"
        click.echo(f"{item.document.id}\tv{item.document.current_version}\t{date}\t{item.metadata.title}")


@click.command()
@click.argument("document_id", metavar="ID")
@click.option("--version", type=click.IntRange(min=1), help="An earlier version.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@here_or_remote("show")
def show(settings: Settings, document_id: str, version: int | None, as_json: bool) -> None:
    """Show the document ID: what it says of itself, and its text."""
    from assistant.catalogs import read_catalog
    from assistant.index.catalog import get_version

    with read_catalog(settings) as database, database.read() as connection:
        found = get_version(connection, document_id, version)
    metadata = found.metadata
    head = {
        "id": document_id,
        "version": found.number,
        "state": found.state,
        "title": metadata.title,
        "source": metadata.source,
        "source_type": metadata.source_type,
        "author": metadata.author,
        "published_at": metadata.published_at or "undated",
        "url": metadata.url,
        "language": metadata.language,
        "topics": ", ".join(metadata.topics) or None,
    }
    show_document(head, found.text, as_json)


def show_document(head: Mapping[str, Any], text: str, as_json: bool) -> None:
    """Print what a document says of itself, and its text."""
    if as_json:
        click.echo(json.dumps({**head, "content": text}, ensure_ascii=False, indent=2))
        return
    for name, value in head.items():
        if value is not None:
            click.echo(f"{name}: {value}")
    click.echo(f"\n{text}")


def _take_in(services: Services, submissions: Iterable[Submission], on_duplicate: OnDuplicate) -> bool:
    """Ingest one thing after the other; whether all could be used."""
    from assistant.errors import AssistantError

    counts: Counter[str] = Counter()
    with progress("document") as tell:
        for number, submission in enumerate(submissions, 1):
            try:
                for document_id, loaded in services.intake.read(submission):
                    done = services.pipeline.ingest(
                        document_id, loaded, origin="cli", by="cli", on_duplicate=on_duplicate
                    )
                    counts[done.outcome] += 1
            except AssistantError as error:
                if error.status >= 500 and submission.kind != "url":
                    raise
                counts["failed"] += 1
                click.echo(f"failed: {submission.name}: {error}", err=True)
            tell(number, number)
    click.echo(", ".join(f"{counts[name]} {name}" for name in ("added", "updated", "unchanged", "skipped", "failed")))
    return not counts["failed"]


def run_sync(services: Services, folder: Path) -> SyncReport:
    """Synchronise a folder, with a progress bar on a terminal and plain lines elsewhere."""
    from assistant.curation.sync import SyncEvent

    bar: Any = None
    if sys.stderr.isatty():
        from tqdm import tqdm

        bar = tqdm(unit="file", leave=False, file=sys.stderr)

    def tell(event: SyncEvent, files: int) -> None:
        if bar is not None:
            bar.total = files
            bar.update()
        elif event.action not in ("unchanged", "failed"):
            click.echo(f"{event.action}: {event.path}", err=True)

    try:
        report = services.sync.run(folder, by="cli", on_event=tell)
    finally:
        if bar is not None:
            bar.close()
    for path, reason in report.failed:
        click.echo(f"failed: {path}: {reason}", err=True)
    click.echo(
        f"{folder}: {report.added} added, {report.updated} updated, {report.removed} removed, "
        f"{report.unchanged} unchanged, {len(report.failed)} failed"
    )
    return report


def _shipped_corpus() -> Path:
    from assistant.paths import shipped

    return shipped("corpus")
