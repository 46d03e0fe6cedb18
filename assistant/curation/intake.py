"""What curators hand in, made into documents with ids: a file, a record of fields, or an address to fetch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from assistant.curation.fetching import Fetched
from assistant.curation.loaders import Limits
from assistant.curation.loaders.jsonl import read_record
from assistant.curation.sandbox import Sandbox
from assistant.errors import InvalidDocument
from assistant.models import LoadedDocument, Metadata, Submission

Fetch = Callable[..., Fetched]

OVERRIDES = ("title", "source", "source_type", "author", "url", "language", "published_at", "topics")


@dataclass(frozen=True, slots=True)
class Intake:
    """Reads submissions; files are parsed in the sandbox and addresses are fetched with guards."""

    sandbox: Sandbox
    fetch: Fetch
    limits: Limits

    def read(self, submission: Submission) -> list[tuple[str, LoadedDocument]]:
        """The documents of a submission with their ids.

        Raises:
            InvalidDocument: it cannot be read, or an id was given for a file that holds several documents.
            TooLarge: over a limit.
            Refused: an address that must not be fetched.
            Unavailable: an address that does not answer.
        """
        loaded = self._load(submission)
        if submission.document_id is not None and len(loaded) > 1:
            raise InvalidDocument(
                f"{submission.name} holds {len(loaded)} documents, so it cannot be given one id.", "Leave the id out."
            )
        return [
            (
                submission.document_id or document.id or _derived_id(submission, document, number, len(loaded)),
                _overridden(document, submission.overrides or {}),
            )
            for number, document in enumerate(loaded, 1)
        ]

    def _load(self, submission: Submission) -> tuple[LoadedDocument, ...]:
        if submission.kind == "record":
            return (read_record(submission.data or b"", submission.name),)
        if submission.kind == "file":
            return self.sandbox.load(submission.data or b"", name=submission.name, media_type=submission.media_type)
        fetched = self.fetch(submission.name, self.limits)
        documents = self.sandbox.load(fetched.data, name=fetched.final_url, media_type=fetched.media_type)
        return tuple(
            replace(d, metadata=replace(d.metadata, url=d.metadata.url or fetched.final_url)) for d in documents
        )


def record(fields: Mapping[str, Any], name: str = "The document") -> Submission:
    """A submission of fields, as JSON bodies and JSON lines have them."""
    return Submission("record", name, json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _derived_id(submission: Submission, document: LoadedDocument, number: int, count: int) -> str:
    """An id that the same submission gets again, so that handing it in twice makes no copy."""
    if submission.kind == "record":
        if document.metadata.url:
            return document.metadata.url[:200]
        return "doc-" + hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    base = submission.name.replace("\\", "/").rsplit("/", 1)[-1] if submission.kind == "file" else submission.name
    base = "".join(c for c in base if c.isprintable()).strip()[:180] or "document"
    return base if count == 1 else f"{base}#{number}"


def _overridden(document: LoadedDocument, overrides: Mapping[str, Any]) -> LoadedDocument:
    if not overrides:
        return document
    stated = {name: overrides[name] for name in OVERRIDES if overrides.get(name) is not None}
    if "topics" in stated:
        stated["topics"] = tuple(stated["topics"])
    metadata: Metadata = replace(document.metadata, **stated)
    return replace(document, metadata=metadata)
