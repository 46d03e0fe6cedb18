"""The vector index on a Chroma server, for any number of processes.

Every process asks the collection that the catalog names in its own snapshot. One process at a time looks after it: it
removes the dead, makes up for what the server missed while it was away, and fills a new collection where the present
one cannot be trusted. A process that the server fails scans exactly until the collection has been compared with the
catalog.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from assistant.errors import StorageFailed
from assistant.index import collection_store, generations
from assistant.index.catalog import passage_vectors
from assistant.index.collection_care import CollectionCare
from assistant.index.collection_store import Answering
from assistant.index.database import Database
from assistant.index.exact import ExactIndex, Hits
from assistant.index.nearest import GRACE_SECONDS, IndexHealth
from assistant.index.vectors import ChromaServer, IndexFailed, VectorCollection

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5  # how often a collection that is not trusted is looked at …
TIDY_SECONDS = 2.0  # … and one that is …
TIDY_SHARE = 20.0  # … but no more than a twentieth of the time, where it takes long
CARE = "index"  # the lock of the process that looks after the collections
LOCKED = "database is locked"  # how the server says it


class SharedIndex:
    """The vector index as the rest of the program sees it; the twin of ``IndexSupervisor``.

    Args:
        database: the catalog, which says what answers and what it must hold.
        server: where the collections are.
        generation: whose vectors.
        fingerprint_key: part of the collections' names, for whoever looks at the server.
    """

    def __init__(self, database: Database, server: ChromaServer, generation: int, fingerprint_key: str) -> None:
        self._database = database
        self._server = server
        self._generation = generation
        self._prefix = f"passages-{fingerprint_key}-"
        self._exact = ExactIndex(generation)
        self._closed = threading.Event()
        self._care = CollectionCare(database, server, generation, self._closed)
        self._caring = threading.RLock()  # within this process; the lock in the catalog is for the others
        self._suspects: frozenset[str] = frozenset()  # collections that have failed
        self._reason: str | None = None
        self._attempts = 0
        self._caretaker: threading.Thread | None = None
        self._rebuild: threading.Thread | None = None

    @property
    def generation(self) -> int:
        """Whose vectors it holds."""
        return self._generation

    def open(self) -> None:
        """Look whether the collection is there and whole; if not, it is mended beside serving."""
        with self._database.read() as connection:
            current = collection_store.answering(connection, self._generation)
            if current is not None:
                try:
                    self._care.check(connection, current)
                except IndexFailed as error:
                    self._distrust(current.name, f"it does not answer as it should: {error}")
        self._caretaker = threading.Thread(target=self._look_after, name="index-caretaker", daemon=True)
        self._caretaker.start()

    def query(self, connection: Connection, vector: NDArray[np.float32], limit: int) -> Hits:
        """The nearest entries as (row number, cosine); some may be dead, which the catalog tells."""
        current = collection_store.answering(connection, self._generation)
        if current is not None and current.name not in self._suspects:
            try:
                hits = self._ask(self._server.open(current.name), vector, limit)
                return self._with_pending(connection, current, vector, hits)[:limit]
            except IndexFailed as error:
                self._distrust(current.name, f"a query failed: {error}")
        return self._exact.query(connection, vector, limit)

    def add(self, seqs: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Index passages that the catalog has stored already; what the server cannot take now is noted as pending.

        While the first collection is filled nothing is to be done: filling it ends with a look at what is staged.
        """
        if not seqs:
            return
        with self._database.read() as connection:
            current = collection_store.answering(connection, self._generation)
        if current is None:
            return
        if current.name not in self._suspects:
            try:
                self._server.open(current.name).upsert(seqs, vectors)
                return
            except IndexFailed as error:
                self._distrust(current.name, f"a write failed: {error}")
        with self._database.write() as connection:
            collection_store.add_pending(connection, self._generation, seqs)

    def sweep(self, grace_seconds: float = GRACE_SECONDS) -> int:
        """Remove entries that died longer ago than any reader's snapshot can be; returns how many.

        None while a new collection is filled, which holds no dead ones.
        """
        if self._rebuild is not None and self._rebuild.is_alive():
            return 0
        with self._caring, self._database.alone(CARE) as mine:
            if not mine:
                return 0
            with self._database.read() as connection:
                current = collection_store.answering(connection, self._generation)
            if current is None or current.name in self._suspects:
                return 0
            try:
                return self._care.sweep(current, grace_seconds)
            except IndexFailed as error:
                self._distrust(current.name, f"a delete failed: {error}")
                return 0

    def rebuild(self, reason: str) -> threading.Thread:
        """Start filling a new collection; the present one answers until it is complete."""
        if self._rebuild is not None and self._rebuild.is_alive():
            return self._rebuild
        thread = threading.Thread(target=self._run_rebuild, args=(reason,), name="index-rebuild", daemon=True)
        thread.start()
        self._rebuild = thread
        return thread

    def wait_ready(self, timeout: float | None = None) -> bool:
        """Wait until the collection answers, or this process has failed to make it so; whether it does."""
        thread = self._rebuild
        if thread is not None:
            thread.join(timeout)
        deadline = None if timeout is None else time.monotonic() + timeout
        attempts = self._attempts
        while not (ready := self._is_ready()) and self._attempts == attempts:
            if self._closed.wait(0.1) or (deadline is not None and time.monotonic() > deadline):
                break
        return ready

    def health(self) -> IndexHealth:
        """State and size now."""
        if self._closed.is_set():
            return IndexHealth("closed", 0, None)
        with self._database.read() as connection:
            current = collection_store.answering(connection, self._generation)
        if current is None:
            return IndexHealth("rebuilding", 0, self._reason or "there is no collection yet")
        if current.name in self._suspects:
            return IndexHealth("rebuilding", 0, self._reason)
        try:
            return IndexHealth("ready", self._server.open(current.name).count(), None)
        except IndexFailed as error:
            self._distrust(current.name, f"counting failed: {error}")
            return IndexHealth("rebuilding", 0, self._reason)

    def stored_ids(self) -> set[int]:
        """Every entry's row number; none while rebuilding."""
        with self._database.read() as connection:
            current = collection_store.answering(connection, self._generation)
        if current is None or current.name in self._suspects:
            return set()
        try:
            return set(self._server.open(current.name).ids())
        except IndexFailed as error:
            self._distrust(current.name, f"listing failed: {error}")
            return set()

    def close(self) -> None:
        """Stop looking after it; the collection stays for the other processes."""
        self._closed.set()
        for thread in (self._rebuild, self._caretaker):
            if thread is not None:
                thread.join()
        self._exact.release()

    def _ask(self, collection: VectorCollection, vector: NDArray[np.float32], limit: int) -> Hits:
        """Search, and see to it that a short list is all there is: entries may be stored and yet never be reached."""
        hits = collection.query(vector, limit)
        if len(hits) < limit:
            stored = collection.count()
            if len(hits) < stored:
                hits = collection.query(vector, limit)  # what was added meanwhile is found by now
                if len(hits) < min(limit, stored):
                    raise IndexFailed(f"it reached {len(hits)} of {stored} entries")
        return hits

    def _with_pending(
        self, connection: Connection, current: Answering, vector: NDArray[np.float32], hits: Hits
    ) -> Hits:
        if not current.pending:
            return hits
        vectors = passage_vectors(connection, self._generation, current.pending)
        exact = [(seq, float(own @ vector)) for seq, own in vectors.items()]
        return sorted({**dict(hits), **dict(exact)}.items(), key=lambda hit: (-hit[1], hit[0]))

    def _distrust(self, name: str, reason: str) -> None:
        if name not in self._suspects:
            log.warning("The collection %s is not asked for now: %s.", name, reason)
        self._suspects, self._reason = self._suspects | {name}, reason
        self._server.forget(name)

    def _trust(self) -> None:
        self._suspects, self._reason = frozenset(), None

    def _is_ready(self) -> bool:
        with self._database.read() as connection:
            current = collection_store.answering(connection, self._generation)
        return current is not None and current.name not in self._suspects

    def _look_after(self) -> None:
        pause = 0.0
        while not self._closed.wait(pause):
            pause = TICK_SECONDS
            try:
                if self._is_ready():
                    self._exact.release()
                    begun = time.monotonic()
                    self._tidy()
                    pause = max(TIDY_SECONDS, TIDY_SHARE * (time.monotonic() - begun))
                else:
                    self._mend()
            except (IndexFailed, StorageFailed) as error:
                self._reason = f"{error}{_advice(error)}"
                self._attempts += 1
                log.warning("Looking after the index failed: %s.", self._reason)
                pause = TIDY_SECONDS
            except Exception:  # one failed round must not end the care
                self._attempts += 1
                log.exception("Looking after the index failed")
                pause = TIDY_SECONDS

    def _mend(self) -> None:
        """Compare the collection with the catalog, where no other process does so now."""
        self._server.check()
        with self._caring, self._database.alone(CARE) as mine:
            if not mine:
                return
            with self._database.read() as connection:
                current = collection_store.answering(connection, self._generation)
                wanted = generations.exists(connection, self._generation)
            if not wanted:
                return  # another process has put another model's vectors in its place
            if current is None:
                self._care.fill(self._new_name())
            else:
                self._server.forget(current.name)
                if reason := self._care.complete(current):
                    log.warning("Filling a new collection: %s.", reason)
                    self._care.fill(self._new_name())
            self._trust()

    def _tidy(self) -> None:
        with self._caring, self._database.alone(CARE) as mine:
            if not mine:
                return
            with self._database.read() as connection:
                current = collection_store.answering(connection, self._generation)
            if current is None:
                return
            try:
                reason = self._care.tidy(current)
            except IndexFailed as error:
                self._distrust(current.name, f"tidying failed: {error}")
                return
            if reason is not None:
                log.warning("Filling a new collection: %s.", reason)
                self._care.fill(self._new_name())

    def _run_rebuild(self, reason: str) -> None:
        log.warning("Filling a new collection: %s.", reason)
        while not self._closed.is_set():
            try:
                with self._caring, self._database.alone(CARE) as mine:
                    if mine:
                        self._care.fill(self._new_name())
                        self._trust()
                        return
            except (IndexFailed, StorageFailed) as error:
                log.error("A new collection could not be filled: %s.", error)
                self._reason = f"the last rebuild failed: {error}"
                return
            self._closed.wait(TICK_SECONDS)

    def _new_name(self) -> str:
        return f"{self._prefix}{time.time_ns():020d}-{secrets.token_hex(2)}"


def _advice(error: Exception) -> str:
    """What only its operator can mend."""
    if LOCKED not in str(error):
        return ""
    return "; restart the Chroma server if this goes on: a write that failed, as on a full disk, keeps it locked"
