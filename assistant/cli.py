"""The ``assistant`` command. Each command imports what it needs when it runs, so that help is instant."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.errors import AssistantError, InvalidQuestion, NotFound

if TYPE_CHECKING:
    from assistant.curation.sync import SyncReport
    from assistant.models import Answer
    from assistant.settings import Settings

INTERRUPTED = 130  # as shells report a command ended by Ctrl-C


class _Group(click.Group):
    """Turns errors into one line on standard error and the error's exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AssistantError as error:
            click.echo(f"assistant: {error}", err=True)
            sys.exit(error.exit_status)
        except KeyboardInterrupt:
            click.echo("assistant: interrupted; what was finished is kept.", err=True)
            sys.exit(INTERRUPTED)


def _with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the command its settings."""

    @click.pass_context
    def wrapper(ctx: click.Context, *args: Any, **kwargs: Any) -> Any:
        from assistant.settings import load_settings

        return ctx.invoke(command, load_settings(**ctx.obj), *args, **kwargs)

    return update_wrapper(wrapper, command)


@click.group(cls=_Group)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the corpus is kept (ASSISTANT_DATA_DIR).")
@click.option("-v", "--verbose", is_flag=True, help="Show what is going on.")
@click.version_option(package_name="briefing-assistant")
@click.pass_context
def cli(ctx: click.Context, data_dir: Path | None, verbose: bool) -> None:
    """Ask a curated corpus: every sentence of an answer is cited, or the assistant refuses."""
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    ctx.obj = {"data_dir": data_dir}


@cli.command()
@click.argument("question")
@click.option("--as-of", metavar="DATE", help="Leave out everything published later.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
@_with_settings
def ask(settings: Settings, question: str, as_of: str | None, as_json: bool) -> None:
    """Answer QUESTION from the corpus."""
    from assistant.asking import AskRequest
    from assistant.index.catalog import count_live
    from assistant.models import Filters
    from assistant.services import open_services, read_catalog

    if not question.strip():
        raise InvalidQuestion("The question is empty.", 'Ask in a few words: assistant ask "what does Russia reject?"')
    with read_catalog(settings):
        pass  # says so where there is none, instead of making an empty one
    with open_services(settings) as services:
        with services.database.read() as connection:
            documents, _ = count_live(connection)
        if not documents:
            raise NotFound(f"The corpus in {settings.data_dir} is empty.", "Add documents with `assistant sync DIR`.")
        answer = services.asker.ask(AskRequest(question, Filters(as_of=_date(as_of))))
    if as_json:
        from assistant.server.schemas import AnswerOut

        whole = AnswerOut.of(answer, conversation_id=None, message_id="")
        click.echo(json.dumps(whole.model_dump(), ensure_ascii=False, indent=2))
    else:
        _print_answer(answer)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@_with_settings
def sync(settings: Settings, folder: Path | None) -> None:
    """Make the corpus match FOLDER; without one, the documents that ship with the assistant."""
    from assistant.services import open_services

    with open_services(settings) as services:
        report = _sync(services, folder or _shipped_corpus())
        services.index.wait_ready()
    if report.failed:
        sys.exit(1)


@cli.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_with_settings
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


@cli.command()
@click.argument("document_id", metavar="ID")
@click.option("--version", type=click.IntRange(min=1), help="An earlier version.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_with_settings
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


@cli.command()
@click.option("--host", help="Address to listen on (ASSISTANT_HOST).")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one (ASSISTANT_PORT).")
@click.option("--sync", "folder", type=click.Path(path_type=Path), help="Synchronise this folder before serving.")
@click.pass_context
def serve(ctx: click.Context, host: str | None, port: int | None, folder: Path | None) -> None:
    """Serve the chat and the API."""
    from assistant.server.run import serve as run
    from assistant.services import open_services
    from assistant.settings import load_settings

    settings = load_settings(**ctx.obj, host=host, port=port)
    with open_services(settings) as services:
        if folder is not None:
            _sync(services, folder)
        run(services, on_ready=lambda address: click.echo(f"The assistant answers on {address}"))


def main() -> None:
    """The entry point of the ``assistant`` command."""
    cli(prog_name="assistant")


def _sync(services: Any, folder: Path) -> SyncReport:
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
        report: SyncReport = services.sync.run(folder, by="cli", on_event=tell)
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


def _print_answer(answer: Answer) -> None:
    for sentence in answer.sentences:
        markers = "".join(f"[{number}]" for number in sentence.citations)
        said = ""
        if sentence.speaker and sentence.speaker.lower() not in sentence.text.lower():
            said = f" ({sentence.speaker})"
        forecast = " (expected, not stated)" if sentence.modality == "expected" else ""
        click.echo(f"{sentence.text}{said}{forecast} {markers}")
    if answer.message:
        click.echo(answer.message)
    for citation in answer.citations:
        metadata = citation.metadata
        source = ", ".join(part for part in (metadata.source, metadata.published_at or "undated") if part)
        click.echo(f"\n[{citation.number}] {metadata.title} ({source})")
        click.echo(f"    {citation.document_id} v{citation.version}, characters {citation.start}-{citation.end}")
    if not answer.sentences and answer.passages:
        click.echo("\nRelated, but not an answer:")
        for item in answer.passages[:3]:
            click.echo(f"  {item.metadata.title} ({item.metadata.published_at or 'undated'}): {item.passage.id}")


def _date(value: str | None) -> str | None:
    from assistant.errors import InvalidInput
    from assistant.server.dates import iso_date

    try:
        return iso_date(value) if value else None
    except ValueError as error:
        raise InvalidInput(f"--as-of {value!r} is not a date.", "Write it as YYYY-MM-DD.") from error


def _shipped_corpus() -> Path:
    from assistant.paths import shipped

    return shipped("corpus")
