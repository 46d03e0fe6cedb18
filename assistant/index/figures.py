"""The size of the corpus, and how far the vector index is from what the catalog says it should hold."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from assistant.index import schema
from assistant.index.catalog import count_indexable
from assistant.index.counts import count_live
from assistant.index.database import Database
from assistant.index.nearest import VectorIndex
from assistant.index.records import now
from assistant.index.writer import garbage


@dataclass(frozen=True, slots=True)
class CorpusFigures:
    """What the corpus and its index hold at one moment."""

    documents: int
    passages: int
    index_ready: bool
    index_entries: int
    index_expected: int  # entries that the catalog says there should be, those on their way out included
    jobs: dict[str, int]  # by state

    @property
    def index_drift(self) -> int:
        """Entries too many or, below zero, missing; 0 is right."""
        return self.index_entries - self.index_expected


def figures_of(database: Database, index: VectorIndex) -> CorpusFigures:
    """Counted now.

    Raises:
        StorageFailed: the catalog cannot be read.
    """
    j = schema.jobs
    health = index.health()
    with database.read() as connection:
        documents, passages = count_live(connection)
        expected = count_indexable(connection, index.generation) + len(garbage(connection, now(), index.generation))
        jobs = {
            str(state): int(n) for state, n in connection.execute(select(j.c.state, func.count()).group_by(j.c.state))
        }
    return CorpusFigures(documents, passages, health.state == "ready", health.entries, expected, jobs)
