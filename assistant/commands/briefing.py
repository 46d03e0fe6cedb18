"""``assistant positions``, ``timeline`` and ``brief``: what analysts ask beside questions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from assistant.commands.common import date_option, here_or_remote
from assistant.errors import InvalidInput, StorageFailed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from assistant.answering.position_model import Position
    from assistant.answering.timeline import Event
    from assistant.answering.topic import TopicSearch
    from assistant.settings import Settings
    from assistant.stances import StanceBook

LIMIT = click.IntRange(1, 500)


@click.command()
@click.option("--actor", metavar="NAME", help="Whose positions; any name will do: Moscow, the Kremlin.")
@click.option("--stance", metavar="WORD", help="Only this stance: rejects, demands, offers, …")
@click.option("--about", metavar="TOPIC", help="Only what is about this.")
@click.option("--as-of", metavar="DATE", help="Leave out everything later.")
@click.option("--limit", type=LIMIT, default=100, show_default=True, help="Most positions to show.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@here_or_remote("positions")
def positions(
    settings: Settings,
    actor: str | None,
    stance: str | None,
    about: str | None,
    as_of: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show who holds which position, said by whom and when."""
    from assistant.actors import ActorBook
    from assistant.answering.positions import PositionFinder, PositionQuery
    from assistant.models import Filters
    from assistant.paths import actors_path, stances_path
    from assistant.stances import StanceBook

    stances = StanceBook.load(stances_path(settings.stances_file))
    query = PositionQuery(actor, stance, about, Filters(as_of=date_option(as_of)), limit)
    with _reading(settings, about) as (connection, search):
        finder = PositionFinder(ActorBook.load(actors_path(settings.actors_file)), stances, search)
        found = finder.positions(connection, query)
    if as_json:
        from assistant.server.brief_schemas import PositionList

        click.echo(json.dumps(PositionList.of(found).model_dump(), ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("No such position was found in the corpus.")
    for position in found:
        _print_position(stances, position)


@click.command()
@click.option("--about", metavar="TOPIC", help="Only what is about this.")
@click.option("--actor", metavar="NAME", help="Only sentences that name this actor, by any name.")
@click.option("--from", "first", metavar="DATE", help="From this year, month or day.")
@click.option("--to", "last", metavar="DATE", help="Up to this year, month or day.")
@click.option("--as-of", metavar="DATE", help="Leave out everything later.")
@click.option("--limit", type=LIMIT, default=100, show_default=True, help="Most events to show.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@here_or_remote("timeline")
def timeline(
    settings: Settings,
    about: str | None,
    actor: str | None,
    first: str | None,
    last: str | None,
    as_of: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show what happened when, in the corpus's own sentences."""
    from assistant.actors import ActorBook
    from assistant.answering.timeline import TimelineFinder, TimelineQuery
    from assistant.models import Filters
    from assistant.paths import actors_path

    filters = Filters(as_of=date_option(as_of))
    query = TimelineQuery(about, actor, date_option(first), date_option(last), filters, limit)
    with _reading(settings, about) as (connection, search):
        found = TimelineFinder(ActorBook.load(actors_path(settings.actors_file)), search).events(connection, query)
    if as_json:
        from assistant.server.brief_schemas import EventList

        click.echo(json.dumps(EventList.of(found).model_dump(), ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("No such event was found in the corpus.")
    for event in found:
        _print_event(event)


@click.command()
@click.argument("topic")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file; its ending (.md, .docx, .pdf, .json) says how. Markdown on the terminal without it.",
)
@click.option("--as-of", metavar="DATE", help="Leave out everything later.")
@click.option("--since", metavar="DATE", help="Tell what changed after this date.")
@click.option(
    "--answerer",
    type=click.Choice(["extractive", "model"]),
    help="Who writes: nobody, in the sources' own sentences, or the chat model, each sentence checked.",
)
@here_or_remote("brief")
def brief(
    settings: Settings,
    topic: str,
    output: Path | None,
    as_of: str | None,
    since: str | None,
    answerer: Literal["extractive", "model"] | None,
) -> None:
    """Brief on TOPIC: positions, disagreements, open questions, timeline, changes, gaps and sources."""
    from assistant.answering.brief_model import BriefRequest
    from assistant.answering.exports import EXPORTS
    from assistant.catalogs import read_catalog
    from assistant.models import Filters
    from assistant.services import open_services

    kind = output.suffix.lower().removeprefix(".") if output is not None else "md"
    if kind != "json" and kind not in EXPORTS:
        raise InvalidInput(
            f"A brief cannot be written as {output.name if output else kind!r}.", "End the name in .md, .docx or .pdf."
        )
    request = BriefRequest(topic, date_option(since), Filters(as_of=date_option(as_of)))
    with read_catalog(settings):
        pass  # says so where there is none, instead of making an empty one
    with open_services(settings) as services:
        written = services.briefing.brief(request, answerer)
    if kind == "json":
        content = {"id": written.id, **written.content()}
        data = (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")
    else:
        data = EXPORTS[kind].render(written)
    if output is None:
        click.echo(data.decode(), nl=False)
        return
    write_file(output, data)
    click.echo(f"{output}: {len(written.sections)} sections, {len(written.citations)} citations")
    if written.notice:
        click.echo(written.notice)


def write_file(output: Path, data: bytes) -> None:
    """Write a brief.

    Raises:
        StorageFailed: it cannot be written there.
    """
    try:
        output.write_bytes(data)
    except OSError as error:
        raise StorageFailed(
            f"{output} cannot be written: {error.strerror or error}.", "Choose another place with -o."
        ) from error


@contextmanager
def _reading(settings: Settings, about: str | None) -> Iterator[tuple[Connection, TopicSearch | None]]:
    """A snapshot of the catalog; where a topic is given, with a search, which loads a model and takes the lock."""
    from assistant.catalogs import read_catalog
    from assistant.services import open_services

    with read_catalog(settings) as database:
        if about is None:
            with database.read() as connection:
                yield connection, None
            return
    from assistant.answering.topic import TopicSearch

    with open_services(settings) as services, services.database.read() as connection:
        yield connection, TopicSearch(services.engines)


def _print_position(stances: StanceBook, position: Position) -> None:
    from assistant.answering.brief_lines import label, shown_date, told

    since = ""
    if position.superseded_by is not None:
        later = position.superseded_by
        stance = stances.get(later.stance)
        negated = " (taken back)" if later.negated else ""
        name = stance.label if stance else later.stance
        since = f" [until {shown_date(later.stated_at)}; since then {name}{negated}]"
    metadata = position.source.retrieved.metadata
    source = ", ".join(part for part in (metadata.source, metadata.published_at or "undated") if part)
    also = f", and {len(position.also)} more" if position.also else ""
    click.echo(f"{position.holder} {label(stances, position)}{since}")
    click.echo(f"    {told(position)}")
    click.echo(f"    {metadata.title} ({source}): {position.source.retrieved.passage.id}{also}")


def _print_event(event: Event) -> None:
    from assistant.answering.brief_lines import flat, shown_date

    day = event.date[: {"year": 4, "month": 7, "day": 10}[event.precision]]
    click.echo(f"{shown_date(day):>17}  {flat(event.text)}  [{event.source.retrieved.passage.id}]")
