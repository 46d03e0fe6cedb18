"""The same again changes nothing and embeds nothing, however often it is cut short."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from assistant.catalogs import read_catalog
from assistant.index import job_store
from assistant.index.embedding import EncoderInput
from assistant.models import Submission
from assistant.settings import Settings
from tests.reliability.corpora import FloatArray, SignEncoder, digest, record, text_of
from tests.reliability.questions import (
    broken_rules,
    remote_audit,
    remote_encoded,
    remote_put,
    remote_ready,
    remote_settled,
    remote_state,
    remote_versions,
    remote_work,
)
from tests.reliability.remote import Died, RemoteAssistant, Session, tell

pytestmark = pytest.mark.idempotent

FILES = 40
SENTENCES = 12


@pytest.fixture
def settings(on_both: Settings) -> Settings:
    return on_both


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(FILES):
        file = tmp_path / "folder" / f"part{number % 4}" / f"file{number:03}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(f"f{number}", 0, SENTENCES))
    return tmp_path / "folder"


def synchronise(session: Session, folder: Path) -> dict[str, int]:
    """Tell of each file with the number of passages embedded so far; the counts at the end."""
    report = session.services.sync.run(
        folder, by="tests", on_event=lambda event, _: tell(session, (event.path, event.action, session.encoder.encoded))
    )
    assert report.failed == []
    return {name: getattr(report, name) for name in ("added", "updated", "removed", "unchanged", "passages")}


def finish(assistant: RemoteAssistant) -> dict[str, int]:
    while True:
        message = assistant.receive()
        if isinstance(message, dict):
            return message


def test_a_folder_three_times(folder: Path, settings: Settings) -> None:
    seen = []
    for number in range(3):
        with RemoteAssistant(settings) as assistant:
            assistant.opened()
            assistant.start(synchronise, folder)
            counts = finish(assistant)
            assert counts["added" if number == 0 else "unchanged"] == FILES
            assert assistant.call(remote_encoded) == (FILES * SENTENCES if number == 0 else 0)
            seen.append(assistant.call(remote_versions))
            assistant.close()
    assert seen[0] == seen[1] == seen[2]
    assert all(len(versions) == 1 for versions in seen[0].values())


@pytest.mark.parametrize("files", [1, FILES // 2, FILES - 2])
def test_a_folder_whose_first_sync_was_killed(folder: Path, settings: Settings, files: int, brief: bool) -> None:
    if brief and files != FILES // 2:
        pytest.skip("done on servers by -m idempotent")
    with RemoteAssistant(settings) as assistant:
        assistant.opened()
        assistant.start(synchronise, folder)
        for _ in range(files):
            _, action, before = assistant.receive()
            assert action == "added"
        time.sleep(0.03)  # into the next file
        assistant.kill()
        done = files
        while True:
            try:
                told = assistant.receive(0.1)
            except Died:
                break
            if isinstance(told, tuple):  # the counts, where it was through before the kill
                before, done = told[2], done + 1
    with RemoteAssistant(settings) as assistant:
        assistant.opened()
        assistant.start(synchronise, folder)
        counts = finish(assistant)
        assert counts["added"] + counts["unchanged"] == FILES
        assert counts["unchanged"] in (done, done + 1)  # the last may have been published and not reported
        again = assistant.call(remote_encoded)
        # What one file had embedded when it was killed is embedded again only where it was not stored yet.
        assert FILES * SENTENCES - SENTENCES <= before + again <= FILES * SENTENCES
        versions = assistant.call(remote_versions)
        assert set(versions) == {f"part{n % 4}/file{n:03}.txt" for n in range(FILES)}
        assert all([number for number, _ in each] == [1] for each in versions.values())
        assert assistant.call(remote_ready, 60) is not None
        assert assistant.call(remote_audit) == []
        assistant.close()
    with RemoteAssistant(settings) as assistant:
        assistant.opened()
        assistant.start(synchronise, folder)
        assert finish(assistant)["unchanged"] == FILES
        assert assistant.call(remote_encoded) == 0
        assert assistant.call(remote_versions) == versions


def stored_vectors(settings: Settings) -> int:
    with read_catalog(settings) as database, database.read() as connection:
        return connection.scalar(text("SELECT count(*) FROM vectors")) or 0


class StuckEncoder(SignEncoder):
    """Embeds once and then waits to be killed."""

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[tuple[FloatArray, FloatArray]]:
        if self.encoded:
            time.sleep(600)
        return super().encode_passages(inputs)


def test_what_a_killed_import_has_embedded_is_not_embedded_again(settings: Settings) -> None:
    words, sentences = text_of("long", 0, 700), 700  # more than is embedded at once
    with RemoteAssistant(settings, StuckEncoder()) as assistant:
        assistant.opened()
        assistant.start(remote_put, "long", words)
        while stored_vectors(settings) == 0:
            time.sleep(0.005)
        assistant.kill()
    stored = stored_vectors(settings)
    assert 0 < stored < sentences
    with RemoteAssistant(settings) as assistant:
        assistant.opened()
        assert assistant.call(remote_state)[0] == {}
        assert assistant.call(remote_put, "long", words) == "added"
        assert assistant.call(remote_encoded) == sentences - stored
        assert assistant.call(remote_put, "other", words) == "added"  # the same passages in another document
        assert assistant.call(remote_encoded) == sentences - stored


def hand_in(session: Session, records: int) -> str:
    submissions = [Submission("record", f"line {n}", record(f"r{n}", text_of(f"r{n}", 0, 3))) for n in range(records)]
    return session.services.jobs.submit("import", submissions, by="tests")


def job_of(session: Session, job: str) -> job_store.Job:
    return session.services.jobs.get(job)


def broken(session: Session) -> list[str]:
    return broken_rules(session.services)


def until_done(assistant: RemoteAssistant, job: str, items: int) -> None:
    deadline = time.monotonic() + 60
    while assistant.call(job_of, job).done < items:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_job_goes_on_where_it_was_killed(settings: Settings, brief: bool, tell_all: Callable[[str], None]) -> None:
    records = 60 if brief else 200
    with RemoteAssistant(settings) as assistant:
        assistant.opened()
        job = assistant.call(hand_in, records)
        assistant.kill()  # accepted and not begun
    done = []
    for share in (0.3, 0.6, 0.9):
        with RemoteAssistant(settings) as assistant:
            assistant.opened()
            done.append(assistant.call(job_of, job).done)
            assistant.call(remote_work)
            until_done(assistant, job, int(records * share))
            assistant.kill()
    with RemoteAssistant(settings) as assistant:
        assistant.opened()
        done.append(assistant.call(job_of, job).done)
        assistant.call(remote_work)
        assert assistant.call(remote_settled, 60, timeout=70)
        result = assistant.call(job_of, job)
        assert (result.state, result.total, result.done, result.failed) == ("done", records, records, 0)
        assert sum(result.counts.values()) == records
        assert result.counts["added"] >= records - 3  # at most one a kill was published and not yet ticked off
        stored, _, _ = assistant.call(remote_state)
        assert stored == {f"r{n}": digest(text_of(f"r{n}", 0, 3)) for n in range(records)}
        versions = assistant.call(remote_versions)
        assert all([number for number, _ in each] == [1] for each in versions.values())
        assert assistant.call(broken) == []
        assert assistant.call(remote_ready, 60) is not None
        assert assistant.call(remote_audit) == []
    assert done == sorted(done)
    tell_all(f"killed after {done} of {records} records; outcomes {result.counts}")
