"""What handing something in would change, before anything changes."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from assistant.curation import duplicates
from assistant.curation.duplicates import NearDuplicate
from assistant.index import near
from assistant.index.catalog import find_document, get_version
from assistant.index.records import content_digest
from assistant.models import LoadedDocument, Metadata

Change = Literal["new", "identical", "near_duplicate", "replaces"]
CONTEXT_LINES = 2


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of one document."""

    document_id: str
    change: Change
    metadata: Metadata
    characters: int
    replaces: int | None  # the version that would be superseded
    near_duplicates: tuple[NearDuplicate, ...]
    diff: tuple[str, ...]  # unified, without file headers; for a replacement
    notes: tuple[str, ...]


def preview(connection: Connection, document_id: str, loaded: LoadedDocument) -> Preview:
    """Compare a document with what is stored under its id and with what reads almost the same."""
    document = find_document(connection, document_id)
    current = document.current_version if document else None
    values = duplicates.signature(loaded.text)
    candidates = near.candidates(connection, duplicates.bands(values), leave_out=document_id)
    twins = tuple(duplicates.most_similar(values, candidates))
    change: Change = "near_duplicate" if twins else "new"
    diff: tuple[str, ...] = ()
    if current is not None:
        stored = get_version(connection, document_id, current)
        change = "identical" if stored.content_sha256 == content_digest(loaded) else "replaces"
        diff = tuple(diff_lines(stored.text, loaded.text)) if change == "replaces" else ()
    return Preview(
        document_id,
        change,
        loaded.metadata,
        len(loaded.text),
        current if change == "replaces" else None,
        twins,
        diff,
        loaded.notes,
    )


def diff_lines(old: str, new: str) -> Sequence[str]:
    """A unified diff of two texts by line, without the two file headers."""
    lines = difflib.unified_diff(old.split("\n"), new.split("\n"), lineterm="", n=CONTEXT_LINES)
    return list(lines)[2:]
