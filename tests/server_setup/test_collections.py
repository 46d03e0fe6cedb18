"""What a Chroma server does while a collection is new."""

from __future__ import annotations

import threading

import numpy as np

from assistant.index.vectors import ChromaServer, IndexFailed
from tests.server_setup.servers import ChromaProcess

COLLECTIONS = 40


def test_searches_while_the_first_entries_are_written_do_not_fail(chroma: ChromaProcess) -> None:
    """Without a second look one in seven of these collections would be distrusted."""
    chroma.revive()
    vectors = np.eye(5, 384, dtype=np.float32)
    failures: list[str] = []

    def ask(name: str, written: threading.Event, asked: threading.Event) -> None:
        server = ChromaServer(chroma.url)
        try:
            collection = server.open(name)
            while not written.is_set():
                assert {seq for seq, _ in collection.query(vectors[0], 10)} <= set(range(5))
                asked.set()
        except IndexFailed as error:
            failures.append(str(error))
            asked.set()
        finally:
            server.close()

    server = ChromaServer(chroma.url)
    for number in range(COLLECTIONS):
        name, written, asked = f"first-entries-{number}", threading.Event(), threading.Event()
        collection = server.make(name)
        readers = [threading.Thread(target=ask, args=(name, written, asked)) for _ in range(2)]
        for reader in readers:
            reader.start()
        assert asked.wait(30)
        collection.upsert(range(5), vectors)
        written.set()
        for reader in readers:
            reader.join()
        assert sorted(seq for seq, _ in collection.query(vectors[0], 10)) == list(range(5))
        server.drop(name)
    server.close()
    assert failures == []
