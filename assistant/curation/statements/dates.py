"""When something was said: days named in a text, resolved against the day it was published.

News writes "on Monday" for the last Monday up to its own date, so a weekday without more is never in the future.
Nothing is guessed: a day without month or a document without date gives None.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon",
            "tuesday tue tues",
            "wednesday wed",
            "thursday thu thur thurs",
            "friday fri",
            "saturday sat",
            "sunday sun",
        )
    )
    for name in names.split()
}
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_ISO = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b")
_DAY_MONTH = re.compile(rf"\b{_DAY}(?: of)? (?P<month>{_MONTH})\b\.?(?:,? (?P<year>\d{{4}}))?", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b(?P<month>{_MONTH})\b\.? {_DAY}\b(?:,? (?P<year>\d{{4}}))?", re.IGNORECASE)
_MONTH_YEAR = re.compile(rf"\b(?P<month>{_MONTH})\b\.?,? (?P<year>\d{{4}})\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?P<year>1[5-9]\d\d|20\d\d)\b")
_WEEKDAY = re.compile(
    r"\b(?:(?P<which>next|last|this|coming|previous|past) )?"
    r"(?P<name>monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
    re.IGNORECASE,
)
_RELATIVE = {"yesterday": -1, "tomorrow": 1} | dict.fromkeys(
    ("today", "tonight", "this morning", "this afternoon", "this evening"), 0
)
_RELATIVE_WORD = re.compile(r"\b(" + "|".join(_RELATIVE) + r")\b", re.IGNORECASE)
_AGO = re.compile(
    r"\b(?P<count>\d{1,3}|two|three|four|five|six|a|one) (?P<unit>day|week)s? (?:ago|earlier)\b", re.IGNORECASE
)
_NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_SLACK = timedelta(days=7)  # a yearless date this little after publication is still of the same year


def published_day(published_at: str | None) -> date | None:
    """The day of an ISO 8601 date or date-time; None where it gives no day."""
    if not published_at:
        return None
    match = _ISO.match(published_at.strip())
    return _day(match["year"], match["month"], match["day"]) if match else None


def day_named(text: str, published: date | None) -> date | None:
    """The first full day that a text names, None where it names none or the year cannot be told.

    Args:
        text: words such as "on Monday", "yesterday" or "14 December".
        published: the day the text came out.
    """
    explicit = _explicit(text, published)
    if explicit is not None or published is None:
        return explicit
    weekday = _WEEKDAY.search(text)
    if weekday is not None:
        return _weekday(weekday["name"].lower(), (weekday["which"] or "").lower(), published)
    relative = _RELATIVE_WORD.search(text)
    if relative is not None:
        return _moved(published, _RELATIVE[relative.group(1).lower()])
    ago = _AGO.search(text)
    if ago is not None:
        count = _NUMBERS.get(ago["count"].lower()) or int(ago["count"])
        return _moved(published, -count * (7 if ago["unit"].lower() == "week" else 1))
    return None


def period_named(text: str, published: date | None = None) -> tuple[str, str] | None:
    """First and last ISO day of the day, month or year that a text names; None where it names none."""
    day = day_named(text, published)
    if day is not None:
        return day.isoformat(), day.isoformat()
    month = _MONTH_YEAR.search(text)
    if month is not None:
        first = _day(month["year"], str(MONTHS[month["month"].lower()]), "1")
        if first is not None:
            following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
            return first.isoformat(), (following - timedelta(days=1)).isoformat()
    year = _YEAR.search(text)
    return (f"{year['year']}-01-01", f"{year['year']}-12-31") if year is not None else None


def _explicit(text: str, published: date | None) -> date | None:
    iso = _ISO.search(text)
    if iso is not None:
        return _day(iso["year"], iso["month"], iso["day"])
    for pattern in (_DAY_MONTH, _MONTH_DAY):
        match = pattern.search(text)
        if match is None:
            continue
        month = str(MONTHS[match["month"].lower()])
        if match["year"]:
            return _day(match["year"], month, match["day"])
        if published is None:
            return None
        named = _day(str(published.year), month, match["day"])
        if named is not None and named > published + _SLACK:
            named = _day(str(published.year - 1), month, match["day"])
        return named
    return None


def _weekday(name: str, which: str, published: date) -> date | None:
    back = (published.weekday() - WEEKDAYS[name]) % 7
    if which in {"next", "coming"}:
        return _moved(published, 7 - back)
    if which in {"last", "previous", "past"} and back == 0:
        back = 7
    return _moved(published, -back)


def _moved(day: date, days: int) -> date | None:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
