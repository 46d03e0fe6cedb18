"""Turns: so many at once, the others in the order they came."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from assistant.answering.chat_model import Cancelled
from assistant.asking import AskRequest
from assistant.services import ANSWERS_A_CORE, Services, cores
from assistant.turns import Turns


def test_no_more_than_so_many_have_a_turn_at_once() -> None:
    turns, inside, most, lock = Turns(3), 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal inside, most
        with turns.one():
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.005)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(60)))
    assert most == 3


def test_who_came_first_is_next_also_before_somebody_who_comes_just_then() -> None:
    turns, order = Turns(1), list[int]()

    def work(number: int) -> None:
        with turns.one():
            order.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    with turns.one():
        for number, thread in enumerate(threads):
            thread.start()
            while len(turns._waiting) <= number:
                time.sleep(0.001)
    work(5)  # the turn was promised to the first of the others already
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4, 5]


def test_a_failure_gives_the_turn_back() -> None:
    turns = Turns(1)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"), turns.one():
            raise ValueError("broken")


def test_whoever_has_left_before_their_turn_is_not_worked_for(services: Services) -> None:
    left, answered = threading.Event(), list[object]()
    with ThreadPoolExecutor(1) as pool:
        with ExitStack() as stack:
            for _ in range(ANSWERS_A_CORE * cores()):
                stack.enter_context(services.asker.turns.one())
            waiting = pool.submit(lambda: answered.append(services.asker.ask(AskRequest("Who came?"), left)))
            while not services.asker.turns._waiting:
                time.sleep(0.001)
            left.set()
        with pytest.raises(Cancelled):
            waiting.result(30)
    assert not answered
    assert services.asker.ask(AskRequest("Who came?")).timings_ms["wait"] >= 0
