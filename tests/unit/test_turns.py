"""Questions take turns, so that those under way do not slow each other down."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import sleep

from assistant.asking import AskRequest
from assistant.models import Filters
from assistant.services import Services

WAITED = 0.3  # seconds


def test_a_question_waits_for_its_turn_and_gives_it_back(services: Services) -> None:
    asker = replace(services.asker, turns=threading.Semaphore(1))
    asker.turns.acquire()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(asker.ask, AskRequest("Who painted the pylon?"))
        sleep(WAITED)
        assert not asked.done()
        asker.turns.release()
        answer = asked.result(60)
    assert answer.timings_ms["wait"] > WAITED * 1000 / 2
    assert asker.search("pylon", Filters(), 5) == []
    assert asker.turns.acquire(blocking=False)
