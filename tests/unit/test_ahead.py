from __future__ import annotations

import threading
import time

import pytest

from assistant.curation.ahead import ahead


def test_results_come_in_order_whatever_takes_long() -> None:
    def slow_first(number: int) -> int:
        time.sleep(0.2 if number == 0 else 0)
        return number * number

    assert [(item, result()) for item, result in ahead(slow_first, range(20), threads=3)] == [
        (number, number * number) for number in range(20)
    ]


def test_several_are_worked_on_at_once_and_no_more_than_a_few_are_kept() -> None:
    meeting = threading.Barrier(3, timeout=10)
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        if number < 3:
            meeting.wait()  # passes only when three are here together

    results = ahead(work, range(100), threads=3)
    _, first = next(results)
    first()
    time.sleep(0.1)
    assert len(begun) <= 6
    assert len(list(results)) == 99


def test_what_fails_is_told_in_its_place_and_the_rest_goes_on() -> None:
    def work(number: int) -> int:
        return 10 // number

    found = []
    for _, result in ahead(work, [5, 0, 2], threads=2):
        try:
            found.append(result())
        except ZeroDivisionError:
            found.append(-1)
    assert found == [2, -1, 5]


def test_who_stops_early_leaves_nothing_running() -> None:
    done: list[int] = []
    results = ahead(done.append, range(1_000), threads=2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    before = len(done)
    time.sleep(0.1)
    assert len(done) == before < 1_000


def test_items_that_cannot_be_had_end_it() -> None:
    def items() -> object:
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(ahead(str, items(), threads=1))  # type: ignore[arg-type]
