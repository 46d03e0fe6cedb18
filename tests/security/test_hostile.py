"""Hostile files and addresses end in one clear error, within their limits, and cost the assistant nothing."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.curation.loaders import Limits
from assistant.curation.sandbox import Sandbox
from assistant.errors import AssistantError, InvalidDocument, TooLarge, Unavailable
from tests.security.hostile_files import FILES, MEBIBYTE, PRIVATE_TEXT, Bad, made, pdf

pytestmark = pytest.mark.hostile

LIMITS = Limits(
    bytes=5 * MEBIBYTE,
    pages=200,
    characters=300_000,
    documents=1_000,
    blocks=50_000,
    seconds=3.0,
    memory=512 * MEBIBYTE,
)
GRACE = 2.0  # seconds for starting a worker and ending it, beyond the limit for the file itself
MOST_GROWTH = 50 * MEBIBYTE


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(LIMITS) as each:
        yield each


def memory(field: str) -> int:
    """A figure of this process in bytes, as the kernel keeps it."""
    match = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert match
    return int(match[1]) * 1024


def test_there_are_at_least_forty() -> None:
    assert len({bad.name for bad in FILES}) >= 40


# Which kind of attack a file is, by its name without the extension
KINDS = {
    "xxe": {"xxe", "xxe16", "laughs"},
    "bombs": {
        "bomb",
        "many",
        "overlap",
        "sizes",
        "laughs",
        "swollen",
        "string",
        "deep",
        "deepclosed",
        "nested",
        "slow",
    },
    "paths": {"../../up", "plain", "away"},
}


def marked(bad: Bad) -> Any:
    """The file with the markers of its kinds."""
    stem = bad.name.rpartition(".")[0]
    return pytest.param(bad, marks=[getattr(pytest.mark, kind) for kind, stems in KINDS.items() if stem in stems])


def test_every_kind_has_its_files() -> None:
    stems = {bad.name.rpartition(".")[0] for bad in FILES}
    assert all(wanted <= stems for wanted in KINDS.values())


@pytest.mark.parametrize("bad", [marked(bad) for bad in FILES], ids=[bad.name for bad in FILES])
def test_each_file_is_refused_in_time_with_a_typed_error(sandbox: Sandbox, bad: Bad) -> None:
    data = bad.make()
    started = time.monotonic()
    with pytest.raises(AssistantError) as caught:
        sandbox.load(data, name=bad.name)
    assert time.monotonic() - started < LIMITS.seconds + GRACE
    error = caught.value
    assert type(error) is bad.error
    assert re.search(bad.says, error.detail), error.detail
    assert error.hint
    assert PRIVATE_TEXT not in str(error)
    assert len(str(error)) < 600
    assert str(error).isprintable()
    # The next file is read as if nothing had happened.
    assert sandbox.load(b"Talks go on.", name="a.txt")[0].text == "Talks go on."


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="needs Linux's /proc")
def test_all_of_them_together_leave_the_parents_memory_alone() -> None:
    with Sandbox(LIMITS) as sandbox:
        sandbox.load(b"Talks go on.", name="a.txt")
        before, peak = memory("VmRSS"), 0
        for bad, data in made():
            started_at = memory("VmRSS")
            Path("/proc/self/clear_refs").write_text("5")  # starts the peak anew, from what is held now
            with pytest.raises(bad.error):
                sandbox.load(data, name=bad.name)
            peak = max(peak, memory("VmHWM") - started_at)
            del data
        gc.collect()
        assert peak < MOST_GROWTH, f"one file took {peak / MEBIBYTE:.0f} MB"
        assert memory("VmRSS") - before < MOST_GROWTH


@pytest.mark.paths
@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "C:\\boot.ini", "a\x00b.md", "\x1b[31mred.md", "\u202egpj.md", "x" * 5_000, "", "/", ".."],
)
def test_names_are_labels_and_nothing_else(sandbox: Sandbox, name: str) -> None:
    assert sandbox.load(b"Talks go on.", name=name)[0].text == "Talks go on."
    with pytest.raises(InvalidDocument) as caught:
        sandbox.load(b"", name=name)
    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) < 200
    assert "/" not in caught.value.detail


@pytest.mark.paths
def test_members_of_an_archive_are_not_written_anywhere(sandbox: Sandbox, tmp_path: Path) -> None:
    from tests.security.hostile_files import WORD_XML, docx

    target = tmp_path / "written"
    body = WORD_XML.format("<w:p><w:r><w:t>Text</w:t></w:r></w:p>")
    try:
        sandbox.load(docx(body, **{f"../../../../../..{target}": b"x", str(target): b"x"}))
    except InvalidDocument:
        pass
    assert not target.exists()


def test_text_that_is_slow_to_parse_ends_at_the_limit() -> None:
    slow = pdf(b"BT /F 12 Tf (a) Tj ET\n" * 900_000)
    with Sandbox(Limits(seconds=1.0)) as sandbox:
        started = time.monotonic()
        with pytest.raises(TooLarge, match="longer than 1 seconds"):
            sandbox.load(slow, name="slow.pdf")
        assert time.monotonic() - started < 1.0 + GRACE


def workers() -> list[int]:
    """The processes that this one has started for reading."""
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    return [
        int(child) for child in children if b"assistant.curation.sandbox" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's /proc")
def test_a_worker_that_is_killed_is_replaced() -> None:
    before = set(workers())
    with Sandbox(LIMITS) as sandbox:
        sandbox.load(b"One.", name="a.txt")
        (worker,) = set(workers()) - before
        os.kill(worker, signal.SIGKILL)
        assert sandbox.load(b"Two.", name="a.txt")[0].text == "Two."
    assert set(workers()) == before  # and none is left behind


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's /proc")
def test_a_file_is_read_again_when_its_worker_was_killed() -> None:
    before = set(workers())
    with Sandbox(Limits(seconds=30.0)) as sandbox:
        sandbox.load(b"One.", name="a.txt")
        (worker,) = set(workers()) - before
        threading.Timer(0.2, os.kill, (worker, signal.SIGKILL)).start()
        slow = pdf(b"BT /F 12 Tf (a) Tj ET\n" * 40_000 + b"BT /F 12 Tf (Two.) Tj ET")
        assert sandbox.load(slow, name="slow.pdf")[0].text.endswith("Two.")
        assert worker not in workers()


def test_threads_share_a_sandbox() -> None:
    texts = [f"Document {number}." for number in range(40)]
    results: dict[str, str] = {}

    def read(text: str) -> None:
        results[text] = shared.load(text.encode(), name="a.txt")[0].text

    with Sandbox(LIMITS, workers=2, files_per_worker=7) as shared:
        threads = [threading.Thread(target=read, args=(text,)) for text in texts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == {text: text for text in texts}


def test_a_closed_sandbox_says_so() -> None:
    closed = Sandbox(LIMITS)
    closed.close()
    with pytest.raises(Unavailable, match="closed"):
        closed.load(b"x")


CONFINED = """
import sys
from assistant.curation.confinement import confine
import os, socket, subprocess
confine(memory=400 * 1024 * 1024)
try:
    {attempt}
except ({errors}) as error:
    print("refused", type(error).__name__)
else:
    print("done")
"""


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('127.0.0.1', 9), timeout=1)",
        "socket.getaddrinfo('localhost', 80)",
        "subprocess.run(['true'])",
        "os.system('true')",
        "os.fork()",
        "open('/tmp/assistant-sandbox-test', 'w').write('x')",
        "os.open('/tmp/assistant-sandbox-test', os.O_WRONLY | os.O_CREAT)",
        "bytearray(600 * 1024 * 1024)",
        "__import__('ctypes').CDLL('libm.so.6')",
    ],
)
def test_a_worker_has_given_up_what_it_does_not_need(attempt: str) -> None:
    script = CONFINED.format(attempt=attempt, errors="PermissionError, MemoryError")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert done.stdout.startswith("refused"), done.stdout + done.stderr


def test_a_worker_imports_none_of_the_heavy_packages() -> None:
    script = (
        "import sys, assistant.curation.sandbox, assistant.curation.loaders as loaders\n"
        "loaders.load(b'# Text\\n\\nMore.', name='a.md')\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'torch', 'spacy', 'chromadb', 'langchain', 'numpy', 'httpx', 'sqlalchemy', 'transformers', 'fastapi'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "[]", done.stderr
