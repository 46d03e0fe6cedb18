"""Random operations on a real assistant beside a dictionary that says what must come of them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from assistant.curation.intake import record
from assistant.errors import NotFound
from assistant.index import catalog, counts
from assistant.models import LoadedDocument
from assistant.services import open_services
from assistant.settings import Settings
from tests.reliability.corpora import SignEncoder, digest, loaded, text_of
from tests.reliability.questions import broken_rules, disagreements, found, holdings, wait_until_ready
from tests.server_setup.tampering import lose_collections

pytestmark = pytest.mark.stateful

NAMES = [f"doc{n}" for n in range(6)]
names = st.sampled_from(NAMES)
texts = st.builds(text_of, names, st.integers(0, 9), st.integers(1, 6))


class CorpusMachine(RuleBasedStateMachine):
    """What a curator can do, in any order.

    Args:
        new_place: makes the settings of a new corpus for a folder.
    """

    def __init__(self, new_place: Callable[[Path], Settings]) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="corpus-"))
        self.settings = new_place(self.folder)
        self.current: dict[str, str] = {}
        self.history: dict[str, list[str]] = {}
        self.embedded: set[str] = set()
        self.encoder = SignEncoder()
        self.stack = ExitStack()
        self._open()

    def _open(self) -> None:
        self.services = self.stack.enter_context(open_services(self.settings, self.encoder))
        self.services.jobs.start()

    def _put(self, name: str, document: LoadedDocument) -> None:
        before = self.encoder.encoded
        done = self.services.pipeline.ingest(name, document, origin="test", by="tests")
        words = document.text
        if self.current.get(name) == words:
            assert (done.outcome, self.encoder.encoded) == ("unchanged", before)
        else:
            assert done.outcome == ("updated" if name in self.current else "added")
            self._became(name, words)
        assert done.version == len(self.history[name])
        fresh = set(words.split("\n\n")) - self.embedded
        assert self.encoder.encoded - before == len(fresh)  # no sentence is embedded twice
        self.embedded |= fresh

    def _became(self, name: str, words: str) -> None:
        self.current[name] = words
        self.history.setdefault(name, []).append(words)

    @rule(name=names, words=texts)
    def put(self, name: str, words: str) -> None:
        self._put(name, loaded(words))

    @rule(name=names, words=texts)
    def hand_in(self, name: str, words: str) -> None:
        """As a job, in the background."""
        fields = {"id": name, "text": words, "title": "Clerks"}
        job = self.services.jobs.submit("documents", [record(fields)], by="tests")
        result = self.services.jobs.wait(job, 60)
        assert (result.state, result.done, result.failed) == ("done", 1, 0)
        if self.current.get(name) != words:
            self._became(name, words)
        self.embedded |= set(words.split("\n\n"))

    @rule(name=names)
    def withdraw(self, name: str) -> None:
        if name in self.current:
            assert self.services.pipeline.withdraw(name, by="tests") == len(self.current.pop(name).split("\n\n"))
        else:
            with pytest.raises(NotFound):
                self.services.pipeline.withdraw(name, by="tests")

    @precondition(lambda self: self.history)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        """An earlier version again, whether or not the document was withdrawn since."""
        name = data.draw(st.sampled_from(sorted(self.history)))
        number = data.draw(st.integers(1, len(self.history[name])))
        with self.services.database.read() as connection:
            old = catalog.get_version(connection, name, number)
        assert old.text == self.history[name][number - 1]
        self._put(name, LoadedDocument(old.text, old.blocks, old.metadata, name, old.media_type))

    @rule(name=names, number=st.integers(0, 5))
    def ask_for(self, name: str, number: int) -> None:
        parts = self.current.get(name, text_of(name, 0, 6)).split("\n\n")
        sentence = parts[number % len(parts)]
        hits = found(self.services, sentence, 5)
        held = {(document_id, part) for document_id, words in self.current.items() for part in words.split("\n\n")}
        assert set(hits) <= held
        if name in self.current:
            # The same text may stand in several documents; each of them is as good.
            assert hits[0][1] == sentence
            assert (name, sentence) in hits or sum(part == sentence for _, part in held) > 5

    @rule()
    def restart(self) -> None:
        self.stack.close()
        self._open()

    @rule()
    def lose_the_index(self) -> None:
        self.stack.close()
        if self.settings.chroma_url is None:
            shutil.rmtree(self.folder / "index")
        else:
            lose_collections(self.settings)
        self._open()

    @rule()
    def rebuild(self) -> None:
        assert wait_until_ready(self.services, 60)
        self.services.index.rebuild("asked for").join()

    @rule()
    def sweep(self) -> None:
        self.services.index.sweep(grace_seconds=0)

    @invariant()
    def the_catalog_holds_what_it_should(self) -> None:
        assert holdings(self.services) == {name: digest(words) for name, words in self.current.items()}
        assert broken_rules(self.services) == []
        with self.services.database.read() as connection:
            for name, past in self.history.items():
                assert [version.text for version in catalog.list_versions(connection, name)] == past
            passages = sum(len(words.split("\n\n")) for words in self.current.values())
            assert counts.count_live(connection) == (len(self.current), passages)

    def teardown(self) -> None:
        try:
            assert wait_until_ready(self.services, 60)
            assert disagreements(self.services) == []
        finally:
            self.stack.close()
            shutil.rmtree(self.folder)


def test_no_sequence_of_operations_diverges(new_place: Callable[[Path], Settings], full: bool, brief: bool) -> None:
    examples, steps = (40, 50) if full else (1, 20) if brief else (5, 40)
    run_state_machine_as_test(
        lambda: CorpusMachine(new_place),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=not full,
            suppress_health_check=list(HealthCheck),
        ),
    )
