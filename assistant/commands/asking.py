"""``assistant ask``: a question on the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from assistant.commands.common import date_option, here_or_remote
from assistant.errors import InvalidQuestion, NotFound

if TYPE_CHECKING:
    from assistant.settings import Settings


@click.command()
@click.argument("question")
@click.option("--as-of", metavar="DATE", help="Leave out everything published later.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
@here_or_remote("ask")
def ask(settings: Settings, question: str, as_of: str | None, as_json: bool) -> None:
    """Answer QUESTION from the corpus."""
    from assistant.asking import AskRequest
    from assistant.catalogs import existing_corpus
    from assistant.index.counts import count_live
    from assistant.models import Filters
    from assistant.services import open_services

    if not question.strip():
        raise InvalidQuestion("The question is empty.", 'Ask in a few words: assistant ask "what does Russia reject?"')
    existing_corpus(settings)
    with open_services(settings) as services:
        with services.database.read() as connection:
            documents, _ = count_live(connection)
        if not documents:
            raise NotFound(f"The corpus in {settings.data_dir} is empty.", "Add documents with `assistant sync DIR`.")
        answer = services.asker.ask(AskRequest(question, Filters(as_of=date_option(as_of))))
    from assistant.server.schemas import AnswerOut

    show_answer(AnswerOut.of(answer).model_dump(mode="json"), as_json)


def show_answer(answer: Mapping[str, Any], as_json: bool) -> None:
    """Print an answer as it is served."""
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    if answer["conflicts"]:
        click.echo("Sources contradict each other; both sides come first:")
    for sentence in answer["sentences"]:
        _print_sentence(sentence)
    if answer["notice"]:
        click.echo(f"\n{answer['notice']}")
    if not answer["sentences"]:
        click.echo(answer["answer"])
    for choice in answer["choices"]:
        click.echo(f"  {choice['question']}")
    for citation in answer["citations"]:
        click.echo(f"\n[{citation['number']}] {citation['title']} ({source_of(citation)})")
        place = f"{citation['document_id']} v{citation['version']}"
        click.echo(f"    {place}, characters {citation['start']}-{citation['end']}")
    if not answer["sentences"] and answer["passages"]:
        click.echo("\nRelated, but not an answer:")
        for item in answer["passages"][:3]:
            click.echo(f"  {item['title']} ({item['published_at'] or 'undated'}): {item['passage_id']}")


def source_of(citation: Mapping[str, Any]) -> str:
    """Where a citation is from and of when."""
    return ", ".join(part for part in (citation["source"], citation["published_at"] or "undated") if part)


def _print_sentence(sentence: Mapping[str, Any]) -> None:
    markers = "".join(f"[{number}]" for number in sentence["citations"])
    speaker = sentence["speaker"]
    said = f" ({speaker})" if speaker and speaker.lower() not in sentence["text"].lower() else ""
    forecast = " (expected, not stated)" if sentence["modality"] == "expected" else ""
    click.echo(f"{sentence['text']}{said}{forecast} {markers}")
