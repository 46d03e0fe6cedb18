"""The fields a document may state about itself, checked one by one.

Where a curator writes them (front matter) a bad value is an error; where a file merely carries them it is dropped
with a note, since an unknown date is better than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from assistant.curation.loaders.dates import iso_date
from assistant.curation.loaders.text import clean_text
from assistant.models import Metadata

MAX_ID, MAX_FIELD, MAX_URL, MAX_TOPICS = 200, 500, 2_000, 50
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


class BadField(ValueError):
    """A field whose value cannot be used; the message says what to write instead."""


def one_line(value: str) -> str:
    """A label such as a title: hidden characters removed, white space folded, at most 500 characters."""
    return " ".join(clean_text(value).split())[:MAX_FIELD]


def checked_id(value: str) -> str:
    """A document id: any printable string of at most 200 characters, exactly as given."""
    if not value or len(value) > MAX_ID or value != value.strip() or not value.isprintable():
        raise BadField(f"{shown(value)} is not a document id; write 1 to {MAX_ID} printable characters")
    return value


def checked_date(value: str) -> str:
    """A date in ISO 8601, as precise as it was written."""
    found = iso_date(value)
    if found is None:
        raise BadField(f"{shown(value)} is not a date; write YYYY-MM-DD")
    return found


def checked_url(value: str) -> str:
    """An absolute web address."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and value.isprintable()
    except ValueError:
        usable = False
    if not usable or " " in value or len(value) > MAX_URL:
        raise BadField(f"{shown(value)} is not a web address; write one that starts with https:// or http://")
    return value


def checked_language(value: str) -> str:
    """A BCP 47 language tag; the underscore of locale names is read as a hyphen."""
    tag = value.replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        raise BadField(f"{shown(value)} is not a language tag; write one such as en or en-GB")
    return tag


def checked_topics(values: Iterable[str]) -> tuple[str, ...]:
    """Topic labels, each once, in the order given."""
    topics = tuple(dict.fromkeys(filter(None, (one_line(value) for value in values))))
    if len(topics) > MAX_TOPICS:
        raise BadField(f"{len(topics)} topics are too many; write at most {MAX_TOPICS}")
    return topics


def shown(value: str) -> str:
    """A value as messages quote it: printable and short."""
    printable = "".join(c if c.isprintable() else "\ufffd" for c in value[:61])
    return f"'{printable[:60]}…'" if len(printable) > 60 else f"'{printable}'"


def stated(
    *,
    title: str | None = None,
    source: str | None = None,
    source_type: str | None = None,
    author: str | None = None,
    url: str | None = None,
    language: str | None = None,
    published_at: str | None = None,
    topics: Iterable[str] = (),
) -> tuple[Metadata, tuple[str, ...]]:
    """Metadata that a file carries, and a note for each field left out because its value is unusable."""
    notes: list[str] = []
    checked: dict[str, str | None] = {}
    for name, value, check in (
        ("url", url, checked_url),
        ("language", language, checked_language),
        ("published_at", published_at, checked_date),
    ):
        checked[name] = None
        if value and value.strip():
            try:
                checked[name] = check(value.strip())
            except BadField as error:
                notes.append(f"{name} left unknown: {error}")
    metadata = Metadata(
        title=one_line(title or ""),
        source=one_line(source or "") or None,
        source_type=one_line(source_type or "") or None,
        author=one_line(author or "") or None,
        url=checked["url"],
        language=checked["language"],
        published_at=checked["published_at"],
        topics=tuple(dict.fromkeys(filter(None, map(one_line, topics))))[:MAX_TOPICS],
    )
    return metadata, tuple(notes)
