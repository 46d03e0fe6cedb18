"""Collections that somebody deletes or alters at the server: noticed, filled anew, and nothing lost or embedded again.

The vectors there are a copy of the catalog's, as the files of an embedded index are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import chromadb.errors
import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.index import shared_index
from assistant.index.catalog import indexable_seqs, passage_vectors
from assistant.index.vectors import VectorCollection
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.reliability.conftest import at_full_length
from tests.reliability.corpora import SignEncoder, store, text_of
from tests.reliability.questions import broken_rules, disagreements, found
from tests.reliability.remote import RemoteAssistant, Session
from tests.server_setup.tampering import DAMAGES, alter_one, client_of, exchange_vectors, names_of
from tests.waiting import eventually

pytestmark = pytest.mark.torn

DOCUMENTS, SENTENCES = 12, 20
SENTENCE = text_of("doc7", 0, SENTENCES).split("\n\n")[11]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A short run does some damages, others in each test; a full run does every one in both."""
    if "damage" in metafunc.fixturenames:
        short = DAMAGES[len(metafunc.function.__name__) % 3 :: 3]
        cases = DAMAGES if at_full_length(metafunc.config) else short
        metafunc.parametrize("damage", cases, ids=lambda how: how.__name__)


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_index, "TIDY_SECONDS", 0.2)
    monkeypatch.setattr(shared_index, "TIDY_SHARE", 2.0)


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    with open_services(settings, SignEncoder()) as opened:
        fill(opened)
        yield opened


def fill(services: Services) -> None:
    store(services, {f"doc{n}": text_of(f"doc{n}", 0, SENTENCES) for n in range(DOCUMENTS)})
    services.index.wait_ready()
    services.index.rebuild("it was filled from below").join()
    assert sound(services)
    assert is_the_catalogs(services)


def sound(services: Services) -> bool:
    return services.index.health().state == "ready" and disagreements(services) == []


def is_the_catalogs(services: Services) -> bool:
    """Whether the collection that answers holds each passage with its vector, and nothing else."""
    with services.database.read() as connection:
        seqs = indexable_seqs(connection, services.index.generation)
        wanted = passage_vectors(connection, services.index.generation, seqs)
    (name,) = names_of(services.settings, "current")
    try:
        with client_of(services.settings) as client:
            held = client.get_collection(name, embedding_function=None).get(include=["embeddings"])
    except (chromadb.errors.NotFoundError, chromadb.errors.InternalError):
        return False  # it is being exchanged, or filled for the first time
    assert held["embeddings"] is not None
    entries = dict(zip(held["ids"], held["embeddings"], strict=True))
    return set(entries) == {str(seq) for seq in wanted} and all(
        len(entries[str(seq)]) == len(vector) and float(entries[str(seq)] @ vector) > 0.999
        for seq, vector in wanted.items()
    )


def check_it_recovers(services: Services) -> None:
    assert eventually(lambda: is_the_catalogs(services) and sound(services))
    assert found(services, SENTENCE)[0] == ("doc7", SENTENCE)
    assert broken_rules(services) == []


def test_damage_under_a_running_process(services: Services, damage: Callable[[Settings], None]) -> None:
    encoded = services.encoder.encoded  # type: ignore[attr-defined]
    damage(services.settings)
    for _ in range(3):
        hits = found(services, SENTENCE)
        assert hits[0] == ("doc7", SENTENCE) or damage in (alter_one, exchange_vectors)
    check_it_recovers(services)
    assert services.encoder.encoded == encoded  # type: ignore[attr-defined]


def test_damage_between_two_runs(settings: Settings, damage: Callable[[Settings], None]) -> None:
    with open_services(settings, SignEncoder()) as services:
        fill(services)
    damage(settings)
    encoder = SignEncoder()
    with open_services(settings, encoder) as services:
        check_it_recovers(services)
    assert encoder.encoded == 0


def test_a_filling_that_was_cut_short_leaves_nothing(settings: Settings) -> None:
    """Its collection is dropped, and the one that was sound goes on answering."""
    with open_services(settings, SignEncoder()) as services:
        fill(services)
    (sound_one,) = names_of(settings, "current")
    with RemoteAssistant(settings) as assistant:
        assistant.opened()
        assistant.start(fill_anew_until_killed)
        while not names_of(settings, "building"):
            time.sleep(0.005)
        assistant.kill()
    left = names_of(settings, "building")
    with open_services(settings, SignEncoder()) as services:
        assert services.index.health().state == "ready"
        assert eventually(lambda: not names_of(settings, "building"))
        assert sound(services)
    assert names_of(settings, "current") == [sound_one]
    with client_of(settings) as client:
        assert not {collection.name for collection in client.list_collections()} & {*left}


def fill_anew_until_killed(session: Session) -> None:
    """Write the new collection's entries, and wait before all are asked to use it."""
    write = VectorCollection.upsert

    def write_and_wait(collection: VectorCollection, seqs: Sequence[int], vectors: NDArray[np.float32]) -> None:
        write(collection, seqs, vectors)
        time.sleep(600)

    VectorCollection.upsert = write_and_wait  # type: ignore[method-assign]
    session.services.index.rebuild("asked for").join()
