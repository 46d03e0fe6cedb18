"""Jobs, previews and writes on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from assistant.curation.preview import Preview
from assistant.index.job_store import Job
from assistant.server.paging import NEXT
from assistant.server.schemas import IsoDate, Names, Request


class DocumentIn(Request):
    """A document as text, or an address to fetch it from."""

    id: str | None = Field(default=None, max_length=200, examples=["ministry-2025-12-15"])
    text: str | None = Field(default=None, examples=["The ministry said on Monday that talks go on."])
    title: str | None = Field(default=None, max_length=500)
    source: str | None = Field(default=None, max_length=500)
    source_type: str | None = Field(default=None, max_length=500)
    author: str | None = Field(default=None, max_length=500)
    url: str | None = Field(default=None, max_length=2_000, description="Where it was published; fetched without text.")
    language: str | None = Field(default=None, max_length=35)
    published_at: IsoDate | None = None
    topics: Names | None = None


class MetadataIn(Request):
    """Metadata to change; what is left out stays, what is null becomes unknown."""

    title: str | None = Field(default=None, max_length=500, examples=["The terms of December"])
    source: str | None = Field(default=None, max_length=500)
    source_type: str | None = Field(default=None, max_length=500)
    author: str | None = Field(default=None, max_length=500)
    url: str | None = Field(default=None, max_length=2_000)
    language: str | None = Field(default=None, max_length=35)
    published_at: IsoDate | None = None
    topics: Names | None = None


class JobErrorOut(BaseModel):
    """An item that could not be used, and why."""

    name: str
    error: str


class JobResultOut(BaseModel):
    """What became of one item."""

    name: str
    document_id: str
    version: int
    outcome: Literal["added", "updated", "unchanged", "skipped"]
    passages: int


class JobOut(BaseModel):
    """A job and how far it is; errors and results hold the first hundred."""

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    created_at: str
    started_at: str | None
    finished_at: str | None
    error: str | None
    total: int
    done: int
    failed: int
    counts: dict[str, int]
    rate: float | None
    seconds_left: float | None
    errors: list[JobErrorOut]
    results: list[JobResultOut]

    @classmethod
    def of(cls, job: Job) -> JobOut:
        """From the domain."""
        return cls.model_validate(job, from_attributes=True)


class JobList(BaseModel):
    """The latest jobs, newest first."""

    jobs: list[JobOut]
    next: str | None = NEXT


class NearDuplicateOut(BaseModel):
    """Another document that reads almost the same."""

    document_id: str
    similarity: float


class PreviewOut(BaseModel):
    """What would become of one document."""

    document_id: str
    change: Literal["new", "identical", "near_duplicate", "replaces"]
    title: str
    published_at: str | None
    characters: int
    replaces: int | None
    near_duplicates: list[NearDuplicateOut]
    diff: list[str]
    notes: list[str]

    @classmethod
    def of(cls, item: Preview) -> PreviewOut:
        """From the domain."""
        return cls(
            document_id=item.document_id,
            change=item.change,
            title=item.metadata.title,
            published_at=item.metadata.published_at,
            characters=item.characters,
            replaces=item.replaces,
            near_duplicates=[
                NearDuplicateOut(document_id=twin.document_id, similarity=twin.similarity)
                for twin in item.near_duplicates
            ],
            diff=list(item.diff),
            notes=list(item.notes),
        )


class PreviewList(BaseModel):
    """What would become of each document, and what could not be read."""

    previews: list[PreviewOut]
    errors: list[JobErrorOut]


class WithdrawnOut(BaseModel):
    """A withdrawn document; ``passages_left`` is counted after the commit."""

    id: str
    state: Literal["withdrawn"] = "withdrawn"
    passages_removed: int
    passages_left: int


class WrittenOut(BaseModel):
    """A document after a write."""

    id: str
    version: int
    outcome: Literal["added", "updated", "unchanged", "skipped"]
    passages: int


class DiffOut(BaseModel):
    """A unified diff of the texts of two versions, by line."""

    document_id: str
    old: int
    new: int
    diff: list[str]


class ChangeOut(BaseModel):
    """Who changed what and when."""

    at: str
    actor: str
    action: str
    version: int | None


class ChangeList(BaseModel):
    """The record of a document's changes, oldest first."""

    changes: list[ChangeOut]
    next: str | None = NEXT
