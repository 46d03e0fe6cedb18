"""Dense and lexical search fused into one ranking of passages.

Both give candidates; every candidate then gets both scores, so that fusion compares like with like. The fused score
is a convex mix of normalised scores, which did better in trials than rank fusion (docs/adr/0005). Where a question is
asked as of a day, what was published shortly before it is preferred: that is what people ask about.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from assistant.curation.statements.dates import published_day
from assistant.index import lexical
from assistant.index.catalog import (
    StoredPassage,
    count_matching,
    live_dates,
    live_passages,
    matching_seqs,
    passage_vectors,
)
from assistant.index.exact import Hits, scan
from assistant.index.scoping import is_narrowed
from assistant.models import Filters, Passage, RetrievedPassage

SCAN_LIMIT = 5_000  # a filter that leaves no more passages than this is answered by an exact scan
OVERFETCH = 4
LEAST_CANDIDATES = 60
RECENCY_WEIGHT = 0.25  # share of how recent a passage is in its score, where a day is given …
YEAR_START = "-01-01"
RECENT = 30.0  # … which falls to 1/e in so many days


@dataclass(frozen=True, slots=True)
class Hit:
    """A ranked passage with its row number, which names its vectors."""

    seq: int
    retrieved: RetrievedPassage

    @property
    def passage(self) -> Passage:
        """The passage itself."""
        return self.retrieved.passage


class Nearest(Protocol):
    """Anything that finds near passages: the vector index, or an exact scan."""

    def query(self, connection: Connection, vector: NDArray[np.float32], limit: int) -> Hits:
        """The nearest passages as (row number, cosine similarity), nearest first."""
        ...


@dataclass(frozen=True, slots=True)
class HybridRetriever:
    """Ranks live passages for a question.

    Args:
        index: nearest neighbours.
        generation: whose vectors.
        dense_weight: share of cosine similarity in the fused score, 0 to 1.
    """

    index: Nearest
    generation: int
    dense_weight: float

    def retrieve(
        self,
        connection: Connection,
        vector: NDArray[np.float32],
        words: Sequence[str],
        filters: Filters,
        limit: int,
    ) -> list[Hit]:
        """The best ``limit`` passages, best first, all from the caller's snapshot.

        Args:
            connection: the snapshot; open it before asking the index, so that nothing live is missed.
            vector: the question's unit vector.
            words: what to match literally.
            filters: which passages may be used.
            limit: most passages to return.
        """
        wanted = max(OVERFETCH * limit, LEAST_CANDIDATES)
        within = self._few(connection, filters)
        dense, dates = self._dense(connection, vector, filters, wanted, within)
        sparse = dict(lexical.search(connection, words, wanted, within))
        unseen = [seq for seq in dict.fromkeys([*dense, *sparse]) if seq not in dates]
        dates |= live_dates(connection, unseen, filters)
        missing = [seq for seq in dates if seq not in dense]
        vectors = passage_vectors(connection, self.generation, missing)
        cosines = {seq: dense[seq] if seq in dense else float(vectors[seq] @ vector) for seq in dates}
        best = _fuse(dates, cosines, sparse, self.dense_weight, filters.as_of)[:limit]
        stored = live_passages(connection, [scored.seq for scored in best], filters)
        return [Hit(scored.seq, scored.of(stored[scored.seq])) for scored in best]

    def _few(self, connection: Connection, filters: Filters) -> list[int] | None:
        """The passages that pass ``filters`` when they are few enough to scan; None when filters are no help."""
        everything = filters == Filters() and not is_narrowed(connection)
        if everything or count_matching(connection, filters, SCAN_LIMIT + 1) > SCAN_LIMIT:
            return None
        return matching_seqs(connection, filters)

    def _dense(
        self,
        connection: Connection,
        vector: NDArray[np.float32],
        filters: Filters,
        wanted: int,
        within: list[int] | None,
    ) -> tuple[dict[int, float], dict[int, str | None]]:
        """The nearest passages' similarities, and when they were published where that was looked up."""
        if within is not None:
            return dict(scan(connection, self.generation, vector, wanted, filters)), {}
        hits = dict(self.index.query(connection, vector, wanted))
        live = live_dates(connection, list(hits), filters)
        if len(live) >= min(wanted // 2, len(hits)) or len(hits) < wanted:
            return {seq: hits[seq] for seq in live}, live
        # Most of what the index returned is dead or filtered out: the index cannot be asked for more cheaply.
        return dict(scan(connection, self.generation, vector, wanted, filters)), {}


@dataclass(frozen=True, slots=True)
class _Scored:
    """A candidate before it is read."""

    seq: int
    score: float
    cosine: float
    lexical: float

    def of(self, stored: StoredPassage) -> RetrievedPassage:
        """The passage with these scores."""
        return RetrievedPassage(
            stored.passage, stored.metadata, self.score, self.cosine, self.lexical, stored.origin_group
        )


def _fuse(
    dates: dict[int, str | None],
    cosines: dict[int, float],
    sparse: dict[int, float],
    weight: float,
    as_of: str | None,
) -> list[_Scored]:
    """All candidates, best first."""
    if not dates:
        return []
    best_sparse = max((sparse.get(seq, 0.0) for seq in dates), default=0.0) or 1.0
    low, high = min(cosines.values()), max(cosines.values())
    spread = (high - low) or 1.0
    found = []
    for seq, published_at in dates.items():
        lexical_score = max(sparse.get(seq, 0.0), 0.0) / best_sparse
        fused = weight * (cosines[seq] - low) / spread + (1 - weight) * lexical_score
        if as_of is not None:
            fused = (1 - RECENCY_WEIGHT) * fused + RECENCY_WEIGHT * recency(published_at, as_of)
        found.append(_Scored(seq, round(fused, 6), cosines[seq], lexical_score))
    return sorted(found, key=lambda scored: (-scored.score, scored.seq))


def recency(published_at: str | None, as_of: str) -> float:
    """How recent a document is on a day, 1 on that very day and falling to 0; 0 where it has no date.

    A year or month that is given alone counts as its first day.
    """
    published, today = (published_day(f"{value or ''}{YEAR_START}"[:10]) for value in (published_at, as_of))
    if published is None or today is None:
        return 0.0
    return math.exp(-max((today - published).days, 0) / RECENT)
