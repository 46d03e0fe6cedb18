"""What somebody else could do to the collections of a Chroma server, without the assistant's knowledge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import chromadb
import httpx
from sqlalchemy import select

from assistant.catalogs import read_catalog
from assistant.index import schema
from assistant.index.vectors import ChromaServer
from assistant.settings import Settings


def names_of(settings: Settings, *states: str) -> list[str]:
    """The collections that a catalog names; of these states only, where any are given."""
    c = schema.vector_collections
    query = select(c.c.name).where(c.c.state.in_(states)) if states else select(c.c.name)
    with read_catalog(settings) as database, database.read() as connection:
        return list(connection.scalars(query))


def lose_collections(settings: Settings) -> None:
    """Delete every collection of a corpus."""
    assert settings.chroma_url is not None
    server = ChromaServer(settings.chroma_url)
    for name in names_of(settings):
        server.drop(name)
    server.close()


@contextmanager
def client_of(settings: Settings) -> Iterator[chromadb.ClientAPI]:
    address = httpx.URL(str(settings.chroma_url))
    options = chromadb.Settings(anonymized_telemetry=False)
    client = chromadb.HttpClient(address.host, address.port or 80, settings=options)
    try:
        yield client
    finally:
        for server in (client._server, client._admin_client._server):  # type: ignore[attr-defined]
            server._session.close()
        client.close()  # type: ignore[attr-defined]


@contextmanager
def _answering(settings: Settings) -> Iterator[chromadb.Collection]:
    (name,) = names_of(settings, "current")
    with client_of(settings) as client:
        yield client.get_collection(name, embedding_function=None)


def delete_some(settings: Settings) -> None:
    with _answering(settings) as collection:
        collection.delete(ids=collection.get(include=[])["ids"][::7])


def delete_all(settings: Settings) -> None:
    with _answering(settings) as collection:
        collection.delete(ids=collection.get(include=[])["ids"])


def add_strangers(settings: Settings) -> None:
    """Entries of no passage, as near to everything as they can be, so that they are among the first that are found."""
    with _answering(settings) as collection:
        known = collection.get(include=["embeddings"])["embeddings"]
        assert known is not None
        ids = [str(10**9 + number) for number in range(len(known))]
        collection.upsert(ids=ids, embeddings=known)


def add_other_names(settings: Settings) -> None:
    with _answering(settings) as collection:
        known = collection.get(include=["embeddings"])["embeddings"]
        assert known is not None
        collection.upsert(ids=[f"x{number}" for number in range(len(known))], embeddings=known)


def swap_one_for_a_stranger(settings: Settings) -> None:
    """As many entries as before."""
    with _answering(settings) as collection:
        some = collection.get(include=["embeddings"], limit=1, offset=3)
        assert some["embeddings"] is not None
        collection.delete(ids=some["ids"])
        collection.upsert(ids=["1000000000"], embeddings=some["embeddings"])


def exchange_vectors(settings: Settings) -> None:
    """Every entry is there, under the name of another one."""
    with _answering(settings) as collection:
        all_of_them = collection.get(include=["embeddings"])
        assert all_of_them["embeddings"] is not None
        collection.upsert(ids=all_of_them["ids"], embeddings=all_of_them["embeddings"][::-1])


def alter_one(settings: Settings) -> None:
    with _answering(settings) as collection:
        some = collection.get(include=["embeddings"], limit=1, offset=3)
        assert some["embeddings"] is not None
        collection.upsert(ids=some["ids"], embeddings=-some["embeddings"])


def put_an_empty_one_in_its_place(settings: Settings) -> None:
    (name,) = names_of(settings, "current")
    with client_of(settings) as client:
        client.delete_collection(name)
        client.create_collection(name, embedding_function=None)


def put_another_dimension_in_its_place(settings: Settings) -> None:
    (name,) = names_of(settings, "current")
    with client_of(settings) as client:
        ids = client.get_collection(name, embedding_function=None).get(include=[])["ids"]
        client.delete_collection(name)
        made = client.create_collection(name, embedding_function=None)
        made.upsert(ids=ids, embeddings=[[1.0, 0.5, 0.25]] * len(ids))


DAMAGES: list[Callable[[Settings], None]] = [
    lose_collections,
    delete_some,
    delete_all,
    add_strangers,
    add_other_names,
    swap_one_for_a_stranger,
    exchange_vectors,
    alter_one,
    put_an_empty_one_in_its_place,
    put_another_dimension_in_its_place,
]
