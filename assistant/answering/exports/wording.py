"""What every file of a brief says beside its lines: the stamp at the top and the notes at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from assistant.answering.brief_lines import flat, shown_date
from assistant.answering.brief_model import Brief, BriefItem
from assistant.models import Citation

# Letters of an address that no format reads as its own markup (RFC 3986 without quotes, brackets and backslash).
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]+")
# Characters that XML 1.0 cannot hold.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def stamp(brief: Brief) -> str:
    """Of which corpus the brief is, so that a reader can tell how old it is."""
    parts = [f"As of {shown_date(brief.as_of)}" if brief.as_of else "As of the whole corpus"]
    if brief.newest_source:
        parts.append(f"newest source {shown_date(brief.newest_source)}")
    if brief.answerer == "model":
        parts.append(f"written by {brief.model}, each sentence checked, {brief.withheld} withheld")
    if brief.notice:
        parts.append(brief.notice.rstrip("."))
    parts += [f"corpus state {brief.corpus_state}", f"brief {brief.id}"]
    return " · ".join(parts)


def note(citation: Citation) -> str:
    """A citation as a note, without its address."""
    metadata = citation.metadata
    published = shown_date(metadata.published_at) if metadata.published_at else "undated"
    source = ", ".join(flat(part) for part in (metadata.source, published) if part)
    place = f"{citation.document_id}, version {citation.version}, characters {citation.start}–{citation.end}"
    return f"“{flat(citation.quote)}” {flat(metadata.title) or citation.document_id} ({source}). {place}."


def address(citation: Citation) -> str | None:
    """Where the original can be read, if it is a plain web address."""
    return web_address(citation.metadata.url)


def web_address(url: str | None) -> str | None:
    """``url`` if it is a plain web address, which every format may hold as it is."""
    return url if url and _ADDRESS.fullmatch(url) else None


def groups(items: Sequence[BriefItem]) -> list[tuple[str | None, list[BriefItem]]]:
    """Neighbouring lines of one group, with its name."""
    return [(name, list(members)) for name, members in groupby(items, key=lambda item: item.group)]


def legal(text: str) -> str:
    """Text that XML can hold, with U+FFFD for what it cannot."""
    return _NOT_XML.sub("\ufffd", text)
