"""YAML front matter: the header in which curators state what a Markdown document is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from assistant.curation.loaders.metadata import (
    BadField,
    checked_date,
    checked_id,
    checked_language,
    checked_topics,
    checked_url,
    one_line,
    shown,
)
from assistant.errors import InvalidDocument
from assistant.models import Metadata

FIELDS = ("id", "title", "source", "source_type", "published_at", "author", "language", "topics", "url")
_ALIASES = {"date": "published_at"}
_MAX_HEADER = 65_536  # characters
_OPENING = re.compile(r"---[ \t]*(?:\r\n|\n|\r)")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)", re.MULTILINE)
_FIELD_LINE = re.compile(r"\s*(?:#.*\s*)*[\w-]+[ \t]*:(?:\s|$)")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the header says, and where the document itself begins."""

    metadata: Metadata
    id: str | None
    body_start: int


def is_complete(text: str) -> bool:
    """Whether the text opens with a closed header of ``field: value`` lines, whatever its file is called."""
    opening = _OPENING.match(text)
    return bool(
        opening and _FIELD_LINE.match(text, opening.end()) and _CLOSING.search(text, opening.end(), _MAX_HEADER)
    )


def read(text: str, label: str) -> FrontMatter | None:
    """The header of a document, or ``None`` where it has none.

    Raises:
        InvalidDocument: the header is not closed, is not YAML, or a field is unknown or unusable.
    """
    opening = _OPENING.match(text)
    if not opening:
        return None
    closing = _CLOSING.search(text, opening.end(), _MAX_HEADER)
    if not closing:
        raise InvalidDocument(
            f"{label}: the front matter that begins with '---' is never closed.",
            "Write a line of '---' after its last field.",
        )
    fields = _fields(text[opening.end() : closing.start()], label)
    try:
        identifier, metadata = _checked(fields)
    except BadField as error:
        raise InvalidDocument(f"{label}: {error}.", "Correct the front matter and add the document again.") from error
    return FrontMatter(metadata, identifier, closing.end())


def _fields(header: str, label: str) -> dict[str, Any]:
    import yaml

    try:
        loaded = yaml.load(header, Loader=_loader())  # noqa: S506 -- builds strings, lists and mappings only
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 2
        raise InvalidDocument(
            f"{label}: line {line} of the front matter is not valid YAML: {error.problem}.",
            "Write one 'field: value' a line and put values that contain ': ' in quotation marks.",
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidDocument(
            f"{label}: the front matter is not valid YAML.", "Write one 'field: value' a line."
        ) from error
    if not loaded:
        return {}
    if not isinstance(loaded, dict):
        raise InvalidDocument(f"{label}: the front matter is not a list of fields.", "Write one 'field: value' a line.")
    return loaded


def _loader() -> type[Any]:
    """A YAML loader that keeps every value as written and knows neither aliases nor repeated fields."""
    import yaml

    class PlainLoader(yaml.BaseLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                reader: Any = self  # the event queue has no types
                mark = reader.peek_event().start_mark
                raise yaml.composer.ComposerError(None, None, "aliases are not allowed", mark)
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen: set[str] = set()
            for key, _ in node.value:
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the field {shown(str(key.value))} is given twice", key.start_mark
                    )
                if isinstance(key.value, str):
                    seen.add(key.value)
            return super().construct_mapping(node, deep)

    return PlainLoader


def _checked(fields: dict[str, Any]) -> tuple[str | None, Metadata]:
    values: dict[str, Any] = {}
    for name, value in fields.items():
        known = _ALIASES.get(name, name) if isinstance(name, str) else None
        if known not in FIELDS:
            raise BadField(f"the field {shown(str(name))} is not known; the fields are {', '.join(FIELDS)}")
        if known in values:
            raise BadField(f"the field '{known}' is given twice (date means published_at)")
        values[known] = value
    text = {name: _scalar(name, value) for name, value in values.items() if name != "topics"}
    checked = {
        name: _named(name, check, text[name])
        for name, check in (
            ("id", checked_id),
            ("published_at", checked_date),
            ("language", checked_language),
            ("url", checked_url),
        )
        if text.get(name)
    }
    metadata = Metadata(
        title=one_line(text.get("title") or ""),
        source=one_line(text.get("source") or "") or None,
        source_type=one_line(text.get("source_type") or "") or None,
        author=one_line(text.get("author") or "") or None,
        url=checked.get("url"),
        language=checked.get("language"),
        published_at=checked.get("published_at"),
        topics=_topics(values.get("topics")),
    )
    return checked.get("id"), metadata


def _scalar(name: str, value: Any) -> str | None:
    if not isinstance(value, str):
        raise BadField(f"{name}: write one value, not a list")
    value = value.strip()
    return None if value in ("", "~", "null") else value


def _named(name: str, check: Any, value: str | None) -> str:
    try:
        checked: str = check(value)
    except BadField as error:
        raise BadField(f"{name}: {error}") from error
    return checked


def _topics(value: Any) -> tuple[str, ...]:
    if value is None or isinstance(value, str):
        return checked_topics((value or "").split(","))
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return checked_topics(value)
    raise BadField("topics: write a list of words, or words separated by commas")
