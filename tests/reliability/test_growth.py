"""What a question costs does not grow with what it has nothing to do with.

Counted in steps of SQLite's virtual machine, which are the same on every machine and in every run.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from assistant.asking import AskRequest
from assistant.countries import load_countries
from assistant.index.catalog import stream_vectors
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder
from tests.reliability.corpora import loaded

ASKED_ABOUT = (
    "Norway rejects the herring tariff. Norway demanded a seat on the fisheries board.",
    "“We oppose the toll on the bridge,” said Mette Dahl, Denmark's transport minister.",
    "Malta accepts the cable tariff.",
)
# Of each question, the most steps that another passage may cost it. Counting passages takes three and is done again
# where targets are weighed; whose name is like the speaker's is looked up among all statements.
QUESTIONS = {
    "What does Norway reject?": 10,
    "How many herrings were counted at the quay?": 10,
    "Who rejects the herring tariff?": 20,
    "Why does Malta accept the cable tariff?": 20,
    "What did Mette Dahl say about the toll?": 30,
    "What has changed in Norway's position on the herring tariff?": 50,
}
FEW, MANY = 70, 180  # documents about other things, each of another country; more than are looked at as candidates
STEPS = 10  # between two looks at how far a statement is


@contextmanager
def steps(services: Services) -> Iterator[list[int]]:
    """How many steps SQLite takes for what is read within, in units of ten."""
    taken, here = [0], threading.get_ident()

    def count() -> int:
        taken[0] += threading.get_ident() == here  # what looks after the index reads too
        return 0

    def watch(connection: Any, *_: object) -> None:
        connection.set_progress_handler(count, STEPS)

    reader = services.database._backend.reader
    event.listen(reader, "checkout", watch)
    yield taken
    event.remove(reader, "checkout", watch)


def add(services: Services, name: str, text: str) -> None:
    services.pipeline.ingest(name, loaded(text, title="Report"), origin="test", by="tests")


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, int]]:
    """Steps of each question beside few other documents, and beside many."""
    found: dict[str, list[int]] = {question: [] for question in QUESTIONS}
    folder: Path = tmp_path_factory.mktemp("data")
    with open_services(Settings(data_dir=folder), HashEncoder()) as services:
        for number, text in enumerate(ASKED_ABOUT):
            add(services, f"about-{number}", text)
        countries = [country.name for country in load_countries() if country.name not in ("Norway", "Denmark", "Malta")]
        there = 0
        for wanted in (FEW, MANY):
            for number in range(there, wanted):
                add(
                    services,
                    f"other-{number}",
                    f"“We will paint pylon {number},” the premier of {countries[number]} said.",
                )
            there = wanted
            for question in QUESTIONS:
                with steps(services) as taken:
                    services.asker.ask(AskRequest(question))
                found[question].append(taken[0])
    return {question: (few, many) for question, (few, many) in found.items()}


@pytest.mark.parametrize("indexable", [True, False])
def test_every_page_of_vectors_costs_the_same(indexable: bool, tmp_path: Path) -> None:
    """An index is filled page by page: if each looked at the whole corpus, twice as much would take four times."""
    took = []
    with open_services(Settings(data_dir=tmp_path), HashEncoder()) as services:
        there = 0
        for wanted in (FEW, 2 * FEW):
            for number in range(there, wanted):
                add(services, f"doc-{number}", f"The premier painted pylon {number}.")
            there = wanted
            with steps(services) as taken, services.database.read() as connection:
                pages = list(stream_vectors(connection, 1, page=5, indexable=indexable))
            assert sum(len(seqs) for seqs, _ in pages) == wanted
            took.append(taken[0])
    assert took[1] < 2.5 * took[0]


@pytest.mark.parametrize("question", QUESTIONS)
def test_other_documents_cost_a_question_next_to_nothing(question: str, costs: dict[str, tuple[int, int]]) -> None:
    few, many = costs[question]
    assert (many - few) * STEPS <= QUESTIONS[question] * (MANY - FEW), (few, many)
