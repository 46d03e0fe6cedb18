"""Damaged index files: noticed at the opening or at the next write, set aside, rebuilt, and never a crash.

Chroma by itself ends the process on some of these (a graph with a wrong header is read past its end), so each opening
happens in a process of its own.
"""

from __future__ import annotations

import itertools
import math
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.index import building, supervisor
from assistant.index.vectors import ChromaIndex
from assistant.services import open_services
from assistant.settings import Settings
from tests.reliability.conftest import at_full_length
from tests.reliability.corpora import SignEncoder, digest, store, text_of
from tests.reliability.questions import (
    disagreements,
    found,
    remote_audit,
    remote_encoded,
    remote_found,
    remote_put,
    remote_ready,
    remote_state,
    wait_until_ready,
)
from tests.reliability.remote import Died, RemoteAssistant, Session, run_apart
from tests.waiting import eventually

pytestmark = pytest.mark.torn

PASSAGES = 1_200  # enough for Chroma to have written its graph
SENTENCE = text_of("doc7", 0, 60).split("\n\n")[31]


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def empty(file: Path) -> None:
    os.truncate(file, 0)


def zero(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def flip(file: Path) -> None:
    """Bits here and there, and surely in the header."""
    content, chance = bytearray(file.read_bytes()), random.Random(file.name)
    for position in [*range(0, min(len(content), 64), 7), *chance.sample(range(len(content)), len(content) // 500)]:
        content[position] ^= 1 << chance.randrange(8)
    file.write_bytes(content)


def flip_one_unseen(file: Path) -> None:
    """One bit, as a disk does it: size and times stay."""
    before = file.stat()
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 4
    file.write_bytes(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def remove(file: Path) -> None:
    file.unlink()


DAMAGES = [cut, empty, zero, flip, flip_one_unseen, remove]
FILES = [
    "chroma.sqlite3", "data_level0.bin", "header.bin", "index_metadata.pickle", "length.bin", "link_lists.bin",
    "SEAL.json",
]  # fmt: skip
CASES = list(itertools.product(FILES, DAMAGES))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A short run does each file with one damage, another one in each test; a full run every file with every damage."""
    if {"file", "damage"} <= set(metafunc.fixturenames):
        shift = len(metafunc.function.__name__)
        short = [(file, DAMAGES[(n + shift) % len(DAMAGES)]) for n, file in enumerate(FILES)]
        cases = CASES if at_full_length(metafunc.config) else short
        metafunc.parametrize(("file", "damage"), cases, ids=[f"{file}-{how.__name__}" for file, how in cases])


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that was closed properly."""
    folder = tmp_path_factory.mktemp("sound") / "data"
    with open_services(Settings(data_dir=folder), SignEncoder()) as services:
        store(services, {f"doc{n}": text_of(f"doc{n}", 0, 60) for n in range(PASSAGES // 60)})
        services.index.wait_ready()
        services.index.rebuild("it was filled from below").join()
        assert disagreements(services) == []
    shutil.rmtree(folder / "index" / "quarantine", ignore_errors=True)  # of the rebuild, which may be sealed
    assert {path.name for path in (folder / "index").rglob("*") if path.is_file()} >= set(FILES)
    return folder


@pytest.fixture
def data_dir(sound: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sound, tmp_path / "data")


def file_in(data_dir: Path, name: str) -> Path:
    (found,) = [path for path in (data_dir / "index").rglob(name) if "quarantine" not in path.parts]
    return found


def folders(data_dir: Path) -> set[str]:
    return {path.name for path in (data_dir / "index").iterdir()} - {"quarantine"}


def check_it_recovers(data_dir: Path, assistant: RemoteAssistant) -> None:
    """It answers at once, and by the index soon, from a folder that is not the damaged one."""
    shutil.rmtree(data_dir / "index" / "quarantine", ignore_errors=True)
    before = folders(data_dir)
    assistant.opened()
    stored, broken, _ = assistant.call(remote_state)
    assert (len(stored), broken) == (PASSAGES // 60, [])
    assert assistant.call(remote_found, [SENTENCE])[0][0] == ("doc7", SENTENCE)
    assert assistant.call(remote_ready, 60) is not None, assistant.log()
    assert assistant.call(remote_found, [SENTENCE])[0][0] == ("doc7", SENTENCE)
    assert assistant.call(remote_audit) == []
    assert assistant.call(remote_encoded) == 0
    assert (data_dir / "index" / "quarantine").exists()
    assert not before & folders(data_dir)  # what was damaged is not what answers


def test_damage_between_two_runs(data_dir: Path, file: str, damage: Callable[[Path], None]) -> None:
    damage(file_in(data_dir, file))
    with RemoteAssistant(Settings(data_dir=data_dir)) as assistant:
        check_it_recovers(data_dir, assistant)
        assistant.close()
    with RemoteAssistant(Settings(data_dir=data_dir)) as assistant:
        assistant.opened()
        assert assistant.call(remote_state)[2] == "ready"  # the new folder is sound and is kept
        assistant.close()


def leave_unsealed() -> None:
    """Never call a folder idle, so that the next kill comes before it is sealed again, however slow the disk."""
    supervisor.IDLE_SECONDS = math.inf


def put_and_die(session: Session, document_id: str, words: str) -> None:
    remote_put(session, document_id, words)
    os.kill(os.getpid(), signal.SIGKILL)


def test_damage_left_by_a_kill_during_a_write(data_dir: Path, file: str, damage: Callable[[Path], None]) -> None:
    if file == "SEAL.json":
        pytest.skip("there is none during a write")
    with RemoteAssistant(Settings(data_dir=data_dir), before=leave_unsealed) as assistant:
        assistant.opened()
        with pytest.raises(Died):
            assistant.call(put_and_die, "doc1", text_of("doc1", 1, 3))
    assert not list((data_dir / "index").rglob("SEAL.json"))
    damage(file_in(data_dir, file))
    with RemoteAssistant(Settings(data_dir=data_dir)) as assistant:
        check_it_recovers(data_dir, assistant)
        assert assistant.call(remote_state)[0]["doc1"] == digest(text_of("doc1", 1, 3))
        assistant.close()


def until_sealed(session: Session) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        seals = (session.services.settings.data_dir / "index").rglob("SEAL.json")
        if any("quarantine" not in seal.parts for seal in seals):
            return True
        time.sleep(0.05)
    return False


def test_damage_under_a_running_process(data_dir: Path, file: str, damage: Callable[[Path], None]) -> None:
    """Nothing that somebody else did to the files is taken over into the next run."""
    with RemoteAssistant(Settings(data_dir=data_dir)) as assistant:
        assistant.opened()
        assert assistant.call(until_sealed)
        damage(file_in(data_dir, file))
        assert assistant.call(remote_found, [SENTENCE])[0][0] == ("doc7", SENTENCE)
        if file.startswith("d") or damage is cut:  # some go on writing, the others close as they are
            assistant.call(remote_put, "doc1", text_of("doc1", 1, 3))
            assert assistant.call(remote_found, [SENTENCE])[0][0] == ("doc7", SENTENCE)
        assert assistant.call(remote_ready, 60) is not None
        assistant.close()
    with RemoteAssistant(Settings(data_dir=data_dir)) as assistant:
        assistant.opened()
        assert assistant.call(remote_found, [SENTENCE])[0][0] == ("doc7", SENTENCE)
        assert assistant.call(remote_ready, 60) is not None
        assert assistant.call(remote_audit) == []
        assistant.close()


def test_a_kill_while_nothing_is_written_costs_no_rebuild(data_dir: Path) -> None:
    with RemoteAssistant(Settings(data_dir=data_dir)) as assistant:
        assistant.opened()
        assert assistant.call(until_sealed)
        assistant.call(remote_found, [SENTENCE] * 20)
        assistant.kill()
    with RemoteAssistant(Settings(data_dir=data_dir)) as assistant:
        assistant.opened()
        assert assistant.call(remote_state)[2] == "ready"


def test_a_rebuild_that_was_cut_short_costs_nothing_that_was_sound(data_dir: Path) -> None:
    (sealed,) = folders(data_dir)
    newer = data_dir / "index" / f"{sealed[:13]}9{sealed[14:]}"
    shutil.copytree(data_dir / "index" / sealed, newer)
    (newer / "SEAL.json").unlink()
    with RemoteAssistant(Settings(data_dir=data_dir)) as assistant:
        assistant.opened()
        assert assistant.call(remote_state)[2] == "ready"
        assistant.close()
    assert folders(data_dir) == {sealed}


def test_a_rebuild_that_fails_is_tried_again(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fills the index may be killed for its memory, say; the exact scan goes on, and so does the assistant."""
    shutil.rmtree(data_dir / "index")
    monkeypatch.setattr(building, "APART", PASSAGES // 2)
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with open_services(Settings(data_dir=data_dir), SignEncoder()) as services:
        assert not services.index.wait_ready(60)
        assert found(services, SENTENCE)[0] == ("doc7", SENTENCE)
        assert "ended with status 1" in str(services.index.health().reason)
        assert eventually(lambda: folders(data_dir) == set())  # nothing half-filled is left, by the next attempt either
        monkeypatch.undo()
        assert wait_until_ready(services, 60)
        assert found(services, SENTENCE)[0] == ("doc7", SENTENCE)
        assert disagreements(services) == []


def open_and_ask(folder: Path) -> None:
    index = ChromaIndex(folder)
    index.query(SignEncoder().encode_question(SENTENCE), 10)


def test_chroma_alone_would_crash(data_dir: Path) -> None:
    """Why the seal is there: should this fail some day, Chroma has learnt to check its files."""
    header = file_in(data_dir, "header.bin")
    cut(header)
    assert run_apart(open_and_ask, header.parents[1]) < 0
