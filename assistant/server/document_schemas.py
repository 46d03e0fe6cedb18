"""Documents on the wire: what is listed, read and compared of them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from assistant.index.document_table import DocumentSummary
from assistant.index.statement_marks import Mark
from assistant.models import (
    Modality,
    Passage,
    Statement,
    Version,
)
from assistant.server.paging import NEXT
from assistant.server.schemas import Request


class DocumentOut(BaseModel):
    """A document with the metadata of its current version."""

    id: str
    version: int
    title: str
    source: str | None
    source_type: str | None
    author: str | None
    url: str | None
    language: str | None
    published_at: str | None
    topics: list[str]
    media_type: str
    origin: str
    passages: int
    characters: int
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, summary: DocumentSummary) -> DocumentOut:
        """From the domain."""
        document, metadata = summary.document, summary.metadata
        return cls(
            id=document.id,
            version=document.current_version or 0,
            title=metadata.title,
            source=metadata.source,
            source_type=metadata.source_type,
            author=metadata.author,
            url=metadata.url,
            language=metadata.language,
            published_at=metadata.published_at,
            topics=list(metadata.topics),
            media_type=summary.media_type,
            origin=document.origin,
            passages=summary.passages,
            characters=summary.characters,
            created_at=document.created_at,
            updated_at=document.updated_at,
        )


class DocumentList(BaseModel):
    """A page of documents; ``next`` is the cursor of the page after, or null."""

    documents: list[DocumentOut]
    next: str | None


class ContentOut(BaseModel):
    """The text of one version; the offsets of citations count its code points."""

    document_id: str
    version: int
    state: Literal["current", "superseded", "withdrawn"]
    title: str
    published_at: str | None
    content: str


class VersionOut(BaseModel):
    """One version in a document's history."""

    version: int
    state: Literal["current", "superseded", "withdrawn"]
    title: str
    published_at: str | None
    content_sha256: str
    created_at: str
    created_by: str

    @classmethod
    def of(cls, version: Version) -> VersionOut:
        """From the domain."""
        return cls(
            version=version.number,
            state=version.state,  # type: ignore[arg-type]  # staged versions are never listed
            title=version.metadata.title,
            published_at=version.metadata.published_at,
            content_sha256=version.content_sha256,
            created_at=version.created_at,
            created_by=version.created_by,
        )


class VersionList(BaseModel):
    """A document's history, oldest first."""

    versions: list[VersionOut]
    next: str | None = NEXT


class StoredPassageOut(BaseModel):
    """A passage of the current version, in reading order."""

    passage_id: str
    ordinal: int
    start: int
    end: int
    page: int | None
    headings: list[str]
    text: str

    @classmethod
    def of(cls, passage: Passage) -> StoredPassageOut:
        """From the domain."""
        return cls(
            passage_id=passage.id,
            ordinal=passage.ordinal,
            start=passage.start,
            end=passage.end,
            page=passage.page,
            headings=list(passage.headings),
            text=passage.text,
        )


class PassageList(BaseModel):
    """The passages of the current version."""

    version: int
    passages: list[StoredPassageOut]
    next: str | None = NEXT


class StatementOut(BaseModel):
    """Who says what: ``start`` and ``end`` span what is said, in the version's text."""

    speaker: str | None
    speaker_start: int | None
    speaker_end: int | None
    speaker_actor: str | None
    cue: str
    start: int
    end: int
    holder: str | None
    stance: str | None
    target: str | None
    modality: Modality
    quoted: bool
    date: str | None
    mark: Mark | None = Field(description="What a curator said of it.")

    @classmethod
    def of(cls, statement: Statement, mark: Mark | None = None) -> StatementOut:
        """From the domain."""
        return cls(
            speaker=statement.speaker,
            speaker_start=statement.speaker_start,
            speaker_end=statement.speaker_end,
            speaker_actor=statement.speaker_actor,
            cue=statement.cue,
            start=statement.start,
            end=statement.end,
            holder=statement.holder,
            stance=statement.stance,
            target=statement.target,
            modality=statement.modality,
            quoted=statement.quoted,
            date=statement.date,
            mark=mark,
        )


class MarkIn(Request):
    """What a curator says of a statement; a null ``mark`` takes back what was said."""

    version: int = Field(ge=1, le=2**31 - 1, examples=[1])
    start: int = Field(ge=0, le=2**31 - 1, examples=[0])
    end: int = Field(ge=0, le=2**31 - 1, examples=[41])
    holder: str | None = None
    stance: str | None = None
    mark: Mark | None


class StatementList(BaseModel):
    """The statements of the current version."""

    version: int
    statements: list[StatementOut]
    next: str | None = NEXT
