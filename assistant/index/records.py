"""Rows of the catalog as domain objects, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from assistant.models import Block, Document, LoadedDocument, Metadata, Passage, Statement, Version


def now(ago: float = 0.0) -> str:
    """The time ``ago`` seconds ago as the catalog writes it: UTC, ISO 8601, microseconds, so that it sorts as text."""
    return stamp(datetime.now(UTC) - timedelta(seconds=ago))


def stamp(moment: datetime) -> str:
    """A moment of UTC as the catalog writes it."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_json(value: Any) -> str:
    """Compact JSON; the same value always gives the same bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def content_digest(document: LoadedDocument) -> str:
    """SHA-256 of everything a reader could notice: text, structure and metadata. Equal digests are the same version."""
    canonical = to_json([document.text, [astuple(b) for b in document.blocks], astuple(document.metadata)])
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def metadata_columns(metadata: Metadata) -> dict[str, Any]:
    """The ``versions`` columns that hold a document's metadata."""
    return {
        "title": metadata.title,
        "source": metadata.source,
        "source_type": metadata.source_type,
        "author": metadata.author,
        "url": metadata.url,
        "language": metadata.language,
        "published_at": metadata.published_at,
        "topics": to_json(list(metadata.topics)),
    }


def metadata_of(row: RowMapping) -> Metadata:
    """Metadata from a row that has the ``versions`` columns."""
    return Metadata(
        title=row["title"],
        source=row["source"],
        source_type=row["source_type"],
        author=row["author"],
        url=row["url"],
        language=row["language"],
        published_at=row["published_at"],
        topics=tuple(json.loads(row["topics"])),
    )


def document_of(row: RowMapping) -> Document:
    """A document from its row."""
    return Document(
        id=row["id"],
        state=row["state"],
        current_version=row["current_version"],
        origin=row["origin"],
        path=row["path"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def blocks_json(blocks: Sequence[Block]) -> str:
    """Blocks as the ``versions.blocks`` column holds them."""
    return to_json([[b.start, b.end, b.kind, b.level, b.page] for b in blocks])


def version_of(row: RowMapping) -> Version:
    """A version from its row."""
    blocks = tuple(Block(start, end, kind, level, page) for start, end, kind, level, page in json.loads(row["blocks"]))
    return Version(
        document_id=row["document_id"],
        number=row["number"],
        state=row["state"],
        text=row["text"],
        blocks=blocks,
        metadata=metadata_of(row),
        content_sha256=row["content_sha256"],
        media_type=row["media_type"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        statement_rules=row["statement_rules"],
    )


def passage_id(document_id: str, version: int, ordinal: int) -> str:
    """The public id of a passage. Unambiguous whatever the document id holds, since it is read from the right."""
    return f"{document_id}:{version}:{ordinal}"


def passage_of(row: RowMapping) -> Passage:
    """A passage from its row."""
    return Passage(
        id=passage_id(row["document_id"], row["version"], row["ordinal"]),
        document_id=row["document_id"],
        version=row["version"],
        ordinal=row["ordinal"],
        start=row["start_offset"],
        end=row["end_offset"],
        text=row["text"],
        headings=tuple(json.loads(row["headings"])),
        sentences=tuple((start, end) for start, end in json.loads(row["sentences"])),
        page=row["page"],
    )


def statement_of(row: RowMapping) -> Statement:
    """A statement from its row."""
    return Statement(
        speaker=row["speaker"],
        speaker_start=row["speaker_start"],
        speaker_end=row["speaker_end"],
        cue=row["cue"],
        start=row["start_offset"],
        end=row["end_offset"],
        holder=row["holder"],
        stance=row["stance"],
        target=row["target"],
        modality=row["modality"],
        quoted=bool(row["quoted"]),
        date=row["date"],
        speaker_actor=row["speaker_actor"],
    )
