"""Looking after a Chroma server's collections, by one process at a time: comparing, mending, sweeping, filling.

Nothing that is broken is repaired in place: a new collection is filled beside it, and the change-over is a commit of
the catalog.
"""

from __future__ import annotations

import logging
import random
import threading

import numpy as np
from sqlalchemy import Connection

from assistant.index import collection_store
from assistant.index.catalog import count_indexable, indexable_seqs, passage_vectors, stream_vectors
from assistant.index.collection_store import Answering
from assistant.index.database import Database
from assistant.index.nearest import DEAD_SHARE, GRACE_SECONDS
from assistant.index.records import now
from assistant.index.vectors import ChromaServer, IndexFailed, VectorCollection
from assistant.index.writer import forget_garbage, garbage, unknown

log = logging.getLogger(__name__)

SAMPLE = 20  # passages that have to find themselves
SELF_SIMILARITY = 0.999
MENDED = 1_000  # so many missing entries are added; where more are missing, something is wrong with the collection
ROUNDS = 10  # of making up for what was written while a collection was filled, before writers are held off
FEW = 500  # missing entries that are added while writers wait
PAGE = 1_000
COMPARED = 100  # entries that are compared with the catalog in each round


class CollectionCare:
    """What the process that holds the lock of the collections may do.

    Args:
        database: the catalog.
        server: where the collections are.
        generation: whose vectors.
        stop: gives up what takes long.

    Raises:
        IndexFailed: from every method, when the server cannot be reached or a collection is of no use.
        StorageFailed: the catalog cannot be read or written.
    """

    def __init__(self, database: Database, server: ChromaServer, generation: int, stop: threading.Event) -> None:
        self._database = database
        self._server = server
        self._generation = generation
        self._stop = stop
        self._compared = 0  # entries, in this time through the collection
        self._altered: dict[str, str] = {}  # collections that no adding mends, and why

    def check(self, connection: Connection, current: Answering) -> None:
        """A quick look: are there as many entries as there must be, and do some of them find themselves?"""
        collection = self._server.open(current.name)
        stored = collection.count()
        if stored < collection_store.count_live(connection, self._generation):
            raise IndexFailed(f"it holds only {stored} entries")
        self._check_sample(connection, collection, indexable_seqs(connection, self._generation, SAMPLE))

    def complete(self, current: Answering) -> str | None:
        """Compare every entry with the catalog and add what is missing; why another collection is needed, if it is."""
        if current.name in self._altered:
            return self._altered[current.name]
        try:
            collection = self._server.open(current.name)
            with self._database.read() as connection:
                expected = set(indexable_seqs(connection, self._generation))
                missing = sorted(expected - set(collection.ids()))
                if len(missing) > max(MENDED, DEAD_SHARE * len(expected)):
                    return f"it lacks {len(missing)} of {len(expected)} passages"
                self._add(connection, collection, missing)
                self._check_sample(connection, collection, sorted(expected))
        except IndexFailed as error:
            self._server.check()  # where the server is away, that is all
            return str(error)
        with self._database.write() as connection:
            collection_store.remove_pending(connection, current.pending)
        return None

    def tidy(self, current: Answering) -> str | None:
        """Sweep, add what is pending, and drop what nobody asks; why another collection is needed, if it is."""
        self.sweep(current, GRACE_SECONDS)
        self._compare_some(current)
        collection = self._server.open(current.name)
        with self._database.read() as connection:
            live = collection_store.count_live(connection, self._generation)
            if current.pending:
                self._add(connection, collection, current.pending)
        if current.pending:
            with self._database.write() as connection:
                collection_store.remove_pending(connection, current.pending)
        self._drop_disused()
        stored = collection.count()
        if stored < live:
            raise IndexFailed(f"it holds only {stored} entries")
        if current.deleted > DEAD_SHARE * max(stored, 1_000):
            return "much of the collection is deleted entries"
        return None

    def _compare_some(self, current: Answering) -> None:
        """Compare the next entries with the catalog, round after round: somebody else may have changed the collection.

        What the catalog knows nothing of is removed; a process that lost the catalog in the middle of a write leaves
        such entries too.
        """
        collection = self._server.open(current.name)
        entries = collection.page(self._compared, COMPARED)
        with self._database.read() as connection:  # after the entries, each of which the catalog had before
            vectors = passage_vectors(connection, self._generation, list(entries))
            strange = sorted(unknown(connection, list(entries)))
        for seq, vector in vectors.items():
            if entries[seq].shape != vector.shape or float(entries[seq] @ vector) < SELF_SIMILARITY:
                self._altered[current.name] = f"the entry {seq} has another vector than its passage"
                raise IndexFailed(self._altered[current.name])
        if strange:
            log.warning("%d entries of the collection %s are of no passage, and go.", len(strange), current.name)
            collection.delete(strange)
            with self._database.write() as connection:
                collection_store.count_deleted(connection, current.name, len(strange))
        self._compared = self._compared + len(entries) - len(strange) if len(entries) == COMPARED else 0

    def sweep(self, current: Answering, grace_seconds: float) -> int:
        """Remove entries that died longer ago than ``grace_seconds``; returns how many."""
        with self._database.read() as connection:
            dead = garbage(connection, now(ago=grace_seconds), self._generation)
        if dead:
            self._server.open(current.name).delete(dead)
            with self._database.write() as connection:
                collection_store.count_deleted(connection, current.name, len(dead))
                forget_garbage(connection, dead)
        return len(dead)

    def fill(self, name: str) -> None:
        """Fill a new collection from the catalog's vectors and have all processes ask it.

        Whatever is staged before the change-over commits is in it; whatever is staged after goes there by itself.
        """
        self._drop_disused()  # on a full disk what earlier attempts left would keep this one from ending
        with self._database.write() as connection:
            collection_store.begin(connection, name, self._generation)
        stored: set[int] = set()
        with self._database.read() as connection:
            collection = self._server.make(name, expected=count_indexable(connection, self._generation))
            for seqs, matrix in stream_vectors(connection, self._generation, page=PAGE, indexable=True):
                if self._stop.is_set():
                    raise IndexFailed("the process ends")
                collection.upsert(seqs, matrix)
                stored.update(seqs)
        for _ in range(ROUNDS):
            with self._database.read() as connection:
                missing = self._missing(connection, stored)
                if len(missing) <= FEW:
                    break
                self._add(connection, collection, missing)
                stored.update(missing)
        with self._database.write() as connection:
            missing = self._missing(connection, stored)
            self._add(connection, collection, missing)
            self._check_sample(connection, collection, sorted({*stored, *missing}))
            collection_store.switch(connection, name, self._generation)
        log.info("The collection %s answers, with %d passages.", name, len(stored) + len(missing))

    def _drop_disused(self) -> None:
        with self._database.read() as connection:
            disused = collection_store.disused(connection, now(ago=GRACE_SECONDS))
        for name in disused:
            self._server.drop(name)
            with self._database.write() as connection:
                collection_store.forget(connection, name)

    def _missing(self, connection: Connection, stored: set[int]) -> list[int]:
        """What the collection lacks; what died a moment ago is kept for readers whose snapshot is older."""
        swept = set(garbage(connection, now(ago=GRACE_SECONDS), self._generation))
        dying = set(garbage(connection, now(), self._generation)) - swept
        return sorted({*indexable_seqs(connection, self._generation), *dying} - stored)

    def _add(self, connection: Connection, collection: VectorCollection, seqs: list[int] | tuple[int, ...]) -> None:
        for start in range(0, len(seqs), PAGE):
            vectors = passage_vectors(connection, self._generation, seqs[start : start + PAGE])
            if vectors:
                collection.upsert(list(vectors), np.stack(list(vectors.values())))

    def _check_sample(self, connection: Connection, collection: VectorCollection, seqs: list[int]) -> None:
        chosen = random.Random(len(seqs)).sample(seqs, min(SAMPLE, len(seqs)))  # noqa: S311 - a sample, not a secret
        for seq, vector in passage_vectors(connection, self._generation, chosen).items():
            hits = collection.query(vector, 10)
            # The same text in another document has the same vector, which is as good.
            if not any(hit == seq or score >= SELF_SIMILARITY for hit, score in hits):
                raise IndexFailed(f"the passage {seq} does not find itself")
