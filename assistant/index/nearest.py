"""What the rest of the program asks of a vector index, whether it is in this process or on a server."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from assistant.index.exact import Hits

State = Literal["ready", "rebuilding", "closed"]

GRACE_SECONDS = 60.0  # a dead entry stays this long, for readers whose snapshot is older than its death
DEAD_SHARE = 0.3  # Chroma never reclaims space: rebuild when more than this share was deleted


@dataclass(frozen=True, slots=True)
class IndexHealth:
    """What ``/readyz`` and ``assistant check`` report of the vector index."""

    state: State
    entries: int
    reason: str | None  # why it is being rebuilt


class VectorIndex(Protocol):
    """Nearest neighbours that always answer: what the index cannot, an exact scan does."""

    @property
    def generation(self) -> int:
        """Whose vectors it holds."""

    def open(self) -> None:
        """Begin to answer; what has to be built is built beside that."""

    def query(self, connection: Connection, vector: NDArray[np.float32], limit: int) -> Hits:
        """The nearest entries as (row number, cosine); some may be dead, which the catalog tells."""

    def add(self, seqs: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Index passages that the catalog has stored already."""

    def sweep(self, grace_seconds: float = GRACE_SECONDS) -> int:
        """Remove entries that died longer ago than any reader's snapshot can be; returns how many."""

    def rebuild(self, reason: str) -> threading.Thread:
        """Start filling it anew from the catalog."""

    def wait_ready(self, timeout: float | None = None) -> bool:
        """Wait for a rebuild to finish; whether the index answers now."""

    def health(self) -> IndexHealth:
        """State and size now."""

    def stored_ids(self) -> set[int]:
        """Every entry's row number; none while rebuilding."""

    def close(self) -> None:
        """Release it."""
