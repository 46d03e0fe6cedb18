"""``assistant keys``: who may ask and write over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from assistant.commands.common import with_settings
from assistant.errors import InvalidInput

if TYPE_CHECKING:
    from assistant.settings import Settings

ROLES = ("reader", "curator", "admin")


@click.group()
def keys() -> None:
    """Make, list and revoke the keys that other programs and people send.

    A reader asks and reads, a curator also writes documents, an admin also makes keys. A running server heeds changes
    at once.
    """


@keys.command("make")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="reader", show_default=True, help="What it allows.")
@click.option("--expires", metavar="DATE", help="The last day on which it is valid (UTC); by default it never ends.")
@click.option("--topic", "topics", multiple=True, metavar="TOPIC", help="Only documents with this topic; repeatable.")
@click.option("--source", "sources", multiple=True, metavar="SOURCE", help="Only from this source; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_settings
def make(
    settings: Settings,
    name: str,
    role: str,
    expires: str | None,
    topics: tuple[str, ...],
    sources: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a key for NAME and print it; it cannot be shown again.

    Limited to topics or sources, it finds, quotes and counts nothing else; a curator's writes nothing else.
    """
    from assistant.access_model import Role, Scope
    from assistant.catalogs import write_keys
    from assistant.dates import end_of_day

    try:
        expires_at = end_of_day(expires) if expires else None
    except ValueError as error:
        raise InvalidInput(f"{expires!r} is not a day.", "Write it as YYYY-MM-DD.") from error
    with write_keys(settings) as ring:
        key, secret = ring.add(name, Role(role), expires_at, by="cli", scope=Scope(topics, sources))
    if as_json:
        limits = {"topics": key.scope.topics, "sources": key.scope.sources}
        made = {"id": key.id, "name": key.name, "role": key.role, "expires_at": key.expires_at, **limits, "key": secret}
        click.echo(json.dumps(made, indent=2))
        return
    click.echo(secret)
    until = f", valid through {expires}" if expires else ""
    within = f", limited to {key.scope}" if key.scope else ""
    click.echo(f"{key.name} ({key.role}{until}{within}). Keep the key now: it cannot be shown again.", err=True)


keys.add_command(make, "add")  # as it was called first


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_settings
def list_(settings: Settings, as_json: bool) -> None:
    """List all keys, revoked ones too."""
    from assistant.access import KeyRing
    from assistant.catalogs import read_catalog
    from assistant.index.records import now

    with read_catalog(settings) as database:
        database.migrate()
        found = KeyRing(database).all()
    if as_json:
        from assistant.server.keys import KeyOut

        click.echo(json.dumps([KeyOut.of(key).model_dump() for key in found], indent=2))
        return
    at = now()
    for key in found:
        used = f"used {key.last_used_at[:16].replace('T', ' ')}" if key.last_used_at else "never used"
        until = f"until {key.expires_at[:10]}" if key.expires_at else "for good"
        limits = f"  ({key.scope})" if key.scope else ""
        click.echo(f"{key.id}  {key.state(at):<8} {key.role:<8} {until:<16} {used:<22} {key.name}{limits}")
    if not found:
        click.echo("There are no keys: the server is open on 127.0.0.1 and refuses to listen anywhere else.")


@keys.command()
@click.argument("name_or_id")
@with_settings
def revoke(settings: Settings, name_or_id: str) -> None:
    """End the key with this name or id now."""
    from assistant.catalogs import existing_corpus, write_keys

    existing_corpus(settings)
    with write_keys(settings) as ring:
        key = ring.revoke(name_or_id, by="cli")
        left = ring.in_use()
    click.echo(f"revoked {key.name} ({key.id})")
    if not left:
        click.echo("No key is left: a server on 127.0.0.1 is open again.", err=True)
