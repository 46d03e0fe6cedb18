"""Publication dates: whatever a document writes, as ISO 8601 no more precise than it was, or nothing at all."""

from __future__ import annotations

import re
from datetime import date, datetime
from email.utils import parsedate_to_datetime

FIRST_YEAR = 1000  # earlier years are placeholders such as 0001-01-01
_ISO_YEAR_OR_MONTH = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?")
_ISO_DAY_OR_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:?\d{2}.*)?")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_RFC_2822 = re.compile(r"(?:\w{3}, )?\d{1,2} \w{3} \d{4} \d{2}:\d{2}")
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_MONTH_NAME = re.compile(
    r"\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")


def iso_date(value: str) -> str | None:
    """The date as ISO 8601, or ``None`` where it is not one, is impossible or can be read in two ways.

    Years, year-months, dates and date-times in ISO 8601 pass; RFC 2822 and dates with the month as an English word
    are converted. "03/04/2025" is two different days and therefore none.
    """
    text = " ".join(value.split())
    if not text or len(text) > 64:
        return None
    for read in (_iso, _rfc_2822, _worded, _numeric):
        found = read(text)
        if found is not None:
            return found if int(found[:4]) >= FIRST_YEAR else None
    return None


def _iso(text: str) -> str | None:
    if _ISO_YEAR_OR_MONTH.fullmatch(text):
        return text
    compact = _COMPACT_DAY.fullmatch(text)
    if compact:
        text = "-".join(compact.groups())
    if not _ISO_DAY_OR_TIME.fullmatch(text):
        return None
    try:
        if len(text) == len("2025-12-15"):
            return date.fromisoformat(text).isoformat()
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.isoformat().replace("+00:00", "Z")


def _rfc_2822(text: str) -> str | None:
    if not _RFC_2822.match(text):
        return None
    try:
        return parsedate_to_datetime(text).isoformat().replace("+00:00", "Z")
    except ValueError:
        return None


def _worded(text: str) -> str | None:
    """Dates such as "15 December 2025" or "Dec. 15, 2025 10:30": with the month as a word there is one order."""
    if len(_MONTH_NAME.findall(text)) != 1 or len(_YEAR.findall(text)) != 1:
        return None
    from dateutil import parser  # only for dates that are not in a standard form

    try:  # parts that the text leaves open differ between the two readings
        first: datetime = parser.parse(text, default=datetime(2000, 1, 1))
        second: datetime = parser.parse(text, default=datetime(2000, 2, 2, 2, 2))
    except (ValueError, OverflowError):
        return None
    if first.day != second.day:
        return first.strftime("%Y-%m")
    if first.hour != second.hour or (first.hour, first.minute) == (0, 0):
        return first.date().isoformat()
    return first.isoformat().replace("+00:00", "Z")


def _numeric(text: str) -> str | None:
    """Day, month and year in figures, where one of the first two can only be the day."""
    match = _DAY_FIRST.fullmatch(text)
    if not match:
        return None
    first, second, year = (int(part) for part in match.groups())
    if first > 12 >= second:
        day, month = first, second
    elif second > 12 >= first or first == second:
        day, month = second, first
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
