"""Two processes on one catalog: each sees what the other wrote, and goes on where the other was killed."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from assistant.index import job_store
from assistant.index.catalog import get_version
from assistant.models import Filters, Submission
from assistant.settings import Settings
from tests.reliability.corpora import SignEncoder, digest, record, text_of
from tests.reliability.questions import (
    remote_audit,
    remote_found,
    remote_put,
    remote_ready,
    remote_settled,
    remote_state,
    remote_withdraw,
    remote_work,
)
from tests.reliability.remote import RemoteAssistant, Session, tell
from tests.reliability.test_atomic import EDITION, asked, treaty
from tests.reliability.test_atomic import SENTENCES as CLAUSES
from tests.reliability.test_kill9 import Expected, write_on

ITEMS = 50
ROUNDS = 4


class SlowEncoder(SignEncoder):
    """Takes its time, so that a kill comes in the middle of a job."""

    def encode_passages(self, inputs):  # type: ignore[no-untyped-def]
        time.sleep(0.05)
        return super().encode_passages(inputs)


@pytest.fixture
def pair(settings: Settings) -> Iterator[tuple[RemoteAssistant, RemoteAssistant]]:
    with another(settings, "one") as one, another(settings, "other") as other:
        one.opened()
        other.opened()
        yield one, other


def another(settings: Settings, name: str) -> RemoteAssistant:
    return RemoteAssistant(settings, SlowEncoder(), name=name)


def documents_found(assistant: RemoteAssistant, query: str) -> set[str]:
    return {document_id for document_id, _ in assistant.call(remote_found, [query])[0]}


def hand_in(session: Session, items: int) -> str:
    records = [record(f"item{n}", text_of(f"item{n}", 0, 3)) for n in range(items)]
    return session.services.jobs.submit("import", [Submission("record", "line", data) for data in records], by="tests")


def progress(session: Session, job_id: str) -> tuple[str, int]:
    job = session.services.jobs.get(job_id)
    return job.state, job.done


def wait_for_job(session: Session, job_id: str, seconds: float) -> str:
    return session.services.jobs.wait(job_id, seconds).state


def claimed_by(session: Session, job_id: str) -> bool:
    """Whether this process works on the job."""
    with session.services.database.read() as connection:
        return job_store.is_running(connection, job_id, session.services.jobs._worker)


def test_what_one_writes_the_next_question_to_the_other_finds(pair: tuple[RemoteAssistant, RemoteAssistant]) -> None:
    one, other = pair
    one.call(remote_put, "fruit", "Apples grow in the northern orchard.")
    assert documents_found(other, "northern orchard apples") == {"fruit"}
    other.call(remote_put, "fruit", "Pears grow in the southern orchard.")
    assert [text for _, text in one.call(remote_found, ["southern orchard pears"])[0]] == [
        "Pears grow in the southern orchard."
    ]
    one.call(remote_withdraw, "fruit")
    assert documents_found(other, "southern orchard pears") == set()


def test_both_can_write_one_document_at_once(pair: tuple[RemoteAssistant, RemoteAssistant]) -> None:
    one, other = pair
    for number in range(5):
        one.start(remote_put, "same", text_of("same", 2 * number, 5))
        other.start(remote_put, "same", text_of("same", 2 * number + 1, 5))
        assert {one.receive(), other.receive()} <= {"added", "updated"}
    stored, broken, _ = one.call(remote_state)
    assert stored["same"] in {digest(text_of("same", version, 5)) for version in range(10)}
    assert broken == []
    assert other.call(remote_audit) == []


def test_the_other_finishes_the_job_of_one_that_is_killed(
    pair: tuple[RemoteAssistant, RemoteAssistant], settings: Settings
) -> None:
    one, other = pair
    for assistant in pair:
        assistant.call(remote_work)
    job_id = other.call(hand_in, ITEMS)
    while one.call(progress, job_id)[1] < ITEMS // 10:
        time.sleep(0.02)
    worker, survivor = (one, other) if one.call(claimed_by, job_id) else (other, one)
    assert worker.call(claimed_by, job_id)
    worker.kill()
    assert survivor.call(wait_for_job, job_id, 60, timeout=70) == "done"
    assert survivor.call(progress, job_id) == ("done", ITEMS)
    stored, broken, _ = survivor.call(remote_state)
    assert {f"item{n}" for n in range(ITEMS)} == set(stored)
    assert broken == []
    assert survivor.call(remote_audit) == []


def test_kills_while_writing_lose_nothing_that_was_acknowledged(settings: Settings) -> None:
    chance, expected = random.Random(9), Expected()
    with another(settings, "witness") as witness:
        witness.opened()
        witness.call(remote_work)
        for number in range(1, ROUNDS + 1):
            with another(settings, f"writer{number}") as writer:
                writer.opened()
                writer.start(write_on, expected.texts, chance.randrange(1 << 30), number)
                wanted = expected.acknowledged + chance.randint(1, 12)
                while expected.acknowledged < wanted:
                    expected.note(writer.receive())
                time.sleep(chance.uniform(0, 0.3))
                writer.kill()
                try:
                    while writer.channel.poll(0):
                        expected.note(writer.receive())
                except Exception:  # noqa: S110 - the pipe ends where the process was killed
                    pass
            stored, broken, _ = witness.call(remote_state)
            assert expected.compare(stored) == []
            assert broken == []
        assert expected.acknowledged >= ROUNDS
        assert witness.call(remote_settled, 60, timeout=70)
        stored, broken, _ = witness.call(remote_state)
        assert [name for name in expected.jobs if name not in stored] == []
        assert broken == []
        assert witness.call(remote_ready, 60, timeout=70) is not None
        assert witness.call(remote_audit) == []


@pytest.mark.atomic
def test_a_reader_in_another_process_sees_one_whole_version(settings: Settings, full: bool) -> None:
    """What it sees is of one version, no older than what was acknowledged before it looked."""
    documents, seconds, chance = 10, 60.0 if full else 4.0, random.Random(3)
    with (
        RemoteAssistant(settings, SignEncoder(384), name="writer") as writer,
        RemoteAssistant(settings, SignEncoder(384), name="reader") as reader,
    ):
        writer.opened()
        reader.opened()
        for number in range(documents):
            writer.call(remote_put, f"t{number}", treaty(number, 0))
        acknowledged = [[time.monotonic()] for _ in range(documents)]  # when each version was
        begun = [[time.monotonic()] for _ in range(documents)]
        reader.start(read_on, documents, seconds)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            number = chance.randrange(documents)
            begun[number].append(time.monotonic())
            writer.call(remote_put, f"t{number}", treaty(number, len(acknowledged[number])))
            acknowledged[number].append(time.monotonic())
        looks = reader.receive(timeout=seconds + 60)
        for assistant in (writer, reader):
            assert assistant.call(remote_ready, 60, timeout=70) is not None
        assert reader.call(remote_audit) == []
    assert sum(map(len, acknowledged)) > documents
    assert len(looks) > documents
    for way, number, before, after, sentences in looks:
        least = sum(moment <= before for moment in acknowledged[number]) - 1
        most = sum(moment <= after for moment in begun[number]) - 1
        versions = {int(edition) for sentence in sentences for edition in EDITION.findall(sentence)}
        assert len(sentences) == CLAUSES and len(versions) == 1, (way, sentences)
        assert least <= versions.pop() <= most, (way, sentences)


def read_on(session: Session, documents: int, seconds: float) -> list[tuple[str, int, float, float, list[str]]]:
    """For each look: how, at which document, from when to when (of the machine's clock), and what was seen of it."""
    looks, chance, end = [], random.Random(5), time.monotonic() + seconds
    while (before := time.monotonic()) < end:
        number = chance.randrange(documents)
        if chance.random() < 0.3:
            with session.services.database.read() as connection:
                way, sentences = "content", get_version(connection, f"t{number}").text.split("\n\n")
        else:
            hits = session.services.asker.search(asked(number), Filters(), CLAUSES)
            way, sentences = "search", [hit.passage.text for hit in hits if hit.passage.document_id == f"t{number}"]
        looks.append((way, number, before, time.monotonic(), sentences))
    return looks


def test_a_long_write_of_one_does_not_stop_the_other_from_reading(
    pair: tuple[RemoteAssistant, RemoteAssistant],
) -> None:
    one, other = pair
    one.call(remote_put, "fruit", "Apples grow in the northern orchard.")
    one.start(hold_the_write, 3.0)
    assert one.receive() == "writing"
    begun = time.monotonic()
    assert documents_found(other, "northern orchard apples") == {"fruit"}
    assert time.monotonic() - begun < 2.5
    one.receive()


def hold_the_write(session: Session, seconds: float) -> None:
    with session.services.database.write():
        tell(session, "writing")
        time.sleep(seconds)
