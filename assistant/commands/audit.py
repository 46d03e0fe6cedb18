"""``assistant audit``: who changed what and when."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from assistant.commands.common import with_settings

if TYPE_CHECKING:
    from assistant.settings import Settings


@click.command()
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many entries.")
@click.option("--by", help="Who did it: a key's name, cli, api, watch or feed.")
@click.option("--action", help="Such as document.added, or document for all of that kind.")
@click.option("--subject", help="The id of what was changed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_settings
def audit(
    settings: Settings, limit: int, by: str | None, action: str | None, subject: str | None, as_json: bool
) -> None:
    """List who changed what and when, the latest first; also beside a running server."""
    from assistant.catalogs import read_catalog
    from assistant.index import audit_log
    from assistant.index.audit_log import AuditFilter

    with read_catalog(settings) as database:
        database.migrate()
        with database.read() as connection:
            found = audit_log.page(connection, AuditFilter(by, action, subject), limit)
    if as_json:
        click.echo(json.dumps([asdict(entry) for entry in found], indent=2, ensure_ascii=False))
        return
    for entry in found:
        version = f" v{entry.version}" if entry.version is not None else ""
        click.echo(f"{entry.at[:19].replace('T', ' ')}  {entry.action:<20} {entry.by}: {entry.subject or '-'}{version}")
