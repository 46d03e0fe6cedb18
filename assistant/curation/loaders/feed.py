"""RSS and Atom feeds: a document for every entry, with the summary or text that the feed carries."""

from __future__ import annotations

import io
from typing import Any

from assistant.curation.loaders.markup import html_blocks
from assistant.curation.loaders.metadata import BadField, checked_id, one_line, stated
from assistant.curation.loaders.source import Source
from assistant.curation.loaders.text import blocks_of_text, clean_text
from assistant.errors import InvalidDocument, TooLarge
from assistant.models import LoadedDocument

MEDIA_TYPE = "application/feed+xml"


def load(source: Source) -> tuple[LoadedDocument, ...]:
    """The entries that have text, in the feed's order; each is named by its guid or id, else by its link.

    Raises:
        InvalidDocument: not a feed, or no entry has any text.
        TooLarge: more entries than allowed.
    """
    import feedparser

    # A bytes buffer: given a string the parser would take it for an address and fetch it.
    feed = feedparser.parse(io.BytesIO(source.data), sanitize_html=False, resolve_relative_uris=False)
    if not feed.entries:
        reason = f" ({feed.bozo_exception})" if feed.get("bozo") else ""
        raise InvalidDocument(f"{source.label} is a feed without entries{reason}.", "Check the feed's address.")
    if len(feed.entries) > source.limits.documents:
        raise TooLarge(f"{source.label} has more than {source.limits.documents:,} entries.", "Split the feed.")
    documents = [_document(entry, feed.feed, source) for entry in feed.entries]
    return tuple(document for document in documents if document.blocks)


def _document(entry: Any, feed: Any, source: Source) -> LoadedDocument:
    content = entry.get("content") or ([entry["summary_detail"]] if "summary_detail" in entry else [])
    best: Any = max(content, key=lambda part: len(part.get("value") or ""), default={})
    value = best.get("value") or ""
    if best.get("type") == "text/plain":
        text = clean_text(value)
        blocks = blocks_of_text(text)
    else:
        text, blocks = html_blocks(value, source.limits, source.label)
    metadata, notes = stated(
        title=_title(entry, source),
        source=feed.get("title"),
        author=entry.get("author"),
        url=entry.get("link"),
        language=entry.get("language") or best.get("language") or feed.get("language"),
        published_at=entry.get("published"),
    )
    if entry.get("updated") and not entry.get("published"):
        notes = (*notes, f"undated: the feed states only an update ({one_line(entry['updated'])[:40]})")
    identifier = None
    for candidate in (entry.get("id"), entry.get("link")):
        try:
            identifier = identifier or checked_id(candidate or "")
        except BadField:
            continue
    return LoadedDocument(text, blocks, metadata, identifier, MEDIA_TYPE, notes)


def _title(entry: Any, source: Source) -> str:
    title = str(entry.get("title") or "")
    if entry.get("title_detail", {}).get("type") == "text/plain":
        return title
    return html_blocks(title, source.limits, source.label)[0]
