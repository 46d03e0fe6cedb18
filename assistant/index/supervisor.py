"""Keeps the vector index answering: opens it, distrusts it, rebuilds it, and scans exactly meanwhile.

States: *ready* (Chroma answers) and *rebuilding* (the exact scan answers while a fresh folder is filled from the
catalog's vectors). Any failure of Chroma moves ready to rebuilding; nothing is ever repaired in place.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from assistant.errors import StorageFailed
from assistant.index import seal
from assistant.index.catalog import indexable_seqs, stream_vectors
from assistant.index.database import Database
from assistant.index.exact import ExactIndex, Hits
from assistant.index.vectors import ChromaIndex, IndexFailed
from assistant.index.writer import forget_garbage, garbage

log = logging.getLogger(__name__)

State = Literal["ready", "rebuilding", "closed"]

GRACE_SECONDS = 60  # a dead entry stays this long, for readers whose snapshot is older than its death
IDLE_SECONDS = 1.0  # the folder is sealed again this long after the last write
DEAD_SHARE = 0.3  # Chroma never reclaims space: rebuild when more than this share was deleted


@dataclass(frozen=True, slots=True)
class IndexHealth:
    """What ``/readyz`` and ``assistant check`` report of the vector index."""

    state: State
    entries: int
    reason: str | None  # why it is being rebuilt


class IndexSupervisor:
    """The vector index as the rest of the program sees it.

    Args:
        database: the catalog, which the index is rebuilt from.
        folder: where index folders live, one at a time; the newest intact one is used.
        generation: whose vectors.
        fingerprint_key: part of the folder's name, so that vectors of two models never share a folder.
    """

    def __init__(self, database: Database, folder: Path, generation: int, fingerprint_key: str) -> None:
        self._database = database
        self._folder = folder
        self._generation = generation
        self._prefix = f"{fingerprint_key}-"
        self._exact = ExactIndex(generation)
        self._lock = threading.RLock()  # writes and swaps; queries take none
        self._index: ChromaIndex | None = None
        self._reason: str | None = None
        self._deleted = 0
        self._last_write = 0.0
        self._closed = threading.Event()
        self._rebuild: threading.Thread | None = None
        self._caretaker: threading.Thread | None = None

    def open(self) -> None:
        """Use the folder on disk if it is intact and complete; otherwise start a rebuild and return at once."""
        self._folder.mkdir(parents=True, exist_ok=True)
        candidates = sorted(self._folder.glob(f"{self._prefix}*"))
        opened = self._try_open(candidates[-1]) if candidates else None
        for stale in candidates:
            if opened is None or stale != opened.path:
                self._quarantine(stale)
        if opened is None:
            self.rebuild("the index folder is missing, damaged or incomplete" if candidates else "there is no index")
        else:
            self._index = opened
            self._touch()
        self._caretaker = threading.Thread(target=self._care, name="index-caretaker", daemon=True)
        self._caretaker.start()

    def query(self, connection: Connection, vector: NDArray[np.float32], limit: int) -> Hits:
        """The nearest entries as (row number, cosine); some may be dead, which the catalog tells."""
        index = self._index
        if index is not None:
            try:
                return index.query(vector, limit)
            except IndexFailed as error:
                self._distrust(index, f"a query failed: {error}")
        return self._exact.query(connection, vector, limit)

    def add(self, seqs: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Index passages that the catalog has stored already. While rebuilding, the rebuild finds them there."""
        with self._lock:
            index = self._index
            if index is None or not seqs:
                return
            self._before_write(index)
            try:
                index.upsert(seqs, vectors)
            except IndexFailed as error:
                self._distrust(index, f"a write failed: {error}")
            self._last_write = time.monotonic()

    def sweep(self, grace_seconds: float = GRACE_SECONDS) -> int:
        """Remove entries that died longer ago than any reader's snapshot can be; returns how many."""
        moment = datetime.now(UTC) - timedelta(seconds=grace_seconds)
        with self._lock:
            with self._database.read() as connection:
                dead = garbage(connection, moment.isoformat(timespec="microseconds").replace("+00:00", "Z"))
            index = self._index
            if not dead or (index is None and self._rebuild is not None):
                return 0
            if index is not None:
                self._before_write(index)
                try:
                    index.delete(dead)
                except IndexFailed as error:
                    self._distrust(index, f"a delete failed: {error}")
                    return 0
                self._deleted += len(dead)
                self._last_write = time.monotonic()
            with self._database.write() as connection:
                forget_garbage(connection, dead)
            return len(dead)

    def rebuild(self, reason: str) -> threading.Thread:
        """Start filling a fresh folder from the catalog; the exact scan serves until it is complete."""
        with self._lock:
            if self._rebuild is not None and self._rebuild.is_alive():
                return self._rebuild
            log.warning("Rebuilding the vector index: %s.", reason)
            self._reason = reason
            self._rebuild = threading.Thread(target=self._run_rebuild, name="index-rebuild", daemon=True)
            self._rebuild.start()
            return self._rebuild

    def wait_ready(self, timeout: float | None = None) -> bool:
        """Wait for a rebuild to finish; whether Chroma answers now."""
        thread = self._rebuild
        if thread is not None:
            thread.join(timeout)
        return self._index is not None

    def health(self) -> IndexHealth:
        """State and size now."""
        index = self._index
        if self._closed.is_set():
            return IndexHealth("closed", 0, None)
        if index is None:
            return IndexHealth("rebuilding", 0, self._reason)
        try:
            return IndexHealth("ready", index.count(), None)
        except IndexFailed as error:
            self._distrust(index, f"counting failed: {error}")
            return IndexHealth("rebuilding", 0, self._reason)

    @property
    def generation(self) -> int:
        """Whose vectors it holds."""
        return self._generation

    def stored_ids(self) -> set[int]:
        """Every entry's row number; none while rebuilding."""
        index = self._index
        if index is None:
            return set()
        try:
            return set(index.ids())
        except IndexFailed as error:
            self._distrust(index, f"listing failed: {error}")
            return set()

    def close(self) -> None:
        """Seal the folder and release it."""
        self._closed.set()
        if self._rebuild is not None:
            self._rebuild.join()
        if self._caretaker is not None:
            self._caretaker.join()
        with self._lock:
            index, self._index = self._index, None
            if index is not None:
                self._release(index)
                seal.seal(index.path)

    def _try_open(self, folder: Path) -> ChromaIndex | None:
        if not seal.is_intact(folder):
            log.warning("The index folder %s was not closed cleanly or has changed.", folder.name)
            return None
        index: ChromaIndex | None = None
        try:
            index = ChromaIndex(folder)
            with self._database.read() as connection:
                expected = set(indexable_seqs(connection, self._generation))
            stored = set(index.ids())
            if expected <= stored:
                self._deleted = 0
                return index
            log.warning("The index lacks %d of %d passages.", len(expected - stored), len(expected))
        except IndexFailed as error:
            log.warning("The index cannot be opened: %s.", error)
        if index is not None:
            self._release(index)
        return None

    def _run_rebuild(self) -> None:
        folder = self._folder / f"{self._prefix}{time.time_ns():020d}-{secrets.token_hex(2)}"
        try:
            index = ChromaIndex(folder)
            with self._database.read() as connection:
                for seqs, matrix in stream_vectors(connection, self._generation, page=1_000, indexable=True):
                    if self._closed.is_set():
                        self._release(index)
                        return
                    index.upsert(seqs, matrix)
            self._catch_up(index)
        except (IndexFailed, StorageFailed, OSError) as error:
            # The exact scan goes on serving; the caretaker tries again.
            log.error("The vector index could not be rebuilt: %s.", error)
            self._reason = f"the last rebuild failed: {error}"

    def _catch_up(self, index: ChromaIndex) -> None:
        """Add what was written during the rebuild and swap the finished index in, with writers held off."""
        with self._lock:
            stored = set(index.ids())
            with self._database.read() as connection:
                missing = set(indexable_seqs(connection, self._generation)) - stored
                if missing:
                    for seqs, matrix in stream_vectors(
                        connection, self._generation, after=min(missing) - 1, indexable=True
                    ):
                        chosen = [i for i, seq in enumerate(seqs) if seq in missing]
                        index.upsert([seqs[i] for i in chosen], matrix[chosen])
            old, self._index = self._index, index
            self._deleted, self._reason = 0, None
            self._touch()
            self._exact.release()
        if old is not None:
            self._release(old)
            self._quarantine(old.path)
        log.info("The vector index is ready with %d passages.", index.count())

    def _distrust(self, index: ChromaIndex, reason: str) -> None:
        with self._lock:
            if self._index is not index:
                return
            self._index = None
            self._release(index)
            self._quarantine(index.path)
            self.rebuild(reason)

    def _care(self) -> None:
        """Housekeeping while idle: seal after writes, sweep the dead, retry a failed rebuild."""
        while not self._closed.wait(0.5):
            try:
                self._seal_when_idle()
                self.sweep()
                index = self._index
                if index is None and (self._rebuild is None or not self._rebuild.is_alive()):
                    self.rebuild(self._reason or "the index is missing")
                elif index is not None and self._deleted > DEAD_SHARE * max(index.count(), 1_000):
                    self.rebuild("much of the index is deleted entries")
            except (StorageFailed, IndexFailed, OSError) as error:
                log.error("Looking after the index failed: %s.", error)

    def _seal_when_idle(self) -> None:
        if time.monotonic() - self._last_write < IDLE_SECONDS:
            return
        with self._lock:
            if self._index is not None and not seal.is_sealed(self._index.path):
                seal.seal(self._index.path)

    def _before_write(self, index: ChromaIndex) -> None:
        seal.unseal(index.path)
        self._last_write = time.monotonic()

    def _touch(self) -> None:
        self._last_write = time.monotonic()
        if self._index is not None:
            seal.unseal(self._index.path)  # opening writes to the folder too

    def _release(self, index: ChromaIndex) -> None:
        try:
            index.close()
        except IndexFailed as error:
            log.warning("Closing the index failed: %s.", error)

    def _quarantine(self, folder: Path) -> None:
        """Set a folder aside for inspection; only the last one set aside is kept."""
        aside = self._folder / "quarantine"
        try:
            shutil.rmtree(aside, ignore_errors=True)
            if folder.exists():
                folder.rename(aside)
        except OSError as error:
            log.warning("The index folder %s could not be set aside: %s.", folder.name, error)
