"""Exact search by NumPy over the catalog's vectors: slower than an index at scale, and always right.

It serves while Chroma is being rebuilt, and whenever a filter leaves few passages.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from assistant.index.catalog import corpus_state, live_seqs, passage_vectors, stream_vectors
from assistant.index.scoping import is_narrowed
from assistant.models import Filters

MATRIX_LIMIT = 400_000  # passages kept in memory between queries: 0.6 GB of float32 at 384 dimensions
FEW = 2_000  # missing vectors are fetched one by one up to here, and by reading through the catalog above

Hits = list[tuple[int, float]]


def scan(connection: Connection, generation: int, vector: NDArray[np.float32], limit: int, filters: Filters) -> Hits:
    """The nearest passages that pass ``filters``, read from the catalog page by page."""
    best: Hits = []
    for seqs, matrix in stream_vectors(connection, generation, filters):
        best = _top(best + list(zip(seqs, (matrix @ vector).tolist(), strict=True)), limit)
    return best


class ExactIndex:
    """All live vectors in memory, brought up to date by difference at each query."""

    def __init__(self, generation: int) -> None:
        self._generation = generation
        self._lock = threading.Lock()
        self._state = -1
        self._seqs: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._matrix: NDArray[np.float32] = np.empty((0, 0), dtype=np.float32)

    def query(self, connection: Connection, vector: NDArray[np.float32], limit: int) -> Hits:
        """The nearest live passages as (row number, cosine similarity), nearest first."""
        if is_narrowed(connection):  # what is kept here is everybody's
            return scan(connection, self._generation, vector, limit, Filters())
        with self._lock:
            state = corpus_state(connection)
            if state != self._state:
                wanted = live_seqs(connection)
                if len(wanted) > MATRIX_LIMIT:
                    self._forget()
                    return scan(connection, self._generation, vector, limit, Filters())
                self._update(connection, wanted)
                self._state = state
            seqs, matrix = self._seqs, self._matrix
        if not len(seqs):
            return []
        scores = matrix @ vector
        if len(scores) > limit:
            nearest = np.argpartition(-scores, limit)[:limit]
        else:
            nearest = np.arange(len(scores))
        return _top([(int(seqs[i]), float(scores[i])) for i in nearest], limit)

    def release(self) -> None:
        """Give the memory back."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        self._state = -1
        self._seqs = np.empty(0, dtype=np.int64)
        self._matrix = np.empty((0, 0), dtype=np.float32)

    def _update(self, connection: Connection, wanted: list[int]) -> None:
        keep = np.isin(self._seqs, np.asarray(wanted, dtype=np.int64))
        seqs, parts = [self._seqs[keep]], [self._matrix[keep]] if len(self._seqs) else []
        # Passages become live in any order, so what is missing is found by comparing, not by position.
        missing = np.setdiff1d(np.asarray(wanted, dtype=np.int64), self._seqs)
        if len(missing) > FEW:
            for page, matrix in stream_vectors(connection, self._generation, after=int(missing[0]) - 1):
                chosen = np.isin(page, missing)
                seqs.append(np.asarray(page, dtype=np.int64)[chosen])
                parts.append(matrix[chosen])
        elif found := passage_vectors(connection, self._generation, missing.tolist()):
            seqs.append(np.fromiter(found, dtype=np.int64, count=len(found)))
            parts.append(np.stack(list(found.values())))
        together = np.concatenate(seqs), np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)
        self._seqs, self._matrix = together


def _top(hits: Hits, limit: int) -> Hits:
    return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:limit]
