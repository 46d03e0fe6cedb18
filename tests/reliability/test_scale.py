"""A hundred thousand passages: memory during the import, the rebuild from stored vectors, questions meanwhile."""

from __future__ import annotations

import itertools
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.settings import Settings
from tests.reliability.corpora import SignEncoder, loaded, text_of
from tests.reliability.questions import disagreements, found, remote_audit, remote_encoded, remote_state
from tests.reliability.remote import RemoteAssistant, Session, tell

pytestmark = pytest.mark.scale

DOCUMENTS, SENTENCES = 1_000, 100
STEP = 100  # documents between two looks at the memory: 10,000 passages
DIMENSION = 384
REBUILD_SECONDS = 120
GROWTH_MEBIBYTES = 40  # for 10,000 passages: Chroma keeps vectors and graph in memory, 19 MiB by calculation


def import_all(session: Session) -> None:
    """Tell the resident and the peak memory in MiB every ten thousand passages."""
    session.services.warm_up()
    for number in range(DOCUMENTS):
        words = loaded(text_of(f"doc{number}", 0, SENTENCES))
        session.services.pipeline.ingest(f"doc{number}", words, origin="test", by="tests")
        if (number + 1) % STEP == 0:
            tell(session, (memory("VmRSS"), memory("VmHWM")))


def memory(kind: str) -> float:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{kind}:")]
    return int(line.split()[1]) / 1024


def ask_while_rebuilding(session: Session) -> tuple[float, list[float], list[str]]:
    """Seconds until the index answers, the seconds that each search took till then, and what was not found."""
    times, lost = [], []
    number = 0
    while session.services.index.health().state != "ready":
        number = (number + 37) % DOCUMENTS
        sentence = text_of(f"doc{number}", 0, SENTENCES).split("\n\n")[number % SENTENCES]
        begun = time.monotonic()
        if found(session.services, sentence, 1) != [(f"doc{number}", sentence)]:
            lost.append(sentence)
        times.append(time.monotonic() - begun)
        time.sleep(0.2)  # a reader now and then, not a load
    return time.monotonic() - session.opened, times, lost


def check(session: Session) -> tuple[float, list[str]]:
    begun = time.monotonic()
    problems = disagreements(session.services)
    return time.monotonic() - begun, problems


def test_a_hundred_thousand_passages(settings: Settings, full: bool, tell_all: Callable[[str], None]) -> None:
    if not full:
        pytest.skip("takes half an hour: choose it by -m scale")
    with RemoteAssistant(settings, SignEncoder(DIMENSION)) as assistant:
        assistant.opened()
        begun = time.monotonic()
        assistant.start(import_all)
        seen = [assistant.receive(900) for _ in range(DOCUMENTS // STEP)]
        assert assistant.receive() is None
        seconds = time.monotonic() - begun
        resident = [rss for rss, _ in seen]
        tell_all(
            f"{DOCUMENTS * SENTENCES:,} passages in {seconds:.0f} s; resident MiB each 10,000: "
            f"{[round(rss) for rss in resident]}, peak {seen[-1][1]:.0f}"
        )
        growth = [later - earlier for earlier, later in itertools.pairwise(resident[1:])]
        assert statistics.mean(growth) < GROWTH_MEBIBYTES
        assistant.close(timeout=120)
    with RemoteAssistant(settings, SignEncoder(DIMENSION)) as assistant:
        opening = assistant.opened()
        stored, broken, state = assistant.call(remote_state)
        assert (len(stored), broken, state) == (DOCUMENTS, [], "ready")
        seconds, problems = assistant.call(check, timeout=120)
        assert problems == []
        tell_all(f"opened with its index in {opening:.1f} s; checked in {seconds:.1f} s")
        assistant.close(timeout=120)
    shutil.rmtree(settings.data_dir / "index")
    with RemoteAssistant(settings, SignEncoder(DIMENSION)) as assistant:
        assistant.opened()
        ready, times, lost = assistant.call(ask_while_rebuilding, timeout=600)
        tell_all(
            f"rebuilt in {ready:.0f} s; {len(times)} questions meanwhile: the first {times[0] * 1000:.0f} ms, "
            f"p50 {statistics.median(times) * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms"
        )
        assert lost == []
        assert assistant.call(remote_encoded) == 0
        assert ready < REBUILD_SECONDS
        assert assistant.call(remote_audit, timeout=120) == []
