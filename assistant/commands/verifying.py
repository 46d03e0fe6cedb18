"""``assistant verify``: a draft checked against the corpus."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.commands.asking import source_of
from assistant.commands.common import date_option, here_or_remote
from assistant.errors import InvalidDocument, InvalidInput

if TYPE_CHECKING:
    from assistant.settings import Settings

UNVERIFIED = 1  # exit status where a sentence is not supported
_MARKS = {"supported": "supported    ", "contradicted": "CONTRADICTED ", "not_in_corpus": "not in corpus"}
_KINDS = {".txt", ".text", ".md", ".markdown", ".docx", ""}


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--as-of", metavar="DATE", help="Leave out everything published later.")
@click.option("--document", "documents", multiple=True, metavar="ID", help="Check against these documents only.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@here_or_remote("verify")
def verify(settings: Settings, file: Path, as_of: str | None, documents: tuple[str, ...], as_json: bool) -> None:
    """Check the draft in FILE (text, Markdown or DOCX; - for standard input) sentence by sentence.

    Exits with 1 where a sentence is contradicted or not in the corpus.
    """
    from assistant.catalogs import existing_corpus
    from assistant.models import Filters
    from assistant.services import open_services
    from assistant.verifying import VerifyRequest

    data = text_of(file)
    filters = Filters(document_ids=documents, as_of=date_option(as_of))
    existing_corpus(settings)
    with open_services(settings) as services:
        loaded = services.sandbox.load(data, name=file.name if str(file) != "-" else "draft.txt")
        if len(loaded) != 1:
            raise InvalidDocument(f"{file} holds {len(loaded)} documents.", "Check one draft at a time.")
        found = services.verifier.verify(VerifyRequest(loaded[0].text, filters, loaded[0].blocks))
    from assistant.server.verify import VerificationOut

    show_verification(VerificationOut.of(found).model_dump(mode="json"), as_json)


def text_of(file: Path) -> bytes:
    """The draft as it is stored, or from standard input.

    Raises:
        InvalidInput: it is of another kind, or cannot be read.
    """
    if str(file) == "-":
        return sys.stdin.buffer.read()
    if file.suffix.lower() not in _KINDS:
        raise InvalidInput(f"{file.name} is not text, Markdown or DOCX.", "Save the draft as one of these.")
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror or error}.", "Name a file that exists.") from error


def show_verification(found: Mapping[str, Any], as_json: bool) -> None:
    """Print a checked draft as it is served, and exit with 1 where a sentence is not supported."""
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _print(found)
    if any(sentence["verdict"] != "supported" for sentence in found["sentences"]):
        sys.exit(UNVERIFIED)


def _print(found: Mapping[str, Any]) -> None:
    counts = dict.fromkeys(_MARKS, 0)
    for sentence in found["sentences"]:
        counts[sentence["verdict"]] += 1
        markers = "".join(f"[{number}]" for number in sentence["citations"])
        click.echo(f"{_MARKS[sentence['verdict']]}  {sentence['text']} {markers}".rstrip())
        if sentence["verdict"] != "supported":
            click.echo(f"               {sentence['reason']}")
    for citation in found["citations"]:
        click.echo(f"\n[{citation['number']}] {citation['title']} ({source_of(citation)})")
        click.echo(f"    “{' '.join(citation['quote'].split())}”")
    told = f"{counts['supported']} supported, {counts['contradicted']} contradicted, {counts['not_in_corpus']}"
    click.echo(f"\n{told} not in the corpus")
