"""Readers while documents are updated: each sees all of one version, never a mixture, a part or nothing."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from assistant.asking import AskRequest
from assistant.index.catalog import get_version, indexable_seqs
from assistant.index.writer import garbage
from assistant.models import Filters
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.reliability.corpora import SignEncoder, loaded, store, text_of
from tests.reliability.questions import broken_rules, disagreements, wait_until_ready

pytestmark = pytest.mark.atomic

DOCUMENTS = 120
SENTENCES = 6
REBUILD_EVERY = 3.0  # seconds: a swap of the index is a moment at which a reader could miss something

EDITION = re.compile(r"\be(\d+)\b")


def treaty(number: int, version: int) -> str:
    """Every sentence names the treaty three times over, so that its nearest neighbours are its own."""
    return "\n\n".join(
        f"Treaty{number} alpha{number} beta{number} names clause{n} e{version}." for n in range(SENTENCES)
    )


def asked(number: int) -> str:
    return f"Treaty{number} alpha{number} beta{number} names"


@pytest.fixture
def settings(on_both: Settings) -> Settings:
    return on_both


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    with open_services(settings, SignEncoder(384)) as opened:
        store(opened, {f"t{n}": treaty(n, 0) for n in range(DOCUMENTS)})
        opened.index.wait_ready()
        opened.index.rebuild("it was filled from below").join()
        assert disagreements(opened) == []
        yield opened


@pytest.fixture
def reader(services: Services, settings: Settings) -> Iterator[Services]:
    """Who reads: where several may use the catalog, somebody else than who writes."""
    if not services.database.shared:
        yield services
        return
    with open_services(settings, SignEncoder(384)) as opened:
        yield opened


@dataclass
class Trial:
    """Writers and readers side by side, and what the readers saw that they should not have."""

    services: Services
    reader: Services
    updates: int
    versions: list[int] = field(default_factory=lambda: [0] * DOCUMENTS)  # acknowledged
    begun: list[int] = field(default_factory=lambda: [0] * DOCUMENTS)
    wrong: list[str] = field(default_factory=list)
    reads: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        chance = random.Random(1)
        try:
            for _ in range(self.updates):
                number = chance.randrange(DOCUMENTS)
                self.begun[number] += 1
                words = loaded(treaty(number, self.begun[number]))
                self.services.pipeline.ingest(f"t{number}", words, origin="test", by="tests")
                self.versions[number] = self.begun[number]
        finally:
            self.over.set()

    def rebuild(self) -> None:
        while not self.over.wait(REBUILD_EVERY):
            self.services.index.rebuild("to see what readers notice").join()

    def read(self, name: str, how: Callable[[int], list[str]], pause: float) -> None:
        """Read until the writers are done; ``how`` gives the sentences that a reader saw of a document."""
        chance = random.Random(name)
        while not self.over.wait(pause):
            number = chance.randrange(DOCUMENTS)
            least = self.versions[number]
            try:
                seen = how(number)
            except Exception as error:  # whatever it is, a reader saw it
                self.wrong.append(f"{name}: {error!r}")
                continue
            most = self.begun[number]
            self.reads[name] += 1
            versions = {int(edition) for sentence in seen for edition in EDITION.findall(sentence)}
            if len(seen) != SENTENCES or len(versions) != 1 or not least <= versions.pop() <= most:
                self.wrong.append(f"{name}: of t{number}, e{least} to e{most}, it saw {seen}")

    def content(self, number: int) -> list[str]:
        with self.reader.database.read() as connection:
            return get_version(connection, f"t{number}").text.split("\n\n")

    def search(self, number: int) -> list[str]:
        hits = self.reader.asker.search(asked(number), Filters(), SENTENCES)
        return [hit.passage.text for hit in hits if hit.passage.document_id == f"t{number}"]

    def nearest(self, number: int) -> list[str]:
        """By vectors alone, so that full text cannot make up for what the index lacks."""
        with self.reader.database.read() as connection:
            engine = self.reader.engines.of(connection)
            vector = engine.encoder.encode_question(asked(number))
            time.sleep(0.002)  # a reader may be slow between its snapshot and the index
            hits = engine.retriever.retrieve(connection, vector, [], Filters(), 20 * SENTENCES)
        return [hit.passage.text for hit in hits if hit.passage.document_id == f"t{number}"]

    def ask(self, number: int) -> list[str]:
        answer = self.reader.asker.ask(AskRequest(f"What does {asked(number)}?", retrieve=SENTENCES))
        seen = [p.passage.text for p in answer.passages if p.passage.document_id == f"t{number}"]
        quoted = [c.quote for c in answer.citations if c.document_id == f"t{number}"]
        strange = [quote for quote in quoted if not any(quote in text for text in seen)]
        return seen + strange


def test_readers_see_one_whole_version(
    services: Services, reader: Services, full: bool, brief: bool, tell_all: Callable[[str], None]
) -> None:
    trial = Trial(services, reader, 1_000 if full else 40 if brief else 150)
    threads = [threading.Thread(target=trial.write), threading.Thread(target=trial.rebuild)]
    for name, how, pause in (
        ("content", trial.content, 0.02),
        ("search", trial.search, 0.02),
        ("nearest", trial.nearest, 0.02),
        ("ask", trial.ask, 0.05),
    ):
        threads.append(threading.Thread(target=trial.read, args=(name, how, pause)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trial.wrong == []
    assert min(trial.reads.values()) > (5 if brief else 20)
    assert sum(trial.versions) == trial.updates
    assert broken_rules(services) == []
    assert wait_until_ready(services, 60)
    services.index.sweep(grace_seconds=0)
    assert disagreements(services) == []
    tell_all(f"{trial.updates} updates, reads {dict(trial.reads)}, 0 mixed, partial or empty")


def test_what_is_written_during_a_rebuild_is_in_the_new_index(settings: Settings, brief: bool) -> None:
    with open_services(settings, SignEncoder()) as services:
        services.warm_up()
        sentences = 5 if brief else 60
        store(services, {f"doc{n}": text_of(f"doc{n}", 0, sentences) for n in range(120)})
        services.index.wait_ready()
        rebuilding, written = services.index.rebuild("it was filled from below"), 0
        while rebuilding.is_alive() or written < 2:
            if not rebuilding.is_alive():  # a machine that is busy elsewhere had no time to write
                rebuilding = services.index.rebuild("it was filled from below")
            services.pipeline.ingest(f"doc{written}", loaded(text_of("new", written, 5)), origin="test", by="tests")
            services.pipeline.withdraw(f"doc{119 - written}", by="tests")
            services.index.sweep(grace_seconds=0)
            written += 1
        assert disagreements(services) == []
        with services.database.read() as connection:
            dead = garbage(connection, "9999", services.index.generation)
            wanted = {*indexable_seqs(connection, services.index.generation), *dead}
        assert services.index.stored_ids() <= wanted  # nor is anything there that no sweep will remove
