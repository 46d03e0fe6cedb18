"""``assistant ask``: a question on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from assistant.commands.common import date_option, with_settings
from assistant.errors import InvalidQuestion, NotFound

if TYPE_CHECKING:
    from assistant.models import Answer
    from assistant.settings import Settings


@click.command()
@click.argument("question")
@click.option("--as-of", metavar="DATE", help="Leave out everything published later.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
@with_settings
def ask(settings: Settings, question: str, as_of: str | None, as_json: bool) -> None:
    """Answer QUESTION from the corpus."""
    from assistant.asking import AskRequest
    from assistant.index.catalog import count_live
    from assistant.models import Filters
    from assistant.services import existing_corpus, open_services

    if not question.strip():
        raise InvalidQuestion("The question is empty.", 'Ask in a few words: assistant ask "what does Russia reject?"')
    existing_corpus(settings)
    with open_services(settings) as services:
        with services.database.read() as connection:
            documents, _ = count_live(connection)
        if not documents:
            raise NotFound(f"The corpus in {settings.data_dir} is empty.", "Add documents with `assistant sync DIR`.")
        answer = services.asker.ask(AskRequest(question, Filters(as_of=date_option(as_of))))
    if as_json:
        from assistant.server.schemas import AnswerOut

        whole = AnswerOut.of(answer)
        click.echo(json.dumps(whole.model_dump(), ensure_ascii=False, indent=2))
    else:
        _print_answer(answer)


def _print_answer(answer: Answer) -> None:
    if answer.conflicts:
        click.echo("Sources contradict each other; both sides come first:")
    for sentence in answer.sentences:
        markers = "".join(f"[{number}]" for number in sentence.citations)
        said = ""
        if sentence.speaker and sentence.speaker.lower() not in sentence.text.lower():
            said = f" ({sentence.speaker})"
        forecast = " (expected, not stated)" if sentence.modality == "expected" else ""
        click.echo(f"{sentence.text}{said}{forecast} {markers}")
    if answer.notice:
        click.echo(f"\n{answer.notice}")
    if answer.message:
        click.echo(answer.message)
    for choice in answer.choices:
        click.echo(f"  {choice.question}")
    for citation in answer.citations:
        metadata = citation.metadata
        source = ", ".join(part for part in (metadata.source, metadata.published_at or "undated") if part)
        click.echo(f"\n[{citation.number}] {metadata.title} ({source})")
        click.echo(f"    {citation.document_id} v{citation.version}, characters {citation.start}-{citation.end}")
    if not answer.sentences and answer.passages:
        click.echo("\nRelated, but not an answer:")
        for item in answer.passages[:3]:
            click.echo(f"  {item.metadata.title} ({item.metadata.published_at or 'undated'}): {item.passage.id}")
