"""JSON lines, one document a line, with the field names that other corpora use.

Fields: ``id`` or ``doc_id``, ``title``, ``text``, ``published_at`` or ``date``, ``url``, ``source``, ``source_type``,
``author``, ``language``, ``topics``. Fields that are not known are left out. The text is kept verbatim.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from assistant.curation.loaders.metadata import BadField, checked_id, stated
from assistant.curation.loaders.source import Source
from assistant.curation.loaders.text import blocks_of_text, clean_text, cleaning_notes, decode
from assistant.errors import InvalidDocument, TooLarge
from assistant.models import LoadedDocument

MEDIA_TYPE = "application/jsonl"
_SHOWN_ERRORS = 5
_HINT = "Give each line one JSON object with at least a 'text'."


def load(source: Source) -> tuple[LoadedDocument, ...]:
    """A document for every line, or for every object of a JSON array.

    Raises:
        InvalidDocument: lines cannot be read; the first few are named, and none is loaded.
        TooLarge: more documents than allowed.
    """
    text, notes = decode(source)
    documents: list[LoadedDocument] = []
    errors: list[str] = []
    for number, record in _records(text, source):
        if len(documents) >= source.limits.documents:
            raise TooLarge(f"{source.label} holds more than {source.limits.documents:,} documents.", "Split the file.")
        try:
            documents.append(read_record(record, f"{source.label}, {number}"))
        except InvalidDocument as error:
            errors.append(error.detail)
            if len(errors) == _SHOWN_ERRORS:
                break
    if errors:
        raise InvalidDocument(" ".join(errors), _HINT)
    if documents and notes:
        first = documents[0]
        documents[0] = LoadedDocument(
            first.text, first.blocks, first.metadata, first.id, first.media_type, (*notes, *first.notes)
        )
    return tuple(documents)


def read_record(record: str | bytes | Mapping[str, Any], label: str = "The line") -> LoadedDocument:
    """One document from one line, or from one object that has been parsed already.

    Raises:
        InvalidDocument: not a JSON object, no usable text, or an id that cannot be one.
    """
    fields = record if isinstance(record, Mapping) else _parsed(record, label)
    raw = fields.get("text")
    if not isinstance(raw, str) or not raw.strip():
        raise InvalidDocument(f"{label}: there is no 'text'.", _HINT)
    text = clean_text(raw)
    metadata, notes = stated(
        title=_string(fields, "title"),
        source=_string(fields, "source"),
        source_type=_string(fields, "source_type"),
        author=_string(fields, "author"),
        url=_string(fields, "url"),
        language=_string(fields, "language"),
        published_at=_string(fields, "published_at", "date"),
        topics=_topics(fields.get("topics")),
    )
    try:
        identifier = _string(fields, "id", "doc_id")
        identifier = checked_id(identifier) if identifier else None
    except BadField as error:
        raise InvalidDocument(f"{label}: {error}.", _HINT) from error
    return LoadedDocument(
        text, blocks_of_text(text), metadata, identifier, "text/plain", (*notes, *cleaning_notes(raw, text))
    )


def _records(text: str, source: Source) -> list[tuple[str, Any]]:
    if text.lstrip()[:1] == "[" or (source.extension == "json" and not _first_line_is_object(text)):
        whole = _parsed_json(text, source.label)
        items = whole if isinstance(whole, list) else [whole]
        return [(f"item {number}", item) for number, item in enumerate(items, 1)]
    # Only line feeds end a line: splitlines would also break at U+2028, which JSON allows inside a string.
    return [(f"line {number}", line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _first_line_is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text.lstrip().split("\n", 1)[0]), dict)
    except ValueError:
        return False


def _parsed(record: Any, label: str) -> Mapping[str, Any]:
    parsed = _parsed_json(record, label) if isinstance(record, str | bytes) else record
    if not isinstance(parsed, dict):
        raise InvalidDocument(f"{label}: not a JSON object.", _HINT)
    return parsed


def _parsed_json(text: str | bytes, label: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep or not text"
        raise InvalidDocument(f"{label}: not JSON ({reason}).", _HINT) from error


def _string(fields: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return None


def _topics(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split(","))
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return ()
