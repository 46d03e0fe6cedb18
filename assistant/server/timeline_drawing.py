"""A timeline as a drawing: where each event stands, which dates the axis names, and where zooming leads.

Positions across are percentages, so that the drawing is as wide as the page without a script; heights are pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

COLUMNS = 48  # events that fall into one of them stand above each other
MOST_STACKED = 9  # drawn above each other; what is more is counted
STEP = 11  # pixels between events that stand above each other
FLOOR = 18  # pixels below the lowest
EDGE = 2.0  # per cent left free on either side
SHORTEST_DAYS = 14  # what can be zoomed into
_TICKS = (
    1,
    2,
    7,
    14,
    31,
    92,
    183,
    366,
    731,
    1827,
    3653,
    9132,
    18263,
    36525,
    91313,
    182625,
    730500,
)  # days between two dates of the axis
MOST_TICKS = 7


@dataclass(frozen=True, slots=True)
class Window:
    """The days that are shown, both inclusive."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    def across(self, day: date) -> float:
        """Where a day stands, in per cent of the width."""
        return round(EDGE + (100 - 2 * EDGE) * ((day - self.first).days + 0.5) / self.days, 3)

    def narrower(self) -> Window | None:
        """The middle half; None where little is left to see."""
        return None if self.days <= SHORTEST_DAYS else self._around(max(self.days // 2, SHORTEST_DAYS), 0)

    def wider(self) -> Window:
        """Twice the days."""
        return self._around(self.days * 2, 0)

    def shifted(self, share: float) -> Window:
        """Earlier or later by a share of the days."""
        return self._around(self.days, round(self.days * share))

    def _around(self, days: int, shift: int) -> Window:
        start = self.first.toordinal() + (self.days - days) // 2 + shift
        start = max(1, min(start, date.max.toordinal() - days))
        return Window(date.fromordinal(start), date.fromordinal(min(start + days - 1, date.max.toordinal())))


@dataclass(frozen=True, slots=True)
class Dot:
    """An event in the drawing: its place in the list, and where its middle is."""

    number: int
    x: float  # per cent
    y: int  # pixels


@dataclass(frozen=True, slots=True)
class More:
    """Events that a column has no room for, and the days that it stands for."""

    count: int
    x: float
    y: int
    window: Window


@dataclass(frozen=True, slots=True)
class Tick:
    """A date of the axis, as precise as the distance between two of them."""

    x: float
    label: str  # ISO year, month or day


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that is drawn."""

    window: Window
    height: int
    dots: tuple[Dot, ...]
    more: tuple[More, ...]
    ticks: tuple[Tick, ...]


def window_of(days: Sequence[date], first: date | None, last: date | None) -> Window | None:
    """The days to show: those asked for, else from the first event to the last; None where there is nothing.

    Args:
        days: of the events, in order.
        first: where the period begins, if that was said.
        last: where it ends.
    """
    start, end = first or (days[0] if days else None), last or (days[-1] if days else None)
    if start is None or end is None:
        return None
    missing = SHORTEST_DAYS - ((end - start).days + 1)
    if missing > 0:
        start = date.fromordinal(max(1, start.toordinal() - missing // 2))
        end = date.fromordinal(min(date.max.toordinal(), start.toordinal() + SHORTEST_DAYS - 1))
    return Window(start, end)


def draw(days: Sequence[date], window: Window) -> Drawing:
    """The drawing of events on these days, in order; what lies outside the window is left out."""
    columns: dict[int, list[int]] = {}
    for number, day in enumerate(days):
        if window.first <= day <= window.last:
            columns.setdefault((day - window.first).days * COLUMNS // window.days, []).append(number)
    tallest = max((len(members) for members in columns.values()), default=0)
    height = STEP * min(tallest, MOST_STACKED + 1) + FLOOR + STEP
    dots: list[Dot] = []
    more: list[More] = []
    for column, members in sorted(columns.items()):
        x = round(EDGE + (100 - 2 * EDGE) * (column + 0.5) / COLUMNS, 3)
        for place, number in enumerate(members[:MOST_STACKED]):
            dots.append(Dot(number, x, height - FLOOR - STEP * place))
        left = len(members) - MOST_STACKED
        if left > 0:
            days_here = Window(days[members[0]], days[members[-1]])
            more.append(More(left, x, height - FLOOR - STEP * MOST_STACKED, days_here))
    return Drawing(window, height, tuple(dots), tuple(more), tuple(_ticks(window)))


def _ticks(window: Window) -> list[Tick]:
    step = next((days for days in _TICKS if window.days <= days * MOST_TICKS), _TICKS[-1])
    ticks = []
    for day in _round_days(window, step):
        written = day.isoformat()
        label = written[:4] if step > 183 else written[:7] if step > 14 else written
        ticks.append(Tick(window.across(day), label))
    return ticks


def _round_days(window: Window, step: int) -> list[date]:
    """The days that a reader would count in: first days of months and years, or every so many days."""
    if step <= 14:
        start = window.first.toordinal()
        return [date.fromordinal(n) for n in range(start, window.last.toordinal() + 1, step)]
    months = max(1, round(step / 30.44))
    found: list[date] = []
    year, month = window.first.year, window.first.month
    while len(found) < 100:
        counted = year * 12 + month - 1
        counted += -counted % months
        year, month = divmod(counted, 12)
        if year > window.last.year or year > date.max.year:
            break
        day = date(year, month + 1, 1)
        if day > window.last:
            break
        if day >= window.first:
            found.append(day)
        year, month = divmod(counted + 1, 12)
        month += 1
    return found


def end_of(value: str) -> date:
    """The last day of an ISO year, month or day."""
    if len(value) == len("2025"):
        return date(int(value), 12, 31)
    if len(value) == len("2025-12"):
        year, month = int(value[:4]), int(value[5:7])
        following = date(year + month // 12, month % 12 + 1, 1) if year < date.max.year else date(year, 12, 31)
        return following - timedelta(days=1) if following.day == 1 else following
    return date.fromisoformat(value[:10])


def start_of(value: str) -> date:
    """The first day of an ISO year, month or day."""
    return date.fromisoformat((value + "-01-01")[:10] if len(value) == len("2025") else (value + "-01")[:10])
