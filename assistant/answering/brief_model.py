"""A brief: a structured report of what the corpus holds on one topic, every line with its sources."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from assistant.index.records import to_json
from assistant.models import Citation, Filters, Metadata

BOTTOM_LINE = "Bottom line"
POSITIONS = "Positions by actor"
AGREEMENT = "Agreements and disagreements"
OPEN = "Open questions"
TIMELINE = "Timeline"
CHANGES = "What changed"
GAPS = "Gaps"
SOURCES = "Sources"

_METADATA = ("title", "url", "source", "source_type", "published_at")  # of a citation's document

_AUTHORSHIP = ("answerer", "model", "prompt", "withheld", "notice")

ID_LENGTH = 32  # hexadecimal digits of the SHA-256 that names a brief


@dataclass(frozen=True, slots=True)
class BriefRequest:
    """What a brief is wanted about.

    Args:
        topic: the subject in a few words.
        since: an ISO date; what is later is told as change.
        filters: which documents may be used; ``as_of`` leaves out everything later.
    """

    topic: str
    since: str | None = None
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class BriefItem:
    """One line and the numbers of the citations that it rests on.

    Lines of one ``group`` belong together: the positions of an actor. Only lines on gaps may be without citations.
    """

    text: str
    citations: tuple[int, ...]
    group: str | None = None


@dataclass(frozen=True, slots=True)
class BriefSection:
    """A heading and its lines."""

    heading: str
    items: tuple[BriefItem, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """A finished brief. ``id`` is the digest of everything else, so equal briefs are one."""

    id: str
    title: str
    topic: str
    as_of: str | None
    since: str | None
    corpus_state: int  # of the catalog when it was written: grows with every write
    newest_source: str | None  # latest publication date among the documents that could be used
    sections: tuple[BriefSection, ...]
    citations: tuple[Citation, ...]
    answerer: Literal["extractive", "model"] = "extractive"
    model: str | None = None
    prompt: str | None = None
    withheld: int = 0  # sentences that the model wrote and that section's sources do not back
    notice: str = ""  # which sections the model did not write, and why

    def content(self) -> dict[str, Any]:
        """Everything but the id, as plain values."""
        return {
            "title": self.title,
            "topic": self.topic,
            "as_of": self.as_of,
            "since": self.since,
            "corpus_state": self.corpus_state,
            "newest_source": self.newest_source,
            "sections": [
                {
                    "heading": section.heading,
                    "items": [
                        {"text": item.text, "citations": list(item.citations), "group": item.group}
                        for item in section.items
                    ],
                }
                for section in self.sections
            ],
            "citations": [citation_content(citation) for citation in self.citations],
            **{name: getattr(self, name) for name in _AUTHORSHIP},
        }

    def identified(self) -> Brief:
        """The same brief under the digest of its content."""
        digest = hashlib.sha256(to_json(self.content()).encode("utf-8", "surrogatepass")).hexdigest()
        return replace(self, id=digest[:ID_LENGTH])


def brief_of(content: Mapping[str, Any]) -> Brief:
    """The brief that a mapping of ``id`` and ``content`` describes."""
    return Brief(
        id=content["id"],
        title=content["title"],
        topic=content["topic"],
        as_of=content["as_of"],
        since=content["since"],
        corpus_state=content["corpus_state"],
        newest_source=content["newest_source"],
        sections=tuple(
            BriefSection(
                section["heading"],
                tuple(BriefItem(item["text"], tuple(item["citations"]), item["group"]) for item in section["items"]),
            )
            for section in content["sections"]
        ),
        citations=tuple(citation_of(citation) for citation in content["citations"]),
        **{name: content[name] for name in _AUTHORSHIP if name in content},
    )


def citation_of(content: Mapping[str, Any]) -> Citation:
    """The citation that ``citation_content`` describes."""
    values = {key: value for key, value in content.items() if key not in _METADATA}
    return Citation(**values, metadata=Metadata(**{key: content[key] for key in _METADATA}))


def citation_content(citation: Citation) -> Mapping[str, Any]:
    """A citation as every surface shows it."""
    metadata = citation.metadata
    return {
        "number": citation.number,
        "document_id": citation.document_id,
        "version": citation.version,
        "passage_id": citation.passage_id,
        "title": metadata.title,
        "url": metadata.url,
        "source": metadata.source,
        "source_type": metadata.source_type,
        "published_at": metadata.published_at,
        "quote": citation.quote,
        "prefix": citation.prefix,
        "suffix": citation.suffix,
        "start": citation.start,
        "end": citation.end,
        "verification": citation.verification,
    }
