"""Annotating in other processes: the same as here, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.actors import ActorBook
from assistant.curation.annotating import Annotations, LanguageAnnotator
from assistant.curation.annotation_workers import START_AFTER, AnnotationWorkers
from assistant.curation.loaders import load
from assistant.curation.statements import StatementExtractor
from assistant.language import Language
from assistant.models import LoadedDocument
from assistant.paths import actors_path, stances_path
from assistant.stances import StanceBook

FILES = (actors_path(None), stances_path(None))
CORPUS = Path(__file__).parents[2] / "corpus"


class Counting(LanguageAnnotator):
    """Knows how many documents were annotated here."""

    done = 0

    def annotate(self, document: LoadedDocument) -> Annotations:
        self.done += 1
        return super().annotate(document)


@pytest.fixture(scope="module")
def here() -> Counting:
    language = Language()
    return Counting(language, StatementExtractor(language, ActorBook.load(FILES[0]), StanceBook.load(FILES[1])))


@pytest.fixture(scope="module")
def workers(here: Counting) -> Iterator[AnnotationWorkers]:
    """One process for all of this file: the language model takes seconds to load."""
    pool = AnnotationWorkers(here, FILES, 1, after=0)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def documents() -> list[LoadedDocument]:
    paths = sorted(CORPUS.glob("*.md"))[:6]
    return [document for path in paths for document in load(path.read_bytes(), name=path.name)]


SHORT = LoadedDocument("Russia rejects the plan.", (), load(b"x", name="x.txt")[0].metadata)


def until_one_is_up(workers: AnnotationWorkers, here: Counting) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        before = here.done
        workers.annotate(SHORT)
        if here.done == before:
            return
        time.sleep(0.1)
    raise AssertionError("no worker came up")


def pid(workers: AnnotationWorkers) -> int:
    (worker,) = workers._workers
    return worker._process.pid


def test_another_process_finds_the_same(
    workers: AnnotationWorkers, here: Counting, documents: list[LoadedDocument]
) -> None:
    until_one_is_up(workers, here)
    before = here.done
    found = [workers.annotate(document) for document in documents]
    assert here.done == before
    assert found == [here.annotate(document) for document in documents]
    assert any(each.statements for each in found)


def test_lone_surrogates_cross(workers: AnnotationWorkers, here: Counting) -> None:
    until_one_is_up(workers, here)
    (odd,) = load("Kyiv rejects the \ud800 plan.\n\nThen “it” ends.".encode("utf-8", "surrogatepass"), name="x.txt")
    assert workers.annotate(odd) == here.annotate(odd)


def test_without_processes_all_is_done_here(here: Counting, documents: list[LoadedDocument]) -> None:
    none = AnnotationWorkers(here, FILES, 0)
    before = here.done
    for document in documents:
        none.annotate(document)
    assert here.done == before + len(documents)
    none.close()


def test_a_few_documents_start_no_process(here: Counting) -> None:
    pool = AnnotationWorkers(here, FILES, 1)
    for _ in range(START_AFTER):
        pool.annotate(SHORT)
    assert pool._workers == []
    pool.close()


def test_processes_that_cannot_start_are_not_tried_again(here: Counting, tmp_path: Path) -> None:
    pool = AnnotationWorkers(here, (tmp_path / "none.yaml", FILES[1]), 1, after=0)
    started = set()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert pool.annotate(SHORT) == here.annotate(SHORT)
        if started and not pool._workers:
            break
        started.update(worker._process.pid for worker in pool._workers)
    for _ in range(3):
        pool.annotate(SHORT)
    assert (len(started), pool._workers) == (1, [])
    pool.close()


def test_a_worker_that_is_killed_is_done_without_and_replaced(
    workers: AnnotationWorkers, here: Counting, documents: list[LoadedDocument]
) -> None:
    until_one_is_up(workers, here)
    first = pid(workers)
    found: list[Annotations] = []
    threads = [threading.Thread(target=lambda d=d: found.append(workers.annotate(d))) for d in documents]
    for thread in threads:
        thread.start()
    os.kill(first, signal.SIGKILL)
    for thread in threads:
        thread.join(60)
    assert len(found) == len(threads)
    until_one_is_up(workers, here)
    assert pid(workers) != first


def test_a_worker_ends_with_the_process_that_started_it() -> None:
    program = (
        "import os\n"
        "from pathlib import Path\n"
        "from assistant.curation.annotation_workers import _Worker\n"
        f"worker = _Worker([Path({str(FILES[0])!r}), Path({str(FILES[1])!r})])\n"
        "print(worker._process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, timeout=120)
    place = Path("/proc", ended.stdout.strip(), "stat")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and place.exists() and place.read_text().split()[2] != "Z":
        time.sleep(0.1)
    assert time.monotonic() < deadline
