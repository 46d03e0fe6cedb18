"""The one module that knows chromadb: a disposable nearest-neighbour index over the catalog's vectors.

Chroma holds ids and vectors and nothing else: no text, no metadata, no filters, no embedding function. What it is
given and what it must answer are checked, and every failure is an ``IndexFailed``, upon which the caller serves from
the catalog and rebuilds. The settings behind this are recorded in ``docs/adr/0003-chroma-is-disposable.md``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import httpx
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateCollectionConfiguration

BATCH = 1_000  # entries in one write; of 250, filling takes a third longer …
SERVER_BATCH = 250  # … and a server must answer in time
PAGE = 5_000  # `get` fails above 32,766 rows
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0
COLLECTION = "passages"
SYNC = 1_000  # entries between two times that Chroma puts the graph on disk
PARTS = 8  # how often it does so instead while a new folder is filled
SERVER_SYNC = 10_000  # and at most so many entries on a server, which reads those since the last time when it starts
NO_GRAPH = "Nothing found on disk"  # how Chroma says that a search came in the middle of the first write
NO_GRAPH_RETRIES = 5  # the second one found it, of 19 searches that the first did not


class IndexFailed(Exception):
    """The vector index cannot be trusted; it is never shown to a user, only reacted to."""


def configuration(expected: int = 0, most: int | None = None) -> CreateCollectionConfiguration:
    """How a new collection searches, and how often its graph is put on disk.

    Nearly all of the graph is written anew each time, whatever it was that changed, so a collection that is filled with
    many entries at once does it a few times only.

    Args:
        expected: how many entries it is filled with at once, in whole batches.
        most: entries between two times.
    """
    part = expected // PARTS // BATCH * BATCH
    sync = max(SYNC, part if most is None else min(part, most))
    return {
        "hnsw": {
            "space": "cosine",
            "max_neighbors": 32,
            "ef_construction": 200,
            "ef_search": 200,
            "sync_threshold": sync,
        }
    }


class VectorCollection:
    """The vectors of one generation, wherever Chroma keeps them.

    Args:
        collection: Chroma's own.
        batch: entries in one write.

    Raises:
        IndexFailed: from every method, for anything that goes wrong inside Chroma or on the way to it.
    """

    def __init__(self, collection: Collection, batch: int) -> None:
        self._collection = collection
        self._batch = batch

    def load(self) -> None:
        """Read the graph into memory now, which the first query would do otherwise."""
        with _failures():
            some = self._collection.get(limit=1, include=["embeddings"])["embeddings"]
            if some is not None and len(some):
                self._collection.query(query_embeddings=some, n_results=1, include=[])

    def upsert(self, seqs: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Store vectors under their passages' row numbers, and check that they arrived.

        Args:
            seqs: row numbers.
            vectors: unit vectors, shape (len(seqs), dimension).
        """
        self._read_first()
        for start in range(0, len(seqs), self._batch):
            ids = [str(seq) for seq in seqs[start : start + self._batch]]
            with _failures():
                self._collection.upsert(ids=ids, embeddings=vectors[start : start + self._batch])
                stored = self._collection.get(ids=ids, include=[])["ids"]
            if set(stored) != set(ids):
                raise IndexFailed(f"{len(ids) - len(stored)} of {len(ids)} vectors did not arrive")

    def delete(self, seqs: Sequence[int]) -> None:
        """Remove entries; unknown ones are ignored."""
        self._read_first()
        for start in range(0, len(seqs), self._batch):
            with _failures():
                self._collection.delete(ids=[str(seq) for seq in seqs[start : start + self._batch]])

    def query(self, vector: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
        """The nearest entries as (row number, cosine similarity), nearest first."""
        # While the first entries are written, their dimension is known before they are, and they before the graph that
        # is searched: on a server, in one of seven new collections that were asked just then.
        for _ in range(NO_GRAPH_RETRIES):
            try:
                return self._nearest(vector, limit)
            except IndexFailed as error:
                if NO_GRAPH not in str(error):
                    raise
            if not self.count():
                return []
        return self._nearest(vector, limit)

    def _nearest(self, vector: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
        with _failures():
            found = self._collection.query(
                query_embeddings=vector.reshape(1, -1), n_results=limit, include=["distances"]
            )
        distances = found["distances"]
        if distances is None:
            raise IndexFailed("the query returned no distances")
        return [(_seq(i), 1.0 - float(d)) for i, d in zip(found["ids"][0], distances[0], strict=True)]

    def ids(self) -> Iterator[int]:
        """Every row number that is stored, in pages."""
        offset = 0
        while True:
            with _failures():
                page = self._collection.get(limit=PAGE, offset=offset, include=[])["ids"]
            yield from map(_seq, page)
            if len(page) < PAGE:
                return
            offset += PAGE

    def page(self, offset: int, limit: int) -> dict[int, NDArray[np.float32]]:
        """Some of the entries with their vectors, in the order in which they are stored."""
        with _failures():
            found = self._collection.get(limit=limit, offset=offset, include=["embeddings"])
            embeddings = found["embeddings"]
            vectors = np.asarray([] if embeddings is None else embeddings, dtype=np.float32)
        return dict(zip(map(_seq, found["ids"]), vectors, strict=True))

    def _read_first(self) -> None:
        """Look at the collection before it is written.

        When Chroma is first asked for something after it was opened, it applies once more what was written until then.
        These updates of entries that are there already cut some of them off from the graph, so that no search reaches
        them: in one of ten collections of some 70 entries on a busy machine. A server may have been opened anew at any
        time.
        """
        with _failures():
            self._collection.get(limit=1, include=[])

    def count(self) -> int:
        """How many entries are stored."""
        with _failures():
            return self._collection.count()


class ChromaIndex(VectorCollection):
    """One collection in one folder, in this process.

    Args:
        path: the folder; created when missing.
        expected: how many entries a new one is about to be filled with.
    """

    def __init__(self, path: Path, expected: int = 0) -> None:
        self.path = path
        with _failures():
            import chromadb
            from chromadb.config import Settings

            client = chromadb.PersistentClient(path=str(path), settings=Settings(anonymized_telemetry=False))
            self._client = cast("Client", client)
            try:
                collection = self._client.get_or_create_collection(
                    COLLECTION, configuration=configuration(expected), embedding_function=None
                )
            except BaseException:
                self._client.close()
                raise
        super().__init__(collection, BATCH)

    def filled(self) -> None:
        """Have every few entries put on disk from the next opening on, however many it was filled with."""
        with _failures():
            self._collection.modify(configuration={"hnsw": {"sync_threshold": SYNC}})

    def close(self) -> None:
        """Release the folder."""
        with _failures():
            self._client.close()


class ChromaServer:
    """A Chroma server and its collections. It is asked when it is needed, so that it may come and go.

    Args:
        url: ``http://host:port``.

    Raises:
        IndexFailed: from every method, when the server cannot be reached or fails.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._opened: dict[str, VectorCollection] = {}

    def check(self) -> None:
        """See whether it answers what it has to look up: one that hangs may still tell its heartbeat."""
        with _failures():
            httpx.get(f"{self._url}/api/v2/tenants/default_tenant", timeout=CONNECT_SECONDS).raise_for_status()

    def make(self, name: str, expected: int = 0) -> VectorCollection:
        """A new collection, which is about to be filled with so many entries."""
        how = configuration(expected, most=SERVER_SYNC)
        with _failures():
            return self._keep(
                name, self._connected().create_collection(name, configuration=how, embedding_function=None)
            )

    def open(self, name: str) -> VectorCollection:
        """A collection that was made, by this process or another."""
        opened = self._opened.get(name)
        if opened is not None:
            return opened
        with _failures():
            return self._keep(name, self._connected().get_collection(name, embedding_function=None))

    def forget(self, name: str) -> None:
        """Ask the server again when the collection is opened next."""
        with self._lock:
            self._opened.pop(name, None)

    def drop(self, name: str) -> None:
        """Delete a collection; one that is gone already is ignored."""
        self.forget(name)
        with _failures():
            if name in {collection.name for collection in self._connected().list_collections()}:
                self._connected().delete_collection(name)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            client, self._client = self._client, None
            self._opened.clear()
        if client is not None:
            with _failures():
                for session in _sessions(client):  # which closing the client leaves open
                    session.close()
                client.close()

    def _keep(self, name: str, collection: Collection) -> VectorCollection:
        opened = VectorCollection(collection, SERVER_BATCH)
        with self._lock:
            self._opened[name] = opened
        return opened

    def _connected(self) -> Client:
        with self._lock:
            if self._client is None:
                self.check()  # the client asks the server when it is made, and would wait for ever
                self._client = _http_client(self._url)
            return self._client


def _http_client(url: str) -> Client:
    import chromadb
    from chromadb.config import Settings

    address = httpx.URL(url)
    ssl = address.scheme == "https"
    settings = Settings(anonymized_telemetry=False)
    client = chromadb.HttpClient(address.host, address.port or (443 if ssl else 80), ssl=ssl, settings=settings)
    # It has no setting for this, and a server that hangs must not take every question with it.
    for session in _sessions(cast("Client", client)):
        session.timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    return cast("Client", client)


def _sessions(client: Client) -> list[httpx.Client]:
    servers: list[Any] = [client._server, client._admin_client._server]  # type: ignore[attr-defined]
    return [server._session for server in servers]


def _seq(entry_id: str) -> int:
    try:
        return int(entry_id)
    except ValueError as error:
        raise IndexFailed(f"it holds {entry_id[:80]!r}, which is no passage") from error


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except BaseException as error:  # Chroma raises its own, its Rust core's and SQLite's errors alike
        # A panic of the Rust core is no Exception to Python; an interrupt by the user is none either, and goes on.
        if isinstance(error, Exception) or type(error).__module__ == "pyo3_runtime":
            raise IndexFailed(f"{type(error).__name__}: {str(error)[:300]}") from error
        raise
