"""Kill the process while it imports, updates and withdraws; everything it acknowledged must still be there.

One round: open what the last kill left, compare it with what was acknowledged, write until the next kill. Half of the
kills wait until Chroma rewrites the files of its graph, or until its server writes anything; the others come at any
moment from the opening on. A write that was under way may have happened or not, and nothing in between.
"""

from __future__ import annotations

import random
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assistant.index.vectors import ChromaIndex
from assistant.models import Submission
from assistant.services import open_services
from assistant.settings import Settings
from tests.reliability.corpora import SignEncoder, digest, loaded, record, store, text_of
from tests.reliability.questions import (
    broken_rules,
    remote_audit,
    remote_found,
    remote_ready,
    remote_settled,
    remote_state,
    remote_work,
)
from tests.reliability.remote import Died, RemoteAssistant, Session, run_apart, tell
from tests.reliability.watching import FolderWatch
from tests.waiting import eventually

pytestmark = pytest.mark.kill9

PER_DOCUMENT = 60  # sentences, and as many passages
GRAPH_FILES = frozenset({"index_metadata.pickle", "data_level0.bin", "header.bin", "length.bin", "link_lists.bin"})
SERVER_FILES = GRAPH_FILES | {"chroma.sqlite3", "chroma.sqlite3-wal", "chroma.sqlite3-journal"}
PROBES = 12  # documents that are looked up after each kill

Texts = dict[str, tuple[str, int, int] | None]  # how the text of a document was made: name, version, sentences


@dataclass
class Expected:
    """What was acknowledged, and what was under way at the kill."""

    texts: Texts = field(default_factory=dict)
    pending: Texts = field(default_factory=dict)
    jobs: Texts = field(default_factory=dict)  # of jobs that were accepted; done some time later
    maybe_jobs: Texts = field(default_factory=dict)
    acknowledged: int = 0
    touched: list[str] = field(default_factory=list)

    def note(self, message: tuple[str, Texts]) -> None:
        kind, texts = message
        if kind == "will":
            self.pending = texts
        elif kind == "did":
            self.texts.update(texts)
            self.touched = [*self.touched[-2 * PROBES :], *texts]
            self.pending, self.acknowledged = {}, self.acknowledged + 1
        elif kind == "will hand in":
            self.maybe_jobs.update(texts)
        else:
            self.jobs.update(texts)
            self.acknowledged += 1

    def compare(self, stored: dict[str, str]) -> list[str]:
        """What ``stored`` lacks or has too many; what was under way is settled by what is there."""
        lost = []
        for name, made in self.pending.items():
            before = _digest(self.texts.get(name))
            if stored.get(name) not in (before, _digest(made)):
                lost.append(f"{name} is neither what it was nor what it was to become")
            if stored.get(name) == _digest(made):
                self.texts[name] = made
        self.pending = {}
        for name, made in self.texts.items():
            if stored.get(name) != _digest(made):
                lost.append(f"{name} should be {made} and is {stored.get(name)}")
        known = {**self.jobs, **self.maybe_jobs}
        for name, found in stored.items():
            if name not in self.texts and found != _digest(known.get(name)):
                lost.append(f"{name} was never handed in")
        return lost


def _digest(made: tuple[str, int, int] | None) -> str | None:
    return None if made is None else digest(text_of(*made))


def write_on(session: Session, present: Texts, seed: int, round_number: int) -> None:
    """Import, update and withdraw until killed, announcing each write before and acknowledging it after."""
    services, chance = session.services, random.Random(seed)
    names = [name for name, made in present.items() if made is not None]
    for step in range(100_000):
        version = round_number * 100_000 + step
        size = chance.choice([1, 8, PER_DOCUMENT, PER_DOCUMENT, 2 * PER_DOCUMENT])
        kind = chance.choices(["update", "add", "withdraw", "hand in"], [60, 15, 15, 10])[0]
        if kind == "hand in":
            texts: Texts = {f"job{version}y{n}": (f"job{version}y{n}", version, 5) for n in range(4)}
            tell(session, ("will hand in", texts))
            records = [record(name, text_of(*made)) for name, made in texts.items() if made]
            services.jobs.submit("import", [Submission("record", "line", data) for data in records], by="tests")
            tell(session, ("handed in", texts))
            continue
        name = f"new{version}" if kind == "add" or not names else chance.choice(names)
        made = None if kind == "withdraw" and names else (name, version, size)
        tell(session, ("will", {name: made}))
        if made is None:
            services.pipeline.withdraw(name, by="tests")
            names.remove(name)
        else:
            services.pipeline.ingest(name, loaded(text_of(*made)), origin="test", by="tests")
            names += [] if name in names else [name]
        tell(session, ("did", {name: made}))
        if chance.random() < 0.3:
            services.index.sweep(grace_seconds=0)  # else nothing would be deleted from Chroma for a minute


