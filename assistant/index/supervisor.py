"""Keeps the vector index answering: opens it, distrusts it, rebuilds it, and scans exactly meanwhile.

States: *ready* (Chroma answers) and *rebuilding* (the exact scan answers while a fresh folder is filled from the
catalog's vectors). Any failure of Chroma moves ready to rebuilding; nothing is ever repaired in place. No failure of
the index reaches a reader or a writer: both have the catalog.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from assistant.errors import StorageFailed
from assistant.index import building, seal
from assistant.index.catalog import indexable_seqs, passage_vectors
from assistant.index.database import Database
from assistant.index.exact import ExactIndex, Hits
from assistant.index.nearest import DEAD_SHARE, GRACE_SECONDS, IndexHealth
from assistant.index.records import now
from assistant.index.vectors import ChromaIndex, IndexFailed
from assistant.index.writer import forget_garbage, garbage

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0  # the folder is sealed again this long after the last write
QUARANTINE = "quarantine"  # the name of the folder that was set aside last
TICK_SECONDS = 0.5  # how often the folder is looked after
RETRY_SECONDS = 5.0  # after a failure, such as a full disk, the next attempt waits this long


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
        self._stamp: dict[str, tuple[int, int]] = {}  # of the folder as it was sealed last
        self._closed = threading.Event()
        self._rebuild: threading.Thread | None = None
        self._caretaker: threading.Thread | None = None

    def open(self) -> None:
        """Use the folder on disk if it is intact and complete; otherwise start a rebuild and return at once."""
        candidates = sorted(self._folder.glob(f"{self._prefix}*"), reverse=True)
        # A rebuild that was cut short leaves a newer folder beside one that is still good.
        opened = next((index for index in map(self._try_open, candidates) if index is not None), None)
        for stale in reversed(candidates):
            if opened is None or stale != opened.path:
                self._quarantine(stale)
        if opened is None:
            self.rebuild("the index folder is missing, damaged or incomplete" if candidates else "there is no index")
        else:
            self._use(opened)
        self._caretaker = threading.Thread(target=self._care, name="index-caretaker", daemon=True)
        self._caretaker.start()

    def query(self, connection: Connection, vector: NDArray[np.float32], limit: int) -> Hits:
        """The nearest entries as (row number, cosine); some may be dead, which the catalog tells."""
        index = self._index
        if index is not None:
            try:
                hits = index.query(vector, limit)
                if len(hits) == limit or len(hits) >= index.count() or self._reaches_all(index, vector, limit):
                    return hits
            except IndexFailed as error:
                self._distrust(index, f"a query failed: {error}")
        hits = self._exact.query(connection, vector, limit)
        if self._index is not None:
            self._exact.release()
        return hits

    def add(self, seqs: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Index passages that the catalog has stored already. While rebuilding, the rebuild finds them there."""
        with self._lock:
            index = self._index
            if index is None or not seqs:
                return
            try:
                self._before_write(index)
                index.upsert(seqs, vectors)
            except IndexFailed as error:
                self._distrust(index, f"a write failed: {error}")
            self._last_write = time.monotonic()

    def sweep(self, grace_seconds: float = GRACE_SECONDS) -> int:
        """Remove entries that died longer ago than any reader's snapshot can be; returns how many."""
        with self._lock:
            index = self._index
            with self._database.read() as connection:
                dead = garbage(connection, now(ago=grace_seconds), self._generation)
            if not dead or index is None:
                return 0
            try:
                self._before_write(index)
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
            thread = threading.Thread(target=self._run_rebuild, name="index-rebuild", daemon=True)
            thread.start()
            self._rebuild = thread  # only now: whoever waits for it looks without the lock
            return thread

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
                self._put_away(index)

    def _try_open(self, folder: Path) -> ChromaIndex | None:
        if not seal.is_intact(folder):
            log.warning("The index folder %s was not closed cleanly or has changed.", folder.name)
            return None
        index: ChromaIndex | None = None
        try:
            index = ChromaIndex(folder)
            index.load()
            with self._database.read() as connection:
                expected = set(indexable_seqs(connection, self._generation))
            stored = set(index.ids())
            if expected <= stored:
                self._deleted = seal.deleted_entries(folder)
                seal.unseal(folder)  # opening writes to the folder too
                return index
            log.warning("The index lacks %d of %d passages.", len(expected - stored), len(expected))
        except (IndexFailed, OSError) as error:
            log.warning("The index cannot be opened: %s.", error)
        if index is not None:
            self._release(index)
        return None

    def _run_rebuild(self) -> None:
        folder = self._folder / f"{self._prefix}{time.time_ns():020d}-{secrets.token_hex(2)}"
        index: ChromaIndex | None = None
        try:
            folder.mkdir(parents=True)
            building.fill(self._database, self._generation, folder, self._closed)
            if not self._closed.is_set():
                index = ChromaIndex(folder)
                index.load()
                self._catch_up(index)
                return
        except (IndexFailed, StorageFailed, OSError) as error:
            # The exact scan goes on serving; the caretaker tries again.
            log.error("The vector index could not be rebuilt: %s.", error)
            self._reason = f"the last rebuild failed: {error}"
            shutil.rmtree(self._folder / QUARANTINE, ignore_errors=True)  # the disk may be full
        if index is not None:
            self._release(index)
        shutil.rmtree(folder, ignore_errors=True)  # half-filled, it is of no use

    def _catch_up(self, index: ChromaIndex) -> None:
        """Make up for what was written during the rebuild and swap the finished index in, with writers held off."""
        with self._lock:
            stored = set(index.ids())
            with self._database.read() as connection:
                # What died a moment ago stays for readers whose snapshot is older; the sweep removes it later.
                swept = set(garbage(connection, now(ago=GRACE_SECONDS), self._generation))
                dying = set(garbage(connection, now(ago=0), self._generation)) - swept
                needed = {*indexable_seqs(connection, self._generation), *dying}
                missing = passage_vectors(connection, self._generation, sorted(needed - stored))
            if missing:
                index.upsert(list(missing), np.stack(list(missing.values())))
            index.delete(sorted(stored - needed))
            old = self._index
            self._use(index)
            self._deleted = 0
            self._exact.release()
        if old is not None:
            self._release(old)
            self._quarantine(old.path)
        log.info("The vector index is ready with %d passages.", len(needed))

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
        pause = TICK_SECONDS
        while not self._closed.wait(pause):
            pause = TICK_SECONDS
            try:
                self._seal_when_idle()
                self.sweep()
                index = self._index
                if index is None and (self._rebuild is None or not self._rebuild.is_alive()):
                    self.rebuild(self._reason or "the index is missing")
                    pause = RETRY_SECONDS
                elif index is not None and self._deleted > DEAD_SHARE * max(self.health().entries, 1_000):
                    self.rebuild("much of the index is deleted entries")
                    pause = RETRY_SECONDS
            except Exception as error:  # one failed round must not end the care
                log.error("Looking after the index failed: %s.", error)
                pause = RETRY_SECONDS

    def _seal_when_idle(self) -> None:
        if time.monotonic() - self._last_write < IDLE_SECONDS:
            return
        with self._lock:
            if self._index is not None and not seal.is_sealed(self._index.path):
                self._seal(self._index)

    def _reaches_all(self, index: ChromaIndex, vector: NDArray[np.float32], limit: int) -> bool:
        """Whether a search that found few entries found all there are.

        After many deletes Chroma may store entries that no search reaches; a rebuild mends that.

        Raises:
            IndexFailed: it does not, and entries were deleted.
        """
        with self._lock:  # no write comes between the search and the count
            found, stored = len(index.query(vector, limit)), index.count()
        if found < min(limit, stored) and self._deleted:
            raise IndexFailed(f"it reached {found} of {stored} entries")
        return found >= min(limit, stored)

    def _use(self, index: ChromaIndex) -> None:
        """Answer from ``index``, which is not sealed, from now on."""
        self._last_write = time.monotonic()
        self._index, self._reason = index, None

    def _seal(self, index: ChromaIndex) -> None:
        self._stamp = seal.stamp(index.path)
        seal.seal(index.path, self._deleted)

    def _before_write(self, index: ChromaIndex) -> None:
        """Open the seal, unless somebody else changed the folder under it.

        Raises:
            IndexFailed: the folder is not what was sealed, or cannot be written.
        """
        try:
            if seal.is_sealed(index.path):
                if seal.stamp(index.path) != self._stamp:
                    raise IndexFailed("its files were changed from outside")
                seal.unseal(index.path)
        except OSError as error:
            raise IndexFailed(f"its folder cannot be used ({error})") from error
        self._last_write = time.monotonic()

    def _put_away(self, index: ChromaIndex) -> None:
        """Close an index so that the next start can trust its folder, if this one can.

        A seal that is there already stays: a new one would vouch for whatever became of the files since.
        """
        self._release(index)
        try:
            if not seal.is_sealed(index.path):
                self._seal(index)
        except OSError as error:
            log.warning("The index folder %s could not be sealed: %s.", index.path.name, error)

    def _release(self, index: ChromaIndex) -> None:
        try:
            index.close()
        except IndexFailed as error:
            log.warning("Closing the index failed: %s.", error)

    def _quarantine(self, folder: Path) -> None:
        """Set a folder aside for inspection; only the last one set aside is kept."""
        aside = self._folder / QUARANTINE
        try:
            shutil.rmtree(aside, ignore_errors=True)
            if folder.exists():
                folder.rename(aside)
        except OSError as error:
            log.warning("The index folder %s could not be set aside: %s.", folder.name, error)
