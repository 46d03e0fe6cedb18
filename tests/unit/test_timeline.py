"""Dates in sentences, and the events that they make."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from assistant.answering.dated import dates_in
from assistant.answering.timeline import Event, TimelineQuery
from assistant.errors import InvalidInput, InvalidQuestion
from assistant.index.catalog import get_version
from assistant.models import Filters
from assistant.services import Services, open_services
from assistant.settings import load_settings
from tests.conftest import HashEncoder

PUBLISHED = date(2025, 12, 16)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It was signed on 5 December 1994.", [("1994-12-05", "day")]),
        ("On September 4, 2025, Macron spoke.", [("2025-09-04", "day")]),
        ("The file is of 2025-12-03 exactly.", []),
        ("It ended 2025-12-03 in Berlin.", [("2025-12-03", "day")]),
        ("In March 2022 talks began.", [("2022-03-01", "month")]),
        ("Moscow annexed it in 2014.", [("2014-01-01", "year")]),
        ("Since 2014 it has been so.", [("2014-01-01", "year")]),
        ("They met on Monday.", [("2025-12-15", "day")]),
        ("They met last Tuesday.", [("2025-12-09", "day")]),
        ("They met yesterday.", [("2025-12-15", "day")]),
        ("They met two weeks ago.", [("2025-12-02", "day")]),
        ("They met on 14 December.", [("2025-12-14", "day")]),
        ("On the weekend of 13 and 14 December 2025 he gave up.", [("2025-12-14", "day")]),
        ("It was signed on 5 May 1997 and replaced on 9 July 1999.", [("1997-05-05", "day"), ("1999-07-09", "day")]),
        # Names of things and bounds are not when something happened.
        ("The agreements of 2024 promised aid.", []),
        ("The proposal of December 2025 did not say.", []),
        ("The agreements of September 2014 and February 2015 failed.", []),
        ("The December 2025 talks went well.", []),
        ("A deal is wanted by 25 December 2025.", []),
        ("They meet every Monday.", []),
        ("About 2014 people came, 1,999 of them in 1,500 cars.", []),
        ("Russia may 14 times refuse.", []),
        ("On 31 February 2024 nothing happened.", []),
    ],
)
def test_dates_that_say_when(text: str, found: list[tuple[str, str]]) -> None:
    assert [(dated.first, dated.precision) for dated in dates_in(text, PUBLISHED)] == found


def test_relative_days_stay_unknown_without_a_publication_date() -> None:
    for text in ("They met on Monday.", "They met yesterday.", "They met on 14 December."):
        assert list(dates_in(text, None)) == []


FILES = {
    "a.md": """---
id: a
title: First report
published_at: 2025-12-16
---

The treaty was signed in Oslo on 3 March 2020. Norway opened the bridge on Monday. Will it open in May 2030?

The harbour was closed in 2019. Sweden will close the harbour on 1 June 2031.
""",
    "b.md": """---
id: b
title: Second report
published_at: 2025-12-18
---

In Oslo the treaty was signed on 3 March 2020. The ferry stopped in April 2021.
""",
    "undated.md": """---
id: undated
title: A note
---

Denmark left the talks on Monday. Denmark came back to the talks on 7 July 2021.
""",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    root = tmp_path_factory.mktemp("timeline")
    folder = root / "files"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with open_services(load_settings(data_dir=root / "data"), HashEncoder()) as services:
        assert not services.sync.run(folder, by="tests").failed
        yield services


def events(services: Services, **query: object) -> list[Event]:
    return services.briefing.events(TimelineQuery(**query))  # type: ignore[arg-type]


def test_events_are_verbatim_dated_and_in_order(world: Services) -> None:
    found = events(world)
    assert [(event.date, event.precision) for event in found] == [
        ("2019-01-01", "year"),
        ("2020-03-03", "day"),
        ("2021-04-01", "month"),
        ("2021-07-07", "day"),
        ("2025-12-15", "day"),
        ("2031-06-01", "day"),
    ]
    with world.database.read() as connection:
        for event in found:
            passage = event.source.retrieved.passage
            text = get_version(connection, passage.document_id, passage.version).text
            assert text[event.source.start : event.source.end] == event.text


def test_reports_of_one_event_are_one(world: Services) -> None:
    signed = next(event for event in events(world) if event.date == "2020-03-03")
    assert len(signed.also) == 1
    assert signed.origins == ("a", "b")


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2020", "2021", ["2020-03-03", "2021-04-01", "2021-07-07"]),
        ("2021-04", "2021-06-30", ["2021-04-01"]),
        ("2026", None, ["2031-06-01"]),
        (None, "2019", ["2019-01-01"]),
        ("1900", "1901", []),
    ],
)
def test_a_period(world: Services, first: str | None, last: str | None, days: list[str]) -> None:
    assert [event.date for event in events(world, first=first, last=last)] == days


def test_an_actor_by_any_name(world: Services) -> None:
    assert [event.date for event in events(world, actor="Oslo")] == ["2020-03-03", "2025-12-15"]
    assert [event.date for event in events(world, actor="Copenhagen")] == ["2021-07-07"]
    assert events(world, actor="Peru") == []


def test_about_a_topic(world: Services) -> None:
    assert {event.date for event in events(world, about="the harbour")} == {"2019-01-01", "2031-06-01"}


def test_as_of_leaves_out_later_documents_and_later_events(world: Services) -> None:
    found = events(world, filters=Filters(as_of="2025-12-16"))
    assert [event.date for event in found] == ["2019-01-01", "2020-03-03", "2025-12-15"]
    assert all(event.source.retrieved.passage.document_id == "a" for event in found)


def test_the_latest_events_are_kept(world: Services) -> None:
    assert [event.date for event in events(world, limit=2)] == ["2025-12-15", "2031-06-01"]


def test_bad_queries(world: Services) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        events(world, first="2021", last="2020-05")
    with pytest.raises(InvalidQuestion):
        events(world, about=" … ")


def test_the_shipped_corpus(briefing: Services) -> None:
    found = events(briefing, about="the Budapest Memorandum")
    assert any(event.date == "1994-12-05" and event.precision == "day" for event in found)
    assert [event.date for event in found] == sorted(event.date for event in found)
