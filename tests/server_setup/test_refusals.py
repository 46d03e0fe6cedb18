"""Servers that refuse writes, break connections or crash in the middle of them: nothing acknowledged is lost."""

from __future__ import annotations

import random
import resource
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from assistant.catalogs import open_catalog
from assistant.cli import cli
from assistant.curation import vectorizing, watching
from assistant.curation.watching import Background
from assistant.errors import CatalogUnreachable, StorageFailed
from assistant.index import copying
from assistant.index.advisory import lock_key
from assistant.index.vectors import ChromaServer, IndexFailed
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.reliability.corpora import SignEncoder, digest, loaded, text_of
from tests.reliability.questions import broken_rules, disagreements, found, holdings, wait_until_ready
from tests.server_setup.servers import ChromaProcess, PostgresServer
from tests.waiting import eventually

SENTENCES, DOCUMENTS = 8, 10
SECONDS = 60
BREAK_ALL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid != pg_backend_pid()
"""


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    with open_services(settings, SignEncoder()) as opened:
        assert opened.index.wait_ready(SECONDS)
        yield opened


def put(services: Services, name: str, version: int = 0, sentences: int = SENTENCES) -> str:
    words = text_of(name, version, sentences)
    services.pipeline.ingest(name, loaded(words), origin="test", by="tests")
    return digest(words)


def database_of(settings: Settings) -> str:
    assert settings.database_url is not None
    return settings.database_url.get_secret_value().rpartition("/")[2]


def break_connections(services: Services, postgres: PostgresServer, _chroma: ChromaProcess) -> None:
    postgres.execute(database_of(services.settings), BREAK_ALL)


def crash_the_catalog(_services: Services, postgres: PostgresServer, _chroma: ChromaProcess) -> None:
    postgres.crash()
    postgres.start()


def crash_the_vectors(_services: Services, _postgres: PostgresServer, chroma: ChromaProcess) -> None:
    chroma.kill()
    chroma.start()


class Trial:
    """Somebody writes and somebody reads while the servers are struck; every failure is looked into at once."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.acknowledged: dict[str, str | None] = {f"doc{n}": None for n in range(DOCUMENTS)}
        self.done = self.failed = self.read = 0
        self.wrong: list[str] = []
        self.over = threading.Event()

    def write(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self.over.is_set():
            name = chance.choice(list(self.acknowledged))
            withdrawing = self.acknowledged[name] is not None and chance.random() < 0.3
            self.done += 1
            wanted = None if withdrawing else digest(text_of(name, self.done, SENTENCES))
            try:
                if withdrawing:
                    self.services.pipeline.withdraw(name, by="tests")
                else:
                    put(self.services, name, self.done)
            except StorageFailed:
                self.failed += 1
                self._settle(name, wanted)
            except Exception as error:  # whatever it is, a curator saw it
                self.wrong.append(f"{name}: {error!r}")
                return
            else:
                self.acknowledged[name] = wanted

    def _settle(self, name: str, wanted: str | None) -> None:
        """What failed may have happened all the same, and nothing in between."""
        stored = self._patiently(lambda: holdings(self.services)).get(name)
        if stored not in (self.acknowledged[name], wanted):
            self.wrong.append(f"{name} is neither what it was nor what it was to become")
        self.acknowledged[name] = stored

    def _patiently(self, look: Callable[[], dict[str, str]]) -> dict[str, str]:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return look()
            except StorageFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def look(self) -> None:
        while not self.over.wait(0.02):
            try:
                found(self.services, "Clerk visits the harbour")
                self.read += 1
            except StorageFailed:
                continue
            except Exception as error:  # whatever it is, a reader saw it
                self.wrong.append(f"reading: {error!r}")


@pytest.mark.kill9
@pytest.mark.parametrize("strike", [break_connections, crash_the_catalog, crash_the_vectors])
def test_servers_that_fail_at_any_moment_lose_nothing_acknowledged(
    services: Services,
    postgres: PostgresServer,
    chroma: ChromaProcess,
    strike: Callable[[Services, PostgresServer, ChromaProcess], None],
    full: bool,
    tell_all: Callable[[str], None],
) -> None:
    services.warm_up()
    trial, chance = Trial(services), random.Random()
    threads = [threading.Thread(target=trial.write, args=(chance.random(),)), threading.Thread(target=trial.look)]
    for thread in threads:
        thread.start()
    short = 1 if strike is crash_the_vectors else 3  # that server takes seconds to start
    strikes = 60 if full else short
    try:
        for number in range(strikes):
            assert eventually(lambda least=number: trial.done - trial.failed > least or bool(trial.wrong))  # type: ignore[misc]
            time.sleep(chance.expovariate(4))
            strike(services, postgres, chroma)
        time.sleep(0.5)
    finally:
        trial.over.set()
        for thread in threads:
            thread.join()
    assert trial.wrong == []
    assert trial.done - trial.failed >= strikes
    assert trial.read > strikes
    assert holdings(services) == {name: sha for name, sha in trial.acknowledged.items() if sha is not None}
    assert put(services, "after") == holdings(services)["after"]
    assert broken_rules(services) == []
    assert wait_until_ready(services, SECONDS)
    assert eventually(lambda: disagreements(services) == [])  # what a write could not tell Chroma is told it in turn
    tell_all(f"{strikes} strikes, {trial.done} writes, {trial.failed} of them refused, 0 lost; {trial.read} reads")


def test_who_has_lost_the_lock_of_a_document_overwrites_nobody(
    services: Services, settings: Settings, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection breaks while a version is staged, and another process writes the document meanwhile."""
    staged, go_on = threading.Event(), threading.Event()
    real = vectorizing.index

    def index(database: object, *arguments: object) -> None:
        if database is services.database:
            staged.set()
            assert go_on.wait(SECONDS)
        real(database, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(vectorizing, "index", index)
    errors: list[BaseException] = []

    def write() -> None:
        try:
            put(services, "doc", 1)
        except StorageFailed as error:
            errors.append(error)

    with open_services(settings, SignEncoder()) as other:
        writer = threading.Thread(target=write)
        writer.start()
        assert staged.wait(SECONDS)
        assert holdings(other) == {}
        postgres.execute(
            database_of(settings), "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        )
        written = put(other, "doc", 2)
        go_on.set()
        writer.join()
        assert [type(error) for error in errors] == [StorageFailed]
        assert "written 'doc' meanwhile" in str(errors[0])
        assert holdings(other) == {"doc": written}
        assert broken_rules(other) == []
        assert wait_until_ready(other, SECONDS)
        assert disagreements(other) == []


def test_a_server_that_was_restarted_still_knows_who_uses_it(
    services: Services, settings: Settings, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a backup could be put back under processes that serve."""
    copying.export(services.database, tmp_path / "corpus.backup")
    postgres.stop()
    postgres.start()
    kept = put(services, "kept")
    monkeypatch.setenv("ASSISTANT_DATABASE_URL", settings.database_url.get_secret_value())  # type: ignore[union-attr]
    monkeypatch.setenv("ASSISTANT_CHROMA_URL", str(settings.chroma_url))
    arguments = ["--data-dir", str(settings.data_dir), "restore", str(tmp_path / "corpus.backup")]
    refused = CliRunner().invoke(cli, arguments)
    assert refused.exit_code != 0
    assert "Other processes use the catalog" in refused.output
    assert holdings(services) == {"kept": kept}


def test_nobody_uses_a_catalog_that_is_being_restored(services: Services, settings: Settings) -> None:
    """Not even who was there before, and lost every connection."""
    kept = put(services, "kept")
    address = settings.database_url.get_secret_value()  # type: ignore[union-attr]
    with psycopg.connect(address, autocommit=True) as restoring:
        deadline = time.monotonic() + SECONDS
        while True:
            restoring.execute(BREAK_ALL)
            if restoring.execute("SELECT pg_try_advisory_lock(%s)", (lock_key("presence"),)).fetchone() == (True,):
                break
            assert time.monotonic() < deadline
        restoring.execute(BREAK_ALL)
        for attempt in (lambda: holdings(services), lambda: put(services, "late")):
            with pytest.raises(CatalogUnreachable, match="being restored"):
                attempt()
    assert holdings(services) == {"kept": kept}
    assert put(services, "late") == holdings(services)["late"]


class Noting:
    """A folder's synchronising that only notes who did it."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name, self.notes = name, notes

    def run(self, _folder: Path, *, by: str) -> None:
        assert by == "watch"
        self.notes.append(self.name)


def test_a_folder_is_watched_by_one_process_also_after_a_restart_of_the_server(
    settings: Settings, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "TURN_SECONDS", 0.2)
    folder, notes = tmp_path / "watched", []
    folder.mkdir()
    databases = [open_catalog(settings) for _ in range(2)]
    watchers = [Background(database) for database in databases]
    try:
        for name, background in zip(("one", "other"), watchers, strict=True):
            background.watch(folder, Noting(name, notes))  # type: ignore[arg-type]
            assert eventually(lambda: bool(notes))
        assert notes == ["one"]
        postgres.stop()
        postgres.start()
        assert eventually(lambda: len(notes) > 1)  # whoever has the turn now looks first
        time.sleep(6)  # the longest until the former one asks whether it still has it
        before = len(notes)
        (folder / "new.txt").write_text("new")
        assert eventually(lambda: len(notes) > before)
        time.sleep(2)
        assert len(set(notes[before:])) == 1
    finally:
        for background, database in zip(watchers, databases, strict=True):
            background.close()
            database.close()


def test_a_database_that_takes_no_writes(services: Services, settings: Settings, postgres: PostgresServer) -> None:
    """As one does that has become a standby."""
    kept = put(services, "kept")
    alter = f"ALTER DATABASE {database_of(settings)}"
    postgres.execute("postgres", f"{alter} SET default_transaction_read_only = on")
    services.database._backend.writer.dispose()  # new connections hear of it
    for attempt in (lambda: put(services, "late"), lambda: services.pipeline.withdraw("kept", by="tests")):
        with pytest.raises(StorageFailed, match="read-only") as raised:
            attempt()
        assert "ASSISTANT_DATABASE_URL" in str(raised.value.hint)
    assert holdings(services) == {"kept": kept}
    assert found(services, text_of("kept", 0, SENTENCES).split("\n\n")[2])[0][0] == "kept"
    postgres.execute("postgres", f"{alter} RESET default_transaction_read_only")
    services.database._backend.writer.dispose()
    assert put(services, "late") == holdings(services)["late"]
    assert broken_rules(services) == []


@pytest.mark.torn
def test_a_full_disk_of_the_catalog(chroma: ChromaProcess, tmp_path: Path) -> None:
    """Its tables are on a small disk; requests say so, reading goes on, and so does writing once there is space."""
    server = PostgresServer(small_disk=40)
    try:
        address = SecretStr(server.database("small"))
        settings = Settings(data_dir=tmp_path / "data", database_url=address, chroma_url=chroma.url)
        acknowledged: dict[str, str] = {}
        with open_services(settings, SignEncoder()) as services:
            assert services.index.wait_ready(SECONDS)
            acknowledged["first"] = put(services, "first")
            server.leave(kilobytes=200)
            with pytest.raises(StorageFailed) as raised:
                for number in range(1_000):
                    acknowledged[f"doc{number}"] = put(services, f"doc{number}", sentences=60)
            for _ in range(3):
                assert "No space left" in raised.value.detail
                assert "Free some space on the database server" in str(raised.value.hint)
                with pytest.raises(StorageFailed) as raised:
                    put(services, "again", sentences=100)
            assert holdings(services) == acknowledged
            assert found(services, text_of("first", 0, SENTENCES).split("\n\n")[2])[0][0] == "first"
            assert broken_rules(services) == []
            server.leave(kilobytes=20_000)
            acknowledged["after"] = put(services, "after")
            assert holdings(services) == acknowledged
            assert wait_until_ready(services, SECONDS)
            assert disagreements(services) == []
    finally:
        server.remove()


@pytest.mark.torn
def test_a_chroma_server_whose_disk_takes_no_more(services: Services, chroma: ChromaProcess) -> None:
    """It lives and refuses every write, as over a quota: what it lacks is found all the same and put there later.

    A write that it could not finish often keeps its database locked; only who runs it can mend that.
    """
    put(services, "before")
    limits = resource.prlimit(chroma.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(chroma.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        server = ChromaServer(chroma.url)
        with pytest.raises(IndexFailed):
            server.make("something")
        server.close()
        acknowledged = {name: put(services, name) for name in ("one", "two")}
        services.pipeline.withdraw("before", by="tests")
        assert holdings(services) == acknowledged
        for name in acknowledged:
            assert found(services, text_of(name, 0, SENTENCES).split("\n\n")[2])[0][0] == name
        assert services.index.health().state == "rebuilding"
    finally:
        resource.prlimit(chroma.pid, resource.RLIMIT_FSIZE, limits)
    chroma.kill()
    chroma.start()
    assert wait_until_ready(services, SECONDS)
    for name in acknowledged:
        assert found(services, text_of(name, 0, SENTENCES).split("\n\n")[2])[0][0] == name
    assert disagreements(services) == []
