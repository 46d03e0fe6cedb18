"""Where events stand in the drawn timeline, and where zooming leads."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.server.timeline_drawing import (
    COLUMNS,
    MOST_STACKED,
    SHORTEST_DAYS,
    Window,
    draw,
    end_of,
    start_of,
    window_of,
)

DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))


@given(st.lists(DAYS, min_size=1, max_size=60).map(sorted))
def test_every_event_is_drawn_or_counted_inside_the_drawing(days: list[date]) -> None:
    window = window_of(days, None, None)
    assert window is not None
    drawing = draw(days, window)
    assert len(drawing.dots) + sum(more.count for more in drawing.more) == len(days)
    assert all(0 < dot.x < 100 and 0 < dot.y < drawing.height for dot in drawing.dots)
    assert all(0 < more.y < drawing.height for more in drawing.more)
    assert len({(dot.x, dot.y) for dot in drawing.dots}) == len(drawing.dots)
    assert [dot.x for dot in sorted(drawing.dots, key=lambda d: d.number)] == sorted(dot.x for dot in drawing.dots)


@given(DAYS, DAYS)
def test_zooming_keeps_to_the_calendar(one: date, other: date) -> None:
    window = window_of([], min(one, other), max(one, other))
    assert window is not None and window.days >= SHORTEST_DAYS
    for moved in (window.narrower(), window.wider(), window.shifted(0.5), window.shifted(-0.5)):
        assert moved is None or moved.first <= moved.last
    narrower = window.narrower()
    assert narrower is None or window.first <= narrower.first <= narrower.last <= window.last
    ticks = draw([], window).ticks
    assert all(0 <= tick.x <= 100 for tick in ticks)
    assert [tick.x for tick in ticks] == sorted(tick.x for tick in ticks) and len(ticks) <= 12


def test_a_crowded_column_counts_what_it_has_no_room_for() -> None:
    day = date(2025, 12, 15)
    drawing = draw([day] * (MOST_STACKED + 5), Window(day - timedelta(days=COLUMNS), day + timedelta(days=COLUMNS)))
    (more,) = drawing.more
    assert (more.count, more.window, len(drawing.dots)) == (5, Window(day, day), MOST_STACKED)


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2025", "2025-01-01", "2025-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2025-12", "2025-12-01", "2025-12-31"),
        ("9999-12", "9999-12-01", "9999-12-31"),
        ("2025-12-15T08:00", "2025-12-15", "2025-12-15"),
    ],
)
def test_a_bound_is_as_long_as_it_is_precise(value: str, first: str, last: str) -> None:
    assert (start_of(value).isoformat(), end_of(value).isoformat()) == (first, last)
