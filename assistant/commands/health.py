"""Commands that look after a corpus: check, reindex, backup, restore, migrate."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.commands.common import progress, with_settings
from assistant.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from assistant.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_settings
def check(settings: Settings, as_json: bool) -> None:
    """Audit the corpus: catalog, full text and index must agree, and passages must find themselves."""
    from assistant.catalogs import existing_corpus
    from assistant.index.health import audit
    from assistant.services import open_services

    existing_corpus(settings)
    with open_services(settings) as services:
        services.index.wait_ready()
        engine = services.engines.current
        findings = audit(services.database, engine.index, engine.fingerprint)
    if as_json:
        click.echo(json.dumps([{"name": f.name, "ok": f.ok, "detail": f.detail} for f in findings], indent=2))
    else:
        for finding in findings:
            click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        sys.exit(1)


@click.command()
@with_settings
def reindex(settings: Settings) -> None:
    """Rebuild the index from stored vectors, or embed again where the model or the chunker has changed.

    Statements are found again where the actors, the stances or the code that finds them have changed.
    """
    from assistant.catalogs import existing_corpus
    from assistant.curation.reindexing import REEMBED, reembed
    from assistant.curation.rereading import reread
    from assistant.index import audit_log, lexical
    from assistant.services import open_services

    existing_corpus(settings)
    with open_services(settings, to_reindex=True) as services:
        if services.successor is not None:
            with services.database.alone(REEMBED) as mine, progress("document") as tell:
                if not mine:
                    raise Conflict("Another process embeds the corpus again already.", "Wait until that has ended.")
                embedded = reembed(
                    services.database, services.engines, services.pipeline, services.successor, progress=tell
                )
            click.echo(f"embedded {embedded} passages again with {services.successor.fingerprint}")
        else:
            with services.database.write() as connection:
                lexical.rebuild(connection)
                audit_log.note(connection, "index.rebuilt", by="cli")
            services.index.rebuild("asked for")
            with progress("document") as tell:
                read = reread(services.database, services.pipeline, tell)
            if read:
                click.echo(f"read the statements of {read} documents again")
        services.index.wait_ready()
        click.echo(f"the index holds {services.index.health().entries} passages")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_settings
def backup(settings: Settings, file: Path) -> None:
    """Write the whole corpus into FILE; it may be in use meanwhile."""
    from assistant.catalogs import CATALOG, existing_corpus, read_catalog
    from assistant.index.backup import backup as copy
    from assistant.index.copying import export

    if settings.database_url is None:
        existing_corpus(settings)
        size = copy(settings.data_dir / CATALOG, file)
    else:
        with read_catalog(settings) as database, progress("row") as tell:
            size = export(database, file, tell)
    click.echo(f"{file}: {size:,} bytes")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_settings
def restore(settings: Settings, file: Path) -> None:
    """Put the corpus of a backup FILE in the place of the present one, which is kept beside it."""
    from assistant.catalogs import CATALOG
    from assistant.data_dir import own_data_dir
    from assistant.index import audit_log
    from assistant.index.backup import restore as put_back
    from assistant.services import open_services

    if settings.database_url is None:
        with own_data_dir(settings):
            kept = put_back(file, settings.data_dir, CATALOG)
    else:
        kept = _restore_on_server(settings, file)
    with open_services(settings, to_reindex=True) as services:
        with services.database.write() as connection:
            audit_log.note(connection, "corpus.restored", by="cli", detail={"file": file.name})
        services.index.wait_ready()
        entries = services.index.health().entries
    click.echo(f"restored {file}: {entries} passages" + (f"; the former corpus is in {kept}" if kept else ""))


def _restore_on_server(settings: Settings, file: Path) -> Path | None:
    from assistant.catalogs import own_server_catalog
    from assistant.index.copying import bring_back, export

    with own_server_catalog(settings) as database, progress("row") as tell:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        kept: Path | None = None
        if database.has_tables():
            kept = settings.data_dir / "catalog.before-restore"
            database.migrate()
            export(database, kept)
        bring_back(file, database, settings.data_dir, tell)
    return kept


@click.command()
@click.option("--to", "target", metavar="URL", help="Copy the data directory's corpus into this PostgreSQL database.")
@click.option("--from", "source", metavar="URL", help="Copy the corpus of this database into the data directory.")
@with_settings
def migrate(settings: Settings, target: str | None, source: str | None) -> None:
    """Copy a corpus between the data directory and a database server, without embedding anything again.

    It is copied whole or not at all, from one moment's state, into an empty place; the original stays as it is.
    """
    from pydantic import SecretStr

    from assistant.catalogs import CATALOG, existing_corpus, open_catalog, own_server_catalog, read_catalog
    from assistant.data_dir import own_data_dir
    from assistant.index.copying import export, fill

    if (target is None) == (source is None):
        raise InvalidInput("Say either where to or where from.", "Use --to URL or --from URL.")
    address = SecretStr(target or source or "")
    on_server = settings.model_copy(update={"database_url": address})
    in_folder = settings.model_copy(update={"database_url": None, "chroma_url": None})
    if target is not None:
        existing_corpus(in_folder)
    with own_data_dir(in_folder), progress("row") as tell:
        if target is not None:
            embedded = open_catalog(in_folder)
            try:
                embedded.migrate()
                with own_server_catalog(on_server) as database:
                    counts = fill(embedded, database, tell)
            finally:
                embedded.close()
            click.echo(f"copied {counts['documents']} documents with {counts['passages']} passages and their vectors")
            return
        file = in_folder.data_dir / CATALOG
        if file.exists():
            raise Conflict(
                f"There is a corpus in {in_folder.data_dir} already.", "Name an empty place with --data-dir."
            )
        with read_catalog(on_server) as database:
            size = export(database, file, tell)
        click.echo(f"copied into {file}: {size:,} bytes")