def build(settings: Settings, passages: int) -> Texts:
    """A corpus of so many passages."""
    made = {f"doc{n}": (f"doc{n}", 0, PER_DOCUMENT) for n in range(passages // PER_DOCUMENT + 1)}
    texts: Texts = dict(made)
    with open_services(settings, SignEncoder()) as services:
        store(services, {name: text_of(*how) for name, how in made.items()})
        services.index.rebuild("it was filled from below").join()
        services.index.rebuild("the first may have begun before").join()
        assert services.index.health().entries >= passages
        assert broken_rules(services) == []
    return texts


@dataclass
class Campaign:
    """A store, what is expected of it, and what happened to it so far."""

    settings: Settings
    watched: Path  # where Chroma keeps its files …
    names: frozenset[str]  # … and which of them to wait for …
    first: int  # … after some writes, at most so many
    chance: random.Random
    expected: Expected
    kills: Counter[str] = field(default_factory=Counter)
    ready_after: list[float] = field(default_factory=list)
    served_meanwhile: int = 0
    unusable: int = 0  # folders that the kill left and Chroma could not have used
    examine: bool = False

    def round(self, number: int, kind: str) -> None:
        """Open, compare, write, kill."""
        with RemoteAssistant(self.settings) as assistant:
            if kind == "opening":
                time.sleep(self.chance.uniform(0, 1.5))
                self._kill(assistant, "while opening")
                return
            assistant.opened()
            self.verify(assistant)
            if kind == "rewriting" and self.chance.random() < 0.8:
                self._wait_until_ready(assistant)
            assistant.start(write_on, self.expected.texts, self.chance.randrange(1 << 30), number)
            wanted = self.expected.acknowledged + self.chance.randint(0, self.first)
            while self.expected.acknowledged < wanted:
                self.expected.note(assistant.receive())
            if kind == "rewriting":
                with FolderWatch(self.watched) as watch:
                    name = watch.wait_for(self.names, seconds=30)
                    time.sleep(self.chance.choice([0, 0, 0.0005, 0.001, 0.002, 0.005]))
                    self._kill(assistant, "while Chroma wrote its files" if name else "at any moment")
                self.unusable += self.examine and not self._usable()
            else:
                time.sleep(self.chance.expovariate(1 / 1.5))
                self._kill(assistant, "at any moment")

    def verify(self, assistant: RemoteAssistant, *, thorough: bool = False) -> str:
        """Everything acknowledged is there and found, by whatever answers, and nothing withdrawn is.

        Returns:
            the index's state at the start.
        """
        assistant.call(remote_work)
        stored, broken, state = assistant.call(remote_state)
        assert self.expected.compare(stored) == []
        assert broken == []
        self._look_up(assistant)
        self.served_meanwhile += state == "rebuilding"
        if thorough:
            self._wait_until_ready(assistant)
            assert assistant.call(remote_settled, 120, timeout=130)
            stored, broken, _ = assistant.call(remote_state)
            assert broken == []
            missing = [name for name, made in self.expected.jobs.items() if stored.get(name) != _digest(made)]
            assert missing == []
            self._look_up(assistant)
            assert assistant.call(remote_audit) == []
        return state

    def _wait_until_ready(self, assistant: RemoteAssistant) -> None:
        seconds = assistant.call(remote_ready, 120, timeout=130)
        assert seconds is not None, assistant.log()
        self.ready_after.append(seconds)

    def _look_up(self, assistant: RemoteAssistant) -> None:
        texts = self.expected.texts
        names = {*self.expected.touched[-PROBES:], *self.chance.sample(sorted(texts), PROBES)}
        sentences = {name: self.chance.choice(text_of(*(texts[name] or (name, 0, 60))).split("\n\n")) for name in names}
        for (name, sentence), hits in zip(
            sentences.items(), assistant.call(remote_found, list(sentences.values())), strict=True
        ):
            if texts[name] is None:
                assert name not in {document_id for document_id, _ in hits}
            else:
                assert hits[0] == (name, sentence)
                current = {*text_of(*texts[name]).split("\n\n")}  # type: ignore[misc]
                assert all(found in current for document_id, found in hits if document_id == name)

    def _kill(self, assistant: RemoteAssistant, when: str) -> None:
        assistant.kill()
        self.kills[when] += 1
        while True:
            try:
                message = assistant.receive(0.1)
            except Died:
                return
            if isinstance(message, tuple):
                self.expected.note(message)

    def _usable(self) -> bool:
        """Whether Chroma by itself could go on with the folder that it was killed over, as far as a sample shows."""
        folders = [path for path in self.watched.iterdir() if path.name != "quarantine"]
        copy = shutil.copytree(max(folders), self.settings.data_dir.parent / "examined")
        status = run_apart(reach_all, copy)
        shutil.rmtree(copy)
        return status == 0


def reach_all(folder: Path) -> None:
    """Fail unless every entry of an index can be reached."""
    index = ChromaIndex(folder)
    assert len(index.query(SignEncoder().encode_question("clerk"), index.count())) == index.count()


@pytest.fixture
def campaign(on_both: Settings, full: bool, brief: bool, request: pytest.FixtureRequest) -> Campaign:
    embedded = on_both.chroma_url is None
    texts = build(on_both, 20_000 if full else 900 if brief else 3_000)
    if embedded:
        folder, names, first = on_both.data_dir / "index", GRAPH_FILES, 0
    else:  # whose server writes something each time
        folder, names, first = request.getfixturevalue("chroma").folder / "data", SERVER_FILES, 6
    return Campaign(on_both, folder, names, first, random.Random(), Expected(texts), examine=full and embedded)


def test_nothing_acknowledged_is_lost(
    campaign: Campaign, full: bool, brief: bool, tell_all: Callable[[str], None]
) -> None:
    kinds = ["rewriting", "any", "rewriting", "opening", "rewriting", "any"]
    for number in range(1, (120 if full else 4 if brief else 12) + 1):
        campaign.round(number, kinds[number % len(kinds)])
    with RemoteAssistant(campaign.settings) as assistant:
        assistant.opened()
        campaign.verify(assistant, thorough=True)
        assistant.close()
    with RemoteAssistant(campaign.settings) as assistant:  # and a clean start needs no rebuild
        assistant.opened()
        assert campaign.verify(assistant, thorough=True) == "ready"
    assert campaign.expected.acknowledged > 0
    ready = sorted(campaign.ready_after)
    tell_all(
        f"{campaign.kills.total()} kills ({dict(campaign.kills)}; {campaign.unusable} folders unusable to Chroma), "
        f"{campaign.expected.acknowledged} acknowledged writes, 0 lost; the exact scan served after "
        f"{campaign.served_meanwhile} of the starts; ready after {statistics.median(ready):.1f} s (median), "
        f"{ready[-1]:.1f} s (longest)"
    )


def builders(data_dir: Path) -> list[str]:
    """Command lines of the processes that fill an index below ``data_dir``."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(file.read_bytes().decode(errors="replace").replace("\0", " "))
    return [line for line in lines if "assistant.index.building" in line and str(data_dir) in line]


def test_what_fills_the_index_ends_with_the_assistant(settings: Settings) -> None:
    data_dir = settings.data_dir
    build(settings, 3_000)
    shutil.rmtree(data_dir / "index")
    with RemoteAssistant(settings) as assistant:
        assistant.opened()
        assert eventually(lambda: len(builders(data_dir)) == 1, seconds=30, pause=0.01)
        assistant.kill()
    assert eventually(lambda: not builders(data_dir), seconds=30, pause=0.01)
    with RemoteAssistant(settings) as assistant:  # nor does closing wait for it
        assistant.opened()
        assert eventually(lambda: len(builders(data_dir)) == 1, seconds=30, pause=0.01)
        assistant.close(timeout=10)
    assert builders(data_dir) == []
    assert [path.name for path in (data_dir / "index").iterdir()] == ["quarantine"]  # what the kill left
