"""Commands that fill and show the corpus."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.commands.common import with_settings

if TYPE_CHECKING:
    from assistant.curation.sync import SyncReport
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


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_settings
def list_(settings: Settings, as_json: bool) -> None:
    """List the documents of the corpus."""
    from assistant.index.catalog import list_documents
    from assistant.services import read_catalog

    with read_catalog(settings) as database, database.read() as connection:
        found = list_documents(connection)
    if as_json:
        from assistant.server.schemas import DocumentOut

        click.echo(json.dumps([DocumentOut.of(item).model_dump() for item in found], ensure_ascii=False, indent=2))
        return
    for item in found:
        date = item.metadata.published_at or "undated"
        click.echo(f"{item.document.id}\tv{item.document.current_version}\t{date}\t{item.metadata.title}")


@click.command()
@click.argument("document_id", metavar="ID")
@click.option("--version", type=click.IntRange(min=1), help="An earlier version.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_settings
def show(settings: Settings, document_id: str, version: int | None, as_json: bool) -> None:
    """Show the document ID: what it says of itself, and its text."""
    from assistant.index.catalog import get_version
    from assistant.services import read_catalog

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
    if as_json:
        click.echo(json.dumps({**head, "content": found.text}, ensure_ascii=False, indent=2))
        return
    for name, value in head.items():
        if value is not None:
            click.echo(f"{name}: {value}")
    click.echo(f"\n{found.text}")


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
