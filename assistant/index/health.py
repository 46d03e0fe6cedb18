"""The audit behind ``assistant check``: does everything on disk agree with the catalog, and can it be found?"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, text

from assistant.index import lexical
from assistant.index.catalog import indexable_seqs, live_seqs, passage_vectors
from assistant.index.database import Database
from assistant.index.generations import current_generation
from assistant.index.nearest import VectorIndex

SAMPLE = 200  # passages that are looked up by their own vector
SELF_SIMILARITY = 0.999

_MISSING_VECTORS = text(
    "SELECT count(*) FROM passages p WHERE p.live AND NOT EXISTS "
    "(SELECT 1 FROM vectors v WHERE v.generation = p.generation AND v.input_sha256 = p.input_sha256)"
)
_WRONG_TEXT = text(
    "SELECT count(*) FROM passages p JOIN versions v ON v.document_id = p.document_id AND v.number = p.version "
    "WHERE p.live AND substr(v.text, p.start_offset + 1, p.end_offset - p.start_offset) != p.text"
)
_STRAY_LIVE = text(
    "SELECT count(*) FROM passages p JOIN versions v ON v.document_id = p.document_id AND v.number = p.version "
    "WHERE p.live AND v.state != 'current'"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    name: str
    ok: bool
    detail: str


def audit(database: Database, index: VectorIndex, fingerprint: str) -> list[Finding]:
    """Check catalog, full text and vector index against each other.

    Args:
        database: the catalog.
        index: the index of the current generation.
        fingerprint: what the current encoder and chunker say of themselves.
    """
    with database.read() as connection:
        live = set(live_seqs(connection))
        return [
            _catalog(connection),
            _counted(connection, "passages are slices of their versions", _WRONG_TEXT, "differ from their version"),
            _counted(connection, "only current versions are found", _STRAY_LIVE, "belong to no current version"),
            _counted(connection, "every passage has a vector", _MISSING_VECTORS, "have no vector"),
            _fingerprint(connection, fingerprint),
            _full_text(connection, live),
            *_index(connection, index, live),
        ]


def _catalog(connection: Connection) -> Finding:
    if connection.dialect.name == "sqlite":
        result = str(connection.scalar(text("PRAGMA integrity_check")))
        return Finding("the catalog is intact", result == "ok", result)
    # Pages with a wrong checksum raise when they are read; only its administrator can look at all of them.
    checksums = connection.scalar(text("SELECT current_setting('data_checksums')"))
    return Finding("the catalog is intact", True, f"PostgreSQL answers; data checksums are {checksums}")


def _counted(connection: Connection, name: str, query: object, wrong: str) -> Finding:
    count = connection.scalar(query) or 0  # type: ignore[call-overload]
    return Finding(name, count == 0, f"{count} passages {wrong}" if count else "all")


def _fingerprint(connection: Connection, fingerprint: str) -> Finding:
    stored = current_generation(connection).fingerprint
    return Finding("the encoder is the one that made the vectors", stored == fingerprint, stored)


def _full_text(connection: Connection, live: set[int]) -> Finding:
    rows = lexical.count(connection)
    return Finding("full text holds the live passages", rows == len(live), f"{rows} of {len(live)}")


def _index(connection: Connection, index: VectorIndex, live: set[int]) -> list[Finding]:
    state = index.health().state
    if state != "ready":
        return [Finding("the vector index is ready", False, f"it is {state}; the exact scan answers")]
    stored = index.stored_ids()
    # What is staged may be on its way there, or left by a process that died before it was published.
    expected = live.intersection(indexable_seqs(connection, index.generation))
    # What is noted as garbage is on its way out; of a version that was never published there is no passage any more.
    known = set(connection.scalars(text("SELECT seq FROM passages UNION SELECT seq FROM index_garbage")))
    # What a server has not taken yet is noted, and compared exactly with each question.
    pending = set(connection.scalars(text("SELECT seq FROM index_pending")))
    return [
        Finding("the vector index is ready", True, f"{len(stored)} entries"),
        _difference("the index holds every passage", expected - stored - pending, "are missing"),
        _difference("the index holds nothing unknown", stored - known, "are orphans"),
        _reachable(connection, index, sorted(expected)),
    ]


def _difference(name: str, wrong: set[int], verb: str) -> Finding:
    return Finding(name, not wrong, f"{len(wrong)} entries {verb}" if wrong else "all")


def _reachable(connection: Connection, index: VectorIndex, seqs: list[int]) -> Finding:
    """Look passages up by their own vector: an entry can be stored and yet never found."""
    chosen = random.Random(len(seqs)).sample(seqs, min(SAMPLE, len(seqs)))  # noqa: S311 - a sample, not a secret
    vectors = passage_vectors(connection, index.generation, chosen)
    lost = [seq for seq, vector in vectors.items() if not _finds_itself(connection, index.query, seq, vector)]
    return Finding(
        "passages find themselves", not lost, f"{len(lost)} of {len(chosen)} sampled do not" if lost else "all sampled"
    )


def _finds_itself(
    connection: Connection, query: Callable[..., list[tuple[int, float]]], seq: int, vector: np.ndarray
) -> bool:
    # The same text in another document has the same vector, which is as good.
    return any(hit == seq or score >= SELF_SIMILARITY for hit, score in query(connection, vector, 10))
